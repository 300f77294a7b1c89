import { type ConnectionId, isOwn, type Operation, type OwnOperation, settle } from "../room/operation.ts";
import type { Room } from "../room/room.ts";
import { SendKeys } from "../room/send-keys.ts";
import type { ConnectionNote } from "../room/state.ts";
import type { Archive } from "./archive.ts";
import { takenOf } from "./changed-messages.ts";
import type { RoomOptions } from "./engine.ts";
import { HistoryCache, type HistoryRequest, mostRead } from "./history-cache.ts";
import type { HistoryHolder } from "./history-memory.ts";
import { HistoryReads, historyRequestOf, type ReadResult } from "./history-reads.ts";
import { Occupancy } from "./occupancy.ts";
import type { FinalDecision, Outcome } from "./outcome.ts";
import type { OutcomeSources } from "./outcomes.ts";
import type { Taken } from "./recent-changes.ts";
import type { MessageRecord, StoredEvent } from "./record.ts";
import { mayShowHistory } from "./rules.ts";

/** How many operations of the server's own are decided at once: few enough that clients hardly wait for them. */
export const OWN_AT_ONCE = 100;

/** An operation of the server's own, and what takes its outcome. */
interface Own {
  readonly operation: OwnOperation;
  readonly resolve: (decision: FinalDecision) => void;
}

/** The part of the work on a room that differs between engines. */
export interface RoomWork {
  /** The room; null while it is not open. */
  readonly room: () => Room | null;
  /** The room's messages; null while the room is not open. */
  readonly archive: () => Archive | null;
  /** Whether there is work besides the gathered operations. */
  readonly hasOtherWork: () => boolean;
  /**
   * Does the other work, and opens the room for a batch if necessary. Operations may still wait for reads afterwards.
   */
  readonly prepare: (batch: readonly Operation[]) => Promise<void>;
  /** Decides, stores and delivers a batch, which is empty if there is only other work. */
  readonly work: (batch: readonly Operation[]) => Promise<void>;
  /** Called after `prepare` or `work` has rejected, which means a defect rather than a fault of the store. */
  readonly recover: () => void;
  /** Receives the errors of reads that run beside the batches. */
  readonly readFailed?: (error: unknown) => void;
}

/**
 * The queue of one room, and everything that the room has in memory besides its state. While one batch is processed,
 * the next one gathers, so that load makes batches larger rather than more numerous. Batches never overlap: until
 * `work` resolves, it has the room to itself. Only history is read beside the batches.
 */
export class RoomQueue implements HistoryHolder {
  readonly occupancy: Occupancy;
  readonly keys: SendKeys;
  /** What the room knows about connections without a nickname. */
  readonly notes = new Map<ConnectionId, ConnectionNote>();
  /** Connections of programs, which have no place in the roster. */
  readonly #guests = new Set<ConnectionId>();
  readonly #options: RoomOptions;
  readonly #work: RoomWork;
  readonly #reads: HistoryReads;
  #history: HistoryCache | null = null;
  /** What will be read for a request: other requests for the same share the read. */
  readonly #expected = new Set<"whole" | "newest">();
  #gathering: Operation[] = [];
  /** The server's own operations that wait. They make batches of their own, whose failure is none of the clients'. */
  readonly #own: Own[] = [];
  #isOwnTurn = false;
  /** What was decided about the server's own operations in the batch in progress. */
  readonly #decided = new Map<Operation, FinalDecision>();
  #isWorking = false;
  /** Whether the newest attempt to store something, if any, succeeded. */
  isHealthy = true;

