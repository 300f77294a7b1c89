/** Rows in groups, in each the earliest first. Most groups have one row, which then stands for itself and needs no list. */
export class Groups<T extends { readonly revision: number }> {
  readonly #groups = new Map<string, T | readonly T[]>();
  #size = 0;

  /** How many rows there are, in all groups. */
  get size(): number {
    return this.#size;
  }

  of(key: string): readonly T[] {
    const group = this.#groups.get(key);
    if (group === undefined) return [];
    return isList(group) ? group : [group];
  }

  all(): T[] {
    const rows: T[] = [];
    for (const group of this.#groups.values()) {
      if (isList(group)) rows.push(...group);
      else rows.push(group);
    }
    return rows;
  }

  add(key: string, row: T): void {
    this.#size++;
    this.#put(
      key,
      [...this.of(key), row].sort((a, b) => a.revision - b.revision),
    );
  }

  /** @param row that was added under the key */
  delete(key: string, row: T): void {
    this.#size--;
    this.#put(
      key,
      this.of(key).filter((each) => each !== row),
    );
  }

  clear(): void {
    this.#groups.clear();
    this.#size = 0;
  }

  #put(key: string, rows: readonly T[]): void {
    const [first] = rows;
    if (first === undefined) this.#groups.delete(key);
    else this.#groups.set(key, rows.length === 1 ? first : rows);
  }
}

function isList<T>(group: T | readonly T[]): group is readonly T[] {
  return Array.isArray(group);
}
