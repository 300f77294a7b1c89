import type {
  CurrentKeys,
  Mark as MarkKeysOf,
  PositionKeys,
  Reaction as ReactionKeys,
  Reactor,
} from "../protocol/extension.ts";
import type { RoleName } from "../protocol/kinds/identify.ts";
import type { ModerateEvent, SettingsKeys, ToldAction } from "../protocol/kinds/moderation-event.ts";
import { PING_EVERY_S } from "../protocol/limits.ts";
import type { HistoryMessage, PageData } from "../protocol/page.ts";
import type { MessageChangeKind } from "../protocol/refusal.ts";
import type { RequestKind } from "../protocol/request-kind.ts";
import { isKeyOf } from "../protocol/table.ts";
import type { Announcement, Keeps, Rate, Welcome as WelcomeFrame } from "../protocol/welcome.ts";
import type { EventFrame, ReplyFrame, ServerFrame, Unverified } from "../protocol/wire.ts";

/** A message of the room. */
export interface Message {
  /** The nickname that it was sent with. */
  readonly name: string;
  readonly content: string;
  /** Formatted by the server, in its template and time zone. Show it as it is. */
  readonly timestamp: string;
  /** Grows within the room; null from a server of version 2. */
  readonly id: number | null;
  /** Unix milliseconds; null from a server of version 2. */
  readonly time: number | null;
  /** The public id of its author. Missing in old histories, and from a server of version 2. */
  readonly by?: string | undefined;
  /** The id of the message that it replies to, which may be deleted or no longer kept. */
  readonly reply?: number | undefined;
  /** When it was edited last, in Unix milliseconds. */
  readonly edited?: number | undefined;
  /** It was deleted, and `content` is empty. */
  readonly deleted?: true | undefined;
  /** In the order of the first reaction with each emoji. */
  readonly reactions?: readonly Reaction[] | undefined;
}

/** The reactions to a message with one emoji. */
export interface Reaction {
  readonly emoji: string;
  readonly count: number;
  /** The first 20 of those who reacted: their public ids, and their nicknames at that moment. */
  readonly by: readonly Readonly<Reactor>[];
}

/**
 * A place in a room's history: right after the message or change with this id and time. An id alone is not enough: after a
 * backup is restored, another one may get the same id.
 */
export interface Position {
  /** 0 for the place before all messages. */
  readonly id: number;
  /** Unix milliseconds; 0 if unknown. */
  readonly time: number;
}

/** Messages that the server no longer has: the first and the last missing id. */
export interface Gap {
  readonly from: number;
  readonly to: number;
}

/** A part of a room's history, oldest first. */
export interface Page {
  readonly messages: readonly Message[];
  /** Whether there are more messages in the requested direction; with `after`, more messages or changes. */
  readonly more: boolean;
  /** Only with `after`: earlier messages that were changed after that place, as they are now. */
  readonly changed?: readonly Message[] | undefined;
  /** Only with `after`: where the next page begins. Missing if there was nothing after that place. */
  readonly cursor?: Position | undefined;
  /** Present if the server no longer has some of the requested messages. */
  readonly gap?: Gap;
  /**
   * True if the history does not contain what is at the requested position, because it was replaced, for instance by a
   * backup. The page is then the newest one, and everything known about the old history is void.
   */
  readonly reset?: boolean;
}

/** The server's rates. */
export interface Rates {
  /** For all requests, by their cost. */
  readonly requests: Rate;
  readonly sends: Rate;
}

/** Stands for a missing or unknown rate. */
export const UNLIMITED: Rate = { perSecond: 1e9, burst: 1e9 };

/** Whether the site that the chat belongs to has a login, and whether nobody can talk without it. */
export type Login = WelcomeFrame["login"];

