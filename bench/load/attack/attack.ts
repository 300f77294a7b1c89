/** What an attack is. All groups of one attack act at once, until its time is over. */
export interface Attack {
  readonly key: string;
  /** What is done, in some words. */
  readonly title: string;
  readonly groups: readonly Group[];
  /** How long it takes, as a multiple of the others'. */
  readonly length?: number;
  /** What there is to be read when it begins; nothing if not given. */
  readonly history?: HistoryName;
  /** What innocents do beside talking, listening and coming. */
  readonly innocents?: readonly Errand[];
  /** It goes to a process that drops all that comes, while nobody disturbs the server. */
  readonly isElsewhere?: true;
  /** Not done unless it is asked for: others like it are worse. */
  readonly isRare?: true;
}

/** 100 messages of 4,000 `&` or 16 MiB in messages of 16 KB in the main room, or a million messages in {@link LONG_ROOM}. */
export type HistoryName = "ampersands" | "large" | "long-room";

/** A room that nobody is in. */
export const LONG_ROOM = "long";

/**
 * `gets`: one asks for the whole history each second. `rooms`: one enters 20 rooms that nobody is in. `roster`: one looks
 * who is in the room.
 */
export type Errand = "gets" | "rooms" | "roster";

/** Connections of an attacker that do alike. One that ends is followed by another. */
export interface Group {
  /** The addresses that connections are made from, in turn. */
  readonly from: readonly string[];
  /** Open at one time. */
  readonly connections: number;
  readonly dials: DialRate;
  /** What is said first: a request of HTTP, as a rule one for a WebSocket. Null: nothing. */
  readonly opening: ((dial: Dial) => Buffer) | null;
  /** What is sent as soon as the WebSocket is open, each a frame or some. */
  readonly greeting?: (dial: Dial) => readonly Buffer[];
  /** What is sent from then on. */
  readonly goOn?: (dial: Dial) => Stream;
  /** False: after the greeting nothing is read any more. */
  readonly reads?: false;
  /** How it ends from here, and how long after it was opened; if not given, not before the attack does. */
  readonly end?: { readonly how: End; readonly afterMs: number };
}

/** `first-byte` is a reset as soon as anything has come. */
export type End = "reset" | "close" | "first-byte";

export interface DialRate {
  readonly perSecond: number;
  readonly burst: number;
}

/** Frames in turn, so many a second on each connection, or as many as go. */
export type Stream =
  | { readonly frames: readonly Buffer[]; readonly perSecond: number }
  | { readonly flood: Buffer };

/** What a connection can know of itself and of the server. */
export interface Dial {
  /** Different for each that is made. */
  readonly number: number;
  /** Different for each that is open at one time. */
  readonly place: number;
  readonly port: number;
  /** The session of the connection that had this place before, of version 3; empty if there was none. */
  readonly session: string;
  /** The path of the largest file of the page. */
  readonly asset: string;
}
