/** What comes of `identify`, `reserve` and `claim`. They concern the person at a connection, and no room. */
import type { ClaimRefusalReason } from "../../protocol/kinds/claim.ts";
import type { IdentifyRefusalReason } from "../../protocol/kinds/identify.ts";
import type { ReserveRefusalReason } from "../../protocol/kinds/reserve.ts";
import type { ModerationReply } from "../../protocol/wire.ts";
import type { Role } from "../roles.ts";
import type { Decided } from "./decided.ts";

/** The connection has said who is at it. */
export interface Identified extends Decided {
  readonly kind: "identified";
  /** The public id of the person. */
  readonly by: string;
  readonly role: Role;
  /** The nicknames that the person has reserved. */
  readonly names: readonly string[];
  /** The nickname that the host's login gives. */
  readonly name?: string | undefined;
  /** Unix milliseconds. */
  readonly expires?: number | undefined;
  /** Since when the chat knows the person, signed. */
  readonly since: string;
}

/** `error` is a sentence for a person, as in the other refusals. */
export interface IdentifyRefused extends Decided {
  readonly kind: "identify-refused";
  readonly reason: IdentifyRefusalReason;
  readonly error: string;
}

/** A nickname is reserved for the person, or not any more. */
export interface Reserved extends Decided {
  readonly kind: "reserved";
  readonly name: string;
  readonly on: boolean;
  readonly names: readonly string[];
}

export interface ReserveRefused extends Decided {
  readonly kind: "reserve-refused";
  readonly name: string;
  readonly reason: ReserveRefusalReason;
  readonly error: string;
}

/** The person is an owner now. */
export interface Claimed extends Decided {
  readonly kind: "claimed";
  readonly role: Role;
}

export interface ClaimRefused extends Decided {
  readonly kind: "claim-refused";
  readonly reason: ClaimRefusalReason;
  readonly error: string;
}

/** A nickname was refused to a client of version 2 because nobody talks without the host's login. */
interface NameNotGiven extends Decided {
  readonly kind: "name-failed";
  readonly oldName: string | null;
  readonly name: unknown;
  readonly error: string;
}

/** The reply to a request of moderation. */
export interface Answered extends Decided {
  readonly kind: "answered";
  readonly reply: ModerationReply;
}

/** What came of a request that does not concern the room. */
export type PersonAnswer =
  | Answered
  | Identified
  | IdentifyRefused
  | Reserved
  | ReserveRefused
  | Claimed
  | ClaimRefused
  | NameNotGiven;
