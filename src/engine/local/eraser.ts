import type { FileHandle } from "node:fs/promises";
import type { StoredEvent } from "../record.ts";
import { type CopiedFile, CopyEraser } from "./copy-eraser.ts";
import { writeAllNow } from "./disk-file.ts";
import { contentRange, isErased, spaces } from "./erase.ts";
import type { Line } from "./file-chunks.ts";
import type { ErasedText } from "./kept-aside.ts";

/** The history file in which is erased. */
export interface ErasableFile extends CopiedFile {
  /** The file as it is now; undefined while it is closed or must not be written to. */
  readonly file: () => FileHandle | undefined;
  /** Finds a message or an edit, and its line. */
  readonly find: (id: number) => Promise<{ event: StoredEvent; line: Line } | undefined>;
  /** Called right after each write. */
  readonly written: (file: FileHandle) => void;
  /** Whether what is written has to be durable. */
  readonly isSynced: boolean;
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
  readonly #copies: CopyEraser;

  constructor(history: ErasableFile) {
    this.#history = history;
    this.#copies = new CopyEraser(history);
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
    this.#copies.lookAgain();
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
   * Erases, durably. It may run beside everything else. What goes wrong with a copy is a notice.
   *
   * @throws the system's error with the history itself; then the rest may be tried again
   */
  run(): Promise<void> {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Erases what is left, as far as that is possible. The next start does the rest. */
  async close(): Promise<void> {
    await this.run().catch(() => undefined);
    await this.#copies.close();
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

  async #eraseInCopies(ids: readonly number[]): Promise<void> {
    if (!(await this.#copies.any())) return;
    const texts: ErasedText[] = [];
    for (const id of ids) texts.push(...textOf((await this.#history.find(id))?.event));
    await this.#copies.erase(texts);
  }
}

/** The text of a message or an edit that is to be erased; none if it is blank already. */
function textOf(event: StoredEvent | undefined): ErasedText[] {
  if (event?.kind !== "message" && event?.kind !== "edit") return [];
  const text: ErasedText = event.kind === "message" ? { ...event.message, kind: event.kind } : event;
  return /[^ ]/.test(text.content) ? [text] : [];
}

function rethrowIf(isMeant: boolean, error: unknown): void {
  if (isMeant) throw error;
}
