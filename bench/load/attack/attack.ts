/** An attack. All of its groups act at once, until its time is over. */
export interface Attack {
  readonly key: string;
  /** A short description. */
  readonly title: string;
  readonly groups: readonly Group[];
  /** Its duration, as a multiple of that of other attacks. */
  readonly length?: number;
  /** The history at its beginning; empty by default. */
  readonly history?: HistoryName;
  /** What innocent clients do besides talking, listening and joining. */
  readonly innocents?: readonly Activity[];
  /** It is directed at a process that drops everything, so the server is not disturbed. */
  readonly isElsewhere?: true;
  /** Only run if it is named: other attacks of its kind are worse. */
  readonly isRare?: true;
}

/** 100 messages of 4,000 `&`, or 16 MiB in messages of 16 KB, in the main room; or a million messages in {@link LONG_ROOM}. */
export type HistoryName = "ampersands" | "large" | "long-room";

/** A room without members. */
export const LONG_ROOM = "long";

/**
 * `gets`: a client asks for the whole history every second. `rooms`: a client enters 20 empty rooms. `roster`: a client
 * asks who is in the room.
 */
export type Activity = "gets" | "rooms" | "roster";

/** Connections of an attacker that behave alike. One that ends is replaced by another. */
export interface Group {
  /** The addresses from which it connects, in turn. */
  readonly from: readonly string[];
  /** How many are open at a time. */
  readonly connections: number;
  readonly dials: DialRate;
  /** What is sent first: an HTTP request, usually an upgrade to a WebSocket. Null: nothing. */
  readonly opening: ((dial: Dial) => Buffer) | null;
  /** What is sent as soon as the WebSocket is open, each one or more frames. */
  readonly greeting?: (dial: Dial) => readonly Buffer[];
  /** What is sent from then on. */
  readonly goOn?: (dial: Dial) => Stream;
  /** False: nothing is read after the greeting. */
  readonly reads?: false;
  /** How the attacker ends a connection, and how long after opening it; by default at the end of the attack. */
  readonly end?: { readonly how: End; readonly afterMs: number };
}

/** `first-byte` is a reset as soon as anything has arrived. */
export type End = "reset" | "close" | "first-byte";

export interface DialRate {
  readonly perSecond: number;
  readonly burst: number;
}

/** Frames in turn, at a rate on each connection, or as many as possible. */
export type Stream =
  | { readonly frames: readonly Buffer[]; readonly perSecond: number }
  | { readonly flood: Buffer };

/** What a connection knows about itself and the server. */
export interface Dial {
  /** Different for each connection that is made. */
  readonly number: number;
  /** Different for each connection that is open at one time. */
  readonly place: number;
  readonly port: number;
  /** In version 3, the session of the connection that had this place before; empty if there was none. */
  readonly session: string;
  /** The path of the page's largest file. */
  readonly asset: string;
}
