import type { SQL } from "bun";
import { Database, type DatabaseOptions, nameOfDatabase } from "../postgres/database.ts";
import { DatabaseError, startSentence } from "../postgres/fault.ts";

/** Writing some hundred thousand rows. */
const TIMEOUT_MS = 10 * 60 * 1000;

/** Does work in a transaction. */
export type InTransaction = <T>(work: (sql: SQL) => Promise<T>) => Promise<T>;

/** Does work in one transaction of a database, whose schema is up to date. @throws DatabaseError with one sentence */
export async function inDatabase<T>(options: DatabaseOptions, work: (sql: SQL) => Promise<T>): Promise<T> {
  const database = new Database({ ...options, statementTimeoutMs: TIMEOUT_MS });
  try {
    return await database.transaction(TIMEOUT_MS, work);
  } catch (error) {
    throw new DatabaseError(startSentence(error, nameOfDatabase(options.url)), { cause: error });
  } finally {
    await database.close();
  }
}
