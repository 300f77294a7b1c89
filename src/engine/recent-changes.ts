import type { EventPlace } from "./archive.ts";
import type { MessageRecord } from "./record.ts";

/** How many changes are remembered at least, if there were so many. */
const KEPT_LEAST = 1_000;

/** A stored event: a new message, or a change and the message after it, if that is known here. */
export interface Taken {
  readonly place: EventPlace;
  readonly record: MessageRecord | null;
}

/**
 * The newest changes to messages of a room, and those of the messages that are not in memory otherwise. What was read from
 * the archive while changes went on is compared with them, so that no earlier state of a message is ever shown.
 */
export class RecentChanges {
  /** Oldest first: all changes with ids above `above`. */
  #places: EventPlace[] = [];
  #above: number;
  readonly #views = new Map<number, MessageRecord>();
  /** The newest changes to messages that are not known here as they were changed, by the ids of the messages. */
  readonly #unseen = new Map<number, number>();
  #bytes = 0;

  /** @param above the id of the newest event */
  constructor(above: number) {
    this.#above = above;
  }

  /** All changes with ids above this one are remembered. */
  get above(): number {
    return this.#above;
  }

  /** How much is in memory, in bytes of JSON. */
  get bytes(): number {
    return this.#bytes;
  }

  /** A message that was changed, as it is now, unless it is in memory elsewhere. */
  view(id: number): MessageRecord | undefined {
    return this.#views.get(id);
  }

  /** Notes a change. @param view the message after it; null if it is not known, or is in memory elsewhere */
  add(place: EventPlace, view: MessageRecord | null, isElsewhere: boolean): void {
    this.#places.push(place);
    if (place.of === null) return;
    this.#forget(place.of);
    if (view !== null && !isElsewhere) this.keepView(view);
    if (view === null) this.#unseen.set(place.of, place.id);
  }

  /** Notes a message that leaves memory elsewhere, if it was changed lately. */
  left(record: MessageRecord): void {
    if (this.#places.some(({ of }) => of === record.id)) this.keepView(record);
  }

  keepView(record: MessageRecord): void {
    this.#forget(record.id);
    this.#views.set(record.id, record.compact());
    this.#bytes += record.shownBytes;
  }

  /** Takes in older changes, which were read. @param above no others are between this id and those known already */
  prepend(places: readonly EventPlace[], above: number): void {
    this.#places = [...places.filter(({ id }) => id <= this.#above), ...this.#places];
    this.#above = Math.min(this.#above, above);
  }

  /** The changes with ids from `from` to `upTo`, the oldest `most`. */
  range(from: number, upTo: number, most: number): readonly EventPlace[] {
    const start = firstFrom(this.#places, from);
    const end = firstFrom(this.#places, upTo + 1);
    return this.#places.slice(start, Math.min(end, start + most));
  }

  /** Whether a message that was read may have been changed since. @param asOf the id of the newest event when it was read */
  isOutdated(id: number, asOf: number): boolean {
    return asOf < this.#above || (this.#unseen.get(id) ?? 0) > asOf;
  }

  /** Drops the oldest changes if there are too many. */
  trim(): void {
    if (this.#places.length <= 2 * KEPT_LEAST) return;
    const dropped = this.#places.splice(0, this.#places.length - KEPT_LEAST);
    this.#above = dropped.at(-1)?.id ?? this.#above;
    const still = new Set(this.#places.map(({ of }) => of));
    for (const id of [...this.#views.keys(), ...this.#unseen.keys()]) if (!still.has(id)) this.#forget(id);
  }

  #forget(id: number): void {
    this.#bytes -= this.#views.get(id)?.shownBytes ?? 0;
    this.#views.delete(id);
    this.#unseen.delete(id);
  }
}

/** The index of the first place with an id of at least `id`. */
function firstFrom(places: readonly EventPlace[], id: number): number {
  let low = 0;
  let high = places.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((places[middle]?.id ?? 0) >= id) high = middle;
    else low = middle + 1;
  }
  return low;
}
