/**
 * The sockets of a server, and which of them are no WebSocket, not yet or no more. Those are held against the address
 * they come from, so that the holder of the most is known at once when there are too many in all.
 */
export class SocketTable<Socket> {
  /** How many there may be. */
  readonly most: number;
  #size = 0;
  /** The sockets that are no WebSocket, the oldest first, with their addresses. */
  readonly #unsettled = new Map<Socket, string>();
  readonly #held = new Map<string, Set<Socket>>();
  /** At each place, the addresses that hold so many. */
  readonly #holders: Set<string>[] = [];

  /** @param most a tenth of which is kept free for those who come and go */
  constructor(most: number) {
    this.most = most;
  }

  get unsettled(): number {
    return this.#unsettled.size;
  }

  /** Whether no more of the sockets may become WebSockets. */
  get isFull(): boolean {
    return this.#size - this.#unsettled.size >= this.most - Math.ceil(this.most / 10);
  }

  /** The sockets that are no WebSocket. */
  waiting(): Iterable<Socket> {
    return this.#unsettled.keys();
  }

  /** How many sockets of an address are no WebSocket. */
  heldBy(address: string): number {
    return this.#held.get(address)?.size ?? 0;
  }

  /** A socket has come. */
  add(socket: Socket, address: string): void {
    this.#size++;
    this.unsettle(socket, address);
  }

  /** A socket has become a WebSocket. */
  settle(socket: Socket): void {
    const address = this.#unsettled.get(socket);
    if (address === undefined) return;
    this.#unsettled.delete(socket);
    const held = this.#held.get(address);
    held?.delete(socket);
    this.#move(address, (held?.size ?? 0) + 1, held?.size ?? 0);
  }

  /** A socket is no WebSocket any more. */
  unsettle(socket: Socket, address: string): void {
    if (this.#unsettled.has(socket)) return;
    this.#unsettled.set(socket, address);
    const held = this.#held.get(address) ?? new Set();
    held.add(socket);
    this.#held.set(address, held);
    this.#move(address, held.size - 1, held.size);
  }

  /** A socket that was added is gone. */
  delete(socket: Socket): void {
    this.settle(socket);
    this.#size--;
  }

  /**
   * The socket that has to go when there are too many: the oldest that is no WebSocket, of the address that holds the
   * most of them. Undefined when there are not too many, or all are WebSockets.
   */
  surplus(): Socket | undefined {
    if (this.#size <= this.most) return undefined;
    const [address = ""] = this.#holders.at(-1) ?? [];
    const [oldest] = this.#held.get(address) ?? [];
    return oldest;
  }

  #move(address: string, from: number, to: number): void {
    this.#holders[from]?.delete(address);
    while (this.#holders.length <= to) this.#holders.push(new Set());
    if (to > 0) this.#holders[to]?.add(address);
    else this.#held.delete(address);
    while (this.#holders.at(-1)?.size === 0) this.#holders.pop();
  }
}
