import type { RetrySettings } from "./webhook-settings.ts";

/** Each wait is so many times the one before. */
const GROWTH = 3;
/** Waits differ by this share, so that not all of what has failed together comes together. */
const JITTER = 0.2;

/**
 * How long to wait after a number of attempts, in milliseconds.
 *
 * @param wantedMs how long the receiver has asked for, null if it has not; longer waits than at most are not granted
 * @param random 0 to 1
 */
export function waitAfter(
  attempts: number,
  wantedMs: number | null,
  { firstMs, mostMs }: RetrySettings,
  random: number,
): number {
  const grown = Math.min(mostMs, firstMs * GROWTH ** Math.min(attempts - 1, 50));
  const spread = grown * (1 - JITTER * random);
  return Math.min(mostMs, Math.max(spread, wantedMs ?? 0));
}
