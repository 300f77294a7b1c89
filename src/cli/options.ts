import { BlockList, isIPv4, isIPv6 } from "node:net";
import { resolve } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { FRAME_MAX_BYTES } from "../protocol/limits.ts";
import { TIMESTAMP_DEFAULT, TimestampFormat } from "../protocol/timestamp.ts";
import { NO_RATES, type Settings } from "../server/settings.ts";
import { parseBasePath } from "./base-path.ts";
import { checkedDatabaseUrl, withoutPasswords } from "./database-url.ts";
import { unknownVariables } from "./environment.ts";
import type { Move } from "./move.ts";
import { parseOrigin } from "./origin.ts";
import { parseBytes, parseCount, parseHost, parseNotNegative, parsePort, parsePositive } from "./units.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
/** More than that, and a database could not count back so far. */
const LONGEST_DAYS = 36_500;
const RETENTION_EVERY_MS = 60 * 60 * 1000;
const MIB = 1024 * 1024;
const LOOPBACK = ["127.0.0.1", "::1"];

/** What most people set in the first week: `--help` has it first. Each other flag is in the group of those before it. */
const FIRST_FLAGS = ["--port", "--host", "--data", "--database-url", "--allow-origin", "--trust-proxy"];

/** The values as commander gives them. */
interface Flags {
  port: number;
  host: string;
  data: string;
  basePath: string;
  databaseUrl?: string;
  databaseConnections: number;
  databaseTimeout: number;
  fsync: "always" | "batch" | "off";
  keepDays?: number;
  keepMessages?: number;
  maxHistory: number;
  trustClock?: boolean;
  getBudget: number;
  compression: boolean;
  compressFrom: number;
  grace: number;
  restartGrace: number;
  keepAssets: number;
  timestamp: string;
  timezone: string;
  allowOrigin?: string[];
  trustProxy?: string[];
  exemptAddress?: string[];
  limits: boolean;
  requestsPerSecond: number;
  requestsBurst: number;
  namesPerSecond: number;
  namesBurst: number;
  getsPerSecond: number;
  getsBurst: number;
  sendsPerSecond: number;
  sendsBurst: number;
  addressRequestsPerSecond: number;
  addressRequestsBurst: number;
  addressSendsPerSecond: number;
  addressSendsBurst: number;
  addressSendSize: number;
  addressEventsPerSecond: number;
  addressEventsBurst: number;
  roomSendsPerSecond: number;
  roomSendsBurst: number;
  roomsPerAddress: number;
  httpPerSecond: number;
  httpBurst: number;
  connectionsPerAddress: number;
  maxConnections: number;
  connectionRate: number;
  connectionBurst: number;
  frameSize: number;
  handshakeTimeout: number;
  unsentOutput: number;
  getGrace: number;
  getMemory: number;
  addressGetMemory: number;
  maxRooms: number;
  historyMemory: number;
  pendingMemory: number;
  addressPendingMemory: number;
  connectionPendingMemory: number;
  sendKeys: number;
  pastSessions: number;
  logFormat?: "pretty" | "json";
  logLevel: "debug" | "info" | "warn" | "error" | "silent";
  logMemory: number;
  logContents?: boolean;
  logAddresses?: boolean;
  /** Set by the commands that move histories. */
  move?: Move;
}

/** The command and its flags; each can be set by an environment variable too. */
export function createCommand(version: string): Command {
  const command = createServeCommand(version).action(() => {});
  const moves = [
    ["import", "copy a history file, and the rooms beside it, to the database or to --data"],
    ["export", "copy the database, or --data, to a history file, and the rooms beside it"],
  ] as const;
  for (const [kind, description] of moves) {
    command
      .command(`${kind} <file>`)
      .description(description)
      .action((file: string) => {
        command.setOptionValue("move", { kind, file });
      });
  }
  return command;
}

/** What a parsed command is to move; null when it is to serve. */
export function moveOf(command: Command): Move | null {
  return command.opts<Flags>().move ?? null;
}

