import { OPCODE } from "./websocket-frame.ts";

/** What a client's bytes say. Messages are whole: their fragments have been put together. */
export interface WebSocketEvents {
  message(bytes: Uint8Array, form: MessageForm): void;
  ping(payload: Uint8Array): void;
  pong(): void;
  /** The client closes. `code` is undefined when its close frame is empty. */
  close(code: number | undefined): void;
  /** The client breaks the protocol; the connection must be failed with this code (RFC 6455, section 7.1.7). */
  fault(code: 1002 | 1007 | 1009, reason: string): void;
}

/** How a message arrived. */
export interface MessageForm {
  readonly isText: boolean;
  /** Whether its bytes are still compressed. */
  readonly isDeflated: boolean;
  /** How many frames it consisted of. */
  readonly fragments: number;
}

const MASK_BYTES = 4;
const HEAD_MAX_BYTES = 14;
const CONTROL_MAX_BYTES = 125;
/** A longer payload has its length in 2 or 8 more bytes. */
const SHORT_LENGTH_MAX = 125;
/** The most fragments of a message: each costs the work of a frame before a rate can count it. */
const FRAGMENTS_MAX = 1024;

/**
 * Reads the frames of one client (RFC 6455, section 5), however they are split into chunks. Each byte is read once and
 * copied a few times at most, so that a client that sends byte by byte costs no more than its bytes.
 */
export class WebSocketReader {
  readonly #maxBytes: number;
  readonly #takesDeflated: boolean;
  readonly #events: WebSocketEvents;
  /** The head of a frame while it is incomplete. */
  readonly #head = Buffer.alloc(HEAD_MAX_BYTES);
  #headBytes = 0;
  /** The payload of a frame while it is incomplete. */
  #partial: Partial | null = null;
  #fragments: Fragments | null = null;
  #done = false;

  /**
   * @param maxBytes the largest message, in one frame or in fragments
   * @param takesDeflated whether compressed messages were agreed on (RFC 7692)
   */
  constructor(maxBytes: number, takesDeflated: boolean, events: WebSocketEvents) {
    this.#maxBytes = maxBytes;
    this.#takesDeflated = takesDeflated;
    this.#events = events;
  }

  /** Has the reader read nothing more. */
  stop(): void {
    this.#done = true;
  }

  /** Reads on. The chunk may be changed, and is not kept. After a close or a fault, nothing more is read. */
  read(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length && !this.#done) {
      at = this.#partial ? this.#readPayload(chunk, at, this.#partial) : this.#readHead(chunk, at);
    }
  }

  #readHead(chunk: Uint8Array, start: number): number {
    // The usual case: the whole head is here.
    if (this.#headBytes === 0) {
      const size = headSize(chunk, start, chunk.length - start);
      if (size <= chunk.length - start) return this.#begin(chunk, start, start + size, chunk);
    }
    let at = start;
    while (at < chunk.length) {
      this.#head[this.#headBytes++] = chunk[at++] ?? 0;
      if (this.#headBytes === headSize(this.#head, 0, this.#headBytes)) {
        this.#headBytes = 0;
        return this.#begin(this.#head, 0, at, chunk);
      }
    }
    return at;
  }

  /** A head is complete, in `bytes` from `start` on; the payload begins at `at` in the chunk. */
  #begin(bytes: Uint8Array, start: number, at: number, chunk: Uint8Array): number {
    const head = parseHead(bytes, start);
    const fault = this.#faultOf(head);
    if (fault) return this.#fail(fault[0], fault[1]);
    if (head.bytes <= chunk.length - at) {
      const payload = chunk.subarray(at, at + head.bytes);
      unmask(payload, head.mask);
      this.#frame(head, payload);
      return at + head.bytes;
    }
    this.#partial = { head, payload: Buffer.allocUnsafe(head.bytes), filled: 0 };
    return at;
  }

  #readPayload(chunk: Uint8Array, at: number, partial: Partial): number {
    const take = Math.min(partial.payload.length - partial.filled, chunk.length - at);
    partial.payload.set(chunk.subarray(at, at + take), partial.filled);
    partial.filled += take;
    if (partial.filled === partial.payload.length) {
      this.#partial = null;
      unmask(partial.payload, partial.head.mask);
      this.#frame(partial.head, partial.payload);
    }
    return at + take;
  }

  #faultOf(head: Head): [1002 | 1009, string] | null {
    const mayBeDeflated =
      this.#takesDeflated && (head.opcode === OPCODE.text || head.opcode === OPCODE.binary);
    if (head.reserved || (head.isDeflated && !mayBeDeflated)) return [1002, "Reserved bit set"];
    if (!head.masked) return [1002, "Frame not masked"];
    if (!head.isLengthRight) return [1002, "Bad length"];
    switch (head.opcode) {
      case OPCODE.close:
      case OPCODE.ping:
      case OPCODE.pong:
        if (!head.isFinal || head.bytes > CONTROL_MAX_BYTES) return [1002, "Bad control frame"];
        return null;
      case OPCODE.continuation:
        if (!this.#fragments) return [1002, "Continuation of nothing"];
        break;
      case OPCODE.text:
      case OPCODE.binary:
        if (this.#fragments) return [1002, "Message within a message"];
        break;
      default:
        return [1002, "Unknown opcode"];
    }
    const total = head.bytes + (this.#fragments?.bytes ?? 0);
    return total > this.#maxBytes ? [1009, "Message too big"] : null;
  }

  #frame(head: Head, payload: Uint8Array): void {
    switch (head.opcode) {
      case OPCODE.close:
        this.#close(payload);
        break;
      case OPCODE.ping:
        this.#events.ping(payload);
        break;
      case OPCODE.pong:
        this.#events.pong();
        break;
      default:
        if (head.isFinal && !this.#fragments) this.#events.message(payload, formOf(head, 1));
        else this.#fragment(head, payload);
    }
  }

  #fragment(head: Head, payload: Uint8Array): void {
    this.#fragments ??= { first: head, content: Buffer.alloc(0), bytes: 0, count: 0 };
    const fragments = this.#fragments;
    const bytes = fragments.bytes + payload.length;
    if (++fragments.count > FRAGMENTS_MAX) {
      this.#fail(1009, "Too many fragments");
      return;
    }
    if (bytes > fragments.content.length) {
      // Doubled, so that a message is copied a few times at most, however it is split.
      const larger = Buffer.alloc(Math.min(this.#maxBytes, Math.max(bytes, 2 * fragments.content.length)));
      larger.set(fragments.content.subarray(0, fragments.bytes));
      fragments.content = larger;
    }
    fragments.content.set(payload, fragments.bytes);
    fragments.bytes = bytes;
    if (!head.isFinal) return;
    this.#fragments = null;
    this.#events.message(fragments.content.subarray(0, bytes), formOf(fragments.first, fragments.count));
  }

  #close(payload: Uint8Array): void {
    if (payload.length === 0) {
      this.#done = true;
      this.#events.close(undefined);
      return;
    }
    const code = payload.length === 1 ? 0 : ((payload[0] ?? 0) << 8) | (payload[1] ?? 0);
    if (!isCloseCode(code)) this.#fail(1002, "Bad close code");
    else if (!isUtf8(payload.subarray(2))) this.#fail(1007, "Close reason is not UTF-8");
    else {
      this.#done = true;
      this.#events.close(code);
    }
  }

  #fail(code: 1002 | 1007 | 1009, reason: string): number {
    this.#done = true;
    this.#events.fault(code, reason);
    return Number.POSITIVE_INFINITY;
  }
}

