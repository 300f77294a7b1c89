import type { PeopleItem } from "../store/item.ts";
import type { Summary } from "../store/roster-changes.ts";
import { Nickname, nicknameElements } from "./nickname.tsx";
import { useRoomWords, useStores } from "./stores.ts";

/** How many nicknames are listed before the others are only counted. */
const NAMES_MAX = 2;

/**
 * The joins, leaves and changes of nicknames between two messages. The item is a new object when they
 * change.
 */
export function PeopleLine({ item }: { readonly item: PeopleItem }) {
  const { joins } = useStores().settings;
  const words = useRoomWords();
  const { renamed, ...groups } = item.changes.summary();
  const shown = listed(renamed);
  return (
    <div class="people-line">
      {joins.value === "condensed" && (item.changes.cameAndWentUnnamed > 0 || sizeOf(groups) > 1) ? (
        <Condensed item={item} groups={groups} />
      ) : joins.value === "hidden" ? null : (
        <Groups item={item} groups={groups} />
      )}
      {shown.map(({ from, to }) => (
        <p key={from}>{words.renamed(<Nickname name={from} />, <Nickname name={to} />)}</p>
      ))}
      {renamed.length > shown.length ? <p>{words.renamedOthers(renamed.length - shown.length)}</p> : null}
    </div>
  );
}

type Group = "joined" | "left" | "cameAndWent" | "retaken";

interface GroupsProps {
  readonly item: PeopleItem;
  readonly groups: Pick<Summary, Group>;
}

/** Who came and went, by nickname. */
function Groups({ item, groups }: GroupsProps) {
  const words = useRoomWords();
  const unnamed = { joined: 0, left: 0, cameAndWent: item.changes.cameAndWentUnnamed, retaken: 0 };
  return (["joined", "left", "cameAndWent", "retaken"] as const).map((kind) => {
    const names = groups[kind];
    if (names.length === 0) return null;
    const first = unnamed[kind] > 0 ? names.slice(0, NAMES_MAX) : listed(names);
    return (
      <p key={kind}>{words[kind](nicknameElements(first), names.length - first.length + unnamed[kind])}</p>
    );
  });
}

/** How many came and went, with what shows who. */
function Condensed({ item, groups }: GroupsProps) {
  const { room } = useStores();
  const words = useRoomWords();
  const { joined, left, cameAndWent, retaken } = groups;
  const isOpen = room.unfolded.value.has(item.key);
  return (
    <>
      <p>
        {words.cameAndLeft(
          joined.length,
          left.length + retaken.length,
          cameAndWent.length + item.changes.cameAndWentUnnamed,
        )}{" "}
        <button
          type="button"
          class="quiet small"
          aria-expanded={isOpen}
          onClick={() => room.setUnfolded(item.key, !isOpen)}
        >
          {isOpen ? words.showLess : words.showAll}
        </button>
      </p>
      {isOpen ? <Groups item={item} groups={groups} /> : null}
    </>
  );
}

function sizeOf(groups: GroupsProps["groups"]): number {
  return Object.values(groups).reduce((sum, { length }) => sum + length, 0);
}

/** The names to list. A third name takes no more space than "1 other". */
function listed<T>(all: readonly T[]): readonly T[] {
  return all.length === NAMES_MAX + 1 ? all : all.slice(0, NAMES_MAX);
}
