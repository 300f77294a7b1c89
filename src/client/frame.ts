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
  /** Written by the server, in its own template and time zone; to be shown as it is. */
  readonly timestamp: string;
  /** Grows within the room; null from a server of version 2. */
  readonly id: number | null;
  /** Unix milliseconds; null from a server of version 2. */
  readonly time: number | null;
}

/**
 * A place in a room's history: right after the message with this id and time. An id alone does not name a message for ever:
 * once a backup was put back, another one may get it.
 */
export interface Position {
  /** 0 before all messages. */
  readonly id: number;
  /** Unix milliseconds; 0 when it is not known. */
  readonly time: number;
}

/** Messages that a room no longer keeps: the first and the last id that are missing. */
export interface Gap {
  readonly from: number;
  readonly to: number;
}

/** A part of a room's history, oldest first. */
export interface Page {
  readonly messages: readonly Message[];
  /** Whether there is more of it on the way that was asked for. */
  readonly more: boolean;
  /** Present when messages that were asked for are no longer kept. */
  readonly gap?: Gap;
  /**
   * True when the history does not have the message that was asked for by its position: another one, such as a backup,
   * was put in its place. The page is then the newest one, and all that is known of the history before is void.
   */
  readonly reset?: boolean;
}

/** The server's rates. */
export interface Rates {
  /** Of all requests, by what they cost. */
  readonly requests: Rate;
  readonly sends: Rate;
}

/** For no rate, or one that is not known. */
export const UNLIMITED: Rate = { perSecond: 1e9, burst: 1e9 };

/** The first frame of version 3, as far as it is of use here. */
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

/** A refused request. The reason is `Malformed` when a reply could not be read. */
export interface Refusal {
  readonly kind: "refused";
  readonly reason: string;
  /** One sentence for a person, if the server has one. */
  readonly error: string | undefined;
  readonly retryS: number;
}

/** The answer to a request. */
export type Reply =
  | Refusal
  | { readonly kind: "named"; readonly name: string }
  | { readonly kind: "page"; readonly name: string; readonly page: Page; readonly online: readonly string[] }
  | { readonly kind: "sent"; readonly message: Message };

/** What came from the server. */
export type Frame =
  | Welcome
  | { readonly kind: "ping"; readonly pingS: number }
  | { readonly kind: "event"; readonly event: RoomEvent }
  /** `ref` is null when the reply has none. */
  | { readonly kind: "reply"; readonly ref: number | null; readonly reply: Reply };

/** What is read of a frame: undefined for what is not known here. Throws for what is malformed. */
type Parser<F, T> = (fields: Unverified<F>) => T | undefined;

type OtherFrame = Exclude<ServerFrame, ReplyFrame>;

/** Reads what is not a reply. */
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

/** Reads the reply to a request that succeeded. */
const SUCCESSES: { readonly [K in RequestKind]: Parser<ReplyFrame, Reply> } = {
  name: ({ name, newname }) => ({ kind: "named", name: textOf(newname ?? name) }),
  send: (fields) => ({ kind: "sent", message: parseMessage(fields) }),
  get: parsePage,
  resume: parsePage,
  // It is only ever refused (TYPE-3).
  typing: () => undefined,
};

/** Reads what one WebSocket message says, in order. What is malformed or not known is left out. Never throws. */
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

/** What `read` gives, or undefined when it throws: something was not of the shape that it must have. */
export function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** The fields of a JSON object. @template F what it may be; @throws for anything else than an object */
export function fieldsOf<F = Record<string, unknown>>(value: unknown): Unverified<F>;
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  if (isFields(value)) return value;
  throw new TypeError();
}

/** Whether a value has fields to be read. */
export function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

/** The elements of a JSON array. @throws for anything else */
export function listOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  throw new TypeError();
}

/** A text as it is. @throws for anything else */
export function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  throw new TypeError();
}

/** A number, or null for anything else. */
export function numberOf(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}
