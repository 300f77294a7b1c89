import type { SQL } from "bun";
import type { Message, Session } from "../../room/operation.ts";
import type { Change, Member } from "../../room/room.ts";
import type { Archive } from "../archive.ts";
import { encodeRecord, replyBytes } from "../record.ts";
import { CHANNEL, encodeEntryNote } from "./channel.ts";
import type { Database } from "./database.ts";
import { type Batch, changesOf, encodeChanges, type LogEntry, pointedAt } from "./entry.ts";
import { MESSAGE_COLUMNS, messageOf, rowOf } from "./message-rows.ts";
import { booleanOf, integerOf, type Row, rowsOf, textOf, textOrNull } from "./rows.ts";

/** How long reading a part of the history may take. */
const READ_TIMEOUT_MS = 4_000;
/** Not so long that the database would pack it or put it elsewhere. */
const PROBE_LENGTH = 1_500;
/** So many messages are read at once when as many are wanted as fit into a reply. */
const TAIL_STEP = 2_000;

/** What a message is taken to have in bytes, before it is read. */
const AVERAGE_BYTES = 256;
/** Of a message beside its texts. */
const FRAME_BYTES = 80;

/** A message by what it is known in any history: ids are given again once a backup was put back. */
export interface Position {
  readonly id: number;
  /** Unix milliseconds. */
  readonly time: number;
}

/** How far a room has come, and by what another past of the same length is told from it. */
export interface RoomHead {
  readonly position: number;
  readonly lastId: number;
  /** Who wrote the newest entry of the log; null where the log does not reach back to it. */
  readonly batch: string | null;
  /** The newest message, null when there is none. */
  readonly newest: Position | null;
}

/** A room as the database has it. */
export interface StoredRoom extends RoomHead {
  readonly lastPlace: number;
  readonly firstId: number;
  /** See `Archive.emptiedTo`. */
  readonly emptiedTo: number;
  /** Whether the log has entries that the room has not come to: these are of another past. */
  readonly isLogAhead: boolean;
  readonly members: readonly (Omit<Member, "lookalike"> & { readonly server: string })[];
  readonly past: readonly (Session & { readonly endedAt: number })[];
  readonly keys: readonly { readonly digest: string; readonly id: number; readonly time: number }[];
}

/** What the lock of a room tells. */
export interface Head extends Omit<RoomHead, "newest"> {
  /** Whether the others still take this server for alive. */
  readonly isAlive: boolean;
}

/** Reads a room as it is at one moment. @param since keys and past sessions before this time (Unix ms) are left out */
export async function loadRoom(sql: SQL, room: string, since: number): Promise<StoredRoom> {
  const [row] = rowsOf(await readHead(sql, room));
  const head = headOf(row);
  const firstId = await firstIdOf(sql, room);
  const members = await sql`
    SELECT session, name, place::float8 AS place, server, is_absent, proof, person
    FROM chatbox.nicknames WHERE room = ${room} ORDER BY place`;
  const past = await sql`
    SELECT proof, person, round(extract(epoch FROM ended_at) * 1000)::float8 AS ended_at
    FROM chatbox.past_sessions
    WHERE room = ${room} AND ended_at > 'epoch'::timestamptz + ${since}::float8 * interval '1 millisecond'
    ORDER BY ended_at`;
  const keys = await sql`
    SELECT key, id::float8 AS id, round(extract(epoch FROM sent_at) * 1000)::float8 AS time
    FROM chatbox.messages
    WHERE room = ${room} AND key IS NOT NULL
      AND sent_at > 'epoch'::timestamptz + ${since}::float8 * interval '1 millisecond'
    ORDER BY id`;
  return {
    ...head,
    lastPlace: integerOf(row?.last_place ?? 0),
    firstId,
    emptiedTo: integerOf(row?.emptied_to ?? 0),
    isLogAhead: row?.is_log_ahead === true,
    members: rowsOf(members).map(memberOf),
    past: rowsOf(past).map((each) => ({
      hash: textOf(each.proof),
      identity: textOf(each.person),
      endedAt: integerOf(each.ended_at),
    })),
    keys: rowsOf(keys).map(keyOf),
  };
}

