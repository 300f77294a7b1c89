import fs from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { CLOSING, type MessageRecord, readEvent } from "../record.ts";
import type { Retention } from "../retention.ts";
import { createHistoryFile, makeFolder, syncFolder, writeAll, writeAllNow } from "./disk-file.ts";
import { errorCode, errorPlace, errorReason, isDirectory, isFull, JournalError } from "./fault.ts";
import { FileChunks, readLines } from "./file-chunks.ts";
import { type Cut, HistoryIndex } from "./history-index.ts";
import { findCut, Successor } from "./prune.ts";
import { realFile } from "./real-file.ts";
import { recover } from "./repair.ts";
import { finishInPlace, IN_PLACE_NOTICE } from "./replace.ts";

export { JournalError } from "./fault.ts";

/**
 * When a message counts as stored: `always` after fdatasync; `batch` after the write, with an fdatasync at most every
 * second behind it (a power loss costs that second); `off` after the write, and the system decides.
 */
export type FsyncMode = "always" | "batch" | "off";

export interface JournalOptions {
  readonly fsync: FsyncMode;
  /** true: the file is created at open (and an unwritable place is found then); false: with the first append */
  readonly create: boolean;
  /** Unix ms of a timestamp text read from a foreign file, undefined if it cannot be read */
  readonly timeOf: (timestamp: string) => number | undefined;
  /** Ends the opening before its time. */
  readonly stop?: AbortSignal;
}

const BATCH_SYNC_EVERY_MS = 1_000;
/** What the event loop may be held up for by one sync; the way over another thread costs about a third of it. */
const QUICK_SYNC_MS = 0.5;
const CLOSING_BYTES = Buffer.from(CLOSING);
/** What a prune may leave to be copied while sends wait. */
const LITTLE_BYTES = 64 * 1024;

/** So much of the newest record tells it from any other one: at least its id and time. */
const TAIL_BYTES = 256;

/**
 * The history of one room in one file, which is a valid JSON array at every moment between two appends: a record a
 * line, and the bracket. An append writes over the closing bracket only, so what was acknowledged is never written
 * again, and the cost does not depend on how much there is. Only {@link prune} writes a file anew; where the system cannot put
 * another in its place, the file itself, with a copy beside it that is whole meanwhile.
 *
 * The file must not be opened twice; see `lockFile`.
 */
export class Journal {
  readonly path: string;
  /** See `Archive.emptiedTo`. Whoever has opened the file knows. */
  emptiedTo = 0;
  readonly #notices: string[];
  readonly #realPath: string;
  readonly #fsync: FsyncMode;
  #file: FileHandle | undefined;
  #index = new HistoryIndex();
  /** Where the last record ends and the closing bracket begins. */
  #end = 1;
  /** What stands before that. */
  #tail: Buffer = Buffer.from("[");
  #appending: Promise<void> | undefined;
  /** A repair for which there was no room, or whose disk failed; nothing may be written before it. */
  #owed: (() => Promise<readonly string[]>) | undefined;
  /** The file, while it is written anew in its place: `#file` is its copy then. */
  #unfinished: FileHandle | undefined;
  /** The file was to be created at open, and there was no room. */
  #isUncreated = false;
  /** An append failed and the file could not be put in order again yet. */
  #disordered = false;
  /** How long a sync takes of late. Taken for slow until it is seen to be quick. */
  #syncMs = 20 * QUICK_SYNC_MS;
  #syncTimer: ReturnType<typeof setTimeout> | undefined;
  #backgroundSync: Promise<void> | undefined;
  #backgroundSyncFailed = false;
  /** The file was put in the place of another, and no disk may hold that yet. */
  #isNewInFolder = false;
  /** The reads that go on. */
  readonly #reads = new Set<Promise<void>>();
  #pruning: Promise<unknown> | undefined;
  readonly #stop = new AbortController();

  private constructor(path: string, realPath: string, fsync: FsyncMode, notices: readonly string[]) {
    this.path = path;
    this.#realPath = realPath;
    this.#fsync = fsync;
    this.#notices = [...notices];
  }

  /** Sentences about what was repaired or taken in, for the log. What there was no room for at open is added later. */
  get notices(): readonly string[] {
    return this.#notices;
  }

  /** Whether the file can be written to, as far as its opening has shown. */
  get isInOrder(): boolean {
    return this.#owed === undefined && !this.#disordered && !this.#isUncreated;
  }

