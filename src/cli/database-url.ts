import { InvalidArgumentError } from "commander";

const SSL_MODES = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];

/**
 * Checks the address of a PostgreSQL database.
 *
 * @returns it without the white space around it that a file or a secret may have
 * @throws InvalidArgumentError with one sentence, in which nothing of the URL is repeated: it may have a password in it
 */
export function checkedDatabaseUrl(text: string): string {
  const url = text.trim();
  if (/^(["']).*\1$/s.test(url)) fail("write it without the quotes around it.");
  if (namesSeveralHosts(url)) {
    fail("it must name one host; have a name, a proxy or a pooler lead to the server that takes writes.");
  }
  const isUrl = /^postgres(ql)?:\/\//i.test(url) && URL.canParse(url);
  if (!isUrl || isCutShort(url) || !isDecodable(url)) {
    fail(
      "it must be like postgres://user:password@host:5432/name, with special characters percent-encoded (/ as %2F, @ as %40, # as %23, ? as %3F, % as %25).",
    );
  }
  const mode = new URL(url).searchParams.get("sslmode");
  if (mode !== null && !SSL_MODES.includes(mode))
    fail(`sslmode in it must be one of ${SSL_MODES.join(", ")}.`);
  return url;
}

function fail(sentence: string): never {
  throw new InvalidArgumentError(`--database-url: ${sentence}`);
}

/** As other clients of PostgreSQL take them, with commas. A comma with an @ behind it is the password's. */
function namesSeveralHosts(url: string): boolean {
  const behindUser = url.slice(url.lastIndexOf("@") + 1).replace(/^postgres(ql)?:\/\//i, "");
  const [hosts = ""] = behindUser.split(/[/?#]/, 1);
  const [, more = ""] = /[?&]host=([^&#]*)/i.exec(behindUser) ?? [];
  return hosts.includes(",") || /,|%2c/i.test(more);
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
