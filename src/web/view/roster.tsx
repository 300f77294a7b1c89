import { useComputed, useSignal } from "@preact/signals";
import { searchForm } from "../text/nickname-key.ts";
import { Avatar, MarkBadge, Nickname } from "./nickname.tsx";
import { useStores, useWords } from "./stores.ts";

/** The number of people from which there is a filter. */
const FILTER_FROM = 13;
const SHOWN_MAX = 300;

/** The people in the room. */
export function Roster() {
  const { room } = useStores();
  const { people: words } = useWords();
  const wanted = useSignal("");
  const found = useComputed(() => {
    const part = searchForm(wanted.value.trim());
    if (part === "") return room.online.value;
    return room.online.value.filter((name) => searchForm(name).includes(part));
  });
  const { length } = room.online.value;
  // When another tab has taken over the connection, the nickname belongs to that tab.
  const isHere = room.state.value.kind !== "refused";
  const shown = found.value.slice(0, SHOWN_MAX);
  return (
    <>
      <p class="roster-count">{words.online(length)}</p>
      {length >= FILTER_FROM || wanted.value !== "" ? (
        <input
          type="search"
          dir="auto"
          aria-label={words.filter}
          placeholder={words.filter}
          onInput={(event) => {
            wanted.value = event.currentTarget.value;
          }}
        />
      ) : null}
      <ul class="roster-list">
        {shown.map((name) => (
          <Person key={name} name={name} own={isHere && name === room.nickname.value} />
        ))}
      </ul>
      <p class="muted" role="status">
        {found.value.length === 0 && length > 0
          ? words.none
          : found.value.length > shown.length
            ? words.more(found.value.length - shown.length)
            : ""}
      </p>
    </>
  );
}

function Person({ name, own }: { readonly name: string; readonly own: boolean }) {
  const { room } = useStores();
  const words = useWords();
  const mark = useComputed(() => room.markOf(name)).value;
  return (
    <li>
      <Avatar name={name} />
      <Nickname name={name} />
      <MarkBadge mark={mark} />
      {own ? <span class="muted">{` (${words.you})`}</span> : null}
    </li>
  );
}
