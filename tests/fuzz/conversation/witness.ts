import { lookalikeKey } from "../../../src/room/lookalike.ts";
import { ChatClient, type Frame, type History, historyOf } from "../../support/client.ts";
import type { Random } from "../../support/random.ts";
import { isOutage } from "./classic.ts";
import type { Seen } from "./page.ts";
import type { Story } from "./story.ts";

/** Begins the content with which a conversation is over. */
const FENCE = "fence ";

type Told = Frame & { readonly id?: unknown; readonly time?: unknown; readonly session?: unknown };

/**
 * A client of version 3 that shares no code with the SDK, on a network without faults. It says next to nothing, hears
 * everything, and holds each event against the roster as it knows it: nobody comes under a nickname that is held, and
 * nobody talks, changes or leaves who is not there.
 */
export class Witness {
  readonly label: string;
  readonly view: Seen[] = [];
  #lastTime = 0;
  isInside = false;
  /** As the events have it. */
  roster: readonly string[] = [];
  readonly #url: () => string;
  readonly #isGraceLong: boolean;
  readonly #random: Random;
  readonly #story: Story;
  #client: ChatClient | null = null;
  /** Of which one holds the nickname, oldest first: a connection may break before its reply tells. */
  #sessions: readonly string[] = [];
  /** Those that are still to be tried on this connection. */
  #untried: readonly string[] = [];
  #ownSession = "";
  #hasBeenInside = false;
  #isOver = false;

  /** @param isGraceLong whether it can always come back in time */
  constructor(label: string, url: () => string, isGraceLong: boolean, random: Random, story: Story) {
    this.label = label;
    this.#url = url;
    this.#isGraceLong = isGraceLong;
    this.#random = random;
    this.#story = story;
    void this.#live();
  }

  /** Whether the end of the conversation has its place among the messages. */
  get hasFence(): boolean {
    return this.view.some(({ content }) => content.startsWith(FENCE));
  }

  get isSettled(): boolean {
    return this.isInside;
  }

  /** Says that the conversation is over. */
  fence(): void {
    this.audit();
    this.#client?.send({ type: "send", content: `${FENCE}${this.label}`, key: "fence" });
  }

  /** Has the roster told as a whole, and compares. */
  audit(): void {
    if (this.isInside) this.#client?.send({ type: "get", limit: 1 });
  }

  end(): void {
    this.#isOver = true;
    this.#client?.terminate();
  }

  async #live(): Promise<void> {
    while (!this.#isOver) {
      try {
        await this.#connect();
      } catch (error) {
        if (!isLoss(error)) this.#story.fault(`${this.label} has met ${error}`);
      }
      this.isInside = false;
      this.#client = null;
      await Bun.sleep(this.#random.integer(5, 40));
    }
  }

