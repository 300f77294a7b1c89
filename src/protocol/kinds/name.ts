/** `name`: a client takes a nickname, or changes it. */
import { isNickname } from "../characters.ts";
import { encode, type FrameText } from "../encode.ts";
import { carriedBack, isTooDeep, type Reader, UNREADABLE } from "../reader.ts";

// What travels.

export interface NameRequest {
  type: "name";
  name: string;
}

/** `NameReserved` is of version 3: in version 2 it is `NameAlreadyUsed`. */
export type NameRefusalReason = "NameAlreadyUsed" | "NameReserved" | "WrongFormatName";

/** To a client that had no nickname. `name` is the requested one: any JSON value. */
export type RegisterReply =
  | { type: "name"; action: "register"; name: string; status: true; timestamp: string }
  | { type: "name"; action: "register"; name: unknown; status: false; reason: NameRefusalReason }
  | {
      type: "name";
      action: "register";
      name: unknown;
      status: false;
      reason: "ErrorWhenRegister";
      error: string;
    };

/** To a client that had one. `newname` is the requested one: any JSON value. */
export type ChangeReply =
  | { type: "name"; action: "change"; oldname: string; newname: string; status: true; timestamp: string }
  | {
      type: "name";
      action: "change";
      oldname: string;
      newname: unknown;
      status: false;
      reason: NameRefusalReason;
    }
  | {
      type: "name";
      action: "change";
      oldname: string;
      newname: unknown;
      status: false;
      reason: "ErrorWhenChange";
      error: string;
    };

export interface RegisterEvent {
  type: "receive";
  datatype: "register";
  name: string;
  timestamp: string;
}

export interface ChangeEvent {
  type: "receive";
  datatype: "change";
  oldname: string;
  newname: string;
  timestamp: string;
}

// How it is read.

/**
 * A malformed name is carried along to the room: whether the refusal says `register` or `change` depends on whether its
 * sender has a nickname, which only the room knows.
 */
export type ParsedName =
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "malformed-name"; readonly name: unknown };

export const nameReader: Reader<"name", ParsedName> = {
  since: 2,
  read(value, frame) {
    const kind = "name";
    if (!("name" in value)) return { kind, refusal: { reason: "NotEnoughKey", type: kind, need: "name" } };
    const { name } = value;
    if (isNickname(name)) return { kind, request: { kind, name } };
    if (isTooDeep(name)) return UNREADABLE;
    return { kind, request: { kind: "malformed-name", name: carriedBack(name, frame) } };
  },
};

// How it is answered and announced.

export function registered(name: string, timestamp: string): FrameText<RegisterReply> {
  return encode<RegisterReply>({ type: "name", action: "register", name, status: true, timestamp });
}

export function renamed(oldname: string, newname: string, timestamp: string): FrameText<ChangeReply> {
  return encode<ChangeReply>({ type: "name", action: "change", oldname, newname, status: true, timestamp });
}

/** A refused nickname. `oldname` is null for a sender without one; `name` is the requested one: any JSON value. */
export function nameRefused(
  oldname: string | null,
  name: unknown,
  reason: NameRefusalReason,
): FrameText<RegisterReply | ChangeReply> {
  const status = false;
  return oldname === null
    ? encode<RegisterReply>({ type: "name", action: "register", name, status, reason })
    : encode<ChangeReply>({ type: "name", action: "change", oldname, newname: name, status, reason });
}

/** A nickname that could not be taken because of a fault; `error` is one sentence for a person. */
export function nameFailed(
  oldname: string | null,
  name: unknown,
  error: string,
): FrameText<RegisterReply | ChangeReply> {
  if (oldname === null) {
    const reason = "ErrorWhenRegister";
    return encode<RegisterReply>({ type: "name", action: "register", name, status: false, reason, error });
  }
  return encode<ChangeReply>({
    type: "name",
    action: "change",
    oldname,
    newname: name,
    status: false,
    reason: "ErrorWhenChange",
    error,
  });
}

export function registerEvent(name: string, timestamp: string): FrameText<RegisterEvent> {
  return encode<RegisterEvent>({ type: "receive", datatype: "register", name, timestamp });
}

export function changeEvent(oldname: string, newname: string, timestamp: string): FrameText<ChangeEvent> {
  return encode<ChangeEvent>({ type: "receive", datatype: "change", oldname, newname, timestamp });
}
