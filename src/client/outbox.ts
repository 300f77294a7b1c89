import { isContent, isTextOf } from "../protocol/characters.ts";
import {
  ChatError,
  ContentError,
  errorOf,
  NotRegisteredError,
  OutboxFullError,
  RateError,
  UncertainError,
} from "./errors.ts";
import type { Message } from "./frame.ts";
import type { Line } from "./line.ts";
import type { KeptSend, Memory, OutboxEntry } from "./memory.ts";
import type { Settings } from "./settings.ts";
import type { Stream } from "./stream.ts";
import { type WaitOptions, wait } from "./wait.ts";

/** Sends without a reply at one time, at most. */
const WINDOW = 16;
const KEY_MAX = 64;

/** The server remembers a key for 10 minutes (KEY-2). A little is left for the way. */
const KEY_REMEMBERED_MS = 9 * 60_000;

/** As {@link KeptSend.sentAt} for a send that no key protects: it must not be repeated. */
const SENT_WITHOUT_KEY = 0;

interface Entry extends OutboxEntry {
  sentAt: number | null;
  /** The same by the clock that nobody can set; missing when an earlier page sent it. */
  flownAt?: number;
  /** On the wire of the present line, its reply still to come. */
  flying: boolean;
  /** These are missing when an earlier page sent it. */
  readonly resolve?: (message: Message) => void;
  readonly reject?: (error: unknown) => void;
}

/** How a message is sent. */
export interface SendOptions extends WaitOptions {
  /**
   * 1 to 64 characters by which the server knows a message that is sent again, for instance by another run of a program;
   * random unless told.
   */
  readonly key?: string | undefined;
}

/**
 * Own messages, from `send` to the server's word. They go out in order. What has no answer goes out again with the same
 * keys as soon as the chat has its nickname back, before it is told what it missed: by the answers it knows which of that
 * is its own. All else goes only while the chat is in the room.
 */
export class Outbox {
  readonly #settings: Settings;
  readonly #memory: Memory;
  readonly #stream: Stream;
  #entries: Entry[];
  #line: Line | null = null;
  /** Whether the chat is in the room. Before that, only what is in doubt may go. */
  #isInside = false;
  /** To be called when nothing is in doubt any more. */
  #settled: (() => void) | null = null;
  #window = 1;
  #pausing = false;

  /** @param kept what an earlier page left */
  constructor(settings: Settings, memory: Memory, stream: Stream, kept: readonly KeptSend[]) {
    this.#settings = settings;
    this.#memory = memory;
    this.#stream = stream;
    this.#entries = kept.map((each) => ({ ...each, flying: false }));
  }

  get entries(): readonly OutboxEntry[] {
    return this.#entries.map(({ key, content }) => ({ key, content }));
  }

  /** What must survive a reload of the page. */
  get kept(): readonly KeptSend[] {
    return this.#entries;
  }

  /** @returns the message as it was stored */
  send(content: string, { key = randomKey(), ...options }: SendOptions): Promise<Message> {
    return wait(this.#settings.environment, options, (resolve, reject) => {
      if (!isContent(content)) throw new ContentError("WrongFormatContent");
      if (!isTextOf(key, KEY_MAX)) throw new ContentError("WrongFormatKey");
      if (this.#entries.length >= this.#settings.outboxMost) throw new OutboxFullError("OutboxFull");
      this.#entries.push({ key, content, sentAt: null, flying: false, resolve, reject });
      this.#changed();
      this.#flush();
      return (error) => {
        const entry = this.#entries.find((each) => each.reject === reject);
        if (!entry) return;
        this.#fail(entry, entry.sentAt === null ? error : new UncertainError("Uncertain"));
        // Others may have waited for it to be settled.
        this.#flush();
      };
    });
  }

  /** The chat has its nickname: what is in doubt may go. @param settled called once all of that has its answer */
  settle(line: Line, settled: () => void): void {
    this.#line = line;
    this.#settled = settled;
    this.#pausing = false;
    // Version 2 has no keys: one at a time leaves one in doubt at most.
    const most = line.version === 2 ? 1 : Math.floor(line.burst / 2);
    this.#window = Math.max(1, Math.min(WINDOW, most));
    this.#giveUp((entry) => entry.sentAt !== null && this.#ageMs(entry.sentAt, entry) > KEY_REMEMBERED_MS);
    this.#flush();
  }

  /** The chat is in the room: what waits may go. */
  enter(): void {
    this.#isInside = true;
    this.#flush();
  }

