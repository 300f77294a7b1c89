import type { PageRequest } from "../../protocol/request.ts";
import { MAIN_ROOM } from "../../protocol/room-name.ts";
import type { Operation } from "../../room/operation.ts";
import type { Moment } from "../../room/room.ts";
import {
  type Deliver,
  type Engine,
  type EngineObserver,
  RECENT_LISTS_MOST,
  type Readable,
} from "../engine.ts";
import { HistoryMemory } from "../history-memory.ts";
import { RecentLists } from "../recent-lists.ts";
import { keepsAll, type Retention } from "../retention.ts";
import { AssetFolder } from "./asset-folder.ts";
import { type FsyncMode, Journal } from "./journal.ts";
import { lockFile } from "./lock.ts";
import { assetsFolder, roomFile } from "./room-file.ts";
import { RoomQueue } from "./room-queue.ts";
import { SessionStore } from "./sessions.ts";

/** So many rooms stay open after everybody has left: else who comes and goes would have their files read each time. */
const UNUSED_ROOMS_MOST = 64;

export interface LocalEngineOptions {
  /** The main room's history. The other rooms' lie beside it: `data.json` has them in `data.rooms/`. */
  readonly dataFile: string;
  readonly fsync: FsyncMode;
  /** The most history one `get` is given, in bytes of JSON. */
  readonly getBudgetBytes: number;
  /** The most history held in memory, over all rooms, in bytes of JSON. */
  readonly historyMemoryBytes: number;
  readonly maxRooms: number;
  /** How long a nickname is kept for somebody who can resume. */
  readonly graceMs: number;
  /** The same, from the start on, for those who were here when the process before ended. */
  readonly restartGraceMs: number;
  /** Keys of sends remembered, over all rooms. */
  readonly sendKeys: number;
  /** Sessions that are over and still known, in each room. */
  readonly pastSessions: number;
  readonly retention: Retention;
  readonly now: () => Moment;
  /** Unix milliseconds of a timestamp in a file that another program wrote. */
  readonly timeOf: (timestamp: string) => number | undefined;
  readonly deliver: Deliver;
  readonly observer: EngineObserver;
}

/** The engine of one process: rosters in memory, histories in files that a person can read. */
export class LocalEngine implements Engine {
  readonly assets: AssetFolder;
  readonly #options: LocalEngineOptions;
  readonly #lock: { release(): void };
  readonly #memory: HistoryMemory;
  readonly #sessions: SessionStore;
  readonly #keyMemory: { count: number; readonly most: number };
  readonly #recentLists = new RecentLists(RECENT_LISTS_MOST);
  readonly #rooms = new Map<string, RoomQueue>();
  /** Those of them that nobody is in, the one that was left longest ago first. */
  readonly #unused = new Set<string>();
  /** Histories still being closed; a room that is wanted again waits for it. */
  readonly #closing = new Map<string, Promise<void>>();
  #isClosing = false;
  #pruning: Timer | null = null;
  #whenIdle: (() => void) | null = null;

  /**
   * Locks the main history file and opens it, creating, repairing or taking it in as needed.
   *
   * @throws JournalError when another server holds the file, or it cannot be read, written or understood
   */
  static async open(options: LocalEngineOptions): Promise<LocalEngine> {
    const { dataFile, now, observer } = options;
    const lock = lockFile(dataFile);
    let sessions: SessionStore | undefined;
    try {
      sessions = new SessionStore(
        dataFile,
        () => now().time,
        (sentence) => observer.notice(MAIN_ROOM, sentence),
      );
      const engine = new LocalEngine(options, lock, sessions);
      await engine.#queue(MAIN_ROOM).open();
      // Who was in a room when the process before ended has a place there, and a grace that runs from now on.
      for (const room of sessions.heldRooms()) engine.#queue(room);
      if (!keepsAll(options.retention)) engine.#pruneNowAndThen();
      return engine;
    } catch (error) {
      sessions?.close();
      lock.release();
      throw error;
    }
  }

  private constructor(options: LocalEngineOptions, lock: { release(): void }, sessions: SessionStore) {
    this.assets = new AssetFolder(assetsFolder(options.dataFile));
    this.#options = options;
    this.#lock = lock;
    this.#sessions = sessions;
    this.#memory = new HistoryMemory(options.historyMemoryBytes);
    this.#keyMemory = { count: 0, most: options.sendKeys };
  }

