import { BlockList, isIPv4, isIPv6 } from "node:net";
import { resolve } from "node:path";
import { Argument, Command, InvalidArgumentError, Option } from "commander";
import { MODERATION_LIMITS } from "../engine/moderation.ts";
import { PEOPLE_LIMITS } from "../engine/people.ts";
import { FRAME_MAX_BYTES } from "../protocol/limits.ts";
import { TIMESTAMP_DEFAULT, TimestampFormat } from "../protocol/timestamp.ts";
import { CHANGE_LIMITS } from "../room/change-limits.ts";
import { isGrantedRole, ROLES } from "../room/roles.ts";
import { plainAddress } from "../server/addresses.ts";
import { RAID_LIMITS } from "../server/moderation/raid-watch.ts";
import { ROOM_MODES, type RoomMode } from "../server/room-directory.ts";
import { NO_RATES, type Settings } from "../server/settings.ts";
import type { TerminalCommand } from "../terminal/index.ts";
import { parseBasePath } from "./base-path.ts";
import { checkedDatabaseUrl, withoutPasswords } from "./database-url.ts";
import { unknownVariables } from "./environment.ts";
import { frameAncestorsOf, parseFrameAncestor } from "./frame-ancestors.ts";
import { type LoginFlags, loginOf, parseClockSkew, parseMaxAge } from "./login.ts";
import type { ModerationCommand } from "./moderation.ts";
import { addModerationCommands } from "./moderation-options.ts";
import type { Move } from "./move.ts";
import { parseOrigin } from "./origin.ts";
import type { PeopleCommand } from "./people.ts";
import { parseAccent, parseTitle, parseWelcome, type SiteFlags, siteOf } from "./site.ts";
import { addTerminalCommands } from "./terminal-options.ts";
import { addTokenCommands } from "./token-options.ts";
import {
  parseBytes,
  parseCount,
  parseHost,
  parseNotNegative,
  parsePage,
  parsePerson,
  parsePort,
  parsePositive,
  parseRoom,
} from "./units.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
/** With more days, a database could not calculate a date that far back. */
const MAX_DAYS = 36_500;
const RETENTION_EVERY_MS = 60 * 60 * 1000;
const MIB = 1024 * 1024;
/** One room may have this part of all mutes and bans. */
const SANCTIONS_SHARE = 5;
const LOOPBACK = ["127.0.0.1", "::1"];

/**
 * What most people set in the first week, listed first by `--help`. Other flags are in the group of the one before.
 */
const FIRST_FLAGS = ["--port", "--host", "--data", "--database-url", "--allow-origin", "--trust-proxy"];

/** The values as commander returns them. */
interface Flags extends LoginFlags, SiteFlags {
  port: number;
  host: string;
  data: string;
  basePath: string;
  rooms: RoomMode;
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
  frameAncestors?: string[];
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
  addressPeoplePerSecond: number;
  addressPeopleBurst: number;
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
  maxEdits: number;
  maxMessageReactions: number;
  maxReactions: number;
  raidNewcomers: number;
  raidMessages: number;
  raidWithin: number;
  raidLasts: number;
  maxSanctions: number;
  maxModerationLog: number;
  maxReports: number;
  maxHeld: number;
  nicknamesPerPerson: number;
  nicknamesPerAddress: number;
  maxNicknames: number;
  nicknameDays: number;
  maxRoles: number;
  maxTokens: number;
  maxCommands: number;
  tokenRequestsPerSecond: number;
  tokenRequestsBurst: number;
  logFormat?: "pretty" | "json";
  logLevel: "debug" | "info" | "warn" | "error" | "silent";
  logMemory: number;
  logContents?: boolean;
  logAddresses?: boolean;
  /** Set by the commands that import or export histories. */
  move?: Move;
  /** Set by the commands about people. */
  people?: PeopleCommand;
  /** Set by the commands about moderation. */
  moderation?: ModerationCommand;
  /** Set by the commands for terminals. */
  terminal?: TerminalCommand;
}

/** Creates the command and its flags, each of which can also be set by an environment variable. */
export function createCommand(version: string): Command {
  const command = createServeCommand(version).action(() => {});
  const moves = [
    ["import", "copy a history file and the rooms beside it to the database, or to --data"],
    ["export", "copy the database, or --data, to a history file and the rooms beside it"],
  ] as const;
  for (const [kind, description] of moves) {
    command
      .command(`${kind} <file>`)
      .description(description)
      .action((file: string) => {
        command.setOptionValue("move", { kind, file });
      });
  }
  addPeopleCommands(command);
  addModerationCommands(command, (chosen) => void command.setOptionValue("moderation", chosen));
  addTerminalCommands(command, (chosen) => void command.setOptionValue("terminal", chosen));
  return command;
}

