import type { Action, ActionKind, SanctionKind } from "../room/action.ts";
import type { RoomSettings, SettingsPatch } from "../room/room-settings.ts";

/**
 * What moderators have done in the rooms of a chat, and what waits for them.
 *
 * Every engine promises:
 *
 * - Durability: what a promise resolves to is stored. If it rejects nothing has changed, as far as the store can tell.
 * - Order: once a promise has resolved, every operation that any server of the chat decides from then on in a room is decided
 *   with that change. For every new {@link Action} that concerns a room in memory the engine submits an `enact` operation to it,
 *   whoever has made the change, this server, another one or a command, so that it has a place in the room's order;
 *   a room enacts an action once, whichever server submits it first.
 * - What is answered without a promise is answered from memory. It includes everything that this process has changed, and
 *   what others change within about a second.
 *
 * All methods that change something throw {@link ModerationError}.
 */
export interface Moderation {
  /** The action of this kind that keeps somebody from something in a room now; undefined if there is none. */
  sanctionOf(kind: SanctionKind, room: string, who: Who, now: number): Action | undefined;

  /** Whether raid mode is on in a room: the action that has armed it. @param now Unix milliseconds */
  raidOf(room: string, now: number): Action | undefined;

  /** The announcements that are in force in a room, oldest first. @param now Unix milliseconds */
  announcementsIn(room: string, now: number): readonly Action[];

  /** The settings of a room; the default ones if nobody has set any. The same object is returned until they change. */
  settingsOf(room: string): RoomSettings;

  /** The rooms that somebody has set something in. */
  rooms(): Iterable<readonly [room: string, settings: RoomSettings]>;

  /** How much waits for the moderators of a room. */
  waiting(room: string): Waiting;

  /** How much waits in all rooms, and what is in force. @param now Unix milliseconds */
  totals(now: number): ModerationTotals;

  /** Does something. A `ban` also drops the reports and held messages of those whom it hits. An `undo` ends the action that it names. A `settings` changes what it names in its room. */
  act(action: NewAction): Promise<Action>;

  /**
   * Notes how many messages a removal has removed, now that it has ended. One without a `count` has not: it is under way, or its
   * server was killed.
   */
  finish(removal: string, count: number): Promise<void>;

  /**
   * Notes a report. `repeated` if the person has reported that already, `full` if the room, or the person, has as many open
   * reports as it may have.
   */
  report(report: NewReport): Promise<"reported" | "repeated" | "full">;

  /**
   * Holds messages of one room back, in order. What becomes of each: `full` if the room, or the person, has as many held messages
   * as it may have.
   */
  hold(room: string, messages: readonly NewHeld[]): Promise<readonly Held[]>;

  /** Takes a held message out, for good; resolves to null if somebody else was earlier. The action is stored with it. */
  take(held: string, action: NewAction): Promise<HeldMessage | null>;

  /**
   * Takes a held message out of a room, and all others of its author and address, for good. Resolves to how many these are, or to
   * null if somebody else was earlier. The action is stored with it, and has the author and the number.
   */
  rejectAll(room: string, held: string, action: NewAction): Promise<number | null>;

  /** Closes a report; resolves to false if somebody else was earlier. The action is stored with it. */
  dismiss(report: string, action: NewAction): Promise<boolean>;

  /** The log of a room and of all rooms, newest first. */
  actions(room: string | null, filter: ActionFilter): Promise<readonly Action[]>;

  /** The actions that are in force: mutes, kicks and bans, newest first. @param room null for all that there are */
  inForce(room: string | null, now: number): readonly Action[];

  /** An action by its id. */
  action(id: string): Promise<Action | null>;

  /** The open reports of a room, oldest first. */
  reports(room: string): Promise<readonly Report[]>;

  /** Actions of some kinds, and open reports, that were noted after a revision, over all rooms and oldest first. */
  notedAfter(filter: NotedFilter): Promise<Noted>;

  /** The messages that wait for approval in a room, oldest first. */
  held(room: string): Promise<readonly HeldMessage[]>;

  /** Forgets a person's reports and held messages in a room, because the person wants it. */
  forget(room: string, person: string): Promise<void>;

  /** Calls a listener after each change that this process has learned of. It must not throw. */
  subscribe(listener: (change: ModerationChange) => void): () => void;
}

/** Somebody at a connection: the person, if it is known, and keyed hashes of its networks, narrowest first. */
export interface Who {
  readonly person: string | null;
  readonly networks: readonly string[];
}

/** What has changed: actions that are new here, and the rooms whose settings, reports or held messages have changed. */
export interface ModerationChange {
  readonly actions: readonly Action[];
  readonly rooms: ReadonlySet<string>;
}

