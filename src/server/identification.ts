import { type People, PeopleError, type Reservation } from "../engine/people.ts";
import type { ParsedClaim } from "../protocol/kinds/claim.ts";
import type { ParsedIdentify } from "../protocol/kinds/identify.ts";
import type { ParsedReserve, ReserveRefusalReason } from "../protocol/kinds/reserve.ts";
import type { PersonRefusalReason } from "../protocol/refusal.ts";
import type { Request } from "../protocol/request.ts";
import type { PersonAnswer } from "../room/kinds/person.ts";
import { lookalikeKey } from "../room/lookalike.ts";
import type { ConnectionId, Person } from "../room/operation.ts";
import { higher, may, type Role } from "../room/roles.ts";
import type { Acquaintance } from "./acquaintance.ts";
import { addressKey } from "./addresses.ts";
import type { HostLogin } from "./login/host-login.ts";
import type { HostPerson } from "./login/person.ts";

/** What the identification of people needs of the server. */
export interface IdentityContext {
  readonly people: People;
  /** The login of the host site; null if it has none. */
  readonly login: HostLogin | null;
  /** Whether nobody talks without it. */
  readonly isLoginRequired: boolean;
  readonly acquaintance: Acquaintance;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** The requests that say, or need to know, who the person is, and do not concern the room. */
export type PersonRequest = ParsedIdentify | ParsedReserve | ParsedClaim;

/** The person at a connection. */
interface Who {
  readonly id: string;
  /** What the host's login says about the person; null for a person with a key. */
  readonly host: HostPerson | null;
}

/** What a person who has not said who it is, or whose token is over, may still do. */
const NEEDS_PERSON: { readonly [K in Request["kind"]]: boolean } = {
  name: true,
  "malformed-name": false,
  send: true,
  "malformed-send": false,
  get: false,
  resume: false,
  typing: true,
  edit: true,
  delete: true,
  react: true,
  identify: false,
  reserve: true,
  claim: true,
  moderate: true,
  room: false,
  report: true,
  review: true,
  enter: false,
  mine: true,
  commands: false,
  tokens: true,
  health: true,
};

const NO_KEY = "Say first who you are, with a key.";
const ANOTHERS = "Somebody else has reserved this nickname.";
const NOT_STORED = "The server cannot store that now. Try again later.";

const RESERVATIONS: {
  readonly [R in Exclude<Reservation, "reserved">]: { reason: ReserveRefusalReason; error: string };
} = {
  taken: { reason: "NameAlreadyUsed", error: "Somebody else has reserved a nickname that looks like this." },
  "too-many": { reason: "TooManyNames", error: "You have reserved as many nicknames as you may." },
  "address-full": {
    reason: "TooManyNames",
    error: "Too many nicknames have been reserved from your address lately.",
  },
  "chat-full": { reason: "TooManyNames", error: "This chat cannot keep any more nicknames." },
};

export function isPersonRequest(request: Request): request is PersonRequest {
  return request.kind === "identify" || request.kind === "reserve" || request.kind === "claim";
}

/** Who is at one connection, and what the person may do. */
export class Identification {
  readonly #room: string;
  readonly #connection: ConnectionId;
  readonly #ip: string;
  readonly #context: IdentityContext;
  #who: Who | null = null;
  /** Since when the chat knows the person: signed, and in Unix milliseconds. */
  #known: { readonly text: string; readonly since: number } | null = null;

  constructor(
    { id, room, ip }: { readonly id: ConnectionId; readonly room: string; readonly ip: string },
    context: IdentityContext,
  ) {
    this.#connection = id;
    this.#room = room;
    this.#ip = ip;
    this.#context = context;
  }

  /** The person as the room knows it at this moment; undefined before it has said who it is. */
  get person(): Person | undefined {
    return this.#who === null ? undefined : { id: this.#who.id, role: this.#roleOf(this.#who) };
  }

  /** Since when the chat knows the person, in Unix milliseconds; null before it has said who it is. */
  get knownSince(): number | null {
    return this.#known?.since ?? null;
  }

  /** What the person may do in all rooms. */
  get roleEverywhere(): Role {
    return this.#who === null ? "visitor" : this.#roleInAllRooms(this.#who);
  }

  /** Why the person may not make a request; null if it may, as far as the room does not object. */
  refusalOf(request: Request): PersonRefusalReason | null {
    if (!NEEDS_PERSON[request.kind]) return null;
    const { isLoginRequired, now } = this.#context;
    const host = this.#who?.host ?? null;
    if (isLoginRequired && host === null) return "IdentityRequired";
    if (host === null) return null;
    if (host.expiresAt <= now()) return "IdentityExpired";
    const isOther = request.kind === "name" && host.name !== null && request.name !== host.name;
    return isOther ? "NameFromLogin" : null;
  }

  /** The person uses a nickname. */
  uses(name: string): void {
    if (this.#who !== null) this.#context.people.used(name, this.#who.id);
  }

  /**
   * Carries out a request. Never rejects.
   *
   * @param name the nickname of the connection, null for none
   */
  async answer(request: PersonRequest, name: string | null): Promise<PersonAnswer> {
    switch (request.kind) {
      case "identify":
        return "key" in request.by
          ? this.#identifyByKey(request.by.key, request.since)
          : this.#identifyByToken(request.by.token, request.since);
      case "reserve":
        return this.#reserve(request, name);
      case "claim":
        return this.#claim(request);
    }
  }

  #identifyByKey(key: string, since: string | null): PersonAnswer {
    return this.#identify({ id: this.#context.people.idOfKey(key), host: null }, since);
  }

