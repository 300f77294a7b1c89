import type { SQL } from "bun";
import { PAGE_DEFAULT, REMEMBERED_MS } from "../../protocol/limits.ts";
import type { PageRequest } from "../../protocol/request.ts";
import {
  type Decision,
  type Message,
  type Operation,
  type Outcome,
  type SessionId,
  sizeOf,
} from "../../room/operation.ts";
import { PastSessions } from "../../room/past-sessions.ts";
import { type Change, isChange, type Moment, Room, Visitors } from "../../room/room.ts";
import { type KeyMemory, SendKeys } from "../../room/send-keys.ts";
import type { Deliver, EngineObserver } from "../engine.ts";
import { sentenceFor } from "../failure.ts";
import { Graces } from "../graces.ts";
import type { HistoryHolder, HistoryMemory } from "../history-memory.ts";
import { keyDigest } from "../record.ts";
import { NOTHING_STORED, type Stored, Telling } from "../telling.ts";
import { withoutRoom } from "../without-room.ts";
import type { Database } from "./database.ts";
import type { EntryChange, LogEntry } from "./entry.ts";
import { CommitInDoubt, Evicted, isPassing, sqlState } from "./fault.ts";
import {
  entriesAfter,
  firstIdOf,
  type Head,
  keysAmong,
  loadRoom,
  lockRoom,
  positionOf,
  StoredMessages,
  writeBatch,
} from "./room-store.ts";
import { rowsOf, textOf } from "./rows.ts";

/** A batch that cannot be committed in this time has failed. */
const BATCH_TIMEOUT_MS = 4_500;
/** One attempt to commit it takes no longer than this, so that there is time to see what came of it. */
const ATTEMPT_TIMEOUT_MS = 3_000;
const RETRY_AFTER_MS = 100;
/** What could not be done because the database was away is tried again after this time. */
const REDO_AFTER_MS = 1_000;
const LOAD_TIMEOUT_MS = 4_500;
/** The page that is kept from the start on. */
const NEWEST: PageRequest = { limit: PAGE_DEFAULT, before: null, after: null };
const UNIQUE_VIOLATION = "23505";

/** What all replicas of a server share. */
export interface ReplicaContext {
  readonly database: Database;
  /** The id under which this server holds nicknames now. */
  readonly server: () => string;
  /** Resolves when the database may be tried, at the latest at a time of `performance.now`. */
  readonly reachable: (until: number) => Promise<void>;
  /** Told what an attempt has shown: whether the database works. */
  readonly seen: (error: unknown) => void;
  readonly notify: (note: {
    readonly kind: "typing";
    readonly room: string;
    readonly session: SessionId;
  }) => void;
  readonly now: () => Moment;
  readonly deliver: Deliver;
  readonly observer: EngineObserver;
  readonly getBudgetBytes: number;
  readonly memory: HistoryMemory;
  readonly graceMs: number;
  readonly restartGraceMs: number;
  readonly keyMemory: KeyMemory;
  readonly pastSessions: number;
  readonly pending: { size: number };
}

/** A room as this server knows it, up to a position in the room's log. */
interface Replica {
  readonly room: Room;
  position: number;
  firstId: number;
  readonly archive: StoredMessages;
  /** The server at which each session is; who is absent is in the care of a server. */
  readonly homes: Map<SessionId, string>;
}

/** A batch of which nobody knows whether it is committed. */
interface Doubt {
  readonly batch: string;
  readonly decisions: readonly Decision[];
}

/** What came of an attempt to commit a batch. */
interface Committed {
  readonly decisions: readonly Decision[];
  readonly repeated: ReadonlyMap<number, Message>;
}

/**
 * One server's replica of a room, and the queue of what its clients want. A batch is one transaction under the room's
 * lock: hear what the others have done, decide, write. What others commit is applied as it is notified, in the order of
 * the room's log, and told.
 */