/** An action that is to be done. The store gives it an id, and settings as they are after it. */
export interface NewAction extends Omit<Action, "id" | "undone" | "settings"> {
  /** What is to be changed, for `settings`: what others change at the same time stays. */
  readonly settings: SettingsPatch | null;
}

export interface ActionFilter {
  /** Only what concerns this person; null for everybody. */
  readonly person: string | null;
  readonly kinds?: readonly ActionKind[];
  /** Only what came before this action; null for the newest. */
  readonly before: string | null;
  readonly limit: number;
}

export interface NotedFilter {
  readonly after: number;
  readonly kinds: readonly ActionKind[];
  readonly limit: number;
}

/** What was noted, and the newest revision that there is. */
export interface Noted {
  readonly revision: number;
  readonly entries: readonly NotedEntry[];
}

/** An action or a report, with the revision that has made it: no two have the same one. */
export type NotedEntry =
  | { readonly kind: "action"; readonly made: number; readonly action: Action }
  | { readonly kind: "report"; readonly made: number; readonly report: Report };

/** How much waits for moderators. */
export interface Waiting {
  readonly reports: number;
  readonly held: number;
}

/** Moderation in figures, over all rooms. */
export interface ModerationTotals extends Waiting {
  /** What waits in the room where most does. */
  readonly most: Waiting;
  /** Rooms in raid mode; all rooms together count as one. */
  readonly raids: number;
  /** Mutes, kicks and bans in force. */
  readonly sanctions: number;
}

/** A report of a message, or of a person. */
export interface Report {
  readonly id: string;
  readonly room: string;
  /** The id of the message, null if a person was reported. */
  readonly of: number | null;
  /** The public id of the one who is reported, null if it is not known. */
  readonly person: string | null;
  readonly name: string;
  /** In the words of the one who reports. */
  readonly reason: string;
  /** The public id of the one who reports. */
  readonly by: string;
  readonly byName: string;
  /** Keyed hashes of the networks of the one who reports. */
  readonly networks: readonly string[];
  /** Unix milliseconds. */
  readonly at: number;
}

export type NewReport = Omit<Report, "id">;

/** A message that waits for approval. */
export interface HeldMessage {
  readonly id: string;
  readonly room: string;
  readonly name: string;
  /** The public id of the author. */
  readonly by: string;
  readonly content: string;
  readonly reply: number | null;
  /** Keyed hashes of the author's networks. */
  readonly networks: readonly string[];
  /** Why it waits. */
  readonly why: "newcomer" | "word";
  /** Unix milliseconds. */
  readonly at: number;
}

export type NewHeld = Omit<HeldMessage, "id">;

/** What became of a message that was to be held. */
export type Held = "held" | "full";

/** The limits on what is known about moderation. */
export interface ModerationLimits {
  /** Mutes and bans in force, in all rooms. Each costs about 1 KB of memory. */
  readonly sanctions: number;
  /** Those of one room, and not of all rooms, so that its moderators leave some to the others. */
  readonly sanctionsPerRoom: number;
  /** Announcements in force in one room, and as many for all rooms. */
  readonly announcements: number;
  /** Rooms with settings. */
  readonly rooms: number;
  /** Entries of the log; the oldest that are over are dropped. */
  readonly actions: number;
  /** Open reports of a room, and of one person or address in it. */
  readonly reports: number;
  readonly reportsPerPerson: number;
  /** Held messages of a room, and of one person or address in it. */
  readonly held: number;
  readonly heldPerPerson: number;
  /** Reports and held messages that nobody has looked at are dropped after this time. */
  readonly waitingMs: number;
}

export const MODERATION_LIMITS: ModerationLimits = {
  sanctions: 10_000,
  sanctionsPerRoom: 2_000,
  announcements: 5,
  rooms: 10_000,
  actions: 50_000,
  reports: 500,
  reportsPerPerson: 10,
  held: 500,
  heldPerPerson: 5,
  waitingMs: 30 * 24 * 60 * 60 * 1000,
};

/**
 * Why nothing could be done: `too-many` of that kind; `unknown`: there is no such action, or it is over; `invalid`: settings do not
 * go together; or the store failed (`not-stored`), which is the cause.
 */
export type ModerationErrorCode = "too-many" | "unknown" | "invalid" | "not-stored";

/** Nothing was done. The message is one sentence for the one who asked. */
export class ModerationError extends Error {
  override readonly name = "ModerationError";
  readonly code: ModerationErrorCode;

  constructor(code: ModerationErrorCode, sentence: string, options?: ErrorOptions) {
    super(sentence, options);
    this.code = code;
  }
}
