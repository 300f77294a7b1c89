import { type FileHandle, open, rm } from "node:fs/promises";
import { setImmediate as nextTurn } from "node:timers/promises";
import { CLOSING, type MessageRecord, readEvent } from "../record.ts";
import { FULL_SHARE, KEPT_AT_LEAST_MS, keepsAll, type Retention } from "../retention.ts";
import { copyBytes, resemble, writeAll } from "./disk-file.ts";
import { FileChunks, readLines } from "./file-chunks.ts";
import { type ExpiredRecords, FIRST_LINE_AT } from "./history-index.ts";
import { prepareInPlace, replaceByRename } from "./replace.ts";

export const PRUNED_SUFFIX = ".pruned";

const OPENING = Buffer.from("[\n");
/** A comma and a line break join one line to the next. */
const JOIN_BYTES = 2;
/** How much is copied at a time. In between it is checked whether to stop. */
const SLICE_BYTES = 1024 * 1024;

/** The part of a history file that is looked through. */
interface Contents {
  /** How many messages it has. */
  readonly count: number;
  /** Where its last event ends. */
  readonly end: number;
}

/**
 * Finds the messages that are not kept any longer. The changes before the first message that is kept expire with them,
 * because a change only refers to earlier events.
 *
 * @param now Unix milliseconds
 * @returns null when everything is kept
 */
export async function findExpired(
  file: FileHandle,
  { count, end }: Contents,
  retention: Retention,
  now: number,
  stop: AbortSignal,
): Promise<ExpiredRecords | null> {
  if (keepsAll(retention) || count === 0) return null;
  const expiry = new Expiry(retention, { count, end }, now);
  for await (const lines of readLines(new FileChunks(file, FIRST_LINE_AT, end))) {
    stop.throwIfAborted();
    // A file that the system has in memory is read so quickly that sockets would have to wait for its end.
    await nextTurn();
    for (const line of lines) {
      const firstKept = line === "" ? null : expiry.firstKeptAfter(line);
      if (firstKept !== null) return expiry.expired(firstKept);
    }
  }
  return null;
}

/** Adds up what has expired, line by line. */
class Expiry {
  readonly #retention: Retention;
  readonly #now: number;
  readonly #count: number;
  /** How much must go because the file is too large, in bytes. */
  readonly #excess: number;
  readonly #sum = { count: 0, changes: 0, bytes: 0, replyBytes: 0 };

  constructor(retention: Retention, { count, end }: Contents, now: number) {
    const { keepBytes } = retention;
    this.#retention = retention;
    this.#now = now;
    this.#count = count;
    this.#excess = keepBytes !== null && end > keepBytes ? end - FULL_SHARE * keepBytes : 0;
  }

  /** Takes a line in. @returns its message if that is the first one that is kept */
  firstKeptAfter(line: string): MessageRecord | null {
    const event = readEvent(line);
    switch (event.kind) {
      case "message":
        if (this.#isKept(event.time)) return event;
        this.#sum.count++;
        this.#sum.bytes += event.bytes + JOIN_BYTES;
        this.#sum.replyBytes += event.replyBytes;
        return null;
      case "edit":
      case "delete":
      case "react":
      case "unknown":
        this.#sum.changes++;
        this.#sum.bytes += Buffer.byteLength(event.text) + JOIN_BYTES;
        return null;
    }
  }

  /** @returns null when no message has expired */
  expired({ id }: MessageRecord): ExpiredRecords | null {
    return this.#sum.count === 0 ? null : { ...this.#sum, firstId: id };
  }

  /** Whether the next message is kept, which was sent at `time`. */
  #isKept(time: number): boolean {
    const { keepMs, keepMessages } = this.#retention;
    const { count, bytes } = this.#sum;
    // The newest message is kept in any case, and so are young ones.
    if (count === this.#count - 1 || time > this.#now - KEPT_AT_LEAST_MS) return true;
    const isTooOld = keepMs !== null && time < this.#now - keepMs;
    const isOneTooMany = keepMessages !== null && this.#count - count > keepMessages;
    return !isTooOld && !isOneTooMany && bytes >= this.#excess;
  }
}

/** A copy of a history file without its expired messages, which is written beside it and then takes its place. */
export class PrunedCopy {
  readonly file: FileHandle;
  readonly #path: string;
  readonly #source: FileHandle;
  /** How far an event moves to the front. */
  readonly #shift: number;
  /** How far the source is copied. */
  #copied: number;

  private constructor(file: FileHandle, path: string, source: FileHandle, expiredBytes: number) {
    this.file = file;
    this.#path = path;
    this.#source = source;
    this.#shift = expiredBytes;
    this.#copied = FIRST_LINE_AT + expiredBytes;
  }

  static async create(path: string, source: FileHandle, { bytes }: ExpiredRecords): Promise<PrunedCopy> {
    // A crash may have left one.
    await rm(besides(path), { force: true });
    const file = await open(besides(path), "wx+", 0o600);
    const copy = new PrunedCopy(file, path, source, bytes);
    try {
      await resemble(file, source);
      await writeAll(file, OPENING, 0);
    } catch (error) {
      await copy.discard();
      throw error;
    }
    return copy;
  }

  /** Goes on copying, up to an offset in the source, durably. @returns how many bytes that were */
  async copyTo(end: number, stop: AbortSignal): Promise<number> {
    const from = this.#copied;
    stop.throwIfAborted();
    while (this.#copied < end) {
      const to = Math.min(this.#copied + SLICE_BYTES, end);
      await copyBytes(this.#source, this.#copied, to, this.file, this.#copied - this.#shift);
      this.#copied = to;
      stop.throwIfAborted();
    }
    await this.file.datasync();
    return end - from;
  }

  /**
   * Closes the array, durably, and takes the source's place. A power loss may still undo that: see `syncFolder`.
   *
   * @returns false where the source can only be rewritten in place; everything is ready for that then: see `finishInPlace`
   */
  async takeOver(): Promise<boolean> {
    await writeAll(this.file, Buffer.from(CLOSING), this.#copied - this.#shift);
    await this.file.sync();
    if (await replaceByRename(besides(this.#path), this.#path)) return true;
    await prepareInPlace(this.file, besides(this.#path), this.#source, this.#path);
    return false;
  }

  async discard(): Promise<void> {
    await this.file.close();
    await rm(besides(this.#path), { force: true });
  }
}

function besides(path: string): string {
  return `${path}${PRUNED_SUFFIX}`;
}
