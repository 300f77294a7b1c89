import type { ConnectionId, Operation } from "../room/operation.ts";
import type { HistoryCache, HistoryRead, HistoryRequest } from "./history-cache.ts";
import { holdsUpItsConnection } from "./rules.ts";

/** A request whose page leaves memory before the request is decided is read again, so many times in all. */
const ATTEMPTS_MOST = 3;
/** So many pages may have been read and not be decided yet: each may be as large as a reply. */
const RESULTS_MOST = 4;

/** What reading for an operation came to. */
export type ReadResult =
  | { readonly kind: "read"; readonly read: HistoryRead }
  | { readonly kind: "failed"; readonly error: unknown };

export interface HistoryReadsOptions {
  /** The room's cache; null while the room is not open, when nothing can be read. */
  readonly cache: () => HistoryCache | null;
  /** Puts operations back before those that wait for the next batch. */
  readonly putBack: (operations: readonly Operation[]) => void;
  /** Learns of errors of the store. */
  readonly failed: (error: unknown) => void;
}

/**
 * Reads history beside a room's queue: an operation that shows what is not in memory waits here, and the room's batches go on
 * meanwhile. One read runs at a time in a room; those that ask for the same share it.
 *
 * Later operations of the connection do not wait if the request has a `ref` by which its reply is recognised. Otherwise
 * they wait behind it, so that its replies keep their order; and they always wait behind a `resume`, since they depend on it.
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

  /** Whether an operation waits for what is read, or to be decided with it. */
  get isBusy(): boolean {
    return this.#attempts.size > 0;
  }

  /** The operations of a batch that can be decided now. The others come back when they can. */
  admit(batch: readonly Operation[]): readonly Operation[] {
    const isAllReady = this.#behind.size === 0 && !batch.some(showsHistory);
    return isAllReady ? batch : batch.filter((operation) => this.#isReady(operation));
  }

  /** Forgets what was read: the history has changed behind it. */
  forget(): void {
    this.#results.clear();
  }

  /** What was read for each operation of a batch that is being decided. */
  resultsOf(batch: readonly Operation[]): readonly (ReadResult | undefined)[] {
    // Most batches need nothing.
    return this.#results.size === 0 ? [] : batch.map((operation) => this.#results.get(operation));
  }

  /** Forgets what was read for the operations of a batch, which is decided. */
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

  /** @returns null when there is nothing to read, or what was read is of a history that the room has left */
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

/** What an operation shows of the history; undefined where it shows nothing. */
export function historyRequestOf(operation: Operation): HistoryRequest | undefined {
  return operation.kind === "request" && "page" in operation.request ? operation.request.page : undefined;
}

function showsHistory(operation: Operation): boolean {
  return historyRequestOf(operation) !== undefined;
}
