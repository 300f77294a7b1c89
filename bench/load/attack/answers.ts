import { OPCODE } from "../client-frame.ts";

const END_OF_HEAD = Buffer.from("\r\n\r\n");
const ACCEPTED = Buffer.from('"status":true');
const REASON = Buffer.from('"reason":"');
const SESSION = Buffer.from('"session":"');
/** How much the end of a chunk may cut off: the longest of those texts, with its value. */
const OVERLAP_BYTES = 80;
/** The opcode, and the bit for a compressed payload: replies are never compressed. */
const KIND = 0x4f;
const LENGTH_16 = 126;
const LENGTH_64 = 127;

/** What a server sent to one or more connections. */
export interface Answers {
  bytes: number;
  /** Requests that were accepted. */
  accepted: number;
  /** Requests that were refused, by reason. */
  readonly refused: Record<string, number>;
  /** HTTP answers, by status. */
  readonly statuses: Record<string, number>;
  /** Connections that the server ended, by close code; `cut` for those without one. */
  readonly ends: Record<string, number>;
}

export function noAnswers(): Answers {
  return { bytes: 0, accepted: 0, refused: {}, statuses: {}, ends: {} };
}

/**
 * Counts what arrives on one connection, as cheaply as possible: it neither parses nor keeps what it skips. Nothing that
 * others cause to be sent to an attacker looks like a reply.
 */
export class AnswerReader {
  readonly #answers: Answers;
  /** The part of the HTTP head that has arrived; null once it is complete. */
  #head: Buffer | null = Buffer.alloc(0);
  /** The part of a frame's head that has arrived. */
  #frameHead: Buffer = Buffer.alloc(0);
  #kind = 0;
  #payloadBytes = 0;
  /** The end of the payload so far, which may be the beginning of something. */
  #rest: Buffer = Buffer.alloc(0);
  #mayBeWelcome = true;
  isOpen = false;
  /** In version 3, the session from the welcome. */
  session = "";
  closeCode: number | null = null;

  constructor(answers: Answers) {
    this.#answers = answers;
  }

  /** The bytes are not kept. */
  read(bytes: Buffer): void {
    this.#answers.bytes += bytes.length;
    if (this.#head !== null) this.#readHead(Buffer.concat([this.#head, bytes]));
    else if (this.isOpen) this.#readFrames(bytes);
  }

  #readHead(bytes: Buffer): void {
    const end = bytes.indexOf(END_OF_HEAD);
    this.#head = end < 0 ? bytes : null;
    if (end < 0) return;
    const status = bytes.toString("latin1", "HTTP/1.1 ".length, "HTTP/1.1 101".length);
    count(this.#answers.statuses, status);
    this.isOpen = status === "101";
    if (this.isOpen) this.#readFrames(bytes.subarray(end + END_OF_HEAD.length));
  }

  #readFrames(bytes: Buffer): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#payloadBytes === 0) at = this.#readFrameHead(bytes, at);
      const payload = bytes.subarray(at, at + this.#payloadBytes);
      this.#payloadBytes -= payload.length;
      at += payload.length;
      if (this.#kind === OPCODE.text) this.#look(payload);
      else if (this.#kind === OPCODE.close) this.#readCode(payload);
    }
  }

  #readFrameHead(bytes: Buffer, from: number): number {
    const before = this.#frameHead.length;
    const head = Buffer.concat([this.#frameHead, bytes.subarray(from, from + 10)]);
    const short = (head[1] ?? 0) & 0x7f;
    const size = short === LENGTH_16 ? 4 : short === LENGTH_64 ? 10 : 2;
    if (head.length < size) {
      this.#frameHead = head;
      return bytes.length;
    }
    this.#frameHead = Buffer.alloc(0);
    this.#kind = (head[0] ?? 0) & KIND;
    this.#payloadBytes =
      size === 2 ? short : size === 4 ? head.readUInt16BE(2) : Number(head.readBigUInt64BE(2));
    this.#rest = Buffer.alloc(0);
    return from + size - before;
  }

  #readCode(part: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, part]);
    if (this.#rest.length >= 2) this.closeCode = this.#rest.readUInt16BE(0);
  }

  /** Looks for replies in a part of a payload. */
  #look(part: Buffer): void {
    const text = this.#rest.length === 0 ? part : Buffer.concat([this.#rest, part]);
    // Whatever begins in the overlap is counted with the next part, if there is one.
    const end = this.#payloadBytes > 0 ? text.length - OVERLAP_BYTES : text.length;
    for (let at = text.indexOf(ACCEPTED); at >= 0 && at < end; at = text.indexOf(ACCEPTED, at + 1)) {
      this.#answers.accepted++;
    }
    for (let at = text.indexOf(REASON); at >= 0 && at < end; at = text.indexOf(REASON, at + 1)) {
      count(this.#answers.refused, quoted(text, at + REASON.length));
    }
    if (this.#mayBeWelcome) {
      const at = text.indexOf(SESSION);
      if (at >= 0 && at < end) this.session = quoted(text, at + SESSION.length);
      this.#mayBeWelcome = this.#payloadBytes > 0;
    }
    this.#rest = Buffer.from(text.subarray(Math.max(0, end)));
  }
}

/** Adds one to the count of a kind. */
export function count(counts: Record<string, number>, kind: string): void {
  counts[kind] = (counts[kind] ?? 0) + 1;
}

function quoted(text: Buffer, from: number): string {
  return text.toString("latin1", from, text.indexOf('"', from));
}
