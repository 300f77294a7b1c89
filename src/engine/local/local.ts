import { readdir, stat } from "node:fs/promises";
import type { PageRequest } from "../../protocol/page.ts";
import { MAIN_ROOM } from "../../protocol/room-name.ts";
import type { Message, Operation, OwnOperation } from "../../room/operation.ts";
import type { Arrival } from "../../room/past-members.ts";
import { ClockWatch, clockNotice } from "../clock-watch.ts";
import {
  type Engine,
  type EngineOptions,
  type FoundPerson,
  RECENT_LISTS_MOST,
  type Restored,
  type Whom,
} from "../engine.ts";
import { EndingError } from "../failure.ts";
import { MODERATION_LIMITS } from "../moderation.ts";
import type { Performed } from "../outcome.ts";
import { PEOPLE_LIMITS } from "../people.ts";
import { RecentLists } from "../recent-lists.ts";
import type { Readable } from "../record.ts";
import { keepsAll, type Retention, retentionIn } from "../retention.ts";
import { Rooms } from "../rooms.ts";
import type { StoredModeration } from "../stored-moderation.ts";
import type { StoredPeople } from "../stored-people.ts";
import type { StoredWebhooks } from "../stored-webhooks.ts";
import { WEBHOOK_LIMITS } from "../webhook.ts";
import { AssetFolder } from "./asset-folder.ts";
import { errorCode, errorPlace, errorReason, JournalError } from "./fault.ts";
import { FileRoom } from "./file-room.ts";
import { type FsyncMode, Journal } from "./journal.ts";
import { lockFile } from "./lock.ts";
import { openModerationFile } from "./moderation-file.ts";
import { newestTime } from "./newest-time.ts";
import { openPeopleFile } from "./people-file.ts";
import { finishPlacing } from "./placing.ts";
import { realFile } from "./real-file.ts";
import { assetsFolder, roomFile, roomOfFileName, roomsFolder } from "./room-file.ts";
import { SessionStore } from "./sessions.ts";
import { sizeOfData } from "./size.ts";
import { Sweep } from "./sweep.ts";
import { openWebhookFile } from "./webhook-file.ts";

/** How often the server tests whether the store works again after a failure. */
const PROBE_EVERY_MS = 2_000;
/** Texts are erased within this time after they were replaced or deleted, unless the server is killed. */
const ERASED_WITHIN_MS = 60_000;
/** How often the clock and the last ids are noted. */
const NOTE_EVERY_MS = 60_000;

/** How many rooms stay open after everybody has left: otherwise each return to one would read its file again. */
const UNUSED_ROOMS_MOST = 64;

export interface LocalEngineOptions extends EngineOptions {
  /** The main room's history. The other rooms have theirs in a folder beside it: for `data.json`, in `data.rooms/`. */
  readonly dataFile: string;
  readonly fsync: FsyncMode;
  /** Converts a timestamp in a file of another program to Unix milliseconds. */
  readonly timeOf: (timestamp: string) => number | undefined;
}

/** The engine for one process: rosters in memory, histories in readable files. */
export class LocalEngine implements Engine {
  readonly assets: AssetFolder;
  readonly people: StoredPeople;
  readonly moderation: StoredModeration;
  readonly webhooks: StoredWebhooks;
  readonly #options: LocalEngineOptions;
  readonly #lock: { release(): void };
  readonly #sessions: SessionStore;
  readonly #sweep: Sweep;
  readonly #recentLists = new RecentLists(RECENT_LISTS_MOST);
  readonly #rooms: Rooms<FileRoom>;
  /** The empty rooms in memory, in the order in which they became empty. */
  readonly #unused = new Set<string>();
  /** Histories that are still being closed; a room that is entered again waits for that. */
  readonly #closing = new Map<string, Promise<void>>();
  readonly #timers: Timer[] = [];
  #isClosing = false;
  #clock: ClockWatch;
  /** Resolves once the expected time is known. */
  #clockFound: Promise<void> | null = null;
  #isClockDoubted = false;
  /** Something other than the histories could not be written, so the histories may fail as well. */
  #isDoubtful = false;
  #isProbing = false;

