import { lookalikeKey } from "../room/lookalike.ts";
import { type GrantedRole, higher, type Role } from "../room/roles.ts";
import { Groups } from "./groups.ts";
import type { ChangedPeople, Grant } from "./people.ts";
import { isInRoom, roleOfToken, type Token } from "./token.ts";

/** A nickname that somebody has reserved. Moments are Unix milliseconds. */
export interface ReservedNickname {
  readonly person: string;
  /** As it was written. Its look-alike key is not stored: a later version may compute another one. */
  readonly name: string;
  readonly reservedAt: number;
  readonly usedAt: number;
  /** An opaque hash of the address that it counts for. */
  readonly address: string | null;
  /** Whether the host's login gives the person this nickname. */
  readonly isGiven: boolean;
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
  readonly tokens: readonly Stored<Token>[];
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
  readonly #grants = new Groups<Stored<Grant>>();
  readonly #nicknames = new Groups<Stored<ReservedNickname>>();
  /**
   * By look-alike key. Usually there is one, but an earlier version may have told nicknames apart that look alike to this one.
   */
  readonly #holders = new Groups<Stored<ReservedNickname>>();
  readonly #byAddress = new Groups<Stored<ReservedNickname>>();
  readonly #tokens = new Groups<Stored<Token>>();
  readonly #tokensById = new Map<string, Stored<Token>>();
  readonly #tokensByHash = new Map<string, Stored<Token>>();
  readonly #listeners = new Set<(changed: ChangedPeople) => void>();
  #ownerCount = 0;

  get state(): PeopleState {
    return this.#state;
  }

  get revision(): number {
    return this.#state.revision;
  }

  get grantCount(): number {
    return this.#grants.size;
  }

  get ownerCount(): number {
    return this.#ownerCount;
  }

  get nicknameCount(): number {
    return this.#nicknames.size;
  }

  get tokenCount(): number {
    return this.#tokensById.size;
  }

  /** All tokens, earliest first. */
  tokens(): Token[] {
    return this.#tokens.all().sort((a, b) => a.revision - b.revision);
  }

  token(id: string): Token | undefined {
    return this.#tokensById.get(id);
  }

  tokenWithHash(hash: string): Token | undefined {
    return this.#tokensByHash.get(hash);
  }

  tokensOf(person: string): readonly Token[] {
    return this.#tokens.of(person);
  }

  /** What was granted to a person in a room, or in all (null); undefined if nothing was. */
  granted(person: string, room: string | null): GrantedRole | undefined {
    return this.#grants.of(person).find((grant) => grant.room === room)?.role;
  }

  roleOf(person: string, room: string | null): Role {
    let role: Role = "visitor";
    for (const grant of this.#grants.of(person)) {
      if (grant.room === null || grant.room === room) role = higher(role, grant.role);
    }
    for (const token of this.#tokens.of(person)) {
      if (room === null ? token.rooms === null : isInRoom(token, room))
        role = higher(role, roleOfToken(token));
    }
    return role;
  }

  /** Everything that was granted, earliest first. */
  grants(): Grant[] {
    return this.#grants
      .all()
      .sort((a, b) => a.revision - b.revision)
      .map(({ person, role, room }) => ({ person, role, room }));
  }

  /** The reservations of a nickname and its look-alikes, earliest first. */
  holdersOf(name: string): readonly ReservedNickname[] {
    return this.#holders.of(lookalikeKey(name));
  }

  /** The nicknames that a person has reserved, earliest first. */
  nicknamesOf(person: string): readonly ReservedNickname[] {
    return this.#nicknames.of(person);
  }

  /** The reservations that count for an address, as far as it is not forgotten. */
  nicknamesFrom(address: string): readonly ReservedNickname[] {
    return this.#byAddress.of(address);
  }

  nicknames(): Iterable<ReservedNickname> {
    return this.#nicknames.all();
  }

  /** Whether the address of a reservation before a moment (Unix milliseconds) is still known. */
  hasAddressBefore(moment: number): boolean {
    return this.#byAddress.all().some(({ reservedAt }) => reservedAt < moment);
  }

  subscribe(listener: (changed: ChangedPeople) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes over what was read, and tells the listeners. */
  apply({ state, changed, grants, nicknames, tokens }: PeopleReading): void {
    const isNews = state.revision !== this.#state.revision || changed === null;
    this.#state = state;
    if (changed === null) this.#forgetEverybody();
    else for (const person of changed) this.#forget(person);
    for (const grant of grants) {
      this.#grants.add(grant.person, grant);
      if (grant.role === "owner") this.#ownerCount++;
    }
    for (const nickname of nicknames) this.#addNickname(nickname);
    for (const token of tokens) this.#addToken(token);
    if (isNews) for (const listener of this.#listeners) listener(changed);
  }

  /** Takes over what was stored of nicknames without a revision. Moments are Unix milliseconds. */
  note(uses: readonly NicknameUse[], forgetBefore: number): void {
    for (const { person, name, usedAt } of uses) {
      const nickname = this.#nicknames.of(person).find((each) => each.name === name);
      if (nickname !== undefined) this.#replace(nickname, { ...nickname, usedAt });
    }
    const forgotten = this.#byAddress.all().filter(({ reservedAt }) => reservedAt < forgetBefore);
    for (const nickname of forgotten) this.#replace(nickname, { ...nickname, address: null });
  }

  #forgetEverybody(): void {
    for (const groups of [this.#grants, this.#nicknames, this.#holders, this.#byAddress]) groups.clear();
    for (const tokens of [this.#tokens, this.#tokensById, this.#tokensByHash]) tokens.clear();
    this.#ownerCount = 0;
  }

  #forget(person: string): void {
    for (const grant of this.#grants.of(person)) {
      this.#grants.delete(person, grant);
      if (grant.role === "owner") this.#ownerCount--;
    }
    for (const nickname of this.#nicknames.of(person)) this.#deleteNickname(nickname);
    for (const token of this.#tokens.of(person)) this.#deleteToken(token);
  }

  #replace(before: Stored<ReservedNickname>, after: Stored<ReservedNickname>): void {
    this.#deleteNickname(before);
    this.#addNickname(after);
  }

  #addNickname(nickname: Stored<ReservedNickname>): void {
    this.#nicknames.add(nickname.person, nickname);
    this.#holders.add(lookalikeKey(nickname.name), nickname);
    if (nickname.address !== null) this.#byAddress.add(nickname.address, nickname);
  }

  #addToken(token: Stored<Token>): void {
    this.#tokens.add(token.person, token);
    this.#tokensById.set(token.id, token);
    this.#tokensByHash.set(token.hash, token);
  }

  #deleteToken(token: Stored<Token>): void {
    this.#tokens.delete(token.person, token);
    this.#tokensById.delete(token.id);
    this.#tokensByHash.delete(token.hash);
  }

  #deleteNickname(nickname: Stored<ReservedNickname>): void {
    this.#nicknames.delete(nickname.person, nickname);
    this.#holders.delete(lookalikeKey(nickname.name), nickname);
    if (nickname.address !== null) this.#byAddress.delete(nickname.address, nickname);
  }
}

/** Names a reservation: no id contains a space. */
export function keyOf({ person, name }: Pick<ReservedNickname, "person" | "name">): string {
  return `${person} ${name}`;
}
