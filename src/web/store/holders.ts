import type { RosterChange } from "./roster-changes.ts";

/** The number of freed nicknames that are kept, the newest. */
const FREED_MAX = 500;

interface Freed {
  /** The current nickname of the person who gave it up; null if they left. */
  by: string | null;
  /** Whether someone has taken it since, perhaps the same person. */
  isTaken: boolean;
}

/** Tracks which nicknames have changed their holder while the user was there. */
export class NicknameHolders {
  readonly #freed = new Map<string, Freed>();

  /** Takes a change of the roster into account. */
  note(change: RosterChange): void {
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
  hasChanged(name: string): boolean {
    return this.#freed.get(name)?.isTaken === true && this.#freed.delete(name);
  }

  /** @param before the previous nickname of the person who takes it; null for someone who joins */
  #take(name: string, before: string | null): void {
    const freed = this.#freed.get(name);
    if (!freed) return;
    if (before !== null && freed.by === before) this.#freed.delete(name);
    else freed.isTaken = true;
  }

  #free(name: string, by: string | null): void {
    // If the change to an earlier holder was not asked for, it counts for the next one.
    const isTaken = this.#freed.get(name)?.isTaken === true;
    const [oldest] = this.#freed.keys();
    if (this.#freed.size >= FREED_MAX && oldest !== undefined) this.#freed.delete(oldest);
    this.#freed.set(name, { by, isTaken });
  }
}
