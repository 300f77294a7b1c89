import type { SessionHash } from "../room/operation.ts";

const SECRET_BYTES = 32;

/** What a client can resume its connection by, and what the server knows it by. */
export interface SessionSecret {
  /** For the client alone: 256 bits at random, in base64url. */
  readonly text: string;
  readonly hash: SessionHash;
}

export function createSecret(): SessionSecret {
  const text = crypto.getRandomValues(Buffer.alloc(SECRET_BYTES)).toString("base64url");
  return { text, hash: hashOf(text) };
}

/** SHA-256 is enough: nobody can guess 256 bits, so nothing is gained by making it slow. */
export function hashOf(secret: string): SessionHash {
  return new Bun.CryptoHasher("sha256").update(secret).digest("base64url");
}
