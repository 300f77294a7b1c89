import { resolve } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { MODERATION_LIMITS } from "../engine/moderation.ts";
import { TimestampFormat } from "../protocol/timestamp.ts";
import { type Limits, NO_RATES, type Settings } from "../server/settings.ts";
import type { TerminalCommand } from "../terminal/index.ts";
import type { BackupCommand } from "./backup.ts";
import { addBackupCommands, backupsOf } from "./backup-options.ts";
import { addBenchCommands, type BenchCommand } from "./bench/here.ts";
import { addConfigCommands, type ConfigCommand } from "./config-command.ts";
import { configurationOf, OPTIONS, placed } from "./configuration.ts";
import { checkedDatabaseUrl, withoutPasswords } from "./database-url.ts";
import { addDoctorCommand, type DoctorCommand } from "./doctor/doctor.ts";
import { frameAncestorsOf } from "./frame-ancestors.ts";
import { loginOf } from "./login.ts";
import type { ModerationCommand } from "./moderation.ts";
import { addModerationCommands } from "./moderation-options.ts";
import type { Move } from "./move.ts";
import { didYouMean } from "./nearest.ts";
import { blockListOf } from "./network.ts";
import { flagOf, type ServerOption } from "./option.ts";
import { type Flags, OPTION_GROUPS } from "./option-table.ts";
import type { PeopleCommand } from "./people.ts";
import { addPeopleCommands } from "./people-options.ts";
import { siteOf } from "./site.ts";
import { addTerminalCommands } from "./terminal-options.ts";
import { tlsOf } from "./tls.ts";
import { addWebhookCommands, webhooksOf } from "./webhook-options.ts";
import type { WebhookCommand } from "./webhooks.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
/** With more days, a database could not calculate a date that far back. */
const MAX_DAYS = 36_500;
const RETENTION_EVERY_MS = 60 * 60 * 1000;
/** One room may have this part of all mutes and bans. */
const SANCTIONS_SHARE = 5;
/** In the order of the lines of a file. */
const BY_LINE = new Intl.Collator("en", { numeric: true });
const LOOPBACK = ["127.0.0.1", "::1"];

/** What the command that was given asks for besides the options. */
interface Chosen {
  /** Set by the commands that import or export histories. */
  move?: Move;
  /** Set by the commands about all that is stored. */
  backup?: BackupCommand;
  /** Set by the commands about people. */
  people?: PeopleCommand;
  /** Set by the commands about moderation. */
  moderation?: ModerationCommand;
  /** Set by the commands about webhooks. */
  webhooks?: WebhookCommand;
  /** Set by the commands for terminals. */
  terminal?: TerminalCommand;
  /** Set by the commands that measure. */
  bench?: BenchCommand;
  /** Set by the command that finds out whether a chat is well. */
  doctor?: DoctorCommand;
  /** Set by the commands about the configuration. `config` is the name of a file. */
  configuration?: ConfigCommand;
}

/** Creates the command and its flags, each of which can also be set by a variable or in a file. */
export function createCommand(version: string): Command {
  const command = createServeCommand(version).action(() => {});
  const choose =
    <Kind extends keyof Chosen>(kind: Kind) =>
    (chosen: Required<Chosen>[Kind]) =>
      void command.setOptionValue(kind, chosen);
  command.commandsGroup("Is it well?");
  addConfigCommands(command, choose("configuration"));
  addDoctorCommand(command, choose("doctor"));
  addBenchCommands(command, choose("bench"));
  command.commandsGroup("Histories:");
  addMoveCommands(command, choose("move"));
  command.commandsGroup("All that is stored:");
  addBackupCommands(command, choose("backup"));
  command.commandsGroup("People:");
  addPeopleCommands(command, choose("people"));
  command.commandsGroup("Keeping order:");
  addModerationCommands(command, choose("moderation"));
  command.commandsGroup("Other programs:");
  addWebhookCommands(command, choose("webhooks"));
  command.commandsGroup("Talking:");
  addTerminalCommands(command, choose("terminal"));
  for (const each of withinAll(command)) helpWithMistakes(each);
  return command;
}

