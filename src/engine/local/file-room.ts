import { setImmediate as nextTurn } from "node:timers/promises";
import { REMEMBERED_MS } from "../../protocol/limits.ts";
import type { Decision } from "../../room/decision.ts";
import type { Message, Operation } from "../../room/operation.ts";
import { PastSessions } from "../../room/past-sessions.ts";
import { Room } from "../../room/room.ts";
import type { StoredMember } from "../../room/roster.ts";
import type { Target, Targets } from "../../room/state.ts";
import { changedMessages } from "../changed-messages.ts";
import { RECENT_BYTES, RECENT_MOST, type RoomOptions } from "../engine.ts";
import { sentenceFor } from "../failure.ts";
import { noteRemoved, withHeld } from "../held.ts";
import type { FinalDecision } from "../outcome.ts";
import { outcomesOf } from "../outcomes.ts";
import type { RecentLists } from "../recent-lists.ts";
import { keyDigest, type MessageRecord, type Readable, type StoredEvent, stayAuthor } from "../record.ts";
import { RoomQueue } from "../room-queue.ts";
import {
  decideAll,
  decideWithoutRoom,
  decideWithoutStore,
  isInHistory,
  recordsOf,
  targetsOf,
  usesHistory,
} from "../rules.ts";
import type { Journal } from "./journal.ts";
import type { SessionStore, StoredSession } from "./sessions.ts";

/** A history that is too large, but too young to be pruned, is checked again after this time. */
const PRUNE_AGAIN_AFTER_MS = 60_000;
/** Texts that were replaced within this time are erased together: each erasing makes the disk write. */
const ERASE_AFTER_MS = 500;
/** Erasing texts that could not be erased is tried again after this time. */
const ERASE_AGAIN_AFTER_MS = 2_000;
/** Opening a room that could not be opened is tried again after this time, and not with every frame. */
const REOPEN_AFTER_MS = 5_000;
/** A history up to this size is pruned before it is used, which takes a moment; a larger one while it is in use. */
const PRUNED_FIRST_BYTES = 16 * 1024 * 1024;
/** A probe tries to store as much as could not be stored before, within these bounds. */
const PROBE_LEAST_BYTES = 4 * 1024;
const PROBE_MOST_BYTES = 64 * 1024;

/** How much is read at once to find messages of some authors. */
const AUTHORS_PAGE = 500;
const AUTHORS_PAGE_BYTES = 256 * 1024;

const REPLACED =
  "The history file {path} was replaced, changed or deleted while the server was running: the server reads it anew, and clients reconnect. Messages sent since then may be lost; stop the server before you restore a backup.";

export interface FileRoomOptions extends RoomOptions {
  /** Opens the history file. */
  readonly open: () => Promise<Journal>;
  /** Once the file is larger than this, in bytes, it is pruned at once. */
  readonly sizeMost: number;
  /** Prunes the history. `alone` runs the last step while no append runs. Does not reject. */
  readonly prune: (journal: Journal, alone: (end: () => Promise<void>) => Promise<void>) => Promise<void>;
  readonly sessions: SessionStore;
  readonly recentLists: RecentLists;
}

/** A room with its history in a file: each batch is decided, stored and delivered, in this order. */
export class FileRoom {
  readonly queue: RoomQueue;
  readonly #options: FileRoomOptions;
  readonly #past: PastSessions;
  /** The members of the previous process, until the room is opened. */
  #heldOver: readonly StoredMember[] = [];
  #journal: Journal | null = null;
  #room: Room | null = null;
  #opening: Promise<void> | null = null;
  #isPruning = false;
  /** A time of `performance.now`. */
  #pruneNotBefore = 0;
  /** Work that waits to run between two batches. It does not reject. */
  #between: (() => Promise<void>)[] = [];
  /** How much the last attempt failed to store. */
  #failedBytes = 0;
  #noticesTold = 0;
  #eraseTimer: Timer | null = null;
  #openFailedAt = Number.NEGATIVE_INFINITY;

