/** `reserve`: a person with a key reserves a nickname, or gives it up. Of version 3. */
import { isNickname } from "../characters.ts";
import { encode, type FrameText } from "../encode.ts";
import type { Reader } from "../reader.ts";

// What travels.

export interface ReserveRequest {
  type: "reserve";
  name: string;
  /** False gives it up; a moderator frees that of another person. */
  on?: boolean;
}

export interface ReservedReply {
  type: "reserve";
  name: string;
  on: boolean;
  status: true;
  /** The nicknames that the person has reserved now. */
  names: readonly string[];
}

/**
 * `UnknownPerson`: the connection is no person with a key. `NotYourName`: it has another nickname, or the one to give
 * up is somebody else's. `NameAlreadyUsed`: somebody else has reserved a look-alike. `TooManyNames`: the person, the address or the chat has as many as it may have.
 */
export type ReserveRefusalReason =
  | "UnknownPerson"
  | "NotYourName"
  | "NameAlreadyUsed"
  | "TooManyNames"
  | "ErrorWhenReserve";

export interface ReserveRefusedReply {
  type: "reserve";
  name: string;
  status: false;
  reason: ReserveRefusalReason;
  /** One sentence for a person. */
  error: string;
}

// How it is read.

export interface ParsedReserve {
  readonly kind: "reserve";
  readonly name: string;
  readonly on: boolean;
}

export const reserveReader: Reader<"reserve", ParsedReserve> = {
  since: 3,
  read(value) {
    const kind = "reserve";
    if (!("name" in value)) return { kind, refusal: { reason: "NotEnoughKey", type: kind, need: "name" } };
    const { name } = value;
    return isNickname(name)
      ? { kind, request: { kind, name, on: !("on" in value) || value.on !== false } }
      : { kind, refusal: { reason: "WrongFormatName", type: kind } };
  },
};

// How it is answered.

export function reserved(name: string, on: boolean, names: readonly string[]): FrameText<ReservedReply> {
  return encode<ReservedReply>({ type: "reserve", name, on, status: true, names });
}

export function reserveRefused(
  name: string,
  reason: ReserveRefusalReason,
  error: string,
): FrameText<ReserveRefusedReply> {
  return encode<ReserveRefusedReply>({ type: "reserve", name, status: false, reason, error });
}