export class RoomReplica implements HistoryHolder {
  readonly #name: string;
  readonly #context: ReplicaContext;
  readonly #idle: () => void;
  readonly #telling: Telling;
  readonly #graces = new Graces((operation) => this.submit(operation));
  /** Sessions that were cut off because nobody knows what came of what they wanted: nothing more is taken from them. */
  readonly #cut = new Set<SessionId>();
  /** Those of before a reload, too. */
  readonly #visitors = new Visitors();
  #replica: Replica | null = null;
  readonly #keys: SendKeys;
  #gathering: Operation[] = [];
  /** Those who wait until the people of dead servers are cared for. */
  #adopting: (() => void)[] = [];
  #isRetiring = false;
  /** Entries that were notified and are not applied yet, by position. */
  readonly #inbox = new Map<number, LogEntry | null>();
  /** Between the lock and the telling of a batch nothing else may be applied. */
  #isDeciding = false;
  #isBehind = false;
  #isPruned = false;
  #mustReload = false;
  #running = false;
  #healthy = true;
  /** What could not be done while the database was away, and when it is tried again. */
  readonly #later: Operation[] = [];
  #redo: Timer | null = null;
  /** Sessions with a place in this room, with a nickname or without. */
  places = 0;

  constructor(name: string, context: ReplicaContext, idle: () => void) {
    this.#name = name;
    this.#context = context;
    this.#idle = idle;
    this.#telling = new Telling(context.getBudgetBytes);
    this.#keys = new SendKeys(context.keyMemory);
  }

  /** Whether it must stay in memory. */
  get busy(): boolean {
    return this.#running || this.#redo !== null;
  }

  /** Whether operations are being decided. */
  get working(): boolean {
    return this.#running;
  }

  get healthy(): boolean {
    return this.#healthy;
  }

  /** Nicknames kept for somebody without a connection, in the care of this server. */
  get absent(): number {
    return this.#graces.size;
  }

  get historyBytes(): number {
    return this.#telling.historyBytes;
  }

  dropHistory(): void {
    this.#telling.dropHistory();
    this.#context.memory.released(this);
  }

  submit(operation: Operation): void {
    this.#gathering.push(operation);
    this.#context.pending.size += sizeOf(operation);
    this.#wake();
  }

  /** Sees to the people of servers that are dead. Resolves when that is done. */
  adopt(): Promise<void> {
    return new Promise((resolve) => {
      this.#adopting.push(resolve);
      this.#wake();
    });
  }

