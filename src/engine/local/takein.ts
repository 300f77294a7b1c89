import { isUtf8 } from "node:buffer";
import { type FileHandle, open, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { CLOSING, isId, isKey, isObject, isTime, MessageRecord, type StoredMessage } from "../record.ts";
import { copyBytes, keepOriginal, numbered, resemble, saveCopy, syncFolder, writeAll } from "./disk-file.ts";
import { FileChunks, MOST_HELD_BYTES } from "./file-chunks.ts";
import { finishInPlace, prepareInPlace, replaceByRename } from "./replace.ts";
import { type Scan, scan } from "./scan.ts";

/** Unix ms of a timestamp text, undefined if it cannot be read. */
export type TimeOf = (timestamp: string) => number | undefined;

/** The file is no array of messages; `offset` says at which byte. The message is a clause without a full stop. */
export class Unreadable extends Error {
  override readonly name = "Unreadable";
  constructor(
    message: string,
    readonly offset: number,
    /** Whole messages read before the fault, canonical records not counted. */
    readonly messagesRead: number,
    /** No crash leaves this: it is JSON that says something else, or a message without end. */
    readonly deliberate = false,
  ) {
    super(message);
  }
}

/** What was done to the messages of a foreign file. */
export interface TakenIn {
  /** Messages now in the file. */
  readonly count: number;
  /** Keys that a history does not hold and that are now only in the original; the first 20. */
  readonly droppedKeys: readonly string[];
  /** Messages that had an `id` which could not be kept, because it was no integer or did not grow. */
  readonly replacedIds: number;
}

export const TAKING_IN_SUFFIX = ".taking-in";

const UTF8_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
const SPACE: ReadonlySet<number> = new Set(Buffer.from(" \t\r\n"));
const VALUE_START: ReadonlySet<number> = new Set(Buffer.from('["-0123456789tfn'));
const KEYS: ReadonlySet<string> = new Set(["name", "content", "timestamp", "id", "time", "key"]);
const MOST_KEYS_NAMED = 20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const OPENING_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSING_BRACKET = 0x5d;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;

/**
 * Reads the messages of any JSON array of them, whatever its spacing, keys and escapes, from where a scan of canonical
 * records stopped. Elements are cut out byte by byte and parsed one at a time, so that a large file needs no large
 * string and a fault can be placed.
 */
export class MessageReader {
  count: number;
  replacedIds = 0;
  readonly droppedKeys = new Set<string>();
  readonly #countBefore: number;
  #lastId: number;
  #lastTime: number;
  #expected: "array" | "first message" | "message" | "separator" | "nothing";

  constructor(
    private readonly chunks: FileChunks,
    scanned: Scan,
    private readonly timeOf: TimeOf,
  ) {
    this.count = scanned.index.count;
    this.#countBefore = this.count;
    this.#lastId = scanned.index.lastId;
    this.#lastTime = scanned.lastTime;
    this.#expected = scanned.end === 0 ? "array" : this.count === 0 ? "first message" : "separator";
  }

  /**
   * The messages, as many at a time as one read brought.
   *
   * @throws Unreadable
   */
  async *messages(): AsyncGenerator<StoredMessage[]> {
    const { chunks } = this;
    await chunks.fill();
    if (chunks.start === 0 && chunks.bytes.subarray(0, 3).equals(UTF8_MARK)) chunks.drop(3);
    do yield this.#take();
    while (await chunks.fill());
    if (chunks.full) throw this.#fault(`is longer than ${MOST_HELD_BYTES} bytes`, chunks.start, true);
    if (this.#expected !== "nothing")
      throw this.#unreadable("the file ends before its array does", chunks.start);
  }

  #take(): StoredMessage[] {
    const { bytes, limit, start } = this.chunks;
    const messages: StoredMessage[] = [];
    let at = 0;
    for (;;) {
      while (at < limit && SPACE.has(bytes[at] ?? 0)) at++;
      if (at === limit) break;
      const byte = bytes[at] ?? 0;
      if (byte === OPENING_BRACE && this.#expectsMessage) {
        const end = this.#objectEnd(at);
        if (end < 0) break;
        messages.push(this.#message(bytes.subarray(at, end), start + at));
        this.#expected = "separator";
        at = end;
      } else {
        this.#punctuation(byte, start + at);
        at++;
      }
    }
    this.chunks.drop(at);
    return messages;
  }

  get #expectsMessage(): boolean {
    return this.#expected === "first message" || this.#expected === "message";
  }

  #punctuation(byte: number, offset: number): void {
    switch (this.#expected) {
      case "array":
        if (byte !== OPENING_BRACKET)
          throw this.#unreadable("no JSON array of messages begins here", offset, true);
        this.#expected = "first message";
        return;
      case "separator":
        if (byte !== COMMA && byte !== CLOSING_BRACKET) {
          throw this.#unreadable(
            `message ${this.count} is followed by neither a comma nor the closing bracket`,
            offset,
          );
        }
        this.#expected = byte === COMMA ? "message" : "nothing";
        return;
      case "first message":
      case "message":
        if (byte !== CLOSING_BRACKET || this.#expected === "message") {
          throw this.#fault("is not a JSON object", offset, VALUE_START.has(byte));
        }
        this.#expected = "nothing";
        return;
      case "nothing":
        throw this.#unreadable("something follows the array of messages", offset);
    }
  }

  /** Where the object that begins at `at` ends, or -1 when its end is not in the chunk. */
  #objectEnd(at: number): number {
    const { bytes, limit, start } = this.chunks;
    let depth = 0;
    let inString = false;
    for (let i = at; i < limit; i++) {
      const byte = bytes[i] ?? 0;
      if (inString) {
        if (byte === BACKSLASH) i++;
        else if (byte === QUOTE) inString = false;
        else if (byte < 0x20)
          throw this.#fault("has a line break or control character inside a text", start + i);
      } else if (byte === QUOTE) inString = true;
      else if (byte === OPENING_BRACE || byte === OPENING_BRACKET) depth++;
      else if (byte === CLOSING_BRACE || byte === CLOSING_BRACKET) {
        depth--;
        if (depth === 0) return i + 1;
      }
    }
    return -1;
  }

  #message(bytes: Buffer, offset: number): StoredMessage {
    const value = this.#object(bytes, offset);
    const { id, time, key } = value;
    const name = this.#text(value, "name", offset);
    const content = this.#text(value, "content", offset);
    const timestamp = this.#text(value, "timestamp", offset);
    const message = {
      name,
      content,
      timestamp,
      id: this.#idOf(id),
      time: isTime(time) ? time : this.#readTime(timestamp),
      digest: isKey(key) ? key : undefined,
    };
    this.#noteDropped(value);
    this.#lastId = message.id;
    this.#lastTime = message.time;
    this.count++;
    return message;
  }

  #object(bytes: Buffer, offset: number): Record<string, unknown> {
    if (!isUtf8(bytes)) throw this.#fault("is not UTF-8 text", offset);
    try {
      const value: unknown = JSON.parse(bytes.toString());
      if (isObject(value)) return value;
    } catch {
      // The parser's own words name no place; ours do.
    }
    throw this.#fault("is not valid JSON", offset);
  }

  #text(value: Record<string, unknown>, key: string, offset: number): string {
    const text = value[key];
    if (typeof text !== "string") throw this.#fault(`has no text "${key}"`, offset, true);
    return text;
  }

  #noteDropped(value: Record<string, unknown>): void {
    for (const key of Object.keys(value)) {
      const isKept = KEYS.has(key) && (key !== "key" || isKey(value[key]));
      if (!isKept && this.droppedKeys.size < MOST_KEYS_NAMED) this.droppedKeys.add(key);
    }
  }

  #idOf(id: unknown): number {
    if (isId(id) && id > this.#lastId) return id;
    if (id !== undefined) this.replacedIds++;
    return this.#lastId + 1;
  }

  #readTime(timestamp: string): number {
    const time = this.timeOf(timestamp);
    return isTime(time) ? time : this.#lastTime;
  }

  #fault(what: string, offset: number, deliberate = false): Unreadable {
    return this.#unreadable(`message ${this.count + 1} ${what}`, offset, deliberate);
  }

  #unreadable(what: string, offset: number, deliberate = false): Unreadable {
    return new Unreadable(what, offset, this.count - this.#countBefore, deliberate);
  }
}

