import { type Action, type ActionKind, isOver, KICK_MS } from "../room/action.ts";
import {
  changedSettings,
  DEFAULT_SETTINGS,
  isKeptShorter,
  type RoomSettings,
  type SettingsPatch,
} from "../room/room-settings.ts";
import {
  type Held,
  type HeldMessage,
  ModerationError,
  type ModerationLimits,
  type NewAction,
  type NewHeld,
  type NewReport,
  type Report,
} from "./moderation.ts";
import { type StoredAction, type Waiter, waiterOf } from "./moderation-rows.ts";
import { isLasting, type ModerationView } from "./moderation-view.ts";
import type { Decision } from "./shared-store.ts";

/** A change of what is stored about moderation. */
export type ModerationStep =
  /** A new action. A decision has one at most. @see StoredAction.before */
  | { readonly kind: "act"; readonly action: Action; readonly before: RoomSettings | null }
  /** An earlier action is over. */
  | { readonly kind: "end"; readonly action: Action }
  /** @param settings null for the default ones */
  | { readonly kind: "set"; readonly room: string; readonly settings: RoomSettings | null }
  | { readonly kind: "report"; readonly report: Report }
  | { readonly kind: "close"; readonly report: Report }
  | { readonly kind: "hold"; readonly room: string; readonly messages: readonly HeldMessage[] }
  | { readonly kind: "release"; readonly room: string; readonly messages: readonly HeldMessage[] }
  /** What a person has reported, and its held messages, are dropped, and those from networks. @param room null for all rooms */
  | {
      readonly kind: "drop";
      readonly room: string | null;
      readonly person: string | null;
      readonly networks: readonly string[];
    }
  /** Reports and held messages from before a moment, in Unix milliseconds, are dropped in a room. */
  | { readonly kind: "expire"; readonly room: string; readonly before: number }
  /** The oldest actions that are over are dropped, this many, and rows of rooms that have said nothing for long. */
  | { readonly kind: "trim"; readonly actions: number };

export type ModerationDecision<T> = Decision<ModerationStep, T>;

/** Kinds that an `undo` can name. */
const UNDOABLE: ReadonlySet<ActionKind> = new Set([
  "mute",
  "kick",
  "ban",
  "raid",
  "announce",
  "remove",
  "settings",
]);

/** How many actions end at once: few enough that nobody waits long for the store. */
const ENDED_AT_ONCE = 200;

const ID_BYTES = 12;

/** The id of a new action, report or held message: 16 base64url characters, the first of which is no hyphen. */
export function newId(): string {
  for (;;) {
    const id = Buffer.from(crypto.getRandomValues(new Uint8Array(ID_BYTES))).toString("base64url");
    if (!id.startsWith("-")) return id;
  }
}

/**
 * Does something new, other than an undo.
 *
 * @param now Unix milliseconds
 * @throws ModerationError
 */
export function decideAction(
  view: ModerationView,
  limits: ModerationLimits,
  wanted: NewAction,
  now: number,
): ModerationDecision<Action> {
  if (wanted.kind === "settings") return decideSettings(view, limits, wanted, now);
  const action = recorded(wanted);
  switch (action.kind) {
    case "raid":
    case "calm": {
      // One raid in a place: a new one takes the place of the one before.
      const ended = view.raidsAt(action.room).map((raid) => endedBy(raid, action));
      if (action.kind === "raid" && ended.length === 0) checkLimit(view, limits, action, now);
      return { changes: [...ended, act(action)], result: action };
    }
    default:
      if (isLasting(action)) checkLimit(view, limits, action, now);
      return { changes: [act(action), ...dropsOf(action)], result: action };
  }
}

/**
 * Undoes an earlier action. The undo of `settings` is itself an action of the kind `settings`, since that is what it does to the
 * room: see {@link patchBack}. The undo of a `remove` marks it only: what was removed is gone.
 *
 * @param found the action that is to be undone, null if there is none
 * @param now Unix milliseconds
 * @throws ModerationError
 */
