import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { resolve } from "node:path";
import type { ChatStorage } from "../client/index.ts";
import { lockFile } from "./file-lock.ts";

/** A storage in a file: the nickname, the outbox and the position survive the end of the program, however it ends. */
class FileStorage implements ChatStorage {
  readonly #path: string;
  readonly #items: Map<string, string>;
  #isBehind = false;

  constructor(path: string) {
    this.#path = path;
    this.#items = readItems(path);
    // What keeps it from being written is better known at the start.
    this.#write();
  }

  getItem(key: string): string | null {
    return this.#items.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    this.#items.set(key, value);
    this.#keep();
  }

  removeItem(key: string): void {
    this.#items.delete(key);
    this.#keep();
  }

  /** To a chat a storage that fails is as none. A program's owner wants to know. */
  #keep(): void {
    try {
      this.#write();
      this.#isBehind = false;
    } catch (error) {
      // Once, however many messages come meanwhile.
      if (!this.#isBehind) process.emitWarning(`${this.#path} could not be written: ${messageOf(error)}`);
      this.#isBehind = true;
    }
  }

  /** Writes another file and puts it in the place of the old one: whoever reads finds one of the two, whole. */
  #write(): void {
    const next = `${this.#path}.new`;
    try {
      const file = openSync(next, "w", 0o600);
      try {
        // A write alone may take a part only, as on a disk that is nearly full.
        writeFileSync(file, `${JSON.stringify(Object.fromEntries(this.#items))}\n`);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      renameSync(next, this.#path);
    } catch (error) {
      // A full disk needs the room.
      rmSync(next, { force: true });
      throw error;
    }
  }
}

/** Those of this process: two chats may share a file. */
const storages = new Map<string, FileStorage>();

/**
 * Opens a storage in a file, for a program that is to go on where an earlier run of it was. Others than the file's owner
 * cannot read it (mode 0600): the sessions in it are as good as passwords. One process at a time can have it; the lock,
 * beside it, ends with the process, however that ends. Chats of several rooms may share one file.
 *
 * @throws Error when another process has it, when it cannot be written, or when it is no such file
 */
export function fileStorage(path: string): ChatStorage {
  const absolute = realPathOf(resolve(path));
  let storage = storages.get(absolute);
  if (!storage) {
    let giveBack = () => {};
    try {
      giveBack = lockFile(absolute);
      storage = new FileStorage(absolute);
    } catch (error) {
      giveBack();
      throw new Error(`No storage can be had in ${absolute}: ${messageOf(error)}`, { cause: error });
    }
    storages.set(absolute, storage);
  }
  return storage;
}

/** A link stays a link: what it leads to is replaced. */
function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function readItems(path: string): Map<string, string> {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return new Map();
    throw error;
  }
  try {
    const items: unknown = JSON.parse(text);
    if (typeof items === "object" && items !== null && !Array.isArray(items)) {
      return new Map(Object.entries(items).map(([key, value]) => [key, String(value)]));
    }
  } catch {}
  throw new Error("it holds something else. Name another file, or move this one away.");
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
