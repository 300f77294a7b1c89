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
  /** The `since` of an earlier reply to this person. */
  since?: string;
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
  /**
   * Since when the chat knows the person, signed by the server: a client keeps it with the key, and brings it with every
   * `identify`. The server stores nothing.
   */
  since: string;
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
  /** As the client brought it; null if it brought none. */
  readonly since: string | null;
}

/** At least 128 bits as base64url. */
const KEY = /^[\w-]{22,128}$/;
/** The longest `since` that is read, in UTF-16 code units. */
const SINCE_MAX = 100;

export const identifyReader: Reader<"identify", ParsedIdentify> = {
  since: 3,
  read(value) {
    const kind = "identify";
    const since =
      "since" in value && typeof value.since === "string" ? value.since.slice(0, SINCE_MAX) : null;
    const malformed = { kind, refusal: { reason: "WrongFormatIdentity", type: kind } } as const;
    if ("token" in value) {
      const { token } = value;
      return typeof token === "string" && !("key" in value)
        ? { kind, request: { kind, by: { token }, since } }
        : malformed;
    }
    if (!("key" in value)) return { kind, refusal: { reason: "NotEnoughKey", type: kind, need: "key" } };
    const { key } = value;
    return typeof key === "string" && KEY.test(key)
      ? { kind, request: { kind, by: { key }, since } }
      : malformed;
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
  readonly since: string;
}

export function identified({ by, role, names, name, expires, since }: Identity): FrameText<IdentifiedReply> {
  return encode<IdentifiedReply>({
    type: "identify",
    status: true,
    by,
    role,
    names,
    ...(name === undefined ? {} : { name }),
    ...(expires === undefined ? {} : { expires }),
    since,
  });
}

export function identifyRefused(
  reason: IdentifyRefusalReason,
  error: string,
): FrameText<IdentifyRefusedReply> {
  return encode<IdentifyRefusedReply>({ type: "identify", status: false, reason, error });
}
