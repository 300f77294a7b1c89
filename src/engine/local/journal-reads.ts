import type { FileHandle } from "node:fs/promises";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { EventPlace, EventRun } from "../archive.ts";
import { amended, isChangeLine, type MessageRecord, readEvent, type StoredEvent } from "../record.ts";
import type { ChangeIndex } from "./change-index.ts";
import { FileChunks, type Line, readPlacedLines } from "./file-chunks.ts";
import type { HistoryIndex } from "./history-index.ts";

/** How many messages are read at once to fill a reply of version 2. */
const TAIL_STEP = 2_000;

/** How many messages are amended in one piece: each may have very many reactions. */
const AMENDED_AT_ONCE = 16;

/** How many messages that changes concern are read at the same time. */
const READ_AHEAD = 8;

/** A history file as far as it is whole. */
export interface Extent {
  readonly file: FileHandle;
  readonly index: HistoryIndex;
  readonly changes: ChangeIndex;
  /** Where the last event ends. */
  readonly end: number;
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
      const stored = await this.#storedBelow(before, TAIL_STEP, Math.max(1, budgetBytes - bytes));
      for await (const record of this.#newestFirst(stored)) {
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
    for await (const record of this.#newestFirst(await this.#storedBelow(before, count, budgetBytes))) {
      bytes += pageBytes(record);
      if (bytes > budgetBytes && newestFirst.length > 0) break;
      newestFirst.push(record);
    }
    return newestFirst.reverse();
  }

