import type { Notices } from "./notices.ts";

/** A backup that is late gets so long until its notice: whoever makes backups looks once a minute, and making one takes a while. */
const GRACE_MS = 5 * 60 * 1000;
/** With the newest backup older than so many intervals, one was missed. */
const LATE_INTERVALS = 2;

export interface BackupWatchContext {
  readonly notices: Notices;
  /** How often there should be a backup, and where they are. */
  readonly backups: { readonly everyMs: number; readonly folder: string };
  /** Unix milliseconds, as the machine's clock has them. */
  readonly now: () => number;
  /** Milliseconds of a clock that nobody can set. */
  readonly uptime: () => number;
}

/**
 * Knows how the scheduled backups get on, and raises a notice when one fails, or when there is none although nothing has failed:
 * because it hangs, say.
 */
export class BackupWatch {
  readonly #context: BackupWatchContext;
  #newestAt: number | null = null;
  #hasFailed = false;
  /** By the clock that nobody can set. */
  #lateSince: number | null = null;

  constructor(context: BackupWatchContext) {
    this.#context = context;
  }

  get everyMs(): number {
    return this.#context.backups.everyMs;
  }

  /** When the newest backup was begun, in Unix milliseconds; null if none is known. */
  get newestAt(): number | null {
    return this.#newestAt;
  }

  /** This backup is the newest one in the folder; null if that has none. */
  found(newestAt: number | null): void {
    this.#newestAt = newestAt;
    this.look();
  }

  /** A backup was made. */
  made(): void {
    this.#hasFailed = false;
    this.#context.notices.clear("backup");
    this.look();
  }

  /** @param reason one sentence */
  failed(reason: string): void {
    this.#hasFailed = true;
    this.#context.notices.raise("backup", { reason });
    this.look();
  }

  /** Must be called now and then: a backup that hangs tells nothing. */
  look(): void {
    const { notices, backups, uptime } = this.#context;
    this.#lateSince = this.#isLate ? (this.#lateSince ?? uptime()) : null;
    const isDue = this.#lateSince !== null && uptime() - this.#lateSince >= GRACE_MS;
    const { folder, everyMs } = backups;
    const newest = this.#newestAt === null ? {} : { newestAt: this.#newestAt };
    // Whoever knows why there is none need not be told that there is none.
    notices.set("late-backup", isDue && !this.#hasFailed ? { folder, everyMs, ...newest } : null);
  }

  get #isLate(): boolean {
    const { now, backups } = this.#context;
    // Also when the clock was set back.
    return this.#newestAt === null || Math.abs(now() - this.#newestAt) >= LATE_INTERVALS * backups.everyMs;
  }
}
