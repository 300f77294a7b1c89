import { historyMessage } from "../protocol/kinds/get.ts";
import type { HistoryView, Message } from "./operation.ts";

/**
 * The newest messages of a room, already encoded, as many as fit a budget. A message costs the bytes of its JSON
 * text and one for a comma.
 */
export class HistoryWindow implements HistoryView {
  readonly #budgetBytes: number;
  readonly #texts: string[] = [];
  /** Texts before this index are dropped already; the array is cut once they are half of it. */
  #start = 0;
  #bytes = 0;
  /** Made with the first `get` after a message, and shared by all until the next one. */
  #encoded: Uint8Array | null = null;

  constructor(budgetBytes: number) {
    this.#budgetBytes = budgetBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** What it takes in memory, in bytes. */
  get heldBytes(): number {
    return this.#bytes + (this.#encoded?.length ?? 0);
  }

  push(message: Message): void {
    this.pushText(historyMessage(message.name, message.content, message.timestamp));
  }

  /** Adds a message by its JSON text; the oldest go when it does not fit. */
  pushText(text: string): void {
    this.#texts.push(text);
    this.#bytes += cost(text);
    this.#encoded = null;
    while (this.#bytes > this.#budgetBytes) {
      const oldest = this.#texts[this.#start];
      if (oldest === undefined) break;
      this.#bytes -= cost(oldest);
      this.#texts[this.#start++] = "";
    }
    if (this.#start > 1024 && this.#start * 2 > this.#texts.length) {
      this.#texts.splice(0, this.#start);
      this.#start = 0;
    }
  }

  encoded(): Uint8Array {
    this.#encoded ??= Buffer.from(
      (this.#start === 0 ? this.#texts : this.#texts.slice(this.#start)).join(","),
    );
    return this.#encoded;
  }
}

function cost(text: string): number {
  return Buffer.byteLength(text) + 1;
}
