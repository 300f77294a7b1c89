import type { PeopleItem } from "../store/item.ts";
import { Nickname, named } from "./nickname.tsx";
import { useWords } from "./stores.ts";

/** How many nicknames are listed before the others are only counted. */
const NAMES_MOST = 2;

/**
 * The joins, leaves and changes of nicknames between two messages. The item is a new object when its crowd has
 * changed.
 */
export function PeopleLine({ item: { crowd } }: { readonly item: PeopleItem }) {
  const words = useWords();
  const { renamed, ...groups } = crowd.summary();
  const unnamed = { joined: 0, left: 0, passed: crowd.passedUnnamed, returned: 0 };
  const shown = told(renamed);
  return (
    <div class="people-line">
      {(["joined", "left", "passed", "returned"] as const).map((kind) => {
        const names = groups[kind];
        if (names.length === 0) return null;
        const first = unnamed[kind] > 0 ? names.slice(0, NAMES_MOST) : told(names);
        return <p key={kind}>{words[kind](named(first), names.length - first.length + unnamed[kind])}</p>;
      })}
      {shown.map(({ from, to }) => (
        <p key={from}>{words.renamed(<Nickname name={from} />, <Nickname name={to} />)}</p>
      ))}
      {renamed.length > shown.length ? <p>{words.renamedOthers(renamed.length - shown.length)}</p> : null}
    </div>
  );
}

/** The names to list. A third name takes no more space than "1 other". */
function told<T>(all: readonly T[]): readonly T[] {
  return all.length === NAMES_MOST + 1 ? all : all.slice(0, NAMES_MOST);
}
