/** A connection that must show that its client is alive. */
export interface Living {
  /** Sends the pings of a tick, and counts the tick as unanswered until something comes. */
  tick(): void;
  /** Ends the connection if its last ticks are unanswered. Called shortly before a tick. */
  endIfSilent(): void;
}

const SLOTS = 50;

/**
 * Calls every member once a period, spread over the period, so that ten thousand connections do not make a peak every
 * five seconds. A member's first tick is one period after it was added.
 */
export class LivenessWheel {
  readonly #slots: readonly Set<Living>[] = Array.from({ length: SLOTS }, () => new Set());
  readonly #slotMs: number;
  readonly #startedAt: number;
  #turned = 0;

  /** @param now milliseconds of a monotonic clock, as in {@link turn} */
  constructor(periodMs: number, now: number) {
    this.#slotMs = periodMs / SLOTS;
    this.#startedAt = now;
  }

  /** How often {@link turn} must be called, in milliseconds. */
  get slotMs(): number {
    return this.#slotMs;
  }

  /** @returns a function that removes the member */
  add(member: Living): () => void {
    const slot = this.#slot(this.#turned);
    slot.add(member);
    return () => slot.delete(member);
  }

  /** Turns the wheel up to a moment. */
  turn(now: number): void {
    const due = Math.floor((now - this.#startedAt) / this.#slotMs);
    // After a stall of the process or the machine no member is ticked twice: the answers to the first tick are still
    // unread.
    this.#turned = Math.max(this.#turned, due - SLOTS);
    while (this.#turned < due) {
      this.#turned++;
      for (const member of this.#slot(this.#turned)) member.tick();
      // A slot early, so that a peer that is lost right after its last answer is found within three whole periods.
      for (const member of this.#slot(this.#turned + 1)) member.endIfSilent();
    }
  }

  #slot(turn: number): Set<Living> {
    const slot = this.#slots[turn % SLOTS];
    if (!slot) throw new RangeError(`no slot for turn ${turn}`);
    return slot;
  }
}
