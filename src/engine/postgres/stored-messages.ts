import type { SQL } from "bun";
import type { Archive, EventPlace, EventRun } from "../archive.ts";
import { MessageRecord } from "../record.ts";
import type { Database, Fragment } from "./database.ts";
import { messageColumns, messageOf, messagesByIds } from "./message-table.ts";
import { integerOf, rowsOf } from "./rows.ts";
import { unixMs } from "./time.ts";

/** How long reading a part of the history may take. */
const READ_TIMEOUT_MS = 4_000;
/** How many messages are read at once to fill a reply. */
const TAIL_STEP = 2_000;

/** The size of a message in bytes, as it is assumed before it is read. */
const AVERAGE_BYTES = 256;
/** The size of what a message has besides its texts, in bytes. */
const FRAME_BYTES = 104;

type Bounds = Pick<Archive, "firstId" | "lastId" | "lastEventId" | "emptiedTo">;

/** The messages of a room in the database, and the changes to them. Each read sees one moment. */
export class StoredMessages implements Archive {
  readonly #database: Database;
  readonly #room: string;
  readonly #bounds: Bounds;

  /** @param bounds what is kept of the room, as far as this server knows */
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

  get lastEventId(): number {
    return this.#bounds.lastEventId;
  }

  get emptiedTo(): number {
    return this.#bounds.emptiedTo;
  }

  get averageBytes(): number {
    return AVERAGE_BYTES;
  }

  async tail(budgetBytes: number): Promise<MessageRecord[]> {
    const newestFirst: MessageRecord[] = [];
    let bytes = 0;
    let before = this.lastId + 1;
    for (;;) {
      const step = await this.#newestBelow(before, TAIL_STEP, budgetBytes - bytes);
      for (const record of step) {
        // Version 2 does not show it.
        bytes += record.isDeleted ? 0 : record.replyBytes;
        if (bytes > budgetBytes) return newestFirst.reverse();
        newestFirst.push(record);
      }
      before = step.at(-1)?.id ?? 0;
      if (step.length === 0 || before <= this.firstId) return newestFirst.reverse();
    }
  }

  async below(before: number, count: number, budgetBytes: number): Promise<MessageRecord[]> {
    const found = await this.#newestBelow(Math.min(before, this.lastId + 1), count, budgetBytes);
    return found.reverse();
  }

