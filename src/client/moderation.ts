/**
 * What the people of a room, and its moderators above all, do about the room itself. These are functions and not methods, so
 * that a page can load them when they are needed.
 */

import type { OwnMessage } from "../protocol/kinds/mine.ts";
import type { ModerateRequest, TargetKeys } from "../protocol/kinds/moderate.ts";
import type { SettingsKeys } from "../protocol/kinds/moderation-event.ts";
import type {
  ActionKeys,
  HeldKeys,
  PersonKeys,
  ReportKeys,
  ReviewSubject,
} from "../protocol/kinds/review.ts";
import type { SettingsInput, WordKeys } from "../protocol/kinds/room.ts";
import type { Question } from "./calls.ts";
import type { Chat } from "./chat.ts";
import { ChangeError, ChatError, CLASSES } from "./errors.ts";
import {
  type Answer,
  attempt,
  type Fields,
  fieldsOf,
  integerOf,
  listOf,
  numberOf,
  optionalText,
  parseSettings,
  roleOf,
  textOf,
  wellFormed,
} from "./frame.ts";
import type { WaitOptions } from "./wait.ts";

/**
 * The server refused something about the room: the person may not do that, or not to this person (`NotAllowed`); there is no
 * such message, nickname or person (`UnknownTarget`), or no such action, held message or report (`UnknownAction`); there are as
 * many as there may be (`TooManyActions`, `TooManyReports`, `TooManyRooms`); or the request is not valid
 * (`WrongFormatModerate`, `WrongFormatSettings`, `WrongFormatReport`, `WrongFormatReview`, `WrongFormatMine`).
 */
export class ModerationError extends ChatError {
  override readonly name = "ModerationError";
}

for (const code of [
  "UnknownTarget",
  "UnknownAction",
  "TooManyActions",
  "TooManyReports",
  "TooManyRooms",
  "WrongFormatModerate",
  "WrongFormatSettings",
  "WrongFormatReport",
  "WrongFormatReview",
  "WrongFormatMine",
])
  CLASSES[code] = ModerationError;

/** What a moderator wants done. */
export type Order = Readonly<Omit<ModerateRequest, "type">>;

/** What has been done, or with `preview` what would be. */
export interface Moderation {
  /** The id of the action, by which it can be undone; undefined if nothing was done. */
  readonly action: string | undefined;
  /** The nicknames of those who are here and whom it hits: the first 20 of `hitCount`. */
  readonly hits: readonly string[];
  readonly hitCount: number;
  /** How many messages it removes. */
  readonly count: number;
}

/** What is set in a room. Only moderators see `words` and `wordRule`. */
export type RoomSettings = Readonly<SettingsKeys> & Read<Partial<WordKeys>>;

/** What to report: a message, or whoever has a nickname, or a person. */
export interface ReportInput extends Readonly<TargetKeys> {
  readonly reason?: string;
}

/** What moderators look at, by the subject. */
export interface Reviewed {
  readonly reports: Read<ReportKeys>;
  readonly held: Read<HeldKeys>;
  readonly force: Read<ActionKeys>;
  readonly log: Read<ActionKeys>;
  readonly people: Read<PersonKeys>;
}

/** What was read from a frame: a key that is missing there is undefined here. */
type Read<T> = { readonly [K in keyof T]: object extends Pick<T, K> ? T[K] | undefined : T[K] };

export interface ReviewOptions extends WaitOptions {
  /** For `log`: only what concerns the person with this public id. */
  readonly person?: string;
  /** For `log`: only what came before the action with this id. */
  readonly before?: string;
}

export interface SetRoomOptions extends WaitOptions {
  /**
   * Another room than that of the chat, by its name in the path; `/` for the main room. Only for moderators of all rooms. If the
   * operator lets them make rooms, this makes it.
   */
  readonly room?: string;
}

export interface Review<S extends ReviewSubject> {
  readonly list: readonly Reviewed[S][];
  /** Whether there is more after the last element of the list. */
  readonly more: boolean;
}

export interface MineOptions extends WaitOptions {
  /** Only messages before the one with this id. */
  readonly before?: number;
}

/** Own messages, newest first. */
export interface Mine {
  readonly messages: readonly Readonly<OwnMessage>[];
  /** Whether there are older ones. */
  readonly more: boolean;
}

/**
 * Keeps order in the room: mutes, removes, bans, undoes and so on.
 *
 * @returns what was done. Rejects with ModerationError, IdentityError, StoreError, ClosedError, RefusedError, ChatError
 *   `UnknownType` with an older server, or UncertainError if the connection was lost before the reply: look at `review` then
 */
export function moderate(chat: Chat, order: Order, options: WaitOptions = {}): Promise<Moderation> {
  return ask(chat, { type: "moderate", ...order }, options, ({ action, hits, hitCount, count }) => ({
    action: optionalText(action),
    hits: hits === undefined ? [] : listOf(hits).map(textOf),
    hitCount: numberOf(hitCount) ?? 0,
    count: numberOf(count) ?? 0,
  }));
}

/** What is set in the room. @returns the settings. Rejects as {@link moderate}, but is repeated after a lost connection */
export function roomSettings(chat: Chat, options: WaitOptions = {}): Promise<RoomSettings> {
  return ask(chat, { type: "room" }, options, readSettings);
}

