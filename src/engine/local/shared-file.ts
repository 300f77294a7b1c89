import { Database } from "bun:sqlite";
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { dirname } from "node:path";
import { EndingError } from "../failure.ts";
import { OneAtATime } from "../one-at-a-time.ts";
import { type Decide, UnreadableRow } from "../shared-store.ts";
import { makePrivateFile } from "./disk-file.ts";
import { errorCode, errorReason, JournalError } from "./fault.ts";
import { lockFile } from "./lock.ts";
import { realFile } from "./real-file.ts";

/** How often the file is looked at for changes that others have made. */
const LOOK_EVERY_MS = 500;
/** How long a change waits while somebody else writes, if nothing else is said, and how often it tries. */
const PATIENCE_MS = 5_000;
const RETRY_MS = 5;

/** A sort of files: what such a file stores, and how. */
export interface FileFormat<Change, Reading> {
  /** The end of the file's name, behind that of the history. */
  readonly suffix: string;
  /** The version of the tables. A file of a later one is not touched. */
  readonly version: number;
  /** Parts of sentences for an operator. */
  readonly words: {
    /** What a chat begins without when a damaged file is moved away. */
    readonly lost: string;
    /** What is not possible until the file can be created. */
    readonly impossible: string;
    /** What stays as it was while the file cannot be read. */
    readonly kept: string;
  };
  /** Makes the tables of a new file, within a transaction. */
  makeTables(database: Database): void;
  /**
   * Brings the tables of an earlier version up to date, within a transaction. It only adds, since a server of that version may
   * be using the file. Missing while there is one version.
   */
  upgradeTables?(database: Database, version: number): void;
  /** Called within a transaction, before the first reading. @throws UnreadableRow */
  opened?(database: Database): void;
  /** Counts the changes. @throws UnreadableRow */
  revisionOf(database: Database): number;
  /** What has changed since a revision; everything since -1. @throws UnreadableRow */
  readSince(database: Database, revision: number): Reading;
  /** Makes changes, within a transaction, as one revision. */
  applyAll(database: Database, changes: readonly Change[], revision: number): void;
}

/** What the file is in memory. */
interface View<Reading> {
  readonly revision: number;
  apply(reading: Reading): void;
}

export interface SharedFileOptions {
  /** The main room's history, which the file lies beside. */
  readonly dataFile: string;
  /** Receives what an operator should know. */
  readonly notice: (sentence: string) => void;
  /** How long a change waits while somebody else writes. Default: {@link PATIENCE_MS}. */
  readonly patienceMs?: number | undefined;
}

/** What a file is opened with. */
interface Opening<Change, Reading> extends SharedFileOptions {
  readonly format: FileFormat<Change, Reading>;
  readonly view: View<Reading>;
}

/**
 * An SQLite file beside a history that a server and commands change at the same time, with a view of it in memory. It is
 * durable and never replaced: one that is damaged stops the start.
 */
export class SharedFile<Change, Reading> {
  readonly #path: string;
  readonly #format: FileFormat<Change, Reading>;
  readonly #view: View<Reading>;
  readonly #notice: (sentence: string) => void;
  readonly #patienceMs: number;
  readonly #turns = new OneAtATime();
  readonly #timer: Timer;
  /** Null: the file could not be created yet. */
  #database: Database | null;
  /** By the file's number on its disk: one that has taken its place is another file. */
  #inode = 0;
  #seenVersion = 0;
  #isChanging = false;
  #isFaulty = false;
  #isClosed = false;

  /**
   * Opens the file for its server, which holds the lock of the history; creates it if there is none. If it cannot be created,
   * for example because the disk is full, nothing can be changed until it can.
   *
   * @throws JournalError if there is a file that cannot be used
   */
  static open<Change, Reading>(opening: Opening<Change, Reading>): SharedFile<Change, Reading> {
    const { dataFile, format, notice } = opening;
    const path = pathOf(dataFile, format);
    const isThere = existsSync(path) || isCreated(path, format, notice);
    return new SharedFile(path, isThere ? openChecked(path, format) : null, opening);
  }

