import { expect, test } from "bun:test";
import { Repeats } from "../../src/server/repeats.ts";

test("some events of each kind are told in a span, and the others are counted", () => {
  const repeats = new Repeats<string>(2, 1000);
  const taken = ["a", "a", "a", "b", "a"].map((kind, i) => repeats.take(kind, i));
  expect(taken).toEqual([true, true, false, true, false]);
  expect(repeats.shed(999)).toEqual([]);
  expect(repeats.shed(1003)).toEqual([["a", 2]]);
  expect(repeats.shed(9999)).toEqual([]);
  expect(repeats.take("a", 10_000)).toBe(true);
});
