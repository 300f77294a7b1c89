import type { FileHandle } from "node:fs/promises";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { EventPlace, EventRun } from "../archive.ts";
import {
  type Amendment,
  amended,
  editIn,
  isChangeLine,
  type MessageRecord,
  markOf,
  readEvent,
  type StoredEvent,
} from "../record.ts";
import type { ChangeIndex, StoredEdit } from "./change-index.ts";
import { FileChunks, type Line, readPlacedLines } from "./file-chunks.ts";
import type { BlockRange, HistoryIndex } from "./history-index.ts";

/** How many messages are read at once to fill a reply of version 2. */
const TAIL_STEP = 2_000;

/** How many messages are read at the same time, and how many with reactions among them: each may have very many. */
const READ_AHEAD = 64;
const AMENDED_AT_ONCE = 16;

/** A history file as far as it is whole. */
export interface Extent {
  readonly file: FileHandle;
  readonly index: HistoryIndex;
  readonly changes: ChangeIndex;
  /** Where the last event ends. */
  readonly end: number;
}

/** A message as it is stored, or the id of one that is to be found first. */
type Wanted = MessageRecord | number;

/** What a message was edited to; null if the edit is not there, because the file was changed by hand. */
type Edited = Amendment["edit"];

/** What was read, or is being read, beside the messages of a page. */
interface Beside {
  /** Edits, by their ids. */
  readonly edits: Map<number, Edited | Promise<Edited>>;
  /** Other messages, as they are stored, by their ids. */
  readonly stored: Map<number, Promise<MessageRecord | undefined>>;
}

/** What was sent with a key. */
export interface Keyed {
  readonly digest: string;
  readonly id: number;
  /** Unix ms. */
  readonly time: number;
}

/**
 * Finds messages in a history file, and shows them as they are now. A read may run beside an append, and may or may not
 * see its batch then.
 */
export class JournalReads {
  /** What there is to read now, null when there is no file. */
  readonly #extent: () => Extent | null;
  readonly #running = new Set<Promise<void>>();

  constructor(extent: () => Extent | null) {
    this.#extent = extent;
  }

