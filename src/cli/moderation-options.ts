import { Argument, type Command, InvalidArgumentError, Option } from "commander";
import { withoutControls } from "../protocol/kinds/answer.ts";
import { MINUTES_MAX, REASON_MAX } from "../protocol/kinds/moderate.ts";
import type { ModerationCommand } from "./moderation.ts";
import { parseSettings } from "./room-settings.ts";
import { parseCount, parsePositive, parseRoom } from "./units.ts";
import { parseWhom, type Whom } from "./whom.ts";

const HOUR_MINUTES = 60;
const DAY_MINUTES = 24 * HOUR_MINUTES;
const LOG_LINES = 50;

/** Adds the commands about moderation. @param choose called with the one that was given */
export function addModerationCommands(command: Command, choose: (chosen: ModerationCommand) => void): void {
  addSanctions(command, choose);
  addLists(command, choose);
  addRoom(command, choose);
  addCopies(command, choose);
}

interface SanctionFlags {
  readonly room?: string;
  readonly hours?: number;
  readonly days?: number;
  readonly reason?: string;
  readonly personOnly?: boolean;
}

function addSanctions(command: Command, choose: (chosen: ModerationCommand) => void): void {
  const sanctions = [
    ["ban", "put somebody out of all rooms, or of one, and keep them out"],
    ["mute", "keep somebody from writing in all rooms, or in one"],
  ] as const;
  for (const [kind, description] of sanctions) {
    command
      .command(kind)
      .description(description)
      .addArgument(
        new Argument(
          "<whom>",
          "public id of a person, an address, a network such as 203.0.113.0/24, or name:NICKNAME for whoever wrote last under it, in the room or in the main room",
        ).argParser(parseWhom),
      )
      .addOption(roomOption())
      .addOption(new Option("--hours <n>", "hours it lasts; for good if not given").argParser(parseHours))
      .addOption(new Option("--days <n>", "days it lasts").argParser(parseDays).conflicts("hours"))
      .addOption(new Option("--reason <text>", "why; everybody can read it").argParser(parseText))
      .addOption(
        new Option(
          "--person-only",
          "do not reach the addresses that other mutes and bans of the person reach",
        ),
      )
      .action((whom: Whom, { room, hours, days, reason, personOnly }: SanctionFlags) =>
        choose({
          kind,
          whom,
          room: room ?? null,
          minutes: hours ?? days ?? null,
          reason: reason ?? "",
          isPersonOnly: personOnly ?? false,
        }),
      );
  }
  command
    .command("undo")
    .description("undo what a moderator or a command has done")
    .argument("<id>", "id of the action")
    .action((id: string) => choose({ kind: "undo", id }));
  command
    .command("announce")
    .description("show a text above the messages of all rooms, or of one")
    .addArgument(new Argument("<text>", "what to say").argParser(parseAnnouncement))
    .addOption(roomOption())
    .addOption(
      new Option("--minutes <n>", "minutes to show it; until it is undone if not given").argParser(
        parseMinutes,
      ),
    )
    .action((text: string, { room, minutes }: { room?: string; minutes?: number }) =>
      choose({ kind: "announce", text, room: room ?? null, minutes: minutes ?? null }),
    );
}

function addLists(command: Command, choose: (chosen: ModerationCommand) => void): void {
  command
    .command("sanctions")
    .description("list the mutes and bans in force")
    .addOption(roomOption())
    .action(({ room }: { room?: string }) => choose({ kind: "sanctions", room: room ?? null }));
  command
    .command("moderation-log")
    .description("list what moderators have done, newest first")
    .addOption(roomOption())
    .addOption(new Option("--limit <n>", "how much of it").argParser(parseCount).default(LOG_LINES))
    .action(({ room, limit }: { room?: string; limit: number }) =>
      choose({ kind: "log", room: room ?? null, limit }),
    );
}

interface RoomFlags {
  readonly set?: readonly string[];
  readonly passwordStdin?: boolean;
  /** False to take it away. */
  readonly password: boolean;
}

function addRoom(command: Command, choose: (chosen: ModerationCommand) => void): void {
  command
    .command("room")
    .description("show or change the settings of a room")
    .addArgument(new Argument("<room>", "name of the room; / is the main room").argParser(parseRoom))
    .addOption(new Option("--set <key=value...>", "settings to change, such as slowSeconds=10"))
    .addOption(new Option("--password-stdin", "set the password that standard input has"))
    .addOption(new Option("--no-password", "take the password away").conflicts("passwordStdin"))
    .action((room: string, { set, passwordStdin, password }: RoomFlags) => {
      const change = passwordStdin ? "read" : password ? "leave" : "remove";
      const settings = set === undefined ? null : parseSettings(set);
      choose({ kind: "room", room, set: settings ?? (change === "leave" ? null : {}), password: change });
    });
}

function addCopies(command: Command, choose: (chosen: ModerationCommand) => void): void {
  const copies = [
    ["export", "write the settings of rooms, mutes, bans and announcements to a file, as JSON Lines"],
    ["import", "take in what such a file has and is not there already"],
  ] as const;
  for (const [kind, description] of copies) {
    command
      .command(`moderation-${kind} <file>`)
      .description(description)
      .action((file: string) => choose({ kind, file }));
  }
}

function roomOption(): Option {
  return new Option("--room <room>", "only in this room; / is the main room").argParser(parseRoom);
}

function parseMinutes(text: string): number {
  return checkedMinutes(parsePositive(text));
}

function parseHours(text: string): number {
  return checkedMinutes(parsePositive(text) * HOUR_MINUTES);
}

function parseDays(text: string): number {
  return checkedMinutes(parsePositive(text) * DAY_MINUTES);
}

function checkedMinutes(minutes: number): number {
  if (minutes > MINUTES_MAX) throw new InvalidArgumentError("It must be at most ten years.");
  return minutes;
}

function parseText(text: string): string {
  if (!text.isWellFormed() || [...text].length > REASON_MAX)
    throw new InvalidArgumentError(`It must have at most ${REASON_MAX} characters.`);
  return withoutControls(text);
}

function parseAnnouncement(text: string): string {
  if (text.trim() === "") throw new InvalidArgumentError("It must not be empty.");
  return parseText(text);
}
