import type { Change } from "./crowd.ts";

/** So many nicknames that were given up are known, the newest. */
const FREED_MOST = 500;

interface Freed {
  /** The nickname that the one who gave it up has now; null for one who left. */
  by: string | null;
  /** Whether somebody else has taken it, or perhaps the same one again. */
  isTaken: boolean;
}

/** Knows which nicknames have changed their holder, as far as one was there to see it. */
export class Holders {
  readonly #freed = new Map<string, Freed>();

  note(change: Change): void {
    const { kind, name } = change;
    if (kind === "joined") this.#take(name, null);
    else {
      const now = kind === "renamed" ? change.newname : null;
      if (now !== null) this.#take(now, name);
      for (const freed of this.#freed.values()) if (freed.by === name) freed.by = now;
      this.#free(name, now);
    }
  }

  /** Whether the nickname was given up and taken since this was last asked. */
  isNew(name: string): boolean {
    return this.#freed.get(name)?.isTaken === true && this.#freed.delete(name);
  }

  /** @param before the nickname of the one who takes it; null for one who comes */
  #take(name: string, before: string | null): void {
    const freed = this.#freed.get(name);
    if (!freed) return;
    if (before !== null && freed.by === before) this.#freed.delete(name);
    else freed.isTaken = true;
  }

  #free(name: string, by: string | null): void {
    // What was not asked for of an earlier holder counts for the next one.
    const isTaken = this.#freed.get(name)?.isTaken === true;
    const [oldest] = this.#freed.keys();
    if (this.#freed.size >= FREED_MOST && oldest !== undefined) this.#freed.delete(oldest);
    this.#freed.set(name, { by, isTaken });
  }
}