  /**
   * Locks the main history file and opens it; creates it, repairs it, or takes over another program's file as needed.
   *
   * @throws JournalError if another server uses the file, or it cannot be read, written or understood
   */
  static async open(options: LocalEngineOptions): Promise<LocalEngine> {
    const { dataFile } = options;
    const lock = lockFile(dataFile);
    let engine: LocalEngine | undefined;
    try {
      const isRestored = await finishPlacing(realFile(dataFile));
      engine = new LocalEngine(options, lock);
      if (isRestored) options.observer.notice(MAIN_ROOM, "An interrupted restore of a backup was finished.");
      await engine.#start();
      return engine;
    } catch (error) {
      if (engine !== undefined) await engine.#letGo();
      lock.release();
      throw error;
    }
  }

  private constructor(options: LocalEngineOptions, lock: { release(): void }) {
    const { dataFile, now, observer } = options;
    this.assets = new AssetFolder(assetsFolder(dataFile));
    // First of all, since it may refuse the start.
    const beside = {
      dataFile,
      now: () => now().time,
      notice: (sentence: string) => observer.notice(MAIN_ROOM, sentence),
    };
    this.people = openPeopleFile({ ...beside, limits: options.people ?? PEOPLE_LIMITS });
    try {
      this.moderation = openModerationFile({ ...beside, limits: options.moderation ?? MODERATION_LIMITS });
    } catch (error) {
      void this.people.close();
      throw error;
    }
    try {
      this.webhooks = openWebhookFile({ ...beside, limits: options.webhooks ?? WEBHOOK_LIMITS });
    } catch (error) {
      void this.people.close();
      void this.moderation.close();
      throw error;
    }
    this.#options = options;
    this.#lock = lock;
    this.#rooms = new Rooms(
      options,
      () => this,
      (name, room) => this.#idle(name, room),
    );
    this.moderation.subscribe(({ actions }) => {
      for (const action of actions) this.#rooms.enact(action);
    });
    this.#sessions = new SessionStore(
      dataFile,
      () => now().time,
      (sentence) => observer.notice(MAIN_ROOM, sentence),
      () => {
        this.#isDoubtful = true;
      },
    );
    this.#clock = new ClockWatch(this.#sessions.clock, now().time, performance.now());
    this.#sweep = new Sweep({
      dataFile,
      roomsFolder: roomsFolder(dataFile),
      retention: (room) => this.#retentionIn(room),
      now: () => now().time,
      writtenSince:
        this.#sessions.lastAliveAt === null ? null : this.#sessions.lastAliveAt - ERASED_WITHIN_MS,
      isOpen: (room) => this.#rooms.has(room),
      open: async (room, stop) => {
        await this.#closing.get(room);
        return await this.#openJournal(room, stop);
      },
      prune: (room, journal) => this.#prune(room, journal, (end) => end()),
      notice: (sentence) => observer.notice(MAIN_ROOM, sentence),
      fault: (room, error) => observer.fault(room, error),
    });
  }

  async #start(): Promise<void> {
    await this.#room(MAIN_ROOM).open();
    // Members of the previous process keep their nicknames, each for a grace that begins now.
    const held = this.#sessions.heldRooms().map((name) => this.#room(name));
    await this.#probe();
    this.#every(PROBE_EVERY_MS, () => this.#probe());
    this.#every(NOTE_EVERY_MS, () => this.#note());
    void this.#openAll(held);
    this.#sweep.start();
    this.#every(this.#options.retention.everyMs, () => this.#pruneAll());
  }

  /** Opens rooms one after the other, although nobody is back yet: there may be something to erase. */
  async #openAll(rooms: readonly FileRoom[]): Promise<void> {
    for (const room of rooms) {
      if (this.#isClosing) return;
      await room.open().catch((error) => room.queue.fault(error));
    }
  }

  #every(ms: number, task: () => unknown): void {
    this.#timers.push(setInterval(task, ms));
  }

  /** Drops expired messages: first in the rooms in memory, one after the other, then in the others. */
  async #pruneAll(): Promise<void> {
    const rooms = [...this.moderation.rooms()];
    if (keepsAll(this.#options.retention) && rooms.every(([, { keepDays }]) => keepDays === null)) return;
    for (const room of this.#rooms.list()) await room.prune();
    this.#sweep.start();
  }

  /**
   * After a failure to store something, tests whether storing works again. The main room's file represents the disk.
   */
  async #probe(): Promise<void> {
    if (this.#isProbing || this.#isClosing || (this.healthy && !this.#isDoubtful)) return;
    this.#isProbing = true;
    this.#isDoubtful = false;
    const wasHealthy = this.healthy;
    const { observer } = this.#options;
    const fault = await this.#room(MAIN_ROOM).probe();
    if (fault === undefined) {
      for (const room of this.#rooms.list()) if (!room.queue.isHealthy) await room.probe();
    } else if (wasHealthy) {
      const sentence = `Nothing can be stored (${errorReason(fault)}): messages are refused until that changes.`;
      observer.notice(MAIN_ROOM, sentence);
    }
    if (this.healthy && !wasHealthy) observer.notice(MAIN_ROOM, "Messages can be stored again.");
    this.#isProbing = false;
  }

  /** Notes what outlives the process. */
  #note(): void {
    this.#lookAtClock();
    this.#sessions.noteClock(this.#clock.note);
    this.#tend();
    for (const room of this.#rooms.list()) room.noteLastId();
  }

  /** What could not be stored now is stored at the next call. */
  #tend(): void {
    this.#rooms.shed();
    const { now, trustClock } = this.#options;
    const { time } = now();
    const believed = trustClock === true ? time : Math.min(time, this.#clock.note.seenAt);
    for (const store of [this.people, this.moderation]) {
      store.tend(believed).catch((error) => {
        if (!this.#isClosing) this.#options.observer.fault(MAIN_ROOM, error);
      });
    }
  }

  /** The retention of a room, adjusted as long as the clock is not believed. */
  #retentionIn(room: string): Retention {
    const { trustClock, now } = this.#options;
    const settings = this.moderation.settingsOf(room);
    const retention = retentionIn(this.#options.retention, settings, now().time);
    if (trustClock === true) return retention;
    this.#lookAtClock();
    return this.#clock.retention(retention);
  }

  /** If no earlier time is noted, expects the time of the newest message. @param main the main room's journal */
  async #findClock(main: Journal): Promise<void> {
    if (this.#sessions.clock !== null) return;
    const seenAt = await newestTime(main, roomsFolder(this.#options.dataFile));
    if (seenAt === null) return;
    this.#clock = new ClockWatch({ seenAt, heldMs: 0 }, this.#options.now().time, performance.now());
  }

  #lookAtClock(): void {
    const { now, observer, retention, trustClock } = this.#options;
    this.#clock.look(now().time, performance.now());
    const { aheadMs } = this.#clock;
    const isDoubted = aheadMs > 0 && retention.keepMs !== null && trustClock !== true;
    if (isDoubted && !this.#isClockDoubted) observer.notice(MAIN_ROOM, clockNotice(aheadMs));
    this.#isClockDoubted = isDoubted;
  }

  size(): Promise<number> {
    return sizeOfData(this.#options.dataFile);
  }

  get rooms(): number {
    return this.#rooms.size - this.#unused.size;
  }

  get absent(): number {
    return this.#rooms.absent;
  }

  get healthy(): boolean {
    return this.#rooms.areHealthy;
  }

  enter(room: string): boolean {
    const isInUse = this.#rooms.has(room) && !this.#unused.has(room);
    if (!isInUse && this.rooms >= this.#options.maxRooms) return false;
    this.#enter(room);
    return true;
  }

  #enter(name: string): void {
    this.#room(name).queue.occupancy.enter();
    this.#unused.delete(name);
  }

  submit(room: string, operation: Operation): void {
    this.#rooms.submit(room, operation);
  }

  async recent(name: string): Promise<readonly Readable[] | null> {
    if (this.#isClosing) return null;
    return await this.#beside(name, (room) => room.recent());
  }

  find(name: string, whom: Whom): Promise<FoundPerson | null> {
    return this.#rooms.find(name, whom, async (id) => {
      const record = await this.#beside(name, (room) => room.message(id));
      return record?.message;
    });
  }

  present(name: string): readonly Arrival[] {
    return this.#rooms.present(name);
  }

  arrivals(name: string): readonly Arrival[] {
    return this.#rooms.arrivals(name);
  }

  inhabited(): readonly string[] {
    return this.#rooms.inhabited();
  }

  perform(name: string, operations: readonly OwnOperation[]): Promise<Performed> {
    return this.#beside(name, (room) => this.#rooms.perform(room, operations));
  }

  restore(name: string, action: string, by: string): Promise<Restored> {
    return this.#beside(name, (room) => this.#rooms.restore(name, room, action, by));
  }

  messagesBy(
    name: string,
    persons: ReadonlySet<string>,
    since: number,
    limit: number,
  ): Promise<readonly number[]> {
    return this.#beside(name, (room) => room.messagesBy(persons, since, limit));
  }

  writtenBy(name: string, person: string, before: number | null, limit: number): Promise<readonly Message[]> {
    return this.#beside(name, (room) => room.writtenBy(person, before, limit));
  }

  /** Works on a room, which is opened for that and stays in memory meanwhile. Rejects if the engine ends, or if the work does. */
  async #beside<T>(name: string, work: (room: FileRoom) => Promise<T>): Promise<T> {
    if (this.#isClosing) throw new EndingError();
    // A reader does not count towards the limit of rooms.
    if (!this.#rooms.has(name) && name !== MAIN_ROOM) this.#unused.add(name);
    const room = this.#room(name);
    const { occupancy } = room.queue;
    occupancy.enter();
    try {
      return await work(room);
    } finally {
      occupancy.leave();
      if (!room.queue.isBusy && this.#rooms.get(name) === room) this.#idle(name, room);
    }
  }

  bytesToFetch(room: string, page: PageRequest | null): number {
    return this.#rooms.bytesToFetch(room, page);
  }

  /** A room has its file from its first message on, and it is there before the message is acknowledged. */
  async hasHistory(room: string): Promise<boolean> {
    try {
      return (await stat(this.#pathOf(room))).isFile();
    } catch (error) {
      if (errorCode(error) === "ENOENT") return false;
      throw error;
    }
  }

  /** A file is written a moment after what is in it has happened, and erasing and pruning write it, too. */
  async storedAt(): Promise<ReadonlyMap<string, number>> {
    const names = await readdir(roomsFolder(this.#options.dataFile)).catch((error) => {
      if (errorCode(error) === "ENOENT") return [];
      throw error;
    });
    const rooms = [MAIN_ROOM, ...names.flatMap((name) => roomOfFileName(name) ?? [])];
    const moments = new Map<string, number>();
    for (const room of rooms) {
      const found = await stat(this.#pathOf(room)).catch(() => null);
      if (found !== null) moments.set(room, found.mtimeMs);
    }
    return moments;
  }

  async headcounts(rooms: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return new Map(rooms.map((name) => [name, this.#rooms.get(name)?.headcount ?? 0]));
  }

  /** Of a room that is not in memory, the id that was noted when it was left. */
  async newestIds(rooms: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return new Map(rooms.map((name) => [name, this.#newestId(name)] as const).filter(([, id]) => id > 0));
  }

  #newestId(name: string): number {
    return this.#rooms.get(name)?.newestId ?? this.#sessions.newestMessage(name);
  }

  async countsAfter(ids: ReadonlyMap<string, number>, most: number): Promise<ReadonlyMap<string, number>> {
    const counts = new Map<string, number>();
    // One after the other: it may take a whole file to open a room.
    for (const [name, id] of ids) counts.set(name, await this.#countAfter(name, id, most));
    return counts;
  }

  async #countAfter(name: string, id: number, most: number): Promise<number> {
    const newest = this.#newestId(name);
    // Most rooms have nothing new, and need not be opened to know that.
    const hasNothingNew = newest > 0 && newest <= id;
    if (hasNothingNew || !(await this.hasHistory(name))) return 0;
    return await this.#beside(name, (room) => room.countAfter(id, most));
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    for (const timer of this.#timers) clearInterval(timer);
    const swept = this.#sweep.close();
    await this.#rooms.finish();
    this.#note();
    const rooms = this.#rooms.list();
    const closed = [...rooms.map((room) => room.close()), ...this.#closing.values(), swept];
    // The store is released in any case, but a failure to make something durable is still reported.
    await Promise.allSettled(closed);
    await this.#letGo();
    this.#lock.release();
    await Promise.all(closed);
  }

  async #letGo(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#sessions.close();
    await this.people.close();
    await this.moderation.close();
    await this.webhooks.close();
  }

  #room(name: string): FileRoom {
    const { retention } = this.#options;
    return this.#rooms.open(
      name,
      (shared) =>
        new FileRoom({
          ...shared,
          sessions: this.#sessions,
          recentLists: this.#recentLists,
          open: async () => {
            await this.#closing.get(name);
            await this.#sweep.letGo(name);
            return await this.#openJournal(name);
          },
          prune: (journal, alone) => this.#prune(name, journal, alone),
          sizeMost: retention.keepBytes ?? Number.POSITIVE_INFINITY,
        }),
    );
  }

  #openJournal(room: string, stop?: AbortSignal): Promise<Journal> {
    const { fsync, timeOf } = this.#options;
    return Journal.open(this.#pathOf(room), {
      fsync,
      timeOf,
      create: room === MAIN_ROOM,
      ...(stop && { stop }),
    });
  }

  #pathOf(room: string): string {
    const { dataFile } = this.#options;
    return room === MAIN_ROOM ? dataFile : roomFile(dataFile, room);
  }

  async #prune(
    room: string,
    journal: Journal,
    alone: (end: () => Promise<void>) => Promise<void>,
  ): Promise<void> {
    const { now, observer } = this.#options;
    try {
      const { keepMs, ...others } = this.#retentionIn(room);
      if (keepsAll({ keepMs, ...others })) return;
      if (keepMs !== null) {
        this.#clockFound ??= this.#findClock(journal);
        await this.#clockFound;
      }
      const dropped = await journal.prune(this.#retentionIn(room), now().time, alone);
      if (dropped > 0) observer.notice(room, `Expired messages dropped from room ${room}: ${dropped}.`);
    } catch (error) {
      // Messages that cannot be dropped are kept.
      observer.fault(room, errorCode(error) === undefined ? error : cannotDrop(journal.path, error));
    }
  }

  /** Closes a room that nobody is in. */
  #closeRoom(name: string): void {
    const room = this.#rooms.get(name);
    if (room === undefined || room.queue.isBusy || !room.queue.occupancy.isEmpty) return;
    this.#unused.delete(name);
    this.#rooms.delete(name);
    const closed = room
      .close()
      .catch((error) => this.#options.observer.fault(name, error))
      .finally(() => this.#closing.delete(name));
    this.#closing.set(name, closed);
  }

  #idle(name: string, { queue }: FileRoom): void {
    const main = this.#rooms.get(MAIN_ROOM);
    // The room may be forgotten, but not what it revealed about the disk.
    if (!queue.isHealthy && main !== undefined) main.queue.isHealthy = false;
    // The main room's file stays open: it was checked at the start, and the lock belongs to it.
    if (!queue.occupancy.isEmpty || name === MAIN_ROOM) return;
    this.#unused.delete(name);
    if (queue.isHealthy) this.#unused.add(name);
    else this.#closeRoom(name);
    for (const oldest of this.#unused) {
      if (this.#unused.size <= UNUSED_ROOMS_MOST) break;
      this.#closeRoom(oldest);
    }
  }
}

function cannotDrop(path: string, error: unknown): JournalError {
  return new JournalError(
    `Expired messages cannot be dropped from the history file ${path}: ${errorReason(error)}${errorPlace(error, path)}.`,
  );
}
