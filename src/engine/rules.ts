/**
 * What engines must know about each kind of request and decision. Adding a kind to the types makes the build fail here.
 * A kind missing from a table, which the types rule out, is treated in the safe way: decided under the lock, and
 * durable.
 */
import type { MessageChangeKind } from "../protocol/refusal.ts";
import type { Decision } from "../room/decision.ts";
import { changedBy } from "../room/kinds/message-change.ts";
import type { Moment } from "../room/moment.ts";
import {
  type ConnectionId,
  isOwn,
  type Operation,
  type OwnOperation,
  type RoomRequest,
} from "../room/operation.ts";
import { type Room, withRef } from "../room/room.ts";
import { asMember, type Member } from "../room/roster.ts";
import type { Targets } from "../room/state.ts";
import type { FinalDecision } from "./outcome.ts";
import { deleteRecord, editRecord, MessageRecord, reactRecord, type StoredEvent } from "./record.ts";

type RequestOf<K extends RoomRequest["kind"]> = Extract<RoomRequest, { kind: K }>;

interface RequestRules<K extends RoomRequest["kind"]> {
  /**
   * Whether servers that share the room must decide it in one order: always, only if it comes from a member, or never.
   */
  readonly ordered: "always" | "members" | "never";
  /** Whether it may give a nickname to a connection that had none. */
  readonly mayRegister: boolean;
  /** Whether it adds to the history or shows part of it. */
  readonly usesHistory: boolean;
  /**
   * For a request that shows history: whether later operations of its connection wait while the history is read.
   * `without ref`: only if the request has no `ref` by which its reply could be recognised.
   */
  readonly holdsUp: RequestOf<K> extends { readonly page: unknown } ? "always" | "without ref" : null;
  /** The refusal if it could not be carried out; null if the protocol has none. */
  readonly failed: ((request: RequestOf<K>, asker: Failing) => Decision) | null;
  /** The decision in a room whose history cannot be opened, where nobody can register. */
  readonly withoutRoom: (request: RequestOf<K>, connection: ConnectionId) => Decision;
}

interface Failing {
  readonly connection: ConnectionId;
  readonly member: Member | undefined;
  /** One sentence for a person. */
  readonly error: string;
}

const UNOPENED = "This room's history cannot be opened.";

const REQUESTS: { readonly [K in RoomRequest["kind"]]: RequestRules<K> } = {
  name: {
    ordered: "always",
    mayRegister: true,
    usesHistory: false,
    holdsUp: null,
    failed: ({ name }, { connection, member, error }) => {
      return { kind: "name-failed", connection, oldName: member?.name ?? null, name, error };
    },
    withoutRoom: ({ name }, connection) => {
      return { kind: "name-failed", connection, oldName: null, name, error: UNOPENED };
    },
  },
  "malformed-name": {
    ordered: "never",
    mayRegister: false,
    usesHistory: false,
    holdsUp: null,
    failed: null,
    withoutRoom: ({ name }, connection) => {
      return { kind: "name-refused", connection, oldName: null, name, reason: "WrongFormatName" };
    },
  },
  send: {
    ordered: "members",
    mayRegister: false,
    usesHistory: true,
    holdsUp: null,
    failed: ({ content }, { connection, member, error }) =>
      member === undefined
        ? { kind: "unregistered", connection, request: "send" }
        : { kind: "send-failed", connection, name: member.name, content, error },
    withoutRoom: (_, connection) => ({ kind: "unregistered", connection, request: "send" }),
  },
  "malformed-send": {
    ordered: "never",
    mayRegister: false,
    usesHistory: false,
    holdsUp: null,
    failed: null,
    withoutRoom: (_, connection) => ({ kind: "unregistered", connection, request: "send" }),
  },
  get: {
    ordered: "never",
    mayRegister: false,
    usesHistory: true,
    holdsUp: "without ref",
    failed: (_, { connection, member, error }) =>
      member === undefined
        ? { kind: "unregistered", connection, request: "get" }
        : { kind: "get-failed", connection, name: member.name, error },
    withoutRoom: (_, connection) => ({ kind: "unregistered", connection, request: "get" }),
  },
  resume: {
    ordered: "always",
    mayRegister: true,
    usesHistory: true,
    holdsUp: "always",
    failed: null,
    withoutRoom: (_, connection) => ({ kind: "resume-refused", connection }),
  },
  typing: {
    ordered: "never",
    mayRegister: false,
    usesHistory: false,
    holdsUp: null,
    failed: null,
    withoutRoom: (_, connection) => ({ kind: "unregistered", connection, request: "typing" }),
  },
  edit: changeRules("edit"),
  delete: changeRules("delete"),
  react: changeRules("react"),
};

