import { Listening, NotListening, type StreamEvent } from "../../support/program.ts";
import type { Random } from "../../support/random.ts";
import { Hearing } from "./hearing.ts";
import type { Current } from "./history.ts";
import type { Sent } from "./person.ts";
import type { Story } from "./story.ts";
import { firstText } from "./text.ts";
import { type Told, View } from "./view.ts";

/** A server that does not know the token yet, is away, or has too much to do. */
const COME_BACK = [401, 429, 503];
const EVENT_ID = /^(\d+)(?:-(\d+))?$/;
const CHANGES = ["edit", "delete", "react"];

/**
 * What programs are told of a room, wherever that comes from: events as the protocol has them, each with the id of its place, and
 * pages of what was missed. Nothing must be missing, come twice or out of order, over all connections.
 */
export class EventLog {
  readonly #who: string;
  readonly #story: Story;
  readonly #hearing: Hearing;
  readonly #view: View;
  /** By which the program goes on: that of the newest event. */
  lastId = "0";

  constructor(who: string, room: string | undefined, story: Story) {
    this.#who = who;
    this.#story = story;
    this.#hearing = new Hearing(who, room, story);
    this.#view = new View(who, story);
  }

  get messages(): readonly Current[] {
    return this.#view.messages;
  }

  /** From now on it stays as it is. */
  close(): void {
    this.#view.close();
  }

  /** A connection is made. */
  opened(): void {
    this.#hearing.opened();
  }

  /** Takes an event of a room in. @returns whether more pages follow it */
  take({ event, id, data }: StreamEvent): boolean {
    const isPage = event === "page";
    this.#hearing.heard(JSON.stringify(isPage ? { type: "get", status: true, data } : data));
    const before = this.#view.cursor.id;
    if (isPage && data.reset === true) this.#view.startOver(data);
    else if (isPage) this.#view.page(data);
    else if (event === "message" || CHANGES.includes(event)) this.#told(event, data, before);
    this.#checkId(event, id);
    this.lastId = id ?? this.lastId;
    return isPage && data.more === true && data.reset !== true;
  }

  #told(event: string, data: Told, before: number): void {
    if (Number(data.id) <= before)
      this.#story.fault(`ORD-1 ${this.#who} was told of ${event} ${data.id} after ${before}`);
    if (event === "message") this.#view.see(data);
    else this.#view.changed(data);
  }

  /** The id of an event is its place; what has none has no id either. */
  #checkId(event: string, id: string | undefined): void {
    const { cursor } = this.#view;
    const isStored = event === "page" || event === "message" || CHANGES.includes(event);
    const [, at] = EVENT_ID.exec(id ?? "") ?? [];
    if (isStored ? Number(at) !== cursor.id : id !== undefined)
      this.#story.fault(`${this.#who} was told of a ${event} with the id ${id}, at ${cursor.id}`);
  }
}

/**
 * A program that uses the API: it listens, over the bad network or without it, and posts each message over the bad network until it
 * knows that it is stored.
 */
export class Program {
  readonly label: string;
  /** One list, because it posts one message after the other, over all connections. */
  readonly stays: readonly [Sent[]] = [[]];
  /** How many times it listened, and how many requests it had to repeat. */
  streams = 0;
  repeats = 0;
  readonly #urls: { readonly direct: () => string; readonly bad: () => string };
  readonly #secret: string;
  readonly #random: Random;
  readonly #story: Story;
  readonly #log: EventLog;
  readonly #onDelivered: () => void;
  /** Whether it has been told all that was there before. */
  #isFollowing = false;
  #listening: Listening | null = null;
  #posting: Promise<void> = Promise.resolve();
  #unanswered = 0;
  #count = 0;
  #isOver = false;

  /** @param urls of the room in the API, each for one request */
  constructor(
    label: string,
    room: string | undefined,
    urls: { readonly direct: () => string; readonly bad: () => string },
    secret: string,
    random: Random,
    story: Story,
    onDelivered: () => void,
  ) {
    this.label = label;
    this.#urls = urls;
    this.#secret = secret;
    this.#random = random;
    this.#story = story;
    this.#log = new EventLog(label, room, story);
    this.#onDelivered = onDelivered;
    void this.#live();
  }

  get view(): readonly Current[] {
    return this.#log.messages;
  }

  get isSettled(): boolean {
    return this.#isFollowing && this.#unanswered === 0;
  }

  send(text: string): void {
    const origin = `${this.label} #${this.#count++}`;
    const content = firstText(origin, text);
    const sent: Sent = { origin, content, delivered: null, failed: null, isWithdrawn: false };
    this.#story.made(content);
    this.stays[0].push(sent);
    this.#unanswered++;
    this.#posting = this.#posting.then(() => this.#deliver(sent));
  }

  /** Stops to listen, and goes on behind what it has read. */
  comeBack(): void {
    this.#isFollowing = false;
    this.#listening?.[Symbol.dispose]();
  }

  end(): void {
    this.#isOver = true;
    this.#log.close();
    this.comeBack();
  }

  async #live(): Promise<void> {
    while (!this.#isOver) {
      try {
        await this.#listen();
      } catch (error) {
        if (error instanceof NotListening && !COME_BACK.includes(error.status))
          this.#story.fault(`${this.label} was answered ${error.message}`);
      }
      this.#listening = null;
      this.#isFollowing = false;
      await Bun.sleep(this.#random.integer(5, 40));
    }
  }

  async #listen(): Promise<void> {
    const { direct, bad } = this.#urls;
    // What is missed by the server's fault is told anew where the connection breaks.
    const url = this.#random.chance(0.5) ? direct() : bad();
    using listening = await Listening.to(`${url}/events`, this.#secret, this.#log.lastId);
    this.#listening = listening;
    this.streams++;
    this.#log.opened();
    for (;;) {
      const event = await listening.next();
      if (event === null || this.#isOver) return;
      if (!this.#isFollowing && event.event !== "page")
        this.#story.fault(`${this.label} was told of a ${event.event} before all that it had missed`);
      const hasMore = this.#log.take(event);
      if (event.event === "page") this.#isFollowing = !hasMore;
      this.#story.changed();
    }
  }

  async #deliver(sent: Sent): Promise<void> {
    const key = crypto.randomUUID();
    for (let tries = 0; sent.delivered === null && !this.#isOver; tries++) {
      if (tries > 0) await Bun.sleep(this.#random.integer(5, 40));
      if (tries > 0) this.repeats++;
      sent.delivered = await this.#post(sent.content, key);
    }
    this.#unanswered--;
    this.#onDelivered();
    this.#story.changed();
  }

  /** @returns the id of the message; null if nobody knows whether it is stored */
  async #post(content: string, key: string): Promise<number | null> {
    try {
      const response = await fetch(`${this.#urls.bad()}/messages`, {
        method: "POST",
        headers: { Authorization: `Bearer ${this.#secret}`, "Idempotency-Key": key },
        body: JSON.stringify({ content }),
      });
      const text = await response.text();
      if (response.status === 201) return Number(JSON.parse(text).id);
      if (!COME_BACK.includes(response.status))
        this.#story.fault(`${this.label} was answered ${response.status} ${text}`);
    } catch {
      // The network or the server is away.
    }
    return null;
  }
}