  async #connect(): Promise<void> {
    this.#client = await ChatClient.connect(this.#url(), { protocols: ["classic-chatbox.v3"] });
    for (;;) {
      const text = await this.#client.nextText();
      this.#story.heard(text);
      const frame: unknown = JSON.parse(text);
      for (const each of Array.isArray(frame) ? frame : [frame]) this.#take(each);
      this.#story.changed();
    }
  }

  #ask(request: object): void {
    this.#client?.send(request);
  }

  #take(frame: Told): void {
    switch (frame.type) {
      case "welcome":
        this.#ownSession = String(frame.session);
        this.#untried = this.#sessions;
        this.#sessions = [...this.#sessions, this.#ownSession];
        this.#resume();
        break;
      case "resume":
        if (frame.status === true) this.#enter(historyOf({ ...frame, type: "get" }), frame);
        else this.#resume();
        break;
      case "name":
        // Asked again at once, it would be refused again.
        if (isOutage(frame)) this.#client?.terminate();
        else if (frame.status !== true) this.#register();
        break;
      case "get":
        if (frame.status === true) {
          if (this.isInside) this.#compare(historyOf(frame).online);
          else this.#enter(historyOf(frame), frame);
        } else if (!this.isInside && isOutage(frame)) this.#client?.terminate();
        break;
      case "send":
        this.#see(frame);
        break;
      case "receive":
        if (this.isInside) this.#event(frame);
    }
  }

  get #lastId(): number {
    return this.view.at(-1)?.id ?? 0;
  }

  get #missing() {
    return { after: this.#lastId, time: this.#lastTime, limit: 1000 };
  }

  #register(): void {
    this.#ask({ type: "name", name: this.label });
    this.#ask({ type: "get", ...this.#missing });
  }

  #resume(): void {
    const [session, ...others] = this.#untried;
    this.#untried = others;
    if (session !== undefined) {
      this.#ask({ type: "resume", session, ...this.#missing });
      return;
    }
    if (this.#hasBeenInside && this.#isGraceLong && !this.#story.hasLostSessions)
      this.#story.fault(`GRACE-4 ${this.label} could not resume in its grace`);
    this.#register();
  }

  #enter({ online }: History, { data }: Told): void {
    this.#sessions = [this.#ownSession];
    this.#hasBeenInside = true;
    this.roster = online;
    if (new Set(online.map(lookalikeKey)).size < online.length)
      this.#story.fault(`NAME-8 the roster has two of one nickname: ${online}`);
    const { message, more, reset } = data as { message: Told[]; more: boolean; reset?: true };
    if (reset) this.#forget();
    else for (const each of message) this.#see(each);
    // Until then events are left alone: the last page has all that was before it, and the roster.
    this.isInside = !more && !reset;
    if (!this.isInside) this.#ask({ type: "get", ...this.#missing });
  }

  /** The history is another one; it is asked for from its beginning. */
  #forget(): void {
    if (this.#story.pasts.length === 0) this.#story.fault(`PAGE-6 ${this.label} was told of another history`);
    this.view.length = 0;
  }

  #compare(online: readonly string[]): void {
    if (online.join("\n") !== this.roster.join("\n"))
      this.#story.fault(`ORD-5 the roster is ${online}, and by the events it is ${this.roster}`);
  }

  #see({ id, time, name, content }: Told): void {
    const number = Number(id);
    if (!(number > this.#lastId))
      this.#story.fault(`ID-2 ${this.label} was told ${number} after ${this.#lastId}`);
    this.#lastTime = Number(time);
    if (!this.#isOver) this.view.push({ id: number, name: String(name), content: String(content) });
  }

  #event(frame: Told): void {
    const name = String(frame.datatype === "change" ? frame.oldname : frame.name);
    const isHere = this.roster.includes(name);
    if (frame.datatype === "register" ? this.#isHeld(name) : !isHere)
      this.#story.fault(
        `ORD-1 ${this.label} was told ${JSON.stringify(frame).slice(0, 120)} with ${this.roster} here`,
      );
    switch (frame.datatype) {
      case "register":
        this.roster = [...this.roster, name];
        break;
      case "leave":
        this.roster = this.roster.filter((each) => each !== name);
        break;
      case "change":
        this.#change(name, String(frame.newname));
        break;
      case "message":
        this.#see(frame);
    }
  }

  #change(oldName: string, newName: string): void {
    const others = this.roster.filter((each) => each !== oldName);
    if (others.map(lookalikeKey).includes(lookalikeKey(newName)))
      this.#story.fault(`NAME-8 ${oldName} took ${newName} with ${this.roster} here`);
    this.roster = this.roster.map((each) => (each === oldName ? newName : each));
  }

  #isHeld(name: string): boolean {
    return this.roster.map(lookalikeKey).includes(lookalikeKey(name));
  }
}

/** Whether a connection has ended or could not be made, which is no defect of the witness. */
function isLoss(error: unknown): boolean {
  return (
    error instanceof Error &&
    ("code" in error || /connection was closed|does not run|refused the upgrade/.test(error.message))
  );
}