  /** Ends what this server has here, in good order: who can resume keeps the nickname, the others leave. */
  async retire(): Promise<void> {
    if (this.#replica === null) return;
    this.#isRetiring = true;
    await this.adopt();
  }

  /** Another server, or this one, has committed an entry. Null where it must be read from the log. */
  notified(position: number, entry: LogEntry | null): void {
    if (this.#replica !== null && position <= this.#replica.position) return;
    this.#inbox.set(position, entry);
    if (!this.#isDeciding) this.#applyInbox();
  }

  /** Notifications may have been lost. */
  missed(): void {
    this.#isBehind = true;
    this.#wake();
  }

  /** Messages that were not to be kept any longer are deleted. */
  pruned(): void {
    this.#isPruned = true;
    this.missed();
  }

  /** Somebody at another server is writing. */
  typing(session: SessionId): void {
    const member = this.#replica?.room.member(session);
    if (member && !this.#isDeciding) this.#deliver([{ kind: "typing", session, name: member.name }]);
  }

  /** Forgets what this server held: the others have taken over. The room is read anew when it is wanted. */
  reset(): void {
    this.#mustReload = true;
    this.#wake();
  }

  /** Lets go of everything in memory. */
  close(): void {
    if (this.#redo !== null) clearTimeout(this.#redo);
    this.#redo = null;
    this.#dropReplica();
  }

  #dropReplica(): void {
    this.places -= this.#graces.clear();
    this.dropHistory();
    this.#keys.clear();
    this.#replica = null;
    this.#inbox.clear();
  }

  #wake(): void {
    if (this.#running) return;
    this.#running = true;
    // After the sockets that are ready now have been read: their frames make one batch.
    setImmediate(() => void this.#run());
  }

  async #run(): Promise<void> {
    while (this.#hasWork) {
      const batch = this.#gathering;
      const adopting = this.#adopting;
      this.#gathering = [];
      this.#adopting = [];
      try {
        await this.#prepare(batch.length > 0 || adopting.length > 0);
        await this.#process(batch, adopting.length > 0);
      } catch (error) {
        // A defect, not a fault of the store: the room goes on for the others, from what is stored.
        this.#context.observer.fault(this.#name, error);
        this.#mustReload = true;
      }
      for (const resolve of adopting) resolve();
      for (const operation of batch) this.#context.pending.size -= sizeOf(operation);
      this.#tidy();
    }
    this.#running = false;
    this.#idle();
  }

  get #hasWork(): boolean {
    return this.#gathering.length > 0 || this.#adopting.length > 0 || this.#isBehind || this.#mustReload;
  }

  #tidy(): void {
    this.#telling.trim();
    if (!this.#telling.holdsHistory) return;
    if (this.places > 0) this.#context.memory.used(this);
    else this.dropHistory();
  }

  /** Loads the room, or catches up with it, if need be and as far as the database lets. */
  async #prepare(isWanted: boolean): Promise<void> {
    if (this.#mustReload) {
      this.#mustReload = false;
      this.#dropReplica();
    }
    const isBehind = this.#isBehind;
    this.#isBehind = false;
    try {
      if (this.#replica === null && isWanted) await this.#load();
      else if (this.#replica !== null && isBehind) await this.#catchUp(this.#replica);
    } catch (error) {
      this.#context.seen(error);
      this.#context.observer.fault(this.#name, error);
      if (isBehind && this.#replica !== null) this.#tryLater([]);
    }
  }

  async #load(): Promise<void> {
    const { database, now, pastSessions, reachable, server } = this.#context;
    const until = performance.now() + LOAD_TIMEOUT_MS;
    await reachable(until);
    const since = now().time - REMEMBERED_MS;
    const stored = await database.transaction(until - performance.now(), async (sql) => {
      await sql`SET TRANSACTION ISOLATION LEVEL REPEATABLE READ`;
      return loadRoom(sql, this.#name, since);
    });
    const past = new PastSessions(pastSessions);
    for (const { proof, person, endedAt } of stored.past) past.add({ proof, person }, endedAt);
    this.#keys.clear();
    for (const { key, id, time } of stored.keys) this.#keys.add(key, id, time);
    const { lastId, lastPlace, members, position, firstId } = stored;
    const room = new Room({
      lastId,
      lastPlace,
      history: this.#telling.view,
      members,
      past,
      visitors: this.#visitors,
      keys: this.#keys,
      digest: keyDigest,
      // Whose home is not known yet came in this very batch.
      isHere: (session) => (replica.homes.get(session) ?? server()) === server(),
    });
    const bounds = {
      get firstId() {
        return replica.firstId;
      },
      get lastId() {
        return room.lastId;
      },
    };
    const replica: Replica = {
      room,
      position,
      firstId,
      archive: new StoredMessages(database, this.#name, bounds),
      homes: new Map(members.map(({ session, server }) => [session, server])),
    };
    this.#replica = replica;
    for (const { session, isAbsent, server } of members) {
      if (!isAbsent || server !== this.#context.server() || this.#graces.has(session)) continue;
      this.places++;
      this.#graces.start(session, this.#context.restartGraceMs);
    }
    this.#applyInbox();
    // Almost everybody asks for it, and may do so while the database is away.
    await this.#telling.lookUp(replica.archive, false, [NEWEST]);
  }

  async #catchUp(replica: Replica): Promise<void> {
    if (this.#isPruned) await this.#forgetPruned(replica);
    const before = replica.position;
    const { position, entries } = await this.#context.database.query(ATTEMPT_TIMEOUT_MS, async (sql) => ({
      position: await positionOf(sql, this.#name),
      entries: await entriesAfter(sql, this.#name, before),
    }));
    for (const entry of entries) this.#inbox.set(entry.position, entry);
    this.#applyInbox();
    // The log does not reach back so far any more, or the database was restored to an earlier moment.
    if (replica.position < position || position < before) {
      this.#cutAll();
      this.#mustReload = true;
    }
  }

  async #forgetPruned(replica: Replica): Promise<void> {
    replica.firstId = await this.#context.database.query(ATTEMPT_TIMEOUT_MS, (sql) =>
      firstIdOf(sql, this.#name),
    );
    this.#isPruned = false;
    this.dropHistory();
  }

  /** Applies and tells the entries that come next. */
  #applyInbox(): void {
    const replica = this.#replica;
    if (replica === null) return;
    for (const position of this.#inbox.keys()) if (position <= replica.position) this.#inbox.delete(position);
    for (;;) {
      const entry = this.#inbox.get(replica.position + 1);
      if (!entry) break;
      this.#inbox.delete(entry.position);
      this.#deliver(this.#take(replica, entry));
    }
    if (this.#inbox.size > 0) this.missed();
  }

  /** Makes an entry true, and gives what is to be told of it. */
  #take(replica: Replica, entry: LogEntry): Outcome[] {
    const { room, homes } = replica;
    replica.position = entry.position;
    return entry.changes.flatMap((change): Outcome[] => {
      const wasOurs =
        homes.get(change.session) === this.#context.server() && entry.server !== this.#context.server();
      const outcome = outcomeOf(change, room);
      room.apply(outcome);
      this.#settle(replica, outcome, entry.server);
      if (outcome.kind === "sent") this.#telling.take(outcome.message);
      // The others took this server for dead, and its people have left: these must not go on as if nothing were.
      const isCutOff = wasOurs && (outcome.kind === "left" || outcome.kind === "absent");
      return isCutOff ? [outcome, { kind: "cut", session: outcome.session }] : [outcome];
    });
  }

  /** Keeps account of who is where and what is kept, for a change that stands. */
  #settle(replica: Replica, change: Change, server: string): void {
    const { homes } = replica;
    switch (change.kind) {
      case "sent":
        if (replica.firstId === 0) replica.firstId = change.message.id;
        break;
      case "registered":
      case "absent":
        homes.set(change.session, server);
        break;
      case "resumed":
        homes.delete(change.from);
        homes.set(change.session, server);
        this.#endGrace(change.from);
        break;
      case "left":
        homes.delete(change.session);
        this.#endGrace(change.session);
        break;
    }
  }

  async #process(batch: readonly Operation[], adopts: boolean): Promise<void> {
    const operations = batch.filter((operation) => !this.#isOfCut(operation));
    const replica = this.#replica;
    if (replica === null) {
      this.#refuseAll(operations);
      return;
    }
    const getError = await this.#lookUp(replica, operations);
    if (adopts || operations.some((operation) => needsLog(operation, replica.room, operations))) {
      await this.#commit(replica, operations, adopts, getError);
    } else {
      const moment = this.#context.now();
      const decisions = operations.map((operation) =>
        withRef(replica.room.decide(operation, moment), operation),
      );
      this.#tell(operations, decisions, { ...NOTHING_STORED, getError });
    }
    this.#applyInbox();
  }

  /** @returns a sentence, if the history cannot be read */
  async #lookUp({ archive }: Replica, operations: readonly Operation[]): Promise<string | null> {
    const requests = operations.flatMap((each) => (each.kind === "request" ? [each.request] : []));
    const pages = requests.flatMap((request) =>
      "page" in request && request.page !== null ? [request.page] : [],
    );
    const whole = requests.some((request) => request.kind === "get" && request.page === null);
    try {
      await this.#telling.lookUp(archive, whole, pages);
      return null;
    } catch (error) {
      this.#context.seen(error);
      this.#context.observer.fault(this.#name, error);
      return sentenceFor(error);
    }
  }

  /** Has a batch committed, trying again while there is time, and tells what came of it. */
  async #commit(
    replica: Replica,
    operations: readonly Operation[],
    adopts: boolean,
    getError: string | null,
  ): Promise<void> {
    const { observer, seen } = this.#context;
    const startedAt = performance.now();
    const until = startedAt + BATCH_TIMEOUT_MS;
    let doubt: Doubt | null = null;
    let recalled = false;
    for (;;) {
      try {
        const { decisions, repeated } = await this.#attempt(replica, operations, adopts, doubt, until);
        this.#healthy = true;
        const messages = decisions.filter(({ kind }) => kind === "sent").length;
        if (messages > 0) observer.stored(messages, performance.now() - startedAt);
        this.#tell(operations, decisions, { repeated, getError, sendError: null });
        return;
      } catch (error) {
        replica.room.rollback();
        doubt = error instanceof InDoubt ? error.doubt : null;
        // A notification must not settle what the next attempt will.
        this.#isDeciding = doubt !== null;
        seen(error);
        observer.fault(this.#name, error);
        if (sqlState(error) === UNIQUE_VIOLATION && !recalled) {
          recalled = true;
          await this.#recallKeys(replica, operations).catch(seen);
          continue;
        }
        if (isRetried(error) && performance.now() + RETRY_AFTER_MS < until) {
          await Bun.sleep(RETRY_AFTER_MS);
          continue;
        }
        this.#healthy = false;
        this.#fail(replica, operations, doubt, error, getError);
        return;
      }
    }
  }

  /** Keys that memory had no room for are still known to the index. */
  async #recallKeys({ room }: Replica, operations: readonly Operation[]): Promise<void> {
    const digests = operations.flatMap((operation) => {
      const person = room.member(operation.session)?.lease?.person;
      const key =
        operation.kind === "request" && operation.request.kind === "send" ? operation.request.key : null;
      return person === undefined || key === null ? [] : [keyDigest(person, key)];
    });
    const known = await this.#context.database.query(ATTEMPT_TIMEOUT_MS, (sql) =>
      keysAmong(sql, this.#name, digests),
    );
    for (const { key, id, time } of known) this.#keys.add(key, id, time);
  }

  /** @throws InDoubt when it may be committed and may be not */
  async #attempt(
    replica: Replica,
    operations: readonly Operation[],
    adopts: boolean,
    doubt: Doubt | null,
    until: number,
  ): Promise<Committed> {
    const { database, reachable, server } = this.#context;
    const batch = crypto.randomUUID();
    let isDoubtful = doubt !== null;
    let settled: readonly Decision[] | null = null;
    let decisions: readonly Decision[] = [];
    try {
      await reachable(until);
      const timeoutMs = Math.min(ATTEMPT_TIMEOUT_MS, until - performance.now());
      await database.transaction(timeoutMs, async (sql) => {
        const head = await lockRoom(sql, this.#name, server());
        settled = await this.#hearOthers(sql, replica, head, doubt);
        if (settled !== null) return;
        isDoubtful = false;
        const orphans = adopts ? await this.#orphans(sql, replica) : [];
        replica.room.begin();
        decisions = this.#decide(replica, operations, orphans);
        const changes = decisions.filter((each) => isChange(each));
        if (changes.length > 0) await this.#write(sql, replica, batch, changes);
      });
    } catch (error) {
      if (settled === null && error instanceof CommitInDoubt) throw new InDoubt({ batch, decisions }, error);
      if (settled === null) throw isDoubtful && doubt !== null ? new InDoubt(doubt, error) : error;
    }
    if (settled === null) {
      replica.room.commit();
      if (decisions.some((each) => isChange(each))) replica.position++;
    }
    const stands = settled ?? decisions;
    return { decisions: stands, repeated: await this.#findRepeated(replica, stands) };
  }

  /**
   * With the lock, applies what others have committed since.
   *
   * @returns the decisions of a batch in doubt, if it turns out to be committed
   */
  async #hearOthers(
    sql: SQL,
    replica: Replica,
    head: Head,
    doubt: Doubt | null,
  ): Promise<readonly Decision[] | null> {
    if (!head.isAlive) throw new Evicted("The other servers have taken this one for dead.");
    this.#isDeciding = true;
    if (head.position === replica.position) return null;
    for (const entry of await entriesAfter(sql, this.#name, replica.position)) {
      if (entry.position !== replica.position + 1) break;
      if (entry.batch === doubt?.batch) {
        for (const change of doubt.decisions) if (isChange(change)) replica.room.apply(change);
        replica.position = entry.position;
        // What comes after it is told after it.
        this.#isBehind = entry.position < head.position;
        return doubt.decisions;
      }
      this.#deliver(this.#take(replica, entry));
    }
    if (replica.position !== head.position) throw new FallenBehind("The log does not tell what was missed.");
    return null;
  }

  /** Sessions whose servers are dead, and at the end of this server its own. */
  async #orphans(sql: SQL, { homes }: Replica): Promise<SessionId[]> {
    const living = new Set(rowsOf(await sql`SELECT id FROM chatbox.servers`).map((row) => textOf(row.id)));
    if (this.#isRetiring) living.delete(this.#context.server());
    return [...homes].flatMap(([session, server]) => (living.has(server) ? [] : [session]));
  }

  #decide({ room }: Replica, operations: readonly Operation[], orphans: readonly SessionId[]): Decision[] {
    const moment = this.#context.now();
    return [
      ...operations.map((operation) => withRef(room.decide(operation, moment), operation)),
      ...orphans.map((session) => room.decide({ kind: "leave", session, resumable: true }, moment)),
    ];
  }

  async #write(sql: SQL, { room, position }: Replica, id: string, changes: readonly Change[]): Promise<void> {
    const touched = new Set<SessionId>();
    for (const change of changes) {
      if (change.kind !== "sent") touched.add(change.session);
      if (change.kind === "resumed") touched.add(change.from);
    }
    const members = [...touched].flatMap((session) => room.member(session) ?? []);
    await writeBatch(sql, {
      room: this.#name,
      server: this.#context.server(),
      id,
      position: position + 1,
      lastId: room.lastId,
      lastPlace: room.lastPlace,
      changes,
      touched: [...touched],
      members,
      keysSince: this.#context.now().time - REMEMBERED_MS,
    });
  }

  async #findRepeated({ archive }: Replica, decisions: readonly Decision[]): Promise<Map<number, Message>> {
    const found = new Map<number, Message>();
    for (const decision of decisions)
      if (decision.kind === "sent") found.set(decision.message.id, decision.message);
    for (const decision of decisions) {
      if (decision.kind !== "repeated" || found.has(decision.id)) continue;
      try {
        const message = await archive.message(decision.id);
        if (message !== undefined) found.set(decision.id, message);
      } catch (error) {
        this.#context.observer.fault(this.#name, error);
      }
    }
    return found;
  }

