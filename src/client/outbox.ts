import { isContent, isTextOf } from "../protocol/characters.ts";
import { KEY_MAX, REMEMBERED_MS } from "../protocol/limits.ts";
import type { ClientFrame } from "../protocol/wire.ts";
import {
  ChangeError,
  ChatError,
  ContentError,
  errorOf,
  NotRegisteredError,
  OutboxFullError,
  RateError,
  ResetError,
  UncertainError,
} from "./errors.ts";
import type { Emitter } from "./events.ts";
import type { Message, MessageChange } from "./frame.ts";
import type { ChangeRequest, Kept, KeptChange, KeptSend, Memory, OutboxChange, OutboxEntry } from "./memory.ts";
import type { RequestChannel } from "./request-channel.ts";
import type { Settings } from "./settings.ts";
import type { Stream } from "./stream.ts";
import { type WaitOptions, wait } from "./wait.ts";

/** The most requests on their way at one time. */
const WINDOW = 16;

/** For how long a send or an edit in doubt may be repeated. The server remembers its key for a minute more (KEY-2). */
const REPEATED_MS = REMEMBERED_MS - 60_000;

/** {@link KeptSend.sentAt} of a send to a server of version 2, which knows no keys: it must not be repeated. */
const SENT_WITHOUT_KEY = 0;

/** The promise of a call that waits for an entry. */
interface Caller {
  /** For a message, with the message as it was stored. */
  readonly resolve: (message?: Message) => void;
  readonly reject: (error: unknown) => void;
}

interface Entry {
  /** Is replaced when it changes. */
  item: OutboxEntry | OutboxChange;
  readonly order: number;
  sentAt: number | null;
  /** The same by the monotonic clock; missing if an earlier page sent it. */
  sentAtElapsed?: number;
  /** Whether it was sent on the current channel and has no reply yet. */
  inFlight: boolean;
  /** None if an earlier page put it here. */
  callers: readonly Caller[];
}

/** How a message is edited. */
export interface EditOptions extends WaitOptions {
  /**
   * 1 to 64 characters by which the server recognizes a request that is sent again, for instance by another run of the
   * program; by default, a random key.
   */
  readonly key?: string | undefined;
}

/** How a message is sent. */
export interface SendOptions extends EditOptions {
  /** The message that this one replies to, or its id. */
  readonly reply?: Pick<Message, "id"> | number | undefined;
}

/**
 * Own messages and changes of messages, from the call to the server's confirmation. They go out in order. After a reconnect,
 * messages in doubt (sent, but not confirmed) go out again with the same keys as soon as the chat has its nickname back,
 * before missed messages are reported: the replies say which of these are the chat's own. All else goes out only while the
 * chat is in the room: before that it is unknown whether the ids of messages still mean the same ones.
 */
export class Outbox {
  readonly #settings: Settings;
  readonly #memory: Memory;
  readonly #emitter: Emitter;
  readonly #stream: Stream;
  #entries: Entry[];
  #channel: RequestChannel | null = null;
  /** Whether the chat is in the room. */
  #isInside = false;
  /** Is called when no message is in doubt any more. */
  #settled: (() => void) | null = null;
  #window = 1;
  #pausing = false;

  /** @param kept what an earlier page left */
  constructor(
    settings: Settings,
    memory: Memory,
    emitter: Emitter,
    stream: Stream,
    kept: Kept,
  ) {
    this.#settings = settings;
    this.#memory = memory;
    this.#emitter = emitter;
    this.#stream = stream;
    this.#entries = entriesOf(kept);
  }

  get entries(): readonly OutboxEntry[] {
    return this.#entries.flatMap(({ item }) => (isChange(item) ? [] : item));
  }

  get changes(): readonly OutboxChange[] {
    return this.#entries.flatMap(({ item }) => (isChange(item) ? item : []));
  }

  /** What to keep over a reload of the page. */
  get kept(): Pick<Kept, "outbox" | "changes"> {
    const outbox: KeptSend[] = [];
    const changes: KeptChange[] = [];
    for (const { item, sentAt, order } of this.#entries)
      if (isChange(item)) changes.push({ ...item, sentAt, order });
      else outbox.push({ ...item, sentAt, order });
    return { outbox, changes };
  }

  /** @returns the message as it was stored */
  send(content: string, { key = randomKey(), reply, ...options }: SendOptions): Promise<Message> {
    return wait(this.#settings.environment, options, (resolve, reject) => {
      if (!isContent(content)) throw new ContentError("WrongFormatContent");
      // A message of version 2 has no id.
      const id = (typeof reply === "object" ? reply.id : reply) ?? undefined;
      return this.#add({ key, content, reply: id }, (message) => message && resolve(message), reject);
    });
  }

