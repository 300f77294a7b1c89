import { type ReadonlySignal, signal } from "@preact/signals";
import type { AnyChange, HistoryOptions, Message, Page, Position } from "../../client/index.ts";
import { applyChange } from "../../client/message-change.ts";
import { NicknameHolders } from "./holders.ts";
import type { Item, Line, MessageItem, ModeratedEvent } from "./item.ts";
import { positionKey } from "./own.ts";
import { type RosterChange, RosterChanges } from "./roster-changes.ts";

const PAGE = 200;
/** Messages to load on either side of a message that a link leads to. */
const AROUND = 60;
/** Rows that may arrive in one frame after the reply that ends a run. */
const RECENT_MAX = 500;
/**
 * More rows than this are shown only to users who loaded them, since the cost of each new row grows with their
 * number.
 */
const ROWS_MAX = 10_000;
/** Lines between messages that are kept for when the messages are loaded again, the newest. */
const LINES_MAX = 200;

export type LoadState = "idle" | "loading" | "failed";

/** The source of pages of the history. */
export interface HistorySource {
  history(options: HistoryOptions): Promise<Page>;
}

/**
 * The part of a room's history that is shown: one run of messages without gaps. Usually it ends with the newest
 * message. A link to an old message shows the run around that message, which grows until it meets the newest.
 */
export class LogStore {
  readonly #items = signal<readonly Item[]>([]);
  readonly items: ReadonlySignal<readonly Item[]> = this.#items;
  readonly #hasOlder = signal(false);
  /** Whether there are messages before the run. */
  readonly hasOlder: ReadonlySignal<boolean> = this.#hasOlder;
  readonly #hasNewer = signal(false);
  /** Whether the run ends before the newest message. */
  readonly hasNewer: ReadonlySignal<boolean> = this.#hasNewer;
  readonly #older = signal<LoadState>("idle");
  readonly older: ReadonlySignal<LoadState> = this.#older;
  readonly #isLoaded = signal(false);
  /** Whether the room's history is loaded, even if it is empty. */
  readonly isLoaded: ReadonlySignal<boolean> = this.#isLoaded;
  readonly #source: HistorySource;
  readonly #isOwn: (message: Message) => boolean;
  /** The newest rows that arrived, whether or not the run reaches them. */
  #recent: readonly Item[] = [];
  #between: readonly Line[] = [];
  /** The position of the newest message; "" before there is one. */
  #newest = "";
  readonly #holders = new NicknameHolders();
  #newer = false;
  /** Where the page after the run begins, if that is not right after its last message. */
  #cursor: Position | null = null;
  /** Changes since the first of several pages was requested that are shown together; null at other times. */
  #changes: AnyChange[] | null = null;
  #lines = 0;
  /** The number of the current run. Replies that were requested for an earlier run are ignored. */
  #run = 0;

  /** @param isOwn whether this browser sent a message of the history */
  constructor(source: HistorySource, isOwn: (message: Message) => boolean = () => false) {
    this.#source = source;
    this.#isOwn = isOwn;
  }

  /** Who came and went and what moderators did, the newest of it. */
  get lines(): readonly Line[] {
    return this.#between;
  }

