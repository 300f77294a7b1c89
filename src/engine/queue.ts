import type { PageRequest } from "../protocol/page.ts";
import { type Decision, type Operation, type Outcome, settle } from "../room/operation.ts";
import { Visitors } from "../room/room.ts";
import { type KeyMemory, SendKeys } from "../room/send-keys.ts";
import type { Archive } from "./archive.ts";
import type { Deliver, EngineObserver } from "./engine.ts";
import type { HistoryHolder, HistoryMemory } from "./history-memory.ts";
import { Places } from "./places.ts";
import { Telling } from "./telling.ts";

export interface QueueOptions {
  /** Of the room. */
  readonly name: string;
  readonly deliver: Deliver;
  readonly observer: EngineObserver;
  readonly getBudgetBytes: number;
  readonly memory: HistoryMemory;
  readonly keyMemory: KeyMemory;
  /** Called whenever the queue has run empty. */
  readonly idle: () => void;
}

/**
 * The queue of one room. While a batch is being worked on the next one gathers, so load makes batches larger and not more
 * numerous. Batches are worked on one after the other: whatever {@link work} does until it resolves has the room to itself.
 */
export abstract class Queue<Options extends QueueOptions> implements HistoryHolder {
  readonly places = new Places((operation) => this.submit(operation));
  protected readonly options: Options;
  protected readonly telling: Telling;
  protected readonly keys: SendKeys;
  protected readonly visitors = new Visitors();
  #gathering: Operation[] = [];
  #isRunning = false;
  #isHealthy = true;

  constructor(options: Options) {
    this.options = options;
    this.telling = new Telling(options.getBudgetBytes);
    this.keys = new SendKeys(options.keyMemory);
  }

  /** Whether operations are being decided. */
  get working(): boolean {
    return this.#isRunning;
  }

  /** Whether it must stay in memory as it is. */
  get busy(): boolean {
    return this.#isRunning;
  }

  /** Whether the newest attempt to store something, if any, went well. */
  get healthy(): boolean {
    return this.#isHealthy;
  }

  protected set healthy(isHealthy: boolean) {
    this.#isHealthy = isHealthy;
  }

  get historyBytes(): number {
    return this.telling.historyBytes;
  }

  dropHistory(): void {
    this.telling.dropHistory();
    this.options.memory.released(this);
  }

  submit(operation: Operation): void {
    if (operation.kind === "request" && "page" in operation.request)
      this.telling.asked(operation.request.page);
    this.#gathering.push(operation);
    this.wake();
  }

  /** How much must be read for a request, in bytes (see `Engine.bytesToFetch`). */
  bytesToFetch(page: PageRequest | null): number {
    const { archive } = this;
    return archive === null ? 0 : this.telling.bytesToFetch(archive, page);
  }

  /** The room's messages, null while it is not open. */
  protected abstract get archive(): Archive | null;

  /** Whether there is something to do beside the operations that gather. */
  protected abstract get hasErrand(): boolean;

  /** Decides, stores and tells a batch, which is empty when there are errands only. */
  protected abstract work(batch: readonly Operation[]): Promise<void>;

  /** Called when {@link work} has rejected, which is a defect and not a fault of the store. */
  protected abstract recover(): void;

  /** Has the queue run, now or behind the batch that is being worked on. */
  protected wake(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    // After the sockets that are ready now have been read: their frames make one batch.
    setImmediate(() => void this.#run());
  }

  /** Puts operations that nobody waits for before those that gather. */
  protected putBack(operations: readonly Operation[]): void {
    this.#gathering.unshift(...operations);
    this.wake();
  }

  protected deliver(outcomes: Iterable<Outcome>): void {
    this.options.deliver(this.options.name, outcomes);
  }

  protected fault(error: unknown): void {
    this.options.observer.fault(this.options.name, error);
  }

  async #run(): Promise<void> {
    while (this.#gathering.length > 0 || this.hasErrand) {
      const batch = this.#gathering;
      this.#gathering = [];
      try {
        await this.work(batch);
      } catch (error) {
        // The room goes on for the others.
        this.fault(error);
        this.recover();
      }
      for (const operation of batch) settle(operation);
      this.#tidy();
    }
    this.#isRunning = false;
    this.options.idle();
  }

  #tidy(): void {
    this.telling.trim();
    if (!this.telling.holdsHistory) return;
    if (this.places.isEmpty) this.dropHistory();
    else this.options.memory.used(this);
  }
}

/** A decision with what the client calls the request by. */
export function withRef(decision: Decision, operation: Operation): Decision {
  const ref = "ref" in operation ? operation.ref : undefined;
  return ref === undefined ? decision : { ...decision, ref };
}
