/** What was written since the last visit, beyond what is loaded. Loaded when there is something unread. */
import { type ReadonlySignal, signal } from "@preact/signals";
import type { HistoryOptions, Message, Page, Position } from "../../client/index.ts";
import type { UnreadStore } from "./unread.ts";

/** The largest page that a server gives. */
const PAGE = 1_000;
/** Pages come one after the other, at less than the server's rate: the user asks for history, too. */
const PAUSE_MS = 300;
/** How many mentions one is led to: the newest ones. */
const MENTIONS_MAX = 1_000;

/** What is needed of the room. */
export interface MissedOptions {
  readonly unread: UnreadStore;
  readonly isForMe: (message: Message) => boolean;
  /** Whether a message need not be read: the user's own, and those of people whom the user ignores. */
  readonly isRead: (message: Message) => boolean;
  readonly history: (options: HistoryOptions) => Promise<Page>;
}

/** Counts the unread messages, and finds those that are for the user. */
export class MissedStore {
  readonly #count = signal(0);
  /** How many messages were unread when the user came. */
  readonly count: ReadonlySignal<number> = this.#count;
  readonly #isWhole = signal(true);
  /** Whether all of them are counted. */
  readonly isWhole: ReadonlySignal<boolean> = this.#isWhole;
  readonly #mentions = signal<readonly number[]>([]);
  /** The ids of the messages for the user that were not near what is shown yet, oldest first. */
  readonly mentions: ReadonlySignal<readonly number[]> = this.#mentions;
  readonly #options: MissedOptions;
  /** The number of visits, of which the last one counts. */
  #visit = 0;

  constructor(options: MissedOptions) {
    this.#options = options;
  }

  /**
   * Counts what was written since the last visit.
   *
   * @param newest the newest page of the history
   * @param after the position after which the unread messages begin, if that may be before the page
   */
  async visit(newest: readonly Message[], after: Position | null): Promise<void> {
    const visit = ++this.#visit;
    const { unread } = this.#options;
    const firstId = unread.firstId.peek();
    const [{ id: newestId } = { id: null }] = newest;
    this.#count.value = 0;
    this.#mentions.value = [];
    this.#add(newest.filter(({ id }) => id !== null && firstId !== null && id >= firstId));
    if (after === null || newestId === null) return;
    this.#isWhole.value = false;
    await this.#search(after, newestId, visit);
    if (visit === this.#visit) this.#isWhole.value = true;
  }

  /** Adds a message for the user that arrives while the user reads elsewhere. */
  addMention({ id }: Message): void {
    if (id !== null)
      this.#mentions.value = [...this.#mentions.value, id].sort((a, b) => a - b).slice(-MENTIONS_MAX);
  }

  /** The user has these messages near what is shown. */
  see(ids: readonly (number | null)[]): void {
    if (this.#mentions.value.some((id) => ids.includes(id)))
      this.#mentions.value = this.#mentions.value.filter((id) => !ids.includes(id));
  }

  /** Goes through the messages between two others. Ends early if there is no connection, or if the history was replaced. */
  async #search(after: Position, before: number, visit: number): Promise<void> {
    const { unread, history } = this.#options;
    let isFirst = true;
    for (let from: Position | undefined = after; from; ) {
      const page: Page | null = await history({ after: from, limit: PAGE }).catch(() => null);
      // If the user has sent something in the meantime, there is no line any more.
      if (!page || page.reset || visit !== this.#visit || unread.firstId.peek() === null) return;
      const messages = page.messages.filter(({ id }) => id !== null && id < before);
      const [first] = this.#add(messages);
      if (isFirst && first) unread.setFirst(first);
      isFirst &&= first === undefined;
      if (messages.length < page.messages.length || !page.more) return;
      // A page may consist of changes alone.
      from = page.cursor;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  /** @returns the unread ones of them */
  #add(messages: readonly Message[]): readonly Message[] {
    const { isRead, isForMe } = this.#options;
    const missed = messages.filter((message) => !message.deleted && !isRead(message));
    this.#count.value += missed.length;
    for (const message of missed.filter(isForMe)) this.addMention(message);
    return missed;
  }
}
