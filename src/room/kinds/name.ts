/** `name`: a first nickname, or another one. */
import type { NameRefusalReason } from "../../protocol/kinds/name.ts";
import type { ConnectionId, RoomRequest, Session } from "../operation.ts";
import { isDuringRaid, isKnown } from "../permission.ts";
import type { Member } from "../roster.ts";
import { type Asker, authorOf, type RoomState, type RoomView } from "../state.ts";
import type { Decided } from "./decided.ts";
import { noteSender } from "./send.ts";

/** A connection has registered its first nickname. */
export interface Registered extends Decided {
  readonly kind: "registered";
  readonly name: string;
  /** Unix milliseconds. */
  readonly time: number;
  /** Null for a client that cannot resume. */
  readonly session: Session | null;
  /** The public id of the person. */
  readonly by: string;
  readonly networks: readonly string[];
  readonly isKnown: boolean;
}

/** A member has another nickname. */
export interface Renamed extends Decided {
  readonly kind: "renamed";
  readonly oldName: string;
  readonly name: string;
  /** Unix milliseconds. */
  readonly time: number;
  /** The public id of the person. */
  readonly by: string;
}

/** A nickname is in use or malformed. `oldName` is null for a connection without a nickname. */
export interface NameRefused extends Decided {
  readonly kind: "name-refused";
  readonly oldName: string | null;
  /** The requested name: any JSON value. */
  readonly name: unknown;
  readonly reason: NameRefusalReason;
}

/** A nickname could not be stored. `error` is a sentence for a person. */
export interface NameFailed extends Decided {
  readonly kind: "name-failed";
  readonly oldName: string | null;
  readonly name: unknown;
  readonly error: string;
}

type NameRequest = Extract<RoomRequest, { kind: "name" }>;
type MalformedNameRequest = Extract<RoomRequest, { kind: "malformed-name" }>;

export function decideName(
  room: RoomView,
  { name }: NameRequest,
  asker: Asker,
): Registered | (Renamed & { readonly session: Session | null }) | NameRefused {
  const { connection, member, now } = asker;
  const { time } = now;
  const oldName = member?.name ?? null;
  const refused = { kind: "name-refused", connection, oldName, name } as const;
  if (name !== oldName && room.roster.isTaken(name, member)) return { ...refused, reason: "NameAlreadyUsed" };
  if (name !== oldName && !room.isFreeFor(name, asker.person?.id ?? null))
    return { ...refused, reason: "NameReserved" };
  return member === undefined
    ? registration(room, name, asker)
    : {
        kind: "renamed",
        connection,
        oldName: member.name,
        name,
        time,
        by: authorOf(asker, member),
        session: member.session,
      };
}

function registration(room: RoomView, name: string, asker: Asker): Registered {
  const { connection, now } = asker;
  const session = newSession(room, asker);
  const by = asker.person?.id ?? room.authorOf(session?.identity ?? connection);
  const { networks } = asker;
  return {
    kind: "registered",
    connection,
    name,
    time: now.time,
    session,
    by,
    networks,
    isKnown: isKnown(asker, room.moderation.settings()),
  };
}

/** The first hash of a chain of sessions also serves as the identity: it is random, and nobody else knows it. */
function newSession({ notes }: RoomView, { connection, sessionHash: hash }: Asker): Session | null {
  if (hash === undefined) return null;
  const note = notes.get(connection);
  return { hash, identity: note?.kind === "late resume" ? note.identity : hash };
}

export function refuseName({ name }: MalformedNameRequest, connection: ConnectionId, oldName: string | null) {
  return { kind: "name-refused", connection, oldName, name, reason: "WrongFormatName" } as const;
}

export function applyRegistered({ roster, notes, undo, moderation }: RoomState, change: Registered): void {
  const { connection, name, session, by, networks, isKnown, time: joinedAt } = change;
  // Otherwise it would have been refused.
  const isProven = !isKnown && isDuringRaid(moderation, joinedAt);
  if (notes.has(connection)) undo.put(notes, connection, undefined);
  roster.add({ connection, name, session, by, networks, isKnown, isProven, joinedAt });
}

export function applyRenamed(
  state: RoomState,
  { name, by, time }: Renamed,
  member: Member | undefined,
): void {
  if (member === undefined) return;
  state.roster.rename(member, name, by);
  noteSender(state, time, by, member, false);
}