  async events(from: number, count: number, budgetBytes: number): Promise<EventRun> {
    const rows = await this.#database.query(READ_TIMEOUT_MS, (sql) =>
      this.#eventRows(sql, from, count, budgetBytes),
    );
    const messages = new Map<number, MessageRecord>();
    const events = rowsOf(rows).map((row): EventPlace => {
      if (row.id !== null) {
        const record = MessageRecord.of(messageOf(row));
        messages.set(record.id, record);
      }
      const of = row.event_of === null ? null : integerOf(row.event_of);
      return { id: integerOf(row.event_id), time: integerOf(row.event_time), of };
    });
    return { events, messages };
  }

  async firstSince(time: number): Promise<number | null> {
    const { lastId, firstId } = this.#bounds;
    const ofRoom = (sql: SQL) => sql`room = ${this.#room} AND id <= ${lastId}::bigint`;
    // Each step halves the ids in question and looks at one message. A comparison of moments could exceed what they may be.
    const rows = await this.#database.query(
      READ_TIMEOUT_MS,
      (sql) => sql`
        WITH RECURSIVE search AS (
          SELECT ${firstId}::bigint AS low, ${lastId}::bigint + 1 AS high
          UNION ALL
          SELECT CASE WHEN is_older THEN found.id + 1 ELSE low END, CASE WHEN is_older THEN high ELSE (low + high) / 2 END
          FROM search LEFT JOIN LATERAL (
            SELECT id, ${unixMs(sql, sql`sent_at`)} < ${time}::float8 AS is_older FROM chatbox.messages
            WHERE ${ofRoom(sql)} AND id >= (low + high) / 2 AND id < high ORDER BY id LIMIT 1
          ) AS found ON true
          WHERE low < high
        )
        SELECT found.id::float8 AS id FROM search CROSS JOIN LATERAL (
          SELECT id FROM chatbox.messages WHERE ${ofRoom(sql)} AND id >= low ORDER BY id LIMIT 1
        ) AS found WHERE low >= high`,
    );
    const [row] = rowsOf(rows);
    return row === undefined ? null : integerOf(row.id);
  }

  async message(id: number): Promise<MessageRecord | undefined> {
    const found = await this.#database.query(READ_TIMEOUT_MS, (sql) => messagesByIds(sql, this.#room, [id]));
    const message = found.get(id);
    return message && MessageRecord.of(message);
  }

  /** Rows of events, each with the message that it is or concerns unless an earlier row has that already. */
  #eventRows(sql: SQL, from: number, count: number, budgetBytes: number): Fragment {
    const isWanted = sql`
      room = ${this.#room} AND id >= ${from}::bigint AND id <= ${this.lastEventId}::bigint
      ORDER BY id LIMIT ${count}::bigint`;
    return sql`
      WITH run AS MATERIALIZED (
        SELECT *, id AS event_id, row_number() OVER (PARTITION BY coalesce(of, id) ORDER BY id) = 1 AS is_first FROM (
          (SELECT id, sent_at, NULL::bigint AS of FROM chatbox.messages WHERE ${isWanted})
          UNION ALL
          (SELECT id, sent_at, of FROM chatbox.changes WHERE ${isWanted})
        ) AS found ORDER BY id LIMIT ${count}::bigint
      ), shown AS MATERIALIZED (
        SELECT run.event_id::float8 AS event_id, ${unixMs(sql, sql`run.sent_at`)} AS event_time,
          run.of::float8 AS event_of, ${messageColumns(sql)}
        FROM run LEFT JOIN chatbox.messages
          ON is_first AND messages.room = ${this.#room} AND messages.id = coalesce(run.of, run.event_id)
      )
      SELECT * FROM (
        SELECT *, ${bytesBefore(sql, sql`event_id`)} AS bytes_before FROM shown
      ) AS counted WHERE bytes_before < ${budgetBytes}::float8 ORDER BY event_id`;
  }

  /**
   * Gives the newest first. One message at least is read, however large it is. They are taken one after the other, so that
   * the reactions to those that do not fit are not even counted.
   */
  async #newestBelow(below: number, count: number, budgetBytes: number): Promise<MessageRecord[]> {
    const rows = await this.#database.query(
      READ_TIMEOUT_MS,
      (sql) => sql`
        WITH RECURSIVE newest AS (
          SELECT 1 AS place, 0::float8 AS bytes_before, first.*
          FROM (${this.#nextBelow(sql, sql`${below}::bigint`)}) AS first WHERE ${budgetBytes}::float8 > 0
          UNION ALL
          SELECT newest.place + 1, newest.bytes_before + newest.bytes, next.*
          FROM newest CROSS JOIN LATERAL (${this.#nextBelow(sql, sql`newest.id::bigint`)}) AS next
          WHERE newest.place < ${count}::bigint AND newest.bytes_before + newest.bytes < ${budgetBytes}::float8
        )
        SELECT * FROM newest ORDER BY place`,
    );
    return rowsOf(rows).map((row) => MessageRecord.of(messageOf(row)));
  }

  /** The newest message below an id, and its size. */
  #nextBelow(sql: SQL, below: Fragment): Fragment {
    return sql`
      SELECT *, ${bytesOf(sql)} AS bytes FROM (
        SELECT ${messageColumns(sql)} FROM chatbox.messages
        WHERE room = ${this.#room} AND messages.id < ${below} ORDER BY messages.id DESC LIMIT 1
      ) AS wanted`;
  }
}

/** About how many bytes a message takes. */
function bytesOf(sql: SQL): Fragment {
  return sql`
    coalesce(octet_length(name) + octet_length(content) + coalesce(octet_length(reactions), 0) + ${FRAME_BYTES}::int, 0)`;
}

/** About how many bytes the messages take that come before one in an order. */
function bytesBefore(sql: SQL, order: Fragment): Fragment {
  return sql`
    coalesce(
      sum(${bytesOf(sql)}) OVER (ORDER BY ${order} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0
    )`;
}
