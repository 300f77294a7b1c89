import { COMING_BACK, LEAVING } from "../protocol/close.ts";
import { Connection, type ConnectionState } from "./connection.ts";
import { type ChatError, ClosedError, MESSAGES, RefusedError } from "./errors.ts";
import { type ChatEvent, Emitter, type EventOf } from "./events.ts";
import { type Frame, type Message, type Page, type Position, type Rates, UNLIMITED } from "./frame.ts";
import type { HistoryOptions } from "./history.ts";
import { type Kept, Memory, NOTHING, type OutboxEntry } from "./memory.ts";
import { Outbox, type SendOptions } from "./outbox.ts";
import { Registration } from "./registration.ts";
import { RequestChannel } from "./request-channel.ts";
import { type ChatOptions, type Settings, settle } from "./settings.ts";
import { Stream } from "./stream.ts";
import { type WaitOptions, wait } from "./wait.ts";

/**
 * One person's, or bot's, stay in one room. It connects at once and comes back by itself, tells each message of the
 * room once and in order, and stores each own one once, as far as the server's version lets it.
 */
export class Chat {
  readonly #settings: Settings;
  readonly #memory: Memory;
  readonly #emitter: Emitter;
  readonly #stream: Stream;
  readonly #registration: Registration;
  readonly #outbox: Outbox;
  readonly #connection: Connection;
  #channel: RequestChannel | null = null;
  #room: string | null = null;
  /** Why nothing can be asked for any more. */
  #over: ChatError | null = null;

