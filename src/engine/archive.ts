import type { Message } from "../room/operation.ts";

/** All the messages of a room as they are stored. Texts are canonical records, see record.ts, oldest first. */
export interface Archive {
  /** The lowest id that is kept, 0 when there are no messages. */
  readonly firstId: number;
  /** The highest id that is kept, 0 when there are no messages. What is given has no id above it. */
  readonly lastId: number;
  /** Up to this id messages were taken away with all that there was, and not pruned; 0 when that never happened. */
  readonly emptiedTo: number;
  /** The newest messages that fit into a `get` reply of so many bytes. */
  tail(budgetBytes: number): Promise<string[]>;
  /** What a record takes on average, in bytes, as far as is known. */
  readonly averageBytes: number;
  /** The newest `count` of those with ids below `before`; fewer, but one at least, where they have more than so many bytes. */
  below(before: number, count: number, budgetBytes: number): Promise<string[]>;
  /** The oldest `count` of those with ids above `after`; fewer, but one at least, where they have more than so many bytes. */
  above(after: number, count: number, budgetBytes: number): Promise<string[]>;
  message(id: number): Promise<Message | undefined>;
}
