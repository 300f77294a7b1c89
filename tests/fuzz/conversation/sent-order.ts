import type { Origin } from "./text.ts";

/** When a message went out first and last, in Unix ms. */
export interface Outings {
  readonly first: number;
  readonly last: number;
}

/** A message of one sender that is stored. */
export interface Placed {
  readonly origin: Origin;
  readonly place: number;
  /** When it was stored, in Unix ms. */
  readonly time: number;
  /** Null for one that never goes out again. */
  readonly outings: Outings | null;
}

/**
 * The messages that are stored before one that was sent before them, without a reason for that.
 *
 * A send that was refused is not remembered, and may be sent again with its key (KEY-4). The SDK does so in slow mode, and wherever
 * the refusal was lost with the connection. A message that was on its way behind it is stored before it then, as the server was
 * told them in that order: the refused one has its place where it came again.
 *
 * @param sent in the order in which they were sent
 * @param mayBeRefused whether a send may have been refused between two moments, and be stored when it comes again
 */
export function overtakersAmong(
  sent: readonly Placed[],
  mayBeRefused: (from: number, to: number) => boolean,
): readonly Origin[] {
  const isFair = ({ outings: earlier }: Placed, { outings: later, time }: Placed) =>
    earlier !== null && later !== null && earlier.last >= later.first && mayBeRefused(earlier.first, time);
  return sent
    .filter((later, at) =>
      sent.slice(0, at).some((earlier) => earlier.place > later.place && !isFair(earlier, later)),
    )
    .map(({ origin }) => origin);
}
