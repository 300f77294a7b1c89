/** The table `chatbox.messages`, with what belongs to its rows. */
import type { SQL } from "bun";
import type { Reaction } from "../../protocol/extension.ts";
import { REACTORS_SHOWN } from "../../protocol/limits.ts";
import type { CurrentMessage } from "../../room/operation.ts";
import type { Database, Fragment } from "./database.ts";
import { booleanOf, integerOf, type Row, rowsOf, textOf, textOrNull } from "./rows.ts";
import { timestampOf, unixMs } from "./time.ts";

/** Not so long that the database would compress it or store it out of line. */
const PROBE_LENGTH = 1_500;
const PROBE_TIMEOUT_MS = 4_000;

/** A message or a change as it is known in any history: an id may be given again once a backup has been put back. */
export interface Position {
  readonly id: number;
  /** Unix milliseconds. */
  readonly time: number;
}

/** What is kept of a room. */
export interface KeptEvents {
  /** The lowest id of a message, 0 if there are no messages. */
  readonly firstId: number;
  /** The highest id of a message, 0 if there are no messages. */
  readonly lastId: number;
  /** The newest message or change, null if there is neither. */
  readonly newest: Position | null;
}

/** The columns that {@link messageOf} reads of `chatbox.messages` itself, without the reactions. */
export function storedColumns(sql: SQL): Fragment {
  return sql`
    messages.id::float8 AS id, messages.name, messages.content, messages.shown_time,
    ${unixMs(sql, sql`messages.sent_at`)} AS time, messages.key, messages.exact, messages.author,
    messages.reply_to::float8 AS reply_to, ${unixMs(sql, sql`messages.edited_at`)} AS edited, messages.is_deleted`;
}

/** All columns that {@link messageOf} reads. Of the people who react with one emoji, only those come along that are shown. */
export function messageColumns(sql: SQL): Fragment {
  return sql`
    ${storedColumns(sql)}, (
      SELECT json_agg(json_build_array(emoji, people, shown) ORDER BY first_id)::text FROM (
        SELECT emoji, count(*) AS people, min(id) AS first_id,
          to_json((array_agg(json_build_array(author, name) ORDER BY id))[1:${REACTORS_SHOWN}::int]) AS shown
        FROM chatbox.reactions
        WHERE reactions.room = messages.room AND reactions.message = messages.id GROUP BY emoji
      ) AS by_emoji
    ) AS reactions`;
}

/** Reads a row with {@link messageColumns}: a message as it is now. @throws TypeError if it is not a message */
export function messageOf(row: Row): CurrentMessage {
  const [name, content, timestamp] = textsOf(row);
  const plain = { name, content, timestamp, id: integerOf(row.id), time: integerOf(row.time) };
  const message = { ...plain, ...furtherKeysOf(row) };
  if (booleanOf(row.is_deleted)) return { ...message, content: "", deleted: true };
  const edited = row.edited === null ? undefined : integerOf(row.edited);
  return { ...message, edited, reactions: reactionsOf(row.reactions) };
}

function furtherKeysOf({ author, reply_to: reply, key }: Row) {
  return {
    by: textOrNull(author) ?? undefined,
    reply: reply === null ? undefined : integerOf(reply),
    digest: textOrNull(key) ?? undefined,
  };
}

/** @param json a list of an emoji, how many people react with it, and of those who are shown the public id and the name */
function reactionsOf(json: unknown): Reaction[] | undefined {
  if (json === null) return undefined;
  return listOf(JSON.parse(textOf(json))).map((each) => {
    const [emoji, count, people] = listOf(each);
    return { emoji: textOf(emoji), count: integerOf(count), by: listOf(people).map(reactorOf) };
  });
}

function reactorOf(value: unknown): { by: string; name: string } {
  const [by, name] = listOf(value);
  return { by: textOf(by), name: textOf(name) };
}

function listOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new TypeError("A list is expected here.");
  return value;
}

/** The statement that inserts messages into a room, as they are now, without the reactions to them. */
export function insertionOf(sql: SQL, room: string, messages: readonly CurrentMessage[]): Fragment {
  return sql`
    INSERT INTO chatbox.messages
      (room, id, name, content, shown_time, sent_at, key, exact, author, reply_to, edited_at, is_deleted)
    SELECT ${room}::text, id, name, content, shown_time, ${timestampOf(sql, sql`time`)}, key, exact, author, reply_to,
      ${timestampOf(sql, sql`edited`)}, is_deleted
    FROM json_to_recordset(${JSON.stringify(messages.map(rowOf))}::text::json)
      AS r (id bigint, name text, content text, shown_time text, time float8, key text, exact text, author text,
        reply_to bigint, edited float8, is_deleted boolean)`;
}

/** A message whose content has been replaced or deleted. */
export type Replacement = Pick<
  CurrentMessage,
  "id" | "name" | "content" | "timestamp" | "edited" | "deleted"
>;

/** Replaces contents of messages. What was deleted stays so. */
export async function replaceContents(
  sql: SQL,
  room: string,
  replacements: readonly Replacement[],
): Promise<void> {
  const rows = replacements.map(({ id, edited, deleted, ...texts }) => {
    const { content, exact } = textColumns(texts);
    return { id, content, exact, edited: edited ?? null, is_deleted: deleted ?? false };
  });
  await sql`
    UPDATE chatbox.messages SET content = r.content, exact = r.exact, is_deleted = r.is_deleted,
      edited_at = ${timestampOf(sql, sql`r.edited`)}
    FROM json_to_recordset(${JSON.stringify(rows)}::text::json)
      AS r (id bigint, content text, exact text, edited float8, is_deleted boolean)
    WHERE messages.room = ${room} AND messages.id = r.id`;
}

