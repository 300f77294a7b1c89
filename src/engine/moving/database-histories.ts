import type { SQL } from "bun";
import { Database, type DatabaseOptions, nameOfDatabase } from "../postgres/database.ts";
import { DatabaseError, startSentence } from "../postgres/fault.ts";
import { DEAD_AFTER_MS } from "../postgres/membership.ts";
import { insertionOf, messageColumns, messageOf } from "../postgres/message-table.ts";
import { refuseTransactionPooler } from "../postgres/pooler-check.ts";
import { integerOf, rowsOf, textOf } from "../postgres/rows.ts";
import { migrate } from "../postgres/schema.ts";
import { ago } from "../postgres/time.ts";
import { MessageRecord } from "../record.ts";
import { type MessageTarget, MoveError, type Portion } from "./move.ts";

const STEP_MESSAGES = 2_000;
const STEP_TIMEOUT_MS = 30_000;

/** The rooms of a database. */
export class DatabaseHistories implements MessageTarget {
  readonly #database: Database;
  readonly #name: string;

  private constructor(database: Database, name: string) {
    this.#database = database;
    this.#name = name;
  }

  /** @throws DatabaseError with one sentence if the database cannot be used */
  static async open(options: DatabaseOptions): Promise<DatabaseHistories> {
    const database = new Database({ ...options, statementTimeoutMs: STEP_TIMEOUT_MS });
    try {
      await refuseTransactionPooler(database, options.url);
      await migrate(database, options.url);
    } catch (error) {
      await database.close();
      throw error;
    }
    return new DatabaseHistories(database, nameOfDatabase(options.url));
  }

  /** @throws MoveError if a server uses the database: it would not know of what is added */
  async refuseServers(): Promise<void> {
    const rows = await this.#use(
      (sql) => sql`
      SELECT id FROM chatbox.servers WHERE alive_at > ${ago(sql, DEAD_AFTER_MS)}`,
    );
    if (rowsOf(rows).length === 0) return;
    throw new MoveError(`Servers use the database at ${this.#name}; stop them for an import.`);
  }

  async rooms(): Promise<string[]> {
    const rows = await this.#use(
      (sql) => sql`SELECT name FROM chatbox.rooms WHERE last_id > 0 ORDER BY name`,
    );
    return rowsOf(rows).map(({ name }) => textOf(name));
  }

  async lastId(room: string): Promise<number> {
    const [row] = rowsOf(
      await this.#use(
        (sql) => sql`SELECT last_id::float8 AS last_id FROM chatbox.rooms WHERE name = ${room}`,
      ),
    );
    return integerOf(row?.last_id ?? 0);
  }

  async *messages(room: string): AsyncGenerator<Portion> {
    const lastId = await this.lastId(room);
    for (let after = 0; ; ) {
      const rows = await this.#use(
        (sql) => sql`
        SELECT ${messageColumns(sql)} FROM chatbox.messages
        WHERE room = ${room} AND id > ${after}::bigint AND id <= ${lastId}::bigint
        ORDER BY id LIMIT ${STEP_MESSAGES}::bigint`,
      );
      const messages = rowsOf(rows).map((row) => MessageRecord.of(messageOf(row)));
      after = messages.at(-1)?.id ?? lastId;
      yield { messages, fraction: lastId === 0 ? 1 : after / lastId };
      if (messages.length < STEP_MESSAGES) return;
    }
  }

  async append(room: string, messages: readonly MessageRecord[]): Promise<void> {
    for (let at = 0; at < messages.length; at += STEP_MESSAGES) {
      const step = messages.slice(at, at + STEP_MESSAGES);
      await this.#database
        .transaction(STEP_TIMEOUT_MS, (sql) => insert(sql, room, step))
        .catch((error) => this.#explain(error));
    }
  }

  async close(): Promise<void> {
    await this.#database.close();
  }

  #use<T>(work: (sql: SQL) => Promise<T>): Promise<T> {
    return this.#database.query(STEP_TIMEOUT_MS, work).catch((error) => this.#explain(error));
  }

  #explain(error: unknown): never {
    throw new DatabaseError(startSentence(error, this.#name), { cause: error });
  }
}

async function insert(sql: SQL, room: string, messages: readonly MessageRecord[]): Promise<void> {
  // A key means nothing after ten minutes, and a file may have it twice.
  const withoutKeys = messages.map(({ message }) => ({ ...message, digest: undefined }));
  const lastId = messages.at(-1)?.id ?? 0;
  await insertionOf(sql, room, withoutKeys);
  await sql`
    INSERT INTO chatbox.rooms (name, last_id) VALUES (${room}, ${lastId}::bigint)
    ON CONFLICT (name) DO UPDATE SET last_id = greatest(rooms.last_id, excluded.last_id)`;
}
