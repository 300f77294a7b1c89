/**
 * Messages as they are after changes that another server has made, derived from what is in memory. A message that was read from
 * the database may already be as a later change left it. Then what is derived may lag behind that for a moment, but never
 * behind the change.
 */
import { REACTORS_SHOWN } from "../../protocol/limits.ts";
import type { Deleted } from "../../room/kinds/delete.ts";
import type { Edited } from "../../room/kinds/edit.ts";
import type { Reacted } from "../../room/kinds/react.ts";
import type { CurrentMessage } from "../../room/operation.ts";
import { MessageRecord } from "../record.ts";

type Reaction = NonNullable<CurrentMessage["reactions"]>[number];

/** @returns null if the message must be read to be known as it is after the change */
export function viewAfter(change: Edited | Deleted | Reacted, before: MessageRecord): MessageRecord | null {
  const isRestored = change.kind === "edited" && change.isRestored === true;
  if (before.isDeleted && !isRestored) return before;
  const { message } = before;
  switch (change.kind) {
    case "edited":
      return MessageRecord.of({
        ...message,
        content: change.content,
        edited: change.time,
        deleted: undefined,
      });
    case "deleted":
      return MessageRecord.of({
        ...message,
        content: "",
        edited: undefined,
        reactions: undefined,
        deleted: true,
      });
    case "reacted": {
      const reactions = reactionsAfter(change, message.reactions ?? []);
      if (reactions === null) return null;
      return MessageRecord.of({ ...message, reactions: reactions.length === 0 ? undefined : reactions });
    }
  }
}

/** @returns null if it is not known which emoji or names to show, and in which order */
function reactionsAfter(change: Reacted, before: readonly Reaction[]): readonly Reaction[] | null {
  const at = before.findIndex(({ emoji }) => emoji === change.emoji);
  const known = before[at] ?? { emoji: change.emoji, count: 0, by: [] };
  const after = reactionAfter(change, known);
  // Where the oldest reaction with an emoji is taken back, the next one may be younger than those with other emoji.
  const mayMove = !change.on && known.by[0]?.by === change.by && at < before.length - 1 && change.count > 0;
  if (after === null || mayMove) return null;
  if (at < 0) return change.count > 0 ? [...before, after] : before;
  return change.count > 0 ? before.with(at, after) : before.toSpliced(at, 1);
}

function reactionAfter({ by, name, on, emoji, count }: Reacted, before: Reaction): Reaction | null {
  const isShown = before.by.some((each) => each.by === by);
  const added = on && !isShown ? [...before.by, { by, name }] : before.by;
  const people = on ? added : before.by.filter((each) => each.by !== by);
  const shown = people.slice(0, REACTORS_SHOWN);
  return shown.length === Math.min(count, REACTORS_SHOWN) ? { emoji, count, by: shown } : null;
}
