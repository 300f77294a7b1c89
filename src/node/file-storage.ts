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

/** A storage in a file. The nickname, the outbox and the position survive the program, however it ends. */
class FileStorage implements ChatStorage {
  readonly #path: string;
  readonly #items: Map<string, string>;
  #isBehind = false;

  constructor(path: string) {
    this.#path = path;
    this.#items = readItems(path);
    // If it cannot be written, the program should learn so at the start.
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

  /** A chat ignores a storage that fails, but the owner of the program wants to know. */
  #keep(): void {
    try {
      this.#write();
      this.#isBehind = false;
    } catch (error) {
      // One warning is enough, however many messages come meanwhile.
      if (!this.#isBehind) process.emitWarning(`${this.#path} could not be written: ${messageOf(error)}`);
      this.#isBehind = true;
    }
  }

  /** Writes a new file and renames it over the old one, so that a reader finds one of the two, complete. */
  #write(): void {
    const next = `${this.#path}.new`;
    try {
      const file = openSync(next, "w", 0o600);
      try {
        // A single write may be partial, for instance on a disk that is nearly full.
        writeFileSync(file, `${JSON.stringify(Object.fromEntries(this.#items))}\n`);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      renameSync(next, this.#path);
    } catch (error) {
      // A full disk needs the space.
      rmSync(next, { force: true });
      throw error;
    }
  }
}

/** The storages of this process by their paths: two chats may share a file. */
const storages = new Map<string, FileStorage>();

/**
 * Opens a storage in a file, for a program that continues where its earlier run stopped. Only the file's owner can read it
 * (mode 0600), since the sessions in it are as good as passwords. One process at a time can use it. The lock file beside it
 * is void once the process has ended, however it ended. Chats in several rooms may share one file.
 *
 * @throws Error if another process uses it, if it cannot be written, or if it holds something else
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
      throw new Error(`The storage ${absolute} cannot be opened: ${messageOf(error)}`, { cause: error });
    }
    storages.set(absolute, storage);
  }
  return storage;
}

/** Follows symbolic links, so that the file behind a link is replaced, and not the link. */
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
  throw new Error("the file holds something else. Name another file, or move this one away.");
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
