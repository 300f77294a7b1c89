import { type BotCommand, OWN_COMMANDS } from "../protocol/bot-command.ts";
import { lookalikeKey } from "../room/lookalike.ts";
import type { GrantedRole } from "../room/roles.ts";
import {
  ADDRESS_WINDOW_MS,
  type Gift,
  type Grant,
  PeopleError,
  type PeopleLimits,
  type Reservation,
} from "./people.ts";
import type { PeopleView, ReservedNickname } from "./people-view.ts";
import type { Decision } from "./shared-store.ts";
import { haveRoomInCommon, isTokenOver, type Token } from "./token.ts";

/** A change of what is stored about people. */
export type PeopleChange =
  /** Replaces what was granted to the person in the same place. */
  | { readonly kind: "grant"; readonly grant: Grant }
  | { readonly kind: "revoke"; readonly person: string; readonly room: string | null }
  | { readonly kind: "reserve"; readonly nickname: ReservedNickname }
  | { readonly kind: "release"; readonly person: string; readonly name: string }
  /** The same, unless the nickname was used since, which another server may have noted. */
  | { readonly kind: "expire"; readonly person: string; readonly name: string; readonly unusedSince: number }
  | { readonly kind: "code"; readonly hash: string | null; readonly expiresAt: number }
  | { readonly kind: "start" }
  | { readonly kind: "create-token"; readonly token: Token }
  | { readonly kind: "revoke-token"; readonly person: string; readonly id: string }
  | {
      readonly kind: "set-commands";
      readonly person: string;
      readonly id: string;
      readonly commands: readonly BotCommand[];
    };

export type PeopleDecision<T> = Decision<PeopleChange, T>;

/** How many nicknames expire at once: few enough that nobody waits long for the store. */
const EXPIRED_AT_ONCE = 200;

/** The person that a change is about; null if it is about nobody. */
export function personOf(change: PeopleChange): string | null {
  switch (change.kind) {
    case "grant":
      return change.grant.person;
    case "reserve":
      return change.nickname.person;
    case "create-token":
      return change.token.person;
    case "revoke-token":
    case "set-commands":
    case "revoke":
    case "release":
    case "expire":
      return change.person;
    case "code":
    case "start":
      return null;
    default:
      return change satisfies never;
  }
}

/** @throws PeopleError */
export function decideGrant(
  view: PeopleView,
  limits: PeopleLimits,
  person: string,
  role: GrantedRole,
  room: string | null,
): PeopleDecision<void> {
  if (role === "owner" && room !== null) {
    throw new PeopleError("wrong-room", "An owner is the owner of all rooms, not of one.");
  }
  const before = view.granted(person, room);
  if (before === role) return { changes: [], result: undefined };
  if (before === "owner") keepAnOwner(view);
  if (before === undefined && view.grantCount >= limits.grants) {
    throw new PeopleError(
      "too-many",
      `There are ${limits.grants} roles already, as many as this chat allows.`,
    );
  }
  return { changes: [{ kind: "grant", grant: { person, role, room } }], result: undefined };
}

/** @throws PeopleError */
export function decideRevoke(view: PeopleView, person: string, room: string | null): PeopleDecision<boolean> {
  const before = view.granted(person, room);
  if (before === undefined) return { changes: [], result: false };
  if (before === "owner") keepAnOwner(view);
  return { changes: [{ kind: "revoke", person, room }], result: true };
}

function keepAnOwner(view: PeopleView): void {
  if (view.ownerCount > 1) return;
  throw new PeopleError("last-owner", "This is the last owner: make somebody else an owner first.");
}

/** Whether this is the first start of a chat that nobody owns. From then on it is not. */
export function decideFirstStart(view: PeopleView): PeopleDecision<boolean> {
  if (view.state.isStarted) return { changes: [], result: false };
  return { changes: [{ kind: "start" }], result: view.ownerCount === 0 };
}

