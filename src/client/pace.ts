import type { Rate } from "../protocol/welcome.ts";
import type { Environment } from "./environment.ts";

/** Of the server's rate, so much is used: what is measured at two ends is never quite the same. */
const SHARE = 0.8;

/** How fast requests may go. */
export interface Pace {
  /** Milliseconds to wait before the next request, 0 for none. */
  waitMs(): number;
  /** Counts what a request costs, which may come too early: then the next ones wait longer. */
  spend(cost: number): void;
}

/**
 * Keeps requests below the server's rate, so that none is refused for it: a refused send could be overtaken by the
 * next one.
 *
 * @param rate the server's own, of which only a part is used
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