  /** As {@link below}, as they are stored; about as many as fit into the budget, if the rest of them does not. */
  async #storedBelow(before: number, count: number, budgetBytes: number): Promise<MessageRecord[]> {
    const blocks = this.#extent()?.index.blocksBelow(before, count, budgetBytes);
    let stored: MessageRecord[] = [];
    for await (const events of this.#events(blocks?.start ?? 0, blocks?.stop, isMessage)) {
      for (const { event } of events) if (event.kind === "message" && event.id < before) stored.push(event);
      stored = stored.slice(-count);
    }
    return stored;
  }

  /** See `Archive.events`. */
  async events(from: number, count: number, budgetBytes: number): Promise<EventRun> {
    const run: StoredEvent[] = [];
    let bytes = 0;
    for await (const events of this.#events(this.#extent()?.index.blockAbove(from - 1) ?? 0)) {
      for (const { event } of events) {
        if (event.id < from || run.length >= count) continue;
        run.push(event);
        bytes += event.text.length;
      }
      // A line has as many bytes as characters, or more.
      if (run.length >= count || bytes > budgetBytes) break;
    }
    return await this.#runOf(run, from, budgetBytes);
  }

  /** See `Archive.message`. */
  async message(id: number): Promise<MessageRecord | undefined> {
    const stored = await this.stored(id);
    if (stored === undefined) return undefined;
    const [record] = await this.#current([stored.record]);
    return record;
  }

  /** A message as it is stored, without changes to it, and its line. */
  async stored(id: number): Promise<{ record: MessageRecord; line: Line } | undefined> {
    const found = await this.find(id);
    return found?.event.kind === "message" ? { record: found.event, line: found.line } : undefined;
  }

  /** Any event by its id, and its line. */
  async find(id: number): Promise<{ event: StoredEvent; line: Line } | undefined> {
    const block = this.#extent()?.index.blockOf(id);
    for await (const events of this.#events(block?.start ?? 0, block?.stop)) {
      for (const found of events) {
        if (found.event.id === id) return found;
        if (found.event.id > id) return undefined;
      }
    }
    return undefined;
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
  async #runOf(run: readonly StoredEvent[], from: number, budgetBytes: number): Promise<EventRun> {
    const messages = new Map<number, MessageRecord>();
    const sent = run.filter((event) => event.kind === "message");
    const events: EventPlace[] = [];
    let bytes = 0;
    const earlier = this.#readAhead(
      run.flatMap((event) => ("of" in event && event.of < from ? [event.of] : [])),
    );
    for (const event of run) {
      if (event.id === sent[0]?.id)
        for (const record of await this.#current(sent.splice(0, AMENDED_AT_ONCE)))
          messages.set(record.id, record);
      const of = "of" in event ? event.of : null;
      let shown = messages.get(of ?? event.id);
      const isNew = of !== null && of < from && shown === undefined;
      if (isNew) shown = await earlier(of);
      if (of === null || isNew) bytes += shown === undefined ? 0 : pageBytes(shown);
      if (bytes > budgetBytes && events.length > 0) break;
      if (isNew && shown !== undefined) messages.set(of, shown);
      events.push({ id: event.id, time: event.time, of });
    }
    return { events, messages };
  }

  /**
   * Reads messages, a few at the same time, and no more than are asked for and a few.
   *
   * @param ids in the order in which they will be asked for, perhaps repeatedly
   * @returns gives one of them
   */
  #readAhead(ids: readonly number[]): (id: number) => Promise<MessageRecord | undefined> {
    const reads = new Map<number, Promise<MessageRecord | undefined>>();
    const waiting = new Set(ids);
    return (id) => {
      for (const next of waiting) {
        if (reads.has(id) && reads.size % READ_AHEAD === 0) break;
        waiting.delete(next);
        const read = this.message(next);
        // Whoever asks for it gets the error; perhaps nobody does.
        read.catch(() => undefined);
        reads.set(next, read);
      }
      return reads.get(id) ?? this.message(id);
    };
  }

  /** Messages as they are now, the newest first: no more of them are amended than are asked for and a few. */
  async *#newestFirst(stored: readonly MessageRecord[]): AsyncGenerator<MessageRecord, undefined> {
    for (let end = stored.length; end > 0; end -= AMENDED_AT_ONCE) {
      const current = await this.#current(stored.slice(Math.max(0, end - AMENDED_AT_ONCE), end));
      yield* current.reverse();
    }
  }

  /** A few messages as they are now, without those that have expired. If any were changed, others get their turn then. */
  async #current(stored: readonly MessageRecord[]): Promise<MessageRecord[]> {
    const { changes, index } = this.#extent() ?? {};
    if (changes === undefined || index === undefined) return [...stored];
    if (!stored.some(({ id }) => changes.has(id))) return stored.filter(({ id }) => id >= index.firstId);
    const current = await Promise.all(stored.map((record) => this.#amended(record)));
    await nextTurn();
    return current.filter((record) => record !== null);
  }

  /** @returns null if the message has expired meanwhile: what has become of it is not known any more */
  async #amended(record: MessageRecord): Promise<MessageRecord | null> {
    const { id } = record;
    for (;;) {
      const extent = this.#extent();
      if (extent === null) throw new Error("the history file is closed");
      const { changes, file, index } = extent;
      if (id < index.firstId) return null;
      if (!changes.has(id)) return record;
      const edit = changes.editOf(id);
      const content = edit === null ? null : await this.#contentOf(file, edit);
      // Meanwhile there may have been another edit, or the file may have been rewritten.
      if (file !== this.#extent()?.file || edit?.id !== changes.editOf(id)?.id) continue;
      const isDeleted = changes.isDeleted(id);
      return amended(record, { edit: content, isDeleted, reactions: changes.reactionsTo(id) });
    }
  }

  /** @returns null if the edit is not there: the file was changed by hand */
  async #contentOf(file: FileHandle, { offset, bytes }: { offset: number; bytes: number }) {
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

  /** The events from an offset in the file on, as many at a time as one read brought. @param isWanted which of them */
  async *#events(
    start: number,
    stop?: number,
    isWanted = isEvent,
  ): AsyncGenerator<{ event: StoredEvent; line: Line }[], undefined> {
    const extent = this.#extent();
    if (extent === null || extent.index.isEmpty) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#running.add(promise);
    try {
      for await (const lines of readPlacedLines(new FileChunks(extent.file, start, stop ?? extent.end))) {
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

/** Whether a line holds a message: there may be many more changes, which then need not be decoded. */
function isMessage(line: Line): boolean {
  return isEvent(line) && !isChangeLine(line.text);
}

/** What a message takes in a page, with a comma. */
function pageBytes({ shownBytes }: MessageRecord): number {
  return shownBytes + 1;
}
