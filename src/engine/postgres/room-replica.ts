import { PAGE_DEFAULT, REMEMBERED_MS } from "../../protocol/limits.ts";
import type { PageRequest } from "../../protocol/page.ts";
import type { ConnectionId, Decision, Operation, RoomRequest } from "../../room/operation.ts";
import { isChange, type Moment } from "../../room/room.ts";
import type { Archive } from "../archive.ts";
import { sentenceFor } from "../failure.ts";
import { Queue, type QueueOptions, withRef } from "../queue.ts";
import { messagesOf, NOTHING_STORED, repeatedAmong, type Stored } from "../telling.ts";
import { withoutRoom } from "../without-room.ts";
import { Committer, type Verdict } from "./committer.ts";
import type { Database } from "./database.ts";
import type { LogEntry } from "./entry.ts";
import { Evicted, FallenBehind } from "./fault.ts";
import { Follower } from "./follower.ts";
import { failureOf, isRedone, needsLog } from "./operations.ts";
import { Replica } from "./replica.ts";
import { loadRoom, repaired, writeRepaired } from "./stored-room.ts";

/** What could not be done because the database was away is tried again after this time. */
const REDO_AFTER_MS = 1_000;
const LOAD_TIMEOUT_MS = 4_500;
const PARTED =
  "What this server knew of room {room} is not what the database has, after a restore or a failover perhaps: it reads the room anew, and clients connect again.";
/** The page that is kept from the start on. */
const NEWEST: PageRequest = { limit: PAGE_DEFAULT, before: null, after: null };

export interface RoomReplicaOptions extends QueueOptions {
  readonly database: Database;
  /** The id under which this server holds nicknames now. */
  readonly server: () => string;
  /** Resolves when the database may be tried, at the latest at a time of `performance.now`. */
  readonly reachable: (until: number) => Promise<void>;
  /** Told what an attempt has shown: whether the database works. */
  readonly seen: (error: unknown) => void;
  readonly notify: (note: {
    readonly kind: "typing";
    readonly room: string;
    readonly connection: ConnectionId;
  }) => void;
  readonly now: () => Moment;
  readonly graceMs: number;
  readonly restartGraceMs: number;
  readonly pastSessions: number;
}

/**
 * The queue of what one server's clients want of a room, over the server's replica of it. A batch that may change the room
 * is decided under the room's lock, by the {@link Committer}; any other is decided on the replica, at its place behind the
 * newest entry that the {@link Follower} has applied. What is told is told in the log's order.
 */
export class RoomReplica extends Queue<RoomReplicaOptions> {
  readonly #follower: Follower;
  readonly #committer: Committer;
  /** Sessions that have, or had, a nickname by their connection to this server, until that is gone. */
  readonly #connected = new Set<ConnectionId>();
  /** Sessions that were cut off because nobody knows what came of what they wanted: nothing more is taken from them. */
  readonly #cut = new Set<ConnectionId>();
  /** Those who wait until the people of dead servers are cared for. */
  #adopting: (() => void)[] = [];
  #isRetiring = false;
  #mustReload = false;
  /** The room as it was read has people who have left this server: the database has gone back. */
  #hasGhosts = false;
  /** What could not be done while the database was away, and when it is tried again. */
  readonly #later: Operation[] = [];
  #redo: Timer | null = null;