  /** Tells a batch that stands. */
  #tell(operations: readonly Operation[], decisions: readonly Decision[], stored: Stored): void {
    const replica = this.#replica;
    const server = this.#context.server();
    for (const [at, decision] of decisions.entries()) {
      if (replica !== null && isChange(decision)) this.#settle(replica, decision, server);
      this.#keepPlace(operations[at], decision);
      if (decision.kind === "typing")
        this.#context.notify({ kind: "typing", room: this.#name, session: decision.session });
    }
    this.#isDeciding = false;
    // What the engine itself wanted is told only where it has shown something.
    const told = decisions.filter((each, at) => isOfSomebody(operations[at]) || isShown(each));
    const outcomes = this.#telling.outcomes(told, stored);
    if (this.#isRetiring) for (const _ of outcomes);
    else this.#deliver(outcomes);
  }

  /** A connection has a place until it is gone, and who is absent until the grace ends, one way or the other. */
  #keepPlace(operation: Operation | undefined, decision: Decision): void {
    if (decision.kind === "absent") {
      // Without an operation it is somebody of a dead server, who has no place here yet.
      if (operation === undefined && !this.#graces.has(decision.session)) this.places++;
      const { graceMs, restartGraceMs } = this.#context;
      this.#graces.start(decision.session, operation === undefined ? restartGraceMs : graceMs);
    } else if (operation !== undefined) this.#givePlaceBack(operation);
  }

