import { ChatClient, type Frame } from "../../support/client.ts";
import type { Random } from "../../support/random.ts";
import { PLACES } from "./address.ts";
import { isOutage } from "./classic.ts";
import { Hearing } from "./hearing.ts";
import type { Sent } from "./person.ts";
import { hindranceOf, Stand } from "./stand.ts";
import type { Story } from "./story.ts";
import { firstText, textOf } from "./text.ts";

export type GuestDeed = (typeof GUEST_DEEDS)[number];
export const GUEST_DEEDS = ["edit", "delete", "react", "rename"] as const;

/** How many keys a guest has. */
const KEYS = 2;

/**
 * Somebody who may be muted and banned, and comes back as somebody else: with each connection from one of the addresses, with
 * one of the guest's keys or none, in one version or the other, and under another nickname.
 */
export class Guest {
  readonly label: string;
  /** The sends of each connection. */
  readonly stays: Sent[][] = [];
  /** The present connection, and those before. */
  readonly stands: Stand[] = [];
  isInside = false;
  readonly #room: string | undefined;
  readonly #url: () => string;
  readonly #hasOutages: boolean;
  readonly #random: Random;
  readonly #story: Story;
  readonly #hearing: Hearing;
  #client: ChatClient | null = null;
  #version = 3;
  /** What was sent on this connection and is not answered. */
  #unanswered: { readonly sent: Sent; readonly ref: number }[] = [];
  #count = 0;
  #refs = 0;
  /** What is to be done in the room. */
  #todo: (() => void)[] = [];
  #isOver = false;

  /** @param hasOutages whether the server can be without what it stores in */
  constructor(
    label: string,
    room: string | undefined,
    url: () => string,
    hasOutages: boolean,
    random: Random,
    story: Story,
  ) {
    this.label = label;
    this.#room = room;
    this.#url = url;
    this.#hasOutages = hasOutages;
    this.#random = random;
    this.#story = story;
    this.#hearing = new Hearing(label, room, story);
    void this.#live();
  }

  /** Whether the guest is in the room, and nothing is left to be answered. */
  get isSettled(): boolean {
    return this.isInside && this.stands.at(-1)?.isAsking === false;
  }

  /** Does something now, or once in the room. */
  whenInside(run: () => void): void {
    if (this.isInside) run();
    else this.#todo.push(run);
  }

  send(text: string): void {
    const stand = this.stands.at(-1);
    if (stand === undefined) return;
    const origin = `${this.label} #${this.#count++}`;
    const content = firstText(origin, text);
    const sent: Sent = { origin, content, delivered: null, failed: null, isWithdrawn: false };
    this.#story.made(content);
    this.#story.orders.sentFrom(this.#room, origin, stand.address);
    this.stays.at(-1)?.push(sent);
    const ref = this.#ask({ type: "send", content });
    this.#unanswered.push({ sent, ref });
  }

  /** Does something else than to send, if the version has it. */
  do(deed: GuestDeed, text: string): void {
    const of = this.stands.at(-1)?.lastId ?? null;
    const origin = this.stays.at(-1)?.findLast(({ delivered }) => delivered === of)?.origin;
    if (deed === "rename") {
      this.#ask({ type: "name", name: this.#nextName() });
      return;
    }
    if (of === null || origin === undefined) return;
    if (deed === "edit") {
      const content = textOf(origin, `${this.#count++}`, text);
      this.#story.made(content);
      this.#ask({ type: "edit", of, content });
    } else this.#ask({ type: deed, of, ...(deed === "react" ? { emoji: "👍", on: true } : {}) });
  }

  /** Goes away without a word, and comes back as somebody else. */
  goAway(): void {
    this.#client?.terminate();
  }

  end(): void {
    this.#isOver = true;
    this.goAway();
  }

  #ask(request: object): number {
    const ref = ++this.#refs;
    const asked = this.#version === 3 ? { ...request, ref } : request;
    this.stands.at(-1)?.said(asked);
    this.#client?.send(asked);
    return ref;
  }

  #nextName(): string {
    return `${this.label}.${this.#count++}`;
  }

  async #live(): Promise<void> {
    while (!this.#isOver) {
      try {
        await this.#connect();
      } catch {
        // The network or the server is away, or the guest is put out.
      }
      this.#client = null;
      this.isInside = false;
      this.#unanswered = [];
      this.#story.changed();
      await Bun.sleep(this.#random.integer(20, 150));
    }
  }

  async #connect(): Promise<void> {
    const random = this.#random;
    const address = random.pick(PLACES);
    const version = random.chance(0.25) ? 2 : 3;
    const key = version === 3 ? keyOf(this.label, random.integer(0, KEYS), this.#story) : null;
    const client = await ChatClient.connect(this.#url(), {
      headers: { "X-Forwarded-For": address },
      protocols: version === 3 ? ["classic-chatbox.v3"] : [],
    });
    if (this.#isOver) client.terminate();
    this.#client = client;
    this.#version = version;
    this.#hearing.opened();
    this.stays.push([]);
    this.stands.push(
      new Stand(`${this.label} on connection ${this.stands.length}`, this.#room, address, key, this.#story),
    );
    if (key !== null) this.#ask({ type: "identify", key });
    this.#ask({ type: "name", name: this.#nextName() });
    for (;;) {
      const text = await client.nextText();
      if (version === 3) {
        this.#story.heard(text);
        this.#hearing.heard(text);
      }
      const frame: unknown = JSON.parse(text);
      for (const each of Array.isArray(frame) ? frame : [frame]) this.#take(each);
      this.#story.changed();
    }
  }

  #take(frame: Frame): void {
    const isFirst = this.stands.at(-1)?.name === null;
    this.stands.at(-1)?.heard(frame);
    if (frame.type === "name" && isFirst) this.#entered(frame);
    else if (frame.type === "send") this.#answered(frame);
    else if (frame.status === false && frame.type !== "name" && !this.#isFair(frame))
      this.#story.fault(`${this.label} was answered ${JSON.stringify(frame).slice(0, 200)}`);
  }

  #entered(frame: Frame): void {
    this.isInside = frame.status === true;
    // Asked again at once, it would be refused again.
    if (!this.isInside) this.goAway();
    else for (const run of this.#todo.splice(0)) run();
  }

  #answered(frame: Frame): void {
    const at = this.#version === 3 ? this.#unanswered.findIndex(({ ref }) => ref === frame.ref) : 0;
    const [answered] = this.#unanswered.splice(at, 1);
    if (answered === undefined) this.#story.fault(`${this.label} was answered what was not asked`);
    else if (frame.status === true) answered.sent.delivered = Number(frame.id ?? 0);
    else if (this.#isFair(frame)) answered.sent.failed = String(frame.reason);
    else this.#story.fault(`${this.label} was answered ${JSON.stringify(frame).slice(0, 200)}`);
  }

  /** A message may be gone before it is changed. */
  #isFair(frame: Frame): boolean {
    if (hindranceOf(frame) !== undefined || frame.reason === "UnknownMessage") return true;
    return this.#hasOutages && isOutage(frame);
  }
}

/** @param number 0 for no key */
function keyOf(label: string, number: number, story: Story): string | null {
  if (number === 0) return null;
  const key = `${label.replaceAll(" ", "-")}-key-${number}-`.padEnd(43, "k");
  story.secrets.add(key);
  return key;
}
