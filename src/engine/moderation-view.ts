import { type Action, type ActionKind, isOver, type SanctionKind } from "../room/action.ts";
import { DEFAULT_SETTINGS, type RoomSettings } from "../room/room-settings.ts";
import { Groups } from "./groups.ts";
import type { HeldMessage, ModerationChange, ModerationTotals, Report, Waiting, Who } from "./moderation.ts";
import type { StoredAction } from "./moderation-rows.ts";

/** What a store knows about a room: what is set there, null for nothing, and how much waits. */
export interface ModeratedRoom {
  readonly room: string;
  readonly settings: RoomSettings | null;
  readonly waiting: Waiting;
}

/** What was read from a store. */
export interface ModerationReading {
  /** Counts the changes, over all servers and commands. */
  readonly revision: number;
  /** What the view had when it was read. */
  readonly since: number;
  /** Whether this is everything, rather than what has changed. */
  readonly isWhole: boolean;
  readonly actions: readonly StoredAction[];
  readonly rooms: readonly ModeratedRoom[];
}

/** A report or a held message with the revision that made it. */
export type Made<T> = { readonly row: T; readonly made: number };

/** Everything that is stored about moderation, each in the order in which it was made. */
export interface ModerationCopy {
  readonly revision: number;
  readonly actions: readonly StoredAction[];
  readonly rooms: readonly ModeratedRoom[];
  readonly reports: readonly Made<Report>[];
  readonly held: readonly Made<HeldMessage>[];
}

/** The kinds that are in force for a time, and are in memory meanwhile. */
const LASTING: ReadonlySet<ActionKind> = new Set(["mute", "kick", "ban", "raid", "announce"]);
const SANCTIONS: ReadonlySet<ActionKind> = new Set<SanctionKind>(["mute", "kick", "ban"]);

const NOTHING: readonly Action[] = [];
const NOTHING_WAITS: Waiting = { reports: 0, held: 0 };

/** Whether an action has an effect from when it is done until it is over. */
export function isLasting({ kind }: Pick<Action, "kind">): boolean {
  return LASTING.has(kind);
}

/** An action in memory, with the revision that made it. */
interface Live {
  readonly action: Action;
  readonly revision: number;
}

/** What holds in the rooms of a chat, in memory, as it was at one revision of the store or after it. */
export class ModerationView {
  #revision = -1;
  readonly #live = new Map<string, Live>();
  /** The sanctions by kind, room and whom they concern. */
  readonly #sanctions = new Groups<Live>();
  /** Raids and announcements by kind and room. */
  readonly #others = new Groups<Live>();
  readonly #rooms = new Map<string, Omit<ModeratedRoom, "room">>();
  readonly #listeners = new Set<(change: ModerationChange) => void>();
  #settingsCount = 0;

  get revision(): number {
    return this.#revision;
  }

  /** Rooms in which something is set. */
  get settingsCount(): number {
    return this.#settingsCount;
  }

