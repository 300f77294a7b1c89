import type { Activity } from "./attack/attack.ts";
import { Client, type Host, requestFrame } from "./client.ts";
import { ownCpuS } from "./counts.ts";
import { momentOf } from "./moment.ts";
import type { WireForm } from "./orders.ts";
import type { ReplyKind } from "./scanner.ts";

const TALKERS = 10;
const LISTENERS = 10;
/** How often a message is sent, by each of the talkers in turn. */
const TALK_EVERY_MS = 100;
const NEWCOMER_EVERY_MS = 500;
const GET_EVERY_MS = 1000;
/** How many empty rooms somebody tries to enter, and how long before the end. */
const ROOMS = 20;
const ROOMS_BEFORE_END_MS = 1000;
/** How long to wait at the end for pending answers; an answer that has not arrived then has taken at least this long. */
const PATIENCE_MS = 5000;
const LOOK_EVERY_MS = 20;
/** How soon a client comes back that was turned away, or lost its connection. */
const BACK_AFTER_MS = 250;
/** The bandwidth of one of the listeners: 20 Mbit/s. */
const SLOW_BYTES_PER_MS = 2500;
/** How much each talks before anything is measured. */
const WARM_UP_MESSAGES = 5;
const WARM_UP_WITHIN_MS = 60_000;

/** What innocent clients experienced while a server was attacked. Times are in milliseconds, from the planned moment on. */
export interface Watched {
  /** From the moment at which a message was due until it was answered; in the order in which they were planned. */
  readonly answerMs: readonly number[];
  /** Messages that were refused. */
  readonly refused: number;
  /** Messages that had not been answered at the end. */
  readonly unanswered: number;
  readonly innocents: number;
  /** How many of them lost their connection. */
  readonly disconnected: number;
  readonly newcomers: number;
  /** Newcomers that could not join. */
  readonly turnedAway: number;
  /** The longest time that one took to join. */
  readonly newcomerMaxMs: number;
  readonly gets: number;
  readonly getsAnswered: number;
  /** Empty rooms, and how many of them somebody could enter. */
  readonly rooms: number;
  readonly roomsEntered: number;
  /** CPU seconds of the innocent clients' process. */
  readonly loadCpuS: number;
  /** How many nicknames the room had at the end; null if nobody looked. */
  readonly roster: number | null;
}

/** A request, with a callback that gets whether it was accepted. */
interface Asked {
  readonly frame: Buffer;
  readonly answered: (isAccepted: boolean, text: Buffer) => void;
}

interface Role {
  readonly name: string;
  readonly from: string;
  readonly form: WireForm;
  readonly room?: string;
  /** The fastest that it reads. */
  readonly bytesPerMs?: number;
}

/** A client with its own address, which reconnects when the connection is lost, and repeats its requests. */
class Innocent implements Host {
  readonly port: number;
  readonly form: WireForm;
  readonly from: string;
  readonly #name: string;
  readonly #bytesPerMs: number | null;
  readonly #client: Client;
  /** Requests without an answer, the oldest first. */
  #asked: Asked[] = [];
  #comings = 0;
  #hasLeft = false;
  isIn = false;
  losses = 0;

  constructor(port: number, { name, from, form, room, bytesPerMs }: Role) {
    this.port = port;
    this.form = form;
    this.from = from;
    this.#name = name;
    this.#bytesPerMs = bytesPerMs ?? null;
    this.#client = new Client(this, name, room ?? null);
  }

  get awaited(): number {
    return this.#asked.length;
  }

  come(): void {
    this.#client.dial();
  }

  leave(): void {
    this.#hasLeft = true;
    this.#client.drop();
  }

  /** Sends the request now, or as soon as the client has joined. */
  ask(request: object, answered: Asked["answered"]): void {
    const asked = { frame: requestFrame(this.form, JSON.stringify(request)), answered };
    this.#asked.push(asked);
    if (this.isIn) this.#client.write(asked.frame);
  }

  read(bytes: number): void {
    if (this.#bytesPerMs !== null) this.#client.rest(bytes / this.#bytesPerMs);
  }

  opened(client: Client): void {
    // The nickname of the lost connection may still be in use.
    const name = this.#comings++ === 0 ? this.#name : `${this.#name} ${this.#comings}`;
    client.write(requestFrame(this.form, JSON.stringify({ type: "name", name })));
  }

  heard(): void {}

  replied(client: Client, kind: ReplyKind, isAccepted: boolean, text: Buffer): void {
    if (kind === "name") {
      if (isAccepted) this.#entered(client);
      else this.#giveUp(client);
    } else this.#asked.shift()?.answered(isAccepted, text);
  }

  #entered(client: Client): void {
    this.isIn = true;
    for (const { frame } of this.#asked) client.write(frame);
  }

  #giveUp(client: Client): void {
    client.drop();
    this.lost();
  }

