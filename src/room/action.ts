import { type PublicSettings, publicSettings, type RoomSettings } from "./room-settings.ts";

/** What moderators do. */

/**
 * - `mute`: may not write, react or take another nickname; `ban`: may not be in the room; `kick`: a ban of {@link KICK_MS}.
 * - `remove`: messages were removed. `undo`: an earlier action, {@link Action.of}, is undone.
 * - `settings`: the room's settings are now {@link Action.settings}.
 * - `raid`: raid mode is on until {@link Action.until}; `calm`: it is off.
 * - `announce`: the text of {@link Action.reason} is shown above the log until it ends.
 * - `token`: a token of a program was created, {@link Action.of} is its id and {@link Action.name} its nickname; `revoke`: it was revoked.
 * - `approve`, `reject`: a held message was, {@link Action.of}. `dismiss`: a report needs nothing more.
 */
export type ActionKind =
  | "mute"
  | "kick"
  | "ban"
  | "remove"
  | "undo"
  | "settings"
  | "raid"
  | "calm"
  | "announce"
  | "approve"
  | "reject"
  | "dismiss"
  | "token"
  | "revoke";

/** Something that a moderator, or the server itself, has done in a room, or in all rooms. */
export interface Action {
  /** 16 base64url characters, the first of which is no hyphen. */
  readonly id: string;
  readonly kind: ActionKind;
  /** Null for all rooms. */
  readonly room: string | null;
  /** The public id of the person whom it concerns, null for none. */
  readonly person: string | null;
  /** The nickname that the person had, null if it is not known. */
  readonly name: string | null;
  /** Keyed hashes of the networks that it concerns as well. Empty once the action is over: see {@link isOver}. */
  readonly networks: readonly string[];
  /** In the words of the moderator; may be empty. */
  readonly reason: string;
  /** The public id of the moderator; null for the server itself or its command. */
  readonly by: string | null;
  /** The nickname of the moderator. */
  readonly byName: string;
  /** Unix milliseconds. */
  readonly at: number;
  /** When it ends by itself, in Unix milliseconds; null for never. */
  readonly until: number | null;
  /** What an `undo`, `approve`, `reject`, `dismiss`, `token` or `revoke` is about: the id of an action, a held message, a report or a token. */
  readonly of: string | null;
  /** How many messages were removed, or people were hit. */
  readonly count: number | null;
  /** What has become of the settings, for `settings`. */
  readonly settings: RoomSettings | null;
  /** The id of the action that has undone it, null while none has. */
  readonly undone: string | null;
}

/** How long somebody who was kicked stays out. */
export const KICK_MS = 60_000;

/** The kinds that keep somebody from something for a time. */
export type SanctionKind = "mute" | "kick" | "ban";

/** Whether an action has no effect any more. @param now Unix milliseconds */
export function isOver({ until, undone }: Pick<Action, "until" | "undone">, now: number): boolean {
  return undone !== null || (until !== null && until <= now);
}

/** What a room, and everybody in it, gets to know of an action. */
export interface Enactment extends Omit<Action, "networks" | "settings" | "undone"> {
  readonly settings: PublicSettings | null;
}

export function enactmentOf({
  networks: _networks,
  undone: _undone,
  settings,
  ...action
}: Action): Enactment {
  return { ...action, settings: settings === null ? null : publicSettings(settings) };
}
