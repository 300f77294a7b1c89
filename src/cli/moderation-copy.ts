/**
 * A copy of what moderators have set up, as JSON Lines: the settings of rooms, and the mutes, bans and announcements that are in
 * force. Each line is an object with a `kind`.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { errorCode, errorReason } from "../engine/local/fault.ts";
import { ModerationError, type NewAction } from "../engine/moderation.ts";
import { isPersonId } from "../engine/people.ts";
import type { StoredModeration } from "../engine/stored-moderation.ts";
import type { StoredPeople } from "../engine/stored-people.ts";
import { readText } from "../protocol/kinds/answer.ts";
import { REASON_MAX, readReason } from "../protocol/kinds/moderate.ts";
import { MAIN_ROOM, roomOfPath } from "../protocol/room-name.ts";
import { type Action, type ActionKind, isOver } from "../room/action.ts";
import { DEFAULT_SETTINGS, type RoomSettings, type SettingsPatch } from "../room/room-settings.ts";
import { readSettings } from "../server/moderation/settings-input.ts";
import { CommandError } from "./command-error.ts";
import { counted } from "./count.ts";
import { newAction } from "./new-action.ts";
import { isSettingsKey, plainSettings } from "./room-settings.ts";

/** A kick and raid mode last minutes, and are not copied. */
const COPIED: readonly ActionKind[] = ["mute", "ban", "announce"];
const ACTIONS_AT_ONCE = 1_000;
/** The longest nickname, in characters. */
const NAME_MAX = 100;
/** As `Bun.password` writes it, with a cost that does no harm. */
const PASSWORD_HASH = /^\$argon2id\$v=19\$m=\d{1,5},t=\d,p=1\$[\w+/]{10,100}\$[\w+/]{10,100}$/;
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

interface CopiedChat {
  readonly people: StoredPeople;
  readonly moderation: StoredModeration;
}

/** What a file says. */
interface Copy {
  /** The chat that it was written for; null if that is not said. */
  readonly chat: string | null;
  /** Each is of one of the {@link COPIED} kinds, or replaces the settings of a room. */
  readonly actions: readonly NewAction[];
}

/**
 * Writes a file that only its owner may read. Resolves to what is printed.
 *
 * @throws CommandError if there is such a file already, or it cannot be written
 */
export async function exportModeration({ people, moderation }: CopiedChat, file: string): Promise<string> {
  const rooms = [...moderation.rooms()].map(([room, settings]) => settingsLine(room, settings));
  const actions = (await actionsInForce(moderation)).map(actionLine);
  const lines = [JSON.stringify({ kind: "chat", id: chatId(people) }), ...rooms, ...actions];
  try {
    writeFileSync(file, `${lines.join("\n")}\n`, { mode: 0o600, flag: "wx" });
  } catch (error) {
    if (errorCode(error) === "EEXIST") throw new CommandError(`There is a file ${file} already.`);
    throw new CommandError(`The file ${file} cannot be written: ${errorReason(error)}.`);
  }
  return `Exported: the settings of ${counted(rooms.length, "room")}, ${counted(actions.length, "action")}.`;
}

/**
 * Takes in what a file says and is not there already. Resolves to what is printed.
 *
 * @throws CommandError if a line is malformed, and then nothing was taken
 */
export async function importModeration({ people, moderation }: CopiedChat, file: string): Promise<string> {
  const { chat, actions } = readCopy(file);
  const isForeign = chat !== null && chat !== chatId(people);
  const there = new Set((await actionsInForce(moderation)).map(actionLine));
  const left = { "already there": 0, over: 0, "about people of another chat": 0 };
  const news = actions.filter((action) => {
    const why = whyLeft(action, moderation, there, isForeign);
    if (why !== null) left[why]++;
    return why === null;
  });
  await takeAll(news, moderation);
  const reasons = Object.entries(left).filter(([, count]) => count > 0);
  const leftOut = reasons.map(([why, count]) => `${count} ${why}`).join(", ") || "nothing";
  return `Imported: ${counted(news.length, "line")}. Left out: ${leftOut}.`;
}

async function takeAll(actions: readonly NewAction[], moderation: StoredModeration): Promise<void> {
  for (const [taken, action] of actions.entries()) {
    try {
      await moderation.act(action);
    } catch (error) {
      if (!(error instanceof ModerationError) || error.cause !== undefined) throw error;
      throw new CommandError(`${error.message} ${taken} of ${counted(actions.length, "line")} were taken.`);
    }
  }
}

function whyLeft(
  action: NewAction,
  moderation: StoredModeration,
  there: ReadonlySet<string>,
  isForeign: boolean,
): "already there" | "over" | "about people of another chat" | null {
  const { kind, room, settings, until } = action;
  if (room !== null && settings !== null)
    return isSetIn(moderation.settingsOf(room), settings) ? "already there" : null;
  if (isOver({ until, undone: null }, Date.now())) return "over";
  // The ids of people and the hashes of networks follow from a secret of the chat.
  if (isForeign && kind !== "announce") return "about people of another chat";
  return there.has(actionLine(action)) ? "already there" : null;
}

function isSetIn(settings: RoomSettings, patch: SettingsPatch): boolean {
  return Bun.deepEquals({ ...settings, ...patch }, settings);
}

