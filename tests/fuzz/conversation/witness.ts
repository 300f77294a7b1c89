import { lookalikeKey } from "../../../src/room/lookalike.ts";
import { ChatClient, type Frame, type History, historyOf } from "../../support/client.ts";
import type { Random } from "../../support/random.ts";
import { isOutage } from "./classic.ts";
import { Hearing } from "./hearing.ts";
import { type Current, seenOf } from "./history.ts";
import type { BlurtStep } from "./plan.ts";
import { PROGRAM_TOKEN } from "./site.ts";
import type { Story } from "./story.ts";
import { textOf } from "./text.ts";
import { type PageData, type Told as ToldMessage, View } from "./view.ts";

/** Begins the content with which a conversation is over. */
const FENCE = "fence ";

/** Its messages are not told apart: which of them an edit in a blurt concerns is a guess. */
const ORIGIN = "witness #0";
type Told = Frame & ToldMessage & { readonly session?: unknown };

/**
 * A client of version 3 that shares no code with the SDK, on a network without faults. It says next to nothing, hears
 * everything, and holds each event against the roster as it knows it: nobody comes under a nickname that is held, and
 * nobody talks, changes or leaves who is not there.
 */
export class Witness {
  readonly label: string;
  readonly #room: string | undefined;
  readonly #view: View;
  /** The whole history as it was told anew in the end: forwards, and backwards. */
  readonly fresh = { after: [] as Current[], before: [] as Current[] };
  /** Whether all of that is told. */
  isFresh = false;
  #me = "";
  #blurts = 0;
  #isRefreshing = false;
  isInside = false;
  /** As the events have it. */
  roster: readonly string[] = [];
  readonly #url: () => string;
  readonly #isGraceLong: boolean;
  readonly #random: Random;
  readonly #story: Story;
  readonly #hearing: Hearing;
  #client: ChatClient | null = null;
  /** Of which one holds the nickname, oldest first: a connection may break before its reply tells. */
  #sessions: readonly string[] = [];
  /** Those that are still to be tried on this connection. */
  #untried: readonly string[] = [];
  #ownSession = "";
  #hasBeenInside = false;
  #isOver = false;

  /** @param isGraceLong whether it can always come back in time */
  constructor(
    label: string,
    room: string | undefined,
    url: () => string,
    isGraceLong: boolean,
    random: Random,
    story: Story,
  ) {
    this.label = label;
    this.#room = room;
    this.#url = url;
    this.#isGraceLong = isGraceLong;
    this.#random = random;
    this.#story = story;
    this.#hearing = new Hearing(label, room, story);
    this.#view = new View(label, story);
    void this.#live();
  }

  get view(): readonly Current[] {
    return this.#view.messages;
  }

  /** Whether the end of the conversation has its place among the messages. */
  get hasFence(): boolean {
    return this.fenceId !== Number.POSITIVE_INFINITY;
  }

  /** The id of the message with which the conversation is over; infinity until then. */
  get fenceId(): number {
    return this.view.find(({ content }) => content.startsWith(FENCE))?.id ?? Number.POSITIVE_INFINITY;
  }

  /** How far it has come with the history that is told anew. */
  get progress(): string {
    const { after, before } = this.fresh;
    return `${this.label}, who has ${after.length} and ${before.length} messages of ${this.view.length}`;
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

  /** Says and changes several things without waiting for a reply: ids are guessed. */
  blurt(steps: readonly BlurtStep[]): void {
    if (!this.isInside) return;
    const blurt = this.#blurts++;
    let next = this.#view.cursor.id + 1;
    const sent = this.view.filter(({ further }) => further.by === this.#me).map(({ id }) => id);
    for (const [at, step] of steps.entries()) {
      const text = "text" in step ? textOf(ORIGIN, `${blurt}-${at}`, step.text) : "";
      this.#story.made(text);
      const of = "back" in step ? (sent.at(-1 - step.back) ?? next) : 0;
      switch (step.kind) {
        case "send":
          sent.push(next++);
          this.#ask({ type: "send", content: text, key: `send ${blurt} ${step.key}` });
          break;
        case "edit":
          next++;
          this.#ask({
            type: "edit",
            of,
            content: text,
            ...(step.key === null ? {} : { key: `edit ${blurt} ${step.key}` }),
          });
          break;
        case "delete":
          next++;
          this.#ask({ type: "delete", of });
          break;
        case "react":
          next++;
          this.#ask({ type: "react", of, emoji: step.emoji, on: step.isOn });
          break;
        case "get":
          this.#ask({ type: "get", ...step.page });
      }
    }
  }