/** Some messages of a room by their ids, as they are now, without those that are not kept. */
export async function messagesByIds(
  sql: SQL,
  room: string,
  ids: readonly number[],
): Promise<ReadonlyMap<number, CurrentMessage>> {
  if (ids.length === 0) return new Map();
  const rows = await sql`
    SELECT ${messageColumns(sql)} FROM chatbox.messages
    WHERE room = ${room} AND id IN (${unnested(sql, ids)})`;
  return new Map(rowsOf(rows).map((row) => [integerOf(row.id), messageOf(row)]));
}

/** See `Engine.messagesBy`. */
export async function idsBy(
  sql: SQL,
  room: string,
  persons: ReadonlySet<string>,
  since: number,
  limit: number,
): Promise<number[]> {
  const authors = JSON.stringify([...persons]);
  const rows = await sql`
    SELECT id::float8 AS id FROM chatbox.messages
    WHERE room = ${room} AND author IN (SELECT jsonb_array_elements_text(${authors}::text::jsonb))
      AND sent_at >= ${timestampOf(sql, since)} AND NOT is_deleted
    ORDER BY id DESC LIMIT ${limit}::bigint`;
  return rowsOf(rows).map(({ id }) => integerOf(id));
}

/** See `Engine.writtenBy`. */
export async function writtenBy(
  sql: SQL,
  room: string,
  person: string,
  before: number | null,
  limit: number,
): Promise<CurrentMessage[]> {
  const rows = await sql`
    SELECT ${messageColumns(sql)} FROM chatbox.messages
    WHERE room = ${room} AND author = ${person} AND NOT is_deleted
      AND (${before}::bigint IS NULL OR id < ${before}::bigint)
    ORDER BY id DESC LIMIT ${limit}::bigint`;
  return rowsOf(rows).map(messageOf);
}

/**
 * Ids as rows. A comparison with the array itself would read the text anew for each row of a sequential scan, since a cast from
 * text is not immutable: thousands of ids would take minutes.
 */
export function unnested(sql: SQL, ids: readonly number[]): Fragment {
  return sql`SELECT unnest(${`{${ids.join()}}`}::text::bigint[])`;
}

/** What is kept of a room, of the messages and changes up to an id. */
export async function loadKept(sql: SQL, room: string, upTo: number): Promise<KeptEvents> {
  const [row] = rowsOf(
    await sql`
    SELECT (SELECT min(id) FROM chatbox.messages WHERE room = wanted.name)::float8 AS first_id,
      ${newestColumns(sql)}
    FROM (SELECT ${room}::text AS name) AS wanted ${newestJoins(sql, upTo)}`,
  );
  return keptOf(row);
}

/** The columns of {@link keptOf} besides `first_id`, for {@link newestJoins}. */
export function newestColumns(sql: SQL): Fragment {
  return sql`
    newest_message.id::float8 AS last_id, ${unixMs(sql, sql`newest_message.sent_at`)} AS last_time,
    newest_change.id::float8 AS changed_id, ${unixMs(sql, sql`newest_change.sent_at`)} AS changed_time`;
}

/** Joins the newest message and the newest change up to an id of the room `wanted.name`. */
export function newestJoins(sql: SQL, upTo: number): Fragment {
  return sql`
    LEFT JOIN LATERAL (
      SELECT id, sent_at FROM chatbox.messages
      WHERE room = wanted.name AND id <= ${upTo}::bigint ORDER BY id DESC LIMIT 1
    ) AS newest_message ON true
    LEFT JOIN LATERAL (
      SELECT id, sent_at FROM chatbox.changes
      WHERE room = wanted.name AND id <= ${upTo}::bigint ORDER BY id DESC LIMIT 1
    ) AS newest_change ON true`;
}

/** Reads `first_id` and {@link newestColumns}. */
export function keptOf(row: Row | undefined): KeptEvents {
  const message = positionOf(row?.last_id, row?.last_time);
  const change = positionOf(row?.changed_id, row?.changed_time);
  return {
    firstId: integerOf(row?.first_id ?? 0),
    lastId: message?.id ?? 0,
    newest: (change?.id ?? 0) > (message?.id ?? 0) ? change : message,
  };
}

function positionOf(id: unknown, time: unknown): Position | null {
  return id === null || id === undefined ? null : { id: integerOf(id), time: integerOf(time) };
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
function rowOf(message: CurrentMessage): Row {
  const { id, time, by, reply, edited, deleted, digest } = message;
  return {
    id,
    ...textColumns(message),
    time,
    key: digest ?? null,
    author: by ?? null,
    reply_to: reply ?? null,
    edited: edited ?? null,
    is_deleted: deleted ?? false,
  };
}

function textColumns({ name, content, timestamp }: Pick<CurrentMessage, "name" | "content" | "timestamp">) {
  const texts = [name, content, timestamp];
  return {
    name: asText(name),
    content: asText(content),
    shown_time: asText(timestamp),
    exact: texts.every(isText) ? null : JSON.stringify(texts),
  };
}

function textsOf(row: Row): [string, string, string] {
  const exact = textOrNull(row.exact);
  if (exact === null) return [textOf(row.name), textOf(row.content), textOf(row.shown_time)];
  const texts = listOf(JSON.parse(exact));
  return [textOf(texts[0]), textOf(texts[1]), textOf(texts[2])];
}

/** Whether PostgreSQL can hold it as text, which is UTF-8 without the character NUL. */
function isText(text: string): boolean {
  return text.isWellFormed() && !text.includes("\0");
}

/** A text as PostgreSQL can hold it. */
export function asText(text: string): string {
  return text.toWellFormed().replaceAll("\0", "\uFFFD");
}
