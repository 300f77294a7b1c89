import type { Readable } from "./record.ts";

/** The oldest and the newest message there are: as long as these stay, a history is the same. */
export interface Ends {
  readonly firstId: number;
  readonly lastId: number;
  /** In Unix ms, where the history may become another one meanwhile: then ids alone do not tell. */
  readonly lastTime?: number | undefined;
}

interface Kept extends Ends {
  readonly list: Promise<readonly Readable[]>;
}

/** The newest messages of some rooms, for those who only read. Read once until the next message, whoever asks meanwhile. */
export class RecentLists {
  readonly #most: number;
  /** The room that was read longest ago first. */
  readonly #lists = new Map<string, Kept>();

  /** @param most how many rooms are remembered */
  constructor(most: number) {
    this.#most = most;
  }

  /** The history of a room is another one, whatever its ends are. */
  forget(room: string): void {
    this.#lists.delete(room);
  }

  /** The list of a room whose history has these ends. @param read is called when there is none */
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
