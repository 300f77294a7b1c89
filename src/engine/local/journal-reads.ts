import type { FileHandle } from "node:fs/promises";
import { type MessageRecord, readEvent } from "../record.ts";
import { FileChunks, readLines } from "./file-chunks.ts";
import type { HistoryIndex } from "./history-index.ts";

/** A history file as far as it is whole. */
export interface Extent {
  readonly file: FileHandle;
  readonly index: HistoryIndex;
  /** Where the last event ends. */
  readonly end: number;
}

/** A message that was sent with a key. */
export interface Keyed {
  readonly digest: string;
  readonly id: number;
  /** Unix ms. */
  readonly time: number;
}

/** Finds messages in a history file. A read may run beside an append, and does not see its batch then. */
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

  /** The newest messages, oldest first, of which the `replyBytes` together are at most `budgetBytes`. */
  async tail(budgetBytes: number): Promise<MessageRecord[]> {
    const index = this.#extent()?.index;
    const block = index?.blockWithin(budgetBytes);
    if (index === undefined || block === undefined) return [];
    let excess = index.replyBytes - block.replyBytesBefore - budgetBytes;
    const records: MessageRecord[] = [];
    for await (const batch of this.#records(block.offset)) {
      for (const record of batch) {
        if (excess <= 0) records.push(record);
        else excess -= record.replyBytes;
      }
    }
    return records;
  }

  /** See `Archive.below`. */
  async below(before: number, count: number, budgetBytes: number): Promise<MessageRecord[]> {
    const blocks = this.#extent()?.index.blocksBelow(before, count, budgetBytes);
    let records: MessageRecord[] = [];
    for await (const batch of this.#records(blocks?.start ?? 0, blocks?.stop)) {
      for (const record of batch) if (record.id < before) records.push(record);
      records = records.slice(-count);
    }
    return records.slice(records.length - countWithin(records.toReversed(), budgetBytes));
  }

  /** See `Archive.above`. */
  async above(after: number, count: number, budgetBytes: number): Promise<MessageRecord[]> {
    const records: MessageRecord[] = [];
    let bytes = 0;
    for await (const batch of this.#records(this.#extent()?.index.blockAbove(after) ?? 0)) {
      for (const record of batch) {
        if (record.id <= after) continue;
        records.push(record);
        bytes += record.text.length;
      }
      // A record has as many bytes as characters, or more.
      if (records.length >= count || bytes > budgetBytes) break;
    }
    const found = records.slice(0, count);
    return found.slice(0, countWithin(found, budgetBytes));
  }

  /** See `Archive.message`. */
  async message(id: number): Promise<MessageRecord | undefined> {
    const [record] = await this.below(id + 1, 1, Number.POSITIVE_INFINITY);
    return record?.id === id ? record : undefined;
  }

  /** The messages that were sent with a key at or after a time in Unix milliseconds, oldest first. */
  async *keyedSince(time: number): AsyncGenerator<Keyed> {
    for await (const batch of this.#records(await this.#offsetBefore(time))) {
      for (const record of batch) {
        const { digest, id, time: sentAt } = record;
        if (digest !== undefined && sentAt >= time) yield { digest, id, time: sentAt };
      }
    }
  }

  /** An offset from which on all messages since a time are found, and some older ones. */
  async #offsetBefore(time: number): Promise<number> {
    const extent = this.#extent();
    let start = extent?.end ?? 0;
    for (const offset of extent?.index.blocksBackwards() ?? []) {
      start = offset;
      const record = await this.#firstRecord(offset);
      if (record !== undefined && record.time < time) break;
    }
    return start;
  }

  /** The message at an offset. One read may not bring all of it. */
  async #firstRecord(offset: number): Promise<MessageRecord | undefined> {
    for await (const [record] of this.#records(offset)) if (record !== undefined) return record;
    return undefined;
  }

  /** The messages from an offset in the file on, as many at a time as one read brought. */
  async *#records(start: number, stop?: number): AsyncGenerator<MessageRecord[], undefined> {
    const extent = this.#extent();
    if (extent === null || extent.index.count === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#running.add(promise);
    try {
      for await (const lines of readLines(new FileChunks(extent.file, start, stop ?? extent.end))) {
        yield lines.flatMap((line) => messageIn(line) ?? []);
      }
    } finally {
      this.#running.delete(promise);
      resolve();
    }
  }
}

/** The message in a line, null where there is none: the line is empty or holds another event. */
function messageIn(line: string): MessageRecord | null {
  if (line === "") return null;
  const event = readEvent(line);
  switch (event.kind) {
    case "message":
      return event;
    case "unknown":
      return null;
  }
}

/** How many of the first records fit together; one at least, if there is one. */
function countWithin(records: readonly MessageRecord[], budgetBytes: number): number {
  let bytes = 0;
  const excess = records.findIndex((record) => {
    bytes += record.replyBytes;
    return bytes > budgetBytes;
  });
  return excess < 0 ? records.length : Math.max(1, excess);
}
