import { COMING_BACK, LEAVING } from "../protocol/close.ts";
import type { RoleName } from "../protocol/kinds/identify.ts";
import { Calls, type Question } from "./calls.ts";
import { Connection, type ConnectionState } from "./connection.ts";
import { Entrance } from "./entrance.ts";
import { type ChatError, ClosedError, MESSAGES, RefusedError } from "./errors.ts";
import { type ChatEvent, Emitter, type EventOf } from "./events.ts";
import {
  type Answer,
  type Frame,
  type Login,
  type Mark,
  type Message,
  type Page,
  type Position,
  type Rates,
  UNLIMITED,
} from "./frame.ts";
import type { HistoryOptions } from "./history.ts";
import { Identification, type IdentifyOptions } from "./identification.ts";
import {
  type ChangeRequest,
  type Kept,
  Memory,
  NOTHING,
  type OutboxEntry,
  type OutboxSend,
} from "./memory.ts";
import { type EditOptions, Outbox, type SendOptions } from "./outbox.ts";
import { Registration } from "./registration.ts";
import { RequestChannel } from "./request-channel.ts";
import { type ChatOptions, type Settings, settle } from "./settings.ts";
import { Stream } from "./stream.ts";
import { type WaitOptions, wait } from "./wait.ts";

/** The reasons with which the server refuses whom it does not know, or not any more. */
const UNKNOWN = /^Identity(Required|Expired)$/;

/** A message: itself, or its id, or one that is still in the outbox. */
export type Target = number | Pick<Message, "id"> | Pick<OutboxSend, "key">;

/**
 * The stay of one person or bot in one room. It connects at once and reconnects by itself. It reports each message of the
 * room once and in order, and each change of one, and has each of its own messages stored once, as far as the server's version
 * allows.
 */
export class Chat {
  readonly #settings: Settings;
  readonly #memory: Memory;
  readonly #emitter: Emitter;
  readonly #stream: Stream;
  readonly #registration: Registration;
  readonly #outbox: Outbox;
  readonly #identification: Identification;
  readonly #calls: Calls;
  readonly #entrance: Entrance;
  readonly #connection: Connection;
  #channel: RequestChannel | null = null;
  #room: string | null = null;
  #login: Login | null = null;
  /** Why every further call is rejected; null while the chat goes on. */
  #over: ChatError | null = null;

  /**
   * @param url of the room, such as `wss://chat.example/rooms/tea`
   * @throws NoWebSocketError, NoRoomError, IdentityError for a key that is not valid, ChatError with the code `WrongFormatPage`, or what the platform's URL and
   *   WebSocket throw for an invalid address
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
    this.#outbox = new Outbox(settings, this.#memory, this.#emitter, this.#stream, kept);
    this.#registration = new Registration(
      settings,
      this.#memory,
      this.#emitter,
      this.#stream,
      this.#outbox,
      kept,
      () => {
        this.#connection.settled();
        this.#calls.flush();
      },
    );
    this.#identification = new Identification(
      settings,
      this.#memory,
      this.#emitter,
      this.#stream,
      this.#registration,
      kept.since,
    );
    this.#calls = new Calls(settings, () => this.#registration.isInside);
    this.#entrance = new Entrance(settings, this.#emitter, this.#calls, () => this.#registration.retry());
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

  /** The nickname, also while the connection is lost; null without one. */
  get name(): string | null {
    return this.#registration.name;
  }

  /**
   * The chat's own public id, which its messages have as `by`. With a key or a token it is the person's, and always the same.
   * Otherwise it outlasts changes of the nickname and lost connections, but not the end of the session. Null before the first
   * `identified` or `named`, and with a server that gives none.
   */
  get me(): string | null {
    return this.#stream.me;
  }

  /** Whether a message or a change of one is the chat's own, by its author's id. With `me` null, none is. */
  isOwn(message: Pick<Message, "by">): boolean {
    return this.#stream.isOwn(message);
  }

  /** What the person may do in this room; `visitor` before the server has said who it is. */
  get role(): RoleName {
    return this.#identification.identity?.role ?? "visitor";
  }

