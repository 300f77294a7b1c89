import type { NewWebhook, Webhook, WebhookCursor } from "./webhook.ts";

/**
 * The webhooks of a chat, and how far each has come.
 *
 * Every engine promises:
 *
 * - Durability: what a promise resolves to is stored. If it rejects nothing has changed, as far as the store can tell.
 * - Of all servers of a chat one at most has claimed a webhook. When it ends or dies another one can claim it.
 * - What is answered without a promise is answered from memory. It includes everything that this process has changed, and
 *   what others change within about a second.
 *
 * All methods that change something throw {@link WebhookError}.
 */
export interface Webhooks {
  /** Oldest first. */
  list(): readonly Webhook[];

  get(id: string): Webhook | undefined;

  /** Creates one, with a secret. What happens from now on is to be delivered. */
  create(order: NewWebhook): Promise<Webhook>;

  /** Lets one that was disabled go on where it was. Resolves to null if there is none. */
  enable(id: string): Promise<Webhook | null>;

  /** @param reason see {@link Webhook.disabled}. Resolves to null if there is none */
  disable(id: string, reason: string): Promise<Webhook | null>;

  /** Gives one another secret; the one before signs as well for a day. Resolves to null if there is none. */
  renewSecret(id: string): Promise<Webhook | null>;

  /** Resolves to false if there is none. */
  remove(id: string): Promise<boolean>;

  /** Claims those that no living server has claimed. Resolves to the ids of all that this one has. */
  claim(): Promise<ReadonlySet<string>>;

  /** How far one has come, in all rooms of which something was noted. */
  cursors(id: string): Promise<readonly WebhookCursor[]>;

  /** Notes how far webhooks have come. Resolves to the ids of those that this server still has. */
  keep(cursors: readonly WebhookCursor[]): Promise<ReadonlySet<string>>;

  /** Calls a listener after each change that this process has learned of. It must not throw. */
  subscribe(listener: () => void): () => void;
}

/** Why webhooks could not be changed: there are as many as may be (`too-many`), or the store failed (`not-stored`), which is the cause. */
export type WebhookErrorCode = "too-many" | "not-stored";

/** Webhooks could not be changed. The message is one sentence for the one who asked. */
export class WebhookError extends Error {
  override readonly name = "WebhookError";
  readonly code: WebhookErrorCode;

  constructor(code: WebhookErrorCode, sentence: string, options?: ErrorOptions) {
    super(sentence, options);
    this.code = code;
  }
}
