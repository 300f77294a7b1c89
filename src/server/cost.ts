/**
 * What requests cost, in tokens of the rate of requests. A token stands for the work of a short request, some tens of
 * microseconds. In this way a rate bounds the work, whatever is in the requests, and not only their number.
 */

/** A token pays for inflating, decoding and parsing this many bytes of a frame. */
const READ_BYTES = 1024;
/** A fragment costs as much as this many bytes, even if it has fewer. */
const FRAGMENT_BYTES = 64;
/** A token pays for reading this many bytes of history from the store, and making a page of them. */
const FETCHED_BYTES = 4 * 1024;
/** A token pays for sending this many bytes that are in memory already. */
const SENT_BYTES = 64 * 1024;
/** What a record has besides the message: a time, an id, keys and punctuation. */
const RECORD_BYTES = 128;

/** What it takes to read a frame, besides its bytes. */
export interface Effort {
  /** How many frames it came in. */
  readonly fragments: number;
  /** How many compressed bytes it had, 0 when it was not compressed: they may hold next to nothing. */
  readonly deflatedBytes: number;
}

/** The cost of a frame from a client. @param bytes of it, inflated */
export function costOfMessage(bytes: number, { fragments, deflatedBytes }: Effort): number {
  return 1 + Math.floor((bytes + deflatedBytes + FRAGMENT_BYTES * (fragments - 1)) / READ_BYTES);
}

/** The cost of history that must be fetched from the store. */
export function costOfFetching(bytes: number): number {
  return Math.ceil(bytes / FETCHED_BYTES);
}

/** The cost of a large answer. */
export function costOfSending(bytes: number): number {
  return Math.floor(bytes / SENT_BYTES);
}

/**
 * The most that a `send` adds to a history, in bytes.
 *
 * @param bytes of its frame, in which the content is at least as long as in the record
 * @param name of its sender, null for none
 */
export function sizeOfRecord(bytes: number, name: string | null): number {
  return RECORD_BYTES + bytes + Buffer.byteLength(name ?? "");
}