  constructor(options: FileRoomOptions) {
    this.#options = options;
    this.queue = new RoomQueue(options, {
      room: () => this.#room,
      archive: () => this.#journal,
      hasOtherWork: () => this.#between.length > 0,
      prepare: (batch) => this.#prepare(batch),
      work: (batch) => this.#work(batch),
      recover: () => this.queue.dropHistory(),
    });
    this.#past = new PastSessions(options.pastSessions);
    const stored = options.sessions.load(options.name);
    for (const { session, endedAt } of stored) if (endedAt !== null) this.#past.add(session, endedAt);
    this.#holdOver(stored);
  }

  /** Prunes the history. Batches go on meanwhile; only the last step runs between two of them. */
  async prune(): Promise<void> {
    if (this.#journal === null || this.#isPruning) return;
    this.#isPruning = true;
    await this.#options.prune(this.#journal, (end) =>
      this.#betweenBatches(() => end().finally(() => this.queue.dropHistory())),
    );
    if (this.#journal !== null) {
      this.#tellNotices(this.#journal);
      this.#erase(this.#journal);
    }
    this.#isPruning = false;
  }

  /**
   * Notes the last id, in case someone removes the newest messages from the file by hand, and the newest message, for the list
   * of rooms.
   */
  noteLastId(): void {
    const { sessions, name } = this.#options;
    const { lastEventId = 0, lastId = 0 } = this.#journal ?? {};
    if (lastEventId > 0) sessions.noteLastId(name, lastEventId);
    if (lastId > 0) sessions.noteNewestMessage(name, lastId);
  }

  /** How many have a nickname. */
  get headcount(): number {
    return this.#room?.online.length ?? this.#heldOver.length;
  }

  /** The id of the newest message, 0 for none; undefined while the history is not open. */
  get newestId(): number | undefined {
    return this.#journal?.lastId;
  }

  /**
   * Tests, without a message, whether something can be stored, and notes the result as the queue's health.
   *
   * @returns the error if nothing can be stored
   */
  async probe(): Promise<unknown> {
    const journal = this.#journal;
    if (journal === null) return undefined;
    let fault: unknown;
    const bytes = Math.min(PROBE_MOST_BYTES, Math.max(PROBE_LEAST_BYTES, this.#failedBytes));
    await this.#betweenBatches(async () => {
      fault = await journal.probe(bytes).catch((error) => error);
      this.queue.isHealthy = fault === undefined;
      this.#tellNotices(journal);
    });
    return fault;
  }

  /** Closes the history file and drops everything in memory. The queue must be idle. */
  async close(): Promise<void> {
    // Readers bypass the queue, and one may be opening the file right now.
    await this.#opening?.catch(() => undefined);
    const journal = this.#letGo();
    if (journal === null) return;
    await journal.close().finally(() => this.#tellNotices(journal));
  }

  /** Opens the history file now rather than at the first operation, unless it is open. */
  async open(): Promise<void> {
    if (this.#journal !== null) return;
    // The file must not be opened twice, and readers bypass the queue.
    this.#opening ??= this.#open().finally(() => {
      this.#opening = null;
    });
    await this.#opening;
  }

  /** Null while the room is not open. */
  get room(): Room | null {
    return this.#room;
  }

