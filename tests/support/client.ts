/** A chat client for tests, over the `ws` package: it queues what arrives, so that awaiting a frame never misses one. */

import { expect } from "bun:test";
import { dirname, join } from "node:path";
import type { WebSocket as Socket } from "ws";
import { SUBPROTOCOL_V3 } from "../../src/protocol/version.ts";

// Under Bun the bare name `ws` is Bun's own stand-in. The tests want the package, a client that shares no code with
// the server, so it is loaded by its file.
export const ws: typeof import("ws") = await import(
  join(dirname(Bun.resolveSync("ws/package.json", import.meta.dir)), "wrapper.mjs")
);

/** A frame of the server, parsed. Its text is kept by {@link ChatClient.nextText}. */
export type Frame = {
  readonly type?: unknown;
  readonly action?: unknown;
  readonly datatype?: unknown;
  readonly name?: unknown;
  readonly username?: unknown;
  readonly commands?: unknown;
  readonly tokens?: unknown;
  readonly notices?: unknown;
  readonly backup?: unknown;
  readonly secret?: unknown;
  readonly oldname?: unknown;
  readonly newname?: unknown;
  readonly content?: unknown;
  readonly status?: unknown;
  readonly reason?: unknown;
  readonly error?: unknown;
  readonly need?: unknown;
  readonly retry?: unknown;
  readonly timestamp?: unknown;
  readonly data?: unknown;
  readonly session?: unknown;
  readonly ref?: unknown;
  readonly id?: unknown;
  readonly time?: unknown;
  readonly by?: unknown;
  readonly of?: unknown;
  readonly emoji?: unknown;
  readonly on?: unknown;
  readonly count?: unknown;
  readonly reply?: unknown;
  readonly role?: unknown;
  readonly names?: unknown;
  readonly expires?: unknown;
  readonly settings?: unknown;
  readonly hits?: unknown;
  readonly list?: unknown;
  readonly announcements?: unknown;
  readonly messages?: unknown;
  readonly more?: unknown;
  readonly challenge?: unknown;
};

export type Message = { readonly name: string; readonly content: string; readonly timestamp: string };
export type History = { readonly messages: Message[]; readonly online: string[] };

export type ClientOptions = {
  headers?: Record<string, string>;
  protocols?: string[];
  /** Whether the JSON pings are queued too; false unless told. */
  pings?: boolean;
  /** The certificate to trust, in PEM. */
  ca?: string;
};

/** The server answered the upgrade with an HTTP status instead. */
export class UpgradeRefused extends Error {
  constructor(readonly status: number) {
    super(`the server refused the upgrade with ${status}`);
  }
}

const UNKNOWN_TYPE = '{"type":null,"status":false,"reason":"UnknownType"}';

export class ChatClient {
  /** Settles when the connection has ended; code 1006 means that no close frame came. */
  readonly closed: Promise<{ code: number; reason: string }>;
  /** How many WebSocket ping frames have come. */
  pingFrames = 0;
  readonly #socket: Socket;
  readonly #arrived: string[] = [];
  readonly #waiting: PromiseWithResolvers<string>[] = [];
  #ending: Error | undefined;
  /** How many frames were arrays; with a client of version 3, their elements are queued one by one. */
  batches = 0;

  /** The subprotocol that the server confirmed, empty for none. */
  get protocol(): string {
    return this.#socket.protocol;
  }

