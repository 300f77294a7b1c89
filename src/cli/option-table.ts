/**
 * All options of the server, in the order of `--help`. From this table follow the flags, the `CHATBOX_` variables, the keys of
 * the file, `config`, and docs/settings.md, which `bun scripts/settings.ts` writes.
 */
import { TIMESTAMP_DEFAULT } from "../protocol/timestamp.ts";
import { ROOM_MODES } from "../server/room-directory.ts";
import { parseBasePath } from "./base-path.ts";
import { parseFrameAncestor } from "./frame-ancestors.ts";
import {
  CONNECTION_LIMITS,
  MEMORY_LIMITS,
  MODERATION_OPTIONS,
  NUMBER_LIMITS,
  RATE_LIMITS,
} from "./limit-options.ts";
import { parseClockSkew, parseMaxAge } from "./login.ts";
import { parseNetwork } from "./network.ts";
import {
  choice,
  count,
  list,
  number,
  type OptionGroup,
  optionalNumber,
  path,
  preset,
  secret,
  size,
  text,
  toggle,
  type ValuesOf,
} from "./option.ts";
import { parseOrigin } from "./origin.ts";
import { parseAccent, parseTitle, parseWelcome } from "./site.ts";
import { parseCount, parseHost, parseNotNegative, parsePort, parsePositive } from "./units.ts";

const MIB = 1024 * 1024;
const URL_LIKE = /^[a-z][a-z0-9+.-]*:\/\//i;

/** What most people set in the first week. */
const BASICS = {
  port: number("<port>", "listening port; 0 for any free one", 5000, parsePort),
  host: preset(
    text("<address>", "address to listen on; 0.0.0.0 or :: for all networks", parseHost),
    "localhost",
    "this machine only",
  ),
  data: path(
    preset(
      text("<file>", "history of the main room; other rooms go beside it"),
      "./data.json",
      "./data.json",
    ),
  ),
  "database-url": {
    ...text(
      "<url>",
      "PostgreSQL instead of files, for several servers that form one chat: postgres://user:password@host/name; also DATABASE_URL",
    ),
    otherVariable: "DATABASE_URL",
  },
  "allow-origin": list(
    "<origin>",
    "origin of pages that may connect, such as https://example.org; repeatable; if not given, any origin, or only local ones if only this machine can connect",
    parseOrigin,
  ),
  "trust-proxy": list(
    "<address>",
    "proxy (or network a.b.c.d/n) whose X-Forwarded-For header is trusted; repeatable",
    parseNetwork,
  ),
  config: path(text("<file>", "file with settings in TOML; variables and flags override it")),
};

const TLS = {
  "tls-cert": path(
    text(
      "<file>",
      "certificate in PEM, followed by those that lead to its issuer: the server then speaks https and wss, without a proxy",
    ),
  ),
  "tls-key": path(text("<file>", "private key of that certificate in PEM, not encrypted")),
};

const HISTORY = {
  "database-connections": count("connections to the database", 8),
  "database-timeout": number("<seconds>", "time the database has to answer", 4),
  fsync: preset(
    choice("<mode>", "sync messages before the reply, within a second, or when the system does", [
      "always",
      "batch",
      "off",
    ]),
    "always",
  ),
  "keep-days": optionalNumber("<n>", "days to keep messages; forever if not given", parsePositive),
  "keep-messages": optionalNumber(
    "<n>",
    "newest messages to keep in each room; all if not given",
    parseCount,
  ),
  "max-history": size("history kept per room; older messages are deleted", 1024 * MIB),
  "trust-clock": toggle(
    "trust a clock that is days ahead of the expected time: delete old messages without waiting a day",
  ),
  "get-budget": size("most history that one get returns", MIB),
};

const BACKUPS = {
  "backup-every": optionalNumber("<hours>", "hours between backups; none if not given", parsePositive),
  "backup-folder": path(text("<folder>", "folder of backups; if not given, data.backups beside --data")),
  "backup-keep": count("newest backups to keep in that folder", 7),
};

const CLIENTS = {
  "base-path": preset(
    text(
      "<path>",
      "path under which a proxy serves the chat, such as /chat, if the proxy passes that path on to the server",
      parseBasePath,
    ),
    "",
    "none",
  ),
  rooms: preset(
    choice(
      "<mode>",
      "who may make rooms: whoever connects to one (open), moderators of all rooms (listed), or nobody while the server runs (fixed)",
      ROOM_MODES,
    ),
    "open",
  ),
  "no-compression": toggle("never compress, not even for clients that ask for it"),
  "compress-from": size("smallest batch of events to compress", 512),
  grace: number("<seconds>", "time to resume after a connection breaks; 0 for none", 15, parseNotNegative),
  "restart-grace": number(
    "<seconds>",
    "time to resume after a restart of the server; 0 for none",
    30,
    parseNotNegative,
  ),
  "keep-assets": number(
    "<days>",
    "days to keep scripts and styles for pages of earlier versions; 0 for none",
    28,
    parseNotNegative,
  ),
};

const TIMES = {
  timestamp: preset(text("<template>", "format of timestamps"), TIMESTAMP_DEFAULT),
  timezone: preset(
    text("<zone>", "time zone of timestamps, such as Asia/Ho_Chi_Minh"),
    Intl.DateTimeFormat().resolvedOptions().timeZone,
    "that of the machine",
  ),
};