function addPeopleCommands(command: Command): void {
  const choose = (chosen: PeopleCommand) => void command.setOptionValue("people", chosen);
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

/** What a parsed command asks to do about people; null if it asks for something else. */
export function peopleCommandOf(command: Command): PeopleCommand | null {
  return command.opts<Flags>().people ?? null;
}

/** What a parsed command asks to do about moderation; null if it asks for something else. */
export function moderationCommandOf(command: Command): ModerationCommand | null {
  return command.opts<Flags>().moderation ?? null;
}

/** What a parsed command asks to do in a chat, as its client; null if it asks for something else. */
export function terminalCommandOf(command: Command): TerminalCommand | null {
  return command.opts<Flags>().terminal ?? null;
}

/** What a parsed command asks to move; null if it asks to serve. */
export function moveOf(command: Command): Move | null {
  return command.opts<Flags>().move ?? null;
}

function createServeCommand(version: string): Command {
  const command = new Command("classic-chatbox")
    .description("A chat server with a web page. Every flag can also be set by an environment variable.")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command]", "print this help, or the help of a command")
    .configureOutput({ outputError: (text, write) => write(withoutSecrets(text)) })
    .exitOverride()
    .allowExcessArguments(false)
    .addOption(flag("--port <port>", "listening port; 0 for any free one").argParser(parsePort).default(5000))
    .addOption(
      flag("--host <address>", "address to listen on; 0.0.0.0 or :: for all networks")
        .argParser(parseHost)
        .default("localhost", "this machine only"),
    )
    .addOption(
      flag("--data <file>", "history of the main room; other rooms go beside it").default("./data.json"),
    )
    .addOption(
      flag(
        "--database-url <url>",
        "PostgreSQL instead of files, for several servers that form one chat: postgres://user:password@host/name; also DATABASE_URL",
      ),
    )
    .optionsGroup("History:")
    .addOption(count("--database-connections <n>", "connections to the database", 8))
    .addOption(number("--database-timeout <seconds>", "time the database has to answer", 4))
    .addOption(
      flag("--fsync <mode>", "sync messages before the reply, within a second, or when the system does")
        .choices(["always", "batch", "off"])
        .default("always"),
    )
    .addOption(
      flag("--keep-days <n>", "days to keep messages; forever if not given").argParser(parsePositive),
    )
    .addOption(
      flag("--keep-messages <n>", "newest messages to keep in each room; all if not given").argParser(
        parseCount,
      ),
    )
    .addOption(bytes("--max-history <size>", "history kept per room; older messages are deleted", 1024 * MIB))
    .addOption(
      flag(
        "--trust-clock",
        "trust a clock that is days ahead of the expected time: delete old messages without waiting a day",
      ),
    )
    .addOption(bytes("--get-budget <size>", "most history that one get returns", MIB))
    .optionsGroup("Clients:")
    .addOption(
      flag(
        "--base-path <path>",
        "path under which a proxy serves the chat, such as /chat, if the proxy passes that path on to the server",
      )
        .argParser(parseBasePath)
        .default("", "none"),
    )
    .addOption(
      flag(
        "--rooms <mode>",
        "who may make rooms: whoever connects to one (open), moderators of all rooms (listed), or nobody while the server runs (fixed)",
      )
        .choices(ROOM_MODES)
        .default("open"),
    )
    .addOption(flag("--no-compression", "never compress, not even for clients that ask for it"))
    .addOption(bytes("--compress-from <size>", "smallest batch of events to compress", 512))
    .addOption(
      flag("--grace <seconds>", "time to resume after a connection breaks; 0 for none")
        .argParser(parseNotNegative)
        .default(15),
    )
    .addOption(
      flag("--restart-grace <seconds>", "time to resume after a restart of the server; 0 for none")
        .argParser(parseNotNegative)
        .default(30),
    )
    .addOption(
      flag(
        "--keep-assets <days>",
        "days to keep scripts and styles for pages of earlier versions; 0 for none",
      )
        .argParser(parseNotNegative)
        .default(28),
    )
    .optionsGroup("Times:")
    .addOption(flag("--timestamp <template>", "format of timestamps").default(TIMESTAMP_DEFAULT))
    .addOption(
      flag("--timezone <zone>", "time zone of timestamps, such as Asia/Ho_Chi_Minh").default(
        Intl.DateTimeFormat().resolvedOptions().timeZone,
      ),
    )
    .addOption(
      flag(
        "--allow-origin <origin>",
        "origin of pages that may connect, such as https://example.org; repeatable; if not given, any origin, or only local ones if only this machine can connect",
      ).argParser(collect(parseOrigin)),
    )
    .addOption(
      flag(
        "--trust-proxy <address>",
        "proxy (or network a.b.c.d/n) whose X-Forwarded-For header is trusted; repeatable",
      ).argParser(collect((text) => text)),
    )
    .optionsGroup("Your site:")
    .addOption(flag("--title <text>", "title of the chat").argParser(parseTitle))
    .addOption(flag("--welcome <text>", "what people read before they join").argParser(parseWelcome))
    .addOption(
      flag("--accent <colour>", "colour of buttons and links, such as #0b6e69").argParser(parseAccent),
    )
    .addOption(flag("--logo <file>", "picture above the chat: SVG, PNG, JPEG or WebP"))
    .addOption(
      flag(
        "--links <file|label=url>",
        "link above the chat, such as Imprint=https://example.org/imprint, or a file with one on each line; repeatable",
      ).argParser(collect((text) => text)),
    )
    .addOption(flag("--style <file>", "style sheet that comes after that of the page"))
    .addOption(
      flag(
        "--frame-ancestors <origin>",
        "origin of sites that may show the chat in a frame, such as https://example.org or https://*.example.org; also self or none; repeatable; if not given, any site",
      ).argParser(collect(parseFrameAncestor)),
    )
    .optionsGroup("Login:")
    .addOption(
      flag("--auth <mode>", "whether people need a login of your site to talk: required or optional").default(
        "optional",
      ),
    )
    .addOption(
      flag(
        "--auth-secret <text>",
        "secret of at least 32 bytes that your site signs logins with (HS256); better set by its variable, because others can see command lines",
      ),
    )
    .addOption(flag("--auth-secret-file <file>", "file with that secret"))
    .addOption(
      flag(
        "--auth-jwks <file|url>",
        "public keys that your site signs logins with (RS256, ES256, EdDSA), as a JWKS, instead of a secret",
      ),
    )
    .addOption(flag("--auth-issuer <text>", "issuer (iss) that logins must have; any if not given"))
    .addOption(flag("--auth-audience <text>", "audience (aud) that logins must have; none if not given"))
    .addOption(
      flag("--auth-max-age <hours>", "longest time that a login may be valid")
        .argParser(parseMaxAge)
        .default(24),
    )
    .addOption(
      flag("--auth-clock-skew <seconds>", "difference between the clocks of your site and of the server")
        .argParser(parseClockSkew)
        .default(60),
    )
    .optionsGroup("Limits:")
    .addOption(flag("--no-limits", "no rate or connection limits (trusted networks, benchmarks)"))
    .addOption(number("--requests-per-second <n>", "requests per second from one connection", 30))
    .addOption(count("--requests-burst <n>", "requests in one burst from one connection", 150))
    .addOption(number("--names-per-second <n>", "nickname requests per second from one connection", 2))
    .addOption(count("--names-burst <n>", "nickname requests in one burst from one connection", 20))
    .addOption(number("--gets-per-second <n>", "history requests per second from one connection", 5))
    .addOption(count("--gets-burst <n>", "history requests in one burst from one connection", 10))
    .addOption(number("--sends-per-second <n>", "messages per second from one connection", 5))
    .addOption(count("--sends-burst <n>", "messages in one burst from one connection", 50))
    .addOption(number("--address-requests-per-second <n>", "requests per second from one address", 600))
    .addOption(count("--address-requests-burst <n>", "requests in one burst from one address", 400))
    .addOption(number("--address-sends-per-second <n>", "messages per second from one address", 25))
    .addOption(count("--address-sends-burst <n>", "messages in one burst from one address", 200))
    .addOption(bytes("--address-send-size <size>", "size of messages per minute from an address", 4 * MIB))
    .addOption(number("--address-events-per-second <n>", "nickname and typing events from an address", 40))
    .addOption(count("--address-events-burst <n>", "nickname and typing events in one burst", 400))
    .addOption(number("--address-people-per-second <n>", "reserve and claim requests from an address", 0.1))
    .addOption(count("--address-people-burst <n>", "reserve and claim requests in one burst", 10))
    .addOption(number("--room-sends-per-second <n>", "messages per second in one room", 200))
    .addOption(count("--room-sends-burst <n>", "messages in one burst in one room", 1000))
    .addOption(count("--connections-per-address <n>", "open connections from one address", 200))
    .addOption(
      count(
        "--max-connections <n>",
        "open connections in total; fewer if the system allows fewer open files",
        10_000,
      ),
    )
    .addOption(number("--connection-rate <n>", "new connections per second from one address", 50))
    .addOption(count("--connection-burst <n>", "new connections in one burst from one address", 200))
    .addOption(count("--rooms-per-address <n>", "rooms that one address may be in at a time", 100))
    .addOption(number("--http-per-second <n>", "plain HTTP requests per second from one address", 100))
    .addOption(count("--http-burst <n>", "plain HTTP requests in one burst from one address", 400))
    .addOption(
      flag(
        "--exempt-address <address>",
        "address (or network a.b.c.d/n) of your own bots, exempt from limits on rates and numbers; repeatable",
      ).argParser(collect((text) => text)),
    )
    .addOption(bytes("--frame-size <size>", "largest frame accepted", FRAME_MAX_BYTES))
    .addOption(
      number(
        "--handshake-timeout <seconds>",
        "time a client has to send its HTTP request, and to disconnect after a close",
        10,
      ),
    )
    .addOption(bytes("--unsent-output <size>", "unsent output at which a connection is closed", MIB))
    .addOption(number("--get-grace <seconds>", "time a client has to read one large history", 120))
    .addOption(bytes("--get-memory <size>", "memory for unsent histories", 256 * MIB))
    .addOption(bytes("--address-get-memory <size>", "memory for unsent histories, per address", 128 * MIB))
    .addOption(count("--max-rooms <n>", "rooms in use at a time", 1000))
    .addOption(bytes("--history-memory <size>", "memory for history, all rooms together", 256 * MIB))
    .addOption(bytes("--pending-memory <size>", "memory for waiting requests", 64 * MIB))
    .addOption(bytes("--address-pending-memory <size>", "the same for one address", 16 * MIB))
    .addOption(bytes("--connection-pending-memory <size>", "the same for one connection", 4 * MIB))
    .addOption(count("--send-keys <n>", "keys of sends to remember, all rooms together", 1_000_000))
    .addOption(count("--past-sessions <n>", "ended sessions to remember, per room", 10_000))
    .addOption(count("--max-edits <n>", "edits of one message", CHANGE_LIMITS.edits))
    .addOption(
      count(
        "--max-message-reactions <n>",
        "reactions to one message, counting those that were taken back",
        CHANGE_LIMITS.reactionsMade,
      ),
    )
    .addOption(
      count(
        "--max-reactions <n>",
        "reactions in one room, if its history is in a file",
        CHANGE_LIMITS.roomReactions,
      ),
    )
    .addOption(count("--raid-newcomers <n>", "newcomers to a room that arm raid mode", RAID_LIMITS.newcomers))
    .addOption(
      count("--raid-messages <n>", "messages of newcomers that must come with them", RAID_LIMITS.messages),
    )
    .addOption(
      number("--raid-within <seconds>", "the time in which both must come", RAID_LIMITS.withinMs / 1000),
    )
    .addOption(
      number("--raid-lasts <seconds>", "how long raid mode stays on after that", RAID_LIMITS.lastsMs / 1000),
    )
    .addOption(
      count(
        "--max-sanctions <n>",
        "mutes and bans in force, all rooms together; one room has at most a fifth of them",
        MODERATION_LIMITS.sanctions,
      ),
    )
    .addOption(
      count("--max-moderation-log <n>", "moderators' actions to keep in the log", MODERATION_LIMITS.actions),
    )
    .addOption(count("--max-reports <n>", "open reports in one room", MODERATION_LIMITS.reports))
    .addOption(count("--max-held <n>", "messages that wait for approval in one room", MODERATION_LIMITS.held))
    .addOption(
      count(
        "--nicknames-per-person <n>",
        "nicknames one person may reserve",
        PEOPLE_LIMITS.nicknamesPerPerson,
      ),
    )
    .addOption(
      count(
        "--nicknames-per-address <n>",
        "nicknames that people of one address may reserve in 30 days",
        PEOPLE_LIMITS.nicknamesPerAddress,
      ),
    )
    .addOption(count("--max-nicknames <n>", "reserved nicknames in total", PEOPLE_LIMITS.nicknames))
    .addOption(
      number(
        "--nickname-days <n>",
        "days to keep a reserved nickname that nobody uses",
        PEOPLE_LIMITS.nicknameMs / DAY_MS,
      ),
    )
    .addOption(count("--max-roles <n>", "roles given to people in total", PEOPLE_LIMITS.grants))
    .addOption(count("--max-tokens <n>", "tokens of programs in total", PEOPLE_LIMITS.tokens))
    .addOption(count("--max-commands <n>", "commands of programs in total", PEOPLE_LIMITS.commands))
    .addOption(number("--token-requests-per-second <n>", "requests per second with one token", 10))
    .addOption(count("--token-requests-burst <n>", "requests in one burst with one token", 100))
    .optionsGroup("Log:")
    .addOption(
      flag("--log-format <format>", "if not given, pretty on a terminal and json elsewhere").choices([
        "pretty",
        "json",
      ]),
    )
    .addOption(
      flag("--log-level <level>", "lowest level to log")
        .choices(["debug", "info", "warn", "error", "silent"])
        .default("info"),
    )
    .addOption(bytes("--log-memory <size>", "unwritten log lines kept; more are dropped", MIB))
    .addOption(flag("--log-contents", "log the contents of messages"))
    .addOption(flag("--log-addresses", "log the addresses of clients"))
    .optionsGroup("Options:")
    .version(version, "-v, --version", "print the version")
    .addHelpText(
      "after",
      "\nIn an environment variable, separate the items of a list with commas, and set a flag without a value to true or false.",
    );
  for (const option of command.options) {
    if (FIRST_FLAGS.includes(option.long ?? "")) option.helpGroup("Basics:");
  }
  return command;
}

