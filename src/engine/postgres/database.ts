import { type ReservedSQL, SQL } from "bun";
import { CommitInDoubt, DatabaseError, DatabaseTimeout, isRefusal } from "./fault.ts";

/** A part of a statement, to be put into a statement. It is never awaited by itself. */
export type Fragment = SQL.Query<unknown>;

export interface DatabaseOptions {
  /** `postgres://user:password@host:port/name`, with options such as `sslmode`. It is never shown with its password. */
  readonly url: string;
  /** The maximum number of connections, besides the one that listens. */
  readonly poolSize: number;
  /** How long one statement may run, and how long it may wait for a lock. */
  readonly statementTimeoutMs: number;
  readonly connectTimeoutMs: number;
}

/**
 * Connections to PostgreSQL, in a bounded pool. Each use has its own deadline, because a database that is paused or cut off
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
   * After any error the connection is closed, so that nothing can be committed later that was not already on its way.
   *
   * @throws DatabaseTimeout if the work takes too long, CommitInDoubt if the commit does or the connection is lost during it
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

  /** Runs statements outside a transaction. @throws DatabaseTimeout if they take too long */
  query<T>(timeoutMs: number, work: (sql: SQL) => Promise<T>): Promise<T> {
    return this.#use(timeoutMs, work);
  }

  /** Opens connections outside the pool, such as for LISTEN. The caller closes them. @param max how many there may be */
  dedicated(max = 2): SQL {
    return this.#connect(max);
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
      // The other connections are as silent as this one, and each would take as long to be found out.
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
   * Sets the deadlines that the database itself keeps: for a statement, for a wait for a lock, and for a server that is
   * paused in the middle of a batch, which must not hold up the room for the others. They are sent with each use, in the
   * same write as its first statement, because poolers such as PgBouncer refuse them as parameters of a new connection.
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

/** The name of a database in sentences and logs: its host and name, without anything secret. */
export function nameOfDatabase(url: string): string {
  try {
    const { host, pathname } = new URL(url);
    return `${host || "localhost"}${pathname}`;
  } catch {
    return "an address that cannot be read";
  }
}