/** The person at a chat, as the server knows it. */
export interface Identity {
  /** The public id of the person. */
  readonly by: string;
  /** What the person may do in this room. */
  readonly role: RoleName;
  /** The nicknames that the person has reserved. */
  readonly names: readonly string[];
  /** The nickname that the host's login gives, and the only one that the person can take; null if it gives none. */
  readonly name: string | null;
  /**
   * Since when the chat knows the person, signed by the server, which does not keep it itself: bring it along with the key, as
   * the option `since`. Undefined from an older server.
   */
  readonly since?: string | undefined;
}

/** What the server says about a room and about itself, on each connection. Older servers say nothing of it. */
export interface RoomTerms {
  readonly settings: Readonly<SettingsKeys>;
  /** What is announced now, the oldest first. */
  readonly announcements: readonly Announced[];
  /** Whether raid mode is on. */
  readonly raid: boolean;
  /** What the chat keeps, and for how long. */
  readonly keeps: Readonly<Keeps>;
}

export interface Announced {
  /** The id of the action. */
  readonly action: string;
  readonly text: string;
  /** Unix milliseconds; undefined for an announcement that stays. */
  readonly until: number | undefined;
}

/** What the client uses of the first frame of version 3. */
export interface Welcome {
  readonly kind: "welcome";
  readonly room: string;
  readonly session: string;
  readonly login: Login;
  readonly terms: RoomTerms;
  readonly rates: Rates;
  readonly pingS: number;
  readonly retryS: number;
}

/** What is known about the person who has a nickname. */
export interface Mark {
  /** The public id. */
  readonly by: string;
  /** What the person may do in the room. */
  readonly role: RoleName;
  /** Whether the person has reserved the nickname. */
  readonly reserved: boolean;
  /** Whether it is a program. */
  readonly bot: boolean;
}

interface Marked {
  /** Undefined for a visitor whose nickname is not reserved. */
  readonly mark?: Mark | undefined;
}

interface Moment {
  readonly timestamp: string;
  /** Unix milliseconds; null from a server of version 2. */
  readonly time: number | null;
}

interface Person extends Moment {
  readonly name: string;
}

interface Changed extends Position {
  /** The id of the message. */
  readonly of: number;
  /** The public id of the person who changed it. */
  readonly by: string;
}

/** What somebody did to a message after it was sent. Its `id` and `time` are its own place in the history. */
export type MessageChange =
  /** `restored`: the message was removed, and has its content again. */
  | (Changed & { readonly type: "edited"; readonly content: string; readonly restored?: true })
  | (Changed & { readonly type: "deleted" })
  | (Changed & {
      readonly type: "reacted";
      readonly emoji: string;
      /** Whether the person has this reaction now. */
      readonly on: boolean;
      /** How many people have it now. */
      readonly count: number;
      /** The person's nickname. */
      readonly name: string;
    });

/** What has a place in the history. */
export type Stored = ({ readonly type: "message"; readonly message: Message } & Marked) | MessageChange;

/** What another client of the room did. */
export type RoomEvent =
  | Stored
  | (Person & { readonly type: "register" } & Marked)
  | (Person & { readonly type: "leave" })
  | (Moment & { readonly type: "change"; readonly oldname: string; readonly newname: string } & Marked)
  | { readonly type: "typing"; readonly name: string }
  | Moderated
  | Waiting;

/** To moderators: how much waits for them now. */
export interface Waiting {
  readonly type: "waiting";
  /** Open reports. */
  readonly reports: number;
  /** Messages that are held back. */
  readonly held: number;
}

/** A moderator, or the server itself, has done something: from here on it is in force. */
export interface Moderated {
  readonly type: "moderated";
  readonly kind: ToldAction;
  /** The id of the action. */
  readonly action: string;
  /** For `undo`, the id of the action that is not in force any more. */
  readonly undoes: string | undefined;
  /** The nickname and the public id of the person whom it concerns. */
  readonly name: string | undefined;
  readonly person: string | undefined;
  /** In the words of the moderator; the text of an announcement. */
  readonly reason: string;
  /** When it ends by itself, in Unix milliseconds; undefined for never. */
  readonly until: number | undefined;
  readonly everywhere: boolean;
  /** The nickname of the moderator; undefined for the server itself. */
  readonly moderator: string | undefined;
  /** The room's settings, for `settings`. */
  readonly settings: SettingsKeys | undefined;
  readonly time: number;
}

