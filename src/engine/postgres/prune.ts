import type { SQL } from "bun";
import { MAX_ID } from "../record.ts";
import { FULL_SHARE, KEPT_AT_LEAST_MS, type Retention } from "../retention.ts";
import type { Database, Fragment } from "./database.ts";
import { CHANNEL, encodeNotification } from "./notification.ts";
import { integerOf, rowsOf, textOf } from "./rows.ts";
import { ago } from "./time.ts";

const STEP_TIMEOUT_MS = 4_000;
/** How many rows are deleted at once: few enough that nobody waits long for what is locked meanwhile. */
const STEP_ROWS = 2_000;
/** How many messages and changes are measured at once. */
const MEASURED_EVENTS = 5_000;
/** The size of a message or a change without its texts, and of a message with texts of maximum length: four bytes for each character. */
const RECORD_BYTES = 104;
const RECORD_MOST_BYTES = 17_000;

/**
 * Deletes expired messages from all rooms, and notifies the servers. Rejects if the database fails.
 *
 * @param own the rooms that keep messages for a shorter time, in milliseconds
 * @param goOn asked between two steps whether to continue
 */
export async function prune(
  database: Database,
  { keepMs, keepMessages, keepBytes }: Retention,
  own: readonly { readonly room: string; readonly keepMs: number }[],
  goOn: () => boolean,
): Promise<void> {
  let deleted = keepBytes === null ? 0 : await pruneTooLarge(database, keepBytes, goOn);
  while (keepMs !== null || keepMessages !== null) {
    const step = await database.query(STEP_TIMEOUT_MS, (sql) => deleteSome(sql, keepMs, keepMessages));
    deleted += step;
    if (step < STEP_ROWS || !goOn()) break;
  }
  for (const { room, keepMs: ownMs } of own) {
    for (;;) {
      const step = await database.query(STEP_TIMEOUT_MS, (sql) => deleteBefore(sql, room, ownMs));
      deleted += step;
      if (step < STEP_ROWS || !goOn()) break;
    }
  }
  // Also what an earlier run has left, or a batch has added since.
  await deleteLeftOver(database, goOn);
  if (deleted === 0) return;
  await database.query(
    STEP_TIMEOUT_MS,
    (sql) => sql`SELECT pg_notify(${CHANNEL}, ${encodeNotification({ kind: "pruned" })})`,
  );
}

/** Deletes the oldest messages of rooms whose histories are too large. @returns how many it has deleted */
async function pruneTooLarge(database: Database, keepBytes: number, goOn: () => boolean): Promise<number> {
  // Most rooms have too few messages to be worth measuring.
  const rooms = await database.query(
    STEP_TIMEOUT_MS,
    (sql) => sql`
      SELECT name FROM chatbox.rooms CROSS JOIN LATERAL (
        SELECT id FROM chatbox.messages WHERE room = rooms.name ORDER BY id LIMIT 1
      ) AS oldest WHERE (last_id - oldest.id) * ${RECORD_MOST_BYTES}::float8 > ${keepBytes}::float8`,
  );
  let deleted = 0;
  for (const { name } of rowsOf(rooms)) {
    const below = await oldestKept(database, textOf(name), keepBytes, goOn);
    while (below !== null) {
      const step = await database.query(STEP_TIMEOUT_MS, (sql) => deleteBelow(sql, textOf(name), below));
      deleted += step;
      if (step < STEP_ROWS || !goOn()) break;
    }
  }
  return deleted;
}

/** The lowest id that a room is to keep; null if it is to keep all. */
async function oldestKept(
  database: Database,
  room: string,
  keepBytes: number,
  goOn: () => boolean,
): Promise<number | null> {
  let bytes = 0;
  let before = MAX_ID;
  let firstKept: number | null = null;
  do {
    const step = await database.query(STEP_TIMEOUT_MS, (sql) =>
      measure(sql, room, before, FULL_SHARE * keepBytes - bytes),
    );
    if (step === null) return null;
    before = step.firstId;
    bytes += step.bytes;
    if (step.overId !== null) firstKept ??= step.overId + 1;
    if (bytes > keepBytes) return firstKept;
  } while (goOn());
  return null;
}

/**
 * Measures some messages and changes, from the newest on. `overId` is the first with which they exceed a size together; null if they do
 * not.
 *
 * @returns null if there are none
 */
async function measure(
  sql: SQL,
  room: string,
  before: number,
  sizeBytes: number,
): Promise<{ firstId: number; bytes: number; overId: number | null } | null> {
  const isMeasured = sql`
    room = ${room} AND id < ${before}::bigint ORDER BY id DESC LIMIT ${MEASURED_EVENTS}::bigint`;
  const [row] = rowsOf(
    await sql`
      SELECT min(id)::float8 AS first_id, max(bytes)::float8 AS bytes,
        (max(id) FILTER (WHERE bytes > ${sizeBytes}::float8))::float8 AS over_id
      FROM (
        SELECT id, sum(text_bytes + ${RECORD_BYTES}::int) OVER (ORDER BY id DESC) AS bytes
        FROM (
          (SELECT id, octet_length(name) + octet_length(content) AS text_bytes FROM chatbox.messages
            WHERE ${isMeasured})
          UNION ALL
          (SELECT id, coalesce(octet_length(name) + octet_length(emoji), 0) FROM chatbox.changes
            WHERE ${isMeasured})
          ORDER BY id DESC LIMIT ${MEASURED_EVENTS}::bigint
        ) AS newest
      ) AS measured`,
  );
  if (!row || row.first_id === null) return null;
  const overId = row.over_id === null ? null : integerOf(row.over_id);
  return { firstId: integerOf(row.first_id), bytes: integerOf(row.bytes), overId };
}

