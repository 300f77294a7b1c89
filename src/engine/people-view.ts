import { lookalikeKey } from "../room/lookalike.ts";
import { type GrantedRole, higher, type Role } from "../room/roles.ts";
import type { ChangedPeople, Grant } from "./people.ts";

/** A nickname that somebody has reserved. Moments are Unix milliseconds. */
export interface ReservedNickname {
  readonly person: string;
  /** As it was written. Its look-alike key is not stored: a later version may compute another one. */
  readonly name: string;
  readonly reservedAt: number;
  readonly usedAt: number;
  /** An opaque hash of the address that it counts for. */
  readonly address: string | null;
}

/** That a nickname was used, at a moment in Unix milliseconds. */
export type NicknameUse = Pick<ReservedNickname, "person" | "name" | "usedAt">;

/** A row of a store, with the revision that made it. */
export type Stored<T> = T & { readonly revision: number };

/** What is stored once for the whole chat, besides the secret. */
export interface PeopleState {
  /** Counts the changes, over all servers and commands. */
  readonly revision: number;
  /** SHA-256 of the code that makes an owner, as base64url; null if there is none. */
  readonly codeHash: string | null;
  /** When the code becomes void, in Unix milliseconds. */
  readonly codeExpiresAt: number;
  /** Whether the chat has had its first start, or a code. */
  readonly isStarted: boolean;
}

/** What was read from a store: everything about the people who have changed, or about everybody (null). */
export interface PeopleReading {
  readonly state: PeopleState;
  readonly changed: ChangedPeople;
  readonly grants: readonly Stored<Grant>[];
  readonly nicknames: readonly Stored<ReservedNickname>[];
}

/** Everything that is stored about the people of a chat. */
export interface PeopleCopy {
  readonly secret: Uint8Array<ArrayBuffer>;
  readonly reading: PeopleReading;
}

const NOTHING_READ: PeopleState = { revision: -1, codeHash: null, codeExpiresAt: 0, isStarted: false };

/** What is stored about people, in memory, as it was at one revision or after it. */
export class PeopleView {
  #state = NOTHING_READ;
  /** By person. */
  readonly #grants = new Map<string, readonly Stored<Grant>[]>();
  readonly #nicknames = new Map<string, readonly Stored<ReservedNickname>[]>();
  /**
   * By look-alike key, the earliest reservation first. Usually there is one, but an earlier version may have told nicknames
   * apart that look alike to this one.
   */
  readonly #holders = new Map<string, readonly Stored<ReservedNickname>[]>();
  readonly #listeners = new Set<(changed: ChangedPeople) => void>();
  #grantCount = 0;
  #ownerCount = 0;
  #nicknameCount = 0;

  get state(): PeopleState {
    return this.#state;
  }

  get grantCount(): number {
    return this.#grantCount;
  }

  get ownerCount(): number {
    return this.#ownerCount;
  }

  get nicknameCount(): number {
    return this.#nicknameCount;
  }

  /** What was granted to a person in a room, or in all (null); undefined if nothing was. */
  granted(person: string, room: string | null): GrantedRole | undefined {
    return this.#grants.get(person)?.find((grant) => grant.room === room)?.role;
  }

  roleOf(person: string, room: string | null): Role {
    let role: Role = "visitor";
    for (const grant of this.#grants.get(person) ?? []) {
      if (grant.room === null || grant.room === room) role = higher(role, grant.role);
    }
    return role;
  }

  grants(): Grant[] {
    return [...this.#grants.values()]
      .flat()
      .sort((a, b) => a.revision - b.revision)
      .map(({ person, role, room }) => ({ person, role, room }));
  }

  /** The reservations of a nickname and its look-alikes, earliest first. */
  holdersOf(name: string): readonly ReservedNickname[] {
    return this.#holders.get(lookalikeKey(name)) ?? [];
  }

  /** The nicknames that a person has reserved, earliest first. */
  nicknamesOf(person: string): readonly ReservedNickname[] {
    return this.#nicknames.get(person) ?? [];
  }

  *nicknames(): Generator<ReservedNickname> {
    for (const nicknames of this.#nicknames.values()) yield* nicknames;
  }

  subscribe(listener: (changed: ChangedPeople) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes over what was read, and tells the listeners. */
  apply({ state, changed, grants, nicknames }: PeopleReading): void {
    const isNews = state.revision !== this.#state.revision || changed === null;
    this.#state = state;
    if (changed === null) this.#forgetEverybody();
    else for (const person of changed) this.#forget(person);
    for (const grant of grants) this.#addGrant(grant);
    for (const nickname of nicknames) this.#addNickname(nickname);
    if (isNews) for (const listener of this.#listeners) listener(changed);
  }

  /** Takes over what was stored of nicknames without a revision. Moments are Unix milliseconds. */
  note(uses: readonly NicknameUse[], forgetBefore: number): void {
    const usedAt = new Map(uses.map((use) => [keyOf(use), use.usedAt]));
    const noted = [...this.#nicknames.values()].flatMap((nicknames) => {
      const after = nicknames.map((nickname) => ({
        ...nickname,
        usedAt: Math.max(nickname.usedAt, usedAt.get(keyOf(nickname)) ?? 0),
        address: nickname.reservedAt < forgetBefore ? null : nickname.address,
      }));
      return after.some((each, at) => differ(each, nicknames[at])) ? [after] : [];
    });
    for (const nicknames of noted) {
      for (const { person } of nicknames.slice(0, 1)) this.#forgetNicknames(person);
      for (const nickname of nicknames) this.#addNickname(nickname);
    }
  }

  #forgetEverybody(): void {
    this.#grants.clear();
    this.#nicknames.clear();
    this.#holders.clear();
    this.#grantCount = 0;
    this.#ownerCount = 0;
    this.#nicknameCount = 0;
  }

  #forget(person: string): void {
    for (const { role } of this.#grants.get(person) ?? []) {
      this.#grantCount--;
      if (role === "owner") this.#ownerCount--;
    }
    this.#grants.delete(person);
    this.#forgetNicknames(person);
  }

  #forgetNicknames(person: string): void {
    for (const { name } of this.#nicknames.get(person) ?? []) {
      this.#nicknameCount--;
      const key = lookalikeKey(name);
      const others = this.#holders.get(key)?.filter((each) => each.person !== person) ?? [];
      if (others.length > 0) this.#holders.set(key, others);
      else this.#holders.delete(key);
    }
    this.#nicknames.delete(person);
  }

  #addGrant(grant: Stored<Grant>): void {
    this.#grantCount++;
    if (grant.role === "owner") this.#ownerCount++;
    this.#grants.set(grant.person, [...(this.#grants.get(grant.person) ?? []), grant]);
  }

  #addNickname(nickname: Stored<ReservedNickname>): void {
    this.#nicknameCount++;
    const key = lookalikeKey(nickname.name);
    this.#holders.set(key, earliestFirst([...(this.#holders.get(key) ?? []), nickname]));
    const own = this.#nicknames.get(nickname.person) ?? [];
    this.#nicknames.set(nickname.person, earliestFirst([...own, nickname]));
  }
}

/** Names a reservation: no id contains a space. */
export function keyOf({ person, name }: Pick<ReservedNickname, "person" | "name">): string {
  return `${person} ${name}`;
}

function differ(one: ReservedNickname, other: ReservedNickname | undefined): boolean {
  return one.usedAt !== other?.usedAt || one.address !== other.address;
}

function earliestFirst(nicknames: Stored<ReservedNickname>[]): Stored<ReservedNickname>[] {
  return nicknames.sort((a, b) => a.revision - b.revision);
}
