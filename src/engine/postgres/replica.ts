import type { Change, DecidedChange, Decision } from "../../room/decision.ts";
import type { ConnectionId } from "../../room/operation.ts";
import { PastSessions } from "../../room/past-sessions.ts";
import { Room } from "../../room/room.ts";
import type { RoomOptions } from "../engine.ts";
import type { Outcome } from "../outcome.ts";
import type { Taken } from "../recent-changes.ts";
import { keyDigest, MessageRecord, stayAuthor } from "../record.ts";
import type { RoomQueue } from "../room-queue.ts";
import type { Database } from "./database.ts";
import type { LogEntry } from "./entry.ts";
import { viewAfter } from "./followed-view.ts";
import type { KeptEvents, Position } from "./message-table.ts";
import type { RoomHead } from "./room-head.ts";
import { StoredMessages } from "./stored-messages.ts";
import type { StoredRoom } from "./stored-room.ts";

/** What a replica gets from its room. */
export interface ReplicaOptions {
  readonly name: string;
  readonly database: Database;
  /** The id under which this server currently holds nicknames. */
  readonly server: () => string;
  readonly queue: Pick<RoomQueue, "occupancy" | "keys" | "notes" | "history" | "take" | "deliver">;
  readonly pastSessions: number;
  readonly isFreeFor: RoomOptions["isFreeFor"];
  readonly moderation: RoomOptions["moderation"];
  readonly changeLimits: RoomOptions["changeLimits"];
  /** Called after a change was skipped: what is known about the messages must be read again before the next batch. */
  readonly skipped: () => void;
  /** Called when another server's messages are applied. @param sentAt of the newest, in Unix milliseconds */
  readonly followed: (sentAt: number) => void;
}

/** What is delivered here for each kind of change that another server has decided; null for nothing. */
const OUTCOMES: { readonly [K in Change["kind"]]: (change: Extract<Change, { kind: K }>) => Outcome | null } =
  {
    registered: (change) => change,
    renamed: (change) => change,
    // One that was read from the log may have been deleted since.
    sent: ({ message, ...sent }) => ({ ...sent, record: MessageRecord.of(message) }),
    edited: (change) => change,
    deleted: (change) => change,
    reacted: (change) => change,
    resumed: (change) => ({ ...change, shown: null }),
    absent: (change) => change,
    left: (change) => change,
    enacted: (change) => change,
    became: (change) => change,
    skipped: () => null,
  };

/**
 * A room as this server knows it, up to a position in the room's log. Entries of other servers are applied and
 * delivered in the log's order, as they are notified or read. While a batch of this server is between the lock and its
 * delivery, or in doubt, the replica {@link hold holds}: then only the committer, under the lock, applies entries.
 */
export class Replica {
  readonly room: Room;
  readonly archive: StoredMessages;
  readonly emptiedTo: number;
  readonly #options: ReplicaOptions;
  /** The server that has each member's connection, or that runs the grace of an absent member. */
  readonly #homes: Map<ConnectionId, string>;
  #position: number;
  /** The batch of the entry at the position; null if it is not known. */
  #batch: string | null;
  #firstId: number;
  #lastId: number;
  /** The newest message or change, null if there is neither. */
  #newest: Position | null;
  #isHolding = false;
  /** Entries that were notified and are not applied yet, by position; null if an entry must be read from the log. */
  readonly #inbox = new Map<number, LogEntry | null>();

