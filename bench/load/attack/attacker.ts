import type { Socket } from "bun";
import { connectFrom } from "../client.ts";
import { ownCpuS } from "../counts.ts";
import { AnswerReader, type Answers, count, noAnswers } from "./answers.ts";
import type { Attack, Dial, End, Group, Stream } from "./attack.ts";
import { closeFrame } from "./frames.ts";

/** How often the attacker checks what is due. */
const TICK_MS = 5;
/** How many writes of a flood go to one connection in a row before others have their turn. */
const WRITES_IN_A_ROW = 16;
const CLOSE = closeFrame();

/** What an attack did, and what the server did with it. */
export interface AttackTally extends Answers {
  readonly wallS: number;
  /** CPU seconds of the attacker. */
  readonly loadCpuS: number;
  /** Attempts to connect. */
  dials: number;
  /** Attempts that did not result in a TCP connection. */
  failedDials: number;
  /** Bytes for the server that the system accepted. */
  sentBytes: number;
}

type Running = { -readonly [K in keyof AttackTally]: AttackTally[K] };

/** The target of an attack. */
export type Target = Pick<Dial, "port" | "asset">;

/** Attacks a server for the given time, then resets all connections. */
export async function attackFor(attack: Attack, target: Target, seconds: number): Promise<AttackTally> {
  const tally: Running = { ...noAnswers(), wallS: 0, loadCpuS: 0, dials: 0, failedDials: 0, sentBytes: 0 };
  const startedAtMs = performance.now();
  const startedCpuS = ownCpuS();
  const groups = attack.groups.map((group) => new RunningGroup(group, target, tally));
  const ticks = setInterval(() => {
    const now = performance.now();
    for (const group of groups) group.tick(now);
  }, TICK_MS);
  await Bun.sleep(seconds * 1000);
  clearInterval(ticks);
  for (const group of groups) group.stop();
  tally.wallS = (performance.now() - startedAtMs) / 1000;
  tally.loadCpuS = ownCpuS() - startedCpuS;
  return tally;
}

/** A group at work: it replaces connections that end, within its rate of dials. */
class RunningGroup {
  readonly #group: Group;
  readonly #target: Target;
  readonly #tally: Running;
  readonly #open = new Set<AttackConnection>();
  /** Places without a connection, with the last session of each. */
  readonly #places: { readonly place: number; readonly session: string }[];
  #dials = 0;
  #mayDial: number;
  #tickedAtMs = performance.now();

  constructor(group: Group, target: Target, tally: Running) {
    this.#group = group;
    this.#target = target;
    this.#tally = tally;
    this.#places = Array.from({ length: group.connections }, (_, place) => ({ place, session: "" }));
    this.#mayDial = group.dials.burst;
  }

