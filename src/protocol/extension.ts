/**
 * The keys that version 3 adds to frames of version 2. They are at the end of the frame, so that everything before them
 * is the text that clients of version 2 get.
 */
import { isTextOf } from "./characters.ts";
import { type HistoryFrame, withKeys } from "./encode.ts";
import { KEY_MAX, REF_MAX } from "./limits.ts";

/** What a client of version 3 gives a request, and recognizes its reply by. */
export type Ref = string | number;

/** In a request whose reply is to be marked, and in that reply. */
export interface RefKeys {
  ref: Ref;
}

/** In every event but `typing`. */
export interface TimeKeys {
  /** Unix milliseconds. */
  time: number;
}

/** In a reply or an event of something that is stored: its position in the history. */
export interface PositionKeys extends TimeKeys {
  id: number;
}

/** What is shown beside a nickname. */
export interface Mark {
  /** The public id of its person. */
  by: string;
  /** What its person may do in the room; missing for a visitor. */
  role?: "member" | "moderator" | "owner";
  /** It is reserved, and its person has it. */
  reserved?: true;
  /** Its person is a program. */
  bot?: true;
}

/** In an event about a nickname that has a mark. */
export interface MarkKeys {
  mark: Mark;
}

/** In a reply that gives a client its nickname. */
export interface AuthorKeys {
  /** The public id of the person at the client, which stands as `by` at what the person writes. */
  by: string;
}

/** In a reply or an event about a new message. */
export interface MessageKeys extends PositionKeys {
  /** The public id of the author; missing in histories from before there were any. */
  by?: string;
  /** The id of the message that it replies to. */
  reply?: number;
}

/** Who reacted to a message with an emoji: the public id, and the nickname at that moment. */
export interface Reactor {
  by: string;
  name: string;
}

/** The reactions to a message with one emoji. */
export interface Reaction {
  emoji: string;
  count: number;
  /** The first of them. */
  by: Reactor[];
}

/** In a page, of a message as it is now. */
export interface CurrentKeys extends MessageKeys {
  /** When it was edited last, in Unix milliseconds. */
  edited?: number;
  /** Its content is empty. */
  deleted?: true;
  reactions?: Reaction[];
}

/** The `ref` of a frame; undefined if it has none, or one that is ignored (REF-2). */
export function readRef(value: object): Ref | undefined {
  if (!("ref" in value)) return undefined;
  const { ref } = value;
  if (typeof ref === "number") return Number.isFinite(ref) ? ref : undefined;
  // An empty string is a string, too.
  return ref === "" || (typeof ref === "string" && isTextOf(ref, REF_MAX)) ? ref : undefined;
}

/** The `key` of a request, null if it has none; undefined if it is malformed. */
export function readKey(value: object): string | null | undefined {
  if (!("key" in value)) return null;
  const { key } = value;
  return typeof key === "string" && isTextOf(key, KEY_MAX) ? key : undefined;
}

/** Whether a value may be the id of something in a history. */
export function isEventId(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 1;
}

/** A reply with the `ref` of its request. */
export function withRef<T extends string | HistoryFrame>(frame: T, ref: Ref | undefined): T;
export function withRef(frame: string | HistoryFrame, ref: Ref | undefined): string | HistoryFrame {
  if (ref === undefined) return frame;
  return typeof frame === "string"
    ? withKeys<RefKeys>(frame, { ref })
    : { ...frame, tail: withKeys<RefKeys>(frame.tail, { ref }) };
}

/** A reply with the public id of its recipient. */
export function withAuthor<T extends string>(frame: T, by: string): T;
export function withAuthor(frame: string, by: string): string {
  return withKeys<AuthorKeys>(frame, { by });
}

/** An event with the mark of its nickname, null for none. */
export function withMark<T extends string>(frame: T, mark: Mark | null): T;
export function withMark(frame: string, mark: Mark | null): string {
  return mark === null ? frame : withKeys<MarkKeys>(frame, { mark });
}

/** An event with its time in Unix milliseconds. */
export function withTime<T extends string>(frame: T, time: number): T;
export function withTime(frame: string, time: number): string {
  return withKeys<TimeKeys>(frame, { time });
}
