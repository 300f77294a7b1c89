import { InvalidArgumentError } from "commander";

const SSL_MODES = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];

/**
 * Checks the URL of a PostgreSQL database.
 *
 * @returns the URL without the white space around it that a file or a secret may add
 * @throws InvalidArgumentError with one sentence that repeats no part of the URL, because it may contain a password
 */
export function checkedDatabaseUrl(text: string): string {
  const url = text.trim();
  if (/^(["']).*\1$/s.test(url)) fail("write it without quotes around it.");
  if (namesSeveralHosts(url)) {
    fail(
      "it must name one host; use a DNS name, a proxy or a pooler that leads to the server that accepts writes.",
    );
  }
  const isUrl = /^postgres(ql)?:\/\//i.test(url) && URL.canParse(url);
  if (!isUrl || isCutShort(url) || !isDecodable(url)) {
    fail(
      "it must look like postgres://user:password@host:5432/name, with special characters percent-encoded (/ as %2F, @ as %40, # as %23, ? as %3F, % as %25).",
    );
  }
  const mode = new URL(url).searchParams.get("sslmode");
  if (mode !== null && !SSL_MODES.includes(mode)) fail(`its sslmode must be one of ${SSL_MODES.join(", ")}.`);
  return url;
}

function fail(sentence: string): never {
  throw new InvalidArgumentError(`--database-url: ${sentence}`);
}

/**
 * Whether the URL names several hosts, separated by commas, which other PostgreSQL clients accept. A comma before an
 * `@` belongs to the password.
 */
function namesSeveralHosts(url: string): boolean {
  const behindUser = url.slice(url.lastIndexOf("@") + 1).replace(/^postgres(ql)?:\/\//i, "");
  const [hosts = ""] = behindUser.split(/[/?#]/, 1);
  const [, more = ""] = /[?&]host=([^&#]*)/i.exec(behindUser) ?? [];
  return hosts.includes(",") || /,|%2c/i.test(more);
}

/**
 * Whether a character of the password was taken for the end of the authority, which puts the rest of the password and
 * the host into other parts of the URL.
 */
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

/** The text, for the operator to read, with the passwords of the URLs in it replaced. */
export function withoutPasswords(text: string): string {
  return text.replaceAll(/:\/\/.*@/gs, "://…@").replaceAll(/([?&]password=)[^&\s']*/gi, "$1…");
}
