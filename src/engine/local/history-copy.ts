import { type FileHandle, open, rm, stat } from "node:fs/promises";
import { CLOSING } from "../record.ts";
import { copyBytes } from "./disk-file.ts";
import { errorCode, JournalError } from "./fault.ts";

/** How much of what was copied is compared, to see that the file is still the same one. */
const TAIL_BYTES = 256;
/** The last bytes of a file are written anew by each append. */
const UNSTABLE_BYTES = CLOSING.length;

/**
 * A copy of a history file that a server may be appending to. It holds what the file held when it was last caught up with,
 * which may end in a torn record, as after a crash. Contents that are erased meanwhile are erased or not in the copy; the
 * changes that name them were appended before, and so are in it.
 */
export class HistoryCopy {
  readonly #path: string;
  readonly #copyPath: string;
  #inode = -1;
  #copied = 0;

  /** @param path the file's real path */
  constructor(path: string, copyPath: string) {
    this.#path = path;
    this.#copyPath = copyPath;
  }

  /** Copies what is new. Resolves to how many bytes were copied. Rejects with the system's error, or a JournalError. */
  async catchUp(): Promise<number> {
    const file = await openUnlessMissing(this.#path);
    if (file === null) {
      await rm(this.#copyPath, { force: true });
      this.#inode = -1;
      this.#copied = 0;
      return 0;
    }
    try {
      return await this.#catchUpWith(file);
    } finally {
      await file.close();
    }
  }

  async #catchUpWith(file: FileHandle): Promise<number> {
    const { ino, size } = await file.stat();
    if (ino === this.#inode && size === this.#copied) return 0;
    const copy = await open(this.#copyPath, ino === this.#inode ? "r+" : "w+", 0o600);
    try {
      const from = ino === this.#inode ? await this.#continuesAt(file, copy, size) : 0;
      await copyBytes(file, from, size, copy, from);
      await copy.truncate(size);
      this.#inode = ino;
      this.#copied = size;
      return size - from;
    } finally {
      await copy.close();
    }
  }

  /** Where the copy can be continued; 0 if the file was rewritten. */
  async #continuesAt(file: FileHandle, copy: FileHandle, size: number): Promise<number> {
    const stable = Math.max(0, this.#copied - UNSTABLE_BYTES);
    if (size < this.#copied) return 0;
    const from = Math.max(0, stable - TAIL_BYTES);
    const [now, before] = await Promise.all([bytesOf(file, from, stable), bytesOf(copy, from, stable)]);
    return now.equals(before) ? stable : 0;
  }
}

async function bytesOf(file: FileHandle, from: number, to: number): Promise<Buffer> {
  const bytes = Buffer.alloc(to - from);
  const { bytesRead } = await file.read(bytes, 0, bytes.length, from);
  return bytes.subarray(0, bytesRead);
}

async function openUnlessMissing(path: string): Promise<FileHandle | null> {
  try {
    // Opening a pipe would wait forever for its other end.
    if (!(await stat(path)).isFile())
      throw new JournalError(`The history file ${path} is not a regular file.`);
    return await open(path, "r");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return null;
    throw error;
  }
}
