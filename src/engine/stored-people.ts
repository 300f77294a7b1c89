import type { BotCommand } from "../protocol/bot-command.ts";
import type { CommandKeys } from "../protocol/kinds/commands.ts";
import type { GrantedRole, Role } from "../room/roles.ts";
import {
  ADDRESS_WINDOW_MS,
  type ChangedPeople,
  type Gift,
  type Grant,
  isPersonId,
  type People,
  PeopleError,
  type PeopleLimits,
  type Reservation,
} from "./people.ts";
import {
  decideCode,
  decideCommands,
  decideExpiry,
  decideFirstStart,
  decideGiven,
  decideGrant,
  decideRedemption,
  decideRelease,
  decideReservation,
  decideRevoke,
  decideToken,
  decideTokenEnd,
  type PeopleDecision,
} from "./people-rules.ts";
import { keyOf, type NicknameUse, type PeopleView } from "./people-view.ts";
import type { PersonIds } from "./person-ids.ts";
import {
  type CreatedToken,
  hashOfSecret,
  isInRoom,
  isTokenOver,
  type NewToken,
  newTokenId,
  newTokenSecret,
  type Token,
} from "./token.ts";

const CODE_BYTES = 24;
/** A use of a nickname is noted when the last one that was noted is older. */
const USE_NOTED_MS = 24 * 60 * 60 * 1000;
/** How many uses are stored at once: few enough that nobody waits long for the store. */
const NOTED_AT_ONCE = 500;

/** Where people are stored. It keeps a {@link PeopleView} up to date. */
export interface PeopleStore {
  /**
   * Has `decide` called while nobody else, in any process, can change people, with the view up to date. Stores the changes,
   * all or none, brings the view up to date, and resolves to the result.
   *
   * Rejects with what `decide` throws, or if the store fails.
   */
  change<T>(decide: () => PeopleDecision<T>): Promise<T>;

  /**
   * Stores what is no change to anybody: uses of nicknames, and that the addresses of reservations before a moment (Unix
   * milliseconds) are forgotten. Rejects if the store fails.
   */
  note(uses: readonly NicknameUse[], forgetBefore: number): Promise<void>;

  /** Resolves when nothing of it is in use any more. */
  close(): Promise<void>;
}

export interface StoredPeopleOptions {
  readonly store: PeopleStore;
  readonly view: PeopleView;
  readonly ids: PersonIds;
  readonly limits: PeopleLimits;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** People in a store: the decisions are made here, the same for every store. */
export class StoredPeople implements People {
  readonly #store: PeopleStore;
  readonly #view: PeopleView;
  readonly #ids: PersonIds;
  readonly #limits: PeopleLimits;
  readonly #now: () => number;
  /** Uses of nicknames that are to be stored: at most one for each reservation. */
  readonly #uses = new Map<string, NicknameUse>();
  #isTending = false;

  constructor({ store, view, ids, limits, now }: StoredPeopleOptions) {
    this.#store = store;
    this.#view = view;
    this.#ids = ids;
    this.#limits = limits;
    this.#now = now;
  }

  idOfKey(key: string): string {
    return this.#ids.ofKey(key);
  }

  idOfLogin(issuer: string, subject: string): string {
    return this.#ids.ofLogin(issuer, subject);
  }

  idOfStay(identity: string): string {
    return this.#ids.ofStay(identity);
  }

  roleOf(person: string, room: string | null): Role {
    return this.#view.roleOf(person, room);
  }

  grants(): readonly Grant[] {
    return this.#view.grants();
  }

  async grant(person: string, role: GrantedRole, room: string | null): Promise<void> {
    checkPerson(person);
    await this.#change(() => decideGrant(this.#view, this.#limits, person, role, room));
  }

  revoke(person: string, room: string | null): Promise<boolean> {
    return this.#change(() => decideRevoke(this.#view, person, room));
  }

  get hasOwner(): boolean {
    return this.#view.ownerCount > 0;
  }

