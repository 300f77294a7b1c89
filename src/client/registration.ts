import type { GetRequest } from "../protocol/kinds/get.ts";
import type { NameRequest } from "../protocol/kinds/name.ts";
import type { ReserveRequest } from "../protocol/kinds/reserve.ts";
import { PAGE_MAX, TYPING_EVERY_MS } from "../protocol/limits.ts";
import {
  type ChatError,
  errorOf,
  NotPermittedError,
  NotRegisteredError,
  ResetError,
  StoreError,
} from "./errors.ts";
import type { Emitter } from "./events.ts";
import type { Message, Page, Reply } from "./frame.ts";
import { type HistoryOptions, isOutdated, newest, pageRequest } from "./history.ts";
import type { Kept, Memory } from "./memory.ts";
import { type AnyChange, applyChange } from "./message-change.ts";
import type { Outbox } from "./outbox.ts";
import type { RequestChannel } from "./request-channel.ts";
import type { Settings } from "./settings.ts";
import type { Stream } from "./stream.ts";
import { type WaitOptions, wait } from "./wait.ts";

/** The most sessions to try when it is unknown which one holds the nickname. */
const SESSIONS_MAX = 8;

/** The delay before another try: after a server fault, and while a lost connection may still hold the nickname. */
const AGAIN_MS = 2000;

/** For how long a lost connection may hold the nickname. Servers take up to 15 s to notice that it is dead. */
const LINGER_MS = 20_000;

/** The most calls of each kind on their way at one time. A slow page must not delay anything else. */
const AT_ONCE = { name: 1, get: 4, reserve: 1 };

/** A call of `register`, `history` or `reserve`. */
interface Call {
  readonly request: NameRequest | GetRequest | ReserveRequest;
  /** Settles the caller's promise by the reply. */
  readonly answered: (reply: Reply) => void;
  readonly reject: (error: unknown) => void;
  /** Whether it was sent on the current channel and has no reply yet. */
  isAsked: boolean;
  /** Whether its caller has stopped waiting. */
  isGone: boolean;
}

/** A call that waits until the chat is in the room. */
interface ReadyCall {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** The close code for somebody who is banned (CLOSE-11). */
const BANNED = 4403;

/** How far the chat is on its way into the room. */
type State =
  /** Not connected, or before the welcome. */
  | { readonly kind: "outside" }
  /** Connected, and there is no nickname to request. */
  | { readonly kind: "nameless"; readonly channel: RequestChannel }
  /** Connected, and the room does not let the chat in. */
  | { readonly kind: "kept-out"; readonly channel: RequestChannel }
  /** Requesting a session or nickname, and then the missed messages. */
  | { readonly kind: "entering"; readonly channel: RequestChannel }
  | { readonly kind: "inside"; readonly channel: RequestChannel };

/** The nickname, and the way into the room with it: by registering, or by resuming the session that holds it. */
export class Registration {
  readonly #settings: Settings;
  readonly #memory: Memory;
  readonly #emitter: Emitter;
  readonly #stream: Stream;
  readonly #outbox: Outbox;
  readonly #settled: () => void;
  #state: State = { kind: "outside" };
  /** Oldest first. */
  #calls: Call[] = [];
  /** Whether the program ever requested a nickname. */
  #isAsked = false;
  #name: string | null;
  #toldName: string | null = null;
  /** Secrets, oldest first. Anyone who knows the one that holds the nickname can take it over. */
  #sessions: readonly string[];
  /** The nickname that the host's login gives: the only one that the person can take. */
  #given: string | null = null;
  /** The nickname that a call has requested when the room did not let the chat in. */
  #wanted: string | null = null;
  /** Whether the host's login may still give one. */
  #mayBeGiven: boolean;
  /** Why the server refused the last requested nickname. */
  #refusal: ChatError | null = null;
  readonly #readyCalls = new Set<ReadyCall>();
  /** For how much longer to repeat the request for a nickname in use, which a lost connection may hold. */
  #lingerMs = 0;
  #typeAgainAt = 0;