/** Oldest first. */
async function actionsInForce(moderation: StoredModeration): Promise<Action[]> {
  const found: Action[] = [];
  for (let before: string | null = null; ; ) {
    const filter = { person: null, kinds: COPIED, before, limit: ACTIONS_AT_ONCE };
    const actions = await moderation.actions(null, filter);
    found.push(...actions.filter((action) => !isOver(action, Date.now())));
    if (actions.length < ACTIONS_AT_ONCE) return found.reverse();
    before = actions.at(-1)?.id ?? null;
  }
}

/** A digest of the secret from which the ids of a chat follow. */
function chatId(people: StoredPeople): string {
  return people.idOfStay("copy of moderation");
}

function settingsLine(room: string, settings: RoomSettings): string {
  const { passwordHash } = settings;
  return JSON.stringify({ kind: "settings", room, ...plainSettings(settings), passwordHash });
}

function actionLine({ kind, room, person, name, networks, reason, by, byName, ...times }: NewAction): string {
  const [at, until] = [textOfMoment(times.at), times.until === null ? null : textOfMoment(times.until)];
  return JSON.stringify({ kind, room, person, name, networks, reason, by, byName, at, until });
}

function textOfMoment(moment: number): string {
  return new Date(moment).toISOString();
}

/** @throws CommandError if the file cannot be read, or with the number of the first line that is malformed */
function readCopy(file: string): Copy {
  const actions: NewAction[] = [];
  let chat: string | null = null;
  for (const [at, line] of linesOf(file).entries()) {
    if (line.trim() === "") continue;
    const read = readLine(line);
    if (typeof read === "string")
      throw new CommandError(`Line ${at + 1} of ${file} is malformed: ${read} Nothing was imported.`);
    if (read.kind === "chat") chat = read.id;
    else actions.push(read);
  }
  return { chat, actions };
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, "utf8").split("\n");
  } catch (error) {
    throw new CommandError(`The file ${file} cannot be read: ${errorReason(error)}.`);
  }
}

type Fields = Readonly<Record<string, unknown>>;

/** A line, or one sentence on what is wrong with it. */
function readLine(line: string): NewAction | { readonly kind: "chat"; readonly id: string } | string {
  const fields = parsed(line);
  if (fields === null) return "It is not a JSON object.";
  const { kind } = fields;
  switch (kind) {
    case "chat":
      return typeof fields.id === "string" ? { kind, id: fields.id } : "It has no id.";
    case "settings":
      return readSettingsLine(fields);
    case "mute":
    case "ban":
    case "announce":
      return readActionLine(kind, fields);
    default:
      return "Its kind is unknown.";
  }
}

function parsed(line: string): Fields | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}

function readSettingsLine({ kind: _, room, passwordHash = null, ...set }: Fields): NewAction | string {
  if (!isRoom(room)) return "There is no such room.";
  const unknown = Object.keys(set).find((key) => !isSettingsKey(key));
  if (unknown !== undefined) return `There is no setting ${JSON.stringify(unknown)}.`;
  if (passwordHash !== null && !(typeof passwordHash === "string" && PASSWORD_HASH.test(passwordHash)))
    return "The hash of the password is none.";
  const read = readSettings(set);
  if ("error" in read) return read.error;
  const { keptBefore: _kept, ...defaults } = DEFAULT_SETTINGS;
  const settings = { ...defaults, ...read.patch, passwordHash };
  if (settings.entry === "password" && passwordHash === null) return "Set a password for the room, too.";
  return newAction({ kind: "settings", room, settings });
}

function readActionLine(kind: "mute" | "ban" | "announce", fields: Fields): NewAction | string {
  const { room = null, person = null, name = null, networks = [], by = null } = fields;
  const byName = readText(fields, "byName", NAME_MAX, "");
  const reason = readReason(fields);
  const [at, until] = [momentOf(fields.at), fields.until === null ? null : momentOf(fields.until)];
  if (room !== null && !isRoom(room)) return "There is no such room.";
  if (!isPersonOrNull(person) || !isPersonOrNull(by)) return "It has an id that is of no person.";
  if (!isListOfHashes(networks)) return "Its networks are no list of hashes.";
  if (name !== null && !isName(name)) return "Its nickname is none.";
  if (byName === undefined) return "The nickname of its moderator is none.";
  if (reason === undefined) return `Its reason is no text of at most ${REASON_MAX} characters.`;
  if (at === undefined || until === undefined) return "Its at and until are no moments.";
  if (kind === "announce" && reason.trim() === "") return "It says nothing.";
  if (kind !== "announce" && person === null && networks.length === 0) return "It concerns nobody.";
  return newAction({ kind, room, person, name, networks, reason, by, byName, at, until });
}

function isRoom(value: unknown): value is string {
  return value === MAIN_ROOM || (typeof value === "string" && roomOfPath(`/rooms/${value}`) !== undefined);
}

function isPersonOrNull(value: unknown): value is string | null {
  return value === null || (typeof value === "string" && isPersonId(value));
}

/** A hash of a network is derived like the id of a person. */
function isListOfHashes(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string" && isPersonId(each));
}

function isName(value: unknown): value is string {
  return typeof readText({ value }, "value", NAME_MAX, null) === "string";
}

/** Unix milliseconds; undefined if it is not written as an export writes it. */
function momentOf(value: unknown): number | undefined {
  if (typeof value !== "string" || !MOMENT.test(value)) return undefined;
  const moment = Date.parse(value);
  return Number.isNaN(moment) ? undefined : moment;
}