  /** The nicknames that the person has reserved. */
  get reservedNames(): readonly string[] {
    return this.#identification.identity?.names ?? [];
  }

  /**
   * Whether the site that the chat belongs to has a login, and whether nobody can talk without it; null before the first
   * connection, and with version 2.
   */
  get login(): Login | null {
    return this.#login;
  }

  /** What is known about those who are here, by nickname: who is a moderator, and who has reserved the nickname. */
  get marks(): ReadonlyMap<string, Mark> {
    return this.#stream.marks;
  }

  /** The nicknames in use, in the order of registration. While the connection is lost, the last known ones. */
  get online(): readonly string[] {
    return this.#stream.online;
  }

  /** The room's name, `/` for the main one; null before the first connection, and with version 2. */
  get room(): string | null {
    return this.#room;
  }

  /** The protocol version of the connection; null while there is none. */
  get version(): 2 | 3 | null {
    const { state } = this;
    return state.kind === "open" ? state.version : null;
  }

  /**
   * The position of the last message or change that the program has finished with: all listeners have returned, and all loops have
   * asked for the next event. Another run can continue from it with the option `after`. Null before the first `history`,
   * and with version 2.
   */
  get position(): Position | null {
    return this.#emitter.position;
  }

  /** Own messages, edits, deletions and reactions that the server has not confirmed, oldest first. */
  get outbox(): readonly OutboxEntry[] {
    return this.#outbox.entries;
  }

  /**
   * Takes a nickname, or changes it. Waits while there is no connection, and until earlier calls are settled.
   *
   * @returns the nickname. Rejects with NicknameError, StoreError, ClosedError or RefusedError; the nickname then stays
   *   what it was. If the caller stops waiting after the request has gone out, the nickname may still change: listen for
   *   the event `named`
   */
  async register(name: string, options: WaitOptions = {}): Promise<string> {
    this.#check();
    return this.#registration.register(name, options);
  }

  /**
   * Waits until the chat is in the room.
   *
   * @returns a promise that is fulfilled at once if the chat is in the room already. Rejects with the error for the last
   *   requested nickname if the server refused that, with NotRegisteredError if no nickname was ever requested, and with
   *   ClosedError or RefusedError
   */
  async ready(options: WaitOptions = {}): Promise<void> {
    this.#check();
    return this.#registration.ready(options);
  }