  /**
   * @param url of the room, such as `wss://chat.example/rooms/tea`
   * @throws NoWebSocketError, NoRoomError, ChatError with the code `WrongFormatPage`, or what the platform's URL and
   *   WebSocket throw for an address that is none
   */
  constructor(url: string | URL, options: ChatOptions = {}) {
    const settings = settle(url, options);
    this.#settings = settings;
    this.#memory = new Memory(settings, () => this.#kept);
    const kept = this.#memory.load();
    const { after } = settings;
    const isKept = after === "kept";
    this.#emitter = new Emitter(isKept ? kept.position : (after ?? null), () => {
      if (isKept) this.#memory.save();
    });
    this.#stream = new Stream(this.#emitter, kept.own);
    this.#outbox = new Outbox(settings, this.#memory, this.#emitter, this.#stream, kept.outbox);
    this.#registration = new Registration(
      settings,
      this.#memory,
      this.#emitter,
      this.#stream,
      this.#outbox,
      kept,
      () => this.#connection.settled(),
    );
    this.#connection = new Connection(
      settings,
      kept.v3,
      (state) => this.#changed(state),
      (frame) => this.#received(frame),
    );
  }

  get state(): ConnectionState {
    return this.#connection.state;
  }

  /** The nickname held; kept while the connection is lost. Null without one. */
  get name(): string | null {
    return this.#registration.name;
  }

  /** The nicknames in use, in the order of registration. While the connection is lost, those of before. */
  get online(): readonly string[] {
    return this.#stream.online;
  }

  /** The room's name, `/` for the main one; null before the first connection, and with version 2. */
  get room(): string | null {
    return this.#room;
  }

  /** The version that is spoken; null while there is no connection. */
  get version(): 2 | 3 | null {
    const { state } = this;
    return state.kind === "open" ? state.version : null;
  }

  /**
   * Of the last message that is done with: the listeners were told of it, and loops have come back for the next event. With
   * the option `after`, another run goes on there. Null before the first `history`, and with version 2.
   */
  get position(): Position | null {
    return this.#emitter.position;
  }

  /** Own messages that are not confirmed, oldest first. */
  get outbox(): readonly OutboxEntry[] {
    return this.#outbox.entries;
  }

  /**
   * Takes a nickname, or changes it. Waits while there is no connection, and for calls made before: they are done one
   * after the other.
   *
   * @returns the nickname; rejects with NicknameError, StoreError, ClosedError or RefusedError, and the nickname is
   *   then the one from before. When it is given up after it was asked for, the nickname may change all the same: the event
   *   `named` tells
   */
  async register(name: string, options: WaitOptions = {}): Promise<string> {
    this.#check();
    return this.#registration.register(name, options);
  }

  /**
   * Waits until the chat is in the room.
   *
   * @returns a promise that is fulfilled at once if it is already; rejects when the nickname asked for last is not to be
   *   had, with the error that says why; with NotRegisteredError when none was ever asked for, ClosedError or RefusedError
   */
  async ready(options: WaitOptions = {}): Promise<void> {
    this.#check();
    return this.#registration.ready(options);
  }

  /** The next event of a type. @returns a promise that rejects with ClosedError or RefusedError when there will be none */
  async once<T extends ChatEvent["type"]>(type: T, options: WaitOptions = {}): Promise<EventOf<T>> {
    this.#check();
    let stop = () => {};
    return wait<EventOf<T>>(this.#settings.environment, options, (resolve, reject) => {
      // TypeScript does not see that the two types are the same.
      const heard = (event: ChatEvent) => event.type === type && resolve(event as EventOf<T>);
      stop = this.#emitter.on(heard, reject);
      return reject;
    }).finally(() => stop());
  }

  /**
   * Says something to the room. Waits while there is no connection, or while a nickname is asked for or was lost.
   *
   * @returns the message, once the server has stored it; rejects with NotRegisteredError when no nickname was ever asked
   *   for, ContentError, StoreError, UncertainError, OutboxFullError, ClosedError or RefusedError. When it is given up before
   *   it went out, it is not sent; when after, the error is UncertainError
   */
  async send(content: string, options: SendOptions = {}): Promise<Message> {
    this.#check();
    this.#registration.needNickname();
    return this.#outbox.send(content, options);
  }

  /**
   * A part of the history; the newest messages unless told. Waits while there is no connection. A server of version 2
   * knows no parts: it gives all.
   *
   * @returns messages oldest first; rejects with NotRegisteredError, RateError, StoreError, ClosedError, RefusedError,
   *   or ChatError with the code `WrongFormatPage`
   */
  async history(options: HistoryOptions = {}): Promise<Page> {
    this.#check();
    return this.#registration.history(options);
  }

  /** Tells the others that one is writing. May be called at each key press. Nothing happens with version 2. */
  typing(): void {
    this.#registration.typing();
  }

  /** Tries to connect at once, if the next attempt is being waited for. */
  retryNow(): void {
    this.#connection.hurry();
  }

  /**
   * Gives the connection up until {@link wake}: for a page that goes into the browser's back/forward cache, or is frozen.
   *
   * @param leaves whether the others see a leave at once, and not only after the grace: for a page whose storage cannot
   *   keep the nickname for the next one
   */
  suspend(leaves = false): void {
    this.#connection.suspend(leaves ? LEAVING : COMING_BACK);
  }

  /**
   * Comes back after {@link suspend}, as the one that the storage knows by now: another page of the tab may have gone on
   * from it meanwhile, under another nickname, and have sent what waited here.
   */
  wake(): void {
    if (this.#over || !this.#connection.isSuspended) return;
    const kept = this.#memory.reload();
    if (kept) {
      this.#registration.wake(kept);
      this.#outbox.wake(kept.outbox);
    }
    this.#connection.wake();
  }

  /**
   * Leaves, for good: the nickname is free, what is unsent or unanswered is rejected with ClosedError, the storage is
   * emptied.
   *
   * @returns a promise that is fulfilled when the connection has ended: the WebSocket waits a while for the server's
   *   close frame
   */
  close(): Promise<void> {
    return this.#connection.close();
  }

  /** @returns what removes the listener. What the listener throws is reported as an uncaught error of its own */
  on<T extends ChatEvent["type"]>(type: T, listener: (event: EventOf<T>) => void): () => void {
    return this.#emitter.on((event) => {
      // TypeScript does not see that the two types are the same.
      if (event.type === type) listener(event as EventOf<T>);
    });
  }

  /**
   * All events from now on. The loop ends when the chat is closed or refused; it throws SlowConsumerError when more
   * than `eventsMost` events wait for it.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<ChatEvent> {
    return this.#emitter.iterate(this.#settings.eventsMost);
  }

  #check(): void {
    if (this.#over) throw this.#over;
  }

  get #kept(): Kept {
    const { name, sessions } = this.#registration;
    const { position } = this.#emitter;
    const { own } = this.#stream;
    const v3 = this.#connection.isV3;
    return {
      ...(this.#over ? NOTHING : { name, sessions, outbox: this.#outbox.kept }),
      v3,
      ...(this.#settings.after === "kept" ? { position, own } : { position: null, own: [] }),
    };
  }

  #changed(state: ConnectionState): void {
    this.#closeChannel();
    this.#emitter.emit({ type: "state", state });
    switch (state.kind) {
      case "open":
        // Version 3 begins with the welcome.
        if (state.version === 2) this.#openChannel(2, "", { requests: UNLIMITED, sends: UNLIMITED });
        break;
      case "closed":
        this.#end(new ClosedError("Closed"));
        break;
      case "refused":
        this.#end(new RefusedError(state.code, state.reason || MESSAGES[state.cause]));
        break;
      case "connecting":
      case "waiting":
    }
  }

  #received(frame: Frame): void {
    switch (frame.kind) {
      case "welcome":
        if (this.#channel) break;
        this.#room = frame.room;
        this.#openChannel(3, frame.session, frame.rates);
        break;
      case "event":
        if (this.#channel) this.#stream.event(frame.event);
        break;
      case "reply":
        this.#channel?.replied(frame.ref, frame.reply);
        break;
      case "ping":
    }
  }

  #openChannel(version: 2 | 3, session: string, rates: Rates): void {
    this.#channel = new RequestChannel(version, session, rates, this.#settings, this.#connection, (retryS) =>
      this.#emitter.emit({ type: "slowed", retryS }),
    );
    this.#registration.welcome(this.#channel);
  }

  #closeChannel(): void {
    if (!this.#channel) return;
    this.#registration.lost();
    this.#channel.end();
    this.#channel = null;
    this.#outbox.leave();
  }

  #end(error: ChatError): void {
    if (this.#over) return;
    this.#over = error;
    this.#registration.end(error);
    this.#outbox.end(error);
    // Of a server that is not there it is not known whether it will be.
    if (error instanceof RefusedError && error.status < 1000) this.#memory.stop();
    else if (this.#settings.after === "kept") this.#memory.flush();
    else this.#memory.clear();
    this.#emitter.close(error);
  }
}
