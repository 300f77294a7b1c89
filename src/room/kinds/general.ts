/** Decisions and changes that do not belong to one kind of request. */
import type { Refusal } from "../../protocol/refusal.ts";
import type { RequestKind } from "../../protocol/request-kind.ts";
import type { Decided } from "./decided.ts";

/** A request that needs a nickname, from a connection that has none. */
export interface Unregistered extends Decided {
  readonly kind: "unregistered";
  readonly request: RequestKind;
}

/** A request that was refused before it reached the room. */
export interface Refused extends Decided {
  readonly kind: "refused";
  readonly refusal: Refusal;
}

/** The server ends the connection: all earlier requests have their replies. */
export interface Ended extends Decided {
  readonly kind: "ended";
}

/** An id of the history belongs to a change that this version does not know. */
export interface Skipped {
  readonly kind: "skipped";
  readonly id: number;
}
