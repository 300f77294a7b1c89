import { expect, test } from "bun:test";
import { HistoryWindow } from "../../src/room/history.ts";
import fc from "../support/chance.ts";

test("GET-5 a window holds the newest messages that fit, byte for byte", () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: "grapheme", maxLength: 30 }), { maxLength: 3000 }),
      fc.integer({ min: 1, max: 5000 }),
      fc.integer({ min: 1, max: 50 }),
      (texts, budget, every) => {
        const window = new HistoryWindow(budget);
        const pushed: string[] = [];
        texts.forEach((text, i) => {
          window.pushText(JSON.stringify(text));
          pushed.push(JSON.stringify(text));
          if (i % every === 0 || i === texts.length - 1) {
            const fits: string[] = [];
            let bytes = 0;
            for (const each of pushed.toReversed()) {
              bytes += new TextEncoder().encode(each).length + 1;
              if (bytes > budget) break;
              fits.unshift(each);
            }
            expect(Buffer.from(window.encoded()).toString()).toBe(fits.join(","));
            expect(window.bytes).toBeLessThanOrEqual(budget);
          }
        });
      },
    ),
    { numRuns: 60 },
  );
});