  constructor(options: RoomReplicaOptions) {
    super(options);
    this.#follower = new Follower({
      name: options.name,
      database: options.database,
      deliver: (outcomes) => this.deliver(outcomes),
      dropHistory: () => this.dropHistory(),
      wake: () => this.wake(),
    });
    this.#committer = new Committer({
      ...options,
      fault: (error) => this.fault(error),
      keys: this.keys,
      follower: this.#follower,
    });
  }

  override get busy(): boolean {
    return this.working || this.#redo !== null;
  }

  /** Sees to the people of servers that are dead. Resolves when that is done. */
  adopt(): Promise<void> {
    return new Promise((resolve) => {
      this.#adopting.push(resolve);
      this.wake();
    });
  }

  /** Ends what this server has here, in good order: who can resume keeps the nickname, the others leave. */
  async retire(): Promise<void> {
    if (this.#follower.replica === null) return;
    this.#isRetiring = true;
    await this.adopt();
  }

  /** Another server, or this one, has committed an entry. Null where it must be read from the log. */
  notified(position: number, entry: LogEntry | null): void {
    this.#follower.notified(position, entry);
  }

  /** Notifications may have been lost. */
  missed(): void {
    this.#follower.missed();
  }

  /** Messages that were not to be kept any longer are deleted. */
  pruned(): void {
    this.#follower.pruned();
  }

  /** It was tried without a message whether something can be stored, and it can. */
  worksAgain(): void {
    this.healthy = true;
  }

  /** Somebody at another server is writing. */
  typing(connection: ConnectionId): void {
    const member = this.#follower.replica?.room.member(connection);
    if (member) this.deliver([{ kind: "typing", connection, name: member.name }]);
  }

  /** Forgets what this server held: the others have taken over. The room is read anew when it is wanted. */
  reset(): void {
    this.#mustReload = true;
    this.wake();
  }

  /** Lets go of everything in memory. */
  close(): void {
    if (this.#redo !== null) clearTimeout(this.#redo);
    this.#redo = null;
    this.#dropReplica();
  }

  #dropReplica(): void {
    this.places.endGraces();
    this.dropHistory();
    this.keys.clear();
    this.#hasGhosts = false;
    this.#follower.end();
  }

  protected get archive(): Archive | null {
    return this.#follower.replica?.archive ?? null;
  }

  protected get hasErrand(): boolean {
    return this.#adopting.length > 0 || this.#follower.isBehind || this.#mustReload;
  }

  protected async work(batch: readonly Operation[]): Promise<void> {
    const adopting = this.#adopting;
    this.#adopting = [];
    try {
      if (this.#isAskedAhead(batch)) this.#follower.missed();
      await this.#prepare(batch.length > 0 || adopting.length > 0);
      await this.#process(batch, adopting.length > 0 || this.#hasGhosts);
    } finally {
      for (const resolve of adopting) resolve();
    }
  }

  /** Whether somebody knows of a message that this server has not heard of: it may be another server's newest. */
  #isAskedAhead(batch: readonly Operation[]): boolean {
    const lastId = this.#follower.replica?.lastId ?? Number.POSITIVE_INFINITY;
    return batch.some((each) => each.kind === "request" && (pageOf(each.request)?.after ?? 0) > lastId);
  }

  /** The room goes on from what is stored. */
  protected recover(): void {
    this.#mustReload = true;
  }

  /** Loads the room, or catches up with it, if need be and as far as the database lets. */
  async #prepare(isWanted: boolean): Promise<void> {
    if (this.#mustReload) {
      this.#mustReload = false;
      this.#dropReplica();
    }
    const { isBehind } = this.#follower;
    try {
      if (!(await this.#follower.catchUp())) this.#part();
      if (this.#follower.replica === null && isWanted) await this.#load();
    } catch (error) {
      this.options.seen(error);
      this.fault(error);
      if (isBehind && this.#follower.replica !== null) this.#tryLater([]);
    }
  }

  /** What this server knows of the room is not what the database has: nothing of it is told any more. */
  #part(): void {
    const { name, observer } = this.options;
    observer.notice(name, PARTED.replace("{room}", name));
    this.#cutAll();
    this.#dropReplica();
  }

  async #load(): Promise<void> {
    const { database, name, now, reachable, restartGraceMs, server } = this.options;
    const { keys, places, telling, visitors } = this;
    const until = performance.now() + LOAD_TIMEOUT_MS;
    await reachable(until);
    const since = now().time - REMEMBERED_MS;
    const found = await database.transaction(until - performance.now(), async (sql) => {
      await sql`SET TRANSACTION ISOLATION LEVEL REPEATABLE READ`;
      return loadRoom(sql, name, since);
    });
    const stored = repaired(found);
    if (stored !== found) {
      await database.transaction(until - performance.now(), (sql) => writeRepaired(sql, name, stored));
    }
    const replica = new Replica(stored, { ...this.options, keys, places, telling, visitors });
    for (const member of stored.members) {
      if (member.isAbsent && member.server === server()) places.startGrace(member.connection, restartGraceMs);
    }
    this.#hasGhosts = replica.ghosts((connection) => this.#connected.has(connection)).length > 0;
    this.#follower.begin(replica);
    // Almost everybody asks for it, and may do so while the database is away.
    await telling.lookUp(replica.archive, false, [NEWEST]);
  }

  async #process(batch: readonly Operation[], adopts: boolean): Promise<void> {
    const operations = batch.filter((operation) => !this.#isOfCut(operation));
    const { replica } = this.#follower;
    if (replica === null) {
      this.#refuseAll(operations);
      return;
    }
    const getError = await this.#lookUp(replica, operations);
    if (adopts || operations.some((operation) => needsLog(operation, replica.room, operations))) {
      await this.#commit(replica, operations, adopts, getError);
    } else {
      const moment = this.options.now();
      const decisions = operations.map((operation) =>
        withRef(replica.room.decide(operation, moment), operation),
      );
      this.#tell(replica, operations, decisions, { ...NOTHING_STORED, getError });
    }
    this.#follower.applyNext();
  }

  /** @returns a sentence, if the history cannot be read */
  async #lookUp({ archive }: Replica, operations: readonly Operation[]): Promise<string | null> {
    const requests = operations.flatMap((each) => (each.kind === "request" ? [each.request] : []));
    const pages = requests.flatMap((request) => pageOf(request) ?? []);
    const whole = requests.some((request) => request.kind === "get" && request.page === null);
    try {
      await this.telling.lookUp(archive, whole, pages);
      return null;
    } catch (error) {
      this.options.seen(error);
      this.fault(error);
      return sentenceFor(error);
    }
  }

  /** Has a batch committed, and tells what came of it. */
  async #commit(
    replica: Replica,
    operations: readonly Operation[],
    adopts: boolean,
    getError: string | null,
  ): Promise<void> {
    const startedAt = performance.now();
    const whose = this.#isRetiring ? "the dead's and ours" : "the dead's";
    const verdict = await this.#committer.commit(replica, {
      operations,
      adopts: adopts ? whose : "nobody",
      isConnected: (connection) => this.#connected.has(connection),
    });
    this.healthy = verdict.kind === "stands";
    if (verdict.kind !== "stands") {
      this.#fail(replica, operations, verdict, getError);
      return;
    }
    if (adopts) this.#hasGhosts = false;
    const { decisions } = verdict;
    const messages = messagesOf(decisions);
    const repeated = await repeatedAmong(
      decisions,
      messages,
      async (id) => (await replica.archive.message(id))?.message,
      (error) => this.fault(error),
    );
    if (messages.length > 0) this.options.observer.stored(messages.length, performance.now() - startedAt);
    this.#tell(replica, operations, decisions, { repeated, getError, sendError: null });
  }

  /** Tells a batch that stands. */
  #tell(
    replica: Replica,
    operations: readonly Operation[],
    decisions: readonly Decision[],
    stored: Stored,
  ): void {
    const { name, notify, server } = this.options;
    for (const [at, decision] of decisions.entries()) {
      if (isChange(decision)) replica.settle(decision, server());
      this.#keepPlace(operations[at], decision);
      if (decision.kind === "typing") notify({ kind: "typing", room: name, connection: decision.connection });
    }
    this.#follower.release();
    // What the engine itself wanted is told only where it has shown something.
    const told = decisions.filter((each, at) => isOfSomebody(operations[at]) || isShown(each));
    const outcomes = this.telling.outcomes(told, stored);
    if (this.#isRetiring) for (const _ of outcomes);
    else this.deliver(outcomes);
  }

  /** @param operation undefined where a decision is about somebody of another server, who has no place here yet */
  #keepPlace(operation: Operation | undefined, decision: Decision): void {
    const { graceMs, restartGraceMs } = this.options;
    if (operation === undefined) {
      if (decision.kind === "absent") this.places.startGrace(decision.connection, restartGraceMs);
    } else if (operation.kind === "leave") {
      this.#cut.delete(operation.connection);
      this.#connected.delete(operation.connection);
      if (decision.kind === "absent") this.places.keep(decision.connection, graceMs);
      else this.places.leave();
    } else if (operation.kind === "expire") this.places.endGrace(operation.connection);
    else if (decision.kind === "registered" || decision.kind === "resumed")
      this.#connected.add(decision.connection);
  }

  /** Tells a batch that could not be committed, or of which nobody knows. */
  #fail(
    replica: Replica,
    operations: readonly Operation[],
    { kind, error }: Exclude<Verdict, { kind: "stands" }>,
    getError: string | null,
  ): void {
    const { room } = replica;
    if (error instanceof Evicted) this.#mustReload = true;
    const told = operations.filter((operation) => !isRedone(operation));
    const sentence = sentenceFor(error);
    const moment = this.options.now();
    const isUnknown = kind === "in doubt" || this.#mustReload || error instanceof FallenBehind;
    const decisions = told.map((operation): Decision => {
      if (!needsLog(operation, room, operations)) return withRef(room.decide(operation, moment), operation);
      const failed = isUnknown ? null : failureOf(operation, room, sentence);
      if (failed !== null) return withRef(failed, operation);
      this.#cut.add(operation.connection);
      return { kind: "store-lost", connection: operation.connection };
    });
    this.#tell(replica, told, decisions, { ...NOTHING_STORED, getError });
    if (error instanceof FallenBehind) this.#part();
    this.#redoAmong(operations);
  }

  /** Answers for a room that cannot be read: nobody can register in it, and a connection may well be held. */
  #refuseAll(operations: readonly Operation[]): void {
    const moment = this.options.now();
    const told = operations.filter((operation) => !isRedone(operation));
    this.deliver(
      told.map((operation) =>
        operation.kind === "request" && operation.request.kind === "resume"
          ? { kind: "store-lost", connection: operation.connection }
          : withoutRoom(operation, moment),
      ),
    );
    this.#redoAmong(operations);
  }

  /** What was missed cannot be told any more: those who are here see it when they resume. */
  #cutAll(): void {
    const ours = this.#follower.replica?.ours ?? [];
    this.deliver(ours.map((connection) => ({ kind: "store-lost", connection })));
  }

  #redoAmong(operations: readonly Operation[]): void {
    const redone = operations.filter(isRedone);
    if (redone.length > 0 || this.#hasGhosts) this.#tryLater(redone);
  }

  /** Puts operations back that nobody waits for, and must be done all the same. */
  #tryLater(operations: readonly Operation[]): void {
    if (this.#redo !== null) clearTimeout(this.#redo);
    this.#later.push(...operations);
    this.#redo = setTimeout(() => {
      this.#redo = null;
      this.putBack(this.#later.splice(0));
      this.#follower.missed();
    }, REDO_AFTER_MS);
  }

  #isOfCut(operation: Operation): boolean {
    return this.#cut.has(operation.connection) && operation.kind !== "leave";
  }
}

function pageOf(request: RoomRequest): PageRequest | null {
  return "page" in request ? request.page : null;
}

/** Whether an operation is of a connection, and not of the engine itself. */
function isOfSomebody(operation: Operation | undefined): boolean {
  return operation !== undefined && operation.kind !== "expire";
}

function isShown(decision: Decision): boolean {
  return decision.kind === "left" && decision.name !== null;
}
