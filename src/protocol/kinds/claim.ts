/** `claim`: a person with a key becomes an owner of the chat, by the code that the operator was given. Of version 3. */
import { encode, type FrameText } from "../encode.ts";
import type { Reader } from "../reader.ts";
import type { RoleName } from "./identify.ts";

// What travels.

export interface ClaimRequest {
  type: "claim";
  code: string;
}

export interface ClaimedReply {
  type: "claim";
  status: true;
  role: RoleName;
}

/** `UnknownPerson`: the connection is no person with a key. `UnknownCode`: the code is wrong, over, or was used. */
export type ClaimRefusalReason = "UnknownPerson" | "UnknownCode" | "ErrorWhenClaim";

export interface ClaimRefusedReply {
  type: "claim";
  status: false;
  reason: ClaimRefusalReason;
  /** One sentence for a person. */
  error: string;
}

// How it is read.

export interface ParsedClaim {
  readonly kind: "claim";
  /** Empty, and therefore unknown, if it was not a string. */
  readonly code: string;
}

export const claimReader: Reader<"claim", ParsedClaim> = {
  since: 3,
  read(value) {
    const kind = "claim";
    if (!("code" in value)) return { kind, refusal: { reason: "NotEnoughKey", type: kind, need: "code" } };
    return { kind, request: { kind, code: typeof value.code === "string" ? value.code : "" } };
  },
};

// How it is answered.

export function claimed(role: RoleName): FrameText<ClaimedReply> {
  return encode<ClaimedReply>({ type: "claim", status: true, role });
}

export function claimRefused(reason: ClaimRefusalReason, error: string): FrameText<ClaimRefusedReply> {
  return encode<ClaimRefusedReply>({ type: "claim", status: false, reason, error });
}