/** The row of a room, with its newest message and entry. All is null of a room that was never in use. */
function readHead(sql: SQL, room: string): Promise<unknown> {
  return sql`
    SELECT rooms.position::float8 AS position, last_id::float8 AS last_id, last_place::float8 AS last_place,
      emptied_to::float8 AS emptied_to, log.batch,
      EXISTS (
        SELECT 1 FROM chatbox.log WHERE room = wanted.name AND position > coalesce(rooms.position, 0)
      ) AS is_log_ahead,
      newest.id::float8 AS newest_id, round(extract(epoch FROM newest.sent_at) * 1000)::float8 AS newest_time
    FROM (SELECT ${room}::text AS name) AS wanted
    LEFT JOIN chatbox.rooms USING (name)
    LEFT JOIN chatbox.log ON log.room = wanted.name AND log.position = rooms.position
    LEFT JOIN LATERAL (
      SELECT id, sent_at FROM chatbox.messages WHERE room = wanted.name ORDER BY id DESC LIMIT 1
    ) AS newest ON true`;
}

function headOf(row: Row | undefined): RoomHead {
  const id = row?.newest_id ?? null;
  return {
    position: integerOf(row?.position ?? 0),
    lastId: integerOf(row?.last_id ?? 0),
    batch: textOrNull(row?.batch ?? null),
    newest: id === null ? null : { id: integerOf(id), time: integerOf(row?.newest_time) },
  };
}

/** How far a room has come, at one moment. */
export async function loadHead(sql: SQL, room: string): Promise<RoomHead> {
  const [row] = rowsOf(await readHead(sql, room));
  return headOf(row);
}

/**
 * A room as it is to be where somebody has put back or deleted a part of it, such as its messages alone: ids go on above
 * the newest message, and above the newest that there was; places above those of everybody who is here.
 *
 * @returns the same room where nothing is to be put in order
 */
export function inOrder(stored: StoredRoom): StoredRoom {
  const lastId = Math.max(stored.lastId, stored.newest?.id ?? 0);
  const emptiedTo = stored.newest === null ? lastId : stored.emptiedTo;
  const lastPlace = Math.max(stored.lastPlace, ...stored.members.map(({ place }) => place));
  const isInOrder =
    lastId === stored.lastId && emptiedTo === stored.emptiedTo && lastPlace === stored.lastPlace;
  return isInOrder && !stored.isLogAhead
    ? stored
    : { ...stored, lastId, emptiedTo, lastPlace, isLogAhead: false };
}

/** Stores a room as it is to be, without what the log says that the room has not come to. Within a transaction. */
export async function writeOrder(sql: SQL, room: string, stored: StoredRoom): Promise<void> {
  const { lastId, lastPlace, emptiedTo } = stored;
  await sql`
    INSERT INTO chatbox.rooms (name, last_id, last_place, emptied_to)
    VALUES (${room}, ${lastId}::bigint, ${lastPlace}::bigint, ${emptiedTo}::bigint)
    ON CONFLICT (name) DO UPDATE SET last_id = greatest(rooms.last_id, excluded.last_id),
      last_place = greatest(rooms.last_place, excluded.last_place),
      emptied_to = greatest(rooms.emptied_to, excluded.emptied_to)`;
  // The room's row is locked now: nobody adds to its log meanwhile.
  await sql`
    DELETE FROM chatbox.log USING chatbox.rooms
    WHERE log.room = ${room} AND rooms.name = log.room AND log.position > rooms.position`;
}

function memberOf(row: Row): StoredRoom["members"][number] {
  const proof = textOrNull(row.proof);
  return {
    connection: textOf(row.session),
    name: textOf(row.name),
    place: integerOf(row.place),
    server: textOf(row.server),
    isAbsent: booleanOf(row.is_absent),
    session: proof === null ? null : { hash: proof, identity: textOf(row.person) },
  };
}

function keyOf(row: Row): StoredRoom["keys"][number] {
  return { digest: textOf(row.key), id: integerOf(row.id), time: integerOf(row.time) };
}

