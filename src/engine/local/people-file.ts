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
import { OneAtATime } from "../one-at-a-time.ts";
import type { PeopleLimits } from "../people.ts";
import type { PeopleDecision } from "../people-rules.ts";
import { type NicknameUse, type PeopleCopy, type PeopleReading, PeopleView } from "../people-view.ts";
import { newSecret, PersonIds } from "../person-ids.ts";
import { type PeopleStore, StoredPeople } from "../stored-people.ts";
import { makePrivateFile } from "./disk-file.ts";
import { errorCode, errorReason, JournalError } from "./fault.ts";
import { lockFile } from "./lock.ts";
import {
  applyAll,
  fillTables,
  makeTables,
  noteAll,
  readSince,
  secretOf,
  stateOf,
  Unreadable,
  VERSION,
} from "./people-tables.ts";
import { realFile } from "./real-file.ts";

/** How often the file is looked at for changes that others have made. */
const LOOK_EVERY_MS = 500;
/** How long a change waits while somebody else writes, if nothing else is said, and how often it tries. */
const PATIENCE_MS = 5_000;
const RETRY_MS = 5;
export interface PeopleFileOptions {
  /** The main room's history; the people are in `{dataFile}.people`. */
  readonly dataFile: string;
  readonly limits: PeopleLimits;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Receives what an operator should know. */
  readonly notice: (sentence: string) => void;
  /** How long a change waits while somebody else writes. Default: {@link PATIENCE_MS}. */
  readonly patienceMs?: number;
}

/**
 * Opens the people of a history for its server, which holds the lock of the history; creates the file if there is none. If
 * it cannot be created, for example because the disk is full, nothing can be granted or reserved until it can, and the ids
 * that people have until then are kept when the file is created.
 *
 * @throws JournalError if there is a file that cannot be used: who owns the chat, and whom it has turned away, is not guessed
 */
export function openPeopleFile(options: PeopleFileOptions): StoredPeople {
  const path = pathOf(options.dataFile);
  const file = existsSync(path) ? null : createOrDoWithout(path, options.notice);
  return peopleOf(options, new PeopleFile(path, file ?? openChecked(path), options));
}

/**
 * Opens the people of a history for a command, whether or not a server runs.
 *
 * @throws JournalError if there is no such history, or its people cannot be used
 */
export function openPeopleFileBeside(options: PeopleFileOptions): StoredPeople {
  const { dataFile } = options;
  if (!existsSync(dataFile)) throw new JournalError(`There is no history file ${dataFile}.`);
  const path = pathOf(dataFile);
  if (!existsSync(path)) createAlone(dataFile, path);
  return peopleOf(options, new PeopleFile(path, openChecked(path), options));
}

/**
 * Everything about the people of a history, whether or not a server runs; null if there is no file.
 *
 * @throws JournalError if the file cannot be used
 */
export function readPeopleFile(dataFile: string): PeopleCopy | null {
  const path = pathOf(dataFile);
  if (!existsSync(path)) return null;
  const database = openChecked(path);
  try {
    return database.transaction(() => ({
      secret: secretOf(database),
      reading: readSince(database, -1),
    }))();
  } catch (error) {
    throw new JournalError(`The file ${path} cannot be used: ${reasonOf(error)}.`, { cause: error });
  } finally {
    database.close();
  }
}

/**
 * Writes the file of a history, instead of the one that is there. No server may run.
 *
 * @throws JournalError if it cannot be written; then the one that is there stays
 */
export function writePeopleFile(dataFile: string, copy: PeopleCopy): void {
  const path = pathOf(dataFile);
  try {
    create(path, copy.secret, (database) => fillTables(database, copy.reading));
  } catch (error) {
    throw new JournalError(`The file ${path} cannot be written: ${errorReason(error)}.`, { cause: error });
  }
}

function pathOf(dataFile: string): string {
  return `${realFile(dataFile)}.people`;
}

function peopleOf({ limits, now }: PeopleFileOptions, store: PeopleFile): StoredPeople {
  return new StoredPeople({ store, view: store.view, ids: new PersonIds(store.secret), limits, now });
}

