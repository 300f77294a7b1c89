/** A join, a leave or a change of nickname. */
export type Change =
  | { readonly kind: "joined" | "left"; readonly name: string; readonly time: number }
  | { readonly kind: "renamed"; readonly name: string; readonly newname: string; readonly time: number };

/** The net changes that a line about people shows. */
export interface Summary {
  readonly joined: readonly string[];
  readonly left: readonly string[];
  /** Joined and left. */
  readonly passed: readonly string[];
  /** Left, and someone has taken the nickname since, perhaps someone else. */
  readonly returned: readonly string[];
  readonly renamed: readonly { readonly from: string; readonly to: string }[];
}

interface Course {
  readonly first: Change["kind"];
  last: Change["kind"];
  readonly from: string;
}

/** The number of people who joined and left whose nicknames are kept. */
const PASSED_MOST = 500;

/**
 * Condenses a sequence of roster changes. Someone who changes the nickname in between stays the same person, listed
 * by their first nickname. The memory it needs grows with the people in the room, not with how often they come and
 * go.
 */
export class Crowd {
  /** By current nickname. */
  readonly #courses = new Map<string, Course>();
  readonly #passed = new Set<string>();
  #passedUnnamed = 0;

  constructor(changes: readonly Change[] = []) {
    for (const change of changes) this.add(change);
  }

  /** How many more times someone joined and left. The same nickname may be counted more than once. */
  get passedUnnamed(): number {
    return this.#passedUnnamed;
  }

  add(change: Change): void {
    const { kind, name } = change;
    const course = this.#courses.get(name) ?? { first: kind, last: kind, from: name };
    this.#courses.delete(name);
    this.#passed.delete(name);
    if (kind !== "renamed") course.last = kind;
    if (course.first === "joined" && course.last === "left") this.#pass(course.from);
    else this.#courses.set(kind === "renamed" ? change.newname : name, course);
  }

  summary(): Summary {
    const all = [...this.#courses];
    const namesOf = (isIt: (course: Course) => boolean) =>
      all.filter(([, course]) => isIt(course)).map(([, { from }]) => from);
    return {
      joined: namesOf(({ first, last }) => first === "joined" && last !== "left"),
      left: namesOf(({ first, last }) => first !== "joined" && last === "left"),
      passed: [...this.#passed],
      returned: namesOf(({ first, last }) => first === "left" && last === "joined"),
      renamed: all
        .filter(([name, { last, from }]) => last !== "left" && name !== from)
        .map(([to, { from }]) => ({ from, to })),
    };
  }

  #pass(name: string): void {
    if (this.#passed.size < PASSED_MOST) this.#passed.add(name);
    else if (!this.#passed.has(name)) this.#passedUnnamed++;
  }
}
