import type { Engine } from "../../engine/engine.ts";
import type { Outcome } from "../../engine/outcome.ts";
import type { ConnectionId } from "../../room/operation.ts";
import { RAID_REACHES_BACK_MS } from "../../room/permission.ts";
import type { Recipient } from "../recipient.ts";

/** What arms raid mode. */
export interface RaidLimits {
  /** So many newcomers, or one for every 20 people who are there if that is more, … */
  readonly newcomers: number;
  /** … and so many messages of newcomers … */
  readonly messages: number;
  /** … within this time, in milliseconds. */
  readonly withinMs: number;
  /** How long it stays on after that, in milliseconds. It is prolonged while newcomers press on. */
  readonly lastsMs: number;
}

/** The limits if no others are set. */
export const RAID_LIMITS: RaidLimits = {
  newcomers: 8,
  messages: 8,
  withinMs: 10_000,
  lastsMs: 5 * 60_000,
};

/** One newcomer for so many people who are there is no raid, however many there are. */
const PRESENT_PER_NEWCOMER = 20;
/** So many people must have been there for longer. */
const REGULARS = 3;
/** So many addresses, of which newcomers are refused, keep raid mode on. */
const PRESSING_ADDRESSES = 5;
/** How many moments of each sort are kept for a room. */
const MOMENTS = 1_000;
/** Of how many newcomers it is known that they are newcomers. */
const NEWCOMERS = 10_000;

/** When something has happened in a room, in Unix milliseconds, the newest last. */
interface Pressure {
  joins: number[];
  messages: number[];
  /** When newcomers of each address were refused last, the newest at the end: one address presses on by itself. */
  readonly refusals: Map<object, number>;
}

/** Arms raid mode in a room when newcomers and their messages pile up, and keeps it on as long as they press on. */
export class RaidWatch {
  readonly #engine: Pick<Engine, "moderation" | "present">;
  readonly #limits: RaidLimits;
  readonly #now: () => number;
  readonly #failed: (error: unknown) => void;
  readonly #rooms = new Map<string, Pressure>();
  /** When they came, the one that came first at the beginning. */
  readonly #newcomers = new Map<ConnectionId, number>();
  readonly #arming = new Set<string>();

  /** @param now Unix milliseconds @param failed raid mode could not be armed */
  constructor(
    engine: Pick<Engine, "moderation" | "present">,
    limits: RaidLimits,
    now: () => number,
    failed: (error: unknown) => void,
  ) {
    this.#engine = engine;
    this.#limits = limits;
    this.#now = now;
    this.#failed = failed;
  }

  /** An outcome was delivered. @param recipient undefined if it is at another server */
  delivered(room: string, outcome: Outcome, recipient: Recipient | undefined): void {
    if (recipient === undefined) return;
    switch (outcome.kind) {
      case "registered":
        if (!outcome.isKnown) this.#joined(room, outcome.connection);
        break;
      case "sent":
        if (this.#isNewcomer(outcome.connection)) this.#note(room, "messages");
        break;
      case "not-permitted":
        if (outcome.isForRaid) this.#refused(room, recipient.address ?? recipient);
        break;
      case "left":
      case "gone":
        this.#newcomers.delete(outcome.connection);
        break;
      default:
        break;
    }
  }

  /** Forgets rooms in which nothing has happened lately. Must be called regularly. */
  shed(): void {
    const since = this.#now() - RAID_REACHES_BACK_MS;
    for (const [room, { joins, messages, refusals }] of this.#rooms) {
      for (const [address, at] of refusals) {
        if (at >= since) break;
        refusals.delete(address);
      }
      const isQuiet = [joins, messages].every((moments) => (moments.at(-1) ?? 0) < since);
      if (isQuiet && refusals.size === 0) this.#rooms.delete(room);
    }
    for (const [connection, at] of this.#newcomers) {
      if (at >= since) break;
      this.#newcomers.delete(connection);
    }
  }

  #joined(room: string, connection: ConnectionId): void {
    this.#newcomers.set(connection, this.#now());
    for (const first of this.#newcomers.keys()) {
      if (this.#newcomers.size <= NEWCOMERS) break;
      this.#newcomers.delete(first);
    }
    this.#note(room, "joins");
  }

  #isNewcomer(connection: ConnectionId): boolean {
    return (this.#newcomers.get(connection) ?? 0) >= this.#now() - RAID_REACHES_BACK_MS;
  }

  #note(room: string, what: "joins" | "messages"): void {
    const pressure = this.#pressureOn(room);
    const moments = pressure[what];
    moments.push(this.#now());
    if (moments.length > MOMENTS) moments.splice(0, moments.length - MOMENTS);
    this.#judge(room, pressure);
  }

  #refused(room: string, address: object): void {
    const pressure = this.#pressureOn(room);
    const { refusals } = pressure;
    refusals.delete(address);
    refusals.set(address, this.#now());
    for (const oldest of refusals.keys()) {
      if (refusals.size <= MOMENTS) break;
      refusals.delete(oldest);
    }
    this.#judge(room, pressure);
  }

  #pressureOn(room: string): Pressure {
    const pressure = this.#rooms.get(room) ?? { joins: [], messages: [], refusals: new Map() };
    this.#rooms.set(room, pressure);
    return pressure;
  }

  #judge(room: string, { joins, messages, refusals }: Pressure): void {
    const now = this.#now();
    const { newcomers, messages: most, withinMs, lastsMs } = this.#limits;
    const raid = this.#engine.moderation.raidOf(room, now);
    if (raid !== undefined) {
      const isOverSoon = raid.by === null && raid.until !== null && raid.until - now < lastsMs / 2;
      const pressing = countSince([...refusals.values()], now - withinMs);
      if (isOverSoon && pressing >= Math.min(newcomers, PRESSING_ADDRESSES)) this.#arm(room, raid.at);
      return;
    }
    const since = now - withinMs;
    if (countSince(joins, since) < newcomers || countSince(messages, since) < most) return;
    const present = this.#engine.present(room);
    const regulars = present.filter(({ joinedAt }) => (joinedAt ?? 0) < now - RAID_REACHES_BACK_MS).length;
    // Whoever has just come is no regular, not even a moderator: a class that begins is no raid.
    const isMuch = countSince(joins, since) >= present.length / PRESENT_PER_NEWCOMER;
    if (regulars >= REGULARS && isMuch) this.#arm(room, now);
  }

  /** @param at when the raid began, in Unix milliseconds */
  #arm(room: string, at: number): void {
    if (this.#arming.has(room)) return;
    this.#arming.add(room);
    this.#engine.moderation
      .act({
        kind: "raid",
        room,
        person: null,
        name: null,
        networks: [],
        reason: "",
        by: null,
        byName: "",
        at,
        until: this.#now() + this.#limits.lastsMs,
        of: null,
        count: null,
        settings: null,
      })
      .catch(this.#failed)
      .finally(() => this.#arming.delete(room));
  }
}

/** How many moments are at or after a moment. @param moments the newest last */
function countSince(moments: readonly number[], since: number): number {
  let count = 0;
  for (let at = moments.length - 1; at >= 0 && (moments[at] ?? 0) >= since; at--) count++;
  return count;
}
