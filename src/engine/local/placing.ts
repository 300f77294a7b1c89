/**
 * Puts the files of a restored backup in place of those of a chat. There are several, so no rename does it at once: a folder
 * beside the history says by its name how far it has come, and the next start finishes it.
 */
import { existsSync } from "node:fs";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { syncFolder } from "./disk-file.ts";
import { errorCode, errorReason, JournalError } from "./fault.ts";

/** The files that are in place are old, and are being moved away. */
const CLEARING = ".clearing";
/** The files that are in place are new, and what is still in the folder is being moved there. */
const PLACING = ".placing";
const PLAN_FILE = "plan.json";

/** What goes where. */
export interface Placing {
  /** The names of files and folders, and their places. */
  readonly parts: readonly { readonly name: string; readonly path: string }[];
  /** The folder for what is in these places; null if nothing is. */
  readonly kept: string | null;
}

/**
 * Moves files into their places, and what was there into a folder.
 *
 * @param path the history's real path, which the caller has locked
 * @param folder of the new files, all on disk; beside the history
 */
export async function place(path: string, folder: string, placing: Placing): Promise<void> {
  const plan = join(folder, PLAN_FILE);
  await writeFile(plan, JSON.stringify(placing), { mode: 0o600, flush: true });
  await syncFolder(folder);
  await rename(folder, `${path}${CLEARING}`);
  try {
    await clear(placing);
  } catch (error) {
    await bringBack(placing);
    await rm(`${path}${CLEARING}`, { recursive: true, force: true });
    throw error;
  }
  await finishPlacing(path);
}

/**
 * Finishes what a crash has interrupted.
 *
 * @param path the history's real path, which the caller has locked
 * @returns whether there was anything to do
 * @throws JournalError if it cannot be finished
 */
export async function finishPlacing(path: string): Promise<boolean> {
  const [clearing, placing] = [`${path}${CLEARING}`, `${path}${PLACING}`];
  if (!existsSync(clearing) && !existsSync(placing)) return false;
  try {
    if (existsSync(clearing)) {
      await clear(await planIn(clearing));
      await syncFolder(dirname(path));
      await rename(clearing, placing);
      await syncFolder(dirname(path));
    }
    const { parts } = await planIn(placing);
    for (const part of parts) await moveIfThere(join(placing, part.name), part.path);
    await syncFolder(dirname(path));
    await rm(placing, { recursive: true });
    return true;
  } catch (error) {
    throw new JournalError(
      `A backup is being restored to ${path}, and that cannot be finished: ${errorReason(error)}.`,
      { cause: error },
    );
  }
}

async function clear({ parts, kept }: Placing): Promise<void> {
  if (kept === null) return;
  for (const part of parts) await moveIfThere(part.path, join(kept, part.name));
  await syncFolder(kept);
}

async function bringBack({ parts, kept }: Placing): Promise<void> {
  if (kept === null) return;
  for (const part of parts) await moveIfThere(join(kept, part.name), part.path);
  await rm(kept, { recursive: true, force: true });
}

async function moveIfThere(from: string, to: string): Promise<void> {
  await rename(from, to).catch((error) => {
    if (errorCode(error) !== "ENOENT") throw error;
  });
}

async function planIn(folder: string): Promise<Placing> {
  return JSON.parse(await readFile(join(folder, PLAN_FILE), "utf8"));
}
