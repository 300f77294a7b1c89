import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { BackupError } from "./backup-error.ts";

const MIB = 1024 * 1024;

/**
 * Makes sure that there is room beside a file, as far as that is clear from the start.
 *
 * @param what needs it, for a sentence
 * @throws BackupError
 */
export async function checkRoom(file: string, bytes: number, what: string): Promise<void> {
  const { bavail, bsize } = await statfs(dirname(file));
  const free = bavail * bsize;
  if (free >= bytes) return;
  throw new BackupError(
    `There is too little room in ${dirname(file)} for ${what}: about ${mib(bytes)} are needed meanwhile, and ${mib(free)} are free.`,
  );
}

function mib(bytes: number): string {
  return `${Math.ceil(bytes / MIB)} MiB`;
}
