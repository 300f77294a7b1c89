import { type Database, nameOfDatabase } from "./database.ts";
import { withDeadline } from "./deadline.ts";
import { DatabaseError, poolerSentence, startSentence } from "./fault.ts";

const STEP_TIMEOUT_MS = 5_000;

/**
 * Makes sure that no pooler shares connections by transaction or by statement. A connection must stay one session of
 * PostgreSQL for as long as it lasts. Above all, LISTEN depends on that: behind such a pooler it receives nothing.
 *
 * @throws DatabaseError with one sentence, also if the database cannot be used at all
 */
export async function refuseTransactionPooler(database: Database, url: string): Promise<void> {
  const where = nameOfDatabase(url);
  try {
    // A connection that is lost at this very moment receives nothing either, without any pooler.
    if ((await receives(database)) || (await receives(database))) return;
  } catch (error) {
    throw new DatabaseError(startSentence(error, where), { cause: error });
  }
  throw new DatabaseError(poolerSentence(where));
}

/** Whether a connection that listens receives what another one notifies. */
async function receives(database: Database): Promise<boolean> {
  const channel = `chatbox_${crypto.randomUUID()}`;
  const sql = database.dedicated();
  try {
    const { promise: received, resolve } = Promise.withResolvers<boolean>();
    const listening = sql.listen(channel, () => resolve(true));
    await withDeadline(listening, STEP_TIMEOUT_MS, "The database did not answer LISTEN in time.");
    await database.query(STEP_TIMEOUT_MS, (other) => other`SELECT pg_notify(${channel}, '')`);
    return await withDeadline(received, STEP_TIMEOUT_MS, "No notification came.").catch(() => false);
  } finally {
    sql.close({ timeout: 0 }).catch(() => {});
  }
}
