import { InvalidArgumentError } from "commander";
import { isLoopback } from "../server/addresses.ts";

/** Schemes that no page's origin has, each with the one that was probably meant, if any. */
const MEANT: Readonly<Record<string, string | null>> = { "ws:": "http:", "wss:": "https:", "ftp:": null };

/**
 * Reads an origin in the form in which browsers send it in the `Origin` header. One trailing slash is tolerated.
 *
 * @throws InvalidArgumentError with the right spelling when no browser would send the text as it is
 */
export function parseOrigin(text: string): string {
  const given = text.replace(/(?<!\/)\/$/, "");
  // Some apps send this for pages from files. Browsers send `null`.
  if (text === "file://") return text;
  if (text.includes("*")) {
    throw new InvalidArgumentError(
      "It must be a single origin. Wildcards do not work, but the flag can be repeated.",
    );
  }
  const meant = originMeant(given);
  if (meant === null) throw new InvalidArgumentError("It must be an origin such as https://example.org.");
  if (meant !== given)
    throw new InvalidArgumentError(`Browsers do not send this form. Write ${meant} instead.`);
  return given;
}

/** The origin of a URL, or of a URL that lacks its scheme. */
function originMeant(text: string): string | null {
  if (/^(null$|file:)/i.test(text)) return "null";
  const hasScheme = /^[a-z][a-z0-9+\-.]*:\/\//i.test(text);
  if (!hasScheme && !/^[\p{L}\p{N}[]/u.test(text)) return null;
  const url = URL.parse(hasScheme ? text : `https://${text}`);
  const protocol = url && (url.protocol in MEANT ? MEANT[url.protocol] : url.protocol);
  if (!url?.host || !protocol) return null;
  url.protocol = !hasScheme && isLoopback(url.hostname) ? "http:" : protocol;
  // The URL parser knows the origin only for the web's own schemes.
  return url.origin === "null" ? `${url.protocol}//${url.host}` : url.origin;
}
