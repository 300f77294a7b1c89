import {
  BEFORE,
  BEFORE_IN_CHANGE,
  isCanonicalChange,
  KEY_CHARACTERS,
  MAX_ID,
  readEvent,
  type StoredEvent,
} from "../record.ts";

const SPACE = 0x20;
const QUOTE = 0x22;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const SMALL_D = 0x64;
const SMALL_U = 0x75;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;
const MOST_DIGITS = 16;

const BEFORE_NAME = Buffer.from(`${BEFORE.name}"`);
const BEFORE_CONTENT = Buffer.from(`${BEFORE.content}"`);
const BEFORE_TIMESTAMP = Buffer.from(`${BEFORE.timestamp}"`);
const BEFORE_ID = Buffer.from(BEFORE.id);
const BEFORE_TIME = Buffer.from(BEFORE.time);
const BEFORE_BY = Buffer.from(`${BEFORE.by}"`);
const BEFORE_REPLY = Buffer.from(BEFORE.reply);
const BEFORE_KEY = Buffer.from(`${BEFORE.key}"`);
/** The byte in which the keys behind a time differ, and where in them it is. */
const FURTHER_BYTE_AT = ',"'.length;
const BY_BYTE = BEFORE_BY[FURTHER_BYTE_AT];
const REPLY_BYTE = BEFORE_REPLY[FURTHER_BYTE_AT];
const BEFORE_CHANGE_ID = Buffer.from(BEFORE_IN_CHANGE.id);
const BEFORE_CHANGE_TIME = Buffer.from(BEFORE_IN_CHANGE.time);
const BEFORE_KIND = Buffer.from(`${BEFORE_IN_CHANGE.kind}"`);
const BEHIND_EDIT = Buffer.from(`edit"${BEFORE_IN_CHANGE.of}`);
const BEHIND_DELETE = Buffer.from(`delete"${BEFORE_IN_CHANGE.of}`);
const BEHIND_REACT = Buffer.from(`react"${BEFORE_IN_CHANGE.of}`);
const BEFORE_EDIT_CONTENT = Buffer.from(`${BEFORE_IN_CHANGE.content}"`);
const BEFORE_EMOJI = Buffer.from(`${BEFORE_IN_CHANGE.emoji}"`);
const BEFORE_ON = Buffer.from(BEFORE_IN_CHANGE.on);
const TRUE = Buffer.from("true");
const FALSE = Buffer.from("false");
const BEFORE_AS = Buffer.from(`${BEFORE_IN_CHANGE.as}"`);
const EDIT_BYTE = BEHIND_EDIT[0];
const DELETE_BYTE = BEHIND_DELETE[0];
const REACT_BYTE = BEHIND_REACT[0];
const TRUE_BYTE = TRUE[0];
/** The first byte in which a change differs from a message. */
const CHANGE_BYTE_AT = 2;
const CHANGE_BYTE = BEFORE_CHANGE_ID[CHANGE_BYTE_AT];
/** The bytes that a key consists of. */
const IN_KEY = new Uint8Array(256);
for (const byte of Buffer.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"))
  IN_KEY[byte] = 1;
const SHORT_ESCAPES: ReadonlySet<number> = new Set(Buffer.from('"\\bfnrt'));
/** Control characters that `JSON.stringify` writes as `\b` and the like, never as `\u0008`. */
const SHORT_CONTROLS: ReadonlySet<number> = new Set([0x08, 0x09, 0x0a, 0x0c, 0x0d]);

/**
 * Recognises canonical lines of events in bytes. No message becomes a string or an object: that takes half the time of
 * `JSON.parse`, and leaves nothing to the garbage collector. It does not check that the bytes are UTF-8.
 *
 * The byte at `limit` must be 0: every loop here stops at it, so none asks where the bytes end.
 */
export class EventMatcher {
  /** What the last event matched is. */
  kind: StoredEvent["kind"] = "message";
  /** The id of the last event matched; an event whose id is not above it does not match. */
  lastId = 0;
  /** The time of the last event matched, Unix ms. */
  lastTime = 0;
  /** How many bytes the `,"id":…` of the last message matched takes, with all that follows but the brace. */
  idBytes = 0;
  /** The message that the last change matched concerns. Only of known kinds of change. */
  of = 0;
  /** Of the last reaction matched: whether it was not taken back, and where its strings are, without their quotes. */
  readonly reaction = { isOn: false, byAt: 0, byEnd: 0, emojiAt: 0, emojiEnd: 0, nameAt: 0, nameEnd: 0 };
  /** Whether the last message or edit matched has a content that is nothing but spaces, as after it was erased. */
  isBlank = false;
  /** Where a failed match stopped. At `limit` the event was right as far as it went. */
  stop = 0;

  /** The end of the event that begins at `at` (after its brace), or -1. */
  match(bytes: Buffer, at: number): number {
    return bytes[at + CHANGE_BYTE_AT] === CHANGE_BYTE ? this.#change(bytes, at) : this.#message(bytes, at);
  }

  #message(bytes: Uint8Array, at: number): number {
    const nameEnd = this.#string(bytes, this.literal(bytes, at, BEFORE_NAME));
    const contentAt = this.literal(bytes, nameEnd, BEFORE_CONTENT);
    const contentEnd = this.#string(bytes, contentAt);
    const timestampEnd = this.#string(bytes, this.literal(bytes, contentEnd, BEFORE_TIMESTAMP));
    const idAt = this.literal(bytes, timestampEnd, BEFORE_ID);
    const idEnd = this.#digits(bytes, idAt);
    const id = this.#value;
    const timeAt = this.#minus(bytes, this.literal(bytes, idEnd, BEFORE_TIME));
    const timeEnd = this.#digits(bytes, timeAt);
    if (timeEnd < 0) return -1;
    const time = this.#value;
    const end = bytes[timeEnd] === COMMA ? this.#furtherKeys(bytes, timeEnd) : timeEnd;
    if (end < 0) return -1;
    if (bytes[end] !== CLOSING_BRACE) return this.#fail(end);
    if (id <= this.lastId || id > MAX_ID) return this.#fail(idAt);
    if (time > Number.MAX_SAFE_INTEGER) return this.#fail(timeAt);
    const isNegative = bytes[timeAt - 1] === MINUS;
    if (isNegative && time === 0) return this.#fail(timeAt);
    this.idBytes = end - timestampEnd;
    this.isBlank = isBlank(bytes, contentAt, contentEnd);
    this.#note("message", id, isNegative ? -time : time);
    return end + 1;
  }

  /** A change of any kind: the common ones byte by byte, and all that these do not match by `JSON.parse`. */
  #change(bytes: Buffer, at: number): number {
    const idEnd = this.#digits(bytes, this.literal(bytes, at, BEFORE_CHANGE_ID));
    const id = this.#value;
    const timeAt = this.#minus(bytes, this.literal(bytes, idEnd, BEFORE_CHANGE_TIME));
    const timeEnd = this.#digits(bytes, timeAt);
    const time = bytes[timeAt - 1] === MINUS ? -this.#value : this.#value;
    const kindAt = this.literal(bytes, timeEnd, BEFORE_KIND);
    if (kindAt < 0) return -1;
    const known = this.#knownChange(bytes, kindAt, id, time);
    return known >= 0 ? known : this.#parsedChange(bytes, at, kindAt, id, time);
  }

  /** The end of a change of a known kind, which begins at `at`, or -1. */
  #knownChange(bytes: Uint8Array, at: number, id: number, time: number): number {
    if (id <= this.lastId || id > MAX_ID || !Number.isSafeInteger(time) || Object.is(time, -0)) return -1;
    switch (bytes[at]) {
      case EDIT_BYTE:
        return this.#edit(bytes, this.#concerned(bytes, at, BEHIND_EDIT, id), id, time);
      case DELETE_BYTE:
        return this.#endOfChange(bytes, this.#concerned(bytes, at, BEHIND_DELETE, id), "delete", id, time);
      case REACT_BYTE:
        return this.#react(bytes, this.#concerned(bytes, at, BEHIND_REACT, id), id, time);
      default:
        return -1;
    }
  }

  /** The end of the message and the person of a change. */
  #concerned(bytes: Uint8Array, at: number, behindKind: Uint8Array, id: number): number {
    const ofEnd = this.#digits(bytes, this.literal(bytes, at, behindKind));
    const of = this.#value;
    if (ofEnd < 0 || of < 1 || of >= id) return -1;
    this.of = of;
    return this.#key(bytes, ofEnd, BEFORE_BY);
  }

  #edit(bytes: Uint8Array, byEnd: number, id: number, time: number): number {
    const contentAt = this.literal(bytes, byEnd, BEFORE_EDIT_CONTENT);
    const contentEnd = this.#string(bytes, contentAt);
    const end = bytes[contentEnd] === COMMA ? this.#key(bytes, contentEnd, BEFORE_KEY) : contentEnd;
    const isEmptied = end >= 0 && isBlank(bytes, contentAt, contentEnd);
    return this.#endOfChange(bytes, end, "edit", id, time, isEmptied);
  }

  #react(bytes: Uint8Array, byEnd: number, id: number, time: number): number {
    const emojiAt = this.literal(bytes, byEnd, BEFORE_EMOJI);
    const emojiEnd = this.#string(bytes, emojiAt);
    const onAt = this.literal(bytes, emojiEnd, BEFORE_ON);
    const isOn = bytes[onAt] === TRUE_BYTE;
    const nameAt = this.literal(bytes, this.literal(bytes, onAt, isOn ? TRUE : FALSE), BEFORE_AS);
    const nameEnd = this.#string(bytes, nameAt);
    const { reaction } = this;
    reaction.isOn = isOn;
    reaction.byAt = byEnd - 1 - KEY_CHARACTERS;
    reaction.byEnd = byEnd - 1;
    reaction.emojiAt = emojiAt;
    reaction.emojiEnd = emojiEnd - 1;
    reaction.nameAt = nameAt;
    reaction.nameEnd = nameEnd - 1;
    return this.#endOfChange(bytes, nameEnd, "react", id, time);
  }

  #endOfChange(
    bytes: Uint8Array,
    end: number,
    kind: StoredEvent["kind"],
    id: number,
    time: number,
    isEmptied = false,
  ): number {
    if (end < 0 || bytes[end] !== CLOSING_BRACE) return -1;
    this.isBlank = isEmptied;
    this.#note(kind, id, time);
    return end + 1;
  }

  #parsedChange(bytes: Buffer, at: number, kindAt: number, id: number, time: number): number {
    const end = this.#objectEnd(bytes, this.#string(bytes, kindAt));
    if (end < 0) return -1;
    const text = bytes.toString("utf8", at, end);
    if (id <= this.lastId || !isCanonicalChange(text)) return this.#fail(at);
    const event = readEvent(text);
    this.of = "of" in event ? event.of : 0;
    this.isBlank = false;
    this.#note(event.kind, id, time);
    return end;
  }

  #note(kind: StoredEvent["kind"], id: number, time: number): void {
    this.kind = kind;
    this.lastId = id;
    this.lastTime = time;
  }

  /** The end of `expected` at `at`, or -1. For an `at` of -1 it is -1, so that matches can be chained. */
  literal(bytes: Uint8Array, at: number, expected: Uint8Array): number {
    if (at < 0) return -1;
    for (let i = 0; i < expected.length; i++) {
      if (bytes[at + i] !== expected[i]) return this.#fail(at + i);
    }
    return at + expected.length;
  }

  #value = 0;

  #fail(at: number): -1 {
    this.stop = at;
    return -1;
  }

  #string(bytes: Uint8Array, at: number): number {
    if (at < 0) return -1;
    let i = at;
    for (;;) {
      const byte = bytes[i] ?? 0;
      if (byte === QUOTE) return i + 1;
      if (byte < 0x20) return this.#fail(i);
      if (byte === BACKSLASH) {
        i = this.#escape(bytes, i + 1);
        if (i < 0) return -1;
      } else i++;
    }
  }

  /** The end of the escape whose backslash is before `at`; only of those that `JSON.stringify` writes. */
  #escape(bytes: Uint8Array, at: number): number {
    const kind = bytes[at] ?? 0;
    if (SHORT_ESCAPES.has(kind)) return at + 1;
    if (kind !== SMALL_U) return this.#fail(at);
    const code = this.#hex(bytes, at + 1);
    if (code < 0) return -1;
    if (code < 0x20) return SHORT_CONTROLS.has(code) ? this.#fail(at) : at + 5;
    if (code < 0xd800 || code > 0xdfff) return this.#fail(at);
    return code < 0xdc00 && isLowSurrogateEscape(bytes, at + 5) ? this.#fail(at + 5) : at + 5;
  }

  #hex(bytes: Uint8Array, at: number): number {
    let code = 0;
    for (let i = at; i < at + 4; i++) {
      const digit = hexDigit(bytes[i] ?? 0);
      if (digit < 0) return this.#fail(i);
      code = code * 16 + digit;
    }
    return code;
  }

  /** The end of the object in which `at` stands; it must be on the same line. */
  #objectEnd(bytes: Uint8Array, at: number): number {
    let depth = 1;
    for (let i = at; i >= 0; ) {
      const byte = bytes[i] ?? 0;
      if (byte === QUOTE) i = this.#string(bytes, i + 1);
      else if (byte < 0x20) return this.#fail(i);
      else {
        if (byte === OPENING_BRACE || byte === OPENING_BRACKET) depth++;
        else if (byte === CLOSING_BRACE || byte === CLOSING_BRACKET) depth--;
        i++;
        if (depth === 0) return i;
      }
    }
    return -1;
  }

  /** The keys that a message may have behind its time, in their order. */
  #furtherKeys(bytes: Uint8Array, at: number): number {
    let end = at;
    if (bytes[end + FURTHER_BYTE_AT] === BY_BYTE) end = this.#key(bytes, end, BEFORE_BY);
    if (end >= 0 && bytes[end] === COMMA && bytes[end + FURTHER_BYTE_AT] === REPLY_BYTE) {
      const replyAt = this.literal(bytes, end, BEFORE_REPLY);
      end = this.#digits(bytes, replyAt);
      if (end >= 0 && (this.#value < 1 || this.#value > MAX_ID)) return this.#fail(replyAt);
    }
    return end >= 0 && bytes[end] === COMMA ? this.#key(bytes, end, BEFORE_KEY) : end;
  }

  /** The end of a value like that of `key`, with the text before it. */
  #key(bytes: Uint8Array, at: number, before: Uint8Array): number {
    const start = this.literal(bytes, at, before);
    if (start < 0) return -1;
    for (let i = start; i < start + KEY_CHARACTERS; i++) {
      if (IN_KEY[bytes[i] ?? 0] !== 1) return this.#fail(i);
    }
    const end = start + KEY_CHARACTERS;
    return bytes[end] === QUOTE ? end + 1 : this.#fail(end);
  }

  #minus(bytes: Uint8Array, at: number): number {
    return at >= 0 && bytes[at] === MINUS ? at + 1 : at;
  }

  #digits(bytes: Uint8Array, at: number): number {
    if (at < 0) return -1;
    let value = 0;
    let i = at;
    for (; ; i++) {
      const byte = bytes[i] ?? 0;
      if (byte < ZERO || byte > NINE) break;
      if (i > at && (value === 0 || i - at === MOST_DIGITS)) return this.#fail(i);
      // The brackets matter: without them the largest numbers lose their last digit on the way.
      value = value * 10 + (byte - ZERO);
    }
    this.#value = value;
    return i === at ? this.#fail(i) : i;
  }
}

/** Whether a content consists of spaces alone. @param end behind its closing quote */
function isBlank(bytes: Uint8Array, at: number, end: number): boolean {
  for (let i = at; i < end - 1; i++) if (bytes[i] !== SPACE) return false;
  return true;
}

function hexDigit(byte: number): number {
  if (byte >= ZERO && byte <= NINE) return byte - ZERO;
  return byte >= 0x61 && byte <= 0x66 ? byte - 0x57 : -1;
}

/** After the escape of a high surrogate this makes a pair, which `JSON.stringify` writes as the character itself. */
function isLowSurrogateEscape(bytes: Uint8Array, at: number): boolean {
  if (bytes[at] !== BACKSLASH || bytes[at + 1] !== SMALL_U || bytes[at + 2] !== SMALL_D) return false;
  return hexDigit(bytes[at + 3] ?? 0) >= 0xc;
}
