import { isContent, isNickname, isTextOf } from "./characters.ts";
import { CARRIED_BACK_MAX, KEY_MAX, NESTING_MAX, PAGE_DEFAULT, PAGE_MAX, REF_MAX } from "./limits.ts";
import type { Version } from "./version.ts";

/** The kinds of request, as they stand under `type` or `data` on the wire. */
export type RequestKind = "name" | "get" | "send" | "resume" | "typing";

/** What a client of version 3 gives a request to know its reply by. */
export type Ref = string | number;

/** Which part of the history is asked for; the newest where neither `before` nor `after` is given. */
export interface PageRequest {
  readonly limit: number;
  readonly before: number | null;
  readonly after: number | null;
  /** The time (Unix ms) of the message `after`, where it was told: by both together the message is known. */
  readonly time?: number | undefined;
}

/**
 * A request that is whole enough to be put before the room. A malformed name or content is carried along: what
 * the refusal says depends on who asks, which only the room knows.
 */
export type Request =
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "malformed-name"; readonly name: unknown }
  /** `page` is null for the whole history, as version 2 has it. */
  | { readonly kind: "get"; readonly page: PageRequest | null }
  | { readonly kind: "send"; readonly content: string; readonly key: string | null }
  | { readonly kind: "malformed-send"; readonly content: unknown; readonly reason: SendRefusalReason }
  | { readonly kind: "resume"; readonly secret: string; readonly page: PageRequest }
  | { readonly kind: "typing" };

export type SendRefusalReason = "WrongFormatContent" | "WrongFormatKey";

/** A refusal that depends on the frame or its sender's rate alone, not on the room. */
export type Refusal =
  | { readonly reason: "WrongFormatJSON" }
  | { readonly reason: "UnknownType" }
  | { readonly reason: "NotEnoughKey"; readonly type: "name" | "send" | "resume" }
  | { readonly reason: "WrongFormatPage"; readonly type: "get" | "resume" }
  | { readonly reason: "TooManyRequests"; readonly type: RequestKind | null; readonly retryS: number };

export type Parsed = { readonly ref?: Ref | undefined } & (
  | { readonly kind: RequestKind; readonly request: Request }
  | { readonly kind: RequestKind | null; readonly refusal: Refusal }
);

/**
 * Reads one frame. Never throws.
 *
 * @param version what its sender speaks: what version 2 does not know is nothing in it
 * @returns the request, or the refusal to send back; `kind` is what rate limits count it as.
 */
export function parseRequest(frame: string, version: Version): Parsed {
  let value: unknown;
  try {
    value = JSON.parse(frame);
  } catch {
    return UNREADABLE;
  }
  if (typeof value !== "object" || value === null) return UNKNOWN;
  const parsed = parseObject(value, version, frame);
  const ref = version === 3 && "ref" in value ? parseRef(value.ref) : undefined;
  return ref === undefined ? parsed : { ...parsed, ref };
}

function parseObject(value: object, version: Version, frame: string): Parsed {
  // The seed's text calls the discriminator `data`; every client in the field sends `type`.
  const kind: unknown = "type" in value ? value.type : "data" in value ? value.data : undefined;
  switch (kind) {
    case "name":
      return parseName(value, frame);
    case "send":
      return parseSend(value, version, frame);
    case "get":
      return version === 2 ? WHOLE_GET : parsePaged("get", value, (page) => ({ kind: "get", page }));
    case "resume":
      return version === 2 ? UNKNOWN : parseResume(value);
    case "typing":
      return version === 2 ? UNKNOWN : TYPING;
    default:
      return UNKNOWN;
  }
}

/** What is answered to a frame that is not JSON. */
export const UNREADABLE: Parsed = { kind: null, refusal: { reason: "WrongFormatJSON" } };
const UNKNOWN: Parsed = { kind: null, refusal: { reason: "UnknownType" } };
const WHOLE_GET: Parsed = { kind: "get", request: { kind: "get", page: null } };
const TYPING: Parsed = { kind: "typing", request: { kind: "typing" } };

function parseName(value: object, frame: string): Parsed {
  const kind = "name";
  if (!("name" in value)) return { kind, refusal: { reason: "NotEnoughKey", type: kind } };
  const { name } = value;
  if (isNickname(name)) return { kind, request: { kind, name } };
  if (isTooDeep(name)) return UNREADABLE;
  return { kind, request: { kind: "malformed-name", name: carriedBack(name, frame) } };
}

function parseSend(value: object, version: Version, frame: string): Parsed {
  const kind = "send";
  if (!("content" in value)) return { kind, refusal: { reason: "NotEnoughKey", type: kind } };
  const { content } = value;
  if (!isContent(content)) {
    if (isTooDeep(content)) return UNREADABLE;
    const reason = "WrongFormatContent";
    return { kind, request: { kind: "malformed-send", content: carriedBack(content, frame), reason } };
  }
  if (version === 2 || !("key" in value)) return { kind, request: { kind, content, key: null } };
  const { key } = value;
  return typeof key === "string" && isTextOf(key, KEY_MAX)
    ? { kind, request: { kind, content, key } }
    : { kind, request: { kind: "malformed-send", content, reason: "WrongFormatKey" } };
}

function parseResume(value: object): Parsed {
  const kind = "resume";
  if (!("session" in value)) return { kind, refusal: { reason: "NotEnoughKey", type: kind } };
  const secret = typeof value.session === "string" ? value.session : "";
  return parsePaged(kind, value, (page) => ({ kind, secret, page }));
}

function parsePaged(kind: "get" | "resume", value: object, make: (page: PageRequest) => Request): Parsed {
  const page = parsePage(value);
  return page === null
    ? { kind, refusal: { reason: "WrongFormatPage", type: kind } }
    : { kind, request: make(page) };
}

function parsePage(value: object): PageRequest | null {
  const limit = "limit" in value ? value.limit : PAGE_DEFAULT;
  const before = "before" in value ? value.before : null;
  const after = "after" in value ? value.after : null;
  if (!isWhole(limit) || limit < 1 || limit > PAGE_MAX) return null;
  if ("after" in value) {
    if ("before" in value || !isWhole(after)) return null;
    if (!("time" in value)) return { limit, before: null, after };
    const { time } = value;
    return Number.isSafeInteger(time) ? { limit, before: null, after, time: Number(time) } : null;
  }
  if ("time" in value) return null;
  if ("before" in value) return isWhole(before) ? { limit, before, after: null } : null;
  return { limit, before: null, after: null };
}

function isWhole(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function parseRef(value: unknown): Ref | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  // An empty one is a string, too.
  return value === "" || (typeof value === "string" && isTextOf(value, REF_MAX)) ? value : undefined;
}

/** Whether a value is nested deeper than so many levels. Nothing is built for it, whatever the value is. */
function isTooDeep(value: unknown, levels = NESTING_MAX): boolean {
  if (levels < 0) return true;
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return value.some((each) => isTooDeep(each, levels - 1));
  for (const key in value) if (isTooDeep(Reflect.get(value, key), levels - 1)) return true;
  return false;
}

/** What a refusal carries back of a name or content that is none: a list or an object only while it is not large. */
function carriedBack(value: unknown, frame: string): unknown {
  return typeof value === "object" && frame.length > CARRIED_BACK_MAX ? null : value;
}
