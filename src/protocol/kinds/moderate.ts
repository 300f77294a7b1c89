/** `moderate`: a moderator keeps order. Of version 3. */
import { isEventId } from "../extension.ts";
import type { Reader } from "../reader.ts";
import { isKeyOf } from "../table.ts";
import { type RefusedAnswer, readText, readWhole, withoutControls } from "./answer.ts";

/** The longest reason, in characters; it also is the longest text of an announcement. */
export const REASON_MAX = 500;
/** The longest time that an action may last, and that a removal may reach back, in minutes: ten years. */
export const MINUTES_MAX = 10 * 365 * 24 * 60;

// What travels.

/**
 * - `mute`, `kick` and `ban` concern a person, and the address unless `reach` says otherwise; `remove` one message (`of` alone), or
 *   all messages of a person (`all`).
 * - `undo` ends an action, `approve` and `reject` decide about a held message, `dismiss` closes a report: `id` is its id.
 * - `raid` and `calm` turn raid mode on and off. `sweep` removes all that came with a raid: the messages of the newcomers since
 *   it began, who are banned for a day.
 * - `announce` shows `reason` above the log, or posts it as a message of the chat (`post`).
 */
export type ModerateKind =
  | "mute"
  | "kick"
  | "ban"
  | "remove"
  | "undo"
  | "approve"
  | "reject"
  | "dismiss"
  | "raid"
  | "calm"
  | "sweep"
  | "announce";

/** What an action reaches besides the person: nothing, the address (IPv4 /32, IPv6 /64), or the network around it (/24, /56; /16, /48). */
export type Reach = "person" | "address" | "network" | "wide";

/** Whom it concerns: the author of a message, a nickname in the roster, or a person. */
export interface TargetKeys {
  of?: number;
  name?: string;
  person?: string;
}

export interface ModerateRequest extends TargetKeys {
  type: "moderate";
  kind: ModerateKind;
  id?: string;
  /** How long it lasts; for good if it is missing. */
  minutes?: number;
  /** For `remove`: all messages of the person, of the last `minutes` if these are given. For `reject`: all that wait of the author. */
  all?: boolean;
  reason?: string;
  /** Default: `address`. */
  reach?: Reach;
  /** In all rooms. Only moderators of all rooms may. */
  everywhere?: boolean;
  /** For `announce`: as a message of the chat. */
  post?: boolean;
  /** Only says whom it would hit. */
  preview?: boolean;
}

export interface ModeratedReply {
  type: "moderate";
  kind: ModerateKind;
  status: true;
  /** The id of the action; missing if nothing was done. */
  action?: string;
  /** The nicknames of those who are here and whom it hits, the first 20, and how many there are. */
  hits?: readonly string[];
  hitCount?: number;
  /** How many messages it removes or rejects. */
  count?: number;
}

/**
 * `UnknownTarget`: there is no such message, nickname or person. `NotAllowed`: the person may not do that, or not to this person.
 * `TooManyActions`: as many are in force as may be. `UnknownAction`: there is no such action, held message or report, or it is over.
 */
export type ModerateRefusalReason =
  | "WrongFormatModerate"
  | "NotAllowed"
  | "UnknownTarget"
  | "UnknownAction"
  | "TooManyActions"
  | "ErrorWhenModerate";

export type ModerateRefusedReply = RefusedAnswer<"moderate", ModerateRefusalReason>;

// How it is read.

export interface ParsedModerate {
  readonly kind: "moderate";
  /** Null if the request is malformed. */
  readonly order: Order | null;
}

/** A request to moderate, in full. */
export interface Order {
  readonly kind: ModerateKind;
  readonly target: Target | null;
  readonly id: string | null;
  readonly minutes: number | null;
  readonly isAll: boolean;
  readonly reason: string;
  readonly reach: Reach;
  readonly isEverywhere: boolean;
  readonly isPost: boolean;
  readonly isPreview: boolean;
}

export type Target = { readonly of: number } | { readonly name: string } | { readonly person: string };

const KINDS: { readonly [K in ModerateKind]: true } = {
  mute: true,
  kick: true,
  ban: true,
  remove: true,
  undo: true,
  approve: true,
  reject: true,
  dismiss: true,
  raid: true,
  calm: true,
  sweep: true,
  announce: true,
};
const REACHES: { readonly [R in Reach]: true } = { person: true, address: true, network: true, wide: true };
const NEEDS_TARGET: readonly ModerateKind[] = ["mute", "kick", "ban", "remove"];
const NEEDS_ID: readonly ModerateKind[] = ["undo", "approve", "reject", "dismiss"];
/** The longest nickname, id or person that is looked for, in characters. */
const WANTED_MAX = 100;

export const moderateReader: Reader<"moderate", ParsedModerate> = {
  since: 3,
  read: (value) => ({ kind: "moderate", request: { kind: "moderate", order: readOrder(value) } }),
};

function readOrder(value: object): Order | null {
  const fields: Record<string, unknown> = { ...value };
  const { kind, reach = "address" } = fields;
  const target = readTarget(value);
  const id = readText(value, "id", WANTED_MAX, null);
  const minutes = readWhole(value, "minutes", [1, MINUTES_MAX], null);
  const reason = readReason(value);
  if (!isKeyOf(KINDS, kind) || !isKeyOf(REACHES, reach)) return null;
  if (target === undefined || id === undefined || minutes === undefined || reason === undefined) return null;
  if (NEEDS_TARGET.includes(kind) && target === null) return null;
  if (NEEDS_ID.includes(kind) && id === null) return null;
  if (kind === "announce" && reason.trim() === "") return null;
  return {
    kind,
    target,
    id,
    minutes,
    isAll: fields.all === true,
    reason,
    reach,
    isEverywhere: fields.everywhere === true,
    isPost: fields.post === true,
    isPreview: fields.preview === true,
  };
}

/** What somebody gives as the reason, empty for nothing; undefined if it is malformed. */
export function readReason(value: object): string | undefined {
  const reason = readText(value, "reason", REASON_MAX, "");
  return reason === undefined ? undefined : withoutControls(reason);
}

/** Whom a request names; null if it names nobody, undefined if that is malformed. */
export function readTarget(value: object): Target | null | undefined {
  const fields: Record<string, unknown> = { ...value };
  if (fields.of !== undefined) return isEventId(fields.of) ? { of: fields.of } : undefined;
  const name = readText(value, "name", WANTED_MAX, null);
  if (name !== null) return name === undefined ? undefined : { name };
  const person = readText(value, "person", WANTED_MAX, null);
  return person === null || person === undefined ? person : { person };
}