  /** Puts lines that an earlier page has kept back between the messages. */
  bringBack(lines: readonly Line[]): void {
    const later = this.#between;
    this.#between = lines;
    if (this.#isLoaded.value) this.#items.value = this.#woven(this.#items.value, !this.#hasOlder.value);
    this.#between = [...lines, ...later];
  }

  /**
   * Shows the newest page of the history.
   *
   * @param isAnother whether it is the history of a backup, in which other messages have these ids
   */
  replace(messages: readonly Message[], hasOlder: boolean, isAnother = false): void {
    const newest = messages.at(-1);
    this.#recent = [];
    if (isAnother) this.#between = [];
    this.#newest = newest ? positionKey(newest) : "";
    this.#begin(messages, hasOlder, false);
  }

  /** Adds the next message of the room. @param key the key of its row, if it has had one */
  add(message: Message, own: boolean, key = keyOf(message)): void {
    const isNew = this.#holders.hasChanged(message.name);
    this.#newest = positionKey(message);
    this.#append({ kind: "message", key, message, own, isNewHolder: isNew && !own });
  }

  /** Adds a join, a leave or a change of nickname. */
  addChange(change: RosterChange): void {
    this.#holders.note(change);
    const last = this.#recent.at(-1);
    const isLast = this.#hasNewer.value || this.#items.value.at(-1) === last;
    if (last?.kind !== "people" || !isLast || !(last.changes instanceof RosterChanges)) {
      const changes = new RosterChanges([change]);
      this.#addLine({ kind: "people", key: `p${++this.#lines}`, time: change.time, changes });
      return;
    }
    last.changes.add(change);
    // A new object, so that the row is rendered again.
    const line = { ...last };
    this.#recent = this.#recent.with(-1, line);
    this.#between = this.#between.map((each) => (each.item === last ? { ...each, item: line } : each));
    if (!this.#hasNewer.value) this.#items.value = this.#items.value.with(-1, line);
  }

  /** Adds what a moderator has done. */
  addAction(action: ModeratedEvent): void {
    this.#addLine({ kind: "action", key: `a${++this.#lines}`, time: action.time, action });
  }

  /** Applies a change of a message, wherever it is. */
  apply(change: AnyChange): void {
    this.#changes?.push(change);
    const changed = (items: readonly Item[]) => {
      const at = items.findLastIndex((item) => isMessage(item) && item.message.id === change.of);
      const item = items[at];
      if (item?.kind !== "message") return items;
      const message = applyChange(item.message, change);
      return message === item.message ? items : items.with(at, { ...item, message });
    };
    this.#recent = changed(this.#recent);
    this.#items.value = changed(this.#items.value);
  }

  /** The message with an id, if it is loaded. */
  find(id: number): Message | undefined {
    const isIt = (item: Item): item is MessageItem => isMessage(item) && item.message.id === id;
    return (this.#items.value.findLast(isIt) ?? this.#recent.findLast(isIt))?.message;
  }

  addGap(count: number): void {
    this.#append({ kind: "gap", key: `g${++this.#lines}`, count });
  }

  /**
   * Limits the length of the run while others write. With too many rows, the older half is dropped; or, if the user
   * is reading there, the run stops following the newest message. Either part can be loaded again.
   */
  trim(isAtEnd: boolean): void {
    const items = this.#items.value;
    if (items.length <= ROWS_MAX || this.#hasNewer.value || this.#older.value === "loading") return;
    const kept = items.slice(-ROWS_MAX / 2);
    if (!kept.some(isMessage)) return;
    if (isAtEnd) {
      this.#items.value = kept;
      this.#hasOlder.value = true;
    } else {
      this.#cursor = null;
      this.#hasNewer.value = true;
    }
  }

  /** Loads the page before the run, if there is one and it is not being loaded yet. */
  async loadOlder(): Promise<void> {
    const before = this.#firstId;
    if (this.#older.value === "loading" || !this.#hasOlder.value || before === null) return;
    const run = this.#run;
    this.#older.value = "loading";
    try {
      const { messages, more } = await this.#source.history({ before, limit: PAGE });
      if (run !== this.#run) return;
      this.#items.value = [...this.#pageOf(messages, !more), ...this.#items.value];
      this.#hasOlder.value = more;
      this.#older.value = "idle";
    } catch {
      if (run === this.#run) this.#older.value = "failed";
    }
  }

  /** Loads the page after the run, if the run does not reach the newest message. */
  async loadNewer(): Promise<void> {
    if (this.#newer || !this.#hasNewer.value) return;
    const run = this.#run;
    this.#newer = true;
    try {
      let isEmpty = true;
      // A page may consist of changes alone. Nothing is rendered then, so nobody would ask for the next one.
      while (isEmpty && this.#hasNewer.value) {
        const after = this.#cursor ?? this.#lastId;
        if (after === null) return;
        const page = await this.#source.history({ after, limit: PAGE });
        // A page of another history: the chat is about to report that one.
        if (run !== this.#run || page.reset) return;
        isEmpty = page.messages.length === 0;
        this.#extend(page.messages, page.more, page.cursor);
      }
    } catch {
      // It is requested again the next time that the end is near.
    } finally {
      this.#newer = false;
    }
  }

  /** Shows the newest messages again. */
  async showNewest(): Promise<void> {
    if (!this.#hasNewer.value) return;
    const run = this.#run;
    const { messages, more } = await this.#source.history({ limit: PAGE });
    if (run === this.#run) this.#begin(messages, more, false);
  }

  /**
   * Makes sure that a message is shown.
   *
   * @param time the message's time; a message with another time is another message
   * @returns whether the message exists
   */
  async show(id: number, time?: number): Promise<boolean> {
    const isIt = (message: Message | undefined) =>
      message?.id === id && (time === undefined || message.time === time);
    if (this.#items.value.some((item) => isMessage(item) && isIt(item.message))) return true;
    // One page may come before the other, and be changed in the meantime.
    const changes: AnyChange[] = [];
    this.#changes = changes;
    const [older, newer] = await Promise.all([
      this.#source.history({ before: id + 1, limit: AROUND }),
      this.#source.history({ after: id, limit: AROUND }),
    ]);
    if (!isIt(older.messages.at(-1))) return false;
    const messages = [...older.messages, ...newer.messages].map((each) => changes.reduce(applyChange, each));
    this.#begin(messages, older.more, newer.more, newer.cursor);
    return true;
  }

  #begin(
    messages: readonly Message[],
    hasOlder: boolean,
    hasNewer: boolean,
    cursor?: Position | undefined,
  ): void {
    this.#run++;
    this.#changes = null;
    this.#older.value = "idle";
    this.#hasOlder.value = hasOlder;
    this.#items.value = [];
    this.#extend(messages, hasNewer, cursor);
    this.#isLoaded.value = true;
  }

  /** Appends a page to the run, and the rows that arrived since the page was requested, if the page reaches them. */
  #extend(messages: readonly Message[], hasNewer: boolean, cursor: Position | null = null): void {
    this.#cursor = cursor;
    const isStart = !this.#hasOlder.value && this.#items.value.length === 0;
    const lastId = messages.at(-1)?.id ?? this.#lastId ?? -1;
    const isLater = (item: Item) => isMessage(item) && item.message.id !== null && item.message.id > lastId;
    const from = this.#recent.findIndex(isLater);
    const later = hasNewer || from < 0 ? [] : this.#recent.slice(from);
    this.#items.value = [...this.#items.value, ...this.#pageOf(messages, isStart), ...later];
    this.#hasNewer.value = hasNewer;
  }

  #addLine(item: Line["item"]): void {
    this.#between = [...this.#between.slice(1 - LINES_MAX), { after: this.#newest, item }];
    this.#append(item);
  }

  /** The rows of a page. @param isStart whether the room begins with it */
  #pageOf(messages: readonly Message[], isStart: boolean): readonly Item[] {
    return this.#woven(
      messages.map((message) => this.#itemOf(message)),
      isStart,
    );
  }

  /** Puts the lines between messages to where they were. */
  #woven(items: readonly Item[], isStart: boolean): readonly Item[] {
    // Browsers that are a few years old have no `Map.groupBy`.
    const lines = new Map<string, Item[]>();
    for (const { after, item } of this.#between) lines.set(after, [...(lines.get(after) ?? []), item]);
    const after = (position: string): readonly Item[] => lines.get(position) ?? [];
    return [
      ...(isStart ? after("") : []),
      ...items.flatMap((item) => (isMessage(item) ? [item, ...after(positionKey(item.message))] : [item])),
    ];
  }

  #append(item: Item): void {
    this.#recent = [...this.#recent.slice(1 - RECENT_MAX), item];
    if (!this.#hasNewer.value) this.#items.value = [...this.#items.value, item];
  }

  #itemOf(message: Message): MessageItem {
    return { kind: "message", key: keyOf(message), message, own: this.#isOwn(message), isNewHolder: false };
  }

  get #firstId(): number | null {
    return this.#items.value.find(isMessage)?.message.id ?? null;
  }

  get #lastId(): number | null {
    return this.#items.value.findLast(isMessage)?.message.id ?? null;
  }
}

/** The key of a message's row. */
export function keyOf({ id, name, timestamp, content }: Message): string {
  return id === null ? `v${timestamp} ${name} ${content}` : `m${id}`;
}

function isMessage(item: Item): item is MessageItem {
  return item.kind === "message";
}
