import type { PageRequest } from "../protocol/page.ts";
import type { ChangeLimits } from "../room/change-limits.ts";
import type { Moment } from "../room/moment.ts";
import type { Message, Operation, OwnOperation } from "../room/operation.ts";
import type { Arrival, Found } from "../room/past-members.ts";
import type { KeyMemory } from "../room/send-keys.ts";
import type { RoomModeration } from "../room/state.ts";
import type { AssetStore } from "./assets.ts";
import type { HistoryMemory } from "./history-memory.ts";
import type { Moderation, ModerationLimits, NewHeld } from "./moderation.ts";
import type { Outcome, Performed } from "./outcome.ts";
import type { People, PeopleLimits } from "./people.ts";
import type { Readable } from "./record.ts";
import type { RemovedTexts } from "./removed-texts.ts";
import type { Retention } from "./retention.ts";
import type { WebhookLimits } from "./webhook.ts";
import type { Webhooks } from "./webhooks.ts";

/**
 * Decides what happens in the rooms. Every engine promises:
 *
 * - Order: each room has one total order, which preserves the order of each connection's operations.
 * - Durability: a message's outcome is delivered only after the message is stored.
 * - Uniqueness: of two requests for look-alike nicknames exactly one succeeds.
 * - Failure: when a batch cannot be stored, each of its messages is delivered as failed, in order, none of them is
 *   shown to anyone, and the engine goes on; once the store is back it works again without a restart. If it is unknown
 *   whether the store has stored the batch, they are delivered as `store-lost` instead. Whether the other operations of
 *   the batch succeed or fail with the messages is up to the engine.
 * - Idempotence: a repeat of a key within ten minutes, by the same identity, is answered with the first message, and
 *   nothing is stored; this holds across a restart.
 * - Sessions: the nickname of a client that can resume outlives the connection by the grace, and outlives the process.
 *   Of two resumes with one hash exactly one succeeds.
 * - Every submitted operation has exactly one outcome, except those still waiting if the store hangs when the engine
 *   ends.
 */
export interface Engine {
  /**
   * Reserves a place in a room for a connection before it is accepted. One `leave` operation gives the place back.
   *
   * @returns false if the room is not in memory and there may be no more rooms
   */
  enter(room: string): boolean;

  /** Puts an operation into a room's queue. Its outcome is delivered later, never during this call. */
  submit(room: string, operation: Operation): void;

  /**
   * Does what the server itself does in a room, which is opened for that, and resolves once it is stored and delivered. It
   * goes by steps, so that others hardly wait. After a step that could not be stored, or when the engine ends, the others are
   * not tried. Rejects if the engine has begun to end.
   */
  perform(room: string, operations: readonly OwnOperation[]): Promise<Performed>;

  /**
   * The newest messages of a room, oldest first, as many as {@link RECENT_MOST} and {@link RECENT_BYTES} allow, for
   * someone who only reads. Creates neither a room nor a file: a room in which nobody has written is empty. As long as
   * the history does not change, the same list is returned, so that callers can cache what they derive from it.
   *
   * @returns null if the engine is closing; rejects if the store fails
   */
  recent(room: string): Promise<readonly Readable[] | null>;

  /**
   * Whom a moderator means: the author of a message, whoever has a nickname or one that looks like it, or a person. Networks
   * are known of people who are members of the room, or were within the last hour, as far as this server has the room in
   * memory; so are nicknames and people.
   *
   * @returns null if nobody is found; rejects if the store fails
   */
  find(room: string, whom: Whom): Promise<FoundPerson | null>;

  /** The members of a room in the order in which they registered; none if the room is not in memory. */
  present(room: string): readonly Arrival[];

  /** The members of a room, and those who have left it within the last hour, as far as this server knows. */
  arrivals(room: string): readonly Arrival[];

  /** The rooms in memory that have members. */
  inhabited(): readonly string[];

  /**
   * The ids of messages of these authors that were sent at or after a moment (Unix milliseconds) and not deleted, newest
   * first. Rejects if the store fails.
   */
  messagesBy(
    room: string,
    persons: ReadonlySet<string>,
    since: number,
    limit: number,
  ): Promise<readonly number[]>;

  /**
   * The messages of an author that are not deleted, newest first. Rejects if the store fails.
   *
   * @param before only those with ids below this one; null for the newest
   */
  writtenBy(room: string, person: string, before: number | null, limit: number): Promise<readonly Message[]>;

  /**
   * Gives the messages that a moderator's action has removed their contents again, where they were. That is possible for ten
   * minutes, at the server that has removed them.
   *
   * What could not be restored can be tried again.
   *
   * @param action the id of the removal
   * @param by the public id of the one who undoes it
   * @returns how many messages are restored, and whether that is all
   */
  restore(room: string, action: string, by: string): Promise<Restored>;

  /**
   * An estimate, in bytes, of how much history must be fetched from the store to answer a request; 0 if it is in
   * memory.
   *
   * @param page null for the whole history, which version 2 requests
   */
  bytesToFetch(room: string, page: PageRequest | null): number;

  /** Whether a room has a history: somebody has written in it. Opens nothing. Rejects if the store fails. */
  hasHistory(room: string): Promise<boolean>;

  /**
   * How many have a nickname in each of these rooms, over all servers; absent members count. Rooms in which nobody has one
   * may be missing. Opens nothing. Rejects if the store fails.
   */
  headcounts(rooms: readonly string[]): Promise<ReadonlyMap<string, number>>;

