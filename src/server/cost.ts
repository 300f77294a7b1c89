/**
 * What requests cost, in tokens of the rate of requests. A token is worth about as much work as a short request: some tens
 * of microseconds. So that a rate bounds the work and not only the number of requests, whatever is in them.
 */

/** So many bytes of a message are inflated, decoded and parsed for a token. */
const READ_BYTES = 1024;
/** A fragment costs as much as so many bytes, however few it has. */
const FRAGMENT_BYTES = 64;
/** So many bytes of a history are read from the store, and made a page of, for a token. */
const FETCHED_BYTES = 4 * 1024;
/** So many bytes that are in memory already are sent for a token. */
const SENT_BYTES = 64 * 1024;
/** What the others make of a message beside its bytes: a record has a time and an id, and names its sender. */
const RECORD_BYTES = 128;

/** What it takes to read a message beside its bytes. */
export interface Effort {
  /** How many frames it came in. */
  readonly fragments: number;
  /** How many bytes were inflated for it, 0 when it was not compressed: they may hold next to nothing. */
  readonly deflatedBytes: number;
}

/** Of a message from a client. @param bytes of it, inflated */
export function costOfMessage(bytes: number, { fragments, deflatedBytes }: Effort): number {
  return 1 + Math.floor((bytes + deflatedBytes + FRAGMENT_BYTES * (fragments - 1)) / READ_BYTES);
}

/** Of history that must be fetched from the store for a request. */
export function costOfFetching(bytes: number): number {
  return Math.ceil(bytes / FETCHED_BYTES);
}

/** Of a large answer. */
export function costOfSending(bytes: number): number {
  return Math.floor(bytes / SENT_BYTES);
}

/**
 * What a `send` adds to a history, at most.
 *
 * @param bytes of its message, in which the content is at least as long as in the record
 * @param name of its sender
 */
export function sizeOfRecord(bytes: number, name: string | null): number {
  return RECORD_BYTES + bytes + Buffer.byteLength(name ?? "");
}
