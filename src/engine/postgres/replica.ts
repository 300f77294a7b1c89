import type { Change, DecidedChange, Decision } from "../../room/decision.ts";
import type { ConnectionId } from "../../room/operation.ts";
import { PastSessions } from "../../room/past-sessions.ts";
import { Room } from "../../room/room.ts";
import type { Outcome } from "../outcome.ts";
import { keyDigest, MessageRecord } from "../record.ts";
import type { RoomQueue } from "../room-queue.ts";
import type { Database } from "./database.ts";
import type { LogEntry } from "./entry.ts";
import type { KeptMessages, Position } from "./message-table.ts";
import type { RoomHead } from "./room-head.ts";
import { StoredMessages } from "./stored-messages.ts";
import type { StoredRoom } from "./stored-room.ts";

/** What a replica is part of. */
export interface ReplicaOptions {
  readonly name: string;
  readonly database: Database;
  /** The id under which this server holds nicknames now. */
  readonly server: () => string;
  readonly queue: Pick<RoomQueue, "occupancy" | "keys" | "notes" | "take" | "deliver">;
  readonly pastSessions: number;
  /** Called when a change was skipped: what is known of the messages must be read anew before the next batch. */
  readonly skipped: () => void;
}

/** What people at this server are told of a change that was decided at another one; null for nothing. */
const TOLD: { readonly [K in Change["kind"]]: (change: Extract<Change, { kind: K }>) => Outcome | null } = {
  registered: (change) => change,
  renamed: (change) => change,
  sent: ({ message, ...sent }) => ({ ...sent, record: MessageRecord.of(message) }),
  resumed: (change) => ({ ...change, shown: null }),
  absent: (change) => change,
  left: (change) => change,
  skipped: () => null,
};

/**
 * A room as this server knows it, up to a position in the room's log. Entries that other servers commit are applied in the
 * log's order, as they are notified or read, and told. While a batch of this server is between the lock and its telling,
 * or in doubt, the replica {@link hold holds}: only whoever has the lock applies entries then. It waits for nothing.
 */
export class Replica {
  readonly room: Room;
  readonly archive: StoredMessages;
  readonly emptiedTo: number;
  readonly #options: ReplicaOptions;
  /** The server at which each member's connection is; an absent member is in the care of a server. */
  readonly #homes: Map<ConnectionId, string>;
  #position: number;
  /** The batch of the entry at the position; null where that is not known. */
  #batch: string | null;
  #firstId: number;
  /** The newest message, null when there is none. */
  #newest: Position | null;
  #isHolding = false;
  /** Entries that were notified and are not applied yet, by position. Null where one must be read from the log. */
  readonly #inbox = new Map<number, LogEntry | null>();

