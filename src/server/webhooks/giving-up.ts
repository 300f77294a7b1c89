import type { Webhook } from "../../engine/webhook.ts";
import type { Delivering } from "./delivering.ts";
import type { Posted } from "./post.ts";

type Failed = Extract<Posted, { isDone: false }>;

/** Why nothing more is delivered to a receiver; null if it is tried again. @param failedMs since the first failure */
export function reasonToGiveUp({ isGone, problem }: Failed, failedMs: number, failMs: number): string | null {
  if (isGone) return "the receiver wants no more (410)";
  return failedMs >= failMs ? `deliveries failed for too long: ${problem}` : null;
}

/** Disables a webhook, and tells the operator. Never rejects: if it cannot be stored, whoever delivers next finds out again. */
export async function giveUp(
  webhook: Webhook,
  reason: string,
  { engine, troubles, failed }: Pick<Delivering, "engine" | "troubles" | "failed">,
): Promise<void> {
  await engine.webhooks.disable(webhook.id, reason).then(() => troubles.disabled(webhook, reason), failed);
}
