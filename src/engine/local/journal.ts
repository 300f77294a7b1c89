import fs from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import type { EventRun } from "../archive.ts";
import { CLOSING, type MessageRecord, type StoredEvent } from "../record.ts";
import type { Retention } from "../retention.ts";
import { AppendSync, type FsyncMode } from "./append-sync.ts";
import { ChangeIndex, type ChangesOfMessage, noteChange } from "./change-index.ts";
import { createHistoryFile, makeFolder, syncFolder, writeAll, writeAllNow } from "./disk-file.ts";
import { Eraser } from "./eraser.ts";
import { errorPlace, errorReason, isFull, JournalError } from "./fault.ts";
import type { Line } from "./file-chunks.ts";
import { type ExpiredRecords, HistoryIndex } from "./history-index.ts";
import { type Extent, JournalReads, type Keyed } from "./journal-reads.ts";
import { createFirst, openHistoryFile } from "./open-file.ts";
import { findExpired, PrunedCopy } from "./prune.ts";
import { realFile } from "./real-file.ts";
import { type Recovered, recover } from "./repair.ts";
import { finishInPlace, IN_PLACE_NOTICE } from "./replace.ts";

export type { FsyncMode } from "./append-sync.ts";
export { JournalError } from "./fault.ts";

export interface JournalOptions {
  readonly fsync: FsyncMode;
  /**
   * true: the file is created when the journal is opened, so that an unwritable place is found then; false: with the
   * first append.
   */
  readonly create: boolean;
  /** Unix ms of a timestamp text read from a foreign file, undefined if it cannot be read. */
  readonly timeOf: (timestamp: string) => number | undefined;
  /** Aborts the opening. */
  readonly stop?: AbortSignal;
}

const CLOSING_BYTES = Buffer.from(CLOSING);
/** How much a prune may leave to be copied while sends wait. */
const LITTLE_BYTES = 64 * 1024;

/** How much of the end of a file is compared to recognise it: at least the id and time of the newest event. */
const TAIL_BYTES = 256;

/**
 * The history of one room in one file, which is a valid JSON array at every moment between two appends: an event per
 * line, and the brackets. An append overwrites only the closing bracket, so what was acknowledged is never written
 * again, and the cost does not depend on the length of the history. Only {@link prune} rewrites a file: it puts another
 * one in its place, or, where the system cannot do that, writes to the file itself while a whole copy lies beside it.
 *
 * A file must not be opened twice; see `lockFile`.
 */
export class Journal {
  readonly path: string;
  /** See `Archive.emptiedTo`. The room sets it. */
  emptiedTo = 0;
  readonly #notices: string[];
  readonly #realPath: string;
  readonly #sync: AppendSync;
  readonly #reads = new JournalReads(() => this.#extent);
  #file: FileHandle | undefined;
  #index = new HistoryIndex();
  #changes = new ChangeIndex();
  readonly #eraser: Eraser;
  /** Where the last event ends and the closing bracket begins. */
  #end = 1;
  /** The last bytes before `#end`. */
  #tail: Buffer = Buffer.from("[");
  #appending: Promise<void> | undefined;
  /** A repair that found no room, or whose disk failed. Nothing may be written before it is done. */
  #owed: (() => Promise<readonly string[]>) | undefined;
  /** The file while it is being rewritten in place: `#file` is its copy then. */
  #unfinished: FileHandle | undefined;
  /** The file was to be created when the journal was opened, and there was no room. */
  #isUncreated = false;
  /** An append failed, and the file could not be put in order again yet. */
  #isDisordered = false;
  /** The file took the place of another one, and the disk may not know of that yet. */
  #isNewInFolder = false;
  #pruning: Promise<unknown> | undefined;
  readonly #stop = new AbortController();

