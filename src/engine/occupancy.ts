import type { ConnectionId, Operation } from "../room/operation.ts";

/**
 * Who keeps a room in memory: each connection until it is gone, and each absent member until the grace is over. A room that
 * is not occupied may leave memory.
 */
export class Occupancy {
  #connections = 0;
  /** The graces that run, each until the nickname is given up. */
  readonly #graces = new Map<ConnectionId, Timer>();
  readonly #submit: (operation: Operation) => void;

  /** @param submit receives an `expire` at the end of each grace */
  constructor(submit: (operation: Operation) => void) {
    this.#submit = submit;
  }

  get isEmpty(): boolean {
    return this.#connections === 0 && this.#graces.size === 0;
  }

  /** Nicknames kept for absent members. */
  get absent(): number {
    return this.#graces.size;
  }

  /** A connection comes, with or without a nickname. */
  enter(): void {
    this.#connections++;
  }

  /** A connection is gone for good. */
  leave(): void {
    this.#connections--;
  }

  /** A connection is gone, and its member is absent for the grace. */
  keep(connection: ConnectionId, graceMs: number): void {
    this.#connections--;
    this.startGrace(connection, graceMs);
  }

  /** Starts the grace of a member without a connection here. It replaces one that runs. */
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