function createServeCommand(version: string): Command {
  const command = new Command("classic-chatbox")
    .description("A chat server with its web page. Every flag is also an environment variable.")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command]", "print this help, or that of a command")
    .configureOutput({ outputError: (text, write) => write(withoutPasswords(text)) })
    .exitOverride()
    .allowExcessArguments(false)
    .addOption(flag("--port <port>", "port to listen on; 0: any free one").argParser(parsePort).default(5000))
    .addOption(
      flag("--host <address>", "address to listen on; 0.0.0.0 or :: for all networks")
        .argParser(parseHost)
        .default("localhost", "this machine only"),
    )
    .addOption(
      flag("--data <file>", "history of the main room; other rooms lie beside it").default("./data.json"),
    )
    .addOption(
      flag(
        "--database-url <url>",
        "PostgreSQL instead of files, for many servers that are one chat: postgres://user:password@host/name; also DATABASE_URL",
      ),
    )
    .optionsGroup("History:")
    .addOption(count("--database-connections <n>", "connections to the database", 8))
    .addOption(number("--database-timeout <seconds>", "time for the database to answer", 4))
    .addOption(
      flag("--fsync <mode>", "when a message counts as stored: on disk, within a second, or up to the system")
        .choices(["always", "batch", "off"])
        .default("always"),
    )
    .addOption(
      flag("--keep-days <n>", "days that messages are kept; for ever if not given").argParser(parsePositive),
    )
    .addOption(
      flag("--keep-messages <n>", "newest messages kept of each room; all if not given").argParser(
        parseCount,
      ),
    )
    .addOption(
      bytes("--max-history <size>", "largest history of a room; past it the oldest messages go", 1024 * MIB),
    )
    .addOption(
      flag(
        "--trust-clock",
        "believe a clock that is days ahead of what is expected: drop old messages without waiting a day",
      ),
    )
    .addOption(bytes("--get-budget <size>", "most history one get is given", MIB))
    .optionsGroup("Clients:")
    .addOption(
      flag(
        "--base-path <path>",
        "path under which a proxy serves the chat, such as /chat, if the proxy passes it on to the server",
      )
        .argParser(parseBasePath)
        .default("", "none"),
    )
    .addOption(flag("--no-compression", "send nothing compressed, not even to clients that ask for it"))
    .addOption(bytes("--compress-from <size>", "smallest batch of events that is sent compressed", 512))
    .addOption(
      flag("--grace <seconds>", "time to resume after a broken connection; 0: none")
        .argParser(parseNotNegative)
        .default(15),
    )
    .addOption(
      flag("--restart-grace <seconds>", "time to resume after a restart of the server; 0: none")
        .argParser(parseNotNegative)
        .default(30),
    )
    .addOption(
      flag(
        "--keep-assets <days>",
        "days that scripts and styles are kept for pages of earlier versions; 0: not at all",
      )
        .argParser(parseNotNegative)
        .default(28),
    )
    .optionsGroup("Times:")
    .addOption(flag("--timestamp <template>", "how times are written").default(TIMESTAMP_DEFAULT))
    .addOption(
      flag("--timezone <zone>", "time zone of the times, such as Asia/Ho_Chi_Minh").default(
        Intl.DateTimeFormat().resolvedOptions().timeZone,
      ),
    )
    .addOption(
      flag(
        "--allow-origin <origin>",
        "origin of pages that may connect, such as https://example.org; repeatable; if not given, any, but on this machine only its own",
      ).argParser(collect(parseOrigin)),
    )
    .addOption(
      flag(
        "--trust-proxy <address>",
        "proxy (or network a.b.c.d/n) whose X-Forwarded-For counts; repeatable",
      ).argParser(collect((text) => text)),
    )
    .optionsGroup("Limits:")
    .addOption(flag("--no-limits", "no limits on rates and connections (trusted networks, benchmarks)"))
    .addOption(number("--requests-per-second <n>", "requests of one connection", 30))
    .addOption(count("--requests-burst <n>", "requests of one connection at once", 150))
    .addOption(number("--names-per-second <n>", "nickname requests of one connection", 2))
    .addOption(count("--names-burst <n>", "nickname requests of one connection at once", 20))
    .addOption(number("--gets-per-second <n>", "history requests of one connection", 5))
    .addOption(count("--gets-burst <n>", "history requests of one connection at once", 10))
    .addOption(number("--sends-per-second <n>", "messages of one connection", 5))
    .addOption(count("--sends-burst <n>", "messages of one connection at once", 50))
    .addOption(number("--address-requests-per-second <n>", "requests of one address", 600))
    .addOption(count("--address-requests-burst <n>", "requests of one address at once", 400))
    .addOption(number("--address-sends-per-second <n>", "messages of one address", 25))
    .addOption(count("--address-sends-burst <n>", "messages of one address at once", 200))
    .addOption(bytes("--address-send-size <size>", "messages of one address in a minute", 4 * MIB))
    .addOption(number("--address-events-per-second <n>", "nicknames and typing of one address", 40))
    .addOption(count("--address-events-burst <n>", "nicknames and typing of one address at once", 400))
    .addOption(number("--room-sends-per-second <n>", "messages in one room", 200))
    .addOption(count("--room-sends-burst <n>", "messages in one room at once", 1000))
    .addOption(count("--connections-per-address <n>", "open connections of one address", 200))
    .addOption(
      count(
        "--max-connections <n>",
        "open connections in all; fewer if the system gives fewer files",
        10_000,
      ),
    )
    .addOption(number("--connection-rate <n>", "new connections a second from one address", 50))
    .addOption(count("--connection-burst <n>", "new connections at once from one address", 200))
    .addOption(count("--rooms-per-address <n>", "rooms in which one address may be", 100))
    .addOption(number("--http-per-second <n>", "plain HTTP requests of one address", 100))
    .addOption(count("--http-burst <n>", "plain HTTP requests of one address at once", 400))
    .addOption(
      flag(
        "--exempt-address <address>",
        "address (or network a.b.c.d/n) of your own bots, which has no limits on rates and numbers; repeatable",
      ).argParser(collect((text) => text)),
    )
    .addOption(bytes("--frame-size <size>", "largest frame taken", FRAME_MAX_BYTES))
    .addOption(
      number(
        "--handshake-timeout <seconds>",
        "time for a client to send its HTTP request, and to end after a close",
        10,
      ),
    )
    .addOption(bytes("--unsent-output <size>", "unsent output of one connection, past which it is cut", MIB))
    .addOption(number("--get-grace <seconds>", "time for a client to read one large history", 120))
    .addOption(bytes("--get-memory <size>", "unsent histories of all connections", 256 * MIB))
    .addOption(bytes("--address-get-memory <size>", "unsent histories of one address", 128 * MIB))
    .addOption(count("--max-rooms <n>", "rooms in use", 1000))
    .addOption(bytes("--history-memory <size>", "history kept in memory, of all rooms", 256 * MIB))
    .addOption(bytes("--pending-memory <size>", "requests waiting for the disk", 64 * MIB))
    .addOption(bytes("--address-pending-memory <size>", "the same of one address", 16 * MIB))
    .addOption(bytes("--connection-pending-memory <size>", "the same of one connection", 4 * MIB))
    .addOption(count("--send-keys <n>", "keys of sends remembered, of all rooms", 1_000_000))
    .addOption(count("--past-sessions <n>", "ended sessions remembered, of each room", 10_000))
    .optionsGroup("Log:")
    .addOption(
      flag("--log-format <format>", "pretty on a terminal, else json, if not given").choices([
        "pretty",
        "json",
      ]),
    )
    .addOption(
      flag("--log-level <level>", "least important lines to log")
        .choices(["debug", "info", "warn", "error", "silent"])
        .default("info"),
    )
    .addOption(bytes("--log-memory <size>", "unwritten log lines kept; past it they are lost", MIB))
    .addOption(flag("--log-contents", "log what is said"))
    .addOption(flag("--log-addresses", "log the clients' addresses"))
    .optionsGroup("Options:")
    .version(version, "-v, --version", "print the version")
    .addHelpText(
      "after",
      "\nIn an environment variable a list is separated by commas, and a flag without a value is true or false.",
    );
  for (const option of command.options) {
    if (FIRST_FLAGS.includes(option.long ?? "")) option.helpGroup("Basics:");
  }
  return command;
}

