import { hueOf, initialOf } from "../text/nickname.ts";

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

/** Nicknames as elements, to be put into a sentence. */
export function nicknameElements(names: readonly string[]) {
  return names.map((name) => <Nickname key={name} name={name} />);
}
