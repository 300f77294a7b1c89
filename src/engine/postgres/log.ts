/** Reads the logs of rooms. */
import type { SQL } from "bun";
import { changesOf, type LogEntry, pointedAt } from "./entry.ts";
import { messagesByIds } from "./message-table.ts";
import { integerOf, rowsOf, textOf } from "./rows.ts";

/** The entries of a room's log behind a position, in order. The log has only those of the last minutes. */
export async function entriesAfter(sql: SQL, room: string, position: number): Promise<LogEntry[]> {
  const found = rowsOf(
    await sql`
    SELECT position::float8 AS position, server, batch, entry FROM chatbox.log
    WHERE room = ${room} AND position >= ${position}::bigint ORDER BY position`,
  );
  const batches = new Map(found.map((row) => [integerOf(row.position), textOf(row.batch)]));
  const rows = found.filter((row) => integerOf(row.position) > position);
  const lists = rows.map((row): unknown => JSON.parse(textOf(row.entry)));
  const messages = await messagesByIds(sql, room, lists.flatMap(pointedAt));
  return rows.map((row, at) => ({
    position: integerOf(row.position),
    server: textOf(row.server),
    batch: textOf(row.batch),
    follows: batches.get(integerOf(row.position) - 1) ?? null,
    changes: changesOf(lists[at], messages),
  }));
}
