import { errorReason } from "../engine/local/fault.ts";
import { ModerationError } from "../engine/moderation.ts";
import { isLasting } from "../engine/moderation-view.ts";
import type { StoredModeration } from "../engine/stored-moderation.ts";
import type { StoredPeople } from "../engine/stored-people.ts";
import { printable } from "../protocol/printable.ts";
import { MAIN_ROOM } from "../protocol/room-name.ts";
import { type Action, isOver } from "../room/action.ts";
import { isAtLeast } from "../room/roles.ts";
import { networkHash } from "../server/addresses.ts";
import { Passwords } from "../server/moderation/passwords.ts";
import { readSettings } from "../server/moderation/settings-input.ts";
import type { Settings } from "../server/settings.ts";
import { authorUnder } from "./author.ts";
import { CommandError } from "./command-error.ts";
import { exportModeration, importModeration } from "./moderation-copy.ts";
import { newAction } from "./new-action.ts";
import { placeOf } from "./place.ts";
import { type PlainSettings, settingsText } from "./room-settings.ts";
import { openModeration, openPeople } from "./stores.ts";
import type { Whom } from "./whom.ts";

/** What to do about moderation. A `room` of null stands for all rooms, `minutes` of null for good. */
export type ModerationCommand =
  | {
      readonly kind: "mute" | "ban";
      readonly whom: Whom;
      readonly room: string | null;
      readonly minutes: number | null;
      readonly reason: string;
      /** Without the networks that are known of the person. */
      readonly isPersonOnly: boolean;
    }
  | { readonly kind: "undo"; readonly id: string }
  | { readonly kind: "sanctions"; readonly room: string | null }
  | { readonly kind: "log"; readonly room: string | null; readonly limit: number }
  | {
      readonly kind: "room";
      readonly room: string;
      /** Null to show the settings only. */
      readonly set: PlainSettings | null;
      /** Whether to read a password, to take it away, or to leave it. */
      readonly password: "read" | "remove" | "leave";
    }
  | {
      readonly kind: "announce";
      readonly text: string;
      readonly room: string | null;
      readonly minutes: number | null;
    }
  | { readonly kind: "export" | "import"; readonly file: string };

const MINUTE_MS = 60_000;

/**
 * Does it, whether or not a server of the chat runs, and prints what came of it. A server that runs enforces it within a second.
 *
 * @throws CommandError, ModerationError, JournalError or DatabaseError with one sentence
 */
export async function runModerationCommand(command: ModerationCommand, settings: Settings): Promise<void> {
  const people = await openPeople(settings);
  try {
    const moderation = await openModeration(settings);
    try {
      process.stdout.write(`${await run({ people, moderation, settings }, command)}\n`);
    } finally {
      await moderation.close();
    }
  } catch (error) {
    if (!(error instanceof ModerationError) || error.cause === undefined) throw error;
    throw new ModerationError(error.code, `This could not be stored: ${errorReason(error.cause)}.`);
  } finally {
    await people.close();
  }
}

interface Chat {
  readonly people: StoredPeople;
  readonly moderation: StoredModeration;
  readonly settings: Settings;
}

/** Resolves to what is printed. */
async function run(chat: Chat, command: ModerationCommand): Promise<string> {
  switch (command.kind) {
    case "mute":
    case "ban":
      return lineOf(await sanction(chat, command));
    case "undo":
      return lineOf(await undo(chat, command.id));
    case "sanctions": {
      const sanctions = chat.moderation.inForce(command.room, Date.now());
      return sanctions.length === 0 ? "Nobody is muted or banned." : sanctions.map(lineOf).join("\n");
    }
    case "log":
      return await logOf(chat, command);
    case "room":
      return await setRoom(chat, command);
    case "announce":
      return lineOf(await announce(chat, command));
    case "export":
      return await exportModeration(chat, command.file);
    case "import":
      return await importModeration(chat, command.file);
  }
}

type CommandOf<K extends ModerationCommand["kind"]> = Extract<ModerationCommand, { kind: K }>;

