import type { BotCommand } from "../protocol/bot-command.ts";
import type { CommandKeys } from "../protocol/kinds/commands.ts";
import type { GrantedRole, Role } from "../room/roles.ts";
import type { CreatedToken, NewToken, Token } from "./token.ts";

/**
 * What a chat knows about people, in all of its rooms. A person is known by a public id of 16 base64url characters, the first
 * of which is no hyphen; it is the same in every room and at every server of the chat.
 *
 * Every engine promises:
 *
 * - Durability: what a promise resolves to is stored. If it rejects nothing has changed, as far as the store can tell.
 * - One truth: changes are made one after the other, over all servers and commands. Of two people who reserve look-alike
 *   nicknames exactly one gets it, and one code makes one person an owner.
 * - What is answered without a promise is answered from memory. It includes everything that this process has changed, and
 *   what others change within about a second.
 *
 * All methods that change something throw {@link PeopleError}.
 */
export interface People {
  /** The id of the person who brings a key. @param key a secret of at least 128 bits, as text */
  idOfKey(key: string): string;

  /** The id of a person of the host's login. */
  idOfLogin(issuer: string, subject: string): string;

  /** The id of somebody who brings nothing, for as long as the stay. @param identity of the session */
  idOfStay(identity: string): string;

  /** The highest role that a person has in a room. @param room null asks for the role that holds in all rooms */
  roleOf(person: string, room: string | null): Role;

  /** Everything that was granted, oldest first. */
  grants(): readonly Grant[];

  /** Gives a person a role in a room, or in all rooms (null), instead of the one that was granted there before. */
  grant(person: string, role: GrantedRole, room: string | null): Promise<void>;

  /**
   * Takes away what was granted to a person in a room, or in all rooms (null). Roles granted elsewhere stay. Resolves to
   * false if there was nothing to take away.
   */
  revoke(person: string, room: string | null): Promise<boolean>;

  readonly hasOwner: boolean;

  /** Resolves to true once in the life of a chat: at its first start, if it has no owner and no code was made before. */
  takeFirstStart(): Promise<boolean>;

  /**
   * Makes a code that makes one person an owner, once. All codes made before become void.
   *
   * @param lifetimeMs {@link FIRST_CODE_MS} or {@link CODE_MS}
   * @returns 32 base64url characters, 192 random bits. It must not be logged, and is stored nowhere.
   */
  createOwnerCode(lifetimeMs: number): Promise<string>;

  /** Makes a person an owner if the code is valid, and then makes it void. Resolves to whether it was valid. */
  redeemOwnerCode(code: string, person: string): Promise<boolean>;

  /** Who has reserved a nickname or one that looks like it; undefined if nobody has. */
  holderOf(name: string): string | undefined;

  /** Whether a nickname may be taken: nobody has reserved it or one that looks like it, or this person has. */
  isFreeFor(name: string, person: string | null): boolean;

  /** Whether a person has a nickname, or one that looks like it, because the host's login gave it. */
  isGiven(name: string, person: string): boolean;

  /** The nicknames that a person has reserved, oldest first, as they were written. */
  reservedBy(person: string): readonly string[];

  /**
   * Reserves a nickname. A person who has reserved a look-alike already keeps that one.
   *
   * @param name a valid nickname
   * @param address an opaque hash of the address, towards whose limit it counts; null for a person of the host's login
   */
  reserve(name: string, person: string, address: string | null): Promise<Reservation>;

  /**
   * Reserves the nickname that the host's login gives a person, in place of all the person has reserved. Others lose their
   * reservations of it and its look-alikes; of two people to whom the login gives it, the first one has it. If it is not
   * reserved nothing has changed.
   *
   * @param name a valid nickname
   */
  give(name: string, person: string): Promise<Gift>;

  /** Notes that a person uses a nickname, so that a reservation does not expire. It is stored within minutes. */
  used(name: string, person: string): void;

  /** Gives up a person's reservation of a nickname or its look-alike. Resolves to false if there is none. */
  release(name: string, person: string): Promise<boolean>;

  /** Ends everybody's reservation of a nickname or its look-alikes. Resolves to false if there is none. */
  free(name: string): Promise<boolean>;

  /** The tokens of programs, oldest first, also those that are over. */
  tokens(): readonly Token[];

  /** The token with an id; undefined if there is none, or it is over. */
  token(id: string): Token | undefined;

  /** The token with a secret. Likewise. */
  tokenOf(secret: string): Token | undefined;

