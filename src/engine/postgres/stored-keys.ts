/** The keys of sends and edits, by which a repeat is recognised. They are stored with the messages and the changes. */
import type { SQL } from "bun";
import type { Fragment } from "./database.ts";
import { integerOf, rowsOf, textOf } from "./rows.ts";
import { timestampOf, unixMs } from "./time.ts";

/** A key, and the message or the edit that was sent with it. */
export interface StoredKey {
  readonly digest: string;
  readonly id: number;
  /** Unix milliseconds. */
  readonly time: number;
}

/** The keys with which something was sent in a room after a time, oldest first. @param since Unix milliseconds */
export function keysSince(sql: SQL, room: string, since: number): Promise<StoredKey[]> {
  return select(sql, room, sql`key IS NOT NULL AND sent_at > ${timestampOf(sql, since)}`);
}

/** Those of some keys with which something was sent in a room, oldest first. */
export function keysAmong(sql: SQL, room: string, keys: readonly string[]): Promise<StoredKey[]> {
  return select(sql, room, isAmong(sql, keys));
}

/**
 * Removes those of some keys that may be used again, because what was sent with them was sent at a time or before it. The
 * indexes take each key once.
 *
 * @param since Unix milliseconds
 */
export async function forgetOldKeys(
  sql: SQL,
  room: string,
  keys: readonly string[],
  since: number,
): Promise<void> {
  await Promise.all(
    [sql`chatbox.messages`, sql`chatbox.changes`].map(
      (table) => sql`
        UPDATE ${table} SET key = NULL
        WHERE room = ${room} AND ${isAmong(sql, keys)} AND sent_at <= ${timestampOf(sql, since)}`,
    ),
  );
}

async function select(sql: SQL, room: string, condition: Fragment): Promise<StoredKey[]> {
  const rows = await sql`
    SELECT key, id::float8 AS id, ${unixMs(sql, sql`sent_at`)} AS time FROM (
      SELECT key, id, sent_at FROM chatbox.messages WHERE room = ${room} AND ${condition}
      UNION ALL
      SELECT key, id, sent_at FROM chatbox.changes WHERE room = ${room} AND ${condition}
    ) AS found ORDER BY id`;
  return rowsOf(rows).map(({ key, id, time }) => ({
    digest: textOf(key),
    id: integerOf(id),
    time: integerOf(time),
  }));
}

function isAmong(sql: SQL, keys: readonly string[]): Fragment {
  return sql`key IN (SELECT json_array_elements_text(${JSON.stringify(keys)}::text::json))`;
}
