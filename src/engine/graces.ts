import type { Operation, SessionId } from "../room/operation.ts";

/** The graces that run in a room: for each session without a connection, until its nickname is given up. */
export class Graces {
  readonly #timers = new Map<SessionId, Timer>();
  readonly #submit: (operation: Operation) => void;

  /** @param submit is given an `expire` at the end of each */
  constructor(submit: (operation: Operation) => void) {
    this.#submit = submit;
  }

  get size(): number {
    return this.#timers.size;
  }

  has(session: SessionId): boolean {
    return this.#timers.has(session);
  }

  /** Begins a grace, in the place of one that runs. */
  start(session: SessionId, graceMs: number): void {
    this.end(session);
    this.#timers.set(
      session,
      setTimeout(() => this.#submit({ kind: "expire", session }), graceMs),
    );
  }

  /** Ends a grace, before its time or at it. @returns whether there was one */
  end(session: SessionId): boolean {
    clearTimeout(this.#timers.get(session));
    return this.#timers.delete(session);
  }

  /** Ends all. @returns how many there were */
  clear(): number {
    const { size } = this;
    for (const session of [...this.#timers.keys()]) this.end(session);
    return size;
  }
}
