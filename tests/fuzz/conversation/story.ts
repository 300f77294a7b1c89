/** What was done in one conversation, for whoever has to find out why it went wrong. */

/** Longer than anything takes on the slowest machine. */
const HANGS_AFTER_MS = 200_000;

export class Story {
  readonly lines: string[] = [];
  /** What must not have happened, as it was noticed on the way. */
  readonly faults: string[] = [];
  /** The secrets that clients were given. */
  readonly secrets = new Set<string>();
  readonly #startedAt = performance.now();
  #waiting: (() => void)[] = [];

  tell(line: string): void {
    this.lines.push(`${((performance.now() - this.#startedAt) / 1000).toFixed(3)} ${line}`);
  }

  fault(sentence: string): void {
    this.faults.push(sentence);
    this.tell(`FAULT ${sentence}`);
  }

  /** Takes down the secrets in a frame of the server. */
  heard(text: string): void {
    for (const [, secret] of text.matchAll(/"session":"([^"]+)"/g)) if (secret) this.secrets.add(secret);
  }

  /** Something has changed that somebody may wait for. */
  changed(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /**
   * Resolves once `condition` holds, which is looked at after each change.
   *
   * @param tellWhat describes what holds it up
   * @throws when that takes so long that it will not come any more
   */
  async until(condition: () => boolean, tellWhat: () => string): Promise<void> {
    const tooLong = performance.now() + HANGS_AFTER_MS;
    while (!condition()) {
      if (performance.now() > tooLong) throw new Error(`waited in vain: ${tellWhat()}`);
      const changed = new Promise<void>((resolve) => this.#waiting.push(resolve));
      await Promise.race([changed, Bun.sleep(1000)]);
    }
  }
}
