import type { Frame } from "../../support/client.ts";
import type { Place } from "./address.ts";
import { type Hindrance, MARGIN_MS, tellOf } from "./orders.ts";
import type { Story } from "./story.ts";

interface Asked {
  readonly type: string;
  readonly ref: unknown;
  readonly at: number;
  /** Whether the connection had a nickname already. */
  readonly isInside: boolean;
}

/** A request, and what version 2 is told of why it was refused. */
const SENTENCES: readonly (readonly [start: string, hindrance: Hindrance])[] = [
  ["You may not be in this room", "Banned"],
  ["You may not write in this room", "Muted"],
];
const HINDRANCES: readonly unknown[] = ["Banned", "Muted", "SlowMode"] satisfies Hindrance[];
/** What a ban, and what a mute keeps somebody from. */
const DEEDS = ["name", "resume", "get", "send", "edit", "delete", "react"];
const WRITING = ["send", "edit", "react"];

/**
 * Somebody at one connection: the person, and the address. It hears what is asked and answered, and holds each success and each
 * refusal against the orders of moderators.
 */
export class Stand {
  readonly label: string;
  readonly room: string | undefined;
  readonly address: Place;
  /** Makes it the same person as at other connections, also where no reply has told the public id; null for none. */
  readonly key: string | null;
  /** The public id; null if it is not known. */
  person: string | null = null;
  /** The nickname that was taken last, and when the first one was asked for, in Unix ms. */
  name: string | null = null;
  enteredAt = 0;
  /** The message that was sent last. */
  lastId: number | null = null;
  readonly #story: Story;
  #asked: Asked[] = [];

  constructor(label: string, room: string | undefined, address: Place, key: string | null, story: Story) {
    this.label = label;
    this.room = room;
    this.address = address;
    this.key = key;
    this.#story = story;
    story.orders.stands.push(this);
  }

  get isAsking(): boolean {
    return this.#asked.length > 0;
  }

  said({ type, ref }: { readonly type?: unknown; readonly ref?: unknown }): void {
    // Who types is not answered.
    if (type === "typing") return;
    this.#asked.push({ type: String(type), ref, at: Date.now(), isInside: this.name !== null });
  }

  heard(frame: Frame): void {
    const { type, ref, status, by, name, id } = frame;
    const at = this.#asked.findIndex((each) => each.type === type && each.ref === ref);
    const [asked] = at < 0 ? [] : this.#asked.splice(at, 1);
    if (asked === undefined) return;
    if (status !== true) {
      this.#refused(asked, frame);
      return;
    }
    this.#allowed(asked, frame);
    if (typeof by === "string" && (type === "name" || type === "resume" || type === "identify"))
      this.person = by;
    if (type === "name" && !asked.isInside) this.enteredAt = asked.at;
    if (type === "name" || type === "resume") this.name = String(name ?? frame.newname);
    if (type === "send" && typeof id === "number") this.lastId = id;
  }

  #refused({ type, at }: Asked, frame: Frame): void {
    const hindrance = hindranceOf(frame);
    if (hindrance === undefined) return;
    const { orders } = this.#story;
    if (orders.mayHinder(this, hindrance, at)) orders.explained++;
    else
      this.#story.fault(
        `MOD-1 ${this.label}, ${this.person} at ${this.address}, was refused a ${type} as ${hindrance}, and nothing is in force: ${JSON.stringify(frame)}`,
      );
  }

  #allowed({ type, at, isInside }: Asked, { time }: Frame): void {
    if (!DEEDS.includes(type)) return;
    // What was stored before is answered again. When that was, the reply says.
    const doneAt = type === "send" && typeof time === "number" ? Math.min(at, time - MARGIN_MS) : at;
    if (type === "edit" && typeof time !== "number") return;
    const isWriting = WRITING.includes(type) || (type === "name" && isInside);
    const order = this.#story.orders.certain(this, isWriting ? ["Banned", "Muted"] : ["Banned"], doneAt);
    if (order !== undefined)
      this.#story.fault(
        `MOD-1 ${this.label} ${this.person} at ${this.address}, was allowed a ${type}, asked at ${at}, in spite of ${tellOf(order)}`,
      );
  }
}

export function hindranceOf({ reason, error }: Frame): Hindrance | undefined {
  if (HINDRANCES.includes(reason)) return reason as Hindrance;
  // Version 2 knows a limit of the rate. In these conversations there is no other one.
  if (reason === "TooManyRequests") return "SlowMode";
  return SENTENCES.find(([start]) => String(error).startsWith(start))?.[1];
}