  private constructor(path: string, realPath: string, fsync: FsyncMode, recovered?: Recovered) {
    this.path = path;
    this.#realPath = realPath;
    this.#sync = new AppendSync(fsync, () => this.#file);
    this.#notices = [...(recovered?.notices ?? [])];
    this.#eraser = new Eraser({
      path: realPath,
      file: () => (this.#owed === undefined ? this.#file : undefined),
      find: (id) => this.#reads.find(id),
      written: (file) => {
        this.#tail = this.#readTail(file);
      },
      isSynced: fsync !== "off",
      notice: (sentence) => this.#notices.push(sentence),
      stop: this.#stop.signal,
    });
    if (recovered === undefined) return;
    this.#file = recovered.file;
    this.#index = recovered.scanned.index;
    this.#changes = recovered.scanned.changes;
    this.#eraser.add(recovered.scanned.toErase);
    this.#end = recovered.scanned.end;
    this.#tail = this.#readTail(recovered.file);
    this.#owed = recovered.owed;
  }

  /**
   * Opens a history file and, where that is needed, repairs it or takes it in; `notices` says so then. On a full disk,
   * a file that cannot be repaired or created is opened as far as it can be read.
   *
   * @throws JournalError when the file is not a history, and then it was not touched; or when it cannot be opened,
   * created, repaired or rewritten
   */
  static async open(path: string, options: JournalOptions): Promise<Journal> {
    const realPath = realFile(path);
    const file = await openHistoryFile(path, realPath);
    if (file === undefined) return await Journal.#openNew(path, realPath, options);
    try {
      const recovered = await recover(file, realPath, path, options.timeOf, options.stop);
      // A server that was killed may have left records that the disk does not hold yet; what is shown now must stay.
      if (options.fsync !== "off") await recovered.file.datasync();
      return new Journal(path, realPath, options.fsync, recovered);
    } catch (error) {
      await file.close();
      if (error instanceof JournalError || options.stop?.aborted) throw error;
      throw new JournalError(
        `The history file ${path} cannot be read or put in order: ${errorReason(error)}${errorPlace(error, realPath)}.`,
      );
    }
  }

  static async #openNew(path: string, realPath: string, options: JournalOptions): Promise<Journal> {
    const journal = new Journal(path, realPath, options.fsync);
    if (!options.create) return journal;
    try {
      journal.#file = await createFirst(path, realPath);
    } catch (error) {
      if (!(error instanceof JournalError) || !isFull(error.cause)) throw error;
      journal.#isUncreated = true;
      journal.#notices.push(`${error.message} It will be created when there is room.`);
    }
    return journal;
  }

  /** Sentences for the log about what was repaired or taken in. Repairs that have to wait for room, and
   * copies in which nothing can be erased, add theirs later. */
  get notices(): readonly string[] {
    return this.#notices;
  }

  /** Whether the file can be written to, as far as opening it has shown. */
  get isInOrder(): boolean {
    return this.#owed === undefined && !this.#isDisordered && !this.#isUncreated;
  }

  /**
   * Whether this file was replaced by another one, deleted, or written to by someone else: what would be stored now
   * would be lost, or would damage what was put there.
   */
  get isReplaced(): boolean {
    // In these states the file may look different because of what this journal did itself.
    if (!this.isInOrder || this.#appending !== undefined) return false;
    if (this.#file === undefined) return fs.existsSync(this.#realPath);
    try {
      const here = fs.statSync(this.#realPath, { throwIfNoEntry: false });
      const { dev, ino, size } = fs.fstatSync(this.#file.fd);
      return (
        here === undefined ||
        here.ino !== ino ||
        here.dev !== dev ||
        size !== this.size ||
        !this.#readTail(this.#file).equals(this.#tail)
      );
    } catch {
      // A disk that cannot be asked does not show that.
      return false;
    }
  }

  /** The last bytes before `#end`, as they are in the file. */
  #readTail(file: FileHandle): Buffer {
    const tail = Buffer.alloc(Math.min(TAIL_BYTES, this.#end));
    return tail.subarray(0, fs.readSync(file.fd, tail, 0, tail.length, this.#end - tail.length));
  }

  get #extent(): Extent | null {
    if (this.#file === undefined) return null;
    return { file: this.#file, index: this.#index, changes: this.#changes, end: this.#end };
  }

  /** The size of the file in bytes. */
  get size(): number {
    return this.#end + CLOSING_BYTES.length;
  }

  /** How many messages the file has. */
  get count(): number {
    return this.#index.count;
  }

  /** The id of the newest message, 0 if there is none. */
  get lastId(): number {
    return this.#index.lastId;
  }

  /**
   * The id of the newest event, 0 if there is none. It may be a change that this version does not know: the next
   * message must have a higher id all the same.
   */
  get lastEventId(): number {
    return this.#index.lastEventId;
  }

  /** The id of the oldest message, 0 if there is none. */
  get firstId(): number {
    return this.#index.firstId;
  }

  /** The average `replyBytes` of a message. */
  get averageBytes(): number {
    return this.count === 0 ? 0 : this.#index.replyBytes / this.count;
  }

  /** See {@link JournalReads.tail}. */
  tail(budgetBytes: number): Promise<MessageRecord[]> {
    return this.#reads.tail(budgetBytes);
  }

  /** See `Archive.below`. */
  below(before: number, count: number, budgetBytes = Number.POSITIVE_INFINITY): Promise<MessageRecord[]> {
    return this.#reads.below(before, count, budgetBytes);
  }

  /** See `Archive.events`. */
  events(from: number, count: number, budgetBytes = Number.POSITIVE_INFINITY): Promise<EventRun> {
    return this.#reads.events(from, count, budgetBytes);
  }

  /** See `Archive.firstSince`. */
  firstSince(time: number): Promise<number | null> {
    return this.#reads.firstSince(time);
  }

  /** What has happened to a message. */
  historyOf(id: number): ChangesOfMessage {
    return this.#changes.historyOf(id);
  }

  /** How many reactions stand. */
  get reactions(): number {
    return this.#changes.reactions;
  }

  /** See `Archive.message`. */
  message(id: number): Promise<MessageRecord | undefined> {
    return this.#reads.message(id);
  }

  /** See {@link JournalReads.countAfter}. */
  countAfter(id: number, most: number): Promise<number> {
    return this.#reads.countAfter(id, most);
  }

  /** See {@link JournalReads.keyedSince}. */
  keyedSince(time: number): AsyncGenerator<Keyed> {
    return this.#reads.keyedSince(time);
  }

  /**
   * Stores messages and changes as one durable batch. When it rejects, nothing of the batch is in the file, and the next append
   * works if there is room again. Calls must not overlap, and ids must grow.
   *
   * @throws the system's error (ENOSPC, EIO and so on)
   */
  async append(records: readonly StoredEvent[]): Promise<void> {
    if (this.#isClosed) throw new Error("The journal is closed.");
    if (this.#appending !== undefined) throw new Error("Appends to one journal must not overlap.");
    checkGrowing(records, this.lastEventId);
    if (records.length === 0) return;
    await this.#exclusively(this.#store(records));
  }

  /**
   * Tests whether `bytes` more could be stored, and leaves nothing of that in the file. Must not overlap with an
   * append. A journal without a file does not create one: then there is nothing to test.
   *
   * @throws the system's error
   */
  async probe(bytes: number): Promise<void> {
    if (this.#isClosed || this.#appending !== undefined) throw new Error("The journal is closed, or in use.");
    if (this.#file === undefined && !this.#isUncreated) return;
    await this.#exclusively(this.#tryToStore(bytes));
  }

  /** Whether texts that were replaced or deleted are still in the file. */
  get hasToErase(): boolean {
    return this.#eraser.hasWork;
  }

  /**
   * Erases the texts that were replaced or deleted, durably. It may run beside everything else.
   *
   * @throws the system's error; then the rest may be tried again
   */
  erase(): Promise<void> {
    return this.#eraser.run();
  }

  async #exclusively(appending: Promise<void>): Promise<void> {
    this.#appending = appending;
    try {
      await appending;
    } finally {
      this.#appending = undefined;
    }
  }

  /**
   * Drops the oldest messages, those that have expired. The others are copied into a file beside this one, which then
   * takes its place, so that a crash leaves one of the two. Appends and reads go on meanwhile. Calls must not overlap.
   *
   * @param now Unix milliseconds
   * @param alone runs the end of the prune, which is short, while no append runs
   * @returns how many messages were dropped; 0 when the journal was closed before the end
   * @throws the system's error, and then nothing was dropped
   */
  async prune(
    retention: Retention,
    now: number,
    alone: (end: () => Promise<void>) => Promise<void>,
  ): Promise<number> {
    if (this.#isClosed || this.#pruning !== undefined) return 0;
    const pruning = this.#prune(retention, now, alone);
    this.#pruning = pruning.catch(() => undefined);
    try {
      return await pruning;
    } catch (error) {
      if (this.#isClosed) return 0;
      throw error;
    } finally {
      this.#pruning = undefined;
      this.#eraser.ended();
    }
  }

  /** Waits for a running append and for reads, makes everything durable (unless fsync is off) and closes the file. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#stop.abort();
    this.#sync.stop();
    await this.#pruning;
    await this.#eraser.close();
    await this.#appending?.catch(() => undefined);
    await this.#sync.idle();
    const file = this.#file;
    this.#file = undefined;
    await Promise.all(this.#reads.running);
    // The next start finishes it.
    await this.#unfinished?.close();
    if (file === undefined) return;
    try {
      if (this.#isDisordered) await this.#putInOrder(file);
      if (this.#sync.mode !== "off") await file.datasync();
    } finally {
      await file.close();
    }
  }

  get #isClosed(): boolean {
    return this.#stop.signal.aborted;
  }

  async #prune(
    retention: Retention,
    now: number,
    alone: (end: () => Promise<void>) => Promise<void>,
  ): Promise<number> {
    const file = this.#file;
    // A repair that is owed would be lost with the file.
    if (file === undefined || this.#owed !== undefined) return 0;
    const { signal } = this.#stop;
    await this.#eraser.begun();
    const expired = await findExpired(file, { count: this.count, end: this.#end }, retention, now, signal);
    if (expired === null) return 0;
    const copy = await PrunedCopy.create(this.#realPath, file, expired);
    try {
      while ((await copy.copyTo(this.#end, signal)) > LITTLE_BYTES);
      signal.throwIfAborted();
      await alone(() => this.#endPrune(file, copy, expired));
    } catch (error) {
      if (this.#file !== copy.file) await copy.discard();
      throw error;
    }
    return expired.count;
  }

  async #endPrune(file: FileHandle, copy: PrunedCopy, expired: ExpiredRecords): Promise<void> {
    if (this.#appending !== undefined) throw new Error("An append may not run while a prune ends.");
    await copy.copyTo(this.#end, this.#stop.signal);
    await this.#sync.idle();
    const hasReplaced = await copy.takeOver();
    const reads = this.#reads.running;
    this.#continueWith(copy.file, expired);
    if (hasReplaced) closeAfter(reads, file);
    else await this.#rewriteInPlace(file, copy.file, reads);
  }

  #continueWith(file: FileHandle, expired: ExpiredRecords): void {
    this.#file = file;
    this.#index.expire(expired);
    const orphans = this.#changes.expire(expired.firstId, expired.bytes);
    this.#eraser.add(orphans);
    this.#eraser.tookOver();
    this.#end -= expired.bytes;
    this.#isDisordered = false;
    this.#sync.startOver();
    this.#isNewInFolder = true;
    this.#tail = this.#readTail(file);
  }

  /**
   * Rewrites the file in place while its copy, which is whole, is read. If that cannot be finished now, the next append
   * tries again.
   *
   * @param reads those that began in the file as it was
   */
  async #rewriteInPlace(file: FileHandle, copy: FileHandle, reads: readonly Promise<void>[]): Promise<void> {
    this.#unfinished = file;
    this.#owed = async () => {
      await Promise.all(reads);
      await finishInPlace(copy, file, this.#realPath);
      this.#unfinished = undefined;
      this.#file = file;
      closeAfter([...this.#reads.running, this.#sync.idle()], copy);
      return this.#notices.includes(IN_PLACE_NOTICE) ? [] : [IN_PLACE_NOTICE];
    };
    await this.#settle();
  }

  /** Does the repair that is owed, if there is one. */
  async #settle(): Promise<void> {
    if (this.#owed === undefined) return;
    this.#notices.push(...(await this.#owed()));
    this.#owed = undefined;
    this.#eraser.lookForCopies();
  }

  async #store(records: readonly StoredEvent[]): Promise<void> {
    const file = await this.#ready();
    const lead = this.#index.isEmpty ? "\n" : ",\n";
    const bytes = Buffer.from(`${lead}${records.map((record) => record.text).join(",\n")}${CLOSING}`);
    try {
      writeAllNow(file, bytes, this.#end);
      await this.#sync.appended(file);
    } catch (error) {
      this.#isDisordered = true;
      // If this fails too, the next append tries again before it writes. The first error is the one to report.
      await this.#putInOrder(file).catch(() => undefined);
      throw error;
    }
    this.#note(records, lead.length);
    const added = bytes.subarray(0, -CLOSING_BYTES.length).subarray(-TAIL_BYTES);
    this.#tail = Buffer.concat([this.#tail, added]).subarray(-TAIL_BYTES);
    this.#sync.soon();
  }

  /** Line breaks behind the array leave it valid. */
  async #tryToStore(bytes: number): Promise<void> {
    const file = await this.#ready();
    try {
      writeAllNow(file, Buffer.alloc(bytes, "\n"), this.size);
      if (this.#sync.mode !== "off") await file.datasync();
    } finally {
      this.#isDisordered = true;
      await this.#putInOrder(file);
    }
  }

  /** The file, once everything that kept it from being appended to is put right. */
  async #ready(): Promise<FileHandle> {
    await this.#settle();
    const file = this.#file ?? (await this.#createLate());
    if (this.#isDisordered) await this.#putInOrder(file);
    if (this.#isNewInFolder) await this.#syncName();
    // While what was acknowledged is not safe, nothing more is acknowledged.
    if (this.#sync.hasFailed) await this.#sync.sync(file);
    return file;
  }

  /** Otherwise a power loss could bring back the file that was there before, which has nothing of what follows. */
  async #syncName(): Promise<void> {
    await syncFolder(dirname(this.#realPath));
    this.#isNewInFolder = false;
  }

  /**
   * Takes what a failed append left off the file. The three bytes of the closing bracket stay allocated all the
   * time, so that a full disk cannot keep them from being written.
   */
  async #putInOrder(file: FileHandle): Promise<void> {
    await file.truncate(this.#end + CLOSING_BYTES.length);
    await writeAll(file, CLOSING_BYTES, this.#end);
    // Otherwise a power loss could bring back messages whose senders were told that they failed.
    if (this.#sync.mode === "always") await file.datasync();
    this.#isDisordered = false;
  }

  #note(records: readonly StoredEvent[], leadBytes: number): void {
    let offset = this.#end + leadBytes;
    for (const record of records) {
      const bytes = record.kind === "message" ? record.bytes : Buffer.byteLength(record.text);
      this.#noteOne(record, { offset, bytes });
      offset += bytes + ",\n".length;
    }
    this.#end = offset - ",\n".length;
  }

  #noteOne(record: StoredEvent, place: Pick<Line, "offset" | "bytes">): void {
    if (record.kind === "message") {
      this.#index.add(place.offset, record.id, record.replyBytes);
      return;
    }
    this.#index.addChange(place.offset, record.id);
    const replaced = record.kind === "unknown" ? null : noteChange(this.#changes, record, place);
    if (replaced !== null) this.#eraser.add([replaced]);
  }

  async #createLate(): Promise<FileHandle> {
    await makeFolder(dirname(this.#realPath));
    this.#file = await createHistoryFile(this.#realPath);
    this.#isUncreated = false;
    return this.#file;
  }
}

/** Closes a file when nobody reads it any more. */
function closeAfter(reads: readonly Promise<void>[], file: FileHandle): void {
  void Promise.all(reads)
    .then(() => file.close())
    .catch(() => undefined);
}

function checkGrowing(records: readonly StoredEvent[], lastEventId: number): void {
  let last = lastEventId;
  for (const { id } of records) {
    if (!(id > last)) throw new Error(`The id ${id} does not follow ${last}.`);
    last = id;
  }
}
