import { PAGE_TO_COME, type Page, type PageRequest } from "../protocol/page.ts";
import { HistoryWindow } from "../room/history.ts";
import type { Decision, HistoryView, Message, Outcome } from "../room/operation.ts";
import type { Archive } from "./archive.ts";
import { sentenceFor } from "./failure.ts";
import { Pages } from "./pages.ts";
import { MessageRecord } from "./record.ts";

/** What the store made of a batch. An error is a sentence for the people in the room. */
export interface Stored {
  /** The messages that keys were seen with before, by their ids. */
  readonly repeated: ReadonlyMap<number, Message>;
  readonly getError: string | null;
  readonly sendError: string | null;
}

const NONE_REPEATED: Stored["repeated"] = new Map();
export const NOTHING_STORED: Stored = { repeated: NONE_REPEATED, getError: null, sendError: null };

/**
 * Makes outcomes of a room's decisions, with what they show of the history. It holds the newest messages, which grow
 * along with what is told, so that each `get` sees its own moment.
 */
export class Telling {
  readonly #getBudgetBytes: number;
  #window: HistoryWindow | null = null;
  /** What other servers store while the window is being read. */
  #taken: Message[] | null = null;
  #pages: Pages | null = null;

  constructor(getBudgetBytes: number) {
    this.#getBudgetBytes = getBudgetBytes;
  }

  /** What somebody will fetch who has asked already: whoever asks for the same shares it. */
  readonly #coming = new Set<"whole" | "newest">();

  readonly view: HistoryView = historyOf(() => this.#window);

  /** What is held of the history, in bytes of JSON. */
  get historyBytes(): number {
    return (this.#window?.heldBytes ?? 0) + (this.#pages?.bytes ?? 0);
  }

  get holdsHistory(): boolean {
    return this.#window !== null || this.#pages !== null;
  }

  dropHistory(): void {
    this.#window = null;
    this.#pages = null;
  }

  /** Lets go of all but the newest messages. To be called when a batch is told. */
  trim(): void {
    this.#coming.clear();
    this.#pages?.trim();
  }

  /**
   * How much must be read for a request, in bytes.
   *
   * @param page null for the newest messages as version 2 has them
   */
  bytesToFetch({ firstId, lastId, averageBytes }: Archive, page: PageRequest | null): number {
    const shared = sharedBy(page);
    if (shared !== null && this.#coming.has(shared)) return 0;
    const most = lastId === 0 ? 0 : lastId - firstId + 1;
    const isHeld = page === null && this.#window !== null;
    const missing = isHeld ? 0 : page === null ? most : (this.#pages?.missing(page) ?? page.limit);
    return Math.min(this.#getBudgetBytes, Math.min(missing, most) * averageBytes);
  }

  /** Somebody has asked. @param page null for the newest messages as version 2 has them */
  asked(page: PageRequest | null): void {
    const shared = sharedBy(page);
    if (shared !== null) this.#coming.add(shared);
  }

  /**
   * Reads what a batch will show and is not in memory. May reject as the store does.
   *
   * @param whole whether the newest messages are asked for as version 2 has them
   */
  async lookUp(archive: Archive, whole: boolean, pages: readonly PageRequest[]): Promise<void> {
    if (whole && this.#window === null) await this.#readWindow(archive);
    for (const page of pages) {
      this.#pages ??= new Pages(archive, this.#getBudgetBytes);
      await this.#pages.lookUp(page);
    }
  }

  async #readWindow(archive: Archive): Promise<void> {
    const taken: Message[] = [];
    this.#taken = taken;
    try {
      const window = new HistoryWindow(this.#getBudgetBytes);
      for (const record of await archive.tail(this.#getBudgetBytes)) window.pushText(record.classic);
      for (const message of taken) window.push(message);
      this.#window = window;
    } finally {
      this.#taken = null;
    }
  }

  /** The outcomes as they are told, in order. */
  *outcomes(decisions: readonly Decision[], stored: Stored): Generator<Outcome> {
    const { getError, sendError } = stored;
    for (const decision of decisions) {
      const { connection, ref } = decision;
      switch (decision.kind) {
        case "sent": {
          const { name, content } = decision.message;
          if (sendError !== null) {
            yield { kind: "send-failed", connection, ref, name, content, error: sendError };
          } else {
            this.take(decision.message);
            yield decision;
          }
          break;
        }
        case "repeated":
          yield this.#repetition(decision, stored);
          break;
        case "history":
          if (getError === null) yield decision;
          else yield { kind: "get-failed", connection, ref, name: decision.name, error: getError };
          break;
        case "page":
          if (getError === null) yield { ...decision, page: this.#page(decision.page) };
          else yield { kind: "get-failed", connection, ref, name: decision.name, error: getError };
          break;
        case "resumed":
          // The nickname has moved; the messages can be asked for again.
          yield { ...decision, page: getError === null ? this.#page(decision.page) : PAGE_TO_COME };
          break;
        default:
          yield decision;
      }
    }
  }

  /** Takes in a message that was stored. */
  take(message: Message): void {
    this.#taken?.push(message);
    this.#window?.push(message);
    this.#pages?.push(MessageRecord.of(message));
  }

  #page(request: PageRequest): Page {
    return this.#pages?.page(request) ?? PAGE_TO_COME;
  }

  #repetition(
    { connection, ref, id, name, content }: Extract<Decision, { kind: "repeated" }>,
    { repeated, sendError }: Stored,
  ): Outcome {
    const message = repeated.get(id);
    if (message !== undefined) return { kind: "repeated", connection, ref, message };
    return {
      kind: "send-failed",
      connection,
      ref,
      name,
      content,
      error: sendError ?? sentenceFor(undefined),
    };
  }
}

/** What all have in common who ask for the end of the history. */
function sharedBy(page: PageRequest | null): "whole" | "newest" | null {
  if (page === null) return "whole";
  return page.before === null && page.after === null ? "newest" : null;
}

function historyOf(window: () => HistoryWindow | null): HistoryView {
  return {
    get bytes() {
      return window()?.bytes ?? 0;
    },
    encoded: () => window()?.encoded() ?? new Uint8Array(0),
  };
}

/**
 * The messages that keys were seen with before: of this batch, or long out of memory.
 *
 * @param stored the messages of this batch
 * @param archived finds an earlier message; where it rejects, the repetition cannot be answered with it
 */
export async function repeatedAmong(
  decisions: readonly Decision[],
  stored: readonly Message[],
  archived: (id: number) => Promise<Message | undefined>,
  fault: (error: unknown) => void,
): Promise<ReadonlyMap<number, Message>> {
  const repeats = decisions.filter((decision) => decision.kind === "repeated");
  if (repeats.length === 0) return NONE_REPEATED;
  const found = new Map(stored.map((message) => [message.id, message]));
  for (const decision of repeats) {
    if (found.has(decision.id)) continue;
    try {
      const message = await archived(decision.id);
      if (message !== undefined) found.set(decision.id, message);
    } catch (error) {
      fault(error);
    }
  }
  return found;
}

/** The messages that were decided to be sent. */
export function messagesOf(decisions: readonly Decision[]): Message[] {
  return decisions.flatMap((each) => (each.kind === "sent" ? [each.message] : []));
}
