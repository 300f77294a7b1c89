import type { SQL } from "bun";
import { effectsOf, replacedBy, writeChanges } from "../postgres/change-table.ts";
import { Database, type DatabaseOptions, type Fragment, nameOfDatabase } from "../postgres/database.ts";
import { withDeadline } from "../postgres/deadline.ts";
import { DatabaseError, startSentence } from "../postgres/fault.ts";
import { DEAD_AFTER_MS } from "../postgres/membership.ts";
import { insertionOf, messageOf, messagesByIds, storedColumns } from "../postgres/message-table.ts";
import { refuseTransactionPooler } from "../postgres/pooler-check.ts";
import { booleanOf, integerOf, type Row, rowsOf, textOf, textOrNull } from "../postgres/rows.ts";
import { migrate } from "../postgres/schema.ts";
import { ago, unixMs } from "../postgres/time.ts";
import { deleteRecord, editRecord, MessageRecord, reactRecord, type StoredEvent } from "../record.ts";
import { type HistoryTarget, MoveError, type Portion } from "./move.ts";
import { withoutKey } from "./replaced-texts.ts";

const STEP_EVENTS = 2_000;
const STEP_TIMEOUT_MS = 30_000;

/** The rooms of a database. */
export class DatabaseHistories implements HistoryTarget {
  readonly #database: Database;
  readonly #name: string;
  /** The connection whose transaction everything belongs to; null if each read sees what is there by then. */
  readonly #transaction: SQL | null;

  private constructor(database: Database, name: string, transaction: SQL | null) {
    this.#database = database;
    this.#name = name;
    this.#transaction = transaction;
  }

  /** @throws DatabaseError with one sentence if the database cannot be used */
  static async open(options: DatabaseOptions): Promise<DatabaseHistories> {
    const database = await opened(options);
    return new DatabaseHistories(database, nameOfDatabase(options.url), null);
  }

