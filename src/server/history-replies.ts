import type { ByteAccount } from "./byte-account.ts";
import type { Limits } from "./settings.ts";

/** How fast a client must read a large history in order not to be taken for dead. */
const SLOW_READER_BYTES_PER_S = 128 * 1024;

/**
 * The replies with history that one client has not read yet. Their memory is charged to the client's address, and they
 * may wait longer than anything else. Times are milliseconds of a monotonic clock.
 */
export class HistoryReplies {
  readonly #limits: Pick<Limits, "unsentBytes" | "getGraceMs">;
  readonly #account: ByteAccount;
  /** Of the batch that is being delivered: bytes of history that are not written yet. */
  #writing = 0;
  #unsent: { readonly bytes: number; readonly until: number } | null = null;
  /** A large history is on its way until then, and a pong may be late. */
  #busyUntil = 0;

  /** @param account of the address */
  constructor(limits: Pick<Limits, "unsentBytes" | "getGraceMs">, account: ByteAccount) {
    this.#limits = limits;
    this.#account = account;
  }

  /**
   * Reserves memory for a reply.
   *
   * @param bytes its size
   * @returns the reason to refuse the reply instead, else null
   */
  reserve(bytes: number): "TooManyRequests" | "ErrorWhenGet" | null {
    const unread = (this.#unsent?.bytes ?? 0) + this.#writing;
    if (unread > 0 && unread + bytes > this.#limits.unsentBytes) return "TooManyRequests";
    if (!this.#account.hasRoomFor(bytes)) return "ErrorWhenGet";
    this.#account.charge(bytes);
    this.#writing += bytes;
    return null;
  }

  /** Whether a reply has been reserved and not written yet: what is unsent of it is not known in the meantime. */
  get isWriting(): boolean {
    return this.#writing > 0;
  }

  /** What was reserved has been written. */
  written(now: number): void {
    this.#unsent = {
      bytes: (this.#unsent?.bytes ?? 0) + this.#writing,
      // A client that asks again has the time of the first reply that it has not read.
      until: this.#unsent?.until ?? now + this.#limits.getGraceMs,
    };
    // The pings wait behind a large history, in buffers of the system that cannot be inspected.
    if (this.#writing > this.#limits.unsentBytes) {
      const readingMs = (this.#writing / SLOW_READER_BYTES_PER_S) * 1000;
      this.#busyUntil = now + Math.min(readingMs, this.#limits.getGraceMs);
    }
    this.#writing = 0;
  }

  /** Whether a pong may be late because a large history is on its way. */
  mayDelayPong(now: number): boolean {
    return now < this.#busyUntil;
  }

  /** How much of what is unsent counts against the client's limit. @param unsentBytes of the socket */
  excessOf(unsentBytes: number, now: number): number {
    if (this.#unsent === null) return unsentBytes;
    this.#setUnsent(Math.min(this.#unsent.bytes, unsentBytes));
    // The grace is for the history; what comes on top has the same limit as ever.
    return this.#unsent !== null && now < this.#unsent.until ? unsentBytes - this.#unsent.bytes : unsentBytes;
  }

  /** Gives back all memory. */
  release(): void {
    this.#account.release(this.#writing);
    this.#writing = 0;
    this.#setUnsent(0);
  }

  #setUnsent(bytes: number): void {
    if (this.#unsent === null) return;
    this.#account.charge(bytes - this.#unsent.bytes);
    this.#unsent = bytes > 0 ? { bytes, until: this.#unsent.until } : null;
  }
}