function addMoveCommands(command: Command, choose: (chosen: Move) => void): void {
  const moves = [
    ["import", "copy a history file and the rooms beside it to the database, or to --data"],
    ["export", "copy the database, or --data, to a history file and the rooms beside it"],
  ] as const;
  for (const [kind, description] of moves)
    command
      .command(`${kind} <file>`)
      .description(description)
      .action((file: string) => choose({ kind, file }));
}

/** A command and all those below it. */
function withinAll(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withinAll)];
}

/** Lets errors of commander name what was probably meant, and nothing secret. */
function helpWithMistakes(command: Command): void {
  const flags = [...[...OPTIONS.keys()].map(flagOf), ...command.options.flatMap(({ long }) => long ?? [])];
  const commands = command.commands.map((each) => each.name());
  const explained = (text: string) => {
    const [, flag, name] = /unknown option '(--[\w-]+)|unknown command '([\w-]+)/.exec(text) ?? [];
    const meant = flag ? didYouMean(flag, flags) : name ? didYouMean(name, commands) : "";
    return meant === "" ? text : `${text.trimEnd()}${meant}\n`;
  };
  command.configureOutput({ outputError: (text, write) => write(explained(withoutSecrets(text))) });
}

/** What a parsed command asks to do with all that is stored; null if it asks for something else. */
export function backupCommandOf(command: Command): BackupCommand | null {
  return command.opts<Chosen>().backup ?? null;
}

/** What a parsed command asks to do about people; null if it asks for something else. */
export function peopleCommandOf(command: Command): PeopleCommand | null {
  return command.opts<Chosen>().people ?? null;
}

/** What a parsed command asks to do about moderation; null if it asks for something else. */
export function moderationCommandOf(command: Command): ModerationCommand | null {
  return command.opts<Chosen>().moderation ?? null;
}

/** What a parsed command asks to do about webhooks; null if it asks for something else. */
export function webhookCommandOf(command: Command): WebhookCommand | null {
  return command.opts<Chosen>().webhooks ?? null;
}

/** What a parsed command asks to do in a chat, as its client; null if it asks for something else. */
export function terminalCommandOf(command: Command): TerminalCommand | null {
  return command.opts<Chosen>().terminal ?? null;
}

/** What a parsed command asks to know of the configuration; null if it asks for something else. */
export function configCommandOf(command: Command): ConfigCommand | null {
  return command.opts<Chosen>().configuration ?? null;
}

/** What a parsed command asks to measure; null if it asks for something else. */
export function benchCommandOf(command: Command): BenchCommand | null {
  return command.opts<Chosen>().bench ?? null;
}

/** What a parsed command asks the doctor; null if it asks for something else. */
export function doctorCommandOf(command: Command): DoctorCommand | null {
  return command.opts<Chosen>().doctor ?? null;
}

/** What a parsed command asks to move; null if it asks to serve. */
export function moveOf(command: Command): Move | null {
  return command.opts<Chosen>().move ?? null;
}

function createServeCommand(version: string): Command {
  const command = new Command("classic-chatbox")
    .description(
      "A chat server with a web page. Each option is a flag, a variable (CHATBOX_MAX_ROOMS for --max-rooms), and a key of the file that --config names (max-rooms).",
    )
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command]", "print this help, or the help of a command")
    .showSuggestionAfterError(false)
    .exitOverride()
    .allowExcessArguments(false);
  for (const [heading, group] of OPTION_GROUPS) {
    command.optionsGroup(`${heading}:`);
    for (const [name, option] of Object.entries(group)) command.addOption(flagFor(name, option));
  }
  return command
    .optionsGroup("Options:")
    .version(version, "-v, --version", "print the version")
    .addHelpText(
      "after",
      "\nIn a variable, separate the items of a list with commas, and set a flag without a value to true or false.",
    );
}

function flagFor(
  name: string,
  { takes, means, kind, read, preset, presetText, choices }: ServerOption,
): Option {
  const option = new Option(takes === null ? flagOf(name) : `${flagOf(name)} ${takes}`, means);
  if (choices !== null) option.choices(choices);
  if (kind === "list") option.argParser(collect(read));
  else if (kind !== "switch") option.argParser(read);
  if (kind !== "switch" && preset !== undefined) option.default(preset, presetText ?? undefined);
  return option;
}

/** All that is wrong with the settings, one sentence each. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    const sorted = faults.toSorted(BY_LINE.compare);
    super(sorted.join("\n"));
    this.faults = sorted;
  }
}

/**
 * The settings that a parsed command results in, with the variables of this process and the file that it names.
 *
 * @throws SettingsError when a value cannot be used
 */
