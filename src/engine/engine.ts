import type { PageRequest } from "../protocol/page.ts";
import type { Moment } from "../room/moment.ts";
import type { Operation } from "../room/operation.ts";
import type { KeyMemory } from "../room/send-keys.ts";
import type { AssetStore } from "./assets.ts";
import type { HistoryMemory } from "./history-memory.ts";
import type { Outcome } from "./outcome.ts";
import type { Readable } from "./record.ts";
import type { Retention } from "./retention.ts";

/**
 * Decides what happens in the rooms. What an engine promises, whichever it is:
 *
 * - Order: one total order a room; the operations of a connection keep theirs.
 * - Durability: a message's outcome is delivered only after the message is stored.
 * - Uniqueness: of two claims on look-alike nicknames exactly one wins.
 * - Failure: when a batch cannot be stored, each of its messages is delivered as failed, in order, none of them is shown
 *   to anyone, and the engine goes on; once the store is back it works again without a restart. When the store does not
 *   say whether it has stored the batch, they are delivered as `store-lost` instead. What the batch has beside messages
 *   may stand or fail with them: that is up to the engine.
 * - Idempotence: a repeat of a key within ten minutes, by the same person, is answered with the first message, and
 *   nothing is stored; over a restart too.
 * - Sessions: a nickname of somebody who can resume outlives the connection by the grace, and outlives the process. Of two resumes
 *   with one hash exactly one wins.
 * - Every operation submitted has exactly one outcome, except those still waiting when a store hangs at the end.
 */
export interface Engine {
  /**
   * Takes a place in a room for a connection before it is accepted. Every place taken is given back by
   * one `leave` operation.
   *
   * @returns false when the room is not in memory and no more rooms may be
   */
  enter(room: string): boolean;

  /** Puts an operation into a room's queue. Its outcome is delivered later, never from within this call. */
  submit(room: string, operation: Operation): void;

  /**
   * The newest messages of a room, oldest first, as many as {@link RECENT_MOST} and {@link RECENT_BYTES} allow, for
   * somebody who only reads. Neither a room nor a file comes of it: a room in which nobody wrote has none. As long as
   * the history does not change the same list is given, so that what is made of it can be kept.
   *
   * @returns null when the engine ends; rejects as the store does
   */
  recent(room: string): Promise<readonly Readable[] | null>;

  /**
   * How much history must be fetched from the store to answer a request, in bytes, as far as can be told: 0 for what is
   * in memory.
   *
   * @param page null for the whole history, as version 2 asks for it
   */
  bytesToFetch(room: string, page: PageRequest | null): number;

  /** Rooms in memory. */
  readonly rooms: number;

  /** Nicknames kept for somebody without a connection. */
  readonly absent: number;

  /** Whether the newest attempt to store something, if any, went well. */
  readonly healthy: boolean;

  /** Where the servers that have these rooms, at once or one after the other, keep files of the page. */
  readonly assets: AssetStore;

  /** Ends every operation submitted so far, stores what is to be stored, and lets go of the store. */
  close(): Promise<void>;
}

/** What {@link Engine.recent} gives at most: messages, and bytes of their records. */
export const RECENT_MOST = 100;
export const RECENT_BYTES = 256 * 1024;

/** Of so many rooms the list is kept that was given last. */
export const RECENT_LISTS_MOST = 16;

/** Takes an ordered batch of outcomes of one room. */
export type Deliver = (room: string, outcomes: readonly Outcome[]) => void;

/** What engines tell the operator: for the log and the metrics. */
export interface EngineObserver {
  /** Something an operator should know: a repair, a file taken in. */
  notice(room: string, sentence: string): void;
  /** A fault, with its details. */
  fault(room: string, error: unknown): void;
  /** A batch of messages was stored. */
  stored(messages: number, durationMs: number): void;
}

/** What every engine needs to know. */
export interface EngineOptions {
  /** The most history one `get` is given, in bytes of JSON. */
  readonly getBudgetBytes: number;
  /** The most history held in memory, over all rooms, in bytes of JSON. */
  readonly historyMemoryBytes: number;
  /** Rooms in memory, at most. */
  readonly maxRooms: number;
  /** How long a nickname is kept for an absent member. */
  readonly graceMs: number;
  /** The same for those whose server has ended, from the moment on at which another one takes over. */
  readonly restartGraceMs: number;
  /** Keys of sends remembered, over all rooms. */
  readonly sendKeys: number;
  /** Sessions remembered after their end, in each room. */
  readonly pastSessions: number;
  readonly retention: Retention;
  /** Whether to believe a clock that is not where it is expected, so that old messages go at once. False if not given. */
  readonly trustClock?: boolean;
  readonly now: () => Moment;
  readonly deliver: Deliver;
  readonly observer: EngineObserver;
}

/** What the queue of a room needs of its engine. */
export interface RoomOptions
  extends Pick<
    EngineOptions,
    "deliver" | "observer" | "getBudgetBytes" | "now" | "graceMs" | "restartGraceMs" | "pastSessions"
  > {
  readonly name: string;
  readonly memory: HistoryMemory;
  readonly keyMemory: KeyMemory;
  /** Called whenever the queue has run empty. */
  readonly idle: () => void;
}