function formOf({ opcode, isDeflated }: Head, fragments: number): MessageForm {
  return { isText: opcode === OPCODE.text, isDeflated, fragments };
}

interface Fragments {
  /** The head of the first, which says what the message is. */
  readonly first: Head;
  content: Buffer;
  /** How much of the content has come. */
  bytes: number;
  count: number;
}

interface Partial {
  readonly head: Head;
  readonly payload: Buffer;
  filled: number;
}

interface Head {
  readonly isFinal: boolean;
  readonly reserved: boolean;
  readonly isDeflated: boolean;
  readonly opcode: number;
  readonly masked: boolean;
  /** Whether the length is written in the fewest bytes, and has no more than 63 bits. */
  readonly isLengthRight: boolean;
  /** The length of the payload. */
  readonly bytes: number;
  readonly mask: Uint8Array;
}

/** The length of the head that begins at `start`; a lower bound of it while fewer than two bytes are available. */
function headSize(bytes: Uint8Array, start: number, available: number): number {
  if (available < 2) return 2;
  const second = bytes[start + 1] ?? 0;
  const length = second & 0x7f;
  return 2 + (length === 126 ? 2 : length === 127 ? 8 : 0) + (second & 0x80 ? MASK_BYTES : 0);
}

function parseHead(bytes: Uint8Array, start: number): Head {
  const view = new DataView(bytes.buffer, bytes.byteOffset + start);
  const first = view.getUint8(0);
  const second = view.getUint8(1);
  const short = second & 0x7f;
  const extended = short === 126 ? 2 : short === 127 ? 8 : 0;
  const payload = extended === 2 ? view.getUint16(2) : extended === 8 ? Number(view.getBigUint64(2)) : short;
  const maskAt = start + 2 + extended;
  return {
    isFinal: (first & 0x80) !== 0,
    reserved: (first & 0x30) !== 0,
    isDeflated: (first & 0x40) !== 0,
    opcode: first & 0x0f,
    masked: (second & 0x80) !== 0,
    isLengthRight: isLengthRight(extended, payload, view),
    bytes: payload,
    mask: bytes.slice(maskAt, maskAt + MASK_BYTES),
  };
}

/** Whether a length is written in as few bytes as possible, and has no more than 63 bits. */
function isLengthRight(extended: number, length: number, head: DataView): boolean {
  if (extended === 2) return length > SHORT_LENGTH_MAX;
  return extended === 0 || (length > 0xffff && head.getUint8(2) < 0x80);
}

function unmask(payload: Uint8Array, mask: Uint8Array): void {
  for (let i = 0; i < payload.length; i++) payload[i] = (payload[i] ?? 0) ^ (mask[i & 3] ?? 0);
}

/** The codes that a close frame may have (RFC 6455, section 7.4, and the registry that it established). */
function isCloseCode(code: number): boolean {
  return (
    (code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code)) || (code >= 3000 && code <= 4999)
  );
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function isUtf8(bytes: Uint8Array): boolean {
  return decodeUtf8(bytes) !== null;
}

/** Bytes as text; null when they are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return UTF8.decode(bytes);
  } catch {
    return null;
  }
}