  async #identifyByToken(token: string, since: string | null): Promise<PersonAnswer> {
    const { login, people } = this.#context;
    if (login === null) return this.#notIdentified("TokenRefused", "This chat knows no login.");
    const verification = await login.verify(token);
    if (verification.kind === "refused") {
      const isForNow = verification.reason === "unavailable";
      return this.#notIdentified(isForNow ? "ErrorWhenIdentify" : "TokenRefused", verification.sentence);
    }
    const { person: host } = verification;
    if (host.rooms !== null && !host.rooms.includes(this.#room))
      return this.#notIdentified("TokenRefused", "The token is not valid in this room.");
    const who = { id: people.idOfLogin(host.issuer, host.subject), host };
    const answer = this.#identify(who, since);
    if (answer.kind === "identified" && host.name !== null) await this.#giveName(host.name, who.id);
    return { ...answer, ...(answer.kind === "identified" ? { names: people.reservedBy(who.id) } : {}) };
  }

  /** Reserves the nickname that the host gives a person. If it gave it to somebody else, the person is told when taking it. */
  async #giveName(name: string, id: string): Promise<void> {
    const { people } = this.#context;
    try {
      // At nearly every connection: then nothing needs the store.
      if (!people.isGiven(name, id)) await people.give(name, id);
    } catch (error) {
      if (!(error instanceof PeopleError)) throw error;
    }
  }

  #identify(who: Who, brought: string | null): PersonAnswer {
    const connection = this.#connection;
    if (this.#who !== null && this.#who.id !== who.id)
      return this.#notIdentified("AnotherPerson", "This connection is another person's already.");
    this.#who = who;
    const { id: by, host } = who;
    this.#known = this.#context.acquaintance.of(by, brought);
    const since = this.#known.text;
    const names = this.#context.people.reservedBy(by);
    const role = this.#roleOf(who);
    if (host === null) return { kind: "identified", connection, by, role, names, since };
    const name = host.name ?? undefined;
    return { kind: "identified", connection, by, role, names, name, expires: host.expiresAt, since };
  }

  #notIdentified(
    reason: Extract<PersonAnswer, { kind: "identify-refused" }>["reason"],
    error: string,
  ): PersonAnswer {
    return { kind: "identify-refused", connection: this.#connection, reason, error };
  }

  #roleOf({ id, host }: Who): Role {
    return higher(this.#context.people.roleOf(id, this.#room), host?.role ?? "visitor");
  }

  async #reserve({ name, on }: ParsedReserve, current: string | null): Promise<PersonAnswer> {
    const connection = this.#connection;
    const { people } = this.#context;
    const refused = (reason: ReserveRefusalReason, error: string): PersonAnswer => ({
      kind: "reserve-refused",
      connection,
      name,
      reason,
      error,
    });
    if (this.#who === null) return refused("UnknownPerson", NO_KEY);
    const { id, host } = this.#who;
    try {
      if (!on) {
        const isFree = await this.#giveUp(name, this.#who);
        if (!isFree) return refused("NotYourName", ANOTHERS);
      } else {
        // Otherwise anybody could reserve the nicknames of those who have no key, and drive them out.
        if (current === null || lookalikeKey(current) !== lookalikeKey(name))
          return refused("NotYourName", "Take the nickname first, and then reserve it.");
        const address = host === null ? people.idOfStay(`address ${addressKey(this.#ip)}`) : null;
        const result = await people.reserve(name, id, address);
        if (result !== "reserved") return refused(RESERVATIONS[result].reason, RESERVATIONS[result].error);
      }
      return { kind: "reserved", connection, name, on, names: people.reservedBy(id) };
    } catch (error) {
      if (!(error instanceof PeopleError)) throw error;
      return refused("ErrorWhenReserve", NOT_STORED);
    }
  }

  /**
   * Gives up the person's own reservation; a moderator of all rooms ends that of another person. Resolves to false if
   * somebody else keeps it.
   */
  async #giveUp(name: string, who: Who): Promise<boolean> {
    const { people } = this.#context;
    if (people.holderOf(name) === undefined || (await people.release(name, who.id))) return true;
    if (may(this.#roleInAllRooms(who), "free-nickname")) await people.free(name);
    return people.holderOf(name) === undefined;
  }

  #roleInAllRooms({ id, host }: Who): Role {
    const isEverywhere = host !== null && host.rooms === null;
    return higher(this.#context.people.roleOf(id, null), (isEverywhere ? host.role : null) ?? "visitor");
  }

  async #claim({ code }: ParsedClaim): Promise<PersonAnswer> {
    const connection = this.#connection;
    const refused = (reason: Extract<PersonAnswer, { kind: "claim-refused" }>["reason"], error: string) =>
      ({ kind: "claim-refused", connection, reason, error }) as const;
    if (this.#who === null) return refused("UnknownPerson", NO_KEY);
    try {
      const isValid = await this.#context.people.redeemOwnerCode(code, this.#who.id);
      if (!isValid) return refused("UnknownCode", "This link is not valid, or was used already.");
      return { kind: "claimed", connection, role: this.#roleOf(this.#who) };
    } catch (error) {
      if (!(error instanceof PeopleError)) throw error;
      return refused("ErrorWhenClaim", NOT_STORED);
    }
  }
}
