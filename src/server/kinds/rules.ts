import type { Outcome } from "../../engine/outcome.ts";
import { type Mark, withMark, withTime } from "../../protocol/extension.ts";
import type { Page, PageRequest } from "../../protocol/page.ts";
import type { Request } from "../../protocol/request.ts";
import type { Version } from "../../protocol/version.ts";
import type { ConnectionId, RoomRequest } from "../../room/operation.ts";
import type { Present } from "../../room/roster.ts";
import type { AddressRate } from "../address-table.ts";
import type { EventText, ReplyText } from "../dialect.ts";
import type { Category } from "../log.ts";
import type { Recipient, RecipientEnd } from "../recipient.ts";
import type { Limits } from "../settings.ts";

/** How a kind of request on the wire is counted, whether it can be read or not. */
export interface KindCosts {
  /** The rate of its sender that it takes a token from; null for none but that of all requests. */
  readonly own: keyof Pick<Limits, "names" | "gets" | "sends"> | null;
  /** The rates of the sender's address that it takes from, and what it takes from each. */
  readonly address: readonly (readonly [rate: AddressRate, cost: "a token" | "its bytes"])[];
  /** Whether it counts as a message in the room. */
  readonly isMessage: boolean;
  /** Whether it may take one more of the nicknames of its address. */
  readonly mayRegister: boolean;
}

/** What the server does with one kind of request, as it was read, before it goes to the room. */
export interface RequestRules<R extends Request> {
  /** What a refusal would carry back to the sender; null when that is nothing, or a text. */
  readonly carriedBack: ((request: R) => unknown) | null;
  /** The part of the history that it shows, null for the whole; null in place of the function when it shows none. */
  readonly shows: ((request: R) => PageRequest | null) | null;
  /** For a hint, which is dropped and not refused when it comes too often: the least time between two of them. */
  readonly hintEveryMs: number | null;
  /** The request in the form in which the room gets it. */
  toRoom(request: R): RoomRequest;
}

/** The rules of several kinds of request. */
export type RequestRulesOf<K extends Request["kind"]> = {
  readonly [Each in K]: RequestRules<Extract<Request, { kind: Each }>>;
};

/** For an outcome that gives its recipient a nickname. */
export function asPresent({ name, by }: Present): Present {
  return { name, by };
}

/** For a request that the room gets as it was read. */
export function asRead<R>(request: R): R {
  return request;
}

/** What the server does with one kind of outcome. Every field is a decision: null means nothing. */
export interface OutcomeRules<O extends Outcome> {
  /** The event for the others in the room, in each version; null if the version has no such event, or not of this outcome. */
  readonly event: Readonly<
    Record<Version, ((...of: Parameters<EventRule<O>>) => EventText | null) | null>
  > | null;
  /** The recipient's reply in each version; null if the version has no such reply. */
  readonly reply: Readonly<Record<Version, ReplyRule<O> | null>> | null;
  /** The reason that is counted and logged when the outcome is a refusal. */
  readonly refusal: ((outcome: O) => string) | null;
  /** What the operator sees of it. */
  readonly report: ReportRules<O> | null;
  /** What else it does to the recipient, and to others. */
  readonly effect: Effect<O> | null;
}

export type EventRule<O> = (outcome: O, texts: Texts) => EventText;

export type ReplyRule<O> = (outcome: O, texts: Texts, to: Recipient) => ReplyText | null;

export interface ReportRules<O> {
  /** Counts the outcome in the metrics, wherever its recipient is. */
  readonly counter: "messages" | "changes" | null;
  readonly category: Category;
  /** A line in the log. @param contents whether it may show the contents of messages */
  line(outcome: O, contents: boolean): LogLine;
}

export interface LogLine {
  readonly text: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface Effect<O> {
  /** The nickname that the recipient has from here on. It hears the events that follow. */
  named?(outcome: O): Present;
  /** Whether the room keeps the recipient from writing. */
  keepsOut?(outcome: O): boolean;
  /** The page that the recipient is shown. */
  shows?(outcome: O): Page;
  /** The connection that has lost its nickname to the recipient: it hears nothing more, and is ended. */
  superseded?(outcome: O): ConnectionId;
  /** The connection that is not absent any more. */
  returned?(outcome: O): ConnectionId;
  /** Why the recipient is ended once the batch is delivered, and whether it hears the rest of the batch. */
  readonly ends?: { readonly cause: RecipientEnd; readonly hearsRest: boolean };
  /**
   * The outcome to answer within the recipient's memory: this one, for which memory is then reserved, or a smaller one.
   */
  withinMemory?(outcome: O, texts: Texts, to: Recipient): Outcome;
}

/** Texts that many outcomes have in common. */
export interface Texts {
  timestampOf(time: number): string;
  /** A roster as a JSON array. */
  rosterOf(online: readonly string[]): string;
  /** The marks of a roster of the room as a JSON object, null if there are none. */
  marksOf(present: readonly Present[]): string | null;
  /** The mark of one nickname in the room, null for none. */
  markOf(present: Present): Mark | null;
  /** The mark of a program in the room; null for anybody else. */
  botMarkOf(present: Present): Mark | null;
}

/** The rules of several kinds of outcome. */
export type OutcomeRulesOf<K extends Outcome["kind"]> = {
  readonly [Each in K]: OutcomeRules<Extract<Outcome, { kind: Each }>>;
};

/** The same in every version. */
export function inAllVersions<T>(rule: T): Readonly<Record<Version, T>> {
  return { 2: rule, 3: rule };
}

/** An event to which version 3 adds the time, in Unix milliseconds. */
export function timed<O extends { readonly time: number }>(
  text: EventRule<O>,
): Readonly<Record<Version, EventRule<O>>> {
  return { 2: text, 3: (outcome, texts) => withTime(text(outcome, texts), outcome.time) };
}

/** An event about a nickname, to which version 3 adds its mark, if it has one, and the time. */
export function marked<O extends Present & { readonly time: number }>(
  text: EventRule<O>,
): Readonly<Record<Version, EventRule<O>>> {
  return {
    2: text,
    3: (outcome, texts) => withTime(withMark(text(outcome, texts), texts.markOf(outcome)), outcome.time),
  };
}

/** A refusal: it has a reply and a reason, and does nothing else. */
export function refusalRules<O extends Outcome>(
  reason: (outcome: O) => string,
  reply: ReplyRule<O>,
): OutcomeRules<O> {
  return { event: null, reply: inAllVersions(reply), refusal: reason, report: null, effect: null };
}
