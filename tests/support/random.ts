/** A generator of random numbers that a seed determines. */
export class Random {
  readonly #seed: number;
  #state: number;

  constructor(seed: number) {
    this.#seed = seed >>> 0;
    this.#state = this.#seed;
  }

  /** A separate generator for a purpose: its values do not depend on what is drawn from this one. */
  fork(purpose: string): Random {
    return new Random(Bun.hash.crc32(purpose, this.#seed));
  }

  /** From 0 up to, but not, 1. This is mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** An integer from `least` to `most`, both included. */
  integer(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** One of several. */
  pick<T>(among: readonly [T, ...T[]]): T {
    return among[this.integer(0, among.length - 1)] ?? among[0];
  }

  /** A random waiting time with this mean; most are shorter, a few much longer. */
  waitMs(meanMs: number): number {
    return -Math.log(1 - this.next()) * meanMs;
  }
}
