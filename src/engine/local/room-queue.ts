import { HistoryWindow } from "../../room/history.ts";
import type { HistoryView, Message, Operation, Outcome } from "../../room/operation.ts";
import { type Moment, Room } from "../../room/room.ts";
import type { Deliver, EngineObserver } from "../engine.ts";
import { sentenceFor } from "../failure.ts";
import type { HistoryHolder, HistoryMemory } from "./history-memory.ts";
import type { Journal } from "./journal.ts";
import { encodeRecord, withoutId } from "./record.ts";

/** A room that could not be opened is tried again after this time, and not on every frame. */
const REOPEN_AFTER_MS = 5_000;

export interface RoomQueueOptions {
  readonly name: string;
  readonly open: () => Promise<Journal>;
  readonly now: () => Moment;
  readonly deliver: Deliver;
  readonly observer: EngineObserver;
  readonly getBudgetBytes: number;
  readonly memory: HistoryMemory;
  /** Shared by all rooms: the size of the requests whose outcomes are not delivered yet. */
  readonly pending: { size: number };
  /** Called whenever the queue has run empty. */
  readonly idle: () => void;
}

/**
 * The queue of one room: decide, store, tell, in one order. While a batch is being written the next one gathers,
 * so load makes writes larger and not more numerous.
 */
export class RoomQueue implements HistoryHolder {
  readonly #options: RoomQueueOptions;
  #journal: Journal | null = null;
  #room: Room | null = null;
  #window: HistoryWindow | null = null;
  #gathering: Operation[] = [];
  #running = false;
  #openFailedAt = Number.NEGATIVE_INFINITY;
  #healthy = true;
  /** Sessions with a place in this room, with a nickname or without. */
  places = 0;

  constructor(options: RoomQueueOptions) {
    this.#options = options;
  }

  get busy(): boolean {
    return this.#running;
  }

  get healthy(): boolean {
    return this.#healthy;
  }

  get historyBytes(): number {
    return this.#window?.bytes ?? 0;
  }

  dropHistory(): void {
    this.#window = null;
    this.#options.memory.released(this);
  }