  /**
   * Opens the file for a command, whether or not a server runs.
   *
   * @throws JournalError if there is no such history, or the file cannot be used
   */
  static openBeside<Change, Reading>(opening: Opening<Change, Reading>): SharedFile<Change, Reading> {
    const { dataFile, format } = opening;
    if (!existsSync(dataFile)) throw new JournalError(`There is no history file ${dataFile}.`);
    const path = pathOf(dataFile, format);
    if (!existsSync(path)) createAlone(dataFile, path, format);
    return new SharedFile(path, openChecked(path, format), opening);
  }

  /** @throws JournalError if what is in the file makes no sense */
  private constructor(
    path: string,
    database: Database | null,
    { format, view, notice, patienceMs = PATIENCE_MS }: Opening<Change, Reading>,
  ) {
    this.#path = path;
    this.#format = format;
    this.#view = view;
    this.#notice = notice;
    this.#patienceMs = patienceMs;
    if (database !== null) this.#firstReading(database);
    this.#database = database;
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  /**
   * Has `decide` called while nobody else, in any process, can change the file, with the view up to date. Stores the changes,
   * all or none, brings the view up to date, and resolves to the result.
   *
   * Rejects with what `decide` throws, or if the file fails.
   */
  change<T>(decide: Decide<Database, Change, T>): Promise<T> {
    return this.#write(async (database) => {
      this.#catchUp(database);
      const { changes, result } = await decide(database);
      if (changes.length === 0) return { result, reading: null };
      const { revision } = this.#view;
      this.#format.applyAll(database, changes, revision + 1);
      return { result, reading: this.#format.readSince(database, revision) };
    });
  }

