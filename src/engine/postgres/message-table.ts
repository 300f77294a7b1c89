/** The table `chatbox.messages`. */
import type { SQL } from "bun";
import type { Message } from "../../room/operation.ts";
import type { Database, Fragment } from "./database.ts";
import { integerOf, type Row, rowsOf, textOf, textOrNull } from "./rows.ts";
import { timestampOf, unixMs } from "./time.ts";

/** Not so long that the database would compress it or store it out of line. */
const PROBE_LENGTH = 1_500;
const PROBE_TIMEOUT_MS = 4_000;

/** A message as it is known in any history: an id may be given again once a backup has been put back. */
export interface Position {
  readonly id: number;
  /** Unix milliseconds. */
  readonly time: number;
}

/** Which messages of a room are kept. */
export interface KeptMessages {
  /** The lowest id, 0 if there are no messages. */
  readonly firstId: number;
  /** The newest message, null if there is none. */
  readonly newest: Position | null;
}

/** The columns that {@link messageOf} reads. */
export function messageColumns(sql: SQL): Fragment {
  return sql`id::float8 AS id, name, content, shown_time, ${unixMs(sql, sql`sent_at`)} AS time, key, exact`;
}

/** Reads a row with {@link messageColumns}. @throws TypeError if it is not a message */
export function messageOf(row: Row): Message {
  const [name, content, timestamp] = textsOf(row);
  const message = { name, content, timestamp, id: integerOf(row.id), time: integerOf(row.time) };
  const digest = textOrNull(row.key);
  return digest === null ? message : { ...message, digest };
}

/** The statement that inserts messages into a room. */
export function insertionOf(sql: SQL, room: string, messages: readonly Message[]): Fragment {
  return sql`
    INSERT INTO chatbox.messages (room, id, name, content, shown_time, sent_at, key, exact)
    SELECT ${room}::text, id, name, content, shown_time, ${timestampOf(sql, sql`time`)}, key, exact
    FROM json_to_recordset(${JSON.stringify(messages.map(rowOf))}::text::json)
      AS r (id bigint, name text, content text, shown_time text, time float8, key text, exact text)`;
}

/** Some messages of a room by their ids, without those that have been deleted. */
export async function messagesByIds(
  sql: SQL,
  room: string,
  ids: readonly number[],
): Promise<ReadonlyMap<number, Message>> {
  if (ids.length === 0) return new Map();
  const rows = await sql`
    SELECT ${messageColumns(sql)} FROM chatbox.messages
    WHERE room = ${room} AND id = ANY(${`{${ids.join()}}`}::text::bigint[])`;
  return new Map(rowsOf(rows).map((row) => [integerOf(row.id), messageOf(row)]));
}

/** Which messages of a room are kept, of those up to an id. */
export async function loadKept(sql: SQL, room: string, lastId: number): Promise<KeptMessages> {
  const firstId = await firstIdOf(sql, room);
  const [row] = rowsOf(
    await sql`
    SELECT id::float8 AS id, ${unixMs(sql, sql`sent_at`)} AS time FROM chatbox.messages
    WHERE room = ${room} AND id <= ${lastId}::bigint ORDER BY id DESC LIMIT 1`,
  );
  if (row === undefined) return { firstId: 0, newest: null };
  return { firstId, newest: { id: integerOf(row.id), time: integerOf(row.time) } };
}

/** The lowest id of a room's messages, 0 if there are none. */
export async function firstIdOf(sql: SQL, room: string): Promise<number> {
  const [row] = rowsOf(
    await sql`SELECT min(id)::float8 AS first_id FROM chatbox.messages WHERE room = ${room}`,
  );
  return integerOf(row?.first_id ?? 0);
}

/** Inserts something like a message, and takes it back. Rejects if a message could not be inserted. */
export async function probeInsertion(database: Database): Promise<void> {
  await database.query(PROBE_TIMEOUT_MS, async (sql) => {
    await sql`BEGIN`;
    await sql`
      INSERT INTO chatbox.messages (room, id, name, content, shown_time, sent_at)
      VALUES (${crypto.randomUUID()}, 1, '', ${"x".repeat(PROBE_LENGTH)}, '', now())`;
    await sql`ROLLBACK`;
  });
}

/** A message as `json_to_recordset` makes a row of it. */
function rowOf({ id, name, content, timestamp, time, digest }: Message): Row {
  const texts = [name, content, timestamp];
  const exact = texts.every(isText) ? null : JSON.stringify(texts);
  const [shownName, shownContent, shownTime] = exact === null ? texts : texts.map(asText);
  return {
    id,
    name: shownName,
    content: shownContent,
    shown_time: shownTime,
    time,
    key: digest ?? null,
    exact,
  };
}

function textsOf(row: Row): [string, string, string] {
  const exact = textOrNull(row.exact);
  if (exact === null) return [textOf(row.name), textOf(row.content), textOf(row.shown_time)];
  const texts: unknown = JSON.parse(exact);
  if (!Array.isArray(texts)) throw new TypeError("The exact texts of a message are a list.");
  return [textOf(texts[0]), textOf(texts[1]), textOf(texts[2])];
}

/** Whether PostgreSQL can hold it as text, which is UTF-8 without the character NUL. */
function isText(text: string): boolean {
  return text.isWellFormed() && !text.includes("\0");
}

function asText(text: string): string {
  return text.toWellFormed().replaceAll("\0", "\uFFFD");
}
