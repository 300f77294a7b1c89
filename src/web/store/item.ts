import type { Message } from "../../client/index.ts";

/** Somebody came, went or changed the nickname. */
export type Change =
  | { readonly kind: "joined" | "left"; readonly name: string; readonly time: number }
  | { readonly kind: "renamed"; readonly name: string; readonly newname: string; readonly time: number };

/** One row of the log. The key names it for as long as it is there. */
export type Item =
  | { readonly kind: "message"; readonly key: string; readonly message: Message; readonly own: boolean }
  /** What people did between two messages, folded into one line. */
  | { readonly kind: "people"; readonly key: string; readonly changes: readonly Change[] }
  /** Messages that are no longer kept. */
  | { readonly kind: "gap"; readonly key: string; readonly count: number };

export type MessageItem = Extract<Item, { kind: "message" }>;

/** An own message that is not stored yet. */
export interface Sending {
  readonly kind: "sending";
  readonly key: string;
  readonly content: string;
  /** When it was written, in Unix milliseconds. */
  readonly time: number;
  /** Why it was given up; null while it is on its way. */
  readonly failure: { readonly code: string; readonly retryS: number | null } | null;
}

/** What a line of folded changes says: who ended up how. */
export interface Summary {
  readonly joined: readonly string[];
  readonly left: readonly string[];
  /** Came and went. */
  readonly passed: readonly string[];
  /** Went and came back. */
  readonly returned: readonly string[];
  readonly renamed: readonly { readonly from: string; readonly to: string }[];
}

interface Course {
  first: "joined" | "left" | "renamed";
  last: "joined" | "left" | "renamed";
  readonly from: string;
}

/** Sums up changes. Somebody who changes the nickname on the way stays the same person, told by the first one. */
export function summarise(changes: readonly Change[]): Summary {
  const courses = new Map<string, Course>();
  for (const change of changes) {
    const course = courses.get(change.name) ?? { first: change.kind, last: change.kind, from: change.name };
    if (change.kind === "renamed") {
      courses.delete(change.name);
      courses.set(change.newname, course);
    } else {
      course.last = change.kind;
      courses.set(change.name, course);
    }
  }
  const all = [...courses];
  const namesOf = (isIt: (course: Course) => boolean) =>
    all.filter(([, course]) => isIt(course)).map(([, { from }]) => from);
  return {
    joined: namesOf(({ first, last }) => first === "joined" && last !== "left"),
    left: namesOf(({ first, last }) => first !== "joined" && last === "left"),
    passed: namesOf(({ first, last }) => first === "joined" && last === "left"),
    returned: namesOf(({ first, last }) => first === "left" && last === "joined"),
    renamed: all
      .filter(([name, { last, from }]) => last !== "left" && name !== from)
      .map(([to, { from }]) => ({ from, to })),
  };
}