  #givePlaceBack(operation: Operation): void {
    if (operation.kind === "leave") {
      this.places--;
      this.#cut.delete(operation.session);
    } else if (operation.kind === "expire") this.#endGrace(operation.session);
  }

  #endGrace(session: SessionId): void {
    if (this.#graces.end(session)) this.places--;
  }

  /** Tells a batch that could not be committed, or of which nobody knows. */
  #fail(
    { room }: Replica,
    operations: readonly Operation[],
    doubt: Doubt | null,
    error: unknown,
    getError: string | null,
  ): void {
    if (error instanceof FallenBehind || error instanceof Evicted) this.#mustReload = true;
    const redo = operations.filter(({ kind }) => kind === "leave" || kind === "expire");
    const told = operations.filter((operation) => !redo.includes(operation));
    const sentence = sentenceFor(error);
    const moment = this.#context.now();
    const isUnknown = doubt !== null || this.#mustReload;
    const decisions = told.map((operation): Decision => {
      if (!needsLog(operation, room, operations)) return withRef(room.decide(operation, moment), operation);
      const failed = isUnknown ? null : failureOf(operation, room, sentence);
      if (failed !== null) return withRef(failed, operation);
      this.#cut.add(operation.session);
      return { kind: "cut", session: operation.session };
    });
    this.#tell(told, decisions, { ...NOTHING_STORED, getError });
    if (error instanceof FallenBehind) this.#cutAll();
    if (redo.length > 0) this.#tryLater(redo);
  }

  /** Answers for a room that cannot be read: nobody can register in it, and a session may well be held. */
  #refuseAll(operations: readonly Operation[]): void {
    const moment = this.#context.now();
    const redo = operations.filter(({ kind }) => kind === "leave" || kind === "expire");
    const told = operations.filter((operation) => !redo.includes(operation));
    this.#deliver(
      told.map((operation) =>
        operation.kind === "request" && operation.request.kind === "resume"
          ? { kind: "cut", session: operation.session }
          : withoutRoom(operation, moment),
      ),
    );
    if (redo.length > 0) this.#tryLater(redo);
  }

  /** What was missed cannot be told any more: those who are here see it when they resume. */
  #cutAll(): void {
    const server = this.#context.server();
    const ours = [...(this.#replica?.homes ?? [])].filter(([, home]) => home === server);
    this.#deliver(ours.map(([session]) => ({ kind: "cut", session })));
  }

  /** Puts operations back that nobody waits for, and must be done all the same. */
  #tryLater(operations: readonly Operation[]): void {
    if (this.#redo !== null) clearTimeout(this.#redo);
    this.#later.push(...operations);
    this.#redo = setTimeout(() => {
      this.#redo = null;
      this.#gathering.unshift(...this.#later.splice(0));
      this.#isBehind = true;
      this.#wake();
    }, REDO_AFTER_MS);
  }

  #isOfCut(operation: Operation): boolean {
    return this.#cut.has(operation.session) && operation.kind !== "leave";
  }

  #deliver(outcomes: Iterable<Outcome>): void {
    this.#context.deliver(this.#name, outcomes);
  }
}