/** A refused request. The reason is `Malformed` if the reply could not be read. */
export interface Refusal {
  readonly kind: "refused";
  readonly reason: string;
  /** A sentence for people, if the server gave one. */
  readonly error: string | undefined;
  readonly retryS: number;
  /** Until when it holds, in Unix milliseconds. */
  readonly until: number | undefined;
}

/** The keys of a reply whose caller reads it. */
export type Answer = Unverified<ReplyFrame>;

/** The reply to a request. */
export type Reply =
  | Refusal
  /** `by` is the public id of this client; it is missing if the server has none, or if it stays the same. */
  | { readonly kind: "named"; readonly name: string; readonly by: string | undefined }
  | {
      readonly kind: "page";
      readonly name: string;
      readonly by: string | undefined;
      readonly page: Page;
      readonly online: readonly string[];
      readonly marks: ReadonlyMap<string, Mark>;
    }
  /**
   * A message or change is stored. A change is as in the event, but without who made it. `event` is missing if nothing was
   * changed, or not now (EDIT-2, REACT-3).
   */
  | { readonly kind: "stored"; readonly event: Stored | undefined }
  | {
      readonly kind: "identified";
      /** The public id of the person. */
      readonly by: string;
      readonly role: RoleName;
      /** The nicknames that the person has reserved. */
      readonly names: readonly string[];
      /** The nickname that the host's login gives. */
      readonly name: string | undefined;
      /** Until when the token holds, in Unix milliseconds. */
      readonly expires: number | undefined;
      readonly since: string | undefined;
    }
  | { readonly kind: "reserved"; readonly names: readonly string[] }
  | { readonly kind: "claimed"; readonly role: RoleName }
  | { readonly kind: "answer"; readonly answer: Answer };

/** A frame from the server. */
export type Frame =
  | Welcome
  | { readonly kind: "ping"; readonly pingS: number }
  | { readonly kind: "event"; readonly event: RoomEvent }
  /** `ref` is null when the reply has none. */
  | { readonly kind: "reply"; readonly ref: number | null; readonly reply: Reply };

/** The fields of a JSON object. */
export type Fields = Readonly<Record<string, unknown>>;

/** Reads fields of a frame. Returns undefined for a frame to ignore, and throws for a malformed one. */
type Parser<F, T> = (fields: Unverified<F>) => T | undefined;

type OtherFrame = Exclude<ServerFrame, ReplyFrame>;

/** How to read each type of frame that is not a reply. */
const FRAMES: {
  readonly [T in OtherFrame["type"]]: Parser<Extract<OtherFrame, { type: T }>, Frame>;
} = {
  ping: ({ timeout }) => ({ kind: "ping", pingS: Number(timeout) || PING_EVERY_S }),
  welcome: parseWelcome,
  receive(fields) {
    const { datatype } = fields;
    return isKeyOf(EVENTS, datatype) ? { kind: "event", event: EVENTS[datatype](fields) } : undefined;
  },
};

/** How to read each change of a message. */
const CHANGES: {
  readonly [K in MessageChangeKind]: (
    fields: Unverified<Extract<EventFrame, { datatype: MessageChangeKind }>>,
  ) => MessageChange;
} = {
  edit: (fields) => ({
    type: "edited",
    content: textOf(fields.content),
    ...changeOf(fields),
    ...(fields.restored === true ? { restored: true } : {}),
  }),
  delete: (fields) => ({ type: "deleted", ...changeOf(fields) }),
  react: (fields) => ({
    type: "reacted",
    emoji: textOf(fields.emoji),
    on: fields.on === true,
    count: integerOf(fields.count),
    name: textOf(fields.name),
    ...changeOf(fields),
  }),
};

