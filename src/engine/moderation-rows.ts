import type { Action, ActionKind } from "../room/action.ts";
import { DEFAULT_SETTINGS, type RoomSettings } from "../room/room-settings.ts";
import type { ActionFilter, HeldMessage, Noted, NotedEntry, NotedFilter, Report } from "./moderation.ts";
import { UnreadableRow } from "./shared-store.ts";

/** An action with what its store knows about it. */
export interface StoredAction {
  readonly action: Action;
  /** The revision that made it, by which actions are in order: a change makes one action at most. */
  readonly made: number;
  /** Whether it is in force as far as the store knows: its time may be over. */
  readonly isLive: boolean;
  /** The settings that held before it, for `settings`. */
  readonly before: RoomSettings | null;
}

/** What can be asked of a store, besides what a view has in memory. All of it rejects if the store fails. */
export interface ModerationRows {
  action(id: string): Promise<StoredAction | null>;
  /** Newest first. @param room null for everything that there is */
  actions(room: string | null, filter: ActionFilter): Promise<readonly Action[]>;
  /** Oldest first. */
  reports(room: string): Promise<readonly Report[]>;
  report(id: string): Promise<Report | null>;
  notedAfter(filter: NotedFilter): Promise<Noted>;
  /** Those that somebody has made. */
  reportsBy(room: string, by: Waiter): Promise<readonly Report[]>;
  /** Oldest first. */
  held(room: string): Promise<readonly HeldMessage[]>;
  heldMessage(id: string): Promise<HeldMessage | null>;
  /** Those of somebody, oldest first. */
  heldBy(room: string, by: Waiter): Promise<readonly HeldMessage[]>;
  /** The rooms in which something has waited since before a moment, in Unix milliseconds. */
  roomsWaiting(before: number): Promise<readonly string[]>;
  counts(): Promise<RowCounts>;
}

/** Somebody of whom something waits: without a key somebody is another person on each connection, at the same address. */
export interface Waiter {
  readonly person: string;
  /** The keyed hash of it, null if it is not known. */
  readonly address: string | null;
}

/** The one who has reported something, or whose message is held. */
export function waiterOf({ by, networks }: Pick<HeldMessage, "by" | "networks">): Waiter {
  return { person: by, address: networks[0] ?? null };
}

/** How many rows there are. */
export interface RowCounts {
  readonly actions: number;
  /** Those of them that are over, or never last. */
  readonly over: number;
  /** Rooms about which nothing is to be said any more, since many revisions. */
  readonly rooms: number;
}

/**
 * Actions and reports as one list, oldest first.
 *
 * @param limit of each of them, the oldest were read
 */
export function notedTogether(
  actions: readonly { readonly made: number; readonly action: Action }[],
  reports: readonly { readonly made: number; readonly report: Report }[],
  limit: number,
): readonly NotedEntry[] {
  const entries: NotedEntry[] = [
    ...actions.map((each) => ({ kind: "action", ...each }) as const),
    ...reports.map((each) => ({ kind: "report", ...each }) as const),
  ];
  return entries.sort((a, b) => a.made - b.made).slice(0, limit);
}

/** How many revisions others can be behind without having to read everything. */
export const KEPT_REVISIONS = 1_000;

type Check = (value: unknown) => boolean;
/** How each field of a row of JSON is checked. */
type Shape<T> = { readonly [K in keyof T]-?: Check };

const isText: Check = (value) => typeof value === "string";
const isNumber: Check = (value) => typeof value === "number";
const isBoolean: Check = (value) => typeof value === "boolean";
const isList: Check = (value) => Array.isArray(value) && value.every(isText);
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);

/** The type keeps the table complete. */
const KINDS: { readonly [K in ActionKind]: true } = {
  mute: true,
  kick: true,
  ban: true,
  remove: true,
  undo: true,
  settings: true,
  raid: true,
  calm: true,
  announce: true,
  approve: true,
  reject: true,
  dismiss: true,
  token: true,
  revoke: true,
};

const KEPT_BEFORE: Shape<NonNullable<RoomSettings["keptBefore"]>> = {
  days: orNull(isNumber),
  until: isNumber,
};

const SETTINGS: Shape<RoomSettings> = {
  title: isText,
  topic: isText,
  rules: isText,
  isListed: isBoolean,
  entry: isText,
  passwordHash: orNull(isText),
  writers: isText,
  knownMinutes: isNumber,
  slowSeconds: isNumber,
  links: isText,
  words: isList,
  wordRule: isText,
  heldMessages: isNumber,
  keepDays: orNull(isNumber),
  keptBefore: orNull((value) => hasShape(value, KEPT_BEFORE)),
};

const ACTION: Shape<Action> = {
  id: isText,
  kind: (value) => typeof value === "string" && Object.hasOwn(KINDS, value),
  room: orNull(isText),
  person: orNull(isText),
  name: orNull(isText),
  networks: isList,
  reason: isText,
  by: orNull(isText),
  byName: isText,
  at: isNumber,
  until: orNull(isNumber),
  of: orNull(isText),
  count: orNull(isNumber),
  settings: orNull((value) => hasShape(value, SETTINGS)),
  undone: orNull(isText),
};

const REPORT: Shape<Report> = {
  id: isText,
  room: isText,
  of: orNull(isNumber),
  person: orNull(isText),
  name: isText,
  reason: isText,
  by: isText,
  byName: isText,
  networks: isList,
  at: isNumber,
};

const HELD: Shape<HeldMessage> = {
  id: isText,
  room: isText,
  name: isText,
  by: isText,
  content: isText,
  reply: orNull(isNumber),
  networks: isList,
  why: isText,
  at: isNumber,
};

/*
 * Rows are JSON, which keeps every text as it is: a database cannot hold a NUL or half a surrogate pair. What is read from a row
 * is checked, so that a damaged store is found when it is read and not when it is used.
 */

/** @throws UnreadableRow */
export function actionOf(json: unknown): Action {
  return read(json, ACTION, "An action is damaged.");
}

/** What has been added to the settings since they were stored is as by default. @throws UnreadableRow */
export function settingsOf(json: unknown): RoomSettings {
  return read(json, SETTINGS, "The settings of a room are damaged.", DEFAULT_SETTINGS);
}

/** @throws UnreadableRow */
export function reportOf(json: unknown): Report {
  return read(json, REPORT, "A report is damaged.");
}

/** @throws UnreadableRow */
export function heldOf(json: unknown): HeldMessage {
  return read(json, HELD, "A held message is damaged.");
}

function read<T>(json: unknown, shape: Shape<T>, sentence: string, defaults: Partial<T> = {}): T {
  try {
    const value: unknown = JSON.parse(String(json));
    const whole = typeof value === "object" && value !== null ? { ...defaults, ...value } : null;
    if (hasShape(whole, shape)) return whole as T;
  } catch {
    // No JSON at all.
  }
  throw new UnreadableRow(sentence);
}

function hasShape<T>(value: unknown, shape: Shape<T>): boolean {
  if (typeof value !== "object" || value === null) return false;
  const fields = value as Readonly<Record<string, unknown>>;
  return Object.entries<Check>(shape).every(([name, check]) => check(fields[name]));
}
