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

/** Horns written separately: o' is ơ. All of a letter at once: if each took a round, many would take long. */
const HORNS_APART = /([ou])(\p{Script=Inherited}*'['\p{Script=Inherited}]*)/gu;
/**
 * In Vietnamese only the letter a has a breve; on other letters a breve is read as a tilde. These two use lookbehinds, because
 * the characters they start from are rare.
 */
const BREVE_OFF_A = /\u0306(?<=[^a\p{M}]\p{M}*\u0306)/gu;
const DOT_ON_DOTTED = /\u0307(?<=[ij]\p{Script=Inherited}*\u0307)/gu;

const everywhere = tableOf(EVERYWHERE);
const amongLatin = tableOf(AMONG_LATIN);
const overSpace = tableOf(OVER_SPACE);
/** A letter with a breathing or an iota below, which only Greek has, does not pass for a Latin one. */
const AMONG = new RegExp(`[${[...amongLatin.keys()].join("")}](?!\\p{M}*[\u0313\u0314\u0345])`, "gu");

/** How many single characters are remembered at most: as many as the people of one language use. */
const REMEMBERED = 2_000;
const remembered = new Map<string, string>();

/**
 * The key under which a nickname is unique: two nicknames look the same when their keys are equal, so sameness is an
 * equivalence by construction. The key of a key is itself.
 *
 * Follows Unicode's NFKC_Casefold (UAX #31, section 5.1) and the skeleton of UTS #39, section 4, as far as these two
 * are compatible: see docs/decisions/0015-look-alike-nicknames.md. A key is not meant to be shown: nobody writes like
 * that.
 */
export function lookalikeKey(nickname: string): string {
  // Terminates: each round leaves fewer characters than before, or the same characters in their final order.
  let key = settled(lookalikesOf(latinWords(nickname)));
  for (let next = settled(key); next !== key; next = settled(key)) key = next;
  return key;
}

/** Replaces letters of other scripts by the Latin letters that they look like, in words that look Latin. */
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

/** The text that replaces a character, whatever its neighbours are. */
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

/** Gives equivalent sequences of characters one form: marks, spaces, and signs that belong to a letter. */
function settled(text: string): string {
  if (PLAIN.test(text)) return text;
  const letters = ASCII.test(text) ? text : settledMarks(text);
  return withHorns(letters).replace(WHITE_SPACE, " ").trim();
}

function settledMarks(text: string): string {
  return text
    .normalize("NFD")
    .replace(IDLE_STACKERS, "")
    .replace(OVER_A_SPACE, (both, mark: string) => overSpace.get(mark) ?? both)
    .replace(BREVE_OFF_A, "\u0303")
    .replace(DOT_ON_DOTTED, "")
    .replace(MARKS, inOrder);
}

function withHorns(text: string): string {
  if (!text.includes("'")) return text;
  return text.replace(
    HORNS_APART,
    // In order at once, so that no long run of marks is left to be sorted.
    (_, letter: string, marks: string) => letter + inOrder(marks.replaceAll("'", "\u031b")),
  );
}

/** Marks in a fixed order, each once. Those of a Vietnamese letter usually are in this order already. */
function inOrder(marks: string): string {
  for (let at = 1; at < marks.length; at++) {
    if (marks.charCodeAt(at) >= marks.charCodeAt(at - 1))
      return [...new Set(marks)].sort().reverse().join("");
  }
  return marks;
}

/** @param lines each has a text and the characters that it replaces, as hexadecimal code points */
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
