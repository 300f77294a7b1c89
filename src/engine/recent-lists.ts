import type { Readable } from "./record.ts";

/** The oldest message and the newest event: as long as both stay the same, the history is the same. */
export interface Ends {
  readonly firstId: number;
  readonly lastId: number;
  /** In Unix ms. Needed if the history may be replaced by another one, since then ids alone do not identify it. */
  readonly lastTime?: number | undefined;
}

interface Kept extends Ends {
  readonly list: Promise<readonly Readable[]>;
}

/** The newest messages of some rooms, for those who only read. They are read once until the next message. */
export class RecentLists {
  readonly #most: number;
  /** Least recently used first. */
  readonly #lists = new Map<string, Kept>();

  /** @param most how many rooms are remembered */
  constructor(most: number) {
    this.#most = most;
  }

  /** Forgets the list of a room whose history was replaced, even if the new one has the same ends. */
  forget(room: string): void {
    this.#lists.delete(room);
  }

  /** The list of a room whose history has these ends. @param read is called if that list is not cached */
  of(
    room: string,
    { firstId, lastId, lastTime }: Ends,
    read: () => Promise<readonly Readable[]>,
  ): Promise<readonly Readable[]> {
    const kept = this.#lists.get(room);
    if (kept?.firstId === firstId && kept.lastId === lastId && kept.lastTime === lastTime) return kept.list;
    const reading: Kept = { firstId, lastId, lastTime, list: read() };
    this.#lists.delete(room);
    this.#lists.set(room, reading);
    reading.list.catch(() => {
      if (this.#lists.get(room) === reading) this.#lists.delete(room);
    });
    for (const [oldest] of this.#lists) {
      if (this.#lists.size <= this.#most) break;
      this.#lists.delete(oldest);
    }
    return reading.list;
  }
}
