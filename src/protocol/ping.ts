import { encode } from "./encode.ts";
import { PING_EVERY_S } from "./limits.ts";

export interface Ping {
  type: "ping";
  /** Seconds between two pings. */
  timeout: number;
}

/** The text of the ping that goes to every connection each {@link PING_EVERY_S} seconds. */
export const PING = encode<Ping>({ type: "ping", timeout: PING_EVERY_S });
