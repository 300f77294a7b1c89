import { createHistogram } from "node:perf_hooks";
import type { Latency } from "./orders.ts";

const HIGHEST_US = 60_000_000;
/** Three figures: a percentile is right to a thousandth. */
const HISTOGRAM = { lowest: 1, highest: HIGHEST_US, figures: 3 };

/** How long messages that are sent at planned moments take to their last listener, in HDR histograms. */
export class Latencies {
  readonly #listeners: number;
  readonly #plannedAtMs: number[] = [];
  /** How many listeners have not heard each message yet. */
  readonly #missing: number[] = [];
  readonly #toLast = createHistogram(HISTOGRAM);
  readonly #late = createHistogram(HISTOGRAM);

  constructor(listeners: number) {
    this.#listeners = listeners;
  }

  /** A message is sent now that was to be sent at a moment. */
  sent(plannedAtMs: number): void {
    this.#plannedAtMs.push(plannedAtMs);
    this.#missing.push(this.#listeners);
    record(this.#late, performance.now() - plannedAtMs);
  }

  /** A listener has heard the messages from one place up to another; all hear them in one order. */
  heard(from: number, until: number): void {
    for (let at = from; at < until; at++) {
      const missing = (this.#missing[at] ?? 0) - 1;
      this.#missing[at] = missing;
      if (missing === 0) record(this.#toLast, performance.now() - (this.#plannedAtMs[at] ?? 0));
    }
  }

  result(): Latency {
    const ms = (us: number) => us / 1000;
    return {
      p50Ms: ms(this.#toLast.percentile(50)),
      p99Ms: ms(this.#toLast.percentile(99)),
      p999Ms: ms(this.#toLast.percentile(99.9)),
      maxMs: ms(this.#toLast.max),
      lateP99Ms: ms(this.#late.percentile(99)),
    };
  }
}

function record(histogram: ReturnType<typeof createHistogram>, ms: number): void {
  histogram.record(Math.min(HIGHEST_US, Math.max(1, Math.round(ms * 1000))));
}
