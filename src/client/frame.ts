import { PING_EVERY_S } from "../protocol/limits.ts";

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

/** A rate, as the welcome tells it. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
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

/** Somebody, at a time. */
interface Person {
  readonly name: string;
  readonly timestamp: string;
  readonly time: number | null;
}

/** What another client of the room did. */
export type RoomEvent =
  | { readonly type: "message"; readonly message: Message }
  | (Person & { readonly type: "register" })
  | (Person & { readonly type: "leave" })
  | {
      readonly type: "change";
      readonly oldname: string;
      readonly newname: string;
      readonly timestamp: string;
      readonly time: number | null;
    }
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

type Fields = Readonly<Record<string, unknown>>;

/** Reads what one WebSocket message says, in order. What is malformed or not known is left out. Never throws. */
export function parseFrames(data: unknown): Frame[] {
  const value = attempt(() => JSON.parse(textOf(data)));
  return (Array.isArray(value) ? value : [value]).flatMap(
    (each: unknown) => attempt(() => parseFrame(fieldsOf(each))) ?? [],
  );
}

function parseFrame(fields: Fields): Frame | undefined {
  const { type, status, timeout, ref } = fields;
  switch (type) {
    case "ping":
      return { kind: "ping", pingS: Number(timeout) || PING_EVERY_S };
    case "welcome":
      return parseWelcome(fields);
    case "receive": {
      const event = parseEvent(fields);
      return event && { kind: "event", event };
    }
    default:
      if (typeof status !== "boolean") return undefined;
      return { kind: "reply", ref: numberOf(ref), reply: parseReply(status, fields) };
  }
}

function parseWelcome({ room, session, limits, ping, retry }: Fields): Welcome {
  const { requests, sends } = fieldsOf(limits);
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
  const { perSecond, burst } = fieldsOf(value);
  return { perSecond: Number(perSecond), burst: Number(burst) };
}

function parseEvent(fields: Fields): RoomEvent | undefined {
  const { datatype: type, name, oldname, newname, timestamp, time } = fields;
  const at = { timestamp: String(timestamp), time: numberOf(time) };
  switch (type) {
    case "message":
      return { type, message: parseMessage(fields) };
    case "register":
    case "leave":
      return { type, name: textOf(name), ...at };
    case "change":
      return { type, oldname: textOf(oldname), newname: textOf(newname), ...at };
    case "typing":
      return { type, name: textOf(name) };
    default:
      return undefined;
  }
}

function parseReply(status: boolean, fields: Fields): Reply {
  const { reason = "Malformed", error, retry } = fields;
  return (
    (status ? attempt(() => parseSuccess(fields)) : undefined) ?? {
      kind: "refused",
      reason: String(reason),
      error: typeof error === "string" ? error : undefined,
      retryS: Number(retry) || 1,
    }
  );
}

function parseSuccess(fields: Fields): Reply {
  const { type, name, newname, data } = fields;
  switch (type) {
    case "name":
      return { kind: "named", name: textOf(newname ?? name) };
    case "send":
      return { kind: "sent", message: parseMessage(fields) };
    default:
      return parsePage(textOf(name), fieldsOf(data));
  }
}

function parsePage(name: string, { message, online, more, gap, reset }: Fields): Reply {
  const messages = listOf(message).map((each) => parseMessage(fieldsOf(each)));
  const missing = gap ? { gap: parseGap(fieldsOf(gap)) } : {};
  const page = { messages, more: more === true, reset: reset === true, ...missing };
  return { kind: "page", name, page, online: listOf(online).map(textOf) };
}

function parseGap({ from, to }: Fields): Gap {
  return { from: Number(from), to: Number(to) };
}

function parseMessage({ name, content, timestamp, id, time }: Fields): Message {
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

/** The fields of a JSON object. @throws for anything else */
export function fieldsOf(value: unknown): Fields {
  if (isFields(value)) return value;
  throw new TypeError();
}

/** Whether a value has fields to be read. */
export function isFields(value: unknown): value is Fields {
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
