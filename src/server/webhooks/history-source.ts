import type { Webhook } from "../../engine/webhook.ts";
import type { CurrentKeys } from "../../protocol/extension.ts";
import { PAGE_DEFAULT } from "../../protocol/limits.ts";
import type { HistoryMessage, Page } from "../../protocol/page.ts";
import {
  BEGINNING,
  eventIdOf,
  type Place,
  type Source,
  type Step,
  type WebhookEvent,
  type WebhookEventType,
} from "./event.ts";
import type { PageReader } from "./page-reader.ts";

type CurrentMessage = HistoryMessage & CurrentKeys;

/**
 * Messages and changes of a room. A step is one of them, so that all are told in the room's order, and each message as it is when
 * it is told: what was deleted in the meantime is told without its text.
 */
export class HistorySource implements Source {
  readonly #webhook: Pick<Webhook, "id" | "topics" | "createdAt">;
  readonly #room: string;
  readonly #reader: PageReader;

  constructor(webhook: Pick<Webhook, "id" | "topics" | "createdAt">, room: string, reader: PageReader) {
    this.#webhook = webhook;
    this.#room = room;
    this.#reader = reader;
  }

  /** Behind everything that was there before the webhook. */
  async begin(): Promise<Place> {
    const { createdAt } = this.#webhook;
    for (let place = await this.#placeBefore(createdAt); ; ) {
      const { cursor } = await this.#pageAfter(place);
      if (cursor === null || cursor.time >= createdAt) return place;
      place = { id: cursor.id, time: cursor.time };
    }
  }

  async next(from: Place): Promise<Step | null> {
    const page = await this.#pageAfter(from);
    if (page.reset) return await this.#reset(from);
    const { cursor: place } = page;
    if (place === null) return null;
    return { events: this.#eventsOf(page, place), place };
  }

  /** The next message or change. */
  #pageAfter({ id, time }: Place): Promise<Page> {
    return this.#reader.read({ limit: 1, before: null, after: id, time: time ?? undefined });
  }

  /** The last message before a moment, in Unix milliseconds. */
  async #placeBefore(time: number): Promise<Place> {
    for (let before: number | null = null; ; ) {
      const page = await this.#reader.read({ limit: PAGE_DEFAULT, before, after: null });
      const messages = messagesOf(page);
      const last = messages.findLast((message) => message.time < time);
      if (last !== undefined) return { id: last.id, time: last.time };
      const [oldest] = messages;
      if (oldest === undefined || !page.more) return BEGINNING;
      before = oldest.id;
    }
  }

  release(): void {
    this.#reader.release();
  }

  /** The history is another one now. What it has from before the place was told, or was there before the webhook. */
  async #reset(place: Place): Promise<Step> {
    const { createdAt } = this.#webhook;
    const from = await this.#placeBefore(place.time ?? createdAt);
    return { events: [this.#event("history.reset", place, Date.now(), {})], place: from };
  }

  #eventsOf(page: Page, place: { readonly id: number; readonly time: number }): readonly WebhookEvent[] {
    const { topics } = this.#webhook;
    const [message] = messagesOf(page);
    const [changed] = listOf(page.changed);
    const { time } = place;
    return [
      ...(page.gap === null ? [] : [this.#event("history.gap", place, time, { ...page.gap })]),
      ...(message !== undefined && topics.includes("messages")
        ? [this.#event("message.created", place, time, { id: place.id, time, message })]
        : []),
      ...(changed !== undefined && topics.includes("changes")
        ? [this.#event("message.changed", place, time, { id: place.id, time, message: changed })]
        : []),
    ];
  }

  #event(
    type: WebhookEventType,
    place: Place,
    time: number,
    data: Readonly<Record<string, unknown>>,
  ): WebhookEvent {
    const room = this.#room;
    return { id: eventIdOf(this.#webhook.id, type, room, place), type, time, data: { room, ...data } };
  }
}

function messagesOf({ messages }: Page): readonly CurrentMessage[] {
  return listOf(Buffer.from(messages).toString());
}

/** @param texts JSON texts of messages, joined by commas, as the engine has made them */
function listOf(texts: string): readonly CurrentMessage[] {
  return JSON.parse(`[${texts}]`);
}
