import { REMEMBERED_MS } from "../../protocol/limits.ts";
import { type Decision, type Message, type Operation, type SessionId, sizeOf } from "../../room/operation.ts";
import { PastSessions } from "../../room/past-sessions.ts";
import { type Member, type Moment, Room } from "../../room/room.ts";
import { type KeyMemory, SendKeys } from "../../room/send-keys.ts";
import type { Deliver, EngineObserver, Readable } from "../engine.ts";
import { sentenceFor } from "../failure.ts";
import { Graces } from "../graces.ts";
import type { HistoryHolder, HistoryMemory } from "../history-memory.ts";
import { encodeRecord, keyDigest, readableOf } from "../record.ts";
import { NOTHING_STORED, type Stored, Telling } from "../telling.ts";
import { withoutRoom } from "../without-room.ts";
import type { Journal } from "./journal.ts";
import type { SessionStore } from "./sessions.ts";

/** A room that could not be opened is tried again after this time, and not on every frame. */
const REOPEN_AFTER_MS = 5_000;

export interface RoomQueueOptions {
  readonly name: string;
  /** Opens the history file, and drops before what is not to be kept of it. */
  readonly open: () => Promise<Journal>;
  /** Drops what is not to be kept of the history. `alone` runs its end when no append runs. Does not reject. */
  readonly prune: (journal: Journal, alone: (end: () => Promise<void>) => Promise<void>) => Promise<void>;
  readonly now: () => Moment;
  readonly deliver: Deliver;
  readonly observer: EngineObserver;
  readonly getBudgetBytes: number;
  readonly memory: HistoryMemory;
  readonly sessions: SessionStore;
  /** How long a nickname is kept for somebody who can resume. */
  readonly graceMs: number;
  /** The same for those whom a restart found here. */
  readonly restartGraceMs: number;
  readonly keyMemory: KeyMemory;
  /** Sessions that are over and still known, at most. */
  readonly pastSessions: number;
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
  readonly #past: PastSessions;
  readonly #keys: SendKeys;
  /** Those whom a restart found here, until the room is opened. */
  #absentees: Omit<Member, "key">[] = [];
  /** The graces that run, by session. Each has a place in the room. */
  readonly #graces = new Graces((operation) => this.submit(operation));
  #journal: Journal | null = null;
  #room: Room | null = null;
  #opening: Promise<void> | null = null;
  readonly #telling: Telling;
  #gathering: Operation[] = [];
  #running = false;
  #isPruning = false;
  /** The end of a prune, which waits for its turn. */
  #pruneEnd: (() => Promise<void>) | null = null;
  #openFailedAt = Number.NEGATIVE_INFINITY;
  #healthy = true;
  /** Sessions with a place in this room, with a nickname or without. */
  places = 0;

  constructor(options: RoomQueueOptions) {
    this.#options = options;
    this.#past = new PastSessions(options.pastSessions);
    this.#keys = new SendKeys(options.keyMemory);
    this.#telling = new Telling(options.getBudgetBytes);
    for (const { name, lease, endedAt } of options.sessions.load(options.name)) {
      if (endedAt !== null) this.#past.add(lease, endedAt);
      else {
        const place = this.#absentees.length + 1;
        this.#absentees.push({ session: `absent:${lease.proof}`, name, lease, isAbsent: true, place });
      }
    }
    for (const { session } of this.#absentees) {
      this.places++;
      this.#graces.start(session, options.restartGraceMs);
    }
  }

  get busy(): boolean {
    return this.#running;
  }

  get healthy(): boolean {
    return this.#healthy;
  }

  /** Nicknames kept for somebody without a connection. */
  get absent(): number {
    return this.#graces.size;
  }

  get historyBytes(): number {
    return this.#telling.historyBytes;
  }

  dropHistory(): void {
    this.#telling.dropHistory();
    this.#options.memory.released(this);
  }