  constructor(options: RoomOptions, work: RoomWork) {
    this.#options = options;
    this.#work = work;
    this.occupancy = new Occupancy(options, (operation) => this.submit(operation));
    this.keys = new SendKeys(options.keyMemory);
    this.#reads = new HistoryReads({
      cache: () => this.#cache,
      mayShow: (operation, earlier) => {
        const room = work.room();
        return room === null || mayShowHistory(operation, room, earlier);
      },
      putBack: (operations) => this.putBack(operations),
      failed: (error) => {
        work.readFailed?.(error);
        this.fault(error);
      },
    });
  }

  /** Whether operations are being decided, or wait for a read. */
  get isBusy(): boolean {
    return this.#isWorking || this.#reads.isBusy;
  }

  get historyBytes(): number {
    return this.#history?.bytes ?? 0;
  }

  /** The messages in memory; null until a request needs some. */
  get history(): HistoryCache | null {
    return this.#history;
  }

  dropHistory(): void {
    this.#history = null;
    this.#reads.forget();
    this.#options.memory.released(this);
  }

  submit(operation: Operation): void {
    const request = historyRequestOf(operation);
    const shared = request === undefined ? null : sharedBy(request);
    if (shared !== null) this.#expected.add(shared);
    if (isGuests(operation)) this.#guests.add(operation.connection);
    if (operation.kind === "leave") this.#guests.delete(operation.connection);
    this.#gathering.push(operation);
    this.wake();
  }

  /** Has operations of the server's own decided. Resolves to what became of each, once that is delivered. Never rejects. */
  async perform(operations: readonly OwnOperation[]): Promise<readonly FinalDecision[]> {
    const performed = operations.map(
      (operation) => new Promise<FinalDecision>((resolve) => this.#own.push({ operation, resolve })),
    );
    this.wake();
    return await Promise.all(performed);
  }

  /**
   * Notes the decision about an operation of a batch.
   *
   * @param operation undefined if the engine itself decided, about a member of another server
   */
  settle(operation: Operation | undefined, decision: FinalDecision): void {
    this.occupancy.settle(operation, decision);
    if (operation !== undefined && isOwn(operation)) this.#decided.set(operation, decision);
  }

  /** How many bytes must be read for a request (see `Engine.bytesToFetch`). */
  bytesToFetch(request: HistoryRequest): number {
    const archive = this.#work.archive();
    const shared = sharedBy(request);
    if (archive === null || (shared !== null && this.#expected.has(shared))) return 0;
    const { firstId, lastId, averageBytes } = archive;
    const most = lastId === 0 ? 0 : lastId - firstId + 1;
    const missing = this.#history?.missing(request) ?? (request === null ? most : mostRead(request));
    return Math.min(this.#options.getBudgetBytes, Math.min(missing, most) * averageBytes);
  }

  /** Makes the queue run, now or after the batch in progress. */
  wake(): void {
    if (this.#isWorking) return;
    this.#isWorking = true;
    // Sockets that are ready now are read first, so that their frames make one batch.
    setImmediate(() => void this.#run());
  }

  /** Puts operations ahead of those that have gathered. */
  putBack(operations: readonly Operation[]): void {
    this.#gathering.unshift(...operations);
    this.wake();
  }

  /** What was read for each operation of a batch that is being decided. */
  readsOf(batch: readonly Operation[]): readonly (ReadResult | undefined)[] {
    return this.#reads.resultsOf(batch);
  }

  /** See {@link HistoryReads.renew}. */
  async renewReads(operations: readonly Operation[]): Promise<void> {
    await this.#reads.renew(operations);
  }

  /** Takes in events that were stored. */
  take(events: readonly Taken[]): void {
    this.#history?.take(events);
  }

  /**
   * Takes in what a decided batch has stored, and finds the earlier messages that it repeats.
   *
   * @param changed the messages that the batch has changed, as they are after it
   */
  async sourcesOf(
    decisions: readonly FinalDecision[],
    stored: readonly StoredEvent[],
    changed: ReadonlyMap<number, MessageRecord>,
  ): Promise<OutcomeSources> {
    const history = this.#history;
    const before = stored[0] === undefined ? (history?.newestId ?? 0) : stored[0].id - 1;
    if (stored.length > 0) this.take(takenOf(stored, changed));
    const records = new Map<number, MessageRecord>();
    for (const record of stored) if (record.kind === "message") records.set(record.id, record);
    const repeated = new Map<number, MessageRecord>();
    for (const decision of decisions) {
      if (decision.kind !== "repeated" || repeated.has(decision.id)) continue;
      // A message of this batch may have been changed in it, too.
      const record = changed.get(decision.id) ?? records.get(decision.id) ?? (await this.#find(decision.id));
      if (record !== undefined) repeated.set(record.id, record);
    }
    return { history, before, records, repeated };
  }

  async #find(id: number): Promise<MessageRecord | undefined> {
    try {
      return this.#history?.message(id) ?? (await this.#work.archive()?.message(id));
    } catch (error) {
      this.fault(error);
      return undefined;
    }
  }

  /** Reads the newest messages now rather than at the first request. Rejects if the store fails. */
  async readAhead(request: HistoryRequest): Promise<void> {
    const cache = this.#cache;
    if (cache?.needsRead(request)) await cache.read(request);
  }

  deliver(outcomes: readonly Outcome[]): void {
    this.#options.deliver(this.#options.name, outcomes);
  }

  /**
   * Has all clients reconnect, and programs as well, because what they missed cannot be delivered any more.
   *
   * @param members the connections with a nickname
   */
  lose(members: Iterable<ConnectionId>): void {
    const lost = new Set([...members, ...this.#guests]);
    this.deliver(Array.from(lost, (connection) => ({ kind: "store-lost", connection })));
  }

  fault(error: unknown): void {
    this.#options.observer.fault(this.#options.name, error);
  }

  /** Drops the room's past from memory. The connections stay. */
  forget(): void {
    this.occupancy.endGraces();
    this.dropHistory();
    this.keys.clear();
  }

  get #cache(): HistoryCache | null {
    const archive = this.#work.archive();
    if (archive === null) return null;
    this.#history ??= new HistoryCache(archive, this.#options.getBudgetBytes);
    return this.#history;
  }

  /** Processes one batch. The next one begins after the sockets that are ready by then have been read. */
  async #run(): Promise<void> {
    if (this.#own.length > 0 && (this.#isOwnTurn || this.#gathering.length === 0)) await this.#takeOwn();
    else {
      const gathered = this.#gathering;
      this.#gathering = [];
      await this.#take(gathered);
      this.#isOwnTurn = true;
    }
    this.#isWorking = false;
    this.#tidy();
    if (this.#gathering.length > 0 || this.#own.length > 0 || this.#work.hasOtherWork()) this.wake();
    else this.#options.idle();
  }

  async #takeOwn(): Promise<void> {
    this.#isOwnTurn = false;
    const batch = this.#own.splice(0, OWN_AT_ONCE);
    await this.#take(batch.map(({ operation }) => operation));
    for (const { operation, resolve } of batch) {
      const { connection } = operation;
      resolve(this.#decided.get(operation) ?? { kind: "store-lost", connection });
    }
    this.#decided.clear();
  }

  async #take(gathered: readonly Operation[]): Promise<void> {
    const isReady = await this.#succeeds(() => this.#work.prepare(gathered));
    const batch = isReady ? this.#reads.admit(gathered) : this.#reads.abandon(gathered);
    if (isReady) await this.#succeeds(() => this.#work.work(batch));
    for (const operation of batch) settle(operation);
    this.#reads.done(batch);
  }

  async #succeeds(work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      // The room goes on for the others.
      this.fault(error);
      this.#work.recover();
      return false;
    }
  }

  #tidy(): void {
    if (!this.#reads.isBusy) this.#expected.clear();
    if (this.#history === null) return;
    this.#history.trim();
    if (this.occupancy.isEmpty && !this.#reads.isBusy) this.dropHistory();
    else this.#options.memory.used(this);
  }
}

function isGuests(operation: Operation): boolean {
  return operation.kind === "request" && operation.guest !== undefined;
}

/** What all requests for the end of the history have in common. */
function sharedBy(request: HistoryRequest): "whole" | "newest" | null {
  if (request === null) return "whole";
  const { before, after, since } = request;
  return before === null && after === null && since === undefined ? "newest" : null;
}
