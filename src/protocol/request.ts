import { isContent, isNickname } from "./characters.ts";
import { NESTING_MAX } from "./limits.ts";

/** The kinds of request, as they stand under `type` or `data` on the wire. */
export type RequestKind = "name" | "get" | "send";

/**
 * A request that is whole enough to be put before the room. A malformed name or content is carried along: what
 * the refusal says depends on who asks, which only the room knows.
 */
export type Request =
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "malformed-name"; readonly name: unknown }
  | { readonly kind: "get" }
  | { readonly kind: "send"; readonly content: string }
  | { readonly kind: "malformed-send"; readonly content: unknown };

/** A refusal that depends on the frame or its sender's rate alone, not on the room. */
export type Refusal =
  | { readonly reason: "WrongFormatJSON" }
  | { readonly reason: "UnknownType" }
  | { readonly reason: "NotEnoughKey"; readonly type: "name" | "send" }
  | { readonly reason: "TooManyRequests"; readonly type: RequestKind | null; readonly retryS: number };

export type Parsed =
  | { readonly kind: RequestKind; readonly request: Request }
  | { readonly kind: RequestKind | null; readonly refusal: Refusal };

/**
 * Reads one frame of the v2 dialect. Never throws.
 *
 * @returns the request, or the refusal to send back; `kind` is what rate limits count it as.
 */
export function parseRequest(frame: string): Parsed {
  let value: unknown;
  try {
    value = JSON.parse(frame);
  } catch {
    return UNREADABLE;
  }
  if (typeof value !== "object" || value === null) return UNKNOWN;
  // The seed's text calls the discriminator `data`; every client in the field sends `type`.
  const kind: unknown = "type" in value ? value.type : "data" in value ? value.data : undefined;
  switch (kind) {
    case "name":
      if (!("name" in value)) return { kind, refusal: { reason: "NotEnoughKey", type: kind } };
      if (isNickname(value.name)) return { kind, request: { kind: "name", name: value.name } };
      return isTooDeep(value.name)
        ? UNREADABLE
        : { kind, request: { kind: "malformed-name", name: value.name } };
    case "send":
      if (!("content" in value)) return { kind, refusal: { reason: "NotEnoughKey", type: kind } };
      if (isContent(value.content)) return { kind, request: { kind: "send", content: value.content } };
      return isTooDeep(value.content)
        ? UNREADABLE
        : { kind, request: { kind: "malformed-send", content: value.content } };
    case "get":
      return { kind, request: { kind: "get" } };
    default:
      return UNKNOWN;
  }
}

/** What is answered to a frame that is not JSON. */
export const UNREADABLE: Parsed = { kind: null, refusal: { reason: "WrongFormatJSON" } };
const UNKNOWN: Parsed = { kind: null, refusal: { reason: "UnknownType" } };

function isTooDeep(value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > NESTING_MAX) return true;
    level = level.flatMap((each) => (typeof each === "object" && each !== null ? Object.values(each) : []));
  }
  return false;
}