  /** Edits or deletes a message, or reacts to it. If it has not gone out yet, it is changed or withdrawn here. */
  change(change: ChangeRequest, { key = randomKey(), ...options }: EditOptions): Promise<void> {
    return wait(this.#settings.environment, options, (resolve, reject) => {
      if (change.type === "edit" && !isContent(change.content)) throw new ContentError("WrongFormatContent");
      const send = this.#entries.find(({ item }) => !isChange(item) && item.key === change.of);
      if (typeof change.of === "string" && !send) throw new ChangeError("UnknownMessage");
      if (send?.sentAt === null && change.type === "edit") {
        send.item = { ...send.item, content: change.content };
        send.callers = [...send.callers, { resolve: () => resolve(), reject }];
        this.#changed();
        // The message goes out with this content anyway.
        return () => reject(new UncertainError("Uncertain"));
      }
      if (send?.sentAt === null && change.type === "delete") {
        this.#fail(send, new ChatError("Withdrawn"));
        resolve();
        return () => {};
      }
      return this.#add({ ...change, key }, () => resolve(), reject);
    });
  }

  #add(item: Entry["item"], resolve: Caller["resolve"], reject: Caller["reject"]): (error: unknown) => void {
    if (!isTextOf(item.key, KEY_MAX)) throw new ContentError("WrongFormatKey");
    if (this.#entries.length >= this.#settings.outboxMost) throw new OutboxFullError("OutboxFull");
    const order = 1 + (this.#entries.at(-1)?.order ?? 0);
    this.#entries.push({ item, order, sentAt: null, inFlight: false, callers: [{ resolve, reject }] });
    this.#changed();
    this.#flush();
    return (error) => {
      const entry = this.#entries.find(({ callers }) => callers[0]?.reject === reject);
      if (!entry) return;
      this.#fail(entry, entry.sentAt === null ? error : new UncertainError("Uncertain"));
      // Others may have waited for this one.
      this.#flush();
    };
  }

  /** The chat has its nickname: sends the messages in doubt. @param settled is called once all of them are answered */
  settle(channel: RequestChannel, settled: () => void): void {
    this.#channel = channel;
    this.#settled = settled;
    this.#pausing = false;
    // Without keys, in version 2, one at a time leaves at most one in doubt.
    const most = channel.version === 2 ? 1 : Math.floor(channel.burst / 2);
    this.#window = Math.max(1, Math.min(WINDOW, most));
    this.#giveUpForgotten();
    this.#flush();
  }

  /** The chat is in the room: sends what is waiting. */
  enter(): void {
    this.#isInside = true;
    // It may have taken long to get there.
    this.#giveUpForgotten();
    this.#flush();
  }

  /** The history was replaced: in the new one, the ids of the old one belong to other messages. */
  dropOutdated(): void {
    for (const entry of [...this.#entries]) {
      const { item } = entry;
      if (!isChange(item)) entry.item = { ...item, reply: undefined };
      else if (typeof item.of === "number") this.#fail(entry, new ResetError("Reset"));
    }
    this.#memory.save();
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
  wake(kept: Kept): void {
    const before = new Map(this.#entries.map((entry) => [entry.item.key, entry]));
    this.#entries = entriesOf(kept).map((entry) => {
      const { sentAtElapsed, callers = [] } = before.get(entry.item.key) ?? {};
      before.delete(entry.item.key);
      return { ...entry, callers, ...(sentAtElapsed === undefined ? {} : { sentAtElapsed }) };
    });
    this.#changed();
    for (const { callers } of before.values())
      for (const { reject } of callers) reject(new UncertainError("Uncertain"));
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
    if (this.#isInside) return this.#entries;
    return this.#entries.filter(({ item, sentAt }) => !isChange(item) && sentAt !== null);
  }

  /**
   * Whether an entry must wait for earlier ones: a change, for the message's id, and for earlier changes of the same message,
   * one of which it would be undone by if the server refused that one for the rate and took it later.
   */
  #isHeld({ item, order }: Entry): boolean {
    return (
      isChange(item) &&
      (typeof item.of === "string" ||
        this.#entries.some((each) => isChange(each.item) && each.item.of === item.of && each.order < order))
    );
  }

  /** Chooses what goes out now. @returns a function that sends it */
  #dispatchDue(): () => void {
    const channel = this.#channel;
    const requests: (() => void)[] = [];
    for (const entry of this.#due.slice(0, this.#window)) {
      if (!channel || this.#pausing) break;
      if (entry.inFlight) continue;
      if (this.#isHeld(entry)) break;
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
    const { item, sentAt } = entry;
    entry.inFlight = true;
    // The first time counts: the server may have stored it then, and remembers the key from then on.
    if (entry.sentAt === null) {
      const { environment } = this.#settings;
      entry.sentAt = channel.version === 2 ? SENT_WITHOUT_KEY : environment.now();
      entry.sentAtElapsed = environment.elapsed();
    }
    return channel.send(requestOf(item), (reply) => {
      entry.inFlight = false;
      if (!isChange(item) && reply.kind === "sent") this.#sent(entry, item, reply.message);
      else if (isChange(item) && reply.kind === "changed") this.#made(entry, reply.change);
      else {
        const error = errorOf(reply);
        const isRepeatedDelete = sentAt !== null && isChange(item) && item.type === "delete";
        // It was deleted the first time, and only the reply was lost.
        if (isRepeatedDelete && error.code === "UnknownMessage") this.#made(entry, undefined);
        else this.#refused(channel, entry, error);
      }
      this.#flush();
    });
  }

  #sent(entry: Entry, { key }: OutboxEntry, message: Message): void {
    this.#remove(entry);
    const { id } = message;
    for (const change of this.#changesOf(key)) {
      if (id === null) this.#fail(change, new ChangeError("UnknownMessage"));
      else change.item = { ...change.item, of: id };
    }
    this.#emitter.emit({ type: "sent", key, message });
    this.#stream.confirmed({ type: "message", message });
    for (const { resolve } of entry.callers) resolve(message);
    this.#changed();
  }

  #made(entry: Entry, change: MessageChange | undefined): void {
    this.#remove(entry);
    if (change) this.#stream.changed(change);
    for (const { resolve } of entry.callers) resolve();
    this.#changed();
  }

  /** The changes of a message that is still in the outbox. */
  #changesOf(key: string): readonly Entry[] {
    return this.#entries.filter(({ item }) => isChange(item) && item.of === key);
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

  /** Gives up what the server may have forgotten: if it were repeated, it would be stored twice. */
  #giveUpForgotten(): void {
    this.#giveUp((entry) => {
      const { item, sentAt } = entry;
      const hasKey = !isChange(item) || item.type === "edit";
      return hasKey && sentAt !== null && this.#ageMs(sentAt, entry) > REPEATED_MS;
    });
  }

  #giveUp(isLost: (entry: Entry) => boolean): void {
    for (const entry of this.#entries.filter(isLost)) this.#fail(entry, new UncertainError("Uncertain"));
  }

  #fail(entry: Entry, error: unknown): void {
    // Its caller may have stopped waiting before the reply came.
    if (!this.#entries.includes(entry)) return;
    this.#remove(entry);
    for (const { reject } of entry.callers) reject(error);
    const { item } = entry;
    // After an abort the caller knows.
    if (error instanceof ChatError) {
      if (isChange(item)) this.#emitter.emit({ type: "change-failed", change: item, error });
      else this.#emitter.emit({ type: "send-failed", key: item.key, content: item.content, error });
    }
    const cause = error instanceof ChatError ? error : new ChatError("Withdrawn");
    if (!isChange(item)) for (const change of this.#changesOf(item.key)) this.#fail(change, cause);
    this.#changed();
  }

  #changed(): void {
    this.#memory.save();
    const { entries, changes } = this;
    this.#emitter.emit({ type: "outbox", entries, changes });
  }

  #remove(entry: Entry): void {
    this.#entries = this.#entries.filter((each) => each !== entry);
  }
}

function isChange(item: Entry["item"]): item is OutboxChange {
  return "of" in item;
}

/** What an earlier page left, in its order. */
function entriesOf({ outbox, changes }: Kept): Entry[] {
  return [...outbox, ...changes]
    .map(({ sentAt, order = 0, ...item }) => ({ item, sentAt, order, inFlight: false, callers: [] }))
    .sort((a, b) => a.order - b.order);
}

function requestOf(item: Entry["item"]): ClientFrame {
  if (!isChange(item)) {
    const { reply, ...request } = item;
    return { type: "send", ...request, ...(reply === undefined ? {} : { reply }) };
  }
  const { key, ...request } = item;
  // A change goes out only when the id is known.
  const of = Number(request.of);
  return request.type === "edit" ? { ...request, of, key } : { ...request, of };
}

let keys = 0;

/** 96 random bits, and a counter in case they are less random than they should be. */
function randomKey(): string {
  return [...crypto.getRandomValues(new Uint32Array(3)), ++keys].join("-");
}
