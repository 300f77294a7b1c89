import { PAGE_DEFAULT, REMEMBERED_MS } from "../../protocol/limits.ts";
import type { PageRequest } from "../../protocol/page.ts";
import { isChange } from "../../room/decision.ts";
import { type ConnectionId, isOwn, type Operation } from "../../room/operation.ts";
import type { Room } from "../../room/room.ts";
import type { RoomOptions } from "../engine.ts";
import { sentenceFor } from "../failure.ts";
import { withHeld } from "../held.ts";
import { historyRequestOf } from "../history-reads.ts";
import type { FinalDecision } from "../outcome.ts";
import { outcomesOf, showsHistory } from "../outcomes.ts";
import { RoomQueue } from "../room-queue.ts";
import { decideWithoutRoom, decideWithoutStore, isRedone, mustBeOrdered } from "../rules.ts";
import { Committer, type Decided, type Moderated, type Verdict } from "./committer.ts";
import type { Database } from "./database.ts";
import type { LogEntry } from "./entry.ts";
import { Evicted, FallenBehind } from "./fault.ts";
import { entriesAfter } from "./log.ts";
import { loadKept } from "./message-table.ts";
import { Replica } from "./replica.ts";
import { loadHead } from "./room-head.ts";
import { loadRoom, repaired, writeRepaired } from "./stored-room.ts";

/** Operations that failed because the database was unreachable are retried after this time. */
const REDO_AFTER_MS = 1_000;
const LOAD_TIMEOUT_MS = 4_500;
const CATCH_UP_TIMEOUT_MS = 3_000;
const PARTED =
  "This server's copy of room {room} differs from the database, perhaps after a restore or a failover: it reads the room anew, and clients reconnect.";
/** The page that is read when the room is loaded. */
const NEWEST: PageRequest = { limit: PAGE_DEFAULT, before: null, after: null };

/** What is delivered of a batch. */
interface FinallyDecided extends Omit<Decided, "decisions"> {
  readonly decisions: readonly FinalDecision[];
}

const NOTHING_STORED: Omit<Decided, "decisions"> = { records: [], changed: new Map() };

export interface DatabaseRoomOptions extends RoomOptions {
  readonly database: Database;
  /** The id under which this server currently holds nicknames. */
  readonly server: () => string;
  /**
   * Resolves when the database may be tried; rejects if it stays unreachable.
   *
   * @param until a time of `performance.now`
   */
  readonly reachable: (until: number) => Promise<void>;
  /** Receives the error of an attempt, which shows whether the database works. */
  readonly seen: (error: unknown) => void;
  readonly moderated: Moderated;
  readonly notify: (note: {
    readonly kind: "typing";
    readonly room: string;
    readonly connection: ConnectionId;
  }) => void;
}

/**
 * A room that servers share, at one of them: the queue of its own clients' operations, and the server's replica. A
 * batch that may change the room is decided under the room's lock, by the {@link Committer}; any other batch is decided
 * on the replica, after the newest entry that was applied. Outcomes are delivered in the log's order.
 */
export class DatabaseRoom {
  readonly queue: RoomQueue;
  readonly #options: DatabaseRoomOptions;
  readonly #committer: Committer;
  /** Null while the room is not in memory. */
  #replica: Replica | null = null;
  /** Connections to this server that have, or had, a nickname, until they are gone. */
  readonly #connected = new Set<ConnectionId>();
  /** Connections whose clients were told that the store was lost: their operations are no longer accepted. */
  readonly #lost = new Set<ConnectionId>();
  /** The callers that wait until the members of dead servers are taken over. */
  #adopting: (() => void)[] = [];
  #isRetiring = false;
  #mustReload = false;
  /** Whether there may be entries that were not notified. */
  #isBehind = false;
  #isPruned = false;
  /** The room as it was read has members who had left this server: the database was restored to an earlier state. */
  #hasStranded = false;
  /** The operations that failed while the database was unreachable, and the timer of the next attempt. */
  readonly #later: Operation[] = [];
  #redo: Timer | null = null;

