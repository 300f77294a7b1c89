import { REMEMBERED_MS } from "../protocol/limits.ts";

/** How many keys are remembered, over all rooms that share this memory, and how many may be. */
export interface KeyMemory {
  count: number;
  readonly most: number;
}

/**
 * The keys with which messages of a room were sent, each with the message's id. There are two generations of keys
 * rather than a time for each, so a key is remembered for at least {@link REMEMBERED_MS} and at most twice that, or
 * less long when there are more keys than the memory may hold.
 */
export class SendKeys {
  readonly #memory: KeyMemory;
  #recent = new Map<string, number>();
  #older = new Map<string, number>();
  #recentSince = Number.NEGATIVE_INFINITY;

  constructor(memory: KeyMemory) {
    this.#memory = memory;
  }

  /** The id of the message that was sent with a key, if it is remembered. */
  idOf(key: string): number | undefined {
    return this.#recent.get(key) ?? this.#older.get(key);
  }

  /** @param time of the message, in Unix milliseconds */
  add(key: string, id: number, time: number): void {
    if (time - this.#recentSince >= REMEMBERED_MS || this.#memory.count >= this.#memory.most) {
      this.#memory.count -= this.#older.size;
      this.#older = this.#recent;
      this.#recent = new Map();
      this.#recentSince = time;
    }
    this.#recent.set(key, id);
    this.#memory.count++;
  }

  /** Forgets a key whose message was not stored after all. */
  delete(key: string): void {
    if (this.#recent.delete(key) || this.#older.delete(key)) this.#memory.count--;
  }

  /** Forgets all. */
  clear(): void {
    this.#memory.count -= this.#recent.size + this.#older.size;
    this.#recent = new Map();
    this.#older = new Map();
  }
}
