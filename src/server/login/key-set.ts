import { createPublicKey, type KeyObject } from "node:crypto";

/**
 * The algorithms by which a key of a host may sign (RFC 7518, section 3.1, and RFC 8037, section 3.1). None of them
 * takes a secret: a public key, which anybody has, must never be used as one.
 */
export const KEY_ALGORITHMS = ["RS256", "ES256", "EdDSA"] as const;
export type KeyAlgorithm = (typeof KEY_ALGORITHMS)[number];

/** The largest file or answer with keys, in bytes. */
export const KEY_SET_MAX_BYTES = 1024 * 1024;
const KEYS_MAX = 100;
/** RFC 7518, section 3.3. Smaller keys can be broken. */
const RSA_MIN_BITS = 2048;

/** Keys that cannot be read. The message says why, in words that end a sentence. */
export class KeySetError extends Error {
  override readonly name = "KeySetError";
}

interface Key {
  readonly id: string | undefined;
  readonly algorithm: KeyAlgorithm;
  readonly key: KeyObject;
}

/** The public keys of a host: a JSON Web Key Set (RFC 7517, section 5). */
export class KeySet {
  readonly #keys: readonly Key[];

  /**
   * Keys of other kinds, for other purposes, or too weak ones are left out.
   *
   * @param text JSON
   * @throws KeySetError when it is not a set of keys, or contains a private or secret one
   */
  constructor(text: string) {
    this.#keys = membersOf(text).flatMap((member) => readKey(member) ?? []);
  }

  get size(): number {
    return this.#keys.length;
  }

  /**
   * The keys that a token names. More than one only when the token, or a key, has no id of its own.
   *
   * @param id the `kid` of its header; undefined: the token does not say
   */
  find(algorithm: KeyAlgorithm, id: string | undefined): readonly KeyObject[] {
    return this.#keys
      .filter((each) => each.algorithm === algorithm && (id === undefined || each.id === id))
      .map(({ key }) => key);
  }
}

type Member = Readonly<Record<string, unknown>>;

function membersOf(text: string): Member[] {
  let set: unknown;
  try {
    set = JSON.parse(text);
  } catch {
    throw new KeySetError("it is not JSON");
  }
  const keys: unknown = typeof set === "object" && set !== null && "keys" in set ? set.keys : undefined;
  if (!Array.isArray(keys)) throw new KeySetError('it is not a key set, {"keys":[…]}');
  if (keys.length > KEYS_MAX) throw new KeySetError(`it has more than ${KEYS_MAX} keys`);
  return keys.map((key: unknown) => (typeof key === "object" && key !== null ? { ...key } : {}));
}

function readKey(member: Member): Key | null {
  // The host has mixed up its files, and may have published this one.
  if ("d" in member || "k" in member) throw new KeySetError("it contains a private or secret key");
  const { kid } = member;
  const algorithm = algorithmOf(member);
  if (algorithm === null || !isForSignatures(member, algorithm)) return null;
  if (kid !== undefined && typeof kid !== "string") return null;
  const key = publicKeyOf(member);
  if (key === null || (key.asymmetricKeyDetails?.modulusLength ?? RSA_MIN_BITS) < RSA_MIN_BITS) return null;
  return { id: kid, algorithm, key };
}

function algorithmOf({ kty, crv }: Member): KeyAlgorithm | null {
  if (kty === "RSA") return "RS256";
  if (kty === "EC" && crv === "P-256") return "ES256";
  return kty === "OKP" && crv === "Ed25519" ? "EdDSA" : null;
}

/** RFC 7517, sections 4.2 to 4.4. */
function isForSignatures({ alg, use, key_ops }: Member, algorithm: KeyAlgorithm): boolean {
  if (alg !== undefined && alg !== algorithm) return false;
  if (use !== undefined && use !== "sig") return false;
  return key_ops === undefined || (Array.isArray(key_ops) && key_ops.includes("verify"));
}

function publicKeyOf({ kty, crv, n, e, x, y }: Member): KeyObject | null {
  const parts = Object.entries({ kty, crv, n, e, x, y }).filter(([, part]) => typeof part === "string");
  try {
    return createPublicKey({ key: Object.fromEntries(parts), format: "jwk" });
  } catch {
    return null;
  }
}
