import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { decodeRecord } from "../record.ts";
import { KEPT_AT_LEAST_MS, keepsAll, type Retention } from "../retention.ts";
import { copyBytes, syncFolder, writeAll } from "./disk-file.ts";
import { errorCode } from "./fault.ts";
import { FileChunks, readLines } from "./file-chunks.ts";
import { realFile } from "./real-file.ts";
import { scan } from "./scan.ts";

const OPENING = Buffer.from("[\n");

/**
 * Drops the messages of a history file that are not to be kept. The rest is written beside it, synced, and put in its
 * place, so that a crash leaves one of the two. The file must not be open. One that needs repair is left for the start.
 *
 * @param now Unix milliseconds
 * @returns how many messages were dropped. May reject as the disk does
 */
export async function pruneFile(path: string, retention: Retention, now: number): Promise<number> {
  if (keepsAll(retention)) return 0;
  const file = await open(realFile(path), "r").catch((error) => {
    if (errorCode(error) === "ENOENT") return null;
    throw error;
  });
  if (file === null) return 0;
  try {
    const { rest, index } = await scan(file);
    if (rest !== "closing" || index.count < 2) return 0;
    const { dropped, offset } = await firstKept(file, index.count, retention, now);
    if (dropped > 0) await replaceFrom(file, offset, realFile(path));
    return dropped;
  } finally {
    await file.close();
  }
}

/** The first message to be kept: how many stand before it, and where in the file it begins. */
async function firstKept(
  file: FileHandle,
  count: number,
  { keepMs, keepMessages }: Retention,
  now: number,
): Promise<{ dropped: number; offset: number }> {
  const chunks = new FileChunks(file, OPENING.length);
  let offset = OPENING.length;
  let dropped = 0;
  for await (const lines of readLines(chunks)) {
    for (const line of lines) {
      const { time } = decodeRecord(line.replace(/,$/, ""));
      const isOver =
        (keepMs !== null && time < now - keepMs) || (keepMessages !== null && count - dropped > keepMessages);
      if (!isOver || time > now - KEPT_AT_LEAST_MS || dropped === count - 1) return { dropped, offset };
      offset += Buffer.byteLength(line) + 1;
      dropped++;
    }
  }
  return { dropped: 0, offset };
}

async function replaceFrom(file: FileHandle, offset: number, path: string): Promise<void> {
  const beside = `${path}.pruned`;
  const { size, mode } = await file.stat();
  await rm(beside, { force: true });
  const target = await open(beside, "wx", mode & 0o777);
  try {
    await writeAll(target, OPENING, 0);
    await copyBytes(file, offset, size, target, OPENING.length);
    await target.sync();
  } finally {
    await target.close();
  }
  await rename(beside, path);
  await syncFolder(dirname(path));
}
