/**
 * The frames of version 3, server to client, as JSON texts. A frame that version 2 has as well is that frame with more
 * keys at its end; only what is new is written here.
 */
import { CONTENT_MAX, NICKNAME_MAX, PING_EVERY_S } from "./limits.ts";
import type { Ref } from "./request.ts";
import type { HistoryFrame } from "./v2.ts";

/** A run of messages out of the history, and what is known of its surroundings. */
export interface Page {
  /** The messages' JSON texts joined by commas, oldest first, in UTF-8. Shared: it must not be changed. */
  readonly messages: Uint8Array;
  /** Whether there are further messages on the way that was asked for. */
  readonly more: boolean;
  /** Ids of messages that were asked for and are no longer kept, from the first to the last. */
  readonly gap: { readonly from: number; readonly to: number } | null;
  /** The history has no such message as was asked to go on from: this is its newest page instead. */
  readonly reset: boolean;
}

/** For when messages cannot be given now: there are more, and whoever wants them asks for them. */
export const PAGE_TO_COME: Page = { messages: new Uint8Array(0), more: true, gap: null, reset: false };

/** What a client is told of the server's limits, and how it should come back. */
export interface WelcomeTerms {
  readonly frameBytes: number;
  readonly requests: { readonly perSecond: number; readonly burst: number } | null;
  readonly sends: { readonly perSecond: number; readonly burst: number } | null;
  /** Seconds over which clients spread when they connect again. */
  readonly retryS: number;
}

export function welcome(room: string, session: string, terms: WelcomeTerms): string {
  return JSON.stringify({
    type: "welcome",
    version: 3,
    room,
    session,
    limits: {
      name: NICKNAME_MAX,
      content: CONTENT_MAX,
      frame: terms.frameBytes,
      requests: terms.requests,
      sends: terms.sends,
    },
    ping: PING_EVERY_S,
    retry: terms.retryS,
  });
}

/** A reply with the `ref` of its request. */
export function withRef<T extends string | HistoryFrame>(frame: T, ref: Ref | undefined): T;
export function withRef(frame: string | HistoryFrame, ref: Ref | undefined): string | HistoryFrame {
  if (ref === undefined) return frame;
  const keys = `"ref":${JSON.stringify(ref)}`;
  return typeof frame === "string" ? withKeys(frame, keys) : { ...frame, tail: withKeys(frame.tail, keys) };
}

/** An event with its time in Unix milliseconds. */
export function withTime(frame: string, time: number): string {
  return withKeys(frame, `"time":${time}`);
}

/** A reply or event about a message, with the message's id and time. */
export function withId(frame: string, id: number, time: number): string {
  return withKeys(frame, `"id":${id},"time":${time}`);
}

/** The reply to a `get` for a page. @param online the roster as a JSON array */
export function paged(name: string, timestamp: string, page: Page, online: string): HistoryFrame {
  return withPage(JSON.stringify({ type: "get", status: true, name, timestamp }), page, online);
}

/** The reply to a `resume` that took a nickname over. @param online the roster as a JSON array */
export function resumed(name: string, session: string, page: Page, online: string): HistoryFrame {
  return withPage(JSON.stringify({ type: "resume", status: true, name, session }), page, online);
}

export function resumeRefused(): string {
  return JSON.stringify({ type: "resume", status: false, reason: "UnknownSession" });
}

export function typingEvent(name: string): string {
  return JSON.stringify({ type: "receive", datatype: "typing", name });
}

function withPage(frame: string, { messages, more, gap, reset }: Page, online: string): HistoryFrame {
  const missing = gap === null ? "" : `,"gap":${JSON.stringify({ from: gap.from, to: gap.to })}`;
  const end = reset ? `${missing},"reset":true` : missing;
  return {
    head: `${frame.slice(0, -1)},"data":{"message":[`,
    messages,
    tail: `],"online":${online},"more":${more}${end}}}`,
  };
}

function withKeys(frame: string, keys: string): string {
  return `${frame.slice(0, -1)},${keys}}`;
}