export function decideUndo(
  view: ModerationView,
  limits: ModerationLimits,
  wanted: NewAction,
  found: StoredAction | null,
  now: number,
): ModerationDecision<Action> {
  if (found === null || isOver(found.action, now) || !UNDOABLE.has(found.action.kind))
    throw new ModerationError("unknown", "There is nothing here that can be undone: it may be over already.");
  const { action: undone, before } = found;
  const { room, settings: after } = undone;
  if (room === null || after === null || before === null) {
    const action = recorded(wanted);
    return { changes: [endedBy(undone, action), act(action)], result: action };
  }
  const settings = patchBack(before, after, view.settingsOf(room));
  const back = { ...wanted, kind: "settings", room, of: undone.id, settings } as const;
  const { changes, result } = decideSettings(view, limits, back, now);
  return { changes: [endedBy(undone, result), ...changes], result };
}

/**
 * What was changed and nobody has changed since, as it was before. It never makes messages be kept for a shorter time: whoever
 * may undo settings may not set that.
 */
function patchBack(before: RoomSettings, after: RoomSettings, current: RoomSettings): SettingsPatch {
  const keys = Object.keys(before) as (keyof RoomSettings)[];
  const changed = keys.filter(
    (key) => !Bun.deepEquals(before[key], after[key]) && Bun.deepEquals(current[key], after[key]),
  );
  const undone = changed.filter(
    (key) => key !== "keepDays" || !isKeptShorter(before.keepDays, current.keepDays),
  );
  return Object.fromEntries(undone.map((key) => [key, before[key]]));
}

/** Notes what came of a removal. @param found null if the log does not have it any more */
export function decideFinish(found: StoredAction | null, count: number): ModerationDecision<undefined> {
  if (found === null) return { changes: [], result: undefined };
  return { changes: [{ kind: "end", action: { ...found.action, count } }], result: undefined };
}

function decideSettings(
  view: ModerationView,
  limits: ModerationLimits,
  wanted: NewAction,
  now: number,
): ModerationDecision<Action> {
  const { room, settings: patch } = wanted;
  if (room === null || patch === null) throw new Error("Settings belong to a room.");
  const before = view.settingsOf(room);
  const settings = changedSettings(before, patch, now);
  if (settings.entry === "password" && settings.passwordHash === null)
    throw new ModerationError("invalid", "Set a password for the room, too.");
  const after = Bun.deepEquals(settings, DEFAULT_SETTINGS) ? null : settings;
  if (after !== null && before === DEFAULT_SETTINGS && view.settingsCount >= limits.rooms) {
    throw new ModerationError(
      "too-many",
      `There are ${limits.rooms} rooms with settings already, as many as this chat allows.`,
    );
  }
  const action = recorded(wanted, settings);
  return { changes: [{ kind: "set", room, settings: after }, act(action, before)], result: action };
}

/** @throws ModerationError */
function checkLimit(
  view: ModerationView,
  { sanctions, sanctionsPerRoom, announcements }: ModerationLimits,
  { kind, room }: Action,
  now: number,
): void {
  const refuse = (sentence: string) => {
    throw new ModerationError("too-many", sentence);
  };
  if (kind === "announce" && view.announcementsAt(room, now) >= announcements)
    refuse(`There are ${announcements} announcements already: end one of them first.`);
  if (room !== null && view.isFull(sanctionsPerRoom, now, room))
    refuse(`There are ${sanctionsPerRoom} mutes and bans in force here already, as many as a room may have.`);
  if (view.isFull(sanctions, now))
    refuse(`There are ${sanctions} mutes and bans in force already, as many as this chat allows.`);
}

/** Nobody should have to look at what somebody has left who was banned. */
function dropsOf({ kind, room, person, networks }: Action): readonly ModerationStep[] {
  return kind === "ban" ? [{ kind: "drop", room, person, networks }] : [];
}

