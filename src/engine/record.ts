import type { Readable } from "./engine.ts";
/** A message as the history file holds it. `id` is 1…`MAX_ID`, `time` Unix ms, `timestamp` the text that clients show. */
export interface StoredMessage {
  name: string;
  content: string;
  timestamp: string;
  id: number;
  time: number;
  /** By what a repeat of the send is known: a digest, `KEY_CHARACTERS` of base64url. Most messages have none. */
  digest?: string | undefined;
}

export const KEY_CHARACTERS = 16;
const KEY = /^[\w-]{16}$/;

/** Half of the integers that a double holds exactly: a file with the largest id still leaves room to count on. */
export const MAX_ID = 2 ** 52;

/** The digest by which a repeated send is recognised. It reveals neither the identity nor the key. */
export function keyDigest(identity: string, key: string): string {
  return new Bun.CryptoHasher("sha256")
    .update(`${identity} ${key}`)
    .digest("base64url")
    .slice(0, KEY_CHARACTERS);
}

/** What stands between the last record and the end of the file. */
export const CLOSING = "\n]\n";

/**
 * The canonical line of a message, without a comma or line break: the keys in this order, as `JSON.stringify` writes
 * them. Nothing else may ever be written to the file, because records are told from damage byte by byte.
 */
export function encodeRecord({ name, content, timestamp, id, time, digest }: StoredMessage): string {
  return JSON.stringify({ name, content, timestamp, id, time, key: digest });
}

/**
 * The message of a record line.
 *
 * @throws SyntaxError when the line is no JSON, TypeError when it is no message with an id and a time
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

/** The message of a record as somebody may read it who is not in the room: without its key. */
export function readableOf(record: string): Readable {
  const { digest: _, ...message } = decodeRecord(record);
  return message;
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

/** The id in a record, read off its text. */
export function idOf(record: string): number {
  return Number.parseInt(record.slice(record.lastIndexOf(',"id":') + ',"id":'.length), 10);
}

/** The time in a record, read off its text. */
export function timeOf(record: string): number {
  return Number.parseInt(record.slice(record.lastIndexOf(',"time":') + ',"time":'.length), 10);
}

/** A record without its key, as v3 shows it. A quote inside a string stands behind a backslash, so `,"key":"` occurs once. */
export function withoutKey(record: string): string {
  const at = record.lastIndexOf(',"key":"');
  return at < 0 ? record : `${record.slice(0, at)}}`;
}

/**
 * A record without its `,"id":…,"time":…`, as v2 shows it. A quote inside a string stands behind a backslash, so `,"id":`
 * occurs once.
 */
export function withoutId(record: string): string {
  return `${record.slice(0, record.lastIndexOf(',"id":'))}}`;
}

/** What a record takes in a `get` reply of v2, in UTF-8 bytes: itself without its id and what follows, and a comma. */
export function replyBytes(record: string): number {
  return Buffer.byteLength(record) - (record.length - record.lastIndexOf(',"id":') - 1) + 1;
}
