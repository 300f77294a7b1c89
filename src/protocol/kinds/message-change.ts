/** What requests that change a message have in common: `edit`, `delete` and `react`. */
import { encode, type FrameText } from "../encode.ts";
import { isEventId } from "../extension.ts";
import type { Reading } from "../reader.ts";
import type { MalformedChangeReason, MessageChangeKind, NeededKey } from "../refusal.ts";

// What travels.

/** In the request, the replies and the event. */
export interface ChangedMessageKeys {
  /** The id of the message. */
  of: number;
}

/** The message does not exist (any more); the sender may not change it; or it was edited, or reacted to, as often as it may be. */
export type ChangeRefusalReason = "UnknownMessage" | "NotAllowed" | "TooManyEdits" | "TooManyReactions";

export interface ChangeRefusedReply extends ChangedMessageKeys {
  type: MessageChangeKind;
  status: false;
  reason: ChangeRefusalReason;
}

export interface ChangeFailedReply extends ChangedMessageKeys {
  type: MessageChangeKind;
  status: false;
  reason: "ErrorWhenEdit" | "ErrorWhenDelete" | "ErrorWhenReact";
  error: string;
}

// How they are read.

/** The message that a request names, or the refusal if it names none. */
export function readOf<K extends MessageChangeKind>(
  kind: K,
  value: object,
): number | Extract<Reading<K, never>, { refusal: unknown }> {
  if (!("of" in value)) return notEnough(kind, "of");
  return isEventId(value.of) ? value.of : malformed(kind, "WrongFormatOf");
}

export function notEnough<K extends MessageChangeKind>(kind: K, need: NeededKey) {
  return { kind, refusal: { reason: "NotEnoughKey", type: kind, need } } as const;
}

export function malformed<K extends MessageChangeKind>(kind: K, reason: MalformedChangeReason) {
  return { kind, refusal: { reason, type: kind } } as const;
}

// How they are answered.

export function changeRefused(
  type: MessageChangeKind,
  of: number,
  reason: ChangeRefusalReason,
): FrameText<ChangeRefusedReply> {
  return encode<ChangeRefusedReply>({ type, of, status: false, reason });
}

const FAILURES = { edit: "ErrorWhenEdit", delete: "ErrorWhenDelete", react: "ErrorWhenReact" } as const;

/** A change that could not be stored; `error` is one sentence for a person. */
export function changeFailed(
  type: MessageChangeKind,
  of: number,
  error: string,
): FrameText<ChangeFailedReply> {
  return encode<ChangeFailedReply>({ type, of, status: false, reason: FAILURES[type], error });
}
