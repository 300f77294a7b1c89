import type { KeyObject } from "node:crypto";
import type { BlockList } from "node:net";
import type { FsyncMode } from "../engine/local/journal.ts";
import type { ModerationLimits } from "../engine/moderation.ts";
import type { PeopleLimits } from "../engine/people.ts";
import type { DatabaseOptions } from "../engine/postgres/database.ts";
import type { Retention } from "../engine/retention.ts";
import type { ChangeLimits } from "../room/change-limits.ts";
import type { RaidLimits } from "./moderation/raid-watch.ts";
import type { RoomMode } from "./room-directory.ts";
import type { CertificateFiles } from "./tls/certificate.ts";
import type { WebhookSettings } from "./webhooks/webhook-settings.ts";

/** A rate: how many per second in the long run, and how many at once. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** All limits of the server. A rate or count that is null is not limited. */
export interface Limits {
  readonly frameBytes: number;
  /** How long a client may take to send its HTTP request, and to take the answer. */
  readonly handshakeMs: number;
  /** Requests of one connection, of any kind, by their cost: see `cost.ts`. */
  readonly requests: Rate | null;
  /** The same for all connections of one address together. */
  readonly addressRequests: Rate | null;
  readonly names: Rate | null;
  readonly gets: Rate | null;
  /** Messages of one connection, of one address, and in one room. */
  readonly sends: Rate | null;
  readonly addressSends: Rate | null;
  readonly roomSends: Rate | null;
  /** Messages of one address, in bytes. */
  readonly addressSendBytes: Rate | null;
  /** What else the connections of one address announce to others: nicknames and typing. */
  readonly addressEvents: Rate | null;
  /** Requests of one address that change what is stored about people: `reserve` and `claim`. */
  readonly addressPeople: Rate | null;
  readonly connectionsPerAddress: number | null;
  /** All connections, a tenth of which is reserved for those that are not WebSockets. */
  readonly maxConnections: number | null;
  /** New connections from one address. */
  readonly newConnections: Rate | null;
  /** TLS handshakes with one address, whether or not they come to anything. */
  readonly handshakes: Rate | null;
  /** Plain HTTP requests from one address. */
  readonly httpRequests: Rate | null;
  /** Requests to the API with one token, from all addresses, by their cost: see `cost.ts`. */
  readonly tokenRequests: Rate | null;
  /** Rooms in which one address may be at the same time. */
  readonly roomsPerAddress: number | null;
  /** How much may wait unsent for one connection; beyond that the connection is cut. */
  readonly unsentBytes: number;
  /** How long a client may take to read one large `get` reply. */
  readonly getGraceMs: number;
  /** How much of `get` replies may wait unsent, for all connections and for one address. */
  readonly getMemoryBytes: number;
  readonly addressGetMemoryBytes: number;
  readonly maxRooms: number;
  /** History held in memory, over all rooms. */
  readonly historyMemoryBytes: number;
  /** Requests waiting for the store, in bytes: of all connections, of one address, and of one connection. */
  readonly pendingBytes: number;
  readonly addressPendingBytes: number;
  readonly connectionPendingBytes: number;
  /** Keys of sends that are remembered, over all rooms. */
  readonly sendKeys: number;
  /** Past sessions that are remembered, in each room. */
  readonly pastSessions: number;
}

export interface LogSettings {
  readonly format: "pretty" | "json";
  readonly level: "debug" | "info" | "warn" | "error" | "silent";
  /** How much may wait to be written; lines past it are lost. */
  readonly memoryBytes: number;
  /** Whether message contents are logged. */
  readonly contents: boolean;
  /** Whether the clients' addresses are logged. */
  readonly addresses: boolean;
}

/** What a host site signs tokens with: a secret that it shares with the server, or keys that it publishes as a JWKS. */
export type LoginKeys =
  /** For HS256. A key object, because it shows nothing of the secret in a log or an error. */
  | { readonly kind: "secret"; readonly secret: KeyObject }
  | { readonly kind: "file"; readonly path: string }
  /** `https:`, or `http:` on this machine. */
  | { readonly kind: "url"; readonly url: string };

/** The login of the host site that the chat belongs to. */
export interface LoginSettings {
  /** Whether only people with a token may talk. */
  readonly isRequired: boolean;
  readonly keys: LoginKeys;
  /** The `iss` that a token must have; null for any or none. */
  readonly issuer: string | null;
  /** What the `aud` of a token must name; null: a token must have none. */
  readonly audience: string | null;
  /** How far ahead the end of a token may be. */
  readonly maxAgeMs: number;
  /** By how much the clocks of the host and the server may differ. */
  readonly clockSkewMs: number;
}

