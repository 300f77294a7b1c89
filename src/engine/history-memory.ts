/** Something that holds history in memory and can do without it. */
export interface HistoryHolder {
  readonly historyBytes: number;
  /** Between being asked for and being shown, it must not be dropped. */
  readonly isBusy: boolean;
  dropHistory(): void;
}

/**
 * Keeps the histories held in memory, over all rooms, within a budget: the one that was asked for longest
 * ago is dropped, and read again from its file when somebody asks.
 */
export class HistoryMemory {
  readonly #budgetBytes: number;
  /** Least recently used first. */
  readonly #held = new Map<HistoryHolder, number>();
  #bytes = 0;

  constructor(budgetBytes: number) {
    this.#budgetBytes = budgetBytes;
  }

  /** Counts a holder's history at its present size, as the one used last. */
  used(holder: HistoryHolder): void {
    this.released(holder);
    this.#held.set(holder, holder.historyBytes);
    this.#bytes += holder.historyBytes;
    for (const other of this.#held.keys()) {
      if (this.#bytes <= this.#budgetBytes) break;
      if (!other.isBusy) other.dropHistory();
    }
  }

  /** To be called by a holder that has dropped its history. */
  released(holder: HistoryHolder): void {
    this.#bytes -= this.#held.get(holder) ?? 0;
    this.#held.delete(holder);
  }
}
