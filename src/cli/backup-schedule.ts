import { readdir, rm } from "node:fs/promises";
import { setPriority } from "node:os";
import { join } from "node:path";
import type { Subprocess } from "bun";
import { removeLeft } from "../engine/backup/backup.ts";
import { makeFolder } from "../engine/local/disk-file.ts";
import { errorCode, errorReason } from "../engine/local/fault.ts";
import type { Settings } from "../server/settings.ts";

const LOOK_EVERY_MS = 60_000;
/** A backup that failed is tried again after this time, or sooner if they are made more often. */
const RETRY_MS = 60 * 60 * 1000;
/** A backup that takes longer hangs, and is given up. */
const LONGEST_MS = 24 * 60 * 60 * 1000;
/** The names of backups: when they were begun, in UTC. Files of any other name are left alone. */
const NAME = /^chat-(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d)Z\.tgz$/;
const LOW_PRIORITY = 10;

type Backups = NonNullable<Settings["backups"]>;

interface ScheduleEvents {
  /** This is the newest backup in the folder, in Unix milliseconds; null if that has none. */
  found(newestAt: number | null): void;
  /** A backup was made. */
  made(sentence: string): void;
  /** @param reason one sentence */
  failed(reason: string): void;
}

/**
 * Has backups made from time to time, each by a process of its own, so that the server has nothing to do with it. After each
 * one, the oldest are deleted; if none can be made, none is.
 */
export class BackupSchedule {
  readonly #backups: Backups;
  readonly #command: readonly string[];
  readonly #events: ScheduleEvents;
  readonly #longestMs: number;
  #timer: Timer | null = null;
  #running: Subprocess | null = null;
  #isLooking = false;
  #failedAt = Number.NEGATIVE_INFINITY;
  #isStopped = false;

  /** @param command makes a backup, with its file as one more argument, and says in one line what came of it */
  constructor(
    backups: Backups,
    command: readonly string[],
    events: ScheduleEvents,
    longestMs: number = LONGEST_MS,
  ) {
    this.#backups = backups;
    this.#command = command;
    this.#events = events;
    this.#longestMs = longestMs;
  }

  start(): void {
    this.#timer = setInterval(() => this.#look(), Math.min(LOOK_EVERY_MS, this.#backups.everyMs));
    this.#timer.unref();
    this.#look();
  }

  /** A backup that is being made is given up. */
  stop(): void {
    this.#isStopped = true;
    clearInterval(this.#timer ?? undefined);
    this.#running?.kill();
  }

  #look(): void {
    // A folder on a disk that hangs must not gather calls.
    if (this.#isLooking || this.#isStopped) return;
    this.#isLooking = true;
    void this.#makeIfDue()
      .catch((error) => this.#fail(`${errorReason(error)}.`))
      .finally(() => {
        this.#isLooking = false;
      });
  }

  async #makeIfDue(): Promise<void> {
    const { everyMs } = this.#backups;
    if (performance.now() - this.#failedAt < Math.min(everyMs, RETRY_MS)) return;
    const newestAt = await this.#findNewest();
    // A clock that was set back must not stop them.
    const isDue = newestAt === null || Math.abs(Date.now() - newestAt) >= everyMs;
    if (isDue && !this.#isStopped) await this.#make();
  }

  async #findNewest(): Promise<number | null> {
    const newest = (await namesIn(this.#backups.folder)).at(-1);
    const newestAt = newest === undefined ? null : timeOf(newest);
    this.#events.found(newestAt);
    return newestAt;
  }

  async #make(): Promise<void> {
    const { folder } = this.#backups;
    await makeFolder(folder);
    await removeLeft(folder, (name) => NAME.test(name));
    const file = join(folder, `chat-${new Date().toISOString().slice(0, 19).replaceAll(":", "-")}Z.tgz`);
    const child = Bun.spawn([...this.#command, file], {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    this.#running = child;
    const patience = setTimeout(() => child.kill("SIGKILL"), this.#longestMs);
    try {
      beModest(child.pid);
      const [out, err] = await Promise.all([
        new Response(child.stdout).text(),
        new Response(child.stderr).text(),
        child.exited,
      ]);
      if (this.#isStopped) return;
      if (child.exitCode !== 0) return this.#fail(err.trim().split("\n").at(-1) || endingOf(child));
      await this.#deleteOldest();
      await this.#findNewest();
      this.#events.made(out.trim());
    } finally {
      clearTimeout(patience);
      this.#running = null;
    }
  }

  #fail(reason: string): void {
    this.#failedAt = performance.now();
    this.#events.failed(reason);
  }

  async #deleteOldest(): Promise<void> {
    const { folder, keep } = this.#backups;
    for (const name of (await namesIn(folder)).slice(0, -keep)) await rm(join(folder, name), { force: true });
  }
}

/** The backups in a folder, oldest first. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => NAME.test(name)).toSorted();
  } catch (error) {
    if (errorCode(error) === "ENOENT") return [];
    throw error;
  }
}

/** Unix milliseconds. */
function timeOf(name: string): number {
  return Date.parse(name.replace(NAME, "$1T$2:$3:$4Z"));
}

/** What there is to say about a backup that has ended without a word. */
function endingOf({ exitCode, signalCode }: Subprocess): string {
  return signalCode === null
    ? `It ended with the code ${exitCode}.`
    : `It was ended by ${signalCode}: because it took too long, or because memory was short.`;
}

function beModest(pid: number): void {
  try {
    setPriority(pid, LOW_PRIORITY);
  } catch {
    // It is over already, or the system does not allow it.
  }
}