/** Those of some keys that messages of a room were sent with. */
export async function keysAmong(
  sql: SQL,
  room: string,
  keys: readonly string[],
): Promise<StoredRoom["keys"]> {
  const rows = await sql`
    SELECT key, id::float8 AS id, round(extract(epoch FROM sent_at) * 1000)::float8 AS time
    FROM chatbox.messages
    WHERE room = ${room} AND key IN (SELECT json_array_elements_text(${JSON.stringify(keys)}::text::json))`;
  return rowsOf(rows).map(keyOf);
}

/** Locks a room until the end of the transaction: nobody else decides in it. */
export async function lockRoom(sql: SQL, room: string, server: string): Promise<Head> {
  for (;;) {
    const [row] = rowsOf(
      await sql`
      SELECT position::float8 AS position, last_id::float8 AS last_id,
        (SELECT batch FROM chatbox.log WHERE room = rooms.name AND position = rooms.position) AS batch,
        EXISTS (SELECT 1 FROM chatbox.servers WHERE id = ${server}) AS is_alive
      FROM chatbox.rooms WHERE name = ${room} FOR UPDATE`,
    );
    if (row) {
      const { position, lastId, batch } = headOf(row);
      return { position, lastId, batch, isAlive: booleanOf(row.is_alive) };
    }
    await sql`INSERT INTO chatbox.rooms (name) VALUES (${room}) ON CONFLICT DO NOTHING`;
  }
}

/** The lowest id of a room's messages, 0 when there are none. */
export async function firstIdOf(sql: SQL, room: string): Promise<number> {
  const [row] = rowsOf(
    await sql`
    SELECT min(id)::float8 AS first_id FROM chatbox.messages WHERE room = ${room}`,
  );
  return integerOf(row?.first_id ?? 0);
}

/** The entries of a room's log behind a position, in order. Those of long ago are not there any more. */
export async function entriesAfter(sql: SQL, room: string, position: number): Promise<LogEntry[]> {
  const found = rowsOf(
    await sql`
    SELECT position::float8 AS position, server, batch, entry FROM chatbox.log
    WHERE room = ${room} AND position >= ${position}::bigint ORDER BY position`,
  );
  const batches = new Map(found.map((row) => [integerOf(row.position), textOf(row.batch)]));
  const rows = found.filter((row) => integerOf(row.position) > position);
  const lists = rows.map((row): unknown => JSON.parse(textOf(row.entry)));
  const ids = lists.flatMap(pointedAt);
  const messages = await messagesBetween(sql, room, Math.min(...ids), Math.max(...ids));
  return rows.map((row, at) => ({
    position: integerOf(row.position),
    server: textOf(row.server),
    batch: textOf(row.batch),
    follows: batches.get(integerOf(row.position) - 1) ?? null,
    changes: changesOf(lists[at], messages),
  }));
}

async function messagesBetween(
  sql: SQL,
  room: string,
  from: number,
  to: number,
): Promise<Map<number, Message>> {
  if (!Number.isFinite(from)) return new Map();
  const rows = await sql`
    SELECT ${sql.unsafe(MESSAGE_COLUMNS)} FROM chatbox.messages
    WHERE room = ${room} AND id BETWEEN ${from}::bigint AND ${to}::bigint`;
  return new Map(rowsOf(rows).map((row) => [integerOf(row.id), messageOf(row)]));
}

/** Writes a batch; the others are notified with its commit. */
export async function writeBatch(sql: SQL, batch: Batch): Promise<void> {
  const { room, changes } = batch;
  const messages = changes.flatMap((change) => (change.kind === "sent" ? [change.message] : []));
  const keys = messages.flatMap(({ digest }) => (digest === undefined ? [] : [digest]));
  // All of these are on their way at once; the first that fails ends the transaction.
  await Promise.all([
    ...(keys.length > 0 ? [forgetOldKeys(sql, room, keys, batch.keysSince)] : []),
    ...(batch.touched.length > 0 ? [replaceMembers(sql, batch)] : []),
    writeLog(sql, batch, messages),
  ]);
}

