/**
 * The text of stored events. Only this module knows how an event is written and how a written one is taken apart. An
 * event is one line of the history file, and keeps that line, so that nothing is encoded or parsed twice.
 */
import type { Reaction } from "../protocol/extension.ts";
import { REACTORS_SHOWN } from "../protocol/limits.ts";
import { isKeyOf } from "../protocol/table.ts";
import type { Deleted } from "../room/kinds/delete.ts";
import type { Edited } from "../room/kinds/edit.ts";
import type { Reacted } from "../room/kinds/react.ts";
import type { CurrentMessage } from "../room/operation.ts";
import type { Reactions } from "../room/state.ts";

/** A message for readers who are not in the room. */
export type Readable = Omit<CurrentMessage, "digest">;

/** What all stored changes have. */
interface StoredChangeLine {
  readonly id: number;
  /** Unix ms. */
  readonly time: number;
  /** The canonical line, without a comma or line break. */
  readonly text: string;
}

/** A change to earlier events whose kind this version does not know. It is kept unchanged and never shown. */
export interface UnknownChange extends StoredChangeLine {
  readonly kind: "unknown";
  /** The kind that the line names. */
  readonly writtenKind: string;
}

/** A message has got another content. */
export interface EditRecord extends StoredChangeLine, Pick<Edited, "of" | "by" | "content" | "digest"> {
  readonly kind: "edit";
}

/** The content of a message is gone. */
export interface DeleteRecord extends StoredChangeLine, Pick<Deleted, "of" | "by"> {
  readonly kind: "delete";
}

/** A person has reacted to a message, or has taken that back. */
export interface ReactRecord extends StoredChangeLine, Pick<Reacted, "of" | "by" | "name" | "emoji" | "on"> {
  readonly kind: "react";
}

/** A stored change to a message. */
export type ChangeRecord = EditRecord | DeleteRecord | ReactRecord;

/** An event as it is stored. Every kind has an `id`, a `time` in Unix ms and the canonical line as its `text`. */
export type StoredEvent = MessageRecord | ChangeRecord | UnknownChange;

/** The texts of a message as JSON strings, quotes included. */
export interface MessagePieces {
  readonly name: string;
  readonly content: string;
  readonly timestamp: string;
}

const ZERO = 0x30;
const MINUS = 0x2d;

export const KEY_CHARACTERS = 16;
/** Keys of sends and public ids of people look the same. */
const KEY = /^[\w-]{16}$/;

/** Half of the integers that a double holds exactly: above the largest id in a file there is still room to count. */
export const MAX_ID = 2 ** 52;

/** The text from the last event to the end of a file. */
export const CLOSING = "\n]\n";

/**
 * The text before each value of a message, in order. A quote inside a string has a backslash before it, so each of
 * these texts occurs once in a line.
 */
export const BEFORE = {
  name: '{"name":',
  content: ',"content":',
  timestamp: ',"timestamp":',
  id: ',"id":',
  time: ',"time":',
  by: ',"by":',
  reply: ',"reply":',
  key: ',"key":',
} as const;

/** The text before each value that only a message as it is now has, in order: before its key, behind everything else. */
const BEFORE_IN_CURRENT = {
  edited: ',"edited":',
  reactions: ',"reactions":',
  deleted: ',"deleted":true',
} as const;

/** What only a message as it is now has. */
type CurrentKeys = Pick<CurrentMessage, "edited" | "reactions" | "deleted">;

/** The text before the first values of a change, in order. Any other keys follow, but never a `name`. */
export const BEFORE_IN_CHANGE = {
  id: '{"id":',
  time: ',"time":',
  kind: ',"kind":',
  of: ',"of":',
  by: ',"by":',
  content: ',"content":',
  emoji: ',"emoji":',
  on: ',"on":',
  as: ',"as":',
  key: ',"key":',
} as const;

/** How the line of an event begins, as far as needed to tell a change from a message. */
export const EVENT_STARTS: readonly string[] = [`${BEFORE.name}"`, BEFORE_IN_CHANGE.id];

/** The kind of a change is a word of lower-case letters, digits and hyphens. */
const KIND = /^[a-z0-9-]{1,32}$/;
const CHANGE = /^\{"id":(\d+),"time":(-?\d+),"kind":"([a-z0-9-]+)"/;
const EDIT_START = /^\{"id":(\d+),"time":-?\d+,"kind":"edit","of":(\d+),/;
/** How the lines of known changes go on behind their kinds. */
const OF = /,"of":(\d+),"by":"([\w-]{16})"/;
const STRING = /"((?:[^"\\]|\\.)*)"/;
const EDIT = new RegExp(
  `${CHANGE.source}${OF.source},"content":${STRING.source}(?:,"key":"([\\w-]{16})")?\\}$`,
);
const DELETE = new RegExp(`${CHANGE.source}${OF.source}\\}$`);
const REACT = new RegExp(
  `${CHANGE.source}${OF.source},"emoji":${STRING.source},"on":(true|false),"as":${STRING.source}\\}$`,
);