/**
 * The settings that a parsed command stands for.
 *
 * @throws InvalidArgumentError with one sentence when a value cannot be used
 */
export function settingsOf(command: Command, isTerminal: boolean): Settings {
  const flags = command.opts<Flags>();
  checkTimes(flags.timestamp, flags.timezone);
  const limited = flags.limits;
  return {
    port: flags.port,
    basePath: flags.basePath,
    hosts: flags.host === "localhost" ? LOOPBACK : [flags.host],
    database: databaseOf(flags),
    dataFile: resolve(flags.data),
    fsync: flags.fsync,
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
    keepAssetsMs: Math.min(flags.keepAssets, LONGEST_DAYS) * DAY_MS,
    timestamp: flags.timestamp,
    timezone: flags.timezone,
    allowOrigins: flags.allowOrigin ?? null,
    trustProxy: blockListOf("--trust-proxy", flags.trustProxy ?? []),
    exemptAddresses: blockListOf("--exempt-address", flags.exemptAddress ?? []),
    limits: {
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
      connectionsPerAddress: flags.connectionsPerAddress,
      maxConnections: flags.maxConnections,
      newConnections: { perSecond: flags.connectionRate, burst: flags.connectionBurst },
      httpRequests: { perSecond: flags.httpPerSecond, burst: flags.httpBurst },
      roomsPerAddress: flags.roomsPerAddress,
      unsentBytes: flags.unsentOutput,
      getGraceMs: flags.getGrace * 1000,
      getMemoryBytes: flags.getMemory,
      // One reply that is allowed must fit.
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
    },
    log: {
      format: flags.logFormat ?? (isTerminal ? "pretty" : "json"),
      level: flags.logLevel,
      memoryBytes: flags.logMemory,
      contents: flags.logContents ?? false,
      addresses: flags.logAddresses ?? false,
    },
    warnings: unknownVariables(command.options, process.env),
  };
}

