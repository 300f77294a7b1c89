/**
 * `bun scripts/confusables.ts FILE` writes src/room/confusables.ts from FILE, the confusables.txt of Unicode's UTS #39
 * (https://www.unicode.org/Public/security/; ICU has it in source/data/unidata), and prints the relations that it leaves out.
 * The same FILE gives the same source. docs/decisions/0015-look-alike-nicknames.md gives the reasons.
 *
 * The data says which character looks like which text. That is not enough for a key: sameness must not depend on case, and
 * must be transitive. So characters are joined into classes, the most certain relations first. A relation that would put two
 * letters that readers tell apart into one class is left out: ν looks like v, but Ν, its capital, like N. Among Latin letters,
 * such a letter still counts as the one that it looks like.
 */
import { join } from "node:path";
import { NOTHING } from "../src/protocol/characters.ts";
import { foldCase } from "../src/room/case-folding.ts";

const OUTPUT = join(import.meta.dir, "../src/room/confusables.ts");

/** A character looks like a text. */
type Relation = readonly [from: string, to: string];

/** The first characters of rows of letters and digits in circles and squares that normalisation does not change. */
const LETTERS_IN_BLACK = ["🅐", "🅰"];
const DIGITS_IN_CIRCLES = ["❶", "➀", "➊", "⓵"];

/**
 * Relations that are not in the data. A small capital is a form of its letter, and so is a letter without its dot. The others
 * were found by drawing characters in a browser, with several fonts: they look the same, pixel for pixel, or, for marks on
 * vowels, more like a Vietnamese mark than any two Vietnamese marks look like each other.
 */
const MORE: readonly Relation[] = [
  ...pairs("ᴀa ʙb ᴄc ᴅd ᴇe ꜰf ɢg ʜh ɪi ᴊj ᴋk ĸk ʟl ᴍm ɴn ᴏo ᴘp ꞯq ʀr ꜱs ᴛt ᴜu ᴠv ᴡw ʏy ᴢz ȷj"),
  ["w", "vv"],
  ...pairs("𝆌r 𝆍s 𝆎z 𝆏p 𝆐m 𝆑f 𐌏o ᱛo 𑫤o 𐤦i 𑀭i 𞠢i 𐤯t 𐤲+ ᱹ. ᱺ: 〜~ ⵍИ ɥч ɛε ꟾI 𐌀A ᑕc ժd ❘I"),
  ...pairs("֊- ᠆- ־- —- ʿ' ❛' ❜' ⓿0 🄋0 🄌0 ˉ~"),
  ...LETTERS_IN_BLACK.flatMap((first) => row(first, "abcdefghijklmnopqrstuvwxyz")),
  ...DIGITS_IN_CIRCLES.flatMap((first) => row(first, "123456789")),
  ...marks("\u0303", "\u0304\u030b\u0330\u034a"),
  ...marks("\u0309", "\u0312\u0313\u0314\u033d\u033e\u0351\u0352\u0357\u0485\u0486"),
  ...marks("\u031b", "\u0315"),
  ...marks("\u0323", "\u0316\u0317\u0318\u0319\u031c\u031d\u031e\u031f\u0320\u0326\u0329\u034e\u0353"),
];

/** Further relations that hold only among Latin letters. */
const MORE_AMONG_LATIN: readonly Relation[] = pairs("ωw ηn ϲc ϹC пn єe ԼL");

/** Readers tell the characters of a line apart. The letter l is not in any line: it looks like I, which is i. */
const APART: readonly string[] = [
  "abcdefghijkmnopqrstuvwxyz23456789",
  "αβγδεζηθικλμνξοπρστυφχψω23456789",
  "абвгдежзиклмнопрстуфхцчшщъыьэюяєіђјљњћџ",
  // The marks of Vietnamese.
  "\u0300\u0301\u0302\u0303\u0306\u0309\u031b\u0323\u0335",
];

/** Letters that are written together as a syllable: the same letter at its beginning and end makes another syllable. */
const HANGUL_JAMO = /[\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff]/;
const ASCII = /^[!-~]+$/;