/** A key may be used again after its time, and the index knows only one message of a key. */
async function forgetOldKeys(sql: SQL, room: string, keys: readonly string[], since: number): Promise<void> {
  await sql`
    UPDATE chatbox.messages SET key = NULL
    WHERE room = ${room} AND key IN (SELECT json_array_elements_text(${JSON.stringify(keys)}::text::json))
      AND sent_at <= 'epoch'::timestamptz + ${since}::float8 * interval '1 millisecond'`;
}

async function replaceMembers(sql: SQL, { room, server, touched, members, changes }: Batch): Promise<void> {
  const rows = members.map(({ connection, name, place, isAbsent, session }) => ({
    session: connection,
    name,
    // Who has which nickname is decided under the lock, from the names. Once the key of the nickname was here, and unique;
    // but servers of two versions may have other keys, and then both who look alike keep their nicknames.
    lookalike: connection,
    place,
    is_absent: isAbsent,
    proof: session?.hash ?? null,
    person: session?.identity ?? null,
  }));
  const past = changes.flatMap(endedBy);
  const removal = sql`
    DELETE FROM chatbox.nicknames WHERE room = ${room}
      AND session IN (SELECT json_array_elements_text(${JSON.stringify(touched)}::text::json))`;
  const insertion = sql`
    WITH past AS (
      INSERT INTO chatbox.past_sessions (room, proof, person, ended_at)
      SELECT ${room}::text, proof, person, 'epoch'::timestamptz + time * interval '1 millisecond'
      FROM json_to_recordset(${JSON.stringify(past)}::text::json) AS r (proof text, person text, time float8)
      ON CONFLICT DO NOTHING
    )
    INSERT INTO chatbox.nicknames (room, lookalike, session, name, place, server, is_absent, proof, person)
    SELECT ${room}::text, lookalike, session, name, place, ${server}::text, is_absent, proof, person
    FROM json_to_recordset(${JSON.stringify(rows)}::text::json)
      AS r (session text, name text, lookalike text, place bigint, is_absent boolean, proof text, person text)`;
  await Promise.all([removal, insertion]);
}

/** The session that a change ended, or made void, and when. */
function endedBy(
  change: Change,
): { readonly proof: string; readonly person: string; readonly time: number }[] {
  switch (change.kind) {
    case "left":
      return change.session === null
        ? []
        : [{ proof: change.session.hash, person: change.session.identity, time: change.time }];
    case "resumed":
      return [{ proof: change.oldHash, person: change.session.identity, time: change.time }];
    default:
      return [];
  }
}

async function writeLog(sql: SQL, batch: Batch, messages: readonly Message[]): Promise<void> {
  const { room, server, id, position, lastId, lastPlace, changes } = batch;
  await sql`
    WITH stored AS (
      INSERT INTO chatbox.messages (room, id, name, content, shown_time, sent_at, key, exact)
      SELECT ${room}::text, id, name, content, shown_time,
        'epoch'::timestamptz + time * interval '1 millisecond', key, exact
      FROM json_to_recordset(${JSON.stringify(messages.map(rowOf))}::text::json) AS r
        (id bigint, name text, content text, shown_time text, time float8, key text, exact text)
    ), logged AS (
      INSERT INTO chatbox.log (room, position, server, batch, entry)
      VALUES (${room}, ${position}::bigint, ${server}, ${id}, ${encodeChanges(changes, false)})
    ), moved AS (
      UPDATE chatbox.rooms
      SET position = ${position}::bigint, last_id = ${lastId}::bigint, last_place = ${lastPlace}::bigint
      WHERE name = ${room}
    )
    SELECT pg_notify(${CHANNEL}, ${encodeEntryNote(batch)})`;
}

/** What the messages that come before one in an order have together, in bytes. */
function bytesBefore(order: "id" | "id DESC"): string {
  return `coalesce(sum(octet_length(name) + octet_length(content) + ${FRAME_BYTES})
    OVER (ORDER BY ${order} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)`;
}

