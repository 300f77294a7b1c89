import { isContent, isTextOf } from "../protocol/characters.ts";
import { KEY_MAX, REMEMBERED_MS } from "../protocol/limits.ts";
import type { ClientFrame } from "../protocol/wire.ts";
import {
  ChangeError,
  ChatError,
  ContentError,
  errorOf,
  NotPermittedError,
  NotRegisteredError,
  OutboxFullError,
  RateError,
  ResetError,
  UncertainError,
} from "./errors.ts";
import type { ChatEvent, Emitter } from "./events.ts";
import type { Message, Position, Stored } from "./frame.ts";
import { pageRequest } from "./history.ts";
import type { ChangeRequest, Kept, Memory, OutboxChange, OutboxEntry, OutboxSend } from "./memory.ts";
import type { RequestChannel } from "./request-channel.ts";
import type { Settings } from "./settings.ts";
import type { Stream } from "./stream.ts";
import { type WaitOptions, wait } from "./wait.ts";

/** The most requests on their way at one time. */
const WINDOW = 16;

/** For how long a send or an edit in doubt may be repeated. The server remembers its key for a minute more (KEY-2). */
const REPEATED_MS = REMEMBERED_MS - 60_000;

/** The delay before it is asked again which history the server has. */
const CHECK_AGAIN_MS = 2000;

/** {@link Entry.sentAt} of a send to a server of version 2, which knows no keys: it must not be repeated. */
const SENT_WITHOUT_KEY = 0;

/** The promise of a call that waits for an entry. */
interface Caller {
  /** For a message, with the message as it was stored. */
  readonly resolve: (message?: Message) => void;
  readonly reject: (error: unknown) => void;
}

/** A message, or a change of one. */
type Item = (OutboxSend & { readonly of?: undefined }) | OutboxChange;

interface Entry {
  /** Is replaced when it changes. */
  item: Item;
  sentAt: number | null;
  /** The same by the monotonic clock; missing if an earlier page sent it. */
  sentAtElapsed?: number | undefined;
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
  /** Whether messages wait for their turn in slow mode. */
  #isSlow = false;
  /** What an earlier page left is meant for the history with this position; null once it is known to be the server's. */
  #unchecked: Position | null;
  #isChecking = false;

  /** @param kept what an earlier page left */
  constructor(settings: Settings, memory: Memory, emitter: Emitter, stream: Stream, kept: Kept) {
    this.#settings = settings;
    this.#memory = memory;
    this.#emitter = emitter;
    this.#stream = stream;
    this.#entries = entriesOf(kept);
    this.#unchecked = kept.asOf;
  }

  get entries(): readonly OutboxEntry[] {
    return this.#entries.map(({ item }) => item);
  }

  /** What to keep over a reload of the page. */
  get kept(): Pick<Kept, "outbox" | "changes" | "asOf"> {
    const all = this.#entries.map(({ item, sentAt }) => ({ ...item, sentAt }));
    return {
      outbox: all.filter((each) => each.type === "send"),
      changes: all.filter((each) => each.type !== "send"),
      asOf: all.length > 0 ? (this.#unchecked ?? this.#emitter.told) : null,
    };
  }

  /** @returns the message as it was stored */
  send(content: string, { key = randomKey(), reply, ...options }: SendOptions): Promise<Message> {
    return wait(this.#settings.environment, options, (resolve, reject) => {
      // A message of version 2 has no id.
      const id = (typeof reply === "object" ? reply.id : reply) ?? undefined;
      const caller = { resolve: (message?: Message) => message && resolve(message), reject };
      return this.#add(checked({ type: "send", key, content, reply: id }), caller);
    });
  }

