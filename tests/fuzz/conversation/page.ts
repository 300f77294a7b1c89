import {
  type AnyChange,
  applyChange,
  Chat,
  type ChatStorage,
  type Environment,
  type Message,
  type Socket,
} from "../../../src/client/index.ts";
import { lookalikeKey } from "../../../src/room/lookalike.ts";
import { ws } from "../../support/client.ts";
import type { Random } from "../../support/random.ts";
import { Hearing } from "./hearing.ts";
import { type Seen, seenOf } from "./history.ts";
import type { Outings } from "./sent-order.ts";
import type { Story } from "./story.ts";
import { markOf, type Origin, originOf } from "./text.ts";

type NetworkChange = "online" | "offline" | "visible";

export interface PageOptions {
  /** Gives the address of each connection. */
  readonly url: () => string;
  readonly room: string | undefined;
  readonly name: string;
  readonly storage: ReadonlyMap<string, string>;
  readonly random: Random;
  readonly story: Story;
  readonly label: string;
}

/**
 * One life of a browser page with a chat in it: it can lose its network, and it can be gone from one moment to the next,
 * as no `close()` of the SDK is. It keeps what the SDK told it.
 */
export class Page {
  readonly chat: Chat;
  readonly label: string;
  /** What is stored of the chat; the next page may begin with it. */
  readonly storage: Map<string, string>;
  readonly historyLimit: number;
  /** The first page of the history, and every message after it, as changes have left them. */
  readonly messages: Message[] = [];
  /** The ids of changes that were told. */
  readonly changeIds: number[] = [];
  /** How many of these were in the first page. */
  firstPage = 0;
  /** Whether the first page was told to be not all; null before it came. */
  more: boolean | null = null;
  /** The texts of the messages that were told to be one's own, as they were then. */
  readonly ownMarks = new Set<string>();
  /** The ids and times of the messages that were told to be somebody else's. */
  readonly #others = new Set<string>();
  /** How it first came in: whether by the session of the page before, and the last message of that moment. */
  entry: { readonly isResumed: boolean; readonly lastId: number; readonly pasts: number } | null = null;
  /**
   * How many backups had been put back when it saw its last message; null if there were fewer when the connection was made,
   * because what is slow to arrive may be of the history before.
   */
  pasts: number | null = 0;
  /** When its newest connection was made, in Unix ms, and how many backups had been put back. */
  openedAt = 0;
  #openedPasts = 0;
  /** Between its way into the room and the loss of the connection. */
  isInside = false;
  /** How often each key went out, and when it did last, in Unix ms. */
  readonly wired = new Map<string, { count: number; at: number }>();
  /** By what was sent. */
  readonly outings = new Map<Origin, Outings>();
  /** The code of the latest end of a connection. */
  lastClose: number | null = null;
  readonly #room: string | undefined;
  readonly #story: Story;
  readonly #random: Random;
  readonly #hearing: Hearing;
  readonly #sockets = new Set<PageSocket>();
  #watchers = new Set<(change: NetworkChange) => void>();
  #state: "live" | "offline" | "leaving" | "gone" = "live";

  constructor({ url, room, name, storage, random, story, label }: PageOptions) {
    this.label = label;
    this.#room = room;
    this.#story = story;
    this.#hearing = new Hearing(label, room, story);
    this.#random = random;
    this.storage = new Map(storage);
    this.historyLimit = random.pick([1, 5, 100, 1000]);
    const page = this;
    // The address is the chat's, whichever server takes the connection: by it the storage knows the chat.
    this.chat = new Chat("ws://chat.test/", {
      name,
      version: 3,
      storage: this.#chatStorage(),
      historyLimit: this.historyLimit,
      retryFirstMs: 20,
      retryMostMs: random.pick([30, 150]),
      environment: this.#environment(),
      WebSocket: class extends PageSocket {
        constructor(_address: string, protocols?: string | string[]) {
          super(page, url(), protocols);
        }
      },
    });
    this.#listen();
  }

  get view(): readonly Seen[] {
    return this.messages.map(seenOf);
  }

