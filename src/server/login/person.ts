import { isNickname, isTextOf } from "../../protocol/characters.ts";
import { MAIN_ROOM, roomOfPath } from "../../protocol/room-name.ts";
import type { LoginSettings } from "../settings.ts";
import { LoginRefusal } from "./refusal.ts";

/** The longest `sub` and `iss`, in code points. They are stored with whatever the person does. */
const NAME_OF_PERSON_MAX = 255;
const ROOMS_MAX = 100;

/** A person as the host site knows them: by the issuer and the subject together. */
export interface HostPerson {
  /** The claim `iss`; empty if the token has none. */
  readonly issuer: string;
  /** The claim `sub`. */
  readonly subject: string;
  /** A valid nickname; null when the host leaves the choice to the person. */
  readonly name: string | null;
  readonly role: "moderator" | "member" | null;
  /** The rooms that the token is valid in, `/` being the main room; null for all rooms. */
  readonly rooms: readonly string[] | null;
  /** The moment from which the token is refused, clock skew included, in Unix milliseconds. */
  readonly expiresAt: number;
}

/** What the claims must agree with. */
export type ClaimRules = Pick<LoginSettings, "issuer" | "audience" | "maxAgeMs" | "clockSkewMs">;

type Claims = Readonly<Record<string, unknown>>;

/**
 * Reads the claims of a token whose signature is right (RFC 7519, section 4.1).
 *
 * @param payload the JSON text of the claims
 * @param now in Unix milliseconds
 * @throws LoginRefusal
 */
export function readPerson(payload: Uint8Array, rules: ClaimRules, now: number): HostPerson {
  const claims = claimsOf(payload);
  const issuer = issuerOf(claims, rules);
  checkAudience(claims, rules);
  const expiresAt = expiryOf(claims, rules, now);
  checkStart(claims, rules, now);
  return {
    issuer,
    subject: subjectOf(claims),
    name: nameOf(claims),
    role: roleOf(claims),
    rooms: roomsOf(claims),
    expiresAt,
  };
}

function claimsOf(payload: Uint8Array): Claims {
  let claims: unknown;
  try {
    claims = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload));
  } catch {
    throw new LoginRefusal("malformed");
  }
  if (typeof claims !== "object" || claims === null || Array.isArray(claims)) {
    throw new LoginRefusal("malformed");
  }
  return { ...claims };
}

function issuerOf({ iss }: Claims, rules: ClaimRules): string {
  if (iss !== undefined && !isNameOfPerson(iss)) {
    throw bad(`The "iss" of the login must be a text of 1 to ${NAME_OF_PERSON_MAX} characters.`);
  }
  if (rules.issuer !== null && iss !== rules.issuer) throw new LoginRefusal("wrong-issuer");
  return iss ?? "";
}

/** A token with an audience must be refused by everybody who is not in it, so also by a server without a name. */
function checkAudience({ aud }: Claims, rules: ClaimRules): void {
  if (aud === undefined && rules.audience === null) return;
  const audience: readonly unknown[] = Array.isArray(aud) ? aud : aud === undefined ? [] : [aud];
  if (!audience.every((each) => typeof each === "string")) {
    throw bad('The "aud" of the login must be a text or a list of texts.');
  }
  if (rules.audience === null || !audience.includes(rules.audience)) throw new LoginRefusal("wrong-audience");
}

function expiryOf({ exp }: Claims, { clockSkewMs, maxAgeMs }: ClaimRules, now: number): number {
  if (!isNumericDate(exp)) {
    throw bad('The login must have an "exp": when it expires, in seconds since 1970.');
  }
  const expiresAt = Math.floor(exp * 1000) + clockSkewMs;
  if (now >= expiresAt) throw new LoginRefusal("expired");
  // A token cannot be revoked, so how long it is good is how long a stolen one can be used.
  if (expiresAt > now + maxAgeMs + 2 * clockSkewMs) {
    throw bad("The login is valid for longer than this chat allows.");
  }
  return expiresAt;
}

function checkStart({ nbf }: Claims, { clockSkewMs }: ClaimRules, now: number): void {
  if (nbf === undefined) return;
  if (!isNumericDate(nbf)) throw bad('The "nbf" of the login must be a time in seconds since 1970.');
  if (now + clockSkewMs < nbf * 1000) throw new LoginRefusal("not-yet-valid");
}

function subjectOf({ sub }: Claims): string {
  if (isNameOfPerson(sub)) return sub;
  throw bad(
    `The login must have a "sub": who it is for, as a text of 1 to ${NAME_OF_PERSON_MAX} characters.`,
  );
}

function nameOf({ name }: Claims): string | null {
  if (name === undefined) return null;
  if (isNickname(name)) return name;
  throw bad('The "name" of the login cannot be used as a nickname.');
}

/** Who owns a chat is never up to a host's token. */
function roleOf({ role }: Claims): HostPerson["role"] {
  if (role === undefined) return null;
  if (role === "moderator" || role === "member") return role;
  throw bad('The "role" of the login can only be "moderator" or "member".');
}

function roomsOf({ rooms }: Claims): readonly string[] | null {
  if (rooms === undefined) return null;
  if (Array.isArray(rooms) && rooms.length <= ROOMS_MAX && rooms.every(isRoom)) return rooms;
  throw bad(
    `The "rooms" of the login must be a list of at most ${ROOMS_MAX} names of rooms, "/" being the main room.`,
  );
}

function isRoom(value: unknown): value is string {
  return typeof value === "string" && (value === MAIN_ROOM || roomOfPath(`/rooms/${value}`) !== undefined);
}

function isNameOfPerson(value: unknown): value is string {
  return typeof value === "string" && isTextOf(value, NAME_OF_PERSON_MAX);
}

/** Seconds since 1970, perhaps with a fraction. Numbers as large as 1e999 are read as infinite. */
function isNumericDate(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

function bad(sentence: string): LoginRefusal {
  return new LoginRefusal("bad-claims", sentence);
}
