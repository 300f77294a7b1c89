import { Argument, type Command, InvalidArgumentError, Option } from "commander";
import { type ChatAddress, chatAddress } from "../terminal/address.ts";
import type { TerminalCommand } from "../terminal/index.ts";
import { parseNotNegative, parsePositive } from "./units.ts";

const SAY_SECONDS = 30;
const TAIL_MESSAGES = 10;

interface TerminalFlags {
  readonly name?: string;
  readonly remember?: boolean;
  readonly json?: boolean;
  readonly once?: boolean;
  readonly last: number;
  readonly timeout: number;
}

/** Adds the commands for terminals and scripts. @param choose called with the one that was given */
export function addTerminalCommands(command: Command, choose: (chosen: TerminalCommand) => void): void {
  const address = () =>
    new Argument(
      "<url>",
      "address of the chat or of a room, such as https://chat.example.org/rooms/tea",
    ).argParser(parseChatAddress);
  const speaking = (each: Command) =>
    each
      .addOption(new Option("--name <nickname>", "nickname to take"))
      .addOption(new Option("--remember", "be the same person each time, by a key in your config folder"));
  const json = () => new Option("--json", "print messages as lines of JSON");
  const who = ({ name, remember }: Pick<TerminalFlags, "name" | "remember">) => ({
    name: name ?? null,
    remembers: remember ?? false,
  });
  speaking(command.command("join").description("chat in this terminal").addArgument(address())).action(
    (address: ChatAddress, flags: TerminalFlags) => choose({ kind: "join", address, ...who(flags) }),
  );
  speaking(command.command("say").description("send one message").addArgument(address()))
    .addArgument(new Argument("<text>", "text of the message; - reads it from standard input"))
    .addOption(json())
    .addOption(
      new Option("--timeout <seconds>", "time to get it sent").argParser(parsePositive).default(SAY_SECONDS),
    )
    .action((address: ChatAddress, text: string, { json, timeout, ...flags }: TerminalFlags) =>
      choose({ kind: "say", address, text, json: json ?? false, timeoutMs: timeout * 1000, ...who(flags) }),
    );
  speaking(command.command("tail").description("print the messages of a room").addArgument(address()))
    .addOption(json())
    .addOption(
      new Option("--last <n>", "how many earlier messages to print first, at most 1000")
        .argParser(parseLast)
        .default(TAIL_MESSAGES),
    )
    .addOption(new Option("--once", "end after those"))
    .action((address: ChatAddress, { json, last, once, ...flags }: TerminalFlags) =>
      choose({
        kind: "tail",
        address,
        last,
        json: json ?? false,
        once: once ?? false,
        ...who(flags),
      }),
    );
}

export function parseChatAddress(text: string): ChatAddress {
  const address = chatAddress(text);
  if (address === null)
    throw new InvalidArgumentError("It must be an address such as https://chat.example.org/rooms/tea.");
  return address;
}

function parseLast(text: string): number {
  const last = parseNotNegative(text);
  if (!Number.isInteger(last) || last > 1000)
    throw new InvalidArgumentError("It must be a whole number up to 1000.");
  return last;
}
