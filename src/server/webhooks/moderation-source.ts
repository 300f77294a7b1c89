import type { Moderation, NotedEntry } from "../../engine/moderation.ts";
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

  /** What is older than the webhook is skipped. */
  async begin(): Promise<Place> {
    return BEGINNING;
  }

  async next(place: Place): Promise<Step | null> {
    const { revision, entries } = await this.#moderation.notedAfter({
      after: place.id,
      kinds: KINDS,
      limit: AT_ONCE,
    });
    // A backup was restored: what is new in it is younger than what was told last.
    if (revision < place.id) return { events: [], place: { id: 0, time: place.time } };
    let reached: Place | null = null;
    for (const entry of entries) {
      const time = timeOf(entry);
      const isNew =
        time >= this.#webhook.createdAt && (place.id > 0 || place.time === null || time > place.time);
      const event = isNew ? await this.#eventOf(entry) : null;
      reached = { id: entry.made, time: Math.max(time, place.time ?? 0) };
      if (event !== null) return { events: [event], place: reached };
    }
    return reached === null ? null : { events: [], place: reached };
  }

  release(): void {}

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
    const time = timeOf(entry);
    const id = eventIdOf(webhook, type, MODERATION, { id: entry.made, time });
    return { id, type, time, data };
  }
}

function timeOf(entry: NotedEntry): number {
  return entry.kind === "report" ? entry.report.at : entry.action.at;
}
