/** How far rooms have come, and their locks. */
import type { SQL } from "bun";
import { MAX_ID } from "../record.ts";
import { type KeptEvents, keptOf, newestColumns, newestJoins } from "./message-table.ts";
import { booleanOf, integerOf, type Row, rowsOf, textOrNull } from "./rows.ts";

/** How far a room has come, and what distinguishes this past from another one of the same length. */
export interface RoomHead {
  readonly position: number;
  readonly lastId: number;
  /** The batch of the newest log entry; null if the log does not reach back to it. */
  readonly batch: string | null;
  /** The newest message or change, null if there is neither. */
  readonly newest: KeptEvents["newest"];
}

/** How far a room has come that this server has locked. */
export interface LockedHead extends Omit<RoomHead, "newest"> {
  /** Whether this server is still one of the servers. */
  readonly isAlive: boolean;
  /** The revision of what moderators had done when the room was locked. */
  readonly moderation: number;
}

/** How far a room has come, at one moment. */
export async function loadHead(sql: SQL, room: string): Promise<RoomHead> {
  return headOf(await headRow(sql, room));
}

/** The row of a room with its newest message, change and log entry. For a room that was never in use all columns are null. */
export async function headRow(sql: SQL, room: string): Promise<Row | undefined> {
  const [row] = rowsOf(
    await sql`
    SELECT rooms.position::float8 AS position, rooms.last_id::float8 AS given_id, last_place::float8 AS last_place,
      emptied_to::float8 AS emptied_to, log.batch,
      EXISTS (
        SELECT 1 FROM chatbox.log WHERE room = wanted.name AND position > coalesce(rooms.position, 0)
      ) AS is_log_ahead,
      ${newestColumns(sql)}
    FROM (SELECT ${room}::text AS name) AS wanted
    LEFT JOIN chatbox.rooms USING (name)
    LEFT JOIN chatbox.log ON log.room = wanted.name AND log.position = rooms.position
    ${newestJoins(sql, MAX_ID)}`,
  );
  return row;
}

export function headOf(row: Row | undefined): RoomHead {
  return {
    position: integerOf(row?.position ?? 0),
    lastId: integerOf(row?.given_id ?? 0),
    batch: textOrNull(row?.batch ?? null),
    newest: keptOf(row).newest,
  };
}

/** Locks a room until the end of the transaction: no other server decides anything in it meanwhile. */
export async function lockRoom(sql: SQL, room: string, server: string): Promise<LockedHead> {
  for (;;) {
    const [rows, moderated] = await Promise.all([
      sql`
        SELECT position::float8 AS position, last_id::float8 AS given_id,
          (SELECT batch FROM chatbox.log WHERE room = rooms.name AND position = rooms.position) AS batch,
          EXISTS (SELECT 1 FROM chatbox.servers WHERE id = ${server}) AS is_alive
        FROM chatbox.rooms WHERE name = ${room} FOR UPDATE`,
      // Sent along, but in a statement of its own: it sees what was committed while the first one waited for the lock.
      sql`SELECT revision::float8 AS revision FROM chatbox.moderation`,
    ]);
    const [row] = rowsOf(rows);
    if (row) {
      const { position, lastId, batch } = headOf(row);
      const moderation = integerOf(rowsOf(moderated)[0]?.revision);
      return { position, lastId, batch, isAlive: booleanOf(row.is_alive), moderation };
    }
    await sql`INSERT INTO chatbox.rooms (name) VALUES (${room}) ON CONFLICT DO NOTHING`;
  }
}
