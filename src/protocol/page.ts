/** Histories and pages, which the replies to `get` and `resume` have in common. */
import type { HistoryFrame } from "./encode.ts";
import type { CurrentKeys, Mark, PositionKeys } from "./extension.ts";
import { PAGE_DEFAULT, PAGE_MAX } from "./limits.ts";

/** A message in a history, as version 2 has it. */
export interface HistoryMessage {
  name: string;
  content: string;
  timestamp: string;
}

/** The `data` of a reply of version 2. */
export interface HistoryData {
  /** Oldest first. */
  message: HistoryMessage[];
  /** The nicknames in the order of registration. */
  online: string[];
}

/** The `data` of a reply of version 3. */
export interface PageData extends HistoryData {
  message: (HistoryMessage & CurrentKeys)[];
  more: boolean;
  /** After a place in the history: earlier messages that were changed since, as they are now. */
  changed?: (HistoryMessage & CurrentKeys)[];
  /** After a place in the history: the newest message or change that the page covers. */
  cursor?: PositionKeys;
  /** What is shown beside the nicknames in `online`, by nickname. */
  marks?: Record<string, Mark>;
  gap?: { from: number; to: number };
  reset?: true;
}

/** The keys by which a request of version 3 asks for a page. */
export interface PageKeys {
  limit?: number;
  before?: number;
  after?: number;
  /** Of the message or change `after`, in Unix milliseconds. */
  time?: number;
  /** A moment, in Unix milliseconds. */
  since?: number;
}

/** Which part of the history is requested; the newest if neither `before`, `after` nor `since` is given. */
export interface PageRequest {
  readonly limit: number;
  readonly before: number | null;
  readonly after: number | null;
  /** The time (Unix ms) of the event `after`, if the client gave it: both together identify the event. */
  readonly time?: number | undefined;
  /** The page begins with the first message that is not older than this moment (Unix ms). Only without `before` and `after`. */
  readonly since?: number | undefined;
}

/** A run of messages from the history, and what is known of its surroundings. */
export interface Page {
  /** The messages' JSON texts joined by commas, oldest first, in UTF-8. Shared: it must not be changed. */
  readonly messages: Uint8Array;
  /** Whether there are further messages, or changes, in the requested direction. */
  readonly more: boolean;
  /** For a page after a place: the JSON texts, joined by commas, of earlier messages that were changed since. */
  readonly changed: string;
  /** For a page after a place: the newest event that it covers; null if there is none. */
  readonly cursor: PositionKeys | null;
  /** Ids of requested messages that are no longer kept, from the first to the last. */
  readonly gap: { readonly from: number; readonly to: number } | null;
  /** The history does not have the message after which the page was to begin: this is its newest page instead. */
  readonly reset: boolean;
}

/** For when messages cannot be shown now: it says that there are more, so that the client can request them. */
export const PAGE_TO_COME: Page = {
  messages: new Uint8Array(0),
  more: true,
  changed: "",
  cursor: null,
  gap: null,
  reset: false,
};

/** Reads which page a request of version 3 asks for; null if that is malformed (PAGE-4). */
export function readPage(value: object): PageRequest | null {
  const limit = "limit" in value ? value.limit : PAGE_DEFAULT;
  const before = "before" in value ? value.before : null;
  const after = "after" in value ? value.after : null;
  if (!isWhole(limit) || limit < 1 || limit > PAGE_MAX) return null;
  if ("since" in value) return readPageSince(value, limit);
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

function readPageSince(value: { readonly since: unknown }, limit: number): PageRequest | null {
  const { since } = value;
  if ("before" in value || "after" in value || "time" in value) return null;
  return Number.isSafeInteger(since) ? { limit, before: null, after: null, since: Number(since) } : null;
}

function isWhole(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/** The JSON texts of all keys of a reply's `data` but the messages. */
type DataTexts<F extends { data: HistoryData }> = { [K in keyof Omit<F["data"], "message">]: string };

/**
 * A frame whose `data` begins with messages.
 *
 * @param keys what comes before `data`
 * @param messages the messages' JSON texts joined by commas, oldest first, in UTF-8
 * @param texts what comes after the messages in `data`
 * @template F the frame's wire type, which must be named
 */
export function historyFrame<F extends { data: HistoryData } = never>(
  keys: NoInfer<Omit<F, "data">>,
  messages: Uint8Array,
  texts: NoInfer<DataTexts<F>>,
): HistoryFrame<F> {
  const behind = Object.entries(texts).map(([key, text]) => `,"${key}":${text}`);
  return {
    head: `${JSON.stringify(keys).slice(0, -1)},"data":{"message":[`,
    messages,
    tail: `]${behind.join("")}}}`,
  };
}

/** The roster as a JSON array, and the marks of its nicknames as a JSON object, null for none. */
export interface RosterTexts {
  readonly online: string;
  readonly marks: string | null;
}

/** What comes after the messages of a page. */
export function pageTexts(
  { more, changed, cursor, gap, reset }: Page,
  { online, marks }: RosterTexts,
): DataTexts<{ data: PageData }> {
  return {
    online,
    ...(marks === null ? {} : { marks }),
    more: String(more),
    ...(changed === "" ? {} : { changed: `[${changed}]` }),
    ...(cursor === null ? {} : { cursor: JSON.stringify({ id: cursor.id, time: cursor.time }) }),
    ...(gap === null ? {} : { gap: JSON.stringify({ from: gap.from, to: gap.to }) }),
    ...(reset ? { reset: "true" } : {}),
  };
}
