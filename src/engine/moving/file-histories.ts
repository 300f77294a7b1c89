import { existsSync, readdirSync } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { MAIN_ROOM } from "../../protocol/room-name.ts";
import { errorCode, errorReason, JournalError } from "../local/fault.ts";
import { FileChunks } from "../local/file-chunks.ts";
import { HistoryIndex } from "../local/history-index.ts";
import { Journal } from "../local/journal.ts";
import { lockFile } from "../local/lock.ts";
import { roomFile, roomOfFileName, roomsFolder } from "../local/room-file.ts";
import { MessageReader, type TimeOf, Unreadable } from "../local/takein.ts";
import { MessageRecord, type StoredMessage } from "../record.ts";
import { type MessageSource, type MessageTarget, MoveError, type Portion } from "./move.ts";

/** Reads a main room's file and those of the other rooms beside it, without touching them. */
export class FileSource implements MessageSource {
  protected readonly dataFile: string;
  readonly #timeOf: TimeOf;

  /** @throws MoveError when there is no such file */
  constructor(dataFile: string, timeOf: TimeOf, mustExist = true) {
    if (mustExist && !existsSync(dataFile)) throw new MoveError(`There is no file ${dataFile}.`);
    this.dataFile = dataFile;
    this.#timeOf = timeOf;
  }

  async rooms(): Promise<string[]> {
    const names = namesIn(roomsFolder(this.dataFile));
    return [MAIN_ROOM, ...names.flatMap((name) => roomOfFileName(name) ?? [])];
  }

  async *messages(room: string): AsyncGenerator<Portion> {
    const path = this.pathOf(room);
    const file = await openSource(path);
    if (file === null) return;
    try {
      const { size } = await file.stat();
      const chunks = new FileChunks(file);
      const nothing = { index: new HistoryIndex(), lastTime: 0, end: 0, rest: "other" as const };
      for await (const messages of new MessageReader(chunks, nothing, this.#timeOf).messages()) {
        yield { messages, fraction: size === 0 ? 1 : chunks.start / size };
      }
    } catch (error) {
      if (error instanceof Unreadable)
        throw new MoveError(`The file ${path} cannot be read at byte ${error.offset}: ${error.message}.`);
      throw errorCode(error) === undefined ? error : cannotRead(path, error);
    } finally {
      await file.close();
    }
  }

  async close(): Promise<void> {}

  protected pathOf(room: string): string {
    return room === MAIN_ROOM ? this.dataFile : roomFile(this.dataFile, room);
  }
}

/** @returns the names in a folder, none where there is no folder */
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
    // Opening a pipe would wait for its other end for ever.
    if (!found.isFile()) throw new MoveError(`The file ${path} cannot be read: it is no regular file.`);
    return await open(path, "r");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return null;
    throw error instanceof MoveError ? error : cannotRead(path, error);
  }
}

function cannotRead(path: string, error: unknown): MoveError {
  return new MoveError(`The file ${path} cannot be read: ${errorReason(error)}.`);
}

/** Adds to history files; no server may have them open. */
export class FileTarget extends FileSource implements MessageTarget {
  readonly #timeOf: TimeOf;
  readonly #lock: { release(): void };
  #open: { readonly room: string; readonly journal: Journal } | null = null;

  /** @throws MoveError when a server has the file */
  constructor(dataFile: string, timeOf: TimeOf) {
    super(dataFile, timeOf, false);
    this.#timeOf = timeOf;
    try {
      this.#lock = lockFile(dataFile);
    } catch (error) {
      throw new MoveError(error instanceof JournalError ? error.message : errorReason(error));
    }
  }

  async lastId(room: string): Promise<number> {
    const path = this.pathOf(room);
    return existsSync(path) ? (await this.#journal(room)).lastId : 0;
  }

  async append(room: string, messages: readonly StoredMessage[]): Promise<void> {
    const journal = await this.#journal(room);
    try {
      await journal.append(messages.map(MessageRecord.of));
    } catch (error) {
      throw new MoveError(`The file ${journal.path} cannot be written: ${errorReason(error)}.`);
    }
  }

  override async close(): Promise<void> {
    await this.#open?.journal.close();
    this.#lock.release();
  }

  /** Rooms are moved one after the other, and may be more than files may be open. */
  async #journal(room: string): Promise<Journal> {
    if (this.#open !== null && this.#open.room === room) return this.#open.journal;
    await this.#open?.journal.close();
    this.#open = null;
    const options = { fsync: "always", timeOf: this.#timeOf, create: room === MAIN_ROOM } as const;
    const journal = await Journal.open(this.pathOf(room), options);
    this.#open = { room, journal };
    return journal;
  }
}