/**
 * Changes what is set in the room. Everybody else learns of it by the event `moderated`.
 *
 * @param set what to change; the rest stays as it is
 * @returns all settings. Rejects as {@link moderate}
 */
export function setRoom(
  chat: Chat,
  set: SettingsInput,
  { room, ...options }: SetRoomOptions = {},
): Promise<RoomSettings> {
  return ask(chat, { type: "room", set, ...(room === undefined ? {} : { room }) }, options, readSettings);
}

/**
 * Tells the moderators about a message or a person. Waits until the chat is in the room.
 *
 * @returns a promise that is fulfilled once they can see it. Rejects as {@link moderate}, or with NotRegisteredError
 */
export async function report(chat: Chat, input: ReportInput, options: WaitOptions = {}): Promise<void> {
  await ask(chat, { type: "report", ...input }, options, () => true);
}

/** What moderators look at. @returns as {@link roomSettings}. Reports and held messages come oldest first, the rest newest first */
export function review<S extends ReviewSubject>(
  chat: Chat,
  what: S,
  { signal, timeoutMs, ...keys }: ReviewOptions = {},
): Promise<Review<S>> {
  return ask(chat, { type: "review", what, ...keys }, { signal, timeoutMs }, ({ list, more }) => ({
    list: wellFormed(list, READERS[what]),
    more: more === true,
  }));
}

/** What the person has written in the room. @returns as {@link roomSettings}; IdentityError `UnknownPerson` without a key or a token */
export function mine(chat: Chat, { signal, timeoutMs, ...keys }: MineOptions = {}): Promise<Mine> {
  return ask(chat, { type: "mine", do: "get", ...keys }, { signal, timeoutMs }, ({ messages, more }) => ({
    messages: wellFormed(messages, readOwn),
    more: more === true,
  }));
}

/**
 * Deletes all that the person has written in the room.
 *
 * @returns how many messages that is. Rejects as {@link moderate}; IdentityError `UnknownPerson` without a key or a token
 */
export function deleteMine(chat: Chat, options: WaitOptions = {}): Promise<number> {
  return ask(chat, { type: "mine", do: "delete" }, options, ({ count }) => numberOf(count) ?? 0);
}

/** Asks something about the room. @param read makes the result from the reply. It throws if that is malformed */
export async function ask<T>(
  chat: Chat,
  request: Question,
  options: WaitOptions,
  read: (answer: Answer) => T,
): Promise<T> {
  const answer = await chat.ask(request, options).catch((error: unknown) => {
    // Elsewhere `NotAllowed` is about a message.
    throw error instanceof ChangeError ? new ModerationError(error.code, error.message) : error;
  });
  const result = attempt(() => ({ value: read(answer) }));
  if (!result) throw new ChatError("Malformed");
  return result.value;
}

function readSettings({ settings }: Answer): RoomSettings {
  const fields = fieldsOf<RoomSettings>(settings);
  return {
    ...parseSettings(fields),
    words: attempt(() => listOf(fields.words).map(textOf)),
    wordRule: fields.wordRule === "refuse" || fields.wordRule === "hold" ? fields.wordRule : undefined,
  };
}

/** How to read an element of each list. */
const READERS: { readonly [S in ReviewSubject]: (fields: Fields) => Reviewed[S] } = {
  reports: (fields) => ({
    id: textOf(fields.id),
    of: optionalNumber(fields.of),
    content: optionalText(fields.content),
    person: optionalText(fields.person),
    name: textOf(fields.name),
    reason: textOf(fields.reason),
    by: textOf(fields.by),
    reporter: textOf(fields.reporter),
    at: integerOf(fields.at),
  }),
  held: (fields) => ({
    id: textOf(fields.id),
    name: textOf(fields.name),
    person: textOf(fields.person),
    content: textOf(fields.content),
    reply: optionalNumber(fields.reply),
    why: fields.why === "newcomer" ? "newcomer" : "word",
    at: integerOf(fields.at),
  }),
  force: readAction,
  log: readAction,
  people: (fields) => ({
    name: textOf(fields.name),
    person: textOf(fields.person),
    role: roleOf(fields.role),
    joined: optionalNumber(fields.joined),
    sharing: numberOf(fields.sharing) ?? 0,
    muted: isSet(fields.muted),
  }),
};

function readAction(fields: Fields): Reviewed["log"] {
  return {
    action: textOf(fields.action),
    kind: textOf(fields.kind),
    everywhere: fields.everywhere === true,
    person: optionalText(fields.person),
    name: optionalText(fields.name),
    reason: optionalText(fields.reason),
    by: optionalText(fields.by),
    moderator: textOf(fields.moderator),
    at: integerOf(fields.at),
    until: optionalNumber(fields.until),
    count: optionalNumber(fields.count),
    reaches: isSet(fields.reaches),
    over: isSet(fields.over),
    undoable: isSet(fields.undoable),
  };
}

function readOwn({ id, name, content, time }: Fields): OwnMessage {
  return { id: integerOf(id), name: textOf(name), content: textOf(content), time: integerOf(time) };
}

function optionalNumber(value: unknown): number | undefined {
  return numberOf(value) ?? undefined;
}

function isSet(value: unknown): true | undefined {
  return value === true || undefined;
}
