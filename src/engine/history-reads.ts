import type { ConnectionId, Operation } from "../room/operation.ts";
import type { HistoryCache, HistoryRead, HistoryRequest } from "./history-cache.ts";
import { holdsUpItsConnection } from "./rules.ts";

/** If a page leaves memory before its request is decided, it is read again, this many times in all. */
const ATTEMPTS_MOST = 3;
/** How many pages may be read ahead of their decisions: each may be as large as a reply. */
const RESULTS_MOST = 4;

/** The result of reading for an operation. */
export type ReadResult =
  | { readonly kind: "read"; readonly read: HistoryRead }
  | { readonly kind: "failed"; readonly error: unknown };

export interface HistoryReadsOptions {
  /** The room's cache; null while the room is not open and nothing can be read. */
  readonly cache: () => HistoryCache | null;
  /** Puts operations back ahead of those that wait for the next batch. */
  readonly putBack: (operations: readonly Operation[]) => void;
  /** Receives the store's errors. */
  readonly failed: (error: unknown) => void;
}

/**
 * Reads history beside a room's queue: an operation that shows what is not in memory waits here, and the room's batches
 * go on meanwhile. A room runs one read at a time; requests for the same messages share it.
 *
 * Later operations of the connection do not wait if the request has a `ref`, by which the client recognises its reply.
 * Without one they wait, so that replies keep their order. They always wait behind a `resume`, since they depend on it.
 */
export class HistoryReads {
  readonly #options: HistoryReadsOptions;
  /** Operations to read for, the oldest first. */
  readonly #queue: Operation[] = [];
  readonly #results = new Map<Operation, ReadResult>();
  readonly #attempts = new Map<Operation, number>();
  /** Operations that wait behind another one of their connection. */
  readonly #behind = new Map<ConnectionId, Operation[]>();
  #isReading = false;

  constructor(options: HistoryReadsOptions) {
    this.#options = options;
  }

  /** Whether an operation waits for a read, or to be decided with what was read. */
  get isBusy(): boolean {
    return this.#attempts.size > 0;
  }

  /** The operations of a batch that can be decided now. The others are put back when they can be. */
  admit(batch: readonly Operation[]): readonly Operation[] {
    const isAllReady = this.#behind.size === 0 && !batch.some(showsHistory);
    return isAllReady ? batch : batch.filter((operation) => this.#isReady(operation));
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

  /** Forgets what was read for a batch that has been decided. */
  done(batch: readonly Operation[]): void {
    if (this.#attempts.size === 0) return;
    for (const operation of batch) {
      this.#results.delete(operation);
      this.#attempts.delete(operation);
    }
    void this.#run();
  }

  #isReady(operation: Operation): boolean {
    const behind = this.#behind.get(operation.connection);
    if (behind !== undefined) {
      behind.push(operation);
      return false;
    }
    const cache = this.#options.cache();
    const request = historyRequestOf(operation);
    if (cache === null || request === undefined) return true;
    const result = this.#results.get(operation);
    if (result?.kind === "failed" || !cache.needsRead(request, result?.read)) return true;
    this.#await(operation);
    return false;
  }

  #await(operation: Operation): void {
    this.#attempts.set(operation, (this.#attempts.get(operation) ?? 0) + 1);
    this.#results.delete(operation);
    if (holdsUpItsConnection(operation)) this.#behind.set(operation.connection, []);
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
      if (result !== null) this.#results.set(next, result);
      this.#release(next);
    }
    this.#isReading = false;
  }

  /** @returns null if there is nothing to read, or if the room has dropped the history that was read */
  async #read(operation: Operation): Promise<ReadResult | null> {
    const cache = this.#options.cache();
    const request = historyRequestOf(operation);
    if (cache === null || request === undefined || !cache.needsRead(request)) return null;
    if ((this.#attempts.get(operation) ?? 0) > ATTEMPTS_MOST) return { kind: "failed", error: undefined };
    try {
      const read = await cache.read(request);
      return cache === this.#options.cache() ? { kind: "read", read } : null;
    } catch (error) {
      this.#options.failed(error);
      return { kind: "failed", error };
    }
  }

  #release(operation: Operation): void {
    const { connection } = operation;
    const behind = holdsUpItsConnection(operation) ? (this.#behind.get(connection) ?? []) : [];
    if (holdsUpItsConnection(operation)) this.#behind.delete(connection);
    this.#options.putBack([operation, ...behind]);
  }
}

/** The part of the history that an operation shows; undefined if it shows none. */
export function historyRequestOf(operation: Operation): HistoryRequest | undefined {
  return operation.kind === "request" && "page" in operation.request ? operation.request.page : undefined;
}

function showsHistory(operation: Operation): boolean {
  return historyRequestOf(operation) !== undefined;
}
