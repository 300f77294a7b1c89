import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { copyBytes, syncFolder, writeAll } from "./disk-file.ts";
import { errorCode, JournalError } from "./fault.ts";

/** The name of the complete new contents of a file ends like this while the file is being rewritten in place. */
export const REPLACING_SUFFIX = ".replacing";

/**
 * The first byte of a file that is not whole because it is being rewritten in place. No JSON begins with it: without its
 * copy, such a file is refused, and not taken for a history that lacks something.
 */
const UNFINISHED = Buffer.from("!");
const OPENING = Buffer.from("[");
const FILLING_BYTES = 1024 * 1024;

/** What systems answer where a file may be written but not replaced: when it is mounted by itself, or in a sticky folder. */
const NOT_BY_RENAME: ReadonlySet<string | undefined> = new Set(["EBUSY", "EXDEV", "EPERM", "EACCES"]);

/** What the log says of a file that was rewritten in place. */
export const IN_PLACE_NOTICE =
  "The file cannot be replaced by another one, so it is rewritten in place, and sends have to wait for that. Mount its folder instead of the file.";

/** Renames a whole and synced draft over a history file. @returns false where the system cannot do that */
export async function replaceByRename(draftPath: string, path: string): Promise<boolean> {
  try {
    await rename(draftPath, path);
    return true;
  } catch (error) {
    if (NOT_BY_RENAME.has(errorCode(error))) return false;
    throw error;
  }
}

/**
 * Prepares {@link finishInPlace}: makes sure that there is room in the file, and gives the draft the name under which the
 * next start looks for it. When it rejects, the file is as it was, and the draft is gone.
 *
 * @param draft whole and synced, at `draftPath`; stays open
 */
export async function prepareInPlace(
  draft: FileHandle,
  draftPath: string,
  file: FileHandle,
  path: string,
): Promise<void> {
  try {
    await reserve(file, (await draft.stat()).size);
    await rename(draftPath, copyOf(path));
    await syncFolder(dirname(path));
  } catch (error) {
    await removeCopy(path);
    await rm(draftPath, { force: true });
    throw error;
  }
}

/**
 * Rewrites a history file in place, durably. The copy is kept until the file is whole, so that this can be done again
 * after a crash at any moment (see {@link resumeInPlace}), or when it rejects.
 */
export async function finishInPlace(copy: FileHandle, file: FileHandle, path: string): Promise<void> {
  const { size } = await copy.stat();
  await writeAll(file, UNFINISHED, 0);
  await file.datasync();
  await copyBytes(copy, OPENING.length, size, file, OPENING.length);
  await file.truncate(size);
  await file.sync();
  await writeAll(file, OPENING, 0);
  await file.datasync();
  await removeCopy(path);
}

/**
 * Finishes what a crash has interrupted.
 *
 * @returns false when there was nothing to do
 * @throws JournalError when the file is not whole and its copy is gone
 */
export async function resumeInPlace(file: FileHandle, path: string, shownAs: string): Promise<boolean> {
  const first = Buffer.alloc(1);
  await file.read(first, 0, 1, 0);
  if (!first.equals(UNFINISHED)) {
    // Either the crash came before the first byte was written, or someone put another file there.
    await removeCopy(path);
    return false;
  }
  const copy = await openCopy(path, shownAs);
  try {
    await finishInPlace(copy, file, path);
  } finally {
    await copy.close();
  }
  return true;
}

async function openCopy(path: string, shownAs: string): Promise<FileHandle> {
  try {
    return await open(copyOf(path), "r");
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
    throw new JournalError(
      `The history file ${shownAs} is not whole: it begins with "!", which marks a file that is being rewritten in place, but its copy ${copyOf(path)} is gone. Put the copy or a backup back.`,
    );
  }
}

/** Line breaks behind a JSON array leave it valid. They are taken off again when there is no room for them. */
async function reserve(file: FileHandle, bytes: number): Promise<void> {
  const { size } = await file.stat();
  if (bytes <= size) return;
  const filling = Buffer.alloc(Math.min(bytes - size, FILLING_BYTES), "\n");
  try {
    for (let at = size; at < bytes; at += filling.length) {
      await writeAll(file, filling.subarray(0, bytes - at), at);
    }
    await file.sync();
  } catch (error) {
    await file.truncate(size);
    throw error;
  }
}

async function removeCopy(path: string): Promise<void> {
  await rm(copyOf(path), { force: true }).catch(() => undefined);
}

function copyOf(path: string): string {
  return `${path}${REPLACING_SUFFIX}`;
}
