import { isKeyOf } from "../protocol/table.ts";

/** What a webhook tells of. */
export type WebhookTopic = "messages" | "changes" | "presence" | "reports" | "raids" | "notices";

const TOPIC_TABLE: { readonly [T in WebhookTopic]: true } = {
  messages: true,
  changes: true,
  presence: true,
  reports: true,
  raids: true,
  notices: true,
};

export const WEBHOOK_TOPICS: readonly WebhookTopic[] = [
  "messages",
  "changes",
  "presence",
  "reports",
  "raids",
  "notices",
];

export function isTopic(text: string): text is WebhookTopic {
  return isKeyOf(TOPIC_TABLE, text);
}

/** The reason of a webhook that the operator has disabled. */
export const BY_COMMAND = "by a command";

/** An address that the chat tells what happens. Moments are Unix milliseconds. */
export interface Webhook {
  /** By which it is listed and deleted; no secret. */
  readonly id: string;
  /** What the operator calls it. */
  readonly label: string;
  /** It may have a secret in its path or query, and belongs in no log. */
  readonly url: string;
  /** Signs what is delivered, so that it must be stored as it is. */
  readonly secret: string;
  /** The secret before that one, which signs as well until a moment; null if there is none. */
  readonly previous: { readonly secret: string; readonly until: number } | null;
  readonly topics: readonly WebhookTopic[];
  /** Null for all rooms. */
  readonly rooms: readonly string[] | null;
  /** What happened before is not told. */
  readonly createdAt: number;
  /** Failures from before do not count. */
  readonly enabledAt: number;
  /** Why nothing is delivered any more, in words that follow "disabled:"; null while it is on. */
  readonly disabled: { readonly at: number; readonly reason: string } | null;
}

/** A webhook that somebody wants. */
export type NewWebhook = Pick<Webhook, "label" | "url" | "topics" | "rooms">;

/**
 * How far a webhook has come in one room, or in {@link MODERATION}. Everything up to the place was delivered, or is none of its
 * topics.
 */
export interface WebhookCursor {
  readonly webhook: string;
  readonly room: string;
  /** The last message or change, 0 for the beginning; in {@link MODERATION} a revision. */
  readonly id: number;
  /** Of that, in Unix milliseconds; null at the beginning. */
  readonly time: number | null;
  /** When there was nothing behind it last, in Unix milliseconds. */
  readonly readAt: number;
  /** Null unless the next delivery has failed. */
  readonly failure: WebhookFailure | null;
}

/** Attempts to deliver the same. Moments are Unix milliseconds. */
export interface WebhookFailure {
  readonly since: number;
  readonly attempts: number;
  readonly retryAt: number;
  /** What was wrong the last time, such as "it answered 500". */
  readonly problem: string;
}

/** Stands for what has no place in a room's history, in all rooms: reports and raids. No room is called that. */
export const MODERATION = "";

export interface WebhookLimits {
  readonly webhooks: number;
}

export const WEBHOOK_LIMITS: WebhookLimits = { webhooks: 20 };

/** How long the secret before still signs. */
export const OLD_SECRET_MS = 24 * 60 * 60 * 1000;

const ID_BYTES = 6;
const SECRET_BYTES = 32;
/** As Standard Webhooks say: the rest is base64. */
const SECRET_PREFIX = "whsec_";
const SECRET = /^whsec_[A-Za-z0-9+/]{43}=$/;

/** Twelve hexadecimal digits. */
export function newWebhookId(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(ID_BYTES))).toString("hex");
}

export function newWebhookSecret(): string {
  return SECRET_PREFIX + Buffer.from(crypto.getRandomValues(new Uint8Array(SECRET_BYTES))).toString("base64");
}

export function isWebhookSecret(text: string): boolean {
  return SECRET.test(text);
}

/** The bytes of a secret, which are the key of signatures. */
export function keyOfSecret(secret: string): Buffer {
  return Buffer.from(secret.slice(SECRET_PREFIX.length), "base64");
}

/** Whether a webhook tells of a room. */
export function coversRoom({ rooms }: Pick<Webhook, "rooms">, room: string): boolean {
  return rooms === null || rooms.includes(room);
}