function databaseOf({ databaseUrl, databaseConnections, databaseTimeout }: Flags): Settings["database"] {
  const url = databaseUrl ?? process.env.DATABASE_URL ?? "";
  if (url.trim() === "") return null;
  const timeoutMs = databaseTimeout * 1000;
  return {
    url: checkedDatabaseUrl(url),
    poolSize: databaseConnections,
    statementTimeoutMs: timeoutMs,
    connectTimeoutMs: timeoutMs,
  };
}

function flag(flags: string, description: string): Option {
  const option = new Option(flags, description);
  const name = (option.long ?? "").replace(/^--/, "").replaceAll("-", "_").toUpperCase();
  return option.env(`CHATBOX_${name}`);
}

function bytes(flags: string, description: string, preset: number): Option {
  const shown =
    preset % MIB === 0 ? `${preset / MIB}MiB` : preset % 1024 === 0 ? `${preset / 1024}KiB` : String(preset);
  return flag(flags, description).argParser(parseBytes).default(preset, shown);
}

function number(flags: string, description: string, preset: number): Option {
  return flag(flags, description).argParser(parsePositive).default(preset);
}

function count(flags: string, description: string, preset: number): Option {
  return flag(flags, description).argParser(parseCount).default(preset);
}

/** Gathers a repeatable flag; an environment variable may hold several values, with commas. */
function collect(parse: (text: string) => string): (text: string, before: string[] | undefined) => string[] {
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

function blockListOf(option: string, entries: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of entries) {
    const [address = "", prefix, ...rest] = entry.split("/");
    const family = isIPv4(address) ? "ipv4" : isIPv6(address) ? "ipv6" : null;
    const bits = prefix === undefined ? null : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
    if (family === null || rest.length > 0 || (bits !== null && !(bits <= (family === "ipv4" ? 32 : 128)))) {
      throw new InvalidArgumentError(`${option}: ${JSON.stringify(entry)} is no address and no network.`);
    }
    if (bits === null) list.addAddress(address, family);
    else list.addSubnet(address, bits, family);
  }
  return list;
}
