/** `identify`: a client of version 3 says which person is at it, by a key or by a token of the host's login. */
import { encode, type FrameText } from "../encode.ts";
import type { AuthorKeys } from "../extension.ts";
import type { Reader } from "../reader.ts";

/** What a person may do in the room; see docs/roles.md. */
export type RoleName = "visitor" | "member" | "moderator" | "owner";

// What travels.

/** One of the two. */
export interface IdentifyRequest {
  type: "identify";
  /** A secret of the person's own. */
  key?: string;
  /** A token that the host site has signed. */
  token?: string;
}

export interface IdentifiedReply extends AuthorKeys {
  type: "identify";
  status: true;
  role: RoleName;
  /** The nicknames that the person has reserved. */
  names: readonly string[];
  /** The nickname that the host gives the person: the only one that can be taken. */
  name?: string;
  /** Until when the token holds, in Unix milliseconds. */
  expires?: number;
}

/**
 * `TokenRefused`: the server does not accept the token. `AnotherPerson`: the connection is another person already.
 * `ErrorWhenIdentify`: it cannot be told now.
 */
export type IdentifyRefusalReason = "TokenRefused" | "AnotherPerson" | "ErrorWhenIdentify";

export interface IdentifyRefusedReply {
  type: "identify";
  status: false;
  reason: IdentifyRefusalReason;
  /** One sentence for a person. */
  error: string;
}

// How it is read.

export interface ParsedIdentify {
  readonly kind: "identify";
  readonly by: { readonly key: string } | { readonly token: string };
}

/** At least 128 bits as base64url. */
const KEY = /^[\w-]{22,128}$/;

export const identifyReader: Reader<"identify", ParsedIdentify> = {
  since: 3,
  read(value) {
    const kind = "identify";
    const malformed = { kind, refusal: { reason: "WrongFormatIdentity", type: kind } } as const;
    if ("token" in value) {
      const { token } = value;
      return typeof token === "string" && !("key" in value)
        ? { kind, request: { kind, by: { token } } }
        : malformed;
    }
    if (!("key" in value)) return { kind, refusal: { reason: "NotEnoughKey", type: kind, need: "key" } };
    const { key } = value;
    return typeof key === "string" && KEY.test(key) ? { kind, request: { kind, by: { key } } } : malformed;
  },
};

// How it is answered.

/** What the reply says about the person. */
interface Identity {
  readonly by: string;
  readonly role: RoleName;
  readonly names: readonly string[];
  readonly name?: string | undefined;
  readonly expires?: number | undefined;
}

export function identified({ by, role, names, name, expires }: Identity): FrameText<IdentifiedReply> {
  return encode<IdentifiedReply>({
    type: "identify",
    status: true,
    by,
    role,
    names,
    ...(name === undefined ? {} : { name }),
    ...(expires === undefined ? {} : { expires }),
  });
}

export function identifyRefused(
  reason: IdentifyRefusalReason,
  error: string,
): FrameText<IdentifyRefusedReply> {
  return encode<IdentifyRefusedReply>({ type: "identify", status: false, reason, error });
}