/** Stores something like a message, and takes it back. Rejects as storing a message would. */
export async function tryToStore(database: Database): Promise<void> {
  await database.query(READ_TIMEOUT_MS, async (sql) => {
    await sql`BEGIN`;
    await sql`
      INSERT INTO chatbox.messages (room, id, name, content, shown_time, sent_at)
      VALUES (${crypto.randomUUID()}, 1, '', ${"x".repeat(PROBE_LENGTH)}, '', now())`;
    await sql`ROLLBACK`;
  });
}

type Bounds = Pick<Archive, "firstId" | "lastId" | "emptiedTo">;

/** The messages of a room in the database. */
export class StoredMessages implements Archive {
  readonly #database: Database;
  readonly #room: string;
  readonly #bounds: Bounds;

  /** @param bounds what of the room is kept, as far as this server has heard */
  constructor(database: Database, room: string, bounds: Bounds) {
    this.#database = database;
    this.#room = room;
    this.#bounds = bounds;
  }

  get firstId(): number {
    return this.#bounds.firstId;
  }

  get lastId(): number {
    return this.#bounds.lastId;
  }

  get emptiedTo(): number {
    return this.#bounds.emptiedTo;
  }

  async tail(budgetBytes: number): Promise<string[]> {
    const newestFirst: string[] = [];
    let bytes = 0;
    let before = this.lastId + 1;
    for (;;) {
      const step = await this.#below(before, TAIL_STEP, budgetBytes - bytes);
      for (const message of step) {
        const record = encodeRecord(message);
        bytes += replyBytes(record);
        if (bytes > budgetBytes) return newestFirst.reverse();
        newestFirst.push(record);
      }
      before = step.at(-1)?.id ?? 0;
      if (step.length === 0 || before <= this.firstId) return newestFirst.reverse();
    }
  }

  get averageBytes(): number {
    return AVERAGE_BYTES;
  }

  async below(before: number, count: number, budgetBytes: number): Promise<string[]> {
    const found = await this.#below(Math.min(before, this.lastId + 1), count, budgetBytes);
    return found.map(encodeRecord).reverse();
  }

  async above(after: number, count: number, budgetBytes: number): Promise<string[]> {
    const rows = await this.#read(
      (sql) => sql`
        SELECT ${sql.unsafe(MESSAGE_COLUMNS)} FROM (
          SELECT *, ${sql.unsafe(bytesBefore("id"))} AS bytes_before FROM (
            SELECT * FROM chatbox.messages
            WHERE room = ${this.#room} AND id > ${after}::bigint AND id <= ${this.lastId}::bigint
            ORDER BY id LIMIT ${count}::bigint
          ) AS wanted
        ) AS counted WHERE bytes_before < ${budgetBytes}::float8 ORDER BY id`,
    );
    return rows.map((row) => encodeRecord(messageOf(row)));
  }

  async message(id: number): Promise<Message | undefined> {
    const [row] = await this.#read(
      (sql) => sql`
        SELECT ${sql.unsafe(MESSAGE_COLUMNS)} FROM chatbox.messages
        WHERE room = ${this.#room} AND id = ${id}::bigint`,
    );
    return row && messageOf(row);
  }

  async #below(before: number, count: number, budgetBytes: number): Promise<Message[]> {
    const rows = await this.#read(
      (sql) => sql`
        SELECT ${sql.unsafe(MESSAGE_COLUMNS)} FROM (
          SELECT *, ${sql.unsafe(bytesBefore("id DESC"))} AS bytes_before FROM (
            SELECT * FROM chatbox.messages
            WHERE room = ${this.#room} AND id < ${before}::bigint
            ORDER BY id DESC LIMIT ${count}::bigint
          ) AS wanted
        ) AS counted WHERE bytes_before < ${budgetBytes}::float8 ORDER BY id DESC`,
    );
    return rows.map(messageOf);
  }

  async #read(query: (sql: SQL) => Promise<unknown>): Promise<Row[]> {
    return rowsOf(await this.#database.query(READ_TIMEOUT_MS, query));
  }
}