/** The digest by which a repeated send is recognised. It does not reveal the identity or the key. */
export function keyDigest(identity: string, key: string): string {
  return new Bun.CryptoHasher("sha256")
    .update(`${identity} ${key}`)
    .digest("base64url")
    .slice(0, KEY_CHARACTERS);
}

/** The public id of a person who is only known by an identity. It does not reveal the identity. */
export function stayAuthor(identity: string): string {
  return keyDigest("stay", identity);
}

/**
 * A message together with its canonical line: the keys `name`, `content`, `timestamp`, `id`, `time` and, as far as it has
 * them, `by`, `reply` and `key`, in this order and as `JSON.stringify` writes them. A message must not be written in any
 * other form, because the repair tells records from damage byte by byte.
 *
 * A message as it is now, after changes to it, has the same form, with further keys before `key`. It is never written.
 */
export class MessageRecord {
  readonly kind = "message";
  /** The canonical line, without a comma or line break. */
  readonly text: string;
  /** Where `,"id":` begins in the line: the text before it is all that version 2 shows. */
  readonly #idAt: number;
  /** Where the key begins, with its comma; the position of the brace if there is no key. */
  #keyAt: number | undefined;
  #bytes: number | undefined;
  #classicBytes: number | undefined;
  #pieces: MessagePieces | undefined;
  #message: CurrentMessage | undefined;

  private constructor(
    text: string,
    idAt: number,
    keyAt?: number,
    pieces?: MessagePieces,
    message?: CurrentMessage,
  ) {
    this.text = text;
    this.#idAt = idAt;
    this.#keyAt = keyAt;
    this.#bytes = undefined;
    this.#classicBytes = undefined;
    this.#pieces = pieces;
    this.#message = message;
  }

  /** Encodes a message; each of its texts is escaped once. */
  static of(message: CurrentMessage): MessageRecord {
    const pieces = {
      name: JSON.stringify(message.name),
      content: JSON.stringify(message.content),
      timestamp: quotedTimestamp(message.timestamp),
    };
    const { name, content, timestamp } = pieces;
    const start = BEFORE.name + name + BEFORE.content + content + BEFORE.timestamp + timestamp;
    const shown = `${start}${BEFORE.id}${message.id}${BEFORE.time}${message.time}${furtherKeys(message)}`;
    const key = message.digest === undefined ? "" : `${BEFORE.key}"${message.digest}"`;
    return new MessageRecord(`${shown}${key}}`, start.length, shown.length, pieces, message);
  }

  /** @param text a canonical line; it is not checked, unlike by {@link decodeRecord} */
  static read(text: string): MessageRecord {
    return new MessageRecord(text, text.lastIndexOf(BEFORE.id));
  }

  get id(): number {
    return this.#message?.id ?? integerAt(this.text, this.#idAt + BEFORE.id.length);
  }

  /** Unix ms. */
  get time(): number {
    return this.#message?.time ?? integerAt(this.text, this.#timeAt + BEFORE.time.length);
  }

