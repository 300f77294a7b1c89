import { REMEMBERED_MS } from "../../protocol/limits.ts";
import type { Decision, Operation } from "../../room/operation.ts";
import { PastSessions } from "../../room/past-sessions.ts";
import { type Member, type Moment, Room } from "../../room/room.ts";
import type { Archive } from "../archive.ts";
import { RECENT_BYTES, RECENT_MOST, type Readable } from "../engine.ts";
import { sentenceFor } from "../failure.ts";
import { Queue, type QueueOptions, withRef } from "../queue.ts";
import type { RecentLists } from "../recent-lists.ts";
import { keyDigest, MessageRecord } from "../record.ts";
import { messagesOf, NOTHING_STORED, repeatedAmong, type Stored } from "../telling.ts";
import { withoutRoom } from "../without-room.ts";
import type { Journal } from "./journal.ts";
import type { SessionStore, StoredSession } from "./sessions.ts";

/** A history that is too large and of which nothing may go yet, since it is young, is looked at again after this time. */
const PRUNE_AGAIN_AFTER_MS = 60_000;
/** A room that could not be opened is tried again after this time, and not on every frame. */
const REOPEN_AFTER_MS = 5_000;
/** A history up to this size is pruned before it is used, which takes a moment; a larger one while it is used. */
const PRUNED_FIRST_BYTES = 16 * 1024 * 1024;
/** With how much it is tried whether something can be stored: as much as could not be, within these bounds. */
const PROBE_LEAST_BYTES = 4 * 1024;
const PROBE_MOST_BYTES = 64 * 1024;

const REPLACED =
  "The history file {path} was replaced, changed or deleted while the server runs: the server reads it anew, and clients connect again. What was said between that and now may be lost; stop the server before you put a backup back.";

export interface RoomQueueOptions extends QueueOptions {
  /** Opens the history file. */
  readonly open: () => Promise<Journal>;
  /** Past this size of the file, in bytes, something is to be dropped at once. */
  readonly sizeMost: number;
  /** Drops what is not to be kept of the history. `alone` runs its end when no append runs. Does not reject. */
  readonly prune: (journal: Journal, alone: (end: () => Promise<void>) => Promise<void>) => Promise<void>;
  readonly now: () => Moment;
  readonly sessions: SessionStore;
  readonly recentLists: RecentLists;
  /** How long a nickname is kept for somebody who can resume. */
  readonly graceMs: number;
  /** The same for those whom a restart found here. */
  readonly restartGraceMs: number;
  /** Sessions that are over and still known, at most. */
  readonly pastSessions: number;
}

/** The queue of one room with its history in a file: decide, store, tell, in one order. */
export class RoomQueue extends Queue<RoomQueueOptions> {
  readonly #past: PastSessions;
  /** Those whom a restart found here, until the room is opened. */
  #absentees: Omit<Member, "lookalike">[] = [];
  #journal: Journal | null = null;
  #room: Room | null = null;
  #opening: Promise<void> | null = null;
  #isPruning = false;
  /** By the clock of `performance.now`. */
  #pruneNotBefore = 0;
  /** What waits for its turn between two batches. They do not reject. */
  #errands: (() => Promise<void>)[] = [];
  /** How much could not be stored when it was tried last. */
  #failedBytes = 0;
  #noticesTold = 0;
  #openFailedAt = Number.NEGATIVE_INFINITY;

  constructor(options: RoomQueueOptions) {
    super(options);
    this.#past = new PastSessions(options.pastSessions);
    const stored = options.sessions.load(options.name);
    for (const { session, endedAt } of stored) if (endedAt !== null) this.#past.add(session, endedAt);
    this.#awaitAbsentees(stored);
  }

