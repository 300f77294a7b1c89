import { existsSync, readdirSync } from "node:fs";
import { open } from "node:fs/promises";
import { MAIN_ROOM } from "../../protocol/room-name.ts";
import { errorReason, JournalError } from "../local/fault.ts";
import { FileChunks } from "../local/file-chunks.ts";
import { HistoryIndex } from "../local/history-index.ts";
import { Journal } from "../local/journal.ts";
import { lockFile } from "../local/lock.ts";
import { roomFile, roomOfFileName, roomsFolder } from "../local/room-file.ts";
import { MessageReader, type TimeOf, Unreadable } from "../local/takein.ts";
import { encodeRecord, type StoredMessage } from "../record.ts";
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
    const folder = roomsFolder(this.dataFile);
    const names = existsSync(folder) ? readdirSync(folder) : [];
    return [MAIN_ROOM, ...names.flatMap((name) => roomOfFileName(name) ?? [])];
  }

  async *messages(room: string): AsyncGenerator<Portion> {
    const path = this.pathOf(room);
    if (!existsSync(path)) return;
    const file = await open(path, "r");
    try {
      const { size } = await file.stat();
      const chunks = new FileChunks(file);
      const nothing = { index: new HistoryIndex(), lastTime: 0, end: 0, rest: "other" as const };
      for await (const messages of new MessageReader(chunks, nothing, this.#timeOf).messages()) {
        yield { messages, fraction: size === 0 ? 1 : chunks.start / size };
      }
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      throw new MoveError(`The file ${path} cannot be read at byte ${error.offset}: ${error.message}.`);
    } finally {
      await file.close();
    }
  }

  async close(): Promise<void> {}

  protected pathOf(room: string): string {
    return room === MAIN_ROOM ? this.dataFile : roomFile(this.dataFile, room);
  }
}

/** Adds to history files; no server may have them open. */
export class FileTarget extends FileSource implements MessageTarget {
  readonly #timeOf: TimeOf;
  readonly #lock: { release(): void };
  readonly #journals = new Map<string, Journal>();

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
    await journal.append(messages.map((message) => ({ id: message.id, text: encodeRecord(message) })));
  }

  override async close(): Promise<void> {
    for (const journal of this.#journals.values()) await journal.close();
    this.#lock.release();
  }

  async #journal(room: string): Promise<Journal> {
    const known = this.#journals.get(room);
    if (known) return known;
    const options = { fsync: "always", timeOf: this.#timeOf, create: room === MAIN_ROOM } as const;
    const journal = await Journal.open(this.pathOf(room), options);
    this.#journals.set(room, journal);
    return journal;
  }
}