  /** Stores what is no change to anybody, in one transaction. Rejects if the file fails. */
  async note(work: (database: Database) => void): Promise<void> {
    await this.#write(async (database) => {
      work(database);
      return { result: undefined, reading: null };
    });
  }

  /** Reads what the view does not have, between two changes. Rejects if the file fails. */
  read<T>(work: (database: Database) => T | Promise<T>): Promise<T> {
    return this.#turns.run(() => untilFree(() => work(this.#usable()), this.#patienceMs));
  }

  /** Resolves when nothing of it is in use any more. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#turns.idle();
    this.#isClosed = true;
    this.#database?.close();
    this.#database = null;
  }

  /**
   * Does work in one transaction. Nobody waits for another process on this thread: what is busy is tried again.
   */
  #write<T>(work: (database: Database) => Promise<{ result: T; reading: Reading | null }>): Promise<T> {
    return this.#turns.run(async () => {
      const database = this.#usable();
      this.#isChanging = true;
      try {
        await untilFree(() => database.run("BEGIN IMMEDIATE"), this.#patienceMs);
        const { result, reading } = await work(database);
        await untilFree(() => database.run("COMMIT"), this.#patienceMs);
        if (reading !== null) this.#view.apply(reading);
        return result;
      } finally {
        // Some errors end the transaction by themselves.
        if (database.inTransaction) database.run("ROLLBACK");
        this.#isChanging = false;
      }
    });
  }

  /** @throws Error if nothing can be stored */
  #usable(): Database {
    if (this.#isClosed) throw new EndingError();
    if (this.#database === null) this.#createLate();
    if (this.#database === null) throw new Error(`the file ${this.#path} cannot be created`);
    if (this.#isReplaced) throw new Error(`the file ${this.#path} was replaced while the server was running`);
    return this.#database;
  }

  /** Whether there is another file now, or none. What was written to the one that is open would be lost. */
  get #isReplaced(): boolean {
    return inodeOf(this.#path) !== this.#inode;
  }

  #firstReading(database: Database): void {
    try {
      this.#inode = inodeOf(this.#path);
      this.#seenVersion = dataVersion(database);
      const reading = database.transaction(() => {
        this.#format.opened?.(database);
        return this.#format.readSince(database, -1);
      })();
      // Until here somebody else may be writing; from here on nothing waits on this thread.
      database.run("PRAGMA busy_timeout = 0");
      this.#view.apply(reading);
    } catch (error) {
      database.close();
      throw unusable(this.#path, error, this.#format);
    }
  }

  /** Looks whether somebody else has changed the file. */
  #look(): void {
    if (this.#isChanging) return;
    const { kept } = this.#format.words;
    try {
      if (this.#database === null) this.#createLate();
      const database = this.#database;
      if (database === null) return;
      if (this.#isReplaced) {
        if (!this.#isFaulty) {
          this.#notice(
            `The file ${this.#path} was replaced or deleted: until the server is started again, ${kept} stay as they were.`,
          );
        }
        this.#isFaulty = true;
        return;
      }
      const version = dataVersion(database);
      if (version === this.#seenVersion) return;
      database.transaction(() => this.#catchUp(database))();
      this.#seenVersion = version;
      this.#isFaulty = false;
    } catch (error) {
      // Somebody writes at this moment; the next look will see it.
      if (isBusy(error) || this.#isFaulty) return;
      this.#isFaulty = true;
      this.#notice(
        `The file ${this.#path} cannot be read (${reasonOf(error, this.#format)}): ${kept} stay as they were.`,
      );
    }
  }

  #catchUp(database: Database): void {
    const { revision } = this.#view;
    if (this.#format.revisionOf(database) !== revision)
      this.#view.apply(this.#format.readSince(database, revision));
  }

  /** Creates the file that could not be created at the start. */
  #createLate(): void {
    if (existsSync(this.#path)) return;
    try {
      create(this.#path, this.#format);
      const database = openChecked(this.#path, this.#format);
      this.#firstReading(database);
      this.#database = database;
      this.#notice(`The file ${this.#path} could be created.`);
    } catch {
      // The disk is still full.
    }
  }
}

type AnyFormat = Pick<
  FileFormat<never, unknown>,
  "suffix" | "version" | "words" | "makeTables" | "upgradeTables"
>;

/**
 * Reads from a file in one transaction, whether or not a server runs; null if there is no file.
 *
 * @throws JournalError if the file cannot be used
 */
export function readSharedFile<T>(
  dataFile: string,
  format: AnyFormat,
  read: (database: Database) => T,
): T | null {
  const path = pathOf(dataFile, format);
  if (!existsSync(path)) return null;
  const database = openChecked(path, format);
  try {
    return database.transaction(() => read(database))();
  } catch (error) {
    throw unusable(path, error, format);
  } finally {
    database.close();
  }
}

/**
 * Writes a file, instead of the one that is there. No server may run.
 *
 * @throws JournalError if it cannot be written; then the one that is there stays
 */
export function writeSharedFile(
  dataFile: string,
  format: AnyFormat,
  fill: (database: Database) => void,
): void {
  const path = pathOf(dataFile, format);
  try {
    create(path, format, fill);
  } catch (error) {
    throw new JournalError(`The file ${path} cannot be written: ${errorReason(error)}.`, { cause: error });
  }
}

function pathOf(dataFile: string, { suffix }: AnyFormat): string {
  return `${realFile(dataFile)}.${suffix}`;
}

/**
 * Creates a file beside a history that no server has open. A running server without the file knows in memory what is to be
 * in it: then only the server may create it.
 */
function createAlone(dataFile: string, path: string, format: AnyFormat): void {
  let lock: { release(): void };
  try {
    lock = lockFile(dataFile);
  } catch (error) {
    throw new JournalError(
      `The server of ${dataFile} runs and has no file ${path} yet: its disk is full, or it is of an earlier version.`,
      { cause: error },
    );
  }
  try {
    if (!existsSync(path)) create(path, format);
    // Root may give commands to the server of somebody else, who must be able to use what root has created.
    for (const created of [path, `${realFile(dataFile)}.lock`]) giveToOwnerOf(dataFile, created);
  } catch (error) {
    throw new JournalError(`The file ${path} cannot be created: ${errorReason(error)}.`, { cause: error });
  } finally {
    lock.release();
  }
}

function giveToOwnerOf(dataFile: string, created: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(dataFile);
  chownSync(created, uid, gid);
}

/** Whether the file could be created. */
function isCreated(path: string, format: AnyFormat, notice: (sentence: string) => void): boolean {
  try {
    create(path, format);
    return true;
  } catch (error) {
    notice(
      `The file ${path} cannot be created (${errorReason(error)}): until it can, ${format.words.impossible}.`,
    );
    return false;
  }
}

/**
 * Creates the file, whole or not at all: one that is found empty or half is damaged.
 */
function create(path: string, format: AnyFormat, fill: (database: Database) => void = () => {}): void {
  const draft = `${path}.new`;
  for (const left of [draft, `${draft}-journal`]) rmSync(left, { force: true });
  try {
    makePrivateFile(draft);
    const database = openDatabase(draft);
    try {
      database.transaction(() => {
        format.makeTables(database);
        database.run(`PRAGMA user_version = ${format.version}`);
        fill(database);
      })();
    } finally {
      database.close();
    }
    renameSync(draft, path);
  } catch (error) {
    for (const left of [draft, `${draft}-journal`]) rmSync(left, { force: true });
    throw error;
  }
  syncFolderOf(path);
}

/** Makes the name of a new file survive a power loss, where the system can. */
function syncFolderOf(path: string): void {
  try {
    const folder = openSync(dirname(path), "r");
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  } catch {
    // Some systems cannot sync a folder; there, a rename is as safe as they make it.
  }
}

function openDatabase(path: string): Database {
  const database = new Database(path, { readwrite: true });
  try {
    // Only until the file is read for the first time: while the server runs nothing waits on this thread.
    database.run(`PRAGMA busy_timeout = ${PATIENCE_MS}`);
    // One file, which can be read on a full disk and copied for a backup: a write-ahead log needs room to be read, and a
    // copy needs it too.
    database.run("PRAGMA journal_mode = DELETE");
    // With the folder, from which the journal is deleted: that is the commit.
    database.run("PRAGMA synchronous = EXTRA");
    // What is deleted, such as the hash of an address, is gone from the file.
    database.run("PRAGMA secure_delete = ON");
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** @throws JournalError with one sentence */
function openChecked(path: string, format: AnyFormat): Database {
  let database: Database | undefined;
  try {
    // Opening a pipe would wait forever for its other end.
    if (!statSync(path).isFile()) throw new Error("it is not a regular file");
    makePrivateAgain(path);
    database = openDatabase(path);
    check(database, path, format.version);
    upgrade(database, format);
    return database;
  } catch (error) {
    database?.close();
    if (error instanceof JournalError) throw error;
    throw unusable(path, error, format);
  }
}

function makePrivateAgain(path: string): void {
  try {
    chmodSync(path, 0o600);
  } catch {
    // It belongs to somebody else, or the file system has no permissions.
  }
}

/** @throws JournalError if the file is of a later version, or damaged */
function check(database: Database, path: string, known: number): void {
  const [found] = database.query<{ quick_check: string }, []>("PRAGMA quick_check(1)").all();
  const version = versionOf(database);
  if (version > known) {
    throw new JournalError(
      `The file ${path} is of a later version (${version}; this program knows ${known}). Start that version.`,
    );
  }
  if (found?.quick_check !== "ok" || version < 1) throw damaged();
}

/** Two processes may try at once: the second one finds it done. */
function upgrade(database: Database, { version, upgradeTables }: AnyFormat): void {
  if (versionOf(database) === version) return;
  database
    .transaction(() => {
      const before = versionOf(database);
      if (before === version) return;
      upgradeTables?.(database, before);
      database.run(`PRAGMA user_version = ${version}`);
    })
    .immediate();
}

function versionOf(database: Database): number {
  return database.query<{ user_version: number }, []>("PRAGMA user_version").get()?.user_version ?? 0;
}

function damaged(): Error {
  return Object.assign(new Error("The file is damaged."), { code: "SQLITE_CORRUPT" });
}

function unusable(path: string, error: unknown, format: AnyFormat): JournalError {
  return new JournalError(`The file ${path} cannot be used: ${reasonOf(error, format)}.`, { cause: error });
}

function reasonOf(error: unknown, { words }: AnyFormat): string {
  const code = errorCode(error);
  const isDamaged =
    code === "SQLITE_NOTADB" || code?.startsWith("SQLITE_CORRUPT") === true || error instanceof UnreadableRow;
  return isDamaged
    ? `it is damaged; restore it from a backup, or move it away to begin without ${words.lost}`
    : errorReason(error);
}

function isBusy(error: unknown): boolean {
  return errorCode(error)?.startsWith("SQLITE_BUSY") === true;
}

async function untilFree<T>(attempt: () => T | Promise<T>, patienceMs: number): Promise<T> {
  const until = performance.now() + patienceMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!isBusy(error) || performance.now() > until) throw error;
      await Bun.sleep(RETRY_MS);
    }
  }
}

function inodeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.ino ?? -1;
}

/** Changes whenever another connection has changed the file. */
function dataVersion(database: Database): number {
  return database.query<{ data_version: number }, []>("PRAGMA data_version").get()?.data_version ?? 0;
}
