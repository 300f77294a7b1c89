import type { Activity } from "./attack/attack.ts";
import type { AttackTally, Target } from "./attack/attacker.ts";
import type { Watched } from "./innocents.ts";
import type { Swept } from "./raid/moderator.ts";
import type { NewcomersPlan, Visit } from "./raid/newcomers.ts";
import type { RaidPlan, RaidTally } from "./raid/raider.ts";
import type { Overheard } from "./raid/regulars.ts";

/** The orders that the benchmark sends to the load generator, and the answers. Times are in seconds unless named. */

/** What a crowd speaks: version 2 or 3 of the protocol, 3 with compression offered, or version 2 inside Socket.IO. */
export type WireForm = "v2" | "v3" | "v3-deflate" | "socket.io";

/** What all clients of a crowd have in common. */
export interface CrowdPlan {
  readonly port: number;
  readonly form: WireForm;
  readonly clients: number;
  /** How many clients are in each room; null: all are in the main room. */
  readonly roomSize: number | null;
  /** The contents: words, or this many `x` in each message. */
  readonly contents: "words" | { readonly xs: number };
  /** What nicknames begin with; by default `u`. */
  readonly namePrefix?: string;
  /** A client whose connection breaks comes back and resumes, as PROTOCOL.md asks. */
  readonly comesBack: boolean;
}

interface OfCrowd {
  readonly crowd: string;
}

/** What all clients of a crowd received while an order was carried out, and how long that took. */
export interface Tally {
  readonly wallS: number;
  /** CPU seconds of the generator. */
  readonly loadCpuS: number;
  readonly bytes: number;
  readonly messages: number;
  readonly registers: number;
  readonly leaves: number;
  /** Edits, deletions and reactions. */
  readonly changes: number;
  /** Sends, or changes, that were acknowledged. */
  readonly acks: number;
  /** Requests that were refused. */
  readonly refusals: number;
}

export interface Orders {
  /** Connects a new crowd. */
  connect: { takes: OfCrowd & { readonly plan: CrowdPlan }; gives: Tally };
  /** All take their nicknames at once; ends when each has been told of all that registered after it. */
  join: { takes: OfCrowd; gives: Tally };
  /**
   * The talkers send the given number of messages each, with `window` of each under way; ends when all are acknowledged and
   * everybody has received everything.
   */
  talk: {
    takes: OfCrowd & { readonly talkers: number; readonly messagesEach: number; readonly window: number };
    gives: Tally;
  };
  /** All talk in turn, with `window` messages under way in total. */
  takeTurns: { takes: OfCrowd & { readonly messages: number; readonly window: number }; gives: Tally };
  /** One talks at a steady rate; the latency of a message is the time until its last listener has it. */
  pace: {
    takes: OfCrowd & { readonly messagesPerS: number; readonly seconds: number };
    gives: Tally & Latency;
  };
  /** The same with changes of own messages, which are sent before: edits and reactions in turn. */
  paceChanges: {
    takes: OfCrowd & { readonly changesPerS: number; readonly seconds: number };
    gives: Tally & Latency;
  };
  /** One client repeats the same request, and waits for each reply. */
  ask: {
    takes: OfCrowd & { readonly request: string; readonly times: number };
    gives: Tally & { readonly replyMs: readonly number[] };
  };
  /** Waits until all clients of a crowd that reconnects are back. `backAtMs` are moments in Unix time, the earliest first. */
  awaitReturn: { takes: OfCrowd; gives: Tally & { readonly backAtMs: readonly number[] } };
  /** Does only what the protocol requires of a silent client. */
  idle: { takes: OfCrowd & { readonly seconds: number }; gives: Tally };
  /** Makes innocent clients join a server, talk for a moment, and stay. */
  gather: { takes: { readonly port: number }; gives: Record<string, never> };
  /** Lets the innocent clients work for a time, and returns what they experienced. */
  watch: { takes: { readonly seconds: number; readonly activities: readonly Activity[] }; gives: Watched };
  /** Ends the innocent clients' connections without a close frame. */
  scatter: { takes: Record<string, never>; gives: Record<string, never> };
  /** Attacks a server, by the key of the attack. */
  attack: {
    takes: { readonly attack: string; readonly target: Target; readonly seconds: number };
    gives: AttackTally;
  };
  /**
   * Lets regulars join rooms, and talk there from now on.
   *
   * @param code with which somebody becomes an owner of the chat, who will sweep these rooms
   */
  settle: {
    takes: {
      readonly port: number;
      readonly rooms: readonly string[];
      readonly regulars: number;
      readonly code: string;
    };
    gives: { readonly names: readonly string[] };
  };
  /** What happens in a room of regulars from one moment to another, in Unix milliseconds. */
  overhear: {
    takes: { readonly room: string; readonly fromMs: number; readonly untilMs: number };
    gives: Overheard;
  };
  /** Raids a room. Several rooms can be raided at a time. */
  raid: { takes: RaidPlan; gives: RaidTally };
  /** Lets people of good will come to a room. */
  visit: { takes: NewcomersPlan; gives: readonly Visit[] };
  /** Lets a moderator come and sweep a room. */
  sweep: { takes: { readonly room: string }; gives: Swept };
  /** Ends the regulars' connections. */
  unsettle: { takes: Record<string, never>; gives: Record<string, never> };
  /** Ends a crowd's connections without a close frame. */
  disband: { takes: OfCrowd; gives: Tally };
}

export interface Latency {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
  /** How late the generator itself was with its sends, p99. */
  readonly lateP99Ms: number;
}

export type OrderKind = keyof Orders;

/** An order as it is sent between the processes. */
export interface OrderMessage {
  readonly id: number;
  readonly kind: OrderKind;
  readonly takes: unknown;
}

export type AnswerMessage = { readonly id: number } & (
  | { readonly gives: unknown }
  | { readonly error: string }
);