/** How to read each event. */
const EVENTS: {
  readonly [T in EventFrame["datatype"]]: (
    fields: Unverified<Extract<EventFrame, { datatype: T }>>,
  ) => RoomEvent;
} = {
  message: (fields) => ({
    type: "message",
    message: parseMessage(fields),
    mark: attempt(() => parseMark(fields.mark)),
  }),
  register: (fields) => ({
    type: "register",
    name: textOf(fields.name),
    mark: attempt(() => parseMark(fields.mark)),
    ...momentOf(fields),
  }),
  leave: (fields) => ({ type: "leave", name: textOf(fields.name), ...momentOf(fields) }),
  change: (fields) => ({
    type: "change",
    oldname: textOf(fields.oldname),
    newname: textOf(fields.newname),
    mark: attempt(() => parseMark(fields.mark)),
    ...momentOf(fields),
  }),
  typing: ({ name }) => ({ type: "typing", name: textOf(name) }),
  moderate: parseModerated,
  waiting: ({ reports, held }) => ({ type: "waiting", reports: integerOf(reports), held: integerOf(held) }),
  ...CHANGES,
};

/** Leaves a reply to its caller: the page loads what reads it when it is needed. */
const unread: Parser<ReplyFrame, Reply> = (answer) => ({ kind: "answer", answer });

/** How to read the reply to each kind of request, if that succeeded. */
const SUCCESSES: { readonly [K in RequestKind]: Parser<ReplyFrame, Reply> } = {
  name: ({ name, newname, by }) => ({ kind: "named", name: textOf(newname ?? name), by: optionalText(by) }),
  send: (fields) => ({ kind: "stored", event: { type: "message", message: parseMessage(fields) } }),
  get: parsePage,
  resume: parsePage,
  // Only refusals are answered (TYPE-3).
  typing: () => undefined,
  edit: changed(CHANGES.edit),
  delete: changed(CHANGES.delete),
  react: changed(CHANGES.react),
  identify: parseIdentity,
  reserve: ({ names }) => ({ kind: "reserved", names: listOf(names).map(textOf) }),
  claim: ({ role }) => ({ kind: "claimed", role: roleOf(role) }),
  moderate: unread,
  room: unread,
  report: unread,
  review: unread,
  enter: unread,
  mine: unread,
  commands: unread,
  tokens: unread,
  health: unread,
};

/** Reads the frames in one WebSocket message, in order. Leaves out malformed and unknown ones. Never throws. */
export function parseFrames(data: unknown): Frame[] {
  const value = attempt(() => JSON.parse(textOf(data)));
  return (Array.isArray(value) ? value : [value]).flatMap(
    (each: unknown) => attempt(() => parseFrame(fieldsOf<ServerFrame>(each))) ?? [],
  );
}

function parseFrame(fields: Unverified<ServerFrame>): Frame | undefined {
  const { type, status, ref } = fields;
  if (isKeyOf(FRAMES, type)) return FRAMES[type](fields);
  return typeof status === "boolean"
    ? { kind: "reply", ref: numberOf(ref), reply: parseReply(fields) }
    : undefined;
}

function parseWelcome(fields: Unverified<WelcomeFrame>): Welcome {
  const { room, session, limits, ping, retry, login } = fields;
  const { requests, sends } = fieldsOf<WelcomeFrame["limits"]>(limits);
  return {
    kind: "welcome",
    room: textOf(room),
    session: textOf(session),
    // Older servers have none.
    login: login === "optional" || login === "required" ? login : "none",
    terms: parseTerms(fields),
    rates: { requests: parseRate(requests), sends: parseRate(sends) },
    pingS: Number(ping) || PING_EVERY_S,
    retryS: Number(retry) || 0,
  };
}

