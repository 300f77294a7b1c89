import type { Reactions } from "../room/state.ts";
import type { Taken } from "./recent-changes.ts";
import { amended, type MessageRecord, type StoredEvent } from "./record.ts";

/**
 * The messages that a batch changes, as they are after it.
 *
 * @param events of the batch, in order
 * @param before the messages that were there before it, as they were then, by id
 * @param reactionsTo gives the reactions to a message after the batch
 */
export function changedMessages(
  events: readonly StoredEvent[],
  before: ReadonlyMap<number, MessageRecord>,
  reactionsTo: (id: number) => Reactions,
): ReadonlyMap<number, MessageRecord> {
  const messages = new Map(before);
  const edits = new Map<number, { readonly content: string; readonly time: number }>();
  const deleted = new Set<number>();
  const changed = new Set<number>();
  for (const event of events) {
    if (event.kind === "message") messages.set(event.id, event);
    if (event.kind === "edit") {
      edits.set(event.of, event);
      // A removal was undone.
      deleted.delete(event.of);
    }
    if (event.kind === "delete") deleted.add(event.of);
    if ("of" in event) changed.add(event.of);
  }
  const after = new Map<number, MessageRecord>();
  for (const id of changed) {
    const message = messages.get(id);
    if (message === undefined) continue;
    const amendment = { edit: edits.get(id) ?? null, isDeleted: deleted.has(id), reactions: reactionsTo(id) };
    after.set(id, amended(message, amendment));
  }
  return after;
}

/**
 * Stored events as a cache takes them in.
 *
 * @param changed the messages that they change, as they are now, as far as they are known
 */
export function takenOf(
  events: readonly StoredEvent[],
  changed: ReadonlyMap<number, MessageRecord>,
): readonly Taken[] {
  return events.map((event) => {
    const { id, time } = event;
    if (event.kind === "message") return { place: { id, time, of: null }, record: changed.get(id) ?? event };
    const of = "of" in event ? event.of : null;
    return { place: { id, time, of }, record: of === null ? null : (changed.get(of) ?? null) };
  });
}
