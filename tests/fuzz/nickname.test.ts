import { describe, expect, test } from "bun:test";
import { isContent, isNickname } from "../../src/protocol/characters.ts";
import { AMONG_LATIN, EVERYWHERE } from "../../src/room/confusables.ts";
import { lookalikeKey } from "../../src/room/lookalike.ts";
import fc from "../support/chance.ts";

const same = (a: string, b: string) => lookalikeKey(a) === lookalikeKey(b);
const anyText = fc.string({ unit: "binary", maxLength: 40 });
const graphemes = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 });
const charactersOf = (lines: string) =>
  lines
    .trim()
    .split(/[ \n]/)
    .map((codes) => String.fromCodePoint(...codes.split("+").map((code) => Number.parseInt(code, 16))));

/** Characters that stand for others or are stood for, marks and signs that are looked at together, and what is no ink. */
const lookalikes = fc.string({
  unit: fc.constantFrom(
    ...charactersOf(EVERYWHERE),
    ...charactersOf(AMONG_LATIN),
    ..."aijouvwrn'\u0301\u0302\u0303\u0306\u0307\u0309\u031b\u0323 \u200b\u17d2",
  ),
  maxLength: 12,
});

/** Letters of other scripts of which one case looks like a Latin letter, and the other one does not. */
const HALF_LATIN = new Set(charactersOf(AMONG_LATIN).flatMap((each) => [each, each.toUpperCase()]));
const hasHalfLatin = (text: string) =>
  [...text.normalize("NFKD").toUpperCase()].some((each) => HALF_LATIN.has(each) && !/\p{ASCII}/u.test(each));

test("NAME-8 the key of a key is itself, so that each class has one representative", () => {
  fc.assert(
    fc.property(fc.oneof(anyText, lookalikes), (text) => {
      expect(lookalikeKey(lookalikeKey(text))).toBe(lookalikeKey(text));
    }),
    { numRuns: 6000 },
  );
});