  tick(now: number): void {
    const { perSecond, burst } = this.#group.dials;
    this.#mayDial = Math.min(burst, this.#mayDial + ((now - this.#tickedAtMs) / 1000) * perSecond);
    this.#tickedAtMs = now;
    for (const connection of this.#open) connection.tick(now);
    for (; this.#mayDial >= 1 && this.#places.length > 0; this.#mayDial--) this.#dial();
  }

  stop(): void {
    for (const connection of this.#open) connection.end("reset");
  }

  #dial(): void {
    const next = this.#places.shift();
    if (next === undefined) return;
    const { from } = this.#group;
    const number = this.#dials++;
    this.#tally.dials++;
    const dial = { ...this.#target, ...next, number };
    const connection = new AttackConnection(this.#group, dial, this.#tally, (session) => {
      this.#open.delete(connection);
      this.#places.push({ place: next.place, session });
    });
    this.#open.add(connection);
    connectFrom(from[number % from.length], this.#target.port, HANDLERS, connection).then(
      () => {},
      () => {
        this.#tally.failedDials++;
        this.#open.delete(connection);
        this.#places.push(next);
      },
    );
  }
}

/** One connection of an attacker. */
class AttackConnection {
  readonly #group: Group;
  readonly #dial: Dial;
  readonly #tally: Running;
  readonly #gone: (session: string) => void;
  readonly #reader: AnswerReader;
  #socket: Socket<AttackConnection> | null = null;
  /** What the system has not accepted. Nothing more is sent until it has. */
  #unsent: Buffer[] = [];
  #stream: Stream | null = null;
  #openedAtMs: number | null = null;
  #frames = 0;
  #isGone = false;

  constructor(group: Group, dial: Dial, tally: Running, gone: (session: string) => void) {
    this.#group = group;
    this.#dial = dial;
    this.#tally = tally;
    this.#gone = gone;
    this.#reader = new AnswerReader(tally);
  }

  connected(socket: Socket<AttackConnection>): void {
    if (this.#isGone) {
      socket.terminate();
      return;
    }
    socket.setNoDelay(true);
    this.#socket = socket;
    const { opening, greeting, goOn } = this.#group;
    if (opening !== null) this.#write(opening(this.#dial));
    // Otherwise it is open once the server has accepted the WebSocket.
    if (opening === null || (greeting === undefined && goOn === undefined)) this.#opened();
  }

  data(bytes: Buffer): void {
    if (this.#isGone) return;
    this.#reader.read(bytes);
    if (this.#group.end?.how === "first-byte") this.end("reset");
    else if (this.#reader.isOpen && this.#openedAtMs === null) this.#opened();
  }

  drained(): void {
    const waiting = this.#unsent;
    this.#unsent = [];
    for (const bytes of waiting) this.#write(bytes);
    this.#flood();
  }

  closed(): void {
    if (this.#isGone) return;
    if (this.#reader.isOpen || this.#group.opening === null)
      count(this.#tally.ends, String(this.#reader.closeCode ?? "cut"));
    this.#leave();
  }

  tick(now: number): void {
    if (this.#openedAtMs === null) return;
    const { end } = this.#group;
    const openMs = now - this.#openedAtMs;
    const stream = this.#stream;
    if (end !== undefined && openMs >= end.afterMs) this.end(end.how);
    else if (stream !== null && "frames" in stream) this.#sendDue(stream.frames, stream.perSecond, openMs);
  }

  end(how: End): void {
    if (this.#isGone) return;
    const socket = this.#socket;
    this.#leave();
    if (how === "close") {
      socket?.write(CLOSE);
      socket?.end();
    } else socket?.terminate();
  }

  #opened(): void {
    this.#openedAtMs = performance.now();
    const { greeting, goOn, reads } = this.#group;
    this.#stream = goOn?.(this.#dial) ?? null;
    for (const bytes of greeting?.(this.#dial) ?? []) this.#write(bytes);
    if (reads === false) this.#socket?.pause();
    this.#flood();
  }

  #sendDue(frames: readonly Buffer[], perSecond: number, openMs: number): void {
    const due = Math.floor((openMs / 1000) * perSecond);
    for (; this.#frames < due && this.#unsent.length === 0; this.#frames++) {
      const frame = frames[this.#frames % frames.length];
      if (frame !== undefined) this.#write(frame);
    }
    // Frames that could not be sent in time are skipped.
    this.#frames = Math.max(this.#frames, due);
  }

  #flood(): void {
    const stream = this.#stream;
    if (stream === null || !("flood" in stream) || this.#isGone) return;
    for (let i = 0; i < WRITES_IN_A_ROW && this.#unsent.length === 0; i++) this.#write(stream.flood);
    // Otherwise the system says when it accepts more.
    if (this.#unsent.length === 0) setImmediate(() => this.#flood());
  }

  #write(bytes: Buffer): void {
    if (this.#isGone) return;
    const taken = this.#unsent.length > 0 ? 0 : Math.max(0, this.#socket?.write(bytes) ?? 0);
    this.#tally.sentBytes += taken;
    if (taken < bytes.length) this.#unsent.push(bytes.subarray(taken));
  }

  #leave(): void {
    this.#isGone = true;
    this.#socket = null;
    this.#unsent = [];
    this.#gone(this.#reader.session);
  }
}

const HANDLERS = {
  open: (socket: Socket<AttackConnection>) => socket.data.connected(socket),
  data: (socket: Socket<AttackConnection>, bytes: Buffer) => socket.data.data(bytes),
  drain: (socket: Socket<AttackConnection>) => socket.data.drained(),
  close: (socket: Socket<AttackConnection>) => socket.data.closed(),
  // The close handler, or the rejection of the connect, follows.
  error: () => {},
  connectError: () => {},
};
