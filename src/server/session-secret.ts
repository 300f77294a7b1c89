import type { SessionHash } from "../room/operation.ts";

const SECRET_BYTES = 32;

/** The secret by which a client can resume its connection, and the hash by which the server knows it. */
export interface SessionSecret {
  /** For the client alone: 256 random bits, in base64url. */
  readonly text: string;
  readonly hash: SessionHash;
}

export function createSecret(): SessionSecret {
  const text = crypto.getRandomValues(Buffer.alloc(SECRET_BYTES)).toString("base64url");
  return { text, hash: hashOf(text) };
}

/** SHA-256 is enough: nobody can guess 256 bits, so a slow hash would gain nothing. */
export function hashOf(secret: string): SessionHash {
  return new Bun.CryptoHasher("sha256").update(secret).digest("base64url");
}
