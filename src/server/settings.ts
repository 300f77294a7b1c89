import type { BlockList } from "node:net";
import type { FsyncMode } from "../engine/local/journal.ts";
import type { DatabaseOptions } from "../engine/postgres/database.ts";
import type { Retention } from "../engine/retention.ts";

/** So many a second on the long run, and so many at once. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** Every limit of the server. A rate or count that is null is not limited. */
export interface Limits {
  readonly frameBytes: number;
  /** How long a client may take to send its HTTP request, and to take the answer. */
  readonly handshakeMs: number;
  /** Requests of one connection, of any kind. */
  readonly requests: Rate | null;
  readonly names: Rate | null;
  readonly gets: Rate | null;
  readonly connectionsPerAddress: number | null;
  /** New connections from one address. */
  readonly newConnections: Rate | null;
  /** What may wait unsent for one connection; past it, the connection is cut. */
  readonly unsentBytes: number;
  /** How long one large `get` reply may take to be read. */
  readonly getGraceMs: number;
  /** What may wait unsent of `get` replies, over all connections. */
  readonly getMemoryBytes: number;
  readonly maxRooms: number;
  /** History held in memory, over all rooms. */
  readonly historyMemoryBytes: number;
  /** Requests waiting for the store, over all rooms, in bytes. */
  readonly pendingSize: number;
  /** Keys of sends remembered, over all rooms. */
  readonly sendKeys: number;
  /** Sessions that are over and still known, in each room. */
  readonly pastSessions: number;
}

export interface LogSettings {
  readonly format: "pretty" | "json";
  readonly level: "debug" | "info" | "warn" | "error" | "silent";
  /** What may wait to be written; lines past it are lost. */
  readonly memoryBytes: number;
  /** Whether message contents are logged. */
  readonly contents: boolean;
  /** Whether the clients' addresses are logged. */
  readonly addresses: boolean;
}

export interface Settings {
  readonly port: number;
  /** The addresses listened on. */
  readonly hosts: readonly string[];
  /** The database that many servers share; null for a history of this server alone, in files. */
  readonly database: DatabaseOptions | null;
  readonly dataFile: string;
  readonly fsync: FsyncMode;
  readonly retention: Retention;
  /** Whether a clock is believed that is not where it is expected. */
  readonly trustClock: boolean;
  readonly getBudgetBytes: number;
  /** From this size on, what all listeners are told is compressed for those who take that; null: never. */
  readonly compressFromBytes: number | null;
  /** How long a nickname is kept for a client of version 3 whose connection broke. */
  readonly graceMs: number;
  /** The same after a restart of the server, from its start on. */
  readonly restartGraceMs: number;
  /** The template and zone of timestamps. */
  readonly timestamp: string;
  readonly timezone: string;
  /** Origins that browsers may connect from; null: any. */
  readonly allowOrigins: readonly string[] | null;
  /** The proxies whose `X-Forwarded-For` is believed. */
  readonly trustProxy: BlockList;
  readonly limits: Limits;
  readonly log: LogSettings;
}