  /**
   * The id of the newest message in each of these rooms. A room is missing if it has no messages, or if the store cannot tell
   * without opening it. Opens nothing. Rejects if the store fails.
   */
  newestIds(rooms: readonly string[]): Promise<ReadonlyMap<string, number>>;

  /**
   * How many messages that are not deleted have ids above the given one, in each of these rooms, counted up to `most`. A room
   * without a history has none, and gets none by this. Rejects if the store fails.
   *
   * @param ids by room: of the newest message that is not to be counted, 0 for none. The history need not have it
   */
  countsAfter(ids: ReadonlyMap<string, number>, most: number): Promise<ReadonlyMap<string, number>>;

  /** How many bytes the store takes: the files, or the database. Rejects if the store fails. */
  size(): Promise<number>;

  /**
   * When something was stored last in each room that has a history, in Unix milliseconds: never an earlier moment, perhaps a later
   * one. Opens nothing. Rejects if the store fails.
   */
  storedAt(): Promise<ReadonlyMap<string, number>>;

  /** Rooms in memory. */
  readonly rooms: number;

  /** Nicknames kept for absent members. */
  readonly absent: number;

  /** Whether the newest attempt to store something, if any, succeeded. */
  readonly healthy: boolean;

  /** Where the servers of these rooms, present and future, keep files of the page. */
  readonly assets: AssetStore;

  /** What the chat knows about people: their ids, roles and reserved nicknames. */
  readonly people: People;

  /** What moderators have done, and what waits for them. */
  readonly moderation: Moderation;

  /** The addresses that are told what happens. */
  readonly webhooks: Webhooks;

  /** Completes every operation submitted so far, stores what is to be stored, and releases the store. */
  close(): Promise<void>;
}

/** Somebody in a room: the author of a message, by its id; whoever has a nickname; or a person, by the public id. */
export type Whom = { readonly of: number } | { readonly name: string } | { readonly person: string };

/** Somebody who was found; of the author of a message also its content, empty if it is gone. */
export interface FoundPerson extends Found {
  readonly content?: string;
}

/** How far messages are restored. */
export interface Restored {
  readonly count: number;
  readonly isComplete: boolean;
}

/** The most that {@link Engine.recent} returns: messages, and bytes of their records. */
export const RECENT_MOST = 100;
export const RECENT_BYTES = 256 * 1024;

/** How many rooms' lists of recent messages are cached. */
export const RECENT_LISTS_MOST = 16;

/** Receives an ordered batch of outcomes of one room. */
export type Deliver = (room: string, outcomes: readonly Outcome[]) => void;

/** What engines report to the operator, for the log and the metrics. */
export interface EngineObserver {
  /** Something an operator should know: a repair, a file taken in. */
  notice(room: string, sentence: string): void;
  /** A fault, with its details. */
  fault(room: string, error: unknown): void;
  /** A batch of messages was stored. */
  stored(messages: number, durationMs: number): void;
  /** What another server has stored is delivered here, this long after it was decided there. The clocks may differ. */
  lagged?(lagMs: number): void;
}

/** The options that every engine takes. */
export interface EngineOptions {
  /** The most history in the reply to one `get`, in bytes of JSON. */
  readonly getBudgetBytes: number;
  /** The most history held in memory, over all rooms, in bytes of JSON. */
  readonly historyMemoryBytes: number;
  /** How many rooms may be in memory. */
  readonly maxRooms: number;
  /** How long a nickname is kept for an absent member. */
  readonly graceMs: number;
  /** The same for a member whose server has ended, counted from when another server takes over. */
  readonly restartGraceMs: number;
  /** How many keys of sends are remembered, over all rooms. */
  readonly sendKeys: number;
  /** How many sessions are remembered after their end, in each room. */
  readonly pastSessions: number;
  readonly retention: Retention;
  /** Whether newcomers may only write so much at first. Default: true. */
  readonly pacesNewcomers?: boolean;
  /** Default: {@link PEOPLE_LIMITS}. */
  readonly people?: PeopleLimits;
  /** Default: {@link MODERATION_LIMITS}. */
  readonly moderation?: ModerationLimits;
  /** Default: `CHANGE_LIMITS`. */
  readonly changes?: ChangeLimits;
  /** Default: {@link WEBHOOK_LIMITS}. */
  readonly webhooks?: WebhookLimits;
  /**
   * Called when something may have happened, at another server, in a room that this one need not have in memory; null for
   * any room. It must not throw.
   */
  readonly stirred?: (room: string | null) => void;
  /**
   * Whether to believe a clock that differs from the expected time, so that old messages go at once. Default: false.
   */
  readonly trustClock?: boolean;
  readonly now: () => Moment;
  readonly deliver: Deliver;
  readonly observer: EngineObserver;
}

/** What the queue of a room gets from its engine. */
export interface RoomOptions
  extends Pick<
    EngineOptions,
    "deliver" | "observer" | "getBudgetBytes" | "now" | "graceMs" | "restartGraceMs" | "pastSessions"
  > {
  readonly name: string;
  readonly changeLimits: ChangeLimits;
  /** Whether a nickname may be taken by a person: others may have reserved it. */
  readonly isFreeFor: People["isFreeFor"];
  /** What moderators have done in the room. */
  readonly moderation: RoomModeration;
  readonly memory: HistoryMemory;
  readonly keyMemory: KeyMemory;
  /** What moderators have removed lately. */
  readonly removed: RemovedTexts;
  /** Holds back a message until a moderator has looked at it. */
  readonly hold: (messages: readonly NewHeld[]) => ReturnType<Moderation["hold"]>;
  /** Called whenever the queue has become empty. */
  readonly idle: () => void;
}
