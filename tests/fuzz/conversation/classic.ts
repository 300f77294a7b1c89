import { ChatClient, type Frame, historyOf, parseFrame } from "../../support/client.ts";
import type { Random } from "../../support/random.ts";
import type { Seen } from "./history.ts";
import type { Sent } from "./person.ts";
import { hindranceOf } from "./stand.ts";
import type { Story } from "./story.ts";
import { firstText } from "./text.ts";

/** The keys of every frame that a client of version 2 may see. */
const CLASSIC_KEYS = new Set([
  "type,datatype,name,timestamp",
  "type,datatype,oldname,newname,timestamp",
  "type,datatype,name,content,timestamp",
  "type,action,name,status,timestamp",
  "type,action,name,status,reason",
  "type,action,oldname,newname,status,timestamp",
  "type,action,oldname,newname,status,reason",
  "type,status,name,timestamp,data",
  "type,name,content,status,timestamp",
]);
/** Those of servers that do not reach their database. */
const OUTAGE_KEYS = new Set([
  "type,action,name,status,reason,error",
  "type,action,oldname,newname,status,reason,error",
  "type,name,status,reason,error",
  "type,username,content,status,reason,error",
]);
/** Those of slow mode. */
const SLOWED_KEYS = "type,status,reason,retry";
const CLASSIC_EVENTS = ["register", "change", "message", "leave"];

/** Somebody with a program of version 2, who connects and registers again by hand. */
export class Classic {
  readonly label: string;
  readonly #room: string | undefined;
  /** The sends of each connection: version 2 promises an order within one only. */
  readonly stays: Sent[][] = [];
  /** The reply to the newest `get`, and every message after it. */
  view: Seen[] = [];
  isInside = false;
  readonly #url: () => string;
  readonly #hasOutages: boolean;
  readonly #random: Random;
  readonly #story: Story;
  readonly #onDelivered: () => void;
  #client: ChatClient | null = null;
  #unanswered: Sent[] = [];
  #count = 0;
  #names = 0;
  #isOver = false;
  /** How many backups had been put back when the connection was made, and when that was, in Unix ms. */
  #epoch = 0;
  #openedAt = 0;
  /** What was told in this epoch, besides histories. */
  #told: string[] = [];
  /** Replies to `get` that are still to come. */
  #asked = 0;

  /** @param hasOutages whether the server can be without what it stores in */
  constructor(
    label: string,
    room: string | undefined,
    url: () => string,
    hasOutages: boolean,
    random: Random,
    story: Story,
    onDelivered = () => {},
  ) {
    this.label = label;
    this.#room = room;
    this.#url = url;
    this.#hasOutages = hasOutages;
    this.#random = random;
    this.#story = story;
    this.#onDelivered = onDelivered;
    void this.#live();
  }

  /** Whether it is in the room, and nothing is left to be answered. */
  get isSettled(): boolean {
    return this.isInside && this.#unanswered.length === 0 && this.#asked === 0;
  }

  send(text: string): void {
    if (!this.isInside) return;
    const origin = `${this.label} #${this.#count++}`;
    const sent: Sent = {
      origin,
      content: firstText(origin, text),
      delivered: null,
      failed: null,
      isWithdrawn: false,
    };
    this.#story.made(sent.content);
    this.stays.at(-1)?.push(sent);
    this.#unanswered.push(sent);
    this.#client?.send({ type: "send", content: sent.content });
  }

  /** Asks for the history anew: nobody tells this client of changes. */
  refresh(): void {
    if (this.isInside) this.#get();
  }