/** A link of the operator's. */
export interface SiteLink {
  readonly label: string;
  readonly url: string;
}

/** A picture, and the ending of its file's name, which says what kind it is. */
export interface SiteLogo {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly ending: "svg" | "png" | "jpg" | "webp";
}

/** What makes the pages those of the operator's site. */
export interface SiteSettings {
  /** A colour such as `#0b6e69`; null for that of the chat. */
  readonly accent: string | null;
  readonly logo: SiteLogo | null;
  readonly title: string | null;
  /** What people read before they join. */
  readonly welcome: string | null;
  readonly links: readonly SiteLink[];
  /** A style sheet that comes after that of the page. */
  readonly style: Uint8Array<ArrayBuffer> | null;
}

export interface Settings {
  readonly port: number;
  /** The addresses to listen on, or names of them. */
  readonly hosts: readonly string[];
  /** The certificate for https and wss; null: the server speaks http and ws. */
  readonly tls: CertificateFiles | null;
  /** The path under which browsers find the chat, such as `/chat`; empty when the server need not know it. */
  readonly basePath: string;
  /** Who may make rooms. */
  readonly rooms: RoomMode;
  /** The database that many servers share; null for a history of this server alone, in files. */
  readonly database: DatabaseOptions | null;
  readonly dataFile: string;
  readonly fsync: FsyncMode;
  readonly retention: Retention;
  readonly raid: RaidLimits;
  /** Whether to trust a clock that differs from what is expected. */
  readonly trustClock: boolean;
  readonly getBudgetBytes: number;
  /** The smallest event data that is compressed for clients that take compressed messages; null for never. */
  readonly compressFromBytes: number | null;
  /** How long a nickname is kept for a client of version 3 whose connection has broken. */
  readonly graceMs: number;
  /** The same after a restart of the server, from its start. */
  readonly restartGraceMs: number;
  /** When the server makes backups, where, and how many it keeps; null: it makes none. */
  readonly backups: { readonly everyMs: number; readonly folder: string; readonly keep: number } | null;
  /** How long files of the page are kept for pages of other servers and versions; 0 for not at all. */
  readonly keepAssetsMs: number;
  /** The template and zone of timestamps. */
  readonly timestamp: string;
  readonly timezone: string;
  /** Origins of pages that may connect. Null: any, or on loopback alone, any but those of other sites. */
  readonly allowOrigins: readonly string[] | null;
  /** Who may have the pages in a frame, as the policy names them; null for anybody. */
  readonly frameAncestors: readonly string[] | null;
  readonly site: SiteSettings;
  /** The proxies whose `X-Forwarded-For` is trusted. */
  readonly trustProxy: BlockList;
  /** Addresses whose clients have no limits on rates and numbers: the operator's bots and services. */
  readonly exemptAddresses: BlockList;
  /** Null: the chat knows no login of a host site. */
  readonly login: LoginSettings | null;
  readonly limits: Limits;
  readonly people: PeopleLimits;
  readonly moderation: ModerationLimits;
  readonly changes: ChangeLimits;
  readonly webhooks: WebhookSettings;
  readonly log: LogSettings;
  /** Where `/metrics` is instead of on the port of the chat; null: there. */
  readonly metricsAt: { readonly hosts: readonly string[]; readonly port: number } | null;
  /** Owners are told when the disk with the history has less room than this. */
  readonly lowDiskBytes: number;
  /** The version of the Node.js that has started the server, such as `v24.1.0`; null if none has. */
  readonly nodeVersion: string | null;
  /** What looks like a mistake in how the server was started: one sentence each, for the log. */
  readonly warnings: readonly string[];
}

/**
 * The limits on rates and numbers that are lifted together: for everybody, or for one address. Those on memory stay.
 */
export const NO_RATES = {
  requests: null,
  addressRequests: null,
  names: null,
  gets: null,
  sends: null,
  addressSends: null,
  roomSends: null,
  addressSendBytes: null,
  addressEvents: null,
  addressPeople: null,
  connectionsPerAddress: null,
  maxConnections: null,
  newConnections: null,
  handshakes: null,
  httpRequests: null,
  tokenRequests: null,
  roomsPerAddress: null,
} as const satisfies Partial<Limits>;
