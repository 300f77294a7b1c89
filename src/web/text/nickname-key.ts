import { NOTHING } from "../../protocol/characters.ts";
import { ALIKE_IN_ASCII, AMONG_LATIN, LOOKALIKES } from "./lookalikes.ts";
import { remembered } from "./remembered.ts";

/** Forms that are remembered: of characters those of a few languages, of nicknames a full room and who was there before. */
const CHARACTERS_REMEMBERED = 2_000;
const NAMES_REMEMBERED = 5_000;

/** A character with what belongs to it: marks, and what is drawn as nothing. */
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

/** The key of a part of a text, and where the part ends. */
export interface KeyOfPart {
  readonly key: string;
  readonly end: number;
}

/**
 * The keys of ever longer parts of a text, all from one place on. Each part ends behind a character with its marks. A space
 * at the end of a part belongs to its key.
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
 * What is equal for nicknames that are the same. Nobody writes so.
 *
 * Nicknames are the same by NAME-8 of the protocol, as far as a page can carry the table for it: by all forms that Unicode
 * has for one text, case, what is drawn as nothing, spaces, and the lookalikes of the Latin, Greek and Cyrillic alphabets.
 */
export const nicknameKey = remembered((nickname) => keyOf(latinWords(nickname)).trim(), NAMES_REMEMBERED);

export function isSameNickname(one: string, other: string): boolean {
  return one === other || nicknameKey(one) === nicknameKey(other);
}

/** As {@link nicknameKey}, but without marks, and with ASCII characters as what they are: `binh` finds `Bình`. */
export const plain = remembered(
  (name) => formOf(latinWords(name)).replace(/\p{M}/gu, "").replace(WHITE_SPACE, " "),
  NAMES_REMEMBERED,
);

const keyOfCharacter = remembered(keyOf, CHARACTERS_REMEMBERED);

function keyOf(text: string): string {
  return (
    formOf(text)
      .replace(ASCII, (each) => ALIKE_IN_ASCII.get(each) ?? each)
      .replace(DOT_ON_DOTTED, "")
      .replace(BREVE_OFF_A, "\u0303")
      // Marks are piled up in any order, and a second one of a kind lies on the first.
      .replace(MARKS, (marks) => [...new Set(marks)].sort().join(""))
      .replace(WHITE_SPACE, " ")
  );
}

function formOf(text: string): string {
  let form = "";
  for (const character of text) form += formOfCodePoint(character);
  return form.normalize("NFD");
}

/** Decomposed, without case and without what is drawn as nothing, with one character for all that look like it. */
const formOfCodePoint = remembered((codePoint) => {
  let form = "";
  for (const character of codePoint.normalize("NFKD").replace(NOTHING, "")) {
    // Upper case in between makes one of `ß` and `SS`, of `σ` and `ς`.
    for (const each of character.toLowerCase().toUpperCase().toLowerCase())
      form += lookalikes.get(each) ?? each;
  }
  return form;
}, CHARACTERS_REMEMBERED);

/** With letters of other alphabets, in words with Latin ones, as these. The text keeps its length. */
function latinWords(text: string): string {
  if (text.search(AMONG) < 0) return text;
  return text.replace(WORDS, (word) =>
    /[a-z]/i.test(word) ? word.replace(AMONG, (letter) => AMONG_LATIN.get(letter) ?? letter) : word,
  );
}
