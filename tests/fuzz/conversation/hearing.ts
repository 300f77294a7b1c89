import { seenOf, type Told } from "./history.ts";
import { isIn, MARGIN_MS, type Order, tellOf } from "./orders.ts";
import type { Story } from "./story.ts";
import { originOf } from "./text.ts";

/** An object of the protocol. */
type Frame = Told & {
  readonly type?: unknown;
  readonly datatype?: unknown;
  readonly status?: unknown;
  readonly of?: unknown;
  readonly data?: unknown;
  readonly kind?: unknown;
  readonly action?: unknown;
  readonly undoes?: unknown;
  readonly person?: unknown;
  readonly reason?: unknown;
  readonly restored?: unknown;
};

interface PageData {
  readonly message: readonly Told[];
  readonly changed?: readonly Told[];
  readonly cursor?: { readonly id: number };
}

const CHANGES: readonly unknown[] = ["edit", "delete", "react"];

/**
 * Hears all that a server says to one client of version 3, as it says it, and takes down what is shown: that is looked at
 * whether the client makes use of it or not.
 */
export class Hearing {
  readonly #who: string;
  readonly #room: string | undefined;
  readonly #story: Story;
  /** The newest event that the client was told of; of the history that it was a part of. */
  #seen = 0;
  #epoch = 0;
  /** The newest event on this connection. */
  #newest = 0;
  #isOpened = false;
  /** The actions that it was told of, on any connection, and on this one those that no event came after yet. */
  #actions = new Set<string>();
  #actionsHere: string[] = [];
  #unbounded: string[] = [];
  /** What it was told on this connection that keeps people from writing, and whom. */
  readonly #inForce = new Map<string, { readonly order: Order; readonly person: unknown }>();

  constructor(who: string, room: string | undefined, story: Story) {
    this.#who = who;
    this.#room = room;
    this.#story = story;
  }

  /** A connection is made. */
  opened(): void {
    const { length } = this.#story.pasts;
    if (length !== this.#epoch) {
      this.#seen = 0;
      this.#actions.clear();
    }
    this.#epoch = length;
    this.#newest = 0;
    this.#actionsHere = [];
    this.#unbounded = [];
    this.#inForce.clear();
    this.#isOpened = true;
  }

  heard(text: string): void {
    // What is slow to arrive may be of the history before.
    if (!this.#isOpened || this.#story.isRestoring || this.#story.pasts.length !== this.#epoch) return;
    const frame: unknown = JSON.parse(text);
    for (const each of Array.isArray(frame) ? frame : [frame]) this.#take(each);
  }

  #take(frame: Frame): void {
    const { type, datatype, status, id, data } = frame;
    if (type === "receive" && (datatype === "message" || CHANGES.includes(datatype))) this.#event(frame);
    else if (type === "receive" && datatype === "moderate") this.#moderated(frame);
    else if (status !== true) return;
    else if (type === "get" || type === "resume") this.#page(type, data as PageData);
    else if (type === "send" || (CHANGES.includes(type) && typeof id === "number")) this.#reply(frame);
  }

  #event(frame: Frame): void {
    const id = Number(frame.id);
    if (id <= this.#newest)
      this.#story.fault(`ORD-1 ${this.#who} was told of ${id} after ${this.#newest} on one connection`);
    this.#newest = id;
    this.#seen = Math.max(this.#seen, id);
    this.#checkWriter(frame);
    for (const action of this.#unbounded.splice(0))
      this.#story.actionOrder.bounded(this.#who, this.#history, action, id, (sentence) =>
        this.#story.fault(sentence),
      );
    if (frame.datatype === "message") this.#shown(frame, "an event");
    else if (frame.datatype === "edit") this.#edited(frame);
  }

  get #history(): string {
    return `${this.#room} ${this.#epoch}`;
  }

  /** An action has its place in the order. */
  #moderated({ kind, action: told, undoes, person, reason }: Frame): void {
    const action = String(told);
    if (this.#actions.has(action)) this.#story.fault(`MOD-12 ${this.#who} was told of ${action} twice`);
    this.#actions.add(action);
    this.#story.actionOrder.heard(
      this.#who,
      this.#history,
      action,
      this.#newest,
      this.#actionsHere,
      (sentence) => this.#story.fault(sentence),
    );
    this.#actionsHere.push(action);
    this.#unbounded.push(action);
    if (kind === "undo") this.#inForce.delete(String(undoes));
    const order = this.#story.orders.learned(action, String(reason));
    if (order === undefined || (kind !== "mute" && kind !== "ban" && kind !== "kick")) return;
    if (!isIn(order, this.#room))
      this.#story.fault(`MOD-5 ${this.#who} was told of ${order.reason}, of another room`);
    this.#inForce.set(action, { order, person });
  }

  /** Nobody writes after the action that keeps the person from it, while nobody has asked for its end. */
  #checkWriter({ datatype, by, content, id, restored }: Frame): void {
    if (datatype === "delete" || restored === true) return;
    const { orders } = this.#story;
    const writer = typeof by === "string" ? by : null;
    const address =
      datatype === "message" ? orders.addressOf(this.#room, originOf(String(content))) : undefined;
    for (const { order, person } of this.#inForce.values()) {
      // An undo is in force once it is stored; what that allows may have its place before the event.
      if (order.undoAskedAt !== null || Date.now() > order.until - MARGIN_MS) continue;
      if (person === writer || orders.hits(order, writer, address))
        this.#story.fault(
          `MOD-2 ${this.#who} was told of ${datatype} ${id} by ${writer} after ${tellOf(order)}, at ${Date.now()}`,
        );
    }
  }

  /** Repeats of what was stored before have older ids. */
  #reply(frame: Frame): void {
    const id = Number(frame.id);
    this.#newest = Math.max(this.#newest, id);
    this.#seen = Math.max(this.#seen, id);
    if (frame.type === "send") this.#shown(frame, "a reply");
    // A repeat carries back what was asked, and no time.
    else if (frame.type === "edit" && typeof frame.time === "number") this.#edited(frame);
  }

  #page(type: string, { message, changed = [], cursor }: PageData): void {
    for (const { id } of message) this.#seen = Math.max(this.#seen, Number(id));
    this.#seen = Math.max(this.#seen, cursor?.id ?? 0);
    const how = `a ${type} of ${message.length} and ${changed.length} messages to ${cursor?.id}, ${Date.now()}`;
    for (const each of [...message, ...changed]) this.#shown(each, how);
  }

  #shown(told: Told, how: string): void {
    const { id, content, further } = seenOf(told);
    if (further.isDeleted !== (content === ""))
      this.#story.fault(`PAGE-9 ${this.#who} was told ${JSON.stringify(told).slice(0, 200)}`);
    this.#story
      .ledger(this.#room)
      .shown(
        this.#who,
        this.#epoch,
        { id: id ?? 0, time: further.time, content, edited: further.edited },
        this.#seen,
        how,
      );
  }

  #edited({ of, content, time }: Frame): void {
    this.#story
      .ledger(this.#room)
      .shown(
        this.#who,
        this.#epoch,
        { id: Number(of), time: null, content: String(content), edited: Number(time) },
        this.#seen,
        "an edit",
      );
  }
}