/** @param expiresAt Unix milliseconds */
export function decideCode(code: string, expiresAt: number): PeopleDecision<void> {
  const changes: PeopleChange[] = [{ kind: "code", hash: hashOf(code), expiresAt }, { kind: "start" }];
  return { changes, result: undefined };
}

/**
 * Whether a code makes somebody an owner. The limit on roles does not hold for it: without an owner nobody could make room.
 *
 * How long the comparison takes reveals nothing useful: what is compared are hashes, and nobody can choose how the hash of
 * a guess begins.
 */
export function decideRedemption(
  view: PeopleView,
  code: string,
  person: string,
  now: number,
): PeopleDecision<boolean> {
  const { codeHash, codeExpiresAt } = view.state;
  if (codeHash === null || codeExpiresAt <= now || codeHash !== hashOf(code)) {
    return { changes: [], result: false };
  }
  const grant: PeopleChange = { kind: "grant", grant: { person, role: "owner", room: null } };
  const isOwner = view.granted(person, null) === "owner";
  const spent: PeopleChange = { kind: "code", hash: null, expiresAt: 0 };
  return { changes: isOwner ? [spent] : [spent, grant], result: true };
}

export function decideReservation(
  view: PeopleView,
  limits: PeopleLimits,
  { name, person, address }: Pick<ReservedNickname, "name" | "person" | "address">,
  now: number,
): PeopleDecision<Reservation> {
  const holders = view.holdersOf(name);
  const result = holders.some((holder) => holder.person === person)
    ? "reserved"
    : holders.length > 0
      ? "taken"
      : limitReached(view, limits, person, address, now);
  if (result !== null) return { changes: [], result };
  const nickname = { name, person, address, isGiven: false, reservedAt: now, usedAt: now };
  return { changes: [{ kind: "reserve", nickname }], result: "reserved" };
}

/**
 * Reserves the nickname that the host's login gives a person, in place of the person's other ones. Others lose theirs, unless
 * the login gave it to them earlier.
 */
export function decideGiven(
  view: PeopleView,
  limits: PeopleLimits,
  name: string,
  person: string,
  now: number,
): PeopleDecision<Gift> {
  const holders = view.holdersOf(name);
  const kept = holders.find((holder) => holder.person === person && holder.isGiven);
  const others = holders.filter((holder) => holder.person !== person);
  if (kept === undefined && others.some(({ isGiven }) => isGiven)) return { changes: [], result: "taken" };
  const ended = [
    ...others.filter(({ isGiven }) => !isGiven),
    ...view.nicknamesOf(person).filter((each) => each !== kept),
  ];
  const releases = ended.map((each) => ({ kind: "release", person: each.person, name: each.name }) as const);
  if (kept !== undefined) return { changes: releases, result: "reserved" };
  if (view.nicknameCount - ended.length >= limits.nicknames) return { changes: [], result: "chat-full" };
  const nickname = { name, person, address: null, isGiven: true, reservedAt: now, usedAt: now };
  return { changes: [...releases, { kind: "reserve", nickname }], result: "reserved" };
}

function limitReached(
  view: PeopleView,
  limits: PeopleLimits,
  person: string,
  address: string | null,
  now: number,
): Reservation | null {
  if (view.nicknamesOf(person).length >= limits.nicknamesPerPerson) return "too-many";
  if (view.nicknameCount >= limits.nicknames) return "chat-full";
  if (address === null) return null;
  const lately = view.nicknamesFrom(address).filter((each) => now - each.reservedAt < ADDRESS_WINDOW_MS);
  return lately.length >= limits.nicknamesPerAddress ? "address-full" : null;
}

/** Ends reservations of a nickname and its look-alikes. @param person whose; null for everybody's */
export function decideRelease(
  view: PeopleView,
  name: string,
  person: string | null,
): PeopleDecision<boolean> {
  const changes = view
    .holdersOf(name)
    .filter((holder) => person === null || holder.person === person)
    .map((holder) => ({ kind: "release", person: holder.person, name: holder.name }) as const);
  return { changes, result: changes.length > 0 };
}

