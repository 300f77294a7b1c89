import { MODERATION, type Webhook } from "../../engine/webhook.ts";
import type { Delivering } from "./delivering.ts";
import { BEGINNING, type Place, type Source } from "./event.ts";
import { HistorySource } from "./history-source.ts";
import { ModerationSource } from "./moderation-source.ts";
import { PageReader } from "./page-reader.ts";

/** Where a webhook reads what it tells of a room. */
export function sourceFor(
  webhook: Webhook,
  room: string,
  { engine, fanout }: Pick<Delivering, "engine" | "fanout">,
): Source {
  if (room === MODERATION) return new ModerationSource(webhook, engine.moderation);
  const reader = new PageReader(engine, fanout, room);
  const hasHistory = webhook.topics.includes("messages") || webhook.topics.includes("changes");
  return hasHistory ? new HistorySource(webhook, room, reader) : new RoomHold(reader);
}

/** For a webhook that tells of people only: it keeps the room in memory, where they are heard. */
class RoomHold implements Source {
  readonly #reader: PageReader;
  #isOpen = false;

  constructor(reader: PageReader) {
    this.#reader = reader;
  }

  async begin(): Promise<Place> {
    return BEGINNING;
  }

  async next(): Promise<null> {
    if (!this.#isOpen) await this.#reader.read({ limit: 1, before: null, after: null });
    this.#isOpen = true;
    return null;
  }

  release(): void {
    this.#isOpen = false;
    this.#reader.release();
  }
}
