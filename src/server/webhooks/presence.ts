import type { Outcome } from "../../engine/outcome.ts";
import type { Step, WebhookEvent, WebhookEventType } from "./event.ts";

/** How many events of people wait in one room of a webhook; older ones are dropped, because they are not stored anyway. */
const WAITING_MOST = 1_000;
/** Of how many rooms it is known which event was stored last. */
const ROOMS_MOST = 10_000;

/** Somebody has come, gone, or taken another nickname. */
export interface PresenceEvent {
  readonly event: WebhookEvent;
  /** The id of the message or change before it; null if none was seen since the start. */
  readonly after: number | null;
}

/** Watches outcomes for what people do, and notes after which message or change they did it. */
export class PresenceWatch {
  readonly #newest = new Map<string, number>();

  /** An outcome, in the room's order. Null if it is about nobody's presence. */
  see(room: string, outcome: Outcome): PresenceEvent | null {
    this.#note(room, outcome);
    const told = toldOf(outcome);
    if (told === null) return null;
    const { type, time, ...data } = told;
    const event = { id: `evt_${crypto.randomUUID()}`, type, time, data: { room, time, ...data } };
    return { event, after: this.#newest.get(room) ?? null };
  }

  #note(room: string, outcome: Outcome): void {
    const id = storedIdOf(outcome);
    if (id === null) return;
    this.#newest.delete(room);
    this.#newest.set(room, id);
    const [oldest] = this.#newest.keys();
    if (this.#newest.size > ROOMS_MOST && oldest !== undefined) this.#newest.delete(oldest);
  }
}

/** The id of the message or the change that an outcome has stored; null for none. */
export function storedIdOf(outcome: Outcome): number | null {
  switch (outcome.kind) {
    case "sent":
      return outcome.record.message.id;
    case "edited":
    case "deleted":
    case "reacted":
      return outcome.id;
    default:
      return null;
  }
}

function toldOf(
  outcome: Outcome,
): { readonly type: WebhookEventType; readonly time: number; readonly name: string } | null {
  switch (outcome.kind) {
    case "registered": {
      const { name, time, by } = outcome;
      return { type: "person.joined", time, ...{ name, by } };
    }
    case "renamed": {
      const { name, oldName, time, by } = outcome;
      return { type: "person.renamed", time, ...{ name, oldName, by } };
    }
    case "left": {
      const { name, time } = outcome;
      return { type: "person.left", time, name };
    }
    default:
      return null;
  }
}

/** What people have done in one room that is not told yet, oldest first. */
export class PresenceQueue {
  readonly #waiting: PresenceEvent[] = [];

  get size(): number {
    return this.#waiting.length;
  }

  add(event: PresenceEvent): void {
    this.#waiting.push(event);
    if (this.#waiting.length > WAITING_MOST) this.#waiting.shift();
  }

  /** The oldest one, if it came before a step; undefined if there is none. @param step null for nothing more */
  before(step: Step | null): WebhookEvent | undefined {
    const [first] = this.#waiting;
    if (first === undefined || step === null) return first?.event;
    const { id, time } = step.place;
    const isEarlier = first.after === null ? (time ?? 0) >= first.event.time : id > first.after;
    return isEarlier ? first.event : undefined;
  }

  /** It was told. */
  remove(event: WebhookEvent): void {
    if (this.#waiting[0]?.event === event) this.#waiting.shift();
  }
}
