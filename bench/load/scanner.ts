import { constants, inflateRawSync } from "node:zlib";
import { OPCODE } from "./client-frame.ts";

/** The kind of request that a reply answers. */
export type ReplyKind = "name" | "send" | "change" | "get" | "resume" | "welcome" | "other";

/** Gets what a server sent. */
export interface Hearer {
  /** How many events arrived; called once for everything that was read together. `changes` are those of messages. */
  heard(messages: number, registers: number, leaves: number, changes: number): void;
  /** @param text the JSON of the reply, or of the whole batch that contains it */
  replied(kind: ReplyKind, isAccepted: boolean, text: Buffer): void;
  /** A frame about the connection: a close, a ping, or a packet of Engine.IO. */
  control(opcode: number, payload: Buffer): void;
}

/** The contents of a batch of version 3, which all listeners get byte for byte. */
interface Batch {
  readonly messages: number;
  readonly registers: number;
  readonly leaves: number;
  readonly changes: number;
  readonly replies: readonly { readonly kind: ReplyKind; readonly isAccepted: boolean }[];
  /** The JSON, if it contains replies. */
  readonly text: Buffer | null;
}

const FIN_TEXT = 0x80 | OPCODE.text;
const RSV1 = 0x40;
const LENGTH_16 = 126;
const LENGTH_64 = 127;

const BRACE = "{".charCodeAt(0);
const BRACKET = "[".charCodeAt(0);
const LETTER = {
  a: 0x61,
  c: 0x63,
  d: 0x64,
  e: 0x65,
  g: 0x67,
  l: 0x6c,
  m: 0x6d,
  n: 0x6e,
  p: 0x70,
  r: 0x72,
  s: 0x73,
  w: 0x77,
} as const;

const OBJECT = Buffer.from('{"type":"');
const ACCEPTED = Buffer.from('"status":true');
/** The positions of the letters in `{"type":"receive","datatype":"message"` that show what it is. */
const TYPE_AT = 9;
const TYPE_THIRD_AT = 11;
const DATATYPE_AT = 30;
const DATATYPE_THIRD_AT = 32;

const NOTHING = Buffer.alloc(0);
const TAIL_OF_DEFLATED = Buffer.from([0, 0, 0xff, 0xff]);
/** How many batches are remembered, so that a thousand copies are counted once. */
const REMEMBERED_BATCHES = 256;

const batches = new Map<number | bigint, Batch>();

/**
 * Reads a server's frames and counts their contents. It looks at a frame's head and at three letters of its text, and
 * does not allocate an object per frame: its cost must not slow down the measured server, which is on the same machine.
 */
export class FrameScanner {
  readonly #hearer: Hearer;
  /** How many bytes precede the JSON in each text frame. */
  readonly #prefix: number;
  /** The beginning of a frame whose end has not arrived. */
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** The length of that frame; 0 while its head is incomplete. */
  #frameBytes = 0;

  constructor(hearer: Hearer, prefix: number) {
    this.#hearer = hearer;
    this.#prefix = prefix;
  }

  /** Takes what was read from the socket; the bytes must not change afterwards. */
  scan(bytes: Buffer): void {
    if (this.#heldBytes === 0) this.#run(bytes, 0);
    else this.#goOn(bytes);
  }

  #goOn(bytes: Buffer): void {
    const missing = this.#frameBytes === 0 ? bytes.length : this.#frameBytes - this.#heldBytes;
    this.#held.push(bytes.subarray(0, missing));
    this.#heldBytes += Math.min(missing, bytes.length);
    if (bytes.length < missing) return;
    const whole = Buffer.concat(this.#held, this.#heldBytes);
    this.#held = [];
    this.#heldBytes = 0;
    this.#run(whole, 0);
    if (missing < bytes.length) this.#run(bytes, missing);
  }

  #run(bytes: Buffer, from: number): void {
    const end = bytes.length;
    const prefix = this.#prefix;
    let at = from;
    let messages = 0;
    let registers = 0;
    let leaves = 0;
    let changes = 0;
    let frameBytes = 0;
    while (at < end) {
      let length = (bytes[at + 1] ?? 0) & 0x7f;
      let head = 2;
      if (length === LENGTH_16) head = 4;
      else if (length === LENGTH_64) head = 10;
      if (end - at < head) break;
      if (head === 4) length = ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
      else if (head === 10) length = bytes.readUInt32BE(at + 2) * 2 ** 32 + bytes.readUInt32BE(at + 6);
      const start = at + head;
      if (end - start < length) {
        frameBytes = head + length;
        break;
      }
      const json = start + prefix;
      if (
        length > prefix + DATATYPE_AT &&
        bytes[at] === FIN_TEXT &&
        bytes[json] === BRACE &&
        bytes[json + TYPE_AT] === LETTER.r &&
        bytes[json + TYPE_THIRD_AT] === LETTER.c
      ) {
        const datatype = bytes[json + DATATYPE_AT];
        if (datatype === LETTER.m) messages++;
        else if (datatype === LETTER.l) leaves++;
        else if (isChange(datatype, bytes[json + DATATYPE_THIRD_AT])) changes++;
        else if (datatype === LETTER.r) registers++;
      } else this.#other(bytes[at] ?? 0, bytes.subarray(start, start + length));
      at = start + length;
    }
    if (at < end) this.#hold(bytes.subarray(at), frameBytes);
    if (messages + registers + leaves + changes > 0) this.#hearer.heard(messages, registers, leaves, changes);
  }