  /** Whether a person is a program that has a token. */
  isBot(person: string): boolean;

  /**
   * Creates a token, with a person of its own and the nickname reserved for it.
   *
   * @param order with a valid nickname
   */
  createToken(order: NewToken): Promise<CreatedToken>;

  /** Revokes a token and frees its nickname. Resolves to false if there is none. */
  revokeToken(id: string): Promise<boolean>;

  /**
   * Sets the commands that a program takes, instead of the ones before. Resolves to false if there is no such token.
   *
   * @param commands valid ones
   */
  setCommands(id: string, commands: readonly BotCommand[]): Promise<boolean>;

  /**
   * The commands that programs take in a room, those of the oldest token first.
   *
   * @param isHeard whether a program, by the public id of its person, is to be counted; all are if not given
   */
  commandsIn(room: string, isHeard?: (person: string) => boolean): readonly CommandKeys[];

  /**
   * Calls a listener after each change that this process has learned of, its own included. It must not throw.
   *
   * @returns a function that ends the subscription
   */
  subscribe(listener: (changed: ChangedPeople) => void): () => void;
}

/** The people whose roles or nicknames may have changed; null stands for everybody. */
export type ChangedPeople = ReadonlySet<string> | null;

/** A role that a person was given, in a room or in all of them (null). Owners always are owners of all rooms. */
export interface Grant {
  readonly person: string;
  readonly role: GrantedRole;
  readonly room: string | null;
}

/**
 * What becomes of a reservation: `taken` by somebody else; `too-many` of this person; `address-full` when people of one
 * address have reserved too many lately; `chat-full` when the chat has as many as it may have.
 */
export type Reservation = "reserved" | "taken" | "too-many" | "address-full" | "chat-full";

/** What becomes of a nickname that the host's login gives: `taken` if it has given it to somebody else. */
export type Gift = Extract<Reservation, "reserved" | "taken" | "chat-full">;

/** The limits on what is known about people. */
export interface PeopleLimits {
  /** Nicknames that one person may have reserved. */
  readonly nicknamesPerPerson: number;
  /** Nicknames that people of one address may reserve in {@link ADDRESS_WINDOW_MS}. */
  readonly nicknamesPerAddress: number;
  /** Reserved nicknames of all people. Each costs about 500 bytes of memory. */
  readonly nicknames: number;
  /** After this time without use a nickname is no longer reserved. */
  readonly nicknameMs: number;
  /** Granted roles of all people. */
  readonly grants: number;
  readonly tokens: number;
  /** Commands of all programs. Each takes at most 600 bytes, of which everybody in a room can ask for all. */
  readonly commands: number;
}

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;

/** The limits if no others are set. */
export const PEOPLE_LIMITS: PeopleLimits = {
  nicknamesPerPerson: 3,
  nicknamesPerAddress: 10,
  nicknames: 100_000,
  nicknameMs: 90 * DAY_MS,
  grants: 10_000,
  tokens: 100,
  commands: 100,
};

/** How long the code of the first start is valid: the operator may be away for some days. */
export const FIRST_CODE_MS = 7 * DAY_MS;
/** How long a code is valid that somebody has asked for. */
export const CODE_MS = DAY_MS;

/** How long a reservation counts towards the limit of its address. After that the hash of the address is forgotten. */
export const ADDRESS_WINDOW_MS = 30 * DAY_MS;

/**
 * Why people could not be changed: the last owner cannot lose the role (`last-owner`); as many roles as allowed are granted
 * (`too-many`), or as many tokens, nicknames or commands exist; an owner of one room was asked for (`wrong-room`); somebody else has
 * the nickname of a token (`name-taken`), or another program the command (`command-taken`); or the store failed (`not-stored`),
 * which is the cause.
 */
export type PeopleErrorCode =
  | "last-owner"
  | "too-many"
  | "wrong-room"
  | "name-taken"
  | "command-taken"
  | "not-stored";

/** People could not be changed. The message is one sentence for the one who asked. */
export class PeopleError extends Error {
  override readonly name = "PeopleError";
  readonly code: PeopleErrorCode;

  constructor(code: PeopleErrorCode, sentence: string, options?: ErrorOptions) {
    super(sentence, options);
    this.code = code;
  }
}

const PERSON_ID = /^[A-Za-z0-9_][A-Za-z0-9_-]{15}$/;

/** Whether a text has the form of a person's id. */
export function isPersonId(text: string): boolean {
  return PERSON_ID.test(text);
}
