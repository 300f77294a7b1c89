import { Client, type Host, requestFrame } from "./client.ts";
import { Counts } from "./counts.ts";
import { Goal } from "./goal.ts";
import { Latencies } from "./latencies.ts";
import { momentOf } from "./moment.ts";
import type { CrowdPlan, Latency, Tally, WireForm } from "./orders.ts";
import type { ReplyKind } from "./scanner.ts";
import { contents } from "./words.ts";

const DIALS_AT_ONCE = 128;
/** The number of different contents. */
const CONTENTS = 1024;
const MOST_WAIT_S = 15;
/** How many messages are changed in turn. */
const CHANGED = 50;
const EMOJI = "👍";

/** The clients of one server, and what they have received. */
export class Crowd implements Host {
  readonly port: number;
  readonly form: WireForm;
  readonly #plan: CrowdPlan;
  readonly #clients: Client[];
  readonly #requests: readonly Buffer[];
  #nextRequest = 0;
  /** Clients that may send again once everything that has been read is counted. */
  #ready: Client[] = [];
  #goOn: (client: Client) => void = () => {};
  #latencies: Latencies | null = null;
  readonly #goal = new Goal();
  readonly #counts = new Counts();
  #readyToDial: Client[] = [];
  #opened = 0;
  #named = 0;
  #replies = 0;
  #backAtMs: number[] = [];
  /** The ids of messages that are going to be changed, as they are acknowledged; null if none are. */
  #ids: number[] | null = null;
  #isDisbanded = false;

