import { open, opendir } from "node:fs/promises";
import { join } from "node:path";
import { decodeRecord } from "../record.ts";
import type { Journal } from "./journal.ts";

/** Where the last record of a file is looked for. */
const TAIL_BYTES = 64 * 1024;

/**
 * When somebody last said something, as far as it is told: in the main room, or in any other when nobody did there.
 *
 * @returns Unix milliseconds, null when there is no message
 */
export async function newestTime(main: Journal, roomsFolder: string): Promise<number | null> {
  const [record] = await main.below(main.lastId + 1, 1);
  return record === undefined ? await newestInFolder(roomsFolder) : record.time;
}

async function newestInFolder(folder: string): Promise<number | null> {
  let newest: number | null = null;
  try {
    for await (const entry of await opendir(folder)) {
      if (!entry.isFile() || !entry.name.endsWith(".json")) continue;
      const time = await newestInFile(join(folder, entry.name)).catch(() => null);
      if (time !== null) newest = Math.max(newest ?? time, time);
    }
  } catch {
    // Without a folder there are no rooms.
  }
  return newest;
}

async function newestInFile(path: string): Promise<number | null> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const { buffer, bytesRead } = await file.read(
      Buffer.alloc(TAIL_BYTES),
      0,
      TAIL_BYTES,
      Math.max(0, size - TAIL_BYTES),
    );
    const lines = buffer.toString("utf8", 0, bytesRead).split("\n");
    const last = lines.findLast((line) => line.endsWith("}"));
    return last === undefined ? null : decodeRecord(last).time;
  } finally {
    await file.close();
  }
}
