import { hueOf, initialOf } from "../text/nickname.ts";

/** A nickname, kept apart from the direction of the text round it. */
export function Nickname({ name }: { readonly name: string }) {
  return (
    <bdi class="nickname" translate={false}>
      {name}
    </bdi>
  );
}

/** A disc in somebody's colour. It says nothing that the nickname does not. */
export function Disc({ name }: { readonly name: string }) {
  return (
    <span class={`disc hue-${hueOf(name)}`} aria-hidden="true" translate={false}>
      {initialOf(name)}
    </span>
  );
}

/** Nicknames to be put into a sentence. */
export function named(names: readonly string[]) {
  return names.map((name) => <Nickname key={name} name={name} />);
}