  constructor(stored: StoredRoom, options: ReplicaOptions) {
    const { name, database, server, queue, pastSessions } = options;
    const { keys, notes } = queue;
    const { lastId, lastPlace, members, enacted } = stored;
    const past = new PastSessions(pastSessions);
    for (const { endedAt, ...session } of stored.past) past.add(session, endedAt);
    keys.clear();
    for (const { digest, id, time } of stored.keys) keys.add(digest, id, time);
    this.#options = options;
    this.#homes = new Map(members.map((member) => [member.connection, member.server]));
    this.#position = stored.position;
    this.#batch = stored.batch;
    this.#firstId = stored.firstId;
    this.#lastId = stored.lastMessageId;
    this.#newest = stored.newest;
    this.emptiedTo = stored.emptiedTo;
    this.room = new Room({
      lastId,
      lastPlace,
      members,
      enacted,
      past,
      keys,
      notes,
      digest: keyDigest,
      authorOf: stayAuthor,
      isFreeFor: options.isFreeFor,
      moderation: options.moderation,
      changeLimits: options.changeLimits,
      // A connection whose home is not known yet came in this very batch.
      isHere: (connection) => (this.#homes.get(connection) ?? server()) === server(),
    });
    this.archive = new StoredMessages(database, name, this);
  }

  /** The position of the newest entry that is applied here. */
  get position(): number {
    return this.#position;
  }

  /** The batch of that entry; null if it is not known. */
  get batch(): string | null {
    return this.#batch;
  }

  /** The id of the oldest message that is kept, 0 if there is none. */
  get firstId(): number {
    return this.#firstId;
  }

  /** The id of the newest message that is applied here, 0 if there is none. */
  get lastId(): number {
    return this.#lastId;
  }

  /** The id of the newest message or change that is applied here, 0 if there is none. */
  get lastEventId(): number {
    return this.#newest?.id ?? 0;
  }

  /** Whether an entry is the next one of the log that this replica follows, rather than of one with another past. */
  isFollowedBy({ position, follows }: LogEntry): boolean {
    const isSamePast = follows === null || this.#batch === null || follows === this.#batch;
    return position === this.#position + 1 && isSamePast;
  }

  /** Whether the database is at the same position as this replica, with the same past. */
  isAt({ position, lastId, batch }: Omit<RoomHead, "newest">): boolean {
    // Old entries leave the log, so the batch may be unknown; if it is known, it must be the same.
    return (
      position === this.#position && lastId === this.room.lastId && (batch === null || batch === this.#batch)
    );
  }

  /** Whether the newest message or change is this one. */
  hasNewest(newest: RoomHead["newest"]): boolean {
    return newest?.id === this.#newest?.id && newest?.time === this.#newest?.time;
  }

  /** The connections of members whose home is this server. */
  get ours(): ConnectionId[] {
    return this.awayFrom((home) => home !== this.#options.server());
  }

  /** The connections of members whose home is this server according to the room, but that do not exist here. */
  stranded(isConnected: (connection: ConnectionId) => boolean): ConnectionId[] {
    return this.ours.filter((each) => this.room.member(each)?.isAbsent === false && !isConnected(each));
  }

  /** The connections of members whose home is not one of the given servers. */
  awayFrom(isOne: (server: string) => boolean): ConnectionId[] {
    return [...this.#homes].flatMap(([connection, home]) => (isOne(home) ? [] : [connection]));
  }

  /** Updates what is kept. @param upTo the room's last id when that was read */
  keeps({ firstId, lastId, newest }: KeptEvents, upTo: number): void {
    this.#firstId = firstId;
    if (this.#lastId <= upTo) this.#lastId = lastId;
    if (this.lastEventId <= upTo) this.#newest = newest;
  }

  /** Takes in entries that were read. @returns what {@link applyNext} returns */
  catchUp(entries: readonly LogEntry[]): boolean {
    for (const entry of entries) this.#inbox.set(entry.position, entry);
    return this.applyNext();
  }

  get isHolding(): boolean {
    return this.#isHolding;
  }

  /** From here on only {@link receive} applies entries, until {@link release}. */
  hold(): void {
    this.#isHolding = true;
  }

  /** Entries are applied again as they arrive; those that have waited, with {@link applyNext}. */
  release(): void {
    this.#isHolding = false;
  }

  /** A server, perhaps this one, has committed an entry. It is null if it must be read from the log. */
  notified(position: number, entry: LogEntry | null): void {
    this.#inbox.set(position, entry);
    if (!this.#isHolding) this.applyNext();
  }

  /**
   * Applies and delivers the next entries, as far as they have arrived.
   *
   * @returns false if the next entry does not belong to the log that this replica follows
   */
  applyNext(): boolean {
    for (;;) {
      const entry = this.#inbox.get(this.#position + 1);
      if (!entry) break;
      if (!this.isFollowedBy(entry)) return false;
      this.receive(entry);
    }
    for (const position of this.#inbox.keys()) if (position <= this.#position) this.#inbox.delete(position);
    return true;
  }

  /** Whether earlier entries must be read before those that have arrived. */
  get isMissingEntries(): boolean {
    return this.#inbox.size > 0;
  }

  /** Applies and delivers the next entry. */
  receive(entry: LogEntry): void {
    const here = this.#options.server();
    const newest = entry.changes.findLast((change) => change.kind === "sent");
    if (entry.server !== here && newest !== undefined) this.#options.followed(newest.message.time);
    this.#position = entry.position;
    this.#batch = entry.batch;
    const outcomes = entry.changes.flatMap((change): Outcome[] => {
      const wasOurs = entry.server !== here && this.#isHome(change, here);
      this.room.apply(change);
      this.settle(change, entry.server);
      const outcome = outcomeOf(change);
      // The other servers considered this one dead, and its members have left: their connections must not just go on.
      const isLost = wasOurs && (change.kind === "left" || change.kind === "absent");
      const lost: Outcome[] = isLost ? [{ kind: "store-lost", connection: change.connection }] : [];
      return outcome === null ? lost : [outcome, ...lost];
    });
    // What was skipped may have changed or deleted messages.
    if (entry.changes.some(({ kind }) => kind === "skipped")) this.#options.skipped();
    this.#options.queue.take(this.#taken(entry.changes));
    this.#options.queue.deliver(outcomes);
  }

  /** What an entry has stored, for the history in memory: with changed messages as they are after it, as far as that is known. */
  #taken(changes: readonly Change[]): readonly Taken[] {
    const { history } = this.#options.queue;
    if (history === null) return [];
    const views = new Map<number, MessageRecord | null>();
    return changes.flatMap((change): Taken[] => {
      switch (change.kind) {
        case "sent": {
          const { id, time } = change.message;
          const record = MessageRecord.of(change.message);
          views.set(id, record);
          return [{ place: { id, time, of: null }, record }];
        }
        case "edited":
        case "deleted":
        case "reacted": {
          const { id, time, of } = change;
          const before = views.has(of) ? views.get(of) : history.message(of);
          const record = before ? viewAfter(change, before) : null;
          views.set(of, record);
          return [{ place: { id, time, of }, record }];
        }
        default:
          return [];
      }
    });
  }

  #isHome(change: Change, server: string): boolean {
    return change.kind !== "skipped" && this.#homes.get(change.connection) === server;
  }

  /** What was decided here since `room.begin` is the next entry, unless it changed nothing. */
  committed(changes: readonly DecidedChange[], batch: string): void {
    this.room.commit();
    if (changes.length > 0) this.#wrote(batch);
  }

  /** What was decided here and rolled back turns out to be the next entry. */
  committedAfterAll(decisions: readonly Decision[], batch: string): void {
    // Not only changes: the room also notes who resumes too late, and whose connection is gone.
    for (const decision of decisions) this.room.apply(decision);
    this.room.commit();
    this.#wrote(batch);
  }

  #wrote(batch: string): void {
    this.#position++;
    this.#batch = batch;
  }

  /** Notes where members are and what is kept, after a committed change. @param server the server that decided it */
  settle(change: Change, server: string): void {
    Replica.#settlements[change.kind](this, change as never, server);
  }

  #changed({ id, time }: Position): void {
    this.#newest = { id, time };
  }

  static readonly #settlements: {
    readonly [K in Change["kind"]]: (
      replica: Replica,
      change: Extract<Change, { kind: K }>,
      server: string,
    ) => void;
  } = {
    registered: (replica, { connection }, server) => replica.#homes.set(connection, server),
    renamed: () => {},
    sent: (replica, { message: { id, time } }) => {
      if (replica.#firstId === 0) replica.#firstId = id;
      replica.#lastId = id;
      replica.#newest = { id, time };
    },
    edited: (replica, change) => replica.#changed(change),
    deleted: (replica, change) => replica.#changed(change),
    reacted: (replica, change) => replica.#changed(change),
    resumed: (replica, { from, connection }, server) => {
      replica.#homes.delete(from);
      replica.#homes.set(connection, server);
      replica.#options.queue.occupancy.endGrace(from);
    },
    absent: (replica, { connection }, server) => replica.#homes.set(connection, server),
    left: (replica, { connection }) => {
      replica.#homes.delete(connection);
      replica.#options.queue.occupancy.endGrace(connection);
    },
    enacted: () => {},
    became: () => {},
    skipped: () => {},
  };
}

function outcomeOf(change: Change): Outcome | null {
  // TypeScript does not see that the rule and the change are of one kind.
  const rule = OUTCOMES[change.kind] as (change: Change) => Outcome | null;
  return rule(change);
}
