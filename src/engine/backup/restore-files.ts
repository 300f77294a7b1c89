import { existsSync } from "node:fs";
import { chown, mkdir, readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { errorCode, errorReason, JournalError } from "../local/fault.ts";
import { Journal } from "../local/journal.ts";
import { lockFile } from "../local/lock.ts";
import { finishPlacing, type Placing, place } from "../local/placing.ts";
import { realFile } from "../local/real-file.ts";
import { roomsFolder } from "../local/room-file.ts";
import { checkSharedFile } from "../local/shared-file.ts";
import { SHARED_FILES } from "../local/shared-files.ts";
import { readWebhookFile, writeWebhookFile } from "../local/webhook-file.ts";
import type { WebhookCopy } from "../webhook-view.ts";
import { type Description, discard, syncAll, unpack } from "./archive.ts";
import { BackupError } from "./backup-error.ts";
import { dataFileIn, partsOf, ROOMS_FOLDER } from "./layout.ts";
import { withReached } from "./reached.ts";

/** What was restored, and where what was there before is now; null if nothing was. */
export interface Restored {
  readonly backup: Description;
  readonly kept: string | null;
}

export interface RestoreOptions {
  /** Whether a chat that is there may be replaced. */
  readonly replaces: boolean;
  /** Converts a timestamp in a file of another program to Unix milliseconds. */
  readonly timeOf: (timestamp: string) => number | undefined;
  /** Unix milliseconds. */
  readonly now: number;
}

/**
 * Puts the files of a backup in place of those of a chat, which no server may have open. Until the backup is unpacked, checked
 * and on disk, nothing is touched; a crash after that is made good by the next start. Sessions and the last ids stay, so that no id is
 * assigned again.
 *
 * @throws BackupError or JournalError with one sentence
 */
export async function restoreFiles(
  file: string,
  dataFile: string,
  { replaces, timeOf, now }: RestoreOptions,
): Promise<Restored> {
  const path = realFile(dataFile);
  const lock = lockFile(path);
  const folder = `${path}.unpacked`;
  try {
    await finishPlacing(path);
    const parts = partsOf(path);
    const isThere = parts.some((part) => existsSync(part.path));
    if (isThere && !replaces)
      throw new BackupError(
        `There is a chat in ${dataFile} already. With --replace, the backup takes its place.`,
      );
    await discard(folder);
    const backup = await unpack(file, folder);
    await refuseUnusable(folder, timeOf);
    keepReached(folder, path);
    await giveToOwner(folder, path);
    await syncAll(folder);
    const kept = isThere ? await makeKept(path, now) : null;
    const placing: Placing = { parts, kept };
    await place(path, folder, placing);
    return { backup, kept };
  } catch (error) {
    await discard(folder);
    if (errorCode(error) === undefined) throw error;
    throw new BackupError(`The backup could not be restored: ${errorReason(error)}.`);
  } finally {
    lock.release();
  }
}

/** Opens all of it as a start would. */
async function refuseUnusable(folder: string, timeOf: RestoreOptions["timeOf"]): Promise<void> {
  const main = dataFileIn(folder);
  for (const path of [main, ...(await roomFilesIn(folder))]) {
    const journal = await Journal.open(path, { fsync: "off", create: false, timeOf });
    await journal.close();
  }
  for (const form of SHARED_FILES) checkSharedFile(main, form);
}

function keepReached(folder: string, path: string): void {
  const main = dataFileIn(folder);
  const webhooks = readWebhookFile(main);
  if (webhooks !== null) writeWebhookFile(main, withReached(webhooks, readableWebhooks(path)));
}

/** Perhaps they are damaged, and the backup is there for that. */
function readableWebhooks(path: string): WebhookCopy | null {
  try {
    return readWebhookFile(path);
  } catch (error) {
    if (error instanceof JournalError) return null;
    throw error;
  }
}

async function roomFilesIn(folder: string): Promise<string[]> {
  const rooms = join(folder, ROOMS_FOLDER);
  return existsSync(rooms) ? (await readdir(rooms)).map((name) => join(rooms, name)) : [];
}

/** Root may restore the chat of somebody else, whose server must be able to use the files. */
async function giveToOwner(folder: string, path: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = await stat(existsSync(path) ? path : dirname(path));
  for (const name of await readdir(folder, { recursive: true })) await chown(join(folder, name), uid, gid);
  for (const made of [folder, `${path}.lock`]) await chown(made, uid, gid);
}

/** A folder in which the chat that was there can be started: its history is `data.json`. */
async function makeKept(path: string, now: number): Promise<string> {
  const time = new Date(now)
    .toISOString()
    .replace(/\.\d+Z$/, "Z")
    .replaceAll(":", "-");
  const before = roomsFolder(path).replace(/\.rooms$/, `.before-restore-${time}`);
  for (let number = 1; ; number++) {
    const folder = number === 1 ? before : `${before}-${number}`;
    try {
      await mkdir(folder, { mode: 0o700 });
      await giveToOwner(folder, path);
      return folder;
    } catch (error) {
      if (errorCode(error) !== "EEXIST") throw error;
    }
  }
}
