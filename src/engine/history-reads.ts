import type { ConnectionId, Operation } from "../room/operation.ts";
import type { HistoryCache, HistoryRead, HistoryRequest } from "./history-cache.ts";
import { holdsUpItsConnection, waitsForReplies } from "./rules.ts";

/** If a page leaves memory before its request is decided, it is read again, this many times in all. */
const ATTEMPTS_MOST = 3;
/** How many pages may be read ahead of their decisions: each may be as large as a reply. */
const RESULTS_MOST = 4;

/** The result of reading for an operation. */
export type ReadResult =
  | { readonly kind: "read"; readonly read: HistoryRead }
  | { readonly kind: "failed"; readonly error: unknown };

const GIVEN_UP: ReadResult = { kind: "failed", error: undefined };

export interface HistoryReadsOptions {
  /** The room's cache; null while the room is not open and nothing can be read. */
  readonly cache: () => HistoryCache | null;
  /** Whether an operation shows anything if it is decided behind others. Nothing is read for one that is refused. */
  readonly mayShow: (operation: Operation, earlier: readonly Operation[]) => boolean;
  /** Puts operations back ahead of those that wait for the next batch. */
  readonly putBack: (operations: readonly Operation[]) => void;
  /** Receives the store's errors. */
  readonly failed: (error: unknown) => void;
}

/** What waits behind an operation of the same connection, until that is decided. */
interface Held {
  readonly behind: Operation;
  readonly waiting: Operation[];
}

/**
 * Reads history beside a room's queue: an operation that shows what is not in memory waits here, and the room's batches
 * go on meanwhile. A room runs one read at a time; requests for the same messages share it.
 *
 * Later operations of the connection do not wait if the request has a `ref`, by which the client recognises its reply.
 * Without one they wait, so that replies keep their order. They always wait behind a `resume`, since they depend on it.
 * The end of a connection waits for all of its replies.
 */
export class HistoryReads {
  readonly #options: HistoryReadsOptions;
  /** Operations to read for, the oldest first. */
  readonly #queue: Operation[] = [];
  readonly #results = new Map<Operation, ReadResult>();
  /** Operations that are read for, and not admitted yet; with how often, so far. */
  readonly #attempts = new Map<Operation, number>();
  readonly #held = new Map<ConnectionId, Held>();
  #isReading = false;

  constructor(options: HistoryReadsOptions) {
    this.#options = options;
  }

  /** Whether an operation waits for a read, or to be decided with what was read. */
  get isBusy(): boolean {
    return this.#attempts.size > 0;
  }