  #hold(bytes: Buffer, frameBytes: number): void {
    this.#held.push(bytes);
    this.#heldBytes = bytes.length;
    this.#frameBytes = frameBytes;
  }

  #other(first: number, payload: Buffer): void {
    const opcode = first & 0x0f;
    if (opcode !== OPCODE.text) this.#hearer.control(opcode, payload);
    else if (first & RSV1 || payload[this.#prefix] === BRACKET) this.#tell(batchOf(first, payload));
    else if (payload[this.#prefix] === BRACE) {
      const kind = replyKind(payload, this.#prefix);
      if (kind !== null) this.#hearer.replied(kind, payload.includes(ACCEPTED), payload);
    } else this.#hearer.control(opcode, payload);
  }

  #tell({ messages, registers, leaves, changes, replies, text }: Batch): void {
    for (const { kind, isAccepted } of replies) this.#hearer.replied(kind, isAccepted, text ?? NOTHING);
    this.#hearer.heard(messages, registers, leaves, changes);
  }
}

/** The contents of a batch's payload, compressed or not. */
function batchOf(first: number, payload: Buffer): Batch {
  const hash = Bun.hash(payload);
  const known = batches.get(hash);
  if (known !== undefined) return known;
  const text = first & RSV1 ? inflated(payload) : payload;
  const batch = count(text);
  if (batches.size >= REMEMBERED_BATCHES) batches.clear();
  batches.set(hash, batch);
  return batch;
}

/** RFC 7692, section 7.2.2. A message does not have a final block, so it ends where the bytes end. */
function inflated(payload: Buffer): Buffer {
  return inflateRawSync(Buffer.concat([payload, TAIL_OF_DEFLATED]), { finishFlush: constants.Z_SYNC_FLUSH });
}

/** In a JSON string a quote follows a backslash, so whatever looks like the beginning of an object is one. */
function count(text: Buffer): Batch {
  const replies: Batch["replies"][number][] = [];
  let messages = 0;
  let registers = 0;
  let leaves = 0;
  let changes = 0;
  let at = text.indexOf(OBJECT);
  while (at >= 0) {
    const next = text.indexOf(OBJECT, at + OBJECT.length);
    const kind = replyKind(text, at);
    const datatype = text[at + DATATYPE_AT];
    if (kind !== null) {
      const accepted = text.indexOf(ACCEPTED, at);
      replies.push({ kind, isAccepted: accepted >= 0 && (next < 0 || accepted < next) });
    } else if (text[at + TYPE_AT] !== LETTER.r) {
      // A ping.
    } else if (datatype === LETTER.m) messages++;
    else if (datatype === LETTER.l) leaves++;
    else if (isChange(datatype, text[at + DATATYPE_THIRD_AT])) changes++;
    else if (datatype === LETTER.r) registers++;
    at = next;
  }
  return { messages, registers, leaves, changes, replies, text: replies.length > 0 ? text : null };
}

/** Whether the first and the third letter of an event's `datatype` are those of an edit, a deletion or a reaction. */
function isChange(first: number | undefined, third: number | undefined): boolean {
  return first === LETTER.e || first === LETTER.d || (first === LETTER.r && third === LETTER.a);
}

/** The kind of request that an object answers; null for an event and for a ping. */
function replyKind(text: Buffer, at: number): ReplyKind | null {
  switch (text[at + TYPE_AT]) {
    case LETTER.n:
      return "name";
    case LETTER.s:
      return "send";
    case LETTER.g:
      return "get";
    case LETTER.w:
      return "welcome";
    case LETTER.e:
    case LETTER.d:
      return "change";
    case LETTER.r: {
      const third = text[at + TYPE_THIRD_AT];
      return third === LETTER.s ? "resume" : third === LETTER.a ? "change" : null;
    }
    case LETTER.p:
      return null;
    default:
      return "other";
  }
}
