import { afterEach, expect, test } from "bun:test";
import { lookalikeKey } from "../../src/room/lookalike.ts";
import { hasLink, WordList } from "../../src/room/message-rules.ts";

const normalize = String.prototype.normalize;
/** The texts that were normalized. */
let normalized: string[] = [];

afterEach(() => {
  String.prototype.normalize = normalize;
});

function watch(): void {
  normalized = [];
  String.prototype.normalize = function (this: string, form?: string) {
    normalized.push(String(this));
    return normalize.call(this, form);
  };
}

function longestRun(): number {
  const runs = normalized.flatMap((text) => text.match(/[\p{M}\uff9e\uff9f]+/gu) ?? []);
  return Math.max(0, ...runs.map(({ length }) => length));
}

const RUNS: Readonly<Record<string, string>> = {
  "marks in turn": `i${"\u0316\u0307".repeat(1_999)}`,
  "marks with nothing between them": `i${"\u0316\u200b\u0307\u200b".repeat(999)}`,
  "half-width marks": `i${"\uff9e\u0316".repeat(1_999)}`,
  "marks that are two marks": `\u0f40${"\u0f73\u0f71".repeat(1_999)}`,
  "marks between horns": `o${`'${"\u0316\u0307\u0301\u0323".repeat(7)}`.repeat(137)}`,
};

for (const [name, content] of Object.entries(RUNS)) {
  test(`of ${name} no long run is normalized, and what follows is found`, () => {
    const words = new WordList(["bad"]);
    watch();
    expect(hasLink(`${content} ｅvil.com`)).toBe(true);
    expect(words.isIn(`${content} bad`)).toBe(true);
    expect(longestRun()).toBeLessThan(200);
  });
}

test("many horns apart take as few rounds as one", () => {
  for (const content of [
    `o${"'".repeat(3_999)}`,
    `o${"'\u0301".repeat(1_999)}`,
    `o${" \u0301".repeat(1_999)}`,
  ]) {
    watch();
    lookalikeKey(content);
    expect(normalized.filter(({ length }) => length > 1).length).toBeLessThan(6);
  }
  expect(lookalikeKey("o''")).toBe(lookalikeKey("ơ"));
  expect(lookalikeKey("o'\u0301'")).toBe(lookalikeKey("ớ"));
});
