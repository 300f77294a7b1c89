/** Signs logins as a host site does, with nothing but the runtime's own cryptography. */
import { createHmac, createSecretKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { HostLogin, type LoginSurroundings } from "../../src/server/login/host-login.ts";
import type { LoginSettings } from "../../src/server/settings.ts";

/** The time at which these logins are verified, in Unix seconds. */
export const NOW = 1_800_000_000;

export const SECRET = "a-secret-of-the-host-that-is-long-enough";

/** Claims that are accepted. */
export const CLAIMS = { sub: "u-7", exp: NOW + 600 } as const;

type Json = Readonly<Record<string, unknown>>;

/** One of a host's keys. */
export interface HostKey {
  readonly algorithm: "RS256" | "ES256" | "EdDSA";
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** As it is published. */
  readonly jwk: Json;
}

export function makeKey(algorithm: HostKey["algorithm"], kid?: string): HostKey {
  const { privateKey, publicKey } = makePair(algorithm);
  const jwk = { ...publicKey.export({ format: "jwk" }), ...(kid === undefined ? {} : { kid }) };
  return { algorithm, privateKey, publicKey, jwk };
}

function makePair(algorithm: HostKey["algorithm"]): { privateKey: KeyObject; publicKey: KeyObject } {
  switch (algorithm) {
    case "RS256":
      return generateKeyPairSync("rsa", { modulusLength: 2048 });
    case "ES256":
      return generateKeyPairSync("ec", { namedCurve: "P-256" });
    case "EdDSA":
      return generateKeyPairSync("ed25519");
  }
}

export function part(value: unknown): string {
  return Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
}

/** A token signed with a secret. `claims` may be a text that is not JSON. */
export function signedWithSecret(
  claims: unknown,
  header: Json = {},
  secret: string | Buffer = SECRET,
  hash = "sha256",
): string {
  const text = `${part({ alg: "HS256", typ: "JWT", ...header })}.${part(claims)}`;
  return `${text}.${createHmac(hash, secret).update(text).digest("base64url")}`;
}

/** A token signed with a key. */
export function signedWithKey(claims: unknown, host: HostKey, header: Json = {}): string {
  const text = `${part({ alg: host.algorithm, ...header })}.${part(claims)}`;
  const signature = sign(host.algorithm === "EdDSA" ? null : "sha256", Buffer.from(text), {
    key: host.privateKey,
    dsaEncoding: "ieee-p1363",
  });
  return `${text}.${signature.toString("base64url")}`;
}

/** A login that is verified at {@link NOW}, with a shared secret unless the settings say otherwise. */
export function loginWith(
  settings: Partial<LoginSettings> = {},
  surroundings: Partial<LoginSurroundings> = {},
): HostLogin {
  return new HostLogin(
    {
      isRequired: false,
      keys: { kind: "secret", secret: createSecretKey(Buffer.from(SECRET)) },
      issuer: null,
      audience: null,
      maxAgeMs: 24 * 60 * 60 * 1000,
      clockSkewMs: 60_000,
      ...settings,
    },
    { notice: () => {}, now: () => NOW * 1000, ...surroundings },
  );
}
