/** `tokens`: an owner sees, creates and revokes the tokens of programs. Of version 3. */
import { isNickname } from "../characters.ts";
import type { Reader } from "../reader.ts";
import { pathOfRoom, roomOfPath } from "../room-name.ts";
import { isKeyOf } from "../table.ts";
import { type RefusedAnswer, readWhole } from "./answer.ts";

// What travels.

/** What a token may be used for. `rooms` is to set something in a room, `diagnose` to learn how the server sees a request. */
export type Scope = "read" | "post" | "edit" | "moderate" | "rooms" | "diagnose";

export const SCOPES: readonly Scope[] = ["read", "post", "edit", "moderate", "rooms", "diagnose"];

/** What a new token is to be. */
export interface NewTokenKeys {
  /** What the owners call it. */
  name: string;
  /** The nickname that the program writes under; as `name` if it is missing. */
  bot?: string;
  /** The names of the rooms where it holds, `/` for the main room; all rooms if it is missing. */
  rooms?: readonly string[];
  /** `read` and `post` if it is missing. */
  scopes?: readonly Scope[];
  /** After how many days it ends; never if it is missing. */
  days?: number;
  /** It is for another service, which only posts in one room: so it has one room and no scopes. */
  hook?: true;
}

export type TokensRequest =
  | { type: "tokens"; do: "list" }
  | ({ type: "tokens"; do: "create" } & NewTokenKeys)
  | { type: "tokens"; do: "revoke"; id: string };

/** A token without its secret. Moments are Unix milliseconds. */
export interface TokenKeys {
  id: string;
  name: string;
  bot: string;
  /** The public id of the person that the program is. */
  person: string;
  scopes: readonly Scope[];
  /** Missing for all rooms. */
  rooms?: readonly string[];
  hook?: true;
  created: number;
  /** When it ends; missing for never. */
  expires?: number;
  /** It has ended. */
  over?: true;
}

export interface TokensReply {
  type: "tokens";
  status: true;
  /** All there are now, the oldest first. */
  tokens: readonly TokenKeys[];
  /** Of the token that was created, which is the last one. It is told this once. */
  secret?: string;
}

export type TokensRefusedReply = RefusedAnswer<
  "tokens",
  | "NotAllowed"
  | "WrongFormatTokens"
  | "NameAlreadyUsed"
  | "TooManyTokens"
  | "UnknownToken"
  | "ErrorWhenTokens"
>;

// How it is read.

export interface TokenOrder {
  readonly name: string;
  readonly bot: string;
  /** Null for all rooms. */
  readonly rooms: readonly string[] | null;
  readonly scopes: readonly Scope[];
  /** Null for ever. */
  readonly days: number | null;
  readonly isHook: boolean;
}

export interface ParsedTokens {
  readonly kind: "tokens";
  /** Null if the request is malformed. */
  readonly order:
    | { readonly do: "list" }
    | { readonly do: "create"; readonly token: TokenOrder }
    | { readonly do: "revoke"; readonly id: string }
    | null;
}

/** What a token is good for unless something else is said. */
export const SCOPES_PRESET: readonly Scope[] = ["read", "post"];
const ROOMS_MOST = 50;
/** A hundred years. */
const DAYS_MOST = 36_500;
const ID = /^[0-9a-f]{12}$/;

const SCOPE_TABLE: { readonly [S in Scope]: true } = {
  read: true,
  post: true,
  edit: true,
  moderate: true,
  rooms: true,
  diagnose: true,
};

export function isScope(value: unknown): value is Scope {
  return isKeyOf(SCOPE_TABLE, value);
}

export const tokensReader: Reader<"tokens", ParsedTokens> = {
  since: 3,
  read: (value) => ({ kind: "tokens", request: { kind: "tokens", order: readOrder(value) } }),
};

function readOrder(value: object): ParsedTokens["order"] {
  switch (Reflect.get(value, "do")) {
    case "list":
      return { do: "list" };
    case "create": {
      const token = readToken(value);
      return token === null ? null : { do: "create", token };
    }
    case "revoke": {
      const id: unknown = Reflect.get(value, "id");
      return typeof id === "string" && ID.test(id) ? { do: "revoke", id } : null;
    }
    default:
      return null;
  }
}

function readToken(value: object): TokenOrder | null {
  const name: unknown = Reflect.get(value, "name");
  const bot: unknown = "bot" in value ? value.bot : name;
  const hook: unknown = "hook" in value ? value.hook : false;
  const days = readWhole(value, "days", [1, DAYS_MOST], null);
  const rooms = "rooms" in value ? readRooms(value.rooms) : null;
  const scopes = "scopes" in value ? readScopes(value.scopes) : SCOPES_PRESET;
  if (!isNickname(name) || !isNickname(bot) || typeof hook !== "boolean") return null;
  if (days === undefined || rooms === undefined || scopes === undefined) return null;
  if (!hook) return { name, bot, rooms, scopes, days, isHook: false };
  return rooms?.length === 1 ? { name, bot, rooms, scopes: ["post"], days, isHook: true } : null;
}

/** @returns undefined if it is no list of the names of rooms */
function readRooms(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value) || value.length === 0 || value.length > ROOMS_MOST) return undefined;
  const rooms = new Set<string>();
  for (const each of value) {
    const room = typeof each === "string" ? roomOfPath(pathOfRoom(each)) : undefined;
    if (room === undefined) return undefined;
    rooms.add(room);
  }
  return [...rooms];
}

/** In the order of the table; undefined if it is no list of scopes. */
function readScopes(value: unknown): readonly Scope[] | undefined {
  if (!Array.isArray(value) || value.length === 0 || !value.every(isScope)) return undefined;
  return SCOPES.filter((scope) => value.includes(scope));
}
