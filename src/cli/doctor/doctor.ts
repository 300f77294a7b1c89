/** `doctor`: whether a chat is reached as it should be, and has what it needs. */
import { existsSync } from "node:fs";
import { Argument, type Command, Option } from "commander";
import { version } from "../../../package.json";
import { errorReason } from "../../engine/local/fault.ts";
import type { Settings } from "../../server/settings.ts";
import type { ChatAddress } from "../../terminal/address.ts";
import { openPeople } from "../stores.ts";
import { parseChatAddress } from "../terminal-options.ts";
import { parsePositive } from "../units.ts";
import { databaseFindings } from "./database.ts";
import { diskFindings } from "./disk.ts";
import { about, type Finding, findingText } from "./finding.ts";
import {
  certificateFinding,
  dateFinding,
  type Front,
  frontOf,
  idleFindings,
  metricsFinding,
  strangeOriginFinding,
  strangeUpgrade,
  upgrade,
  upgradeFinding,
} from "./front.ts";
import { serverFindings } from "./server.ts";

const IDLE_S = 30;

export interface DoctorCommand {
  readonly address: ChatAddress;
  /** How long an idle connection is held. */
  readonly idleMs: number;
}

/** Adds the command. @param choose called with what it asks for */
export function addDoctorCommand(command: Command, choose: (chosen: DoctorCommand) => void): void {
  command
    .command("doctor")
    .description(
      "find out whether a chat is reached as it should be and has what it needs; run it on the server's machine, with the server's settings",
    )
    .addArgument(
      new Argument("<url>", "address that people use, such as https://chat.example.org/").argParser(
        parseChatAddress,
      ),
    )
    .addOption(
      new Option("--idle <seconds>", "how long to hold a connection on which nothing is said")
        .argParser(parsePositive)
        .default(IDLE_S),
    )
    .action((address: ChatAddress, { idle }: { idle: number }) => choose({ address, idleMs: idle * 1000 }));
}

/** Prints what it finds, as it finds it. @returns whether there is no fault */
export async function runDoctor(
  { address, idleMs }: DoctorCommand,
  settings: Settings,
  print: (line: string) => void,
): Promise<boolean> {
  const counts = { ok: 0, warning: 0, fault: 0, unknown: 0 };
  for await (const finding of findings(frontOf(address), settings, idleMs)) {
    counts[finding.level]++;
    print(findingText(finding));
  }
  print(`\n${counts.fault} faults, ${counts.warning} warnings, ${counts.unknown} unknown, ${counts.ok} well`);
  return counts.fault === 0;
}

async function* findings(front: Front, settings: Settings, idleMs: number): AsyncGenerator<Finding> {
  yield await certificateFinding(front);
  const upgraded = await upgrade(front, front.origin);
  yield upgradeFinding(upgraded, front);
  const isReached = upgraded.status !== null;
  if (isReached) {
    yield strangeOriginFinding(await strangeUpgrade(front));
    yield await metricsFinding(front);
    yield* await insideFindings(front, settings, upgraded.ownAddress);
  }
  yield* settings.database === null
    ? diskFindings(settings.dataFile)
    : await databaseFindings(settings.database);
  if (upgraded.status === 101) yield* await idleFindings(front, idleMs);
}

async function insideFindings(front: Front, settings: Settings, ownAddress: string): Promise<Finding[]> {
  const { unknown } = about("server");
  // What is not there must not be made.
  if (settings.database === null && !existsSync(`${settings.dataFile}.people`))
    return [
      await dateFinding(front),
      unknown(
        `what it sees cannot be asked, since there is no chat at ${settings.dataFile}`,
        "Run this on the server's machine, with its --data or --database-url.",
      ),
    ];
  try {
    const people = await openPeople(settings);
    try {
      return await serverFindings(front, people, ownAddress, version);
    } finally {
      await people.close();
    }
  } catch (error) {
    return [unknown(`what it sees cannot be asked: ${errorReason(error)}`, "Run this as the server's user.")];
  }
}
