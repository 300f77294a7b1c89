/** How many heights are kept of rows that are no longer in the list, which may come back. */
const SPARE = 1_000;

/**
 * The positions of the rows of a long list, from measured heights where there are any and estimates elsewhere. Rows
 * are identified by keys, so a height stays known when rows are added before it.
 */
export class Heights {
  readonly #measured = new Map<string, number>();
  readonly #estimate: (index: number) => number;
  #keys: readonly string[] = [];
  #heights = new Float64Array(0);
  /** The top of each row, and the end of the last one. Valid up to `#goodTo`. */
  #tops = new Float64Array(1);
  #goodTo = 0;

  /** @param estimate the height of a row that was never measured, in CSS pixels */
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

  /** Updates to the current list. This is cheap if rows were only added at the end. */
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

  /** Records the measured height of a row. @returns whether that changes the list */
  measure(index: number, height: number): boolean {
    const key = this.#keys[index];
    if (key === undefined || this.#measured.get(key) === height) return false;
    this.#measured.set(key, height);
    if (this.#heights[index] === height) return false;
    this.#heights[index] = height;
    this.#goodTo = Math.min(this.#goodTo, index);
    return true;
  }

  /** Forgets all measured heights, because the width or the font has changed. */
  forget(): void {
    this.#measured.clear();
    const keys = this.#keys;
    this.#keys = [];
    this.#goodTo = 0;
    this.sync(keys);
  }

  /** The index of the row with a key, or -1. @param near its previous index */
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

  /** The index of the row at a distance from the start of the list; the first or the last row outside the list. */
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

  /** Forgets the rows that are no longer in the list. */
  #dropOthers(): void {
    const keys = new Set(this.#keys);
    for (const key of this.#measured.keys()) if (!keys.has(key)) this.#measured.delete(key);
  }

  #commonStart(keys: readonly string[]): number {
    const max = Math.min(keys.length, this.#keys.length);
    let at = 0;
    while (at < max && keys[at] === this.#keys[at]) at++;
    return at;
  }
}