  /** Edits or deletes a message, or reacts to it. A message that has not gone out yet is changed or withdrawn here. */
  change(change: ChangeRequest, { key = randomKey(), ...options }: EditOptions): Promise<void> {
    return wait(this.#settings.environment, options, (resolve, reject) => {
      const item = checked({ ...change, key });
      const caller = { resolve: () => resolve(), reject };
      const send = this.#entries.find((each) => each.item.key === item.of);
      if (typeof item.of === "string" && !send) throw new ChangeError("UnknownMessage");
      if (send?.sentAt !== null || item.type === "react") return this.#add(item, caller);
      if (item.type === "delete") {
        this.#fail(send, new ChatError("Withdrawn"));
        resolve();
      } else if (send.item.type === "send") {
        send.item = { ...send.item, content: item.content };
        send.callers = [...send.callers, caller];
        this.#changed();
      }
      // The message goes out with this content anyway.
      return () => reject(new UncertainError("Uncertain"));
    });
  }

  /** @returns a function that gives it up */
  #add(item: Item, caller: Caller): (error: unknown) => void {
    if (this.#entries.length >= this.#settings.outboxMost) throw new OutboxFullError("OutboxFull");
    this.#entries.push({ item, sentAt: null, inFlight: false, callers: [caller] });
    this.#changed();
    this.#flush();
    return (error) => {
      const entry = this.#entries.find(({ callers }) => callers[0] === caller);
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
    this.#isSlow = false;
    // Without keys, in version 2, one at a time leaves at most one in doubt.
    const most = channel.version === 2 ? 1 : Math.floor(channel.burst / 2);
    this.#window = Math.max(1, Math.min(WINDOW, most));
    this.#giveUpForgotten();
    // The beginning is that of any history.
    if (channel.version === 3 && this.#unchecked?.id && this.#entries.some(namesMessage))
      this.#check(channel, this.#unchecked);
    else this.#flush();
  }

  /** Asks whether the server still has the history to which the ids of an earlier page belong. */
  #check(channel: RequestChannel, asOf: Position): void {
    this.#isChecking = true;
    channel.askPatiently(pageRequest({ after: asOf, limit: 1 }), (reply) => {
      if (reply.kind !== "page") {
        channel.later(CHECK_AGAIN_MS, () => this.#check(channel, asOf));
        return;
      }
      this.#isChecking = false;
      this.#unchecked = null;
      if (reply.page.reset) this.dropOutdated();
      this.#flush();
    });
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
      if (item.type === "send") entry.item = { ...item, reply: undefined };
      else if (typeof item.of === "number") this.#fail(entry, new ResetError("Reset"));
    }
    this.#memory.save();
  }

  /** The connection is lost, and the replies with it. */
  leave(): void {
    this.#channel = null;
    this.#isInside = false;
    this.#settled = null;
    this.#isChecking = false;
    for (const entry of this.#entries) entry.inFlight = false;
    this.#giveUp(({ sentAt }) => sentAt === SENT_WITHOUT_KEY);
  }

  /** The chat continues from what is in the storage. What is missing there was answered in another page. */
  wake(kept: Kept): void {
    const before = new Map(this.#entries.map((entry) => [entry.item.key, entry]));
    this.#entries = entriesOf(kept);
    this.#unchecked = kept.asOf;
    for (const entry of this.#entries) {
      const { sentAtElapsed, callers = [] } = before.get(entry.item.key) ?? {};
      Object.assign(entry, { sentAtElapsed, callers });
      before.delete(entry.item.key);
    }
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
    if (this.#isChecking) return;
    if (this.#due.length === 0) this.#tellSettled();
    // If the program is killed in between, its next run must know that these are its own, and what it had read by then.
    else if (this.#channel && !this.#pausing) this.#memory.saveFirst(() => this.#dispatchDue());
  }

  /** What may go out. */
  get #due(): readonly Entry[] {
    // In slow mode only messages wait, and the changes of these.
    if (this.#isInside && this.#isSlow)
      return this.#entries.filter(({ item }) => typeof item.of === "number");
    if (this.#isInside) return this.#entries;
    return this.#entries.filter(({ item, sentAt }) => item.type === "send" && sentAt !== null);
  }

  /** Chooses what goes out now. @returns a function that sends it */
  #dispatchDue(): () => void {
    const channel = this.#channel;
    const requests: (() => void)[] = [];
    const due = this.#due.slice(0, this.#window);
    for (const [at, entry] of due.entries()) {
      if (!channel || this.#pausing || isHeld(entry, due.slice(0, at))) break;
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
      const event = reply.kind === "stored" ? reply.event : undefined;
      if (reply.kind === "stored" && (item.type !== "send" || event?.type === "message"))
        this.#confirm(entry, event);
      else {
        const error = errorOf(reply);
        // It was deleted the first time, and the reply was lost.
        const isRepeat = item.type === "delete" && sentAt !== null && error.code === "UnknownMessage";
        if (isRepeat) this.#confirm(entry, undefined);
        else this.#refused(channel, entry, error, sentAt);
      }
      this.#flush();
    });
  }

  /** @param event what the others see, if anything was changed */
  #confirm(entry: Entry, event: Stored | undefined): void {
    this.#remove(entry);
    const message = event?.type === "message" ? event.message : undefined;
    const { key } = entry.item;
    if (message) {
      // Version 2 has no ids, and no changes: the server will refuse them.
      for (const each of this.#changesOf(key)) each.item = { ...each.item, of: message.id ?? 0 };
      this.#emitter.emit({ type: "sent", key, message });
    }
    if (event) this.#stream.confirmed(event);
    for (const { resolve } of entry.callers) resolve(message);
    this.#changed();
  }

  /** The changes of a message that is still in the outbox. */
  #changesOf(key: string): readonly (Entry & { item: OutboxChange })[] {
    return this.#entries.filter((entry): entry is Entry & { item: OutboxChange } => entry.item.of === key);
  }

  /** @param sentAt when it was first sent before this time */
  #refused(channel: RequestChannel, entry: Entry, error: ChatError, sentAt: number | null): void {
    const goOn = () => {
      this.#pausing = false;
      this.#flush();
    };
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
    } else if (error instanceof NotPermittedError && error.retryS !== undefined) {
      // It is certain that it was not stored, however long it waits now.
      entry.sentAt = sentAt;
      this.#slowDown(channel, error.retryS);
    } else if (channel.holds(error.code, goOn)) {
      // Likewise.
      entry.sentAt = sentAt;
      this.#pausing = true;
    } else this.#fail(entry, error);
  }

  /** In slow mode one message may go out after `waitS` seconds. */
  #slowDown(channel: RequestChannel, waitS: number): void {
    this.#window = 1;
    channel.slowed(waitS);
    if (this.#isSlow) return;
    this.#isSlow = true;
    channel.later(waitS * 1000, () => {
      this.#isSlow = false;
      this.#flush();
    });
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
      const hasKey = item.type === "send" || item.type === "edit";
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
    if (error instanceof ChatError) this.#emitter.emit(failureOf(item, error));
    const cause = error instanceof ChatError ? error : new ChatError("Withdrawn");
    for (const change of this.#changesOf(item.key)) this.#fail(change, cause);
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

function failureOf(item: Item, error: ChatError): ChatEvent {
  if (item.type !== "send") return { type: "change-failed", change: item, error };
  // The server has a message that it holds back.
  if (error instanceof NotPermittedError && error.code === "Held") return { ...item, type: "held", error };
  return { ...item, type: "send-failed", error };
}

/** What an earlier page left: first the messages, since changes may be changes of them. */
function entriesOf({ outbox, changes }: Kept): Entry[] {
  const sends = outbox.map((each) => ({ ...each, type: "send" as const }));
  return [...sends, ...changes].map(({ sentAt, ...item }) => ({
    item,
    sentAt,
    inFlight: false,
    callers: [],
  }));
}

/** Whether an entry names a message by its id, which another message may have in another history. */
function namesMessage({ item }: Entry): boolean {
  return typeof item.of === "number" || (item.type === "send" && item.reply !== undefined);
}

/** @throws ContentError for what the server would refuse */
function checked<T extends Item>(item: T): T {
  if ("content" in item && !isContent(item.content)) throw new ContentError("WrongFormatContent");
  if (!isTextOf(item.key, KEY_MAX)) throw new ContentError("WrongFormatKey");
  return item;
}

/**
 * Whether a change must wait: for the id of its message, or for the reply to an earlier change of the same message. If the
 * server refused that one for the rate, it would be repeated later, and undo this one.
 */
function isHeld({ item: { of } }: Entry, earlier: readonly Entry[]): boolean {
  return of !== undefined && earlier.some(({ item }) => item.key === of || item.of === of);
}

function requestOf(item: Item): ClientFrame {
  // Only edits need their keys. The others are ignored (REQ-6).
  return item.type === "send" ? item : { ...item, of: typeof item.of === "number" ? item.of : 0 };
}

let keys = 0;

/** 96 random bits, and a counter in case they are less random than they should be. */
function randomKey(): string {
  return [...crypto.getRandomValues(new Uint32Array(3)), ++keys].join("-");
}
