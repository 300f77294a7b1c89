/** Holds history in memory, and can drop it. */
export interface HistoryHolder {
  readonly historyBytes: number;
  /** Whether a request waits for this history, so that it must not be dropped. */
  readonly isBusy: boolean;
  dropHistory(): void;
}

/**
 * Keeps the histories in memory, over all rooms, within a budget. The least recently used one is dropped, and is read
 * from the store again at the next request.
 */
export class HistoryMemory {
  readonly #budgetBytes: number;
  /** Least recently used first. */
  readonly #held = new Map<HistoryHolder, number>();
  #bytes = 0;

  constructor(budgetBytes: number) {
    this.#budgetBytes = budgetBytes;
  }

  /** Counts a holder's history at its current size, as the most recently used one. */
  used(holder: HistoryHolder): void {
    this.released(holder);
    this.#held.set(holder, holder.historyBytes);
    this.#bytes += holder.historyBytes;
    for (const other of this.#held.keys()) {
      if (this.#bytes <= this.#budgetBytes) break;
      if (!other.isBusy) other.dropHistory();
    }
  }

  /** A holder calls this after dropping its history. */
  released(holder: HistoryHolder): void {
    this.#bytes -= this.#held.get(holder) ?? 0;
    this.#held.delete(holder);
  }
}
