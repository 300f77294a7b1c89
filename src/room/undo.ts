/** Records how to undo changes to a room, so that a batch that could not be stored leaves no trace. */
export class Undo {
  /** Null while changes need not be undone. */
  #steps: (() => void)[] | null = null;

  /** Adds the inverse of a change that was just made. */
  note(takeBack: () => void): void {
    this.#steps?.push(takeBack);
  }

  /** Starts recording. */
  begin(): void {
    this.#steps = [];
  }

  /** Keeps the changes since {@link begin}. */
  commit(): void {
    this.#steps = null;
  }

  /** Undoes the changes since {@link begin}, the newest first. */
  rollback(): void {
    const steps = this.#steps ?? [];
    this.#steps = null;
    for (const takeBack of steps.reverse()) takeBack();
  }

  /** Sets or deletes an entry of a map. */
  put<K, V>(map: Map<K, V>, key: K, value: V | undefined): void {
    const before = map.get(key);
    assign(map, key, value);
    this.note(() => assign(map, key, before));
  }
}

function assign<K, V>(map: Map<K, V>, key: K, value: V | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}
