import type { Mark } from "../../client/index.ts";
import { type Subject, useRoomWords, useStores } from "./stores.ts";

/** Lies over a nickname and opens the menu of its person. */
export function PersonButton({ subject, tabIndex }: { readonly subject: Subject; readonly tabIndex?: -1 }) {
  const { acting } = useStores();
  const words = useRoomWords();
  return (
    <button
      type="button"
      class="quiet cover"
      tabIndex={tabIndex}
      aria-haspopup="dialog"
      aria-label={words.person(`\u2068${subject.name}\u2069`)}
      onClick={({ currentTarget }) => {
        acting.value = { kind: "person", subject, at: currentTarget.getBoundingClientRect() };
      }}
    />
  );
}

/** What is known about the person beside a nickname: that it is a program, or else the role; and whether the nickname is reserved. */
export function MarkBadge({ mark }: { readonly mark: Mark | undefined }) {
  const { marks } = useRoomWords().roster;
  if (!mark) return null;
  const { role, reserved, bot } = mark;
  return (
    <>
      {bot ? (
        <span class="new-holder bot" title={marks.botHint}>
          {marks.bot}
          <span class="unseen">. {marks.botHint}</span>
        </span>
      ) : role === "visitor" ? null : (
        <span class="new-holder">{marks[role]}</span>
      )}
      {reserved ? (
        <span class="reserved" role="img" aria-label={marks.reserved} title={marks.reserved}>
          ◆
        </span>
      ) : null}
    </>
  );
}
