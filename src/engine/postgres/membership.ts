import type { Database } from "./database.ts";
import { CHANNEL, encodeNotification } from "./notification.ts";
import { rowsOf, textOf } from "./rows.ts";
import { ago } from "./time.ts";

/** How often a server says that it is alive, and looks for others that are not. */
export const BEAT_EVERY_MS = 2_500;
/** A server that has been silent for this long is dead. */
export const DEAD_AFTER_MS = 15_000;
const BEAT_TIMEOUT_MS = 4_000;
/** Log entries are kept for this long, for servers that missed a notification. */
const LOG_KEPT = "5 minutes";
const TIDY_EVERY_BEATS = 24;

/**
 * This server as one of the servers of a chat. A server holds nicknames under an id. When it has been silent for
 * {@link DEAD_AFTER_MS} the others remove the id, and from then on nothing can be committed under it.
 */
export class Membership {
  readonly #database: Database;
  #server: string = newId();
  #isMember = false;
  #beats = 0;
  /** Of `performance.now`. */
  #aliveAt = Number.NEGATIVE_INFINITY;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The id under which this server holds nicknames. */
  get server(): string {
    return this.#server;
  }

  get isMember(): boolean {
    return this.#isMember;
  }

  /** The number of the last beat that was sent. */
  get beats(): number {
    return this.#beats;
  }

  /** Whether the other servers may consider this one dead. */
  get isLost(): boolean {
    return this.#isMember && performance.now() - this.#aliveAt > DEAD_AFTER_MS;
  }

  /** Joins the servers, under a new id. */
  async join(): Promise<void> {
    const sentAt = performance.now();
    const server = newId();
    await this.#database.query(
      BEAT_TIMEOUT_MS,
      (sql) => sql`
      INSERT INTO chatbox.servers (id, alive_at) VALUES (${server}, now())`,
    );
    this.#server = server;
    this.#isMember = true;
    this.#aliveAt = sentAt;
  }

  /** Stops being one of the servers: the others have taken over its members. */
  giveUp(): void {
    this.#isMember = false;
  }

  /**
   * Says that this server is alive.
   *
   * @returns false if the other servers consider it dead
   */
  async beat(): Promise<boolean> {
    const sentAt = performance.now();
    const payload = encodeNotification({ kind: "beat", server: this.#server, beat: ++this.#beats });
    const rows = await this.#database.query(
      BEAT_TIMEOUT_MS,
      (sql) => sql`
      WITH alive AS (UPDATE chatbox.servers SET alive_at = now() WHERE id = ${this.#server} RETURNING id)
      SELECT id, pg_notify(${CHANNEL}, ${payload}) FROM alive`,
    );
    if (rowsOf(rows).length === 0) return false;
    this.#aliveAt = sentAt;
    return true;
  }

  /** Declares silent servers dead. @returns the rooms that have members of dead servers */
  async roomsOfDeadServers(): Promise<string[]> {
    const rows = await this.#database.query(BEAT_TIMEOUT_MS, async (sql) => {
      await sql`DELETE FROM chatbox.servers WHERE alive_at < ${ago(sql, DEAD_AFTER_MS)}`;
      if (this.#beats % TIDY_EVERY_BEATS === 0) {
        await sql`DELETE FROM chatbox.log WHERE written_at < now() - ${LOG_KEPT}::interval`;
        await sql`DELETE FROM chatbox.past_sessions WHERE ended_at < now() - interval '20 minutes'`;
      }
      return sql`
        SELECT DISTINCT room FROM chatbox.nicknames
        WHERE server NOT IN (SELECT id FROM chatbox.servers)`;
    });
    return rowsOf(rows).map(({ room }) => textOf(room));
  }

  /** Leaves in good order; the other servers take over its remaining members. */
  async leave(timeoutMs: number): Promise<void> {
    this.#isMember = false;
    await this.#database.query(
      timeoutMs,
      (sql) => sql`
      WITH gone AS (DELETE FROM chatbox.servers WHERE id = ${this.#server})
      SELECT pg_notify(${CHANNEL}, ${encodeNotification({ kind: "gone" })})`,
    );
  }
}

function newId(): string {
  return crypto.randomUUID();
}
