/** Reads whole rooms from the database, and repairs what was changed by hand. */
import type { SQL } from "bun";
import type { Session } from "../../room/operation.ts";
import type { StoredMember } from "../../room/roster.ts";
import { MAX_ID, stayAuthor } from "../record.ts";
import { enactedIn } from "./entry.ts";
import { loadKept } from "./message-table.ts";
import { headOf, headRow, type RoomHead } from "./room-head.ts";
import { booleanOf, integerOf, type Row, rowsOf, textOf, textOrNull, textsOf } from "./rows.ts";
import { keysSince, type StoredKey } from "./stored-keys.ts";
import { timestampOf, unixMs } from "./time.ts";

/** A member, and the server that its nickname is held by. */
type HeldMember = StoredMember & { readonly server: string };
/** A session that is over. `endedAt` is in Unix milliseconds. */
type PastSession = Session & { readonly endedAt: number };

/** A room as the database has it. */
export interface StoredRoom extends RoomHead {
  readonly lastPlace: number;
  readonly firstId: number;
  /** The id of the newest message, 0 if there is none. */
  readonly lastMessageId: number;
  /** See `Archive.emptiedTo`. */
  readonly emptiedTo: number;
  /** Whether the log has entries behind the position of the room: they belong to another past. */
  readonly isLogAhead: boolean;
  /** In the order of their places. */
  readonly members: readonly HeldMember[];
  readonly past: readonly PastSession[];
  readonly keys: readonly StoredKey[];
  /** The ids of the actions that the log has, oldest first. */
  readonly enacted: readonly string[];
}

/**
 * Reads a room. Must be called in a transaction with one snapshot.
 *
 * @param since keys and past sessions from before this time (Unix milliseconds) are left out
 */
export async function loadRoom(sql: SQL, room: string, since: number): Promise<StoredRoom> {
  const row = await headRow(sql, room);
  const { firstId, lastId: lastMessageId } = await loadKept(sql, room, MAX_ID);
  return {
    ...headOf(row),
    lastPlace: integerOf(row?.last_place ?? 0),
    firstId,
    lastMessageId,
    emptiedTo: integerOf(row?.emptied_to ?? 0),
    isLogAhead: row?.is_log_ahead === true,
    members: await loadMembers(sql, room),
    past: await loadPastSessions(sql, room, since),
    keys: await keysSince(sql, room, since),
    enacted: await loadEnacted(sql, room),
  };
}

/** Servers may learn of an action after another one has given it its place: then they ask for it once more. */
async function loadEnacted(sql: SQL, room: string): Promise<string[]> {
  const rows = await sql`
    SELECT entry FROM chatbox.log WHERE room = ${room} AND entry LIKE '%["enacted",%' ORDER BY position`;
  return rowsOf(rows).flatMap(({ entry }) => enactedIn(JSON.parse(textOf(entry))));
}

async function loadMembers(sql: SQL, room: string): Promise<HeldMember[]> {
  const rows = await sql`
    SELECT session, name, place::float8 AS place, server, is_absent, proof, person, author,
      networks, ${unixMs(sql, sql`joined_at`)} AS joined_at, is_known
    FROM chatbox.nicknames WHERE room = ${room} ORDER BY place`;
  return rowsOf(rows).map(memberOf);
}

function memberOf(row: Row): HeldMember {
  const hash = textOrNull(row.proof);
  const session = hash === null ? null : { hash, identity: textOf(row.person) };
  const connection = textOf(row.session);
  return {
    connection,
    name: textOf(row.name),
    place: integerOf(row.place),
    server: textOf(row.server),
    isAbsent: booleanOf(row.is_absent),
    session,
    // Servers of an earlier version do not write it.
    by: textOrNull(row.author) ?? stayAuthor(session?.identity ?? connection),
    networks: row.networks === null ? [] : textsOf(JSON.parse(textOf(row.networks))),
    joinedAt: row.joined_at === null ? null : integerOf(row.joined_at),
    isKnown: booleanOf(row.is_known),
    isProven: false,
  };
}

async function loadPastSessions(sql: SQL, room: string, since: number): Promise<PastSession[]> {
  const rows = await sql`
    SELECT proof, person, ${unixMs(sql, sql`ended_at`)} AS ended_at FROM chatbox.past_sessions
    WHERE room = ${room} AND ended_at > ${timestampOf(sql, since)} ORDER BY ended_at`;
  return rowsOf(rows).map((row) => ({
    hash: textOf(row.proof),
    identity: textOf(row.person),
    endedAt: integerOf(row.ended_at),
  }));
}

/**
 * Repairs a room after a part of it was restored or deleted, such as its messages alone: ids go on above those
 * of all messages and changes that there are or were, and places above those of all members. Where there are no messages, there
 * are no changes to them.
 *
 * @returns the same object if there is nothing to repair
 */
export function repaired(stored: StoredRoom): StoredRoom {
  const lastId = Math.max(stored.lastId, stored.newest?.id ?? 0);
  const isEmpty = stored.lastMessageId === 0;
  const emptiedTo = isEmpty ? lastId : stored.emptiedTo;
  const newest = isEmpty ? null : stored.newest;
  const lastPlace = Math.max(stored.lastPlace, ...stored.members.map(({ place }) => place));
  const isWhole =
    lastId === stored.lastId &&
    emptiedTo === stored.emptiedTo &&
    newest === stored.newest &&
    lastPlace === stored.lastPlace;
  return isWhole && !stored.isLogAhead
    ? stored
    : { ...stored, lastId, emptiedTo, newest, lastPlace, isLogAhead: false };
}

/**
 * Stores a {@link repaired} room, and removes log entries behind its position and changes to messages that are all gone.
 * Must be called in a transaction.
 */
export async function writeRepaired(sql: SQL, room: string, stored: StoredRoom): Promise<void> {
  const { lastId, lastPlace, emptiedTo } = stored;
  await sql`
    INSERT INTO chatbox.rooms (name, last_id, last_place, emptied_to)
    VALUES (${room}, ${lastId}::bigint, ${lastPlace}::bigint, ${emptiedTo}::bigint)
    ON CONFLICT (name) DO UPDATE SET last_id = greatest(rooms.last_id, excluded.last_id),
      last_place = greatest(rooms.last_place, excluded.last_place),
      emptied_to = greatest(rooms.emptied_to, excluded.emptied_to)`;
  // The row of the room is locked from here on, so nobody adds to its log meanwhile.
  await sql`
    DELETE FROM chatbox.log USING chatbox.rooms
    WHERE log.room = ${room} AND rooms.name = log.room AND log.position > rooms.position`;
  if (stored.newest !== null) return;
  await sql`DELETE FROM chatbox.changes WHERE room = ${room} AND id <= ${emptiedTo}::bigint`;
  await sql`DELETE FROM chatbox.reactions WHERE room = ${room} AND message <= ${emptiedTo}::bigint`;
}