  get digest(): string | undefined {
    if (!this.#hasKey) return undefined;
    return this.text.slice(this.#keyPlace + BEFORE.key.length + 1, -'"}'.length);
  }

  /** The text that version 3 shows: the line without its key. */
  get shown(): string {
    return this.#hasKey ? `${this.text.slice(0, this.#keyPlace)}}` : this.text;
  }

  /** The text that version 2 shows: name, content and timestamp. */
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
    // A key is ASCII.
    return this.bytes - (this.text.length - this.#keyPlace) + 1;
  }

  /** The size of `classic` in bytes of UTF-8. */
  get classicBytes(): number {
    this.#classicBytes ??= this.#hasReactions
      ? Buffer.byteLength(this.classic)
      : this.bytes - (this.text.length - this.#idAt) + 1;
    return this.#classicBytes;
  }

  /** The bytes it takes in a `get` reply of version 2: `classic`, and the comma that joins it to the next message. */
  get replyBytes(): number {
    return this.classicBytes + 1;
  }

  /** The texts of all keys that only version 3 shows, each with a comma before it. */
  get furtherKeys(): string {
    return this.text.slice(this.#idAt, this.#keyPlace);
  }

  /** Whether its content was deleted. */
  get isDeleted(): boolean {
    return this.text.indexOf(BEFORE_IN_CURRENT.deleted, this.#idAt) >= 0;
  }

  /** When it was edited last, in Unix ms; undefined if it never was. */
  get edited(): number | undefined {
    const at = this.text.indexOf(BEFORE_IN_CURRENT.edited, this.#idAt);
    return at < 0 ? undefined : integerAt(this.text, at + BEFORE_IN_CURRENT.edited.length);
  }

  /**
   * The same message with other values of what changes. Its other texts are taken over as they are, because decoding and
   * encoding them takes several times as long.
   *
   * @param content as JSON; null for the same one
   */
  with(content: string | null, current: CurrentKeys): MessageRecord {
    const { text } = this;
    const start = content === null ? text.slice(0, this.#idAt) : this.#startWith(content);
    const shown = start + text.slice(this.#idAt, this.#currentPlace) + currentKeys(current);
    return new MessageRecord(shown + text.slice(this.#keyPlace), start.length, shown.length);
  }

  /** What is before the id, with another content as JSON. */
  #startWith(content: string): string {
    const { name, timestamp } = this.pieces;
    return BEFORE.name + name + BEFORE.content + content + BEFORE.timestamp + timestamp;
  }

  get pieces(): MessagePieces {
    this.#pieces ??= piecesOf(this.text, this.#idAt);
    return this.#pieces;
  }

  get message(): CurrentMessage {
    this.#message ??= decodeRecord(this.text);
    return this.#message;
  }

  /** The message for readers who are not in the room: without its digest. */
  get readable(): Readable {
    const { digest: _, ...message } = this.message;
    return message;
  }

  /**
   * The same message in a form to keep in memory: it holds only the line, and derives everything else from it on
   * demand. A message made by {@link of} holds each text three times.
   */
  compact(): MessageRecord {
    const record = new MessageRecord(this.text, this.#idAt, this.#keyAt);
    record.#bytes = this.#bytes;
    record.#classicBytes = this.#classicBytes;
    return record;
  }

  get #timeAt(): number {
    return this.text.indexOf(BEFORE.time, this.#idAt);
  }

  get #keyPlace(): number {
    if (this.#keyAt === undefined) {
      const at = this.text.indexOf(BEFORE.key, this.#idAt);
      this.#keyAt = at < 0 ? this.text.length - 1 : at;
    }
    return this.#keyAt;
  }

  /** Where the keys begin that only a message as it is now has, or would begin. */
  get #currentPlace(): number {
    for (const before of Object.values(BEFORE_IN_CURRENT)) {
      const at = this.text.indexOf(before, this.#idAt);
      if (at >= 0) return at;
    }
    return this.#keyPlace;
  }

  get #hasKey(): boolean {
    return this.#keyPlace < this.text.length - 1;
  }

  /** Without reactions, everything from the id on is ASCII. */
  get #hasReactions(): boolean {
    return this.text.indexOf(BEFORE_IN_CURRENT.reactions, this.#idAt) >= 0;
  }
}

/** The texts of the keys of a message behind its time and before its digest. */
function furtherKeys({ by, reply, ...current }: CurrentMessage): string {
  let text = by === undefined ? "" : `${BEFORE.by}"${by}"`;
  if (reply !== undefined) text += BEFORE.reply + reply;
  return text + currentKeys(current);
}

function currentKeys({ edited, reactions, deleted }: CurrentKeys): string {
  let text = edited === undefined ? "" : BEFORE_IN_CURRENT.edited + edited;
  if (reactions !== undefined) text += BEFORE_IN_CURRENT.reactions + JSON.stringify(reactions);
  return deleted ? text + BEFORE_IN_CURRENT.deleted : text;
}

/** What has become of a message. */
export interface Amendment {
  /** The newest content and when it came; null if the message was never edited. */
  readonly edit: { readonly content: string; readonly time: number } | null;
  readonly isDeleted: boolean;
  readonly reactions: Reactions;
}

/** A message as it is now. @param record as it was before, or as it is stored */
export function amended(record: MessageRecord, { edit, isDeleted, reactions }: Amendment): MessageRecord {
  if (isDeleted) return record.with('""', { deleted: true });
  const content = edit === null ? null : JSON.stringify(edit.content);
  return record.with(content, { edited: edit?.time ?? record.edited, reactions: shownReactions(reactions) });
}

function shownReactions(reactions: Reactions): Reaction[] | undefined {
  if (reactions.length === 0) return undefined;
  const byEmoji = Map.groupBy(reactions, ({ emoji }) => emoji);
  return Array.from(byEmoji, ([emoji, people]) => ({
    emoji,
    count: people.length,
    by: people.slice(0, REACTORS_SHOWN).map(({ by, name }) => ({ by, name })),
  }));
}

let lastTimestamp = "";
let lastQuoted = '""';

/** Messages of one second have the same timestamp. */
function quotedTimestamp(timestamp: string): string {
  if (timestamp !== lastTimestamp) lastQuoted = JSON.stringify(timestamp);
  lastTimestamp = timestamp;
  return lastQuoted;
}

/** How the canonical line of each kind of change is read; null if the line is not one of the kind. */
const CHANGE_READERS: {
  readonly [K in ChangeRecord["kind"]]: (text: string) => (ChangeRecord & { kind: K }) | null;
} = {
  edit: (text) => {
    const [, id, time, kind, of, by = "", content, digest] = EDIT.exec(text) ?? [];
    if (kind !== "edit") return null;
    return {
      kind,
      id: Number(id),
      time: Number(time),
      of: Number(of),
      by,
      content: parsedString(content),
      digest,
      text,
    };
  },
  delete: (text) => {
    const [, id, time, kind, of, by = ""] = DELETE.exec(text) ?? [];
    return kind === "delete" ? { kind, id: Number(id), time: Number(time), of: Number(of), by, text } : null;
  },
  react: (text) => {
    const [, id, time, kind, of, by = "", emoji, on, name] = REACT.exec(text) ?? [];
    if (kind !== "react") return null;
    const reaction = { emoji: parsedString(emoji), on: on === "true", name: parsedString(name) };
    return { kind, id: Number(id), time: Number(time), of: Number(of), by, ...reaction, text };
  },
};

/** The text in a JSON string. @param inner without its quotes */
export function parsedString(inner = ""): string {
  return inner.includes("\\") ? String(JSON.parse(`"${inner}"`)) : inner;
}

/** The event in a canonical line. The line is not checked, because a scan has accepted it. */
export function readEvent(text: string): StoredEvent {
  if (!isChangeLine(text)) return MessageRecord.read(text);
  const [, id, time, writtenKind = ""] = CHANGE.exec(text) ?? [];
  const known = isKeyOf(CHANGE_READERS, writtenKind) ? CHANGE_READERS[writtenKind](text) : null;
  // A change only refers to earlier events.
  if (known !== null && known.of < known.id) return known;
  return { kind: "unknown", id: Number(id), time: Number(time), writtenKind, text };
}

/** A text that the canonical line of the event with this id has; seldom does any other line have it. */
export function markOf(id: number): Buffer {
  return Buffer.from(`"id":${id},"time":`);
}

/** The record of a decided edit. */
export function editRecord({ id, time, of, by, content, digest }: Edited): EditRecord {
  const before = BEFORE_IN_CHANGE;
  const key = digest === undefined ? "" : `${before.key}"${digest}"`;
  const text = `${startOf("edit", { id, time, of, by })}${before.content}${JSON.stringify(content)}${key}}`;
  return { kind: "edit", id, time, of, by, content, digest, text };
}

/** The record of a decided deletion. */
export function deleteRecord({ id, time, of, by }: Deleted): DeleteRecord {
  return { kind: "delete", id, time, of, by, text: `${startOf("delete", { id, time, of, by })}}` };
}

/** The record of a decided reaction. */
export function reactRecord({ id, time, of, by, name, emoji, on }: Omit<Reacted, "kind">): ReactRecord {
  const before = BEFORE_IN_CHANGE;
  const rest = `${before.emoji}${JSON.stringify(emoji)}${before.on}${on}${before.as}${JSON.stringify(name)}`;
  return {
    kind: "react",
    id,
    time,
    of,
    by,
    name,
    emoji,
    on,
    text: `${startOf("react", { id, time, of, by })}${rest}}`,
  };
}

function startOf(
  kind: ChangeRecord["kind"],
  { id, time, of, by }: Pick<ChangeRecord, "id" | "time" | "of" | "by">,
): string {
  const before = BEFORE_IN_CHANGE;
  return `${before.id}${id}${before.time}${time}${before.kind}"${kind}"${before.of}${of}${before.by}"${by}"`;
}

/** Whether a line of a history file, or its beginning, is a change rather than a message. */
export function isChangeLine(line: string): boolean {
  return line.startsWith(BEFORE_IN_CHANGE.id);
}

/** The ids of an edit and of its message, told from the beginning of a line; null if the line is no edit. */
export function editIn(line: string): Pick<EditRecord, "id" | "of"> | null {
  const [, id, of] = EDIT_START.exec(line) ?? [];
  return of === undefined ? null : { id: Number(id), of: Number(of) };
}

/** What every change has, whatever its kind. */
export interface ChangeValue extends Record<string, unknown> {
  readonly id: number;
  /** Unix ms. */
  readonly time: number;
  readonly kind: string;
}

/** Whether a JSON value is a change. A value with a `name` is a message. */
export function isChange(value: unknown): value is ChangeValue {
  if (!isObject(value) || Object.hasOwn(value, "name")) return false;
  const { id, time, kind } = value;
  return isId(id) && isTime(time) && typeof kind === "string" && KIND.test(kind);
}

/** The canonical line of a change. A known one has exactly its keys in their order; any other keeps all that it has. */
export function encodeChange(value: ChangeValue): string {
  return knownLine(value) ?? encodeUnknown(value);
}

/** The line of a change of a known kind; null if it is of another, or lacks something. */
function knownLine({
  id,
  time,
  kind,
  of,
  by,
  content,
  emoji,
  on,
  as: name,
  key,
}: ChangeValue): string | null {
  if (!isId(of) || of >= id || !isKey(by)) return null;
  const change = { connection: "", id, time, of, by };
  if (kind === "edit" && typeof content === "string" && (key === undefined || isKey(key)))
    return editRecord({ kind: "edited", ...change, content, digest: key }).text;
  if (kind === "delete") return deleteRecord({ kind: "deleted", ...change }).text;
  if (kind === "react" && typeof emoji === "string" && typeof on === "boolean" && typeof name === "string")
    return reactRecord({ ...change, emoji, on, name, count: 0 }).text;
  return null;
}

function encodeUnknown({ id, time, kind, ...others }: ChangeValue): string {
  const { id: beforeId, time: beforeTime, kind: beforeKind } = BEFORE_IN_CHANGE;
  const rest = JSON.stringify(others).slice(1);
  const start = `${beforeId}${id}${beforeTime}${time}${beforeKind}"${kind}"`;
  return rest === "}" ? `${start}}` : `${start},${rest}`;
}

/** Whether a text is exactly what {@link encodeChange} would write for the change in it. */
export function isCanonicalChange(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return isChange(value) && encodeChange(value) === text;
  } catch {
    return false;
  }
}

/**
 * The message in a line, which may be any text.
 *
 * @throws SyntaxError if the line is not JSON, TypeError if it is not a message with an id and a time
 */
export function decodeRecord(line: string): CurrentMessage {
  const value: unknown = JSON.parse(line);
  if (!isObject(value)) throw new TypeError("A record is a JSON object.");
  const { name, content, timestamp, id, time, by, reply, edited, deleted, reactions, key } = value;
  if (typeof name !== "string" || typeof content !== "string" || typeof timestamp !== "string") {
    throw new TypeError("A record has the strings name, content and timestamp.");
  }
  if (!isId(id) || !isTime(time)) throw new TypeError("A record has the integers id and time.");
  if (key !== undefined && !isKey(key)) throw new TypeError("A record's key is a digest.");
  return {
    name,
    content,
    timestamp,
    id,
    time,
    ...(isKey(by) ? { by } : {}),
    ...(isId(reply) ? { reply } : {}),
    ...(isTime(edited) ? { edited } : {}),
    ...(deleted === true ? { deleted } : {}),
    // Only this module writes them.
    ...(Array.isArray(reactions) ? { reactions } : {}),
    ...(key === undefined ? {} : { digest: key }),
  };
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

/** The integer that begins at a place in a text. Read digit by digit: this runs several times for each message shown. */
function integerAt(text: string, start: number): number {
  const isNegative = text.charCodeAt(start) === MINUS;
  let value = 0;
  for (let at = isNegative ? start + 1 : start; ; at++) {
    const digit = text.charCodeAt(at) - ZERO;
    if (!(digit >= 0 && digit <= 9)) return isNegative ? -value : value;
    value = value * 10 + digit;
  }
}

function piecesOf(text: string, idAt: number): MessagePieces {
  const contentAt = text.indexOf(BEFORE.content);
  const timestampAt = text.indexOf(BEFORE.timestamp, contentAt);
  return {
    name: text.slice(BEFORE.name.length, contentAt),
    content: text.slice(contentAt + BEFORE.content.length, timestampAt),
    timestamp: text.slice(timestampAt + BEFORE.timestamp.length, idAt),
  };
}
