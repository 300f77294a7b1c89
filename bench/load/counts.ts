import type { Tally } from "./orders.ts";

type Values = { -readonly [K in Exclude<keyof Tally, "wallS" | "loadCpuS">]: number };

/** Counts what a crowd has received since the last order ended. */
export class Counts {
  values = nothing();
  #startedAtMs = performance.now();
  #startedCpuS = ownCpuS();

  /** Starts the clock. */
  time(): void {
    this.#startedAtMs = performance.now();
    this.#startedCpuS = ownCpuS();
  }

  /** Returns the counts, and resets them. */
  take(): Tally {
    const tally = {
      ...this.values,
      wallS: (performance.now() - this.#startedAtMs) / 1000,
      loadCpuS: ownCpuS() - this.#startedCpuS,
    };
    this.values = nothing();
    this.time();
    return tally;
  }
}

function nothing(): Values {
  return { bytes: 0, messages: 0, registers: 0, leaves: 0, changes: 0, acks: 0, refusals: 0 };
}

/** CPU seconds of this process so far. */
export function ownCpuS(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
