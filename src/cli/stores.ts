/** Opens what commands change, whether or not a server of the chat runs. */
import { openModerationFileBeside } from "../engine/local/moderation-file.ts";
import { openPeopleFileBeside } from "../engine/local/people-file.ts";
import { openWebhookFileBeside } from "../engine/local/webhook-file.ts";
import { Database, type DatabaseOptions, nameOfDatabase } from "../engine/postgres/database.ts";
import { DatabaseError, startSentence } from "../engine/postgres/fault.ts";
import { openModerationTable } from "../engine/postgres/moderation-table.ts";
import { openDatabasePeople } from "../engine/postgres/people-table.ts";
import { refuseTransactionPooler } from "../engine/postgres/pooler-check.ts";
import { migrate } from "../engine/postgres/schema.ts";
import { openWebhookTable } from "../engine/postgres/webhook-table.ts";
import type { StoredModeration } from "../engine/stored-moderation.ts";
import type { StoredPeople } from "../engine/stored-people.ts";
import type { StoredWebhooks } from "../engine/stored-webhooks.ts";
import type { Settings } from "../server/settings.ts";

/** @throws JournalError or DatabaseError with one sentence */
export async function openPeople(settings: Settings): Promise<StoredPeople> {
  const { database, dataFile, people: limits } = settings;
  if (database !== null) return await openDatabasePeople({ database, limits, now: Date.now });
  return openPeopleFileBeside({ dataFile, limits, now: Date.now, notice });
}

/** @throws JournalError or DatabaseError with one sentence */
export async function openModeration(settings: Settings): Promise<StoredModeration> {
  const { database, dataFile, moderation: limits } = settings;
  if (database === null) return openModerationFileBeside({ dataFile, limits, now: Date.now, notice });
  return await inDatabase(database, async (shared) => {
    const { moderation } = await openModerationTable({ ...shared, limits, now: Date.now });
    return moderation;
  });
}

/** @throws JournalError or DatabaseError with one sentence */
export async function openWebhooks(settings: Settings): Promise<StoredWebhooks> {
  const { database, dataFile, webhooks: limits } = settings;
  if (database === null) return openWebhookFileBeside({ dataFile, limits, now: Date.now, notice });
  return await inDatabase(database, async (shared) => {
    const { webhooks } = await openWebhookTable({ ...shared, limits, now: Date.now, server: () => null });
    return webhooks;
  });
}

/** Opens tables of a database whose schema is up to date. Closing them closes the database. */
async function inDatabase<T>(
  options: DatabaseOptions,
  open: (shared: { readonly database: Database; readonly closed: () => Promise<void> }) => Promise<T>,
): Promise<T> {
  const database = new Database(options);
  try {
    await refuseTransactionPooler(database, options.url);
    await migrate(database, options.url);
    return await open({ database, closed: () => database.close() });
  } catch (error) {
    await database.close();
    if (error instanceof DatabaseError) throw error;
    throw new DatabaseError(startSentence(error, nameOfDatabase(options.url)), { cause: error });
  }
}

function notice(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
}