  /**
   * @param settled is called when the chat is in the room, or cannot enter it without another nickname
   */
  constructor(
    settings: Settings,
    memory: Memory,
    emitter: Emitter,
    stream: Stream,
    outbox: Outbox,
    kept: Kept,
    settled: () => void,
  ) {
    this.#settings = settings;
    this.#memory = memory;
    this.#emitter = emitter;
    this.#stream = stream;
    this.#outbox = outbox;
    this.#settled = settled;
    this.#name = kept.name;
    this.#sessions = kept.sessions;
    // A single session is certain to hold the nickname. Otherwise the previous page may still hold it.
    if (kept.name !== null && kept.sessions.length !== 1) this.#lingerMs = LINGER_MS;
    const { name = null } = settings;
    this.#mayBeGiven = settings.token !== undefined;
    if (kept.name === null && name !== null) {
      this.register(name, {}).catch((error: ChatError) => {
        // Then the chat takes the one that the login gives.
        const isLost = error.code !== "NameFromLogin" && !(error instanceof NotPermittedError);
        if (isLost) emitter.emit({ type: "nickname-lost", name, error });
      });
      // The grace of an earlier run of the program may still hold it.
      this.#lingerMs = settings.nicknameWaitMs;
    }
  }

  /** Waits until the chat is in the room, and everything missed has been reported. */
  ready(options: WaitOptions): Promise<void> {
    return wait(this.#settings.environment, options, (resolve, reject) => {
      const { kind } = this.#state;
      const call = { resolve, reject };
      if (kind === "inside") resolve();
      else if (kind === "nameless" || kind === "kept-out" || !this.#hasAsked) reject(this.#noNickname);
      else this.#readyCalls.add(call);
      return (error) => {
        this.#readyCalls.delete(call);
        reject(error);
      };
    });
  }

  /** @throws NotRegisteredError if no nickname was ever requested: a call that needs one would wait forever */
  needNickname(): void {
    if (!this.#hasAsked) throw new NotRegisteredError("UnknownRegister");
  }

  get #hasAsked(): boolean {
    return this.#isAsked || this.#mayBeGiven || (this.#given ?? this.#name) !== null;
  }

  /** Whether there is a nickname to request. */
  get hasRequest(): boolean {
    return this.#name !== null || this.#calls.length > 0;
  }

  get #noNickname(): ChatError {
    return this.#refusal ?? new NotRegisteredError("UnknownRegister");
  }

  get name(): string | null {
    return this.#name;
  }

  get isInside(): boolean {
    return this.#state.kind === "inside";
  }

  get sessions(): readonly string[] {
    return this.#sessions;
  }

