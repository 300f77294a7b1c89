import { resolve } from "node:path";
import { version } from "../../package.json";
import { backUp, type ChatPlace } from "../engine/backup/backup.ts";
import { restoreDatabase } from "../engine/backup/restore-database.ts";
import { restoreFiles } from "../engine/backup/restore-files.ts";
import { goBack, rehearseUpgrade } from "../engine/backup/upgrade.ts";
import { TimestampFormat } from "../protocol/timestamp.ts";
import type { Settings } from "../server/settings.ts";
import { counted } from "./count.ts";
import { showProgress } from "./progress.ts";

const MIB = 1024 * 1024;

/** What to do with all that is stored. */
export type BackupCommand =
  | { readonly kind: "backup"; readonly file: string }
  | { readonly kind: "restore"; readonly file: string; readonly replaces: boolean }
  | { readonly kind: "check-upgrade" }
  | { readonly kind: "undo-upgrade" };

/**
 * Does it, and prints what came of it.
 *
 * @throws BackupError, MoveError, JournalError or DatabaseError with one sentence
 */
export async function runBackupCommand(command: BackupCommand, settings: Settings): Promise<void> {
  const place = placeOf(settings);
  switch (command.kind) {
    case "backup":
      return await makeBackup(resolve(command.file), place);
    case "restore":
      return await restore(resolve(command.file), command.replaces, place);
    case "check-upgrade":
      return await checkUpgrade(place);
    case "undo-upgrade":
      return await undoUpgrade(place);
  }
}

/** Where the chat of the settings is. */
export function placeOf({ database, dataFile, timestamp, timezone }: Settings): ChatPlace {
  const timestamps = new TimestampFormat(timestamp, timezone);
  return { database, dataFile, timeOf: (text) => timestamps.parse(text) };
}

async function makeBackup(file: string, place: ChatPlace): Promise<void> {
  const made = await backUp(place, file, { version, now: Date.now(), progress: showProgress });
  const { rooms, messages, bytes } = made;
  process.stdout.write(
    `Backed up: ${counted(messages, "message")} in ${counted(rooms, "room")}, ${sizeOf(bytes)}, in ${file}.\n`,
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

async function checkUpgrade(place: ChatPlace): Promise<void> {
  const { changes, ms, bytes, moreBytes } = await rehearseUpgrade(place);
  const seconds = (ms / 1000).toFixed(1);
  const lines =
    changes.length === 0
      ? [`Version ${version} starts with what is stored as it is: nothing changes its form.`]
      : [
          ...changes.map(({ file, from, to }) => `${file} would be brought from version ${from} to ${to}.`),
          `With a copy of ${sizeOf(bytes)} it took ${seconds} s, and ${sizeOf(moreBytes)} more room.`,
          "`upgrade --back` lets the version before start again.",
        ];
  if (changes.length === 0 && place.database === null) lines.push(`Opening a copy took ${seconds} s.`);
  process.stdout.write(`${lines.join("\n")}\n`);
}

async function undoUpgrade(place: ChatPlace): Promise<void> {
  const changes = await goBack(place);
  const lines = changes.map(
    ({ file, from, to }) => `${file} has version ${to} again, with what was stored since; it had ${from}.`,
  );
  process.stdout.write(`${lines.join("\n") || "No upgrade has changed the form of what is stored."}\n`);
}

function sizeOf(bytes: number): string {
  return bytes < MIB ? "less than 1 MiB" : `${Math.round(bytes / MIB)} MiB`;
}
