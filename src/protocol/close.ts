/** The close code for a connection whose session another one has resumed. */
export const TAKEN_OVER = 4001;

/**
 * The close codes that this server sends (RFC 6455, section 7.4.1, and the IANA registry). The WebSocket layer itself
 * sends 1002, 1007 and 1009. A peer that is dead or does not read gets no close frame: it could not read one.
 */
export const CLOSE = {
  /** The client kept flooding after its requests were refused. */
  flood: { code: 1008, reason: "Too many requests" },
  /** The server stops or restarts. */
  restart: { code: 1012, reason: "The server restarts" },
  /** Too much work is waiting. */
  overload: { code: 1013, reason: "The server is overloaded" },
  /** The server has lost its store for so long that it does not know what is true. */
  storeLost: { code: 1013, reason: "The server has lost its store" },
  /** Another connection has resumed this one's session. If the client came back, the two would take turns forever. */
  resumed: { code: TAKEN_OVER, reason: "Resumed on another connection" },
  /** A moderator has banned the person, or the address. */
  banned: { code: 4403, reason: "Banned" },
  /** A moderator has put the person out for a moment. The person, and not the client, may come back. */
  kicked: { code: 4404, reason: "Kicked" },
} as const;

export type Close = (typeof CLOSE)[keyof typeof CLOSE];

/** The close code with which a client leaves for good. */
export const LEAVING = 1000;

/** What browsers close with when a page is reloaded, and when it is closed. */
export const GOING_AWAY = 1001;

/** What a WebSocket reports when its connection ended without a close frame. It is never sent. */
export const NO_CLOSE_FRAME = 1006;

/** The close code by which a client of version 3 gives a connection up without leaving: it will be back. */
export const COMING_BACK = 4000;

/** When a client connects again by itself. */
export type Meaning =
  /** After a short random delay. */
  | "soon"
  /** After a longer random delay. */
  | "later"
  /** The next connection would end in the same way. */
  | "never";

/** Faults of the client, and HTTP statuses: wrong host or origin, and no such room. */
const NEVER: readonly number[] = [403, 404, 1002, 1003, 1007, 1009];
const LATER: readonly number[] = [429, 503, 1008, 1013];

/**
 * What the end of a connection, or of an attempt to connect, means to a client. The ranges never change (CLOSE-10), so
 * that clients of today obey codes that later servers send. Splitting 4000 to 4999 by what a client should do is the
 * idea of Centrifuge (github.com/centrifugal/centrifuge, disconnect.go).
 *
 * @param code a WebSocket close code; below 1000 the HTTP status that an attempt was answered with, 0 for none
 */
export function meaningOf(code: number): Meaning {
  if (NEVER.includes(code) || (code > COMING_BACK && code < 4500)) return "never";
  return LATER.includes(code) || (code >= 4500 && code < 4700) ? "later" : "soon";
}
