import type { Moment } from "./moment.ts";
import type { ConnectionId, SessionHash } from "./operation.ts";
import type { PastSessions } from "./past-sessions.ts";
import type { Member, Roster, StoredMember } from "./roster.ts";
import type { SendKeys } from "./send-keys.ts";
import type { Undo } from "./undo.ts";

/**
 * What a room knows of a connection without a nickname, until the connection is gone: that another connection has resumed
 * its session, so that nothing more is taken from it (RES-2); or who is behind it, after a resume that came too late.
 */
export type ConnectionNote =
  | { readonly kind: "superseded" }
  | { readonly kind: "late resume"; readonly identity: string };

/** What a room shares with the engine that created it, or is given by it. */
export interface RoomSurroundings {
  readonly past: PastSessions;
  readonly keys: SendKeys;
  readonly notes: Map<ConnectionId, ConnectionNote>;
  /** A short text that is equal for two pairs of an identity and a key only if the pairs are. It reveals neither. */
  readonly digest: (identity: string, key: string) => string;
  /** Whether a connection is at this server, whose room will learn of its end. */
  readonly isHere: (connection: ConnectionId) => boolean;
}

/** What a room begins with. */
export interface RoomStart extends RoomSurroundings {
  /** The highest id ever given in this room's history, 0 for none. */
  readonly lastId: number;
  /** The last place that was given in the roster. */
  readonly lastPlace: number;
  /** The members that there are already, in the order of their places. */
  readonly members: readonly StoredMember[];
}

/** The state of a room. Rules of requests read it; rules of changes write it, and note in `undo` how to take that back. */
export interface RoomState extends RoomSurroundings {
  readonly roster: Roster;
  readonly undo: Undo;
  /** The highest id given in the history. */
  lastId: number;
}

/** The state as rules that only decide may see it. */
export interface RoomView extends Readonly<Omit<RoomState, "undo" | "roster" | "keys" | "past" | "notes">> {
  readonly roster: Pick<Roster, "of" | "withSession" | "isTaken" | "online">;
  readonly keys: Pick<SendKeys, "idOf">;
  readonly past: Pick<PastSessions, "identityOf">;
  readonly notes: ReadonlyMap<ConnectionId, ConnectionNote>;
}

/** Who makes a request, and when. */
export interface Asker {
  readonly connection: ConnectionId;
  /** Undefined while the connection has no nickname. */
  readonly member: Member | undefined;
  /** Of the connection's own secret; undefined for a client that cannot resume. */
  readonly sessionHash: SessionHash | undefined;
  readonly now: Moment;
}
