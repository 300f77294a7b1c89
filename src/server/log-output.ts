import { write } from "node:fs";

const GATHER_MS = 100;
const GATHER_LENGTH = 32 * 1024;
/** The most that is passed to the system at once. */
const SLICE_BYTES = 64 * 1024;
/** When to retry a write that has failed: the disk is full, or the reader is gone. */
const RETRY_MS = 1_000;
/** The same for a full pipe that does not block. */
const RETRY_FULL_PIPE_MS = 100;
const LINE_BREAK = 0x0a;

/**
 * Lines on their way to a file descriptor, which may be slow, stalled, full or gone: the server never waits for it, and
 * the lines that wait are bounded. Lines past the bound are lost, and counted.
 *
 * One write at a time is on its way, on a thread of the pool: a pipe that nobody reads blocks that thread, and neither
 * the chat nor its end. Lines are gathered, since a write for each costs more than everything else about a line.
 */
export class LogOutput {
  readonly #fd: number;
  readonly #mostLength: number;
  readonly #reportLost: (lost: number) => void;
  #lines = "";
  /** What is being written, and how much of it has been. */
  #bytes = Buffer.alloc(0);
  #at = 0;
  #lost = 0;
  #isReporting = false;
  #waiting: (() => void)[] = [];

  /**
   * @param mostLength what may wait, in characters
   * @param reportLost called when lines can be written again after some were lost, to write a line that says so
   */
  constructor(fd: number, mostLength: number, reportLost: (lost: number) => void) {
    this.#fd = fd;
    this.#mostLength = mostLength;
    this.#reportLost = reportLost;
    setInterval(() => this.#pass(), GATHER_MS).unref();
  }

  /** @returns false when the lines are lost */
  write(lines: string): boolean {
    const length = this.#bytes.length + this.#lines.length + lines.length;
    if (!this.#isReporting && (this.#lost > 0 || length > this.#mostLength)) {
      this.#lost++;
      return false;
    }
    this.#lines += lines;
    if (this.#lines.length > GATHER_LENGTH) this.#pass();
    return true;
  }

  /** Resolves when the system has all lines, which may be never. */
  flush(): Promise<void> {
    this.#pass();
    if (this.#isIdle) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  get #isIdle(): boolean {
    return this.#bytes.length === 0;
  }

  #pass(): void {
    if (!this.#isIdle || this.#lines === "") return;
    this.#bytes = Buffer.from(this.#lines);
    this.#at = 0;
    this.#lines = "";
    this.#writeOn();
  }

  #writeOn(): void {
    const length = Math.min(SLICE_BYTES, this.#bytes.length - this.#at);
    write(this.#fd, this.#bytes, this.#at, length, null, (error, written) => {
      if (error === null) this.#written(written);
      else this.#failed(error);
    });
  }

  #written(count: number): void {
    this.#at += count;
    if (this.#at < this.#bytes.length) {
      this.#writeOn();
      return;
    }
    this.#bytes = Buffer.alloc(0);
    // What came before the gap is written before the line about it.
    this.#pass();
    this.#report();
    this.#pass();
    if (this.#isIdle) for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #failed(error: NodeJS.ErrnoException): void {
    // The next reader begins with a whole line.
    if (error.code === "EPIPE") this.#at = this.#bytes.subarray(0, this.#at).lastIndexOf(LINE_BREAK) + 1;
    const isFullPipe = error.code === "EAGAIN";
    setTimeout(() => this.#writeOn(), isFullPipe ? RETRY_FULL_PIPE_MS : RETRY_MS).unref();
  }

  #report(): void {
    if (this.#lost === 0) return;
    const lost = this.#lost;
    this.#lost = 0;
    this.#isReporting = true;
    this.#reportLost(lost);
    this.#isReporting = false;
  }
}