  lost(): void {
    if (this.isIn) this.losses++;
    this.isIn = false;
    if (this.#hasLeft) return;
    setTimeout(() => {
      if (!this.#hasLeft) this.come();
    }, BACK_AFTER_MS);
  }
}

/** A client that connects, and leaves as soon as the server has welcomed it. */
class Newcomer implements Host {
  readonly port: number;
  readonly form = "v3";
  readonly from: string;
  readonly #client: Client;
  readonly #cameAtMs = performance.now();
  /** From its connect to its welcome; null before, and if it was turned away. */
  tookMs: number | null = null;
  isSettled = false;

  constructor(port: number, from: string, room?: string) {
    this.port = port;
    this.from = from;
    this.#client = new Client(this, "", room ?? null);
    this.#client.dial();
  }

  get waitedMs(): number {
    return this.tookMs ?? performance.now() - this.#cameAtMs;
  }

  opened(client: Client): void {
    this.tookMs = performance.now() - this.#cameAtMs;
    this.isSettled = true;
    client.drop();
  }

  lost(): void {
    this.isSettled = true;
  }

  read(): void {}
  heard(): void {}
  replied(): void {}

  leave(): void {
    this.#client.drop();
  }
}

/** Innocent clients: they take turns talking, listen, join, and record what happens to them. */
export class Innocents {
  readonly #port: number;
  readonly #talkers: readonly Innocent[];
  readonly #listeners: readonly Innocent[];
  readonly #others: Innocent[] = [];

  constructor(port: number) {
    this.#port = port;
    this.#talkers = Array.from({ length: TALKERS }, (_, at) => this.#innocent("talker", 1, at));
    this.#listeners = Array.from({ length: LISTENERS }, (_, at) => this.#innocent("listener", 2, at));
  }

  /** All clients join, and each talker sends a little, so that the first messages of a server are not measured. */
  async gather(): Promise<void> {
    for (const each of this.#stayers()) each.come();
    await until(() => this.#stayers().every(({ isIn }) => isIn), WARM_UP_WITHIN_MS, "the innocents to join");
    for (let i = 0; i < WARM_UP_MESSAGES; i++) {
      for (const talker of this.#talkers) talker.ask(send(0), () => {});
      await until(() => this.#awaited() === 0, WARM_UP_WITHIN_MS, "the first messages to arrive");
    }
  }

  /** @param seconds how long there are new messages, newcomers and gets */
  async watch(seconds: number, activities: readonly Activity[]): Promise<Watched> {
    const startMs = performance.now();
    const startedCpuS = ownCpuS();
    const endMs = startMs + seconds * 1000;
    const talk = this.#talk(startMs, endMs);
    const newcomers = this.#newcomers(startMs, endMs);
    const gets = activities.includes("gets") ? this.#gets(startMs, endMs) : null;
    const rooms = activities.includes("rooms") ? this.#enterRooms(endMs - ROOMS_BEFORE_END_MS) : null;
    await momentOf(endMs);
    const loadCpuS = ownCpuS() - startedCpuS;
    const roster = activities.includes("roster") ? await this.#roster() : null;
    const came = await newcomers;
    const entered = (await rooms) ?? [];
    const isSettled = () => this.#awaited() === 0 && [...came, ...entered].every((each) => each.isSettled);
    await until(isSettled, PATIENCE_MS);
    const talked = await talk;
    const asked = await gets;
    const now = performance.now();
    for (const each of [...came, ...entered]) each.leave();
    return {
      answerMs: talked.map(({ plannedAtMs, answeredAtMs }) => (answeredAtMs ?? now) - plannedAtMs),
      refused: talked.filter(({ isAccepted }) => isAccepted === false).length,
      unanswered: talked.filter(({ isAccepted }) => isAccepted === null).length,
      innocents: this.#stayers().length,
      disconnected: this.#stayers().filter(({ losses }) => losses > 0).length,
      newcomers: came.length,
      turnedAway: came.filter(({ tookMs }) => tookMs === null).length,
      newcomerMaxMs: Math.max(0, ...came.map(({ waitedMs }) => waitedMs)),
      gets: asked?.length ?? 0,
      getsAnswered: asked?.filter(({ isAccepted }) => isAccepted === true).length ?? 0,
      rooms: entered.length,
      roomsEntered: entered.filter(({ tookMs }) => tookMs !== null).length,
      loadCpuS,
      roster,
    };
  }

  scatter(): void {
    for (const each of [...this.#stayers(), ...this.#others]) each.leave();
  }

  #innocent(kind: string, net: number, at: number): Innocent {
    const form = at % 2 === 0 ? "v2" : "v3-deflate";
    const isSlow = kind === "listener" && at === 0;
    return new Innocent(this.#port, {
      name: `${kind} ${at}`,
      from: `127.0.${net}.${at + 1}`,
      form,
      ...(isSlow && { bytesPerMs: SLOW_BYTES_PER_MS }),
    });
  }

  #stayers(): Innocent[] {
    return [...this.#talkers, ...this.#listeners];
  }

  #awaited(): number {
    return [...this.#stayers(), ...this.#others].reduce((sum, { awaited }) => sum + awaited, 0);
  }

  /** The talkers send one after another, whether or not earlier messages have been answered. */
  async #talk(startMs: number, endMs: number): Promise<readonly Question[]> {
    const all: Question[] = [];
    for (let at = 0; startMs + at * TALK_EVERY_MS < endMs; at++) {
      const plannedAtMs = startMs + at * TALK_EVERY_MS;
      await momentOf(plannedAtMs);
      const talker = this.#talkers[at % this.#talkers.length];
      if (talker !== undefined) all.push(question(talker, send(at), plannedAtMs));
    }
    return all;
  }

  async #newcomers(startMs: number, endMs: number): Promise<readonly Newcomer[]> {
    const all: Newcomer[] = [];
    for (let at = 0; startMs + at * NEWCOMER_EVERY_MS < endMs; at++) {
      await Bun.sleep(Math.max(0, startMs + at * NEWCOMER_EVERY_MS - performance.now()));
      all.push(new Newcomer(this.#port, `127.0.3.${at + 1}`));
    }
    return all;
  }

  async #gets(startMs: number, endMs: number): Promise<readonly Question[]> {
    const reader = await this.#join({ name: "reader", from: "127.0.4.1", form: "v2" });
    const all: Question[] = [];
    for (let atMs = startMs + GET_EVERY_MS / 2; atMs < endMs; atMs += GET_EVERY_MS) {
      await Bun.sleep(Math.max(0, atMs - performance.now()));
      all.push(question(reader, { type: "get" }, atMs));
    }
    return all;
  }

  async #enterRooms(atMs: number): Promise<readonly Newcomer[]> {
    await momentOf(atMs);
    return Array.from({ length: ROOMS }, (_, at) => new Newcomer(this.#port, "127.0.5.1", `quiet-${at}`));
  }

  /** How many nicknames the main room has; null if that cannot be found out. */
  async #roster(): Promise<number | null> {
    const looker = await this.#join({ name: "looker", from: "127.0.6.1", form: "v3" });
    let names: number | null = null;
    looker.ask({ type: "get", limit: 1 }, (_isAccepted, text) => {
      names = rosterSize(text.toString());
    });
    await until(() => looker.awaited === 0, PATIENCE_MS);
    return names;
  }

  async #join(role: Role): Promise<Innocent> {
    const another = new Innocent(this.#port, role);
    this.#others.push(another);
    another.come();
    return another;
  }
}

interface Question {
  readonly plannedAtMs: number;
  answeredAtMs: number | null;
  isAccepted: boolean | null;
}

function question(innocent: Innocent, request: object, plannedAtMs: number): Question {
  const asked: Question = { plannedAtMs, answeredAtMs: null, isAccepted: null };
  innocent.ask(request, (isAccepted) => {
    asked.answeredAtMs = performance.now();
    asked.isAccepted = isAccepted;
  });
  return asked;
}

function send(at: number): object {
  return { type: "send", content: `what somebody says, ${at}` };
}

/** @param text of a reply, or of a batch that contains one */
function rosterSize(text: string): number | null {
  const online = /"online":(\[(?:"(?:[^"\\]|\\.)*",?)*\])/.exec(text)?.[1];
  if (online === undefined) return null;
  const names: unknown = JSON.parse(online);
  return Array.isArray(names) ? names.length : null;
}

/** @param what if given, not reaching it in time is an error */
async function until(isReached: () => boolean, withinMs: number, what?: string): Promise<void> {
  const untilMs = performance.now() + withinMs;
  while (!isReached()) {
    if (performance.now() > untilMs) {
      if (what === undefined) return;
      throw new Error(`It took too long for ${what}.`);
    }
    await Bun.sleep(LOOK_EVERY_MS);
  }
}
