/** A TCP proxy between clients and the server that does what bad networks do, at random or on command. */
import { createConnection, createServer, type Server, type Socket } from "node:net";
import type { Random } from "./random.ts";

/** What is done to a connection, and how often it was done. */
export interface ProxyCounts {
  connections: number;
  /** Both sides reset at once. */
  cuts: number;
  /** The client's side reset, the server's kept. */
  halfOpen: number;
  /** Half-open connections whose last bytes arrived when the client was long gone. */
  lateWords: number;
  stalls: number;
  /** Requests that arrived and whose replies did not. */
  lostReplies: number;
  /** Cuts in the middle of what was being sent. */
  halves: number;
  /** Connections whose bytes came in small pieces. */
  pieces: number;
  refusals: number;
}

/** The mean time between two faults of one connection, in ms. */
const FAULT_EVERY_MS = 220;
const LONGEST_STALL_MS = 250;
const LONGEST_HALF_OPEN_MS = 700;
/** The share of connections whose bytes are delivered in pieces. */
const PIECES_SHARE = 0.3;
const LARGEST_PIECE_BYTES = 40;

const FAULTS = ["cut", "half-open", "half-open", "stall", "stall", "lose-replies", "half"] as const;

/** The proxy. Without a generator it does nothing by itself. */
export class FaultyProxy {
  readonly counts: ProxyCounts = {
    connections: 0,
    cuts: 0,
    halfOpen: 0,
    lateWords: 0,
    stalls: 0,
    lostReplies: 0,
    halves: 0,
    pieces: 0,
    refusals: 0,
  };
  readonly #server: Server;
  readonly #links = new Set<Link>();
  readonly #random: Random | null;
  readonly #tell: (fact: string) => void;
  #target = 0;
  #port = 0;
  #refusing = false;
  #calm: boolean;

  private constructor(random: Random | null, tell: (fact: string) => void) {
    this.#random = random;
    this.#tell = tell;
    this.#calm = random === null;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#accept(client));
  }

