import { type Database, nameOfDatabase } from "./database.ts";
import { inTime } from "./deadline.ts";
import { DatabaseError, poolerSentence, startSentence } from "./fault.ts";

const STEP_TIMEOUT_MS = 5_000;

/**
 * Makes sure that a connection is one session of PostgreSQL for as long as it lasts, by what this program needs most of it:
 * who listens hears what others notify. Behind a pooler by transaction or by statement nobody does.
 *
 * @throws DatabaseError with one sentence, also when the database cannot be used at all
 */
export async function requireSessions(database: Database, url: string): Promise<void> {
  const where = nameOfDatabase(url);
  try {
    // A connection that is lost just then hears nothing either, and is no pooler's.
    if ((await isHeard(database)) || (await isHeard(database))) return;
  } catch (error) {
    throw new DatabaseError(startSentence(error, where), { cause: error });
  }
  throw new DatabaseError(poolerSentence(where));
}

/** Whether a connection that listens hears what another one notifies. */
async function isHeard(database: Database): Promise<boolean> {
  const channel = `chatbox_${crypto.randomUUID()}`;
  const sql = database.separate();
  try {
    const { promise: heard, resolve } = Promise.withResolvers<boolean>();
    const listening = sql.listen(channel, () => resolve(true));
    await inTime(listening, STEP_TIMEOUT_MS, "The database did not let this server listen in time.");
    await database.query(STEP_TIMEOUT_MS, (other) => other`SELECT pg_notify(${channel}, '')`);
    return await inTime(heard, STEP_TIMEOUT_MS, "A notification was not heard.").catch(() => false);
  } finally {
    sql.close({ timeout: 0 }).catch(() => {});
  }
}