/** @param own the open ones in the room that are of the same person or address */
export function decideReport(
  view: ModerationView,
  limits: ModerationLimits,
  wanted: NewReport,
  own: readonly Report[],
): ModerationDecision<"reported" | "repeated" | "full"> {
  const isRepeated = own.some(
    ({ by, of, person }) => by === wanted.by && of === wanted.of && (of !== null || person === wanted.person),
  );
  if (isRepeated) return { changes: [], result: "repeated" };
  if (view.waiting(wanted.room).reports >= limits.reports || own.length >= limits.reportsPerPerson)
    return { changes: [], result: "full" };
  return { changes: [{ kind: "report", report: { ...wanted, id: newId() } }], result: "reported" };
}

/** @param ownOf gives those that wait in the room already and are of the same person or address */
export async function decideHold(
  view: ModerationView,
  limits: ModerationLimits,
  room: string,
  wanted: readonly NewHeld[],
  ownOf: (by: Waiter) => Promise<readonly HeldMessage[]>,
): Promise<ModerationDecision<readonly Held[]>> {
  const messages: HeldMessage[] = [];
  const result: Held[] = [];
  const { held } = view.waiting(room);
  for (const each of wanted) {
    const by = waiterOf(each);
    const own = [...(await ownOf(by)), ...messages.filter((other) => isBy(other, by))];
    // The reply to it was lost, and it was sent again.
    const isRepeat = own.some(
      (other) => other.by === each.by && other.content === each.content && other.reply === each.reply,
    );
    const isFull = held + messages.length >= limits.held || own.length >= limits.heldPerPerson;
    if (!isRepeat && !isFull) messages.push({ ...each, id: newId() });
    result.push(isFull && !isRepeat ? "full" : "held");
  }
  return { changes: messages.length === 0 ? [] : [{ kind: "hold", room, messages }], result };
}

function isBy(message: HeldMessage, { person, address }: Waiter): boolean {
  return message.by === person || (address !== null && message.networks[0] === address);
}

/** @param message null if it is not held any more */
export function decideTake(
  message: HeldMessage | null,
  wanted: NewAction,
): ModerationDecision<HeldMessage | null> {
  if (message === null) return { changes: [], result: null };
  const release = { kind: "release", room: message.room, messages: [message] } as const;
  return { changes: [release, act(recorded(wanted))], result: message };
}

/** @param messages those that wait in a room and are of one person or address */
export function decideRejection(
  room: string,
  messages: readonly HeldMessage[],
  wanted: NewAction,
): ModerationDecision<number | null> {
  const [first] = messages;
  if (first === undefined) return { changes: [], result: null };
  const about = { person: first.by, name: first.name, count: messages.length };
  const action = recorded({ ...wanted, ...about });
  return { changes: [{ kind: "release", room, messages }, act(action)], result: messages.length };
}

/** @param report null if it is not open any more */
export function decideDismissal(report: Report | null, wanted: NewAction): ModerationDecision<boolean> {
  if (report === null) return { changes: [], result: false };
  return { changes: [{ kind: "close", report }, act(recorded(wanted))], result: true };
}

/** Ends actions whose time is over. Results in whether there may be more of them. @param now Unix milliseconds */
export function decideEnds(view: ModerationView, now: number): ModerationDecision<boolean> {
  const expired = view.expired(now, ENDED_AT_ONCE);
  const changes = expired.map((action) => ({ kind: "end", action: { ...action, networks: [] } }) as const);
  return { changes, result: expired.length === ENDED_AT_ONCE };
}

function act(action: Action, before: RoomSettings | null = null): ModerationStep {
  return { kind: "act", action, before };
}

function endedBy(action: Action, by: Action): ModerationStep {
  return { kind: "end", action: { ...action, networks: [], undone: by.id } };
}

/** A new action as it is stored. Networks are kept only while it lasts. */
function recorded(wanted: NewAction, settings: RoomSettings | null = null): Action {
  const { kind, at, until, networks } = wanted;
  return {
    ...wanted,
    settings,
    id: newId(),
    until: kind === "kick" ? (until ?? at + KICK_MS) : until,
    networks: isLasting(wanted) ? networks : [],
    undone: null,
  };
}