/** A foreign file's canonical successor, already in its place. */
export interface Successor {
  /** The file that was there before, where it could only be written in its place. */
  readonly file: FileHandle;
  readonly scanned: Scan;
  readonly taken: TakenIn;
  /** Where the original is kept. */
  readonly original: string;
}

/**
 * Writes a foreign history anew in canonical form and puts it in the place of the original, which is kept beside it as
 * `.bak`. At every moment the name leads to one of the two, whole and on disk; or, where the original can only be written in
 * its place, a copy beside it does (see `replace.ts`). The original is read to its end before anything is written.
 *
 * @param path the file's real path, without symbolic links
 * @throws Unreadable when the file is no array of messages: then nothing was written
 */
export async function takeIn(
  file: FileHandle,
  path: string,
  scanned: Scan,
  timeOf: TimeOf,
): Promise<Successor> {
  const trial = new MessageReader(new FileChunks(file, scanned.end), scanned, timeOf);
  for await (const _ of trial.messages());
  const draftPath = `${path}${TAKING_IN_SUFFIX}`;
  await unlink(draftPath).catch(() => undefined);
  const draft = await open(draftPath, "wx+", 0o600);
  let original: string | undefined;
  try {
    const taken = await rewrite(file, draft, scanned, timeOf);
    await resemble(draft, file);
    await draft.sync();
    const rescanned = await scan(draft);
    if (rescanned.rest !== "closing" || rescanned.index.count !== taken.count) {
      throw new Error("the copy in canonical form is not what was written");
    }
    original = await keepOriginal(file, path, () => numbered(`${path}.bak`));
    if (await replaceByRename(draftPath, path)) {
      await syncFolder(dirname(path));
      return { file: draft, scanned: rescanned, taken, original };
    }
    // A second name of the file would not keep what is in it.
    await unlink(original);
    original = undefined;
    original = await saveCopy(file, 0, numbered(`${path}.bak`));
    await prepareInPlace(draft, draftPath, file, path);
    const kept = original;
    original = undefined;
    await finishInPlace(draft, file, path);
    await draft.close();
    return { file, scanned: rescanned, taken, original: kept };
  } catch (error) {
    await draft.close();
    await unlink(draftPath).catch(() => undefined);
    // Else each start would leave another one.
    if (original !== undefined) await unlink(original).catch(() => undefined);
    throw error;
  }
}

async function rewrite(file: FileHandle, draft: FileHandle, scanned: Scan, timeOf: TimeOf): Promise<TakenIn> {
  const reader = new MessageReader(new FileChunks(file, scanned.end), scanned, timeOf);
  let end = scanned.end;
  const append = async (text: string): Promise<void> => {
    const bytes = Buffer.from(text);
    await writeAll(draft, bytes, end);
    end += bytes.length;
  };
  if (end === 0) await append("[");
  else await copyBytes(file, 0, end, draft, 0);
  for await (const messages of reader.messages()) {
    if (messages.length === 0) continue;
    const first = reader.count === messages.length;
    await append(`${first ? "\n" : ",\n"}${messages.map((each) => MessageRecord.of(each).text).join(",\n")}`);
  }
  await append(CLOSING);
  return { count: reader.count, droppedKeys: [...reader.droppedKeys], replacedIds: reader.replacedIds };
}