/** The rules of a request to change a message. */
function changeRules<K extends MessageChangeKind>(request: K) {
  return {
    ordered: "members",
    mayRegister: false,
    usesHistory: true,
    holdsUp: null,
    failed: ({ of }: { readonly of: number }, { connection, member, error }: Failing): Decision =>
      member === undefined
        ? { kind: "unregistered", connection, request }
        : { kind: "change-failed", connection, request, of, error },
    withoutRoom: (_: unknown, connection: ConnectionId): Decision => ({
      kind: "unregistered",
      connection,
      request,
    }),
  } as const;
}

interface OperationRules {
  readonly ordered: "always" | "members" | "never";
  /** Whether it must be done even though no client waits for its outcome: later, if it cannot be done now. */
  readonly isRedone: boolean;
  /** Whether the connection must first receive the replies to all its earlier requests, also those that later ones may overtake. */
  readonly waitsForReplies: boolean;
}

/** Whoever has it performed learns what became of it, and decides what then. */
const OWN: OperationRules = { ordered: "always", isRedone: false, waitsForReplies: false };

const OPERATIONS: { readonly [K in Exclude<Operation["kind"], "request">]: OperationRules } = {
  refuse: { ordered: "never", isRedone: false, waitsForReplies: false },
  answer: { ordered: "never", isRedone: false, waitsForReplies: false },
  end: { ordered: "never", isRedone: false, waitsForReplies: true },
  leave: { ordered: "members", isRedone: true, waitsForReplies: false },
  expire: { ordered: "members", isRedone: true, waitsForReplies: false },
  enact: { ordered: "always", isRedone: true, waitsForReplies: false },
  become: { ordered: "members", isRedone: true, waitsForReplies: false },
  remove: OWN,
  restore: OWN,
  post: OWN,
};

/** What each kind of decision writes to the history before it is delivered; null for nothing. */
const RECORDS: {
  readonly [K in Decision["kind"]]: ((decision: Extract<Decision, { kind: K }>) => StoredEvent) | null;
} = {
  registered: null,
  renamed: null,
  "name-refused": null,
  "name-failed": null,
  sent: ({ message }) => MessageRecord.of(message),
  repeated: null,
  "send-refused": null,
  "send-failed": null,
  edited: editRecord,
  "edit-repeated": null,
  deleted: deleteRecord,
  reacted: reactRecord,
  "react-unchanged": null,
  "change-refused": null,
  "change-failed": null,
  answered: null,
  identified: null,
  "identify-refused": null,
  reserved: null,
  "reserve-refused": null,
  claimed: null,
  "claim-refused": null,
  history: null,
  page: null,
  "get-failed": null,
  resumed: null,
  "resume-refused": null,
  typing: null,
  absent: null,
  left: null,
  gone: null,
  enacted: null,
  became: null,
  ignored: null,
  unregistered: null,
  "not-permitted": null,
  refused: null,
  ended: null,
};

/** Whether a decision is written to the history. */
export function isInHistory({ kind }: Decision): boolean {
  return RECORDS[kind] !== null;
}

/** The records that a batch writes to the history. */
export function recordsOf(decisions: readonly Decision[]): StoredEvent[] {
  const records: StoredEvent[] = [];
  for (const decision of decisions) {
    // TypeScript does not see that the rule and the decision are of one kind.
    const recordOf = RECORDS[decision.kind] as ((decision: Decision) => StoredEvent) | null;
    if (recordOf !== null) records.push(recordOf(decision));
  }
  return records;
}

/** Whether an operation shows or changes the history. */
export function usesHistory(operation: Operation): boolean {
  if (isOwn(operation)) return true;
  return operation.kind === "request" && (REQUESTS[operation.request.kind]?.usesHistory ?? true);
}

/** Whether later operations of its connection wait while history is read for an operation. */
export function holdsUpItsConnection(operation: Operation): boolean {
  if (operation.kind !== "request") return false;
  const { holdsUp } = REQUESTS[operation.request.kind];
  return holdsUp === "always" || (holdsUp === "without ref" && operation.ref === undefined);
}

/**
 * Whether history may be shown for an operation that requests it: a connection without a nickname is refused.
 *
 * @param earlier the operations that are decided before it in its batch, which may give it a nickname
 */
export function mayShowHistory(operation: Operation, room: Room, earlier: readonly Operation[]): boolean {
  const isMember = room.maker(operation) !== undefined;
  return (
    isMember || mayRegister(operation, operation) || earlier.some((each) => mayRegister(each, operation))
  );
}

/** Whether an operation must wait for the replies to all earlier requests of its connection. */
export function waitsForReplies(operation: Operation): boolean {
  return operation.kind !== "request" && OPERATIONS[operation.kind].waitsForReplies;
}

/**
 * Whether servers that share a room must decide an operation in one order, because it may change the room.
 *
 * @param batch the operations that are decided together: an earlier one may give its connection a nickname
 */
