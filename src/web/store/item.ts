import type { EventOf, Message } from "../../client/index.ts";
import type { PeopleChanges } from "./roster-changes.ts";

/** One row of the log. Its key stays the same as long as the row exists. */
export type Item =
  | {
      readonly kind: "message";
      readonly key: string;
      readonly message: Message;
      /** Whether this browser sent it. */
      readonly own: boolean;
      /** Whether the nickname has been free since its previous message, so that someone else may have it now. */
      readonly isNewHolder: boolean;
    }
  /** The roster changes between two messages, in one line. */
  | { readonly kind: "people"; readonly key: string; readonly time: number; readonly changes: PeopleChanges }
  /** What a moderator has done. */
  | { readonly kind: "action"; readonly key: string; readonly time: number; readonly action: ModeratedEvent }
  /** In the place of messages of people whom the user ignores, and above them while they are shown. */
  | { readonly kind: "ignored"; readonly key: string; readonly messages: readonly Item[] }
  /** Messages that are no longer kept. */
  | { readonly kind: "gap"; readonly key: string; readonly count: number };

export type ModeratedEvent = EventOf<"moderated">;
export type MessageItem = Extract<Item, { kind: "message" }>;
export type PeopleItem = Extract<Item, { kind: "people" }>;

/** A line that stands between messages and that no history has. */
export interface Line {
  /** The position of the message before it; "" before the first one. */
  readonly after: string;
  readonly item: PeopleItem | Extract<Item, { kind: "action" }>;
}

/** A message of the user that is not stored yet. */
export interface Sending {
  readonly kind: "sending";
  readonly key: string;
  readonly content: string;
  /** The id of the message that it replies to. */
  readonly reply?: number | undefined;
  /** When it was written, in Unix milliseconds. */
  readonly time: number;
  /** Why it was given up; null while it is being sent. */
  readonly failure: { readonly code: string; readonly retryS: number | null } | null;
}
