import { createHistogram } from "node:perf_hooks";
import type { Latency } from "./orders.ts";

const HIGHEST_US = 60_000_000;
/** Three significant digits: a percentile is accurate to a thousandth. */
const HISTOGRAM = { lowest: 1, highest: HIGHEST_US, figures: 3 };

/** Records in HDR histograms how long messages sent at planned moments take to reach their last listener. */
export class Latencies {
  readonly #listeners: number;
  readonly #plannedAtMs: number[] = [];
  /** For each message, how many listeners have not received it yet. */
  readonly #missing: number[] = [];
  readonly #toLast = createHistogram(HISTOGRAM);
  readonly #late = createHistogram(HISTOGRAM);

  constructor(listeners: number) {
    this.#listeners = listeners;
  }

  /** Records that a message is sent now that was due at a given moment. */
  sent(plannedAtMs: number): void {
    this.#plannedAtMs.push(plannedAtMs);
    this.#missing.push(this.#listeners);
    record(this.#late, performance.now() - plannedAtMs);
  }

  /** Records that a listener has received a range of messages; all listeners receive them in the same order. */
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
