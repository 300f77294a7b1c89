import { REMEMBERED_MS } from "../protocol/limits.ts";

/** What is kept of each room's history; null: all of it. */
export interface Retention {
  readonly keepMs: number | null;
  readonly keepMessages: number | null;
  /** Past this size, in bytes as they are stored, the oldest go until it is {@link FULL_SHARE} of it. */
  readonly keepBytes: number | null;
  /** How often it is looked for what is not to be kept. */
  readonly everyMs: number;
}

/**
 * Messages younger than this are kept whatever else is said: a repeat of their keys is answered with them. The newest one
 * is kept as well, since ids go on from it.
 */
export const KEPT_AT_LEAST_MS = 2 * REMEMBERED_MS;

/** A history that was too large has some room afterwards: else it would have to be written anew all the time. */
export const FULL_SHARE = 0.9;

export function keepsAll({ keepMs, keepMessages, keepBytes }: Retention): boolean {
  return keepMs === null && keepMessages === null && keepBytes === null;
}
