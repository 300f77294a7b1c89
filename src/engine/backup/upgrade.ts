/** Rehearses what the first start of a new version does to what is stored, and undoes it. */
import { mkdir } from "node:fs/promises";
import type { SQL } from "bun";
import { readModerationFile } from "../local/moderation-file.ts";
import { readPeopleFile } from "../local/people-file.ts";
import { realFile } from "../local/real-file.ts";
import { type FormChange, pendingUpgrade, undoUpgrade } from "../local/shared-file.ts";
import { SHARED_FILES } from "../local/shared-files.ts";
import { readWebhookFile } from "../local/webhook-file.ts";
import { Database, type DatabaseOptions, nameOfDatabase } from "../postgres/database.ts";
import { DatabaseError, startSentence } from "../postgres/fault.ts";
import { pendingSteps, rehearseSteps, undoSteps } from "../postgres/schema.ts";
import { discard } from "./archive.ts";
import type { ChatPlace } from "./backup.ts";
import { checkRoom } from "./disk-room.ts";
import { dataFileIn } from "./layout.ts";
import { sizeOfFiles, stageFiles } from "./stage-files.ts";

/** A copy of a large table takes its time. */
const REHEARSAL_TIMEOUT_MS = 60 * 60 * 1000;

/** What a start would do. */
export interface Rehearsal {
  /** What would change its form: a file, or the schema of a database. */
  readonly changes: readonly FormChange[];
  /** How long it took with the copy, without making that. */
  readonly ms: number;
  /** How much the copy took, and how much more it took afterwards. */
  readonly bytes: number;
  readonly moreBytes: number;
}

/** @throws BackupError, JournalError or DatabaseError with one sentence, which a start would end with as well */
export async function rehearseUpgrade({ dataFile, database, timeOf }: ChatPlace): Promise<Rehearsal> {
  if (database !== null) return await rehearseInDatabase(database);
  const path = realFile(dataFile);
  const bytes = sizeOfFiles(path);
  await checkRoom(path, bytes, "the rehearsal");
  const folder = `${path}.rehearsal-${process.pid}`;
  await mkdir(folder, { mode: 0o700 });
  try {
    // It opens each history as a start does.
    const { openedMs } = await stageFiles(path, folder, timeOf);
    const copy = dataFileIn(folder);
    const changes = SHARED_FILES.flatMap((form) => pendingUpgrade(copy, form) ?? []);
    const before = sizeOfFiles(copy);
    const begun = performance.now();
    readPeopleFile(copy);
    readModerationFile(copy);
    readWebhookFile(copy);
    const ms = openedMs + performance.now() - begun;
    const named = changes.map((each) => ({ ...each, file: each.file.replace(copy, path) }));
    return { changes: named, ms, bytes, moreBytes: Math.max(0, sizeOfFiles(copy) - before) };
  } finally {
    await discard(folder);
  }
}

async function rehearseInDatabase(options: DatabaseOptions): Promise<Rehearsal> {
  return await alone(options, async (sql) => {
    await sql`BEGIN`;
    const change = await pendingSteps(sql, options.url);
    if (change === null) return { changes: [], ms: 0, bytes: 0, moreBytes: 0 };
    const begun = performance.now();
    const [before, after] = await rehearseSteps(sql, change);
    const ms = performance.now() - begun;
    await sql`ROLLBACK`;
    const file = `the schema at ${nameOfDatabase(options.url)}`;
    return { changes: [{ file, ...change }], ms, bytes: before, moreBytes: Math.max(0, after - before) };
  });
}

/**
 * Lets the version before the last upgrade start again, with all that has been stored since.
 *
 * @returns what has its earlier form again
 * @throws JournalError or DatabaseError with one sentence
 */
export async function goBack({ dataFile, database }: ChatPlace): Promise<readonly FormChange[]> {
  if (database === null) return SHARED_FILES.flatMap((form) => undoUpgrade(dataFile, form) ?? []);
  const change = await alone(database, undoSteps);
  return change === null ? [] : [{ file: `the schema at ${nameOfDatabase(database.url)}`, ...change }];
}

async function alone<T>(options: DatabaseOptions, work: (sql: SQL) => Promise<T>): Promise<T> {
  const database = new Database({ ...options, statementTimeoutMs: REHEARSAL_TIMEOUT_MS });
  try {
    return await database.query(REHEARSAL_TIMEOUT_MS, work);
  } catch (error) {
    throw new DatabaseError(startSentence(error, nameOfDatabase(options.url)), { cause: error });
  } finally {
    await database.close();
  }
}
