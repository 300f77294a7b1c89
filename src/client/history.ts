import type { GetRequest } from "../protocol/kinds/get.ts";
import type { Page, Position } from "./frame.ts";
import type { WaitOptions } from "./wait.ts";

/** Which part of the history is asked for. */
export interface HistoryOptions extends WaitOptions {
  /** Only messages with ids below it, the newest of those. */
  readonly before?: number;
  /**
   * Only messages behind it, the oldest of those: a position, or an id alone. Not together with `before`. By a position
   * the server knows whether its history is another one by now (`reset`).
   */
  readonly after?: Position | number;
  /** 1 to 1,000; 100 unless told. */
  readonly limit?: number;
}

/** Without `time` a page is asked for by ids alone, which mean nothing in another history. */
export function pageRequest({ after, ...options }: Omit<HistoryOptions, keyof WaitOptions>): GetRequest {
  const { id, time } = typeof after === "object" ? after : { id: after, time: 0 };
  return {
    type: "get",
    ...options,
    ...(id === undefined ? {} : { after: id }),
    // Of an id behind a gap the time is not known.
    ...(time > 0 ? { time } : {}),
  };
}

/** Whether a page is asked for by ids of a history that was replaced. By a position, or nothing, the new one can be asked. */
export function isOutdated({ before, after, time }: GetRequest): boolean {
  return before !== undefined || (after !== undefined && time === undefined);
}

/** The end of a page that was asked for as one of many. */
export function newest({ messages, more, ...page }: Page, most: number): Page {
  return { ...page, messages: messages.slice(-most), more: more || messages.length > most };
}
