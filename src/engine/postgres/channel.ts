import type { ConnectionId } from "../../room/operation.ts";
import { type Batch, changesOf, encodeChanges, type LogEntry } from "./entry.ts";
import { integerOf, type Row, textOf, textOrNull } from "./rows.ts";

/** The channel that all servers of a chat listen to. */
export const CHANNEL = "chatbox";

/** PostgreSQL takes payloads of less than 8,000 bytes; a batch over it is told by its position only. */
const PAYLOAD_MOST_BYTES = 7_900;

/** What servers tell each other. */
export type Note =
  /** Something has happened in a room. `entry` is null when it must be read from the log. */
  | {
      readonly kind: "entry";
      readonly room: string;
      readonly position: number;
      readonly entry: LogEntry | null;
    }
  /** Somebody is writing. It is not stored, and has no place in the log. */
  | {
      readonly kind: "typing";
      readonly room: string;
      readonly server: string;
      readonly connection: ConnectionId;
    }
  /** A server lives. It hears its own beats too, and knows by them that it hears. */
  | { readonly kind: "beat"; readonly server: string; readonly beat: number }
  /** Messages that were not to be kept any longer are deleted. */
  | { readonly kind: "pruned" }
  /** A server has gone in good order: its people are to be cared for. */
  | { readonly kind: "gone" };

export function encodeEntryNote({ room, position, server, id, follows, changes }: Batch): string {
  const head = { kind: "entry", room, position };
  // The changes are JSON already, so that they are encoded once.
  const whole = `${JSON.stringify({ ...head, server, batch: id, follows }).slice(0, -1)},"changes":${encodeChanges(changes, true)}}`;
  return Buffer.byteLength(whole) <= PAYLOAD_MOST_BYTES ? whole : JSON.stringify(head);
}

export function encodeNote(note: Exclude<Note, { kind: "entry" }>): string {
  if (note.kind !== "typing") return JSON.stringify(note);
  const { connection, ...rest } = note;
  return JSON.stringify({ ...rest, session: connection });
}

/** Reads a note. @returns null for one of a later version. @throws TypeError or SyntaxError when it is none of ours */
export function decodeNote(payload: string): Note | null {
  const value: unknown = JSON.parse(payload);
  if (typeof value !== "object" || value === null) throw new TypeError("A note is an object.");
  const note: Row = { ...value };
  switch (note.kind) {
    case "entry":
      return entryNoteOf(note);
    case "typing":
      return {
        kind: "typing",
        room: textOf(note.room),
        server: textOf(note.server),
        connection: textOf(note.session),
      };
    case "beat":
      return { kind: "beat", server: textOf(note.server), beat: integerOf(note.beat) };
    case "pruned":
    case "gone":
      return { kind: note.kind };
    default:
      return null;
  }
}

function entryNoteOf(note: Row): Note {
  const room = textOf(note.room);
  const position = integerOf(note.position);
  if (note.changes === undefined) return { kind: "entry", room, position, entry: null };
  const changes = changesOf(note.changes);
  // Servers of an earlier version do not tell it.
  const follows = note.follows === undefined ? null : textOrNull(note.follows);
  const entry = { position, server: textOf(note.server), batch: textOf(note.batch), follows, changes };
  return { kind: "entry", room, position, entry };
}
