/**
 * The text of stored events: no other module knows how an event is written or takes a written one apart. An event is a
 * line of its own in the history file, and carries that line along, so that nothing is encoded or parsed twice.
 */
import type { Readable } from "./engine.ts";

/** A message by its values. `id` is 1…`MAX_ID`, `time` Unix ms, `timestamp` the text that clients show. */
export interface StoredMessage {
  readonly name: string;
  readonly content: string;
  readonly timestamp: string;
  readonly id: number;
  readonly time: number;
  /** Recognises a repeat of the send: `KEY_CHARACTERS` of base64url. Most messages have none. */
  readonly digest?: string | undefined;
}

/** A change to earlier events whose kind this version does not know: it is kept as it is, and never shown. */
export interface UnknownChange {
  readonly kind: "unknown";
  readonly id: number;
  /** Unix ms. */
  readonly time: number;
  /** The kind that the line names. */
  readonly writtenKind: string;
  /** The canonical line, without a comma or line break. */
  readonly text: string;
}

/** An event as it is stored. Every kind has an `id`, a `time` in Unix ms and the canonical line as its `text`. */
export type StoredEvent = MessageRecord | UnknownChange;

/** The texts of a message as JSON strings, quotes included. */
export interface MessagePieces {
  readonly name: string;
  readonly content: string;
  readonly timestamp: string;
}

export const KEY_CHARACTERS = 16;
const KEY = /^[\w-]{16}$/;

/** Half of the integers that a double holds exactly: a file with the largest id still leaves room to count on. */
export const MAX_ID = 2 ** 52;

/** What stands between the last event and the end of the file. */
export const CLOSING = "\n]\n";

const BEFORE_NAME = '{"name":';
// A quote inside a string stands behind a backslash, so each of these occurs once in a line.
const BEFORE_CONTENT = ',"content":';
const BEFORE_TIMESTAMP = ',"timestamp":';
const BEFORE_ID = ',"id":';
const BEFORE_TIME = ',"time":';
const BEFORE_KEY = ',"key":"';
/** No message begins like this, so a reader tells a change from a message by the third byte of the line. */
const CHANGE_START = '{"id":';
const CHANGE = /^\{"id":(\d+),"time":(-?\d+),"kind":"([a-z][a-z0-9-]*)"/;

/** The digest by which a repeated send is recognised. It reveals neither the identity nor the key. */
export function keyDigest(identity: string, key: string): string {
  return new Bun.CryptoHasher("sha256")
    .update(`${identity} ${key}`)
    .digest("base64url")
    .slice(0, KEY_CHARACTERS);
}

/**
 * A message together with its canonical line: the keys `name`, `content`, `timestamp`, `id`, `time` and, if it has a
 * digest, `key`, in this order and as `JSON.stringify` writes them. Nothing else may be written to the file for a
 * message, because records are told from damage byte by byte.
 */
export class MessageRecord {
  readonly kind = "message";
  /** The canonical line, without a comma or line break. */
  readonly text: string;
  /** Where `,"id":` begins in the line: what stands before it is all that version 2 shows. */
  readonly #idAt: number;
  #bytes: number | undefined;
  #pieces: MessagePieces | undefined;
  #message: StoredMessage | undefined;

  private constructor(text: string, idAt: number, pieces?: MessagePieces, message?: StoredMessage) {
    this.text = text;
    this.#idAt = idAt;
    this.#pieces = pieces;
    this.#message = message;
  }

  /** Encodes a message; each of its texts is escaped once. */
  static of(message: StoredMessage): MessageRecord {
    const pieces = {
      name: JSON.stringify(message.name),
      content: JSON.stringify(message.content),
      timestamp: JSON.stringify(message.timestamp),
    };
    const { name, content, timestamp } = pieces;
    const start = BEFORE_NAME + name + BEFORE_CONTENT + content + BEFORE_TIMESTAMP + timestamp;
    const key = message.digest === undefined ? "" : `${BEFORE_KEY}${message.digest}"`;
    const text = `${start}${BEFORE_ID}${message.id}${BEFORE_TIME}${message.time}${key}}`;
    return new MessageRecord(text, start.length, pieces, message);
  }

  /** @param text a canonical line, which is not checked; see {@link decodeRecord} for one that is */
  static read(text: string): MessageRecord {
    return new MessageRecord(text, text.lastIndexOf(BEFORE_ID));
  }

  get id(): number {
    return this.#message?.id ?? integerAt(this.text, this.#idAt + BEFORE_ID.length);
  }

  /** Unix ms. */
  get time(): number {
    return this.#message?.time ?? integerAt(this.text, this.#timeAt + BEFORE_TIME.length);
  }

  get digest(): string | undefined {
    const at = this.#keyAt;
    return at < 0 ? undefined : this.text.slice(at + BEFORE_KEY.length, -'"}'.length);
  }

  /** As version 3 shows it: the line without its key. */
  get shown(): string {
    const at = this.#keyAt;
    return at < 0 ? this.text : `${this.text.slice(0, at)}}`;
  }

  /** As version 2 shows it: name, content and timestamp. */
  get classic(): string {
    return `${this.text.slice(0, this.#idAt)}}`;
  }

  /** The size of `text` in bytes of UTF-8. */
  get bytes(): number {
    this.#bytes ??= Buffer.byteLength(this.text);
    return this.#bytes;
  }

  /** The size of `shown` in bytes of UTF-8. */
  get shownBytes(): number {
    const at = this.#keyAt;
    return at < 0 ? this.bytes : this.#bytesTo(at);
  }

  /** The size of `classic` in bytes of UTF-8. */
  get classicBytes(): number {
    return this.#bytesTo(this.#idAt);
  }

  /** What it takes in a `get` reply of version 2, in bytes: `classic` and the comma that joins it to the next message. */
  get replyBytes(): number {
    return this.classicBytes + 1;
  }

  get pieces(): MessagePieces {
    this.#pieces ??= piecesOf(this.text, this.#idAt);
    return this.#pieces;
  }

  get message(): StoredMessage {
    this.#message ??= decodeRecord(this.text);
    return this.#message;
  }

  /** The message as somebody reads it who is not in the room: without its digest. */
  get readable(): Readable {
    const { digest: _, ...message } = this.message;
    return message;
  }

  get #timeAt(): number {
    return this.text.indexOf(BEFORE_TIME, this.#idAt);
  }

  /** -1 where there is no key. */
  get #keyAt(): number {
    return this.text.indexOf(BEFORE_KEY, this.#idAt);
  }

  /** The bytes of the line up to a place at or behind its id, with a brace. What follows is ASCII. */
  #bytesTo(at: number): number {
    return this.bytes - (this.text.length - at) + 1;
  }
}

