import { Database } from "bun:sqlite";
import { chmodSync, renameSync, rmSync, statSync } from "node:fs";
import { REMEMBERED_MS } from "../../protocol/limits.ts";
import type { Session } from "../../room/operation.ts";
import type { ClockNote } from "../clock-watch.ts";
import type { FinalDecision } from "../outcome.ts";
import { makePrivateFile } from "./disk-file.ts";
import { errorCode, errorReason } from "./fault.ts";
import { realFile } from "./real-file.ts";

/** How often the server notes that it is alive. */
const ALIVE_EVERY_MS = 15_000;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS sessions (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    room TEXT NOT NULL,
    proof TEXT NOT NULL,
    person TEXT NOT NULL,
    name TEXT NOT NULL,
    ended_at INTEGER,
    UNIQUE (room, proof)
  );
  CREATE TABLE IF NOT EXISTS server (alive_at INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS clock (seen_at INTEGER NOT NULL, held_ms INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS last_ids (room TEXT PRIMARY KEY, id INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS last_messages (room TEXT PRIMARY KEY, id INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS emptied (room TEXT PRIMARY KEY, id INTEGER NOT NULL) WITHOUT ROWID;
`;

/**
 * A session as it is stored. `endedAt` is when it ended or was replaced, in Unix milliseconds; null while it is valid.
 */
export interface StoredSession {
  readonly name: string;
  readonly session: Session;
  readonly endedAt: number | null;
}

interface Row {
  name: string;
  proof: string;
  person: string;
  ended_at: number | null;
}

/** A row with its room. */
type WholeRow = Row & { room: string };

/** How a store reports what goes wrong. */
export interface SessionEvents {
  /** Something that an operator should know. */
  notice(sentence: string): void;
  /** Something could not be written. It is written later, if that becomes possible. */
  failed(): void;
}

/**
 * What a server needs to know after a restart: the sessions that can be resumed, the last ids, and the time on the
 * clock. This is an SQLite file beside the history, readable only by its owner. It contains no secrets. It is not
 * synced: it survives any end of the process, and a crash of the machine loses nothing but nicknames.
 *
 * While the file cannot be used, for example because the disk is full, the same data is kept in memory.
 */
export class SessionStore {
  readonly #path: string;
  readonly #now: () => number;
  readonly #events: SessionEvents;
  readonly #timer: Timer;
  #database: Database;
  #isInMemory = false;
  /** The sessions in the file have expired because the server was off for long, and could not be deleted yet. */
  #isStale = false;
  /** When the server last noted that it is alive, before this start; null if that is not known. Unix ms. */
  readonly lastAliveAt: number | null;
  /** What was noted about the clock before this start. */
  readonly clock: ClockNote | null;
  /** Rooms with changes that could not be noted. */
  readonly #behind = new Set<string>();

  /**
   * @param dataFile the main room's history; the sessions are in `{dataFile}.sessions`
   * @param now Unix milliseconds
   * @param notice receives what an operator should know, for example that sessions end with the process
   * @param failed is called when something could not be written
   */
  constructor(
    dataFile: string,
    now: () => number,
    notice: (sentence: string) => void,
    failed: () => void = () => {},
  ) {
    this.#path = `${realFile(dataFile)}.sessions`;
    this.#now = now;
    this.#events = { notice, failed };
    this.#database = this.#openOrDoWithout();
    const aliveAt = this.#aliveAt;
    this.lastAliveAt = aliveAt;
    this.#isStale = aliveAt !== null && now() - aliveAt > REMEMBERED_MS;
    this.clock = this.#storedClock ?? (aliveAt === null ? null : { seenAt: aliveAt, heldMs: 0 });
    this.#markAlive();
    this.#timer = setInterval(() => this.#tend(), ALIVE_EVERY_MS);
    this.#timer.unref();
  }

  /** The rooms that have members. */
  heldRooms(): string[] {
    if (this.#isStale) return [];
    return this.#database
      .query<{ room: string }, []>("SELECT DISTINCT room FROM sessions WHERE ended_at IS NULL")
      .all()
      .map(({ room }) => room);
  }

  /**
   * The sessions of a room: those that have ended in the order of their ends, the others in the order of the roster.
   */
  load(room: string): StoredSession[] {
    if (this.#isStale) return [];
    const since = this.#now() - REMEMBERED_MS;
    return this.#database
      .query<Row, [string, number]>(
        `SELECT name, proof, person, ended_at FROM sessions
         WHERE room = ? AND (ended_at IS NULL OR ended_at > ?) ORDER BY ended_at, place`,
      )
      .all(room, since)
      .map(({ name, proof, person, ended_at }) => ({
        name,
        session: { hash: proof, identity: person },
        endedAt: ended_at,
      }));
  }

  /**
   * Notes what a batch has changed. Must be called before the batch is delivered.
   *
   * @param whole the room's sessions after the batch, needed if an earlier batch could not be noted
   * @throws the store's error; the next batch notes what could not be noted now
   */
  note(
    room: string,
    decisions: readonly FinalDecision[],
    whole: () => Iterable<{ name: string; session: Session }>,
  ): void {
    const changes = decisions.filter(hasSession);
    if (changes.length === 0 && !this.#behind.has(room)) return;
    try {
      this.#write(() => {
        for (const change of changes) this.#apply(room, change);
        if (this.#behind.has(room)) this.#replace(room, whole());
      });
      this.#behind.delete(room);
    } catch (error) {
      this.#behind.add(room);
      this.#events.failed();
      throw error;
    }
  }

  /** The highest id that was noted for a room, 0 if none was. The history file may contain a higher one. */
  lastId(room: string): number {
    return this.#noted("last_ids", room);
  }

  /** Notes the last id of a room, in case an operator removes the newest messages from the file. */
  noteLastId(room: string, id: number): void {
    this.#note("last_ids", room, id);
  }

  /** The id of the newest message that was noted for a room, 0 if none was. The history file may contain a newer one. */
  newestMessage(room: string): number {
    return this.#noted("last_messages", room);
  }

  noteNewestMessage(room: string, id: number): void {
    this.#note("last_messages", room, id);
  }

  /** The last id of a room when its history was found empty, 0 if it never was. */
  emptiedTo(room: string): number {
    return this.#noted("emptied", room);
  }

  /** Notes that a room's history was found empty, because an operator has deleted it. @param id its last id */
  noteEmptied(room: string, id: number): void {
    this.#note("emptied", room, id);
  }

  #noted(table: IdTable, room: string): number {
    const query = this.#database.query<{ id: number }, [string]>(`SELECT id FROM ${table} WHERE room = ?`);
    return query.get(room)?.id ?? 0;
  }

  #note(table: IdTable, room: string, id: number): void {
    this.#try(() => {
      if (id <= this.#noted(table, room)) return;
      this.#database.query(`INSERT OR REPLACE INTO ${table} (room, id) VALUES (?, ?)`).run(room, id);
    });
  }

  noteClock({ seenAt, heldMs }: ClockNote): void {
    this.#try(() => {
      this.#database.run("DELETE FROM clock");
      this.#database.query("INSERT INTO clock (seen_at, held_ms) VALUES (?, ?)").run(seenAt, heldMs);
    });
  }

  close(): void {
    clearInterval(this.#timer);
    this.#markAlive();
    this.#database.close();
  }

  get #aliveAt(): number | null {
    const row = this.#database.query<{ alive_at: number }, []>("SELECT alive_at FROM server").get();
    return row?.alive_at ?? null;
  }

  get #storedClock(): ClockNote | null {
    const query = this.#database.query<{ seen_at: number; held_ms: number }, []>(
      "SELECT seen_at, held_ms FROM clock",
    );
    const row = query.get();
    return row && { seenAt: row.seen_at, heldMs: row.held_ms };
  }

  #apply(room: string, change: SessionChange): void {
    // TypeScript does not see that the rule and the change are of one kind.
    const apply = APPLY[change.kind] as ApplyRule<SessionChange["kind"]>;
    apply(this.#database, room, change as never);
  }

  #replace(room: string, held: Iterable<{ name: string; session: Session }>): void {
    this.#database.query("DELETE FROM sessions WHERE room = ? AND ended_at IS NULL").run(room);
    const insert = this.#database.query(
      "INSERT OR REPLACE INTO sessions (room, proof, person, name) VALUES (?, ?, ?, ?)",
    );
    for (const { name, session } of held) insert.run(room, session.hash, session.identity, name);
  }

  /** Changes the store in one transaction. A server that was off for long begins with empty rooms. */
  #write(change: () => void): void {
    this.#database.transaction(() => {
      if (this.#isStale) this.#database.run("DELETE FROM sessions");
      change();
    })();
    this.#isStale = false;
  }

  #try(change: () => void): void {
    try {
      this.#write(change);
    } catch {
      this.#events.failed();
    }
  }

  #markAlive(): void {
    const now = this.#now();
    this.#try(() => {
      this.#database.run("DELETE FROM server");
      this.#database.query("INSERT INTO server VALUES (?)").run(now);
      this.#database.query("DELETE FROM sessions WHERE ended_at <= ?").run(now - REMEMBERED_MS);
    });
  }

  #tend(): void {
    if (this.#isInMemory) this.#moveToFile();
    this.#markAlive();
  }

  #openOrDoWithout(): Database {
    try {
      return openOrReplace(this.#path, this.#events.notice);
    } catch (error) {
      this.#events.notice(
        `The sessions file ${this.#path} cannot be used (${errorReason(error)}): sessions end when the server ends.`,
      );
      this.#events.failed();
      this.#isInMemory = true;
      const database = new Database(":memory:");
      database.run(SCHEMA);
      return database;
    }
  }

  /** Moves the data from memory into the file, if the file can be used now. */
  #moveToFile(): void {
    let file: Database | undefined;
    try {
      file = openOrReplace(this.#path, this.#events.notice);
      copyInto(file, this.#database);
    } catch {
      file?.close();
      return;
    }
    this.#database.close();
    this.#database = file;
    this.#isInMemory = false;
    this.#events.notice(`The sessions file ${this.#path} can be used again.`);
  }
}

/** Tables with one id for each room. */
const ID_TABLES = ["last_ids", "last_messages", "emptied"] as const;
type IdTable = (typeof ID_TABLES)[number];

/** Any decision that changes a session. */
type SessionChange = Extract<FinalDecision, { readonly session: Session | null }> & {
  readonly session: Session;
};

type ApplyRule<K extends SessionChange["kind"]> = (
  database: Database,
  room: string,
  change: Extract<SessionChange, { kind: K }>,
) => void;

/** How each kind of change updates the stored sessions. */
const APPLY: { readonly [K in SessionChange["kind"]]: ApplyRule<K> } = {
  registered: (database, room, { session, name }) => {
    database
      .query("INSERT INTO sessions (room, proof, person, name) VALUES (?, ?, ?, ?)")
      .run(room, session.hash, session.identity, name);
  },
  renamed: (database, room, { session, name }) => {
    database.query("UPDATE sessions SET name = ? WHERE room = ? AND proof = ?").run(name, room, session.hash);
  },
  resumed: (database, room, { session, oldHash, name, time }) => {
    database
      .query("UPDATE sessions SET proof = ? WHERE room = ? AND proof = ?")
      .run(session.hash, room, oldHash);
    database
      .query("INSERT INTO sessions (room, proof, person, name, ended_at) VALUES (?, ?, ?, ?, ?)")
      .run(room, oldHash, session.identity, name, time);
  },
  left: (database, room, { session, time }) => {
    database
      .query("UPDATE sessions SET ended_at = ? WHERE room = ? AND proof = ?")
      .run(time, room, session.hash);
  },
};

function hasSession(decision: FinalDecision): decision is SessionChange {
  return "session" in decision && decision.session !== null;
}

/** Replaces the sessions in a file by those of another store. */
function copyInto(file: Database, store: Database): void {
  const sessions = store.query<WholeRow, []>("SELECT * FROM sessions ORDER BY place").all();
  const ids = ID_TABLES.map((table) => ({
    table,
    rows: store.query<{ room: string; id: number }, []>(`SELECT room, id FROM ${table}`).all(),
  }));
  file.transaction(() => {
    file.run("DELETE FROM sessions");
    const insert = file.query(
      "INSERT INTO sessions (room, proof, person, name, ended_at) VALUES (?, ?, ?, ?, ?)",
    );
    for (const { room, proof, person, name, ended_at } of sessions)
      insert.run(room, proof, person, name, ended_at);
    for (const { table, rows } of ids) {
      const raise = file.query(
        `INSERT INTO ${table} (room, id) VALUES (?, ?) ON CONFLICT DO UPDATE SET id = max(id, excluded.id)`,
      );
      for (const { room, id } of rows) raise.run(room, id);
    }
  })();
}

/** @throws if the file cannot be used */
function openOrReplace(path: string, notice: (sentence: string) => void): Database {
  try {
    return open(path);
  } catch (error) {
    const code = errorCode(error);
    if (code !== "SQLITE_NOTADB" && code !== "SQLITE_CORRUPT") throw error;
    renameSync(path, `${path}.damaged`);
    for (const suffix of ["-wal", "-shm"]) rmSync(`${path}${suffix}`, { force: true });
    notice(
      `The sessions file ${path} was damaged and is kept as ${path}.damaged; earlier sessions cannot be resumed.`,
    );
    return open(path);
  }
}

function open(path: string): Database {
  makePrivateFile(path);
  // Opening a pipe would wait forever for its other end.
  if (!statSync(path).isFile()) throw new Error("it is not a regular file");
  chmodSync(path, 0o600);
  const database = new Database(path, { readwrite: true });
  try {
    // With an exclusive lock, the write-ahead log needs no shared-memory file.
    database.run("PRAGMA locking_mode = EXCLUSIVE");
    database.run("PRAGMA journal_mode = WAL");
    // Syncs would hold up all rooms, and if the disk hangs, even the end of the process.
    database.run("PRAGMA synchronous = OFF");
    check(database);
    database.run(SCHEMA);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** The file is not synced, so a crash of the machine may have damaged it. */
function check(database: Database): void {
  const found = database.query<{ quick_check: string }, []>("PRAGMA quick_check(1)").get();
  if (found?.quick_check !== "ok") {
    throw Object.assign(new Error("The sessions file is damaged."), { code: "SQLITE_CORRUPT" });
  }
}
