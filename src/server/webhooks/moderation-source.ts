import type { Moderation, Noted, NotedEntry } from "../../engine/moderation.ts";
import { coversRoom, MODERATION, type Webhook } from "../../engine/webhook.ts";
import type { Action } from "../../room/action.ts";
import {
  BEGINNING,
  eventIdOf,
  type Place,
  type Source,
  type Step,
  type WebhookEvent,
  type WebhookEventType,
} from "./event.ts";

const AT_ONCE = 100;
/** An undo may end raid mode. */
const KINDS = ["raid", "calm", "undo"] as const;

/** Reports and raids of all rooms. A place is a revision. */
export class ModerationSource implements Source {
  readonly #webhook: Pick<Webhook, "id" | "topics" | "rooms" | "createdAt">;
  readonly #moderation: Moderation;

  constructor(webhook: Pick<Webhook, "id" | "topics" | "rooms" | "createdAt">, moderation: Moderation) {
    this.#webhook = webhook;
    this.#moderation = moderation;
  }

  begin(): Promise<Place> {
    return this.#placeBefore(this.#webhook.createdAt);
  }

  async next(from: Place): Promise<Step | null> {
    const { revision, entries } = await this.#notedAfter(from.id);
    // A backup was restored: what is new in it is younger than what was told last.
    if (revision < from.id)
      return { events: [], place: await this.#placeBefore(from.time ?? this.#webhook.createdAt) };
    let place: Place | null = null;
    for (const entry of entries) {
      const event = await this.#eventOf(entry);
      place = placeOf(entry);
      if (event !== null) return { events: [event], place };
    }
    return place === null ? null : { events: [], place };
  }

  release(): void {}

  #notedAfter(after: number): Promise<Noted> {
    return this.#moderation.notedAfter({ after, kinds: KINDS, limit: AT_ONCE });
  }

  /** The last one before a moment, in Unix milliseconds. */
  async #placeBefore(time: number): Promise<Place> {
    for (let place = BEGINNING; ; ) {
      const { entries } = await this.#notedAfter(place.id);
      for (const entry of entries) {
        if (timeOf(entry) >= time) return place;
        place = placeOf(entry);
      }
      if (entries.length === 0) return place;
    }
  }

  async #eventOf(entry: NotedEntry): Promise<WebhookEvent | null> {
    switch (entry.kind) {
      case "report": {
        const { networks: _, at, ...report } = entry.report;
        return this.#event("reports", "report.created", entry, report.room, { ...report, time: at });
      }
      case "action":
        return await this.#raidEvent(entry, entry.action);
      default:
        return entry satisfies never;
    }
  }

  async #raidEvent(entry: NotedEntry, action: Action): Promise<WebhookEvent | null> {
    const { kind, room, at, until, by, byName, of } = action;
    const moderator = by === null ? {} : { moderator: byName };
    if (kind === "raid")
      return this.#event("raids", "raid.started", entry, room, { room, time: at, until, ...moderator });
    const isOfRaid = kind === "calm" || (of !== null && (await this.#moderation.action(of))?.kind === "raid");
    return isOfRaid
      ? this.#event("raids", "raid.ended", entry, room, { room, time: at, ...moderator })
      : null;
  }

  #event(
    topic: "reports" | "raids",
    type: WebhookEventType,
    entry: NotedEntry,
    room: string | null,
    data: Readonly<Record<string, unknown>>,
  ): WebhookEvent | null {
    const { id: webhook, topics } = this.#webhook;
    if (!topics.includes(topic) || (room !== null && !coversRoom(this.#webhook, room))) return null;
    const id = eventIdOf(webhook, type, MODERATION, placeOf(entry));
    return { id, type, time: timeOf(entry), data };
  }
}

function placeOf(entry: NotedEntry): Place {
  return { id: entry.made, time: timeOf(entry) };
}

function timeOf(entry: NotedEntry): number {
  return entry.kind === "report" ? entry.report.at : entry.action.at;
}
