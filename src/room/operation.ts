import type { Reaction, Ref } from "../protocol/extension.ts";
import type { PageRequest } from "../protocol/page.ts";
import type { Refusal } from "../protocol/refusal.ts";
import type { Request } from "../protocol/request.ts";
import type { Enactment } from "./action.ts";
import type { ConnectionId } from "./connection-id.ts";
import type { PersonAnswer } from "./kinds/person.ts";
import type { Role } from "./roles.ts";

export type { ConnectionId };

/**
 * The SHA-256, in base64url, of the secret by which a connection of version 3 can be resumed. Rooms and stores hold
 * hashes, never a secret.
 */
export type SessionHash = string;

/** The right to a nickname across connections. */
export interface Session {
  /** The hash of the secret that currently resumes the session. Each resume replaces it. */
  readonly hash: SessionHash;
  /** Identifies the person behind the session. It stays the same through all resumes; keys of sends belong to it. */
  readonly identity: string;
}

/** A message by its values. */
export interface Message {
  readonly name: string;
  readonly content: string;
  /** The time, formatted by the operator's template. */
  readonly timestamp: string;
  /** Increases within the room; an id is never used twice. */
  readonly id: number;
  /** Unix milliseconds. */
  readonly time: number;
  /** The public id of the author; undefined in histories from before there were any. */
  readonly by?: string | undefined;
  /** The id of the message that it replies to. */
  readonly reply?: number | undefined;
  /** Identifies a repeated send. It is stored with the message and never shown. */
  readonly digest?: string | undefined;
}

/** A message as it is now, after all changes to it. */
export interface CurrentMessage extends Message {
  /** When it was edited last, in Unix milliseconds. */
  readonly edited?: number | undefined;
  /** The content is gone, and empty. */
  readonly deleted?: true | undefined;
  /** In the order of the first reaction with each emoji. */
  readonly reactions?: readonly Reaction[] | undefined;
}

/** The kinds of request that the server answers: they do not concern the state of the room. */
export type ServedKind =
  | "identify"
  | "reserve"
  | "claim"
  | "moderate"
  | "room"
  | "report"
  | "review"
  | "enter"
  | "mine"
  | "commands"
  | "tokens"
  | "health";

/** A request as a room receives it: the session's secret has become its hash. */
export type RoomRequest =
  | Exclude<Request, { kind: "resume" | ServedKind }>
  | { readonly kind: "resume"; readonly hash: SessionHash; readonly page: PageRequest };

/** The person at a connection that has said who it is. */
export interface Person {
  /** The public id. */
  readonly id: string;
  /** What the person may do in the room. */
  readonly role: Role;
}

/** Somebody who acts in a room without a place in its roster: a program with a token. */
export interface Guest {
  readonly name: string;
  /** Keys of sends belong to it. */
  readonly identity: string;
  readonly person: Person;
}

/** What the server knows of the one at a connection, besides the person. */
export interface Standing {
  /** The stored hash of the room's password that was given; null if none was. The room may have another one by now. */
  readonly admittedBy: string | null;
  /** Whether a proof of work was given. */
  readonly isProven: boolean;
  /** Since when the chat has known the person, in Unix milliseconds; null for one who has not said who it is. */
  readonly knownSince: number | null;
}

export const STRANGER: Standing = { admittedBy: null, isProven: false, knownSince: null };

/** Pays for the memory of an operation while the operation waits. */
export interface Payer {
  /** Gives back bytes that were charged. */
  release(bytes: number): void;
}

interface Charged {
  /** The memory that the operation takes while it waits, in bytes. */
  readonly size: number;
  readonly payer?: Payer | undefined;
}

/** What enters a room's queue. */
export type Operation = { readonly connection: ConnectionId } & (
  | ({
      readonly kind: "request";
      readonly request: RoomRequest;
      readonly ref?: Ref | undefined;
      /** The hash of the connection's own secret; undefined for a client that cannot resume. */
      readonly sessionHash?: SessionHash | undefined;
      /** Undefined while the connection has not said who is at it. */
      readonly person?: Person | undefined;
      /** Who makes it in place of the connection's member, and as which person. */
      readonly guest?: Guest | undefined;
      /** Keyed hashes of the networks that the connection comes from, the narrowest first. Default: none. */
      readonly networks?: readonly string[] | undefined;
      /** Default: {@link STRANGER}. */
      readonly standing?: Standing | undefined;
    } & Charged)
  /** What came of a request that does not concern the room. It is queued so that replies keep their order. */
  | ({ readonly kind: "answer"; readonly answer: PersonAnswer; readonly ref?: Ref | undefined } & Charged)
  /** A refusal that was decided before the request reached the room. It is queued so that replies keep their order. */
  | ({ readonly kind: "refuse"; readonly refusal: Refusal; readonly ref?: Ref | undefined } & Charged)
  /** The server ends the connection once the outcomes before this one are delivered. */
  | { readonly kind: "end" }
  /**
   * The connection is gone. This is its last operation. `resumable` says that it did not end in good order: a client
   * that can resume keeps its nickname for the grace.
   */
  | { readonly kind: "leave"; readonly resumable: boolean }
  /** The grace of an absent member is over. Only engines create it. */
  | { readonly kind: "expire" }
  /** An action of a moderator takes its place in the order. Only engines create it. Its connection is nobody's. */
  | { readonly kind: "enact"; readonly action: Enactment }
  /**
   * A message is removed. Its connection is nobody's, so that everybody gets the event.
   *
   * `action` is the moderator's action by which it can be restored; null if it is gone for good.
   */
  | { readonly kind: "remove"; readonly of: number; readonly by: string; readonly action: string | null }
  /** The removal of a message is undone. Likewise. */
  | { readonly kind: "restore"; readonly of: number; readonly content: string; readonly by: string }
  /** The person at a connection has said who it is, or has given a proof of work. `by` is null for whoever it was. */
  | { readonly kind: "become"; readonly by: string | null; readonly isProven: boolean }
  /**
   * The server posts a message in somebody's name, or in that of the chat. Likewise. A repeat of a `key` within ten minutes
   * posts nothing.
   */
  | {
      readonly kind: "post";
      readonly message: Pick<Message, "name" | "content" | "by" | "reply">;
      readonly key?: string | undefined;
    }
);

/** What the server itself does in a room. */
export type OwnOperation = Extract<Operation, { kind: "remove" | "restore" | "post" }>;

export function isOwn(operation: Operation): operation is OwnOperation {
  const { kind } = operation;
  return kind === "remove" || kind === "restore" || kind === "post";
}

/** Releases the memory charged for an operation that has its outcome. */
export function settle(operation: Operation): void {
  if ("size" in operation) operation.payer?.release(operation.size);
}
