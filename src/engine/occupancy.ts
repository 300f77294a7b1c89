import type { ConnectionId, Operation } from "../room/operation.ts";
import type { EngineOptions } from "./engine.ts";
import type { FinalDecision } from "./outcome.ts";

/** How long absent members are kept, in milliseconds: in general, and after their server has ended. */
type Graces = Pick<EngineOptions, "graceMs" | "restartGraceMs">;

/**
 * What keeps a room in memory: each connection until it is gone, and each absent member until the grace is over. A room
 * that is not occupied may leave memory.
 */
export class Occupancy {
  readonly #graceMs: number;
  readonly #restartGraceMs: number;
  #connections = 0;
  /** The running graces, by the absent member's connection. */
  readonly #graces = new Map<ConnectionId, Timer>();
  readonly #submit: (operation: Operation) => void;

  /** @param submit receives an `expire` operation at the end of each grace */
  constructor({ graceMs, restartGraceMs }: Graces, submit: (operation: Operation) => void) {
    this.#graceMs = graceMs;
    this.#restartGraceMs = restartGraceMs;
    this.#submit = submit;
  }

  get isEmpty(): boolean {
    return this.#connections === 0 && this.#graces.size === 0;
  }

  /** Nicknames kept for absent members. */
  get absent(): number {
    return this.#graces.size;
  }

  /** A connection enters, with or without a nickname. */
  enter(): void {
    this.#connections++;
  }

  /** A connection is gone for good. */
  leave(): void {
    this.#connections--;
  }

  /**
   * Updates the occupancy after a decision: a connection that is gone no longer counts, and its member may become
   * absent.
   *
   * @param operation undefined if the engine itself decided, about a member of another server, which did not count here
   */
  settle(operation: Operation | undefined, decision: FinalDecision): void {
    const { connection } = decision;
    if (operation?.kind === "leave") this.leave();
    if (operation?.kind === "expire") this.endGrace(operation.connection);
    if (decision.kind === "resumed") this.endGrace(decision.from);
    if (decision.kind !== "absent") return;
    if (operation === undefined) this.takeOver(connection);
    else this.#startGrace(connection, this.#graceMs);
  }

  /** Takes over an absent member whose server has ended. */
  takeOver(connection: ConnectionId): void {
    this.#startGrace(connection, this.#restartGraceMs);
  }

  #startGrace(connection: ConnectionId, graceMs: number): void {
    this.endGrace(connection);
    this.#graces.set(
      connection,
      setTimeout(() => this.#submit({ kind: "expire", connection }), graceMs),
    );
  }

  /** Ends a grace, if it runs. */
  endGrace(connection: ConnectionId): void {
    clearTimeout(this.#graces.get(connection));
    this.#graces.delete(connection);
  }

  endGraces(): void {
    for (const connection of [...this.#graces.keys()]) this.endGrace(connection);
  }
}
