import type { Dirent } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { errorCode } from "./fault.ts";
import { assetsFolder, roomsFolder } from "./room-file.ts";

/** So many files are looked at together: there may be a hundred thousand rooms, and other work waits for the disk as well. */
const AT_ONCE = 16;

/**
 * How many bytes a history takes on the disk: its file, the files beside it whose names begin with that name, and the folders of the
 * rooms and of the page's files. Rejects if they cannot be looked at.
 */
export async function sizeOfData(dataFile: string): Promise<number> {
  const name = basename(dataFile);
  const isOwn = (each: string) => each === name || each.startsWith(`${name}.`);
  const sizes = [
    await sizeOfFiles(dirname(dataFile), isOwn),
    await sizeOfFiles(roomsFolder(dataFile), () => true),
    await sizeOfFiles(assetsFolder(dataFile), () => true),
  ];
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function sizeOfFiles(folder: string, isCounted: (name: string) => boolean): Promise<number> {
  const files = (await entriesOf(folder)).filter((entry) => entry.isFile() && isCounted(entry.name));
  let size = 0;
  for (let at = 0; at < files.length; at += AT_ONCE) {
    const some = files.slice(at, at + AT_ONCE).map(({ name }) => sizeOfFile(join(folder, name)));
    for (const each of await Promise.all(some)) size += each;
  }
  return size;
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  return await unlessGone(readdir(folder, { withFileTypes: true }), []);
}

async function sizeOfFile(file: string): Promise<number> {
  const found = await unlessGone(stat(file), null);
  return found?.size ?? 0;
}

/** What was deleted in the meantime, or is not there yet, takes no room. */
async function unlessGone<T, M>(read: Promise<T>, missing: M): Promise<T | M> {
  try {
    return await read;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return missing;
    throw error;
  }
}