export function mustBeOrdered(operation: Operation, room: Room, batch: readonly Operation[]): boolean {
  switch (orderOf(operation)) {
    case "always":
      return true;
    case "members":
      return room.maker(operation) !== undefined || batch.some((each) => mayRegister(each, operation));
    case "never":
      return false;
  }
}

function orderOf(operation: Operation): RequestRules<never>["ordered"] {
  const order =
    operation.kind === "request"
      ? REQUESTS[operation.request.kind]?.ordered
      : OPERATIONS[operation.kind]?.ordered;
  return order ?? "always";
}

function mayRegister(operation: Operation, { connection }: Operation): boolean {
  const isRequest = operation.kind === "request" && operation.connection === connection;
  return isRequest && (REQUESTS[operation.request.kind]?.mayRegister ?? true);
}

/**
 * The refusal of an operation that could not be carried out; null if the protocol has none.
 *
 * @param member who makes it
 */
function failureOf(operation: Operation, member: Member | undefined, error: string): Decision | null {
  if (isOwn(operation)) return failureOfOwn(operation, error);
  if (operation.kind !== "request") return null;
  const { connection, request } = operation;
  // TypeScript does not see that the rules and the request are of one kind.
  const failed = REQUESTS[request.kind]?.failed as RequestRules<RoomRequest["kind"]>["failed"];
  const refusal = failed?.(request as never, { connection, member, error });
  return refusal ? withRef(refusal, operation) : null;
}

function failureOfOwn(operation: OwnOperation, error: string): Decision {
  const { connection } = operation;
  if (operation.kind === "post") {
    const { name, content } = operation.message;
    return { kind: "send-failed", connection, name, content, error };
  }
  const request = operation.kind === "remove" ? "delete" : "edit";
  return { kind: "change-failed", connection, request, of: operation.of, error };
}

/** Whether an operation must be done even though no client waits for its outcome: later, if it cannot be done now. */
export function isRedone(operation: Operation): boolean {
  return operation.kind !== "request" && OPERATIONS[operation.kind].isRedone;
}

/** The decision about an operation in a room whose history cannot be opened. */
export function decideWithoutRoom(operation: Operation): Decision {
  const { connection } = operation;
  switch (operation.kind) {
    case "refuse":
      return withRef({ kind: "refused", connection, refusal: operation.refusal }, operation);
    case "answer":
      return withRef(operation.answer, operation);
    case "end":
      return { kind: "ended", connection };
    case "leave":
    case "expire":
    case "enact":
      return { kind: "gone", connection };
    case "remove":
    case "restore":
    case "post":
      return failureOfOwn(operation, UNOPENED);
    case "become":
      return { kind: "ignored", connection };
    case "request": {
      const { request, guest } = operation;
      // Programs have a nickname all the same.
      const refusal = guest && failureOf(operation, asMember(connection, guest), UNOPENED);
      if (refusal) return refusal;
      const rule = REQUESTS[request.kind].withoutRoom as RequestRules<RoomRequest["kind"]>["withoutRoom"];
      return withRef(rule(request as never, connection), operation);
    }
  }
}

/** The ids of the messages that the operations of a batch would change. */
export function targetsOf(batch: readonly Operation[]): number[] {
  const ids = new Set<number>();
  for (const operation of batch) {
    const id =
      operation.kind === "remove" || operation.kind === "restore"
        ? operation.of
        : operation.kind === "request"
          ? changedBy(operation.request)
          : undefined;
    if (id !== undefined) ids.add(id);
  }
  return [...ids];
}

/**
 * Decides a batch. The room's changes can be rolled back until {@link Room.commit}.
 *
 * @param targets the messages that the operations would change
 * @param standing how many reactions stand in the room; null where they are not counted
 */
export function decideAll(
  room: Room,
  batch: readonly Operation[],
  now: Moment,
  targets?: Targets,
  standing: number | null = null,
): Decision[] {
  room.begin(targets, standing);
  return batch.map((operation) => room.decide(operation, now));
}

/**
 * Rolls back a batch that could not be stored and decides it anew. An operation for which `isLost` holds is refused, or
 * loses its connection if the protocol has no refusal for it; the others are decided as usual.
 *
 * @param error one sentence for people; null if nobody knows whether the batch was stored, so that nothing can be
 *   refused
 */
export function decideWithoutStore(
  room: Room,
  batch: readonly Operation[],
  now: Moment,
  isLost: (operation: Operation, found: Decision) => boolean,
  error: string | null,
): FinalDecision[] {
  room.rollback();
  const decisions = batch.map((operation): FinalDecision => {
    const found = room.find(operation, now);
    if (isLost(operation, found)) {
      const refusal = error === null ? null : failureOf(operation, room.maker(operation), error);
      return refusal ?? { kind: "store-lost", connection: operation.connection };
    }
    room.apply(found);
    return found;
  });
  room.commit();
  return decisions;
}
