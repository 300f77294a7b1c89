/** The people of `bench here`: another process, so that they take no time of the server's. */
import { SUBPROTOCOL_V3 } from "../../protocol/version.ts";

/** How people are spread over rooms, and how much each of them writes. */
export const ROOM_PEOPLE = 50;
export const WRITES_EVERY_S = 30;
const OPENING_AT_ONCE = 50;
const OPENED_WITHIN_MS = 20_000;

/** What the crowd is told, one line of JSON each. */
export type CrowdOrder =
  | { readonly do: "gather"; readonly people: number }
  | { readonly do: "talk"; readonly ms: number };

/** What it answers to each, one line of JSON. */
export interface CrowdReport {
  /** How many people are connected. */
  readonly people: number;
  /** How long the messages took from their sending to their acknowledgement, in ms, shortest first. */
  readonly latencies: readonly number[];
  /** Messages that were refused, or not acknowledged by the end. */
  readonly lost: number;
  /** What the crowd itself has taken of one core, from 0 to 1 or more. */
  readonly cpuShare: number;
}

const BunSocket = WebSocket as unknown as new (url: string, options: Bun.WebSocketOptions) => WebSocket;

/** Obeys orders from standard input until that ends. @param socketUrl of the main room, with a slash at its end */
export async function runCrowd(socketUrl: string): Promise<void> {
  const crowd = new Crowd(socketUrl);
  for await (const line of console) {
    const order: CrowdOrder = JSON.parse(line);
    const cpu = process.cpuUsage();
    const begunAt = performance.now();
    const talk = order.do === "gather" ? await crowd.gather(order.people) : await crowd.talk(order.ms);
    const { user, system } = process.cpuUsage(cpu);
    const cpuShare = (user + system) / 1000 / (performance.now() - begunAt);
    const report: CrowdReport = { ...talk, people: crowd.size, cpuShare };
    process.stdout.write(`${JSON.stringify(report)}\n`);
  }
}

type Talk = Pick<CrowdReport, "latencies" | "lost">;
const SILENCE: Talk = { latencies: [], lost: 0 };

class Crowd {
  readonly #url: string;
  readonly #people = new Set<Person>();
  #made = 0;

  constructor(url: string) {
    this.#url = url;
  }

  get size(): number {
    return this.#people.size;
  }

  /** Lets people come until there are so many, as far as they get in. */
  async gather(people: number): Promise<Talk> {
    const until = performance.now() + OPENED_WITHIN_MS;
    while (this.size < people && performance.now() < until) {
      const before = this.size;
      const coming = Array.from({ length: Math.min(OPENING_AT_ONCE, people - before) }, () => this.#come());
      await Promise.all(coming);
      if (this.size === before) break;
    }
    return SILENCE;
  }

  /** Lets everybody write in turn, as often as people do. */
  async talk(ms: number): Promise<Talk> {
    const people = [...this.#people];
    const everyMs = (WRITES_EVERY_S * 1000) / people.length;
    const begunAt = performance.now();
    const latencies: number[] = [];
    const writing: Promise<number | null>[] = [];
    for (let next = 0; performance.now() - begunAt < ms; await Bun.sleep(2)) {
      // However late this loop is, the rate stays.
      for (const due = (performance.now() - begunAt) / everyMs; next < due; next++) {
        const person = people[(next * ROOM_PEOPLE + Math.floor(next / people.length)) % people.length];
        if (person !== undefined) writing.push(person.write(ms));
      }
    }
    for (const latency of await Promise.all(writing)) if (latency !== null) latencies.push(latency);
    return { latencies: latencies.toSorted((a, b) => a - b), lost: writing.length - latencies.length };
  }

  async #come(): Promise<void> {
    const at = this.#made++;
    const room = `${this.#url}rooms/bench-${Math.floor(at / ROOM_PEOPLE)}`;
    const person = new Person(room, `Person ${at}`, () => this.#people.delete(person));
    if (await person.isIn) this.#people.add(person);
  }
}

/** Somebody with a nickname in a room. */
class Person {
  /** Whether they got in. */
  readonly isIn: Promise<boolean>;
  readonly #socket: WebSocket;
  #acknowledged: ((isDone: boolean) => void) | null = null;

  constructor(room: string, name: string, left: () => void) {
    const entered = Promise.withResolvers<boolean>();
    this.isIn = entered.promise;
    // Compression would cost this process more than it costs the server.
    const options: Bun.WebSocketOptions = { protocols: [SUBPROTOCOL_V3], perMessageDeflate: false };
    const socket = new BunSocket(room, options);
    socket.onopen = () => socket.send(JSON.stringify({ type: "name", name }));
    socket.onmessage = ({ data }) => {
      const text = String(data);
      // Most frames are others' words; only the own answers need a look.
      if (text.includes('"type":"name"')) entered.resolve(text.includes('"status":true'));
      if (this.#acknowledged !== null && text.includes('"type":"send"'))
        this.#acknowledged(text.includes('"status":true'));
    };
    socket.onclose = () => {
      entered.resolve(false);
      this.#acknowledged?.(false);
      left();
    };
    this.#socket = socket;
  }

  /** Writes a message. @returns how long its acknowledgement took, in ms; null if none came in time */
  async write(withinMs: number): Promise<number | null> {
    if (this.#acknowledged !== null) return null;
    const begunAt = performance.now();
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#acknowledged = resolve;
    this.#socket.send(
      JSON.stringify({ type: "send", content: "Some words, as long as people write them in a chat." }),
    );
    const timer = setTimeout(() => resolve(false), withinMs);
    const isDone = await promise;
    clearTimeout(timer);
    this.#acknowledged = null;
    return isDone ? performance.now() - begunAt : null;
  }
}
