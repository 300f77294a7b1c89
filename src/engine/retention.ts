import { REMEMBERED_MS } from "../protocol/limits.ts";

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

export function keepsAll({ keepMs, keepMessages, keepBytes }: Retention): boolean {
  return keepMs === null && keepMessages === null && keepBytes === null;
}
