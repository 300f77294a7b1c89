import { CLOSE, type Close, COMING_BACK, GOING_AWAY } from "../protocol/close.ts";

/** Why a connection ended. */
export type Cause =
  | "client"
  | "fault"
  | "lost"
  | "silent"
  | "stalled"
  | "flood"
  | "overload"
  | "restart"
  | "store-lost"
  | "resumed"
  | "banned"
  | "kicked";

/** Why the server ends one. */
export type EndCause = Exclude<Cause, "client" | "fault" | "lost">;

/** How a connection ended. */
export interface Ending {
  /** The nickname it had, null for none. */
  readonly name: string | null;
  readonly cause: Cause;
  /** The WebSocket close code, 1006 for none. */
  readonly code: number;
  /** Whether a client that has a session keeps its nickname for the grace. */
  readonly resumable: boolean;
}

/** @param code the WebSocket close code, 1006 for none */
export function isResumable(cause: Cause, code: number): boolean {
  const isBackSoon = cause === "client" && (code === GOING_AWAY || code === COMING_BACK);
  return isBackSoon || RESUMABLE[cause];
}

/** Whether the client is not the cause of the end, or may not know that the connection has ended. */
const RESUMABLE: Readonly<Record<Cause, boolean>> = {
  client: false,
  fault: false,
  lost: true,
  silent: true,
  stalled: true,
  flood: false,
  overload: true,
  restart: true,
  "store-lost": true,
  resumed: false,
  banned: false,
  kicked: false,
};

/** A peer that is silent or does not read is cut off: it would not read a close frame either. */
export const CLOSE_FOR: Readonly<Record<EndCause, Close | null>> = {
  silent: null,
  stalled: null,
  flood: CLOSE.flood,
  overload: CLOSE.overload,
  restart: CLOSE.restart,
  "store-lost": CLOSE.storeLost,
  resumed: CLOSE.resumed,
  banned: CLOSE.banned,
  kicked: CLOSE.kicked,
};
