import { IDLE_STACKERS, NOTHING } from "../protocol/characters.ts";
import { foldCase } from "./case-folding.ts";
import { AMONG_LATIN, EVERYWHERE, OVER_SPACE } from "./confusables.ts";

const WORDS = /[\p{L}\p{M}\p{N}]+/gu;
const LATIN = /\p{Script=Latin}/u;
const ASCII = /^[\0-\x7f]*$/;
const PLAIN = /^[a-z0-9]+(?: [a-z0-9]+)*$/;
const WHITE_SPACE = /\p{White_Space}+/gu;
const OVER_A_SPACE = / \p{M}/gu;
/** Marks that any script uses. */
const MARKS = /\p{Script=Inherited}{2,}/gu;
/** A breve, which in Vietnamese only a has, is read as a tilde on other letters. */
const BREVE_OFF_A = /([^a\p{M}]\p{M}*)\u0306/gu;
const DOT_ON_DOTTED = /([ij]\p{Script=Inherited}*)\u0307/gu;
const HORN_APART = /([ou]\p{Script=Inherited}*)'/gu;

const everywhere = tableOf(EVERYWHERE);
const amongLatin = tableOf(AMONG_LATIN);
const overSpace = tableOf(OVER_SPACE);
const AMONG = new RegExp(`[${[...amongLatin.keys()].join("")}]`, "gu");

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
  let letters = "";
  for (const character of latinWords(nickname)) letters += lookalikeOf(character);
  // A round leaves fewer characters than before, or those that are there in their order: so there is an end.
  let key = settled(letters);
  for (let next = settled(key); next !== key; next = settled(key)) key = next;
  return key;
}

/** With letters of other scripts among Latin ones as the Latin letters that they look like. */
function latinWords(text: string): string {
  if (ASCII.test(text)) return text;
  const letters = text.normalize("NFD");
  if (letters.search(AMONG) < 0) return text;
  return letters.replace(WORDS, (word) =>
    LATIN.test(word.normalize("NFKD"))
      ? word.replace(AMONG, (letter) => amongLatin.get(letter) ?? letter)
      : word,
  );
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
  const letters = ASCII.test(text)
    ? text
    : text
        .normalize("NFD")
        .replace(IDLE_STACKERS, "")
        .replace(OVER_A_SPACE, (both) => overSpace.get(both.slice(1)) ?? both)
        .replace(BREVE_OFF_A, "$1\u0303")
        .replace(MARKS, inOrder)
        .replace(DOT_ON_DOTTED, "$1");
  return letters.replace(HORN_APART, "$1\u031b").replace(WHITE_SPACE, " ").trim();
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
