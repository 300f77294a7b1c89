/** If nothing arrives for this long, the order has failed. */
const STALLED_AFTER_MS = 30_000;
const LOOK_FOR_STALL_EVERY_MS = 1_000;

/** What a crowd is waiting for; one thing at a time. */
export class Goal {
  #awaited: { readonly isReached: () => boolean; readonly reached: PromiseWithResolvers<void> } | null = null;
  #failure: Error | null = null;

  /**
   * Resolves as soon as a check finds that the goal is reached.
   *
   * @param counts what has arrived; if the counts stay the same for long, nothing more arrives
   * @throws Error with a sentence if the goal can no longer be reached
   */
  async reach(isReached: () => boolean, counts: () => object): Promise<void> {
    this.check();
    if (isReached()) return;
    const reached = Promise.withResolvers<void>();
    this.#awaited = { isReached, reached };
    let seen = "";
    let quietMs = 0;
    const watch = setInterval(() => {
      const now = JSON.stringify(counts());
      quietMs = now === seen ? quietMs + LOOK_FOR_STALL_EVERY_MS : 0;
      seen = now;
      if (quietMs >= STALLED_AFTER_MS) this.fail(new Error(`Nothing more arrives after ${now}.`));
    }, LOOK_FOR_STALL_EVERY_MS);
    await reached.promise.finally(() => clearInterval(watch));
  }

  look(): void {
    if (this.#awaited === null || !this.#awaited.isReached()) return;
    const { reached } = this.#awaited;
    this.#awaited = null;
    reached.resolve();
  }

  /** Makes the current goal fail, and all later ones. */
  fail(error: Error): void {
    this.#failure ??= error;
    this.#awaited?.reached.reject(this.#failure);
    this.#awaited = null;
  }

  /** @throws Error if something has failed already */
  check(): void {
    if (this.#failure !== null) throw this.#failure;
  }
}