  /**
   * Whether another file lies in the place of this one, or none, or somebody else has written to it: what would be stored
   * now would be lost, or would damage what was put there.
   */
  get isReplaced(): boolean {
    // In these states the file may look otherwise, by what this journal did itself.
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
      // A disk that cannot be asked is no sign of that.
      return false;
    }
  }

  /** The end of the records as it is in the file. */
  #readTail(file: FileHandle): Buffer {
    const tail = Buffer.alloc(Math.min(TAIL_BYTES, this.#end));
    return tail.subarray(0, fs.readSync(file.fd, tail, 0, tail.length, this.#end - tail.length));
  }

  /** The size of the file in bytes. */
  get size(): number {
    return this.#end + CLOSING_BYTES.length;
  }

  /**
   * Opens a history file, repairing or taking it in where that is needed (then `notices` says so).
   *
   * On a full disk a file is opened that cannot be repaired or created, as far as it can be read.
   *
   * @throws JournalError when the file is no history, and then it was not touched; or when it cannot be opened,
   * created, repaired or rewritten
   */
  static async open(path: string, options: JournalOptions): Promise<Journal> {
    const realPath = realFile(path);
    const file = await openExisting(path, realPath);
    if (file === undefined) return await Journal.#openNew(path, realPath, options);
    try {
      const recovered = await recover(file, realPath, path, options.timeOf, options.stop);
      // A killed server may have left records that no disk holds yet; what is shown from now on must stay.
      if (options.fsync !== "off") await recovered.file.datasync();
      const journal = new Journal(path, realPath, options.fsync, recovered.notices);
      journal.#file = recovered.file;
      journal.#index = recovered.scanned.index;
      journal.#end = recovered.scanned.end;
      journal.#tail = journal.#readTail(recovered.file);
      journal.#owed = recovered.owed;
      return journal;
    } catch (error) {
      await file.close();
      if (error instanceof JournalError || options.stop?.aborted) throw error;
      throw new JournalError(
        `The history file ${path} cannot be read or put in order: ${errorReason(error)}${errorPlace(error, realPath)}.`,
      );
    }
  }

  static async #openNew(path: string, realPath: string, options: JournalOptions): Promise<Journal> {
    const journal = new Journal(path, realPath, options.fsync, []);
    if (!options.create) return journal;
    try {
      journal.#file = await create(path, realPath);
    } catch (error) {
      if (!(error instanceof JournalError) || !isFull(error.cause)) throw error;
      journal.#isUncreated = true;
      journal.#notices.push(`${error.message} It is created when there is room.`);
    }
    return journal;
  }

  /** Messages in the file. */
  get count(): number {
    return this.#index.count;
  }

  /** The id of the newest message, 0 when there is none. */
  get lastId(): number {
    return this.#index.lastId;
  }

  /** The id of the oldest message, 0 when there is none. */
  get firstId(): number {
    return this.#index.firstId;
  }

  /**
   * Stores records as one durable batch. When it rejects, nothing of the batch is in the file, and the next append
   * works if there is room again. Calls must not overlap, and ids must grow.
   *
   * @throws the system's error (ENOSPC, EIO and so on)
   */
  async append(records: readonly MessageRecord[]): Promise<void> {
    if (this.#closed) throw new Error("The journal is closed.");
    if (this.#appending !== undefined) throw new Error("Appends to one journal must not overlap.");
    checkGrowing(records, this.lastId);
    if (records.length === 0) return;
    this.#appending = this.#store(records);
    try {
      await this.#appending;
    } finally {
      this.#appending = undefined;
    }
  }

  /**
   * Tries whether `bytes` more could be stored, and leaves nothing of that in the file. Must not overlap with an append. A
   * journal without a file makes none: there is nothing to try.
   *
   * @throws the system's error
   */
  async probe(bytes: number): Promise<void> {
    if (this.#closed || this.#appending !== undefined) throw new Error("The journal is closed, or in use.");
    if (this.#file === undefined && !this.#isUncreated) return;
    this.#appending = this.#tryToStore(bytes);
    try {
      await this.#appending;
    } finally {
      this.#appending = undefined;
    }
  }

  /**
   * The newest records, oldest first, canonical texts, as many as fit: `replyBytes` of them all together stays at or
   * under `budgetBytes`. May run beside an append and then does not see its batch.
   */
  async tail(budgetBytes: number): Promise<MessageRecord[]> {
    const block = this.#index.blockWithin(budgetBytes);
    if (this.#file === undefined || block === undefined) return [];
    let excess = this.#index.replyBytes - block.replyBytesBefore - budgetBytes;
    const records: MessageRecord[] = [];
    for await (const batch of this.#records(block.offset)) {
      for (const record of batch) {
        if (excess <= 0) records.push(record);
        else excess -= record.replyBytes;
      }
    }
    return records;
  }

  /** What a record takes in a reply on average, in bytes. */
  get averageBytes(): number {
    return this.count === 0 ? 0 : this.#index.replyBytes / this.count;
  }

  /**
   * The newest `count` records with ids below `before`, oldest first; fewer where there are not so many, or where they
   * would take more than `budgetBytes` together, but then one at least. May run beside an append, like {@link tail}.
   */
  async below(
    before: number,
    count: number,
    budgetBytes = Number.POSITIVE_INFINITY,
  ): Promise<MessageRecord[]> {
    const { start, stop } = this.#index.blocksBelow(before, count, budgetBytes);
    let records: MessageRecord[] = [];
    for await (const batch of this.#records(start, stop)) {
      for (const record of batch) if (record.id < before) records.push(record);
      records = records.slice(-count);
    }
    return records.slice(records.length - countWithin(records.toReversed(), budgetBytes));
  }

  /**
   * The oldest `count` records with ids above `after`, oldest first; fewer as in {@link below}. May run beside an append,
   * like {@link tail}.
   */
  async above(
    after: number,
    count: number,
    budgetBytes = Number.POSITIVE_INFINITY,
  ): Promise<MessageRecord[]> {
    const records: MessageRecord[] = [];
    let bytes = 0;
    for await (const batch of this.#records(this.#index.blockAbove(after))) {
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

  /** The message with an id, undefined when there is none. */
  async message(id: number): Promise<MessageRecord | undefined> {
    const [record] = await this.below(id + 1, 1);
    return record?.id === id ? record : undefined;
  }

  /** The messages that were sent with a key at or after a time in Unix milliseconds, oldest first. */
  async *keyedSince(time: number): AsyncGenerator<{ digest: string; id: number; time: number }> {
    for await (const batch of this.#records(await this.#offsetBefore(time))) {
      for (const record of batch) {
        const { digest, id, time: sentAt } = record;
        if (digest !== undefined && sentAt >= time) yield { digest, id, time: sentAt };
      }
    }
  }

  /**
   * Drops the oldest messages, those that are not to be kept. The others are copied into a file beside this one, which
   * then takes its place, so that a crash leaves one of the two. Appends and reads go on meanwhile. Calls must not overlap.
   *
   * @param now Unix milliseconds
   * @param alone runs the end of it when no append runs, and is short
   * @returns how many messages were dropped. 0 when the journal was closed before the end
   * @throws the system's error, and then nothing was dropped
   */
  async prune(
    retention: Retention,
    now: number,
    alone: (end: () => Promise<void>) => Promise<void>,
  ): Promise<number> {
    if (this.#closed || this.#pruning !== undefined) return 0;
    const pruning = this.#prune(retention, now, alone);
    this.#pruning = pruning.catch(() => undefined);
    try {
      return await pruning;
    } catch (error) {
      if (this.#closed) return 0;
      throw error;
    } finally {
      this.#pruning = undefined;
    }
  }

  /** Waits for a running append, makes everything durable (unless fsync is off) and lets go of the file. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#stop.abort();
    clearTimeout(this.#syncTimer);
    await this.#pruning;
    await this.#appending?.catch(() => undefined);
    await this.#backgroundSync;
    const file = this.#file;
    this.#file = undefined;
    // The next start finishes it.
    await this.#unfinished?.close();
    if (file === undefined) return;
    try {
      if (this.#disordered) await this.#putInOrder(file);
      if (this.#fsync !== "off") await file.datasync();
    } finally {
      await file.close();
    }
  }

  get #closed(): boolean {
    return this.#stop.signal.aborted;
  }

  async #prune(
    retention: Retention,
    now: number,
    alone: (end: () => Promise<void>) => Promise<void>,
  ): Promise<number> {
    const file = this.#file;
    // What is owed would be lost with the file.
    if (file === undefined || this.#owed !== undefined) return 0;
    const { signal } = this.#stop;
    const cut = await findCut(file, { count: this.count, end: this.#end }, retention, now, signal);
    if (cut === null) return 0;
    const successor = await Successor.create(this.#realPath, file, cut);
    try {
      while ((await successor.copyTo(this.#end, signal)) > LITTLE_BYTES);
      signal.throwIfAborted();
      await alone(async () => {
        if (this.#appending !== undefined) throw new Error("An append may not run while a prune ends.");
        await successor.copyTo(this.#end, signal);
        await this.#backgroundSync;
        const hasReplaced = await successor.takeOver();
        const reads = [...this.#reads];
        this.#goOnWith(successor.file, cut);
        if (hasReplaced) closeAfter(reads, file);
        else await this.#writeInPlace(file, reads);
      });
    } catch (error) {
      if (this.#file !== successor.file) await successor.discard();
      throw error;
    }
    return cut.count;
  }

  /**
   * Writes the file anew in its place, while the copy, which is whole, is read. What cannot be finished now is tried again with
   * the next append.
   *
   * @param reads those that began in the file as it was
   */
  async #writeInPlace(file: FileHandle, reads: readonly Promise<void>[]): Promise<void> {
    const copy = this.#file;
    if (copy === undefined) return;
    this.#unfinished = file;
    this.#owed = async () => {
      await Promise.all(reads);
      await finishInPlace(copy, file, this.#realPath);
      this.#unfinished = undefined;
      this.#file = file;
      closeAfter([...this.#reads, Promise.resolve(this.#backgroundSync)], copy);
      return this.#notices.includes(IN_PLACE_NOTICE) ? [] : [IN_PLACE_NOTICE];
    };
    await this.#settle();
  }

  /** Does what is owed. */
  async #settle(): Promise<void> {
    if (this.#owed === undefined) return;
    this.#notices.push(...(await this.#owed()));
    this.#owed = undefined;
  }

  #goOnWith(file: FileHandle, cut: Cut): void {
    this.#file = file;
    this.#index.cut(cut);
    this.#end -= cut.bytes;
    this.#disordered = false;
    this.#backgroundSyncFailed = false;
    this.#isNewInFolder = true;
    this.#tail = this.#readTail(file);
  }

  /** An offset from which on all records since a time are found, and some older ones. */
  async #offsetBefore(time: number): Promise<number> {
    let start = this.#end;
    for (const offset of this.#index.blocksBackwards()) {
      start = offset;
      const record = await this.#firstRecord(offset);
      if (record !== undefined && record.time < time) break;
    }
    return start;
  }

  /** The record at an offset. A read may bring none that is whole, and the last one has no comma behind it. */
  async #firstRecord(offset: number): Promise<MessageRecord | undefined> {
    for await (const [record] of this.#records(offset)) if (record !== undefined) return record;
    return undefined;
  }

  /** The records from an offset in the file on, as many at a time as one read brought. */
  async *#records(start: number, stop = this.#end): AsyncGenerator<MessageRecord[], undefined> {
    if (this.#file === undefined || this.count === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#reads.add(promise);
    try {
      for await (const lines of readLines(new FileChunks(this.#file, start, stop))) {
        yield lines.flatMap((line) => messageIn(line) ?? []);
      }
    } finally {
      this.#reads.delete(promise);
      resolve();
    }
  }

  async #store(records: readonly MessageRecord[]): Promise<void> {
    const file = await this.#ready();
    const lead = this.count === 0 ? "\n" : ",\n";
    const bytes = Buffer.from(`${lead}${records.map((record) => record.text).join(",\n")}${CLOSING}`);
    try {
      writeAllNow(file, bytes, this.#end);
      if (this.#fsync === "always") await this.#syncAppend(file);
    } catch (error) {
      this.#disordered = true;
      // If this fails too, the next append tries again before it writes; the first error is the one to tell.
      await this.#putInOrder(file).catch(() => undefined);
      throw error;
    }
    this.#note(records, lead.length);
    const added = bytes.subarray(0, -CLOSING_BYTES.length).subarray(-TAIL_BYTES);
    this.#tail = Buffer.concat([this.#tail, added]).subarray(-TAIL_BYTES);
    if (this.#fsync === "batch") this.#syncSoon();
  }

  /** Line breaks behind the array leave it as valid as it is. */
  async #tryToStore(bytes: number): Promise<void> {
    const file = await this.#ready();
    try {
      writeAllNow(file, Buffer.alloc(bytes, "\n"), this.size);
      if (this.#fsync !== "off") await file.datasync();
    } finally {
      this.#disordered = true;
      await this.#putInOrder(file);
    }
  }

  /** The file, with everything made good that stands in the way of an append. */
  async #ready(): Promise<FileHandle> {
    await this.#settle();
    const file = this.#file ?? (await this.#createLate());
    if (this.#disordered) await this.#putInOrder(file);
    if (this.#isNewInFolder) await this.#syncName();
    // What was acknowledged is not safe: no more is, until the disk takes it.
    if (this.#backgroundSyncFailed) await this.#sync(file);
    return file;
  }

  /** Else a power loss could bring back the file that was there before, which has none of what follows. */
  async #syncName(): Promise<void> {
    await syncFolder(dirname(this.#realPath));
    this.#isNewInFolder = false;
  }

  /**
   * Waits for the disk. A quick one is waited for on the spot, since to hand the wait to another thread costs more
   * than it lasts; a slow one in the background, since nobody could be served meanwhile.
   */
  async #syncAppend(file: FileHandle): Promise<void> {
    const startedAt = performance.now();
    if (this.#syncMs < QUICK_SYNC_MS) fs.fdatasyncSync(file.fd);
    else await file.datasync();
    // One slow sync among quick ones is enough for the background; it takes a good many quick ones to come back.
    this.#syncMs += (performance.now() - startedAt - this.#syncMs) / 8;
  }

  /**
   * Takes what a failed append left off the file. The three bytes of the closing bracket stay allocated all the
   * time, so that a full disk cannot keep them from being written.
   */
  async #putInOrder(file: FileHandle): Promise<void> {
    await file.truncate(this.#end + CLOSING_BYTES.length);
    await writeAll(file, CLOSING_BYTES, this.#end);
    // Else a power loss could bring back messages whose senders were told that they failed.
    if (this.#fsync === "always") await file.datasync();
    this.#disordered = false;
  }

  #note(records: readonly MessageRecord[], leadBytes: number): void {
    let offset = this.#end + leadBytes;
    for (const record of records) {
      this.#index.add(offset, record.id, record.replyBytes);
      offset += record.bytes + ",\n".length;
    }
    this.#end = offset - ",\n".length;
  }

  async #createLate(): Promise<FileHandle> {
    await makeFolder(dirname(this.#realPath));
    this.#file = await createHistoryFile(this.#realPath);
    this.#isUncreated = false;
    return this.#file;
  }

  #syncSoon(): void {
    if (this.#syncTimer !== undefined || this.#closed) return;
    this.#syncTimer = setTimeout(() => {
      this.#syncTimer = undefined;
      if (this.#file === undefined) return;
      this.#backgroundSync = this.#sync(this.#file).catch(() => this.#syncSoon());
    }, BATCH_SYNC_EVERY_MS);
    this.#syncTimer.unref();
  }

  async #sync(file: FileHandle): Promise<void> {
    try {
      await file.datasync();
      this.#backgroundSyncFailed = false;
    } catch (error) {
      this.#backgroundSyncFailed = true;
      throw error;
    }
  }
}

/** The message in a line, undefined where there is none: the line is empty or holds another event. */
function messageIn(line: string): MessageRecord | undefined {
  if (line === "") return undefined;
  const event = readEvent(line);
  switch (event.kind) {
    case "message":
      return event;
    case "unknown":
      return undefined;
  }
}

/** Closes a file when nobody reads it any more. */
function closeAfter(reads: readonly Promise<void>[], file: FileHandle): void {
  void Promise.all(reads)
    .then(() => file.close())
    .catch(() => undefined);
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

function checkGrowing(records: readonly MessageRecord[], lastId: number): void {
  let last = lastId;
  for (const { id } of records) {
    if (!(id > last)) throw new Error(`The id ${id} does not follow ${last}.`);
    last = id;
  }
}

async function openExisting(path: string, realPath: string): Promise<FileHandle | undefined> {
  try {
    const found = await stat(realPath);
    if (found.isDirectory()) throw isDirectory(path);
    // Opening a pipe would wait for its other end for ever.
    if (!found.isFile()) throw new JournalError(`The history file ${path} is not a regular file.`);
    return await open(realPath, "r+");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    if (error instanceof JournalError) throw error;
    throw new JournalError(`The history file ${path} cannot be opened for writing: ${errorReason(error)}.`);
  }
}

async function create(path: string, realPath: string): Promise<FileHandle> {
  try {
    return await createHistoryFile(realPath);
  } catch (error) {
    const missing = errorCode(error) === "ENOENT";
    const reason = missing ? `the folder ${dirname(realPath)} does not exist` : errorReason(error);
    throw new JournalError(`The history file ${path} cannot be created: ${reason}.`, { cause: error });
  }
}
