/** `commands`: the commands that the programs of a room take. Of version 3. */
import type { BotCommand } from "../bot-command.ts";
import type { Reader } from "../reader.ts";
import type { RefusedAnswer } from "./answer.ts";

// What travels.

export interface CommandsRequest {
  type: "commands";
}

export interface CommandKeys extends BotCommand {
  /** The nickname of the program. */
  readonly bot: string;
}

export interface CommandsReply {
  type: "commands";
  status: true;
  commands: readonly CommandKeys[];
}

export type CommandsRefusedReply = RefusedAnswer<"commands", "UnknownRegister" | "ErrorWhenCommands">;

// How it is read.

export interface ParsedCommands {
  readonly kind: "commands";
}

export const commandsReader: Reader<"commands", ParsedCommands> = {
  since: 3,
  read: () => ({ kind: "commands", request: { kind: "commands" } }),
};
