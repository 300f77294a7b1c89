import { historyMessage } from "../protocol/v2.ts";
import type { HistoryView, Message } from "./operation.ts";

/** Below this size the joined text is kept between two `get`s, so that a crowd that joins costs one join. */
const KEEP_JOINED_BYTES = 1024 * 1024;

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
  #joined: string | null = null;

  constructor(budgetBytes: number) {
    this.#budgetBytes = budgetBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  push(message: Message): void {
    this.pushText(historyMessage(message.name, message.content, message.timestamp));
  }

  /** Adds a message by its JSON text; the oldest go when it does not fit. */
  pushText(text: string): void {
    this.#texts.push(text);
    this.#bytes += cost(text);
    this.#joined = null;
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

  text(): string {
    if (this.#joined !== null) return this.#joined;
    const joined = (this.#start === 0 ? this.#texts : this.#texts.slice(this.#start)).join(",");
    if (this.#bytes <= KEEP_JOINED_BYTES) this.#joined = joined;
    return joined;
  }
}

function cost(text: string): number {
  return Buffer.byteLength(text) + 1;
}
