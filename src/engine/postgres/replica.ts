import { PAGE_TO_COME } from "../../protocol/page.ts";
import type { ConnectionId, Decision, Outcome } from "../../room/operation.ts";
import { PastSessions } from "../../room/past-sessions.ts";
import { type Change, isChange, Room, type Visitors } from "../../room/room.ts";
import type { SendKeys } from "../../room/send-keys.ts";
import type { Places } from "../places.ts";
import { keyDigest } from "../record.ts";
import type { Telling } from "../telling.ts";
import type { Database } from "./database.ts";
import type { EntryChange, LogEntry } from "./entry.ts";
import type { KeptMessages, Position } from "./message-table.ts";
import type { RoomHead } from "./room-head.ts";
import { StoredMessages } from "./stored-messages.ts";
import type { StoredRoom } from "./stored-room.ts";

/** What a replica is part of, and stays when the room is read anew. */
export interface Surroundings {
  readonly name: string;
  readonly database: Database;
  /** The id under which this server holds nicknames now. */
  readonly server: () => string;
  readonly telling: Telling;
  readonly places: Places;
  readonly keys: SendKeys;
  readonly visitors: Visitors;
  readonly pastSessions: number;
}

/**
 * A room as this server knows it, up to a position in the room's log. It waits for nothing and tells nobody; whoever calls
 * it sees to it that changes come in the log's order.
 */
export class Replica {
  readonly room: Room;
  readonly archive: StoredMessages;
  readonly #surroundings: Surroundings;
  /** The server at which each connection is; who is absent is in the care of a server. */
  readonly #homes: Map<ConnectionId, string>;
  #position: number;
  /** Who wrote the entry at the position; null where that is not known. */
  #batch: string | null;
  #firstId: number;
  /** The newest message, null when there is none. */
  #newest: Position | null;
  readonly emptiedTo: number;

  constructor(stored: StoredRoom, surroundings: Surroundings) {
    const { name, database, server, telling, keys, visitors, pastSessions } = surroundings;
    const { lastId, lastPlace, members } = stored;
    const past = new PastSessions(pastSessions);
    for (const { hash, identity, endedAt } of stored.past) past.add({ hash, identity }, endedAt);
    keys.clear();
    for (const { digest, id, time } of stored.keys) keys.add(digest, id, time);
    this.#surroundings = surroundings;
    this.#homes = new Map(members.map(({ connection, server }) => [connection, server]));
    this.#position = stored.position;
    this.#batch = stored.batch;
    this.#firstId = stored.firstId;
    this.#newest = stored.newest;
    this.emptiedTo = stored.emptiedTo;
    this.room = new Room({
      lastId,
      lastPlace,
      history: telling.view,
      members,
      past,
      visitors,
      keys,
      digest: keyDigest,
      // Whose home is not known yet came in this very batch.
      isHere: (connection) => (this.#homes.get(connection) ?? server()) === server(),
    });
    this.archive = new StoredMessages(database, name, this);
  }

  /** The position of the newest entry that is true here. */
  get position(): number {
    return this.#position;
  }

  /** The lowest id that is kept, 0 when there are no messages. */
  get firstId(): number {
    return this.#firstId;
  }

  /** The id of the newest message that is true here, 0 when there are none. */
  get lastId(): number {
    return this.#newest?.id ?? 0;
  }

  /** Who wrote the newest entry that is true here; null where that is not known. */
  get batch(): string | null {
    return this.#batch;
  }

  /** Whether an entry is the next one of this very log, and not of one that has another past. */
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

  /** Those whose home is this server. */
  get ours(): ConnectionId[] {
    return this.awayFrom((home) => home !== this.#surroundings.server());
  }

  /** Those who are here by what the room says, and have no connection to this server. */
  ghosts(isConnected: (connection: ConnectionId) => boolean): ConnectionId[] {
    return this.ours.filter((each) => this.room.member(each)?.isAbsent === false && !isConnected(each));
  }

  /** Those whose home is none of some servers. */
  awayFrom(isOne: (server: string) => boolean): ConnectionId[] {
    return [...this.#homes].flatMap(([connection, home]) => (isOne(home) ? [] : [connection]));
  }

  /** Some messages are not kept any more. @param lastId how far the room had come when it was read which are */
  keeps({ firstId, newest }: KeptMessages, lastId: number): void {
    this.#firstId = firstId;
    if (this.lastId <= lastId) this.#newest = newest;
  }

  /** Makes an entry true that comes next, and gives what is to be told of it. */
  take(entry: LogEntry): Outcome[] {
    const here = this.#surroundings.server();
    this.#position = entry.position;
    this.#batch = entry.batch;
    return entry.changes.flatMap((change): Outcome[] => {
      if (change.kind === "skipped") {
        this.room.skip(change.id);
        return [];
      }
      const wasOurs = this.#homes.get(change.connection) === here && entry.server !== here;
      const outcome = outcomeOf(change, this.room);
      this.room.apply(outcome);
      this.settle(outcome, entry.server);
      if (outcome.kind === "sent") this.#surroundings.telling.take(outcome.message);
      // The others took this server for dead, and its people have left: these must not go on as if nothing were.
      const isCutOff = wasOurs && (outcome.kind === "left" || outcome.kind === "absent");
      return isCutOff ? [outcome, { kind: "store-lost", connection: outcome.connection }] : [outcome];
    });
  }

  /** What was decided here since `room.begin` is the next entry, unless it has changed nothing. */
  stand(decisions: readonly Decision[], batch: string): void {
    this.room.commit();
    if (decisions.some((each) => isChange(each))) this.#wrote(batch);
  }

  /** What was decided here and taken back turns out to be the next entry. */
  standAfterAll(decisions: readonly Decision[], batch: string): void {
    for (const each of decisions) if (isChange(each)) this.room.apply(each);
    this.#wrote(batch);
  }

  #wrote(batch: string): void {
    this.#position++;
    this.#batch = batch;
  }

  /** Keeps account of who is where and what is kept, for a change that stands. @param server who decided it */
  settle(change: Change, server: string): void {
    const { places } = this.#surroundings;
    switch (change.kind) {
      case "sent":
        if (this.#firstId === 0) this.#firstId = change.message.id;
        this.#newest = { id: change.message.id, time: change.message.time };
        break;
      case "registered":
      case "absent":
        this.#homes.set(change.connection, server);
        break;
      case "resumed":
        this.#homes.delete(change.from);
        this.#homes.set(change.connection, server);
        places.endGrace(change.from);
        break;
      case "left":
        this.#homes.delete(change.connection);
        places.endGrace(change.connection);
        break;
    }
  }
}

/** A change as it is told here: what it shows of the room is as the room is now. */
function outcomeOf(change: Exclude<EntryChange, { kind: "skipped" }>, room: Room): Extract<Outcome, Change> {
  switch (change.kind) {
    case "registered":
    case "sent":
    case "absent":
      return change;
    case "renamed":
    case "left":
      return { ...change, session: room.member(change.connection)?.session ?? null };
    case "resumed":
      return {
        ...change,
        online: room.online,
        page: PAGE_TO_COME,
        oldHash: "",
      };
  }
}
