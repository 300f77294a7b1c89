import { isUtf8 } from "node:buffer";
import {
  encodeChange,
  isChange,
  isId,
  isKey,
  isObject,
  isTime,
  MessageRecord,
  readEvent,
  type StoredEvent,
} from "../record.ts";
import { type FileChunks, MOST_HELD_BYTES } from "./file-chunks.ts";
import type { Scan } from "./scan.ts";

/** Unix ms of a timestamp text, undefined if it cannot be read. */
export type TimeOf = (timestamp: string) => number | undefined;

/** The file is not an array of events. The message is a clause without a full stop. */
export class Unreadable extends Error {
  override readonly name = "Unreadable";
  constructor(
    message: string,
    /** At which byte of the file. */
    readonly offset: number,
    /** Whole events read before the fault, without those that a scan had found. */
    readonly eventsRead: number,
    /** Whether a crash cannot have caused this: the text is JSON of something else, or an event without an end. */
    readonly isDeliberate = false,
  ) {
    super(message);
  }
}

const UTF8_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
const SPACE: ReadonlySet<number> = new Set(Buffer.from(" \t\r\n"));
const VALUE_START: ReadonlySet<number> = new Set(Buffer.from('["-0123456789tfn'));
const KEYS: ReadonlySet<string> = new Set([
  "name",
  "content",
  "timestamp",
  "id",
  "time",
  "by",
  "reply",
  "key",
]);
/** Keys of messages that have one form only: a value of another one is dropped. */
const CHECKED: Readonly<Record<string, (value: unknown) => boolean>> = { by: isKey, reply: isId, key: isKey };
const MOST_KEYS_NAMED = 20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const OPENING_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSING_BRACKET = 0x5d;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;

/**
 * Reads the events of any JSON array of them, whatever its spacing, key order and escapes, from where a scan of
 * canonical lines stopped. Elements are cut out byte by byte and parsed one at a time, so that a large file needs no
 * large string and a fault can be placed.
 */
export class EventReader {
  /** Messages up to here. */
  count: number;
  /** Changes up to here. */
  changes: number;
  /** Messages that had an `id` which could not be kept, because it was not an integer or did not grow. */
  replacedIds = 0;
  /** Keys of messages that a history does not hold; the first 20. */
  readonly droppedKeys = new Set<string>();
  readonly #eventsBefore: number;
  #lastId: number;
  #lastTime: number;
  #expected: "array" | "first event" | "event" | "separator" | "nothing";

  constructor(
    private readonly chunks: FileChunks,
    scanned: Scan,
    private readonly timeOf: TimeOf,
  ) {
    const { index } = scanned;
    this.count = index.count;
    this.changes = index.changes;
    this.#eventsBefore = this.#eventsRead;
    this.#lastId = index.lastEventId;
    this.#lastTime = scanned.lastTime;
    this.#expected = scanned.end === 0 ? "array" : index.isEmpty ? "first event" : "separator";
  }

  /**
   * The events, as many at a time as one read brought.
   *
   * @throws Unreadable
   */
  async *events(): AsyncGenerator<StoredEvent[]> {
    const { chunks } = this;
    await chunks.fill();
    if (chunks.start === 0 && chunks.bytes.subarray(0, 3).equals(UTF8_MARK)) chunks.drop(3);
    do yield this.#take();
    while (await chunks.fill());
    if (chunks.full) throw this.#fault(`is longer than ${MOST_HELD_BYTES} bytes`, chunks.start, true);
    if (this.#expected !== "nothing")
      throw this.#unreadable("the file ends before its array does", chunks.start);
  }

  #take(): StoredEvent[] {
    const { bytes, limit, start } = this.chunks;
    const events: StoredEvent[] = [];
    let at = 0;
    for (;;) {
      while (at < limit && SPACE.has(bytes[at] ?? 0)) at++;
      if (at === limit) break;
      const byte = bytes[at] ?? 0;
      if (byte === OPENING_BRACE && this.#expectsEvent) {
        const end = this.#objectEnd(at);
        if (end < 0) break;
        events.push(this.#event(bytes.subarray(at, end), start + at));
        this.#expected = "separator";
        at = end;
      } else {
        this.#punctuation(byte, start + at);
        at++;
      }
    }
    this.chunks.drop(at);
    return events;
  }

  get #expectsEvent(): boolean {
    return this.#expected === "first event" || this.#expected === "event";
  }

  get #eventsRead(): number {
    return this.count + this.changes;
  }

  #punctuation(byte: number, offset: number): void {
    switch (this.#expected) {
      case "array":
        if (byte !== OPENING_BRACKET)
          throw this.#unreadable("a JSON array of messages was expected here", offset, true);
        this.#expected = "first event";
        return;
      case "separator":
        if (byte !== COMMA && byte !== CLOSING_BRACKET) {
          throw this.#unreadable(
            `entry ${this.#eventsRead} is followed by neither a comma nor the closing bracket`,
            offset,
          );
        }
        this.#expected = byte === COMMA ? "event" : "nothing";
        return;
      case "first event":
      case "event":
        if (byte !== CLOSING_BRACKET || this.#expected === "event") {
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

  #event(bytes: Buffer, offset: number): StoredEvent {
    const value = this.#object(bytes, offset);
    const event = isChange(value)
      ? this.#change(readEvent(encodeChange(value)), offset)
      : this.#message(value, offset);
    if (this.replacedIds > 0 && this.changes > 0) throw this.#mixed(offset);
    this.#lastId = event.id;
    this.#lastTime = event.time;
    return event;
  }

  #message(value: Record<string, unknown>, offset: number): MessageRecord {
    const name = this.#text(value, "name", offset);
    const content = this.#text(value, "content", offset);
    const timestamp = this.#text(value, "timestamp", offset);
    const id = this.#idOf(value.id);
    const time = isTime(value.time) ? value.time : this.#readTime(timestamp);
    const by = isKey(value.by) ? value.by : undefined;
    const reply = isId(value.reply) ? value.reply : undefined;
    const digest = isKey(value.key) ? value.key : undefined;
    this.#noteDropped(value);
    this.count++;
    return MessageRecord.of({ name, content, timestamp, id, time, by, reply, digest });
  }

  #change(change: StoredEvent, offset: number): StoredEvent {
    if (change.id <= this.#lastId) throw this.#fault("is a change whose id does not grow", offset, true);
    this.changes++;
    return change;
  }

  /** Changes name messages by their ids, so they would change others. */
  #mixed(offset: number): Unreadable {
    const what = "the ids of its messages would have to be replaced, and it has changes that refer to them";
    return this.#unreadable(what, offset, true);
  }

  #object(bytes: Buffer, offset: number): Record<string, unknown> {
    if (!isUtf8(bytes)) throw this.#fault("is not UTF-8 text", offset);
    try {
      const value: unknown = JSON.parse(bytes.toString());
      if (isObject(value)) return value;
    } catch {
      // The parser's own message does not name a position; ours does.
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
      const isKept = KEYS.has(key) && (CHECKED[key]?.(value[key]) ?? true);
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

  #fault(what: string, offset: number, isDeliberate = false): Unreadable {
    return this.#unreadable(`entry ${this.#eventsRead + 1} ${what}`, offset, isDeliberate);
  }

  #unreadable(what: string, offset: number, isDeliberate = false): Unreadable {
    return new Unreadable(what, offset, this.#eventsRead - this.#eventsBefore, isDeliberate);
  }
}
