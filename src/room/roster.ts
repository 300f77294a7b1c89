import { lookalikeKey } from "./lookalike.ts";
import type { ConnectionId, Guest, Session, SessionHash } from "./operation.ts";
import type { Undo } from "./undo.ts";

/** Someone who has a nickname in the room. */
export interface Member {
  readonly connection: ConnectionId;
  readonly name: string;
  /** The public id of the person: what the member writes has this author. */
  readonly by: string;
  /** The key under which the nickname is unique in the room: see {@link lookalikeKey}. */
  readonly lookalike: string;
  /** Null for a client that cannot resume. */
  readonly session: Session | null;
  /** Has no connection now, and keeps the nickname for the grace. */
  readonly isAbsent: boolean;
  /** Keyed hashes of the networks that the connection comes from, the narrowest first; empty if they are not known. */
  readonly networks: readonly string[];
  /** When the member registered, in Unix milliseconds; null if that is not known. */
  readonly joinedAt: number | null;
  /** Whether the chat had known the person for long enough by then not to count as a newcomer. */
  readonly isKnown: boolean;
  /** Whether the member has given a proof of work that a raid made necessary, as far as the room knows. */
  readonly isProven: boolean;
  /** The member's place in the order of registration. A change of nickname and a resume leave it as it is. */
  readonly place: number;
}

/** What moderators may have to know of a member, also after it has left. */
export function arrivalOf({ name, by, networks, joinedAt, isKnown, isProven }: Member) {
  return { name, by, networks, joinedAt, isKnown, isProven };
}

/** A guest as the rules see it: like a member whom everybody knows. It is in no roster. */
export function asMember(connection: ConnectionId, { name, identity, person }: Guest): Member {
  return {
    connection,
    name,
    by: person.id,
    lookalike: "",
    session: { hash: "", identity },
    isAbsent: false,
    networks: [],
    joinedAt: null,
    isKnown: true,
    isProven: true,
    place: 0,
  };
}

/** A member as others know it: the nickname, and the public id of the person. */
export type Present = Pick<Member, "name" | "by">;

/** A member as it is stored: without the look-alike key. */
export type StoredMember = Omit<Member, "lookalike">;

/** The members of a room, in the order in which they registered. */
export class Roster {
  readonly #undo: Undo;
  /** By place. */
  readonly #members = new Map<number, Member>();
  readonly #byConnection = new Map<ConnectionId, Member>();
  /** By the beginning of the session's hash. */
  readonly #byHash = new Map<string, Member>();
  /**
   * How many members share a look-alike key. Usually one, but an earlier version may have told nicknames apart that
   * look alike to this one: members that it registered, here or at another server, keep their nicknames.
   */
  readonly #holders = new Map<string, number>();
  #lastPlace: number;
  #online: readonly string[] | null = null;
  #present: readonly Present[] | null = null;

  /** @param lastPlace the last place that was given */
  constructor(members: readonly StoredMember[], lastPlace: number, undo: Undo) {
    this.#undo = undo;
    this.#lastPlace = lastPlace;
    for (const member of members) this.#swap(undefined, { ...member, lookalike: lookalikeKey(member.name) });
  }

  get lastPlace(): number {
    return this.#lastPlace;
  }

  /** The members in the order of their places. */
  members(): Iterable<Member> {
    return this.#members.values();
  }

  /** The nicknames in the order of registration. The same array is returned until it changes. */
  get online(): readonly string[] {
    this.#online ??= Array.from(this.#members.values(), (member) => member.name);
    return this.#online;
  }

  /** The members, in the same order. Likewise. */
  get present(): readonly Present[] {
    this.#present ??= Array.from(this.#members.values(), ({ name, by }) => ({ name, by }));
    return this.#present;
  }

  of(connection: ConnectionId): Member | undefined {
    return this.#byConnection.get(connection);
  }

  /** The member who has a nickname or one that looks like it. */
  named(name: string): Member | undefined {
    const lookalike = lookalikeKey(name);
    if (!this.#holders.has(lookalike)) return undefined;
    for (const member of this.#members.values()) if (member.lookalike === lookalike) return member;
    return undefined;
  }

  /** The member whose session has a hash. Comparing takes as long for a wrong hash as for a right one. */
  withSession(hash: SessionHash): (Member & { readonly session: Session }) | undefined {
    const member = this.#byHash.get(beginning(hash));
    if (!member?.session || !areEqualInConstantTime(member.session.hash, hash)) return undefined;
    return { ...member, session: member.session };
  }

  /** Whether a member other than `asking` has a nickname that looks like `name`. */
  isTaken(name: string, asking?: Member): boolean {
    const lookalike = lookalikeKey(name);
    return (this.#holders.get(lookalike) ?? 0) > (asking?.lookalike === lookalike ? 1 : 0);
  }

  /** Adds a member in the next place. */
  add(member: Omit<StoredMember, "isAbsent" | "place">): void {
    const place = ++this.#lastPlace;
    this.#undo.note(() => {
      this.#lastPlace = place - 1;
    });
    const { name } = member;
    this.replace(undefined, { ...member, lookalike: lookalikeKey(name), isAbsent: false, place });
  }

  /** @param by the public id of the person, which may have said only now who it is */
  rename(member: Member, name: string, by: string): void {
    this.replace(member, { ...member, name, by, lookalike: lookalikeKey(name) });
  }

  /** Replaces a member by another version of it; adds it if `before` is undefined, removes it if `after` is. */
  replace(before: Member | undefined, after: Member | undefined): void {
    this.#swap(before, after);
    this.#undo.note(() => this.#swap(after, before));
  }

  /** Restores the order after a rollback, which puts members back at the end. */
  sort(): void {
    const inOrder = [...this.#members].sort(([a], [b]) => a - b);
    this.#members.clear();
    for (const [place, member] of inOrder) this.#members.set(place, member);
    this.#online = null;
    this.#present = null;
  }

  #swap(before: Member | undefined, after: Member | undefined): void {
    if (before !== undefined) {
      this.#byConnection.delete(before.connection);
      this.#count(before.lookalike, -1);
      if (before.session !== null) this.#byHash.delete(beginning(before.session.hash));
      if (after === undefined) this.#members.delete(before.place);
    }
    if (after !== undefined) {
      this.#members.set(after.place, after);
      this.#byConnection.set(after.connection, after);
      this.#count(after.lookalike, 1);
      if (after.session !== null) this.#byHash.set(beginning(after.session.hash), after);
    }
    // A resume changes nothing that is shown: when many members come back at once, all are given the same list.
    if (before?.name !== after?.name) this.#online = null;
    if (before?.name !== after?.name || before?.by !== after?.by) this.#present = null;
  }

  #count(lookalike: string, change: 1 | -1): void {
    const holders = (this.#holders.get(lookalike) ?? 0) + change;
    if (holders > 0) this.#holders.set(lookalike, holders);
    else this.#holders.delete(lookalike);
  }
}

/** The part of a hash by which its member is found: 96 bits, enough to be unique. */
function beginning(hash: SessionHash): string {
  return hash.slice(0, 16);
}

/** How long the comparison takes does not reveal where two hashes differ. */
function areEqualInConstantTime(a: SessionHash, b: SessionHash): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
}
