import type { Engine } from "../../engine/engine.ts";
import type { ModerationLimits } from "../../engine/moderation.ts";
import { BY_COMMAND } from "../../engine/webhook.ts";
import type { BackupWatch } from "./backup-watch.ts";
import { endOfSupport } from "./node-support.ts";
import type { Notices } from "./notices.ts";
import type { Storage } from "./storage.ts";

/** How often the watch should look. */
export const WATCH_EVERY_MS = 10_000;
/** A clock that is set by so much was not just adjusted. */
const JUMP_MS = 60_000;
const DAY_MS = 24 * 60 * 60 * 1000;
/** What has happened once is told for this long. */
const JUMP_TOLD_MS = DAY_MS;
const LIMIT_TOLD_MS = 60 * 60 * 1000;
const NODE_WARN_BEFORE_MS = 30 * DAY_MS;

export interface WatchContext {
  readonly notices: Notices;
  readonly engine: Pick<Engine, "healthy" | "moderation" | "webhooks">;
  readonly storage: Pick<Storage, "disk">;
  /** Null: the server makes no backups. */
  readonly backups: Pick<BackupWatch, "look"> | null;
  readonly lowDiskBytes: number;
  readonly moderation: Pick<ModerationLimits, "reports" | "held">;
  /** The version of the Node.js that has started the server; null if none has. */
  readonly nodeVersion: string | null;
  /** Unix milliseconds, as the machine's clock has them. */
  readonly now: () => number;
  /** Milliseconds of a clock that nobody can set. */
  readonly uptime: () => number;
}

/** Looks now and then at what nobody else notices, and raises notices about it. */
export class OperatorWatch {
  readonly #context: WatchContext;
  /** How far the two clocks were apart. */
  #apartMs: number;

  constructor(context: WatchContext) {
    this.#context = context;
    this.#apartMs = context.now() - context.uptime();
  }

  /** Should be called every {@link WATCH_EVERY_MS}. Never rejects. */
  async look(): Promise<void> {
    this.#lookAtClock();
    this.#lookAtNode();
    this.#lookAtModeration();
    this.#lookAtWebhooks();
    const { engine, notices, backups } = this.#context;
    backups?.look();
    notices.set("store", engine.healthy ? null : {});
    await this.#lookAtDisk();
    notices.tend();
  }

  #lookAtClock(): void {
    const { now, uptime, notices } = this.#context;
    const apartMs = now() - uptime();
    const byMs = Math.round(apartMs - this.#apartMs);
    this.#apartMs = apartMs;
    if (Math.abs(byMs) >= JUMP_MS) notices.raise("clock", { byMs }, { lapsesAfterMs: JUMP_TOLD_MS });
  }

  #lookAtNode(): void {
    const { nodeVersion: version, notices, now } = this.#context;
    const endsAt = version === null ? null : endOfSupport(version);
    const isDue = version !== null && endsAt !== null && now() > endsAt - NODE_WARN_BEFORE_MS;
    notices.set("node", isDue ? { version, endsAt } : null);
  }

  #lookAtModeration(): void {
    const { engine, moderation, notices, now } = this.#context;
    const { most } = engine.moderation.totals(now());
    for (const [option, waiting, limit] of [
      ["max-reports", most.reports, moderation.reports],
      ["max-held", most.held, moderation.held],
    ] as const)
      if (waiting >= limit) limitReached(notices, option, limit);
  }

  #lookAtWebhooks(): void {
    const { engine, notices } = this.#context;
    const disabled = new Map(
      engine.webhooks.list().flatMap(({ id, label, disabled: end }) =>
        // What the operator has disabled is no news.
        end === null || end.reason === BY_COMMAND ? [] : [[id, { label, reason: end.reason }] as const],
      ),
    );
    for (const { kind, about } of notices.list())
      if (kind === "webhook" && !disabled.has(about)) notices.clear(kind, about);
    for (const [about, values] of disabled) notices.raise("webhook", values, { about });
  }

  async #lookAtDisk(): Promise<void> {
    const { storage, notices, lowDiskBytes } = this.#context;
    const disk = await storage.disk();
    notices.set("disk", disk !== null && disk.free < lowDiskBytes ? { freeBytes: disk.free } : null);
  }
}

/** A limit on the whole server has kept somebody out. @param option its name, such as `max-rooms` */
export function limitReached(notices: Notices, option: string, most: number): void {
  notices.raise("limit", { most }, { about: option, lapsesAfterMs: LIMIT_TOLD_MS });
}
