import { expect, test } from "bun:test";
import { Heights } from "../../src/web/list/heights.ts";
import fc from "../support/chance.ts";

test("tops are the sums of the heights before, whatever is added, measured or taken away", () => {
  const step = fc.record({
    keys: fc.uniqueArray(fc.integer({ min: 0, max: 30 }).map(String)),
    index: fc.nat(30),
    height: fc.integer({ min: 1, max: 300 }),
  });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const heights = new Heights(() => 10);
      const known = new Map<string, number>();
      for (const { keys, index, height } of steps) {
        heights.sync(keys);
        heights.measure(index, height);
        const measured = keys[index];
        if (measured !== undefined) known.set(measured, height);
        let top = 0;
        for (const [at, key] of keys.entries()) {
          expect(heights.topOf(at)).toBe(top);
          expect(heights.indexAt(top)).toBe(at);
          top += known.get(key) ?? 10;
        }
        expect(heights.total).toBe(top);
      }
    }),
  );
});

test("a measured height survives insertions before its row, until all heights are forgotten", () => {
  const heights = new Heights(() => 10);
  heights.sync(["b", "c"]);
  heights.measure(0, 50);
  heights.sync(["a", "b", "c"]);
  expect([0, 1, 2, 3].map((index) => heights.topOf(index))).toEqual([0, 10, 60, 70]);
  heights.forget();
  expect(heights.total).toBe(30);
});
