/** `npm run bench -- [WORKLOADS]`: see `--help`. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { Argument, Command, InvalidArgumentError } from "commander";
import { CONTENDERS, type ContenderName } from "./contenders.ts";
import type { Attack } from "./load/attack/attack.ts";
import { ATTACKS, attacksOf } from "./load/attack/attacks.ts";
import { hindrance } from "./machine.ts";
import { chart } from "./report/chart.ts";
import { markdownReport } from "./report/markdown.ts";
import { terminalReport } from "./report/table.ts";
import type { Results } from "./results.ts";
import { type RunOptions, run, WORKLOADS } from "./run.ts";

const DOCS = join(import.meta.dir, "../docs");
const CHART = "benchmarks.svg";
const ROUNDS = { full: 3, short: 2 };
/** Attacks, and raids, differ by far more than rounds of one of them do. */
const ATTACK_ROUNDS = 1;
/** Over all crowds that exist at one time. */
const MOST_CLIENTS = { full: 10_000, short: 2000 };
const PEERS = CONTENDERS.filter(({ isPeer }) => isPeer).map(({ name }) => name);

interface Flags {
  short: boolean;
  rounds?: number;
  json?: string;
  peers: ContenderName[];
  attacks?: readonly Attack[];
  against?: string;
  write: boolean;
}

const command = new Command("bench")
  .description(
    "Compares the chat server with other servers of the same protocol. A complete run of all workloads writes docs/benchmarks.md.",
  )
  .addArgument(new Argument("[workloads...]", "the workloads to run (default: all)").choices(WORKLOADS))
  .option("--short", "run less of everything, in ten minutes: to see that it works, not to compare", false)
  .option(
    "--rounds <n>",
    `measured rounds after the warm-up (default: ${ROUNDS.full}, short ${ROUNDS.short}; abuse and raid ${ATTACK_ROUNDS})`,
    parseRounds,
  )
  .option("--json <file>", "write the measurements to this file")
  .option(
    "--peers <names>",
    `the peers to run, separated by commas, or none: ${PEERS.join(", ")}`,
    parsePeers,
    PEERS,
  )
  .option(
    "--attacks <names>",
    "the attacks of abuse to run, as beginnings of their names separated by commas; `list` prints them all",
    parseAttacks,
  )
  .option(
    "--against <folder>",
    "measure the server of another checkout of this project as well, in alternation, without peers, and print both side by side",
    parseCheckout,
  )
  .option(
    "--write",
    "write docs/benchmarks.md even if the run is not complete; has no effect with --against",
    false,
  )
  .parse();

const { short, json, peers, attacks, against, write, ...given } = command.opts<Flags>();
const size = short ? "short" : "full";
const rounds = given.rounds ?? ROUNDS[size];
const reason = hindrance(MOST_CLIENTS[size]);
if (reason !== null) command.error(reason, { exitCode: 1 });

// So that the exit handlers run: they remove the folder of this run and end all of its processes.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(1));

const names = WORKLOADS.filter((name) => command.args.length === 0 || command.args.includes(name));
const startedAtMs = performance.now();
const options: RunOptions = {
  size,
  rounds,
  peers: new Set(peers),
  attacks: attacks ?? attacksOf(null),
  attackRounds: given.rounds ?? ATTACK_ROUNDS,
  progress,
  ...(against !== undefined && { against }),
};
const results = await run(names, options, commandText()).catch((error: unknown) =>
  command.error(error instanceof Error ? error.message : String(error), { exitCode: 1 }),
);
console.log(terminalReport(results));
if (json !== undefined) await Bun.write(json, jsonOf(results));
for (const failure of results.failures) console.error(`failed: ${failure}`);
if (results.failures.length > 0) process.exit(1);
const isWhole =
  !short &&
  attacks === undefined &&
  against === undefined &&
  names.length === WORKLOADS.length &&
  peers.length === PEERS.length;
if (isWhole || (write && against === undefined)) await writeDocs(results);
process.exit(0);

async function writeDocs(measured: Results): Promise<void> {
  await Bun.write(join(DOCS, "benchmarks.json"), jsonOf(measured));
  await Bun.write(join(DOCS, "benchmarks.md"), markdownReport(measured, CHART));
  const drawn = chart(measured.sections);
  if (drawn !== null) await Bun.write(join(DOCS, CHART), drawn);
}

/** The command that repeats this run, without the files that it writes: their paths mean nothing elsewhere. */
function commandText(): string {
  const parts = [
    ...command.args,
    ...(short ? ["--short"] : []),
    ...(given.rounds === undefined ? [] : [`--rounds ${given.rounds}`]),
    ...(attacks === undefined ? [] : [`--attacks ${attacks.map(({ key }) => key).join(",")}`]),
    ...(against === undefined ? [] : ["--against FOLDER"]),
    ...(peers.length === PEERS.length ? [] : [`--peers ${peers.join(",") || "none"}`]),
  ];
  return ["npm run bench", ...(parts.length > 0 ? ["--", ...parts] : [])].join(" ");
}

function jsonOf(measured: Results): string {
  return `${JSON.stringify(measured, null, 2)}\n`;
}

/** Writes to stderr: stdout is for the results. */
function progress(text: string): void {
  const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(0).padStart(4);
  process.stderr.write(`${seconds} s  ${text}\n`);
}

function parseRounds(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError("It must be a whole number of at least 1.");
  return value;
}

function parseAttacks(text: string): readonly Attack[] {
  if (text === "list") {
    for (const { key, title } of ATTACKS) console.log(`${key.padEnd(20)} ${title}`);
    process.exit(0);
  }
  const attacks = attacksOf(text.split(","));
  if (attacks.length === 0)
    throw new InvalidArgumentError("A name does not match the beginning of any attack.");
  return attacks;
}

function parseCheckout(text: string): string {
  const folder = resolve(text);
  if (!existsSync(join(folder, "src/cli/main.ts"))) {
    throw new InvalidArgumentError("It is not a checkout of this project.");
  }
  return folder;
}

function parsePeers(text: string): ContenderName[] {
  const wanted = text === "none" ? [] : text.split(",");
  const unknown = wanted.find((name) => !PEERS.some((peer) => peer === name));
  if (unknown !== undefined) throw new InvalidArgumentError(`There is no peer named ${unknown}.`);
  return PEERS.filter((name) => wanted.includes(name));
}
