/** Writes batches. */
import type { SQL } from "bun";
import type { DecidedChange } from "../../room/decision.ts";
import type { CurrentMessage } from "../../room/operation.ts";
import { effectsOf, writeChanges } from "./change-table.ts";
import { type Batch, encodeChanges } from "./entry.ts";
import { insertionOf } from "./message-table.ts";
import { CHANNEL, encodeEntryNotification } from "./notification.ts";
import { forgetOldKeys } from "./stored-keys.ts";
import { timestampOf } from "./time.ts";

/** Writes a batch; the other servers are notified when it is committed. Must be called under the room's lock. */
export async function writeBatch(sql: SQL, batch: Batch): Promise<void> {
  const { room, changes, records } = batch;
  const keys = records.flatMap((record) => ("digest" in record ? (record.digest ?? []) : []));
  const past = changes.flatMap(endedBy);
  const effects = effectsOf(records, (id) => batch.messages.get(id)?.message);
  // All of these are on their way at once and run in this order; the first that fails ends the transaction.
  await Promise.all([
    ...(keys.length > 0 ? [forgetOldKeys(sql, room, keys, batch.keysSince)] : []),
    ...(batch.touched.length > 0 ? [replaceMembers(sql, batch)] : []),
    ...(past.length > 0 ? [insertPastSessions(sql, room, past)] : []),
    writeEntry(sql, batch, effects.messages),
    writeChanges(sql, room, effects),
  ]);
}

async function replaceMembers(sql: SQL, { room, server, touched, members }: Batch): Promise<void> {
  const rows = members.map(
    ({ connection, name, place, isAbsent, session, by: author, networks, joinedAt, isKnown }) => ({
      session: connection,
      name,
      // Who has which nickname is decided under the lock, from the names. The key of the nickname used to stand here, and
      // was
      // unique. But servers of two versions may have different keys; then both members who look alike keep their
      // nicknames.
      lookalike: connection,
      place,
      is_absent: isAbsent,
      proof: session?.hash ?? null,
      person: session?.identity ?? null,
      author,
      networks: JSON.stringify(networks),
      joined_at: joinedAt,
      is_known: isKnown,
    }),
  );
  const removal = sql`
    DELETE FROM chatbox.nicknames WHERE room = ${room}
      AND session IN (SELECT json_array_elements_text(${JSON.stringify(touched)}::text::json))`;
  const insertion = sql`
    INSERT INTO chatbox.nicknames (room, lookalike, session, name, place, server, is_absent, proof, person, author,
      networks, joined_at, is_known)
    SELECT ${room}::text, lookalike, session, name, place, ${server}::text, is_absent, proof, person, author,
      networks, ${timestampOf(sql, sql`joined_at`)}, is_known
    FROM json_to_recordset(${JSON.stringify(rows)}::text::json)
      AS r (session text, name text, lookalike text, place bigint, is_absent boolean, proof text, person text,
        author text, networks text, joined_at float8, is_known boolean)`;
  await Promise.all(rows.length > 0 ? [removal, insertion] : [removal]);
}

/** A session that is over, as a row of `past_sessions`. `time` is when it ended, in Unix milliseconds. */
interface PastSession {
  readonly proof: string;
  readonly person: string;
  readonly time: number;
}

async function insertPastSessions(sql: SQL, room: string, sessions: readonly PastSession[]): Promise<void> {
  await sql`
    INSERT INTO chatbox.past_sessions (room, proof, person, ended_at)
    SELECT ${room}::text, proof, person, ${timestampOf(sql, sql`time`)}
    FROM json_to_recordset(${JSON.stringify(sessions)}::text::json) AS r (proof text, person text, time float8)
    ON CONFLICT DO NOTHING`;
}

/** The session that a change ended or replaced. */
function endedBy(change: DecidedChange): PastSession[] {
  switch (change.kind) {
    case "left": {
      const { session, time } = change;
      return session === null ? [] : [{ proof: session.hash, person: session.identity, time }];
    }
    case "resumed":
      return [{ proof: change.oldHash, person: change.session.identity, time: change.time }];
    case "registered":
    case "enacted":
    case "became":
    case "renamed":
    case "sent":
    case "absent":
    case "edited":
    case "deleted":
    case "reacted":
      return [];
  }
}

async function writeEntry(sql: SQL, batch: Batch, messages: readonly CurrentMessage[]): Promise<void> {
  const { room, server, id, position, lastId, lastPlace, changes } = batch;
  await sql`
    WITH stored AS (${insertionOf(sql, room, messages)}), logged AS (
      INSERT INTO chatbox.log (room, position, server, batch, entry)
      VALUES (${room}, ${position}::bigint, ${server}, ${id}, ${encodeChanges(changes, false)})
    ), moved AS (
      UPDATE chatbox.rooms
      SET position = ${position}::bigint, last_id = ${lastId}::bigint, last_place = ${lastPlace}::bigint
      WHERE name = ${room}
    )
    SELECT pg_notify(${CHANNEL}, ${encodeEntryNotification(batch)})`;
}
