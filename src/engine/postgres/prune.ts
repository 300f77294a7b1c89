import type { SQL } from "bun";
import { KEPT_AT_LEAST_MS, type Retention } from "../retention.ts";
import { CHANNEL, encodeNote } from "./channel.ts";
import type { Database } from "./database.ts";
import { rowsOf } from "./rows.ts";

const STEP_TIMEOUT_MS = 4_000;
/** So many messages are deleted at once, so that nobody waits long for what is locked meanwhile. */
const STEP_MESSAGES = 2_000;

/**
 * Deletes the messages that are not to be kept, of all rooms; the servers hear of it. May reject as the database does.
 *
 * @param goOn asked between two steps
 */
export async function prune(
  database: Database,
  { keepMs, keepMessages }: Retention,
  goOn: () => boolean,
): Promise<void> {
  let deleted = 0;
  do {
    const step = await database.query(STEP_TIMEOUT_MS, (sql) => deleteSome(sql, keepMs, keepMessages));
    deleted += step;
    if (step < STEP_MESSAGES) break;
  } while (goOn());
  if (deleted === 0) return;
  await database.query(
    STEP_TIMEOUT_MS,
    (sql) => sql`SELECT pg_notify(${CHANNEL}, ${encodeNote({ kind: "pruned" })})`,
  );
}

async function deleteSome(sql: SQL, keepMs: number | null, keepMessages: number | null): Promise<number> {
  const rows = await sql`
    DELETE FROM chatbox.messages WHERE (room, id) IN (
      SELECT messages.room, messages.id FROM chatbox.rooms
      CROSS JOIN LATERAL (
        SELECT id FROM chatbox.messages WHERE room = rooms.name
        ORDER BY id DESC OFFSET ${keepMessages}::bigint LIMIT 1
      ) AS newest_over
      JOIN chatbox.messages ON messages.room = rooms.name AND messages.id <= newest_over.id
      WHERE ${keepMessages}::bigint IS NOT NULL
        AND sent_at < now() - ${KEPT_AT_LEAST_MS}::float8 * interval '1 millisecond' AND messages.id < rooms.last_id
      UNION ALL
      SELECT messages.room, messages.id FROM chatbox.rooms
      JOIN chatbox.messages ON messages.room = rooms.name
      WHERE sent_at < now() - ${keepMs === null ? null : Math.max(keepMs, KEPT_AT_LEAST_MS)}::float8 * interval '1 millisecond'
        AND messages.id < rooms.last_id
      LIMIT ${STEP_MESSAGES}::bigint
    ) RETURNING id`;
  return rowsOf(rows).length;
}
