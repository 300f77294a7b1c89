import { isContent, isTextOf } from "../protocol/characters.ts";
import { KEY_MAX, REMEMBERED_MS } from "../protocol/limits.ts";
import {
  ChatError,
  ContentError,
  errorOf,
  NotRegisteredError,
  OutboxFullError,
  RateError,
  UncertainError,
} from "./errors.ts";
import type { Emitter } from "./events.ts";
import type { Message } from "./frame.ts";
import type { KeptSend, Memory, OutboxEntry } from "./memory.ts";
import type { RequestChannel } from "./request-channel.ts";
import type { Settings } from "./settings.ts";
import type { Stream } from "./stream.ts";
import { type WaitOptions, wait } from "./wait.ts";

/** The most sends on their way at one time. */
const WINDOW = 16;

/** For how long a send in doubt may be repeated. The server remembers its key for a minute more (KEY-2). */
const REPEATED_MS = REMEMBERED_MS - 60_000;

/** {@link KeptSend.sentAt} of a send to a server of version 2, which knows no keys: it must not be repeated. */
const SENT_WITHOUT_KEY = 0;

interface Entry extends OutboxEntry {
  sentAt: number | null;
  /** The same by the monotonic clock; missing if an earlier page sent it. */
  sentAtElapsed?: number;
  /** Whether it was sent on the current channel and has no reply yet. */
  inFlight: boolean;
  /** Missing, as is `reject`, if an earlier page sent it. */
  readonly resolve?: (message: Message) => void;
  readonly reject?: (error: unknown) => void;
}

/** How a message is sent. */
export interface SendOptions extends WaitOptions {
  /**
   * 1 to 64 characters by which the server recognizes a message that is sent again, for instance by another run of the
   * program; by default, a random key.
   */
  readonly key?: string | undefined;
}

/**
 * Own messages, from `send` to the server's confirmation. They go out in order. After a reconnect, those in doubt (sent, but
 * not confirmed) go out again with the same keys as soon as the chat has its nickname back, before missed messages are
 * reported: the replies say which of these are the chat's own. All others go out only while the chat is in the room.
 */
export class Outbox {
  readonly #settings: Settings;
  readonly #memory: Memory;
  readonly #emitter: Emitter;
  readonly #stream: Stream;
  #entries: Entry[];
  #channel: RequestChannel | null = null;
  /** Whether the chat is in the room. Before that, only messages in doubt may go out. */
  #isInside = false;
  /** Is called when no message is in doubt any more. */
  #settled: (() => void) | null = null;
  #window = 1;
  #pausing = false;

  /** @param kept the messages that an earlier page left */
  constructor(
    settings: Settings,
    memory: Memory,
    emitter: Emitter,
    stream: Stream,
    kept: readonly KeptSend[],
  ) {
    this.#settings = settings;
    this.#memory = memory;
    this.#emitter = emitter;
    this.#stream = stream;
    this.#entries = kept.map((each) => ({ ...each, inFlight: false }));
  }

  get entries(): readonly OutboxEntry[] {
    return this.#entries.map(({ key, content }) => ({ key, content }));
  }

  /** The messages to keep over a reload of the page. */
  get kept(): readonly KeptSend[] {
    return this.#entries;
  }

  /** @returns the message as it was stored */
  send(content: string, { key = randomKey(), ...options }: SendOptions): Promise<Message> {
    return wait(this.#settings.environment, options, (resolve, reject) => {
      if (!isContent(content)) throw new ContentError("WrongFormatContent");
      if (!isTextOf(key, KEY_MAX)) throw new ContentError("WrongFormatKey");
      if (this.#entries.length >= this.#settings.outboxMost) throw new OutboxFullError("OutboxFull");
      this.#entries.push({ key, content, sentAt: null, inFlight: false, resolve, reject });
      this.#changed();
      this.#flush();
      return (error) => {
        const entry = this.#entries.find((each) => each.reject === reject);
        if (!entry) return;
        this.#fail(entry, entry.sentAt === null ? error : new UncertainError("Uncertain"));
        // Others may have waited for this one.
        this.#flush();
      };
    });
  }

  /** The chat has its nickname: sends what is in doubt. @param settled is called once all of it is answered */
  settle(channel: RequestChannel, settled: () => void): void {
    this.#channel = channel;
    this.#settled = settled;
    this.#pausing = false;
    // Without keys, in version 2, one at a time leaves at most one in doubt.
    const most = channel.version === 2 ? 1 : Math.floor(channel.burst / 2);
    this.#window = Math.max(1, Math.min(WINDOW, most));
    this.#giveUp((entry) => entry.sentAt !== null && this.#ageMs(entry.sentAt, entry) > REPEATED_MS);
    this.#flush();
  }

  /** The chat is in the room: sends what is waiting. */
  enter(): void {
    this.#isInside = true;
    this.#flush();
  }