  constructor(plan: CrowdPlan) {
    this.#plan = plan;
    this.port = plan.port;
    this.form = plan.form;
    const { clients, roomSize } = plan;
    this.#clients = Array.from(
      { length: clients },
      (_, at) =>
        new Client(
          this,
          `${plan.namePrefix ?? "u"}${at}`,
          roomSize === null ? null : `room${Math.floor(at / roomSize)}`,
        ),
    );
    const texts = plan.contents === "words" ? contents(CONTENTS) : ["x".repeat(plan.contents.xs)];
    this.#requests = texts.map((content) =>
      requestFrame(plan.form, JSON.stringify({ type: "send", content })),
    );
  }

  async connect(): Promise<Tally> {
    this.#readyToDial = this.#clients.toReversed();
    for (let i = 0; i < DIALS_AT_ONCE; i++) this.#readyToDial.pop()?.dial();
    await this.#until(() => this.#opened === this.#clients.length);
    return this.#counts.take();
  }

  async join(): Promise<Tally> {
    for (const client of this.#clients) client.write(this.#nameRequest(client));
    const joins = this.#pairs();
    await this.#until(() => this.#named === this.#clients.length && this.#counts.values.registers >= joins);
    return this.#counts.take();
  }

  async talk(talkers: number, messagesEach: number, window: number): Promise<Tally> {
    this.#reset();
    const speakers = this.#clients.slice(0, talkers);
    this.#goOn = (client) => this.#fill(client, messagesEach, window);
    for (const client of speakers) this.#fill(client, messagesEach, window);
    const hearers = speakers.reduce((sum, client) => sum + this.#roomSizeOf(client) - 1, 0);
    await this.#untilHeard(talkers * messagesEach, hearers * messagesEach);
    return this.#counts.take();
  }

  async takeTurns(messages: number, window: number): Promise<Tally> {
    this.#reset();
    let turn = 0;
    let hearers = 0;
    // With a stride, so that clients that follow each other are in different rooms.
    const stride = (this.#plan.roomSize ?? 1) + 1;
    const next = () => {
      const client = this.#clients[(turn++ * stride) % this.#clients.length];
      if (client === undefined) return;
      hearers += this.#roomSizeOf(client) - 1;
      client.write(this.#request());
    };
    this.#goOn = () => {
      if (turn < messages) next();
    };
    while (turn < Math.min(window, messages)) next();
    await this.#until(() => this.#counts.values.acks === messages && this.#counts.values.messages >= hearers);
    this.#checkHeard(hearers);
    return this.#counts.take();
  }

  async pace(messagesPerS: number, seconds: number): Promise<Tally & Latency> {
    this.#reset();
    const messages = Math.round(messagesPerS * seconds);
    const [talker] = this.#clients;
    if (talker === undefined) throw new Error("An empty crowd cannot talk.");
    const latencies = new Latencies(this.#clients.length - 1);
    this.#latencies = latencies;
    const startMs = performance.now();
    for (let i = 0; i < messages; i++) {
      const plannedAtMs = startMs + (i * 1000) / messagesPerS;
      await momentOf(plannedAtMs);
      latencies.sent(plannedAtMs);
      talker.write(this.#request());
    }
    await this.#untilHeard(messages, messages * (this.#clients.length - 1));
    this.#latencies = null;
    return { ...this.#counts.take(), ...latencies.result() };
  }

  async paceChanges(changesPerS: number, seconds: number): Promise<Tally & Latency> {
    const changes = Math.round(changesPerS * seconds);
    const frames = this.#changesOf(await this.#newMessages(), changes);
    this.#reset();
    const [talker] = this.#clients;
    const latencies = new Latencies(this.#clients.length - 1);
    this.#latencies = latencies;
    const startMs = performance.now();
    for (const [at, frame] of frames.entries()) {
      const plannedAtMs = startMs + (at * 1000) / changesPerS;
      await momentOf(plannedAtMs);
      latencies.sent(plannedAtMs);
      talker?.write(frame);
    }
    const deliveries = changes * (this.#clients.length - 1);
    const { values } = this.#counts;
    await this.#until(() => values.acks === changes && values.changes >= deliveries);
    this.#latencies = null;
    if (values.changes !== deliveries)
      throw new Error(`${values.changes} changes arrived, but ${deliveries} were expected.`);
    return { ...this.#counts.take(), ...latencies.result() };
  }

  /** Sends messages that are going to be changed. @returns their ids */
  async #newMessages(): Promise<readonly number[]> {
    const ids: number[] = [];
    this.#ids = ids;
    await this.talk(1, CHANGED, 1);
    this.#ids = null;
    return ids;
  }

  /** Every second one is a reaction, which the next one to the same message takes back. */
  #changesOf(ids: readonly number[], count: number): Buffer[] {
    const texts = contents(CONTENTS);
    return Array.from({ length: count }, (_, at) => {
      const turn = at >> 1;
      const of = ids[turn % ids.length];
      const edit = { type: "edit", of, content: texts[turn % texts.length] };
      const react = { type: "react", of, emoji: EMOJI, on: Math.floor(turn / ids.length) % 2 === 0 };
      return requestFrame(this.form, JSON.stringify(at % 2 === 0 ? edit : react));
    });
  }

  async ask(request: string, times: number): Promise<Tally & { replyMs: number[] }> {
    this.#reset();
    const [client] = this.#clients;
    const frame = requestFrame(this.form, request);
    const replyMs: number[] = [];
    for (let i = 1; i <= times; i++) {
      const askedAtMs = performance.now();
      client?.write(frame);
      await this.#until(() => this.#replies === i);
      replyMs.push(performance.now() - askedAtMs);
    }
    return { ...this.#counts.take(), replyMs };
  }

  async awaitReturn(): Promise<Tally & { backAtMs: number[] }> {
    await this.#until(() => this.#backAtMs.length === this.#clients.length);
    const backAtMs = this.#backAtMs;
    this.#backAtMs = [];
    return { ...this.#counts.take(), backAtMs };
  }

  async idle(seconds: number): Promise<Tally> {
    await Bun.sleep(seconds * 1000);
    this.#goal.check();
    return this.#counts.take();
  }

  disband(): Tally {
    this.#isDisbanded = true;
    for (const client of this.#clients) client.drop();
    return this.#counts.take();
  }

  read(bytes: number): void {
    this.#counts.values.bytes += bytes;
  }

  opened(client: Client): void {
    if (client.isNamed) {
      client.write(
        requestFrame(this.form, JSON.stringify({ type: "resume", session: client.held, after: 0 })),
      );
      return;
    }
    this.#opened++;
    this.#readyToDial.pop()?.dial();
    this.#goal.look();
  }

  heard(client: Client, messages: number, registers: number, leaves: number, changes: number): void {
    this.#counts.values.messages += messages;
    this.#counts.values.registers += registers;
    this.#counts.values.leaves += leaves;
    this.#counts.values.changes += changes;
    if (this.#latencies !== null) this.#latencies.heard(client.seen, client.seen + messages + changes);
    client.seen += messages + changes;
    this.#goal.look();
  }

  replied(client: Client, kind: ReplyKind, isAccepted: boolean, text: Buffer): void {
    this.#replies++;
    if (!isAccepted) this.#counts.values.refusals++;
    else if (kind === "send") {
      this.#ids?.push(idIn(text));
      this.#acknowledged(client);
    } else if (kind === "change") this.#acknowledged(client);
    else if (kind === "name") this.#entered(client);
    if (kind === "resume") this.#returned(client);
    this.#goal.look();
  }

  lost(client: Client, why: string): void {
    if (this.#isDisbanded) return;
    if (!this.#plan.comesBack) {
      this.#goal.fail(new Error(`A client was lost: ${why}.`));
      return;
    }
    const mostS = Math.min(MOST_WAIT_S, client.retryS * 2 ** client.failures++);
    setTimeout(() => client.dial(), Math.random() * mostS * 1000);
  }

  #acknowledged(client: Client): void {
    this.#counts.values.acks++;
    client.acked++;
    // Later, when all readable sockets have been read: the next messages are then sent together.
    if (this.#ready.length === 0) setImmediate(() => this.#goOnAll());
    this.#ready.push(client);
  }

  #goOnAll(): void {
    const ready = this.#ready;
    this.#ready = [];
    for (const client of ready) this.#goOn(client);
  }

  #entered(client: Client): void {
    client.isNamed = true;
    client.held = client.session;
    this.#named++;
  }

  #returned(client: Client): void {
    client.held = client.session;
    client.failures = 0;
    this.#backAtMs.push(Date.now());
  }

  #fill(client: Client, messagesEach: number, window: number): void {
    const count = Math.min(messagesEach - client.sent, window - (client.sent - client.acked));
    if (count <= 0) return;
    client.sent += count;
    // Each message is a separate write, as with any client that sends when somebody has typed something.
    for (let i = 0; i < count; i++) client.write(this.#request());
  }

  #request(): Buffer {
    const request = this.#requests[this.#nextRequest++ % this.#requests.length];
    if (request === undefined) throw new Error("There is nothing to send.");
    return request;
  }

  #nameRequest({ name }: Client): Buffer {
    return requestFrame(this.form, JSON.stringify({ type: "name", name }));
  }

  /** Everybody gets an event for each later member: as many events as there are pairs of people in one room. */
  #pairs(): number {
    const size = this.#plan.roomSize ?? this.#clients.length;
    const last = this.#clients.length % size;
    return (Math.floor(this.#clients.length / size) * size * (size - 1)) / 2 + (last * (last - 1)) / 2;
  }

  #roomSizeOf({ room }: Client): number {
    if (room === null || this.#plan.roomSize === null) return this.#clients.length;
    const before = Number(room.slice("room".length)) * this.#plan.roomSize;
    return Math.min(this.#plan.roomSize, this.#clients.length - before);
  }

  #reset(): void {
    this.#replies = 0;
    for (const client of this.#clients) {
      client.sent = 0;
      client.acked = 0;
      client.seen = 0;
    }
  }

  async #untilHeard(acks: number, messages: number): Promise<void> {
    await this.#until(() => this.#counts.values.acks === acks && this.#counts.values.messages >= messages);
    this.#checkHeard(messages);
  }

  #checkHeard(messages: number): void {
    this.#goOn = () => {};
    if (this.#counts.values.messages === messages) return;
    throw new Error(`${this.#counts.values.messages} messages arrived, but ${messages} were expected.`);
  }

  async #until(isReached: () => boolean): Promise<void> {
    await this.#goal.reach(isReached, () => this.#progress());
  }

  /** Everything that grows while an order is carried out. Bytes are not included: pings add to them even if nothing happens. */
  #progress(): Record<string, number> {
    const { bytes: _, ...counts } = this.#counts.values;
    const [opened, named, replies, back] = [this.#opened, this.#named, this.#replies, this.#backAtMs.length];
    return { ...counts, opened, named, replies, back };
  }

  /** Begins an order, whose time counts from here. */
  begin(): void {
    this.#counts.time();
  }
}

/** The id in the reply to a send of version 3. */
function idIn(text: Buffer): number {
  return Number(/"id":(\d+),"time":/.exec(text.toString())?.[1]);
}
