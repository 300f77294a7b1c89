import { existsSync } from "node:fs";
import type { SQL } from "bun";
import { readModerationFile } from "../local/moderation-file.ts";
import { readPeopleFile } from "../local/people-file.ts";
import { readWebhookFile } from "../local/webhook-file.ts";
import { DatabaseHistories } from "../moving/database-histories.ts";
import { FileSource } from "../moving/file-histories.ts";
import { move, type Progress } from "../moving/move.ts";
import type { DatabaseOptions } from "../postgres/database.ts";
import { writeModeration } from "../postgres/moderation-table.ts";
import { writePeople } from "../postgres/people-table.ts";
import { booleanOf, rowsOf } from "../postgres/rows.ts";
import { createSchema } from "../postgres/schema.ts";
import { readWebhookTable, writeWebhookTable } from "../postgres/webhook-table.ts";
import type { WebhookCopy } from "../webhook-view.ts";
import { discard, unpack } from "./archive.ts";
import { BackupError } from "./backup-error.ts";
import { dataFileIn } from "./layout.ts";
import { withReached } from "./reached.ts";
import type { Restored, RestoreOptions } from "./restore-files.ts";

/**
 * Puts the chat of a backup into a database, which no server may use. All of it becomes visible at once, and what was there
 * before stays in a schema of another name. Its last ids stay, so that no id is assigned again.
 *
 * @throws BackupError, MoveError or DatabaseError with one sentence; then the database is as it was
 */
export async function restoreDatabase(
  file: string,
  database: DatabaseOptions,
  { replaces, timeOf, now, progress }: RestoreOptions & { readonly progress: Progress },
): Promise<Restored> {
  const folder = `${file}.unpacked-${process.pid}`;
  try {
    const backup = await unpack(file, folder);
    const target = await DatabaseHistories.begin(database);
    try {
      await target.refuseServers();
      const isThere = await target.run(hasChat);
      if (isThere && !replaces)
        throw new BackupError(
          "There is a chat in the database already. With --replace, the backup takes its place.",
        );
      const reached = isThere ? await target.run(readWebhookTable) : null;
      const kept = isThere ? await target.run((sql) => moveAway(sql, now)) : null;
      await fill(target, dataFileIn(folder), timeOf, progress);
      await fillWebhooks(target, dataFileIn(folder), reached);
      if (kept !== null) await target.run((sql) => keepOn(sql, kept));
      await target.commit();
      return { backup, kept };
    } finally {
      await target.close();
    }
  } finally {
    await discard(folder);
  }
}

async function fill(
  target: DatabaseHistories,
  dataFile: string,
  timeOf: RestoreOptions["timeOf"],
  progress: Progress,
): Promise<void> {
  await move(new FileSource(dataFile, timeOf), target, progress);
  const people = existsSync(dataFile) ? readPeopleFile(dataFile) : null;
  if (people !== null) await target.run((sql) => writePeople(sql, people));
  const moderation = readModerationFile(dataFile);
  if (moderation !== null) await target.run((sql) => writeModeration(sql, moderation));
}

/** @param replaced those that were there before */
async function fillWebhooks(
  target: DatabaseHistories,
  dataFile: string,
  replaced: WebhookCopy | null,
): Promise<void> {
  const webhooks = readWebhookFile(dataFile);
  if (webhooks !== null) await target.run((sql) => writeWebhookTable(sql, withReached(webhooks, replaced)));
}

/** Whether there is anything that a restore would replace. */
async function hasChat(sql: SQL): Promise<boolean> {
  const [row] = rowsOf(
    await sql`
      SELECT EXISTS (SELECT 1 FROM chatbox.rooms WHERE last_id > 0) OR EXISTS (SELECT 1 FROM chatbox.people)
        OR EXISTS (SELECT 1 FROM chatbox.moderation WHERE revision > 0)
        OR EXISTS (SELECT 1 FROM chatbox.webhook_state WHERE revision > 0) AS is_there`,
  );
  return booleanOf(row?.is_there);
}

/** Makes room for a new schema. @returns the name that the present one has from now on */
async function moveAway(sql: SQL, now: number): Promise<string> {
  const time = new Date(now)
    .toISOString()
    .replace(/\.\d+Z$/, "")
    .replaceAll(/\D/g, "");
  const kept = `chatbox_before_restore_${time}`;
  await sql.unsafe(`ALTER SCHEMA chatbox RENAME TO ${kept}`);
  await createSchema(sql);
  return kept;
}

/** What goes on as it was: the sequences of ids, the clock, and the files that open pages ask for. */
async function keepOn(sql: SQL, kept: string): Promise<void> {
  await sql.unsafe(`
    INSERT INTO chatbox.rooms (name, last_id, emptied_to) SELECT name, last_id, last_id FROM ${kept}.rooms
    ON CONFLICT (name) DO UPDATE SET last_id = greatest(rooms.last_id, excluded.last_id);
    INSERT INTO chatbox.clock SELECT * FROM ${kept}.clock;
    INSERT INTO chatbox.assets SELECT * FROM ${kept}.assets`);
}
