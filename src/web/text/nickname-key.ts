import { NOTHING } from "../../protocol/characters.ts";
import { ALIKE_IN_ASCII, AMONG_LATIN, LOOKALIKES } from "./lookalikes.ts";
import { memoize } from "./memoize.ts";

/**
 * Cache sizes: enough for the characters of a few languages, and for the nicknames of a full room and its earlier
 * authors.
 */
const CHARACTERS_REMEMBERED = 2_000;
const NAMES_REMEMBERED = 5_000;

/** A character with its marks and the following characters that are drawn as nothing. */
const CHARACTERS = new RegExp(String.raw`[^][\p{M}${NOTHING.source}]*`, "gv");
const ASCII = /[\0-\x7f]/g;
const WORDS = /[\p{L}\p{M}\p{N}]+/gu;
const AMONG = new RegExp(`[${[...AMONG_LATIN.keys()].join("")}](?!\\p{M}*[\\u0313\\u0314\\u0345])`, "gu");
const WHITE_SPACE = /\p{White_Space}+/gu;
const DOT_ON_DOTTED = /(?<=[ij]\p{M}*)\u0307/gu;
const BREVE_OFF_A = /\u0306(?<=[^a\p{M}]\p{M}*\u0306)/gu;
const MARKS = /\p{sc=Inherited}{2,}/gu;

const lookalikes = new Map<string, string>();
for (const line of LOOKALIKES.trim().split("\n")) {
  const [to = "", characters = ""] = line.split(" ");
  for (const character of characters) lookalikes.set(character, to);
}

/** The key of a part of a text, and where that part ends. */
export interface KeyOfPart {
  readonly key: string;
  readonly end: number;
}

/**
 * Yields the keys of ever longer parts of a text, all beginning at `from`. Each part ends after a character with its
 * marks. A space at the end of a part is in its key.
 */
export function* keysFrom(text: string, from: number, to: number): Generator<KeyOfPart> {
  let key = "";
  for (const { 0: character, index } of latinWords(text.slice(from, to)).matchAll(CHARACTERS)) {
    const piece = keyOfCharacter(character);
    if (piece !== " " || !/^$| $/.test(key)) key += piece;
    yield { key, end: from + index + character.length };
  }
}

/**
 * A key that is equal for nicknames that are the same. It is not meant to be shown.
 *
 * It follows NAME-8 of the protocol as far as a page can carry the table for it: all Unicode forms of a text, case,
 * characters that are drawn as nothing, spaces, and the lookalikes of the Latin, Greek and Cyrillic alphabets.
 */
export const nicknameKey = memoize((nickname) => keyOf(latinWords(nickname)).trim(), NAMES_REMEMBERED);

export function isSameNickname(one: string, other: string): boolean {
  return one === other || nicknameKey(one) === nicknameKey(other);
}

/**
 * Like {@link nicknameKey}, but without marks, and with ASCII characters as they are, for searching: `binh` finds
 * `Bình`.
 */
export const searchForm = memoize(
  (name) => formOf(latinWords(name)).replace(/\p{M}/gu, "").replace(WHITE_SPACE, " "),
  NAMES_REMEMBERED,
);

const keyOfCharacter = memoize(keyOf, CHARACTERS_REMEMBERED);

function keyOf(text: string): string {
  return (
    formOf(text)
      .replace(ASCII, (each) => ALIKE_IN_ASCII.get(each) ?? each)
      .replace(DOT_ON_DOTTED, "")
      .replace(BREVE_OFF_A, "\u0303")
      // Marks can be typed in any order, and two of a kind look like one.
      .replace(MARKS, (marks) => [...new Set(marks)].sort().join(""))
      .replace(WHITE_SPACE, " ")
  );
}

function formOf(text: string): string {
  let form = "";
  for (const character of text) form += formOfCodePoint(character);
  return form.normalize("NFD");
}

/**
 * The character decomposed, without case and without characters that are drawn as nothing, with one character for all
 * that look like it.
 */
const formOfCodePoint = memoize((codePoint) => {
  let form = "";
  for (const character of codePoint.normalize("NFKD").replace(NOTHING, "")) {
    // Converting to upper case in between unifies `ß` and `SS`, and `σ` and `ς`.
    for (const each of character.toLowerCase().toUpperCase().toLowerCase())
      form += lookalikes.get(each) ?? each;
  }
  return form;
}, CHARACTERS_REMEMBERED);

/**
 * Replaces letters of other alphabets in words with Latin letters by the Latin letters they look like. The text keeps
 * its length.
 */
function latinWords(text: string): string {
  if (text.search(AMONG) < 0) return text;
  return text.replace(WORDS, (word) =>
    /[a-z]/i.test(word) ? word.replace(AMONG, (letter) => AMONG_LATIN.get(letter) ?? letter) : word,
  );
}