/**
 * The settings that a parsed command results in.
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
    rooms: flags.rooms,
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
    keepAssetsMs: Math.min(flags.keepAssets, MAX_DAYS) * DAY_MS,
    timestamp: flags.timestamp,
    timezone: flags.timezone,
    allowOrigins: flags.allowOrigin ?? null,
    frameAncestors: frameAncestorsOf(flags.frameAncestors),
    site: siteOf(flags),
    trustProxy: blockListOf("--trust-proxy", flags.trustProxy ?? []),
    exemptAddresses: blockListOf("--exempt-address", flags.exemptAddress ?? []),
    login: loginOf(flags),
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
      addressPeople: { perSecond: flags.addressPeoplePerSecond, burst: flags.addressPeopleBurst },
      connectionsPerAddress: flags.connectionsPerAddress,
      maxConnections: flags.maxConnections,
      newConnections: { perSecond: flags.connectionRate, burst: flags.connectionBurst },
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
    },
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
    log: {
      format: flags.logFormat ?? (isTerminal ? "pretty" : "json"),
      level: flags.logLevel,
      memoryBytes: flags.logMemory,
      contents: flags.logContents ?? false,
      addresses: flags.logAddresses ?? false,
    },
    warnings: [...unknownVariables(command.options, process.env), ...visibleSecrets(command)],
  };
}

/** A sentence if the secret of logins is on the command line. */
function visibleSecrets(command: Command): string[] {
  if (command.getOptionValueSource("authSecret") !== "cli") return [];
  return [
    "Everybody on this machine can see the secret of --auth-secret in the list of processes; use CHATBOX_AUTH_SECRET or --auth-secret-file instead.",
  ];
}

/** An error of commander, without passwords, and without the value of a flag that may be a misspelled secret. */
function withoutSecrets(text: string): string {
  return withoutPasswords(text).replace(/(unknown option '-[^'=]*=).*'/s, "$1…'");
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

/** Collects the values of a repeatable flag. An environment variable may hold several, separated by commas. */
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
    const [text = "", prefix, ...rest] = entry.split("/");
    const address = plainAddress(text);
    const family = isIPv4(address) ? "ipv4" : isIPv6(address) ? "ipv6" : null;
    const longest = family === "ipv4" ? 32 : 128;
    const written = prefix === undefined ? longest : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
    // The first 96 bits of an IPv4-mapped IPv6 address are its fixed prefix.
    const bits = prefix !== undefined && family === "ipv4" && isIPv6(text) ? written - 96 : written;
    if (family === null || rest.length > 0 || !(bits >= 0 && bits <= longest)) {
      throw new InvalidArgumentError(`${option}: ${JSON.stringify(entry)} is not an address or network.`);
    }
    list.addSubnet(address, bits, family);
  }
  return list;
}
