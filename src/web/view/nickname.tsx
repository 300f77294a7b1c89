import type { Mark } from "../../client/index.ts";
import { hueOf, initialOf } from "../text/nickname.ts";
import { useWords } from "./stores.ts";

/** A nickname, isolated from the text direction around it. */
export function Nickname({ name }: { readonly name: string }) {
  return (
    <bdi class="nickname" translate={false}>
      {name}
    </bdi>
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
  const { marks } = useWords().people;
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
