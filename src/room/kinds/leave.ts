/** The end of a connection, and the end of a grace. */
import type { Session } from "../operation.ts";
import { arrivalOf, type Member } from "../roster.ts";
import type { Asker, RoomState } from "../state.ts";
import type { Decided } from "./decided.ts";

/** The connection is gone, and the nickname is kept for the grace. No event announces it. */
export interface Absent extends Decided {
  readonly kind: "absent";
  readonly name: string;
}

/** A nickname is free again. */
export interface Left extends Decided {
  readonly kind: "left";
  readonly name: string;
  /** Unix milliseconds. */
  readonly time: number;
}

/** A connection that had no nickname is gone. No event announces it. */
export interface Gone extends Decided {
  readonly kind: "gone";
}

export type Leaves = Left & { readonly session: Session | null };

export function decideLeave(asker: Asker, resumable: boolean): Absent | Leaves | Gone {
  const { connection, member } = asker;
  if (member?.session && resumable) return { kind: "absent", connection, name: member.name };
  return leave(asker, member);
}

export function decideExpire(asker: Asker): Leaves | Gone {
  return leave(asker, asker.member?.isAbsent ? asker.member : undefined);
}

function leave({ connection, now: { time } }: Asker, member: Member | undefined): Leaves | Gone {
  return member === undefined
    ? { kind: "gone", connection }
    : { kind: "left", connection, name: member.name, time, session: member.session };
}

export function applyAbsent({ roster }: RoomState, _: Absent, member: Member | undefined): void {
  if (member !== undefined) roster.replace(member, { ...member, isAbsent: true });
}

export function applyLeft(state: RoomState, { connection, time }: Left, member: Member | undefined): void {
  applyGone(state, { kind: "gone", connection });
  if (member === undefined) return;
  state.roster.replace(member, undefined);
  state.undo.note(state.pastMembers.add({ ...arrivalOf(member), leftAt: time }));
  applyNoSession(state, member.session, time);
}

export function applyGone({ notes, undo }: RoomState, { connection }: Gone): void {
  if (notes.has(connection)) undo.put(notes, connection, undefined);
}

/** Moves a session to the past ones, because it is over or was replaced by a resume. @param time Unix milliseconds */
export function applyNoSession({ past, undo }: RoomState, session: Session | null, time: number): void {
  if (session === null) return;
  past.add(session, time);
  undo.note(() => past.delete(session.hash));
}