  constructor(stored: StoredRoom, options: ReplicaOptions) {
    const { name, database, server, queue, pastSessions } = options;
    const { keys, notes } = queue;
    const { lastId, lastPlace, members } = stored;
    const past = new PastSessions(pastSessions);
    for (const { endedAt, ...session } of stored.past) past.add(session, endedAt);
    keys.clear();
    for (const { digest, id, time } of stored.keys) keys.add(digest, id, time);
    this.#options = options;
    this.#homes = new Map(members.map((member) => [member.connection, member.server]));
    this.#position = stored.position;
    this.#batch = stored.batch;
    this.#firstId = stored.firstId;
    this.#newest = stored.newest;
    this.emptiedTo = stored.emptiedTo;
    this.room = new Room({
      lastId,
      lastPlace,
      members,
      past,
      keys,
      notes,
      digest: keyDigest,
      // A connection whose home is not known yet came in this very batch.
      isHere: (connection) => (this.#homes.get(connection) ?? server()) === server(),
    });
    this.archive = new StoredMessages(database, name, this);
  }

  /** The position of the newest entry that is true here. */
  get position(): number {
    return this.#position;
  }

  /** The batch of that entry; null where it is not known. */
  get batch(): string | null {
    return this.#batch;
  }

  /** The id of the oldest message that is kept, 0 when there is none. */
  get firstId(): number {
    return this.#firstId;
  }

  /** The id of the newest message that is true here, 0 when there is none. */
  get lastId(): number {
    return this.#newest?.id ?? 0;
  }

  /** Whether an entry is the next one of this very log, and not of one with another past. */
  isFollowedBy({ position, follows }: LogEntry): boolean {
    const isSamePast = follows === null || this.#batch === null || follows === this.#batch;
    return position === this.#position + 1 && isSamePast;
  }

  /** Whether the database has come as far as this replica, by the same way. */
  isAt({ position, lastId, batch }: Omit<RoomHead, "newest">): boolean {
    // The log does not reach back to every entry, but one that it has it had when the replica was read.
    return (
      position === this.#position && lastId === this.room.lastId && (batch === null || batch === this.#batch)
    );
  }

  /** Whether the newest message is this one. */
  hasNewest(newest: RoomHead["newest"]): boolean {
    return newest?.id === this.#newest?.id && newest?.time === this.#newest?.time;
  }

  /** The connections of members whose home is this server. */
  get ours(): ConnectionId[] {
    return this.awayFrom((home) => home !== this.#options.server());
  }

  /** Members whose home is this server by what the room says, and who have no connection to it. */
  stranded(isConnected: (connection: ConnectionId) => boolean): ConnectionId[] {
    return this.ours.filter((each) => this.room.member(each)?.isAbsent === false && !isConnected(each));
  }

  /** The connections of members whose home is none of some servers. */
  awayFrom(isOne: (server: string) => boolean): ConnectionId[] {
    return [...this.#homes].flatMap(([connection, home]) => (isOne(home) ? [] : [connection]));
  }

  /** Some messages are not kept any more. @param lastId how far the room had come when it was read which are */
  keeps({ firstId, newest }: KeptMessages, lastId: number): void {
    this.#firstId = firstId;
    if (this.lastId <= lastId) this.#newest = newest;
  }

  /** Takes in entries that were read. @returns as {@link applyNext} */
  catchUp(entries: readonly LogEntry[]): boolean {
    for (const entry of entries) this.#inbox.set(entry.position, entry);
    return this.applyNext();
  }

  get isHolding(): boolean {
    return this.#isHolding;
  }

  /** From here on only {@link hear} applies entries, until {@link release}. */
  hold(): void {
    this.#isHolding = true;
  }

  /** Entries are applied again as they come; those that have waited, with {@link applyNext}. */
  release(): void {
    this.#isHolding = false;
  }

  /** Somebody has committed an entry, perhaps this server. Null where it must be read from the log. */
  notified(position: number, entry: LogEntry | null): void {
    this.#inbox.set(position, entry);
    if (!this.#isHolding) this.applyNext();
  }

  /**
   * Applies and tells the entries that come next, as far as they are here.
   *
   * @returns false when the next one is not of the log that was followed
   */
  applyNext(): boolean {
    for (;;) {
      const entry = this.#inbox.get(this.#position + 1);
      if (!entry) break;
      if (!this.isFollowedBy(entry)) return false;
      this.hear(entry);
    }
    for (const position of this.#inbox.keys()) if (position <= this.#position) this.#inbox.delete(position);
    return true;
  }

  /** Whether there are entries that must be read before those that are here. */
  get isMissingEntries(): boolean {
    return this.#inbox.size > 0;
  }

  /** Applies and tells an entry that comes next. */
  hear(entry: LogEntry): void {
    const here = this.#options.server();
    this.#position = entry.position;
    this.#batch = entry.batch;
    const told = entry.changes.flatMap((change): Outcome[] => {
      const wasOurs = entry.server !== here && this.#isHome(change, here);
      this.room.apply(change);
      this.settle(change, entry.server);
      const outcome = toldOf(change);
      // The others took this server for dead, and its people have left: these must not go on as if nothing were.
      const isLost = wasOurs && (change.kind === "left" || change.kind === "absent");
      const lost: Outcome[] = isLost ? [{ kind: "store-lost", connection: change.connection }] : [];
      return outcome === null ? lost : [outcome, ...lost];
    });
    // What was skipped may have changed or deleted messages.
    if (entry.changes.some(({ kind }) => kind === "skipped")) this.#options.skipped();
    this.#options.queue.take(told.flatMap((each) => (each.kind === "sent" ? [each.record] : [])));
    this.#options.queue.deliver(told);
  }

  #isHome(change: Change, server: string): boolean {
    return change.kind !== "skipped" && this.#homes.get(change.connection) === server;
  }

  /** What was decided here since `room.begin` is the next entry, unless it has changed nothing. */
  stand(changes: readonly DecidedChange[], batch: string): void {
    this.room.commit();
    if (changes.length > 0) this.#wrote(batch);
  }

  /** What was decided here and taken back turns out to be the next entry. */
  standAfterAll(decisions: readonly Decision[], batch: string): void {
    // Not only changes: the room also notes who resumes too late, and whose connection is gone.
    for (const decision of decisions) this.room.apply(decision);
    this.#wrote(batch);
  }

  #wrote(batch: string): void {
    this.#position++;
    this.#batch = batch;
  }

  /** Notes where members are and what is kept, for a change that stands. @param server the one that decided it */
  settle(change: Change, server: string): void {
    Replica.#settlements[change.kind](this, change as never, server);
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
      replica.#newest = { id, time };
    },
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
    skipped: () => {},
  };
}

function toldOf(change: Change): Outcome | null {
  // TypeScript does not see that the rule and the change are of one kind.
  const told = TOLD[change.kind] as (change: Change) => Outcome | null;
  return told(change);
}
