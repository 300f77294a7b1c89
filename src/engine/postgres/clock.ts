import type { SQL } from "bun";
import { ClockWatch } from "../clock-watch.ts";
import type { Database } from "./database.ts";
import { integerOf, type Row, rowsOf } from "./rows.ts";
import { timestampOf, unixMs } from "./time.ts";

const LOOK_TIMEOUT_MS = 4_000;

/**
 * The clock of the database, which says how old messages are. Each server watches it, and notes in the database what it has
 * seen, for all of them.
 */
export class DatabaseClock {
  readonly #database: Database;
  #watch: ClockWatch | null = null;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Looks at the clock. Should be called now and then. Rejects if the database fails. @returns how far it is believed */
  look(): Promise<ClockWatch> {
    return this.#database.query(LOOK_TIMEOUT_MS, async (sql) => {
      const [row] = rowsOf(await read(sql));
      const now = integerOf(row?.now);
      const uptimeMs = performance.now();
      if (this.#watch === null) this.#watch = new ClockWatch(noteOf(row), now, uptimeMs);
      else this.#watch.look(now, uptimeMs);
      const { seenAt, heldMs } = this.#watch.note;
      await sql`
        INSERT INTO chatbox.clock (id, seen_at, held_ms)
        VALUES (1, ${timestampOf(sql, seenAt)}, ${heldMs}::bigint)
        ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at, held_ms = excluded.held_ms`;
      return this.#watch;
    });
  }
}

/** The time, and what was noted of it. Without a note, the time of the newest message is taken for what was noted. */
function read(sql: SQL): Promise<unknown> {
  return sql`
    WITH note AS (SELECT seen_at, held_ms FROM chatbox.clock), newest AS (
      SELECT max(sent_at) AS sent_at FROM chatbox.rooms CROSS JOIN LATERAL (
        SELECT sent_at FROM chatbox.messages WHERE room = rooms.name ORDER BY id DESC LIMIT 1
      ) AS newest_of_room
      WHERE NOT EXISTS (SELECT 1 FROM note)
    )
    SELECT ${unixMs(sql, sql`clock_timestamp()`)} AS now,
      ${unixMs(sql, sql`coalesce((SELECT seen_at FROM note), (SELECT sent_at FROM newest))`)} AS seen_at,
      coalesce((SELECT held_ms FROM note), 0)::float8 AS held_ms`;
}

function noteOf(row: Row | undefined) {
  if (row === undefined || row.seen_at === null) return null;
  return { seenAt: integerOf(row.seen_at), heldMs: integerOf(row.held_ms) };
}