async function deleteBelow(sql: SQL, room: string, below: number): Promise<number> {
  const rows = await sql`
    DELETE FROM chatbox.messages WHERE room = ${room} AND id IN (
      SELECT id FROM chatbox.messages WHERE room = ${room} AND id < ${below}::bigint
        AND id < (SELECT max(id) FROM chatbox.messages WHERE room = ${room})
        AND sent_at < ${ago(sql, KEPT_AT_LEAST_MS)}
      ORDER BY id LIMIT ${STEP_ROWS}::bigint
    ) RETURNING id`;
  return rowsOf(rows).length;
}

async function deleteBefore(sql: SQL, room: string, keepMs: number): Promise<number> {
  const rows = await sql`
    DELETE FROM chatbox.messages WHERE room = ${room} AND id IN (
      SELECT id FROM chatbox.messages WHERE room = ${room}
        AND id < (SELECT max(id) FROM chatbox.messages WHERE room = ${room})
        AND sent_at < ${ago(sql, Math.max(keepMs, KEPT_AT_LEAST_MS))}
      ORDER BY id LIMIT ${STEP_ROWS}::bigint
    ) RETURNING id`;
  return rowsOf(rows).length;
}

async function deleteSome(sql: SQL, keepMs: number | null, keepMessages: number | null): Promise<number> {
  const rows = await sql`
    DELETE FROM chatbox.messages WHERE (room, id) IN (
      SELECT messages.room, messages.id FROM chatbox.rooms ${joinNewest(sql)}
      CROSS JOIN LATERAL (
        SELECT id FROM chatbox.messages WHERE room = rooms.name
        ORDER BY id DESC OFFSET ${keepMessages}::bigint LIMIT 1
      ) AS newest_over
      JOIN chatbox.messages ON messages.room = rooms.name AND messages.id <= newest_over.id
      WHERE ${keepMessages}::bigint IS NOT NULL
        AND sent_at < ${ago(sql, KEPT_AT_LEAST_MS)} AND messages.id < newest.id
      UNION ALL
      SELECT messages.room, messages.id FROM chatbox.rooms ${joinNewest(sql)}
      JOIN chatbox.messages ON messages.room = rooms.name
      WHERE sent_at < ${ago(sql, keepMs === null ? null : Math.max(keepMs, KEPT_AT_LEAST_MS))}
        AND messages.id < newest.id
      LIMIT ${STEP_ROWS}::bigint
    ) RETURNING id`;
  return rowsOf(rows).length;
}

/** Joins the newest message of each room. Its id need not be the room's last one, which may be that of a change. */
function joinNewest(sql: SQL): Fragment {
  return sql`
    CROSS JOIN LATERAL (
      SELECT id FROM chatbox.messages WHERE room = rooms.name ORDER BY id DESC LIMIT 1
    ) AS newest`;
}

/**
 * Deletes the changes that come before the first message that is kept, and the reactions to messages before it. Later
 * changes stay even if their messages are gone: clients may continue from them.
 */
async function deleteLeftOver(database: Database, goOn: () => boolean): Promise<void> {
  for (const statement of [leftOverChanges, leftOverReactions]) {
    for (;;) {
      const step = await database.query(STEP_TIMEOUT_MS, async (sql) => rowsOf(await statement(sql)).length);
      if (step < STEP_ROWS || !goOn()) break;
    }
  }
}

function leftOverChanges(sql: SQL): Fragment {
  return sql`
    DELETE FROM chatbox.changes WHERE (room, id) IN (
      SELECT changes.room, changes.id FROM chatbox.rooms ${joinOldest(sql)}
      JOIN chatbox.changes ON changes.room = rooms.name AND changes.id < oldest.id
      LIMIT ${STEP_ROWS}::bigint
    ) RETURNING id`;
}

function leftOverReactions(sql: SQL): Fragment {
  return sql`
    DELETE FROM chatbox.reactions WHERE (room, message, emoji, author) IN (
      SELECT reactions.room, message, emoji, author FROM chatbox.rooms ${joinOldest(sql)}
      JOIN chatbox.reactions ON reactions.room = rooms.name AND reactions.message < oldest.id
      LIMIT ${STEP_ROWS}::bigint
    ) RETURNING id`;
}

function joinOldest(sql: SQL): Fragment {
  return sql`
    CROSS JOIN LATERAL (
      SELECT id FROM chatbox.messages WHERE room = rooms.name ORDER BY id LIMIT 1
    ) AS oldest`;
}