  /** The connection is lost, and with it the replies to what is on its way. */
  leave(): void {
    this.#line = null;
    this.#isInside = false;
    this.#settled = null;
    for (const entry of this.#entries) entry.flying = false;
    this.#giveUp(({ sentAt }) => sentAt === SENT_WITHOUT_KEY);
  }

  /** The chat goes on from what the storage has. What is not there any more has its answer, in another page. */
  wake(kept: readonly KeptSend[]): void {
    const before = new Map(this.#entries.map((entry) => [entry.key, entry]));
    this.#entries = kept.map((each) => ({ ...before.get(each.key), ...each, flying: false }));
    this.#changed();
    for (const { key } of kept) before.delete(key);
    for (const { reject } of before.values()) reject?.(new UncertainError("Uncertain"));
  }

  /** The chat is over. */
  end(error: ChatError): void {
    this.#line = null;
    for (const entry of [...this.#entries]) this.#fail(entry, error);
  }

  #flush(): void {
    if (this.#due.length === 0) this.#tellSettled();
    // A program that is killed in between must know that this is its own, and what it had read by then.
    else if (this.#line && !this.#pausing) this.#memory.saveFirst(() => this.#launch());
  }

  /** What may go. */
  get #due(): readonly Entry[] {
    return this.#isInside ? this.#entries : this.#entries.filter(({ sentAt }) => sentAt !== null);
  }

  /** Chooses what goes now. @returns what puts it on the wire */
  #launch(): () => void {
    const line = this.#line;
    const flights: (() => void)[] = [];
    for (const entry of this.#due.slice(0, this.#window)) {
      if (!line || this.#pausing) break;
      if (entry.flying) continue;
      if (line.waitMs > 0) this.#pause(line, line.waitMs);
      else flights.push(this.#fly(line, entry));
    }
    return () => {
      for (const flight of flights) flight();
    };
  }

  #tellSettled(): void {
    const settled = this.#settled;
    this.#settled = null;
    settled?.();
  }

  #pause(line: Line, waitMs: number): void {
    this.#pausing = true;
    line.later(waitMs, () => {
      this.#pausing = false;
      this.#flush();
    });
  }

  #fly(line: Line, entry: Entry): () => void {
    const { key, content } = entry;
    entry.flying = true;
    // The first time counts: the server may have stored it then, and remembers it from then on.
    if (entry.sentAt === null) {
      const { environment } = this.#settings;
      entry.sentAt = line.version === 2 ? SENT_WITHOUT_KEY : environment.now();
      entry.flownAt = environment.elapsed();
    }
    return line.send(content, key, (reply) => {
      entry.flying = false;
      if (reply.kind === "sent") this.#confirm(entry, reply.message);
      else this.#refused(line, entry, errorOf(reply));
      this.#flush();
    });
  }

  #confirm(entry: Entry, message: Message): void {
    this.#remove(entry);
    this.#stream.emit({ type: "sent", key: entry.key, message });
    this.#stream.confirmed(message);
    entry.resolve?.(message);
    this.#changed();
  }

  #refused(line: Line, entry: Entry, error: ChatError): void {
    if (error instanceof RateError) {
      // What is on its way behind it may overtake it now; from here on nothing can.
      if (line.version === 2) entry.sentAt = null;
      this.#window = 1;
      line.slowed(error.retryS);
      this.#pause(line, error.retryS * 1000);
    } else if (error instanceof NotRegisteredError) {
      // The server has another idea of this connection than we have.
      if (line.version === 2) entry.sentAt = null;
      line.drop();
    } else this.#fail(entry, error);
  }

  /** How long ago it was sent, rather too much than too little: one clock may have been set, the other one stands still in sleep. */
  #ageMs(sentAt: number, { flownAt = Infinity }: Entry): number {
    const { environment } = this.#settings;
    return Math.max(Math.abs(environment.now() - sentAt), environment.elapsed() - flownAt);
  }

  #giveUp(isLost: (entry: Entry) => boolean): void {
    for (const entry of this.#entries.filter(isLost)) this.#fail(entry, new UncertainError("Uncertain"));
  }

  #fail(entry: Entry, error: unknown): void {
    // It may have been given up before its reply came.
    if (!this.#entries.includes(entry)) return;
    this.#remove(entry);
    entry.reject?.(error);
    const { key, content } = entry;
    // Who has aborted it knows.
    if (error instanceof ChatError) this.#stream.emit({ type: "send-failed", key, content, error });
    this.#changed();
  }

  #changed(): void {
    this.#memory.save();
    this.#stream.emit({ type: "outbox", entries: this.entries });
  }

  #remove(entry: Entry): void {
    this.#entries = this.#entries.filter((each) => each !== entry);
  }
}

let keys = 0;

/** 96 random bits, and a number in case that they are worth less than they should be. */
function randomKey(): string {
  return [...crypto.getRandomValues(new Uint32Array(3)), ++keys].join("-");
}