export function settingsOf(command: Command, isTerminal: boolean): Settings {
  const configuration = configurationOf(command, process.env);
  const { flags } = configuration;
  const faults = [
    ...configuration.faults,
    ...faultsBetween(flags).map((each) => placed(each, configuration)),
  ];
  if (faults.length > 0) throw new SettingsError(faults);
  const limited = flags.limits;
  return {
    port: flags.port,
    basePath: flags.basePath,
    rooms: flags.rooms,
    tls: tlsOf(flags),
    hosts: hostsOf(flags.host),
    database: databaseOf(flags),
    dataFile: resolve(flags.data),
    fsync: flags.fsync,
    backups: backupsOf(flags),
    retention: {
      keepMs: flags.keepDays === undefined ? null : flags.keepDays * DAY_MS,
      keepMessages: flags.keepMessages ?? null,
      keepBytes: flags.maxHistory,
      everyMs: RETENTION_EVERY_MS,
    },
    trustClock: flags.trustClock ?? false,
    getBudgetBytes: flags.getBudget,
    compressFromBytes: flags.compression ? flags.compressFrom : null,
    graceMs: flags.grace * 1000,
    restartGraceMs: flags.restartGrace * 1000,
    keepAssetsMs: Math.min(flags.keepAssets, MAX_DAYS) * DAY_MS,
    timestamp: flags.timestamp,
    timezone: flags.timezone,
    allowOrigins: flags.allowOrigin ?? null,
    frameAncestors: frameAncestorsOf(flags.frameAncestors),
    site: siteOf(flags),
    trustProxy: blockListOf(flags.trustProxy ?? []),
    exemptAddresses: blockListOf(flags.exemptAddress ?? []),
    login: loginOf(flags),
    limits: limitsOf(flags),
    changes: {
      edits: flags.maxEdits,
      reactionsMade: flags.maxMessageReactions,
      roomReactions: flags.maxReactions,
    },
    people: {
      nicknamesPerPerson: flags.nicknamesPerPerson,
      nicknamesPerAddress: limited ? flags.nicknamesPerAddress : Number.POSITIVE_INFINITY,
      nicknames: flags.maxNicknames,
      nicknameMs: Math.min(flags.nicknameDays, MAX_DAYS) * DAY_MS,
      grants: flags.maxRoles,
      tokens: flags.maxTokens,
      commands: flags.maxCommands,
    },
    raid: {
      newcomers: limited ? flags.raidNewcomers : Number.POSITIVE_INFINITY,
      messages: flags.raidMessages,
      withinMs: flags.raidWithin * 1000,
      lastsMs: flags.raidLasts * 1000,
    },
    moderation: {
      ...MODERATION_LIMITS,
      sanctions: flags.maxSanctions,
      sanctionsPerRoom: Math.ceil(flags.maxSanctions / SANCTIONS_SHARE),
      actions: flags.maxModerationLog,
      reports: flags.maxReports,
      held: flags.maxHeld,
    },
    webhooks: webhooksOf(flags),
    log: {
      format: flags.logFormat ?? (isTerminal ? "pretty" : "json"),
      level: flags.logLevel,
      memoryBytes: flags.logMemory,
      contents: flags.logContents ?? false,
      addresses: flags.logAddresses ?? false,
    },
    metricsAt:
      flags.metricsPort === undefined ? null : { hosts: hostsOf(flags.metricsHost), port: flags.metricsPort },
    lowDiskBytes: flags.lowDisk,
    nodeVersion: process.env.CLASSIC_CHATBOX_NODE ?? null,
    warnings: configuration.warnings,
  };
}

/** The addresses to listen on. */
function hostsOf(host: string): readonly string[] {
  return host === "localhost" ? LOOPBACK : [host];
}

