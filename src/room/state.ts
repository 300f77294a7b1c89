import type { Action, SanctionKind } from "./action.ts";
import type { ChangeLimits } from "./change-limits.ts";
import type { Moment } from "./moment.ts";
import type { ConnectionId, Person, SessionHash, Standing } from "./operation.ts";
import type { Arrival, PastMembers } from "./past-members.ts";
import type { PastSessions } from "./past-sessions.ts";
import type { Role } from "./roles.ts";
import type { RoomSettings } from "./room-settings.ts";
import type { Member, Roster, StoredMember } from "./roster.ts";
import type { SendKeys } from "./send-keys.ts";
import type { Sends } from "./sends.ts";
import type { Undo } from "./undo.ts";

/**
 * What a room knows about a connection without a nickname, until the connection is gone: that another connection has
 * resumed its session, so that its requests are no longer accepted (RES-2); or its identity, after a late resume.
 */
export type ConnectionNote =
  | { readonly kind: "superseded" }
  | { readonly kind: "late resume"; readonly identity: string };

/** What a room must know about a message to decide about a change to it. */
export interface Target {
  /** The public id of the author, null if it is not known. */
  readonly by: string | null;
  readonly isDeleted: boolean;
  readonly reactions: Reactions;
  /** How often it was edited. */
  readonly edits: number;
  /** How many reactions were made to it, counting those that were taken back. */
  readonly reactionsMade: number;
}

/** A message to which nothing has happened yet, or nothing can happen any more. */
export const UNCHANGED = { reactions: [], edits: 0, reactionsMade: 0 } as const;

/** One person's reaction to a message. */
export interface OneReaction {
  readonly emoji: string;
  /** The public id of the person. */
  readonly by: string;
  /** The nickname that the person reacted under. */
  readonly name: string;
}

/** The reactions to a message, in their order: at most one of each person with each emoji. */
export type Reactions = readonly OneReaction[];

/**
 * The messages that the operations of a batch name, by id: null for one that does not exist, a sentence for people for one
 * that could not be read.
 */
export type Targets = ReadonlyMap<number, TargetEntry>;

type TargetEntry = Target | null | { readonly error: string };

/** Somebody, by the public id and by keyed hashes of the networks that the connection comes from, the narrowest first. */
export interface Who {
  readonly person: string;
  readonly networks: readonly string[];
}

/** What a room has to know of what moderators have done and set. It is as new as the place in the order that is decided. */
export interface RoomModeration {
  /** What keeps somebody from something in the room; undefined if nothing does. @param now Unix milliseconds */
  sanctionOf(kind: SanctionKind, who: Who, now: number): Action | undefined;
  settings(): RoomSettings;
  /** What has armed raid mode; undefined while it is off. @param now Unix milliseconds */
  raid(now: number): Action | undefined;
  /** Whether newcomers may only write so much at first: see {@link NEWCOMER_SENDS}. */
  readonly pacesNewcomers: boolean;
}

/** What a room shares with the engine that created it, or gets from it. */
export interface RoomSurroundings {
  readonly past: PastSessions;
  readonly keys: SendKeys;
  readonly notes: Map<ConnectionId, ConnectionNote>;
  /** A short text for an identity and a key, different for each such pair. It reveals neither of them. */
  readonly digest: (identity: string, key: string) => string;
  /** The public id of a person who is only known by an identity. It does not reveal the identity. */
  readonly authorOf: (identity: string) => string;
  /** Whether a nickname may be taken by a person, null for one who has not said who it is: others may have reserved it. */
  readonly isFreeFor: (name: string, person: string | null) => boolean;
  readonly changeLimits: ChangeLimits;
  readonly moderation: RoomModeration;
  /** Whether a connection is at this server, so that this room will learn of its end. */
  readonly isHere: (connection: ConnectionId) => boolean;
}

/** The state that a room begins with. */
export interface RoomStart extends RoomSurroundings {
  /** The highest id ever used in this room's history, 0 if none was. */
  readonly lastId: number;
  /** The last place that was given in the roster. */
  readonly lastPlace: number;
  /** The members that exist already, in the order of their places. */
  readonly members: readonly StoredMember[];
  /** The ids of the actions that were enacted lately, oldest first. */
  readonly enacted?: readonly string[];
}

/** The state of a room. Rules of requests read it; rules of changes write it, and note in `undo` how to undo that. */
export interface RoomState extends RoomSurroundings {
  readonly roster: Roster;
  readonly undo: Undo;
  readonly sends: Sends;
  /** The highest id used in the history. */
  lastId: number;
  /** What is known about messages while a batch is decided: those that were looked up, and those of the batch. */
  readonly targets: Map<number, TargetEntry>;
  /** How many reactions stand in the room while a batch is decided; null where they are not counted. */
  standing: number | null;
  readonly pastMembers: PastMembers;
  /** The ids of the actions that were enacted last. */
  readonly enacted: Set<string>;
  /** Everybody who is here, or was here lately. @param now Unix milliseconds */
  arrivals(now: number): Iterable<Arrival>;
  /** Whether a batch is being decided. */
  isDeciding: boolean;
}

/** The read-only view of the state for the rules that decide. */
export interface RoomView
  extends Readonly<
    Omit<
      RoomState,
      | "undo"
      | "roster"
      | "keys"
      | "past"
      | "pastMembers"
      | "notes"
      | "targets"
      | "enacted"
      | "sends"
      | "arrivals"
    >
  > {
  readonly sends: Pick<Sends, "lastOf" | "countOf" | "freeAt" | "newcomersFreeAt">;
  /** Everybody who is here, or was here lately. @param now Unix milliseconds */
  arrivals(now: number): Iterable<Arrival>;
  readonly enacted: ReadonlySet<string>;
  readonly targets: Targets;
  readonly roster: Pick<Roster, "of" | "withSession" | "isTaken" | "online" | "present">;
  readonly keys: Pick<SendKeys, "idOf">;
  readonly past: Pick<PastSessions, "identityOf">;
  readonly notes: ReadonlyMap<ConnectionId, ConnectionNote>;
}

/** The connection that makes a request, and the moment. */
export interface Asker extends Standing {
  readonly connection: ConnectionId;
  /** Undefined while the connection has no nickname. */
  readonly member: Member | undefined;
  /** The hash of the connection's own secret; undefined for a client that cannot resume. */
  readonly sessionHash: SessionHash | undefined;
  /** Undefined while the connection has not said who is at it. */
  readonly person: Person | undefined;
  /** Keyed hashes of the networks that the connection comes from, the narrowest first. */
  readonly networks: readonly string[];
  readonly now: Moment;
}

/** The public id of the one who asks, also before there is a nickname. */
export function identityOf({ authorOf: stayOf }: Pick<RoomView, "authorOf">, asker: Asker): string {
  const { person, member, sessionHash, connection } = asker;
  return person?.id ?? member?.by ?? stayOf(sessionHash ?? connection);
}

/** The public id that stands at what a member writes. */
export function authorOf({ person }: Asker, member: Member): string {
  return person?.id ?? member.by;
}

/** What the one who asks may do in the room. */
export function roleOf({ person }: Asker): Role {
  return person?.role ?? "visitor";
}
