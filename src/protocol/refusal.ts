/** Refusals that are the same for every kind of request. */
import { encode, type FrameText } from "./encode.ts";
import type { RequestKind } from "./request-kind.ts";

/** A refusal that depends on the frame or its sender's rate alone, not on the room. */
export type Refusal =
  | { readonly reason: "WrongFormatJSON" }
  | { readonly reason: "UnknownType" }
  | { readonly reason: "NotEnoughKey"; readonly type: keyof typeof NEEDED }
  | { readonly reason: "WrongFormatPage"; readonly type: "get" | "resume" }
  | { readonly reason: "TooManyRequests"; readonly type: RequestKind | null; readonly retryS: number };

/** The key without which a request of this kind means nothing. */
const NEEDED = { name: "name", send: "content", resume: "session" } as const;

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
  type: keyof typeof NEEDED;
  status: false;
  reason: "NotEnoughKey";
  need: (typeof NEEDED)[keyof typeof NEEDED];
}

export interface WrongFormatPageReply {
  type: "get" | "resume";
  status: false;
  reason: "WrongFormatPage";
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
      return encode<NotEnoughKeyReply>({ type: refusal.type, status, reason, need: NEEDED[refusal.type] });
    case "WrongFormatPage":
      return encode<WrongFormatPageReply>({ type: refusal.type, status, reason });
    case "TooManyRequests":
      return encode<TooManyRequestsReply>({ type: refusal.type, status, reason, retry: refusal.retryS });
  }
}

/** The refusal of a request that only registered clients may make. */
export function unregistered(type: RequestKind): FrameText<UnregisteredReply> {
  return encode<UnregisteredReply>({ type, status: false, reason: "UnknownRegister" });
}
