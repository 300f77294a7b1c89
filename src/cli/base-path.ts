import { InvalidArgumentError } from "commander";

const LONGEST = 200;
const SEGMENT = /^(?!\.{1,2}$)[A-Za-z0-9._~-]+$/;
/** Where the server has something of its own, so that a base path would be in the way. */
const OWN = ["rooms", "assets", "icons", "healthz", "metrics", "favicon.ico", "manifest.webmanifest"];

/**
 * Reads the path under which browsers find the chat. `/` is none.
 *
 * @returns the path without a slash at its end; empty for none
 * @throws InvalidArgumentError with one sentence when it is no such path
 */
export function parseBasePath(text: string): string {
  const path = text.trim().replace(/\/$/, "");
  if (path === "") return "";
  const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(path) ? URL.parse(path) : null;
  if (url !== null) {
    throw new InvalidArgumentError(`It must be a path only. Write ${url.pathname} instead.`);
  }
  const [before, first = "", ...others] = path.split("/");
  if (before !== "") throw new InvalidArgumentError("It must begin with a slash, such as /chat.");
  if (path.length > LONGEST || ![first, ...others].every((segment) => SEGMENT.test(segment))) {
    throw new InvalidArgumentError(
      `It must be a path such as /chat, of at most ${LONGEST} letters without accents, digits, - . _ ~ and single slashes.`,
    );
  }
  if (OWN.includes(first.toLowerCase())) {
    throw new InvalidArgumentError(`The chat itself has something at /${first}. Choose another path.`);
  }
  return path;
}
