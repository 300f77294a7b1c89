import type { Archive } from "../archive.ts";
import { MessageRecord } from "../record.ts";
import type { Database } from "./database.ts";
import { messageColumns, messageOf } from "./message-table.ts";
import { rowsOf } from "./rows.ts";

/** How long reading a part of the history may take. */
const READ_TIMEOUT_MS = 4_000;
/** How many messages are read at once to fill a reply. */
const TAIL_STEP = 2_000;

/** The size of a message in bytes, as it is assumed before it is read. */
const AVERAGE_BYTES = 256;
/** The size of what a message has besides its texts, in bytes. */
const FRAME_BYTES = 80;

type Bounds = Pick<Archive, "firstId" | "lastId" | "emptiedTo">;

/** Which messages are read. */
interface Range {
  /** Their ids are between these two, without them. */
  readonly above: number;
  readonly below: number;
  /** Where the reading begins. */
  readonly order: "oldest first" | "newest first";
  readonly count: number;
  /** One message at least is read, however large it is. */
  readonly budgetBytes: number;
}

/** The messages of a room in the database. */
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
        bytes += record.replyBytes;
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

  async above(after: number, count: number, budgetBytes: number): Promise<MessageRecord[]> {
    const order = "oldest first";
    return await this.#read({ above: after, below: this.lastId + 1, order, count, budgetBytes });
  }

  async message(id: number): Promise<MessageRecord | undefined> {
    const rows = await this.#database.query(
      READ_TIMEOUT_MS,
      (sql) => sql`
        SELECT ${messageColumns(sql)} FROM chatbox.messages
        WHERE room = ${this.#room} AND id = ${id}::bigint`,
    );
    const [row] = rowsOf(rows);
    return row && MessageRecord.of(messageOf(row));
  }

  /** Gives the newest first. */
  #newestBelow(below: number, count: number, budgetBytes: number): Promise<MessageRecord[]> {
    return this.#read({ above: 0, below, order: "newest first", count, budgetBytes });
  }

  async #read({ above, below, order, count, budgetBytes }: Range): Promise<MessageRecord[]> {
    const rows = await this.#database.query(READ_TIMEOUT_MS, (sql) => {
      const inOrder = order === "oldest first" ? sql`id` : sql`id DESC`;
      return sql`
        SELECT ${messageColumns(sql)} FROM (
          SELECT *, coalesce(sum(octet_length(name) + octet_length(content) + ${FRAME_BYTES}::int)
            OVER (ORDER BY ${inOrder} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS bytes_before
          FROM (
            SELECT * FROM chatbox.messages
            WHERE room = ${this.#room} AND id > ${above}::bigint AND id < ${below}::bigint
            ORDER BY ${inOrder} LIMIT ${count}::bigint
          ) AS wanted
        ) AS counted WHERE bytes_before < ${budgetBytes}::float8 ORDER BY ${inOrder}`;
    });
    return rowsOf(rows).map((row) => MessageRecord.of(messageOf(row)));
  }
}
