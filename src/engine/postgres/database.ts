import { type ReservedSQL, SQL } from "bun";
import { CommitInDoubt, DatabaseError, DatabaseTimeout, isRefusal } from "./fault.ts";

export interface DatabaseOptions {
  /** `postgres://user:password@host:port/name`, with `sslmode` and its like behind it. Never shown with its password. */
  readonly url: string;
  /** The most connections, beside the one that listens. */
  readonly poolSize: number;
  /** How long one statement may take, and wait for a lock. */
  readonly statementTimeoutMs: number;
  readonly connectTimeoutMs: number;
}

/**
 * Connections to PostgreSQL, in a bounded pool. Each use has a deadline of its own: a database that is paused or cut off
 * keeps connections open and answers nothing.
 */
export class Database {
  readonly #options: DatabaseOptions;
  #pool: SQL;
  #isClosed = false;

  constructor(options: DatabaseOptions) {
    this.#options = options;
    this.#pool = this.#connect(options.poolSize);
  }

  /**
   * Runs work in one transaction, and commits it.
   *
   * @throws CommitInDoubt when the connection was lost while it was being committed, DatabaseTimeout when the time is
   *   over; in both cases, and after any other error, the connection is closed, so that nothing can be committed later
   *   that was not on its way
   */
  async transaction<T>(timeoutMs: number, work: (sql: SQL) => Promise<T>): Promise<T> {
    let isCommitting = false;
    try {
      return await this.#use(timeoutMs, async (sql) => {
        const begun = sql`BEGIN`.execute();
        const [result] = await Promise.all([work(sql), begun]);
        isCommitting = true;
        await sql`COMMIT`;
        return result;
      });
    } catch (error) {
      if (!isCommitting || isRefusal(error)) throw error;
      throw new CommitInDoubt("The connection was lost during a commit.", { cause: error });
    }
  }

  /** Runs statements that each stand for themselves. @throws DatabaseTimeout when the time is over */
  query<T>(timeoutMs: number, work: (sql: SQL) => Promise<T>): Promise<T> {
    return this.#use(timeoutMs, work);
  }

  /** A connection of its own, to listen by. To be closed by whoever asked for it. */
  separate(): SQL {
    return this.#connect(2);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#pool.close({ timeout: 0 });
  }

  async #use<T>(timeoutMs: number, work: (sql: SQL) => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new DatabaseError("The database is closed.");
    const pool = this.#pool;
    const deadline = new AbortController();
    const timer = setTimeout(
      () => deadline.abort(new DatabaseTimeout("The database did not answer in time.")),
      Math.max(0, timeoutMs),
    );
    let sql: ReservedSQL | undefined;
    try {
      sql = await pool.reserve({ signal: deadline.signal });
      const working = Promise.all([this.#setDeadlines(sql), work(sql)]);
      const [, result] = await Promise.race([working, rejectionOf(deadline.signal)]);
      await sql.release();
      return result;
    } catch (error) {
      await sql?.close({ timeout: 0 });
      // The other connections are as silent as this one, and each would cost as much time.
      if (error instanceof DatabaseTimeout) this.#renew(pool);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  #renew(pool: SQL): void {
    if (this.#pool !== pool || this.#isClosed) return;
    this.#pool = this.#connect(this.#options.poolSize);
    void pool.close({ timeout: 0 }).catch(() => {});
  }

  /**
   * The deadlines that the database itself keeps, of a statement, of a wait for a lock, and of a server that is paused in
   * the middle of a batch, which must not hold up the room for the others. They are told with each use, in the same write
   * as its first statement: poolers such as PgBouncer take none of them as parameters of a new connection.
   */
  #setDeadlines(sql: SQL): Promise<unknown> {
    const ms = String(Math.ceil(this.#options.statementTimeoutMs));
    return sql`
      SELECT set_config('statement_timeout', ${ms}, false), set_config('lock_timeout', ${ms}, false),
        set_config('idle_in_transaction_session_timeout', ${ms}, false)`.execute();
  }

  #connect(max: number): SQL {
    const { url, connectTimeoutMs } = this.#options;
    return new SQL(url, {
      max,
      connectionTimeout: Math.ceil(connectTimeoutMs / 1000),
      idleTimeout: 0,
      connection: { application_name: "classic-chatbox" },
    });
  }
}

function rejectionOf(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  if (signal.aborted) reject(signal.reason);
  signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  return promise;
}

/** A database as it may be named in sentences and logs: its host and name, and nothing secret. */
export function nameOfDatabase(url: string): string {
  try {
    const { host, pathname } = new URL(url);
    return `${host || "localhost"}${pathname}`;
  } catch {
    return "an address that cannot be read";
  }
}
