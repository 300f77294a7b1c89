import type { Random } from "../../support/random.ts";
import { type Received, Receiver } from "../../support/webhook.ts";
import { type Current, seenOf } from "./history.ts";
import type { Story } from "./story.ts";

/** How often a receiver does not take what it is sent. */
const REFUSES = 0.1;

/** A program that a webhook tells of all rooms. It takes most of what it is sent. */
export class ToldProgram implements Disposable {
  readonly #receiver = new Receiver();
  readonly #rooms = new Map<string, ToldRoom>();
  readonly #story: Story;

  constructor(random: Random, story: Story) {
    this.#story = story;
    this.#receiver.answer = (received) => {
      if (random.chance(REFUSES)) return new Response(null, { status: 503 });
      this.#roomOf(received.body.data.room).take(received);
      story.changed();
      return new Response(null, { status: 204 });
    };
  }

  get url(): string {
    return this.#receiver.url();
  }

  /** What it is told of a room. @param room undefined for the main room */
  of(room: string | undefined): ToldRoom {
    return this.#roomOf(room ?? "/");
  }

  #roomOf(name: string): ToldRoom {
    const room = this.#rooms.get(name) ?? new ToldRoom(this.#story);
    this.#rooms.set(name, room);
    return room;
  }

  [Symbol.dispose](): void {
    this.#receiver[Symbol.dispose]();
  }
}

/**
 * What a webhook tells of one room: each message and each change at least once and in order. A repeat has the id that it had. Which
 * of the messages that were lost with a backup's predecessor were told is not known.
 */
export class ToldRoom {
  readonly label = "the program that a webhook tells";
  readonly view: Current[] = [];
  /** How many deliveries were repeats. */
  repeats = 0;
  readonly #story: Story;
  readonly #ids = new Set<string>();
  #last = 0;
  #isClosed = false;

  constructor(story: Story) {
    this.#story = story;
  }

  /** From now on it stays as it is. */
  close(): void {
    this.#isClosed = true;
  }

  take({ id, body: { type, data } }: Received): void {
    if (this.#isClosed) return;
    if (this.#ids.has(id)) {
      this.repeats++;
      return;
    }
    this.#ids.add(id);
    const isCertain = this.#story.pasts.length === 0;
    if (type === "history.reset" && isCertain)
      this.#story.fault(`PAGE-6 ${this.label} was told of another history`);
    if (data.message === undefined) return;
    if (isCertain && data.id <= this.#last)
      this.#story.fault(`ORD-1 ${this.label} was told of ${type} ${data.id} after ${this.#last}`);
    this.#last = data.id;
    const message = seenOf(data.message);
    const at = this.view.findLastIndex((each) => each.id === message.id);
    if (type === "message.created") this.view.push(message);
    else if (at >= 0) this.view[at] = message;
    else if (isCertain) this.#story.fault(`ORD-1 ${this.label} was told of a change to ${message.id} alone`);
  }
}
