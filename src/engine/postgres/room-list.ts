/** What the list of rooms tells of rooms, whether or not they are in memory. */
import type { SQL } from "bun";
import { booleanOf, integerOf, rowsOf, textOf } from "./rows.ts";
import { unixMs } from "./time.ts";

/** Whether a room has a history. */
export async function hasMessages(sql: SQL, room: string): Promise<boolean> {
  const [row] = rowsOf(
    await sql`SELECT EXISTS (SELECT 1 FROM chatbox.messages WHERE room = ${room}) AS has_messages`,
  );
  return booleanOf(row?.has_messages);
}

/** How many bytes the whole database takes, with everything else that is in it. */
export async function databaseSize(sql: SQL): Promise<number> {
  const [row] = rowsOf(await sql`SELECT pg_database_size(current_database())::float8 AS size`);
  return integerOf(row?.size);
}

/** How many have a nickname, at any server, in each of these rooms in which anybody has one. */
export async function headcounts(sql: SQL, rooms: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const rows = await sql`
    SELECT room, count(*)::float8 AS people FROM chatbox.nicknames
    WHERE room IN (SELECT json_array_elements_text(${JSON.stringify(rooms)}::text::json))
    GROUP BY room`;
  return new Map(rowsOf(rows).map(({ room, people }) => [textOf(room), integerOf(people)]));
}

/** See `Engine.countsAfter`. */
export async function countsAfter(
  sql: SQL,
  ids: ReadonlyMap<string, number>,
  most: number,
): Promise<ReadonlyMap<string, number>> {
  const wanted = Array.from(ids, ([room, id]) => ({ room, id }));
  const rows = await sql`
    SELECT wanted.room, (
      SELECT count(*)::float8 FROM (
        SELECT 1 FROM chatbox.messages
        WHERE messages.room = wanted.room AND messages.id > wanted.id AND NOT is_deleted
        ORDER BY messages.id DESC LIMIT ${most}::bigint
      ) AS newer
    ) AS messages
    FROM json_to_recordset(${JSON.stringify(wanted)}::text::json) AS wanted (room text, id bigint)`;
  return new Map(rowsOf(rows).map(({ room, messages }) => [textOf(room), integerOf(messages)]));
}

/** The id of the newest message of each of these rooms that has one. */
export async function newestIds(sql: SQL, rooms: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const rows = await sql`
    SELECT wanted.room, newest.id::float8 AS id
    FROM json_array_elements_text(${JSON.stringify(rooms)}::text::json) AS wanted (room),
      LATERAL (SELECT id FROM chatbox.messages WHERE room = wanted.room ORDER BY id DESC LIMIT 1) AS newest`;
  return new Map(rowsOf(rows).map(({ room, id }) => [textOf(room), integerOf(id)]));
}

/** See `Engine.storedAt`. */
export async function storedAt(sql: SQL): Promise<ReadonlyMap<string, number>> {
  const newest = sql`greatest(
    (SELECT sent_at FROM chatbox.messages WHERE room = rooms.name ORDER BY id DESC LIMIT 1),
    (SELECT sent_at FROM chatbox.changes WHERE room = rooms.name ORDER BY id DESC LIMIT 1))`;
  const rows = await sql`
    SELECT name, ${unixMs(sql, sql`newest`)} AS moment
    FROM (SELECT name, ${newest} AS newest FROM chatbox.rooms) AS ends WHERE newest IS NOT NULL`;
  return new Map(rowsOf(rows).map(({ name, moment }) => [textOf(name), integerOf(moment)]));
}
