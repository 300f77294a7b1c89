import type { Rate } from "../protocol/welcome.ts";
import type { Environment } from "./environment.ts";

/** The share of the server's rate that is used: measurements at two ends always differ a little. */
const SHARE = 0.8;

/** How fast requests may go out. */
export interface Pace {
  /** Milliseconds to wait before the next request, 0 for none. */
  waitMs(): number;
  /** Counts the cost of a request. If it comes too early, the next ones wait longer. */
  spend(cost: number): void;
}

/**
 * Keeps requests below the server's rate, so that it refuses none: the next send could overtake a refused one.
 *
 * @param rate the server's rate, of which only a part is used
 */
export function paceOf(rate: Rate, clock: Pick<Environment, "elapsed">): Pace {
  const perMs = (rate.perSecond * SHARE) / 1000;
  const burst = Math.max(1, Math.floor(rate.burst / 2));
  let tokens = burst;
  let countedAt = clock.elapsed();
  return {
    waitMs() {
      const now = clock.elapsed();
      tokens = Math.min(burst, tokens + (now - countedAt) * perMs);
      countedAt = now;
      return tokens < 1 ? Math.ceil((1 - tokens) / perMs) : 0;
    },
    spend(cost) {
      tokens -= cost;
    },
  };
}
