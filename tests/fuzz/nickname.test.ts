import { expect, test } from "bun:test";
import fc from "fast-check";
import { isContent, isNickname } from "../../src/protocol/characters.ts";
import { lookalikeKey } from "../../src/room/lookalike.ts";

const same = (a: string, b: string) => lookalikeKey(a) === lookalikeKey(b);
const anyText = fc.string({ unit: "binary", maxLength: 40 });
const graphemes = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 });

test("NAME-8 the key of a key is itself, so sameness has one representative a class", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      expect(lookalikeKey(lookalikeKey(text))).toBe(lookalikeKey(text));
    }),
    { numRuns: 3000 },
  );
});

test("NAME-8 normal forms, case, ignorable characters and white space make no difference", () => {
  const disguise = fc.constantFrom<(text: string) => string>(
    (text) => text.normalize("NFC"),
    (text) => text.normalize("NFD"),
    (text) => text.normalize("NFKC"),
    (text) => text.normalize("NFKD"),
    (text) => text.toUpperCase(),
    (text) => text.toLowerCase(),
    (text) => ` ${text}\u3000`,
    (text) => [...text].join("\u200b"),
    (text) => text.replace(/ /g, "\u00a0 "),
    (text) => `${text}\ufe0f`,
  );
  // The dotless i has the upper case of another letter.
  const name = graphemes.filter((text) => !text.normalize("NFKC").includes("ı"));
  fc.assert(
    fc.property(name, fc.array(disguise, { maxLength: 4 }), (text, disguises) => {
      const disguised = disguises.reduce((value, apply) => apply(value), text);
      expect(same(text, disguised)).toBe(true);
    }),
    { numRuns: 3000 },
  );
});

test("NAME-8 every code point is the same as what Unicode folds it to", () => {
  const apart: string[] = [];
  for (let code = 0x21; code <= 0x10ffff; code++) {
    if (code === 0xd800) code = 0xe000;
    const character = String.fromCodePoint(code);
    for (const other of new Set([character.toLowerCase(), character.toUpperCase()])) {
      if (other === character || [...other].length !== 1) continue;
      // Unicode's simple folding, as the regular expressions of the language know it.
      const folds = new RegExp(`^\\u{${code.toString(16)}}$`, "iu").test(other);
      if (folds && !same(character, other)) apart.push(`${character} ${other}`);
    }
  }
  expect(apart).toEqual([]);
});

test.each([
  ["An", "AN"],
  ["An", "An "],
  ["An", " An"],
  ["An", "Ａｎ"],
  ["An Bình", "an\u00a0\u3000bình"],
  ["An", "A\u200bn"],
  ["An", "A\u00adn"],
  ["Straße", "STRASSE"],
  ["STRAẞE", "strasse"],
  ["Σίσυφος", "ΣΊΣΥΦΟΣ"],
  ["ﬁn", "FIN"],
  ["Ⅳ", "iv"],
  ["Đức", "đức"],
  ["Ngo\u0323c", "Ngọc"],
  ["①", "1"],
  ["ｶﾞ", "ガ"],
  ["👍", "👍\ufe0f"],
])("NAME-8 %j and %j are one nickname", (a, b) => {
  expect(same(a, b)).toBe(true);
});

test.each([
  ["An", "Ân"],
  ["An", "Ăn"],
  ["An", "Ấn"],
  ["Dung", "Dũng"],
  ["Dung", "Đung"],
  ["An", "A n"],
  ["AnBình", "An Bình"],
  ["o", "0"],
  ["a", "b"],
  ["é", "e"],
  ["ı", "i"],
  ["👍", "👎"],
  ["👍🏻", "👍🏿"],
  ["か", "が"],
  ["か", "カ"],
  ["مر", "مز"],
])("NAME-8 %j and %j are two nicknames", (a, b) => {
  expect(same(a, b)).toBe(false);
});

test("NAME-8 two words of different letters are never the same", () => {
  const letters = fc.string({
    unit: fc.constantFrom(..."abcdefghijklmnopqrstuvwxyzàáâãèéêìíòóôõùúýăđĩũơưạảấầẩẫậắằẳẵặ"),
    minLength: 1,
    maxLength: 12,
  });
  fc.assert(
    fc.property(letters, letters, (a, b) => {
      expect(same(a, b)).toBe(a === b);
    }),
    { numRuns: 3000 },
  );
});

test("NAME-3 a nickname has 1 to 100 code points, whatever their width", () => {
  expect(isNickname("")).toBe(false);
  expect(isNickname("a".repeat(100))).toBe(true);
  expect(isNickname("a".repeat(101))).toBe(false);
  expect(isNickname("😀".repeat(100))).toBe(true);
  expect(isNickname("😀".repeat(101))).toBe(false);
  expect(isNickname(`${"😀".repeat(99)}aa`)).toBe(false);
});

test.each([[1], [null], [true], [[]], [{}], ["\ud800"], ["a\udc00b"]])(
  "NAME-4 %j is no nickname",
  (value) => {
    expect(isNickname(value)).toBe(false);
  },
);

test.each([
  "a\0b",
  "a\nb",
  "a\u007f",
  "a\u0085",
  "a\u2028",
  "a\u2029",
  "a\u202eb",
  "a\u202a",
  "\u2066a\u2069",
])("NAME-5 %j would disturb the line it stands in", (value) => {
  expect(isNickname(value)).toBe(false);
});

test.each([
  " ",
  "\u00a0",
  "\u200b",
  "\u200d\ufe0f",
  "\u3164",
  "\u2800",
  "\u115f",
  "\u00ad",
  "\u180e",
  "\u{e0020}",
])("NAME-6 %j has nothing visible in it", (value) => {
  expect(isNickname(value)).toBe(false);
});

test.each(["Nguyễn Văn An", "عبد الله", "👩‍👩‍👧‍👦", "a\u200d", "ק\u200f", "अनिल", "…", "\u0301a"])(
  "NAME-6 %j is a nickname",
  (value) => {
    expect(isNickname(value)).toBe(true);
  },
);

test("SEND-3 a content has 1 to 4,000 code points and no lone surrogate; any other character may be in it", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", minLength: 1, maxLength: 200 }), (text) => {
      expect(isContent(text)).toBe(text.isWellFormed());
    }),
  );
  expect(isContent("")).toBe(false);
  expect(isContent("😀".repeat(4000))).toBe(true);
  expect(isContent("😀".repeat(4001))).toBe(false);
  expect(isContent("x".repeat(4001))).toBe(false);
  expect(isContent("\0\n\u202e")).toBe(true);
  expect(isContent("\udfff")).toBe(false);
});