  /** The history, for reads that may run beside the queue. Rejects if it cannot be opened. */
  async #readable(): Promise<Journal> {
    if (this.#journal?.isReplaced) await this.#betweenBatches(() => this.#followFile());
    if (this.#journal === null) await this.#tryOpen();
    if (this.#journal === null) throw new Error(`the history of ${this.#options.name} is not open`);
    return this.#journal;
  }

  /** A message as it is now. It may run beside the queue. */
  async message(id: number): Promise<MessageRecord | undefined> {
    return await (await this.#readable()).message(id);
  }

  /** See `Engine.messagesBy`. It may run beside the queue. */
  async messagesBy(persons: ReadonlySet<string>, since: number, limit: number): Promise<readonly number[]> {
    const ids: number[] = [];
    for await (const { id } of this.#messagesBy(persons, since, null)) if (ids.push(id) >= limit) break;
    return ids;
  }

  /** See `Engine.writtenBy`. It may run beside the queue. */
  async writtenBy(person: string, before: number | null, limit: number): Promise<readonly Message[]> {
    const messages: Message[] = [];
    for await (const message of this.#messagesBy(new Set([person]), 0, before))
      if (messages.push(message) >= limit) break;
    return messages;
  }

  /** See `Engine.countsAfter`. It may run beside the queue. */
  async countAfter(id: number, most: number): Promise<number> {
    return await (await this.#readable()).countAfter(id, most);
  }

  /** @param before only messages with ids below this one; null for the newest */
  async *#messagesBy(
    persons: ReadonlySet<string>,
    since: number,
    before: number | null,
  ): AsyncGenerator<Message> {
    const journal = await this.#readable();
    for (let below = Math.min(before ?? Number.POSITIVE_INFINITY, journal.lastId + 1); ; ) {
      const page = await journal.below(below, AUTHORS_PAGE, AUTHORS_PAGE_BYTES);
      const [oldest] = page;
      for (const { isDeleted, message } of page.toReversed())
        if (!isDeleted && message.time >= since && persons.has(message.by ?? "")) yield message;
      if (oldest === undefined || oldest.time < since || oldest.id <= journal.firstId) break;
      below = oldest.id;
      // There may be many pages, and others wait for their turn.
      await nextTurn();
    }
  }

  /** The newest messages that are stored, oldest first. It may run beside the queue. */
  async recent(): Promise<readonly Readable[]> {
    const { name, recentLists } = this.#options;
    const journal = await this.#readable();
    // Changes to messages have ids, too.
    const ends = { firstId: journal.firstId, lastId: journal.lastEventId };
    return recentLists.of(name, ends, async () => {
      const records = await journal.below(journal.lastId + 1, RECENT_MOST, RECENT_BYTES);
      return records.filter(({ isDeleted }) => !isDeleted).map(({ readable }) => readable);
    });
  }

  /** Members whose sessions are still valid are absent until they resume. */
  #holdOver(stored: readonly StoredSession[]): void {
    const held = stored.filter(({ endedAt }) => endedAt === null);
    this.#heldOver = held.map(({ name, session }, at) => {
      const by = stayAuthor(session.identity);
      return {
        connection: `absent:${session.hash}`,
        name,
        by,
        networks: [],
        joinedAt: null,
        isKnown: true,
        isProven: false,
        session,
        isAbsent: true,
        place: at + 1,
      };
    });
    const { occupancy } = this.queue;
    for (const { connection } of this.#heldOver) occupancy.takeOver(connection);
  }

  async #open(): Promise<void> {
    const { name, now, sessions } = this.#options;
    const { keys, notes } = this.queue;
    const journal = await this.#options.open();
    this.#noticesTold = 0;
    this.#tellNotices(journal);
    const isSmall = journal.size <= PRUNED_FIRST_BYTES;
    if (isSmall) await this.#options.prune(journal, (end) => end());
    this.#tellNotices(journal);
    if (!journal.isInOrder) this.queue.isHealthy = false;
    for await (const { digest, id, time } of journal.keyedSince(now().time - REMEMBERED_MS)) {
      keys.add(digest, id, time);
    }
    const givenId = sessions.lastId(name);
    // Pruning leaves at least one message, so someone has deleted all messages, or the file.
    if (journal.count === 0 && givenId > 0) sessions.noteEmptied(name, givenId);
    journal.emptiedTo = sessions.emptiedTo(name);
    this.#journal = journal;
    this.#room = new Room({
      lastId: Math.max(journal.lastEventId, givenId),
      lastPlace: this.#heldOver.length,
      members: this.#heldOver,
      past: this.#past,
      keys,
      notes,
      digest: keyDigest,
      authorOf: stayAuthor,
      isFreeFor: this.#options.isFreeFor,
      moderation: this.#options.moderation,
      changeLimits: this.#options.changeLimits,
      isHere: () => true,
    });
    this.#heldOver = [];
    this.#erase(journal);
    if (!isSmall) void this.prune();
  }

