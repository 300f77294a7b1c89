/** What moderators order: see `moderate` in the protocol. */
import type { Engine } from "../../engine/engine.ts";
import type { HeldMessage, NewAction } from "../../engine/moderation.ts";
import type { ModeratedReply, ModerateKind, Order, Reach } from "../../protocol/kinds/moderate.ts";
import { type Action, isOver, KICK_MS } from "../../room/action.ts";
import type { Arrival } from "../../room/past-members.ts";
import { isOfRaid } from "../../room/permission.ts";
import { type Action as Deed, isAtLeast, may } from "../../room/roles.ts";
import { Refusal } from "./refusal.ts";
import { remove, unfinished } from "./removal.ts";
import { roleOf, type Visitor } from "./visitor.ts";

/** How many of those who are hit are named. */
const NAMED = 20;
/** The most messages that one order removes. */
const REMOVED_MOST = 10_000;
const MINUTE_MS = 60_000;
/** How long raid mode lasts that a moderator has armed without saying how long. */
const RAID_MINUTES = 30;
/** How long those are banned who came with a raid. */
const SWEPT_MS = 24 * 60 * MINUTE_MS;
/** The author of what the chat itself says. It has the form of a person's id, and is nobody's: those are digests. */
const CHAT_AUTHOR = "classic-chatbox_";

const JUDGED = "This message does not wait any more.";

const REACHES: { readonly [R in Reach]: number | null } = { person: null, address: 0, network: 1, wide: 2 };

/** What can be previewed, and what can be done in all rooms. */
const PREVIEWED: readonly ModerateKind[] = ["mute", "kick", "ban", "remove", "sweep"];
const EVERYWHERE: readonly ModerateKind[] = ["mute", "kick", "ban", "undo", "announce"];

type Done = Omit<ModeratedReply, "type" | "kind" | "status">;

/** Somebody whom an order concerns. */
interface Target {
  readonly person: string | null;
  readonly name: string;
  readonly networks: readonly string[];
}

export interface OrdersContext {
  readonly engine: Engine;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** The name under which the chat itself says something. */
  readonly chatName: string;
  /** The public ids of the moderators who are connected to a room here: the login of the host may make them that. */
  readonly keepersOf: (room: string) => ReadonlySet<string>;
}

/** Carries out the orders of moderators. */
export class Orders {
  readonly #context: OrdersContext;
  /** The held messages that are being approved or rejected. */
  readonly #judged = new Set<string>();

  constructor(context: OrdersContext) {
    this.#context = context;
  }

  /** @throws Refusal or ModerationError */
  async carryOut(order: Order, by: Visitor): Promise<Done> {
    this.#checkRole(order, by);
    if (order.isPreview && !PREVIEWED.includes(order.kind))
      throw new Refusal("WrongFormatModerate", "There is nothing to preview in that.");
    if (order.isEverywhere && !EVERYWHERE.includes(order.kind))
      throw new Refusal("WrongFormatModerate", "That is done in one room.");
    switch (order.kind) {
      case "mute":
      case "kick":
      case "ban":
        return await this.#sanction(order.kind, order, by);
      case "remove":
        return await this.#remove(order, by);
      case "undo":
        return await this.#undo(order, by);
      case "reject":
        if (order.isAll) return await this.#rejectAll(order, by);
        return await this.#judge(order.kind, order, by);
      case "approve":
        return await this.#judge(order.kind, order, by);
      case "dismiss":
        return await this.#dismiss(order, by);
      case "raid":
      case "calm":
        return await this.#switchRaid(order.kind, order, by);
      case "sweep":
        return await this.#sweep(order, by);
      case "announce":
        return await this.#announce(order, by);
    }
  }

