/** `review`: what moderators look at. Of version 3. */
import type { Reader } from "../reader.ts";
import { isKeyOf } from "../table.ts";
import { type RefusedAnswer, readText } from "./answer.ts";

// What travels.

/** `force`: the mutes, kicks and bans in force. `log`: all that was done. `people`: who is here. */
export type ReviewSubject = "reports" | "held" | "force" | "log" | "people";

export interface ReviewRequest {
  type: "review";
  what: ReviewSubject;
  /** For `log`: only what concerns this person. */
  person?: string;
  /** For `log`: only what came before this action. */
  before?: string;
}

/** Something that a moderator, or the server itself, has done. Moments are Unix milliseconds. */
export interface ActionKeys {
  action: string;
  kind: string;
  everywhere: boolean;
  person?: string;
  name?: string;
  reason?: string;
  by?: string;
  moderator: string;
  at: number;
  until?: number;
  count?: number;
  /** It concerns an address or a network as well. */
  reaches?: true;
  /** It is over: it was undone, or its time has passed. */
  over?: true;
  /** Whether it can be undone now. */
  undoable?: true;
}

export interface ReportKeys {
  id: string;
  of?: number;
  /** The message as it is now; missing if it is gone. */
  content?: string;
  person?: string;
  name: string;
  reason: string;
  by: string;
  reporter: string;
  at: number;
}

export interface HeldKeys {
  id: string;
  name: string;
  person: string;
  content: string;
  reply?: number;
  why: "newcomer" | "word";
  at: number;
}

export interface PersonKeys {
  name: string;
  person: string;
  role: "visitor" | "member" | "moderator" | "owner";
  /** When the person came, in Unix milliseconds; missing if that is not known. */
  joined?: number;
  /** How many others here have the same address. */
  sharing: number;
  muted?: true;
}

export type ReviewReply = {
  type: "review";
  status: true;
  /** Whether there is more before the last element. */
  more: boolean;
} & (
  | { what: "reports"; list: readonly ReportKeys[] }
  | { what: "held"; list: readonly HeldKeys[] }
  | { what: "force" | "log"; list: readonly ActionKeys[] }
  | { what: "people"; list: readonly PersonKeys[] }
);

export type ReviewRefusedReply = RefusedAnswer<
  "review",
  "WrongFormatReview" | "NotAllowed" | "ErrorWhenReview"
>;

/** To moderators: how much waits for them. When they say who they are, and when it changes. */
export interface WaitingEvent {
  type: "receive";
  datatype: "waiting";
  reports: number;
  held: number;
}

// How it is read.

/** `what` is null if the request is malformed. */
export interface ParsedReview {
  readonly kind: "review";
  readonly what: ReviewSubject | null;
  readonly person: string | null;
  readonly before: string | null;
}

const SUBJECTS: { readonly [S in ReviewSubject]: true } = {
  reports: true,
  held: true,
  force: true,
  log: true,
  people: true,
};
const ID_MAX = 100;

export const reviewReader: Reader<"review", ParsedReview> = {
  since: 3,
  read(value) {
    const what: unknown = "what" in value ? value.what : null;
    const person = readText(value, "person", ID_MAX, null);
    const before = readText(value, "before", ID_MAX, null);
    const isRead = isKeyOf(SUBJECTS, what) && person !== undefined && before !== undefined;
    return {
      kind: "review",
      request: { kind: "review", what: isRead ? what : null, person: person ?? null, before: before ?? null },
    };
  },
};
