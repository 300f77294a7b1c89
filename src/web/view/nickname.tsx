import type { Mark } from "../../client/index.ts";
import { hueOf, initialOf } from "../text/nickname.ts";
import { type Subject, useRoomWords, useStores } from "./stores.ts";

/** A nickname, isolated from the text direction around it. */
export function Nickname({ name }: { readonly name: string }) {
  return (
    <bdi class="nickname" translate={false}>
      {name}
    </bdi>
  );
}

/** Lies over a nickname and opens the menu of its person. */
export function PersonButton({
  subject,
  isActive,
}: {
  readonly subject: Subject;
  readonly isActive: boolean;
}) {
  const { acting } = useStores();
  const words = useRoomWords();
  return (
    <button
      type="button"
      class="quiet cover"
      tabIndex={isActive ? 0 : -1}
      aria-haspopup="dialog"
      aria-label={words.person(`\u2068${subject.name}\u2069`)}
      onClick={({ currentTarget }) => {
        acting.value = { kind: "person", subject, at: currentTarget.getBoundingClientRect() };
      }}
    />
  );
}

/** The coloured disc of a nickname, which adds no information. */
export function Avatar({ name }: { readonly name: string }) {
  return (
    <span class={`avatar hue-${hueOf(name)}`} aria-hidden="true" translate={false}>
      {initialOf(name)}
    </span>
  );
}

/** What is known about the person beside a nickname: the role, and whether the nickname is reserved. */
export function MarkBadge({ mark }: { readonly mark: Mark | undefined }) {
  const { marks } = useRoomWords().roster;
  if (!mark) return null;
  const { role, reserved } = mark;
  return (
    <>
      {role === "visitor" ? null : <span class="new-holder">{marks[role]}</span>}
      {reserved ? (
        <span class="reserved" role="img" aria-label={marks.reserved} title={marks.reserved}>
          ◆
        </span>
      ) : null}
    </>
  );
}

/** Nicknames as elements, to be put into a sentence. */
export function nicknameElements(names: readonly string[]) {
  return names.map((name) => <Nickname key={name} name={name} />);
}
