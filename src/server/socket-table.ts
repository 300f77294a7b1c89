/**
 * All sockets of a server. A socket is plain as long as it is not a WebSocket: before its handshake, after its close, or
 * for good. Plain sockets are counted by address, so that when there are too many sockets, one of the address that holds
 * the most is found at once.
 */
export class SocketTable<Socket> {
  /** How many sockets there may be. */
  readonly most: number;
  #size = 0;
  /** The plain sockets, the oldest first, with their addresses. */
  readonly #plain = new Map<Socket, string>();
  readonly #byAddress = new Map<string, Set<Socket>>();
  /** At each index, the addresses that have that many plain sockets. */
  readonly #byCount: Set<string>[] = [];

  /** @param most a tenth of which is reserved for plain sockets */
  constructor(most: number) {
    this.most = most;
  }

  /** How many sockets there are. */
  get size(): number {
    return this.#size;
  }

  /** How many sockets are plain. */
  get plain(): number {
    return this.#plain.size;
  }

  /** Whether no more sockets may become WebSockets. */
  get isFull(): boolean {
    return this.#size - this.#plain.size >= this.most - Math.ceil(this.most / 10);
  }

  plainSockets(): Iterable<Socket> {
    return this.#plain.keys();
  }

  /** How many plain sockets an address has. */
  plainOf(address: string): number {
    return this.#byAddress.get(address)?.size ?? 0;
  }

  /** Adds a socket, which is plain. */
  add(socket: Socket, address: string): void {
    this.#size++;
    this.markPlain(socket, address);
  }

  markWebSocket(socket: Socket): void {
    const address = this.#plain.get(socket);
    if (address === undefined) return;
    this.#plain.delete(socket);
    const held = this.#byAddress.get(address);
    held?.delete(socket);
    this.#move(address, (held?.size ?? 0) + 1, held?.size ?? 0);
  }

  markPlain(socket: Socket, address: string): void {
    if (this.#plain.has(socket)) return;
    this.#plain.set(socket, address);
    const held = this.#byAddress.get(address) ?? new Set();
    held.add(socket);
    this.#byAddress.set(address, held);
    this.#move(address, held.size - 1, held.size);
  }

  /** Removes a socket that was added. */
  delete(socket: Socket): void {
    this.markWebSocket(socket);
    this.#size--;
  }

  /**
   * The socket to evict when there are too many: the oldest plain one of the address that has the most of them.
   * Undefined when there are not too many, or when all are WebSockets.
   */
  evictable(): Socket | undefined {
    if (this.#size <= this.most) return undefined;
    const [address = ""] = this.#byCount.at(-1) ?? [];
    const [oldest] = this.#byAddress.get(address) ?? [];
    return oldest;
  }

  #move(address: string, from: number, to: number): void {
    this.#byCount[from]?.delete(address);
    while (this.#byCount.length <= to) this.#byCount.push(new Set());
    if (to > 0) this.#byCount[to]?.add(address);
    else this.#byAddress.delete(address);
    while (this.#byCount.at(-1)?.size === 0) this.#byCount.pop();
  }
}