const SITE = {
  title: text("<text>", "title of the chat", parseTitle),
  welcome: text("<text>", "what people read before they join", parseWelcome),
  accent: text("<colour>", "colour of buttons and links, such as #0b6e69", parseAccent),
  logo: path(text("<file>", "picture above the chat: SVG, PNG, JPEG or WebP")),
  links: path(
    list(
      "<file|label=url>",
      "link above the chat, such as Imprint=https://example.org/imprint, or a file with one on each line; repeatable",
    ),
    (each) => !each.includes("="),
  ),
  style: path(text("<file>", "style sheet that comes after that of the page")),
  "frame-ancestors": list(
    "<origin>",
    "origin of sites that may show the chat in a frame, such as https://example.org or https://*.example.org; also self or none; repeatable; if not given, any site",
    parseFrameAncestor,
  ),
};

const LOGIN = {
  auth: preset(
    text("<mode>", "whether people need a login of your site to talk: required or optional"),
    "optional",
  ),
  "auth-secret": secret(
    text(
      "<text>",
      "secret of at least 32 bytes that your site signs logins with (HS256); better set by its variable or in a file, because others can see command lines",
    ),
  ),
  "auth-secret-file": path(text("<file>", "file with that secret")),
  "auth-jwks": path(
    text(
      "<file|url>",
      "public keys that your site signs logins with (RS256, ES256, EdDSA), as a JWKS, instead of a secret",
    ),
    (each) => !URL_LIKE.test(each),
  ),
  "auth-issuer": text("<text>", "issuer (iss) that logins must have; any if not given"),
  "auth-audience": text("<text>", "audience (aud) that logins must have; none if not given"),
  "auth-max-age": number("<hours>", "longest time that a login may be valid", 24, parseMaxAge),
  "auth-clock-skew": number(
    "<seconds>",
    "difference between the clocks of your site and of the server",
    60,
    parseClockSkew,
  ),
};

const WEBHOOKS = {
  "webhook-timeout": number("<seconds>", "time a webhook has to take an event", 15),
  "webhook-retry": number("<seconds>", "wait after the first failure of a webhook", 5),
  "webhook-retry-most": number("<seconds>", "longest wait between two attempts", 4 * 60 * 60),
  "webhook-fail-days": number("<n>", "days of failures after which a webhook is disabled", 5),
  "webhook-private": toggle("allow webhooks on this machine and in private networks"),
};

const LOG = {
  "log-format": choice("<format>", "if not given, pretty on a terminal and json elsewhere", [
    "pretty",
    "json",
  ]),
  "log-level": preset(
    choice("<level>", "lowest level to log", ["debug", "info", "warn", "error", "silent"]),
    "info",
  ),
  "log-memory": size("unwritten log lines kept; more are dropped", MIB),
  "log-contents": toggle("log the contents of messages"),
  "log-addresses": toggle("log the addresses of clients"),
};

const WATCHING = {
  "metrics-port": optionalNumber(
    "<port>",
    "port of its own for /metrics and /healthz, in plain HTTP; /metrics is then not on the port of the chat",
    parsePort,
  ),
  "metrics-host": preset(
    text("<address>", "address to listen on for that; 0.0.0.0 or :: for all networks", parseHost),
    "localhost",
    "this machine only",
  ),
  "low-disk": size("free space on the disk with the history below which owners get a notice", 1024 * MIB),
};

/** The groups with their headings. */
export const OPTION_GROUPS: readonly (readonly [heading: string, OptionGroup])[] = [
  ["Basics", BASICS],
  ["TLS", TLS],
  ["History", HISTORY],
  ["Backups", BACKUPS],
  ["Clients", CLIENTS],
  ["Times", TIMES],
  ["Your site", SITE],
  ["Login", LOGIN],
  ["Limits on connections", CONNECTION_LIMITS],
  ["Limits on rates", RATE_LIMITS],
  ["Limits on memory", MEMORY_LIMITS],
  ["Limits on numbers", NUMBER_LIMITS],
  ["Moderation", MODERATION_OPTIONS],
  ["Webhooks", WEBHOOKS],
  ["Log", LOG],
  ["Watching", WATCHING],
];

/** The values of all options. */
export type Flags = ValuesOf<typeof BASICS> &
  ValuesOf<typeof TLS> &
  ValuesOf<typeof HISTORY> &
  ValuesOf<typeof BACKUPS> &
  ValuesOf<typeof CLIENTS> &
  ValuesOf<typeof TIMES> &
  ValuesOf<typeof SITE> &
  ValuesOf<typeof LOGIN> &
  ValuesOf<typeof CONNECTION_LIMITS> &
  ValuesOf<typeof RATE_LIMITS> &
  ValuesOf<typeof MEMORY_LIMITS> &
  ValuesOf<typeof NUMBER_LIMITS> &
  ValuesOf<typeof MODERATION_OPTIONS> &
  ValuesOf<typeof WEBHOOKS> &
  ValuesOf<typeof LOG> &
  ValuesOf<typeof WATCHING>;
