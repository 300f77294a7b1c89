import { isNickname } from "./characters.ts";

/** A command that a program takes: people write `/name` and what it needs. */
export interface BotCommand {
  /** As it is written, without the slash. */
  readonly name: string;
  /** What it does, in one line. */
  readonly about: string;
}

/** The longest name, and how many commands a program may have. */
export const COMMAND_NAME_MAX = 32;
export const COMMANDS_PER_BOT = 20;

/** The commands of moderators, which the page carries out itself. No program can have one of these. */
export const OWN_COMMANDS = [
  "mute",
  "unmute",
  "kick",
  "ban",
  "unban",
  "remove",
  "slow",
  "topic",
  "announce",
  "raid",
  "sweep",
  "help",
] as const;

export type OwnCommand = (typeof OWN_COMMANDS)[number];

/** Everybody can type these, and only look-alikes among these letters have to be told apart. */
export const COMMAND_NAME = new RegExp(`^[a-z0-9][a-z0-9_-]{0,${COMMAND_NAME_MAX - 1}}$`);

/** Reads the commands of a program; null if one is malformed, there are too many, or two have the same name. */
export function readCommands(value: unknown): readonly BotCommand[] | null {
  if (!Array.isArray(value) || value.length > COMMANDS_PER_BOT) return null;
  const commands: BotCommand[] = [];
  for (const each of value) {
    const command = readCommand(each);
    if (command === null || commands.some(({ name }) => name === command.name)) return null;
    commands.push(command);
  }
  return commands;
}

/** What a command does is shown in lines of the page, as nicknames are, and must not disturb them any more than these. */
function readCommand(value: unknown): BotCommand | null {
  if (typeof value !== "object" || value === null) return null;
  const name: unknown = Reflect.get(value, "name");
  const about: unknown = Reflect.get(value, "about");
  return typeof name === "string" && COMMAND_NAME.test(name) && isNickname(about) ? { name, about } : null;
}
