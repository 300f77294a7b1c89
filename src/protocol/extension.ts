/**
 * The keys that version 3 adds to frames of version 2. They are at the end of the frame, so that everything before them
 * is the text that clients of version 2 get.
 */
import { isTextOf } from "./characters.ts";
import { type HistoryFrame, withKeys } from "./encode.ts";
import { REF_MAX } from "./limits.ts";

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

/** In a reply, an event or a page, of a message. */
export interface MessageKeys extends TimeKeys {
  id: number;
}

/** The `ref` of a frame; undefined if it has none, or one that is ignored (REF-2). */
export function readRef(value: object): Ref | undefined {
  if (!("ref" in value)) return undefined;
  const { ref } = value;
  if (typeof ref === "number") return Number.isFinite(ref) ? ref : undefined;
  // An empty string is a string, too.
  return ref === "" || (typeof ref === "string" && isTextOf(ref, REF_MAX)) ? ref : undefined;
}

/** A reply with the `ref` of its request. */
export function withRef<T extends string | HistoryFrame>(frame: T, ref: Ref | undefined): T;
export function withRef(frame: string | HistoryFrame, ref: Ref | undefined): string | HistoryFrame {
  if (ref === undefined) return frame;
  return typeof frame === "string"
    ? withKeys<RefKeys>(frame, { ref })
    : { ...frame, tail: withKeys<RefKeys>(frame.tail, { ref }) };
}

/** An event with its time in Unix milliseconds. */
export function withTime<T extends string>(frame: T, time: number): T;
export function withTime(frame: string, time: number): string {
  return withKeys<TimeKeys>(frame, { time });
}
