import { useComputed } from "@preact/signals";
import { Colours } from "../store/colours.ts";
import { initialOf } from "../text/initial.ts";
import { Nickname } from "./nickname.tsx";
import { useStores } from "./stores.ts";

const colours = new Colours();

/** The coloured disc of somebody, which adds no information. */
export function Avatar({ name }: { readonly name: string }) {
  const { room } = useStores();
  const colour = useComputed(() => colours.of(name, room.authorOf(name))).value;
  return <Disc name={name} colour={colour} />;
}

/** The disc of the author of a message. */
export function AuthorAvatar({ name, by }: { readonly name: string; readonly by: string | undefined }) {
  return <Disc name={name} colour={colours.ofAuthor(name, by)} />;
}

/** The nickname of the author of a message, in the colour of the disc. */
export function AuthorName({ name, by }: { readonly name: string; readonly by: string | undefined }) {
  return (
    <span class={`in-colour hue-${colours.ofAuthor(name, by)}`}>
      <Nickname name={name} />
    </span>
  );
}

function Disc({ name, colour }: { readonly name: string; readonly colour: number }) {
  return (
    <span class={`avatar hue-${colour}`} aria-hidden="true" translate={false}>
      {initialOf(name)}
    </span>
  );
}
