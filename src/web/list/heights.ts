/** Measures of rows that are gone for now are of use when they come back. */
const SPARE = 1_000;

/**
 * Where the rows of a long list stand: measured heights where there are, estimates elsewhere. Rows are known by a key,
 * so that a height outlives what is put before the row.
 */
export class Heights {
  readonly #measured = new Map<string, number>();
  readonly #estimate: (index: number) => number;
  #keys: readonly string[] = [];
  #heights = new Float64Array(0);
  /** The top of each row, and the end of the last one. Good up to `#goodTo`. */
  #tops = new Float64Array(1);
  #goodTo = 0;

  /** @param estimate of a row that was never measured, in CSS pixels */
  constructor(estimate: (index: number) => number) {
    this.#estimate = estimate;
  }

  get count(): number {
    return this.#keys.length;
  }

  get total(): number {
    return this.topOf(this.count);
  }

  keyAt(index: number): string | undefined {
    return this.#keys[index];
  }

  /** Takes the list as it is now. Costs little when rows were only added at the end. */
  sync(keys: readonly string[]): void {
    const same = this.#commonStart(keys);
    const heights = new Float64Array(keys.length);
    heights.set(this.#heights.subarray(0, same));
    for (let at = same; at < keys.length; at++) {
      heights[at] = this.#measured.get(keys[at] ?? "") ?? this.#estimate(at);
    }
    const tops = new Float64Array(keys.length + 1);
    tops.set(this.#tops.subarray(0, Math.min(this.#goodTo, same) + 1));
    this.#goodTo = Math.min(this.#goodTo, same);
    this.#keys = keys;
    this.#heights = heights;
    this.#tops = tops;
    if (this.#measured.size > 2 * keys.length + SPARE) this.#dropOthers();
  }

  /** Notes what a row really takes. @returns whether that is news */
  measure(index: number, height: number): boolean {
    const key = this.#keys[index];
    if (key === undefined || this.#measured.get(key) === height) return false;
    this.#measured.set(key, height);
    if (this.#heights[index] === height) return false;
    this.#heights[index] = height;
    this.#goodTo = Math.min(this.#goodTo, index);
    return true;
  }

  /** Forgets all measures: the width or the type has changed. */
  forget(): void {
    this.#measured.clear();
    const keys = this.#keys;
    this.#keys = [];
    this.#goodTo = 0;
    this.sync(keys);
  }

  /** Where the row with this key stands, or -1. @param near where it stood before */
  indexOf(key: string, near: number): number {
    return this.#keys[near] === key ? near : this.#keys.indexOf(key);
  }

  /** The distance of a row from the start of the list, in CSS pixels. */
  topOf(index: number): number {
    for (; this.#goodTo < index; this.#goodTo++) {
      this.#tops[this.#goodTo + 1] = (this.#tops[this.#goodTo] ?? 0) + (this.#heights[this.#goodTo] ?? 0);
    }
    return this.#tops[index] ?? 0;
  }

  /** The row at a distance from the start; the first or the last one outside of the list. */
  indexAt(y: number): number {
    let low = 0;
    let high = Math.max(0, this.count - 1);
    this.topOf(this.count);
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#tops[middle] ?? 0) <= y) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Forgets the rows that are not in the list any more. */
  #dropOthers(): void {
    const keys = new Set(this.#keys);
    for (const key of this.#measured.keys()) if (!keys.has(key)) this.#measured.delete(key);
  }

  #commonStart(keys: readonly string[]): number {
    const most = Math.min(keys.length, this.#keys.length);
    let at = 0;
    while (at < most && keys[at] === this.#keys[at]) at++;
    return at;
  }
}
