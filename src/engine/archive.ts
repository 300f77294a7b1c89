import type { MessageRecord } from "./record.ts";

/** All the messages of a room as they are stored, oldest first. */
export interface Archive {
  /** The id of the oldest message that is kept, 0 when there is none. */
  readonly firstId: number;
  /** The id of the newest message, 0 when there is none. No read gives a message with an id above it. */
  readonly lastId: number;
  /** All messages up to this id were removed together, and not by pruning; 0 when that never happened. */
  readonly emptiedTo: number;
  /** The newest messages that fit into a `get` reply of `budgetBytes`. */
  tail(budgetBytes: number): Promise<MessageRecord[]>;
  /** The average size of a message, in bytes, as far as it is known. */
  readonly averageBytes: number;
  /**
   * The newest `count` messages with ids below `before`. Fewer, but at least one, where they would take more than
   * `budgetBytes`.
   */
  below(before: number, count: number, budgetBytes: number): Promise<MessageRecord[]>;
  /**
   * The oldest `count` messages with ids above `after`. Fewer, but at least one, where they would take more than
   * `budgetBytes`.
   */
  above(after: number, count: number, budgetBytes: number): Promise<MessageRecord[]>;
  message(id: number): Promise<MessageRecord | undefined>;
}
