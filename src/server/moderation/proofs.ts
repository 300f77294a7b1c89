import { createChallenge, extractParams, verifySolution } from "altcha-lib/v1";
import type { Challenge } from "../../protocol/kinds/enter.ts";

/** The largest number that has to be tried: about a second of work on a telephone. */
const MOST = 100_000;
/** How long a challenge can be solved. */
const LIFETIME_MS = 5 * 60 * 1000;
/** How many solved challenges are remembered, so that each counts once. */
const REMEMBERED = 10_000;

/**
 * Proofs of work (altcha.org): a challenge costs the client a moment, and its check nothing. A challenge is signed with a secret of
 * the chat, so that every server can check it, and can be solved from one network only, once at each server.
 */
export class Proofs {
  readonly #key: string;
  readonly #now: () => number;
  /** The signatures of the challenges that were solved here, the oldest first. */
  readonly #solved = new Set<string>();

  /** @param key a secret of the chat @param now Unix milliseconds */
  constructor(key: string, now: () => number) {
    this.#key = key;
    this.#now = now;
  }

  /** @param network a keyed hash of the network that the client is in; empty for none */
  async challenge(network: string): Promise<Challenge> {
    const expires = new Date(this.#now() + LIFETIME_MS);
    const { algorithm, challenge, salt, signature } = await createChallenge({
      hmacKey: this.#key,
      maxnumber: MOST,
      expires,
      params: { network },
    });
    return { algorithm, challenge, maxnumber: MOST, salt, signature };
  }

  /** Whether a proof is right, and was not used before. Never rejects. */
  async check(proof: string, network: string): Promise<boolean> {
    try {
      const payload: unknown = JSON.parse(Buffer.from(proof, "base64").toString());
      if (typeof payload !== "object" || payload === null || !("signature" in payload)) return false;
      const { signature } = payload;
      if (typeof signature !== "string" || this.#solved.has(signature)) return false;
      if (extractParams(proof).network !== network || !(await verifySolution(proof, this.#key))) return false;
      if (this.#solved.has(signature)) return false;
      this.#solved.add(signature);
      for (const oldest of this.#solved) {
        if (this.#solved.size <= REMEMBERED) break;
        this.#solved.delete(oldest);
      }
      return true;
    } catch {
      return false;
    }
  }
}
