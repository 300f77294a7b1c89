/** When a delivery that has failed is tried again. */
export interface RetrySettings {
  /** After the first failure, in milliseconds. */
  readonly firstMs: number;
  /** At most, in milliseconds. */
  readonly mostMs: number;
}

/** How webhooks are delivered. */
export interface WebhookSettings {
  /** How many there may be. */
  readonly webhooks: number;
  /** Whether receivers may be on this machine or in private networks. */
  readonly isPrivateAllowed: boolean;
  /** How long a delivery may take. */
  readonly timeoutMs: number;
  readonly retry: RetrySettings;
  /** After so much time of failures a webhook is disabled. */
  readonly failMs: number;
}
