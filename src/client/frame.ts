import type { MessageKeys } from "../protocol/extension.ts";
import { PING_EVERY_S } from "../protocol/limits.ts";
import type { HistoryMessage, PageData } from "../protocol/page.ts";
import type { RequestKind } from "../protocol/request-kind.ts";
import { isKeyOf } from "../protocol/table.ts";
import type { Rate, Welcome as WelcomeFrame } from "../protocol/welcome.ts";
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
}

/**
 * A place in a room's history: right after the message with this id and time. An id alone is not enough: after a backup is
 * restored, another message may get the same id.
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
  /** Whether there are more messages in the requested direction. */
  readonly more: boolean;
  /** Present if the server no longer has some of the requested messages. */
  readonly gap?: Gap;
  /**
   * True if the history does not contain the message at the requested position, because it was replaced, for instance by a
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

/** What the client uses of the first frame of version 3. */
export interface Welcome {
  readonly kind: "welcome";
  readonly room: string;
  readonly session: string;
  readonly rates: Rates;
  readonly pingS: number;
  readonly retryS: number;
}

interface Moment {
  readonly timestamp: string;
  /** Unix milliseconds; null from a server of version 2. */
  readonly time: number | null;
}

interface Person extends Moment {
  readonly name: string;
}

/** What another client of the room did. */
export type RoomEvent =
  | { readonly type: "message"; readonly message: Message }
  | (Person & { readonly type: "register" })
  | (Person & { readonly type: "leave" })
  | (Moment & { readonly type: "change"; readonly oldname: string; readonly newname: string })
  | { readonly type: "typing"; readonly name: string };

/** A refused request. The reason is `Malformed` if the reply could not be read. */
export interface Refusal {
  readonly kind: "refused";
  readonly reason: string;
  /** A sentence for people, if the server gave one. */
  readonly error: string | undefined;
  readonly retryS: number;
}

/** The reply to a request. */
export type Reply =
  | Refusal
  | { readonly kind: "named"; readonly name: string }
  | { readonly kind: "page"; readonly name: string; readonly page: Page; readonly online: readonly string[] }
  | { readonly kind: "sent"; readonly message: Message };

/** A frame from the server. */
export type Frame =
  | Welcome
  | { readonly kind: "ping"; readonly pingS: number }
  | { readonly kind: "event"; readonly event: RoomEvent }
  /** `ref` is null when the reply has none. */
  | { readonly kind: "reply"; readonly ref: number | null; readonly reply: Reply };

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

/** How to read each event. */
const EVENTS: {
  readonly [T in EventFrame["datatype"]]: (
    fields: Unverified<Extract<EventFrame, { datatype: T }>>,
  ) => RoomEvent;
} = {
  message: (fields) => ({ type: "message", message: parseMessage(fields) }),
  register: (fields) => ({ type: "register", name: textOf(fields.name), ...momentOf(fields) }),
  leave: (fields) => ({ type: "leave", name: textOf(fields.name), ...momentOf(fields) }),
  change: (fields) => ({
    type: "change",
    oldname: textOf(fields.oldname),
    newname: textOf(fields.newname),
    ...momentOf(fields),
  }),
  typing: ({ name }) => ({ type: "typing", name: textOf(name) }),
};

/** How to read the reply to each kind of request, if that succeeded. */
const SUCCESSES: { readonly [K in RequestKind]: Parser<ReplyFrame, Reply> } = {
  name: ({ name, newname }) => ({ kind: "named", name: textOf(newname ?? name) }),
  send: (fields) => ({ kind: "sent", message: parseMessage(fields) }),
  get: parsePage,
  resume: parsePage,
  // Only refusals are answered (TYPE-3).
  typing: () => undefined,
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

function parseWelcome({ room, session, limits, ping, retry }: Unverified<WelcomeFrame>): Welcome {
  const { requests, sends } = fieldsOf<WelcomeFrame["limits"]>(limits);
  return {
    kind: "welcome",
    room: textOf(room),
    session: textOf(session),
    rates: { requests: parseRate(requests), sends: parseRate(sends) },
    pingS: Number(ping) || PING_EVERY_S,
    retryS: Number(retry) || 0,
  };
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
  const { type, status, reason = "Malformed", error, retry } = fields;
  const success = status && isKeyOf(SUCCESSES, type) ? attempt(() => SUCCESSES[type](fields)) : undefined;
  return (
    success ?? {
      kind: "refused",
      reason: String(reason),
      error: typeof error === "string" ? error : undefined,
      retryS: Number(retry) || 1,
    }
  );
}

function parsePage({ name, data }: Unverified<ReplyFrame>): Reply {
  const { message, online, more, gap, reset } = fieldsOf<PageData>(data);
  const messages = listOf(message).map((each) => parseMessage(fieldsOf(each)));
  const missing = gap ? { gap: parseGap(fieldsOf(gap)) } : {};
  const page = { messages, more: more === true, reset: reset === true, ...missing };
  return { kind: "page", name: textOf(name), page, online: listOf(online).map(textOf) };
}

function parseGap({ from, to }: Unverified<Gap>): Gap {
  return { from: Number(from), to: Number(to) };
}

function parseMessage({
  name,
  content,
  timestamp,
  id,
  time,
}: Unverified<HistoryMessage & MessageKeys>): Message {
  return {
    name: textOf(name),
    content: textOf(content),
    timestamp: textOf(timestamp),
    id: numberOf(id),
    time: numberOf(time),
  };
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
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  if (isFields(value)) return value;
  throw new TypeError();
}

/** Whether a value is an object with fields. */
export function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
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

/** The value, if it is a number; else null. */
export function numberOf(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}
