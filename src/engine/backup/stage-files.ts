import { existsSync, readdirSync, statSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { MAIN_ROOM } from "../../protocol/room-name.ts";
import type { TimeOf } from "../local/event-reader.ts";
import { errorCode, JournalError } from "../local/fault.ts";
import { HistoryCopy } from "../local/history-copy.ts";
import { Journal } from "../local/journal.ts";
import { realFile } from "../local/real-file.ts";
import { fileNameOf, roomFile, roomOfFileName, roomsFolder } from "../local/room-file.ts";
import { type FrozenFile, freezeSharedFile } from "../local/shared-file.ts";
import { SHARED_FILES } from "../local/shared-files.ts";
import { BackupError } from "./backup-error.ts";
import { dataFileIn, ROOMS_FOLDER } from "./layout.ts";

/** What is left to be copied while nobody can change what lies beside the histories. */
const LITTLE_BYTES = 256 * 1024;
const ROUNDS_MOST = 5;
/** A history is read again if it is rewritten in place meanwhile. */
const TRIES = 20;
const TRY_EVERY_MS = 250;

/** How much a chat has: what a backup of it contains. */
export interface Staged {
  readonly rooms: number;
  readonly messages: number;
}

export interface StagedFiles extends Staged {
  /** How long it took to open all histories. */
  readonly openedMs: number;
}

/**
 * Copies the files of a chat into a folder, whether or not a server runs. What is in the folder then is what a server that was
 * killed at one moment would have left, put in order: while that moment lasts, nobody can change people, moderation or webhooks,
 * so a history has everything that a report, a ban or a removal speaks of, and everything that a webhook was told.
 *
 * @throws BackupError or JournalError with one sentence
 */
export async function stageFiles(dataFile: string, folder: string, timeOf: TimeOf): Promise<StagedFiles> {
  if (!existsSync(dataFile)) throw new BackupError(`There is no history file ${dataFile}.`);
  const path = realFile(dataFile);
  const copy = dataFileIn(folder);
  const copies = new Histories(path, folder);
  for (let round = 0; round < ROUNDS_MOST && (await copies.catchUp()) > LITTLE_BYTES; round++);
  const frozen: (readonly [FrozenFile | null, path: string])[] = [];
  try {
    for (const form of SHARED_FILES)
      frozen.push([await freezeSharedFile(path, form), `${copy}.${form.suffix}`]);
    // Once more for what was appended while that was read, since it may say why a content in it is blank.
    if ((await copies.catchUp()) > 0) await copies.catchUp();
    for (const [file, target] of frozen) file?.copyTo(target);
  } finally {
    for (const [file] of frozen) file?.letGo();
  }
  const begun = performance.now();
  const staged = await putInOrder(copies, timeOf);
  return { ...staged, openedMs: performance.now() - begun };
}

/** How many bytes a copy of a chat may take. */
export function sizeOfFiles(dataFile: string): number {
  const path = realFile(dataFile);
  const files = [path, ...SHARED_FILES.map(({ suffix }) => `${path}.${suffix}`)];
  const rooms = roomsIn(path).map((room) => roomFile(path, room));
  return [...files, ...rooms].reduce((sum, each) => sum + sizeOf(each), 0);
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** The copies of all histories; of rooms that appear later as well. */
class Histories {
  readonly #path: string;
  readonly #folder: string;
  readonly #copies = new Map<string, { readonly copy: HistoryCopy; readonly path: string }>();

  constructor(path: string, folder: string) {
    this.#path = path;
    this.#folder = folder;
  }

  /** Resolves to how many bytes were copied. */
  async catchUp(): Promise<number> {
    let copied = 0;
    for (const room of [MAIN_ROOM, ...roomsIn(this.#path)])
      copied += await (await this.#copyOf(room)).catchUp();
    return copied;
  }

  /** The copies by their rooms. */
  *paths(): Generator<readonly [room: string, path: string]> {
    for (const [room, { path }] of this.#copies) if (existsSync(path)) yield [room, path];
  }

  /** Copies a room from its start. */
  async again(room: string): Promise<void> {
    this.#copies.delete(room);
    await (await this.#copyOf(room)).catchUp();
  }

  async #copyOf(room: string): Promise<HistoryCopy> {
    const known = this.#copies.get(room);
    if (known !== undefined) return known.copy;
    const isMain = room === MAIN_ROOM;
    if (!isMain) await mkdir(join(this.#folder, ROOMS_FOLDER), { recursive: true, mode: 0o700 });
    const path = isMain ? dataFileIn(this.#folder) : join(this.#folder, ROOMS_FOLDER, fileNameOf(room));
    const source = isMain ? this.#path : realFile(roomFile(this.#path, room));
    const copy = new HistoryCopy(source, path);
    this.#copies.set(room, { copy, path });
    return copy;
  }
}

/** Reads each copy as a start does: it repairs its end, erases what is owed, and refuses what is no history. */
async function putInOrder(copies: Histories, timeOf: TimeOf): Promise<Staged> {
  let rooms = 0;
  let messages = 0;
  for (const [room, path] of copies.paths()) {
    messages += await openedOnce(path, timeOf, () => copies.again(room));
    rooms++;
  }
  return { rooms, messages };
}

async function openedOnce(path: string, timeOf: TimeOf, again: () => Promise<void>): Promise<number> {
  for (let tries = 1; ; tries++) {
    try {
      const journal = await Journal.open(path, { fsync: "off", create: false, timeOf });
      await journal.close();
      return journal.count;
    } catch (error) {
      if (!(error instanceof JournalError)) throw error;
      if (tries === TRIES) throw new BackupError(`The history cannot be backed up: ${error.message}`);
      await Bun.sleep(TRY_EVERY_MS);
      await again();
    }
  }
}

function roomsIn(dataFile: string): string[] {
  try {
    return readdirSync(roomsFolder(dataFile)).flatMap((name) => roomOfFileName(name) ?? []);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return [];
    throw error;
  }
}
