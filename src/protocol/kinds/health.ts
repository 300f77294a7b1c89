/** `health`: an owner sees how the server is, and what needs the operator. Of version 3. */
import type { Reader } from "../reader.ts";
import type { RefusedAnswer } from "./answer.ts";

// What travels.

/** What a notice says besides its kind, for each kind. Moments are Unix milliseconds. */
export interface NoticeValues {
  /** The disk is nearly full. */
  disk: { freeBytes: number };
  /** The history cannot be stored. */
  store: Record<never, never>;
  /** The clock was set, or the machine slept. Negative for back. */
  clock: { byMs: number };
  /** The certificate ends soon, or has ended. */
  certificate: { endsAt: number };
  /** The certificate is not valid yet. */
  "early-certificate": { beginsAt: number };
  /** The certificate has changed, and cannot be used. */
  renewal: { reason: string };
  /** Somebody was turned away because of a limit on the whole server. The notice is about that option. */
  limit: { most: number };
  /** The system allows fewer open files than the limits need. */
  descriptors: { most: number; wanted: number };
  /** Lines of the log were lost. */
  log: Record<never, never>;
  /** A scheduled backup could not be made. */
  backup: { reason: string };
  /** The newest scheduled backup in the folder is older than two intervals; without `newestAt`, there is none. */
  "late-backup": { folder: string; everyMs: number; newestAt?: number };
  /** A webhook is disabled. The notice is about its id. */
  webhook: { label: string; reason: string };
  /** Node.js, which has started the server, gets no more updates. */
  node: { version: string; endsAt: number };
}

export type NoticeKind = keyof NoticeValues;

export type NoticeSeverity = "warning" | "fault";

/** Something that needs the operator. */
export interface NoticeKeys {
  /** A {@link NoticeKind}, or one that a later server has added. */
  kind: string;
  /** Which one of its kind; missing if there can be only one. */
  about?: string;
  severity: NoticeSeverity;
  /** In English, with what to do: for clients that do not know the kind. */
  text: string;
  values: Readonly<Record<string, string | number>>;
  since: number;
}

export interface HealthRequest {
  type: "health";
}

/** Sizes are bytes. */
export interface HealthKeys {
  version: string;
  /** When the server has started, and its clock now. */
  started: number;
  now: number;
  /** Whether messages can be stored. */
  healthy: boolean;
  /** Nicknames and connections at this server, and how many connections there may be; missing if that is unlimited. */
  people: number;
  connections: number;
  maxConnections?: number;
  /** Rooms in memory. */
  rooms: number;
  /** Stored by this server since its start. */
  messages: number;
  memory: number;
  /** Of the disk with the history; missing where that is in a database. */
  disk?: { free: number; size: number };
  /** What the chat takes there, or in the database; missing if it cannot be found out now. */
  data?: number;
  /** How often the server makes a backup, in milliseconds, and when the newest one was made; missing if it makes none. */
  backup?: { every: number; newest?: number };
  /** In all rooms. */
  reports: number;
  held: number;
  raids: number;
  /** What needs the operator, the oldest first. */
  notices: readonly NoticeKeys[];
}

export type HealthReply = { type: "health"; status: true } & HealthKeys;

export type HealthRefusedReply = RefusedAnswer<"health", "NotAllowed" | "ErrorWhenHealth">;

// How it is read.

export interface ParsedHealth {
  readonly kind: "health";
}

export const healthReader: Reader<"health", ParsedHealth> = {
  since: 3,
  read: () => ({ kind: "health", request: { kind: "health" } }),
};
