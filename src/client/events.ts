import type { ConnectionState } from "./connection.ts";
import { type ChatError, SlowConsumerError } from "./errors.ts";
import type { Gap, Message, Position, RoomEvent } from "./frame.ts";
import type { OutboxEntry } from "./memory.ts";

/** What a chat tells. */
export type ChatEvent =
  | { readonly type: "state"; readonly state: ConnectionState }
  /** The own nickname: a first one, another one, or none any more. */
  | { readonly type: "named"; readonly name: string | null }
  /** In the room: all that was missed has been told. `resumed`: nobody saw that this client was away. */
  | {
      readonly type: "entered";
      readonly name: string;
      readonly version: 2 | 3;
      readonly resumed: boolean;
      readonly online: readonly string[];
    }
  /**
   * The newest page of the history, oldest first. It takes the place of what is shown. `reset`: the server has another
   * history than before, such as a backup that was put back, so what was told is void.
   */
  | {
      readonly type: "history";
      readonly messages: readonly Message[];
      readonly more: boolean;
      readonly reset: boolean;
    }
  /** The server has stored an own message. Told before the message itself, which may also stand in a `history`. */
  | { readonly type: "sent"; readonly key: string; readonly message: Message }
  /** The next message of the room, one's own ones too: `own` are those that this chat had as `sent`. */
  | { readonly type: "message"; readonly message: Message; readonly own: boolean }
  /** Messages with these ids were missed, and are no longer kept. */
  | ({ readonly type: "gap" } & Gap)
  /** The roster as a whole. */
  | { readonly type: "roster"; readonly online: readonly string[] }
  | Exclude<RoomEvent, { readonly type: "message" }>
  /** A nickname that was to be taken without being asked for by `register` is not to be had. */
  | { readonly type: "nickname-lost"; readonly name: string; readonly error: ChatError }
  | { readonly type: "outbox"; readonly entries: readonly OutboxEntry[] }
  /** The server refused a request for its rate. It is made again after so many seconds; nothing need be done. */
  | { readonly type: "slowed"; readonly retryS: number }
  /** A send was given up. Its promise, if there is one in this page, rejects with the same error. */
  | {
      readonly type: "send-failed";
      readonly key: string;
      readonly content: string;
      readonly error: ChatError;
    };

/** The event of one type. */
export type EventOf<T extends ChatEvent["type"]> = Extract<ChatEvent, { readonly type: T }>;

/** A loop over events. */
interface Loop {
  /** What it has not come back from, each with the position that the room then had. */
  readonly events: (readonly [event: ChatEvent, position: Position | null])[];
  /** The position of what it came back from last. */
  done: Position | null;
}

/** Gives events to listeners and loops: each event to all of them before the next one to any. */
export class Emitter {
  /** Of the last message told; null before there was a page, and with version 2. */
  told: Position | null;
  readonly #moved: () => void;
  #movedTo: Position | null;
  readonly #listeners = new Map<(event: ChatEvent) => void, ((error: ChatError) => void) | undefined>();
  readonly #loops = new Set<Loop>();
  #waiting: ChatEvent[] = [];
  #emitting = false;
  #ended = false;
  /** Of loops that wait for the next event, or for the end. */
  #wakers: (() => void)[] = [];

  /** @param moved is called when {@link position} has changed */
  constructor(position: Position | null, moved: () => void) {
    this.told = position;
    this.#movedTo = position;
    this.#moved = moved;
  }

  /** Of the last message that the listeners were told and all loops have come back from. */
  get position(): Position | null {
    let slowest: Loop = { events: [], done: this.told };
    // All are given the same events: who has most of them left is behind the others.
    for (const loop of this.#loops) if (loop.events.length > slowest.events.length) slowest = loop;
    return slowest.done;
  }

  /** @param ended is told why there are no more events. @returns what removes the listener */
  on(listener: (event: ChatEvent) => void, ended?: (error: ChatError) => void): () => void {
    this.#listeners.set(listener, ended);
    return () => this.#listeners.delete(listener);
  }

  /** All events from now on. @param most events that may wait to be taken */
  iterate(most: number): AsyncGenerator<ChatEvent, undefined> {
    const loop: Loop = { events: [], done: this.told };
    const stop = this.on((event) => {
      if (loop.events.push([event, this.told]) > most) stop();
    });
    this.#loops.add(loop);
    return this.#take(loop, most, stop);
  }

  /** Tells an event, after those that are being told. */
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
          // Who asks for the next one has done with it.
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
        // As the platform reports what an event listener throws.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
