import type { FileHandle } from "node:fs/promises";
import type { StoredEvent } from "../record.ts";
import { writeAllNow } from "./disk-file.ts";
import { contentRange, isErased, spaces } from "./erase.ts";
import type { Line } from "./file-chunks.ts";
import { copiesOf, copiesWith, type ErasedText, eraseInCopy } from "./kept-aside.ts";

/** How often the files beside a history are searched for texts to erase. */
const COPIES_EVERY_MS = 20_000;

/** The history file in which is erased. */
export interface ErasableFile {
  /** Its real path, beside which copies are kept. */
  readonly path: string;
  /** The file as it is now; undefined while it is closed or must not be written to. */
  readonly file: () => FileHandle | undefined;
  /** Finds a message or an edit, and its line. */
  readonly find: (id: number) => Promise<{ event: StoredEvent; line: Line } | undefined>;
  /** Called right after each write. */
  readonly written: (file: FileHandle) => void;
  /** Whether what is written has to be durable. */
  readonly isSynced: boolean;
  /** Aborted when the file is to be closed. */
  readonly stop: AbortSignal;
}

/** Erases the contents of messages and edits that were replaced or deleted, in one history file and in the copies beside it. */
export class Eraser {
  readonly #history: ErasableFile;
  /** The ids of messages and edits whose contents have to be erased. */
  readonly #ids = new Set<number>();
  /** Those that were erased since a file was begun that is to take this one's place; null if there is none. */
  #meanwhile: number[] | null = null;
  /** How many files have taken this one's place. The same handle may lead to other contents after that. */
  #takeovers = 0;
  #running: Promise<void> | undefined;
  /** The files that are kept beside the history; null if they have to be looked for. */
  #copies: readonly string[] | null = null;
  /** When these were last searched, a time of `performance.now`. */
  #copiesReadAt = Number.NEGATIVE_INFINITY;

  constructor(history: ErasableFile) {
    this.#history = history;
  }

  /** Whether there is something to erase. */
  get hasWork(): boolean {
    return this.#ids.size > 0;
  }

  add(ids: Iterable<number>): void {
    for (const id of ids) this.#ids.add(id);
  }

  /** Another file may be kept beside the history now. */
  lookForCopies(): void {
    this.#copies = null;
  }

  /** A file is begun that is to take the place of the history. What is erased by then is not copied into it. */
  async begun(): Promise<void> {
    await this.run();
    this.#meanwhile = [];
  }

  /** That file has taken its place: what was erased meanwhile may have been copied before. */
  tookOver(): void {
    this.#takeovers++;
    this.add(this.#meanwhile ?? []);
  }

  /** There is no such file any more. */
  ended(): void {
    this.#meanwhile = null;
  }

  /**
   * Erases, durably. It may run beside everything else.
   *
   * @throws the system's error; then the rest may be tried again
   */
  run(): Promise<void> {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #run(): Promise<void> {
    for (;;) {
      const file = this.#history.file();
      if (this.#ids.size === 0 || file === undefined) return;
      const isCurrent = this.#sameContents(file);
      const ids = [...this.#ids];
      // First the copies: what is still in the history is erased again after a crash.
      await this.#eraseInCopies(ids);
      for (const id of ids) if (isCurrent()) await this.#erase(id, file, isCurrent);
      // A file that has been replaced may be closed.
      if (isCurrent() && this.#history.isSynced)
        await file.datasync().catch((error) => rethrowIf(isCurrent(), error));
      // The new file may have been copied before, so everything is erased in it again.
      if (isCurrent()) for (const id of ids) this.#ids.delete(id);
    }
  }

  /** @returns tells whether the file is still the history, with everything at the same place in it */
  #sameContents(file: FileHandle): () => boolean {
    const takeovers = this.#takeovers;
    return () => takeovers === this.#takeovers && file === this.#history.file();
  }

  async #erase(id: number, file: FileHandle, isCurrent: () => boolean): Promise<void> {
    const found = await this.#history.find(id);
    if (!isCurrent()) return;
    if (found !== undefined) this.#blank(file, found.line);
    this.#meanwhile?.push(id);
  }

  /** Nothing else may come between the write and the look at the file, by whose end it is recognised. */
  #blank(file: FileHandle, { text, offset }: Line): void {
    const line = Buffer.from(text);
    const range = contentRange(line);
    if (range === null || isErased(line, range)) return;
    writeAllNow(file, spaces(range), offset + range.from);
    this.#history.written(file);
  }

  /** Erases in the files that are kept beside the history. These may be long, so they are not read all the time. */
  async #eraseInCopies(ids: readonly number[]): Promise<void> {
    this.#copies ??= await copiesOf(this.#history.path);
    if (this.#copies.length === 0) return;
    const texts: ErasedText[] = [];
    for (const id of ids) texts.push(...textOf((await this.#history.find(id))?.event));
    const copies = await copiesWith(this.#copies, texts);
    if (copies.length === 0) return;
    const waitMs = this.#copiesReadAt + COPIES_EVERY_MS - performance.now();
    if (waitMs > 0) await this.#wait(waitMs);
    for (const copy of copies) await eraseInCopy(copy, texts);
    this.#copiesReadAt = performance.now();
  }

  /** Waits, but no longer than until the file is to be closed. */
  async #wait(ms: number): Promise<void> {
    const { stop } = this.#history;
    if (stop.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const end = () => resolve();
    const timer = setTimeout(end, ms);
    stop.addEventListener("abort", end);
    await promise;
    clearTimeout(timer);
    stop.removeEventListener("abort", end);
  }
}

/** The text of a message or an edit that is to be erased. */
function textOf(event: StoredEvent | undefined): ErasedText[] {
  if (event?.kind === "edit") return [{ name: null, content: event.content, time: event.time }];
  if (event?.kind !== "message") return [];
  const { name, content, time } = event.message;
  return [{ name, content, time }];
}

function rethrowIf(isMeant: boolean, error: unknown): void {
  if (isMeant) throw error;
}
