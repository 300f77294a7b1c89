import type { Decision } from "./shared-store.ts";
import {
  type NewWebhook,
  newWebhookId,
  newWebhookSecret,
  OLD_SECRET_MS,
  type Webhook,
  type WebhookCursor,
  type WebhookLimits,
} from "./webhook.ts";
import type { WebhookChange, WebhookView } from "./webhook-view.ts";
import { WebhookError, type Webhooks } from "./webhooks.ts";

export type WebhookDecision<T> = Decision<WebhookChange, T>;

/** Where webhooks are stored. It keeps a {@link WebhookView} up to date. All of it rejects if the store fails. */
export interface WebhookStore {
  /** Has `decide` called while nobody else can change webhooks, with the view up to date, and stores the changes. */
  change<T>(decide: () => WebhookDecision<T>): Promise<T>;
  /** See {@link Webhooks.claim}. */
  claim(): Promise<ReadonlySet<string>>;
  /** See {@link Webhooks.cursors}. */
  cursors(id: string): Promise<readonly WebhookCursor[]>;
  /** See {@link Webhooks.keep}. */
  keep(cursors: readonly WebhookCursor[]): Promise<ReadonlySet<string>>;
  /** Resolves when nothing of it is in use any more. */
  close(): Promise<void>;
}

export interface StoredWebhooksOptions {
  readonly store: WebhookStore;
  readonly view: WebhookView;
  readonly limits: WebhookLimits;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** Webhooks in a store: the decisions are made here, the same for every store. */
export class StoredWebhooks implements Webhooks {
  readonly #store: WebhookStore;
  readonly #view: WebhookView;
  readonly #limits: WebhookLimits;
  readonly #now: () => number;

  constructor({ store, view, limits, now }: StoredWebhooksOptions) {
    this.#store = store;
    this.#view = view;
    this.#limits = limits;
    this.#now = now;
  }

  list(): readonly Webhook[] {
    return this.#view.list();
  }

  get(id: string): Webhook | undefined {
    return this.#view.get(id);
  }

  async create(order: NewWebhook): Promise<Webhook> {
    const createdAt = this.#now();
    const webhook: Webhook = {
      ...order,
      id: newWebhookId(),
      secret: newWebhookSecret(),
      previous: null,
      createdAt,
      enabledAt: createdAt,
      disabled: null,
    };
    return await this.#change(() => {
      const { webhooks } = this.#limits;
      if (this.#view.size >= webhooks)
        throw new WebhookError(
          "too-many",
          `There are ${webhooks} webhooks already, as many as this chat allows.`,
        );
      return { changes: [{ kind: "put", webhook }], result: webhook };
    });
  }

  enable(id: string): Promise<Webhook | null> {
    return this.#replace(id, (webhook) => ({ ...webhook, disabled: null, enabledAt: this.#now() }));
  }

  disable(id: string, reason: string): Promise<Webhook | null> {
    return this.#replace(id, (webhook) => ({ ...webhook, disabled: { at: this.#now(), reason } }));
  }

  renewSecret(id: string): Promise<Webhook | null> {
    const secret = newWebhookSecret();
    const until = this.#now() + OLD_SECRET_MS;
    return this.#replace(id, (webhook) => ({
      ...webhook,
      secret,
      previous: { secret: webhook.secret, until },
    }));
  }

  remove(id: string): Promise<boolean> {
    return this.#change(() => {
      const isThere = this.#view.get(id) !== undefined;
      return { changes: isThere ? [{ kind: "remove", id }] : [], result: isThere };
    });
  }

  claim(): Promise<ReadonlySet<string>> {
    return this.#store.claim();
  }

  cursors(id: string): Promise<readonly WebhookCursor[]> {
    return this.#store.cursors(id);
  }

  keep(cursors: readonly WebhookCursor[]): Promise<ReadonlySet<string>> {
    return this.#store.keep(cursors);
  }

  subscribe(listener: () => void): () => void {
    return this.#view.subscribe(listener);
  }

  async close(): Promise<void> {
    await this.#store.close();
  }

  #replace(id: string, change: (webhook: Webhook) => Webhook): Promise<Webhook | null> {
    return this.#change(() => {
      const webhook = this.#view.get(id);
      if (webhook === undefined) return { changes: [], result: null };
      const changed = change(webhook);
      return { changes: [{ kind: "put", webhook: changed }], result: changed };
    });
  }

  async #change<T>(decide: () => WebhookDecision<T>): Promise<T> {
    try {
      return await this.#store.change(decide);
    } catch (error) {
      if (error instanceof WebhookError) throw error;
      throw new WebhookError("not-stored", "This cannot be stored now.", { cause: error });
    }
  }
}