  submit(operation: Operation): void {
    this.#gathering.push(operation);
    this.#options.pending.size += sizeOf(operation);
    if (this.#running) return;
    this.#running = true;
    // After the sockets that are ready now have been read: their frames make one batch.
    setImmediate(() => void this.#run());
  }

  /** Lets go of the history file and of everything in memory. The queue must be idle. */
  async close(): Promise<void> {
    this.dropHistory();
    const journal = this.#journal;
    this.#journal = null;
    this.#room = null;
    await journal?.close();
  }

  /** Opens the history file now, and not with the first operation. */
  async open(): Promise<void> {
    const journal = await this.#options.open();
    for (const notice of journal.notices) this.#options.observer.notice(this.#options.name, notice);
    this.#journal = journal;
    this.#room = new Room(journal.lastId, this.#view);
  }

  async #run(): Promise<void> {
    while (this.#gathering.length > 0) {
      const batch = this.#gathering;
      this.#gathering = [];
      try {
        if (this.#room === null) await this.#tryOpen();
        const outcomes = this.#decide(batch);
        // Most batches of a quiet room store nothing and read nothing: they are told in the same turn.
        const failure = outcomes.some(needsStore) ? await this.#store(outcomes) : null;
        this.#options.deliver(this.#options.name, this.#told(outcomes, failure));
      } catch (error) {
        // A defect, not a fault of the store: the room goes on for the others.
        this.#options.observer.fault(this.#options.name, error);
        this.dropHistory();
      }
      for (const operation of batch) this.#options.pending.size -= sizeOf(operation);
      if (this.#window !== null) {
        if (this.places > 0) this.#options.memory.used(this);
        else this.dropHistory();
      }
    }
    this.#running = false;
    this.#options.idle();
  }

  async #tryOpen(): Promise<void> {
    const now = performance.now();
    if (now - this.#openFailedAt < REOPEN_AFTER_MS) return;
    try {
      await this.open();
    } catch (error) {
      this.#openFailedAt = now;
      this.#options.observer.fault(this.#options.name, error);
    }
  }

  #decide(batch: readonly Operation[]): Outcome[] {
    const moment = this.#options.now();
    const room = this.#room;
    return batch.map((operation) => {
      if (operation.kind === "leave") this.places--;
      return room === null ? withoutRoom(operation, moment) : room.decide(operation, moment);
    });
  }

  /** Stores the batch's messages and fetches the history if it is asked for. */
  async #store(outcomes: readonly Outcome[]): Promise<Failure | null> {
    const journal = this.#journal;
    if (journal === null) return null;
    let getError: unknown;
    let sendError: unknown;
    if (this.#window === null && outcomes.some((outcome) => outcome.kind === "got")) {
      try {
        const window = new HistoryWindow(this.#options.getBudgetBytes);
        for (const record of await journal.tail(this.#options.getBudgetBytes))
          window.pushText(withoutId(record));
        this.#window = window;
      } catch (error) {
        getError = error;
        this.#options.observer.fault(this.#options.name, error);
      }
    }
    const records = outcomes.flatMap((outcome) =>
      outcome.kind === "sent" ? [recordOf(outcome.message)] : [],
    );
    if (records.length > 0) {
      const startedAt = performance.now();
      try {
        await journal.append(records);
        this.#healthy = true;
        this.#options.observer.stored(records.length, performance.now() - startedAt);
      } catch (error) {
        sendError = error;
        this.#healthy = false;
        this.#options.observer.fault(this.#options.name, error);
      }
    }
    if (getError === undefined && sendError === undefined) return null;
    return {
      get: getError === undefined ? null : sentenceFor(getError),
      send: sendError === undefined ? null : sentenceFor(sendError),
    };
  }

  /** The outcomes as they are told, in order; the history grows along, so that each `get` sees its own moment. */
  *#told(outcomes: readonly Outcome[], failure: Failure | null): Generator<Outcome> {
    for (const outcome of outcomes) {
      if (outcome.kind === "sent") {
        if (failure?.send) {
          const { name, content } = outcome.message;
          yield { kind: "send-failed", session: outcome.session, name, content, error: failure.send };
          continue;
        }
        this.#window?.push(outcome.message);
      } else if (outcome.kind === "got" && failure?.get) {
        yield { kind: "get-failed", session: outcome.session, name: outcome.name, error: failure.get };
        continue;
      }
      yield outcome;
    }
  }

  readonly #view: HistoryView = historyOf(() => this.#window);
}

interface Failure {
  readonly get: string | null;
  readonly send: string | null;
}

function historyOf(window: () => HistoryWindow | null): HistoryView {
  return {
    get bytes() {
      return window()?.bytes ?? 0;
    },
    text: () => window()?.text() ?? "",
  };
}

function sizeOf(operation: Operation): number {
  return "size" in operation ? operation.size : 0;
}

function needsStore(outcome: Outcome): boolean {
  return outcome.kind === "sent" || outcome.kind === "got";
}

function recordOf(message: Message): { id: number; text: string } {
  return { id: message.id, text: encodeRecord(message) };
}

/** What comes of an operation in a room whose history cannot be opened: nobody can register in it. */
function withoutRoom(operation: Operation, now: Moment): Outcome {
  const { session } = operation;
  switch (operation.kind) {
    case "refuse":
      return { kind: "refused", session, refusal: operation.refusal };
    case "end":
      return { kind: "ended", session };
    case "leave":
      return { kind: "left", session, name: null, time: now.time };
    case "request":
      switch (operation.request.kind) {
        case "name":
          return {
            kind: "name-failed",
            session,
            oldName: null,
            name: operation.request.name,
            error: "This room's history cannot be opened.",
          };
        case "malformed-name":
          return {
            kind: "name-refused",
            session,
            oldName: null,
            name: operation.request.name,
            reason: "WrongFormatName",
          };
        case "get":
          return { kind: "unregistered", session, request: "get" };
        case "send":
        case "malformed-send":
          return { kind: "unregistered", session, request: "send" };
      }
  }
}
