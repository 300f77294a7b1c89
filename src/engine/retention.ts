import { REMEMBERED_MS } from "../protocol/limits.ts";

/** What is kept of each room's history; null: all of it. */
export interface Retention {
  readonly keepMs: number | null;
  readonly keepMessages: number | null;
  /** How often it is looked for what is not to be kept. */
  readonly everyMs: number;
}

/**
 * Messages younger than this are kept whatever else is said: a repeat of their keys is answered with them. The newest one
 * is kept as well, since ids go on from it.
 */
export const KEPT_AT_LEAST_MS = 2 * REMEMBERED_MS;

export function keepsAll({ keepMs, keepMessages }: Retention): boolean {
  return keepMs === null && keepMessages === null;
}
