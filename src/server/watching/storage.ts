import { statfs } from "node:fs/promises";
import type { Engine } from "../../engine/engine.ts";

/** What the files take is counted at most this often: there may be a hundred thousand. */
const SIZE_EVERY_MS = 60_000;

/** In bytes. */
export interface DiskSpace {
  /** What the server may still write. */
  readonly free: number;
  readonly size: number;
}

/** The room that the data takes, and that is left for it. */
export class Storage {
  readonly #engine: Pick<Engine, "size">;
  readonly #folder: string | null;
  #size: Promise<number | null> = Promise.resolve(null);
  #sizedAt = Number.NEGATIVE_INFINITY;

  /** @param folder of the history; null if that is in a database, whose disk is elsewhere */
  constructor(engine: Pick<Engine, "size">, folder: string | null) {
    this.#engine = engine;
    this.#folder = folder;
  }

  /** The disk with the history; null if there is none here, or if it cannot be looked at now. */
  async disk(): Promise<DiskSpace | null> {
    if (this.#folder === null) return null;
    try {
      const { bavail, blocks, bsize } = await statfs(this.#folder);
      return { free: bavail * bsize, size: blocks * bsize };
    } catch {
      // The history's own faults are told by the engine.
      return null;
    }
  }

  /** The bytes that the data takes, as counted within the last minute; null if they cannot be counted now. */
  data(): Promise<number | null> {
    const now = performance.now();
    if (now - this.#sizedAt >= SIZE_EVERY_MS) {
      this.#sizedAt = now;
      this.#size = this.#engine.size().catch(() => null);
    }
    return this.#size;
  }
}
