import type { SQL } from "bun";
import { OneAtATime } from "../one-at-a-time.ts";
import type { Decide } from "../shared-store.ts";
import type { Database } from "./database.ts";
import { CommitInDoubt } from "./fault.ts";

const TIMEOUT_MS = 4_000;
/** Reading everything: some hundred thousand rows. */
const LOAD_TIMEOUT_MS = 30_000;

/** A sort of tables: what they store, and how. All of it is called within a transaction. */
export interface TableFormat<Change, Reading> {
  /** Locks the row that counts the changes, until the end of the transaction. Resolves to the revision. */
  lock(sql: SQL): Promise<number>;
  revisionOf(sql: SQL): Promise<number>;
  /** What has changed since a revision; everything since -1. */
  readSince(sql: SQL, revision: number): Promise<Reading>;
  /** Makes changes as one revision, and notifies the servers. @param id by which the change is found again */
  applyAll(sql: SQL, changes: readonly Change[], revision: number, id: string): Promise<void>;
  /** Whether a change that was in doubt was made. */
  isApplied(sql: SQL, id: string): Promise<boolean>;
}

/** What the tables are in memory. */
interface View<Reading> {
  readonly revision: number;
  apply(reading: Reading): void;
}

export interface SharedTablesOptions<Change, Reading> {
  readonly database: Database;
  readonly format: TableFormat<Change, Reading>;
  readonly view: View<Reading>;
  /** Called when this is closed, which leaves the database open. */
  readonly closed: () => Promise<void>;
}

/**
 * Tables that all servers of a chat share, with a view of them in memory. Changes are made one after the other, under the lock
 * of one row, which counts them.
 */
export class SharedTables<Change, Reading> {
  readonly #options: SharedTablesOptions<Change, Reading>;
  readonly #turns = new OneAtATime();
  #isCatchingUp = false;

  constructor(options: SharedTablesOptions<Change, Reading>) {
    this.#options = options;
  }

  /** Reads everything, because changes may have been missed. Rejects if the database fails. */
  reload(): Promise<void> {
    const { database, format, view } = this.#options;
    return this.#turns.run(async () => {
      view.apply(await database.query(LOAD_TIMEOUT_MS, (sql) => format.readSince(sql, -1)));
    });
  }

  /** Reads what other servers have changed. Rejects if the database fails. */
  async catchUp(): Promise<void> {
    // One that waits for its turn will see what happens until then.
    if (this.#isCatchingUp) return;
    this.#isCatchingUp = true;
    await this.#turns.run(async () => {
      this.#isCatchingUp = false;
      await this.#options.database.query(LOAD_TIMEOUT_MS, (sql) => this.catchUpIn(sql));
    });
  }

  /** The same, on a connection that is in use. */
  async catchUpIn(sql: SQL): Promise<void> {
    const { format, view } = this.#options;
    const { revision } = view;
    if ((await format.revisionOf(sql)) !== revision) view.apply(await format.readSince(sql, revision));
  }

  /**
   * Has `decide` called while nobody else, at any server, can change the tables, with the view up to date. Stores the changes,
   * all or none, brings the view up to date, and resolves to the result.
   *
   * Rejects with what `decide` throws, or if the database fails.
   */
  change<T>(decide: Decide<SQL, Change, T>): Promise<T> {
    return this.#turns.run(async () => {
      const attempt = new Attempt<Change, Reading, T>(this.#options, decide);
      try {
        return await attempt.run();
      } catch (error) {
        // The lock settles it: whoever holds it sees what the transaction in doubt has become.
        if (error instanceof CommitInDoubt) return await attempt.run();
        throw error;
      }
    });
  }

  /** Stores what is no change to anybody. Rejects if the database fails. */
  async note(work: (sql: SQL) => Promise<void>): Promise<void> {
    const { database, format } = this.#options;
    await database.transaction(TIMEOUT_MS, async (sql) => {
      // Otherwise this and a change at another server could each wait for rows that the other one has.
      await format.lock(sql);
      await work(sql);
    });
  }

  /** Reads what the view does not have. Rejects if the database fails. */
  read<T>(work: (sql: SQL) => Promise<T>): Promise<T> {
    return this.#options.database.query(TIMEOUT_MS, work);
  }

  async close(): Promise<void> {
    await this.#turns.idle();
    await this.#options.closed();
  }
}

/** One change, which may have to be tried again when it is in doubt whether it was committed. */
class Attempt<Change, Reading, T> {
  readonly #id = crypto.randomUUID();
  readonly #options: SharedTablesOptions<Change, Reading>;
  readonly #decide: Decide<SQL, Change, T>;
  /** What was decided in the attempt before. */
  #decided: { readonly result: T } | null = null;

  constructor(options: SharedTablesOptions<Change, Reading>, decide: Decide<SQL, Change, T>) {
    this.#options = options;
    this.#decide = decide;
  }

  async run(): Promise<T> {
    const { database, view } = this.#options;
    const { result, reading } = await database.transaction(TIMEOUT_MS, (sql) => this.#work(sql));
    if (reading !== null) view.apply(reading);
    return result;
  }

  async #work(sql: SQL): Promise<{ result: T; reading: Reading | null }> {
    const { format, view } = this.#options;
    const revision = await format.lock(sql);
    if (revision !== view.revision) view.apply(await format.readSince(sql, view.revision));
    if (this.#decided !== null && (await format.isApplied(sql, this.#id)))
      return { ...this.#decided, reading: null };
    const { changes, result } = await this.#decide(sql);
    this.#decided = { result };
    if (changes.length === 0) return { result, reading: null };
    await format.applyAll(sql, changes, revision + 1, this.#id);
    return { result, reading: await format.readSince(sql, revision) };
  }
}
