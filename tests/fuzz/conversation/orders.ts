import type { Place } from "./address.ts";
import { networksOf } from "./address.ts";
import type { Stand } from "./stand.ts";
import type { Origin } from "./text.ts";

export type Reach = "person" | "address" | "network" | "wide";
export type SanctionKind = "mute" | "kick" | "ban";
/** What keeps somebody from something. */
export type Hindrance = "Muted" | "Banned" | "SlowMode";

/** By what an order names whom it concerns. */
export type Naming = "name" | "person" | "of";

/** What a moderator has asked for. */
export interface Order {
  /** Its reason, which no other one has: what the server tells of an action is of this order then. */
  readonly reason: string;
  readonly what: Sanction | Removal;
  /** Undefined for the main room, null for all rooms. */
  readonly room: string | undefined | null;
  /** In Unix ms, as all moments here. */
  readonly askedAt: number;
  /** How many backups had been put back. */
  readonly epoch: number;
  /** The id of the action. */
  action: string | null;
  /** Since when it is known to be in force: by its reply or its event, whichever came first. */
  since: number | null;
  isAcknowledged: boolean;
  /** It was refused, and nothing was done. */
  isRefused: boolean;
  /** When it ends by itself, at the earliest. */
  readonly until: number;
  /** When its end was asked for first, and when it was known. */
  undoAskedAt: number | null;
  undoneAt: number | null;
  /** How many messages that brought back, as it was told. */
  restored: number;
}

interface Sanction {
  readonly kind: SanctionKind;
  readonly target: Stand;
  readonly reach: Reach;
  /** What the server that is asked must know of the target. */
  readonly known: "nothing" | "person" | "person and address";
}

interface Removal {
  readonly kind: "remove";
  /** The message; null for all of somebody. */
  readonly of: number | null;
}

/** A request for slow mode, or for its end. */
export interface SlowMode {
  readonly room: string | undefined;
  readonly isOn: boolean;
  readonly askedAt: number;
  doneAt: number | null;
}

const LEVELS = { address: 0, network: 1, wide: 2 } as const;

/** What each kind leads to. */
const HINDERS = { mute: "Muted", kick: "Banned", ban: "Banned" } as const;
/** Clocks run on while a frame travels. */
export const MARGIN_MS = 50;

/**
 * All that moderators have asked for in a conversation, and what is known of it: a model of what is in force that knows nothing
 * of how servers do it. Between what is certain and what is impossible lies what may be: an order without a reply may have been
 * carried out, and may still be.
 */
export class Orders {
  readonly all: Order[] = [];
  readonly slow: SlowMode[] = [];
  readonly stands: Stand[] = [];
  /** The public ids of the moderators. */
  readonly moderators = new Set<string>();
  /** How many refusals were explained. */
  explained = 0;
  /** Since when servers know who has a nickname, in Unix ms. One with files keeps that for nobody over its end. */
  nicknamesSince = 0;
  /** By the room and the message. */
  readonly #addresses = new Map<string, Place>();

  sentFrom(room: string | undefined, origin: Origin, address: Place): void {
    this.#addresses.set(`${room} ${origin}`, address);
  }

  addressOf(room: string | undefined, origin: Origin | null): Place | undefined {
    return this.#addresses.get(`${room} ${origin}`);
  }

  /** What is known to have been done in a room, and not to be undone. */
  undoable(room: string | undefined): readonly Order[] {
    return this.all.filter((each) => each.action !== null && each.undoneAt === null && isIn(each, room));
  }

  /** @returns the order that an action is of, which is known to be in force now */
  learned(action: string, reason: string): Order | undefined {
    const order = this.all.find((each) => each.reason === reason);
    if (order === undefined) return undefined;
    order.action = action;
    order.since ??= Date.now();
    return order;
  }

  /** Whether an order certainly hits somebody, by the public id or by the address. */
  hits({ what }: Order, person: string | null, address: Place | undefined): boolean {
    if (what.kind === "remove" || this.moderators.has(person ?? "")) return false;
    const { target, known, reach } = what;
    if (known === "nothing") return false;
    if (target.person !== null && target.person === person) return true;
    if (known === "person" || reach === "person" || address === undefined) return false;
    return areNear(target.address, address, reach);
  }

  /** Whether an order may hit somebody: who is meant may have come from any address that the person had. */
  #mayHit({ what }: Order, stand: Stand): boolean {
    if (what.kind === "remove") return false;
    const { target, reach } = what;
    const isSame = (one: Stand) =>
      one === target ||
      (one.key !== null && one.key === target.key) ||
      (one.person !== null && one.person === target.person);
    if (isSame(stand)) return true;
    return (
      reach !== "person" &&
      this.stands.some((each) => isSame(each) && areNear(each.address, stand.address, reach))
    );
  }

  /** Why somebody at a connection can certainly not do something: what was in force from the request to now. */
  certain(stand: Stand, hindrances: readonly Hindrance[], askedAt: number): Order | undefined {
    return this.all.find(
      (order) =>
        order.what.kind !== "remove" &&
        hindrances.includes(HINDERS[order.what.kind]) &&
        isIn(order, stand.room) &&
        order.since !== null &&
        order.since < askedAt &&
        order.undoAskedAt === null &&
        Date.now() < order.until &&
        this.hits(order, stand.person, stand.address),
    );
  }

  /** Whether anything may explain a refusal of what was asked at a moment. */
  mayHinder(stand: Stand, hindrance: Hindrance, askedAt: number): boolean {
    if (hindrance === "SlowMode") return this.mayBeSlow(stand.room, askedAt);
    return this.all.some(
      (order) =>
        order.what.kind !== "remove" &&
        HINDERS[order.what.kind] === hindrance &&
        isIn(order, stand.room) &&
        !order.isRefused &&
        (order.undoneAt ?? askedAt) >= askedAt &&
        this.#mayHit(order, stand),
    );
  }

  /** Whether slow mode may have been on when something was asked, or later. @param to the last moment, in Unix ms */
  mayBeSlow(room: string | undefined, askedAt: number, to = Infinity): boolean {
    const here = this.slow.filter((each) => each.room === room && each.askedAt <= to);
    const isOver = ({ doneAt }: SlowMode) =>
      here.some(
        (each) => !each.isOn && each.askedAt >= (doneAt ?? Infinity) && (each.doneAt ?? Infinity) < askedAt,
      );
    return here.some((each) => each.isOn && !isOver(each));
  }
}

export function isIn(order: Order, room: string | undefined): boolean {
  return order.room === null || order.room === room;
}

function areNear(one: Place, other: Place, reach: Exclude<Reach, "person">): boolean {
  return networksOf(one)[LEVELS[reach]] === networksOf(other)[LEVELS[reach]];
}

/** An order in the words of a fault. */
export function tellOf({ what, reason, action, since, undoAskedAt, undoneAt }: Order): string {
  const whom =
    what.kind === "remove"
      ? what.of
      : `${what.target.person} at ${what.target.address} ${what.known} known, ${what.reach}`;
  return `${reason} (${what.kind} of ${whom}; ${action} since ${since}, undone from ${undoAskedAt} to ${undoneAt})`;
}
