/** Refusals that are the same for every kind of request. */
import { encode, type FrameText } from "./encode.ts";
import type { RequestKind } from "./request-kind.ts";

/** A refusal that depends on the frame or its sender's rate alone, not on the room. */
export type Refusal =
  | { readonly reason: "WrongFormatJSON" }
  | { readonly reason: "UnknownType" }
  | { readonly reason: "NotEnoughKey"; readonly type: RequestKind; readonly need: NeededKey }
  | { readonly reason: "WrongFormatPage"; readonly type: "get" | "resume" }
  | { readonly reason: MalformedChangeReason; readonly type: MessageChangeKind }
  | { readonly reason: "WrongFormatIdentity"; readonly type: "identify" }
  | { readonly reason: "WrongFormatName"; readonly type: "reserve" }
  | { readonly reason: PersonRefusalReason; readonly type: RequestKind }
  | { readonly reason: "TooManyRequests"; readonly type: RequestKind | null; readonly retryS: number };

/** A key without which a request means nothing. */
export type NeededKey = "name" | "content" | "session" | "of" | "emoji" | "key" | "code";

/** The reply to a frame that is not JSON. */
export interface NotJsonReply {
  status: false;
  reason: "WrongFormatJSON";
}

export interface UnknownTypeReply {
  type: null;
  status: false;
  reason: "UnknownType";
}

export interface NotEnoughKeyReply {
  type: RequestKind;
  status: false;
  reason: "NotEnoughKey";
  need: NeededKey;
}

export interface WrongFormatPageReply {
  type: "get" | "resume";
  status: false;
  reason: "WrongFormatPage";
}

/** The requests that change a message. */
export type MessageChangeKind = "edit" | "delete" | "react";

/** What is malformed in a request to change a message: which message it names, or what is to become of it. */
export type MalformedChangeReason =
  | "WrongFormatOf"
  | "WrongFormatContent"
  | "WrongFormatKey"
  | "WrongFormatEmoji";

export interface MalformedChangeReply {
  type: MessageChangeKind;
  status: false;
  reason: MalformedChangeReason;
}

/**
 * The person may not do that now: `IdentityRequired` in a chat in which only those of the host's login may talk,
 * `IdentityExpired` when the token is over, `NameFromLogin` for another nickname than the host has given.
 */
export type PersonRefusalReason = "IdentityRequired" | "IdentityExpired" | "NameFromLogin";

export interface PersonRefusedReply {
  type: RequestKind;
  status: false;
  reason: PersonRefusalReason | "WrongFormatIdentity" | "WrongFormatName";
}

export interface TooManyRequestsReply {
  type: RequestKind | null;
  status: false;
  reason: "TooManyRequests";
  /** Whole seconds, at least 1. */
  retry: number;
}

/** The reply to a request that only registered clients may make. */
export interface UnregisteredReply {
  type: RequestKind;
  status: false;
  reason: "UnknownRegister";
}

/** All replies of this file. */
export type RefusedReply =
  | NotJsonReply
  | UnknownTypeReply
  | NotEnoughKeyReply
  | WrongFormatPageReply
  | MalformedChangeReply
  | PersonRefusedReply
  | TooManyRequestsReply
  | UnregisteredReply;

export function refused(refusal: Refusal): FrameText<RefusedReply> {
  const status = false;
  const { reason } = refusal;
  switch (reason) {
    case "WrongFormatJSON":
      return encode<NotJsonReply>({ status, reason });
    case "UnknownType":
      return encode<UnknownTypeReply>({ type: null, status, reason });
    case "NotEnoughKey":
      return encode<NotEnoughKeyReply>({ type: refusal.type, status, reason, need: refusal.need });
    case "WrongFormatPage":
      return encode<WrongFormatPageReply>({ type: refusal.type, status, reason });
    case "WrongFormatOf":
    case "WrongFormatContent":
    case "WrongFormatKey":
    case "WrongFormatEmoji":
      return encode<MalformedChangeReply>({ type: refusal.type, status, reason });
    case "WrongFormatIdentity":
    case "WrongFormatName":
    case "IdentityRequired":
    case "IdentityExpired":
    case "NameFromLogin":
      return encode<PersonRefusedReply>({ type: refusal.type, status, reason });
    case "TooManyRequests":
      return encode<TooManyRequestsReply>({ type: refusal.type, status, reason, retry: refusal.retryS });
  }
}

/** The refusal of a request that only registered clients may make. */
export function unregistered(type: RequestKind): FrameText<UnregisteredReply> {
  return encode<UnregisteredReply>({ type, status: false, reason: "UnknownRegister" });
}
