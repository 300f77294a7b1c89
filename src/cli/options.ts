import { BlockList, isIPv4, isIPv6 } from "node:net";
import { resolve } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { FRAME_MAX_BYTES } from "../protocol/limits.ts";
import { TIMESTAMP_DEFAULT, TimestampFormat } from "../protocol/timestamp.ts";
import type { Rate, Settings } from "../server/settings.ts";
import type { Move } from "./move.ts";
import { parseBytes, parseCount, parseNotNegative, parsePort, parsePositive } from "./units.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const RETENTION_EVERY_MS = 60 * 60 * 1000;
const MIB = 1024 * 1024;
const LOOPBACK = ["127.0.0.1", "::1"];

/** The values as commander gives them. */
interface Flags {
  port: number;
  host: string;
  data: string;
  databaseUrl?: string;
  databaseConnections: number;
  databaseTimeout: number;
  fsync: "always" | "batch" | "off";
  keepDays?: number;
  keepMessages?: number;
  trustClock?: boolean;
  getBudget: number;
  compression: boolean;
  compressFrom: number;
  grace: number;
  restartGrace: number;
  timestamp: string;
  timezone: string;
  allowOrigin?: string[];
  trustProxy?: string[];
  limits: boolean;
  requestsPerSecond: number;
  requestsBurst: number;
  namesPerSecond: number;
  namesBurst: number;
  getsPerSecond: number;
  getsBurst: number;
  connectionsPerAddress: number;
  connectionRate: number;
  connectionBurst: number;
  frameSize: number;
  handshakeTimeout: number;
  unsentOutput: number;
  getGrace: number;
  getMemory: number;
  maxRooms: number;
  historyMemory: number;
  pendingMemory: number;
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
      .helpOption("-h, --help", "print this help")
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
  return new Command("classic-chatbox")
    .description("A chat server with its web page. Every flag is also an environment variable.")
    .version(version, "-v, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .allowExcessArguments(false)
    .addOption(flag("--port <port>", "port to listen on; 0: any free one").argParser(parsePort).default(5000))
    .addOption(
      flag("--host <address>", "address to listen on; 0.0.0.0 or :: for all networks").default(
        "localhost",
        "this machine only",
      ),
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
      flag(
        "--trust-clock",
        "believe a clock that is days ahead of what is expected: drop old messages without waiting a day",
      ),
    )
    .addOption(bytes("--get-budget <size>", "most history one get is given", 16 * MIB))
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
    .addOption(flag("--timestamp <template>", "how times are written").default(TIMESTAMP_DEFAULT))
    .addOption(
      flag("--timezone <zone>", "time zone of the times, such as Asia/Ho_Chi_Minh").default(
        Intl.DateTimeFormat().resolvedOptions().timeZone,
      ),
    )
    .addOption(
      flag(
        "--allow-origin <origin>",
        "origin of pages that may connect; repeatable; any if not given",
      ).argParser(collect((text) => text.replace(/\/$/, ""))),
    )
    .addOption(
      flag(
        "--trust-proxy <address>",
        "proxy (or network a.b.c.d/n) whose X-Forwarded-For counts; repeatable",
      ).argParser(collect((text) => text)),
    )
    .addOption(flag("--no-limits", "no limits on rates and connections (trusted networks, benchmarks)"))
    .addOption(number("--requests-per-second <n>", "requests of one connection", 30))
    .addOption(count("--requests-burst <n>", "requests of one connection at once", 150))
    .addOption(number("--names-per-second <n>", "nickname requests of one connection", 2))
    .addOption(count("--names-burst <n>", "nickname requests of one connection at once", 20))
    .addOption(number("--gets-per-second <n>", "history requests of one connection", 5))
    .addOption(count("--gets-burst <n>", "history requests of one connection at once", 10))
    .addOption(count("--connections-per-address <n>", "open connections of one address", 200))
    .addOption(number("--connection-rate <n>", "new connections a second from one address", 50))
    .addOption(count("--connection-burst <n>", "new connections at once from one address", 200))
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
    .addOption(count("--max-rooms <n>", "rooms in memory", 1000))
    .addOption(bytes("--history-memory <size>", "history kept in memory, of all rooms", 256 * MIB))
    .addOption(bytes("--pending-memory <size>", "requests waiting for the disk", 64 * MIB))
    .addOption(count("--send-keys <n>", "keys of sends remembered, of all rooms", 1_000_000))
    .addOption(count("--past-sessions <n>", "ended sessions remembered, of each room", 10_000))
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
    .addHelpText(
      "after",
      "\nThe environment variable of --get-budget is CHATBOX_GET_BUDGET, and so on; lists are separated by commas.",
    );
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
  const rate = (perSecond: number, burst: number): Rate | null => (limited ? { perSecond, burst } : null);
  return {
    port: flags.port,
    hosts: flags.host === "localhost" ? LOOPBACK : [flags.host],
    database: databaseOf(flags),
    dataFile: resolve(flags.data),
    fsync: flags.fsync,
    retention: {
      keepMs: flags.keepDays === undefined ? null : flags.keepDays * DAY_MS,
      keepMessages: flags.keepMessages ?? null,
      everyMs: RETENTION_EVERY_MS,
    },
    trustClock: flags.trustClock ?? false,
    getBudgetBytes: flags.getBudget,
    compressFromBytes: flags.compression ? flags.compressFrom : null,
    graceMs: flags.grace * 1000,
    restartGraceMs: flags.restartGrace * 1000,
    timestamp: flags.timestamp,
    timezone: flags.timezone,
    allowOrigins: flags.allowOrigin ?? null,
    trustProxy: blockListOf(flags.trustProxy ?? []),
    limits: {
      frameBytes: flags.frameSize,
      handshakeMs: flags.handshakeTimeout * 1000,
      requests: rate(flags.requestsPerSecond, flags.requestsBurst),
      names: rate(flags.namesPerSecond, flags.namesBurst),
      gets: rate(flags.getsPerSecond, flags.getsBurst),
      connectionsPerAddress: limited ? flags.connectionsPerAddress : null,
      newConnections: rate(flags.connectionRate, flags.connectionBurst),
      unsentBytes: flags.unsentOutput,
      getGraceMs: flags.getGrace * 1000,
      getMemoryBytes: flags.getMemory,
      maxRooms: flags.maxRooms,
      historyMemoryBytes: flags.historyMemory,
      pendingSize: flags.pendingMemory,
      sendKeys: flags.sendKeys,
      pastSessions: flags.pastSessions,
    },
    log: {
      format: flags.logFormat ?? (isTerminal ? "pretty" : "json"),
      level: flags.logLevel,
      memoryBytes: flags.logMemory,
      contents: flags.logContents ?? false,
      addresses: flags.logAddresses ?? false,
    },
  };
}

/** A URL may have a password in it, so no message repeats one. */
function databaseOf({ databaseUrl, databaseConnections, databaseTimeout }: Flags): Settings["database"] {
  const url = databaseUrl ?? process.env.DATABASE_URL ?? "";
  if (url === "") return null;
  if (!/^postgres(ql)?:\/\//.test(url) || !URL.canParse(url)) {
    throw new InvalidArgumentError(
      "--database-url: it must be like postgres://user:password@host:5432/name.",
    );
  }
  const timeoutMs = databaseTimeout * 1000;
  return { url, poolSize: databaseConnections, statementTimeoutMs: timeoutMs, connectTimeoutMs: timeoutMs };
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
function collect(clean: (text: string) => string): (text: string, before: string[] | undefined) => string[] {
  return (text, before = []) => [...before, ...text.split(",").map((part) => clean(part.trim()))];
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

function blockListOf(entries: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of entries) {
    const [address = "", prefix, ...rest] = entry.split("/");
    const family = isIPv4(address) ? "ipv4" : isIPv6(address) ? "ipv6" : null;
    const bits = prefix === undefined ? null : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
    if (family === null || rest.length > 0 || (bits !== null && !(bits <= (family === "ipv4" ? 32 : 128)))) {
      throw new InvalidArgumentError(`--trust-proxy: ${JSON.stringify(entry)} is no address and no network.`);
    }
    if (bits === null) list.addAddress(address, family);
    else list.addSubnet(address, bits, family);
  }
  return list;
}
