import type { ConnectionState } from "./connection.ts";
import { type ChatError, type NotPermittedError, SlowConsumerError } from "./errors.ts";
import type { Gap, Identity, Login, Message, Position, RoomEvent, RoomTerms } from "./frame.ts";
import type { OutboxChange, OutboxEntry } from "./memory.ts";

/** What a chat reports to its program. */
export type ChatEvent =
  | { readonly type: "state"; readonly state: ConnectionState }
  /** The server has welcomed a connection. It says whether the host site has a login, and what is set in the room. */
  | ({ readonly type: "welcome"; readonly room: string; readonly login: Login } & RoomTerms)
  /** The server knows who the person is: on each connection, and when something of it has changed. */
  | ({ readonly type: "identified" } & Identity)
  /**
   * The server did not accept a token or a key, or the program gave no token. The chat goes on as the server allows it
   * without, and asks for a token again by itself, ever more rarely.
   */
  | { readonly type: "identity-refused"; readonly error: ChatError }
  /** The chat's nickname was set or changed; null when it was lost. */
  | { readonly type: "named"; readonly name: string | null }
  /** The chat is in the room, and everything missed has been reported. `resumed`: the others saw no leave. */
  | {
      readonly type: "entered";
      readonly name: string;
      readonly version: 2 | 3;
      readonly resumed: boolean;
      readonly online: readonly string[];
    }
  /**
   * The newest page of the history, oldest first. It replaces what is shown. `reset`: the server has another history than
   * before, such as a restored backup, so everything reported earlier is void.
   */
  | {
      readonly type: "history";
      readonly messages: readonly Message[];
      readonly more: boolean;
      readonly reset: boolean;
    }
  /** The server has stored an own message. This comes before the message itself, which may also be part of a `history`. */
  | { readonly type: "sent"; readonly key: string; readonly message: Message }
  /** The next message of the room. `own`: this chat sent it, and has reported it as `sent`. */
  | { readonly type: "message"; readonly message: Message; readonly own: boolean }
  /** A message that may be shown already is like this now: it was changed while the chat was away. `of` is its id. */
  | { readonly type: "changed"; readonly of: number; readonly message: Message }
  /** Messages with these ids were missed, and the server no longer has them. */
  | ({ readonly type: "gap" } & Gap)
  /** The whole roster. */
  | { readonly type: "roster"; readonly online: readonly string[] }
  | Exclude<RoomEvent, { readonly type: "message" }>
  /** The server refused a nickname that the chat requested by itself: from the options, or after a lost session. */
  | { readonly type: "nickname-lost"; readonly name: string; readonly error: ChatError }
  /**
   * The room does not let the chat in: `PasswordRequired`, `MembersOnly`, `ProofRequired` or `Banned`. After `enter` with the
   * right password, and once the server knows the person, the chat tries again by itself, with the same nickname. After
   * `Banned` it is `refused`.
   */
  | { readonly type: "kept-out"; readonly error: NotPermittedError }
  /** Before the chat goes on, it makes a proof of work, which may take some seconds. It is done, too, if it failed. */
  | { readonly type: "proving"; readonly state: "started" | "done" }
  | { readonly type: "outbox"; readonly entries: readonly OutboxEntry[] }
  /** The server refused a request because of its rate, or a message in slow mode. The chat repeats it after `retryS` seconds. */
  | { readonly type: "slowed"; readonly retryS: number }
  /** A message will not be sent. Its promise, if it was made in this page, rejects with the same error. */
  | {
      readonly type: "send-failed";
      readonly key: string;
      readonly content: string;
      readonly error: ChatError;
    }
  /**
   * A message waits for a moderator, who may let it appear as a `message`. The chat is done with it: its promise, too, rejects with
   * this error, whose code is `Held`.
   */
  | {
      readonly type: "held";
      readonly key: string;
      readonly content: string;
      readonly error: NotPermittedError;
    }
  /** A message will not be edited, deleted or reacted to. Likewise. */
  | { readonly type: "change-failed"; readonly change: OutboxChange; readonly error: ChatError };

