import type { Retention } from "./retention.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
/** A clock that differs by no more than this from the expected time is believed. */
const BELIEVED_MS = DAY_MS;
/** A clock that differs more is believed once the server has run with it for this long. */
const HELD_MS = DAY_MS;

/** What is known about the clock from earlier. */
export interface ClockNote {
  /** The time on the clock when it was last believed, in Unix milliseconds. */
  readonly seenAt: number;
  /** How long the server has run with a clock that is not believed; 0 if it is believed. */
  readonly heldMs: number;
}

/**
 * Decides whether to believe the clock when, by it, something is old. A wrong clock, at the start or after a change
 * while the server runs, would cause young messages to be dropped for good. No time server is involved: the clock is
 * expected to advance from where it last was by as much as the process has run. If it is far from there, it is wrong or
 * the server was off for long; in both cases a day of patience does no harm.
 */
export class ClockWatch {
  #expected: number;
  #heldMs: number;
  #now: number;
  #lookedAt: number;

  /**
   * @param note null if nothing is known; then the clock is believed
   * @param now Unix milliseconds
   * @param uptimeMs from a clock that nobody can set, such as `performance.now`
   */
  constructor(note: ClockNote | null, now: number, uptimeMs: number) {
    this.#expected = note?.seenAt ?? now;
    this.#heldMs = note?.heldMs ?? 0;
    this.#now = now;
    this.#lookedAt = uptimeMs;
    this.look(now, uptimeMs);
  }

  /** Compares the clock with the expected time. Should be called now and then. */
  look(now: number, uptimeMs: number): void {
    const elapsedMs = uptimeMs - this.#lookedAt;
    this.#lookedAt = uptimeMs;
    this.#now = now;
    this.#expected += elapsedMs;
    if (Math.abs(now - this.#expected) > BELIEVED_MS) {
      this.#heldMs += elapsedMs;
      if (this.#heldMs < HELD_MS) return;
    }
    this.#expected = now;
    this.#heldMs = 0;
  }

  /** By how many milliseconds the clock is ahead of the expected time; 0 if it is believed. */
  get aheadMs(): number {
    return Math.max(0, this.#now - this.#expected);
  }

  get note(): ClockNote {
    return { seenAt: Math.round(this.#expected), heldMs: Math.round(this.#heldMs) };
  }

  /** The retention for a clock that is {@link aheadMs} ahead: what looks older by that much is kept as well. */
  retention({ keepMs, ...others }: Retention): Retention {
    return { ...others, keepMs: keepMs === null ? null : keepMs + this.aheadMs };
  }
}

/** The notice to the operator about a clock that is not believed. */
export function clockNotice(aheadMs: number): string {
  const days = Math.round(aheadMs / DAY_MS);
  return `The clock is ${days} ${days === 1 ? "day" : "days"} ahead of the expected time, or this server was off for that long: until it has run for 24 hours, --keep-days counts from the expected time. If the clock is right, --trust-clock drops old messages at once.`;
}
