import { expect, test } from "bun:test";
import { LogThrottle } from "../../src/server/log-throttle.ts";

test("some events of each kind are logged in a span, and the others are counted", () => {
  const throttle = new LogThrottle<string>(2, 1000);
  const logged = ["a", "a", "a", "b", "a"].map((kind, i) => throttle.allows(kind, i));
  expect(logged).toEqual([true, true, false, true, false]);
  expect(throttle.endSpans(999)).toEqual([]);
  expect(throttle.endSpans(1003)).toEqual([["a", 2]]);
  expect(throttle.endSpans(9999)).toEqual([]);
  expect(throttle.allows("a", 10_000)).toBe(true);
});