  /**
   * Listens on a free port of this machine.
   *
   * @param target the server's port
   * @param tell receives each fault, for the story of a test that failed
   */
  static async start(
    target: number,
    random: Random | null = null,
    tell: (fact: string) => void = () => {},
  ): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(random, tell);
    proxy.#target = target;
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    const address = proxy.#server.address();
    proxy.#port = typeof address === "object" && address !== null ? address.port : 0;
    return proxy;
  }

  get port(): number {
    return this.#port;
  }

  /** The WebSocket URL of a room, or of the main room. */
  url(room?: string): string {
    return `ws://127.0.0.1:${this.#port}/${room === undefined ? "" : `rooms/${room}`}`;
  }

  /** Connections that a client or the server still has, oldest first. */
  get links(): readonly Link[] {
    return [...this.#links];
  }

  /** The server has another port now. */
  retarget(port: number): void {
    this.#target = port;
  }

  /** Whether new connections are reset at once. */
  refuse(refusing: boolean): void {
    this.#refusing = refusing;
  }

  /** Resets every connection. */
  cutAll(): void {
    for (const link of this.#links) link.cut();
  }

  /** No more faults: what is held back is delivered, half-open connections end, and everybody may connect. */
  calm(): void {
    this.#calm = true;
    this.#refusing = false;
    for (const link of this.#links) link.heal();
  }

  close(): void {
    this.#server.close();
    for (const link of this.#links) link.destroy();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #accept(client: Socket): void {
    if (this.#refusing) {
      this.counts.refusals++;
      client.on("error", () => {});
      client.resetAndDestroy();
      return;
    }
    const number = ++this.counts.connections;
    const server = createConnection({
      host: "127.0.0.1",
      port: this.#target,
      allowHalfOpen: true,
      noDelay: true,
    });
    const tell = (fact: string) => this.#tell(`link ${number}: ${fact}`);
    const link = new Link(client, server, this.counts, tell, () => this.#links.delete(link));
    this.#links.add(link);
    if (this.#random !== null && !this.#calm) link.suffer(this.#random.fork(`link ${number}`));
  }
}

/** One client's connection through the proxy. */
export class Link {
  readonly #client: Socket;
  readonly #server: Socket;
  /** From the client to the server, and back. */
  readonly up: Pipe;
  readonly down: Pipe;
  readonly #counts: ProxyCounts;
  readonly #tell: (fact: string) => void;
  readonly #ended: () => void;
  #timers = new Set<Timer>();
  #isHalfOpen = false;
  #isOver = false;

  constructor(
    client: Socket,
    server: Socket,
    counts: ProxyCounts,
    tell: (fact: string) => void,
    ended: () => void,
  ) {
    this.#client = client;
    this.#server = server;
    this.#counts = counts;
    this.#tell = tell;
    this.#ended = ended;
    this.up = new Pipe(client, server);
    this.down = new Pipe(server, client);
    // An error is always followed by a close.
    client.on("error", () => {});
    server.on("error", () => {});
    client.on("close", () => {
      if (!this.#isHalfOpen) this.#end();
    });
    server.on("close", () => this.#end());
  }

  get isHalfOpen(): boolean {
    return this.#isHalfOpen;
  }

  /** Resets both sides. What is held back is lost. */
  cut(): void {
    if (this.#isOver) return;
    this.#counts.cuts++;
    this.#tell("cut");
    this.destroy();
  }

  /** Resets the client's side only. The server does not notice, and later receives what was held back. */
  resetClient(): void {
    if (this.#isHalfOpen || this.#isOver) return;
    this.#counts.halfOpen++;
    this.#tell(`half-open, with ${this.up.heldBytes} bytes to come`);
    this.#isHalfOpen = true;
    this.down.sink();
    this.#client.resetAndDestroy();
  }

  /** Delivers everything that is held back, and holds nothing back from then on. Ends a half-open connection. */
  heal(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    if (this.#isHalfOpen && this.up.heldBytes > 0) this.#speakLate();
    this.up.flow();
    this.down.flow();
    if (this.#isHalfOpen) this.#server.end();
  }

  destroy(): void {
    this.#end();
    this.#client.resetAndDestroy();
    this.#server.resetAndDestroy();
  }

  /** Causes faults on this connection, until it is healed or over. */
  suffer(random: Random): void {
    if (random.chance(PIECES_SHARE)) {
      this.#counts.pieces++;
      this.up.cutInPieces(random.fork("up"));
      this.down.cutInPieces(random.fork("down"));
    }
    this.#later(random.waitMs(FAULT_EVERY_MS), () => this.#fault(random));
  }

  #fault(random: Random): void {
    const fault = random.pick(FAULTS);
    const waitMs = random.integer(1, LONGEST_STALL_MS);
    switch (fault) {
      case "cut":
        this.cut();
        break;
      case "half-open":
        this.#leaveHalfOpen(random, random.chance(0.7) ? waitMs : 0);
        break;
      case "stall":
        this.#stall(random, waitMs);
        break;
      case "lose-replies":
        this.#counts.lostReplies++;
        this.#tell(`replies lost for ${waitMs} ms`);
        this.down.hold();
        if (random.chance(0.5)) this.#later(waitMs, () => this.cut());
        else this.#later(waitMs, () => this.#leaveHalfOpen(random, 0));
        break;
      case "half": {
        const pipe = random.chance(0.7) ? this.up : this.down;
        pipe.deliverPart(random.next(), () => {
          this.#counts.halves++;
          this.#tell("cut in the middle");
          if (random.chance(0.5)) this.cut();
          else this.resetClient();
        });
        this.#later(LONGEST_STALL_MS + LONGEST_HALF_OPEN_MS, () =>
          this.#isHalfOpen ? this.destroy() : this.cut(),
        );
        break;
      }
    }
  }

  /** Resets the client's side, and only later delivers the client's last bytes. */
  #leaveHalfOpen(random: Random, holdMs: number): void {
    const lateMs = random.integer(1, LONGEST_HALF_OPEN_MS);
    const stayMs = random.integer(1, LONGEST_HALF_OPEN_MS);
    if (holdMs > 0) this.up.hold();
    this.#later(holdMs, () => {
      this.resetClient();
      this.#later(lateMs, () => {
        if (this.up.heldBytes > 0) this.#speakLate();
        this.up.flow();
        this.#later(stayMs, () => this.destroy());
      });
    });
  }

  #speakLate(): void {
    this.#counts.lateWords++;
    this.#tell(`half-open: ${this.up.heldBytes} bytes arrive late`);
  }

  #stall(random: Random, waitMs: number): void {
    const pipes = random.pick([[this.up], [this.down], [this.up, this.down]]);
    this.#counts.stalls++;
    this.#tell(`stalled for ${waitMs} ms`);
    for (const pipe of pipes) pipe.hold();
    this.#later(waitMs, () => {
      for (const pipe of pipes) pipe.flow();
      this.#later(random.waitMs(FAULT_EVERY_MS), () => this.#fault(random));
    });
  }

  #later(waitMs: number, run: () => void): void {
    if (this.#isOver) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      run();
    }, waitMs);
    this.#timers.add(timer);
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    // The other side sees the end as well; what has arrived by then is still delivered.
    if (!this.up.isHolding) this.#server.destroySoon();
    else this.#server.destroy();
    if (!this.down.isHolding) this.#client.destroySoon();
    else this.#client.destroy();
    this.#ended();
  }
}

