/** Opens what commands change, whether or not a server of the chat runs. */
import { openModerationFileBeside } from "../engine/local/moderation-file.ts";
import { openPeopleFileBeside } from "../engine/local/people-file.ts";
import { Database, type DatabaseOptions, nameOfDatabase } from "../engine/postgres/database.ts";
import { DatabaseError, startSentence } from "../engine/postgres/fault.ts";
import { openModerationTable } from "../engine/postgres/moderation-table.ts";
import { openDatabasePeople } from "../engine/postgres/people-table.ts";
import { refuseTransactionPooler } from "../engine/postgres/pooler-check.ts";
import { migrate } from "../engine/postgres/schema.ts";
import type { StoredModeration } from "../engine/stored-moderation.ts";
import type { StoredPeople } from "../engine/stored-people.ts";
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
  if (database !== null) return await openDatabaseModeration(database, limits);
  return openModerationFileBeside({ dataFile, limits, now: Date.now, notice });
}

async function openDatabaseModeration(
  options: DatabaseOptions,
  limits: Settings["moderation"],
): Promise<StoredModeration> {
  const database = new Database(options);
  try {
    await refuseTransactionPooler(database, options.url);
    await migrate(database, options.url);
    const closed = () => database.close();
    return (await openModerationTable({ database, limits, now: Date.now, closed })).moderation;
  } catch (error) {
    await database.close();
    if (error instanceof DatabaseError) throw error;
    throw new DatabaseError(startSentence(error, nameOfDatabase(options.url)), { cause: error });
  }
}

function notice(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
}
