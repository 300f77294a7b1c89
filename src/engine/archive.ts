import type { MessageRecord } from "./record.ts";

/** Something that is stored: a message, or a change to one. */
export interface EventPlace {
  readonly id: number;
  /** Unix ms. */
  readonly time: number;
  /** The message that a change concerns; null for a message, and for a change that this version does not know. */
  readonly of: number | null;
}

/** Events that follow each other, and the messages that they are or concern. */
export interface EventRun {
  /** Oldest first. */
  readonly events: readonly EventPlace[];
  /** By id, as they are now. A message that is not kept any more is missing. */
  readonly messages: ReadonlyMap<number, MessageRecord>;
}

/** All stored messages of a room, oldest first. All reads give messages as they are now, after all changes to them. */
export interface Archive {
  /** The id of the oldest message that is kept, 0 if there is none. */
  readonly firstId: number;
  /** The id of the newest message, 0 if there is none. Reads never return a message with a higher id. */
  readonly lastId: number;
  /** The id of the newest event, 0 if there is none. */
  readonly lastEventId: number;
  /** All messages up to this id were removed together, and not by pruning; 0 if that never happened. */
  readonly emptiedTo: number;
  /** The newest messages that fit into a `get` reply of version 2, of `budgetBytes`, and deleted ones between them. */
  tail(budgetBytes: number): Promise<MessageRecord[]>;
  /** The average size of a message in bytes, as far as known. */
  readonly averageBytes: number;
  /**
   * The newest `count` messages with ids below `before`; fewer, but at least one, if they would take more than
   * `budgetBytes`.
   */
  below(before: number, count: number, budgetBytes: number): Promise<MessageRecord[]>;
  /**
   * The oldest `count` events with ids from `from` on; fewer, but at least one, if they and what they concern would take
   * more than `budgetBytes`.
   */
  events(from: number, count: number, budgetBytes: number): Promise<EventRun>;
  /**
   * Finds where the messages since a moment (Unix ms) begin, by a binary search: the id of a message that is not older, while the
   * one before it, if there is one, is. Where a clock was set back there may be several such messages.
   *
   * @returns null if all messages are older
   */
  firstSince(time: number): Promise<number | null>;
  message(id: number): Promise<MessageRecord | undefined>;
}
