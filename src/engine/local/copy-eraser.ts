import { setTimeout as sleep } from "node:timers/promises";
import { errorCode, errorReason } from "./fault.ts";
import { copiesOf, type ErasedText, eraseInCopy, mayHave } from "./kept-aside.ts";

/** How often the files beside a history are searched for texts to erase. */
const EVERY_MS = 20_000;
/** The most that is remembered for a copy that cannot be written to, in characters. */
const OWED_MOST = 256 * 1024;

/** The history whose copies these are. */
export interface CopiedFile {
  /** Its real path, beside which copies are kept. */
  readonly path: string;
  /** Takes sentences for the log. */
  readonly notice: (sentence: string) => void;
  /** Aborted when the history is to be closed. */
  readonly stop: AbortSignal;
}

/**
 * Erases texts in the copies that are kept beside a history. A copy that cannot be read or written to holds nothing else up:
 * what is to be erased in it is remembered, within limits, until the process ends, and tried again.
 */
export class CopyEraser {
  readonly #history: CopiedFile;
  /** Null if they have to be looked for. */
  #copies: readonly string[] | null = null;
  /** When they were last searched, a time of `performance.now`. */
  #searchedAt = Number.NEGATIVE_INFINITY;
  /** The texts that could not be erased, by the path of the copy. */
  readonly #owed = new Map<string, readonly ErasedText[]>();
  /** The paths of which the log tells that something is wrong with them. */
  readonly #told = new Set<string>();
  #running: Promise<void> = Promise.resolve();
  #timer: Timer | undefined;

  constructor(history: CopiedFile) {
    this.#history = history;
  }

  /** Another copy may have been made. */
  lookAgain(): void {
    this.#copies = null;
  }

  /** Whether there are copies. */
  async any(): Promise<boolean> {
    return (await this.#found()).length > 0;
  }

  /** Erases texts, and what is owed. It waits if the copies were just searched. Does not reject. */
  erase(texts: readonly ErasedText[]): Promise<void> {
    this.#running = this.#running.then(() => this.#erase(texts));
    return this.#running;
  }

  /** Tries for the last time to erase what is owed. Call it when the history is to be closed. */
  async close(): Promise<void> {
    await this.erase([]);
    clearTimeout(this.#timer);
  }

  async #erase(texts: readonly ErasedText[]): Promise<void> {
    const due = new Map<string, readonly ErasedText[]>();
    for (const copy of await this.#found()) {
      const all = [...(this.#owed.get(copy) ?? []), ...(await mayHave(copy, texts))];
      if (all.length > 0) due.set(copy, all);
    }
    if (due.size === 0) return;
    const waitMs = this.#searchedAt + EVERY_MS - performance.now();
    if (waitMs > 0) await sleep(waitMs, undefined, { signal: this.#history.stop }).catch(() => undefined);
    for (const [copy, all] of due) await this.#eraseIn(copy, all);
    this.#searchedAt = performance.now();
  }

  async #eraseIn(copy: string, texts: readonly ErasedText[]): Promise<void> {
    this.#owed.delete(copy);
    try {
      await eraseInCopy(copy, texts);
    } catch (error) {
      // The operator may delete it at any time.
      if (errorCode(error) === "ENOENT") return;
      this.#owed.set(copy, bounded(texts));
      this.#tell(
        copy,
        `Texts that were deleted or replaced cannot be erased in ${copy} (${errorReason(error)}). The server tries again until it is stopped, and does not know them afterwards: let it write to the file, or delete the file.`,
      );
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        void this.erase([]);
      }, EVERY_MS).unref();
    }
  }

  async #found(): Promise<readonly string[]> {
    try {
      this.#copies ??= await copiesOf(this.#history.path);
    } catch (error) {
      this.#tell(
        "",
        `Copies of the history file ${this.#history.path} cannot be looked for (${errorReason(error)}): texts that are deleted are not erased in them.`,
      );
    }
    return this.#copies ?? [];
  }

  #tell(path: string, sentence: string): void {
    if (!this.#told.has(path)) this.#history.notice(sentence);
    this.#told.add(path);
  }
}

/** The first of some texts, as many as may be remembered. */
function bounded(texts: readonly ErasedText[]): ErasedText[] {
  let room = OWED_MOST;
  return texts.filter(({ content }) => {
    room -= content.length + 100;
    return room >= 0;
  });
}