  async takeFirstStart(): Promise<boolean> {
    // So that a start does not need the store for that.
    if (this.#view.state.isStarted) return false;
    return await this.#change(() => decideFirstStart(this.#view));
  }

  async createOwnerCode(lifetimeMs: number): Promise<string> {
    const code = Buffer.from(crypto.getRandomValues(new Uint8Array(CODE_BYTES))).toString("base64url");
    await this.#change(() => decideCode(code, this.#now() + lifetimeMs));
    return code;
  }

  async redeemOwnerCode(code: string, person: string): Promise<boolean> {
    checkPerson(person);
    return await this.#change(() => decideRedemption(this.#view, code, person, this.#now()));
  }

  holderOf(name: string): string | undefined {
    return this.#view.holdersOf(name)[0]?.person;
  }

  isFreeFor(name: string, person: string | null): boolean {
    const holders = this.#view.holdersOf(name);
    return holders.length === 0 || holders.some((holder) => holder.person === person);
  }

  isGiven(name: string, person: string): boolean {
    return this.#view.holdersOf(name).some((holder) => holder.isGiven && holder.person === person);
  }

  reservedBy(person: string): readonly string[] {
    return this.#view.nicknamesOf(person).map(({ name }) => name);
  }

  async reserve(name: string, person: string, address: string | null): Promise<Reservation> {
    checkPerson(person);
    const wanted = { name, person, address };
    return await this.#change(() => decideReservation(this.#view, this.#limits, wanted, this.#now()));
  }

  async give(name: string, person: string): Promise<Gift> {
    checkPerson(person);
    return await this.#change(() => decideGiven(this.#view, this.#limits, name, person, this.#now()));
  }

  used(name: string, person: string): void {
    const usedAt = this.#now();
    for (const nickname of this.#view.holdersOf(name)) {
      if (nickname.person !== person || usedAt - nickname.usedAt < USE_NOTED_MS) continue;
      this.#uses.set(keyOf(nickname), { person, name: nickname.name, usedAt });
    }
  }

  release(name: string, person: string): Promise<boolean> {
    return this.#change(() => decideRelease(this.#view, name, person));
  }

  free(name: string): Promise<boolean> {
    return this.#change(() => decideRelease(this.#view, name, null));
  }

  tokens(): readonly Token[] {
    return this.#view.tokens();
  }

  token(id: string): Token | undefined {
    return this.#ifValid(this.#view.token(id));
  }

  tokenOf(secret: string): Token | undefined {
    const hash = hashOfSecret(secret);
    return hash === null ? undefined : this.#ifValid(this.#view.tokenWithHash(hash));
  }

  isBot(person: string): boolean {
    return this.#view.tokensOf(person).length > 0;
  }

  async createToken(order: NewToken): Promise<CreatedToken> {
    const id = newTokenId();
    const secret = newTokenSecret();
    const createdAt = this.#now();
    const hash = hashOfSecret(secret) ?? "";
    const token = { ...order, commands: [], id, person: this.#ids.ofToken(id), hash, createdAt };
    await this.#change(() => decideToken(this.#view, this.#limits, token, createdAt));
    return { token, secret };
  }

  revokeToken(id: string): Promise<boolean> {
    return this.#change(() => decideTokenEnd(this.#view, id));
  }

  setCommands(id: string, commands: readonly BotCommand[]): Promise<boolean> {
    return this.#change(() => decideCommands(this.#view, this.#limits, id, commands, this.#now()));
  }

  commandsIn(room: string, isHeard: (person: string) => boolean = () => true): readonly CommandKeys[] {
    const now = this.#now();
    return this.#view
      .tokens()
      .filter((token) => isInRoom(token, room) && !isTokenOver(token, now) && isHeard(token.person))
      .flatMap(({ commands, nickname: bot }) => commands.map(({ name, about }) => ({ name, about, bot })));
  }

  #ifValid(token: Token | undefined): Token | undefined {
    return token === undefined || isTokenOver(token, this.#now()) ? undefined : token;
  }

  subscribe(listener: (changed: ChangedPeople) => void): () => void {
    return this.#view.subscribe(listener);
  }

  /**
   * Stores which nicknames were used, and ends reservations that were not. To be called every minute or so. Rejects if the
   * store fails; the next call does what this one could not.
   *
   * @param believedNow Unix milliseconds; not later than it can be believed to be
   */
  async tend(believedNow: number): Promise<void> {
    if (this.#isTending) return;
    this.#isTending = true;
    try {
      await this.#noteUses(believedNow);
      while (this.#hasExpired(believedNow)) {
        const mayBeMore = await this.#store.change(() => decideExpiry(this.#view, this.#limits, believedNow));
        if (!mayBeMore) break;
      }
    } finally {
      this.#isTending = false;
    }
  }

  /** Stores what is to be stored, as far as possible, and closes the store. */
  async close(): Promise<void> {
    if (this.#uses.size > 0) await this.#noteUses(0).catch(() => {});
    await this.#store.close();
  }

  async #noteUses(believedNow: number): Promise<void> {
    const forgetBefore = believedNow - ADDRESS_WINDOW_MS;
    while (this.#uses.size > 0 || this.#view.hasAddressBefore(forgetBefore)) {
      const uses = [...this.#uses.values()].slice(0, NOTED_AT_ONCE);
      await this.#store.note(uses, forgetBefore);
      this.#view.note(uses, forgetBefore);
      for (const use of uses) if (this.#uses.get(keyOf(use)) === use) this.#uses.delete(keyOf(use));
    }
  }

  #hasExpired(believedNow: number): boolean {
    return decideExpiry(this.#view, this.#limits, believedNow).changes.length > 0;
  }

  async #change<T>(decide: () => PeopleDecision<T>): Promise<T> {
    try {
      return await this.#store.change(decide);
    } catch (error) {
      if (error instanceof PeopleError) throw error;
      throw new PeopleError("not-stored", "This cannot be stored now.", { cause: error });
    }
  }
}

function checkPerson(person: string): void {
  if (!isPersonId(person)) throw new TypeError("This is not the id of a person.");
}