  #get(): void {
    this.#asked++;
    this.#client?.send({ type: "get" });
  }

  rename(name: string): void {
    if (this.isInside) this.#client?.send({ type: "name", name });
  }

  /** Ends the connection without a word. */
  pull(): void {
    this.#client?.terminate();
  }

  end(): void {
    this.#isOver = true;
    this.pull();
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
      this.#unanswered = [];
      this.#asked = 0;
      this.#story.changed();
      await Bun.sleep(this.#random.integer(5, 60));
    }
  }

  async #connect(): Promise<void> {
    const client = await ChatClient.connect(this.#url());
    this.#client = client;
    if (this.#epoch !== this.#story.pasts.length) this.#told = [];
    this.#epoch = this.#story.pasts.length;
    this.#openedAt = Date.now();
    this.stays.push([]);
    this.#register(client);
    for (;;) {
      const text = await client.nextText();
      this.#check(text);
      this.#take(client, parseFrame(text));
      this.#story.changed();
    }
  }

  #register(client: ChatClient): void {
    client.send({ type: "name", name: this.#names === 0 ? this.label : `${this.label} ${this.#names}` });
    this.#get();
  }

  #check(text: string): void {
    const frame: unknown = JSON.parse(text);
    const keys = Array.isArray(frame) ? "an array" : Object.keys(frame as object).join();
    const { datatype, data } = parseFrame(text);
    const isKnown =
      CLASSIC_KEYS.has(keys) ||
      keys === "type,status,reason" ||
      keys === SLOWED_KEYS ||
      (this.#hasOutages && OUTAGE_KEYS.has(keys));
    const isEvent = datatype === undefined || CLASSIC_EVENTS.includes(String(datatype));
    const isPage = data === undefined || !/"(id|time|more|gap)":/.test(Object.keys(data as object).join());
    if (!isKnown || !isEvent || !isPage)
      this.#story.fault(`${this.label} of version 2 was told ${text.slice(0, 200)}`);
  }

  #take(client: ChatClient, frame: Frame): void {
    if (frame.type === "get") {
      this.#asked--;
      if (frame.status === true) this.#enter(frame);
      // Asked again at once, it would be refused again.
      else if (isOutage(frame)) client.terminate();
      else this.#retry(client);
    } else if (frame.type === "send") this.#answered(frame);
    else if (frame.datatype === "message" && this.isInside)
      this.#see(String(frame.name), String(frame.content));
  }

  /** The nickname is taken, perhaps by an own lost connection. */
  #retry(client: ChatClient): void {
    this.#names++;
    this.#register(client);
  }

  #enter(frame: Frame): void {
    const { messages } = historyOf(frame);
    const [message] = JSON.parse(JSON.stringify(frame.data)).message;
    if (message && Object.keys(message).join() !== "name,content,timestamp")
      this.#story.fault(`${this.label} of version 2 was told a message with ${Object.keys(message)}`);
    this.view = messages.map(({ name, content }) => ({ id: null, name, content, further: null }));
    const contents = messages.map(({ content }) => content);
    if (this.#epoch === this.#story.pasts.length && !this.#story.isRestoring)
      this.#story.ledger(this.#room).shownClassic(this.label, this.#epoch, contents, this.#told);
    this.isInside = true;
  }

  #answered(frame: Frame): void {
    const sent = this.#unanswered.shift();
    const isSlow =
      hindranceOf(frame) === "SlowMode" && this.#story.orders.mayBeSlow(this.#room, this.#openedAt);
    if (sent !== undefined && (isSlow || (isOutage(frame) && frame.content === sent.content))) {
      sent.failed = String(frame.reason);
      return;
    }
    if (frame.status !== true || sent === undefined || frame.content !== sent.content) {
      this.#story.fault(`${this.label} of version 2 was answered ${JSON.stringify(frame).slice(0, 200)}`);
      return;
    }
    sent.delivered = 0;
    this.#see(String(frame.name), sent.content);
    this.#onDelivered();
  }

  #see(name: string, content: string): void {
    if (this.#isOver) return;
    this.view.push({ id: null, name, content, further: null });
    this.#told.push(content);
  }
}

/** Whether the server could not do what was asked, because it does not reach what it stores in. */
export function isOutage({ reason }: Frame): boolean {
  return String(reason).startsWith("ErrorWhen");
}
