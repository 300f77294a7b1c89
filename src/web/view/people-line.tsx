import type { PeopleItem } from "../store/item.ts";
import { Nickname, nicknameElements } from "./nickname.tsx";
import { useRoomWords } from "./stores.ts";

/** How many nicknames are listed before the others are only counted. */
const NAMES_MAX = 2;

/**
 * The joins, leaves and changes of nicknames between two messages. The item is a new object when they
 * change.
 */
export function PeopleLine({ item: { changes } }: { readonly item: PeopleItem }) {
  const words = useRoomWords();
  const { renamed, ...groups } = changes.summary();
  const unnamed = { joined: 0, left: 0, cameAndWent: changes.cameAndWentUnnamed, retaken: 0 };
  const shown = listed(renamed);
  return (
    <div class="people-line">
      {(["joined", "left", "cameAndWent", "retaken"] as const).map((kind) => {
        const names = groups[kind];
        if (names.length === 0) return null;
        const first = unnamed[kind] > 0 ? names.slice(0, NAMES_MAX) : listed(names);
        return (
          <p key={kind}>
            {words[kind](nicknameElements(first), names.length - first.length + unnamed[kind])}
          </p>
        );
      })}
      {shown.map(({ from, to }) => (
        <p key={from}>{words.renamed(<Nickname name={from} />, <Nickname name={to} />)}</p>
      ))}
      {renamed.length > shown.length ? <p>{words.renamedOthers(renamed.length - shown.length)}</p> : null}
    </div>
  );
}

/** The names to list. A third name takes no more space than "1 other". */
function listed<T>(all: readonly T[]): readonly T[] {
  return all.length === NAMES_MAX + 1 ? all : all.slice(0, NAMES_MAX);
}
