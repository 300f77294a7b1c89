import type { Enactment } from "../../room/action.ts";
import type { Change, DecidedChange } from "../../room/decision.ts";
import type { ConnectionId, CurrentMessage, Message } from "../../room/operation.ts";
import type { Member } from "../../room/roster.ts";
import { type MessageRecord, type StoredEvent, stayAuthor } from "../record.ts";
import { booleanOf, integerOf, textOf, textsOf } from "./rows.ts";

/** A batch as the other servers learn of it: what has changed in a room, in order. */
export interface LogEntry {
  /** The entries of a room are numbered from 1, without gaps. */
  readonly position: number;
  /** The server that decided the batch, and the id that it gave the batch. */
  readonly server: string;
  readonly batch: string;
  /** The batch of the entry before this one; null if that is not known. */
  readonly follows: string | null;
  readonly changes: readonly Change[];
}

/** A batch as it is written. */
export interface Batch {
  readonly room: string;
  readonly server: string;
  readonly id: string;
  /** The batch before it; null if that is not known. */
  readonly follows: string | null;
  readonly position: number;
  readonly lastId: number;
  readonly lastPlace: number;
  readonly changes: readonly DecidedChange[];
  /** What of them is stored in the history. */
  readonly records: readonly StoredEvent[];
  /** The earlier messages that they change, as they are before, by id. */
  readonly messages: ReadonlyMap<number, MessageRecord>;
  /** Connections whose rows are replaced, and the members that they are now. */
  readonly touched: readonly ConnectionId[];
  readonly members: readonly Member[];
  /** Unix milliseconds: keys of what was sent before this time may be used again. */
  readonly keysSince: number;
}

/** Messages as they are now, by their ids, for entries that only point at them. */
export type Messages = ReadonlyMap<number, CurrentMessage>;

type Kind = DecidedChange["kind"];
type ChangeOf<K extends Kind> = { [P in K]: { readonly kind: P } & Extract<Change, { kind: P }> }[K];
/** The elements of a change behind its kind: the connection that it is about, and then what the kind has. */
type Fields = readonly unknown[];

interface Codec<K extends Kind> {
  encode(change: ChangeOf<K>, withContents: boolean): Fields;
  decode(fields: Fields, messages: Messages): Extract<Change, { kind: K | "skipped" }>;
}

/**
 * How each kind of change is written: as a list of its kind and its fields. Servers of different versions read each other's
 * lists (docs/decisions/0025-unknown-changes-are-skipped.md), so these rules hold for every kind, now and later:
 *
 * - A change that takes an id of the room's sequence has it as its third element. Any other has no integer there.
 * - A field keeps its place and meaning. New fields go behind those that are there; a field that is left out before them is
 *   null. Fields that are not known are ignored.
 * - The log has no content of a message or an edit: what is gone from the row of the message is gone.
 */
const CODECS: { readonly [K in Kind]: Codec<K> } = {
  registered: {
    encode: ({ connection, name, time, session, by, networks, isKnown }) => [
      connection,
      name,
      time,
      session?.hash ?? null,
      session?.identity ?? null,
      by,
      networks,
      isKnown,
    ],
    decode: ([connection, name, time, hash, identity, by, networks, isKnown]) => {
      const session = isLeftOut(hash) ? null : { hash: textOf(hash), identity: textOf(identity) };
      return {
        kind: "registered",
        connection: textOf(connection),
        name: textOf(name),
        time: integerOf(time),
        session,
        // Servers of an earlier version do not write it.
        by: optionalText(by) ?? stayAuthor(session?.identity ?? textOf(connection)),
        networks: optionalTexts(networks),
        isKnown: isLeftOut(isKnown) || booleanOf(isKnown),
      };
    },
  },
  renamed: {
    encode: ({ connection, oldName, name, time, by }) => [connection, oldName, name, time, by],
    decode: ([connection, oldName, name, time, by]) => ({
      kind: "renamed",
      connection: textOf(connection),
      oldName: textOf(oldName),
      name: textOf(name),
      time: integerOf(time),
      by: optionalText(by) ?? stayAuthor(textOf(connection)),
    }),
  },
  sent: {
    encode: ({ connection, message }, withContents) =>
      withContents ? [connection, ...messageFields(message)] : [connection, message.id],
    decode: (fields, messages) => {
      const id = integerOf(fields[1]);
      const message = isPointer(fields) ? messages.get(id) : messageOf(fields);
      if (message === undefined) return { kind: "skipped", id };
      return { kind: "sent", connection: textOf(fields[0]), message };
    },
  },
  edited: {
    encode: ({ connection, id, of, time, by, content, digest, isRestored }, withContents) => [
      connection,
      id,
      of,
      time,
      by,
      withContents ? content : null,
      digest ?? null,
      ...(isRestored ? [true] : []),
    ],
    decode: ([connection, id, of, time, by, content, digest, isRestored], messages) => {
      const newest = isLeftOut(content) ? messages.get(integerOf(of)) : undefined;
      // There is nothing to show of an edit whose message is gone.
      if (isLeftOut(content) && (newest === undefined || newest.deleted))
        return { kind: "skipped", id: integerOf(id) };
      return {
        kind: "edited",
        ...changeOf([connection, id, of, time, by]),
        // Later edits, if there are any, come behind it.
        content: newest?.content ?? textOf(content),
        digest: optionalText(digest),
        ...(isRestored === true ? { isRestored } : {}),
      };
    },
  },
  deleted: {
    encode: ({ connection, id, of, time, by }) => [connection, id, of, time, by],
    decode: (fields) => ({ kind: "deleted", ...changeOf(fields) }),
  },
  reacted: {
    encode: ({ connection, id, of, time, by, name, emoji, on, count }) => [
      connection,
      id,
      of,
      time,
      by,
      name,
      emoji,
      on,
      count,
    ],
    decode: (fields) => {
      const [, , , , , name, emoji, on, count] = fields;
      return {
        kind: "reacted",
        ...changeOf(fields),
        name: textOf(name),
        emoji: textOf(emoji),
        on: booleanOf(on),
        count: integerOf(count),
      };
    },
  },
  resumed: {
    encode: ({ connection, from, name, time, session, by, networks }) => [
      connection,
      from,
      name,
      time,
      session.hash,
      session.identity,
      by,
      networks,
    ],
    decode: ([connection, from, name, time, hash, identity, by, networks]) => ({
      kind: "resumed",
      connection: textOf(connection),
      from: textOf(from),
      name: textOf(name),
      time: integerOf(time),
      session: { hash: textOf(hash), identity: textOf(identity) },
      by: optionalText(by) ?? stayAuthor(textOf(identity)),
      networks: optionalTexts(networks),
    }),
  },
  absent: {
    encode: ({ connection, name }) => [connection, name],
    decode: ([connection, name]) => ({
      kind: "absent",
      connection: textOf(connection),
      name: textOf(name),
    }),
  },
  left: {
    encode: ({ connection, name, time }) => [connection, name, time],
    decode: ([connection, name, time]) => ({
      kind: "left",
      connection: textOf(connection),
      name: textOf(name),
      time: integerOf(time),
    }),
  },
  became: {
    encode: ({ connection, by, isProven }) => [connection, by, isProven],
    decode: ([connection, by, isProven]) => ({
      kind: "became",
      connection: textOf(connection),
      by: textOf(by),
      isProven: booleanOf(isProven),
    }),
  },
  enacted: {
    encode: ({ connection, action }) => [connection, action],
    decode: ([connection, action]) => ({
      kind: "enacted",
      connection: textOf(connection),
      action: enactmentFrom(action),
    }),
  },
};