/** One direction of a connection. */
export class Pipe {
  readonly #target: Socket;
  #held: Buffer[] = [];
  #state: "flowing" | "holding" | "sunk" = "flowing";
  #sourceEnded = false;
  #pieces: Random | null = null;
  /** Pieces that are still to be delivered, one a turn. */
  #delivering = false;
  #part: { readonly share: number; readonly then: () => void } | null = null;

  constructor(source: Socket, target: Socket) {
    this.#target = target;
    source.on("data", (bytes: string | Buffer) => {
      if (this.#state === "sunk") return;
      this.#held.push(Buffer.from(bytes));
      this.#pump();
    });
    source.on("end", () => {
      this.#sourceEnded = true;
      this.#pump();
    });
  }

  /** What has come and was not delivered. */
  get heldBytes(): number {
    return this.#held.reduce((bytes, each) => bytes + each.length, 0);
  }

  get isHolding(): boolean {
    return this.#state === "holding";
  }

  /** Delivers nothing from now on. */
  hold(): void {
    if (this.#state === "flowing") this.#state = "holding";
  }

  /** Delivers what was held back, and everything from then on. */
  flow(): void {
    if (this.#state !== "holding") return;
    this.#state = "flowing";
    this.#pump();
  }

  /** Loses everything from now on. */
  sink(): void {
    this.#state = "sunk";
    this.#held = [];
  }

  cutInPieces(random: Random): void {
    this.#pieces = random;
  }

  /** Delivers a share of what comes next, and calls `then` instead of delivering the rest. */
  deliverPart(share: number, then: () => void): void {
    this.#part = { share, then };
  }

  #pump(): void {
    if (this.#state !== "flowing" || this.#delivering) return;
    const next = this.#held.shift();
    if (next === undefined) {
      if (this.#sourceEnded) this.#target.end();
    } else if (this.#part !== null) this.#deliverPart(next, this.#part);
    else if (this.#pieces !== null) this.#deliverPiece(next, this.#pieces);
    else {
      this.#target.write(next);
      this.#pump();
    }
  }

  #deliverPart(next: Buffer, { share, then }: { share: number; then: () => void }): void {
    this.#part = null;
    this.#state = "sunk";
    this.#held = [];
    // The reset that follows must not overtake it.
    this.#target.write(next.subarray(0, Math.floor(next.length * share)), () => setImmediate(then));
  }

  #deliverPiece(next: Buffer, random: Random): void {
    // A large page in tiny pieces would take too long.
    const most = Math.max(LARGEST_PIECE_BYTES, next.length >> 3);
    const bytes = Math.min(next.length, random.integer(1, most));
    if (bytes < next.length) this.#held.unshift(next.subarray(bytes));
    this.#delivering = true;
    this.#target.write(next.subarray(0, bytes), () =>
      setImmediate(() => {
        this.#delivering = false;
        this.#pump();
      }),
    );
  }
}
