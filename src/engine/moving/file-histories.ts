import { existsSync, readdirSync } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { MAIN_ROOM } from "../../protocol/room-name.ts";
import { EventReader, type TimeOf, Unreadable } from "../local/event-reader.ts";
import { errorCode, errorReason, JournalError } from "../local/fault.ts";
import { FileChunks } from "../local/file-chunks.ts";
import { Journal } from "../local/journal.ts";
import { lockFile } from "../local/lock.ts";
import { roomFile, roomOfFileName, roomsFolder } from "../local/room-file.ts";
import { nothingScanned } from "../local/scan.ts";
import type { StoredEvent } from "../record.ts";
import { type HistorySource, type HistoryTarget, MoveError, type Portion } from "./move.ts";
import { ReplacedTexts } from "./replaced-texts.ts";

/** Reads the file of a main room and those of the other rooms beside it, without touching them. */
export class FileSource implements HistorySource {
  readonly #files: RoomFiles;

  /** @throws MoveError when there is no such file */
  constructor(dataFile: string, timeOf: TimeOf) {
    if (!existsSync(dataFile)) throw new MoveError(`There is no file ${dataFile}.`);
    this.#files = new RoomFiles(dataFile, timeOf);
  }

  async rooms(): Promise<string[]> {
    return this.#files.rooms();
  }

  events(room: string): AsyncGenerator<Portion> {
    return this.#files.events(room);
  }

  async close(): Promise<void> {}
}

/** Adds to history files; no server may have them open. */
export class FileTarget implements HistoryTarget {
  readonly #files: RoomFiles;
  readonly #timeOf: TimeOf;
  readonly #lock: { release(): void };
  #open: { readonly room: string; readonly journal: Journal } | null = null;

  /** @throws MoveError when a server has the file */
  constructor(dataFile: string, timeOf: TimeOf) {
    this.#files = new RoomFiles(dataFile, timeOf);
    this.#timeOf = timeOf;
    try {
      this.#lock = lockFile(dataFile);
    } catch (error) {
      throw new MoveError(error instanceof JournalError ? error.message : errorReason(error));
    }
  }

  async rooms(): Promise<string[]> {
    return this.#files.rooms();
  }

  events(room: string): AsyncGenerator<Portion> {
    return this.#files.events(room);
  }

  async lastId(room: string): Promise<number> {
    return existsSync(this.#files.pathOf(room)) ? (await this.#journal(room)).lastEventId : 0;
  }

  async append(room: string, events: readonly StoredEvent[]): Promise<void> {
    const journal = await this.#journal(room);
    try {
      await journal.append(events);
    } catch (error) {
      throw new MoveError(`The file ${journal.path} cannot be written: ${errorReason(error)}.`);
    }
  }

  async close(): Promise<void> {
    await this.#open?.journal.close();
    this.#lock.release();
  }

  /** Rooms are moved one after the other, and there may be more than files may be open. */
  async #journal(room: string): Promise<Journal> {
    if (this.#open !== null && this.#open.room === room) return this.#open.journal;
    await this.#open?.journal.close();
    this.#open = null;
    const options = { fsync: "always", timeOf: this.#timeOf, create: room === MAIN_ROOM } as const;
    const journal = await Journal.open(this.#files.pathOf(room), options);
    this.#open = { room, journal };
    return journal;
  }
}

/** The history files of all rooms, of which any may be missing. */
class RoomFiles {
  readonly #dataFile: string;
  readonly #timeOf: TimeOf;

  constructor(dataFile: string, timeOf: TimeOf) {
    this.#dataFile = dataFile;
    this.#timeOf = timeOf;
  }

  rooms(): string[] {
    const names = namesIn(roomsFolder(this.#dataFile));
    return [MAIN_ROOM, ...names.flatMap((name) => roomOfFileName(name) ?? [])];
  }

  pathOf(room: string): string {
    return room === MAIN_ROOM ? this.#dataFile : roomFile(this.#dataFile, room);
  }

  /** @throws MoveError when the file cannot be read, or has changes that this version does not know */
  async *events(room: string): AsyncGenerator<Portion> {
    const texts = new ReplacedTexts();
    let lastId = 0;
    for await (const { events } of this.#stored(room)) {
      for (const event of events) texts.note(event);
      lastId = events.at(-1)?.id ?? lastId;
    }
    for await (const { events, fraction } of this.#stored(room)) {
      // What has been added meanwhile may have replaced what was passed on already.
      const known = events.filter(({ id }) => id <= lastId);
      yield { events: known.map((event) => texts.clean(event)), fraction };
    }
  }

  /** The events as they are in the file, with texts that are to be erased. */
  async *#stored(room: string): AsyncGenerator<Portion> {
    const path = this.pathOf(room);
    const file = await openSource(path);
    if (file === null) return;
    try {
      const { size } = await file.stat();
      const chunks = new FileChunks(file);
      for await (const events of new EventReader(chunks, nothingScanned(), this.#timeOf).events()) {
        for (const event of events) refuseUnknown(event, path);
        yield { events, fraction: size === 0 ? 1 : chunks.start / size };
      }
    } catch (error) {
      if (error instanceof Unreadable)
        throw new MoveError(`The file ${path} cannot be read at byte ${error.offset}: ${error.message}.`);
      throw errorCode(error) === undefined ? error : cannotRead(path, error);
    } finally {
      await file.close();
    }
  }
}

/** @throws MoveError for a change of an unknown kind: without it, what the messages say would not be what was said last */
function refuseUnknown(event: StoredEvent, path: string): void {
  if (event.kind !== "unknown") return;
  throw new MoveError(
    `The file ${path} has a change of the kind "${event.writtenKind}" (id ${event.id}), which this version does not know: use the version that wrote it.`,
  );
}

/** @returns the names in a folder; none where there is no folder */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return [];
    throw new MoveError(`The folder ${folder} cannot be read: ${errorReason(error)}.`);
  }
}

/** @returns null when there is no such file */
async function openSource(path: string): Promise<FileHandle | null> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw new MoveError(`The file ${path} cannot be read: it is a directory.`);
    // Opening a pipe would wait forever for its other end.
    if (!found.isFile()) throw new MoveError(`The file ${path} cannot be read: it is not a regular file.`);
    return await open(path, "r");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return null;
    throw error instanceof MoveError ? error : cannotRead(path, error);
  }
}

function cannotRead(path: string, error: unknown): MoveError {
  return new MoveError(`The file ${path} cannot be read: ${errorReason(error)}.`);
}
