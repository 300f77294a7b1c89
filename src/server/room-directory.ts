import type { Engine } from "../engine/engine.ts";
import { COUNTED_MESSAGES_MAX, type ListedRoom, ROOMS_LISTED_MAX } from "../protocol/room-list.ts";
import { MAIN_ROOM, pathOfRoom } from "../protocol/room-name.ts";
import { DEFAULT_SETTINGS, type RoomSettings } from "../room/room-settings.ts";

/**
 * Who may make rooms. `open`: whoever connects to one. `listed`: moderators of all rooms and owners, by setting something in
 * it. `fixed`: nobody while the server runs.
 */
export const ROOM_MODES = ["open", "listed", "fixed"] as const;
export type RoomMode = (typeof ROOM_MODES)[number];

/** Whoever asks for the list all day costs the store one look in this time. */
const LIST_KEPT_MS = 2_000;
/** How long it is remembered whether a room has a history, and of how many rooms. */
const HISTORY_KEPT_MS = 5_000;
const HISTORIES_KEPT = 10_000;

/** By title, as people read it. */
const BY_TITLE = new Intl.Collator(["en", "vi"], { numeric: true });

/** An answer of the store, or one that is on its way. A failure is an answer, too: the next look waits as long. */
interface Kept<T> {
  /** Of `now`. */
  readonly at: number;
  readonly answer: Promise<T>;
}

type DirectoryEngine = Pick<Engine, "moderation" | "hasHistory" | "headcounts" | "newestIds" | "countsAfter">;

/** Which rooms there are, and which of them are listed. */
export class RoomDirectory {
  readonly mode: RoomMode;
  readonly #engine: DirectoryEngine;
  readonly #now: () => number;
  #list: Kept<readonly ListedRoom[]> | null = null;
  /** By room, the oldest answer first. */
  readonly #histories = new Map<string, Kept<boolean>>();

  /** @param now milliseconds that never go back */
  constructor(mode: RoomMode, engine: DirectoryEngine, now: () => number) {
    this.mode = mode;
    this.#engine = engine;
    this.#now = now;
  }

  /** Whether a room exists for sure. Asks nobody. */
  isKnown(room: string): boolean {
    return this.mode === "open" || room === MAIN_ROOM || this.#isSet(room);
  }

  /** Whether a room exists: anybody may make it by connecting, something is set in it, or somebody has written there. Rejects if the store fails. */
  async has(room: string): Promise<boolean> {
    return this.isKnown(room) || (await this.#hasHistory(room));
  }

  /** Whether somebody who may set something in a room may make it by that. Rejects if the store fails. */
  async mayMake(room: string): Promise<boolean> {
    return this.mode !== "fixed" || (await this.has(room));
  }

  /** The listed rooms, those with the most people first. The same list is returned for two seconds. Rejects if the store fails. */
  list(): Promise<readonly ListedRoom[]> {
    const now = this.#now();
    if (this.#list === null || now - this.#list.at >= LIST_KEPT_MS)
      this.#list = { at: now, answer: this.#readList() };
    return this.#list.answer;
  }

  /**
   * How many messages have ids above the given one, in each of these rooms that everybody may read, listed or not. Rejects if
   * the store fails.
   */
  async unread(ids: ReadonlyMap<string, number>): Promise<ReadonlyMap<string, number>> {
    const readable = new Map([...ids].filter(([room]) => this.#isReadable(room)));
    return readable.size === 0 ? readable : await this.#engine.countsAfter(readable, COUNTED_MESSAGES_MAX);
  }

  #isReadable(room: string): boolean {
    return this.#engine.moderation.settingsOf(room).entry === "everyone";
  }

  async #readList(): Promise<readonly ListedRoom[]> {
    const listed = new Map([...this.#engine.moderation.rooms()].filter(([, { isListed }]) => isListed));
    const people = await this.#engine.headcounts([...listed.keys()]);
    const first = Array.from(listed, ([room, settings]) => listedRoom(room, settings, people.get(room) ?? 0))
      .sort((a, b) => b.online - a.online || BY_TITLE.compare(a.title || a.room, b.title || b.room))
      .slice(0, ROOMS_LISTED_MAX);
    // How much is said where not everybody may read is nobody else's business.
    const readable = first.filter(({ entry }) => entry === "everyone").map(({ room }) => room);
    const newest = await this.#engine.newestIds(readable);
    return first.map((each) => {
      const lastId = newest.get(each.room);
      return lastId === undefined ? each : { ...each, lastId };
    });
  }

  #isSet(room: string): boolean {
    return this.#engine.moderation.settingsOf(room) !== DEFAULT_SETTINGS;
  }

  #hasHistory(room: string): Promise<boolean> {
    const now = this.#now();
    const kept = this.#histories.get(room);
    if (kept !== undefined && now - kept.at < HISTORY_KEPT_MS) return kept.answer;
    this.#histories.delete(room);
    for (const oldest of this.#histories.keys()) {
      if (this.#histories.size < HISTORIES_KEPT) break;
      this.#histories.delete(oldest);
    }
    const answer = this.#engine.hasHistory(room);
    this.#histories.set(room, { at: now, answer });
    return answer;
  }
}

function listedRoom(room: string, { title, topic, entry }: RoomSettings, online: number): ListedRoom {
  return { room, path: pathOfRoom(room), title, topic, online, entry };
}
