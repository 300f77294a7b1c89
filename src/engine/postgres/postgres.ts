import type { PageRequest } from "../../protocol/page.ts";
import { MAIN_ROOM } from "../../protocol/room-name.ts";
import type { Message, Operation, OwnOperation } from "../../room/operation.ts";
import type { Arrival } from "../../room/past-members.ts";
import { clockNotice } from "../clock-watch.ts";
import {
  type Deliver,
  type Engine,
  type EngineOptions,
  type FoundPerson,
  RECENT_BYTES,
  RECENT_LISTS_MOST,
  RECENT_MOST,
  type Restored,
  type Whom,
} from "../engine.ts";
import { MODERATION_LIMITS, type Moderation } from "../moderation.ts";
import type { Performed } from "../outcome.ts";
import { PEOPLE_LIMITS, type People } from "../people.ts";
import { RecentLists } from "../recent-lists.ts";
import { MAX_ID, type Readable } from "../record.ts";
import { keepsAll, type Retention, retentionIn } from "../retention.ts";
import { Rooms } from "../rooms.ts";
import { upgradeNotice } from "../upgrade-notice.ts";
import { WEBHOOK_LIMITS } from "../webhook.ts";
import type { Webhooks } from "../webhooks.ts";
import { AssetTable } from "./asset-table.ts";
import { DatabaseClock } from "./clock.ts";
import { Database, type DatabaseOptions, nameOfDatabase } from "./database.ts";
import { DatabaseRoom } from "./database-room.ts";
import { DatabaseError, DatabaseTimeout, Evicted, isTransient, startSentence } from "./fault.ts";
import { BEAT_EVERY_MS, Membership } from "./membership.ts";
import { idsBy, loadKept, messagesByIds, probeInsertion, writtenBy } from "./message-table.ts";
import { type DatabaseModeration, openModerationTable } from "./moderation-table.ts";
import { CHANNEL, encodeNotification, type PeerNotification } from "./notification.ts";
import { type DatabasePeople, openPeopleTable } from "./people-table.ts";
import { refuseTransactionPooler } from "./pooler-check.ts";
import { prune } from "./prune.ts";
import { countsAfter, databaseSize, hasMessages, headcounts, newestIds, storedAt } from "./room-list.ts";
import { migrate } from "./schema.ts";
import { StoredMessages } from "./stored-messages.ts";
import { Subscription } from "./subscription.ts";
import { type DatabaseWebhooks, openWebhookTable } from "./webhook-table.ts";

/**
 * During an outage of the database, work waits until this long after the beginning of the outage; then it fails at
 * once.
 */
const OUTAGE_PATIENCE_MS = 4_500;
const PROBE_EVERY_MS = 250;
const PROBE_TIMEOUT_MS = 2_000;
/** How often the server tests whether storing works again after a failure. */
const STORE_PROBE_EVERY_MS = 2_000;
/** How long a reader beside the rooms may take. */
const READ_TIMEOUT_MS = 4_000;
const CLOCK_EVERY_MS = 60_000;
/** How long it may take to find out which rooms there are, and what is in them. */
const LIST_TIMEOUT_MS = 4_000;
/** How long the server may take to retire its members when it ends. */
const RETIRE_TIMEOUT_MS = 2_000;
/** A subscription that has missed more than this many beats of its own server has to be renewed. */
const BEATS_UNHEARD = 2;

export interface PostgresEngineOptions extends EngineOptions {
  readonly database: DatabaseOptions;
  /** The database was unreachable for so long that the other servers have taken over: all connections must be ended. */
  readonly lost: () => void;
}

/** The engine for several servers with one database. Each has a replica of the rooms that its clients are in. */
export class PostgresEngine implements Engine {
  readonly assets: AssetTable;
  readonly #options: PostgresEngineOptions;
  readonly #database: Database;
  readonly #membership: Membership;
  readonly #subscription: Subscription;
  readonly #recentLists = new RecentLists(RECENT_LISTS_MOST);
  readonly #rooms: Rooms<DatabaseRoom>;
  readonly #clock: DatabaseClock;
  /** Null until the start. */
  #people: DatabasePeople | null = null;
  /** Likewise. */
  #moderation: DatabaseModeration | null = null;
  /** Likewise. */
  #webhooks: DatabaseWebhooks | null = null;
  #timer: Timer | null = null;
  readonly #timers: Timer[] = [];
  #isPruning = false;
  #isClockDoubted = false;
  /** A room has left memory whose latest attempt to store something failed. */
  #isSuspect = false;
  #isProbingStore = false;
  #isClosing = false;
  /** When the database became unreachable, a time of `performance.now`; null while it is reachable. */
  #awaySince: number | null = null;
  #waitingForDatabase: (() => void)[] = [];
  #beatHeard = 0;
  #isBeating = false;
  #isRenewing = false;

