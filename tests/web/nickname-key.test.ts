import { expect, test } from "bun:test";
import { lookalikeKey } from "../../src/room/lookalike.ts";
import { ALIKE_IN_ASCII, AMONG_LATIN, LOOKALIKES } from "../../src/web/text/lookalikes.ts";
import { Mentions } from "../../src/web/text/mentions.ts";
import { isSameNickname, nicknameKey, searchForm } from "../../src/web/text/nickname-key.ts";
import fc from "../support/chance.ts";

const VIETNAMESE =
  "aàáảãạăằắẳẵặâầấẩẫậbcdđeèéẻẽẹêềếểễệghiìíỉĩịklmnoòóỏõọôồốổỗộơờớởỡợpqrstuùúủũụưừứửữựvxyỳýỷỹỵ";
const OTHERS = "jwzßıİçğşłøåñœабвгдежзийклмнопрстуфхцчшщъыьэюяіїєґαβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώ0123456789";

test("NAME-8 nicknames that look alike for the page look alike for the server", () => {
  for (const line of LOOKALIKES.trim().split("\n")) {
    const [to = "", characters = ""] = line.split(" ");
    for (const character of characters) {
      // A mark is seen over a letter.
      const base = /\p{M}/u.test(character) ? "o" : "";
      expect([character, lookalikeKey(base + character)]).toEqual([character, lookalikeKey(base + to)]);
    }
  }
  for (const [character, to] of ALIKE_IN_ASCII) expect(lookalikeKey(character)).toBe(lookalikeKey(to));
  for (const [character, to] of AMONG_LATIN)
    expect(lookalikeKey(`b${character}b`)).toBe(lookalikeKey(`b${to}b`));
});

test("NAME-8 page and server agree on which letters of Latin, Greek and Cyrillic languages look alike", () => {
  const letters = [
    ...new Set(`${VIETNAMESE}${OTHERS}`.split("").flatMap((each) => [each, each.toUpperCase()])),
  ];
  const partition = (keyOf: (text: string) => string) =>
    Object.values(Object.groupBy(letters, keyOf)).map((group) => group?.join(""));
  expect(partition(nicknameKey)).toEqual(partition(lookalikeKey));
});

/** A nickname of words, in any of the forms in which somebody may write it. */
const nickname = fc.array(
  fc.string({ unit: fc.constantFrom(...VIETNAMESE, ..."ABĐÂ0123"), minLength: 1, maxLength: 6 }),
  {
    minLength: 1,
    maxLength: 3,
  },
);
const forms: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => text.normalize("NFD"),
  (text) => text.toUpperCase(),
  (text) => text.replaceAll(" ", " \u00A0\u3000"),
  (text) => [...text].join("\u200B"),
  // Windows' Vietnamese keyboard: a letter with its own mark, and the tone behind it.
  (text) =>
    text.normalize("NFD").replace(/(.)(\p{M})(\p{M})/gu, (_, letter: string, ...marks: string[]) => {
      const [one = "", two = ""] = marks;
      const tone = /[\u0300\u0301\u0303\u0309\u0323]/;
      return tone.test(one) ? (letter + two).normalize("NFC") + one : (letter + one).normalize("NFC") + two;
    }),
  (text) => text.replace(/[!-~]/g, (each) => String.fromCharCode(each.charCodeAt(0) + 0xfee0)),
];

test("NAME-8 the forms of a nickname are the same for the page exactly if they are for the server", () => {
  fc.assert(
    fc.property(nickname, nickname, fc.constantFrom(...forms), (words, others, form) => {
      const [name, other] = [words.join(" "), others.join(" ")];
      expect(isSameNickname(form(name), name)).toBe(true);
      expect(isSameNickname(name, other)).toBe(lookalikeKey(name) === lookalikeKey(other));
    }),
  );
});

test("NAME-8 a mention is found in any form, and begins and ends where it does in the text as it was written", () => {
  const graphemes = new Intl.Segmenter();
  const text = fc.constantFrom("", "x ", "И\u0306 ", "e\u0301, ", "İİ ", "👩‍👩‍👧 ", "谢谢", "(", "\n", "ﬁ! ");
  const after = fc.constantFrom("", " x", "!", "'s", ")", "さん", "\n", "…", " 👍🏽", ", \u00e9");
  fc.assert(
    fc.property(
      nickname,
      fc.constantFrom(...forms),
      fc.constantFrom("@", "＠"),
      text,
      after,
      (words, form, at, before, behind) => {
        const name = words.join(" ");
        const written = at + form(name);
        const content = before + written + behind;
        const found = new Mentions(["Somebody", name]).find(content);
        expect(found.map((each) => content.slice(each.index, each.end))).toEqual([written]);
        expect(found[0]?.name).toBe(name);
        const starts = [...graphemes.segment(content)].map(({ index }) => index);
        expect([...starts, content.length]).toContain(found[0]?.end ?? -1);
      },
    ),
  );
});

test.each([
  ["Bình", "@Bi\u0300nh", true],
  ["Bình", "@binh", false],
  ["İlker", "@ilker", true],
  ["İlker", "@I\u0307LKER", true],
  ["ısı", "@ISI", true],
  ["An", "@Аn", true],
  ["An2", "@Ａｎ２", true],
  ["ΝΊΚΟΣ", "@νίκος", true],
  ["Straße", "@STRASSE", true],
  ["An", "@An\u0300", false],
  ["👩", "@👩‍👩‍👧", false],
  ["👍", "@👍🏽", false],
  ["An", "@An2", false],
  ["An", "@An_", false],
  ["田中", "@田中さん", true],
  ["민수", "@민수야", true],
  ["小明", "@小明2", false],
  ["An", "e\u0301@An", false],
  ["An", "谢谢@An你好", true],
  ["An Bình", "@An\nBình", false],
  ["An", "@ An", false],
])("whether %p is mentioned by %p: %p", (name, content, isMentioned) => {
  expect(new Mentions([name]).find(content).length).toBe(isMentioned ? 1 : 0);
});

test("nicknames are searched without marks, and by their look", () => {
  expect(["Đức", "Łukasz", "Ørsted", "İlker", "Ｂình", "Аnh"].map(searchForm)).toEqual([
    "duc",
    "lukasz",
    "orsted",
    "ilker",
    "binh",
    "anh",
  ]);
  // Not as any letter that could be meant in a nickname: who begins to write `r` does not look for Minh.
  expect([searchForm("Minh"), searchForm("Lan"), searchForm("Ian")]).toEqual(["minh", "lan", "ian"]);
});