/** The event of one type. */
export type EventOf<T extends ChatEvent["type"]> = Extract<ChatEvent, { readonly type: T }>;

/** A loop over events. */
interface Loop {
  /** Events that the loop has not finished with, each with the position of the chat at that time. */
  readonly events: (readonly [event: ChatEvent, position: Position | null])[];
  /** The position of the last event that the loop has finished with. */
  done: Position | null;
}

/** Gives events to listeners and loops: each event to all of them before the next one to any. */
export class Emitter {
  /** The position of the last message or change reported; null before the first page, and with version 2. */
  told: Position | null;
  readonly #moved: () => void;
  #movedTo: Position | null;
  readonly #listeners = new Map<(event: ChatEvent) => void, ((error: ChatError) => void) | undefined>();
  readonly #loops = new Set<Loop>();
  #waiting: ChatEvent[] = [];
  #emitting = false;
  #ended = false;
  /** Wake the loops that wait for the next event, or for the end. */
  #wakers: (() => void)[] = [];

  /** @param moved is called when {@link position} has changed */
  constructor(position: Position | null, moved: () => void) {
    this.told = position;
    this.#movedTo = position;
    this.#moved = moved;
  }

  /** The position of the last message or change that all listeners and loops have finished with. */
  get position(): Position | null {
    let slowest: Loop = { events: [], done: this.told };
    // All loops get the same events: the one with the most left is the slowest.
    for (const loop of this.#loops) if (loop.events.length > slowest.events.length) slowest = loop;
    return slowest.done;
  }

  /** @param ended is called with the reason when there are no more events. @returns a function that removes the listener */
  on(listener: (event: ChatEvent) => void, ended?: (error: ChatError) => void): () => void {
    this.#listeners.set(listener, ended);
    return () => this.#listeners.delete(listener);
  }

  /** All events from now on. @param most how many events may wait to be taken */
  iterate(most: number): AsyncGenerator<ChatEvent, undefined> {
    const loop: Loop = { events: [], done: this.told };
    const stop = this.on((event) => {
      if (loop.events.push([event, this.told]) > most) stop();
    });
    this.#loops.add(loop);
    return this.#take(loop, most, stop);
  }

  /** Reports an event, after those that are being reported. */
  emit(event: ChatEvent): void {
    if (this.#ended) return;
    this.#waiting.push(event);
    this.#drain();
  }

  /** There will be no more events. */
  close(error: ChatError): void {
    this.#ended = true;
    this.#drain();
    for (const ended of this.#listeners.values()) ended?.(error);
  }

  async *#take(loop: Loop, most: number, stop: () => void): AsyncGenerator<ChatEvent, undefined> {
    const { events } = loop;
    let taken: Loop["events"][number] | undefined;
    try {
      for (;;) {
        if (events.length > most) throw new SlowConsumerError("SlowConsumer");
        if (taken) {
          // A loop that asks for the next event has finished with this one.
          loop.done = taken[1];
          events.shift();
          this.#look();
        }
        taken = events[0];
        if (taken) yield taken[0];
        else if (this.#ended) return;
        else await new Promise<void>((resolve) => this.#wakers.push(resolve));
      }
    } finally {
      stop();
      this.#loops.delete(loop);
    }
  }

  #look(): void {
    const { position } = this;
    if (position === this.#movedTo) return;
    this.#movedTo = position;
    this.#moved();
  }

  #drain(): void {
    if (this.#emitting) return;
    this.#emitting = true;
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) this.#tell(next);
    this.#emitting = false;
    this.#look();
    for (const wake of this.#wakers.splice(0)) wake();
  }

  #tell(event: ChatEvent): void {
    for (const listener of this.#listeners.keys()) {
      try {
        listener(event);
      } catch (error) {
        // The platform reports it like an error in an event listener of its own.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