const LICENCE = `UNICODE LICENSE V3

COPYRIGHT AND PERMISSION NOTICE

Copyright © 1991-2025 Unicode, Inc.

NOTICE TO USER: Carefully read the following legal agreement. BY
DOWNLOADING, INSTALLING, COPYING OR OTHERWISE USING DATA FILES, AND/OR
SOFTWARE, YOU UNEQUIVOCALLY ACCEPT, AND AGREE TO BE BOUND BY, ALL OF THE
TERMS AND CONDITIONS OF THIS AGREEMENT. IF YOU DO NOT AGREE, DO NOT
DOWNLOAD, INSTALL, COPY, DISTRIBUTE OR USE THE DATA FILES OR SOFTWARE.

Permission is hereby granted, free of charge, to any person obtaining a
copy of data files and any associated documentation (the "Data Files") or
software and any associated documentation (the "Software") to deal in the
Data Files or Software without restriction, including without limitation
the rights to use, copy, modify, merge, publish, distribute, and/or sell
copies of the Data Files or Software, and to permit persons to whom the
Data Files or Software are furnished to do so, provided that either (a)
this copyright and permission notice appear with all copies of the Data
Files or Software, or (b) this copyright and permission notice appear in
associated Documentation.

THE DATA FILES AND SOFTWARE ARE PROVIDED "AS IS", WITHOUT WARRANTY OF ANY
KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF
MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT OF
THIRD PARTY RIGHTS.

IN NO EVENT SHALL THE COPYRIGHT HOLDER OR HOLDERS INCLUDED IN THIS NOTICE
BE LIABLE FOR ANY CLAIM, OR ANY SPECIAL INDIRECT OR CONSEQUENTIAL DAMAGES,
OR ANY DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS,
WHETHER IN AN ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION,
ARISING OUT OF OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THE DATA
FILES OR SOFTWARE.

Except as contained in this notice, the name of a copyright holder shall
not be used in advertising or otherwise to promote the sale, use or other
dealings in these Data Files or Software without prior written
authorization of the copyright holder.

SPDX-License-Identifier: Unicode-3.0`;

function pairs(text: string): Relation[] {
  return text.split(" ").map((pair): Relation => {
    const [from = "", to = ""] = pair;
    return [from, to];
  });
}

function row(first: string, letters: string): Relation[] {
  const start = first.codePointAt(0) ?? 0;
  return Array.from(letters, (letter, at): Relation => [String.fromCodePoint(start + at), letter]);
}

function marks(to: string, from: string): Relation[] {
  return Array.from(from, (mark): Relation => [mark, to]);
}

/** Classes of characters that count as one. They grow as characters are joined. */
class Classes {
  readonly #parents = new Map<string, string>();
  /** For each class, by its root, the lines of {@link APART} from which it has a character. */
  readonly #lines = new Map<string, ReadonlySet<number>>();

  constructor() {
    for (const [line, characters] of APART.entries()) {
      for (const character of characters)
        this.#lines.set(character, this.#linesOf(character).union(new Set([line])));
    }
  }

  /** The character that identifies a class until the next one joins it. */
  root(character: string): string {
    const parent = this.#parents.get(character);
    return parent === undefined ? character : this.root(parent);
  }

  /** Whether a Latin letter or a digit is in the class of a character. */
  isLatin(character: string): boolean {
    return this.#linesOf(this.root(character)).has(0);
  }

  /** Joins two classes. @returns false if readers tell them apart */
  join(a: string, b: string): boolean {
    const [one, other] = [this.root(a), this.root(b)];
    if (one === other) return true;
    const [lines, others] = [this.#linesOf(one), this.#linesOf(other)];
    if (!lines.isDisjointFrom(others)) return false;
    this.#parents.set(other, one);
    this.#lines.set(one, lines.union(others));
    return true;
  }

  #linesOf(root: string): ReadonlySet<number> {
    return this.#lines.get(root) ?? new Set();
  }

