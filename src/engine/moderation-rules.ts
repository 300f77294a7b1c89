import { type Action, type ActionKind, isOver, KICK_MS } from "../room/action.ts";
import { DEFAULT_SETTINGS, type RoomSettings } from "../room/room-settings.ts";
import {
  type HeldMessage,
  ModerationError,
  type ModerationLimits,
  type NewAction,
  type NewHeld,
  type NewReport,
  type Report,
} from "./moderation.ts";
import type { StoredAction } from "./moderation-rows.ts";
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
  | { readonly kind: "hold"; readonly message: HeldMessage }
  | { readonly kind: "release"; readonly message: HeldMessage }
  /** Reports and held messages of one person in a room are dropped. */
  | { readonly kind: "forget"; readonly room: string; readonly person: string }
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
  const action = recorded(wanted);
  switch (action.kind) {
    case "settings":
      return decideSettings(view, limits, action);
    case "raid":
    case "calm": {
      // One raid in a place: a new one takes the place of the one before.
      const ended = view.raidsAt(action.room).map((raid) => endedBy(raid, action));
      if (action.kind === "raid" && ended.length === 0) checkLimit(view, limits, now);
      return { changes: [...ended, act(action)], result: action };
    }
    default:
      if (isLasting(action)) checkLimit(view, limits, now);
      return { changes: [act(action)], result: action };
  }
}

/**
 * Undoes an earlier action. The undo of `settings` is itself an action of the kind `settings`, with those that held before,
 * since that is what it does to the room. The undo of a `remove` marks it only: what was removed is gone.
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
  if (undone.kind !== "settings") {
    const action = recorded(wanted);
    return { changes: [endedBy(undone, action), act(action)], result: action };
  }
  const action = recorded({
    ...wanted,
    kind: "settings",
    room: undone.room,
    settings: before,
    of: undone.id,
  });
  const { changes, result } = decideSettings(view, limits, action);
  return { changes: [endedBy(undone, action), ...changes], result };
}

/** Notes what came of a removal. @param found null if the log does not have it any more */
export function decideFinish(found: StoredAction | null, count: number): ModerationDecision<undefined> {
  if (found === null) return { changes: [], result: undefined };
  return { changes: [{ kind: "end", action: { ...found.action, count } }], result: undefined };
}

function decideSettings(
  view: ModerationView,
  limits: ModerationLimits,
  action: Action,
): ModerationDecision<Action> {
  const { room, settings } = action;
  if (room === null || settings === null) throw new Error("Settings belong to a room.");
  const before = view.settingsOf(room);
  const after = Bun.deepEquals(settings, DEFAULT_SETTINGS) ? null : settings;
  if (after !== null && before === DEFAULT_SETTINGS && view.settingsCount >= limits.rooms) {
    throw new ModerationError(
      "too-many",
      `There are ${limits.rooms} rooms with settings already, as many as this chat allows.`,
    );
  }
  return { changes: [{ kind: "set", room, settings: after }, act(action, before)], result: action };
}

/** @throws ModerationError */
function checkLimit(view: ModerationView, limits: ModerationLimits, now: number): void {
  if (!view.isFull(limits.sanctions, now)) return;
  throw new ModerationError(
    "too-many",
    `There are ${limits.sanctions} mutes and bans in force already, as many as this chat allows.`,
  );
}

/** @param reports the open ones of the room */
export function decideReport(
  reports: readonly Report[],
  limits: ModerationLimits,
  wanted: NewReport,
): ModerationDecision<"reported" | "repeated" | "full"> {
  const own = reports.filter(({ by }) => by === wanted.by);
  const isRepeated = own.some(
    ({ of, person }) => of === wanted.of && (of !== null || person === wanted.person),
  );
  if (isRepeated) return { changes: [], result: "repeated" };
  if (reports.length >= limits.reports || own.length >= limits.reportsPerPerson)
    return { changes: [], result: "full" };
  return { changes: [{ kind: "report", report: { ...wanted, id: newId() } }], result: "reported" };
}

/** @param held the messages that wait in the room */
export function decideHold(
  held: readonly HeldMessage[],
  limits: ModerationLimits,
  wanted: NewHeld,
): ModerationDecision<"held" | "full"> {
  // Without a key somebody is another person on each connection.
  const [address] = wanted.networks;
  const own = held.filter(
    ({ by, networks }) => by === wanted.by || (address !== undefined && networks[0] === address),
  );
  // The reply to it was lost, and it was sent again.
  const isRepeat = own.some(
    ({ by, content, reply }) => by === wanted.by && content === wanted.content && reply === wanted.reply,
  );
  if (isRepeat) return { changes: [], result: "held" };
  if (held.length >= limits.held || own.length >= limits.heldPerPerson)
    return { changes: [], result: "full" };
  return { changes: [{ kind: "hold", message: { ...wanted, id: newId() } }], result: "held" };
}

/** @param message null if it is not held any more */
export function decideTake(
  message: HeldMessage | null,
  wanted: NewAction,
): ModerationDecision<HeldMessage | null> {
  if (message === null) return { changes: [], result: null };
  return { changes: [{ kind: "release", message }, act(recorded(wanted))], result: message };
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
function recorded(wanted: NewAction): Action {
  const { kind, at, until, networks } = wanted;
  return {
    ...wanted,
    id: newId(),
    until: kind === "kick" ? (until ?? at + KICK_MS) : until,
    networks: isLasting(wanted) ? networks : [],
    undone: null,
  };
}
