/** A chat without network or time: sockets that the test answers by hand, and a clock that it moves. */
import {
  Chat,
  type ChatEvent,
  type ChatOptions,
  type ChatStorage,
  type Environment,
} from "../../src/client/index.ts";

type Listener = (event: unknown) => void;
export type Request = Readonly<Record<string, unknown>>;

/** The server's end of one attempt to connect. */
export class FakeSocket {
  protocol = "";
  /** What the client sent and the test has not taken. */
  readonly requests: Request[] = [];
  /** The code with which the client closed; null when it gave none. */
  closedWith: number | null | undefined;
  readonly #listeners = new Map<string, Listener[]>();

  constructor(
    readonly url: string,
    readonly offer: readonly string[],
  ) {}

  addEventListener(type: string, listener: Listener): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
  }

  send(text: string): void {
    this.requests.push(JSON.parse(text));
  }

  close(code: number | null = null): void {
    this.closedWith = code;
  }

  /** The server takes the connection. */
  open(version: 2 | 3): this {
    this.protocol = version === 3 ? "classic-chatbox.v3" : "";
    this.#tell("open", {});
    return this;
  }

  welcome(session: string, more: object = {}): this {
    const limits = { name: 100, content: 4000, frame: 65_536, requests: null };
    return this.say({ type: "welcome", version: 3, room: "/", session, limits, ping: 5, retry: 0, ...more });
  }

  /** One WebSocket message: a frame, or an array of them. */
  say(frame: object): this {
    this.#tell("message", { data: JSON.stringify(frame) });
    return this;
  }

  /** The connection ends. */
  end(code = 1006, reason = ""): void {
    this.#tell("close", { code, reason });
  }

  /** The attempt fails, with what some platforms say of it. */
  fail(message?: string, code?: string): void {
    this.#tell("error", message === undefined ? {} : { message, error: { code } });
    this.end();
  }

  /** The attempt fails, and no more is said of it, as by the WebSocket of Node 22. */
  failAlone(): void {
    this.#tell("error", { message: "Received network error or non-101 status code." });
  }

  /** Takes the oldest request, without its `ref`. */
  take(): Request {
    const { ref: _, ...request } = this.#shift();
    return request;
  }

  /** Takes the oldest request and answers it. */
  answer(reply: object): Request {
    const { ref, ...request } = this.#shift();
    this.say({ type: request.type, ...reply, ref });
    return request;
  }

  /** Takes all requests, each with a function that answers it: in an order of the test's own. */
  takeAll(): { readonly request: Request; readonly answer: (reply: object) => void }[] {
    return this.requests.splice(0).map(({ ref, ...request }) => ({
      request,
      answer: (reply) => void this.say({ type: request.type, ...reply, ref }),
    }));
  }

  #shift(): Request {
    const request = this.requests.shift();
    if (!request) throw new Error("the client has asked for nothing");
    return request;
  }

  #tell(type: string, event: object): void {
    for (const listener of this.#listeners.get(type) ?? []) listener(event);
  }
}

/** A clock and a network that the test moves. */
export class FakeEnvironment implements Environment {
  time = 1_800_000_000_000;
  /** By how much somebody has set the clock. */
  setBy = 0;
  online = true;
  chance = 0.5;
  probe?: (url: string) => Promise<number>;
  #tell: (change: "online" | "offline" | "visible") => void = () => {};
  #timers: { at: number; run: () => void }[] = [];

  /** How many timers run. */
  get waiting(): number {
    return this.#timers.length;
  }

  now(): number {
    return this.time + this.setBy;
  }

  elapsed(): number {
    return this.time;
  }

  random(): number {
    return this.chance;
  }

  isOnline(): boolean {
    return this.online;
  }

  setTimer(run: () => void, waitMs: number): () => void {
    const timer = { at: this.time + waitMs, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((each) => each !== timer);
    };
  }

  watch(tell: (change: "online" | "offline" | "visible") => void): () => void {
    this.#tell = tell;
    return () => {
      this.#tell = () => {};
    };
  }

  change(change: "online" | "offline" | "visible"): void {
    if (change !== "visible") this.online = change === "online";
    this.#tell(change);
  }

  /** Lets time pass. */
  pass(ms: number): void {
    const end = this.time + ms;
    for (;;) {
      const next = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#timers = this.#timers.filter((each) => each !== next);
      this.time = Math.max(this.time, next.at);
      next.run();
    }
    this.time = end;
  }
}

/** A page's sessionStorage. */
export class FakeStorage implements ChatStorage {
  readonly items = new Map<string, string>();

