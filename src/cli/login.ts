import { createSecretKey, type KeyObject } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { InvalidArgumentError } from "commander";
import { errorReason } from "../engine/local/fault.ts";
import { isLoopback } from "../server/addresses.ts";
import { KEY_ALGORITHMS, KEY_SET_MAX_BYTES, KeySet, KeySetError } from "../server/login/key-set.ts";
import type { LoginKeys, LoginSettings } from "../server/settings.ts";
import { failFor } from "./file.ts";
import { parseNotNegative, parsePositive } from "./units.ts";

/** RFC 7518, section 3.2: a key for HS256 is at least as long as its hash. Shorter ones can be guessed. */
const SECRET_MIN_BYTES = 32;
const SECRET_FILE_MAX_BYTES = 64 * 1024;
/** What waits for the end of a token waits by a timer, and timers reach 24 days at most. */
const MAX_AGE_MAX_H = 3 * 7 * 24;
/** With more, an expired token would be worth something. */
const CLOCK_SKEW_MAX_S = 600;
const HOUR_MS = 60 * 60 * 1000;

/** The values of the options. */
export interface LoginFlags {
  readonly auth: string;
  readonly authSecret: string | undefined;
  readonly authSecretFile: string | undefined;
  readonly authJwks: string | undefined;
  readonly authIssuer: string | undefined;
  readonly authAudience: string | undefined;
  readonly authMaxAge: number;
  readonly authClockSkew: number;
}

/**
 * The login that the flags result in; null for none.
 *
 * @throws InvalidArgumentError with one sentence that repeats no value, because a secret may be in the wrong place
 */
export function loginOf(flags: LoginFlags): LoginSettings | null {
  const isRequired = flags.auth === "required";
  if (!isRequired && flags.auth !== "optional") failFor("--auth", "it must be required or optional.");
  const keys = keysOf(flags);
  if (keys === null) {
    const purpose = uselessWithoutKeys(flags);
    if (purpose !== null) failFor(purpose, "it needs --auth-secret, --auth-secret-file or --auth-jwks.");
    return null;
  }
  return {
    isRequired,
    keys,
    issuer: flags.authIssuer ?? null,
    audience: flags.authAudience ?? null,
    maxAgeMs: flags.authMaxAge * HOUR_MS,
    clockSkewMs: flags.authClockSkew * 1000,
  };
}

/** Reads `--auth-max-age`. @returns hours */
export function parseMaxAge(text: string): number {
  const hours = parsePositive(text);
  if (hours > MAX_AGE_MAX_H) {
    throw new InvalidArgumentError(`It must be a number above 0, ${MAX_AGE_MAX_H} at most.`);
  }
  return hours;
}

/** Reads `--auth-clock-skew`. @returns seconds */
export function parseClockSkew(text: string): number {
  const seconds = parseNotNegative(text);
  if (seconds > CLOCK_SKEW_MAX_S) {
    throw new InvalidArgumentError(`It must be a number from 0 to ${CLOCK_SKEW_MAX_S}.`);
  }
  return seconds;
}

function uselessWithoutKeys({ auth, authIssuer, authAudience }: LoginFlags): string | null {
  if (auth === "required") return "--auth required";
  if (authIssuer !== undefined) return "--auth-issuer";
  return authAudience === undefined ? null : "--auth-audience";
}

/** One kind of key only: a server that accepts both would let whoever knows the weaker one in. */
function keysOf({ authSecret, authSecretFile, authJwks }: LoginFlags): LoginKeys | null {
  if ([authSecret, authSecretFile, authJwks].filter((each) => each !== undefined).length > 1) {
    throw new InvalidArgumentError("Set only one of --auth-secret, --auth-secret-file and --auth-jwks.");
  }
  if (authSecret !== undefined) return { kind: "secret", secret: secretOf("--auth-secret", authSecret) };
  if (authSecretFile !== undefined) {
    const text = fileText("--auth-secret-file", authSecretFile, SECRET_FILE_MAX_BYTES);
    return { kind: "secret", secret: secretOf("--auth-secret-file", text) };
  }
  return authJwks === undefined ? null : publicKeysOf(authJwks);
}

/** White space at the ends is what a file, or a setting, adds to a secret. */
function secretOf(flag: string, text: string): KeyObject {
  const secret = text.trim();
  if (/^(["']).*\1$/s.test(secret)) failFor(flag, "write the secret without quotes around it.");
  const bytes = Buffer.from(secret);
  if (bytes.length < SECRET_MIN_BYTES) {
    failFor(
      flag,
      `the secret must have at least ${SECRET_MIN_BYTES} bytes; "openssl rand -hex 32" makes one.`,
    );
  }
  return createSecretKey(bytes);
}

function publicKeysOf(text: string): LoginKeys {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return { kind: "url", url: checkedUrl(text) };
  const path = resolve(text);
  try {
    const { size } = new KeySet(fileText("--auth-jwks", path, KEY_SET_MAX_BYTES));
    if (size === 0) failFor("--auth-jwks", `the file has no key for ${KEY_ALGORITHMS.join(", ")}.`);
  } catch (error) {
    if (error instanceof KeySetError) failFor("--auth-jwks", `the file cannot be used: ${error.message}.`);
    throw error;
  }
  return { kind: "file", path };
}

function checkedUrl(text: string): string {
  const url = URL.parse(text);
  const isSafe = url?.protocol === "https:" || (url?.protocol === "http:" && isLoopback(url.hostname));
  // Whoever can change the answer can let anybody in.
  if (!url || !isSafe)
    failFor("--auth-jwks", "the URL must begin with https://, or with http:// on this machine.");
  if (url.username !== "" || url.password !== "")
    failFor("--auth-jwks", "the URL must not contain a password.");
  return url.href;
}

function fileText(flag: string, path: string, maxBytes: number): string {
  try {
    const stats = statSync(path);
    if (stats.size <= maxBytes) return readFileSync(path, "utf8");
  } catch (error) {
    failFor(flag, `the file cannot be read: ${errorReason(error)}.`);
  }
  return failFor(flag, `the file is larger than ${maxBytes} bytes.`);
}
