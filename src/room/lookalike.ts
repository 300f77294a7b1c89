import { IDLE_STACKERS, NOTHING } from "../protocol/characters.ts";
import { foldCase } from "./case-folding.ts";
import { AMONG_LATIN, EVERYWHERE, OVER_SPACE } from "./confusables.ts";

const WORDS = /[\p{L}\p{M}\p{N}]+/gu;
const LATIN = /[A-Za-z]/;
const LOOKS_LATIN = /^[a-z0-9'\p{M}]+$/u;
const ASCII = /^[\0-\x7f]*$/;
const PLAIN = /^[a-z0-9]+(?: [a-z0-9]+)*$/;
const WHITE_SPACE = /\p{White_Space}+/gu;
const OVER_A_SPACE = /\p{White_Space}+(\p{M})/gu;
/** Marks that any script uses. */
const MARKS = /\p{Script=Inherited}{2,}/gu;

/** What makes no difference beside a letter, with the character without which there is nothing to look for. */
const BESIDE: readonly (readonly [sign: string, pattern: RegExp, instead: string])[] = [
  // A horn that stands apart: o' is ơ.
  ["'", /([ou]\p{Script=Inherited}*)'/gu, "$1\u031b"],
  // A breve, which in Vietnamese only a has, is read as a tilde.
  ["\u0306", /([^a\p{M}]\p{M}*)\u0306/gu, "$1\u0303"],
  // A dot on a letter that has one.
  ["\u0307", /([ij]\p{Script=Inherited}*)\u0307/gu, "$1"],
];

const everywhere = tableOf(EVERYWHERE);
const amongLatin = tableOf(AMONG_LATIN);
const overSpace = tableOf(OVER_SPACE);
/** With a breathing or an iota below, which only Greek has, a letter is not taken for a Latin one. */
const AMONG = new RegExp(`[${[...amongLatin.keys()].join("")}](?!\\p{M}*[\u0313\u0314\u0345])`, "gu");

/** What is remembered of single characters, at most: what people of one language use. */
const REMEMBERED = 2_000;
const remembered = new Map<string, string>();

/**
 * The key under which a nickname is unique: two nicknames look the same when their keys are equal, so sameness is an
 * equivalence by construction. The key of a key is itself.
 *
 * After Unicode's NFKC_Casefold (UAX #31, section 5.1) and the skeleton of UTS #39, section 4, as far as these go
 * together: docs/decisions/0015-look-alike-nicknames.md tells how far. A key is not to be shown: nobody writes so.
 */
export function lookalikeKey(nickname: string): string {
  // A round leaves fewer characters than before, or those that are there in their order: so there is an end.
  let key = settled(lookalikesOf(latinWords(nickname)));
  for (let next = settled(key); next !== key; next = settled(key)) key = next;
  return key;
}

/** With letters of other scripts, in words that look Latin, as the Latin letters that they look like. */
function latinWords(text: string): string {
  if (ASCII.test(text)) return text;
  const letters = text.normalize("NFD").replace(NOTHING, "");
  return letters.search(AMONG) < 0 ? text : letters.replace(WORDS, latinWord);
}

function latinWord(word: string): string {
  if (!LATIN.test(word)) return word;
  const latin = word.replace(AMONG, (letter) => amongLatin.get(letter) ?? letter);
  return LOOKS_LATIN.test(lookalikesOf(latin)) ? latin : word;
}

function lookalikesOf(text: string): string {
  let lookalikes = "";
  for (const character of text) lookalikes += lookalikeOf(character);
  return lookalikes;
}

/** What stands for a character, whatever is beside it. */
function lookalikeOf(character: string): string {
  const known = remembered.get(character);
  if (known !== undefined) return known;
  let text = "";
  for (const each of foldCase(character.normalize("NFKD").replace(NOTHING, ""))) {
    text += everywhere.get(each) ?? each;
  }
  if (remembered.size === REMEMBERED) remembered.clear();
  remembered.set(character, text);
  return text;
}

/** Characters that stand side by side in many ways as one of these: marks, spaces, and what belongs to a letter. */
function settled(text: string): string {
  if (PLAIN.test(text)) return text;
  let letters = ASCII.test(text) ? text : settledMarks(text);
  for (const [sign, pattern, instead] of BESIDE) {
    if (letters.includes(sign)) letters = letters.replace(pattern, instead);
  }
  return letters.replace(WHITE_SPACE, " ").trim();
}

function settledMarks(text: string): string {
  return text
    .normalize("NFD")
    .replace(IDLE_STACKERS, "")
    .replace(OVER_A_SPACE, (both, mark: string) => overSpace.get(mark) ?? both)
    .replace(MARKS, inOrder);
}

/** Marks in one order, and each once. Those of a Vietnamese letter mostly are in this one already. */
function inOrder(marks: string): string {
  for (let at = 1; at < marks.length; at++) {
    if (marks.charCodeAt(at) >= marks.charCodeAt(at - 1))
      return [...new Set(marks)].sort().reverse().join("");
  }
  return marks;
}

/** @param lines in each a text and the characters that it stands for, as hexadecimal code points */
function tableOf(lines: string): ReadonlyMap<string, string> {
  const table = new Map<string, string>();
  for (const line of lines.trim().split("\n")) {
    const [to = "", ...characters] = line.split(" ").map(textOf);
    for (const character of characters) table.set(character, to);
  }
  return table;
}

function textOf(codes: string): string {
  return String.fromCodePoint(...codes.split("+").map((code) => Number.parseInt(code, 16)));
}
