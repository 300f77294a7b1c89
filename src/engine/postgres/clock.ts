import type { SQL } from "bun";
import { ClockWatch } from "../clock-watch.ts";
import type { Database } from "./database.ts";
import { integerOf, type Row, rowsOf } from "./rows.ts";

const LOOK_TIMEOUT_MS = 4_000;

/** The database's clock, by which messages are old, watched by each server and noted in the database for all of them. */
export class DatabaseClock {
  readonly #database: Database;
  #watch: ClockWatch | null = null;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Looks at the clock. To be called now and then. May reject as the database does. @returns what is believed of it */
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
        VALUES (1, 'epoch'::timestamptz + ${seenAt}::float8 * interval '1 millisecond', ${heldMs}::bigint)
        ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at, held_ms = excluded.held_ms`;
      return this.#watch;
    });
  }
}

/** The time, and what was noted of it; without a note, when somebody last said something. */
function read(sql: SQL): Promise<unknown> {
  return sql`
    WITH note AS (SELECT seen_at, held_ms FROM chatbox.clock), newest AS (
      SELECT max(sent_at) AS sent_at FROM chatbox.rooms CROSS JOIN LATERAL (
        SELECT sent_at FROM chatbox.messages WHERE room = rooms.name ORDER BY id DESC LIMIT 1
      ) AS newest_of_room
      WHERE NOT EXISTS (SELECT 1 FROM note)
    )
    SELECT round(extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now,
      round(extract(epoch FROM coalesce((SELECT seen_at FROM note), (SELECT sent_at FROM newest))) * 1000)::float8 AS seen_at,
      coalesce((SELECT held_ms FROM note), 0)::float8 AS held_ms`;
}

function noteOf(row: Row | undefined) {
  if (row === undefined || row.seen_at === null) return null;
  return { seenAt: integerOf(row.seen_at), heldMs: integerOf(row.held_ms) };
}