  /** Has what is shown now held against the order of what was stored. */
  audit(messages: readonly Message[] = this.messages): void {
    const { length } = this.#story.pasts;
    if (this.isGone || this.#story.isRestoring || length !== this.pasts || length !== this.#openedPasts)
      return;
    const seen = this.chat.position?.id ?? 0;
    for (const { id, time, content, edited } of messages)
      this.#story
        .ledger(this.#room)
        .shown(`${this.label} (its view)`, length, { id: id ?? 0, time, content, edited }, seen, "its view");
  }

  get mayConnect(): boolean {
    return this.#state === "live";
  }

  get isGone(): boolean {
    return this.#state === "gone";
  }

  /** Whether everything is told and nothing is left to be confirmed. */
  get isSettled(): boolean {
    return this.isInside && this.chat.outbox.length === 0 && this.chat.name !== null;
  }

  get isConnected(): boolean {
    return this.chat.state.kind === "open" && this.#sockets.size > 0;
  }

  /** The network is pulled, and plugged in again. */
  setOnline(isOnline: boolean, isNoticed: boolean): void {
    if (this.#state !== "live" && this.#state !== "offline") return;
    this.#state = isOnline ? "live" : "offline";
    for (const socket of this.#sockets) if (!isOnline || socket.isDeaf) socket.terminate();
    if (isNoticed) for (const tell of this.#watchers) tell(isOnline ? "online" : "offline");
  }

  /** What the server says is lost from now on, until the network is plugged in again. */
  deafen(): void {
    for (const socket of this.#sockets) socket.isDeaf = true;
  }

  /** The page has what connection it has, and makes no further ones. */
  stay(): void {
    this.#state = "leaving";
  }

  /** The page is gone; its connections end without a close frame, or with the one that browsers send. */
  vanish(isToldGoingAway: boolean): void {
    this.audit();
    this.#state = "gone";
    this.isInside = false;
    for (const socket of this.#sockets) isToldGoingAway ? socket.close(1001) : socket.terminate();
  }

  opened(socket: PageSocket): void {
    this.#sockets.add(socket);
    this.openedAt = Date.now();
    this.#openedPasts = this.#story.pasts.length;
    this.#hearing.opened();
  }

  ended(socket: PageSocket, code: number): void {
    this.#sockets.delete(socket);
    this.lastClose = code;
    this.#story.changed();
  }

  heard(text: string): void {
    this.#story.heard(text);
    this.#hearing.heard(text);
  }

  said(text: string): void {
    const request: unknown = JSON.parse(text);
    if (typeof request !== "object" || request === null || !("key" in request)) return;
    const key = String(request.key);
    const at = Date.now();
    this.wired.set(key, { count: (this.wired.get(key)?.count ?? 0) + 1, at });
    const isSend = "type" in request && request.type === "send" && "content" in request;
    const origin = isSend ? originOf(String(request.content)) : null;
    if (origin !== null) this.outings.set(origin, { first: this.outings.get(origin)?.first ?? at, last: at });
  }

  #chatStorage(): ChatStorage {
    return {
      getItem: (key) => this.storage.get(key) ?? null,
      setItem: (key, value) => void (this.isGone || this.storage.set(key, value)),
      removeItem: (key) => void (this.isGone || this.storage.delete(key)),
    };
  }

  #environment(): Environment {
    return {
      now: () => Date.now(),
      elapsed: () => performance.now(),
      random: () => this.#random.next(),
      setTimer: (run, waitMs) => {
        const timer = setTimeout(() => this.isGone || run(), waitMs);
        return () => clearTimeout(timer);
      },
      isOnline: () => this.#state !== "offline",
      watch: (tell) => {
        this.#watchers.add(tell);
        return () => this.#watchers.delete(tell);
      },
    };
  }

  #listen(): void {
    const { chat } = this;
    chat.on("state", ({ state }) => {
      this.isInside = false;
      this.#story.tell(`${this.label} is ${state.kind}${state.kind === "refused" ? ` ${state.code}` : ""}`);
      this.#story.changed();
    });
    chat.on("entered", ({ name, resumed }) => {
      this.isInside = true;
      this.entry ??= {
        isResumed: resumed,
        lastId: this.messages.at(-1)?.id ?? 0,
        pasts: this.#story.pasts.length,
      };
      this.#story.tell(`${this.label} has entered as ${name}, ${resumed ? "resumed" : "anew"}`);
    });
    chat.on("history", ({ messages, more, reset }) => {
      if (this.more !== null && !reset) this.#story.fault(`${this.label} was told a second first page`);
      if (reset && this.#story.pasts.length === 0)
        this.#story.fault(`PAGE-6 ${this.label} was told of another history`);
      this.messages.length = 0;
      this.more = more;
      this.firstPage = messages.length;
      for (const message of messages) this.#see(message);
    });
    chat.on("message", ({ message, own }) => {
      this.#see(message);
      if (own) this.#own(message);
      else this.#others.add(`${message.id} ${message.time}`);
    });
    for (const type of ["edited", "deleted", "reacted"] as const)
      chat.on(type, (change) => {
        this.changeIds.push(change.id);
        this.#change(change);
      });
    chat.on("changed", (change) => this.#change(change));
    chat.on("sent", ({ message }) => {
      const { id, time } = message;
      this.#own(message);
      if (this.#others.has(`${id} ${time}`))
        this.#story.fault(`${this.label} was told that its own ${id} is another's`);
    });
    chat.on("gap", ({ from, to }) => this.#story.fault(`${this.label} was told of a gap ${from}–${to}`));
    for (const type of ["roster", "register", "change", "leave"] as const)
      chat.on(type, () => this.#checkRoster());
    chat.on("outbox", () => this.#story.changed());
    chat.on("named", () => this.#story.changed());
  }

  #own({ content }: Message): void {
    const mark = markOf(content);
    if (mark !== null) this.ownMarks.add(mark);
  }

  #change(change: AnyChange): void {
    if (this.isGone) return;
    const at = this.messages.findLastIndex(({ id }) => id === change.of);
    const message = this.messages[at];
    if (message !== undefined) this.messages[at] = applyChange(message, change);
    this.#story.changed();
  }

  #see(message: Message): void {
    if (this.isGone) return;
    this.messages.push(message);
    const { length } = this.#story.pasts;
    this.pasts = length === this.#openedPasts ? length : null;
    this.#story.changed();
  }

  #checkRoster(): void {
    const { online } = this.chat;
    if (new Set(online.map(lookalikeKey)).size < online.length)
      this.#story.fault(`NAME-8 ${this.label} sees two of one nickname in ${online}`);
    this.#story.changed();
  }
}

/** The WebSocket of a page: gone with it, and not to be had without a network. */
class PageSocket implements Socket {
  isDeaf = false;
  readonly #page: Page;
  readonly #socket: InstanceType<typeof ws.WebSocket> | null;

  constructor(page: Page, url: string, protocols: string | string[] | undefined) {
    this.#page = page;
    this.#socket = page.mayConnect ? new ws.WebSocket(url, protocols ?? []) : null;
    if (this.#socket === null) return;
    page.opened(this);
    this.#socket.on("message", (data) => page.heard(data.toString()));
    this.#socket.on("error", () => {});
    this.#socket.on("close", (code) => page.ended(this, code));
  }

  get protocol(): string {
    return this.#socket?.protocol ?? "";
  }

  send(text: string): void {
    this.#page.said(text);
    this.#socket?.send(text);
  }

  close(code?: number, reason?: string): void {
    this.#socket?.close(code, reason);
  }

  terminate(): void {
    this.#socket?.terminate();
  }

  addEventListener(type: "open" | "message" | "close" | "error", listener: (event: unknown) => void): void {
    const heard = (event: unknown) => {
      if (!this.#page.isGone && !(type === "message" && this.isDeaf)) listener(event);
    };
    if (this.#socket === null) {
      if (type === "close") setTimeout(() => heard({ code: 1006, reason: "" }), 2);
      return;
    }
    this.#socket.addEventListener(type as "open", heard);
  }
}