function parseTerms({ settings, announcements, raid, keeps }: Unverified<WelcomeFrame>): RoomTerms {
  const { days, messages, logsAddresses } = isFields(keeps) ? keeps : {};
  return {
    settings: parseSettings(isFields(settings) ? settings : {}),
    announcements: attempt(() => wellFormed(announcements, parseAnnouncement)) ?? [],
    raid: raid === true,
    keeps: { days: numberOf(days), messages: numberOf(messages), logsAddresses: logsAddresses === true },
  };
}

function parseAnnouncement({ action, text, until }: Unverified<Announcement>): Announced {
  return { action: textOf(action), text: textOf(text), until: numberOf(until) ?? undefined };
}

function parseRate(value: unknown): Rate {
  if (!value) return UNLIMITED;
  const { perSecond, burst } = fieldsOf<Rate>(value);
  return { perSecond: Number(perSecond), burst: Number(burst) };
}

function momentOf({ timestamp, time }: Unverified<EventFrame>): Moment {
  return { timestamp: String(timestamp), time: numberOf(time) };
}

function parseReply(fields: Unverified<ReplyFrame>): Reply {
  const { type, status, reason = "Malformed", error, retry, until } = fields;
  const success = status && isKeyOf(SUCCESSES, type) ? attempt(() => SUCCESSES[type](fields)) : undefined;
  return (
    success ?? {
      kind: "refused",
      reason: String(reason),
      error: typeof error === "string" ? error : undefined,
      retryS: Number(retry) || 1,
      until: numberOf(until) ?? undefined,
    }
  );
}

function changeOf(fields: Unverified<Changed>): Changed {
  return { of: integerOf(fields.of), by: textOf(fields.by), ...parsePosition(fields) };
}

/** How to read the reply to a change: it has the keys of the event, except for who made it. */
function changed(parse: (typeof CHANGES)["edit"]): Parser<ReplyFrame, Reply> {
  return (fields) => ({ kind: "stored", event: attempt(() => parse({ by: "", name: "", ...fields })) });
}

function parseIdentity({ by, role, names, name, expires, since }: Unverified<ReplyFrame>): Reply {
  return {
    kind: "identified",
    by: textOf(by),
    role: roleOf(role),
    names: listOf(names).map(textOf),
    name: optionalText(name),
    expires: numberOf(expires) ?? undefined,
    since: optionalText(since),
  };
}

/** A role that is not known may do what everybody may. */
export function roleOf(value: unknown): RoleName {
  return value === "owner" || value === "moderator" || value === "member" ? value : "visitor";
}

function parseMark(value: unknown): Mark {
  const { by, role, reserved, bot } = fieldsOf<MarkKeysOf>(value);
  return { by: textOf(by), role: roleOf(role), reserved: reserved === true, bot: bot === true };
}

function parsePage({ name, by, data }: Unverified<ReplyFrame>): Reply {
  const { message, online, more, changed, cursor, gap, reset, marks = {} } = fieldsOf<PageData>(data);
  const page = {
    messages: listOf(message).map((each) => parseMessage(fieldsOf(each))),
    more: more === true,
    changed: attempt(() => wellFormed(changed, parseMessage)),
    cursor: attempt(() => parsePosition(cursor)),
    reset: reset === true,
    ...(gap ? { gap: parseGap(fieldsOf(gap)) } : {}),
  };
  return {
    kind: "page",
    name: textOf(name),
    by: optionalText(by),
    page,
    online: listOf(online).map(textOf),
    marks: new Map(Object.entries(fieldsOf<object>(marks)).map(([name, mark]) => [name, parseMark(mark)])),
  };
}

/** Reads a position. @throws for anything else */
export function parsePosition(value: unknown): Position {
  const { id, time } = fieldsOf<PositionKeys>(value);
  return { id: integerOf(id), time: integerOf(time) };
}

