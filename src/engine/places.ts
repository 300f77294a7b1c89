import type { ConnectionId, Operation } from "../room/operation.ts";

/**
 * The places in a room: each connection has one until it is gone, and who is absent has one until the grace is over. A room
 * in which there are none may leave memory.
 */
export class Places {
  #connections = 0;
  /** The graces that run, each until the nickname is given up. */
  readonly #graces = new Map<ConnectionId, Timer>();
  readonly #submit: (operation: Operation) => void;

  /** @param submit is given an `expire` at the end of each grace */
  constructor(submit: (operation: Operation) => void) {
    this.#submit = submit;
  }

  get isEmpty(): boolean {
    return this.#connections === 0 && this.#graces.size === 0;
  }

  /** Nicknames kept for somebody without a connection. */
  get absent(): number {
    return this.#graces.size;
  }

  /** A connection comes, with a nickname or without. */
  enter(): void {
    this.#connections++;
  }

  /** A connection is gone for good. */
  leave(): void {
    this.#connections--;
  }

  /** A connection is gone, and its place is kept for the grace. */
  keep(connection: ConnectionId, graceMs: number): void {
    this.#connections--;
    this.startGrace(connection, graceMs);
  }

  /** Keeps a place for somebody who has no connection here: begins a grace, in the stead of one that runs. */
  startGrace(connection: ConnectionId, graceMs: number): void {
    this.endGrace(connection);
    this.#graces.set(
      connection,
      setTimeout(() => this.#submit({ kind: "expire", connection }), graceMs),
    );
  }

  /** Ends a grace if there is one, before its time or at it. */
  endGrace(connection: ConnectionId): void {
    clearTimeout(this.#graces.get(connection));
    this.#graces.delete(connection);
  }

  endGraces(): void {
    for (const connection of [...this.#graces.keys()]) this.endGrace(connection);
  }
}
