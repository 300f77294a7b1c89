import { type FileHandle, open, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { CLOSING } from "../record.ts";
import { copyBytes, keepOriginal, numbered, resemble, saveCopy, syncFolder, writeAll } from "./disk-file.ts";
import { EventReader, type TimeOf } from "./event-reader.ts";
import { FileChunks } from "./file-chunks.ts";
import { finishInPlace, prepareInPlace, replaceByRename } from "./replace.ts";
import { type Scan, scan } from "./scan.ts";

/** What was done to the events of a foreign file. */
export interface TakenIn {
  /** Messages now in the file. */
  readonly count: number;
  /** Changes now in the file, all of them whole. */
  readonly changes: number;
  /** Keys of messages that a history does not hold and that are now only in the original; the first 20. */
  readonly droppedKeys: readonly string[];
  /** Messages that had an `id` which could not be kept, because it was not an integer or did not grow. */
  readonly replacedIds: number;
}

export const TAKING_IN_SUFFIX = ".taking-in";

/** What became of a foreign file: a canonical one in its place. */
export interface CanonicalFile {
  /** The file that was there before, where it could only be rewritten in place. */
  readonly file: FileHandle;
  readonly scanned: Scan;
  readonly taken: TakenIn;
  /** Where the original is kept. */
  readonly original: string;
}

/**
 * Rewrites a foreign history in canonical form and replaces the original by it, which is kept beside it as
 * `.bak`. At every moment the name leads to one of the two, whole and on disk; or, where the original can only be
 * rewritten in place, a copy beside it is whole (see `replace.ts`). The original is read to its end before anything is
 * written.
 *
 * @param path the file's real path, without symbolic links
 * @throws Unreadable when the file is not an array of events: then nothing was written
 */
export async function takeIn(
  file: FileHandle,
  path: string,
  scanned: Scan,
  timeOf: TimeOf,
): Promise<CanonicalFile> {
  const trial = new EventReader(new FileChunks(file, scanned.end), scanned, timeOf);
  for await (const _ of trial.events());
  const draftPath = `${path}${TAKING_IN_SUFFIX}`;
  await unlink(draftPath).catch(() => undefined);
  const draft = await open(draftPath, "wx+", 0o600);
  try {
    const taken = await rewrite(file, draft, scanned, timeOf);
    await resemble(draft, file);
    await draft.sync();
    const rescanned = await rescan(draft, taken);
    const replaced = await replaceOriginal(draft, draftPath, file, path);
    return { ...replaced, scanned: rescanned, taken };
  } catch (error) {
    await draft.close();
    await unlink(draftPath).catch(() => undefined);
    throw error;
  }
}

/** Puts a whole and synced draft in the place of the original, and keeps that. */
async function replaceOriginal(
  draft: FileHandle,
  draftPath: string,
  file: FileHandle,
  path: string,
): Promise<{ file: FileHandle; original: string }> {
  let original: string | undefined = await keepOriginal(file, path, () => numbered(`${path}.bak`));
  try {
    if (await replaceByRename(draftPath, path)) {
      await syncFolder(dirname(path));
      return { file: draft, original };
    }
    // A second name of the file would not keep what is in it.
    await unlink(original);
    original = undefined;
    original = await saveCopy(file, 0, numbered(`${path}.bak`));
    await prepareInPlace(draft, draftPath, file, path);
  } catch (error) {
    // Otherwise each start would leave another one.
    if (original !== undefined) await unlink(original).catch(() => undefined);
    throw error;
  }
  await finishInPlace(draft, file, path);
  await draft.close();
  return { file, original };
}

async function rewrite(file: FileHandle, draft: FileHandle, scanned: Scan, timeOf: TimeOf): Promise<TakenIn> {
  const reader = new EventReader(new FileChunks(file, scanned.end), scanned, timeOf);
  let { end } = scanned;
  let { isEmpty } = scanned.index;
  const append = async (text: string): Promise<void> => {
    const bytes = Buffer.from(text);
    await writeAll(draft, bytes, end);
    end += bytes.length;
  };
  if (end === 0) await append("[");
  else await copyBytes(file, 0, end, draft, 0);
  for await (const events of reader.events()) {
    if (events.length === 0) continue;
    await append(`${isEmpty ? "\n" : ",\n"}${events.map(({ text }) => text).join(",\n")}`);
    isEmpty = false;
  }
  await append(CLOSING);
  const { count, changes, droppedKeys, replacedIds } = reader;
  return { count, changes, droppedKeys: [...droppedKeys], replacedIds };
}

/** Reads a draft as the next start will. */
async function rescan(draft: FileHandle, { count, changes }: TakenIn): Promise<Scan> {
  const scanned = await scan(draft);
  const { rest, index } = scanned;
  if (rest === "closing" && index.count === count && index.changes === changes) return scanned;
  throw new Error("the copy in canonical form is not what was written");
}