  /** The operations of a batch that can be decided now, with those that waited behind them. The others are put back later. */
  admit(batch: readonly Operation[]): readonly Operation[] {
    if (this.#attempts.size === 0 && !batch.some(showsHistory)) return batch;
    const admitted: Operation[] = [];
    for (const operation of batch) this.#admit(operation, admitted);
    return admitted;
  }

  /** Forgets what was read, because the history has changed since. */
  forget(): void {
    this.#results.clear();
  }

  /** What was read for each operation of a batch that is being decided. */
  resultsOf(batch: readonly Operation[]): readonly (ReadResult | undefined)[] {
    // Most batches need nothing.
    return this.#results.size === 0 ? [] : batch.map((operation) => this.#results.get(operation));
  }

  /**
   * Reads anew what does not answer operations of a batch any more, because other servers' events were taken in since the
   * batch was admitted. Must be called before the batch's own events are taken in.
   */
  async renew(operations: readonly Operation[]): Promise<void> {
    let failure: ReadResult | null = null;
    for (const operation of operations) {
      if (!this.#needsRead(operation)) continue;
      const result: ReadResult | null = failure ?? (await this.#read(operation));
      if (result?.kind === "failed") failure = result;
      if (result === null) this.#results.delete(operation);
      else this.#results.set(operation, result);
      if (this.#needsRead(operation)) this.#results.set(operation, GIVEN_UP);
    }
  }

  /** Gives up a batch that will not be decided. @returns the batch, with what waited behind its operations */
  abandon(batch: readonly Operation[]): readonly Operation[] {
    for (const operation of batch) this.#attempts.delete(operation);
    return batch.flatMap((operation) => [operation, ...this.#release(operation)]);
  }

  /** Forgets what was read for the operations of a batch, which is decided. */
  done(batch: readonly Operation[]): void {
    for (const operation of this.#results.size > 0 ? batch : []) this.#results.delete(operation);
    if (this.#queue.length > 0) void this.#run();
  }

  /** @param admitted what is decided before it, to which it is added if it can be decided now */
  #admit(operation: Operation, admitted: Operation[]): void {
    if (!this.#attempts.has(operation) && this.#isHeld(operation)) return;
    if (this.#needsRead(operation) && this.#options.mayShow(operation, admitted)) {
      if (this.#attemptsOf(operation) < ATTEMPTS_MOST) {
        this.#await(operation);
        return;
      }
      this.#results.set(operation, GIVEN_UP);
    }
    this.#attempts.delete(operation);
    admitted.push(operation);
    for (const each of this.#release(operation)) this.#admit(each, admitted);
  }

  /** Whether an operation must wait behind another one of its connection, and does so from now on. */
  #isHeld(operation: Operation): boolean {
    const { connection } = operation;
    const held = this.#held.get(connection);
    if (held !== undefined) {
      held.waiting.push(operation);
      return true;
    }
    const behind = waitsForReplies(operation) ? this.#newestOf(connection) : undefined;
    if (behind !== undefined) this.#held.set(connection, { behind, waiting: [operation] });
    return behind !== undefined;
  }

  /** The newest operation of a connection among those that are read for. */
  #newestOf(connection: ConnectionId): Operation | undefined {
    return [...this.#attempts.keys()].findLast((each) => each.connection === connection);
  }

  #needsRead(operation: Operation): boolean {
    const cache = this.#options.cache();
    const request = historyRequestOf(operation);
    if (cache === null || request === undefined) return false;
    const result = this.#results.get(operation);
    return result?.kind !== "failed" && cache.needsRead(request, result?.read);
  }

  #attemptsOf(operation: Operation): number {
    return this.#attempts.get(operation) ?? 0;
  }

  #await(operation: Operation): void {
    const { connection } = operation;
    this.#attempts.set(operation, this.#attemptsOf(operation) + 1);
    this.#results.delete(operation);
    if (holdsUpItsConnection(operation) && !this.#held.has(connection))
      this.#held.set(connection, { behind: operation, waiting: [] });
    this.#queue.push(operation);
    void this.#run();
  }

  async #run(): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    while (this.#results.size < RESULTS_MOST) {
      const next = this.#queue.shift();
      if (next === undefined) break;
      const result = await this.#read(next);
      // Where the store is out of reach, each of those that wait would otherwise wait for its own deadline.
      const answered = result?.kind === "failed" ? [next, ...this.#queue.splice(0)] : [next];
      if (result !== null) for (const operation of answered) this.#results.set(operation, result);
      this.#options.putBack(answered);
    }
    this.#isReading = false;
  }

  /** @returns null if there is nothing to read, or if the room has dropped the history that was read */
  async #read(operation: Operation): Promise<ReadResult | null> {
    const cache = this.#options.cache();
    const request = historyRequestOf(operation);
    if (cache === null || request === undefined || !cache.needsRead(request)) return null;
    const result = await resultOf(cache.read(request));
    if (cache !== this.#options.cache()) return null;
    if (result.kind === "failed") this.#options.failed(result.error);
    return result;
  }

  /** Lets go of what waits behind an operation. */
  #release(operation: Operation): readonly Operation[] {
    const held = this.#held.get(operation.connection);
    if (held?.behind !== operation) return [];
    this.#held.delete(operation.connection);
    return held.waiting;
  }
}

function resultOf(reading: Promise<HistoryRead>): Promise<ReadResult> {
  return reading.then(
    (read) => ({ kind: "read", read }),
    (error) => ({ kind: "failed", error }),
  );
}

/** The part of the history that an operation shows; undefined if it shows none. */
export function historyRequestOf(operation: Operation): HistoryRequest | undefined {
  return operation.kind === "request" && "page" in operation.request ? operation.request.page : undefined;
}

function showsHistory(operation: Operation): boolean {
  return historyRequestOf(operation) !== undefined;
}
