import { open, opendir, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { MAIN_ROOM } from "../../protocol/room-name.ts";
import { decodeRecord, isChangeLine } from "../record.ts";
import type { Retention } from "../retention.ts";
import { errorCode } from "./fault.ts";
import type { Journal } from "./journal.ts";
import { realFile } from "./real-file.ts";
import { DRAFT_SUFFIXES } from "./repair.ts";
import { REPLACING_SUFFIX } from "./replace.ts";
import { roomOfFileName } from "./room-file.ts";

/** No message is shorter: a file with fewer bytes per message that is kept cannot have too many of them. */
const RECORD_LEAST_BYTES = 50;
/** How much of a file is searched for its first message. */
const HEAD_BYTES = 64 * 1024;
const SUFFIX = ".json";
/** Files that are kept beside a history when it is repaired or taken in. Nothing is dropped from them. */
const KEPT_ASIDE = /\.json\.(bak|torn-)[^/]*$/;
const MOST_NAMED = 5;

export interface SweepOptions {
  readonly dataFile: string;
  readonly roomsFolder: string;
  /** What is kept, by the clock at this moment. */
  readonly retention: (room: string) => Retention;
  /** Unix milliseconds. */
  readonly now: () => number;
  /**
   * Unix ms: files that were written since may have texts that a server was about to erase when it was killed. Null for all
   * files.
   */
  readonly writtenSince: number | null;
  /** Whether a room is in memory: its file is not for the sweep then. */
  readonly isOpen: (room: string) => boolean;
  /** Opens the file of a room that is not in memory. */
  readonly open: (room: string, stop: AbortSignal) => Promise<Journal>;
  /** Drops what has expired. Does not reject. */
  readonly prune: (room: string, journal: Journal) => Promise<void>;
  readonly notice: (sentence: string) => void;
  readonly fault: (room: string, error: unknown) => void;
}

/**
 * Goes through the files of all rooms and drops expired messages from those that nobody is in: one file at a time, and only
 * the first message is read where that is enough. A room that is entered meanwhile gets its file at once.
 */
export class Sweep {
  readonly #options: SweepOptions;
  #current: { readonly room: string; readonly stop: AbortController; readonly done: Promise<void> } | null =
    null;
  #running: Promise<void> | null = null;
  #isClosed = false;
  #hasTold = false;
  /** Whether all files were looked at once. */
  #hasSwept = false;

  constructor(options: SweepOptions) {
    this.#options = options;
  }

  /** Begins to go through the files, unless that is under way already. */
  start(): void {
    if (this.#isClosed) return;
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
    });
  }

  /** Resolves when the file of a room is not in use here. Call it once the room counts as open. */
  async letGo(room: string): Promise<void> {
    if (this.#current?.room !== room) return;
    this.#current.stop.abort();
    await this.#current.done;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#current?.stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { dataFile, roomsFolder, fault } = this.#options;
    const aside: string[] = [];
    try {
      await this.#throughFolder(roomsFolder, aside);
      await this.#findAside(dirname(realFile(dataFile)), `${basename(realFile(dataFile))}.`, aside);
    } catch (error) {
      // There are no rooms if there is no folder.
      if (errorCode(error) !== "ENOENT") fault("", error);
    }
    this.#hasSwept = true;
    await this.#tellAside(aside);
  }

  async #throughFolder(folder: string, aside: string[]): Promise<void> {
    for await (const { name } of await opendir(folder)) {
      if (this.#isClosed) return;
      const draft = DRAFT_SUFFIXES.find((suffix) => name.endsWith(SUFFIX + suffix));
      if (draft !== undefined) await this.#dropDraft(folder, name, draft);
      // A crash left it; opening the room's file deals with it.
      else if (name.endsWith(SUFFIX + REPLACING_SUFFIX))
        await this.#visit(name.slice(0, -REPLACING_SUFFIX.length));
      else if (KEPT_ASIDE.test(name)) aside.push(join(folder, name));
      else await this.#see(folder, name);
    }
  }

  /** A crash left it. */
  async #dropDraft(folder: string, name: string, suffix: string): Promise<void> {
    const room = roomOfFileName(name.slice(0, -suffix.length));
    if (room !== undefined && !this.#options.isOpen(room)) await rm(join(folder, name), { force: true });
  }

  async #see(folder: string, name: string): Promise<void> {
    const room = roomOfFileName(name);
    if (room === undefined) return;
    try {
      if (await this.#isDue(join(folder, name), room)) await this.#visit(name);
    } catch (error) {
      this.#options.fault(room, error);
    }
  }

  async #visit(name: string): Promise<void> {
    const room = roomOfFileName(name);
    if (room === undefined || this.#isClosed || this.#options.isOpen(room)) return;
    const stop = new AbortController();
    const done = this.#prune(room, stop.signal);
    this.#current = { room, stop, done };
    await done;
    this.#current = null;
  }

  async #prune(room: string, stop: AbortSignal): Promise<void> {
    const { fault, notice, open: openRoom, prune } = this.#options;
    try {
      const journal = await openRoom(room, stop);
      if (!stop.aborted) await journal.erase();
      let closing: Promise<void> | undefined;
      stop.addEventListener("abort", () => {
        closing = journal.close();
      });
      if (!stop.aborted) await prune(room, journal);
      await (closing ?? journal.close());
      journal.notices.forEach(notice);
    } catch (error) {
      if (!stop.aborted) fault(room, error);
    }
  }

  /** Whether a file may have expired messages. */
  async #isDue(path: string, room: string): Promise<boolean> {
    const { keepMs, keepMessages, keepBytes } = this.#options.retention(room);
    const found = await stat(path);
    if (!found.isFile()) return false;
    const { writtenSince } = this.#options;
    if (!this.#hasSwept && found.mtimeMs >= (writtenSince ?? 0)) return true;
    if (keepBytes !== null && found.size > keepBytes) return true;
    if (keepMessages !== null && found.size > keepMessages * RECORD_LEAST_BYTES) return true;
    if (keepMs === null || found.size === 0) return false;
    const head = await headOf(path);
    const [, first = "", second] = head.split(/,?\n/).filter((line) => !isChangeLine(line));
    const time = timeOf(first);
    // Opening the file will show what it is, unless it has no message at all.
    if (time === null) return first !== "]";
    // The newest message is kept in any case.
    return second !== "]" && time < this.#options.now() - keepMs;
  }

  async #findAside(folder: string, start: string, aside: string[]): Promise<void> {
    for await (const { name } of await opendir(folder)) {
      if (name.startsWith(start) && /^(bak|torn-)/.test(name.slice(start.length)))
        aside.push(join(folder, name));
    }
  }

  /** Names, once, the files that are older than what is kept and that only the operator may delete. */
  async #tellAside(paths: readonly string[]): Promise<void> {
    const { keepMs } = this.#options.retention(MAIN_ROOM);
    if (this.#hasTold || keepMs === null || paths.length === 0) return;
    this.#hasTold = true;
    const old: string[] = [];
    for (const path of paths) {
      const found = await stat(path).catch(() => null);
      if (found !== null && found.mtimeMs < this.#options.now() - keepMs) old.push(path);
    }
    if (old.length === 0) return;
    const more = old.length > MOST_NAMED ? ` and ${old.length - MOST_NAMED} more` : "";
    this.#options.notice(
      `Some files that were kept aside are older than --keep-days and are left alone: ${old.slice(0, MOST_NAMED).join(", ")}${more}. Delete them if you do not need them.`,
    );
  }
}

async function headOf(path: string): Promise<string> {
  const file = await open(path, "r");
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await file.close();
  }
}

/** The time of the message in a line in Unix milliseconds, null where there is no message. */
function timeOf(line: string): number | null {
  try {
    return decodeRecord(line).time;
  } catch {
    return null;
  }
}