function parseModerated(fields: Unverified<ModerateEvent>): Moderated {
  const { settings } = fields;
  return {
    type: "moderated",
    // A later version may have more of them: programs ignore what they do not know.
    kind: textOf(fields.kind) as ToldAction,
    action: textOf(fields.action),
    undoes: optionalText(fields.undoes),
    name: optionalText(fields.name),
    person: optionalText(fields.person),
    reason: optionalText(fields.reason) ?? "",
    until: numberOf(fields.until) ?? undefined,
    everywhere: fields.everywhere === true,
    moderator: optionalText(fields.moderator),
    settings: isFields(settings) ? parseSettings(settings) : undefined,
    time: integerOf(fields.time),
  };
}

/** Reads the settings of a room. What is missing or malformed is as if nobody had set it. */
export function parseSettings(fields: Unverified<SettingsKeys>): SettingsKeys {
  return {
    title: optionalText(fields.title) ?? "",
    topic: optionalText(fields.topic) ?? "",
    rules: optionalText(fields.rules) ?? "",
    listed: fields.listed === true,
    entry: fields.entry === "password" || fields.entry === "members" ? fields.entry : "everyone",
    password: fields.password === true,
    writers:
      fields.writers === "known" || fields.writers === "members" || fields.writers === "moderators"
        ? fields.writers
        : "everyone",
    knownMinutes: numberOf(fields.knownMinutes) ?? 0,
    slowSeconds: numberOf(fields.slowSeconds) ?? 0,
    links: fields.links === "known" || fields.links === "nobody" ? fields.links : "everyone",
    heldMessages: numberOf(fields.heldMessages) ?? 0,
    keepDays: numberOf(fields.keepDays),
  };
}

function parseGap({ from, to }: Unverified<Gap>): Gap {
  return { from: Number(from), to: Number(to) };
}

function parseMessage(fields: Unverified<HistoryMessage & CurrentKeys>): Message {
  return {
    name: textOf(fields.name),
    content: textOf(fields.content),
    timestamp: textOf(fields.timestamp),
    id: numberOf(fields.id),
    time: numberOf(fields.time),
    by: optionalText(fields.by),
    reply: numberOf(fields.reply) ?? undefined,
    edited: numberOf(fields.edited) ?? undefined,
    deleted: fields.deleted === true || undefined,
    reactions: attempt(() => wellFormed(fields.reactions, parseReaction)),
  };
}

function parseReaction({ emoji, count, by }: Unverified<ReactionKeys>): Reaction {
  return { emoji: textOf(emoji), count: integerOf(count), by: wellFormed(by, parseReactor) };
}

function parseReactor({ by, name }: Unverified<Reactor>): Reactor {
  return { by: textOf(by), name: textOf(name) };
}

/** The elements of a JSON array, without the malformed ones. @throws for anything but an array */
export function wellFormed<T>(value: unknown, parse: (fields: Fields) => T): T[] {
  return listOf(value).flatMap((each) => attempt(() => parse(fieldsOf(each))) ?? []);
}

/** The result of `read`, or undefined if it throws because something does not have the right shape. */
export function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** The fields of a JSON object. @template F what the object may be. @throws for anything but an object */
export function fieldsOf<F = Record<string, unknown>>(value: unknown): Unverified<F>;
export function fieldsOf(value: unknown): Fields {
  if (isFields(value)) return value;
  throw new TypeError();
}

/** Whether a value is an object with fields. */
export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null;
}

/** The elements of a JSON array. @throws for anything but an array */
export function listOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  throw new TypeError();
}

/** The value, if it is a string. @throws for anything else */
export function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  throw new TypeError();
}

/** The value, if it is a string; else undefined. */
export function optionalText(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** The value, if it is an integer. @throws for anything else */
export function integerOf(value: unknown): number {
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  throw new TypeError();
}

/** The value, if it is a number; else null. */
export function numberOf(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}
