/**
 * The close codes this server sends (RFC 6455, section 7.4.1, and the IANA registry). 1002, 1007 and 1009
 * are sent by the WebSocket layer itself. A peer that is dead or does not read is cut without a close frame:
 * it could not read one.
 */
export const CLOSE = {
  /** A flood that went on after its requests were refused. Do not reconnect at once. */
  flood: { code: 1008, reason: "Too many requests" },
  /** The server stops or restarts. Reconnect after a moment. */
  restart: { code: 1012, reason: "The server restarts" },
  /** Too much work is waiting. Reconnect after a moment. */
  overload: { code: 1013, reason: "The server is overloaded" },
  /** The server has lost its store for so long that it cannot say what holds. Reconnect after a moment. */
  storeLost: { code: 1013, reason: "The server has lost its store" },
  /** Another connection has resumed this one's session. Do not reconnect: the two would take turns for ever. */
  resumed: { code: 4001, reason: "Resumed on another connection" },
} as const;

export type Close = (typeof CLOSE)[keyof typeof CLOSE];

/** The close code by which a client of version 3 gives a connection up without leaving: it will be back. */
export const COMING_BACK = 4000;

/** What browsers close with when a page is reloaded, and when it is closed. */
export const GOING_AWAY = 1001;
