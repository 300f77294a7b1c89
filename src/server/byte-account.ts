/**
 * Bytes of memory that somebody is answerable for: a connection, within its address, within the server. What is charged to
 * one is charged to all above it.
 */
export class ByteAccount {
  readonly #most: number;
  readonly #parent: ByteAccount | null;
  #bytes = 0;

  /** @param most what it may hold, in bytes */
  constructor(most: number, parent: ByteAccount | null = null) {
    this.#most = most;
    this.#parent = parent;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Whether so many bytes more are within its limit and those above it. */
  hasRoomFor(bytes: number): boolean {
    return this.#bytes + bytes <= this.#most && (this.#parent?.hasRoomFor(bytes) ?? true);
  }

  charge(bytes: number): void {
    this.#bytes += bytes;
    this.#parent?.charge(bytes);
  }

  release(bytes: number): void {
    this.charge(-bytes);
  }
}