  /** The sanction that lasts longest. It takes as long as there are networks. Every request asks for it. */
  sanctionOf(kind: SanctionKind, room: string, { person, networks }: Who, now: number): Action | undefined {
    if (this.#sanctions.size === 0) return undefined;
    let found: Action | undefined;
    for (const place of [room, null]) {
      if (person !== null) found = longer(found, this.#sanctionAt(kind, place, person, now));
      for (const network of networks) found = longer(found, this.#sanctionAt(kind, place, network, now));
    }
    return found;
  }

  /** The newest raid in a room. */
  raidOf(room: string, now: number): Action | undefined {
    return this.#inPlace("raid", room, now).at(-1);
  }

  /** The announcements in a room, oldest first. */
  announcementsIn(room: string, now: number): readonly Action[] {
    return this.#inPlace("announce", room, now);
  }

  settingsOf(room: string): RoomSettings {
    return this.#rooms.get(room)?.settings ?? DEFAULT_SETTINGS;
  }

  *settings(): Generator<readonly [room: string, settings: RoomSettings]> {
    for (const [room, { settings }] of this.#rooms) if (settings !== null) yield [room, settings];
  }

  waiting(room: string): Waiting {
    return this.#rooms.get(room)?.waiting ?? NOTHING_WAITS;
  }

  totals(now: number): ModerationTotals {
    const waiting = [...this.#rooms.values()].map((room) => room.waiting);
    const live = [...this.#live.values()]
      .map(({ action }) => action)
      .filter((action) => !isOver(action, now));
    return {
      reports: waiting.reduce((sum, { reports }) => sum + reports, 0),
      held: waiting.reduce((sum, { held }) => sum + held, 0),
      most: {
        reports: waiting.reduce((most, { reports }) => Math.max(most, reports), 0),
        held: waiting.reduce((most, { held }) => Math.max(most, held), 0),
      },
      raids: new Set(live.filter(({ kind }) => kind === "raid").map(({ room }) => room)).size,
      sanctions: live.filter(({ kind }) => SANCTIONS.has(kind)).length,
    };
  }

  /** Mutes, kicks and bans, newest first. @param room null for those of all rooms */
  inForce(room: string | null, now: number): Action[] {
    return [...this.#live.values()]
      .filter(({ action }) => SANCTIONS.has(action.kind) && !isOver(action, now))
      .filter(({ action }) => room === null || action.room === null || action.room === room)
      .sort((a, b) => b.revision - a.revision)
      .map(({ action }) => action);
  }

  /** Whether as many actions last as allowed. @param room the only one to count in; undefined to count all */
  isFull(most: number, now: number, room?: string): boolean {
    if (this.#live.size < most) return false;
    let lasting = 0;
    for (const { action } of this.#live.values())
      if ((room === undefined || action.room === room) && !isOver(action, now)) lasting++;
    return lasting >= most;
  }

  /** How many announcements are in force in one place: a room, or all rooms (null). */
  announcementsAt(room: string | null, now: number): number {
    return this.#others.of(keyOf("announce", room)).filter(({ action }) => !isOver(action, now)).length;
  }

  /** The raids that were armed in one place: a room, or all rooms (null). */
  raidsAt(room: string | null): Action[] {
    return this.#others.of(keyOf("raid", room)).map(({ action }) => action);
  }

  /** Actions whose time is over although the store does not know it yet. */
  expired(now: number, most: number): Action[] {
    const expired: Action[] = [];
    for (const { action } of this.#live.values()) {
      if (expired.length === most) break;
      if (isOver(action, now)) expired.push(action);
    }
    return expired;
  }

  subscribe(listener: (change: ModerationChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes over what was read, and tells the listeners what is new. What was read at first is not new. */
  apply({ revision, since, isWhole, actions, rooms }: ModerationReading): void {
    const known = this.#revision;
    // It was read before something that is known already. A store that was set back is behind what was known when it was read.
    if (revision < known && revision >= since) return;
    const changedRooms = new Set(rooms.map(({ room }) => room));
    const before = new Map(this.#rooms);
    if (isWhole) {
      for (const room of this.#rooms.keys()) changedRooms.add(room);
      this.#forgetAll();
    }
    for (const stored of actions) this.#put(stored);
    for (const room of rooms) this.#putRoom(room, before.get(room.room));
    this.#revision = revision;
    if (known < 0) return;
    const news = actions
      .filter(({ made }) => made > known)
      .sort((a, b) => a.made - b.made)
      .map(({ action }) => action);
    if (news.length === 0 && changedRooms.size === 0) return;
    for (const listener of this.#listeners) listener({ actions: news, rooms: changedRooms });
  }

  #sanctionAt(kind: SanctionKind, room: string | null, whom: string, now: number): Action | undefined {
    let found: Action | undefined;
    for (const { action } of this.#sanctions.of(keyOf(kind, room, whom))) {
      if (!isOver(action, now)) found = longer(found, action);
    }
    return found;
  }

  #inPlace(kind: "raid" | "announce", room: string, now: number): readonly Action[] {
    if (this.#others.size === 0) return NOTHING;
    const places = [...this.#others.of(keyOf(kind, null)), ...this.#others.of(keyOf(kind, room))];
    return places
      .filter(({ action }) => !isOver(action, now))
      .sort((a, b) => a.revision - b.revision)
      .map(({ action }) => action);
  }

  #forgetAll(): void {
    this.#live.clear();
    this.#sanctions.clear();
    this.#others.clear();
    this.#rooms.clear();
    this.#settingsCount = 0;
  }

  #put({ action, made, isLive }: StoredAction): void {
    const before = this.#live.get(action.id);
    if (before !== undefined) {
      this.#live.delete(action.id);
      for (const [groups, key] of this.#placesOf(before.action)) groups.delete(key, before);
    }
    // Whether its time is over is found out by those who ask: clocks differ.
    if (!isLive) return;
    const live = { action, revision: made };
    this.#live.set(action.id, live);
    for (const [groups, key] of this.#placesOf(action)) groups.add(key, live);
  }

  #placesOf({ kind, room, person, networks }: Action): (readonly [groups: Groups<Live>, key: string])[] {
    if (!SANCTIONS.has(kind)) return [[this.#others, keyOf(kind, room)]];
    const whom = new Set(person === null ? networks : [person, ...networks]);
    return [...whom].map((each) => [this.#sanctions, keyOf(kind, room, each)] as const);
  }

  #putRoom(
    { room, settings, waiting }: ModeratedRoom,
    before: Omit<ModeratedRoom, "room"> | undefined,
  ): void {
    if (this.#rooms.get(room)?.settings) this.#settingsCount--;
    this.#rooms.delete(room);
    if (settings === null && waiting.reports === 0 && waiting.held === 0) return;
    // The same object for the same settings, so that callers can see at once whether they have changed.
    const isSame = before?.settings && Bun.deepEquals(before.settings, settings);
    this.#rooms.set(room, { settings: isSame ? before.settings : settings, waiting });
    if (settings !== null) this.#settingsCount++;
  }
}

/** No kind, room, person or network contains a line break. */
function keyOf(kind: ActionKind, room: string | null, whom = ""): string {
  return `${kind}\n${room ?? ""}\n${whom}`;
}

function longer(one: Action | undefined, other: Action | undefined): Action | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return endOf(other) > endOf(one) ? other : one;
}

function endOf({ until }: Action): number {
  return until ?? Number.POSITIVE_INFINITY;
}
