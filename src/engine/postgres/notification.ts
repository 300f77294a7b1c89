import type { ConnectionId } from "../../room/operation.ts";
import { type Batch, changesOf, encodeChanges, type LogEntry } from "./entry.ts";
import { integerOf, type Row, textOf, textOrNull } from "./rows.ts";

/** The channel of PostgreSQL that all servers of a chat listen on. */
export const CHANNEL = "chatbox";

/** PostgreSQL takes payloads of less than 8,000 bytes; of a batch over this size only the position is notified. */
const PAYLOAD_MAX_BYTES = 7_900;

/** What servers notify each other about. */
export type PeerNotification =
  /** A batch was committed in a room. `entry` is null if it must be read from the log. */
  | {
      readonly kind: "entry";
      readonly room: string;
      readonly position: number;
      readonly entry: LogEntry | null;
    }
  /** A member is typing. This is not stored and not in the log. */
  | {
      readonly kind: "typing";
      readonly room: string;
      readonly server: string;
      readonly connection: ConnectionId;
    }
  /** A server is alive. It receives its own beats too, and knows by them that its subscription works. */
  | { readonly kind: "beat"; readonly server: string; readonly beat: number }
  /** Expired messages were deleted. */
  | { readonly kind: "pruned" }
  /** A server has left in good order: the other servers take over its members. */
  | { readonly kind: "gone" }
  /** Roles, reserved nicknames or the owner code were changed. */
  | { readonly kind: "people" }
  /** A moderator has done something, or something waits for one. */
  | { readonly kind: "moderation" }
  /** A webhook was created, changed or removed. */
  | { readonly kind: "webhooks" };

type Kind = PeerNotification["kind"];
type NotificationOf<K extends Kind> = {
  [P in K]: { readonly kind: P } & Extract<PeerNotification, { kind: P }>;
}[K];
/** The kinds that are not written from a batch. */
type PlainKind = Exclude<Kind, "entry">;

/** How each kind is written: as the fields of a JSON object, besides its `kind`. */
const ENCODERS: { readonly [K in PlainKind]: (notification: NotificationOf<K>) => Row } = {
  typing: ({ room, server, connection }) => ({ room, server, session: connection }),
  beat: ({ server, beat }) => ({ server, beat }),
  pruned: () => ({}),
  gone: () => ({}),
  people: () => ({}),
  moderation: () => ({}),
  webhooks: () => ({}),
};

/** How each kind is read. Fields that are not known are ignored. */
const DECODERS: { readonly [K in Kind]: (fields: Row) => NotificationOf<K> } = {
  entry: (fields) => ({ ...placeOf(fields), entry: entryOf(fields) }),
  typing: ({ room, server, session }) => ({
    kind: "typing",
    room: textOf(room),
    server: textOf(server),
    connection: textOf(session),
  }),
  beat: ({ server, beat }) => ({ kind: "beat", server: textOf(server), beat: integerOf(beat) }),
  pruned: () => ({ kind: "pruned" }),
  gone: () => ({ kind: "gone" }),
  people: () => ({ kind: "people" }),
  moderation: () => ({ kind: "moderation" }),
  webhooks: () => ({ kind: "webhooks" }),
};

/** What the changes of an entry follow in its payload. */
const CHANGES = ',"changes":';

/** Writes the notification of a batch. Its server comes first and its changes last: see {@link isOwnEntry}. */
export function encodeEntryNotification({ room, position, server, id, follows, changes }: Batch): string {
  const place = { kind: "entry", server, room, position };
  // The changes are JSON already, so that they are encoded only once.
  const whole = `${JSON.stringify({ ...place, batch: id, follows }).slice(0, -1)}${CHANGES}${encodeChanges(changes, true)}}`;
  return Buffer.byteLength(whole) <= PAYLOAD_MAX_BYTES ? whole : JSON.stringify(place);
}

export function encodeNotification<K extends PlainKind>(notification: NotificationOf<K>): string {
  const { kind } = notification;
  return JSON.stringify({ kind, ...ENCODERS[kind](notification) });
}

/**
 * Reads a notification. The server's own entries are read without their changes, which it knows; if it does not know
 * whether a commit succeeded, it reads them from the log.
 *
 * @param own the id of the server that reads
 * @returns null for a kind of a later version
 * @throws TypeError or SyntaxError if this is not a notification of a server
 */
export function decodeNotification(payload: string, own: string): PeerNotification | null {
  if (isOwnEntry(payload, own)) return { ...placeOf(fieldsOf(withoutChanges(payload))), entry: null };
  const fields = fieldsOf(payload);
  const { kind } = fields;
  return isKnown(kind) ? DECODERS[kind](fields) : null;
}

/** Whether this is an entry that the server itself has notified, as {@link encodeEntryNotification} writes it. */
function isOwnEntry(payload: string, own: string): boolean {
  return payload.startsWith(`{"kind":"entry","server":${JSON.stringify(own)},`);
}

/**
 * An entry of the server itself, up to its changes. No JSON string contains what they follow: its quotes would be
 * escaped.
 */
function withoutChanges(payload: string): string {
  const at = payload.indexOf(CHANGES);
  return at < 0 ? payload : `${payload.slice(0, at)}}`;
}

function fieldsOf(json: string): Row {
  const value: unknown = JSON.parse(json);
  if (typeof value !== "object" || value === null) throw new TypeError("A notification is an object.");
  return { ...value };
}

function isKnown(kind: unknown): kind is Kind {
  return typeof kind === "string" && Object.hasOwn(DECODERS, kind);
}

function placeOf({ room, position }: Row) {
  return { kind: "entry", room: textOf(room), position: integerOf(position) } as const;
}

/** The entry that a notification holds; null if it only has a position. */
function entryOf({ position, server, batch, follows, changes }: Row): LogEntry | null {
  if (changes === undefined) return null;
  return {
    position: integerOf(position),
    server: textOf(server),
    batch: textOf(batch),
    // Servers of an earlier version do not write it.
    follows: follows === undefined ? null : textOrNull(follows),
    changes: changesOf(changes),
  };
}