  /** Has the whole history told anew, from the start again if the connection breaks. */
  refresh(): void {
    this.#isRefreshing = true;
    if (!this.isInside) return;
    this.fresh.after.length = 0;
    this.fresh.before.length = 0;
    const start = this.#random.pick([{ after: 0 }, { since: 0 }]);
    this.#ask({ type: "get", ref: "after", ...start, limit: this.#random.pick([7, 100, 1000]) });
  }

  end(): void {
    this.#isOver = true;
    this.#view.close();
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
    this.#hearing.opened();
    for (;;) {
      const text = await this.#client.nextText();
      this.#story.heard(text);
      this.#hearing.heard(text);
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
        else this.#me = String(frame.by);
        break;
      case "get":
        if (typeof frame.ref === "string") this.#refreshed(frame);
        else if (frame.status === true) {
          if (this.isInside) this.#compare(historyOf(frame).online);
          else this.#enter(historyOf(frame), frame);
        } else if (!this.isInside && isOutage(frame)) this.#client?.terminate();
        break;
      case "send":
        // A repeat is told what was stored before.
        if (frame.status === true && Number(frame.id) > this.#view.cursor.id) this.#view.see(frame);
        this.#check(frame, ["ErrorWhenSend"]);
        break;
      case "edit":
      case "delete":
      case "react":
        if (frame.status === true && frame.time !== undefined)
          this.#view.changed({ ...frame, datatype: frame.type, by: this.#me, name: this.label });
        this.#check(frame, [
          "UnknownMessage",
          "NotAllowed",
          "ErrorWhenEdit",
          "ErrorWhenDelete",
          "ErrorWhenReact",
        ]);
        break;
      case "receive":
        if (this.isInside) this.#event(frame);
    }
  }

  /** @param fair the refusals that there may be */
  #check({ type, status, reason }: Told, fair: readonly string[]): void {
    const isSlow = reason === "SlowMode" && this.#story.orders.mayBeSlow(this.#room, Date.now());
    if (status !== true && !isSlow && !fair.includes(String(reason)))
      this.#story.fault(`CHANGE-5 ${this.label} was refused a ${type} with ${reason}`);
  }

  get #missing() {
    const { id: after, time } = this.#view.cursor;
    return { after, time, limit: this.#random.pick([3, 1000, 1000]) };
  }

  #refreshed(frame: Told): void {
    const { ref, data, status, reason } = frame;
    if (status !== true) {
      if (!isOutage(frame)) this.#story.fault(`PAGE-4 ${this.label} was refused a page with ${reason}`);
      this.#client?.terminate();
      return;
    }
    const { message, more, changed = [], cursor } = data as PageData;
    const { fresh } = this;
    if (ref === "after") {
      if (changed.some(({ id }) => !fresh.after.some((each) => each.id === id)))
        this.#story.fault(`PAGE-7 ${this.label} was told of changes to messages that it was not told of`);
      fresh.after.push(...message.map(seenOf));
    } else fresh.before.unshift(...message.map(seenOf));
    const before = fresh.before[0]?.id ?? undefined;
    const limit = this.#random.pick([7, 100, 1000]);
    if (more && ref === "after")
      this.#ask({ type: "get", ref, after: cursor?.id, time: cursor?.time, limit });
    else if (ref === "after" || more) this.#ask({ type: "get", ref: "before", before, limit });
    else this.isFresh = true;
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

  #enter({ online }: History, { data, by }: Told): void {
    this.#sessions = [this.#ownSession];
    this.#hasBeenInside = true;
    this.roster = online;
    if (by !== undefined) this.#me = String(by);
    if (new Set(online.map(lookalikeKey)).size < online.length)
      this.#story.fault(`NAME-8 the roster has two of one nickname: ${online}`);
    const page = data as PageData;
    const { more, reset } = page;
    // The history is another one; it is asked for from its beginning.
    if (reset) this.#view.forget();
    else this.#view.page(page);
    // Until then events are left alone: the last page has all that was before it, and the roster.
    this.isInside = !more && !reset;
    if (!this.isInside) this.#ask({ type: "get", ...this.#missing });
    else if (this.#isRefreshing && !this.isFresh) this.refresh();
  }

  #compare(online: readonly string[]): void {
    if (online.join("\n") !== this.roster.join("\n"))
      this.#story.fault(`ORD-5 the roster is ${online}, and by the events it is ${this.roster}`);
  }

  #event(frame: Told): void {
    if (frame.datatype === "edit" || frame.datatype === "delete" || frame.datatype === "react") {
      this.#view.changed(frame);
      return;
    }
    if (frame.datatype === "moderate") return;
    const name = String(frame.datatype === "change" ? frame.oldname : frame.name);
    // A program writes without being there.
    const isHere =
      this.roster.includes(name) || (frame.datatype === "message" && name === PROGRAM_TOKEN.nickname);
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
        this.#view.see(frame);
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