  submit(operation: Operation): void {
    this.#gathering.push(operation);
    this.#options.pending.size += sizeOf(operation);
    this.#wake();
  }

  /** Drops what is not to be kept of the history. Batches go on meanwhile; only the end of it is between two of them. */
  prune(): void {
    if (this.#journal === null || this.#isPruning) return;
    this.#isPruning = true;
    void this.#options
      .prune(this.#journal, (end) => this.#betweenBatches(end))
      .finally(() => {
        this.#isPruning = false;
      });
  }

  #betweenBatches(end: () => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#pruneEnd = async () => {
        this.#pruneEnd = null;
        await end().then(resolve, reject);
        this.dropHistory();
      };
      this.#wake();
    });
  }

  #wake(): void {
    if (this.#running) return;
    this.#running = true;
    // After the sockets that are ready now have been read: their frames make one batch.
    setImmediate(() => void this.#run());
  }

  /** Lets go of the history file and of everything in memory. The queue must be idle. */
  async close(): Promise<void> {
    this.#graces.clear();
    this.dropHistory();
    this.#keys.clear();
    const journal = this.#journal;
    this.#journal = null;
    this.#room = null;
    await journal?.close();
  }

  /** Opens the history file now, and not with the first operation. */
  open(): Promise<void> {
    // A file must not be opened twice, and whoever only reads does not stand in the queue.
    this.#opening ??= this.#open().finally(() => {
      this.#opening = null;
    });
    return this.#opening;
  }

  /** The newest messages, oldest first. May run beside the queue: what is not stored yet is not among them. */
  async recent(limit: number): Promise<Readable[]> {
    if (this.#journal === null) await this.#tryOpen();
    if (this.#journal === null) throw new Error(`the history of ${this.#options.name} is not open`);
    const records = await this.#journal.below(this.#journal.lastId + 1, limit);
    return records.map(readableOf);
  }

  async #open(): Promise<void> {
    const { name, observer, now } = this.#options;
    const journal = await this.#options.open();
    for (const notice of journal.notices) observer.notice(name, notice);
    for await (const { key, id, time } of journal.keyedSince(now().time - REMEMBERED_MS)) {
      this.#keys.add(key, id, time);
    }
    this.#journal = journal;
    this.#room = new Room({
      lastId: journal.lastId,
      history: this.#telling.view,
      lastPlace: this.#absentees.length,
      members: this.#absentees,
      past: this.#past,
      keys: this.#keys,
      digest: keyDigest,
      isHere: () => true,
    });
    this.#absentees = [];
  }

  async #run(): Promise<void> {
    while (this.#gathering.length > 0 || this.#pruneEnd !== null) {
      await this.#pruneEnd?.();
      const batch = this.#gathering;
      if (batch.length === 0) continue;
      this.#gathering = [];
      try {
        if (this.#room === null) await this.#tryOpen();
        const decisions = this.#decide(batch);
        // Most batches of a quiet room store nothing and read nothing: they are told in the same turn.
        const stored = decisions.some(needsStore) ? await this.#store(decisions) : NOTHING_STORED;
        this.#options.deliver(this.#options.name, this.#telling.outcomes(decisions, stored));
      } catch (error) {
        // A defect, not a fault of the store: the room goes on for the others.
        this.#options.observer.fault(this.#options.name, error);
        this.dropHistory();
      }
      for (const operation of batch) this.#options.pending.size -= sizeOf(operation);
      this.#telling.trim();
      if (this.#telling.holdsHistory) {
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

  #decide(batch: readonly Operation[]): Decision[] {
    const moment = this.#options.now();
    const room = this.#room;
    const decisions = batch.map((operation) => {
      const decision = room === null ? withoutRoom(operation, moment) : room.decide(operation, moment);
      this.#keepPlaces(operation, decision);
      const ref = "ref" in operation ? operation.ref : undefined;
      return ref === undefined ? decision : { ...decision, ref };
    });
    this.#noteSessions(decisions);
    return decisions;
  }

  /** A connection has a place until it is gone, and who is absent until the grace ends, one way or the other. */
  #keepPlaces(operation: Operation, decision: Decision): void {
    if (decision.kind === "absent") this.#graces.start(decision.session, this.#options.graceMs);
    else if (operation.kind === "leave") this.places--;
    else if (operation.kind === "expire") this.#endGrace(operation.session);
    else if (decision.kind === "resumed") this.#endGrace(decision.from);
  }

  #endGrace(session: SessionId): void {
    if (this.#graces.end(session)) this.places--;
  }

  #noteSessions(decisions: readonly Decision[]): void {
    const { name, sessions, observer } = this.#options;
    try {
      sessions.note(name, decisions, () => this.#room?.leases() ?? []);
    } catch (error) {
      // Nicknames go on without it; only a restart would show the difference.
      observer.fault(name, error);
    }
  }

  /** Stores the batch's messages, and fetches what is asked for of the history. */
  async #store(decisions: readonly Decision[]): Promise<Stored> {
    const journal = this.#journal;
    if (journal === null) return NOTHING_STORED;
    const lastIdBefore = journal.lastId;
    const getError = await this.#lookUp(journal, decisions);
    const messages = decisions.flatMap((decision) => (decision.kind === "sent" ? [decision.message] : []));
    const records = messages.map(recordOf);
    const sendError = records.length > 0 ? await this.#append(journal, records) : undefined;
    if (sendError !== undefined) this.#room?.takeBack(messages);
    const kept = sendError === undefined ? messages : [];
    return {
      repeated: await this.#findRepeated(journal, decisions, kept, lastIdBefore),
      getError: getError === undefined ? null : sentenceFor(getError),
      sendError: sendError === undefined ? null : sentenceFor(sendError),
    };
  }

  /** @returns the error, if the history cannot be read */
  async #lookUp(journal: Journal, decisions: readonly Decision[]): Promise<unknown> {
    const { observer, name } = this.#options;
    try {
      const whole = decisions.some((decision) => decision.kind === "got");
      const pages = decisions.flatMap((each) =>
        each.kind === "paged" || each.kind === "resumed" ? [each.page] : [],
      );
      await this.#telling.lookUp(journal, whole, pages);
      return undefined;
    } catch (error) {
      observer.fault(name, error);
      return error;
    }
  }

  /** @returns the error, if the records cannot be stored */
  async #append(journal: Journal, records: readonly { id: number; text: string }[]): Promise<unknown> {
    const { observer, name } = this.#options;
    const startedAt = performance.now();
    try {
      await journal.append(records);
      this.#healthy = true;
      observer.stored(records.length, performance.now() - startedAt);
      return undefined;
    } catch (error) {
      this.#healthy = false;
      observer.fault(name, error);
      return error;
    }
  }

  /** The messages that keys were seen with before. They may be of this batch, or long out of memory. */
  async #findRepeated(
    journal: Journal,
    decisions: readonly Decision[],
    messages: readonly Message[],
    lastIdBefore: number,
  ): Promise<ReadonlyMap<number, Message>> {
    const found = new Map<number, Message>();
    for (const decision of decisions) {
      if (decision.kind !== "repeated" || found.has(decision.id)) continue;
      const { id } = decision;
      try {
        const message =
          id > lastIdBefore ? messages.find((each) => each.id === id) : await journal.message(id);
        if (message !== undefined) found.set(id, message);
      } catch (error) {
        this.#options.observer.fault(this.#options.name, error);
      }
    }
    return found;
  }
}

function needsStore({ kind }: Decision): boolean {
  return kind === "sent" || kind === "got" || kind === "paged" || kind === "resumed" || kind === "repeated";
}

function recordOf(message: Message): { id: number; text: string } {
  return { id: message.id, text: encodeRecord(message) };
}
