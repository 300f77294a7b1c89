import { MODERATION, type WebhookCursor } from "../webhook.ts";
import type { WebhookCopy } from "../webhook-view.ts";

/**
 * Webhooks of a backup, with how far they had come when the chat was replaced: what they were told since the backup is not in
 * the history any more, and from such a place each of them is told that. Reports and raids begin anew with the moderation.
 *
 * @param replaced null if no chat is replaced
 */
export function withReached(restored: WebhookCopy, replaced: WebhookCopy | null): WebhookCopy {
  const ids = new Set(restored.webhooks.map(({ id }) => id));
  const cursors = new Map(restored.cursors.map((cursor) => [keyOf(cursor), cursor]));
  for (const cursor of replaced?.cursors ?? []) {
    const before = cursors.get(keyOf(cursor));
    if (ids.has(cursor.webhook) && cursor.room !== MODERATION && cursor.id > (before?.id ?? 0))
      cursors.set(keyOf(cursor), cursor);
  }
  return { ...restored, cursors: [...cursors.values()] };
}

function keyOf({ webhook, room }: WebhookCursor): string {
  return `${webhook} ${room}`;
}
