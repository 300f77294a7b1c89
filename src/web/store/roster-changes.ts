/** A join, a leave or a change of nickname. */
export type RosterChange =
  | { readonly kind: "joined" | "left"; readonly name: string; readonly time: number }
  | { readonly kind: "renamed"; readonly name: string; readonly newname: string; readonly time: number };

/** The net changes that a line about people shows. */
export interface Summary {
  readonly joined: readonly string[];
  readonly left: readonly string[];
  /** Joined and left. */
  readonly cameAndWent: readonly string[];
  /** Left, and someone has taken the nickname since, perhaps someone else. */
  readonly retaken: readonly string[];
  readonly renamed: readonly { readonly from: string; readonly to: string }[];
}

/** What a line about people shows. */
export interface PeopleChanges {
  /** How many more times someone joined and left. The same nickname may be counted more than once. */
  readonly cameAndWentUnnamed: number;
  summary(): Summary;
}

interface PersonChanges {
  readonly first: RosterChange["kind"];
  last: RosterChange["kind"];
  readonly from: string;
}

/** How many nicknames of people who joined and left are kept. */
const NAMED_MAX = 500;

/**
 * Condenses a sequence of roster changes. Someone who changes the nickname in between stays the same person, listed
 * by their first nickname. The memory it needs grows with the people in the room, not with how often they come and
 * go.
 */
export class RosterChanges implements PeopleChanges {
  /** By current nickname. */
  readonly #people = new Map<string, PersonChanges>();
  readonly #cameAndWent = new Set<string>();
  #cameAndWentUnnamed = 0;

  constructor(changes: readonly RosterChange[] = []) {
    for (const change of changes) this.add(change);
  }

  get cameAndWentUnnamed(): number {
    return this.#cameAndWentUnnamed;
  }

  add(change: RosterChange): void {
    const { kind, name } = change;
    const person = this.#people.get(name) ?? { first: kind, last: kind, from: name };
    this.#people.delete(name);
    this.#cameAndWent.delete(name);
    if (kind !== "renamed") person.last = kind;
    if (person.first === "joined" && person.last === "left") this.#addCameAndWent(person.from);
    else this.#people.set(kind === "renamed" ? change.newname : name, person);
  }

  summary(): Summary {
    const all = [...this.#people];
    const namesOf = (isIt: (person: PersonChanges) => boolean) =>
      all.filter(([, person]) => isIt(person)).map(([, { from }]) => from);
    return {
      joined: namesOf(({ first, last }) => first === "joined" && last !== "left"),
      left: namesOf(({ first, last }) => first !== "joined" && last === "left"),
      cameAndWent: [...this.#cameAndWent],
      retaken: namesOf(({ first, last }) => first === "left" && last === "joined"),
      renamed: all
        .filter(([name, { last, from }]) => last !== "left" && name !== from)
        .map(([to, { from }]) => ({ from, to })),
    };
  }

  #addCameAndWent(name: string): void {
    if (this.#cameAndWent.size < NAMED_MAX) this.#cameAndWent.add(name);
    else if (!this.#cameAndWent.has(name)) this.#cameAndWentUnnamed++;
  }
}
