import { InvalidArgumentError } from "commander";
import { isLoopback } from "../server/addresses.ts";

/** Schemes that no page's origin has, and what is meant instead, if anything is. */
const MEANT: Readonly<Record<string, string | null>> = { "ws:": "http:", "wss:": "https:", "ftp:": null };

/**
 * Reads an origin, as browsers send it in the header of that name. One slash at its end is forgiven.
 *
 * @throws InvalidArgumentError with the right spelling when no browser would ever send it so
 */
export function parseOrigin(text: string): string {
  const given = text.replace(/(?<!\/)\/$/, "");
  // Some apps send this for their files; browsers send `null`.
  if (text === "file://") return text;
  if (text.includes("*")) {
    throw new InvalidArgumentError(
      "It must be one origin: there are no wildcards, but the flag can be repeated.",
    );
  }
  const meant = originMeant(given);
  if (meant === null) throw new InvalidArgumentError("It must be an origin such as https://example.org.");
  if (meant !== given) throw new InvalidArgumentError(`No browser sends that. Write ${meant} instead.`);
  return given;
}

/** The origin in a URL, or in what is a URL but for its scheme. */
function originMeant(text: string): string | null {
  if (/^(null$|file:)/i.test(text)) return "null";
  const hasScheme = /^[a-z][a-z0-9+\-.]*:\/\//i.test(text);
  if (!hasScheme && !/^[\p{L}\p{N}[]/u.test(text)) return null;
  const url = URL.parse(hasScheme ? text : `https://${text}`);
  const protocol = url && (url.protocol in MEANT ? MEANT[url.protocol] : url.protocol);
  if (!url?.host || !protocol) return null;
  url.protocol = !hasScheme && isLoopback(url.hostname) ? "http:" : protocol;
  // Only of the web's own schemes does the URL know its origin.
  return url.origin === "null" ? `${url.protocol}//${url.host}` : url.origin;
}