  /**
   * Brings the schema up to date, joins the other servers, and takes over the members of servers that are dead.
   *
   * @throws DatabaseError with one sentence if the database cannot be used
   */
  static async open(options: PostgresEngineOptions): Promise<PostgresEngine> {
    const { url } = options.database;
    const engine = new PostgresEngine(options);
    try {
      await refuseTransactionPooler(engine.#database, url);
      const change = await migrate(engine.#database, url);
      if (change !== null) {
        const sentence = upgradeNotice(`The schema at ${nameOfDatabase(url)}`, change);
        options.observer.notice(MAIN_ROOM, sentence);
      }
      await engine.#start();
      return engine;
    } catch (error) {
      await engine.#letGo();
      if (error instanceof DatabaseError) throw error;
      throw new DatabaseError(startSentence(error, nameOfDatabase(url)), { cause: error });
    }
  }

  private constructor(options: PostgresEngineOptions) {
    this.#options = options;
    this.#database = new Database(options.database);
    this.assets = new AssetTable(this.#database);
    this.#membership = new Membership(this.#database);
    this.#clock = new DatabaseClock(this.#database);
    this.#subscription = new Subscription(this.#database, {
      server: () => this.#membership.server,
      notified: (note) => this.#notified(note),
      subscribed: () => {
        for (const room of this.#rooms.list()) room.missed();
        for (const table of this.#tables) table.reload().catch((error) => this.#tablesFailed(error));
        options.stirred?.(null);
      },
      fault: (error) => options.observer.fault(MAIN_ROOM, error),
    });
    // Until the start is complete there is nobody to deliver to.
    const deliver: Deliver = (room, outcomes) => {
      if (this.#timer !== null) options.deliver(room, outcomes);
    };
    this.#rooms = new Rooms(
      { ...options, deliver },
      () => this,
      (name, room) => this.#idle(name, room),
    );
  }

  /** An engine that is open has started. */
  get people(): People {
    if (this.#people === null) throw new Error("The engine has not started yet.");
    return this.#people.people;
  }

  get moderation(): Moderation {
    if (this.#moderation === null) throw new Error("The engine has not started yet.");
    return this.#moderation.moderation;
  }

  get webhooks(): Webhooks {
    if (this.#webhooks === null) throw new Error("The engine has not started yet.");
    return this.#webhooks.webhooks;
  }

  /** What is in memory of the tables that all rooms share. */
  get #tables() {
    const all = [this.#people?.table, this.#moderation?.table, this.#webhooks?.table];
    return all.filter((table) => table !== undefined);
  }

  get rooms(): number {
    // The main room is always in use.
    return this.#rooms.has(MAIN_ROOM) ? this.#rooms.size : this.#rooms.size + 1;
  }

  get absent(): number {
    return this.#rooms.absent;
  }

  get healthy(): boolean {
    return (
      this.#awaySince === null && this.#membership.isMember && !this.#isSuspect && this.#rooms.areHealthy
    );
  }

  enter(room: string): boolean {
    if (!this.#membership.isMember) return false;
    if (!this.#rooms.has(room) && room !== MAIN_ROOM && this.rooms >= this.#options.maxRooms) return false;
    this.#room(room).queue.occupancy.enter();
    return true;
  }

  submit(room: string, operation: Operation): void {
    this.#rooms.submit(room, operation);
  }

  async recent(room: string): Promise<readonly Readable[] | null> {
    if (this.#isClosing) return null;
    // First, so that a change that comes while the messages are read makes the next reader read them again.
    const { newest } = await this.#database.query(READ_TIMEOUT_MS, (sql) => loadKept(sql, room, MAX_ID));
    const everything = { firstId: 0, lastId: MAX_ID, lastEventId: MAX_ID, emptiedTo: 0 };
    const messages = new StoredMessages(this.#database, room, everything);
    const records = await messages.below(MAX_ID, RECENT_MOST, RECENT_BYTES);
    const read = records.filter(({ isDeleted }) => !isDeleted).map(({ readable }) => readable);
    const ends = { firstId: records[0]?.id ?? 0, lastId: newest?.id ?? 0, lastTime: newest?.time };
    return this.#recentLists.of(room, ends, () => Promise.resolve(read));
  }

  find(room: string, whom: Whom): Promise<FoundPerson | null> {
    return this.#rooms.find(room, whom, async (id) => {
      const found = await this.#database.query(READ_TIMEOUT_MS, (sql) => messagesByIds(sql, room, [id]));
      return found.get(id);
    });
  }

  present(room: string): readonly Arrival[] {
    return this.#rooms.present(room);
  }

  arrivals(room: string): readonly Arrival[] {
    return this.#rooms.arrivals(room);
  }

  inhabited(): readonly string[] {
    return this.#rooms.inhabited();
  }

  perform(name: string, operations: readonly OwnOperation[]): Promise<Performed> {
    return this.#within(name, (room) => this.#rooms.perform(room, operations));
  }

  restore(name: string, action: string, by: string): Promise<Restored> {
    return this.#within(name, (room) => this.#rooms.restore(name, room, action, by));
  }

  /** Works on a room, which stays in memory meanwhile. Rejects if the engine ends, or if the work does. */
  async #within<T>(name: string, work: (room: DatabaseRoom) => Promise<T>): Promise<T> {
    if (this.#isClosing) throw new Error("the server is ending");
    const room = this.#room(name);
    const { occupancy } = room.queue;
    occupancy.enter();
    try {
      return await work(room);
    } finally {
      occupancy.leave();
      if (this.#rooms.get(name) === room) this.#idle(name, room);
    }
  }

  messagesBy(
    room: string,
    persons: ReadonlySet<string>,
    since: number,
    limit: number,
  ): Promise<readonly number[]> {
    return this.#database.query(READ_TIMEOUT_MS, (sql) => idsBy(sql, room, persons, since, limit));
  }

  writtenBy(room: string, person: string, before: number | null, limit: number): Promise<readonly Message[]> {
    return this.#database.query(READ_TIMEOUT_MS, (sql) => writtenBy(sql, room, person, before, limit));
  }

  bytesToFetch(room: string, page: PageRequest | null): number {
    return this.#rooms.bytesToFetch(room, page);
  }

  hasHistory(room: string): Promise<boolean> {
    return this.#database.query(LIST_TIMEOUT_MS, (sql) => hasMessages(sql, room));
  }

  headcounts(rooms: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return this.#database.query(LIST_TIMEOUT_MS, (sql) => headcounts(sql, rooms));
  }

  newestIds(rooms: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return this.#database.query(LIST_TIMEOUT_MS, (sql) => newestIds(sql, rooms));
  }

  storedAt(): Promise<ReadonlyMap<string, number>> {
    return this.#database.query(LIST_TIMEOUT_MS, storedAt);
  }

  countsAfter(ids: ReadonlyMap<string, number>, most: number): Promise<ReadonlyMap<string, number>> {
    return this.#database.query(LIST_TIMEOUT_MS, (sql) => countsAfter(sql, ids, most));
  }

  size(): Promise<number> {
    return this.#database.query(LIST_TIMEOUT_MS, databaseSize);
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#rooms.finish();
    const isMember = this.#membership.isMember && this.#awaySince === null;
    const rooms = this.#rooms.list().map((room) => room.retire());
    const retired = Promise.all([
      ...rooms,
      this.#people?.people.close(),
      this.#moderation?.moderation.close(),
      this.#webhooks?.webhooks.close(),
    ]);
    if (isMember) await Promise.race([retired, Bun.sleep(RETIRE_TIMEOUT_MS)]);
    for (const room of this.#rooms.list()) room.close();
    if (isMember) await this.#membership.leave(RETIRE_TIMEOUT_MS).catch((error) => this.#fault(error));
    await this.#letGo();
  }

  async #start(): Promise<void> {
    await this.#membership.join();
    await this.#subscription.open();
    const { moderation, now, people, webhooks } = this.#options;
    const shared = { database: this.#database, now: () => now().time };
    this.#people = await openPeopleTable({ ...shared, limits: people ?? PEOPLE_LIMITS });
    this.#moderation = await openModerationTable({ ...shared, limits: moderation ?? MODERATION_LIMITS });
    this.#webhooks = await openWebhookTable({
      ...shared,
      limits: webhooks ?? WEBHOOK_LIMITS,
      server: () => (this.#membership.isMember ? this.#membership.server : null),
    });
    this.#moderation.moderation.subscribe(({ actions }) => {
      for (const action of actions) this.#rooms.enact(action);
    });
    // Noted in any case, so that there is no wait if messages are to expire at a later start.
    await this.#lookAtClock();
    this.#timers.push(setInterval(() => void this.#lookAtClock().catch(() => {}), CLOCK_EVERY_MS));
    await this.#pruneNowAndThen();
    await this.#adopt();
    this.#timer = setInterval(() => void this.#beat(), BEAT_EVERY_MS);
    this.#timers.push(setInterval(() => void this.#probeStore(), STORE_PROBE_EVERY_MS));
  }

  /** Resolves after the first step: if many messages have expired, the rest continues while the server runs. */
  async #pruneNowAndThen(): Promise<void> {
    const { retention } = this.#options;
    const { promise: begun, resolve } = Promise.withResolvers<void>();
    void this.#prune(resolve).then(resolve);
    this.#timers.push(setInterval(() => void this.#prune(), retention.everyMs));
    await begun;
  }

  async #prune(stepped = () => {}): Promise<void> {
    if (this.#isPruning) return;
    this.#isPruning = true;
    try {
      const { retention, now } = this.#options;
      const adjusted = await this.#lookAtClock();
      const own = [...this.moderation.rooms()].flatMap(([room, settings]) => {
        const { keepMs } = adjusted(retentionIn(retention, settings, now().time));
        return settings.keepDays === null || keepMs === null ? [] : [{ room, keepMs }];
      });
      if (keepsAll(retention) && own.length === 0) stepped();
      else
        await prune(this.#database, adjusted(retention), own, () => {
          stepped();
          return !this.#isClosing;
        });
    } catch (error) {
      if (!this.#isClosing) this.#fault(error);
    }
    this.#isPruning = false;
  }

  /** Resolves to a function that adjusts a retention as long as the clock is not believed. */
  async #lookAtClock(): Promise<(retention: Retention) => Retention> {
    const { observer, retention, trustClock } = this.#options;
    const watch = await this.#clock.look();
    this.#tend(watch.note.seenAt);
    if (trustClock === true) return (each) => each;
    const isDoubted = watch.aheadMs > 0 && retention.keepMs !== null;
    if (isDoubted && !this.#isClockDoubted) observer.notice(MAIN_ROOM, clockNotice(watch.aheadMs));
    this.#isClockDoubted = isDoubted;
    return (each) => watch.retention(each);
  }

  /** What could not be stored now is stored at the next call. @param expected the time as the database's clock is believed */
  #tend(expected: number): void {
    this.#rooms.shed();
    const { now, trustClock } = this.#options;
    const { time } = now();
    const believed = trustClock === true ? time : Math.min(time, expected);
    for (const store of [this.#people?.people, this.#moderation?.moderation])
      store?.tend(believed).catch((error) => this.#tablesFailed(error));
  }

  #tablesFailed(error: unknown): void {
    if (this.#isClosing) return;
    this.#fault(error);
    this.#seen(error);
  }

  /** After a failure to store something, tests whether storing works again. An outage has its own probe. */
  async #probeStore(): Promise<void> {
    const isReachable = this.#awaySince === null && this.#membership.isMember && !this.#isClosing;
    if (!isReachable || this.healthy || this.#isProbingStore) return;
    this.#isProbingStore = true;
    try {
      await probeInsertion(this.#database);
      this.#isSuspect = false;
      for (const { queue } of this.#rooms.list()) queue.isHealthy = true;
      this.#options.observer.notice(MAIN_ROOM, "Messages can be stored again.");
    } catch (error) {
      this.#seen(error);
    }
    this.#isProbingStore = false;
  }

  async #letGo(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#subscription.close();
    await this.#database.close();
  }

  #room(name: string): DatabaseRoom {
    return this.#rooms.open(
      name,
      (shared) =>
        new DatabaseRoom({
          ...shared,
          database: this.#database,
          server: () => this.#membership.server,
          reachable: (until) => this.#reachable(until),
          moderated: async (revision, sql) => this.#moderation?.table.catchUpTo(revision, sql),
          seen: (error) => this.#seen(error),
          notify: (note) => this.#notify({ ...note, server: this.#membership.server }),
        }),
    );
  }

  #idle(name: string, room: DatabaseRoom): void {
    if (!room.queue.occupancy.isEmpty || room.isBusy) return;
    if (!room.queue.isHealthy) this.#isSuspect = true;
    this.#rooms.delete(name);
    room.close();
  }

  #notified(notification: PeerNotification): void {
    // TypeScript does not see that the receiver and the notification are of one kind.
    const receive = this.#receivers[notification.kind] as (notification: PeerNotification) => void;
    receive(notification);
  }

  readonly #receivers: {
    readonly [K in PeerNotification["kind"]]: (notification: Extract<PeerNotification, { kind: K }>) => void;
  } = {
    entry: ({ room, position, entry }) => {
      const known = this.#rooms.get(room);
      known?.notified(position, entry);
      // What happens in a room in memory is delivered.
      if ((known?.room ?? null) === null) this.#options.stirred?.(room);
    },
    typing: ({ room, server, connection }) => {
      if (server !== this.#membership.server) this.#rooms.get(room)?.typing(connection);
    },
    beat: ({ server, beat }) => {
      if (server === this.#membership.server) this.#beatHeard = beat;
    },
    pruned: () => {
      for (const room of this.#rooms.list()) room.pruned();
    },
    gone: () => void this.#adopt().catch((error) => this.#seen(error)),
    people: () => this.#catchUp(this.#people),
    moderation: () => this.#catchUp(this.#moderation),
    webhooks: () => this.#catchUp(this.#webhooks),
  };

  /** Takes over the members of dead servers, including those in rooms that have no connection to this server. */
  async #adopt(): Promise<void> {
    if (this.#isClosing || !this.#membership.isMember) return;
    const rooms = await this.#membership.roomsOfDeadServers();
    await Promise.all(rooms.map((name) => this.#room(name).adopt()));
  }

  async #beat(): Promise<void> {
    if (this.#membership.isLost) this.#giveUp();
    if (this.#isBeating || this.#isClosing) return;
    this.#isBeating = true;
    try {
      if (!this.#membership.isMember) await this.#membership.join();
      else if (!(await this.#membership.beat())) this.#giveUp();
      this.#checkHearing();
      await this.#adopt();
    } catch (error) {
      this.#fault(error);
      this.#seen(error);
    } finally {
      this.#isBeating = false;
    }
  }

  #catchUp(tables: DatabasePeople | DatabaseModeration | DatabaseWebhooks | null): void {
    tables?.table.catchUp().catch((error) => this.#tablesFailed(error));
  }

  #checkHearing(): void {
    const unheard = this.#membership.beats - this.#beatHeard;
    // Until notifications arrive again, the rooms read what other servers do.
    if (unheard > 1 || this.#isRenewing) {
      for (const room of this.#rooms.list()) room.missed();
      for (const tables of [this.#people, this.#moderation, this.#webhooks]) this.#catchUp(tables);
    }
    if (unheard <= BEATS_UNHEARD || this.#isRenewing) return;
    this.#isRenewing = true;
    this.#beatHeard = this.#membership.beats;
    void this.#subscription.renew().finally(() => {
      this.#isRenewing = false;
    });
  }

  /** The other servers have taken over this server's members, or will: its clients must reconnect. */
  #giveUp(): void {
    if (!this.#membership.isMember) return;
    this.#membership.giveUp();
    this.#options.observer.fault(MAIN_ROOM, new Evicted("The database was out of reach for too long."));
    for (const room of this.#rooms.list()) room.reset();
    this.#options.lost();
  }

  #fault(error: unknown): void {
    this.#options.observer.fault(MAIN_ROOM, error);
  }

  /** Evaluates an error of the database. */
  #seen(error: unknown): void {
    if (error instanceof Evicted) this.#giveUp();
    else if (this.#awaySince === null && (error instanceof DatabaseTimeout || isTransient(error))) {
      this.#awaySince = performance.now();
      void this.#probe();
    }
  }

  /** Queries the database until it answers. */
  async #probe(): Promise<void> {
    while (this.#awaySince !== null && !this.#isClosing) {
      try {
        await this.#database.query(PROBE_TIMEOUT_MS, (sql) => sql`SELECT 1`);
        this.#awaySince = null;
        for (const resume of this.#waitingForDatabase.splice(0)) resume();
        void this.#beat();
      } catch {
        await Bun.sleep(PROBE_EVERY_MS);
      }
    }
  }

  async #reachable(until: number): Promise<void> {
    if (this.#awaySince === null) return;
    const waitMs = Math.min(until, this.#awaySince + OUTAGE_PATIENCE_MS) - performance.now();
    if (waitMs > 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waitingForDatabase.push(resolve);
      const timer = setTimeout(resolve, waitMs);
      await promise;
      clearTimeout(timer);
    }
    if (this.#awaySince !== null) throw new DatabaseTimeout("The database is out of reach.");
  }

  #notify(note: Extract<PeerNotification, { kind: "typing" }>): void {
    if (this.#awaySince !== null) return;
    this.#database
      .query(PROBE_TIMEOUT_MS, (sql) => sql`SELECT pg_notify(${CHANNEL}, ${encodeNotification(note)})`)
      .catch((error) => this.#seen(error));
  }
}
