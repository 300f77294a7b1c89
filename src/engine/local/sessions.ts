import { Database } from "bun:sqlite";
import { closeSync, fchmodSync, openSync, renameSync, rmSync } from "node:fs";
import { REMEMBERED_MS } from "../../protocol/limits.ts";
import type { Decision, Lease } from "../../room/operation.ts";
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
`;

/** A lease as it is stored. `endedAt`, when it was over or void, is in Unix milliseconds; null while it holds. */
export interface StoredSession {
  readonly name: string;
  readonly lease: Lease;
  readonly endedAt: number | null;
}

interface Row {
  name: string;
  proof: string;
  person: string;
  ended_at: number | null;
}

/**
 * Who can resume what, over a restart of the server: an SQLite file beside the history, which only its owner may read.
 * It has no secret in it. It is not synced: it outlives the process, however that ends, and a crash of the machine takes
 * no more than nicknames with it.
 */
export class SessionStore {
  readonly #database: Database;
  readonly #now: () => number;
  readonly #timer: Timer;
  /** Rooms of which not all could be noted. */
  readonly #behind = new Set<string>();

  /**
   * @param dataFile the main room's history; the sessions lie in `{dataFile}.sessions`
   * @param now Unix milliseconds
   * @param notice is told what an operator should know: where the file cannot be used, sessions end with the process
   */
  constructor(dataFile: string, now: () => number, notice: (sentence: string) => void) {
    const path = `${realFile(dataFile)}.sessions`;
    this.#now = now;
    this.#database = openOrReplace(path, notice);
    this.#forgetOld();
    this.#timer = setInterval(() => this.#markAlive(), ALIVE_EVERY_MS);
    this.#timer.unref();
  }

  /** Rooms in which somebody has a nickname. */
  heldRooms(): string[] {
    return this.#database
      .query<{ room: string }, []>("SELECT DISTINCT room FROM sessions WHERE ended_at IS NULL")
      .all()
      .map(({ room }) => room);
  }

  /** The sessions of a room, those that are over in the order of their ends, the others in the roster's. */
  load(room: string): StoredSession[] {
    const since = this.#now() - REMEMBERED_MS;
    return this.#database
      .query<Row, [string, number]>(
        `SELECT name, proof, person, ended_at FROM sessions
         WHERE room = ? AND (ended_at IS NULL OR ended_at > ?) ORDER BY ended_at, place`,
      )
      .all(room, since)
      .map(({ name, proof, person, ended_at }) => ({ name, lease: { proof, person }, endedAt: ended_at }));
  }

  /**
   * Notes what a batch has changed. To be called before the batch is told.
   *
   * @param whole the room's leases after it, for when an earlier batch could not be noted
   * @throws the store's error; what could not be noted is with the next batch
   */
  note(
    room: string,
    decisions: readonly Decision[],
    whole: () => Iterable<{ name: string; lease: Lease }>,
  ): void {
    const changes = decisions.filter(hasLease);
    if (changes.length === 0 && !this.#behind.has(room)) return;
    try {
      this.#database.transaction(() => {
        for (const change of changes) this.#apply(room, change);
        if (this.#behind.has(room)) this.#replace(room, whole());
      })();
      this.#behind.delete(room);
    } catch (error) {
      this.#behind.add(room);
      throw error;
    }
  }

  close(): void {
    clearInterval(this.#timer);
    this.#markAlive();
    this.#database.close();
  }

  #apply(room: string, change: LeaseChange): void {
    const { proof, person } = change.lease;
    switch (change.kind) {
      case "registered":
        this.#database
          .query("INSERT INTO sessions (room, proof, person, name) VALUES (?, ?, ?, ?)")
          .run(room, proof, person, change.name);
        break;
      case "renamed":
        this.#database
          .query("UPDATE sessions SET name = ? WHERE room = ? AND proof = ?")
          .run(change.name, room, proof);
        break;
      case "resumed":
        this.#database
          .query("UPDATE sessions SET proof = ? WHERE room = ? AND proof = ?")
          .run(proof, room, change.oldProof);
        this.#database
          .query("INSERT INTO sessions (room, proof, person, name, ended_at) VALUES (?, ?, ?, ?, ?)")
          .run(room, change.oldProof, person, change.name, change.time);
        break;
      case "left":
        this.#database
          .query("UPDATE sessions SET ended_at = ? WHERE room = ? AND proof = ?")
          .run(change.time, room, proof);
        break;
    }
  }

  #replace(room: string, held: Iterable<{ name: string; lease: Lease }>): void {
    this.#database.query("DELETE FROM sessions WHERE room = ? AND ended_at IS NULL").run(room);
    const insert = this.#database.query(
      "INSERT OR REPLACE INTO sessions (room, proof, person, name) VALUES (?, ?, ?, ?)",
    );
    for (const { name, lease } of held) insert.run(room, lease.proof, lease.person, name);
  }

  /** A server that was away for long begins with nobody in its rooms. */
  #forgetOld(): void {
    const now = this.#now();
    const alive = this.#database.query<{ alive_at: number }, []>("SELECT alive_at FROM server").get();
    const isStale = alive !== null && now - alive.alive_at > REMEMBERED_MS;
    if (isStale) this.#database.run("DELETE FROM sessions");
    this.#database.run("DELETE FROM server");
    this.#database.query("INSERT INTO server VALUES (?)").run(now);
    this.#database.query("DELETE FROM sessions WHERE ended_at <= ?").run(now - REMEMBERED_MS);
  }

  #markAlive(): void {
    const now = this.#now();
    try {
      this.#database.query("UPDATE server SET alive_at = ?").run(now);
      this.#database.query("DELETE FROM sessions WHERE ended_at <= ?").run(now - REMEMBERED_MS);
    } catch {
      // A full disk; whatever is noted next tells the operator.
    }
  }
}

type LeaseChange = Extract<Decision, { kind: "registered" | "renamed" | "resumed" | "left" }> & {
  lease: Lease;
};

function hasLease(decision: Decision): decision is LeaseChange {
  return "lease" in decision && decision.lease !== null;
}

function openOrReplace(path: string, notice: (sentence: string) => void): Database {
  try {
    return open(path);
  } catch (error) {
    const code = errorCode(error);
    if (code === "SQLITE_NOTADB" || code === "SQLITE_CORRUPT") {
      renameSync(path, `${path}.damaged`);
      for (const suffix of ["-wal", "-shm"]) rmSync(`${path}${suffix}`, { force: true });
      notice(`The file of sessions ${path} was damaged and is kept as ${path}.damaged; nobody can resume.`);
      return open(path);
    }
    notice(
      `The file of sessions ${path} cannot be used (${errorReason(error)}): sessions end with the server.`,
    );
    const database = new Database(":memory:");
    database.run(SCHEMA);
    return database;
  }
}

function open(path: string): Database {
  const file = openSync(path, "a", 0o600);
  fchmodSync(file, 0o600);
  closeSync(file);
  const database = new Database(path, { readwrite: true });
  try {
    // With an exclusive lock the write-ahead log needs no shared memory file. In WAL, NORMAL syncs at checkpoints only.
    database.run("PRAGMA locking_mode = EXCLUSIVE");
    database.run("PRAGMA journal_mode = WAL");
    database.run("PRAGMA synchronous = NORMAL");
    database.run(SCHEMA);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}
