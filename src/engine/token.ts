import { isKeyOf } from "../protocol/table.ts";
import type { GrantedRole } from "../room/roles.ts";

/** What a token may be used for. `rooms` is to set something in a room, `diagnose` to learn how the server sees a request. */
export type Scope = "read" | "post" | "edit" | "moderate" | "rooms" | "diagnose";

const SCOPE_TABLE: { readonly [S in Scope]: true } = {
  read: true,
  post: true,
  edit: true,
  moderate: true,
  rooms: true,
  diagnose: true,
};

export const SCOPES: readonly Scope[] = ["read", "post", "edit", "moderate", "rooms", "diagnose"];

export function isScope(text: string): text is Scope {
  return isKeyOf(SCOPE_TABLE, text);
}

/** What a program shows to be let in. Its secret is stored nowhere. Moments are Unix milliseconds. */
export interface Token {
  /** By which it is listed and revoked; no secret. */
  readonly id: string;
  /** The public id of the person that the program is. */
  readonly person: string;
  /** SHA-256 of the secret, as base64url. */
  readonly hash: string;
  /** What the operator calls it. */
  readonly label: string;
  /** What the program is called in the rooms. */
  readonly nickname: string;
  readonly scopes: readonly Scope[];
  /** Null for all rooms. */
  readonly rooms: readonly string[] | null;
  /** Whether the secret is part of an address to which another service posts, and of no use elsewhere. */
  readonly isHook: boolean;
  readonly createdAt: number;
  /** Null for never. */
  readonly expiresAt: number | null;
}

/** A token that somebody wants. */
export type NewToken = Pick<Token, "label" | "nickname" | "scopes" | "rooms" | "isHook" | "expiresAt">;

/** A token that was created. */
export interface CreatedToken {
  readonly token: Token;
  /** 43 base64url characters, 256 random bits, behind `cbt_`. It must not be logged. */
  readonly secret: string;
}

/** 256 bits: nobody finds one by trying, so a fast hash is enough. */
const SECRET_BYTES = 32;
/** By which people and scanners recognise a secret that has got out. */
const PREFIX = "cbt_";
const ID_BYTES = 6;
const SECRET = /^cbt_[A-Za-z0-9_-]{43}$/;

export function newTokenSecret(): string {
  return PREFIX + Buffer.from(crypto.getRandomValues(new Uint8Array(SECRET_BYTES))).toString("base64url");
}

/** Twelve hexadecimal digits. */
export function newTokenId(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(ID_BYTES))).toString("hex");
}

/** The hash by which a token is found; null if the text cannot be a secret. */
export function hashOfSecret(secret: string): string | null {
  return SECRET.test(secret) ? new Bun.CryptoHasher("sha256").update(secret).digest("base64url") : null;
}

export function isInRoom({ rooms }: Pick<Token, "rooms">, room: string): boolean {
  return rooms === null || rooms.includes(room);
}

/** What a token makes of its person in its rooms: the operator knows the program, so that it is no newcomer. */
export function roleOfToken({ scopes }: Pick<Token, "scopes">): GrantedRole {
  return scopes.includes("moderate") ? "moderator" : "member";
}
