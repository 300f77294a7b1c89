import { type FileHandle, open, rm } from "node:fs/promises";
import { setImmediate as nextTurn } from "node:timers/promises";
import { CLOSING, MessageRecord } from "../record.ts";
import { FULL_SHARE, KEPT_AT_LEAST_MS, keepsAll, type Retention } from "../retention.ts";
import { copyBytes, resemble, writeAll } from "./disk-file.ts";
import { FileChunks, readLines } from "./file-chunks.ts";
import type { Cut } from "./history-index.ts";
import { prepareInPlace, replaceByRename } from "./replace.ts";

export const PRUNED_SUFFIX = ".pruned";

const OPENING = Buffer.from("[\n");
/** A comma and a line break join one record to the next. */
const JOIN_BYTES = 2;
/** What is copied at a time. In between it is seen whether to stop. */
const SLICE_BYTES = 1024 * 1024;

/**
 * Where what is to be kept begins.
 *
 * @param count messages in the file up to `end`
 * @param now Unix milliseconds
 * @returns null when all is to be kept
 */
export async function findCut(
  file: FileHandle,
  { count, end }: { readonly count: number; readonly end: number },
  retention: Retention,
  now: number,
  stop: AbortSignal,
): Promise<Cut | null> {
  if (keepsAll(retention) || count === 0) return null;
  const { keepMs, keepMessages, keepBytes } = retention;
  const excess = keepBytes !== null && end > keepBytes ? end - FULL_SHARE * keepBytes : 0;
  const cut = { count: 0, firstId: 0, bytes: 0, replyBytes: 0 };
  for await (const lines of readLines(new FileChunks(file, OPENING.length, end))) {
    stop.throwIfAborted();
    // A file that the system has in memory is read so quickly that sockets would wait for the end of it.
    await nextTurn();
    for (const line of lines) {
      const record = MessageRecord.read(line);
      const { id, time } = record;
      const isOver =
        (keepMs !== null && time < now - keepMs) ||
        (keepMessages !== null && count - cut.count > keepMessages) ||
        cut.bytes < excess;
      if (!isOver || time > now - KEPT_AT_LEAST_MS || cut.count === count - 1) {
        return cut.count === 0 ? null : { ...cut, firstId: id };
      }
      cut.count++;
      cut.bytes += record.bytes + JOIN_BYTES;
      cut.replyBytes += record.replyBytes;
    }
  }
  return null;
}

/** A history file that is written beside another one, without the other's oldest messages, and then takes its place. */
export class Successor {
  readonly file: FileHandle;
  readonly #path: string;
  readonly #source: FileHandle;
  readonly #cutBytes: number;
  /** How far the source is copied. */
  #copied: number;

  private constructor(file: FileHandle, path: string, source: FileHandle, cutBytes: number) {
    this.file = file;
    this.#path = path;
    this.#source = source;
    this.#cutBytes = cutBytes;
    this.#copied = OPENING.length + cutBytes;
  }

  static async create(path: string, source: FileHandle, { bytes }: Cut): Promise<Successor> {
    // A crash may have left one.
    await rm(besides(path), { force: true });
    const file = await open(besides(path), "wx+", 0o600);
    const successor = new Successor(file, path, source, bytes);
    try {
      await resemble(file, source);
      await writeAll(file, OPENING, 0);
    } catch (error) {
      await successor.discard();
      throw error;
    }
    return successor;
  }

  /** Copies on, up to an offset in the source, durably. @returns how many bytes that were */
  async copyTo(end: number, stop: AbortSignal): Promise<number> {
    const from = this.#copied;
    stop.throwIfAborted();
    while (this.#copied < end) {
      const to = Math.min(this.#copied + SLICE_BYTES, end);
      await copyBytes(this.#source, this.#copied, to, this.file, this.#copied - this.#cutBytes);
      this.#copied = to;
      stop.throwIfAborted();
    }
    await this.file.datasync();
    return end - from;
  }

  /**
   * Closes the array, durably, and takes the source's place. A power loss may still undo that: see `syncFolder`. False where
   * the source can only be written in its place; then all is ready for that: see `finishInPlace`.
   */
  async takeOver(): Promise<boolean> {
    await writeAll(this.file, Buffer.from(CLOSING), this.#copied - this.#cutBytes);
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