  #checkRole({ kind, isEverywhere }: Order, by: Visitor): void {
    const isAnnouncement = kind === "announce";
    const here: Deed = isAnnouncement ? "announce" : "moderate";
    const everywhere: Deed = isAnnouncement ? "announce-everywhere" : "moderate-everywhere";
    const mayDo = isEverywhere ? may(by.roleEverywhere, everywhere) : may(roleOf(by), here);
    if (!mayDo) throw new Refusal("NotAllowed", "You may not do that here.");
  }

  async #sanction(kind: "mute" | "kick" | "ban", order: Order, by: Visitor): Promise<Done> {
    const target = await this.#target(order, by);
    const at = REACHES[order.reach];
    const network = at === null ? undefined : target.networks[at];
    const networks = network === undefined ? [] : [network];
    const hits = this.#hits(by.room, { ...target, networks });
    const told = { hits: hits.slice(0, NAMED), hitCount: hits.length };
    if (order.isPreview) return told;
    const now = this.#context.now();
    const until =
      kind === "kick" ? now + KICK_MS : order.minutes === null ? null : now + order.minutes * MINUTE_MS;
    const { person, name } = target;
    const action = await this.#act(order, by, { kind, person, name, networks, until, count: hits.length });
    return { action: action.id, ...told };
  }

  /** @throws Refusal if there is nobody, or if nobody may act on whoever it is */
  async #target({ target }: Order, { room }: Visitor): Promise<Target> {
    const found = target === null ? null : await this.#context.engine.find(room, target);
    if (found === null) throw new Refusal("UnknownTarget", "There is nobody like that here.");
    if (found.person === CHAT_AUTHOR || (found.person === null && found.networks.length === 0))
      throw new Refusal("UnknownTarget", "It is not known who wrote that.");
    if (this.#isKeeper(room)(found.person))
      throw new Refusal("NotAllowed", "This person keeps order here, too.");
    return found;
  }

  /** A function that says whether a person keeps order in a room. */
  #isKeeper(room: string): (person: string | null) => boolean {
    const { engine, keepersOf } = this.#context;
    const here = keepersOf(room);
    return (person) =>
      person !== null && (here.has(person) || isAtLeast(engine.people.roleOf(person, room), "moderator"));
  }

  /** The nicknames of those who are here and whom an action on somebody hits. */
  #hits(room: string, { person, networks }: Pick<Target, "person" | "networks">): string[] {
    const isKeeper = this.#isKeeper(room);
    const reached = new Set(networks);
    const hit = this.#context.engine.present(room).filter((each) => {
      const isMeant = each.by === person || each.networks.some((network) => reached.has(network));
      return isMeant && !isKeeper(each.by);
    });
    return hit.map(({ name }) => name);
  }

  async #remove(order: Order, by: Visitor): Promise<Done> {
    const { target, isAll, minutes } = order;
    if (target !== null && "of" in target && !isAll) return await this.#removeOne(target.of, order, by);
    const found = await this.#target(order, by);
    const since = minutes === null ? 0 : this.#context.now() - minutes * MINUTE_MS;
    // Without a key somebody is another person after each new start; the address is the same.
    const persons = new Set(this.#samePeople(by.room, found));
    const ids = await this.#context.engine.messagesBy(by.room, persons, since, REMOVED_MOST);
    if (order.isPreview) return { count: ids.length };
    const { person, name } = found;
    const action = await this.#act(order, by, { kind: "remove", person, name });
    return { action: action.id, count: await this.#removeAll(by.room, ids, action) };
  }

  async #removeOne(of: number, order: Order, by: Visitor): Promise<Done> {
    const { engine } = this.#context;
    const found = await engine.find(by.room, { of });
    if (found === null) throw new Refusal("UnknownTarget", "There is no such message.");
    if (order.isPreview) return { count: 1 };
    const { person, name } = found;
    const action = await this.#act(order, by, { kind: "remove", person, name });
    return { action: action.id, count: await this.#removeAll(by.room, [of], action) };
  }

  /** The public ids of somebody who may have been several people, from one address. */
  #samePeople(room: string, { person, networks: [address] }: Target): string[] {
    const arrivals = address === undefined ? [] : this.#context.engine.arrivals(room);
    const isKeeper = this.#isKeeper(room);
    const same = arrivals.filter(({ networks, by }) => networks[0] === address && !isKeeper(by));
    return [...(person === null ? [] : [person]), ...same.map(({ by }) => by)];
  }

  /** @returns how many were there to be removed @throws Refusal if that could not be finished */
  async #removeAll(room: string, ids: readonly number[], { id: action, by }: Action): Promise<number> {
    const { engine } = this.#context;
    const removal = { connection: `action:${action}`, by: by ?? CHAT_AUTHOR, action };
    const { count, isComplete } = await remove(engine, room, ids, removal);
    if (!isComplete) throw new Refusal("ErrorWhenModerate", unfinished(count, ids.length));
    await engine.moderation.finish(action, count);
    return count;
  }

  async #undo(order: Order, by: Visitor): Promise<Done> {
    const { moderation } = this.#context.engine;
    const undone = order.id === null ? null : await moderation.action(order.id);
    if (undone === null || isOver(undone, this.#context.now()) || !isIn(undone, by))
      throw new Refusal("UnknownAction", "There is no such action, or it is over.");
    if (undone.room === null && !may(by.roleEverywhere, "moderate-everywhere"))
      throw new Refusal("NotAllowed", "You may not do that in all rooms.");
    const { id: of, person, name, room } = undone;
    const told = undone.kind === "remove" ? { count: await this.#restore(of, by) } : {};
    const action = await this.#act(order, by, { kind: "undo", of, person, name, room });
    // A sweep has banned as well.
    const ban = undone.of === null ? null : await moderation.action(undone.of);
    if (undone.kind === "remove" && ban !== null && !isOver(ban, this.#context.now()))
      await this.#act(order, by, { kind: "undo", of: ban.id, room: ban.room });
    return { action: action.id, ...told };
  }

  /** Before the removal counts as undone, so that what fails can be tried again. @throws Refusal */
  async #restore(removal: string, { room, person }: Visitor): Promise<number> {
    const by = person?.id ?? CHAT_AUTHOR;
    const { count, isComplete } = await this.#context.engine.restore(room, removal, by);
    if (!isComplete) throw new Refusal("ErrorWhenModerate", "Not all of the messages could be brought back.");
    return count;
  }

  async #judge(kind: "approve" | "reject", order: Order, by: Visitor): Promise<Done> {
    const { moderation } = this.#context.engine;
    const of = order.id ?? "";
    const held = (await moderation.held(by.room)).find(({ id }) => id === of);
    if (held === undefined || this.#judged.has(of)) throw new Refusal("UnknownAction", JUDGED);
    this.#judged.add(of);
    try {
      // First, so that it is not lost if the server is killed in between: then it still waits.
      if (kind === "approve") await this.#post(held);
      const { by: person, name } = held;
      const taken = await moderation.take(of, this.#actionOf(order, by, { kind, of, person, name }));
      if (taken === null) throw new Refusal("UnknownAction", JUDGED);
    } finally {
      this.#judged.delete(of);
    }
    return {};
  }

  async #rejectAll(order: Order, by: Visitor): Promise<Done> {
    const of = order.id ?? "";
    const action = this.#actionOf(order, by, { kind: "reject", of });
    const count = await this.#context.engine.moderation.rejectAll(by.room, of, action);
    if (count === null) throw new Refusal("UnknownAction", "This message does not wait any more.");
    return { count };
  }

  /** Posts a message that was held back, once, however often it is approved. @throws Refusal */
  async #post({ id, room, name, by, content, reply }: HeldMessage): Promise<void> {
    const message = { name, content, by, reply: reply ?? undefined };
    const post = { kind: "post", connection: `held:${id}`, message, key: `held:${id}` } as const;
    const { isComplete } = await this.#context.engine.perform(room, [post]);
    if (!isComplete)
      throw new Refusal("ErrorWhenModerate", "The message could not be stored. It still waits.");
  }

  async #dismiss(order: Order, by: Visitor): Promise<Done> {
    const of = order.id ?? "";
    const { moderation } = this.#context.engine;
    const report = (await moderation.reports(by.room)).find(({ id }) => id === of);
    const about = { person: report?.person ?? null, name: report?.name ?? null };
    if (
      report === undefined ||
      !(await moderation.dismiss(of, this.#actionOf(order, by, { kind: "dismiss", of, ...about })))
    )
      throw new Refusal("UnknownAction", "There is no such report any more.");
    return {};
  }

  async #switchRaid(kind: "raid" | "calm", order: Order, by: Visitor): Promise<Done> {
    const now = this.#context.now();
    const until = kind === "calm" ? null : now + (order.minutes ?? RAID_MINUTES) * MINUTE_MS;
    return { action: (await this.#act(order, by, { kind, until })).id };
  }

  /**
   * Bans all who came with the raid, and removes what they wrote. Those who have given a proof of work since are spared. The removal
   * names the ban, so that undoing it undoes both.
   */
  async #sweep(order: Order, by: Visitor): Promise<Done> {
    const { engine, now } = this.#context;
    const { room } = by;
    const raid = engine.moderation.raidOf(room, now());
    if (raid === undefined) throw new Refusal("UnknownAction", "There is no raid.");
    const isKeeper = this.#isKeeper(room);
    const came = engine.arrivals(room).filter((each) => isSwept(each, raid.at) && !isKeeper(each.by));
    const persons = new Set(came.map((each) => each.by));
    const networks = [...new Set(came.flatMap((each) => each.networks.slice(0, 1)))];
    const since = Math.min(raid.at, ...came.map(({ joinedAt }) => joinedAt ?? raid.at));
    // Whoever is at one of these addresses is put out as well, and the moderator is told so.
    const hits = this.#hits(room, { person: null, networks });
    const ids = await engine.messagesBy(room, persons, since, REMOVED_MOST);
    const told = { hits: hits.slice(0, NAMED), hitCount: hits.length, count: ids.length };
    if (order.isPreview) return told;
    const until = now() + SWEPT_MS;
    const ban =
      networks.length === 0
        ? null
        : await this.#act(order, by, { kind: "ban", networks, until, count: hits.length });
    const removal = await this.#act(order, by, { kind: "remove", of: ban?.id ?? null, count: ids.length });
    const count = await this.#removeAll(room, ids, removal);
    return { action: removal.id, ...told, count };
  }

  async #announce(order: Order, by: Visitor): Promise<Done> {
    const { engine, chatName, now } = this.#context;
    const until = order.minutes === null ? null : now() + order.minutes * MINUTE_MS;
    if (!order.isPost) return { action: (await this.#act(order, by, { kind: "announce", until })).id };
    const rooms = order.isEverywhere ? engine.inhabited() : [by.room];
    const message = { name: chatName, content: order.reason, by: CHAT_AUTHOR };
    const post = { kind: "post", connection: "chat", message } as const;
    const posted = await Promise.all(rooms.map((room) => engine.perform(room, [post])));
    const count = posted.filter(({ isComplete }) => isComplete).length;
    if (count < rooms.length)
      throw new Refusal("ErrorWhenModerate", `It stands in ${count} of ${rooms.length} rooms.`);
    return { count };
  }

  async #act(
    order: Order,
    by: Visitor,
    action: Partial<NewAction> & Pick<NewAction, "kind">,
  ): Promise<Action> {
    return await this.#context.engine.moderation.act(this.#actionOf(order, by, action));
  }

  #actionOf(
    { reason, isEverywhere }: Order,
    by: Visitor,
    action: Partial<NewAction> & Pick<NewAction, "kind">,
  ): NewAction {
    return {
      room: isEverywhere ? null : by.room,
      person: null,
      name: null,
      networks: [],
      reason,
      by: by.person?.id ?? null,
      byName: by.name ?? "",
      at: this.#context.now(),
      until: null,
      of: null,
      count: null,
      settings: null,
      ...action,
    };
  }
}

function isSwept(arrival: Arrival, raidAt: number): boolean {
  return isOfRaid(arrival, raidAt) && !arrival.isProven;
}

function isIn({ room }: Pick<Action, "room">, by: Visitor): boolean {
  return room === null || room === by.room;
}
