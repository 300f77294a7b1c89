import type { FileHandle } from "node:fs/promises";

/** There are many rooms, mostly with small files: only a file that goes on is read in chunks of full size. */
const FIRST_CHUNK_BYTES = 64 * 1024;
const CHUNK_BYTES = 1024 * 1024;
/** The most that is held at once, and so the longest line or message that can be read. */
export const MOST_HELD_BYTES = 16 * CHUNK_BYTES;
const COMMA = 0x2c;

/**
 * A view that moves over a file: `bytes[0]` to `bytes[limit - 1]` are the bytes of the file from `start` on.
 * `bytes[limit]` is always 0, for `EventMatcher`. What lies behind it is left over from earlier.
 */
export class FileChunks {
  bytes: Buffer;
  limit = 0;
  #goesOn = false;

  /** @param stop the offset in the file at which to end; by default the end of the file */
  constructor(
    private readonly file: FileHandle,
    public start = 0,
    private readonly stop = Number.POSITIVE_INFINITY,
  ) {
    // Where little is to be read, as for one message, the memory would cost more than the reading.
    this.bytes = Buffer.allocUnsafe(Math.min(FIRST_CHUNK_BYTES, Math.max(1, stop - start)) + 1);
    this.bytes[0] = 0;
  }

  /** Reads on after what is held. @returns false at the end, or when {@link MOST_HELD_BYTES} are held already */
  async fill(): Promise<boolean> {
    const from = this.start + this.limit;
    if (from >= this.stop) return false;
    if (this.#goesOn && this.bytes.length <= CHUNK_BYTES) this.#grow();
    if (this.limit === this.bytes.length - 1 && !this.#grow()) return false;
    const room = Math.min(this.bytes.length - 1 - this.limit, this.stop - from);
    const { bytesRead } = await this.file.read(this.bytes, this.limit, room, from);
    this.limit += bytesRead;
    this.bytes[this.limit] = 0;
    this.#goesOn = this.limit === this.bytes.length - 1;
    return bytesRead > 0;
  }

  /** Forgets the first `count` bytes. */
  drop(count: number): void {
    this.bytes.copyWithin(0, count, this.limit + 1);
    this.start += count;
    this.limit -= count;
  }

  get full(): boolean {
    return this.limit >= MOST_HELD_BYTES;
  }

  #grow(): boolean {
    if (this.full) return false;
    const larger = Buffer.allocUnsafe((this.bytes.length - 1) * 2 + 1);
    this.bytes.copy(larger, 0, 0, this.limit + 1);
    this.bytes = larger;
    return true;
  }
}

/** A line of a file. */
export interface Line {
  readonly text: string;
  /** Where it begins in the file. */
  readonly offset: number;
  readonly bytes: number;
}

/**
 * The lines of a history file from where `chunks` stands, as many at a time as one read brought, without what joins
 * two events: a comma and the line break.
 */
export async function* readLines(chunks: FileChunks): AsyncGenerator<string[]> {
  for await (const lines of readPlacedLines(chunks)) yield lines.map(({ text }) => text);
}

/** The same lines, with their places. @param mark only those that have this text, and the last line of the file */
export async function* readPlacedLines(chunks: FileChunks, mark?: Uint8Array): AsyncGenerator<Line[]> {
  // To decode a line takes much longer than to search it.
  const isWanted = (from: number, to: number) =>
    mark === undefined || chunks.bytes.subarray(from, to).includes(mark);
  const lineTo = (from: number, to: number): Line => ({
    text: chunks.bytes.toString("utf8", from, to),
    offset: chunks.start + from,
    bytes: to - from,
  });
  while (await chunks.fill()) {
    const lines: Line[] = [];
    let at = 0;
    for (;;) {
      const end = chunks.bytes.indexOf(0x0a, at);
      if (end < 0 || end >= chunks.limit) break;
      if (isWanted(at, end)) lines.push(lineTo(at, chunks.bytes[end - 1] === COMMA ? end - 1 : end));
      at = end + 1;
    }
    chunks.drop(at);
    yield lines;
  }
  if (chunks.full) throw new Error(`a line is longer than ${MOST_HELD_BYTES} bytes`);
  yield [lineTo(0, chunks.limit)];
}