  async #prepare(batch: readonly Operation[]): Promise<void> {
    for (const work of this.#between.splice(0)) await work();
    if (batch.length === 0) return;
    if (batch.some(usesHistory)) await this.#followFile();
    if (this.#room === null) await this.#tryOpen();
  }

  async #work(batch: readonly Operation[]): Promise<void> {
    if (batch.length === 0) return;
    const room = this.#room;
    const journal = this.#journal;
    if (room === null || journal === null) {
      await this.#deliver(batch, batch.map(decideWithoutRoom), []);
      return;
    }
    const { targets, messages } = await this.#targets(journal, targetsOf(batch));
    const now = this.#options.now();
    const decisions = decideAll(room, batch, now, targets, journal.reactions);
    const records = recordsOf(decisions);
    const error = records.length === 0 ? null : await this.#append(journal, records);
    if (error === null) {
      const changed = changedMessages(records, messages, (id) => room.reactionsTo(id));
      room.commit();
      noteRemoved(this.#options, batch, decisions, messages);
      await this.#deliver(batch, await withHeld(this.#options, decisions), records, changed);
      this.#eraseAfter(journal, ERASE_AFTER_MS);
    } else {
      const isLost = (_: Operation, found: Decision) => isInHistory(found);
      const decisions = decideWithoutStore(room, batch, now, isLost, error);
      await this.#deliver(batch, await withHeld(this.#options, decisions), []);
    }
  }

  /**
   * Looks up messages that a batch would change. That is done within the batch, unlike other reads: it takes no longer than
   * the batch will take to be stored.
   */
  async #targets(
    journal: Journal,
    ids: readonly number[],
  ): Promise<{ targets: Targets; messages: ReadonlyMap<number, MessageRecord> }> {
    const targets = new Map<number, Target | null | { readonly error: string }>();
    const messages = new Map<number, MessageRecord>();
    for (const id of ids) {
      try {
        const record = this.queue.history?.message(id) ?? (await journal.message(id));
        targets.set(id, record === undefined ? null : targetOf(record, journal.historyOf(id)));
        if (record !== undefined) messages.set(id, record);
      } catch (error) {
        this.queue.fault(error);
        targets.set(id, { error: sentenceFor(error) });
      }
    }
    return { targets, messages };
  }