/** The event of a canonical line, which is not checked: a scan has accepted it. */
export function readEvent(text: string): StoredEvent {
  if (!text.startsWith(CHANGE_START)) return MessageRecord.read(text);
  const [, id, time, writtenKind = ""] = CHANGE.exec(text) ?? [];
  return { kind: "unknown", id: Number(id), time: Number(time), writtenKind, text };
}

/**
 * The message of a line of which nothing is known.
 *
 * @throws SyntaxError when the line is not JSON, TypeError when it is not a message with an id and a time
 */
export function decodeRecord(line: string): StoredMessage {
  const value: unknown = JSON.parse(line);
  if (!isObject(value)) throw new TypeError("A record is a JSON object.");
  const { name, content, timestamp, id, time, key } = value;
  if (typeof name !== "string" || typeof content !== "string" || typeof timestamp !== "string") {
    throw new TypeError("A record has the strings name, content and timestamp.");
  }
  if (!isId(id) || !isTime(time)) throw new TypeError("A record has the integers id and time.");
  if (key === undefined) return { name, content, timestamp, id, time };
  if (!isKey(key)) throw new TypeError("A record's key is a digest.");
  return { name, content, timestamp, id, time, digest: key };
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isId(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= MAX_ID;
}

export function isTime(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value);
}

export function isKey(value: unknown): value is string {
  return typeof value === "string" && KEY.test(value);
}

function integerAt(text: string, at: number): number {
  return Number.parseInt(text.slice(at), 10);
}

function piecesOf(text: string, idAt: number): MessagePieces {
  const contentAt = text.indexOf(BEFORE_CONTENT);
  const timestampAt = text.indexOf(BEFORE_TIMESTAMP, contentAt);
  return {
    name: text.slice(BEFORE_NAME.length, contentAt),
    content: text.slice(contentAt + BEFORE_CONTENT.length, timestampAt),
    timestamp: text.slice(timestampAt + BEFORE_TIMESTAMP.length, idAt),
  };
}
