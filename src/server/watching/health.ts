import { version } from "../../../package.json";
import type { Engine } from "../../engine/engine.ts";
import type { HealthKeys } from "../../protocol/kinds/health.ts";
import type { Metrics } from "../metrics.ts";
import type { BackupWatch } from "./backup-watch.ts";
import { type Notices, noticeKeys } from "./notices.ts";
import type { Storage } from "./storage.ts";

export interface HealthContext {
  readonly engine: Pick<Engine, "healthy" | "rooms" | "moderation">;
  readonly connections: { readonly size: number; readonly named: number };
  /** How many sockets there may be; infinite if that is unlimited. */
  readonly sockets: { readonly most: number };
  readonly metrics: Pick<Metrics, "messagesStored">;
  readonly storage: Storage;
  readonly notices: Notices;
  /** Null: the server makes no backups. */
  readonly backups: Pick<BackupWatch, "everyMs" | "newestAt"> | null;
}

/** How the server is, at a glance, for owners. */
export class Health {
  readonly #context: HealthContext;

  constructor(context: HealthContext) {
    this.#context = context;
  }

  async now(): Promise<HealthKeys> {
    const { engine, connections, sockets, metrics, storage, notices, backups } = this.#context;
    const now = Date.now();
    const { reports, held, raids } = engine.moderation.totals(now);
    const [disk, data, messages] = await Promise.all([
      storage.disk(),
      storage.data(),
      metrics.messagesStored(),
    ]);
    return {
      version,
      started: Math.round(performance.timeOrigin),
      now,
      healthy: engine.healthy,
      people: connections.named,
      connections: connections.size,
      ...(Number.isFinite(sockets.most) ? { maxConnections: sockets.most } : {}),
      rooms: engine.rooms,
      messages,
      memory: process.memoryUsage.rss(),
      ...(disk === null ? {} : { disk }),
      ...(data === null ? {} : { data }),
      ...(backups === null ? {} : { backup: backupKeys(backups) }),
      reports,
      held,
      raids,
      notices: notices.list().map(noticeKeys),
    };
  }
}

function backupKeys({
  everyMs,
  newestAt,
}: Pick<BackupWatch, "everyMs" | "newestAt">): NonNullable<HealthKeys["backup"]> {
  return { every: everyMs, ...(newestAt === null ? {} : { newest: newestAt }) };
}
