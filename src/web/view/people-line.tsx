import { type Change, summarise } from "../store/item.ts";
import { Nickname, named } from "./nickname.tsx";
import { useWords } from "./stores.ts";

/** How many nicknames are told before the others are only counted. */
const NAMES_MOST = 2;

/** Who came, went or changed the nickname between two messages. */
export function PeopleLine({ changes }: { readonly changes: readonly Change[] }) {
  const words = useWords();
  const { renamed, ...groups } = summarise(changes);
  return (
    <div class="people-line">
      {(["joined", "left", "passed", "returned"] as const).map((kind) => {
        const names = groups[kind];
        if (names.length === 0) return null;
        // One other takes as much room as a nickname.
        const told = names.length === NAMES_MOST + 1 ? names : names.slice(0, NAMES_MOST);
        return <p key={kind}>{words[kind](named(told), names.length - told.length)}</p>;
      })}
      {renamed.map(({ from, to }) => (
        <p key={from}>{words.renamed(<Nickname name={from} />, <Nickname name={to} />)}</p>
      ))}
    </div>
  );
}
