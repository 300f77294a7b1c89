import type { Rate } from "./settings.ts";

/**
 * Limits a rate: `burst` tokens at once, refilled by `perSecond`. While a token is left, anything is granted, whatever
 * its cost: the bucket then owes the difference, and grants nothing more until it has recovered. Times are in
 * milliseconds of one monotonic clock.
 */
export class TokenBucket {
  readonly #rate: Rate;
  #tokens: number;
  #updatedAt: number;

  constructor(rate: Rate, now: number) {
    this.#rate = rate;
    this.#tokens = rate.burst;
    this.#updatedAt = now;
  }

  /** Takes tokens. @returns 0, or when there are none, the seconds until there is one again */
  take(now: number, cost = 1): number {
    const wait = this.wait(now);
    if (wait === 0) this.#tokens -= cost;
    return wait;
  }

  /** The seconds until there is a token, 0 when there is one. */
  wait(now: number): number {
    this.#refill(now);
    return this.#tokens >= 1 ? 0 : (1 - this.#tokens) / this.#rate.perSecond;
  }

  /** Takes tokens for what has already been done, whether there are any or not. */
  charge(now: number, cost: number): void {
    this.#refill(now);
    this.#tokens -= cost;
  }

  /** Whether it has recovered wholly, so that it need not be remembered. */
  isFull(now: number): boolean {
    this.#refill(now);
    return this.#tokens >= this.#rate.burst;
  }

  #refill(now: number): void {
    const seconds = (now - this.#updatedAt) / 1000;
    this.#tokens = Math.min(this.#rate.burst, this.#tokens + seconds * this.#rate.perSecond);
    this.#updatedAt = now;
  }
}
