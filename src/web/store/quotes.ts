import { type Signal, signal } from "@preact/signals";
import type { AnyChange, Message } from "../../client/index.ts";
import { applyChange } from "../../client/message-change.ts";
import type { HistorySource } from "./log.ts";

/** The number of messages that are remembered because others reply to them. */
const QUOTES_MAX = 2_000;

/** A message that another one replies to, if it is known by now and exists. */
export type Quote = Message | "loading" | "missing";

/** Knows the messages that others reply to, and loads those that the log does not have, one after another. */
export class QuotesStore {
  readonly #quotes = new Map<number, Signal<Quote>>();
  readonly #source: HistorySource;
  readonly #find: (id: number) => Message | undefined;
  #queue: Promise<void> = Promise.resolve();

  /** @param find the message with an id, if it is loaded */
  constructor(source: HistorySource, find: (id: number) => Message | undefined) {
    this.#source = source;
    this.#find = find;
  }

  /** The message with an id, which is loaded if necessary. */
  get(id: number): Signal<Quote> {
    const known = this.#quotes.get(id);
    if (known) return known;
    const quote = signal<Quote>(this.#find(id) ?? "loading");
    this.#quotes.set(id, quote);
    const [oldest] = this.#quotes.keys();
    if (this.#quotes.size > QUOTES_MAX && oldest !== undefined) this.#quotes.delete(oldest);
    if (quote.value === "loading") this.#queue = this.#queue.then(() => this.#load(id, quote));
    return quote;
  }

  /** The message with an id, if it is known. */
  peek(id: number): Message | undefined {
    const quote = this.#quotes.get(id)?.peek();
    return typeof quote === "object" ? quote : this.#find(id);
  }

  /** Applies a change of a message. */
  apply(change: AnyChange): void {
    const quote = this.#quotes.get(change.of);
    if (typeof quote?.value === "object") quote.value = applyChange(quote.value, change);
  }

  /** Forgets everything: in another history, other messages have these ids. */
  clear(): void {
    this.#quotes.clear();
  }

  async #load(id: number, quote: Signal<Quote>): Promise<void> {
    const isWanted = () => this.#quotes.get(id) === quote;
    if (!isWanted()) return;
    try {
      const message = (await this.#source.history({ before: id + 1, limit: 1 })).messages.at(-1);
      if (isWanted()) quote.value = message?.id === id ? message : "missing";
    } catch {
      // It is loaded when it is wanted again.
      if (isWanted()) this.#quotes.delete(id);
    }
  }
}