test("NAME-8 the key of every character, alone and beside letters and marks, is its own key", () => {
  const others: string[] = [];
  const ofNoUse = /[\p{Cn}\p{Co}\p{Cs}\p{Unified_Ideograph}\p{Script=Hangul}\p{Script=Tangut}]/u;
  for (let code = 0x20; code <= 0x10ffff; code++) {
    const character = String.fromCodePoint(code);
    if (ofNoUse.test(character)) continue;
    for (const text of [character, `o${character}`, `An${character}\u0301`, ` ${character}i`]) {
      const key = lookalikeKey(text);
      if (lookalikeKey(key) !== key) others.push(`${code.toString(16)} in ${text}`);
    }
  }
  expect(others).toEqual([]);
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
  // The dotless i has the upper case of another letter. Among Latin letters it matters which case another script's has.
  const name = graphemes.filter((text) => !text.normalize("NFKC").includes("ı") && !hasHalfLatin(text));
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
  ["νους", "ΝΟΥΣ"],
  ["Гоша", "гоша"],
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

describe("NAME-8 what looks the same is one nickname:", () => {
  test.each([
    // Letters of other scripts, one or all.
    ["An", "Аn"],
    ["An", "Αn"],
    ["An", "Ꭺn"],
    ["An", "ꓮn"],
    ["An", "Aո"],
    ["An", "Aη"],
    ["An", "Aп"],
    ["Hoa", "Ноа"],
    ["Hoa", "Ηοa"],
    ["Hoa", "Hσa"],
    ["Hoa", "Hօa"],
    ["Nam", "Νam"],
    ["Van", "νan"],
    ["Vân", "νân"],
    ["Huy", "Hυy"],
    ["Huy", "Huγ"],
    ["Huy", "Huу"],
    ["Tú", "Tύ"],
    ["Bình", "Вình"],
    ["Bình", "Ьình"],
    ["Bình", "Ꮟình"],
    ["Ánh", "А́nh"],
    ["Sam", "Տam"],
    ["Linh", "Լinh"],
    ["Linh", "Ꮮinh"],
    ["Rose", "Ꭱose"],
    ["Coco", "Ϲoϲo"],
    ["сосо", "coco"],
    ["ΝΟΑ", "NOA"],
    ["ТАТА", "tata"],
    ["william", "шilliam"],
    ["william", "ωilliam"],
    ["Γоша", "Гоша"],
    // Other forms of letters, and digits.
    ["An", "𝐀𝓷"],
    ["An", "Ⓐⓝ"],
    ["An", "🅰🅽"],
    ["An", "ᴬⁿ"],
    ["An", "ᴀɴ"],
    ["Linh", "Iinh"],
    ["Linh", "1inh"],
    ["Linh", "|inh"],
    ["Hoa", "H0a"],
    ["Hoa", "H໐a"],
    ["Minh", "rninh"],
    ["william", "vvilliam"],
    ["Gia", "ɢɪa"],
    ["Jack", "ȷack"],
    ["Mia", "Mıa"],
    ["Mia", "Mı̇a"],
    ["Mia", "Mi̇a"],
    ["số 1", "số ❶"],
    // đ, and marks: the same by another way, alike, in another order, twice.
    ["Đức", "Ðức"],
    ["Đức", "Ɖức"],
    ["Đức", "D̵ức"],
    ["Đức", "D̶ức"],
    ["đức", "ðức"],
    ["Dũng", "Du͂ng"],
    ["Dũng", "Dūng"],
    ["Dũng", "Dŭng"],
    ["Dũng", "Dǔng"],
    ["Ăn", "Ǎn"],
    ["Ân", "Ȃn"],
    ["Hải", "Ha̓i"],
    ["Ngọc", "Ngo̩c"],
    ["Ngọc", "Ngo̦c"],
    ["Ngọc", "Ngọ̣c"],
    ["Ấn", "Á̂n"],
    ["Ấn", "A\u0301\u0302n"],
    ["Sơn", "So̕n"],
    ["Sơn", "So’n"],
    // Signs.
    ["O'Brien", "O’Brien"],
    ["O'Brien", "Oʼbrien"],
    ["O'Brien", "O´Brien"],
    ["O'Brien", "O`Brien"],
    ["O'Brien", "O′Brien"],
    ["O'Brien", "Oꞌbrien"],
    ["Anna-Mai", "Anna‐Mai"],
    ["Anna-Mai", "Anna‑Mai"],
    ["Anna-Mai", "Anna–Mai"],
    ["Anna-Mai", "Anna−Mai"],
    ["Anna-Mai", "Anna—Mai"],
    ['"An"', "“An”"],
    ["An!", "Anǃ"],
    ["An:", "An꞉"],
  ])("%j, %j", (a, b) => {
    expect(isNickname(b)).toBe(true);
    expect(same(a, b)).toBe(true);
  });
});

test.each([
  ["An", "Ân"],
  ["An", "Ăn"],
  ["An", "Ấn"],
  ["Ấn", "Ẩn"],
  ["Dung", "Dũng"],
  ["Dung", "Đung"],
  ["Sơn", "Son"],
  ["Ngọc", "Ngoc"],
  ["An", "A n"],
  ["AnBình", "An Bình"],
  ["An-Bình", "AnBình"],
  ["O'Brien", "OBrien"],
  ["a", "b"],
  ["é", "e"],
  ["Dũng", "Düng"],
  ["dan", "clan"],
  ["νους", "vous"],
  ["👍", "👎"],
  ["👍🏻", "👍🏿"],
  ["🇻🇳", "🇱🇦"],
  ["か", "が"],
  ["か", "カ"],
  ["악기", "아끼"],
  ["مر", "مز"],
  ["Ольга", "Олвга"],
])("NAME-8 %j and %j are two nicknames", (a, b) => {
  expect(same(a, b)).toBe(false);
});

/** Those of some characters that count as another one of them, and with it. */
function collisions(characters: Iterable<string>): string[] {
  const found = new Map<string, string[]>();
  for (const each of characters)
    found.set(lookalikeKey(each), [...(found.get(lookalikeKey(each)) ?? []), each]);
  return [...found.values()].filter(({ length }) => length > 1).map((each) => each.join("="));
}

/** The letters of Vietnamese: 12 vowels, each without a tone and with five, and 17 consonants. */
const VOWELS = [..."aăâeêioôơuưy"].flatMap((vowel) =>
  ["", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323"].map((tone) => (vowel + tone).normalize("NFC")),
);
const CONSONANTS = [..."bcdđghklmnpqrstvx"];

test("NAME-8 the letters of Vietnamese are distinct, except i and l, and equal to their capitals", () => {
  const letters = [...VOWELS, ...CONSONANTS];
  expect(letters.filter((each) => /^\P{ASCII}$/u.test(each))).toHaveLength(134 / 2);
  expect(collisions(letters)).toEqual(["i=l"]);
  for (const letter of letters) expect(same(letter, letter.toUpperCase())).toBe(true);
  expect(collisions(letters.map((letter) => letter.normalize("NFD").toUpperCase()))).toEqual(["I=L"]);
});

test("NAME-8 the letters of other alphabets are distinct, except those that Unicode lists as alike", () => {
  const alphabets = [
    "αβγδεζηθικλμνξοπρστυφχψω",
    "абвгдежзийклмнопрстуфхцчшщъыьэюяєіїґўђјљњћџ",
    "ءابةتثجحخدذرزسشصضطظعغفقكلمنهوي",
    "אבגדהוזחטיכךלמםנסעפףצץקרשת",
    "अआइईउऊऋएऐओऔकखगघङचछजझञटठडढणतथदधनपफबभमयरलवशषसह",
    "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふほまみむめもやゆよらりるれろわをん",
    "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲン",
  ];
  expect(alphabets.map((letters) => collisions(letters))).toEqual(alphabets.map(() => []));
  const syllables = Array.from({ length: 11_172 }, (_, at) => String.fromCodePoint(0xac00 + at));
  expect(collisions(syllables)).toEqual([]);
  expect(
    collisions(["Иван", "Іван", "Анна", "Ганна", "李伟", "李玮", "สมชาย", "สมหญิง", "김민준", "김민지"]),
  ).toEqual([]);
});

test("NAME-8 two words of different letters are never the same, unless the letters look alike", () => {
  const letters = fc.string({
    unit: fc.constantFrom(...VOWELS, ...CONSONANTS.filter((letter) => !"lmr".includes(letter))),
    minLength: 1,
    maxLength: 12,
  });
  fc.assert(
    fc.property(letters, letters, (a, b) => {
      // Two v are w, which is no letter of these.
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
  "NAME-4 %j is not a nickname",
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
])("NAME-5 %j would disturb the line that contains it", (value) => {
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

/**
 * What is drawn as nothing. Every legal character was drawn behind `An` in Chromium, with DejaVu, Noto, FreeFont, Symbola
 * and Unifont: these were drawn as `An`, or are blank by what Unicode says of them.
 */
const DRAWN_AS_NOTHING = [
  ...[
    0xad, 0x34f, 0x61c, 0x70f, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x180b, 0x180e, 0x180f, 0x200b, 0x200c, 0x200d,
    0x200e,
  ],
  ...[
    0x200f, 0x2060, 0x2061, 0x2062, 0x2063, 0x2064, 0x206a, 0x206f, 0x2800, 0x3164, 0xfe00, 0xfe0f, 0xfeff,
    0xffa0,
  ],
  ...[0xfff9, 0xfffa, 0xfffb, 0xfffc, 0x1107f, 0x13430, 0x13431, 0x1343f, 0x13440, 0x13441, 0x13442, 0x16fe4],
  ...[0x1bc9d, 0x1bca0, 0x1bca3, 0x1d159, 0x1d173, 0x1d17a, 0xe0001, 0xe0020, 0xe007f, 0xe0100, 0xe01ef],
  // Marks that stack letters, where there is none.
  ...[0x1039, 0x17d2, 0x1a60, 0x2d7f, 0xaaf6, 0x10a3f, 0x11133, 0x11a47, 0x11a99, 0x11f42],
].map((code) => String.fromCodePoint(code));

test("NAME-6 NAME-8 characters that are drawn as nothing count as nothing", () => {
  for (const nothing of DRAWN_AS_NOTHING) {
    const code = nothing.codePointAt(0)?.toString(16);
    const names = [`An${nothing}`, `${nothing}An`, `A${nothing}n`, `An ${nothing}${nothing}`];
    expect([code, names.map((name) => isNickname(name) && same(name, "An"))]).toEqual([
      code,
      names.map(() => true),
    ]);
    expect([code, isNickname(nothing), isNickname(` ${nothing}\u00a0${nothing}`)]).toEqual([
      code,
      false,
      false,
    ]);
  }
});

test("NAME-5 a nickname with a private-use character, a noncharacter or an unassigned code point is refused", () => {
  const codes = [
    0xe000, 0xf8ff, 0xf0000, 0x10fffd, 0xfffe, 0xffff, 0x1fffe, 0x10ffff, 0xfdd0, 0xfdef, 0x378, 0x2065,
    0xfff0,
  ];
  for (const code of codes) {
    expect([code.toString(16), isNickname(`An${String.fromCodePoint(code)}`)]).toEqual([
      code.toString(16),
      false,
    ]);
  }
});

test.each([
  ..."Nguyễn Văn An|عبد الله|👩‍👩‍👧‍👦|a\u200d|ק\u200f|अनिल|…|\u0301a|Ольга|Дмитрий (Dima)|Νίκος|Հայկ|გიორგი".split(
    "|",
  ),
  ..."רון|ธนพล|សុខា|李小龙|たなか|ﾀﾅｶ|김민준|ᏣᎳᎩ|🇻🇳|🏴󠁧󠁢󠁥󠁮󠁧󠁿|👍🏿|❤️|¯\\_(ツ)_/¯|Ω-team|𝓐𝓷|½|𠮷野".split("|"),
])("NAME-6 %j is a nickname", (value) => {
  expect(isNickname(value)).toBe(true);
});

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
