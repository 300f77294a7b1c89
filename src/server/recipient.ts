import type { Page } from "../protocol/page.ts";
import type { ConnectionId } from "../room/operation.ts";
import type { Present } from "../room/roster.ts";
import type { Dialect } from "./dialect.ts";

/** Takes the events of a room. */
export interface EventSink {
  /** Takes whole frames. The bytes may be shared with other sinks and must not change afterwards. */
  write(frames: Uint8Array): void;
  /** Whether it takes compressed messages. */
  readonly deflates: boolean;
}

/** Why the server ends a recipient: a flood, another connection that has resumed it, a lost store, or a restart. */
export type RecipientEnd = "flood" | "resumed" | "store-lost" | "restart";

/** What outcomes are delivered to: a connection, or anything else that makes requests to a room or hears its events. */
export interface Recipient {
  readonly id: ConnectionId;
  readonly room: string;
  /** What it counts as: the same object for all of one address. */
  readonly address?: object;
  /** How everything for it is written. */
  readonly dialect: Dialect;
  /** The server itself asks: nobody needs to read about it in the log. */
  readonly isOwn?: boolean;
  /** The nickname, null before there is one. */
  readonly name: string | null;
  /** The secret by which its client can resume; empty if it cannot. */
  readonly secret: string;
  /** Takes the events that are the same for all; null when it hears none any more. */
  readonly sink: EventSink | null;
  /** The room has given it a nickname. */
  named(as: Present): void;
  /** The room keeps it from writing, or does not any more. */
  keptOut?(isKeptOut: boolean): void;
  /**
   * It is shown a page. Missing for one that hears of the room as a member.
   *
   * @returns whether it hears the events that follow the page
   */
  shown?(page: Page): boolean;
  /**
   * Reserves memory for a reply with history.
   *
   * @returns the reason to refuse the reply instead, else null
   */
  historyRefusal(bytes: number): "TooManyRequests" | "ErrorWhenGet" | null;
  /** Takes its replies of a batch and the events between them: whole frames, in pieces. */
  write(pieces: readonly Uint8Array[]): void;
  end(cause: RecipientEnd): void;
}
