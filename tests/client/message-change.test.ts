import { expect, test } from "bun:test";
import { type AnyChange, applyChange, type Message } from "../../src/client/index.ts";

const place = { of: 1, by: "a", id: 9, time: 99 };
const reacted = (emoji: string, on: boolean, count: number, by = "a"): AnyChange => {
  return { ...place, type: "reacted", emoji, on, count, by, name: by.toUpperCase() };
};
const message: Message = { name: "An", content: "x", timestamp: "T", id: 1, time: 5, by: "an", reply: 3 };
const after = (...changes: readonly AnyChange[]) => changes.reduce(applyChange, message);
const person = (by: string) => ({ by, name: by.toUpperCase() });

test("a change of another message changes nothing", () => {
  expect(applyChange(message, { ...place, of: 2, type: "deleted" })).toBe(message);
});

test("an edit replaces the content and nothing else", () => {
  expect(after({ ...place, type: "edited", content: "y" })).toEqual({ ...message, content: "y", edited: 99 });
});

test("DELETE-1 a deletion leaves neither content nor reactions, and no earlier change brings them back", () => {
  const deleted = { ...message, content: "", deleted: true } as const;
  const changes: AnyChange[] = [reacted("👍", true, 1), { ...place, type: "deleted" }];
  expect(after(...changes)).toEqual(deleted);
  expect(after(...changes, { ...place, type: "edited", content: "y" }, reacted("👍", true, 1))).toEqual(
    deleted,
  );
});

test("reactions are in the order of the first with each emoji, and a person has each once", () => {
  expect(
    after(
      reacted("👍", true, 1),
      reacted("🎉", true, 1, "b"),
      reacted("👍", true, 2, "b"),
      reacted("👍", true, 2),
    ).reactions,
  ).toEqual([
    { emoji: "👍", count: 2, by: [person("a"), person("b")] },
    { emoji: "🎉", count: 1, by: [person("b")] },
  ]);
  expect(after(reacted("👍", true, 1), reacted("👍", false, 0))).toEqual(message);
});

test("the first 20 of those who reacted are named, and the others counted", () => {
  const people = Array.from({ length: 22 }, (_, at) => `p${at}`);
  const many = people.map((by, at) => reacted("👍", true, at + 1, by));
  const [reaction] = after(...many).reactions ?? [];
  expect(reaction).toEqual({ emoji: "👍", count: 22, by: people.slice(0, 20).map(person) });
  const [left] = after(...many, reacted("👍", false, 21, "p21")).reactions ?? [];
  expect(left).toEqual({ emoji: "👍", count: 21, by: people.slice(0, 20).map(person) });
});

test("a message that is told as it is now replaces what was known of it", () => {
  const now = { ...message, content: "z", edited: 4 };
  expect(after(reacted("👍", true, 1), { type: "changed", of: 1, message: now })).toBe(now);
});
