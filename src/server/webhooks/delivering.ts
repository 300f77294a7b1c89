import type { Engine } from "../../engine/engine.ts";
import type { Webhook } from "../../engine/webhook.ts";
import type { Fanout } from "../fanout.ts";
import type { WebhookEvent } from "./event.ts";
import type { Posted } from "./post.ts";
import type { Troubles } from "./troubles.ts";
import type { WebhookSettings } from "./webhook-settings.ts";

/** What those who deliver have in common. */
export interface Delivering {
  readonly engine: Engine;
  readonly fanout: Fanout;
  readonly settings: WebhookSettings;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly post: (webhook: Webhook, event: WebhookEvent) => Promise<Posted>;
  readonly troubles: Troubles;
  /** The store, or something else that should work, has failed. */
  readonly failed: (error: unknown) => void;
}