  getItem(key: string): string | null {
    return this.items.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    this.items.set(key, value);
  }

  removeItem(key: string): void {
    this.items.delete(key);
  }
}

const TYPES = [
  "state",
  "welcome",
  "identified",
  "identity-refused",
  "named",
  "entered",
  "history",
  "sent",
  "message",
  "edited",
  "deleted",
  "reacted",
  "changed",
  "gap",
  "roster",
  "register",
  "change",
  "leave",
  "typing",
  "moderated",
  "waiting",
  "nickname-lost",
  "kept-out",
  "proving",
  "slowed",
  "outbox",
  "send-failed",
  "held",
  "change-failed",
] as const;

/** A chat, all its attempts to connect, and all it told. */
export class Stage {
  readonly environment: FakeEnvironment;
  readonly sockets: FakeSocket[] = [];
  readonly events: ChatEvent[] = [];
  readonly chat: Chat;

  constructor(
    options: ChatOptions = {},
    environment = new FakeEnvironment(),
    url: string | URL = "ws://chat.test/",
  ) {
    const { sockets } = this;
    this.environment = environment;
    class WebSocket extends FakeSocket {
      constructor(url: string, protocols: string | string[] = []) {
        super(url, [protocols].flat());
        sockets.push(this);
      }
    }
    this.chat = new Chat(url, { WebSocket, environment, ...options });
    for (const type of TYPES) this.chat.on(type, (event) => void this.events.push(event));
  }

  /** The newest attempt. */
  get socket(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (!socket) throw new Error("there was no attempt to connect");
    return socket;
  }

  /** The contents of the messages told so far. */
  get contents(): string[] {
    return this.events.flatMap((event) => (event.type === "message" ? [event.message.content] : []));
  }

  told<T extends ChatEvent["type"]>(type: T): Extract<ChatEvent, { type: T }>[] {
    return this.events.filter((event): event is Extract<ChatEvent, { type: T }> => event.type === type);
  }

  /** Goes from a new connection of version 3 into the room, as a new client. */
  enter(session = "S1", page: object = {}): FakeSocket {
    const { socket } = this;
    socket.open(3).welcome(session);
    socket.answer({ action: "register", name: "An", status: true, timestamp: "T", by: ME });
    socket.answer(pageReply([], page));
    return socket;
  }

  /** Loses the connection and makes a new one, up to its welcome. */
  comeBack(session: string, more: object = {}): FakeSocket {
    this.socket.end();
    this.chat.retryNow();
    return this.socket.open(3).welcome(session, more);
  }
}

/** The public id of the chat on the stage. */
export const ME = "an-an-an-an-an-1";
export const BINH = "binh-binh-binh-1";

/** A message of version 3 whose content is its id. */
export function message(id: number, name = "Bình"): object {
  return { name, content: String(id), timestamp: "T", id, time: id };
}

/** The event of such a message. */
export function messageEvent(id: number): object {
  return { type: "receive", datatype: "message", ...message(id) };
}

/** The reply to `get` or `resume`. */
export function pageReply(ids: readonly number[], more: object = {}): object {
  const data = { message: ids.map((id) => message(id)), online: ["Bình", "An"], more: false, ...more };
  return { status: true, name: "An", timestamp: "T", data };
}

/** The reply to a send that was stored. */
export function stored(content: unknown, id: number): object {
  return { name: "An", content, status: true, timestamp: "T", id, time: id };
}

/** The event of a change, whose time is its id. */
export function changeEvent(
  datatype: "edit" | "delete" | "react",
  of: number,
  id: number,
  more: object = {},
): object {
  return { type: "receive", datatype, of, by: BINH, ...more, id, time: id };
}

/** The reply to a change that was stored now. */
export function made({ of, content, emoji, on }: Request, id: number): object {
  return { of, content, emoji, on, count: 1, status: true, id, time: id };
}

/** Lets everything happen that only waits for promises. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

/** What a promise rejects with. */
export const caught = (promise: Promise<unknown>) => promise.catch((error: unknown) => error);

/** The refusal of what a room, or a moderator, does not permit. */
export function notPermitted(reason: string, more: object = {}): object {
  return { status: false, reason, error: `No: ${reason}.`, ...more };
}

export const UNKNOWN_SESSION = { status: false, reason: "UnknownSession" };
export const IN_USE = { action: "register", status: false, reason: "NameAlreadyUsed" };
export const REGISTERED = { action: "register", name: "An", status: true, timestamp: "T" };