/** A batch of which nobody knows, until the lock can be had again. */
class InDoubt extends Error {
  override readonly name = "InDoubt";
  readonly doubt: Doubt;

  constructor(doubt: Doubt, cause: unknown) {
    super("It is not known whether a batch was committed.", { cause });
    this.doubt = doubt;
  }
}

/** This server was away for longer than the log is kept. */
class FallenBehind extends Error {
  override readonly name = "FallenBehind";
}

function isRetried(error: unknown): boolean {
  return error instanceof InDoubt ? !(error.cause instanceof Evicted) : isPassing(error);
}

function withRef(decision: Decision, operation: Operation): Decision {
  const ref = "ref" in operation ? operation.ref : undefined;
  return ref === undefined ? decision : { ...decision, ref };
}

/** Whether an operation may change the room, so that it must be decided under the lock. */
function needsLog(operation: Operation, room: Room, batch: readonly Operation[]): boolean {
  switch (operation.kind) {
    case "leave":
    case "expire":
      return isHere(operation.session, room, batch);
    case "request":
      switch (operation.request.kind) {
        case "name":
        case "resume":
          return true;
        case "send":
          return isHere(operation.session, room, batch);
        default:
          return false;
      }
    default:
      return false;
  }
}

/** Whether a session has a nickname, or may have one within its batch. */
function isHere(session: SessionId, room: Room, batch: readonly Operation[]): boolean {
  return (
    room.member(session) !== undefined ||
    batch.some(
      (each) =>
        each.session === session &&
        each.kind === "request" &&
        (each.request.kind === "name" || each.request.kind === "resume"),
    )
  );
}

