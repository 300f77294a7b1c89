/** Moderation in memory only, for tests of what asks about it. */
import { Database } from "bun:sqlite";
import {
  applyAll,
  ModerationFileRows,
  makeTables,
  readSince,
} from "../../src/engine/local/moderation-tables.ts";
import { MODERATION_LIMITS, type ModerationLimits } from "../../src/engine/moderation.ts";
import type { ModerationRows } from "../../src/engine/moderation-rows.ts";
import type { ModerationStep } from "../../src/engine/moderation-rules.ts";
import { ModerationView } from "../../src/engine/moderation-view.ts";
import type { Decide } from "../../src/engine/shared-store.ts";
import { StoredModeration } from "../../src/engine/stored-moderation.ts";
import { DEFAULT_SETTINGS } from "../../src/room/room-settings.ts";
import type { RoomModeration } from "../../src/room/state.ts";

/** A room in which moderators have done nothing. */
export const UNMODERATED: RoomModeration = {
  sanctionOf: () => undefined,
  settings: () => DEFAULT_SETTINGS,
  raid: () => undefined,
  pacesNewcomers: true,
};

/** @param now Unix milliseconds */
export function moderationInMemory(
  limits: ModerationLimits = MODERATION_LIMITS,
  now = () => 0,
): StoredModeration {
  const database = new Database(":memory:");
  makeTables(database);
  const rows = new ModerationFileRows(database);
  const view = new ModerationView();
  view.apply(readSince(database, -1));
  const change = async <T>(decide: Decide<ModerationRows, ModerationStep, T>): Promise<T> => {
    const { changes, result } = await decide(rows);
    if (changes.length > 0) applyAll(database, changes, view.revision + 1);
    view.apply(readSince(database, view.revision));
    return result;
  };
  const store = {
    change,
    read: <T>(work: (rows: ModerationRows) => Promise<T>) => work(rows),
    close: async () => database.close(),
  };
  return new StoredModeration({ store, view, limits, now });
}
