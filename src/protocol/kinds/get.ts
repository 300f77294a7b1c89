/** `get`: a client asks for the history and the roster; in version 3, for a page of the history. */
import { encode, type FrameText, type HistoryFrame } from "../encode.ts";
import {
  type HistoryData,
  historyFrame,
  type Page,
  type PageData,
  type PageKeys,
  type PageRequest,
  pageTexts,
  type RosterTexts,
  readPage,
} from "../page.ts";
import type { Reader } from "../reader.ts";

// What travels.

/** Version 2 ignores all keys but `type`. */
export interface GetRequest extends PageKeys {
  type: "get";
}

/** In version 2. */
export interface HistoryReply {
  type: "get";
  status: true;
  name: string;
  timestamp: string;
  data: HistoryData;
}

/** In version 3. */
export interface PageReply extends HistoryReply {
  data: PageData;
}

export interface GetFailedReply {
  type: "get";
  name: string;
  status: false;
  reason: "ErrorWhenGet";
  error: string;
}

// How it is read.

/** `page` is null for the whole history, which version 2 requests. */
export interface ParsedGet {
  readonly kind: "get";
  readonly page: PageRequest | null;
}

export const getReader: Reader<"get", ParsedGet> = {
  since: 2,
  read(value, _frame, version) {
    const kind = "get";
    if (version === 2) return { kind, request: { kind, page: null } };
    const page = readPage(value);
    return page === null
      ? { kind, refusal: { reason: "WrongFormatPage", type: kind } }
      : { kind, request: { kind, page } };
  },
};

// How it is answered.

/**
 * The reply of version 2: the whole history.
 *
 * @param messages the messages' JSON texts joined by commas, oldest first (see `HistoryMessage`), in UTF-8
 * @param online the roster as a JSON array
 */
export function historyReply(
  name: string,
  timestamp: string,
  messages: Uint8Array,
  online: string,
): HistoryFrame<HistoryReply> {
  return historyFrame<HistoryReply>({ type: "get", status: true, name, timestamp }, messages, { online });
}

/** The reply of version 3: a page. */
export function pageReply(
  name: string,
  timestamp: string,
  page: Page,
  roster: RosterTexts,
): HistoryFrame<PageReply> {
  const keys = { type: "get", status: true, name, timestamp } as const;
  return historyFrame<PageReply>(keys, page.messages, pageTexts(page, roster));
}

/** `error` is one sentence for a person. */
export function getFailed(name: string, error: string): FrameText<GetFailedReply> {
  return encode<GetFailedReply>({ type: "get", name, status: false, reason: "ErrorWhenGet", error });
}
