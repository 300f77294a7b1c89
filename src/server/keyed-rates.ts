import type { Rate } from "./settings.ts";
import { TokenBucket } from "./token-bucket.ts";

/** A rate for each key, such as a room, shared by all that have to do with it. Rates that have recovered are forgotten. */
export class KeyedRates {
  readonly #rate: Rate | null;
  readonly #buckets = new Map<string, TokenBucket>();

  /** @param rate null for no limit */
  constructor(rate: Rate | null) {
    this.#rate = rate;
  }

  /** The bucket of a key at a moment. Must not be kept: once it is full, it may be replaced by another. */
  of(key: string, now: number): TokenBucket | null {
    if (this.#rate === null) return null;
    const known = this.#buckets.get(key);
    if (known !== undefined) return known;
    const bucket = new TokenBucket(this.#rate, now);
    this.#buckets.set(key, bucket);
    return bucket;
  }

  /** Forgets rates that have recovered. Must be called regularly. */
  shed(now: number): void {
    for (const [key, bucket] of this.#buckets) if (bucket.isFull(now)) this.#buckets.delete(key);
  }
}