/** A running server without the file may have ids of its own in memory: then only the server may create it. */
function createAlone(dataFile: string, path: string): void {
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
    if (!existsSync(path)) create(path, newSecret());
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

/** A chat whose file could not be created: its secret, until it can be. */
interface Unwritten {
  readonly secret: Uint8Array<ArrayBuffer>;
}

function createOrDoWithout(path: string, notice: (sentence: string) => void): Unwritten | null {
  const secret = newSecret();
  try {
    create(path, secret);
    return null;
  } catch (error) {
    notice(
      `The file ${path} cannot be created (${errorReason(error)}): until it can, nobody can be given a role or reserve a nickname.`,
    );
    return { secret };
  }
}

/**
 * Creates the file, whole or not at all: one that is found empty or half is damaged.
 */
function create(
  path: string,
  secret: Uint8Array<ArrayBuffer>,
  fill: (database: Database) => void = () => {},
): void {
  const draft = `${path}.new`;
  for (const left of [draft, `${draft}-journal`]) rmSync(left, { force: true });
  try {
    makePrivateFile(draft);
    const database = openDatabase(draft);
    try {
      database.transaction(() => {
        makeTables(database, secret);
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
    // Only for the start: while the server runs nothing waits on this thread.
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
function openChecked(path: string): Database {
  let database: Database | undefined;
  try {
    // Opening a pipe would wait forever for its other end.
    if (!statSync(path).isFile()) throw new Error("it is not a regular file");
    makePrivateAgain(path);
    database = openDatabase(path);
    check(database, path);
    database.run("PRAGMA busy_timeout = 0");
    return database;
  } catch (error) {
    database?.close();
    if (error instanceof JournalError) throw error;
    throw new JournalError(`The file ${path} cannot be used: ${reasonOf(error)}.`, { cause: error });
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
function check(database: Database, path: string): void {
  const [found] = database.query<{ quick_check: string }, []>("PRAGMA quick_check(1)").all();
  const version =
    database.query<{ user_version: number }, []>("PRAGMA user_version").get()?.user_version ?? 0;
  if (version > VERSION) {
    throw new JournalError(
      `The file ${path} is of a later version (${version}; this program knows ${VERSION}). Start that version.`,
    );
  }
  if (found?.quick_check !== "ok" || version < VERSION) throw damaged();
}

function damaged(): Error {
  return Object.assign(new Error("The file is damaged."), { code: "SQLITE_CORRUPT" });
}

function reasonOf(error: unknown): string {
  const code = errorCode(error);
  const isDamaged =
    code === "SQLITE_NOTADB" || code?.startsWith("SQLITE_CORRUPT") === true || error instanceof Unreadable;
  return isDamaged
    ? "it is damaged; restore it from a backup, or move it away to begin without owners, roles and reserved nicknames"
    : errorReason(error);
}

/** The people of a chat in an SQLite file, which commands may change while the server runs. */
class PeopleFile implements PeopleStore {
  readonly view = new PeopleView();
  readonly secret: Uint8Array<ArrayBuffer>;
  readonly #path: string;
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

  /** @throws JournalError if what is in the file makes no sense */
  constructor(
    path: string,
    file: Database | Unwritten,
    { notice, patienceMs = PATIENCE_MS }: PeopleFileOptions,
  ) {
    this.#path = path;
    this.#notice = notice;
    this.#patienceMs = patienceMs;
    if (file instanceof Database) {
      this.#database = file;
      this.secret = this.#firstReading(file);
    } else {
      this.#database = null;
      this.secret = file.secret;
    }
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  change<T>(decide: () => PeopleDecision<T>): Promise<T> {
    return this.#write((database) => {
      this.#catchUp(database);
      const { changes, result } = decide();
      if (changes.length === 0) return { result, reading: null };
      const revision = this.view.state.revision + 1;
      applyAll(database, changes, revision);
      return { result, reading: readSince(database, this.view.state.revision) };
    });
  }

  async note(uses: readonly NicknameUse[], forgetBefore: number): Promise<void> {
    await this.#write((database) => {
      noteAll(database, uses, forgetBefore);
      return { result: undefined, reading: null };
    });
  }

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
  #write<T>(work: (database: Database) => { result: T; reading: PeopleReading | null }): Promise<T> {
    return this.#turns.run(async () => {
      const database = this.#usable();
      this.#isChanging = true;
      try {
        await untilFree(() => database.run("BEGIN IMMEDIATE"), this.#patienceMs);
        const { result, reading } = work(database);
        await untilFree(() => database.run("COMMIT"), this.#patienceMs);
        if (reading !== null) this.view.apply(reading);
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
    if (this.#isClosed) throw new Error("the server is ending");
    if (this.#database === null) this.#createLate();
    if (this.#database === null) throw new Error(`the file ${this.#path} cannot be created`);
    if (this.#isReplaced) throw new Error(`the file ${this.#path} was replaced while the server was running`);
    return this.#database;
  }

  /** Whether there is another file now, or none. What was written to the one that is open would be lost. */
  get #isReplaced(): boolean {
    return inodeOf(this.#path) !== this.#inode;
  }

  #firstReading(database: Database): Uint8Array<ArrayBuffer> {
    try {
      this.#inode = inodeOf(this.#path);
      this.#seenVersion = dataVersion(database);
      const { reading, secret } = database.transaction(() => ({
        reading: readSince(database, -1),
        secret: secretOf(database),
      }))();
      this.view.apply(reading);
      return secret;
    } catch (error) {
      database.close();
      throw new JournalError(`The file ${this.#path} cannot be used: ${reasonOf(error)}.`, { cause: error });
    }
  }

  /** Looks whether somebody else has changed the file. */
  #look(): void {
    if (this.#isChanging) return;
    try {
      if (this.#database === null) this.#createLate();
      const database = this.#database;
      if (database === null) return;
      if (this.#isReplaced) {
        if (!this.#isFaulty) {
          this.#notice(
            `The file ${this.#path} was replaced or deleted: until the server is started again, roles and reserved nicknames stay as they were.`,
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
      this.#notice(`The file ${this.#path} cannot be read (${reasonOf(error)}): roles stay as they were.`);
    }
  }

  #catchUp(database: Database): void {
    const { revision } = this.view.state;
    if (stateOf(database).revision !== revision) this.view.apply(readSince(database, revision));
  }

  /** Creates the file that could not be created at the start, with the secret that was used since. */
  #createLate(): void {
    if (existsSync(this.#path)) return;
    try {
      create(this.#path, this.secret);
      const database = openChecked(this.#path);
      this.#firstReading(database);
      this.#database = database;
      this.#notice(`The file ${this.#path} could be created.`);
    } catch {
      // The disk is still full.
    }
  }
}

function isBusy(error: unknown): boolean {
  return errorCode(error)?.startsWith("SQLITE_BUSY") === true;
}

async function untilFree(attempt: () => void, patienceMs: number): Promise<void> {
  const until = performance.now() + patienceMs;
  for (;;) {
    try {
      attempt();
      return;
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