/** Writes changes as compact JSON. @param withContents false to only point at messages, by their ids */
export function encodeChanges(changes: readonly DecidedChange[], withContents: boolean): string {
  return JSON.stringify(changes.map((change) => encoded(change, withContents)));
}

function encoded<K extends Kind>(change: ChangeOf<K>, withContents: boolean): Fields {
  return [change.kind, ...CODECS[change.kind].encode(change, withContents)];
}

/**
 * Reads changes. Those of unknown kinds are skipped: one that takes an id gives `skipped`, any other gives nothing.
 *
 * @param list parsed JSON
 * @param messages the messages that changes only point at
 * @throws TypeError if this is not a list of changes, or a known kind of change lacks a field
 */
export function changesOf(list: unknown, messages: Messages = new Map()): Change[] {
  if (!Array.isArray(list)) throw new TypeError("A log entry is a list of changes.");
  return list.flatMap((each: unknown) => decoded(each, messages));
}

function decoded(change: unknown, messages: Messages): Change[] {
  if (!Array.isArray(change)) throw new TypeError("A change is a list.");
  const [kind, ...fields]: unknown[] = change;
  if (isKnown(kind)) return [CODECS[kind].decode(fields, messages)];
  const [, id] = fields;
  return Number.isSafeInteger(id) ? [{ kind: "skipped", id: integerOf(id) }] : [];
}

function isKnown(kind: unknown): kind is Kind {
  return typeof kind === "string" && Object.hasOwn(CODECS, kind);
}

/** The ids of messages that changes only point at. @param list parsed JSON, as for {@link changesOf} */
export function pointedAt(list: unknown): number[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((change: unknown) => {
    if (!Array.isArray(change)) return [];
    const [kind, ...fields]: unknown[] = change;
    if (kind === "sent" && isPointer(fields)) return [integerOf(fields[1])];
    if (kind === "edited" && isLeftOut(fields[5])) return [integerOf(fields[2])];
    return [];
  });
}

/** The ids of actions among changes. @param list parsed JSON, as for {@link changesOf} */
export function enactedIn(list: unknown): string[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((change: unknown) =>
    Array.isArray(change) && change[0] === "enacted" ? [enactmentFrom(change[2]).id] : [],
  );
}

function isPointer([, , name]: Fields): boolean {
  return isLeftOut(name);
}

function isLeftOut(field: unknown): boolean {
  return field === undefined || field === null;
}

function messageFields({ id, name, content, timestamp, time, digest, by, reply }: Message): Fields {
  return [id, name, content, timestamp, time, digest ?? null, by ?? null, reply ?? null];
}

function messageOf([, id, name, content, timestamp, time, key, by, reply]: Fields): Message {
  return {
    id: integerOf(id),
    name: textOf(name),
    content: textOf(content),
    timestamp: textOf(timestamp),
    time: integerOf(time),
    by: optionalText(by),
    reply: isLeftOut(reply) ? undefined : integerOf(reply),
    digest: optionalText(key),
  };
}

/** What all changes to messages begin with. */
function changeOf([connection, id, of, time, by]: Fields) {
  return {
    connection: textOf(connection),
    id: integerOf(id),
    of: integerOf(of),
    time: integerOf(time),
    by: textOf(by),
  };
}

/** An action as it was written. Its form is checked as far as a room depends on it. */
function enactmentFrom(value: unknown): Enactment {
  if (typeof value !== "object" || value === null || !("id" in value) || !("kind" in value))
    throw new TypeError("An action is an object with an id and a kind.");
  textOf(value.id);
  textOf(value.kind);
  return value as Enactment;
}

/** Servers of an earlier version write no such list. */
function optionalTexts(field: unknown): readonly string[] {
  return isLeftOut(field) ? [] : textsOf(field);
}

function optionalText(field: unknown): string | undefined {
  return isLeftOut(field) ? undefined : textOf(field);
}
