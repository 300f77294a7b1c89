import type { Ref } from "../protocol/extension.ts";
import type { NameRefusalReason } from "../protocol/kinds/name.ts";
import type { SendRefusalReason } from "../protocol/kinds/send.ts";
import type { Page, PageRequest } from "../protocol/page.ts";
import type { Refusal } from "../protocol/refusal.ts";
import type { Request } from "../protocol/request.ts";
import type { RequestKind } from "../protocol/request-kind.ts";

/** Names one connection for as long as it is in a room. */
export type ConnectionId = string;

/**
 * What a connection of version 3 can be resumed by: the SHA-256 of its secret, in base64url. Rooms and stores hold
 * hashes and never a secret.
 */
export type SessionHash = string;

/** A request as a room is handed it: a secret has become a hash. */
export type RoomRequest =
  | Exclude<Request, { kind: "resume" }>
  | { readonly kind: "resume"; readonly hash: SessionHash; readonly page: PageRequest };

/** Is answerable for what an operation costs while it waits. */
export interface Payer {
  /** So many bytes that were charged wait no longer. */
  release(bytes: number): void;
}

/** What is put into a room's queue. */
export type Operation =
  | {
      readonly kind: "request";
      readonly connection: ConnectionId;
      readonly request: RoomRequest;
      /** What it costs while it waits, in bytes, and who is released of that when it has its outcome. */
      readonly size: number;
      readonly payer?: Payer | undefined;
      readonly ref?: Ref | undefined;
      /** What this connection itself can be resumed by; undefined where it cannot. */
      readonly hash?: SessionHash | undefined;
    }
  /** A refusal that was settled before the room; it passes through the queue so that replies keep their order. */
  | {
      readonly kind: "refuse";
      readonly connection: ConnectionId;
      readonly refusal: Refusal;
      readonly size: number;
      readonly payer?: Payer | undefined;
      readonly ref?: Ref | undefined;
    }
  /** The connection's connection is to be ended when it has the outcomes before this one. */
  | { readonly kind: "end"; readonly connection: ConnectionId }
  /**
   * The connection's connection is gone. The last operation of every connection. `resumable` tells that it did not end in
   * good order: who can resume keeps the nickname for the grace.
   */
  | { readonly kind: "leave"; readonly connection: ConnectionId; readonly resumable: boolean }
  /** The grace of a connection without a connection is over. Only engines make it. */
  | { readonly kind: "expire"; readonly connection: ConnectionId };

/** Releases whoever pays for an operation that has its outcome. */
export function settle(operation: Operation): void {
  if ("size" in operation) operation.payer?.release(operation.size);
}

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
  /** By what the room knows a repeat of it; stored with it and shown to nobody. */
  readonly digest?: string | undefined;
}

/** The newest messages of a room, as one `get` sees them. */
export interface HistoryView {
  /** Their size as JSON, in bytes of UTF-8. */
  readonly bytes: number;
  /** Their JSON texts joined by commas, oldest first, in UTF-8. Shared: it must not be changed. */
  encoded(): Uint8Array;
}

/** The right to a nickname across connections. */
export interface Session {
  /** What the connection that holds it now can be resumed by. */
  readonly hash: SessionHash;
  /** Stays the same over all resumes: whose keys are whose. */
  readonly identity: string;
}

/** What came of an operation, in the room's order. `connection` is who asked. `time` is in Unix milliseconds. */
export type Outcome = { readonly connection: ConnectionId; readonly ref?: Ref | undefined } & (
  | {
      readonly kind: "registered";
      readonly name: string;
      readonly time: number;
      readonly session: Session | null;
    }
  | {
      readonly kind: "renamed";
      readonly oldName: string;
      readonly name: string;
      readonly time: number;
      readonly session: Session | null;
    }
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
  /** A send whose key was seen before. `message` is the one stored then; nobody else is told. */
  | { readonly kind: "repeated"; readonly message: Message }
  | {
      readonly kind: "send-refused";
      readonly name: string;
      readonly content: unknown;
      readonly reason: SendRefusalReason;
    }
  | { readonly kind: "send-failed"; readonly name: string; readonly content: string; readonly error: string }
  | {
      readonly kind: "history";
      readonly name: string;
      readonly time: number;
      readonly online: readonly string[];
      /** Good only while this outcome is being delivered: it moves on with the room. */
      readonly history: HistoryView;
    }
  | {
      readonly kind: "page";
      readonly name: string;
      readonly time: number;
      readonly online: readonly string[];
      readonly page: Page;
    }
  | { readonly kind: "get-failed"; readonly name: string; readonly error: string }
  /** `connection` has taken over the nickname of `from`, which is nobody in the room from here on. */
  | {
      readonly kind: "resumed";
      readonly from: ConnectionId;
      readonly name: string;
      readonly time: number;
      readonly online: readonly string[];
      readonly page: Page;
      readonly session: Session;
      /** What it could be resumed by until now. */
      readonly oldHash: SessionHash;
    }
  | { readonly kind: "resume-refused" }
  | { readonly kind: "typing"; readonly name: string }
  /** A request of somebody without a nickname that needs one. */
  | { readonly kind: "unregistered"; readonly request: RequestKind }
  | { readonly kind: "refused"; readonly refusal: Refusal }
  | { readonly kind: "ended" }
  /** It cannot be said what came of what this connection wanted, or has missed: its client is to connect again. */
  | { readonly kind: "store-lost" }
  /** The connection is gone, and its nickname is kept for the grace. Nobody is told. */
  | { readonly kind: "absent"; readonly name: string }
  /** `name` is null for somebody who had no nickname: nobody is told. */
  | {
      readonly kind: "left";
      readonly name: string | null;
      readonly time: number;
      readonly session: Session | null;
    }
);

/**
 * What a room decides. It is an outcome but for what only the store knows: the page that was asked for, and the message
 * that a key was seen with.
 */
export type Decision =
  | Exclude<Outcome, { kind: "page" | "resumed" | "repeated" }>
  | Asking<Extract<Outcome, { kind: "page" }>>
  | Asking<Extract<Outcome, { kind: "resumed" }>>
  | {
      readonly kind: "repeated";
      readonly connection: ConnectionId;
      readonly ref?: Ref | undefined;
      readonly id: number;
      /** Who repeats what, for when the message cannot be had. */
      readonly name: string;
      readonly content: string;
    };

type Asking<T extends { page: Page }> = Omit<T, "page"> & { readonly page: PageRequest };