  /**
   * The rooms as they are at this moment: servers may go on meanwhile, and edit what has been read already.
   *
   * @throws DatabaseError with one sentence if the database cannot be used
   */
  static async snapshot(options: DatabaseOptions): Promise<DatabaseHistories> {
    return await DatabaseHistories.#within(options, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  }

  /**
   * Rooms whose changes nobody sees before {@link commit}.
   *
   * @throws DatabaseError with one sentence if the database cannot be used
   */
  static begin(options: DatabaseOptions): Promise<DatabaseHistories> {
    return DatabaseHistories.#within(options, "BEGIN");
  }

  static async #within(options: DatabaseOptions, begin: string): Promise<DatabaseHistories> {
    const database = await opened(options);
    const name = nameOfDatabase(options.url);
    const sql = database.dedicated(1);
    try {
      await withDeadline(sql.unsafe(begin), STEP_TIMEOUT_MS, "The database did not answer in time.");
      return new DatabaseHistories(database, name, sql);
    } catch (error) {
      await sql.close({ timeout: 0 });
      await database.close();
      throw new DatabaseError(startSentence(error, name), { cause: error });
    }
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

  async *events(room: string): AsyncGenerator<Portion> {
    const lastId = await this.lastId(room);
    for (let after = 0; ; ) {
      const rows = await this.#use((sql) => eventsAfter(sql, room, after, lastId));
      const events = rowsOf(rows).map((row) => this.#eventOf(row, room));
      after = events.at(-1)?.id ?? lastId;
      yield { events, fraction: lastId === 0 ? 1 : after / lastId };
      if (events.length < STEP_EVENTS) return;
    }
  }

  async append(room: string, events: readonly StoredEvent[]): Promise<void> {
    for (let at = 0; at < events.length; at += STEP_EVENTS) {
      const step = events.slice(at, at + STEP_EVENTS);
      const work = (sql: SQL) => insert(sql, room, step);
      if (this.#transaction !== null) await this.#use(work);
      else await this.#database.transaction(STEP_TIMEOUT_MS, work).catch((error) => this.#explain(error));
    }
  }

  /** Works on what else is stored, in the same transaction if there is one. */
  run<T>(work: (sql: SQL) => Promise<T>): Promise<T> {
    return this.#use(work);
  }

  /** Ends the transaction, and keeps what was done in it. */
  async commit(): Promise<void> {
    await this.#use((sql) => sql`COMMIT`);
  }

  /** What was done in a transaction that was not committed is undone. */
  async close(): Promise<void> {
    await this.#transaction?.close({ timeout: 0 });
    await this.#database.close();
  }

  /** @throws MoveError for a change of an unknown kind */
  #eventOf(row: Row, room: string): StoredEvent {
    const { kind } = row;
    if (kind === "message") return plainMessage(row);
    const change = {
      connection: "",
      id: integerOf(row.event_id),
      of: integerOf(row.event_of),
      time: integerOf(row.event_time),
      by: textOf(row.event_author),
    };
    switch (kind) {
      case "edit": {
        const content = booleanOf(row.is_newest) && row.id !== null ? messageOf(row).content : "";
        const digest = textOrNull(row.event_key) ?? undefined;
        return editRecord({ kind: "edited", ...change, content, digest });
      }
      case "delete":
        return deleteRecord({ kind: "deleted", ...change });
      case "react": {
        const [name, emoji, on] = [textOf(row.event_name), textOf(row.emoji), booleanOf(row.is_on)];
        return reactRecord({ ...change, name, emoji, on, count: 0 });
      }
      default:
        throw new MoveError(
          `The room ${room} has a change of the kind "${kind}" (id ${change.id}), which this version does not know: use the version that wrote it.`,
        );
    }
  }

  #use<T>(work: (sql: SQL) => Promise<T>): Promise<T> {
    const working =
      this.#transaction === null
        ? this.#database.query(STEP_TIMEOUT_MS, work)
        : withDeadline(work(this.#transaction), STEP_TIMEOUT_MS, "The database did not answer in time.");
    return working.catch((error) => this.#explain(error));
  }

  #explain(error: unknown): never {
    throw new DatabaseError(startSentence(error, this.#name), { cause: error });
  }
}

async function opened(options: DatabaseOptions): Promise<Database> {
  const database = new Database({ ...options, statementTimeoutMs: STEP_TIMEOUT_MS });
  try {
    await refuseTransactionPooler(database, options.url);
    await migrate(database, options.url);
  } catch (error) {
    await database.close();
    throw error;
  }
  return database;
}

/** The next events of a room behind an id, each with the message that it is, or whose content an edit has replaced. */
function eventsAfter(sql: SQL, room: string, after: number, lastId: number): Fragment {
  const isWanted = sql`
    room = ${room} AND id > ${after}::bigint AND id <= ${lastId}::bigint ORDER BY id LIMIT ${STEP_EVENTS}::bigint`;
  return sql`
    WITH run AS MATERIALIZED (
      (SELECT id, 'message' AS kind, id AS message, NULL::bigint AS of, sent_at, NULL AS author, NULL AS name,
        NULL AS emoji, NULL::boolean AS is_on, NULL AS key FROM chatbox.messages WHERE ${isWanted})
      UNION ALL
      (SELECT id, kind, CASE WHEN kind = 'edit' THEN of END, of, sent_at, author, name, emoji, is_on, key
        FROM chatbox.changes WHERE ${isWanted})
      ORDER BY id LIMIT ${STEP_EVENTS}::bigint
    )
    SELECT run.id::float8 AS event_id, run.kind, run.of::float8 AS event_of, ${unixMs(sql, sql`run.sent_at`)} AS event_time,
      run.author AS event_author, run.name AS event_name, run.emoji, run.is_on, run.key AS event_key,
      run.kind = 'edit' AND NOT EXISTS (
        SELECT 1 FROM chatbox.changes AS later
        WHERE later.room = ${room} AND later.of = run.of AND later.id > run.id AND later.kind = 'edit'
      ) AS is_newest, ${storedColumns(sql)}, NULL AS reactions
    FROM run LEFT JOIN chatbox.messages ON messages.room = ${room} AND messages.id = run.message
    ORDER BY run.id`;
}

/** A message without what has become of it, and with its content only if nothing has replaced that. */
function plainMessage(row: Row): MessageRecord {
  const { edited, deleted: _, reactions: __, ...message } = messageOf(row);
  return MessageRecord.of(edited === undefined ? message : { ...message, content: "" });
}

async function insert(sql: SQL, room: string, events: readonly StoredEvent[]): Promise<void> {
  const earlier = await messagesByIds(sql, room, replacedBy(events));
  const effects = effectsOf(events.map(withoutKey), (id) => earlier.get(id));
  const lastId = events.at(-1)?.id ?? 0;
  if (effects.messages.length > 0) await insertionOf(sql, room, effects.messages);
  await writeChanges(sql, room, effects);
  await sql`
    INSERT INTO chatbox.rooms (name, last_id) VALUES (${room}, ${lastId}::bigint)
    ON CONFLICT (name) DO UPDATE SET last_id = greatest(rooms.last_id, excluded.last_id)`;
}