  /** Erases the texts that were replaced or deleted, now or as soon as the disk allows it. */
  #erase(journal: Journal): void {
    if (!journal.hasToErase || this.#eraseTimer !== null) return;
    const erased = journal.erase().catch((error) => {
      this.queue.fault(error);
      this.#eraseAfter(journal, ERASE_AGAIN_AFTER_MS);
    });
    void erased.then(() => {
      if (this.#journal === journal) this.#tellNotices(journal);
    });
  }

  #eraseAfter(journal: Journal, ms: number): void {
    if (!journal.hasToErase) return;
    this.#eraseTimer ??= setTimeout(() => {
      this.#eraseTimer = null;
      if (this.#journal === journal) this.#erase(journal);
    }, ms);
  }

  /** Delivers a decided batch. @param records what it has stored @param changed the messages that it has changed */
  async #deliver(
    batch: readonly Operation[],
    decisions: readonly FinalDecision[],
    records: readonly StoredEvent[],
    changed: ReadonlyMap<number, MessageRecord> = new Map(),
  ): Promise<void> {
    const { queue } = this;
    for (const [at, decision] of decisions.entries()) queue.settle(batch[at], decision);
    this.#noteSessions(decisions);
    const sources = await queue.sourcesOf(decisions, records, changed);
    const reads = queue.readsOf(batch);
    queue.deliver(outcomesOf(decisions, reads, sources));
  }

  /** Opens the history file anew if it was replaced. */
  async #followFile(): Promise<void> {
    if (!this.#journal?.isReplaced) return;
    this.#startOver(this.#journal);
    await this.#tryOpen();
  }

  /**
   * Starts over after the history file was replaced or deleted. As after a restart, all clients must reconnect, and
   * then see the new history.
   */
  #startOver(journal: Journal): void {
    const { name, observer, sessions } = this.#options;
    observer.notice(name, REPLACED.replace("{path}", journal.path));
    const members = [...(this.#room?.members() ?? [])].filter(({ isAbsent }) => !isAbsent);
    this.queue.lose(members.map(({ connection }) => connection));
    this.#letGo();
    // Not awaited: a prune in progress, which ends with the journal, may need its turn in this queue.
    journal.close().catch((error) => observer.fault(name, error));
    this.#holdOver(sessions.load(name));
  }

  /** Drops everything in memory. @returns the open history, which the caller closes */
  #letGo(): Journal | null {
    const { name, recentLists } = this.#options;
    this.noteLastId();
    this.queue.forget();
    recentLists.forget(name);
    const journal = this.#journal;
    this.#journal = null;
    this.#room = null;
    if (this.#eraseTimer !== null) clearTimeout(this.#eraseTimer);
    this.#eraseTimer = null;
    return journal;
  }

  async #tryOpen(): Promise<void> {
    const now = performance.now();
    if (now - this.#openFailedAt < REOPEN_AFTER_MS) return;
    try {
      await this.open();
    } catch (error) {
      this.#openFailedAt = now;
      this.queue.fault(error);
    }
  }

  #betweenBatches(work: () => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#between.push(() => work().then(resolve, reject));
      this.queue.wake();
    });
  }

  #tellNotices({ notices }: Journal): void {
    for (const notice of notices.slice(this.#noticesTold)) {
      this.#options.observer.notice(this.#options.name, notice);
    }
    this.#noticesTold = notices.length;
  }

  #noteSessions(decisions: readonly FinalDecision[]): void {
    const { name, sessions, observer } = this.#options;
    try {
      sessions.note(name, decisions, () => this.#room?.sessions() ?? []);
    } catch (error) {
      // The room works all the same; the difference would only show after a restart.
      observer.fault(name, error);
    }
  }

  /** Prunes at once if the history is too large, so that nobody can fill the disk between two prunes. */
  #pruneIfTooLarge(journal: Journal): void {
    const now = performance.now();
    if (journal.size <= this.#options.sizeMost || now < this.#pruneNotBefore) return;
    this.#pruneNotBefore = now + PRUNE_AGAIN_AFTER_MS;
    void this.prune();
  }

  /** @returns a sentence for people if the records cannot be stored, otherwise null */
  async #append(journal: Journal, records: readonly StoredEvent[]): Promise<string | null> {
    const { observer, name } = this.#options;
    const startedAt = performance.now();
    try {
      await journal.append(records);
      this.queue.isHealthy = true;
      this.#pruneIfTooLarge(journal);
      this.#tellNotices(journal);
      observer.stored(records.length, performance.now() - startedAt);
      return null;
    } catch (error) {
      this.queue.isHealthy = false;
      this.#failedBytes = records.reduce((sum, { text }) => sum + text.length, 0);
      observer.fault(name, error);
      return sentenceFor(error);
    }
  }
}

/** What a room must know about a message. */
function targetOf(
  { message: { by }, isDeleted }: MessageRecord,
  changes: Omit<Target, "by" | "isDeleted">,
): Target {
  return { by: by ?? null, isDeleted, ...changes };
}