async function sanction(
  chat: Chat,
  { kind, whom, room, minutes, reason, isPersonOnly }: CommandOf<"mute" | "ban">,
): Promise<Action> {
  const { people, moderation, settings } = chat;
  const lasting = { kind, room, reason, until: untilOf(minutes) };
  if (whom.kind === "network")
    return await moderation.act(newAction({ ...lasting, networks: [networkHash(people, whom.network)] }));
  const name = whom.kind === "name" ? whom.name : null;
  const person =
    whom.kind === "name" ? await authorUnder(whom.name, room ?? MAIN_ROOM, settings) : whom.person;
  if (isAtLeast(people.roleOf(person, room), "moderator"))
    throw new CommandError(`${person} keeps order ${placeOf(room)}: revoke the role first.`);
  const networks = isPersonOnly ? [] : networksKnownOf(moderation, person);
  return await moderation.act(newAction({ ...lasting, person, name, networks }));
}

/** Only a server knows the address of somebody; what is stored is what other actions in force reach. */
function networksKnownOf(moderation: StoredModeration, person: string): string[] {
  const about = moderation.inForce(null, Date.now()).filter((each) => each.person === person);
  return [...new Set(about.flatMap(({ networks }) => networks))];
}

async function undo({ moderation }: Chat, id: string): Promise<Action> {
  const undone = await moderation.action(id);
  if (undone === null || isOver(undone, Date.now()))
    throw new CommandError("There is no such action, or it is over.");
  if (undone.kind === "remove")
    throw new CommandError(
      "Only the server that has removed messages can restore them: undo this in the page.",
    );
  const { person, name, room } = undone;
  return await moderation.act(newAction({ kind: "undo", of: id, person, name, room }));
}

async function logOf({ moderation }: Chat, { room, limit }: CommandOf<"log">): Promise<string> {
  const actions = await moderation.actions(room, { person: null, before: null, limit });
  return actions.length === 0 ? "Moderators have done nothing." : actions.map(logLineOf).join("\n");
}

async function setRoom({ people, moderation }: Chat, command: CommandOf<"room">): Promise<string> {
  const { room, set } = command;
  if (set === null) return settingsText(moderation.settingsOf(room));
  const password =
    command.password === "leave"
      ? {}
      : { password: command.password === "read" ? await readPassword() : null };
  const read = readSettings({ ...set, ...password });
  if ("error" in read) throw new CommandError(read.error);
  const passwords = new Passwords((text) => people.idOfStay(text));
  const settings = { ...read.patch, ...(await passwords.patch(room, read.password)) };
  const action = await moderation.act(newAction({ kind: "settings", room, settings }));
  return settingsText(action.settings ?? moderation.settingsOf(room));
}

/** All of the standard input, without the end of its last line. */
async function readPassword(): Promise<string> {
  return (await Bun.stdin.text()).replace(/\r?\n$/, "");
}

async function announce(
  { moderation }: Chat,
  { text, room, minutes }: CommandOf<"announce">,
): Promise<Action> {
  return await moderation.act(newAction({ kind: "announce", room, reason: text, until: untilOf(minutes) }));
}

function untilOf(minutes: number | null): number | null {
  return minutes === null ? null : Math.round(Date.now() + minutes * MINUTE_MS);
}

/** An action in one line: its id, its kind, whom it concerns, where, how long, and why. */
function lineOf({ id, kind, person, name, networks, room, until, reason }: Action): string {
  const reached =
    networks.length === 0 ? null : networks.length === 1 ? "1 network" : `${networks.length} networks`;
  const whom = [name, person, reached].filter((each) => each !== null).join(", ");
  const end = until === null ? "for good" : `until ${timeText(until)}`;
  const parts = [id, kind.padEnd(8), whom, placeOf(room), isLasting({ kind }) ? end : "", reason];
  return printable(parts.filter((part) => part !== "").join("  "));
}

/** The same with the moment, and who has done it. */
function logLineOf(action: Action): string {
  const { at, by, byName, undone } = action;
  const doer = by === null ? "by the server or a command" : `by ${byName} (${by})`;
  const end = undone === null ? "" : `  undone by ${undone}`;
  return printable(`${timeText(at)}  ${lineOf(action)}  ${doer}${end}`);
}

function timeText(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, "Z");
}
