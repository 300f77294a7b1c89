/** For how long a removal can be undone, in milliseconds. */
const KEPT_MS = 10 * 60 * 1000;
/** How much is kept, in UTF-16 code units. */
const MOST = 16 * 1024 * 1024;

interface Removed {
  readonly room: string;
  readonly id: number;
  readonly content: string;
}

interface Removal {
  readonly at: number;
  readonly texts: Removed[];
}

/**
 * The contents of messages that moderators have removed lately, so that a removal can be undone. They are in memory only: no file
 * may have them any more.
 */
export class RemovedTexts {
  readonly #now: () => number;
  /** By the action, the oldest first. */
  readonly #removals = new Map<string, Removal>();
  #size = 0;

  /** @param now Unix milliseconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  note(action: string, removed: Removed): void {
    const known = this.#removals.get(action);
    const removal = known ?? { at: this.#now(), texts: [] };
    if (known === undefined) this.#removals.set(action, removal);
    removal.texts.push(removed);
    this.#size += removed.content.length;
    this.shed();
  }

  /** What an action has removed in a room, as far as it is still known; from then on it is not. */
  take(action: string, room: string): readonly Removed[] {
    this.shed();
    const { texts = [] } = this.#removals.get(action) ?? {};
    this.#forget(action);
    return texts.filter((each) => each.room === room);
  }

  /** Forgets what is too old, or too much. Must be called regularly. */
  shed(): void {
    const since = this.#now() - KEPT_MS;
    for (const [action, { at }] of this.#removals) {
      if (at > since && this.#size <= MOST) break;
      this.#forget(action);
    }
  }

  #forget(action: string): void {
    for (const { content } of this.#removals.get(action)?.texts ?? []) this.#size -= content.length;
    this.#removals.delete(action);
  }
}
