import { version } from "../../package.json";
import { descriptorLimit, openDescriptors } from "./descriptors.ts";
import type { MetricsSource } from "./metrics.ts";
import type { ServerParts } from "./server-parts.ts";

/** What the gauges of the metrics show, read each time they are asked. */
export function gaugesOf({
  connections,
  sockets,
  engine,
  addresses,
  memory,
  certificate,
  storage,
  backups,
  notices,
  webhooks,
}: ServerParts): MetricsSource {
  const { moderation } = engine;
  return {
    version,
    get connections() {
      return connections.size;
    },
    get maxConnections() {
      return Number.isFinite(sockets.most) ? sockets.most : null;
    },
    get named() {
      return connections.named;
    },
    get absent() {
      return engine.absent;
    },
    get rooms() {
      return engine.rooms;
    },
    get addresses() {
      return addresses.size;
    },
    get pendingBytes() {
      return memory.pending.bytes;
    },
    get isHealthy() {
      return engine.healthy;
    },
    get certificateEndS() {
      return certificate === null ? null : certificate.current.validTo.getTime() / 1000;
    },
    get backupEveryS() {
      return backups === null ? null : backups.everyMs / 1000;
    },
    get backupNewestS() {
      return backups === null || backups.newestAt === null ? null : backups.newestAt / 1000;
    },
    get getMemoryBytes() {
      return memory.getMemory.bytes;
    },
    get moderation() {
      return moderation.totals(Date.now());
    },
    get notices() {
      const counts = new Map<string, number>();
      for (const { kind } of notices.list()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
      return counts;
    },
    get openDescriptors() {
      return openDescriptors();
    },
    get mostDescriptors() {
      return descriptorLimit();
    },
    disk: () => storage.disk(),
    data: () => storage.data(),
    get webhooksWaiting() {
      return webhooks.waiting;
    },
    get webhooksDisabled() {
      return webhooks.disabled;
    },
  };
}
