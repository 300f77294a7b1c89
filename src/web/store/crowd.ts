/** Somebody came, went or changed the nickname. */
export type Change =
  | { readonly kind: "joined" | "left"; readonly name: string; readonly time: number }
  | { readonly kind: "renamed"; readonly name: string; readonly newname: string; readonly time: number };

/** What a line about people says: who ended up how. */
export interface Summary {
  readonly joined: readonly string[];
  readonly left: readonly string[];
  /** Came and went. */
  readonly passed: readonly string[];
  /** Went, and the nickname was taken anew: perhaps by somebody else. */
  readonly returned: readonly string[];
  readonly renamed: readonly { readonly from: string; readonly to: string }[];
}

interface Course {
  readonly first: Change["kind"];
  last: Change["kind"];
  readonly from: string;
}

/** Of those who came and went so many nicknames are known. */
const PASSED_MOST = 500;

/**
 * What many people did, one change after the other. Somebody who changes the nickname on the way stays the same person,
 * told by the first one. It grows with the people who are in the room, and not with how often somebody comes and goes.
 */
export class Crowd {
  /** By the nickname that each has now. */
  readonly #courses = new Map<string, Course>();
  readonly #passed = new Set<string>();
  #passedUnnamed = 0;

  constructor(changes: readonly Change[] = []) {
    for (const change of changes) this.add(change);
  }

  /** How often somebody else came and went: a nickname may be among them more than once. */
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
