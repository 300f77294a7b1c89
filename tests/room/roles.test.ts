import { expect, test } from "bun:test";
import {
  type Action,
  type GrantedRole,
  higher,
  isGrantedRole,
  may,
  mayChange,
  ROLES,
  type Role,
  RULES,
} from "../../src/room/roles.ts";
import fc from "../support/chance.ts";
import { peopleInMemory } from "../support/people.ts";

const ACTIONS = Object.keys(RULES) as Action[];
const GRANTED = ROLES.filter(isGrantedRole);

test("a higher role may do all that a lower one may", () => {
  for (const action of ACTIONS) {
    const allowed = ROLES.map((role) => may(role, action));
    expect([action, allowed]).toEqual([action, allowed.toSorted()]);
  }
});

test("each role may do something that the one below may not, except a member, who is let in where visitors are not", () => {
  const counts = ROLES.map((role) => ACTIONS.filter((action) => may(role, action)).length);
  expect(counts[0]).toBe(counts[1] as number);
  expect(counts[1]).toBeLessThan(counts[2] as number);
  expect(counts[2]).toBeLessThan(counts[3] as number);
});

test("nobody edits what somebody else has written, and only moderators and owners delete it", () => {
  expect(ROLES.filter((role) => may(role, "edit-other"))).toEqual([]);
  expect(ROLES.filter((role) => may(role, "delete-other"))).toEqual(["moderator", "owner"]);
});

test("everybody may talk, and take back or correct what was one's own", () => {
  for (const action of ["send", "reply", "react", "edit-own", "delete-own"] as const) {
    expect(ROLES.filter((role) => may(role, action))).toEqual([...ROLES]);
  }
});

test("moderators make members, owners make everything, and nobody changes a higher role than one may give", () => {
  const changes = (role: Role) =>
    ROLES.flatMap((before) =>
      ROLES.flatMap((after) =>
        before !== after && mayChange(role, before, after) ? [`${before} to ${after}`] : [],
      ),
    );
  expect(changes("visitor")).toEqual([]);
  expect(changes("member")).toEqual([]);
  expect(changes("moderator")).toEqual(["visitor to member", "member to visitor"]);
  expect(changes("owner")).toHaveLength(12);
});

const role = fc.constantFrom(...ROLES);
const granted = fc.constantFrom<GrantedRole>(...GRANTED);
const room = fc.constantFrom("/", "tea", "milk");

test("the higher of two roles may what either may", () => {
  fc.assert(
    fc.property(role, role, fc.constantFrom(...ACTIONS), (one, other, action) => {
      expect(may(higher(one, other), action)).toBe(may(one, action) || may(other, action));
      expect(higher(one, other)).toBe(higher(other, one));
    }),
  );
});

test("a role in one room means nothing in another, nor in all", async () => {
  await fc.assert(
    fc.asyncProperty(room, room, granted, fc.option(granted), async (one, other, here, everywhere) => {
      fc.pre(one !== other && here !== "owner");
      const people = peopleInMemory();
      const person = people.idOfKey("k");
      if (everywhere !== null) await people.grant(person, everywhere, null);
      const before = [other, null].map((each) => people.roleOf(person, each));
      await people.grant(person, here, one);
      expect([other, null].map((each) => people.roleOf(person, each))).toEqual(before);
      expect(people.roleOf(person, one)).toBe(higher(here, everywhere ?? "visitor"));
    }),
  );
});

test("no id begins with a hyphen, which a command would take for a flag", () => {
  const people = peopleInMemory();
  for (let i = 0; i < 2_000; i++) expect(people.idOfKey(`${i}`)).toMatch(/^[A-Za-z0-9_][\w-]{15}$/);
});