/** The refusal of an operation that could not be committed; null where the protocol has none. */
function failureOf(operation: Operation, room: Room, error: string): Decision | null {
  if (operation.kind !== "request") return null;
  const { session, request } = operation;
  const member = room.member(session);
  switch (request.kind) {
    case "name":
      return { kind: "name-failed", session, oldName: member?.name ?? null, name: request.name, error };
    case "send":
      return member === undefined
        ? { kind: "unregistered", session, request: "send" }
        : { kind: "send-failed", session, name: member.name, content: request.content, error };
    default:
      return null;
  }
}

/** Whether an operation is of a connection, and not of the engine itself. */
function isOfSomebody(operation: Operation | undefined): boolean {
  return operation !== undefined && operation.kind !== "expire";
}

function isShown(decision: Decision): boolean {
  return decision.kind === "left" && decision.name !== null;
}

/** A change as it is told here: what it shows of the room is as the room is now. */
function outcomeOf(change: EntryChange, room: Room): Extract<Outcome, Change> {
  switch (change.kind) {
    case "registered":
    case "sent":
    case "absent":
      return change;
    case "renamed":
    case "left":
      return { ...change, lease: room.member(change.session)?.lease ?? null };
    case "resumed":
      return {
        ...change,
        online: room.online,
        page: { messages: "", bytes: 0, more: true, gap: null },
        oldProof: "",
      };
  }
}