  private constructor(socket: Socket, keepPings: boolean) {
    this.#socket = socket;
    socket.on("message", (data) => this.#take(data.toString(), keepPings));
    socket.on("ping", () => this.pingFrames++);
    socket.on("error", () => {});
    this.closed = new Promise((resolve) => {
      socket.on("close", (code, reason) => {
        this.#ending = new Error(`the connection was closed with ${code}`);
        for (const waiter of this.#waiting.splice(0)) waiter.reject(this.#ending);
        resolve({ code, reason: reason.toString() });
      });
    });
  }

  /**
   * Connects.
   * @throws UpgradeRefused when the server answers with another status than 101
   */
  static async connect(url: string, options: ClientOptions = {}): Promise<ChatClient> {
    const socket = new ws.WebSocket(url, options.protocols ?? [], {
      headers: options.headers ?? {},
      ...(options.ca === undefined ? {} : { ca: options.ca }),
    });
    const client = new ChatClient(socket, options.pings ?? false);
    await new Promise<void>((resolve, reject) => {
      socket.once("open", () => resolve());
      socket.once("unexpected-response", (request, response) => {
        request.destroy();
        reject(new UpgradeRefused(response.statusCode ?? 0));
      });
      socket.once("error", reject);
    });
    return client;
  }

  /** Connects and registers. */
  static async registered(url: string, name: string, options: ClientOptions = {}): Promise<ChatClient> {
    const client = await ChatClient.connect(url, options);
    await client.register(name);
    return client;
  }

  /** Sends a value as JSON. */
  send(value: unknown): void {
    this.sendText(JSON.stringify(value));
  }

  /** Sends a text as a text frame, or bytes as a binary frame. */
  sendText(frame: string | Buffer): void {
    this.#socket.send(frame);
  }

  /** The text of the next frame. Rejects when the connection ends first. */
  nextText(): Promise<string> {
    const text = this.#arrived.shift();
    if (text !== undefined) return Promise.resolve(text);
    if (this.#ending) return Promise.reject(this.#ending);
    const waiter = Promise.withResolvers<string>();
    this.#waiting.push(waiter);
    return waiter.promise;
  }

  /** The next frame. */
  async next(): Promise<Frame> {
    return parseFrame(await this.nextText());
  }

  /** The next frame for which `matches` holds; those before it are dropped. */
  async nextWhere(matches: (frame: Frame) => boolean): Promise<Frame> {
    for (;;) {
      const frame = await this.next();
      if (matches(frame)) return frame;
    }
  }

  /** Sends a value, and gives the text of the next frame. */
  ask(value: unknown): Promise<string> {
    this.send(value);
    return this.nextText();
  }

  /**
   * Checks that nothing is on its way to this client: the reply to a request sent now must be the next frame.
   * To expect the absence of an event, first await the reply to its cause.
   */
  async expectNothing(): Promise<void> {
    expect(await this.ask({ type: "marker" })).toBe(UNKNOWN_TYPE);
  }

  /** Registers a nickname, and gives the reply. */
  async register(name: string): Promise<Frame> {
    const reply = parseFrame(await this.ask({ type: "name", name }));
    expect(reply).toEqual({
      type: "name",
      action: "register",
      name,
      status: true,
      timestamp: expect.any(String),
    });
    return reply;
  }

  /** Sends a message, and gives the reply, which must be the next frame. */
  async say(content: string): Promise<Frame> {
    const reply = parseFrame(await this.ask({ type: "send", content }));
    expect(reply).toMatchObject({ type: "send", content, status: true });
    return reply;
  }

  /** Asks for history and roster; the reply must be the next frame. */
  async get(): Promise<History> {
    return historyOf(parseFrame(await this.ask({ type: "get" })));
  }

  /** Closes with a close frame, and resolves when the connection has ended. */
  async close(code = 1000): Promise<void> {
    this.#socket.close(code);
    await this.closed;
  }

  /** Drops the connection without a close frame. */
  terminate(): void {
    this.#socket.terminate();
  }

  [Symbol.dispose](): void {
    this.terminate();
  }

  #take(text: string, keepPings: boolean): void {
    if (this.protocol === SUBPROTOCOL_V3 && text.startsWith("[")) {
      this.batches++;
      const frames: unknown = JSON.parse(text);
      if (!Array.isArray(frames)) throw new Error(`no array: ${text}`);
      for (const frame of frames) this.#take(JSON.stringify(frame), keepPings);
      return;
    }
    if (!keepPings && text.startsWith('{"type":"ping"')) return;
    const waiter = this.#waiting.shift();
    if (waiter) waiter.resolve(text);
    else this.#arrived.push(text);
  }
}

/** The status with which the server refuses an upgrade, or 101 when it does not. */
export async function upgradeStatus(url: string, options: ClientOptions = {}): Promise<number> {
  try {
    using _client = await ChatClient.connect(url, options);
    return 101;
  } catch (error) {
    if (error instanceof UpgradeRefused) return error.status;
    throw error;
  }
}

/** Reads a frame, which must be a JSON object. */
export function parseFrame(text: string): Frame {
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null) throw new Error(`not an object: ${text}`);
  return value;
}

/** The text of a frame with a `T` in place of each timestamp that has the protocol's form. */
export function untimed(text: string): string {
  return text.replace(/"timestamp":"\d\d\/\d\d\/\d{4} \d\d:\d\d:\d\d"/g, '"timestamp":"T"');
}

/** The history and roster in the reply to a `get`. */
export function historyOf(reply: Frame): History {
  expect(reply).toMatchObject({ type: "get", status: true });
  const { data } = reply;
  if (typeof data !== "object" || data === null || !("message" in data) || !("online" in data)) {
    throw new Error("a get reply without message and online");
  }
  return { messages: parseMessages(data.message), online: parseNicknames(data.online) };
}

/** Reads an array of messages, as in a `get` reply or a history file. */
export function parseMessages(value: unknown): Message[] {
  if (!Array.isArray(value)) throw new Error("the messages are no array");
  return value.map((item: unknown) => {
    if (
      typeof item === "object" &&
      item !== null &&
      "name" in item &&
      "content" in item &&
      "timestamp" in item
    ) {
      const { name, content, timestamp } = item;
      if (typeof name === "string" && typeof content === "string" && typeof timestamp === "string") {
        return { name, content, timestamp };
      }
    }
    throw new Error(`not a message: ${JSON.stringify(item)}`);
  });
}

function parseNicknames(value: unknown): string[] {
  if (!Array.isArray(value)) throw new Error("the roster is no array");
  return value.map(String);
}
