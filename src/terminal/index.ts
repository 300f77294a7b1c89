import { type JoinCommand, join } from "./join.ts";
import { type SayCommand, say } from "./say.ts";
import { type TailCommand, tail } from "./tail.ts";

/** What somebody at a terminal, or a script, does in a chat. */
export type TerminalCommand = JoinCommand | SayCommand | TailCommand;

/** Does it. @throws TerminalError with one sentence if that fails */
export function runTerminalCommand(command: TerminalCommand): Promise<void> {
  switch (command.kind) {
    case "join":
      return join(command);
    case "say":
      return say(command);
    case "tail":
      return tail(command);
  }
}
