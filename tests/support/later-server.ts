/** A server of a later version, as far as the others can tell: what it commits to a database and notifies. */
import { SQL } from "bun";

export interface LaterBatch {
  /** The changes, with contents for a notification and without for the log. `id` is the next of the room's sequence. */
  readonly changes: (id: number, withContents: boolean) => readonly (readonly unknown[])[];
  /** How many ids the changes take. */
  readonly ids: number;
  /** A statement that is run in the same transaction. */
  readonly statement?: (id: number) => string;
  /** What the others are notified of. */
  readonly notified: "the changes" | "the position" | "nothing";
}

/** Commits a batch to the main room. @returns the last id of the room */
export async function commitAsLater(url: string, batch: LaterBatch): Promise<number> {
  const sql = new SQL(url, { max: 1 });
  try {
    return await sql.begin((transaction) => commit(transaction, batch));
  } finally {
    await sql.close({ timeout: 0 });
  }
}

async function commit(sql: SQL, { changes, ids, statement, notified }: LaterBatch): Promise<number> {
  const [room] = await sql`
    SELECT position::float8 AS position, last_id::float8 AS last_id,
      (SELECT batch FROM chatbox.log WHERE room = rooms.name AND position = rooms.position) AS follows
    FROM chatbox.rooms WHERE name = '/' FOR UPDATE`;
  const position = Number(room.position) + 1;
  const id = Number(room.last_id) + 1;
  const lastId = id + ids - 1;
  const batch = crypto.randomUUID();
  await sql`
    INSERT INTO chatbox.log (room, position, server, batch, entry)
    VALUES ('/', ${position}, 'later', ${batch}, ${JSON.stringify(changes(id, false))})`;
  await sql`UPDATE chatbox.rooms SET position = ${position}, last_id = ${lastId} WHERE name = '/'`;
  if (statement !== undefined) await sql.unsafe(statement(id));
  const place = { kind: "entry", server: "later", room: "/", position };
  const whole = { ...place, batch, follows: room.follows, changes: changes(id, true), further: [{ a: 1 }] };
  if (notified !== "nothing") {
    const payload = JSON.stringify(notified === "the changes" ? whole : place);
    await sql`SELECT pg_notify('chatbox', ${payload})`;
  }
  return lastId;
}
