import { InvalidArgumentError } from "commander";

const MAX_LENGTH = 200;
const SEGMENT = /^(?!\.{1,2}$)[A-Za-z0-9._~-]+$/;
/** First segments that the server uses itself, so a base path must not begin with them. */
const RESERVED = [
  "rooms",
  "assets",
  "icons",
  "embed.js",
  "healthz",
  "metrics",
  "favicon.ico",
  "manifest.webmanifest",
];

/**
 * Reads the path under which browsers find the chat. `/` means no base path.
 *
 * @returns the path without a trailing slash; empty if there is no base path
 * @throws InvalidArgumentError with one sentence when the text is not such a path
 */
export function parseBasePath(text: string): string {
  const path = text.trim().replace(/\/$/, "");
  if (path === "") return "";
  const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(path) ? URL.parse(path) : null;
  if (url !== null) {
    throw new InvalidArgumentError(`It must be only a path. Write ${url.pathname} instead.`);
  }
  const [before, first = "", ...others] = path.split("/");
  if (before !== "") throw new InvalidArgumentError("It must begin with a slash, such as /chat.");
  if (path.length > MAX_LENGTH || ![first, ...others].every((segment) => SEGMENT.test(segment))) {
    throw new InvalidArgumentError(
      `It must be a path such as /chat, with at most ${MAX_LENGTH} characters: letters without accents, digits, - . _ ~ and single slashes.`,
    );
  }
  if (RESERVED.includes(first.toLowerCase())) {
    throw new InvalidArgumentError(`The chat itself uses /${first}. Choose another path.`);
  }
  return path;
}
