import { resolve } from "node:path";
import { version } from "../../package.json";
import { backUp, type ChatPlace } from "../engine/backup/backup.ts";
import { restoreDatabase } from "../engine/backup/restore-database.ts";
import { restoreFiles } from "../engine/backup/restore-files.ts";
import { TimestampFormat } from "../protocol/timestamp.ts";
import type { Settings } from "../server/settings.ts";
import { counted } from "./count.ts";
import { showProgress } from "./progress.ts";

const MIB = 1024 * 1024;

/** What to do with a backup. */
export type BackupCommand =
  | { readonly kind: "backup"; readonly file: string }
  | { readonly kind: "restore"; readonly file: string; readonly replaces: boolean };

/**
 * Does it, and prints what came of it.
 *
 * @throws BackupError, MoveError, JournalError or DatabaseError with one sentence
 */
export async function runBackupCommand(command: BackupCommand, settings: Settings): Promise<void> {
  const place = placeOf(settings);
  const file = resolve(command.file);
  if (command.kind === "backup") await makeBackup(file, place);
  else await restore(file, command.replaces, place);
}

/** Where the chat of the settings is. */
export function placeOf({ database, dataFile, timestamp, timezone }: Settings): ChatPlace {
  const timestamps = new TimestampFormat(timestamp, timezone);
  return { database, dataFile, timeOf: (text) => timestamps.parse(text) };
}

async function makeBackup(file: string, place: ChatPlace): Promise<void> {
  const made = await backUp(place, file, { version, now: Date.now(), progress: showProgress });
  const { rooms, messages, bytes } = made;
  const size = bytes < MIB ? "less than 1 MiB" : `${Math.round(bytes / MIB)} MiB`;
  process.stdout.write(
    `Backed up: ${counted(messages, "message")} in ${counted(rooms, "room")}, ${size}, in ${file}.\n`,
  );
}

async function restore(file: string, replaces: boolean, place: ChatPlace): Promise<void> {
  const { database, dataFile, timeOf } = place;
  const options = { replaces, timeOf, now: Date.now(), progress: showProgress };
  const { backup, kept } =
    database === null
      ? await restoreFiles(file, dataFile, options)
      : await restoreDatabase(file, database, options);
  const what = `${counted(backup.messages, "message")} in ${counted(backup.rooms, "room")}`;
  process.stdout.write(`Restored: ${what}, as they were at ${backup.madeAt}.\n`);
  if (kept === null) return;
  const where = database === null ? "the folder" : "the schema";
  process.stdout.write(`What was there before is kept in ${where} ${kept}.\n`);
}