  /** Takes or changes the nickname. */
  register(name: string, options: WaitOptions): Promise<string> {
    this.#isAsked = true;
    this.#wanted = null;
    return this.#ask({ type: "name", name }, options, (reply) =>
      reply.kind === "named" ? reply.name : undefined,
    );
  }

  /** Reserves a nickname, or gives it up. @returns all that are reserved then */
  reserve(name: string, on: boolean, options: WaitOptions): Promise<readonly string[]> {
    this.needNickname();
    return this.#ask({ type: "reserve", name, on }, options, (reply) =>
      reply.kind === "reserved" ? reply.names : undefined,
    );
  }

  /** The server has said which nickname the host's login gives. @param name null for none */
  give(name: string | null): void {
    const state = this.#state;
    // The grace of an earlier run of the program may still hold it.
    if (name !== null && name !== this.#given && this.#name === null)
      this.#lingerMs = Math.max(this.#lingerMs, this.#settings.nicknameWaitMs);
    this.#mayBeGiven = false;
    this.#given = name;
    if (name === null) {
      if (state.kind === "nameless") this.#dismiss(({ reject }) => reject(this.#noNickname));
    } else if (state.kind === "nameless") this.#register(state.channel);
    else this.#takeGiven();
  }

  /** The host's login was not accepted, or could not be had. */
  identityRefused(error: ChatError): void {
    this.#mayBeGiven = false;
    if (this.#state.kind === "inside") return;
    this.#refusal = error;
    this.#dismiss(({ reject }) => reject(error));
  }

  /** Changes the nickname to the one that the host's login gives. */
  #takeGiven(): void {
    if (this.#state.kind !== "inside" || this.#given === null || this.#given === this.#name) return;
    // If somebody else has it in this room, the present one stays.
    this.register(this.#given, {}).catch(() => {});
  }

  async history({ signal, timeoutMs, ...options }: HistoryOptions): Promise<Page> {
    // Frames may come between the reply and the moment when the program gets it. What they change, it would not find.
    const changes: AnyChange[] = [];
    let stop = () => {};
    const page = await this.#ask(pageRequest(options), { signal, timeoutMs }, (reply) => {
      if (reply.kind !== "page") return undefined;
      stop = this.#emitter.on((event) => "of" in event && changes.push(event));
      return reply.page;
    });
    stop();
    const changed = (messages: readonly Message[] = []) =>
      messages.map((message) => changes.reduce(applyChange, message));
    return { ...page, messages: changed(page.messages), changed: changed(page.changed) };
  }

  /** Shows the others that this client is writing, unless it did so just now. */
  typing(): void {
    const state = this.#state;
    const now = this.#settings.environment.elapsed();
    if (state.kind !== "inside" || state.channel.version === 2 || now < this.#typeAgainAt) return;
    this.#typeAgainAt = now + TYPING_EVERY_MS;
    state.channel.tell({ type: "typing" });
  }

  /** There is a connection, and its welcome has come. */
  welcome(channel: RequestChannel): void {
    this.#state = { kind: "entering", channel };
    const earlier = this.#sessions.filter((each) => each !== channel.session);
    this.#resume(channel, earlier);
  }

  /** The room may let the chat in now. */
  retry(): void {
    if (this.#state.kind === "kept-out") this.welcome(this.#state.channel);
  }

  /** The connection is lost. */
  lost(): void {
    const state = this.#state;
    this.#state = { kind: "outside" };
    for (const call of this.#calls) call.isAsked = false;
    // Version 3 keeps the nickname for the session. But the lost connection's request for one may be decided late.
    if (state.kind === "entering" || (state.kind === "inside" && state.channel.version === 2))
      this.#lingerMs = Math.max(this.#lingerMs, LINGER_MS);
  }

  /** The chat continues from what is in the storage. */
  wake({ name, sessions }: Kept): void {
    this.#sessions = sessions;
    this.#lingerMs = name !== null && sessions.length !== 1 ? LINGER_MS : 0;
    this.#setName(name);
  }

  /** The chat is over. */
  end(error: ChatError): void {
    this.#state = { kind: "outside" };
    for (const { reject } of this.#calls.splice(0)) reject(error);
    this.#dismiss(({ reject }) => reject(error));
  }

  #ask<T>(request: Call["request"], options: WaitOptions, read: (reply: Reply) => T | undefined): Promise<T> {
    return wait(this.#settings.environment, options, (resolve, reject) => {
      const answered = (reply: Reply) => {
        const value = read(reply);
        if (value === undefined) reject(errorOf(reply));
        else resolve(value);
      };
      const call: Call = { request, answered, reject, isAsked: false, isGone: false };
      this.#calls.push(call);
      const state = this.#state;
      if (state.kind === "nameless" || (state.kind === "kept-out" && request.type === "name"))
        this.#register(state.channel);
      else this.#next();
      return (error) => {
        // If it was sent, its reply still counts.
        call.isGone = true;
        reject(error);
      };
    });
  }

  /**
   * Tries sessions, oldest first. If the older one still holds the nickname, the younger ones never did. If it does not, a
   * request that is still on its way with it can no longer succeed.
   */
  #resume(channel: RequestChannel, [session, ...rest]: readonly string[]): void {
    if (session === undefined) {
      this.#register(channel);
      return;
    }
    this.#mayHold(channel);
    this.#stream.begin();
    channel.askPatiently({ ...this.#missing, type: "resume", session }, (reply) => {
      if (reply.kind === "page") {
        this.#held(channel, reply);
        this.#stream.enterWith(channel.version, reply);
        this.#outbox.settle(channel, () => this.#took(channel, true, reply));
      } else if (!this.#keptOut(channel, errorOf(reply))) this.#resume(channel, rest);
    });
  }

  #register(channel: RequestChannel): void {
    const own = this.#given ?? this.#name ?? this.#wanted;
    const name = own ?? this.#nextName();
    if (name === null) {
      this.#state = { kind: "nameless", channel };
      this.#dismiss(({ reject }) => reject(this.#noNickname));
      this.#settled();
      return;
    }
    this.#state = { kind: "entering", channel };
    this.#mayHold(channel);
    // Events start with the registration.
    this.#stream.begin();
    channel.askPatiently({ type: "name", name }, (reply) => {
      if (reply.kind === "named") {
        if (own === null) this.#calls.shift()?.answered(reply);
        this.#held(channel, reply);
        this.#outbox.settle(channel, () => this.#load(channel, false));
      } else {
        const error = errorOf(reply);
        if (!(error instanceof NotPermittedError)) this.#nicknameRefused(channel, name, own !== null, error);
        else {
          if (own === null) this.#calls.shift()?.reject(error);
          this.#wanted = name;
          this.#keptOut(channel, error);
        }
      }
    });
  }

  /** @returns whether the room does not let the chat in, which then waits for `retry` */
  #keptOut(channel: RequestChannel, error: ChatError): boolean {
    if (!(error instanceof NotPermittedError)) return false;
    this.#state = { kind: "kept-out", channel };
    this.#refusal = error;
    this.#dismiss(({ reject }) => reject(error));
    this.#settled();
    this.#emitter.emit({ type: "kept-out", error });
    // A listener may have closed the chat.
    if (error.code === "Banned" && channel.isOpen) channel.refuse(BANNED, error.message);
    return true;
  }

  /** @param isOwn whether no call of `register` asked for it */
  #nicknameRefused(channel: RequestChannel, name: string, isOwn: boolean, error: ChatError): void {
    const mayBeOurs = error.code === "NameAlreadyUsed" && this.#lingerMs > 0;
    this.#lingerMs -= AGAIN_MS;
    if (mayBeOurs || (error instanceof StoreError && isOwn)) {
      channel.later(AGAIN_MS, () => this.welcome(channel));
      return;
    }
    this.#refusal = error;
    if (!isOwn) this.#calls.shift()?.reject(error);
    // Otherwise the nickname that the login gives is next.
    else if (this.#given === null || name === this.#given) {
      this.#given = null;
      this.#wanted = null;
      this.#setName(null);
      this.#emitter.emit({ type: "nickname-lost", name, error });
    }
    // A listener may have closed the chat.
    if (channel.isOpen) this.#register(channel);
  }

  /** The next nickname to request. Calls of `history` before it are rejected: they need a nickname. */
  #nextName(): string | null {
    this.#calls = this.#calls.filter(({ isGone }) => !isGone);
    const [call] = this.#calls;
    if (!call) return null;
    if (call.request.type === "name") return call.request.name;
    this.#calls.shift();
    call.reject(new NotRegisteredError("UnknownRegister"));
    return this.#nextName();
  }

  /** From the moment of the request on, this connection may hold the nickname. */
  #mayHold({ session }: RequestChannel): void {
    // Version 2 does not have sessions.
    if (session === "" || this.#sessions.includes(session)) return;
    const sessions = [...this.#sessions, session];
    // The oldest is the one that certainly held the nickname, and by which the server recognizes our keys (KEY-5). Of the
    // others, the first may hold it if replies were lost, and the last if the server had not answered: one in the middle goes.
    if (sessions.length > SESSIONS_MAX) sessions.splice(4, 1);
    this.#sessions = sessions;
    // If the program is killed meanwhile, its next run must try this one as well.
    this.#memory.flush();
  }

  /** This connection holds the nickname. */
  #held(
    channel: RequestChannel,
    { name, by }: { readonly name: string; readonly by: string | undefined },
  ): void {
    if (by !== undefined) this.#stream.me = by;
    this.#sessions = channel.session === "" ? [] : [channel.session];
    this.#lingerMs = 0;
    this.#refusal = null;
    this.#wanted = null;
    this.#setName(name);
  }

  #setName(name: string | null): void {
    this.#name = name;
    this.#stream.name = name ?? "";
    this.#memory.save();
    if (name === this.#toldName) return;
    this.#toldName = name;
    this.#emitter.emit({ type: "named", name });
  }

  /** The request for the missed messages, or for the first page. */
  get #missing(): GetRequest {
    const after = this.#stream.last;
    return pageRequest(after ? { after, limit: PAGE_MAX } : { limit: this.#settings.historyLimit });
  }

  #load(channel: RequestChannel, resumed: boolean): void {
    channel.askPatiently(this.#missing, (reply) => {
      if (reply.kind === "page") this.#took(channel, resumed, reply);
      else if (errorOf(reply) instanceof StoreError)
        channel.later(AGAIN_MS, () => this.#load(channel, resumed));
      else if (!this.#keptOut(channel, errorOf(reply))) channel.drop();
    });
  }

  #took(
    channel: RequestChannel,
    resumed: boolean,
    { name, page, online, marks }: Extract<Reply, { kind: "page" }>,
  ): void {
    this.#stream.enterWith(channel.version, { online, marks });
    const isCatchingUp = this.#stream.last !== null && !page.reset;
    // The reply to `resume` has an empty page if the server is short of memory (RES-4). A page of nothing but changes of
    // messages that follow it has a cursor.
    const isEmpty = page.more && page.messages.length === 0 && !page.cursor;
    if (isCatchingUp || !isEmpty) {
      if (page.reset) {
        this.#dropOutdated();
        this.#outbox.dropOutdated();
      }
      this.#stream.page(channel.version, page.reset ? newest(page, this.#settings.historyLimit) : page);
    }
    if (!channel.isOpen) return;
    if (isEmpty) channel.later(AGAIN_MS, () => this.#load(channel, resumed));
    else if (isCatchingUp && page.more) this.#load(channel, resumed);
    else this.#enter(channel, name, resumed);
  }

  /** The history was replaced: rejects calls that go by ids of the old one. */
  #dropOutdated(): void {
    for (const call of this.#calls) {
      if (call.request.type !== "get" || !isOutdated(call.request)) continue;
      this.#remove(call);
      call.reject(new ResetError("Reset"));
    }
  }

  #enter(channel: RequestChannel, name: string, resumed: boolean): void {
    this.#state = { kind: "inside", channel };
    this.#stream.end();
    const { online } = this.#stream;
    this.#emitter.emit({ type: "entered", name, version: channel.version, resumed, online });
    if (!channel.isOpen) return;
    this.#dismiss(({ resolve }) => resolve());
    this.#settled();
    this.#outbox.enter();
    this.#takeGiven();
    this.#next();
  }

  /** Settles the calls of `ready`. */
  #dismiss(settle: (call: ReadyCall) => void): void {
    for (const call of this.#readyCalls) settle(call);
    this.#readyCalls.clear();
  }

  /** Sends the calls that are due. */
  #next(): void {
    if (this.#state.kind !== "inside") return;
    const { channel } = this.#state;
    for (const call of this.#due(channel)) {
      call.isAsked = true;
      channel.askPatiently(call.request, (reply) => {
        this.#remove(call);
        if (reply.kind === "named") {
          this.#stream.rename(this.#name ?? "", reply.name);
          this.#setName(reply.name);
        }
        // What follows is not gathered for a caller that takes no page.
        if (!call.isGone) call.answered(reply);
        this.#next();
      });
    }
  }

  /** The calls to send now. In version 2 they go one after the other, since its replies do not say whose they are. */
  #due({ version }: RequestChannel): Call[] {
    const counts = { name: 0, get: 0, reserve: 0 };
    this.#calls = this.#calls.filter(({ isAsked, isGone }) => isAsked || !isGone);
    return this.#calls.filter(
      ({ request: { type }, isAsked }, at) =>
        counts[type]++ < AT_ONCE[type] && !isAsked && (version === 3 || at === 0),
    );
  }

  #remove(call: Call): void {
    this.#calls = this.#calls.filter((each) => each !== call);
  }
}