  #pruneNowAndThen(): void {
    this.#pruning = setInterval(() => {
      for (const queue of this.#rooms.values()) queue.prune();
    }, this.#options.retention.everyMs);
  }

  get rooms(): number {
    return this.#rooms.size - this.#unused.size;
  }

  get absent(): number {
    let absent = 0;
    for (const queue of this.#rooms.values()) absent += queue.places.absent;
    return absent;
  }

  get healthy(): boolean {
    for (const queue of this.#rooms.values()) if (!queue.healthy) return false;
    return true;
  }

  enter(room: string): boolean {
    const isInUse = this.#rooms.has(room) && !this.#unused.has(room);
    if (!isInUse && this.rooms >= this.#options.maxRooms) return false;
    this.#enter(room);
    return true;
  }

  #enter(room: string): RoomQueue {
    const queue = this.#queue(room);
    this.#unused.delete(room);
    queue.places.enter();
    return queue;
  }

  submit(room: string, operation: Operation): void {
    // Else clients that go on sending would keep the end from coming.
    if (this.#isClosing) return;
    this.#rooms.get(room)?.submit(operation);
  }

  async recent(room: string): Promise<readonly Readable[] | null> {
    if (this.#isClosing) return null;
    const queue = this.#enter(room);
    try {
      return await queue.recent();
    } finally {
      queue.places.leave();
      if (!queue.busy && this.#rooms.get(room) === queue) this.#idle(room, queue);
    }
  }

  bytesToFetch(room: string, page: PageRequest | null): number {
    return this.#rooms.get(room)?.bytesToFetch(page) ?? 0;
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    if (this.#pruning !== null) clearInterval(this.#pruning);
    if ([...this.#rooms.values()].some((queue) => queue.busy)) {
      await new Promise<void>((resolve) => {
        this.#whenIdle = resolve;
      });
    }
    const queues = [...this.#rooms.values()];
    this.#rooms.clear();
    await Promise.all([...queues.map((queue) => queue.close()), ...this.#closing.values()]);
    this.#sessions.close();
    this.#lock.release();
  }

  #queue(room: string): RoomQueue {
    const known = this.#rooms.get(room);
    if (known) return known;
    const { dataFile, fsync, timeOf, retention: _, ...options } = this.#options;
    const isMain = room === MAIN_ROOM;
    const path = isMain ? dataFile : roomFile(dataFile, room);
    const queue = new RoomQueue({
      ...options,
      name: room,
      memory: this.#memory,
      sessions: this.#sessions,
      recentLists: this.#recentLists,
      keyMemory: this.#keyMemory,
      open: async () => {
        await this.#closing.get(room);
        const journal = await Journal.open(path, { fsync, timeOf, create: isMain });
        await this.#prune(room, journal, (end) => end());
        return journal;
      },
      prune: (journal, alone) => this.#prune(room, journal, alone),
      idle: () => this.#idle(room, queue),
    });
    this.#rooms.set(room, queue);
    return queue;
  }

  async #prune(
    room: string,
    journal: Journal,
    alone: (end: () => Promise<void>) => Promise<void>,
  ): Promise<void> {
    const { retention, now, observer } = this.#options;
    try {
      const dropped = await journal.prune(retention, now().time, alone);
      if (dropped > 0)
        observer.notice(room, `${dropped} messages of room ${room} were not to be kept any longer.`);
    } catch (error) {
      // What cannot be dropped is kept.
      observer.fault(room, error);
    }
  }

  /** Closes a room that nobody is in. */
  #letGo(room: string): void {
    const queue = this.#rooms.get(room);
    this.#unused.delete(room);
    if (queue === undefined || queue.busy) return;
    this.#rooms.delete(room);
    const closed = queue
      .close()
      .catch((error) => this.#options.observer.fault(room, error))
      .finally(() => this.#closing.delete(room));
    this.#closing.set(room, closed);
  }

  #idle(room: string, queue: RoomQueue): void {
    // The main room's file stays open: it was checked at the start, and it is what the lock stands for.
    if (queue.places.isEmpty && room !== MAIN_ROOM) {
      this.#unused.delete(room);
      this.#unused.add(room);
      for (const oldest of this.#unused) {
        if (this.#unused.size <= UNUSED_ROOMS_MOST) break;
        this.#letGo(oldest);
      }
    }
    if (this.#whenIdle && ![...this.#rooms.values()].some((other) => other.busy)) this.#whenIdle();
  }
}