  /** The next event of a type. @returns a promise that rejects with ClosedError or RefusedError if there will not be one */
  async once<T extends ChatEvent["type"]>(type: T, options: WaitOptions = {}): Promise<EventOf<T>> {
    this.#check();
    let stop = () => {};
    return wait<EventOf<T>>(this.#settings.environment, options, (resolve, reject) => {
      // TypeScript does not see that both types are the same.
      const heard = (event: ChatEvent) => event.type === type && resolve(event as EventOf<T>);
      stop = this.#emitter.on(heard, reject);
      return reject;
    }).finally(() => stop());
  }

  /**
   * Says who the person is, on this connection and all later ones; without a key, asks the option `token` for a new token.
   * Messages that are sent after the call have the person's public id.
   *
   * @returns a promise that is fulfilled once the server knows the person. Rejects with IdentityError, StoreError,
   *   ClosedError, RefusedError, or ChatError `UnknownType` if the server knows no persons. With the code `AnotherPerson`, the
   *   chat is another person already, and stays it
   */
  async identify(options: IdentifyOptions = {}): Promise<void> {
    this.#check();
    return this.#identification.identify(options);
  }

  /**
   * Reserves the nickname that the chat has: nobody else can take it then, in any room, also while the person is away.
   *
   * @returns all nicknames that the person has reserved. Rejects with ReservationError, IdentityError, NicknameError,
   *   NotRegisteredError, StoreError, ClosedError, RefusedError, or ChatError `UnknownType`
   */
  async reserve(name: string, options: WaitOptions = {}): Promise<readonly string[]> {
    return this.#reserve(name, true, options);
  }

  /** Gives up a reserved nickname; a moderator of all rooms frees that of anybody. @returns as {@link reserve} */
  async release(name: string, options: WaitOptions = {}): Promise<readonly string[]> {
    return this.#reserve(name, false, options);
  }

  /**
   * Makes the person an owner of the chat, by the code that the operator was given.
   *
   * @returns a promise that is fulfilled then. Rejects with ClaimError, IdentityError, StoreError, ClosedError, RefusedError,
   *   or ChatError `UnknownType`
   */
  async claim(code: string, options: WaitOptions = {}): Promise<void> {
    this.#check();
    return this.#identification.claim(code, options);
  }

  /**
   * Says the password of the room. The chat then goes on into the room by itself, and says it again on all later connections.
   *
   * @returns a promise that is fulfilled if the password is right. Rejects with NotPermittedError `WrongPassword`, StoreError,
   *   ClosedError, RefusedError, or ChatError `UnknownType`
   */
  async enter(password: string, options: WaitOptions = {}): Promise<void> {
    this.#check();
    return this.#entrance.enter(password, options);
  }

  /**
   * Asks something about the room. The functions of `moderation.ts` do that, and read the answer.
   *
   * @returns the keys of the reply, if it was no refusal. After a lost connection, what would be done twice is not asked again,
   *   but rejects with UncertainError
   */
  async ask(request: Question, options: WaitOptions = {}): Promise<Answer> {
    this.#check();
    if (request.type === "report") this.#registration.needNickname();
    return this.#calls.ask(request, options, (answer) => answer);
  }

  /**
   * Sends a message to the room. Waits while there is no connection or no nickname.
   *
   * @returns the message, once the server has stored it. Rejects with NotRegisteredError if no nickname was ever requested,
   *   ContentError, NotPermittedError, StoreError, UncertainError, OutboxFullError, ClosedError or RefusedError. If the caller stops waiting
   *   before the message has gone out, it is not sent; after that, the error is UncertainError
   */
  async send(content: string, options: SendOptions = {}): Promise<Message> {
    this.#check();
    this.#registration.needNickname();
    return this.#outbox.send(content, options);
  }

  /**
   * Gives a message another content. A message that has not gone out yet is sent with that content instead.
   *
   * @returns a promise that is fulfilled once the server has stored it. Rejects with ContentError, ChangeError, ResetError if
   *   the history was replaced meanwhile, and otherwise as {@link send}
   */
  async edit(target: Target, content: string, options: EditOptions = {}): Promise<void> {
    return this.#change({ type: "edit", of: idOf(target), content }, options);
  }

  /**
   * Removes the content of a message. A message that has not gone out yet is withdrawn: its `send` rejects with the code
   * `Withdrawn`.
   *
   * @returns as {@link edit}
   */
  async delete(target: Target, options: WaitOptions = {}): Promise<void> {
    return this.#change({ type: "delete", of: idOf(target) }, options);
  }

  /**
   * Reacts to a message with an emoji.
   *
   * @param on false takes the reaction back
   * @returns as {@link edit}. It is no error if the reaction is there, or gone, already
   */
  async react(target: Target, emoji: string, on = true, options: WaitOptions = {}): Promise<void> {
    return this.#change({ type: "react", of: idOf(target), emoji, on }, options);
  }

  /**
   * A part of the history: by default, the newest messages. Waits while there is no connection. A server of version 2
   * always gives the whole history. The messages are as they are after the last change that was reported before the promise
   * is fulfilled.
   *
   * @returns messages, oldest first. Rejects with NotRegisteredError, StoreError, ResetError, ClosedError, RefusedError, or
   *   ChatError with the code `WrongFormatPage`
   */
  async history(options: HistoryOptions = {}): Promise<Page> {
    this.#check();
    return this.#registration.history(options);
  }

  /** Shows the others that this client is writing. May be called at each key press. Does nothing with version 2. */
  typing(): void {
    this.#registration.typing();
  }

  /** Connects at once instead of waiting for the next attempt. */
  retryNow(): void {
    this.#connection.hurry();
  }

  /**
   * Disconnects until {@link wake}: for a page that is frozen, or enters the browser's back/forward cache.
   *
   * @param leaves whether the others see the leave at once instead of after the grace: for a page whose storage cannot keep
   *   the nickname for the next page
   */
  suspend(leaves = false): void {
    this.#connection.suspend(leaves ? LEAVING : COMING_BACK);
  }

  /**
   * Reconnects after {@link suspend}, with the state that is in the storage by now: another page of the tab may have used
   * it meanwhile, have taken another nickname, and have sent the messages that waited here.
   */
  wake(): void {
    if (this.#over || !this.#connection.isSuspended) return;
    const kept = this.#memory.reload();
    if (kept) {
      this.#registration.wake(kept);
      this.#outbox.wake(kept);
    }
    this.#connection.wake();
  }

  /**
   * Leaves for good. This frees the nickname, empties the storage, and rejects with ClosedError what is unsent or
   * unanswered.
   *
   * @returns a promise that is fulfilled when the connection has ended, which may take a while: the WebSocket waits for the
   *   server's close frame
   */
  close(): Promise<void> {
    return this.#connection.close();
  }

  /** @returns a function that removes the listener. What a listener throws is reported as an uncaught error */
  on<T extends ChatEvent["type"]>(type: T, listener: (event: EventOf<T>) => void): () => void {
    return this.#emitter.on((event) => {
      // TypeScript does not see that both types are the same.
      if (event.type === type) listener(event as EventOf<T>);
    });
  }

  /**
   * All events from now on. The loop ends when the chat is closed or refused. It throws SlowConsumerError when more than
   * `eventsMost` events are waiting for it.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<ChatEvent> {
    return this.#emitter.iterate(this.#settings.eventsMost);
  }

  async #reserve(name: string, on: boolean, options: WaitOptions): Promise<readonly string[]> {
    this.#check();
    const names = await this.#registration.reserve(name, on, options);
    this.#identification.reserved(names);
    return names;
  }

  #change(change: ChangeRequest, options: EditOptions): Promise<void> {
    this.#check();
    this.#registration.needNickname();
    return this.#outbox.change(change, options);
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
      ...(this.#over ? NOTHING : { name, sessions, ...this.#outbox.kept }),
      v3,
      since: this.#identification.since,
      ...(this.#settings.after === "kept" ? { position, own } : { position: null, own: [] }),
    };
  }

  #changed(state: ConnectionState): void {
    this.#closeChannel();
    this.#emitter.emit({ type: "state", state });
    switch (state.kind) {
      case "open":
        // In version 3 the welcome comes first.
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
        this.#login = frame.login;
        this.#emitter.emit({ type: "welcome", room: frame.room, login: frame.login, ...frame.terms });
        // A listener may have closed the chat.
        if (this.#over) break;
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
    const channel = new RequestChannel(version, session, rates, this.#settings, this.#connection, {
      slowed: (retryS) => this.#emitter.emit({ type: "slowed", retryS }),
      refused: (reason, again) => {
        if (reason === "ProofRequired") return this.#entrance.holds(again);
        return UNKNOWN.test(reason) && this.#identification.holds(again);
      },
    });
    this.#channel = channel;
    this.#entrance.begin(channel);
    this.#identification.begin(channel, () => {
      this.#calls.begin(channel);
      this.#registration.welcome(channel);
    });
  }

  #closeChannel(): void {
    if (!this.#channel) return;
    this.#identification.lost();
    this.#registration.lost();
    this.#channel.end();
    this.#channel = null;
    this.#entrance.lost();
    this.#calls.lost();
    this.#outbox.leave();
  }

  #end(error: ChatError): void {
    if (this.#over) return;
    this.#over = error;
    this.#identification.end(error);
    this.#calls.end(error);
    this.#registration.end(error);
    this.#outbox.end(error);
    // An HTTP status may be temporary: another run may find the server.
    if (error instanceof RefusedError && error.status < 1000) this.#memory.stop();
    else if (this.#settings.after === "kept") this.#memory.flush();
    else this.#memory.clear();
    this.#emitter.close(error);
  }
}

/** @returns an id, or the key of a message in the outbox; 0, which is no id, for a message of version 2 */
function idOf(target: Target): number | string {
  if (typeof target === "number") return target;
  return "key" in target ? target.key : (target.id ?? 0);
}
