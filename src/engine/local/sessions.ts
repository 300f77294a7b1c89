import { Database } from "bun:sqlite";
import { chmodSync, renameSync, rmSync, statSync } from "node:fs";
import { REMEMBERED_MS } from "../../protocol/limits.ts";
import type { Session } from "../../room/operation.ts";
import type { ClockNote } from "../clock-watch.ts";
import type { Standing } from "../outcome.ts";
import { makePrivateFile } from "./disk-file.ts";
import { errorCode, errorReason } from "./fault.ts";
import { realFile } from "./real-file.ts";

/** How often it is noted that the server lives. */
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
  CREATE TABLE IF NOT EXISTS emptied (room TEXT PRIMARY KEY, id INTEGER NOT NULL) WITHOUT ROWID;
`;

/** A session as it is stored. `endedAt`, when it was over or void, is in Unix milliseconds; null while it holds. */
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

/** Whom a store tells of what goes wrong. */
export interface SessionEvents {
  /** What an operator should know. */
  notice(sentence: string): void;
  /** Something could not be written; what could not is written later, if it can be. */
  failed(): void;
}

/**
 * What a server wants to know after a restart: who can resume what, how far ids went, what the clock said. It is an SQLite
 * file beside the history, which only its owner may read. It has no secret in it. It is not synced: it outlives the
 * process, however that ends, and a crash of the machine takes no more than nicknames with it.
 *
 * Where the file cannot be used, as on a full disk, the same is in memory, until it can.
 */
export class SessionStore {
  readonly #path: string;
  readonly #now: () => number;
  readonly #events: SessionEvents;
  readonly #timer: Timer;
  #database: Database;
  #isInMemory = false;
  /** What is in the file is of a server that was away for long, and could not be deleted yet. */
  #isStale = false;
  /** What the clock said before. */
  readonly clock: ClockNote | null;
  /** Rooms of which not all could be noted. */
  readonly #behind = new Set<string>();

  /**
   * @param dataFile the main room's history; the sessions lie in `{dataFile}.sessions`
   * @param now Unix milliseconds
   * @param notice is told what an operator should know: where the file cannot be used, sessions end with the process
   * @param failed is told that something could not be written
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
    this.#isStale = aliveAt !== null && now() - aliveAt > REMEMBERED_MS;
    this.clock = this.#storedClock ?? (aliveAt === null ? null : { seenAt: aliveAt, heldMs: 0 });
    this.#markAlive();
    this.#timer = setInterval(() => this.#tend(), ALIVE_EVERY_MS);
    this.#timer.unref();
  }

  /** Rooms in which somebody has a nickname. */
  heldRooms(): string[] {
    if (this.#isStale) return [];
    return this.#database
      .query<{ room: string }, []>("SELECT DISTINCT room FROM sessions WHERE ended_at IS NULL")
      .all()
      .map(({ room }) => room);
  }

  /** The sessions of a room, those that are over in the order of their ends, the others in the roster's. */
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
   * Notes what a batch has changed. To be called before the batch is told.
   *
   * @param whole the room's sessions after it, for when an earlier batch could not be noted
   * @throws the store's error; what could not be noted is with the next batch
   */
  note(
    room: string,
    decisions: readonly Standing[],
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

  /** The highest id that was noted for a room, 0 for none. The file of the history may know a higher one. */
  lastId(room: string): number {
    return this.#noted("last_ids", room);
  }

  /** Notes that ids of a room went so far: an operator may take the newest messages out of the file. */
  noteLastId(room: string, id: number): void {
    this.#note("last_ids", room, id);
  }

  /** How far the ids of a room went when its history was found empty, 0 when it never was. */
  emptiedTo(room: string): number {
    return this.#noted("emptied", room);
  }

  /** Notes that a room's history is empty, whose ids went so far: an operator has deleted it. */
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

  /** Changes the store, all or nothing. A server that was away for long begins with nobody in its rooms. */
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
        `The file of sessions ${this.#path} cannot be used (${errorReason(error)}): sessions end with the server.`,
      );
      this.#events.failed();
      this.#isInMemory = true;
      const database = new Database(":memory:");
      database.run(SCHEMA);
      return database;
    }
  }

  /** Goes on in the file, if it can be used now. */
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
    this.#events.notice(`The file of sessions ${this.#path} can be used again.`);
  }
}

/** Tables of which each room has one id. */
const ID_TABLES = ["last_ids", "emptied"] as const;
type IdTable = (typeof ID_TABLES)[number];

/** Any decision with a session, of somebody who has one. */
type SessionChange = Extract<Standing, { readonly session: Session | null }> & { readonly session: Session };

type ApplyRule<K extends SessionChange["kind"]> = (
  database: Database,
  room: string,
  change: Extract<SessionChange, { kind: K }>,
) => void;

/** What each kind of change makes of the stored sessions. */
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

function hasSession(decision: Standing): decision is SessionChange {
  return "session" in decision && decision.session !== null;
}

/** Has a file hold the sessions of another store, and none of those that were in it. */
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

/** @throws when the file cannot be used */
function openOrReplace(path: string, notice: (sentence: string) => void): Database {
  try {
    return open(path);
  } catch (error) {
    const code = errorCode(error);
    if (code !== "SQLITE_NOTADB" && code !== "SQLITE_CORRUPT") throw error;
    renameSync(path, `${path}.damaged`);
    for (const suffix of ["-wal", "-shm"]) rmSync(`${path}${suffix}`, { force: true });
    notice(`The file of sessions ${path} was damaged and is kept as ${path}.damaged; nobody can resume.`);
    return open(path);
  }
}

function open(path: string): Database {
  makePrivateFile(path);
  // Opening a pipe would wait for its other end for ever.
  if (!statSync(path).isFile()) throw new Error("it is no regular file");
  chmodSync(path, 0o600);
  const database = new Database(path, { readwrite: true });
  try {
    // With an exclusive lock the write-ahead log needs no shared memory file.
    database.run("PRAGMA locking_mode = EXCLUSIVE");
    database.run("PRAGMA journal_mode = WAL");
    // A sync would hold up everybody, and with a disk that hangs even the end of the process.
    database.run("PRAGMA synchronous = OFF");
    check(database);
    database.run(SCHEMA);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** A crash of the machine may have left anything in a file that is not synced. */
function check(database: Database): void {
  const found = database.query<{ quick_check: string }, []>("PRAGMA quick_check(1)").get();
  if (found?.quick_check !== "ok") {
    throw Object.assign(new Error("The file of sessions is damaged."), { code: "SQLITE_CORRUPT" });
  }
}
