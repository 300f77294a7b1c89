import { ChatClient, type Frame } from "../../support/client.ts";
import { signedWithSecret } from "../../support/login.ts";
import type { Random } from "../../support/random.ts";
import type { Place } from "./address.ts";
import { Hearing } from "./hearing.ts";
import type { Naming, Order, Orders, Reach, SanctionKind, SlowMode } from "./orders.ts";
import { hindranceOf, Stand } from "./stand.ts";
import type { Story } from "./story.ts";

/** A moderator's request that waits for its reply. */
type Waiting =
  | { readonly kind: "order"; readonly order: Order }
  | { readonly kind: "undo"; readonly order: Order }
  | { readonly kind: "slow"; readonly slow: SlowMode }
  | { readonly kind: "review"; readonly askedAt: number };

/** Where the moderators come from: guests come from there, too. */
const OFFICE: Place = "10.1.1.1";
const MINUTE_MS = 60_000;
/** Within this time each of several servers has learned what was done at another one, also after an outage. */
const LEARNED_MS = 20_000;
/** A kick is over after this time. */
const KICK_MS = 60_000;

export interface SanctionAct {
  readonly how: SanctionKind;
  readonly by: Naming;
  readonly reach: Reach;
  readonly minutes: number | null;
  readonly isEverywhere: boolean;
}

/** Somebody who keeps order in a room, whom nobody can keep from anything. */
export class Moderator {
  readonly label: string;
  isInside = false;
  readonly #room: string | undefined;
  readonly #url: () => string;
  readonly #hasOutages: boolean;
  readonly #random: Random;
  readonly #story: Story;
  readonly #hearing: Hearing;
  readonly #onDone: () => void;
  #client: ChatClient | null = null;
  #stand: Stand | null = null;
  #waiting = new Map<number, Waiting>();
  #refs = 0;
  #names = 0;
  #count = 0;
  /** Whether all is to be undone; whether nothing is left of it; and whether that is to be asked again. */
  #isForgiving = false;
  #isForgiven = false;
  /** The end of slow mode that belongs to that. */
  #slowEnd: SlowMode | null = null;
  /** What is to be done in the room. */
  #todo: (() => void)[] = [];
  #isOver = false;

  /**
   * @param hasOutages whether the server can be without what it stores in
   * @param onDone is called when an order is known to be carried out
   */
  constructor(
    label: string,
    room: string | undefined,
    url: () => string,
    hasOutages: boolean,
    random: Random,
    story: Story,
    onDone: () => void,
  ) {
    this.label = label;
    this.#room = room;
    this.#url = url;
    this.#hasOutages = hasOutages;
    this.#random = random;
    this.#story = story;
    this.#onDone = onDone;
    this.#hearing = new Hearing(label, room, story);
    void this.#live();
  }

  /** Whether all orders are answered, and, once {@link forgive} was called, all is undone. */
  get isSettled(): boolean {
    return this.isInside && this.#waiting.size === 0 && (!this.#isForgiving || this.#isForgiven);
  }

  /** Does something now, or once in the room. */
  whenInside(run: () => void): void {
    if (this.isInside) run();
    else this.#todo.push(run);
  }