  /** Whoever has a session that holds is absent until resuming. */
  #awaitAbsentees(stored: readonly StoredSession[]): void {
    const held = stored.filter(({ endedAt }) => endedAt === null);
    this.#absentees = held.map(({ name, session }, at) => {
      return { connection: `absent:${session.hash}`, name, session, isAbsent: true, place: at + 1 };
    });
    for (const { connection } of this.#absentees)
      this.places.startGrace(connection, this.options.restartGraceMs);
  }

  /** Drops what is not to be kept of the history. Batches go on meanwhile; only the end of it is between two of them. */
  async prune(): Promise<void> {
    if (this.#journal === null || this.#isPruning) return;
    this.#isPruning = true;
    await this.options.prune(this.#journal, (end) =>
      this.#betweenBatches(() => end().finally(() => this.dropHistory())),
    );
    if (this.#journal !== null) this.#tellNotices(this.#journal);
    this.#isPruning = false;
  }

  /** Nobody can fill the disk in the hour between two prunes. */
  #pruneIfTooLarge(journal: Journal): void {
    const now = performance.now();
    if (journal.size <= this.options.sizeMost || now < this.#pruneNotBefore) return;
    this.#pruneNotBefore = now + PRUNE_AGAIN_AFTER_MS;
    void this.prune();
  }

  /** Notes how far ids went, for when the newest messages are taken out of the file by hand. */
  noteLastId(): void {
    const { sessions, name } = this.options;
    if (this.#journal !== null && this.#journal.lastId > 0) sessions.noteLastId(name, this.#journal.lastId);
  }

  /** The store may have failed, or fail: the room counts as not healthy until a {@link probe} or a message goes well. */
  suspect(): void {
    this.healthy = false;
  }

  /**
   * Tries, without a message, whether something can be stored. Becomes healthy or not by it.
   *
   * @returns the error if nothing can
   */
  async probe(): Promise<unknown> {
    const journal = this.#journal;
    if (journal === null) return undefined;
    let fault: unknown;
    const bytes = Math.min(PROBE_MOST_BYTES, Math.max(PROBE_LEAST_BYTES, this.#failedBytes));
    await this.#betweenBatches(async () => {
      fault = await journal.probe(bytes).catch((error) => error);
      this.healthy = fault === undefined;
      this.#tellNotices(journal);
    });
    return fault;
  }

  #betweenBatches(errand: () => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#errands.push(() => errand().then(resolve, reject));
      this.wake();
    });
  }

  #tellNotices({ notices }: Journal): void {
    for (const notice of notices.slice(this.#noticesTold)) {
      this.options.observer.notice(this.options.name, notice);
    }
    this.#noticesTold = notices.length;
  }

  /** Lets go of the history file and of everything in memory. The queue must be idle. */
  async close(): Promise<void> {
    // Whoever only reads does not stand in the queue, and may be opening the file now.
    await this.#opening?.catch(() => undefined);
    this.places.endGraces();
    this.dropHistory();
    this.keys.clear();
    this.noteLastId();
    this.options.recentLists.forget(this.options.name);
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
  async recent(): Promise<readonly Readable[]> {
    const { name, recentLists } = this.options;
    if (this.#journal?.isReplaced) await this.#betweenBatches(() => this.#followFile());
    if (this.#journal === null) await this.#tryOpen();
    const journal = this.#journal;
    if (journal === null) throw new Error(`the history of ${name} is not open`);
    return recentLists.of(name, journal, async () => {
      const records = await journal.below(journal.lastId + 1, RECENT_MOST, RECENT_BYTES);
      return records.map(({ readable }) => readable);
    });
  }

  protected get archive(): Archive | null {
    return this.#journal;
  }

  async #open(): Promise<void> {
    const { name, now, sessions } = this.options;
    const journal = await this.options.open();
    this.#noticesTold = 0;
    this.#tellNotices(journal);
    const isSmall = journal.size <= PRUNED_FIRST_BYTES;
    if (isSmall) await this.options.prune(journal, (end) => end());
    this.#tellNotices(journal);
    if (!journal.isInOrder) this.suspect();
    for await (const { digest, id, time } of journal.keyedSince(now().time - REMEMBERED_MS)) {
      this.keys.add(digest, id, time);
    }
    const givenId = sessions.lastId(name);
    // Pruning leaves a message at least: somebody has deleted them all, or the file.
    if (journal.count === 0 && givenId > 0) sessions.noteEmptied(name, givenId);
    journal.emptiedTo = sessions.emptiedTo(name);
    this.#journal = journal;
    this.#room = new Room({
      lastId: Math.max(journal.lastId, givenId),
      history: this.telling.view,
      lastPlace: this.#absentees.length,
      members: this.#absentees,
      past: this.#past,
      visitors: this.visitors,
      keys: this.keys,
      digest: keyDigest,
      isHere: () => true,
    });
    this.#absentees = [];
    if (!isSmall) void this.prune();
  }

  protected get hasErrand(): boolean {
    return this.#errands.length > 0;
  }

  protected async work(batch: readonly Operation[]): Promise<void> {
    for (const errand of this.#errands.splice(0)) await errand();
    if (batch.length === 0) return;
    if (batch.some(isOfHistory)) await this.#followFile();
    if (this.#room === null) await this.#tryOpen();
    const decisions = this.#decide(batch);
    // Most batches of a quiet room store nothing and read nothing: they are told in the same turn.
    const stored = decisions.some(needsStore) ? await this.#store(decisions) : NOTHING_STORED;
    this.deliver(this.telling.outcomes(decisions, stored));
  }

  /** Has the room be of the file that lies there now. */
  async #followFile(): Promise<void> {
    if (!this.#journal?.isReplaced) return;
    this.#startOver(this.#journal);
    await this.#tryOpen();
  }

  /**
   * Somebody has put another file in the place of the history, or deleted it. All who are here are to come back, as after a
   * restart, and are shown what is true then.
   */
  #startOver(journal: Journal): void {
    const { name, observer, recentLists, sessions } = this.options;
    observer.notice(name, REPLACED.replace("{path}", journal.path));
    const members = [...(this.#room?.members() ?? [])].filter(({ isAbsent }) => !isAbsent);
    this.deliver(members.map(({ connection }) => ({ kind: "store-lost", connection })));
    this.noteLastId();
    this.places.endGraces();
    this.dropHistory();
    this.keys.clear();
    recentLists.forget(name);
    this.#journal = null;
    this.#room = null;
    // Nobody waits for it: a prune that ends with it may want its turn in this queue.
    journal.close().catch((error) => observer.fault(name, error));
    this.#awaitAbsentees(sessions.load(name));
  }

  protected recover(): void {
    this.dropHistory();
  }

  async #tryOpen(): Promise<void> {
    const now = performance.now();
    if (now - this.#openFailedAt < REOPEN_AFTER_MS) return;
    try {
      await this.open();
    } catch (error) {
      this.#openFailedAt = now;
      this.fault(error);
    }
  }

  #decide(batch: readonly Operation[]): Decision[] {
    const moment = this.options.now();
    const room = this.#room;
    const decisions = batch.map((operation) => {
      const decision = room === null ? withoutRoom(operation, moment) : room.decide(operation, moment);
      this.#keepPlaces(operation, decision);
      return withRef(decision, operation);
    });
    this.#noteSessions(decisions);
    return decisions;
  }

  /** A connection has a place until it is gone, and who is absent until the grace ends, one way or the other. */
  #keepPlaces(operation: Operation, decision: Decision): void {
    if (decision.kind === "absent") this.places.keep(decision.connection, this.options.graceMs);
    else if (operation.kind === "leave") this.places.leave();
    else if (operation.kind === "expire") this.places.endGrace(operation.connection);
    else if (decision.kind === "resumed") this.places.endGrace(decision.from);
  }

  #noteSessions(decisions: readonly Decision[]): void {
    const { name, sessions, observer } = this.options;
    try {
      sessions.note(name, decisions, () => this.#room?.sessions() ?? []);
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
    const messages = messagesOf(decisions);
    const records = messages.map(MessageRecord.of);
    const sendError = records.length > 0 ? await this.#append(journal, records) : undefined;
    if (sendError !== undefined) this.#room?.takeBack(messages);
    const kept = sendError === undefined ? messages : [];
    const archived = async (id: number) =>
      id > lastIdBefore ? undefined : (await journal.message(id))?.message;
    return {
      repeated: await repeatedAmong(decisions, kept, archived, (error) => this.fault(error)),
      getError: getError === undefined ? null : sentenceFor(getError),
      sendError: sendError === undefined ? null : sentenceFor(sendError),
    };
  }

  /** @returns the error, if the history cannot be read */
  async #lookUp(journal: Journal, decisions: readonly Decision[]): Promise<unknown> {
    const { observer, name } = this.options;
    try {
      const whole = decisions.some((decision) => decision.kind === "history");
      const pages = decisions.flatMap((each) =>
        each.kind === "page" || each.kind === "resumed" ? [each.page] : [],
      );
      await this.telling.lookUp(journal, whole, pages);
      return undefined;
    } catch (error) {
      observer.fault(name, error);
      return error;
    }
  }

  /** @returns the error, if the records cannot be stored */
  async #append(journal: Journal, records: readonly MessageRecord[]): Promise<unknown> {
    const { observer, name } = this.options;
    const startedAt = performance.now();
    try {
      await journal.append(records);
      this.healthy = true;
      this.#pruneIfTooLarge(journal);
      this.#tellNotices(journal);
      observer.stored(records.length, performance.now() - startedAt);
      return undefined;
    } catch (error) {
      this.healthy = false;
      this.#failedBytes = records.reduce((sum, { text }) => sum + text.length, 0);
      observer.fault(name, error);
      return error;
    }
  }
}

/** Whether an operation shows or changes the history. */
function isOfHistory(operation: Operation): boolean {
  if (operation.kind !== "request") return false;
  const { kind } = operation.request;
  return kind === "send" || kind === "get" || kind === "resume";
}

function needsStore({ kind }: Decision): boolean {
  return (
    kind === "sent" || kind === "history" || kind === "page" || kind === "resumed" || kind === "repeated"
  );
}
