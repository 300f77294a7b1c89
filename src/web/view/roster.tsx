import { untracked, useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { Throttle } from "../store/throttle.ts";
import { searchForm } from "../text/nickname-key.ts";
import { Avatar } from "./avatar.tsx";
import { MarkBadge, PersonButton } from "./marked.tsx";
import { Nickname } from "./nickname.tsx";
import { keepScrollable } from "./scrollable.ts";
import { useRoomWords, useStores } from "./stores.ts";

/** The number of people from which there is a filter. */
const FILTER_FROM = 13;
const SHOWN_MAX = 300;
/** How often a long list is shown anew: in a large room, somebody comes or goes all the time. */
const LONG_EVERY_MS = 1_000;

const MODERATORS: ReadonlySet<string | undefined> = new Set(["owner", "moderator"]);

/** The people in the room. */
export function Roster() {
  const { room } = useStores();
  const { roster: words } = useRoomWords();
  const wanted = useSignal("");
  const online = useOnline();
  const found = useComputed(() => {
    const part = searchForm(wanted.value.trim());
    if (part === "") return online.value;
    return online.value.filter((name) => searchForm(name).includes(part));
  });
  const { length } = online.value;
  // When another tab has taken over the connection, the nickname belongs to that tab.
  const { kind } = room.state.value;
  const isHere = kind !== "refused";
  const shown = found.value.slice(0, SHOWN_MAX);
  const list = useRef<HTMLUListElement>(null);
  useLayoutEffect(() => keepScrollable(list.current?.closest("aside") ?? null, list.current), []);
  return (
    <>
      <p class="roster-count">
        {length === 0 ? "" : kind === "open" ? words.online(length) : words.onlineThen(length)}
      </p>
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
      <ul ref={list} class={kind === "open" ? "roster-list" : "roster-list then"}>
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

/** The people to list: moderators first, and then by the alphabet. A long list lags behind. */
function useOnline() {
  const { room, settings } = useStores();
  const shown = useSignal<readonly string[]>([]);
  const [throttle] = useState(() => {
    const show = () => {
      const { compare } = new Intl.Collator(settings.words.peek().locale, { numeric: true });
      const isModerator = (name: string) => MODERATORS.has(room.markOf(name)?.role);
      const inOrder = (a: string, b: string) =>
        Number(isModerator(b)) - Number(isModerator(a)) || compare(a, b);
      // Sorting what is mostly in order already takes a fraction of the time.
      const online = new Set(room.online.value);
      const before = shown.value.filter((name) => online.delete(name));
      shown.value = [...before, ...online].sort(inOrder);
    };
    untracked(show);
    return new Throttle(LONG_EVERY_MS, () => untracked(show));
  });
  useSignalEffect(() => {
    if (room.online.value.length < FILTER_FROM) throttle.run();
    else throttle.request();
  });
  return shown;
}

interface PersonProps {
  readonly name: string;
  readonly own: boolean;
}

function Person({ name, own }: PersonProps) {
  const { room, ignored } = useStores();
  const { roster: words } = useRoomWords();
  const mark = useComputed(() => room.markOf(name)).value;
  return (
    <li data-key={name} class={own ? "own" : ignored.has(room.authorOf(name)) ? "ignored" : undefined}>
      <Avatar name={name} />
      <Nickname name={name} />
      <MarkBadge mark={mark} />
      {own ? (
        <span class="muted">{` (${words.you})`}</span>
      ) : (
        <PersonButton subject={{ name, by: room.authorOf(name), target: { name } }} />
      )}
    </li>
  );
}