  sanction(target: Stand, { how, by, reach, minutes, isEverywhere }: SanctionAct): void {
    const named =
      by === "of" && target.lastId !== null
        ? { of: target.lastId }
        : by !== "name" && target.person !== null
          ? { person: target.person }
          : { name: target.name };
    if (named.name === null) return;
    // A person may come from several addresses.
    const isKnown = target.enteredAt > this.#orders.nicknamesSince;
    const known = !("name" in named) ? "person" : isKnown ? "person and address" : "nothing";
    const forMs =
      how === "kick" ? KICK_MS : minutes === null ? Number.POSITIVE_INFINITY : minutes * MINUTE_MS;
    const what = { kind: how, target, reach, known } as const;
    const order = this.#order(what, isEverywhere ? null : this.#room, Date.now() + forMs);
    this.#ask(
      { kind: "order", order },
      {
        kind: how,
        ...named,
        reach,
        reason: order.reason,
        ...(minutes === null ? {} : { minutes }),
        everywhere: isEverywhere,
      },
    );
  }

  /** Removes a message, or all of somebody's. */
  remove(of: number, isAll: boolean): void {
    const order = this.#order(
      { kind: "remove", of: isAll ? null : of },
      this.#room,
      Number.POSITIVE_INFINITY,
    );
    this.#ask(
      { kind: "order", order },
      { kind: "remove", of, reason: order.reason, ...(isAll ? { all: true } : {}) },
    );
  }

  undo(order: Order): void {
    if (order.action === null) return;
    order.undoAskedAt ??= Date.now();
    this.#ask({ kind: "undo", order }, { kind: "undo", id: order.action });
  }

  setSlow(isOn: boolean): SlowMode {
    const slow: SlowMode = { room: this.#room, isOn, askedAt: Date.now(), doneAt: null };
    this.#story.orders.slow.push(slow);
    this.#ask({ kind: "slow", slow }, { type: "room", set: { slowSeconds: isOn ? 1 : 0 } });
    return slow;
  }

  /** From now on all is undone that is still in force, until there is nothing more. */
  forgive(): void {
    this.#isForgiving = true;
    if (this.isInside) this.#forgive();
  }

  end(): void {
    this.#isOver = true;
    this.#client?.terminate();
  }

  get #orders(): Orders {
    return this.#story.orders;
  }

  #order(what: Order["what"], room: Order["room"], until: number): Order {
    const order: Order = {
      reason: `${this.label} in ${this.#room ?? "the main room"} §${this.#count++}`,
      what,
      room,
      askedAt: Date.now(),
      epoch: this.#story.pasts.length,
      action: null,
      since: null,
      isAcknowledged: false,
      isRefused: false,
      until,
      undoAskedAt: null,
      undoneAt: null,
      restored: 0,
    };
    this.#orders.all.push(order);
    return order;
  }

  #ask(waiting: Waiting, request: object): void {
    this.#waiting.set(this.#send({ type: "moderate", ...request }), waiting);
  }

  /** @returns by what its reply is known */
  #send(request: object): number {
    const asked = { ...request, ref: ++this.#refs };
    this.#stand?.said(asked);
    this.#client?.send(asked);
    return asked.ref;
  }

  async #live(): Promise<void> {
    while (!this.#isOver) {
      try {
        await this.#connect();
      } catch {
        // The network or the server is away.
      }
      this.#client = null;
      this.isInside = false;
      this.#waiting.clear();
      this.#story.changed();
      await Bun.sleep(this.#random.integer(5, 40));
    }
  }

  async #connect(): Promise<void> {
    const client = await ChatClient.connect(this.#url(), {
      headers: { "X-Forwarded-For": OFFICE },
      protocols: ["classic-chatbox.v3"],
    });
    if (this.#isOver) client.terminate();
    this.#client = client;
    this.#stand = new Stand(this.label, this.#room, OFFICE, null, this.#story);
    this.#hearing.opened();
    this.#send({ type: "identify", token: tokenOf(this.label) });
    this.#send({ type: "name", name: `${this.label}.${this.#names++}` });
    for (;;) {
      const text = await client.nextText();
      this.#story.heard(text);
      this.#hearing.heard(text);
      const frame: unknown = JSON.parse(text);
      for (const each of Array.isArray(frame) ? frame : [frame]) this.#take(each);
      this.#story.changed();
    }
  }

  #take(frame: Frame): void {
    this.#stand?.heard(frame);
    if (hindranceOf(frame) !== undefined)
      this.#story.fault(`PERM-3 ${this.label}, a moderator, was answered ${JSON.stringify(frame)}`);
    const waiting = this.#waiting.get(Number(frame.ref));
    // What was asked for on a connection that is gone may be done later.
    if (frame.datatype === "moderate" && this.#isForgiving) this.#late(frame);
    if (frame.type === "identify" && frame.status === true) this.#orders.moderators.add(String(frame.by));
    else if (frame.type === "name") this.#entered(frame);
    if (waiting === undefined) return;
    this.#waiting.delete(Number(frame.ref));
    this.#answered(waiting, frame);
  }

  #late({ settings, kind }: Frame & { readonly kind?: unknown }): void {
    if ((settings as { slowSeconds: number } | undefined)?.slowSeconds) this.setSlow(false);
    if (kind === "mute" || kind === "kick" || kind === "ban") this.#forgive();
  }

  #entered(frame: Frame): void {
    this.isInside = frame.status === true;
    if (!this.isInside) this.#client?.terminate();
    else {
      for (const run of this.#todo.splice(0)) run();
      if (this.#isForgiving) this.#forgive();
    }
  }

  #answered(waiting: Waiting, frame: Frame): void {
    if (frame.status === true && waiting.kind !== "review") this.#onDone();
    if (frame.status !== true) this.#refused(waiting, frame);
    else if (waiting.kind === "order") {
      const { order } = waiting;
      if (order.isRefused) return;
      order.isAcknowledged = true;
      this.#orders.learned(String(frame.action), order.reason);
    } else if (waiting.kind === "undo") {
      waiting.order.undoneAt ??= Date.now();
      waiting.order.restored += Number(frame.count ?? 0);
    } else if (waiting.kind === "slow") waiting.slow.doneAt = Date.now();
    else this.#reviewed(frame.list as readonly Listed[], waiting.askedAt);
  }

  /** Whether something without a place to store it in was done, is not known. */
  #refused(waiting: Waiting, frame: Frame): void {
    const reason = String(frame.reason);
    if (reason.startsWith("ErrorWhen") && this.#hasOutages) {
      if (this.#isForgiving) this.#client?.terminate();
      return;
    }
    if (waiting.kind === "order" && (reason === "UnknownTarget" || reason === "NotAllowed"))
      waiting.order.isRefused = true;
    // Somebody else was quicker.
    else if (waiting.kind === "undo" && reason === "UnknownAction") waiting.order.undoneAt ??= Date.now();
    else
      this.#story.fault(`${this.label} was answered ${JSON.stringify(frame)} to ${JSON.stringify(waiting)}`);
  }

  #forgive(): void {
    this.#isForgiven = false;
    const isEnding = [...this.#waiting.values()].some((each) => each.kind === "slow" && !each.slow.isOn);
    if (!isEnding && this.#slowEnd?.doneAt == null) this.#slowEnd = this.setSlow(false);
    this.#ask({ kind: "review", askedAt: Date.now() }, { type: "review", what: "force" });
  }

  /** All that is in force is told to a moderator: what was acknowledged is among it, and what is undone is not. */
  #reviewed(listed: readonly Listed[], askedAt: number): void {
    const inForce = new Set(listed.map(({ reason }) => reason));
    // Servers of a database show what is in force as they know it. What is not so in the end is waited for in vain.
    const knownAt = askedAt - (this.#hasOutages ? LEARNED_MS : 0);
    const here = this.#orders.all.filter(
      ({ what, room }) => what.kind !== "remove" && (room === null || room === this.#room),
    );
    const unlisted = here.filter(
      ({ since, until, undoAskedAt, reason }) =>
        (since ?? askedAt) < askedAt && Date.now() < until && undoAskedAt === null && !inForce.has(reason),
    );
    for (const { reason, since } of unlisted)
      if ((since ?? askedAt) < knownAt)
        this.#story.fault(`MOD-1 ${reason} is not in force any more, and was not undone`);
    for (const { reason, undoneAt } of here)
      if ((undoneAt ?? askedAt) < knownAt && inForce.has(reason))
        this.#story.fault(`MOD-1 ${reason} is in force, and was undone`);
    const known = listed.flatMap(({ action, reason }) => this.#orders.learned(action, reason) ?? []);
    for (const order of [...known, ...unlisted]) this.undo(order);
    this.#isForgiven = listed.length === 0 && unlisted.length === 0;
    if (!this.#isForgiven) this.#forgive();
  }
}

/** An action in force, as a moderator sees it. */
interface Listed {
  readonly action: string;
  readonly reason: string;
}

const DAY_S = 86_400;

/** The login of the host's site says who keeps order: no command has to run for it. */
function tokenOf(label: string): string {
  const exp = Math.floor(Date.now() / 1000) + DAY_S;
  return signedWithSecret({ sub: label, exp, role: "moderator" });
}
