import { readdirSync, rmSync } from "node:fs";
import { setPriority } from "node:os";
import { join } from "node:path";
import type { Subprocess } from "bun";
import { removeLeft } from "../engine/backup/backup.ts";
import { makeFolder } from "../engine/local/disk-file.ts";
import { errorCode, errorReason } from "../engine/local/fault.ts";
import type { Settings } from "../server/settings.ts";
import { ownCommand } from "./own-command.ts";

const LOOK_EVERY_MS = 60_000;
/** A backup that failed is tried again after this time, or sooner if they are made more often. */
const RETRY_MS = 60 * 60 * 1000;
/** The names of backups: when they were begun, in UTC. Files of any other name are left alone. */
const NAME = /^chat-(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d)Z\.tgz$/;
const LOW_PRIORITY = 10;

type Backups = NonNullable<Settings["backups"]>;

interface ScheduleEvents {
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
  readonly #args: readonly string[];
  readonly #events: ScheduleEvents;
  #timer: Timer | null = null;
  #running: Subprocess | null = null;
  #failedAt = Number.NEGATIVE_INFINITY;
  #isStopped = false;

  /** @param args the server's own arguments */
  constructor(backups: Backups, args: readonly string[], events: ScheduleEvents) {
    this.#backups = backups;
    this.#args = args;
    this.#events = events;
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
    if (this.#running === null && !this.#isStopped)
      void this.#makeIfDue().catch((error) => this.#fail(`${errorReason(error)}.`));
  }

  async #makeIfDue(): Promise<void> {
    if (this.#isDue) await this.#make();
  }

  get #isDue(): boolean {
    const { everyMs } = this.#backups;
    if (performance.now() - this.#failedAt < Math.min(everyMs, RETRY_MS)) return false;
    const newest = namesIn(this.#backups.folder).at(-1);
    // A clock that was set back must not stop them.
    return newest === undefined || Math.abs(Date.now() - timeOf(newest)) >= everyMs;
  }

  async #make(): Promise<void> {
    const { folder } = this.#backups;
    await makeFolder(folder);
    await removeLeft(folder, (name) => NAME.test(name));
    const file = join(folder, `chat-${new Date().toISOString().slice(0, 19).replaceAll(":", "-")}Z.tgz`);
    const child = Bun.spawn([...ownCommand(), ...this.#args, "backup", file], {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    this.#running = child;
    try {
      beModest(child.pid);
      const [out, err] = await Promise.all([
        new Response(child.stdout).text(),
        new Response(child.stderr).text(),
        child.exited,
      ]);
      if (this.#isStopped) return;
      if (child.exitCode !== 0) return this.#fail(err.trim().split("\n").at(-1) ?? "");
      this.#deleteOldest();
      this.#events.made(out.trim());
    } finally {
      this.#running = null;
    }
  }

  #fail(reason: string): void {
    this.#failedAt = performance.now();
    this.#events.failed(reason);
  }

  #deleteOldest(): void {
    const { folder, keep } = this.#backups;
    for (const name of namesIn(folder).slice(0, -keep)) rmSync(join(folder, name), { force: true });
  }
}

/** The backups in a folder, oldest first. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => NAME.test(name))
      .toSorted();
  } catch (error) {
    if (errorCode(error) === "ENOENT") return [];
    throw error;
  }
}

/** Unix milliseconds. */
function timeOf(name: string): number {
  return Date.parse(name.replace(NAME, "$1T$2:$3:$4Z"));
}

function beModest(pid: number): void {
  try {
    setPriority(pid, LOW_PRIORITY);
  } catch {
    // It is over already, or the system does not allow it.
  }
}
