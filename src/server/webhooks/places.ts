import type { Webhook, WebhookCursor, WebhookFailure } from "../../engine/webhook.ts";
import type { Webhooks } from "../../engine/webhooks.ts";
import type { Place } from "./event.ts";

/** How often places are stored while deliveries succeed. What was delivered since is delivered again after a crash. */
const STORE_EVERY_MS = 500;

export interface PlacesOptions {
  readonly store: Pick<Webhooks, "cursors" | "keep">;
  /** Another server has claimed the webhook, or it was removed. */
  readonly lost: () => void;
  readonly failed: (error: unknown) => void;
  /** Nothing fails any more. */
  readonly recovered: () => void;
}

/** How far a webhook has come in each room, in memory and, a moment later, in the store. */
export class Places {
  readonly #webhook: Pick<Webhook, "id" | "createdAt" | "enabledAt">;
  readonly #options: PlacesOptions;
  readonly #cursors = new Map<string, WebhookCursor>();
  readonly #changed = new Set<string>();
  readonly #failing = new Set<string>();
  #timer: Timer | null = null;
  #storing: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(webhook: Pick<Webhook, "id" | "createdAt" | "enabledAt">, options: PlacesOptions) {
    this.#webhook = webhook;
    this.#options = options;
  }

  /** Reads what is stored. Failures from before the webhook was enabled again do not count. Rejects if the store fails. */
  async load(): Promise<void> {
    const { id, enabledAt } = this.#webhook;
    for (const cursor of await this.#options.store.cursors(id)) {
      const isOld = cursor.failure !== null && cursor.failure.since < enabledAt;
      this.#cursors.set(cursor.room, isOld ? { ...cursor, failure: null } : cursor);
      if (cursor.failure !== null && !isOld) this.#failing.add(cursor.room);
    }
  }

  /** The rooms in which the next delivery has failed. */
  get failing(): ReadonlySet<string> {
    return this.#failing;
  }

  get(room: string): WebhookCursor | undefined {
    return this.#cursors.get(room);
  }

  /** Whether something that was stored in a room at a moment may be news. @param slackMs by which clocks may differ */
  mayBeNews(room: string, at: number, slackMs: number): boolean {
    const { time = null, readAt = this.#webhook.createdAt } = this.#cursors.get(room) ?? {};
    return at > (time ?? 0) && at >= readAt - slackMs;
  }

  reached(room: string, { id, time }: Place): void {
    this.#set(room, { id, time, failure: null });
  }

  /** There was nothing more. @param now Unix milliseconds */
  readAll(room: string, now: number): void {
    // Of a room in which nothing has happened since there is a webhook, nothing is noted.
    if (this.#cursors.has(room)) this.#set(room, { readAt: now, failure: null });
  }

  failed(room: string, failure: WebhookFailure): void {
    this.#set(room, { failure });
  }

  /** Stores what is not stored yet, as far as possible, and nothing after that. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#storing;
    await this.#store();
  }

  #set(room: string, change: Partial<WebhookCursor>): void {
    const { id, createdAt } = this.#webhook;
    const before = this.#cursors.get(room) ?? {
      webhook: id,
      room,
      id: 0,
      time: null,
      readAt: createdAt,
      failure: null,
    };
    const cursor = { ...before, ...change };
    this.#cursors.set(room, cursor);
    this.#changed.add(room);
    if (cursor.failure !== null) this.#failing.add(room);
    else if (this.#failing.delete(room) && this.#failing.size === 0) this.#options.recovered();
    if (this.#timer !== null || this.#isClosed) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#storing = this.#store();
    }, STORE_EVERY_MS);
  }

  async #store(): Promise<void> {
    const rooms = [...this.#changed];
    if (rooms.length === 0) return;
    this.#changed.clear();
    const { store, lost, failed } = this.#options;
    try {
      const claimed = await store.keep(rooms.flatMap((room) => this.#cursors.get(room) ?? []));
      if (!claimed.has(this.#webhook.id)) lost();
    } catch (error) {
      // They are stored along with the next ones.
      for (const room of rooms) this.#changed.add(room);
      failed(error);
    }
  }
}
