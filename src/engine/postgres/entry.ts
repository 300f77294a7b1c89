import type { ConnectionId, Message, Session } from "../../room/operation.ts";
import type { Change, Member } from "../../room/room.ts";
import { integerOf, textOf, textOrNull } from "./rows.ts";

/** A batch as the other servers hear of it: what has changed in a room, in order. */
export interface LogEntry {
  /** The room's entries are numbered from 1 on, without gaps. */
  readonly position: number;
  /** Who decided it, and under which id of its own. */
  readonly server: string;
  readonly batch: string;
  /** The batch of the entry before it; null where that is not known. */
  readonly follows: string | null;
  readonly changes: readonly EntryChange[];
}

/** A change as an entry has it: without what only the deciding server knows. */
export type EntryChange =
  | {
      readonly kind: "registered";
      readonly connection: ConnectionId;
      readonly name: string;
      readonly time: number;
      readonly session: Session | null;
    }
  | {
      readonly kind: "renamed";
      readonly connection: ConnectionId;
      readonly oldName: string;
      readonly name: string;
      readonly time: number;
    }
  | { readonly kind: "sent"; readonly connection: ConnectionId; readonly message: Message }
  | {
      readonly kind: "resumed";
      readonly connection: ConnectionId;
      readonly from: ConnectionId;
      readonly name: string;
      readonly time: number;
      readonly session: Session;
    }
  | { readonly kind: "absent"; readonly connection: ConnectionId; readonly name: string }
  | {
      readonly kind: "left";
      readonly connection: ConnectionId;
      readonly name: string;
      readonly time: number;
    };

/** A batch as it is written. */
export interface Batch {
  readonly room: string;
  readonly server: string;
  readonly id: string;
  /** The batch before it, null where that is not known. */
  readonly follows: string | null;
  readonly position: number;
  readonly lastId: number;
  readonly lastPlace: number;
  readonly changes: readonly Change[];
  /** Sessions whose rows are replaced, and the members that they are now. */
  readonly touched: readonly ConnectionId[];
  readonly members: readonly Member[];
  /** Unix milliseconds: keys of messages before this may be used again. */
  readonly keysSince: number;
}

/** Messages by their ids, for entries that only point at them. */
export type Messages = ReadonlyMap<number, Message>;

/** The changes as compact JSON. @param withContents else a message is only pointed at, by its id */
export function encodeChanges(changes: readonly Change[], withContents: boolean): string {
  return JSON.stringify(changes.flatMap((change) => encoded(change, withContents)));
}

function encoded(change: Change, withContents: boolean): unknown[][] {
  const { connection } = change;
  switch (change.kind) {
    case "registered":
      return [["registered", connection, change.name, change.time, ...sessionFields(change.session)]];
    case "renamed":
      return [["renamed", connection, change.oldName, change.name, change.time]];
    case "sent": {
      const { id, name, content, timestamp, time, digest } = change.message;
      return [
        withContents
          ? ["sent", connection, id, name, content, timestamp, time, digest ?? null]
          : ["sent", connection, id],
      ];
    }
    case "resumed":
      return [
        ["resumed", connection, change.from, change.name, change.time, ...sessionFields(change.session)],
      ];
    case "absent":
      return [["absent", connection, change.name]];
    case "left":
      return change.name === null ? [] : [["left", connection, change.name, change.time]];
  }
}

/**
 * Reads changes.
 *
 * @param list parsed JSON
 * @param messages those that are only pointed at; one that is not there any more is left out
 * @throws TypeError when the list is none of ours
 */
export function changesOf(list: unknown, messages: Messages = new Map()): EntryChange[] {
  if (!Array.isArray(list)) throw new TypeError("An entry is a list of changes.");
  return list.flatMap((each: unknown) => {
    if (!Array.isArray(each)) throw new TypeError("A change is a list.");
    const change = decoded(each, messages);
    return change === null ? [] : [change];
  });
}

function decoded(fields: readonly unknown[], messages: Messages): EntryChange | null {
  const [kind, who, a, b, c, d, e] = fields;
  const connection = textOf(who);
  switch (kind) {
    case "registered":
      return { kind, connection, name: textOf(a), time: integerOf(b), session: sessionOf(c, d) };
    case "renamed":
      return { kind, connection, oldName: textOf(a), name: textOf(b), time: integerOf(c) };
    case "sent": {
      const message = fields.length > 3 ? messageOf(fields) : messages.get(integerOf(a));
      return message === undefined ? null : { kind, connection, message };
    }
    case "resumed":
      return {
        kind,
        connection,
        from: textOf(a),
        name: textOf(b),
        time: integerOf(c),
        session: { hash: textOf(d), identity: textOf(e) },
      };
    case "absent":
      return { kind, connection, name: textOf(a) };
    case "left":
      return { kind, connection, name: textOf(a), time: integerOf(b) };
    default:
      throw new TypeError("A change of an unknown kind.");
  }
}

/** The ids of messages that changes only point at. */
export function pointedAt(list: unknown): number[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((each: unknown) =>
    Array.isArray(each) && each[0] === "sent" && each.length === 3 ? [integerOf(each[2])] : [],
  );
}

function messageOf([, , id, name, content, timestamp, time, key]: readonly unknown[]): Message {
  const message = {
    id: integerOf(id),
    name: textOf(name),
    content: textOf(content),
    timestamp: textOf(timestamp),
    time: integerOf(time),
  };
  const digest = textOrNull(key);
  return digest === null ? message : { ...message, digest };
}

function sessionFields(session: Session | null): string[] {
  return session === null ? [] : [session.hash, session.identity];
}

function sessionOf(hash: unknown, identity: unknown): Session | null {
  return hash === undefined ? null : { hash: textOf(hash), identity: textOf(identity) };
}
