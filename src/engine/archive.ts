import type { MessageRecord } from "./record.ts";

/** All stored messages of a room, oldest first. */
export interface Archive {
  /** The id of the oldest message that is kept, 0 if there is none. */
  readonly firstId: number;
  /** The id of the newest message, 0 if there is none. Reads never return a message with a higher id. */
  readonly lastId: number;
  /** All messages up to this id were removed together, and not by pruning; 0 if that never happened. */
  readonly emptiedTo: number;
  /** The newest messages that fit into a `get` reply of `budgetBytes`. */
  tail(budgetBytes: number): Promise<MessageRecord[]>;
  /** The average size of a message in bytes, as far as known. */
  readonly averageBytes: number;
  /**
   * The newest `count` messages with ids below `before`; fewer, but at least one, if they would take more than
   * `budgetBytes`.
   */
  below(before: number, count: number, budgetBytes: number): Promise<MessageRecord[]>;
  /**
   * The oldest `count` messages with ids above `after`; fewer, but at least one, if they would take more than
   * `budgetBytes`.
   */
  above(after: number, count: number, budgetBytes: number): Promise<MessageRecord[]>;
  message(id: number): Promise<MessageRecord | undefined>;
}
