import { Argument, type Command, Option } from "commander";
import { isGrantedRole, ROLES } from "../room/roles.ts";
import type { PeopleCommand } from "./people.ts";
import { addTokenCommands } from "./token-options.ts";
import { parsePage, parsePerson, parseRoom } from "./units.ts";

/** Adds the commands about people. @param choose called with the one that was given */
export function addPeopleCommands(command: Command, choose: (chosen: PeopleCommand) => void): void {
  const room = () =>
    new Option("--room <room>", "only in this room; / is the main room").argParser(parseRoom);
  const id = () => new Argument("<id>", "public id of a person").argParser(parsePerson);
  command
    .command("owner-link")
    .description(
      "print a link that makes whoever opens it an owner: once, within a day, until there is a newer one",
    )
    .addOption(new Option("--url <url>", "address of the page, if not on this machine").argParser(parsePage))
    .action(({ url }: { url?: string }) => choose({ kind: "owner-link", url: url ?? null }));
  command
    .command("grant")
    .description("give somebody a role in all rooms, or in one")
    .addArgument(id())
    .addArgument(new Argument("<role>", "role to give").choices(ROLES.slice(1)))
    .addOption(room())
    .action((person: string, role: string, { room }: { room?: string }) => {
      if (isGrantedRole(role)) choose({ kind: "grant", person, role, room: room ?? null });
    });
  command
    .command("revoke")
    .description("take away the role that somebody was given in all rooms, or in one")
    .addArgument(id())
    .addOption(room())
    .action((person: string, { room }: { room?: string }) =>
      choose({ kind: "revoke", person, room: room ?? null }),
    );
  command
    .command("roles")
    .description("list who was given which role")
    .action(() => choose({ kind: "roles" }));
  addTokenCommands(command, choose);
}
