import { Client, type Host, requestFrame } from "./client.ts";
import { Latencies } from "./latencies.ts";
import type { CrowdPlan, Latency, Tally, WireForm } from "./orders.ts";
import type { ReplyKind } from "./scanner.ts";
import { contents } from "./words.ts";

const DIALS_AT_ONCE = 128;
/** How many different contents there are. */
const CONTENTS = 1024;
/** An order in which nothing came for so long has failed. */
const STALLED_AFTER_MS = 30_000;
const LOOK_FOR_STALL_EVERY_MS = 1_000;
/** Below this, a timer is too coarse to wait for a planned send. */
const TIMER_MS = 2;
const MOST_WAIT_S = 15;

/** The clients of one server, and what came to them. */
export class Crowd implements Host {
  readonly port: number;
  readonly form: WireForm;
  readonly #plan: CrowdPlan;
  readonly #clients: Client[];
  readonly #requests: readonly Buffer[];
  #nextRequest = 0;
  /** Clients that may send again, once all that has been read by now is counted. */
  #ready: Client[] = [];
  #goOn: (client: Client) => void = () => {};
  #latencies: Latencies | null = null;
  #awaited: { readonly isReached: () => boolean; readonly reached: PromiseWithResolvers<void> } | null = null;
  #failure: Error | null = null;
  #readyToDial: Client[] = [];
  #opened = 0;
  #named = 0;
  #replies = 0;
  #backAtMs: number[] = [];
  #isDisbanded = false;
  #tally = newTally();

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
    return this.#take();
  }

  async join(): Promise<Tally> {
    for (const client of this.#clients) client.write(this.#nameRequest(client));
    const joins = this.#pairs();
    await this.#until(() => this.#named === this.#clients.length && this.#tally.registers >= joins);
    return this.#take();
  }

  async talk(talkers: number, messagesEach: number, window: number): Promise<Tally> {
    this.#reset();
    const speakers = this.#clients.slice(0, talkers);
    this.#goOn = (client) => this.#fill(client, messagesEach, window);
    for (const client of speakers) this.#fill(client, messagesEach, window);
    const hearers = speakers.reduce((sum, client) => sum + this.#roomSizeOf(client) - 1, 0);
    await this.#untilHeard(talkers * messagesEach, hearers * messagesEach);
    return this.#take();
  }

  async takeTurns(messages: number, window: number): Promise<Tally> {
    this.#reset();
    let turn = 0;
    let hearers = 0;
    // With a stride, so that neighbours in turn are in different rooms.
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
    await this.#until(() => this.#tally.acks === messages && this.#tally.messages >= hearers);
    this.#checkHeard(hearers);
    return this.#take();
  }

  async pace(messagesPerS: number, seconds: number): Promise<Tally & Latency> {
    this.#reset();
    const messages = Math.round(messagesPerS * seconds);
    const [talker] = this.#clients;
    if (talker === undefined) throw new Error("A crowd of nobody cannot talk.");
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
    return { ...this.#take(), ...latencies.result() };
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
    return { ...this.#take(), replyMs };
  }

  async awaitReturn(): Promise<Tally & { backAtMs: number[] }> {
    await this.#until(() => this.#backAtMs.length === this.#clients.length);
    const backAtMs = this.#backAtMs;
    this.#backAtMs = [];
    return { ...this.#take(), backAtMs };
  }

  async idle(seconds: number): Promise<Tally> {
    await Bun.sleep(seconds * 1000);
    if (this.#failure !== null) throw this.#failure;
    return this.#take();
  }

  disband(): Tally {
    this.#isDisbanded = true;
    for (const client of this.#clients) client.drop();
    return this.#take();
  }

  read(bytes: number): void {
    this.#tally.bytes += bytes;
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
    this.#look();
  }

  heard(client: Client, messages: number, registers: number, leaves: number): void {
    this.#tally.messages += messages;
    this.#tally.registers += registers;
    this.#tally.leaves += leaves;
    if (this.#latencies !== null) this.#latencies.heard(client.seen, client.seen + messages);
    client.seen += messages;
    this.#look();
  }

  replied(client: Client, kind: ReplyKind, isAccepted: boolean): void {
    this.#replies++;
    if (!isAccepted) this.#tally.refusals++;
    else if (kind === "send") this.#acknowledged(client);
    else if (kind === "name") this.#entered(client);
    if (kind === "resume") this.#returned(client);
    this.#look();
  }

  lost(client: Client, why: string): void {
    if (this.#isDisbanded) return;
    if (!this.#plan.comesBack) {
      this.#fail(new Error(`A client was lost: ${why}.`));
      return;
    }
    const mostS = Math.min(MOST_WAIT_S, client.retryS * 2 ** client.failures++);
    setTimeout(() => client.dial(), Math.random() * mostS * 1000);
  }

  #acknowledged(client: Client): void {
    this.#tally.acks++;
    client.acked++;
    // Later, when all sockets that have something to read have been read: the next messages then go out together.
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
    if (count === 1) client.write(this.#request());
    else client.write(Buffer.concat(Array.from({ length: count }, () => this.#request())));
  }

  #request(): Buffer {
    const request = this.#requests[this.#nextRequest++ % this.#requests.length];
    if (request === undefined) throw new Error("There is nothing to say.");
    return request;
  }

  #nameRequest({ name }: Client): Buffer {
    return requestFrame(this.form, JSON.stringify({ type: "name", name }));
  }

  /** Everybody hears of those who came later: pairs of people in one room. */
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
    await this.#until(() => this.#tally.acks === acks && this.#tally.messages >= messages);
    this.#checkHeard(messages);
  }

  #checkHeard(messages: number): void {
    this.#goOn = () => {};
    if (this.#tally.messages === messages) return;
    throw new Error(`${this.#tally.messages} messages came where ${messages} were sent to somebody.`);
  }

  async #until(isReached: () => boolean): Promise<void> {
    if (this.#failure !== null) throw this.#failure;
    if (isReached()) return;
    const reached = Promise.withResolvers<void>();
    this.#awaited = { isReached, reached };
    let bytes = -1;
    let quietMs = 0;
    const watch = setInterval(() => {
      quietMs = bytes === this.#tally.bytes ? quietMs + LOOK_FOR_STALL_EVERY_MS : 0;
      bytes = this.#tally.bytes;
      if (quietMs >= STALLED_AFTER_MS)
        this.#fail(new Error(`Nothing came any more: ${JSON.stringify(this.#tally)}.`));
    }, LOOK_FOR_STALL_EVERY_MS);
    await reached.promise.finally(() => clearInterval(watch));
  }

  #look(): void {
    if (this.#awaited === null || !this.#awaited.isReached()) return;
    const { reached } = this.#awaited;
    this.#awaited = null;
    reached.resolve();
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#awaited?.reached.reject(this.#failure);
    this.#awaited = null;
  }

  /** What came since the last order ended. */
  #take(): Tally {
    const { startedAtMs, startedCpuS, ...counts } = this.#tally;
    this.#tally = newTally();
    return {
      ...counts,
      wallS: (performance.now() - startedAtMs) / 1000,
      loadCpuS: ownCpuS() - startedCpuS,
    };
  }

  /** What an order does is timed from its beginning. */
  begin(): void {
    this.#tally.startedAtMs = performance.now();
    this.#tally.startedCpuS = ownCpuS();
  }
}

type RunningTally = { -readonly [K in Exclude<keyof Tally, "wallS" | "loadCpuS">]: number } & {
  startedAtMs: number;
  startedCpuS: number;
};

function newTally(): RunningTally {
  return {
    bytes: 0,
    messages: 0,
    registers: 0,
    leaves: 0,
    acks: 0,
    refusals: 0,
    startedAtMs: performance.now(),
    startedCpuS: ownCpuS(),
  };
}

function ownCpuS(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Waits for a moment: by a timer, and for the last of it by turns of the event loop, which go on reading. */
async function momentOf(atMs: number): Promise<void> {
  const left = atMs - performance.now();
  if (left > TIMER_MS) await Bun.sleep(left - TIMER_MS);
  while (performance.now() < atMs) await new Promise<void>((resolve) => setImmediate(resolve));
}
