import type { ByteAccount } from "./byte-account.ts";
import { HEADER } from "./http-head.ts";

/** The line before a chunk: its size, and extensions, which are ignored. A lone line feed is not the end of a line. */
const CHUNK = /^([0-9A-Fa-f]{1,16})(?:[\t ]*;[\t\x20-\x7e\x80-\xff]*)?\r\n$/;
/** The longest such line, and the longest of the fields behind the last chunk, in bytes. */
const LINE_MAX_BYTES = 1024;
/** All fields behind the last chunk, in bytes. Nothing is read from them. */
const TRAILER_MAX_BYTES = 16 * 1024;
const LINE_FEED = 0x0a;
const FIRST_BYTES = 1024;

/** How far the reading of a body has come, or why it has failed. */
export type BodyProgress = "incomplete" | "whole" | "malformed" | "too large" | "out of memory";

/**
 * Reads the body of one request, by its length or in chunks (RFC 9112, sections 6.2 and 7.1), however the network has
 * split it. What is held of it is charged to an account until it is released.
 */
export class BodyReader {
  readonly #maxBytes: number;
  readonly #account: ByteAccount;
  /** What comes next. `left` is what is to come of a body with a length, or of a chunk. */
  #expects: "data" | "chunk size" | "end of chunk" | "trailer" | "nothing";
  readonly #isChunked: boolean;
  #left = 0;
  /** The line that has not come to its end. */
  #line = "";
  #trailerBytes = 0;
  /** Grows by doubling, so that a body that comes byte by byte is copied a few times at most. */
  #content = Buffer.alloc(0);
  #length = 0;

  /**
   * @param body its length in bytes, or that it comes in chunks
   * @param maxBytes the largest body that is taken
   */
  constructor(body: number | "chunked", maxBytes: number, account: ByteAccount) {
    this.#maxBytes = maxBytes;
    this.#account = account;
    this.#isChunked = body === "chunked";
    if (body === "chunked") this.#expects = "chunk size";
    else {
      this.#left = body;
      this.#expects = body > 0 ? "data" : "nothing";
    }
  }

  /** What has been read. Good until it is released. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#content.subarray(0, this.#length);
  }

  /** Reads on. What follows the body is ignored. The chunk is not kept. */
  read(chunk: Buffer): BodyProgress {
    if (this.#length + this.#left > this.#maxBytes) return "too large";
    let at = 0;
    while (at < chunk.length && this.#expects !== "nothing") {
      if (this.#expects === "data") {
        const taken = Math.min(this.#left, chunk.length - at);
        if (!this.#append(chunk.subarray(at, at + taken))) return "out of memory";
        at += taken;
        continue;
      }
      const end = chunk.indexOf(LINE_FEED, at) + 1 || chunk.length;
      this.#line += chunk.toString("latin1", at, end);
      at = end;
      const fault = this.#readLine();
      if (fault !== null) return fault;
    }
    return this.#expects === "nothing" ? "whole" : "incomplete";
  }

  /** Gives back the memory. */
  release(): void {
    this.#account.release(this.#content.length);
    this.#content = Buffer.alloc(0);
    this.#length = 0;
  }

  /** @returns false when there is no memory for it */
  #append(data: Uint8Array): boolean {
    const needed = this.#length + data.length;
    if (needed > this.#content.length) {
      const size = Math.min(this.#maxBytes, Math.max(needed, 2 * this.#content.length, FIRST_BYTES));
      const more = size - this.#content.length;
      if (!this.#account.hasRoomFor(more)) return false;
      this.#account.charge(more);
      const larger = Buffer.alloc(size);
      larger.set(this.#content.subarray(0, this.#length));
      this.#content = larger;
    }
    this.#content.set(data, this.#length);
    this.#length = needed;
    this.#left -= data.length;
    if (this.#left === 0) this.#expects = this.#isChunked ? "end of chunk" : "nothing";
    return true;
  }

  /** Takes the line once it is whole. @returns why the body is not taken, null while it is */
  #readLine(): "malformed" | "too large" | null {
    if (this.#line.length > LINE_MAX_BYTES) return "malformed";
    if (!this.#line.endsWith("\n")) return null;
    const line = this.#line;
    this.#line = "";
    if (this.#expects === "chunk size") return this.#beginChunk(line);
    if (this.#expects === "trailer") return this.#readTrailer(line);
    this.#expects = "chunk size";
    return line === "\r\n" ? null : "malformed";
  }

  #beginChunk(line: string): "malformed" | "too large" | null {
    const [, digits] = CHUNK.exec(line) ?? [];
    if (digits === undefined) return "malformed";
    this.#left = Number.parseInt(digits, 16);
    this.#expects = this.#left > 0 ? "data" : "trailer";
    return this.#length + this.#left > this.#maxBytes ? "too large" : null;
  }

  #readTrailer(line: string): "malformed" | null {
    if (line === "\r\n") {
      this.#expects = "nothing";
      return null;
    }
    this.#trailerBytes += line.length;
    const isField = line.endsWith("\r\n") && HEADER.test(line.slice(0, -2));
    return isField && this.#trailerBytes <= TRAILER_MAX_BYTES ? null : "malformed";
  }
}