function limitsOf(flags: Flags): Limits {
  const limited = flags.limits;
  return {
    frameBytes: flags.frameSize,
    handshakeMs: flags.handshakeTimeout * 1000,
    requests: { perSecond: flags.requestsPerSecond, burst: flags.requestsBurst },
    addressRequests: { perSecond: flags.addressRequestsPerSecond, burst: flags.addressRequestsBurst },
    names: { perSecond: flags.namesPerSecond, burst: flags.namesBurst },
    gets: { perSecond: flags.getsPerSecond, burst: flags.getsBurst },
    sends: { perSecond: flags.sendsPerSecond, burst: flags.sendsBurst },
    addressSends: { perSecond: flags.addressSendsPerSecond, burst: flags.addressSendsBurst },
    roomSends: { perSecond: flags.roomSendsPerSecond, burst: flags.roomSendsBurst },
    addressSendBytes: { perSecond: flags.addressSendSize / 60, burst: flags.addressSendSize / 4 },
    addressEvents: { perSecond: flags.addressEventsPerSecond, burst: flags.addressEventsBurst },
    addressPeople: { perSecond: flags.addressPeoplePerSecond, burst: flags.addressPeopleBurst },
    connectionsPerAddress: flags.connectionsPerAddress,
    maxConnections: flags.maxConnections,
    newConnections: { perSecond: flags.connectionRate, burst: flags.connectionBurst },
    handshakes: { perSecond: flags.tlsHandshakesPerSecond, burst: flags.tlsHandshakesBurst },
    httpRequests: { perSecond: flags.httpPerSecond, burst: flags.httpBurst },
    roomsPerAddress: flags.roomsPerAddress,
    tokenRequests: { perSecond: flags.tokenRequestsPerSecond, burst: flags.tokenRequestsBurst },
    unsentBytes: flags.unsentOutput,
    getGraceMs: flags.getGrace * 1000,
    getMemoryBytes: flags.getMemory,
    // One reply of the allowed size must fit.
    addressGetMemoryBytes: limited
      ? Math.max(flags.addressGetMemory, flags.getBudget)
      : Number.POSITIVE_INFINITY,
    maxRooms: flags.maxRooms,
    historyMemoryBytes: flags.historyMemory,
    pendingBytes: flags.pendingMemory,
    addressPendingBytes: limited ? flags.addressPendingMemory : Number.POSITIVE_INFINITY,
    connectionPendingBytes: flags.connectionPendingMemory,
    sendKeys: flags.sendKeys,
    pastSessions: flags.pastSessions,
    ...(limited ? {} : NO_RATES),
  };
}

function checkMetricsPort({ port, metricsPort }: Flags): void {
  if (metricsPort === port && port !== 0)
    throw new InvalidArgumentError("--metrics-port: The chat has this port. Choose another.");
}

/** What is wrong with values that are right by themselves: with several together, and with the files that they name. */
function faultsBetween(flags: Flags): string[] {
  const checks: readonly (() => unknown)[] = [
    () => checkTimes(flags.timestamp, flags.timezone),
    () => tlsOf(flags),
    () => databaseOf(flags),
    () => checkMetricsPort(flags),
    () => frameAncestorsOf(flags.frameAncestors),
    () => siteOf({ links: flags.links }),
    () => siteOf({ logo: flags.logo }),
    () => siteOf({ style: flags.style }),
    () => loginOf(flags),
  ];
  return checks.flatMap((check) => {
    try {
      check();
      return [];
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error;
      return [error.message];
    }
  });
}

/** An error of commander, without passwords, and without the value of a flag that may be a misspelled secret. */
function withoutSecrets(text: string): string {
  return withoutPasswords(text).replace(/(unknown option '-[^'=]*=).*'/s, "$1…'");
}

function databaseOf({ databaseUrl, databaseConnections, databaseTimeout }: Flags): Settings["database"] {
  if (databaseUrl === undefined || databaseUrl.trim() === "") return null;
  const timeoutMs = databaseTimeout * 1000;
  return {
    url: checkedDatabaseUrl(databaseUrl),
    poolSize: databaseConnections,
    statementTimeoutMs: timeoutMs,
    connectTimeoutMs: timeoutMs,
  };
}

/** Collects the values of a repeatable flag, each of which may hold several, separated by commas. */
function collect(parse: (text: string) => unknown): (text: string, before?: readonly unknown[]) => unknown[] {
  return (text, before = []) => [...before, ...text.split(",").map((part) => parse(part.trim()))];
}

function checkTimes(template: string, zone: string): void {
  try {
    new TimestampFormat(template, zone);
  } catch (error) {
    throw new InvalidArgumentError(
      `--timestamp and --timezone: ${error instanceof Error ? error.message : error}.`,
    );
  }
}
