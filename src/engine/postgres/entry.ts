import type { Lease, Message, SessionId } from "../../room/operation.ts";
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
      readonly session: SessionId;
      readonly name: string;
      readonly time: number;
      readonly lease: Lease | null;
    }
  | {
      readonly kind: "renamed";
      readonly session: SessionId;
      readonly oldName: string;
      readonly name: string;
      readonly time: number;
    }
  | { readonly kind: "sent"; readonly session: SessionId; readonly message: Message }
  | {
      readonly kind: "resumed";
      readonly session: SessionId;
      readonly from: SessionId;
      readonly name: string;
      readonly time: number;
      readonly lease: Lease;
    }
  | { readonly kind: "absent"; readonly session: SessionId; readonly name: string }
  | { readonly kind: "left"; readonly session: SessionId; readonly name: string; readonly time: number };

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
  readonly touched: readonly SessionId[];
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
  const { session } = change;
  switch (change.kind) {
    case "registered":
      return [["registered", session, change.name, change.time, ...leaseFields(change.lease)]];
    case "renamed":
      return [["renamed", session, change.oldName, change.name, change.time]];
    case "sent": {
      const { id, name, content, timestamp, time, key } = change.message;
      return [
        withContents
          ? ["sent", session, id, name, content, timestamp, time, key ?? null]
          : ["sent", session, id],
      ];
    }
    case "resumed":
      return [["resumed", session, change.from, change.name, change.time, ...leaseFields(change.lease)]];
    case "absent":
      return [["absent", session, change.name]];
    case "left":
      return change.name === null ? [] : [["left", session, change.name, change.time]];
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
  const session = textOf(who);
  switch (kind) {
    case "registered":
      return { kind, session, name: textOf(a), time: integerOf(b), lease: leaseOf(c, d) };
    case "renamed":
      return { kind, session, oldName: textOf(a), name: textOf(b), time: integerOf(c) };
    case "sent": {
      const message = fields.length > 3 ? messageOf(fields) : messages.get(integerOf(a));
      return message === undefined ? null : { kind, session, message };
    }
    case "resumed":
      return {
        kind,
        session,
        from: textOf(a),
        name: textOf(b),
        time: integerOf(c),
        lease: { proof: textOf(d), person: textOf(e) },
      };
    case "absent":
      return { kind, session, name: textOf(a) };
    case "left":
      return { kind, session, name: textOf(a), time: integerOf(b) };
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
  return digest === null ? message : { ...message, key: digest };
}

function leaseFields(lease: Lease | null): string[] {
  return lease === null ? [] : [lease.proof, lease.person];
}

function leaseOf(proof: unknown, person: unknown): Lease | null {
  return proof === undefined ? null : { proof: textOf(proof), person: textOf(person) };
}
