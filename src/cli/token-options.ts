/** The commands about tokens, as commander reads them. */
import { Argument, type Command, InvalidArgumentError, Option } from "commander";
import { isScope, SCOPES, SCOPES_PRESET, type Scope } from "../protocol/kinds/tokens.ts";
import { MAIN_ROOM } from "../protocol/room-name.ts";
import type { PeopleCommand } from "./people.ts";
import { collectRooms, parseCount, parseName, parsePage } from "./units.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const TOKEN_ID = /^[0-9a-f]{12}$/;

interface CreateFlags {
  room?: string[];
  scope: readonly Scope[];
  bot?: string;
  days?: number;
  hook?: boolean;
  url?: string;
}

/** @param choose takes what a command asks for */
export function addTokenCommands(command: Command, choose: (chosen: PeopleCommand) => void): void {
  const token = command.command("token").description("create, list and revoke tokens of programs");
  token
    .command("create")
    .description("create a token, and print its secret, which is shown only once")
    .addArgument(new Argument("<name>", "what you call it").argParser(parseName))
    .addOption(
      new Option("--room <room>", "only in this room; / is the main room; repeatable").argParser(
        collectRooms,
      ),
    )
    .addOption(
      new Option("--scope <list>", `what it may do: ${SCOPES.join(", ")}`)
        .argParser(parseScopes)
        .default(SCOPES_PRESET, SCOPES_PRESET.join(",")),
    )
    .addOption(new Option("--bot <nickname>", "nickname of the program, if not <name>").argParser(parseName))
    .addOption(
      new Option("--days <n>", "days after which it expires; never if not given").argParser(parseCount),
    )
    .addOption(
      new Option("--hook", "make an address to which another service posts messages for one room").conflicts(
        "scope",
      ),
    )
    .addOption(
      new Option("--url <url>", "address of the page, if not on this machine, for a hook").argParser(
        parsePage,
      ),
    )
    .action((name: string, flags: CreateFlags) => choose(creationOf(name, flags)));
  token
    .command("list")
    .description("list the tokens, without their secrets")
    .action(() => choose({ kind: "tokens" }));
  token
    .command("revoke")
    .description("end a token at once, also where it is in use, and free its nickname")
    .addArgument(new Argument("<id>", "id of the token, as it is listed").argParser(parseTokenId))
    .action((id: string) => choose({ kind: "revoke-token", id }));
}

function creationOf(name: string, { room, scope, bot, days, hook = false, url }: CreateFlags): PeopleCommand {
  const rooms = room ?? (hook ? [MAIN_ROOM] : null);
  if (hook && rooms?.length !== 1) throw new InvalidArgumentError("A hook posts to one room.");
  const scopes: readonly Scope[] = hook ? ["post"] : scope;
  const order = { label: name, nickname: bot ?? name, scopes, rooms, isHook: hook };
  return {
    kind: "create-token",
    order,
    lifetimeMs: days === undefined ? null : days * DAY_MS,
    url: url ?? null,
  };
}

function parseScopes(text: string): readonly Scope[] {
  const words = text.split(",").map((word) => word.trim());
  if (!words.every(isScope)) throw new InvalidArgumentError(`It must be some of ${SCOPES.join(",")}.`);
  return SCOPES.filter((scope) => words.includes(scope));
}

function parseTokenId(text: string): string {
  if (!TOKEN_ID.test(text))
    throw new InvalidArgumentError("It must be the id of a token: 12 hexadecimal digits.");
  return text;
}
