import type { Retention } from "./retention.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
/** A clock that is off by no more than this from where it is expected is believed. */
const BELIEVED_MS = DAY_MS;
/** One that is further off is believed when the server has run for so long with it. */
const HELD_MS = DAY_MS;

/** What is known of the clock from before. */
export interface ClockNote {
  /** What the clock said when it was last believed, Unix milliseconds. */
  readonly seenAt: number;
  /** For how long the server has run with a clock that is not believed, 0 when it is. */
  readonly heldMs: number;
}

/**
 * Tells whether the clock may be believed when it says that something is old. A wrong one, at a start or by a change while
 * the server runs, would have all that is young dropped, and nobody could bring it back. No network is asked: a clock is
 * expected to go on from where it last was, by as much as the process has run. When it is far from there it is wrong, or
 * the server was off for long; in both cases a day of patience does no harm.
 */
export class ClockWatch {
  #expected: number;
  #heldMs: number;
  #now: number;
  #lookedAt: number;

  /**
   * @param note null where nothing is known, and the clock is believed
   * @param now Unix milliseconds
   * @param uptimeMs of a clock that nobody sets, as `performance.now` is
   */
  constructor(note: ClockNote | null, now: number, uptimeMs: number) {
    this.#expected = note?.seenAt ?? now;
    this.#heldMs = note?.heldMs ?? 0;
    this.#now = now;
    this.#lookedAt = uptimeMs;
    this.look(now, uptimeMs);
  }

  /** Compares the clock with what is expected of it. To be called now and then. */
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

  /** How far the clock is ahead of what it is expected to say, as far as it is not believed. Milliseconds. */
  get aheadMs(): number {
    return Math.max(0, this.#now - this.#expected);
  }

  get note(): ClockNote {
    return { seenAt: Math.round(this.#expected), heldMs: Math.round(this.#heldMs) };
  }

  /** What is to be kept by a clock of which no more is believed than {@link aheadMs} says. */
  retention({ keepMs, ...others }: Retention): Retention {
    return { ...others, keepMs: keepMs === null ? null : keepMs + this.aheadMs };
  }
}

/** What to tell the operator of a clock that is not believed. */
export function clockNotice(aheadMs: number): string {
  const days = Math.round(aheadMs / DAY_MS);
  return `The clock is ${days} ${days === 1 ? "day" : "days"} ahead of what is expected, or this server was off for so long: until it has run for 24 hours, --keep-days counts from the time that was expected. If the clock is right, --trust-clock drops old messages at once.`;
}
