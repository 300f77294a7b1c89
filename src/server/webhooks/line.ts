import type { Place, Source, WebhookEvent } from "./event.ts";
import type { Posted } from "./post.ts";
import { type PresenceEvent, PresenceQueue } from "./presence.ts";

type Failed = Extract<Posted, { isDone: false }>;

/** How a line's turn has ended: there is nothing more, there is more, it was refused, or it could not be read. */
export type TurnEnd =
  | { readonly kind: "idle" }
  | { readonly kind: "more" }
  | { readonly kind: "failed"; readonly posted: Failed }
  | { readonly kind: "unreadable"; readonly error: unknown };

export interface LineOptions {
  readonly room: string;
  /** Null where nothing was told yet. */
  readonly place: Place | null;
  readonly source: Source;
  readonly deliver: (event: WebhookEvent) => Promise<Posted>;
  /** Everything up to a place is told. */
  readonly reached: (place: Place) => void;
}

/** What one webhook is told of one room: an event is told when the one before was taken. */
export class Line {
  readonly room: string;
  readonly #options: LineOptions;
  readonly #presence = new PresenceQueue();
  #place: Place | null;

  constructor(options: LineOptions) {
    this.room = options.room;
    this.#place = options.place;
    this.#options = options;
  }

  /** How many events of people wait. */
  get waitingPresence(): number {
    return this.#presence.size;
  }

  add(event: PresenceEvent): void {
    this.#presence.add(event);
  }

  /** Tells what there is. @param most so many steps, so that other rooms have their turn @param isOn whether to go on */
  async turn(most: number, isOn: () => boolean): Promise<TurnEnd> {
    for (let steps = 0; steps < most && isOn(); steps++) {
      const end = await this.#step();
      if (end !== null) return end;
    }
    return { kind: "more" };
  }

  release(): void {
    this.#options.source.release();
  }

  async #step(): Promise<TurnEnd | null> {
    const { source, reached } = this.#options;
    try {
      if (this.#place === null) {
        this.#place = await source.begin();
        reached(this.#place);
      }
      // Read anew for each attempt: a text that was deleted in the meantime must not be told.
      const step = await source.next(this.#place);
      const person = this.#presence.before(step);
      if (person !== undefined) return await this.#deliverAll([person], () => this.#presence.remove(person));
      if (step === null) return { kind: "idle" };
      return await this.#deliverAll(step.events, () => {
        this.#place = step.place;
        reached(step.place);
      });
    } catch (error) {
      return { kind: "unreadable", error };
    }
  }

  async #deliverAll(events: readonly WebhookEvent[], done: () => void): Promise<TurnEnd | null> {
    for (const event of events) {
      const posted = await this.#options.deliver(event);
      if (!posted.isDone) return { kind: "failed", posted };
    }
    done();
    return null;
  }
}
