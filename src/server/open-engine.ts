import type { Engine } from "../engine/engine.ts";
import { LocalEngine } from "../engine/local/local.ts";
import type { Outcome } from "../engine/outcome.ts";
import { nameOfDatabase } from "../engine/postgres/database.ts";
import { PostgresEngine } from "../engine/postgres/postgres.ts";
import type { TimestampFormat } from "../protocol/timestamp.ts";
import type { Fanout } from "./fanout.ts";
import type { Reports } from "./reports.ts";
import type { Settings } from "./settings.ts";

/**
 * Opens the engine for the history that the settings name: a file, or a database that many servers share.
 *
 * @param stirred see `EngineOptions.stirred`
 * @throws JournalError or DatabaseError when it cannot be opened
 */
export function openEngine(
  settings: Settings,
  timestamps: TimestampFormat,
  fanout: Fanout,
  reports: Reports,
  stirred: (room: string | null) => void,
): Promise<Engine> {
  const { limits, getBudgetBytes, graceMs, restartGraceMs, database, dataFile, fsync } = settings;
  const options = {
    getBudgetBytes,
    historyMemoryBytes: limits.historyMemoryBytes,
    maxRooms: limits.maxRooms,
    graceMs,
    restartGraceMs,
    sendKeys: limits.sendKeys,
    pastSessions: limits.pastSessions,
    retention: settings.retention,
    people: settings.people,
    moderation: settings.moderation,
    pacesNewcomers: settings.raid.newcomers !== Number.POSITIVE_INFINITY,
    changes: settings.changes,
    webhooks: settings.webhooks,
    stirred,
    trustClock: settings.trustClock,
    now: () => {
      const time = Date.now();
      return { time, timestamp: timestamps.format(time) };
    },
    deliver: (room: string, outcomes: readonly Outcome[]) => fanout.deliver(room, outcomes),
    observer: reports,
  };
  return database === null
    ? LocalEngine.open({ ...options, dataFile, fsync, timeOf: (timestamp) => timestamps.parse(timestamp) })
    : PostgresEngine.open({ ...options, database, lost: () => fanout.endAll("store-lost") });
}

/** Where the history is, without secrets. */
export function historyOf({ database, dataFile }: Settings): string {
  return database === null ? dataFile : nameOfDatabase(database.url);
}
