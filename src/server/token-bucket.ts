import type { Rate } from "./settings.ts";

/** Limits a rate: `burst` at once, refilled by `perSecond`. Times are in milliseconds of one monotonic clock. */
export class TokenBucket {
  readonly #rate: Rate;
  #tokens: number;
  #updatedAt: number;

  constructor(rate: Rate, now: number) {
    this.#rate = rate;
    this.#tokens = rate.burst;
    this.#updatedAt = now;
  }

  /** Takes a token. @returns 0, or, when there is none, the seconds until there is one again */
  take(now: number): number {
    const wait = this.wait(now);
    if (wait === 0) this.#tokens--;
    return wait;
  }

  /** The seconds until there is a token, 0 when there is one. */
  wait(now: number): number {
    this.#refill(now);
    return this.#tokens >= 1 ? 0 : (1 - this.#tokens) / this.#rate.perSecond;
  }

  /** Whether nothing is left to remember: it is as good as new. */
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