  constructor(options: DatabaseRoomOptions) {
    this.#options = options;
    this.queue = new RoomQueue(options, {
      room: () => this.#replica?.room ?? null,
      archive: () => this.#replica?.archive ?? null,
      hasOtherWork: () => this.#adopting.length > 0 || this.#isBehind || this.#mustReload,
      prepare: (batch) => this.#prepare(batch),
      work: (batch) => this.#work(batch),
      recover: () => this.#recover(),
      readFailed: options.seen,
    });
    this.#committer = new Committer({
      ...options,
      keys: this.queue.keys,
      fault: (error) => this.queue.fault(error),
    });
  }

  /** Null while the room is not in memory. */
  get room(): Room | null {
    return this.#replica?.room ?? null;
  }

  /** Whether the room must stay in memory. */
  get isBusy(): boolean {
    return this.queue.isBusy || this.#redo !== null;
  }

  /** Takes over the members of dead servers. Resolves when that is done. */
  adopt(): Promise<void> {
    return new Promise((resolve) => {
      this.#adopting.push(resolve);
      this.queue.wake();
    });
  }

  /** Retires this server's members when it ends: those that can resume keep their nicknames, the others leave. */
  async retire(): Promise<void> {
    if (this.#replica === null) return;
    this.#isRetiring = true;
    await this.adopt();
  }

  /** A server, perhaps this one, has committed an entry. It is null if it must be read from the log. */
  notified(position: number, entry: LogEntry | null): void {
    const replica = this.#replica;
    // A room that is being read, or is not in use, catches up afterwards.
    if (replica === null) {
      this.#isBehind = true;
      return;
    }
    replica.notified(position, entry);
    if (replica.isMissingEntries && !replica.isHolding) this.missed();
  }

  /** Notifications may have been lost. */
  missed(): void {
    this.#isBehind = true;
    this.queue.wake();
  }

  /** Expired messages were deleted. */
  pruned(): void {
    this.#isPruned = true;
    this.missed();
  }

  /** A member at another server is typing. */
  typing(connection: ConnectionId): void {
    const member = this.#replica?.room.member(connection);
    if (member) this.queue.deliver([{ kind: "typing", connection, name: member.name }]);
  }

  /** Forgets the room, because the other servers have taken over. It is read again when it is needed. */
  reset(): void {
    this.#mustReload = true;
    this.queue.wake();
  }

  /** Drops everything in memory. */
  close(): void {
    if (this.#redo !== null) clearTimeout(this.#redo);
    this.#redo = null;
    this.#dropReplica();
  }

  #dropReplica(): void {
    this.#replica = null;
    this.#hasStranded = false;
    this.queue.forget();
  }

  /** Continues from what is stored. */
  #recover(): void {
    this.#mustReload = true;
    for (const resolve of this.#adopting.splice(0)) resolve();
  }

  /** Loads the room or catches up with it, if necessary and as far as the database allows. */
  async #prepare(batch: readonly Operation[]): Promise<void> {
    if (this.#mustReload) {
      this.#mustReload = false;
      this.#startOver();
    }
    if (this.#isAskedAhead(batch)) this.#isBehind = true;
    const isBehind = this.#isBehind;
    try {
      if (!(await this.#catchUp())) this.#part();
      if (this.#replica === null && (batch.length > 0 || this.#adopting.length > 0)) await this.#load();
    } catch (error) {
      this.#options.seen(error);
      this.queue.fault(error);
      if (isBehind && this.#replica !== null) this.#tryLater([]);
    }
  }

  /** Whether a client knows a message or a change that this server does not: another server may have stored it. */
  #isAskedAhead(batch: readonly Operation[]): boolean {
    const lastId = this.#replica?.room.lastId ?? Number.POSITIVE_INFINITY;
    return batch.some((each) => (historyRequestOf(each)?.after ?? 0) > lastId);
  }

  /**
   * Reads entries that were not notified. Rejects if the database fails.
   *
   * @returns false if the log does not have them any more, or if the database has another past than this server knows,
   *   for example after a restore or a failover that lost the newest entries: the room must be read anew
   */
  async #catchUp(): Promise<boolean> {
    const { database, name } = this.#options;
    const replica = this.#replica;
    const isBehind = this.#isBehind || this.#isPruned;
    this.#isBehind = false;
    if (replica === null || !isBehind) return true;
    if (this.#isPruned) await this.#forgetPruned(replica);
    const before = replica.position;
    const { head, entries } = await database.query(CATCH_UP_TIMEOUT_MS, async (sql) => ({
      head: await loadHead(sql, name),
      entries: await entriesAfter(sql, name, before),
    }));
    if (!replica.catchUp(entries) || head.position < before || head.position > replica.position) return false;
    // The newest of them is read again after an entry in which a change was skipped.
    const isNewest = this.#isPruned || replica.hasNewest(head.newest);
    const isSame = head.position < replica.position || (replica.isAt(head) && isNewest);
    if (isSame && this.#isPruned) await this.#forgetPruned(replica);
    return isSame;
  }

  async #forgetPruned(replica: Replica): Promise<void> {
    const { database, name } = this.#options;
    const { lastId } = replica.room;
    this.#isPruned = false;
    try {
      replica.keeps(await database.query(CATCH_UP_TIMEOUT_MS, (sql) => loadKept(sql, name, lastId)), lastId);
    } catch (error) {
      this.#isPruned = true;
      throw error;
    }
    this.queue.dropHistory();
  }

  /** Drops the replica, because it differs from the database, and has the clients here reconnect. */
  #part(): void {
    const { name, observer } = this.#options;
    observer.notice(name, PARTED.replace("{room}", name));
    this.#startOver();
  }

  /** What was missed cannot be delivered any more: clients see it when they come back. */
  #startOver(): void {
    this.queue.lose(this.#replica?.ours ?? []);
    this.#dropReplica();
  }

  async #load(): Promise<void> {
    const { database, name, now, reachable, server } = this.#options;
    const { queue } = this;
    const until = performance.now() + LOAD_TIMEOUT_MS;
    await reachable(until);
    this.#isBehind = false;
    this.#isPruned = false;
    const since = now().time - REMEMBERED_MS;
    const found = await database.transaction(until - performance.now(), async (sql) => {
      await sql`SET TRANSACTION ISOLATION LEVEL REPEATABLE READ`;
      return loadRoom(sql, name, since);
    });
    const stored = repaired(found);
    if (stored !== found) {
      await database.transaction(until - performance.now(), (sql) => writeRepaired(sql, name, stored));
    }
    const skipped = () => {
      this.#isPruned = true;
    };
    const followed = (sentAt: number) => this.#options.observer.lagged?.(Math.max(0, now().time - sentAt));
    const replica = new Replica(stored, { ...this.#options, queue, skipped, followed });
    for (const member of stored.members) {
      if (member.isAbsent && member.server === server()) queue.occupancy.takeOver(member.connection);
    }
    this.#hasStranded = replica.stranded((connection) => this.#connected.has(connection)).length > 0;
    this.#replica = replica;
    // Almost every client requests this page, perhaps while the database is unreachable.
    await queue.readAhead(NEWEST);
  }

  async #work(batch: readonly Operation[]): Promise<void> {
    const adopting = this.#adopting.splice(0);
    try {
      await this.#process(batch, adopting.length > 0 || this.#hasStranded);
    } finally {
      for (const resolve of adopting) resolve();
    }
  }

  async #process(batch: readonly Operation[], adopts: boolean): Promise<void> {
    const operations = batch.filter(
      (operation) => operation.kind === "leave" || !this.#lost.has(operation.connection),
    );
    const replica = this.#replica;
    if (replica === null) {
      this.#refuseAll(operations);
      return;
    }
    const { room } = replica;
    if (adopts || operations.some((operation) => mustBeOrdered(operation, room, operations))) {
      await this.#commit(replica, operations, adopts);
    } else {
      // Entries of other servers come before these decisions, or are delivered after their outcomes.
      replica.hold();
      const now = this.#options.now();
      const decisions = operations.map((operation) => room.decide(operation, now));
      await this.#deliver(replica, operations, { decisions, ...NOTHING_STORED });
    }
    // After a failure the room may have been given up.
    if (this.#replica !== replica) return;
    replica.applyNext();
    if (replica.isMissingEntries) this.missed();
  }

  /** Has a batch committed, and delivers its outcomes. */
  async #commit(replica: Replica, operations: readonly Operation[], adopts: boolean): Promise<void> {
    const startedAt = performance.now();
    const adopted = this.#isRetiring ? "of dead servers and this one" : "of dead servers";
    const verdict = await this.#committer.commit(replica, {
      operations,
      adopts: adopts ? adopted : "none",
      isConnected: (connection) => this.#connected.has(connection),
    });
    this.queue.isHealthy = verdict.kind === "committed";
    if (verdict.kind !== "committed") {
      await this.#fail(replica, operations, verdict);
      return;
    }
    if (adopts) this.#hasStranded = false;
    const { records } = verdict;
    if (records.length > 0) this.#options.observer.stored(records.length, performance.now() - startedAt);
    await this.#deliver(replica, operations, verdict);
  }

  /**
   * Delivers a decided batch, and lets the replica go on.
   *
   * @param decided its decisions: those of the operations, in order, then those about members of other servers
   */
  async #deliver(
    replica: Replica,
    operations: readonly Operation[],
    { decisions: decided, records, changed }: FinallyDecided,
  ): Promise<void> {
    const { queue } = this;
    const decisions = await withHeld(this.#options, decided);
    // Under the lock this server may have learned of changes to messages that it does not have in memory.
    const shown = operations.filter((_, at) => decisions[at] !== undefined && showsHistory(decisions[at]));
    await queue.renewReads(shown);
    for (const [at, decision] of decisions.entries()) this.#settle(replica, operations[at], decision);
    const sources = await queue.sourcesOf(decisions, records, changed);
    const reads = queue.readsOf(operations);
    const outcomes = outcomesOf(decisions, reads, sources);
    replica.release();
    if (this.#isRetiring) return;
    // Of the engine's own operations only those have outcomes to deliver that made a member leave.
    queue.deliver(outcomes.filter(({ kind }, at) => isOfConnection(operations[at]) || kind === "left"));
  }

  /** @param operation undefined if the decision is about a member of another server */
  #settle(replica: Replica, operation: Operation | undefined, decision: FinalDecision): void {
    const { name, notify, server } = this.#options;
    const { connection, kind } = decision;
    if (kind !== "store-lost" && isChange(decision)) replica.settle(decision, server());
    if (kind === "typing") notify({ kind: "typing", room: name, connection });
    // The connection of an operation of the server's own is nobody's, who could be told, or reconnect.
    if (kind === "store-lost" && operation !== undefined && !isOwn(operation)) this.#lost.add(connection);
    if (kind === "registered" || kind === "resumed") this.#connected.add(connection);
    if (operation?.kind === "leave") {
      this.#lost.delete(connection);
      this.#connected.delete(connection);
    }
    this.queue.settle(operation, decision);
  }

  /** Delivers the outcomes of a batch that was not committed, or that may or may not be. */
  async #fail(
    replica: Replica,
    operations: readonly Operation[],
    { kind, error }: Exclude<Verdict, { kind: "committed" }>,
  ): Promise<void> {
    const { room } = replica;
    if (error instanceof Evicted) this.#mustReload = true;
    const isUnknown = kind === "in doubt" || this.#mustReload || error instanceof FallenBehind;
    const answered = operations.filter((operation) => !isRedone(operation));
    const isLost = (operation: Operation) => mustBeOrdered(operation, room, operations);
    const sentence = isUnknown ? null : sentenceFor(error);
    const decisions = decideWithoutStore(room, answered, this.#options.now(), isLost, sentence);
    await this.#deliver(replica, answered, { decisions, ...NOTHING_STORED });
    if (error instanceof FallenBehind) this.#part();
    this.#redoAmong(operations);
  }

  /** Decides for a room that cannot be read: nobody can register there, but a session may well be valid. */
  #refuseAll(operations: readonly Operation[]): void {
    const answered = operations.filter((operation) => !isRedone(operation));
    const decisions = answered.map((operation): FinalDecision => {
      const decision = decideWithoutRoom(operation);
      const { connection } = operation;
      return decision.kind === "resume-refused" ? { kind: "store-lost", connection } : decision;
    });
    this.queue.deliver(
      outcomesOf(decisions, [], { history: null, before: 0, records: new Map(), repeated: new Map() }),
    );
    this.#redoAmong(operations);
  }

  #redoAmong(operations: readonly Operation[]): void {
    const redone = operations.filter(isRedone);
    if (redone.length > 0 || this.#hasStranded) this.#tryLater(redone);
  }

  /** Puts back, after a while, operations that must be done even though no client waits for their outcomes. */
  #tryLater(operations: readonly Operation[]): void {
    if (this.#redo !== null) clearTimeout(this.#redo);
    this.#later.push(...operations);
    this.#redo = setTimeout(() => {
      this.#redo = null;
      this.queue.putBack(this.#later.splice(0));
      this.missed();
    }, REDO_AFTER_MS);
  }
}

/** Whether an operation comes from a connection rather than from the engine itself. */
function isOfConnection(operation: Operation | undefined): boolean {
  return operation !== undefined && operation.kind !== "expire";
}