/** Ends reservations that nobody has used for too long. Results in whether there may be more of them. */
export function decideExpiry(view: PeopleView, limits: PeopleLimits, now: number): PeopleDecision<boolean> {
  const unusedSince = now - limits.nicknameMs;
  const changes: PeopleChange[] = [];
  for (const { person, name, usedAt } of view.nicknames()) {
    // A program may have nothing to say for a year; the operator ends it by revoking the token.
    if (usedAt >= unusedSince || view.tokensOf(person).length > 0) continue;
    changes.push({ kind: "expire", person, name, unusedSince });
    if (changes.length === EXPIRED_AT_ONCE) break;
  }
  return { changes, result: changes.length === EXPIRED_AT_ONCE };
}

/**
 * Creates a token, and reserves its nickname.
 *
 * @throws PeopleError
 */
export function decideToken(
  view: PeopleView,
  limits: PeopleLimits,
  token: Token,
  now: number,
): PeopleDecision<void> {
  if (view.tokenCount >= limits.tokens) {
    throw new PeopleError(
      "too-many",
      `There are ${limits.tokens} tokens already, as many as this chat allows.`,
    );
  }
  const { nickname: name, person } = token;
  if (view.holdersOf(name).length > 0) {
    throw new PeopleError(
      "name-taken",
      "Somebody has reserved this nickname, or one that looks like it: choose another with --bot.",
    );
  }
  if (view.nicknameCount >= limits.nicknames)
    throw new PeopleError("too-many", "This chat cannot keep any more nicknames.");
  const nickname = { name, person, address: null, isGiven: true, reservedAt: now, usedAt: now };
  const changes: PeopleChange[] = [
    { kind: "create-token", token },
    { kind: "reserve", nickname },
  ];
  return { changes, result: undefined };
}

/** Revokes a token, and frees what its person has reserved. */
export function decideTokenEnd(view: PeopleView, id: string): PeopleDecision<boolean> {
  const token = view.token(id);
  if (token === undefined) return { changes: [], result: false };
  const { person } = token;
  const releases = view
    .nicknamesOf(person)
    .map(({ name }): PeopleChange => ({ kind: "release", person, name }));
  return { changes: [{ kind: "revoke-token", person, id }, ...releases], result: true };
}

/** The look-alike keys of what moderators write, which the page carries out itself. */
const OWN_KEYS: ReadonlySet<string> = new Set(OWN_COMMANDS.map(lookalikeKey));

/**
 * Sets the commands of a program. In each room a command is one program's: what two of them would answer, only its people
 * could tell apart.
 *
 * @throws PeopleError
 */
export function decideCommands(
  view: PeopleView,
  limits: PeopleLimits,
  id: string,
  commands: readonly BotCommand[],
  now: number,
): PeopleDecision<boolean> {
  const token = view.token(id);
  if (token === undefined) return { changes: [], result: false };
  // Programs declare them at each start, and most have not changed.
  if (Bun.deepEquals(token.commands, commands)) return { changes: [], result: true };
  const others = view.tokens().filter((each) => each.id !== id && !isTokenOver(each, now));
  const count = others.reduce((sum, each) => sum + each.commands.length, commands.length);
  if (count > limits.commands) {
    throw new PeopleError(
      "too-many",
      `The programs of this chat may have ${limits.commands} commands in all, and that would be ${count}.`,
    );
  }
  const taken = others.filter((each) => haveRoomInCommon(each, token)).flatMap((each) => each.commands);
  const takenKeys = new Set(taken.map(({ name }) => lookalikeKey(name)));
  for (const { name } of commands) {
    const key = lookalikeKey(name);
    if (OWN_KEYS.has(key))
      throw new PeopleError("command-taken", `/${name} is, or looks like, a command of the page's own.`);
    if (takenKeys.has(key))
      throw new PeopleError("command-taken", `Another program has /${name}, or one that looks like it.`);
  }
  return { changes: [{ kind: "set-commands", person: token.person, id, commands }], result: true };
}

function hashOf(code: string): string {
  return new Bun.CryptoHasher("sha256").update(code).digest("base64url");
}
