/**
 * Bytes of memory that are charged to someone: a connection, within its address, within the server. What is charged to
 * one account is charged to its parents, too.
 */
export class ByteAccount {
  readonly #most: number;
  readonly #parent: ByteAccount | null;
  #bytes = 0;

  /** @param most its limit, in bytes */
  constructor(most: number, parent: ByteAccount | null = null) {
    this.#most = most;
    this.#parent = parent;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Whether this many more bytes fit within its limit and those of its parents. */
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