  /** The connection is lost, and the replies with it. */
  leave(): void {
    this.#channel = null;
    this.#isInside = false;
    this.#settled = null;
    for (const entry of this.#entries) entry.inFlight = false;
    this.#giveUp(({ sentAt }) => sentAt === SENT_WITHOUT_KEY);
  }

  /** The chat continues from what is in the storage. What is missing there was answered in another page. */
  wake(kept: readonly KeptSend[]): void {
    const before = new Map(this.#entries.map((entry) => [entry.key, entry]));
    this.#entries = kept.map((each) => ({ ...before.get(each.key), ...each, inFlight: false }));
    this.#changed();
    for (const { key } of kept) before.delete(key);
    for (const { reject } of before.values()) reject?.(new UncertainError("Uncertain"));
  }

  /** The chat is over. */
  end(error: ChatError): void {
    this.#channel = null;
    for (const entry of [...this.#entries]) this.#fail(entry, error);
  }

  #flush(): void {
    if (this.#due.length === 0) this.#tellSettled();
    // If the program is killed in between, its next run must know that these are its own, and what it had read by then.
    else if (this.#channel && !this.#pausing) this.#memory.saveFirst(() => this.#dispatchDue());
  }

  /** What may go out. */
  get #due(): readonly Entry[] {
    return this.#isInside ? this.#entries : this.#entries.filter(({ sentAt }) => sentAt !== null);
  }

  /** Chooses what goes out now. @returns a function that sends it */
  #dispatchDue(): () => void {
    const channel = this.#channel;
    const requests: (() => void)[] = [];
    for (const entry of this.#due.slice(0, this.#window)) {
      if (!channel || this.#pausing) break;
      if (entry.inFlight) continue;
      if (channel.waitMs > 0) this.#pause(channel, channel.waitMs);
      else requests.push(this.#dispatch(channel, entry));
    }
    return () => {
      for (const put of requests) put();
    };
  }

  #tellSettled(): void {
    const settled = this.#settled;
    this.#settled = null;
    settled?.();
  }

  #pause(channel: RequestChannel, waitMs: number): void {
    this.#pausing = true;
    channel.later(waitMs, () => {
      this.#pausing = false;
      this.#flush();
    });
  }

  #dispatch(channel: RequestChannel, entry: Entry): () => void {
    const { key, content } = entry;
    entry.inFlight = true;
    // The first time counts: the server may have stored it then, and remembers the key from then on.
    if (entry.sentAt === null) {
      const { environment } = this.#settings;
      entry.sentAt = channel.version === 2 ? SENT_WITHOUT_KEY : environment.now();
      entry.sentAtElapsed = environment.elapsed();
    }
    return channel.send(content, key, (reply) => {
      entry.inFlight = false;
      if (reply.kind === "sent") this.#confirm(entry, reply.message);
      else this.#refused(channel, entry, errorOf(reply));
      this.#flush();
    });
  }

  #confirm(entry: Entry, message: Message): void {
    this.#remove(entry);
    this.#emitter.emit({ type: "sent", key: entry.key, message });
    this.#stream.confirmed(message);
    entry.resolve?.(message);
    this.#changed();
  }

  #refused(channel: RequestChannel, entry: Entry, error: ChatError): void {
    if (error instanceof RateError) {
      // Sends that are already on their way may overtake this one. From now on none can.
      if (channel.version === 2) entry.sentAt = null;
      this.#window = 1;
      channel.slowed(error.retryS);
      this.#pause(channel, error.retryS * 1000);
    } else if (error instanceof NotRegisteredError) {
      // The server and this client disagree about the connection.
      if (channel.version === 2) entry.sentAt = null;
      channel.drop();
    } else this.#fail(entry, error);
  }

  /** How long ago it was sent, or longer: one clock may have been set, and the other stands still while the machine sleeps. */
  #ageMs(sentAt: number, { sentAtElapsed = Infinity }: Entry): number {
    const { environment } = this.#settings;
    return Math.max(Math.abs(environment.now() - sentAt), environment.elapsed() - sentAtElapsed);
  }

  #giveUp(isLost: (entry: Entry) => boolean): void {
    for (const entry of this.#entries.filter(isLost)) this.#fail(entry, new UncertainError("Uncertain"));
  }

  #fail(entry: Entry, error: unknown): void {
    // Its caller may have stopped waiting before the reply came.
    if (!this.#entries.includes(entry)) return;
    this.#remove(entry);
    entry.reject?.(error);
    const { key, content } = entry;
    // After an abort the caller knows.
    if (error instanceof ChatError) this.#emitter.emit({ type: "send-failed", key, content, error });
    this.#changed();
  }

  #changed(): void {
    this.#memory.save();
    this.#emitter.emit({ type: "outbox", entries: this.entries });
  }

  #remove(entry: Entry): void {
    this.#entries = this.#entries.filter((each) => each !== entry);
  }
}

let keys = 0;

/** 96 random bits, and a counter in case they are less random than they should be. */
function randomKey(): string {
  return [...crypto.getRandomValues(new Uint32Array(3)), ++keys].join("-");
}
