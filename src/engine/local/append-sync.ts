import fs from "node:fs";
import type { FileHandle } from "node:fs/promises";

/**
 * When a message counts as stored: `always` after fdatasync; `batch` after the write, with an fdatasync at most a
 * second later (a power loss costs that second); `off` after the write, and the system decides when it reaches the
 * disk.
 */
export type FsyncMode = "always" | "batch" | "off";

const BATCH_SYNC_EVERY_MS = 1_000;
/** How long one sync may hold up the event loop; handing it to another thread costs about a third of that. */
const QUICK_SYNC_MS = 0.5;

/** Makes the appends to a file durable, as the mode demands. */
export class AppendSync {
  readonly mode: FsyncMode;
  /** The file that is appended to, undefined while there is none. It may become another one. */
  readonly #file: () => FileHandle | undefined;
  /** How long a sync has taken lately. Assumed to be slow until it is seen to be quick. */
  #syncMs = 20 * QUICK_SYNC_MS;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #background: Promise<void> | undefined;
  #hasFailed = false;
  #isClosed = false;

  constructor(mode: FsyncMode, file: () => FileHandle | undefined) {
    this.mode = mode;
    this.#file = file;
  }

  /** Whether acknowledged messages are not safe yet: nothing may be acknowledged before {@link sync} succeeds. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** Resolves when no sync runs in the background. Does not reject. */
  async idle(): Promise<void> {
    await this.#background;
  }

  /** The file was replaced by one that is durable as it is. */
  startOver(): void {
    this.#hasFailed = false;
  }

  /**
   * In the mode `always`, waits for the disk: for a quick disk on the spot, because handing the wait to another thread
   * costs more than the wait itself; for a slow one in the background, because nobody could be served meanwhile.
   */
  async appended(file: FileHandle): Promise<void> {
    if (this.mode !== "always") return;
    const startedAt = performance.now();
    if (this.#syncMs < QUICK_SYNC_MS) fs.fdatasyncSync(file.fd);
    else await file.datasync();
    // One slow sync among quick ones moves the wait to the background; it takes a good many quick ones to come back.
    this.#syncMs += (performance.now() - startedAt - this.#syncMs) / 8;
  }

  /** In the mode `batch`, makes what was appended durable within a second. */
  soon(): void {
    if (this.mode !== "batch" || this.#timer !== undefined || this.#isClosed) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      const file = this.#file();
      if (file !== undefined) this.#background = this.sync(file).catch(() => this.soon());
    }, BATCH_SYNC_EVERY_MS);
    this.#timer.unref();
  }

  async sync(file: FileHandle): Promise<void> {
    try {
      await file.datasync();
      this.#hasFailed = false;
    } catch (error) {
      this.#hasFailed = true;
      throw error;
    }
  }

  /** Starts no further sync by itself. */
  stop(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }
}