  /** The reads that have begun and not ended: they need the file that they began in. */
  get running(): Promise<void>[] {
    return [...this.#running];
  }

  /** See `Archive.tail`. */
  async tail(budgetBytes: number): Promise<MessageRecord[]> {
    const newestFirst: MessageRecord[] = [];
    let bytes = 0;
    for (let before = Number.POSITIVE_INFINITY; ; ) {
      const { stored, beside } = await this.#storedBelow(before, TAIL_STEP, Math.max(1, budgetBytes - bytes));
      for await (const record of this.#current(stored.toReversed(), beside)) {
        bytes += record.isDeleted ? 0 : record.replyBytes;
        if (bytes > budgetBytes) return newestFirst.reverse();
        newestFirst.push(record);
      }
      const [oldest] = stored;
      if (oldest === undefined || oldest.id <= (this.#extent()?.index.firstId ?? 0))
        return newestFirst.reverse();
      before = oldest.id;
    }
  }

  /** See `Archive.below`. */
  async below(before: number, count: number, budgetBytes: number): Promise<MessageRecord[]> {
    const newestFirst: MessageRecord[] = [];
    let bytes = 0;
    const { stored, beside } = await this.#storedBelow(before, count, budgetBytes);
    for await (const record of this.#current(stored.toReversed(), beside)) {
      bytes += pageBytes(record);
      if (bytes > budgetBytes && newestFirst.length > 0) break;
      newestFirst.push(record);
    }
    return newestFirst.reverse();
  }

  /**
   * As {@link below}, as they are stored; about as many as fit into the budget, if the rest of them does not.
   *
   * @returns them, and their edits as far as they are read along with them
   */
  async #storedBelow(
    before: number,
    count: number,
    budgetBytes: number,
  ): Promise<{ stored: MessageRecord[]; beside: Beside }> {
    const { changes, index } = this.#extent() ?? {};
    const blocks = index?.blocksBelow(before, count, budgetBytes);
    const end = Math.min(before, (index?.lastId ?? 0) + 1);
    const beside = this.#beside(idsFrom(Math.max(end - READ_AHEAD, blocks?.firstId ?? 0), end), blocks);
    // There may be many more changes than messages: only those that are shown need to be decoded.
    const isShown = (line: Line) => isMessage(line) || isNewestEdit(line, changes);
    let stored: MessageRecord[] = [];
    for await (const events of this.#events(blocks?.start ?? 0, blocks?.stop, { isWanted: isShown })) {
      for (const { event } of events) {
        if (event.kind === "message" && event.id < before) stored.push(event);
        if (event.kind === "edit") beside.edits.set(event.id, event);
      }
      stored = stored.slice(-count);
    }
    return { stored, beside };
  }

  /** See `Archive.events`. */
  async events(from: number, count: number, budgetBytes: number): Promise<EventRun> {
    const run: StoredEvent[] = [];
    let bytes = 0;
    const { changes, index } = this.#extent() ?? {};
    const blocks = index?.blocksAbove(from - 1, count);
    const end = from + Math.min(count, READ_AHEAD);
    const concerned = Array.from(changes?.concernedBy(from, end) ?? []).filter((id) => id < from);
    const beside = this.#beside(idsFrom(from, end), blocks, concerned);
    for await (const events of this.#events(blocks?.start ?? 0, blocks?.stop)) {
      for (const { event } of events) {
        if (event.id < from || run.length >= count) continue;
        run.push(event);
        if (event.kind === "edit") beside.edits.set(event.id, event);
        bytes += event.text.length;
      }
      // A line has as many bytes as characters, or more.
      if (run.length >= count || bytes > budgetBytes) break;
    }
    return await this.#runOf(run, from, budgetBytes, beside);
  }

  /**
   * Begins to read what the index says that a page will show besides what is in its blocks: read afterwards, it would
   * take as long again.
   *
   * @param shown ids of messages in the blocks, and perhaps of other events
   * @param concerned ids of earlier messages, perhaps repeatedly
   */
  #beside(
    shown: Iterable<number>,
    blocks: BlockRange | undefined,
    concerned: readonly number[] = [],
  ): Beside {
    const beside: Beside = { edits: new Map(), stored: new Map() };
    const extent = this.#extent();
    if (extent === null || blocks === undefined) return beside;
    const { start, stop = extent.end } = blocks;
    for (const id of new Set(concerned)) beside.stored.set(id, begun(this.#storedAs(id)));
    for (const id of [...shown, ...beside.stored.keys()]) {
      const edit = extent.changes.editOf(id);
      if (edit !== null && !(edit.offset >= start && edit.offset < stop))
        beside.edits.set(edit.id, begun(this.#contentOf(extent.file, edit)));
    }
    return beside;
  }

  /** See `Archive.message`. */
  async message(id: number): Promise<MessageRecord | undefined> {
    if (this.#extent() === null) return undefined;
    return (await this.#amended(id, this.#storedAs(id), new Map())) ?? undefined;
  }

  /** A message as it is stored, without changes to it, and its line. */
  async stored(id: number): Promise<{ record: MessageRecord; line: Line } | undefined> {
    const found = await this.find(id);
    return found?.event.kind === "message" ? { record: found.event, line: found.line } : undefined;
  }

  /** Any event by its id, and its line. */
  async find(id: number): Promise<{ event: StoredEvent; line: Line } | undefined> {
    const block = this.#extent()?.index.blockOf(id);
    for await (const events of this.#events(block?.start ?? 0, block?.stop, { mark: markOf(id) })) {
      const found = events.find(({ event }) => event.id === id);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** How many messages with ids above one are not deleted, counted from the newest on, up to `most`. */
  async countAfter(id: number, most: number): Promise<number> {
    let count = 0;
    for (let before = (this.#extent()?.index.lastId ?? 0) + 1; count < most; ) {
      const { index, changes } = this.#extent() ?? {};
      if (index === undefined || before <= Math.max(index.firstId, id + 1)) break;
      const blocks = index.blocksBetween(id, before, most);
      const isCounted = ({ event }: { event: StoredEvent }) =>
        event.id > id && event.id < before && changes?.isDeleted(event.id) === false;
      for await (const events of this.#events(blocks.start, blocks.stop, { isWanted: isMessage }))
        count += events.filter(isCounted).length;
      before = blocks.firstId;
      // There may be very many deleted messages, and others wait for their turn.
      await nextTurn();
    }
    return Math.min(count, most);
  }

  /** See `Archive.firstSince`. */
  async firstSince(time: number): Promise<number | null> {
    for (;;) {
      const extent = this.#extent();
      const first = extent === null ? null : await this.#firstSince(extent, time);
      if (first !== undefined) return first;
    }
  }

  /** @returns undefined if the file was rewritten meanwhile, so that its messages are elsewhere */
  async #firstSince({ file, index }: Extent, time: number): Promise<number | null | undefined> {
    let first: number | null = null;
    // Counted from the oldest message: the one before `low` is older, and the one at `high`, which is `first`, is not.
    let low = 0;
    for (let high = index.count; low < high; ) {
      const middle = Math.floor((low + high) / 2);
      const { start, stop, countBefore } = index.blockWith(middle);
      const messages: StoredEvent[] = [];
      for await (const events of this.#events(start, stop, { isWanted: isMessage }))
        messages.push(...events.map(({ event }) => event));
      if (file !== this.#extent()?.file) return undefined;
      const at = messages.findIndex((each) => each.time >= time);
      if (at > 0) return messages[at]?.id ?? null;
      if (at === 0) {
        first = messages[0]?.id ?? null;
        high = countBefore;
      } else low = Math.max(middle + 1, countBefore + messages.length);
    }
    return first;
  }

  /** What was sent with a key at or after a time in Unix milliseconds, oldest first. */
  async *keyedSince(time: number): AsyncGenerator<Keyed> {
    for await (const events of this.#events(await this.#offsetBefore(time))) {
      for (const { event } of events) {
        const digest = event.kind === "message" || event.kind === "edit" ? event.digest : undefined;
        if (digest !== undefined && event.time >= time) yield { digest, id: event.id, time: event.time };
      }
    }
  }

  /** The first events of a run that fit into the budget together with what they concern. */
  async #runOf(
    run: readonly StoredEvent[],
    from: number,
    budgetBytes: number,
    beside: Beside,
  ): Promise<EventRun> {
    const messages = new Map<number, MessageRecord>();
    const [first] = run;
    let events = run;
    let bytes = 0;
    for await (const record of this.#current(wantedBy(run, from), beside)) {
      bytes += pageBytes(record);
      const isOf = (event: StoredEvent) => messageOf(event) === record.id;
      if (bytes > budgetBytes && first !== undefined && !isOf(first)) {
        events = run.slice(0, run.findIndex(isOf));
        break;
      }
      messages.set(record.id, record);
    }
    return { events: events.map(placeOf), messages };
  }

  /**
   * Messages as they are now, without those that have expired. They are read in steps, no more of them than are asked for
   * and a few. Between two steps with changed messages others get their turn.
   *
   * @param wanted in the order in which they will be asked for
   */
  async *#current(wanted: readonly Wanted[], beside: Beside): AsyncGenerator<MessageRecord, undefined> {
    for (let at = 0; at < wanted.length; ) {
      const step = this.#step(wanted, at);
      // A read takes longer on its way to another thread and back than it takes there.
      const current = await Promise.all(step.map((each) => this.#asItIs(each, beside)));
      if (step.length < wanted.length && step.some((each) => this.#isChanged(each))) await nextTurn();
      for (const record of current) if (record !== null) yield record;
      at += step.length;
    }
  }

  /** Those from one on that are read at the same time. */
  #step(wanted: readonly Wanted[], from: number): readonly Wanted[] {
    const changes = this.#extent()?.changes;
    const next = wanted.slice(from, from + READ_AHEAD);
    let reacted = 0;
    const last = next.findIndex((each) => changes?.hasReactions(idOf(each)) && ++reacted === AMENDED_AT_ONCE);
    return last < 0 ? next : next.slice(0, last + 1);
  }

  #isChanged(wanted: Wanted): boolean {
    return this.#extent()?.changes.has(idOf(wanted)) ?? false;
  }

  /** @returns null if the message has expired */
  #asItIs(wanted: Wanted, { edits, stored }: Beside): MessageRecord | null | Promise<MessageRecord | null> {
    if (typeof wanted === "number")
      return this.#amended(wanted, stored.get(wanted) ?? this.#storedAs(wanted), edits);
    const { id } = wanted;
    const { changes, index } = this.#extent() ?? {};
    if (changes?.has(id)) return this.#amended(id, wanted, edits);
    return id < (index?.firstId ?? 0) ? null : wanted;
  }

  async #storedAs(id: number): Promise<MessageRecord | undefined> {
    return (await this.stored(id))?.record;
  }

  /** @returns null if the message has expired meanwhile: what has become of it is not known any more */
  async #amended(
    id: number,
    stored: MessageRecord | Promise<MessageRecord | undefined>,
    edits: Beside["edits"],
  ): Promise<MessageRecord | null> {
    for (;;) {
      const extent = this.#extent();
      if (extent === null) throw new Error("the history file is closed");
      const { changes, file, index } = extent;
      const edit = changes.editOf(id);
      const newest = edit === null ? null : (edits.get(edit.id) ?? this.#contentOf(file, edit));
      const [record, content] = await Promise.all([stored, newest]);
      // Meanwhile there may have been another edit, or the file may have been rewritten.
      if (file !== this.#extent()?.file || edit?.id !== changes.editOf(id)?.id) continue;
      if (record === undefined || id < index.firstId) return null;
      if (!changes.has(id)) return record;
      const isDeleted = changes.isDeleted(id);
      return amended(record, { edit: content, isDeleted, reactions: changes.reactionsTo(id) });
    }
  }

  async #contentOf(file: FileHandle, { offset, bytes }: StoredEdit): Promise<Edited> {
    return await this.#reading(async () => {
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(bytes), 0, bytes, offset);
      const event = readEvent(buffer.toString("utf8", 0, bytesRead));
      return event.kind === "edit" ? { content: event.content, time: event.time } : null;
    });
  }

  /** An offset from which on all events since a time are found, and some older ones. */
  async #offsetBefore(time: number): Promise<number> {
    const extent = this.#extent();
    let start = extent?.end ?? 0;
    for (const offset of extent?.index.blocksBackwards() ?? []) {
      start = offset;
      const event = await this.#firstEvent(offset);
      if (event !== undefined && event.time < time) break;
    }
    return start;
  }

  /** The event at an offset. One read may not bring all of it. */
  async #firstEvent(offset: number): Promise<StoredEvent | undefined> {
    for await (const [found] of this.#events(offset)) if (found !== undefined) return found.event;
    return undefined;
  }

  /**
   * The events from an offset in the file on, as many at a time as one read brought.
   *
   * @param isWanted which of them
   * @param mark a text that those have which are wanted; others need not even be decoded
   */
  async *#events(
    start: number,
    stop?: number,
    { isWanted = isEvent, mark }: { isWanted?: (line: Line) => boolean; mark?: Uint8Array } = {},
  ): AsyncGenerator<{ event: StoredEvent; line: Line }[], undefined> {
    const extent = this.#extent();
    if (extent === null || extent.index.isEmpty) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#running.add(promise);
    try {
      const chunks = new FileChunks(extent.file, start, stop ?? extent.end);
      for await (const lines of readPlacedLines(chunks, mark)) {
        yield lines.flatMap((line) => (isWanted(line) ? [{ event: readEvent(line.text), line }] : []));
      }
    } finally {
      this.#running.delete(promise);
      resolve();
    }
  }

  async #reading<T>(read: () => Promise<T>): Promise<T> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#running.add(promise);
    try {
      return await read();
    } finally {
      this.#running.delete(promise);
      resolve();
    }
  }
}

/** Whether a line holds an event: the first one has the opening bracket, and the last one may be empty. */
function isEvent({ text }: Line): boolean {
  return text.length > 1;
}

function isMessage(line: Line): boolean {
  return isEvent(line) && !isChangeLine(line.text);
}

/** Whether a line holds the newest edit of a message. */
function isNewestEdit({ text }: Line, changes: ChangeIndex | undefined): boolean {
  const edit = editIn(text);
  return edit !== null && changes?.editOf(edit.of)?.id === edit.id;
}

/** The messages among events from an id on, and the earlier ones that these concern, each once. */
function wantedBy(run: readonly StoredEvent[], from: number): Wanted[] {
  const wanted = new Map<number, Wanted>();
  for (const event of run) {
    const id = messageOf(event);
    if (event.kind === "message") wanted.set(event.id, event);
    else if (id !== null && id < from) wanted.set(id, id);
  }
  return [...wanted.values()];
}

/** The id of the message that an event is or concerns; null for a change that this version does not know. */
function messageOf(event: StoredEvent): number | null {
  if (event.kind === "message") return event.id;
  return event.kind === "unknown" ? null : event.of;
}

function placeOf(event: StoredEvent): EventPlace {
  return { id: event.id, time: event.time, of: event.kind === "message" ? null : messageOf(event) };
}

/** The integers from one on, below another one. */
function idsFrom(from: number, below: number): number[] {
  return Array.from({ length: Math.max(0, below - from) }, (_, at) => from + at);
}

/** A read that has begun: whoever waits for it gets the error, and perhaps nobody does. */
function begun<T>(read: Promise<T>): Promise<T> {
  read.catch(() => undefined);
  return read;
}

function idOf(wanted: Wanted): number {
  return typeof wanted === "number" ? wanted : wanted.id;
}

/** What a message takes in a page, with a comma. */
function pageBytes({ shownBytes }: MessageRecord): number {
  return shownBytes + 1;
}
