import type { Ref } from "../../protocol/extension.ts";
import type { ConnectionId } from "../connection-id.ts";

/** What every decision has: the connection whose operation it answers, and the `ref` of its request. */
export interface Decided {
  readonly connection: ConnectionId;
  readonly ref?: Ref | undefined;
}
