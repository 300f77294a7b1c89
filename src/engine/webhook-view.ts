import { UnreadableRow } from "./shared-store.ts";
import { isTopic, isWebhookSecret, type Webhook, type WebhookCursor } from "./webhook.ts";

/** A change of what is stored about webhooks. */
export type WebhookChange =
  /** Takes the place of the one with its id. */
  | { readonly kind: "put"; readonly webhook: Webhook }
  /** With its cursors. */
  | { readonly kind: "remove"; readonly id: string };

/** All webhooks at a revision: there are few. */
export interface WebhookReading {
  readonly revision: number;
  readonly webhooks: readonly Webhook[];
}

/** Everything that is stored. */
export interface WebhookCopy extends WebhookReading {
  readonly cursors: readonly WebhookCursor[];
}

/** The webhooks of a store, in memory. */
export class WebhookView {
  #revision = -1;
  #webhooks: ReadonlyMap<string, Webhook> = new Map();
  readonly #listeners = new Set<() => void>();

  get revision(): number {
    return this.#revision;
  }

  get size(): number {
    return this.#webhooks.size;
  }

  apply({ revision, webhooks }: WebhookReading): void {
    this.#revision = revision;
    const oldestFirst = webhooks.toSorted((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
    this.#webhooks = new Map(oldestFirst.map((webhook) => [webhook.id, webhook]));
    for (const listener of this.#listeners) listener();
  }

  list(): readonly Webhook[] {
    return [...this.#webhooks.values()];
  }

  get(id: string): Webhook | undefined {
    return this.#webhooks.get(id);
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}

/*
 * Rows are JSON, which keeps every text as it is. What is read from a row is checked, so that a damaged store is found when it is
 * read and not when it is used.
 */

/** @throws UnreadableRow */
export function webhookOf(json: unknown): Webhook {
  const row = objectOf(json, "A webhook is damaged.");
  const { id, label, url, secret, previous, topics, rooms, createdAt, enabledAt, disabled } = row;
  const isWhole =
    [id, label, url].every(isText) &&
    isText(secret) &&
    isWebhookSecret(secret) &&
    Array.isArray(topics) &&
    topics.every((topic) => isText(topic) && isTopic(topic)) &&
    (rooms === null || (Array.isArray(rooms) && rooms.every(isText))) &&
    [createdAt, enabledAt].every(Number.isSafeInteger) &&
    (previous === null || hasFields(previous, { secret: isText, until: Number.isSafeInteger })) &&
    (disabled === null || hasFields(disabled, { reason: isText, at: Number.isSafeInteger }));
  if (!isWhole) throw new UnreadableRow("A webhook is damaged.");
  return row as unknown as Webhook;
}

/** @throws UnreadableRow */
export function cursorOf(json: unknown): WebhookCursor {
  const row = objectOf(json, "The place of a webhook is damaged.");
  const { webhook, room, id, time, readAt, failure } = row;
  const isWhole =
    [webhook, room].every(isText) &&
    [id, readAt].every(Number.isSafeInteger) &&
    (time === null || Number.isSafeInteger(time)) &&
    (failure === null ||
      hasFields(failure, {
        since: Number.isSafeInteger,
        attempts: Number.isSafeInteger,
        retryAt: Number.isSafeInteger,
        problem: isText,
      }));
  if (!isWhole) throw new UnreadableRow("The place of a webhook is damaged.");
  return row as unknown as WebhookCursor;
}

function objectOf(json: unknown, sentence: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(String(json));
    if (typeof value === "object" && value !== null) return { ...value };
  } catch {
    // No JSON at all.
  }
  throw new UnreadableRow(sentence);
}

function hasFields(value: unknown, checks: Readonly<Record<string, (field: unknown) => boolean>>): boolean {
  if (typeof value !== "object" || value === null) return false;
  const fields: Readonly<Record<string, unknown>> = { ...value };
  return Object.entries(checks).every(([name, check]) => check(fields[name]));
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}
