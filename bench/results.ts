/** The measurements of a run, as they are written to the JSON file. */
export interface Results {
  /** YYYY-MM-DD */
  readonly date: string;
  readonly command: string;
  readonly isShort: boolean;
  readonly wallS: number;
  readonly machine: Machine;
  readonly sections: readonly Section[];
  /** A sentence for each workload that could not be measured. */
  readonly failures: readonly string[];
  readonly targets: readonly TargetResult[];
}

export interface Machine {
  readonly processor: string;
  readonly processors: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly bun: string;
  readonly node: string;
}

/** One workload, or one size of it. */
export interface Section {
  readonly id: string;
  readonly title: string;
  /** Says in a sentence or two what was done. */
  readonly about: string;
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
}

export interface Column {
  readonly key: string;
  /** Including its unit. */
  readonly title: string;
}

export interface Row {
  readonly key: string;
  readonly title: string;
  /** For each column, the value of each round. */
  readonly values: Readonly<Record<string, readonly number[]>>;
  /** What the figures do not show, about the last round. */
  readonly remark?: string;
}

export interface TargetResult {
  readonly text: string;
  readonly limit: string;
  /** As text, with its unit; null if the run has not measured it. */
  readonly measured: string | null;
  readonly isMet: boolean | null;
}

/** The middle value; for an even number of values the mean of the two in the middle; NaN for none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** The smallest value that is at least as large as the given percentage of all values; NaN for none. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? Number.NaN;
}

/** Collects values by row and column. */
export class Rows {
  readonly #rows = new Map<string, { title: string; values: Record<string, number[]>; remark?: string }>();

  /** Adds the measurements of one round to a row. Rows are in the order in which they were first added. */
  add(key: string, title: string, measured: Readonly<Record<string, number>>): void {
    const row = this.#rows.get(key) ?? { title, values: {} };
    this.#rows.set(key, row);
    for (const [column, value] of Object.entries(measured)) {
      row.values[column] = [...(row.values[column] ?? []), value];
    }
  }

  /** Sets the remark of a row: what its figures do not show. */
  remark(key: string, remark: string): void {
    const row = this.#rows.get(key);
    if (row !== undefined) row.remark = remark;
  }

  /** @param order the keys in the desired order; rounds alternate theirs */
  inOrder(order: readonly string[]): Row[] {
    return order.flatMap((key) => {
      const row = this.#rows.get(key);
      return row === undefined ? [] : [{ key, ...row }];
    });
  }
}
