import type { Refusal, Request } from "../protocol/request.ts";
import type { NameRefusalReason } from "../protocol/v2.ts";

/** Names one connection for as long as it is in a room. */
export type SessionId = string;

/** What is put into a room's queue. */
export type Operation =
  | {
      readonly kind: "request";
      readonly session: SessionId;
      readonly request: Request;
      /** Bytes of the message it came in: what it costs while it waits. */
      readonly size: number;
    }
  /** A refusal that was settled before the room; it passes through the queue so that replies keep their order. */
  | { readonly kind: "refuse"; readonly session: SessionId; readonly refusal: Refusal; readonly size: number }
  /** The session's connection is to be ended when it has the outcomes before this one. */
  | { readonly kind: "end"; readonly session: SessionId }
  /** The session's connection is gone. The last operation of every session. */
  | { readonly kind: "leave"; readonly session: SessionId };

/** A message as it is stored, shown and counted. */
export interface Message {
  readonly name: string;
  readonly content: string;
  /** The time in the operator's template. */
  readonly timestamp: string;
  /** Grows within the room and is never used again. */
  readonly id: number;
  /** Unix milliseconds. */
  readonly time: number;
}

/** The newest messages of a room, as one `get` sees them. */
export interface HistoryView {
  /** Their size as JSON, in bytes of UTF-8. */
  readonly bytes: number;
  /** Their JSON texts joined by commas, oldest first. */
  text(): string;
}

/** What came of an operation, in the room's order. `session` is who asked. `time` is in Unix milliseconds. */
export type Outcome = { readonly session: SessionId } & (
  | { readonly kind: "registered"; readonly name: string; readonly time: number }
  | { readonly kind: "renamed"; readonly oldName: string; readonly name: string; readonly time: number }
  | {
      readonly kind: "name-refused";
      readonly oldName: string | null;
      readonly name: unknown;
      readonly reason: NameRefusalReason;
    }
  | {
      readonly kind: "name-failed";
      readonly oldName: string | null;
      readonly name: unknown;
      readonly error: string;
    }
  | { readonly kind: "sent"; readonly message: Message }
  | { readonly kind: "send-refused"; readonly name: string; readonly content: unknown }
  | { readonly kind: "send-failed"; readonly name: string; readonly content: string; readonly error: string }
  | {
      readonly kind: "got";
      readonly name: string;
      readonly time: number;
      readonly online: readonly string[];
      /** Good only while this outcome is being delivered: it moves on with the room. */
      readonly history: HistoryView;
    }
  | { readonly kind: "get-failed"; readonly name: string; readonly error: string }
  /** A `send` or `get` of somebody without a nickname. */
  | { readonly kind: "unregistered"; readonly request: "send" | "get" }
  | { readonly kind: "refused"; readonly refusal: Refusal }
  | { readonly kind: "ended" }
  /** `name` is null for somebody who never had a nickname: nobody is told. */
  | { readonly kind: "left"; readonly name: string | null; readonly time: number }
);
