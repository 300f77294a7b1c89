import type { GetRequest } from "../protocol/kinds/get.ts";
import type { Page, Position } from "./frame.ts";
import type { WaitOptions } from "./wait.ts";

/** Which part of the history to get. */
export interface HistoryOptions extends WaitOptions {
  /** The newest messages with ids below this one. */
  readonly before?: number;
  /**
   * The oldest messages after this position or id. Not together with `before`. From a position the server can tell whether
   * its history has been replaced (`reset`).
   */
  readonly after?: Position | number;
  /** The oldest messages from this moment on, in Unix milliseconds. Together with neither `before` nor `after`. */
  readonly since?: number;
  /** 1 to 1,000; by default 100. */
  readonly limit?: number;
}

/** The request for a page. Without `time` it goes by ids alone, which mean nothing in another history. */
export function pageRequest({ after, ...options }: Omit<HistoryOptions, keyof WaitOptions>): GetRequest {
  const { id, time } = typeof after === "object" ? after : { id: after, time: 0 };
  return {
    type: "get",
    ...options,
    ...(id === undefined ? {} : { after: id }),
    // The time of the last message in a gap is unknown.
    ...(time > 0 ? { time } : {}),
  };
}

/** Whether a request is void once the history was replaced: it goes by ids alone, which belong to the old history. */
export function isOutdated({ before, after, time }: GetRequest): boolean {
  return before !== undefined || (after !== undefined && time === undefined);
}

/** The newest part of a page. @param most how many messages it may have */
export function newest({ messages, more, ...page }: Page, most: number): Page {
  return { ...page, messages: messages.slice(-most), more: more || messages.length > most };
}
