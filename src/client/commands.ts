import type { CommandKeys } from "../protocol/kinds/commands.ts";
import type { Chat } from "./chat.ts";
import { textOf, wellFormed } from "./frame.ts";
import { ask } from "./moderation.ts";
import type { WaitOptions } from "./wait.ts";

/** A command that a program of the room takes: whoever wants something of it sends the message `/name …`. */
export type RoomCommand = Readonly<CommandKeys>;

/**
 * The commands that programs take in the room. Waits until the chat is in the room.
 *
 * @returns those of the oldest program first. Rejects with ClosedError, RefusedError, or ChatError `UnknownType` with an older
 *   server
 */
export function commands(chat: Chat, options: WaitOptions = {}): Promise<readonly RoomCommand[]> {
  return ask(chat, { type: "commands" }, options, (answer) =>
    wellFormed(answer.commands, ({ name, about, bot }) => ({
      name: textOf(name),
      about: textOf(about),
      bot: textOf(bot),
    })),
  );
}
