/** `resume`: another connection takes over a nickname. */
import type { PageRequest } from "../../protocol/page.ts";
import type { ConnectionId, RoomRequest, Session, SessionHash } from "../operation.ts";
import type { Present } from "../roster.ts";
import type { Asker, RoomState, RoomView } from "../state.ts";
import type { Decided } from "./decided.ts";
import { applyNoSession } from "./leave.ts";

/** `connection` has taken over the nickname of `from`, which has no nickname from here on. */
export interface Resumed extends Decided {
  readonly kind: "resumed";
  readonly from: ConnectionId;
  readonly name: string;
  /** Unix milliseconds. */
  readonly time: number;
  readonly session: Session;
  /** The public id of the person. */
  readonly by: string;
  /** Keyed hashes of the networks that the person comes from now, narrowest first. */
  readonly networks: readonly string[];
}

/**
 * A resume as decided by the server of the new connection: with what the reply shows, and the session's previous hash.
 */
export interface Resumes extends Resumed {
  readonly online: readonly string[];
  readonly present: readonly Present[];
  readonly page: PageRequest;
  readonly oldHash: SessionHash;
}

/** No member has that session. `identity` is the one that recently had it, if any. */
export interface ResumeRefused extends Decided {
  readonly kind: "resume-refused";
  readonly identity?: string | undefined;
}

type ResumeRequest = Extract<RoomRequest, { kind: "resume" }>;

export function decideResume(
  { roster, past, authorOf }: RoomView,
  { hash: oldHash, page }: ResumeRequest,
  { connection, member, sessionHash: hash, person, networks, now: { time } }: Asker,
): Resumes | ResumeRefused {
  const holder = roster.withSession(oldHash);
  if (member !== undefined) return { kind: "resume-refused", connection };
  if (holder === undefined || hash === undefined)
    return { kind: "resume-refused", connection, identity: past.identityOf(oldHash, time) };
  const { connection: from, name } = holder;
  // A session proves the stay, not the person: a token may be over, and a role taken away.
  const by = person?.id ?? authorOf(holder.session.identity);
  const session = { hash, identity: holder.session.identity };
  const { online, present } = roster;
  return {
    kind: "resumed",
    connection,
    from,
    name,
    time,
    online,
    present,
    page,
    session,
    oldHash,
    by,
    networks,
  };
}

export function applyResumed(
  state: RoomState,
  { connection, from, session, time, by, networks }: Resumed,
): void {
  const { roster, notes, undo } = state;
  if (notes.has(connection)) undo.put(notes, connection, undefined);
  const member = roster.of(from);
  if (member === undefined) return;
  if (!member.isAbsent && state.isHere(from)) undo.put(notes, from, { kind: "superseded" });
  roster.replace(member, { ...member, connection, session, by, networks, isAbsent: false });
  // A client that missed the reply may know only the old session: it must still be recognised by that one.
  applyNoSession(state, member.session, time);
}

export function applyResumeRefused({ notes, undo }: RoomState, refused: ResumeRefused): void {
  const { connection, identity } = refused;
  if (identity !== undefined) undo.put(notes, connection, { kind: "late resume", identity });
}
