import { dirname, join } from "node:path";
import type { WebSocketConstructor } from "../../../src/client/index.ts";
import { SUBPROTOCOL_V3 } from "../../../src/protocol/version.ts";

// Bun's own WebSocket, which it also gives for the bare name `ws`, cannot choose the address to connect from.
const { WebSocket }: typeof import("ws") = await import(
  join(dirname(Bun.resolveSync("ws/package.json", import.meta.dir)), "wrapper.mjs")
);

/** A room of a server on this machine. */
export interface Place {
  readonly port: number;
  readonly room: string;
}

/** A frame of the server, with those of its keys that are read. */
export interface Frame {
  readonly type?: unknown;
  readonly datatype?: unknown;
  readonly status?: unknown;
  readonly reason?: unknown;
  readonly error?: unknown;
  readonly content?: unknown;
  readonly ref?: unknown;
  readonly id?: unknown;
  readonly of?: unknown;
  readonly deleted?: unknown;
  readonly challenge?: unknown;
  readonly data?: unknown;
}

interface Listener {
  opened(): void;
  /** @param text of one frame, which in version 3 may be a batch: see {@link framesOf} */
  read(text: string): void;
  /** The connection has ended, or could not be made. */
  ended(): void;
}

export type Version = 2 | 3;

/** A connection to a room, from an address of its own. */
export class Line {
  readonly #socket: InstanceType<typeof WebSocket>;

  constructor(place: Place, from: string, version: Version, listener: Listener) {
    const protocols = version === 3 ? [SUBPROTOCOL_V3] : [];
    const socket = new WebSocket(addressOf(place), protocols, {
      localAddress: from,
      perMessageDeflate: false,
    });
    socket.on("open", () => listener.opened());
    socket.on("message", (data) => listener.read(data.toString()));
    socket.on("close", () => listener.ended());
    // The end follows.
    socket.on("error", () => {});
    this.#socket = socket;
  }

  send(request: object): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(request));
  }

  drop(): void {
    this.#socket.terminate();
  }
}

/** A connection of version 3 that asks one thing after another. */
export class Inquiry {
  readonly #line: Line;
  readonly #opened = Promise.withResolvers<void>();
  #ref = 0;
  #answer = Promise.withResolvers<Frame>();

  constructor(place: Place, from: string) {
    this.#line = new Line(place, from, 3, {
      opened: () => this.#opened.resolve(),
      read: (text) => {
        for (const frame of framesOf(text)) if (frame.ref === this.#ref) this.#answer.resolve(frame);
      },
      ended: () => {
        const error = new Error("The connection has ended.");
        this.#opened.reject(error);
        this.#answer.reject(error);
      },
    });
    // They reject later, when nobody may be waiting.
    for (const { promise } of [this.#opened, this.#answer]) promise.catch(() => {});
  }

  /** @returns the reply, be it a refusal. Rejects if the connection ends */
  async ask(request: object): Promise<Frame> {
    await this.#opened.promise;
    this.#answer = Promise.withResolvers<Frame>();
    this.#answer.promise.catch(() => {});
    this.#line.send({ ...request, ref: ++this.#ref });
    return await this.#answer.promise;
  }

  end(): void {
    this.#line.drop();
  }
}

export function addressOf({ port, room }: Place): string {
  return `ws://127.0.0.1:${port}/rooms/${room}`;
}

/** What the SDK connects with, to come from an address of its own. */
export function webSocketFrom(address: string): WebSocketConstructor {
  return class extends WebSocket {
    constructor(url: string, protocols?: string | string[]) {
      super(url, protocols, { localAddress: address });
    }
  };
}

/** The frames in a text; version 3 sends several as an array. */
export function framesOf(text: string): readonly Frame[] {
  const value: unknown = JSON.parse(text);
  return (Array.isArray(value) ? value : [value]).filter(isFrame);
}

export function isFrame(value: unknown): value is Frame {
  return typeof value === "object" && value !== null;
}

/** Unix milliseconds with fractions, which the processes of a run have in common. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}

/** Waits for a moment, if it is not over. */
export async function until(atMs: number): Promise<void> {
  await Bun.sleep(Math.max(0, atMs - now()));
}
