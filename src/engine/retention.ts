import { REMEMBERED_MS } from "../protocol/limits.ts";
import { keptDays, type RoomSettings } from "../room/room-settings.ts";

/** How much of each room's history is kept; null means all of it. */
export interface Retention {
  readonly keepMs: number | null;
  readonly keepMessages: number | null;
  /** Beyond this size, in stored bytes, the oldest messages are dropped until {@link FULL_SHARE} of it is left. */
  readonly keepBytes: number | null;
  /** How often expired messages are looked for. */
  readonly everyMs: number;
}

/**
 * Messages younger than this are always kept, because a repeat of their keys is answered with them. The newest message
 * is always kept as well, since ids continue from it.
 */
export const KEPT_AT_LEAST_MS = 2 * REMEMBERED_MS;

/** Pruning a history that is too large leaves some room: otherwise it would have to be rewritten all the time. */
export const FULL_SHARE = 0.9;

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * What is kept of a room in which owners have set for how long: never more than the chat keeps.
 *
 * @param now Unix milliseconds
 */
export function retentionIn(retention: Retention, settings: RoomSettings, now: number): Retention {
  const days = keptDays(settings, now);
  if (days === null) return retention;
  return { ...retention, keepMs: Math.min(retention.keepMs ?? Number.POSITIVE_INFINITY, days * DAY_MS) };
}

export function keepsAll({ keepMs, keepMessages, keepBytes }: Retention): boolean {
  return keepMs === null && keepMessages === null && keepBytes === null;
}
