import { existsSync, readdirSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { errorCode, errorReason, isFull, JournalError } from "../local/fault.ts";
import type { Progress } from "../moving/move.ts";
import type { DatabaseOptions } from "../postgres/database.ts";
import { discard, pack } from "./archive.ts";
import { BackupError } from "./backup-error.ts";
import { checkRoom } from "./disk-room.ts";
import { stageDatabase } from "./stage-database.ts";
import { type Staged, sizeOfFiles, stageFiles } from "./stage-files.ts";

/** What a compressed backup takes of its files' size, at most, if people wrote them. */
const PACKED_SHARE = 0.5;

/** The folder of a backup that is being made: the name of the backup, and who makes it. */
const STAGED = /^(.+)\.tmp-(\d+)$/;

/** Where a chat is stored. */
export interface ChatPlace {
  readonly dataFile: string;
  /** Null: in files. */
  readonly database: DatabaseOptions | null;
  /** Converts a timestamp in a file of another program to Unix milliseconds. */
  readonly timeOf: (timestamp: string) => number | undefined;
}

export interface BackupOptions {
  /** Of this program. */
  readonly version: string;
  /** Unix milliseconds. */
  readonly now: number;
  readonly progress: Progress;
}

/** What was backed up. `bytes` is the size of the file. */
export interface BackedUp extends Staged {
  readonly bytes: number;
}

/**
 * Writes one file with everything that a chat would need to start again elsewhere: the histories of all rooms, people, and
 * moderation, at one moment. Servers may go on meanwhile. A file of that name is replaced once the new one is whole and on disk.
 *
 * @throws BackupError, MoveError, JournalError or DatabaseError with one sentence; then a file that was there before still is
 */
export async function backUp(place: ChatPlace, file: string, options: BackupOptions): Promise<BackedUp> {
  const { database, dataFile, timeOf } = place;
  const { version, now, progress } = options;
  const [home, name] = [dirname(file), basename(file)];
  if (!existsSync(home)) throw new BackupError(`The folder ${home} does not exist.`);
  await removeLeft(home, (each) => each === name);
  if (database === null) await checkRoom(file, sizeOfFiles(dataFile) * (1 + PACKED_SHARE), "a backup");
  const folder = `${file}.tmp-${process.pid}`;
  try {
    await mkdir(folder, { mode: 0o700 });
    const staged =
      database === null
        ? await stageFiles(dataFile, folder, timeOf)
        : await stageDatabase(database, folder, timeOf, progress);
    const { rooms, messages } = staged;
    const engine = database === null ? "files" : "database";
    await pack(folder, file, { version, madeAt: new Date(now).toISOString(), engine, rooms, messages });
    return { rooms, messages, bytes: Bun.file(file).size };
  } catch (error) {
    throw explained(error, file);
  } finally {
    await discard(folder);
  }
}

/** Removes what runs that were killed have left in a folder of backups. @param isMeant tells of names of backups */
export async function removeLeft(folder: string, isMeant: (name: string) => boolean): Promise<void> {
  for (const name of readdirSync(folder)) {
    const [, backup = "", pid = ""] = STAGED.exec(name) ?? [];
    if (isMeant(backup) && !isRunning(Number(pid))) await discard(join(folder, name));
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return pid !== process.pid;
  } catch (error) {
    return errorCode(error) === "EPERM";
  }
}

function explained(error: unknown, file: string): unknown {
  if (isFull(error) || (error instanceof JournalError && isFull(error.cause)))
    return new BackupError(
      `There is too little room in ${dirname(file)} for a backup; nothing was replaced.`,
    );
  if (errorCode(error) === undefined) return error;
  return new BackupError(`The backup ${file} cannot be written: ${errorReason(error)}.`);
}
