import { open, opendir } from "node:fs/promises";
import { join } from "node:path";
import { decodeRecord, isChangeLine } from "../record.ts";
import type { Journal } from "./journal.ts";

/** How much of the end of a file is searched for the last message. */
const TAIL_BYTES = 64 * 1024;

/**
 * When the newest message was sent, as far as that is easy to tell: in the main room, or in any other when there are no
 * messages in the main room.
 *
 * @returns Unix milliseconds, null when no message was found
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
    // There are no other rooms if there is no folder.
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
    const last = lines.findLast((line) => /\},?$/.test(line) && !isChangeLine(line));
    return last === undefined ? null : decodeRecord(last.replace(/,$/, "")).time;
  } finally {
    await file.close();
  }
}