  /** The classes of more than one character by their roots, in the order of their first characters. */
  all(): Map<string, string[]> {
    const classes = new Map<string, string[]>();
    const members = new Set([...this.#parents.keys(), ...this.#parents.values()]);
    for (const member of [...members].sort(byCodePoint)) {
      const root = this.root(member);
      classes.set(root, [...(classes.get(root) ?? []), member]);
    }
    return classes;
  }
}

/** The result of the data. */
interface Table {
  /** The representative of a character, if that is another character or several. Characters are folded. */
  readonly everywhere: ReadonlyMap<string, string>;
  /** The same for characters among Latin letters, before they are folded. */
  readonly amongLatin: ReadonlyMap<string, string>;
  /** The same for marks over a space. */
  readonly overSpace: ReadonlyMap<string, string>;
  /** Relations that do not hold, or only among Latin letters. */
  readonly leftOut: readonly Relation[];
}

function parse(data: string): { readonly version: string; readonly relations: readonly Relation[] } {
  const version = /^# Version: (\S+)$/m.exec(data)?.[1];
  if (version === undefined) throw new Error("This is not a confusables.txt: it has no version.");
  const rows = data.matchAll(/^([0-9A-F]+) ;\t([0-9A-F ]+) ;\t/gm);
  return { version, relations: Array.from(rows, ([, from, to]): Relation => [textOf(from), textOf(to)]) };
}

function tableOf(data: readonly Relation[]): Table {
  const classes = new Classes();
  for (const character of everyCharacter()) {
    const folded = foldCase(character);
    if (isOne(folded)) classes.join(folded, character);
  }
  const relations = [
    ...MORE,
    ...data
      .filter(isOfAtoms)
      .map(plain)
      .sort((a, b) => rank(a) - rank(b)),
  ];
  const leftOut = relations.filter((relation) => !holds(relation, classes));
  const likeLatin = [...data.filter(isOfOthersLikeLatin), ...MORE_AMONG_LATIN];
  const texts = textsOf(
    classes,
    spellings(relations, classes),
    new Set(likeLatin.map(([from]) => plainText(from))),
  );
  const expand = (text: string) =>
    Array.from(foldCase(plainText(text)), (each) => texts.get(each) ?? each).join("");
  return {
    everywhere: new Map([...texts].filter(([from, to]) => from !== to && foldCase(from) === from)),
    amongLatin: new Map(
      likeLatin.filter(([from, to]) => expand(from) !== expand(to)).map(([from, to]) => [from, expand(to)]),
    ),
    overSpace: new Map(data.flatMap(overSpace).map(([mark, sign]) => [expand(mark), expand(sign)])),
    leftOut,
  };
}

/** Adds a relation if it is between single characters and allowed. @returns false if it is not allowed */
function holds([from, to]: Relation, classes: Classes): boolean {
  // A character that looks like a Latin letter is in its class, and does not bring others into it.
  const hasLatin = !ASCII.test(to) && classes.isLatin(from);
  return hasLatin || !isOne(to) || classes.join(to, from);
}

function isOfAtoms([from, to]: Relation): boolean {
  // The mark iota below is folded to a letter.
  return isAtom(from) && !HANGUL_JAMO.test(to) && from !== "\u0345";
}

/** The relation between what remains of both texts before characters are looked up. */
function plain([from, to]: Relation): Relation {
  return [plainText(from), plainText(to)];
}

function plainText(text: string): string {
  return text.normalize("NFKD").replace(NOTHING, "");
}

/** The most certain come first: capitals that look like capitals, then small letters like Latin ones, then the rest. */
function rank([from, to]: Relation): number {
  const isLikeLatin = ASCII.test(to.charAt(0));
  if (isCapital(from) && isCapital(to)) return isLikeLatin ? 0 : 1;
  if (!isLikeLatin) return 4;
  return isCapital(from) || isCapital(to) ? 3 : 2;
}

/** The spelling of a class, by its root, as several characters: the first in the data. A Latin letter stays itself. */
function spellings(relations: readonly Relation[], classes: Classes): Map<string, string> {
  const spelled = new Map<string, string>();
  for (const [from, to] of relations) {
    const root = classes.root(from);
    if (!isOne(to) && !spelled.has(root) && (ASCII.test(from) || !classes.isLatin(from)))
      spelled.set(root, to);
  }
  return spelled;
}

/** The representative of each character that is not alone in its class, or that is spelled as several. */
function textsOf(
  classes: Classes,
  spelled: ReadonlyMap<string, string>,
  likeLatin: ReadonlySet<string>,
): Map<string, string> {
  const members = classes.all();
  for (const root of spelled.keys()) if (!members.has(root)) members.set(root, [root]);
  const expand = (character: string): string => {
    const root = classes.root(character);
    const text = spelled.get(root);
    return text === undefined
      ? headOf(members.get(root) ?? [character], likeLatin)
      : Array.from(foldCase(text), expand).join("");
  };
  return new Map([...members.values()].flat().map((member) => [member, expand(member)]));
}

/** The representative of a class: not one that counts as a Latin letter, preferably one of {@link APART}, or a folded one. */
function headOf(members: readonly string[], likeLatin: ReadonlySet<string>): string {
  const eligible = members.filter((member) => !likeLatin.has(member));
  const best = Array.from(APART.join("")).find((character) => eligible.includes(character));
  const head = best ?? eligible.find((member) => !isCapital(member)) ?? eligible[0];
  if (head === undefined) throw new Error(`All of ${members.join(" ")} count as Latin letters.`);
  return head;
}

/** Whether it relates a letter of another script to a Latin one, which may have marks. */
function isOfOthersLikeLatin([from, to]: Relation): boolean {
  return (
    isAtom(from) && /^(?!\p{Script=Latin})\p{L}/u.test(from) && /^[A-Za-z]\p{M}*$/u.test(to.normalize("NFKD"))
  );
}

/** Signs that normalisation turns into marks over a space. */
function overSpace(relation: Relation): Relation[] {
  const [from, to] = plain(relation);
  // U+0345, iota below, is folded to a letter.
  return /^ (?!\u0345)\p{M}$/u.test(from) && !/\p{M}/u.test(to) ? [[from.slice(1), to]] : [];
}

/** Every character that normalisation does not change. */
function* everyCharacter(): Generator<string> {
  for (let code = 0x21; code <= 0x10ffff; code++) {
    if (code === 0xd800) code = 0xe000;
    const character = String.fromCodePoint(code);
    if (isAtom(character)) yield character;
  }
}

function isAtom(text: string): boolean {
  return (
    isOne(text) &&
    text.normalize("NFKD") === text &&
    !HANGUL_JAMO.test(text) &&
    text.replace(NOTHING, "") === text
  );
}

function isOne(text: string): boolean {
  return text.length === String.fromCodePoint(text.codePointAt(0) ?? 0).length;
}

function isCapital(text: string): boolean {
  return foldCase(text) !== text;
}

function byCodePoint(a: string, b: string): number {
  return (a.codePointAt(0) ?? 0) - (b.codePointAt(0) ?? 0);
}

function textOf(hex = ""): string {
  return String.fromCodePoint(...hex.split(" ").map((code) => Number.parseInt(code, 16)));
}

function hexOf(text: string): string {
  return Array.from(text, (character) => character.codePointAt(0)?.toString(16)).join("+");
}

/** A line for each text, with the characters that it represents. */
function linesOf(table: ReadonlyMap<string, string>): string {
  const sources = new Map<string, string[]>();
  for (const [from, to] of table) sources.set(to, [...(sources.get(to) ?? []), from]);
  const lines = [...sources].map(([to, from]) => [to, ...from.sort(byCodePoint)].map(hexOf).join(" "));
  return lines.sort().join("\n");
}

function sourceOf(origin: string, { everywhere, amongLatin, overSpace }: Table): string {
  return `// Written by scripts/confusables.ts from ${origin}.
// Change that script, not this file.
//
// The data is modified, and comes with this notice:
//
${LICENCE.replace(/^/gm, "// ").replace(/ +$/gm, "")}

/**
 * The representatives of characters that look alike: each line has a text, followed by the characters that it represents. All
 * are hexadecimal code points.
 */
export const EVERYWHERE = \`
${linesOf(everywhere)}
\`;

/** The same for letters of other scripts in a word that contains Latin letters. */
export const AMONG_LATIN = \`
${linesOf(amongLatin)}
\`;

/** The same for marks over a space. */
export const OVER_SPACE = \`
${linesOf(overSpace)}
\`;
`;
}

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error("usage: bun scripts/confusables.ts FILE");
const data = await Bun.file(file).text();
const { version, relations } = parse(data);
const table = tableOf(relations);
const digest = new Bun.CryptoHasher("sha256").update(data).digest("hex");
await Bun.write(OUTPUT, sourceOf(`confusables.txt of Unicode ${version}, SHA-256 ${digest}`, table));
for (const [from, to] of table.leftOut) {
  console.log(
    `${from} ${hexOf(from)} is not ${to} ${hexOf(to)}${table.amongLatin.has(from) ? ", except among Latin letters" : ""}`,
  );
}
console.log(`Wrote ${table.everywhere.size} characters of Unicode ${version} to ${OUTPUT}.`);
