import { InvalidArgumentError } from "commander";

/**
 * Checks the address of a PostgreSQL database.
 *
 * @throws InvalidArgumentError with one sentence, in which nothing of the URL is repeated: it may have a password in it
 */
export function checkedDatabaseUrl(text: string): string {
  const isUrl = /^postgres(ql)?:\/\//i.test(text) && URL.canParse(text);
  if (!isUrl || isCutShort(text) || !isDecodable(text)) {
    throw new InvalidArgumentError(
      "--database-url: it must be like postgres://user:password@host:5432/name, with special characters percent-encoded (/ as %2F, @ as %40, # as %23, ? as %3F, % as %25).",
    );
  }
  return text;
}

/** Whether a character of the password was taken for the end of it: then the rest, and the host, are elsewhere. */
function isCutShort(text: string): boolean {
  const { host, pathname, search } = new URL(text);
  return text.includes("#") || (host !== "" && `${pathname}${search}`.includes("@"));
}

function isDecodable(text: string): boolean {
  const { username, password, hostname, pathname } = new URL(text);
  try {
    for (const part of [username, password, hostname, pathname]) decodeURIComponent(part);
    return true;
  } catch {
    return false;
  }
}

/** A text for the operator's eyes without the passwords of the URLs in it. */
export function withoutPasswords(text: string): string {
  return text.replaceAll(/:\/\/.*@/gs, "://…@").replaceAll(/([?&]password=)[^&\s']*/gi, "$1…");
}
