import { EMOJI } from "./table.ts";
import { type Tone, withTone } from "./tones.ts";

/** An emoji that can be picked. */
export interface Emoji {
  /** Fully qualified, without a skin tone. */
  readonly text: string;
  readonly hasTones: boolean;
  /** In the language of the page. */
  readonly name: string;
}

/** What is searched of one language: a line for each emoji. */
interface Index {
  /** Words with a space before each and one at the end, in lower case, with their marks. */
  readonly lines: readonly string[];
  /** The same without marks. */
  readonly plain: readonly string[];
  /** Where the words of the name end in each line; the others follow. */
  readonly nameEnds: readonly number[];
  readonly plainEnds: readonly number[];
}

/** How well an emoji fits what was searched, from the best. */
const NAME = 0;
const WORDS_OF_NAME = 1;
const BEGINNINGS_IN_NAME = 2;
const WORDS = 3;
const BEGINNINGS = 4;
/** Who writes marks means them: `bò` finds everything of cows before butter, `bơ`. Who writes none may mean any. */
const OTHER_MARKS = 5;
const ADDED_MARKS = 0.5;

/** All emoji, with their names, and how they are found. */
export class Catalog {
  /** In groups, in the order of Unicode. */
  readonly groups: readonly (readonly Emoji[])[];
  readonly #all: readonly Emoji[];
  readonly #byText: ReadonlyMap<string, Emoji>;
  readonly #sources: readonly string[];
  #indexes: readonly Index[] | undefined;

  /**
   * @param sources the names in the languages in which emoji are searched, as scripts/emoji.ts writes them. The first is
   *   the language of the page.
   */
  constructor(...sources: readonly [string, ...string[]]) {
    this.#sources = sources;
    const names = sources[0].trim().split("\n");
    let at = 0;
    this.groups = EMOJI.trim()
      .split("\n")
      .map((line) =>
        line.split(" ").map((entry) => ({
          text: entry.replace("+", ""),
          hasTones: entry.endsWith("+"),
          name: names[at++]?.split("|")[0] ?? "",
        })),
      );
    this.#all = this.groups.flat();
    this.#byText = new Map(this.#all.map((emoji) => [emoji.text, emoji]));
  }

  /** The emoji of a text without a skin tone; undefined if there is none. */
  get(text: string): Emoji | undefined {
    return this.#byText.get(text);
  }

  /**
   * Finds emoji by words or their beginnings, in any of the languages, with marks or without. An emoji finds itself.
   *
   * @returns the best first
   */
  search(query: string): readonly Emoji[] {
    const wanted = wordsOf(query);
    if (wanted.length === 0) return this.#all.filter(({ text }) => bareOf(text) === bareOf(query.trim()));
    // Built at the first search: most people who open the picker see what they want.
    this.#indexes ??= this.#sources.map(indexOf);
    const found: { readonly emoji: Emoji; readonly rank: number; readonly length: number }[] = [];
    for (const [at, emoji] of this.#all.entries()) {
      const fits = this.#indexes.map((index) => fit(index, at, wanted));
      const rank = Math.min(...fits);
      if (rank === Number.POSITIVE_INFINITY) continue;
      // A short name is more likely to be the thing itself: `heart` finds the red one before the one with an arrow.
      const index = this.#indexes[fits.indexOf(rank)];
      found.push({
        emoji,
        rank,
        length: (index?.lines[at] ?? "").slice(0, index?.nameEnds[at]).split(" ").length,
      });
    }
    return found.sort((a, b) => a.rank - b.rank || a.length - b.length).map(({ emoji }) => emoji);
  }
}

/** The text of an emoji in the chosen skin tone, if it can have one. */
export function textOf({ text, hasTones }: Emoji, tone: Tone): string {
  return hasTones ? withTone(text, tone) : text;
}

function indexOf(source: string): Index {
  const lines = source.trim().toLowerCase().split("\n");
  const parts = lines.map((line) => line.split("|").map((part) => ` ${wordsOf(part).join(" ")} `));
  const plainParts = parts.map((each) => each.map(withoutMarks));
  const whole = (each: readonly string[]) => each.join("");
  const end = (each: readonly string[]) => each[0]?.length ?? 0;
  return {
    lines: parts.map(whole),
    plain: plainParts.map(whole),
    nameEnds: parts.map(end),
    plainEnds: plainParts.map(end),
  };
}

function fit({ lines, plain, nameEnds, plainEnds }: Index, at: number, wanted: readonly string[]): number {
  const exact = fitOf(lines[at] ?? "", nameEnds[at] ?? 0, wanted);
  if (exact === NAME) return exact;
  const without = wanted.map(withoutMarks);
  const worse = without.join() === wanted.join() ? ADDED_MARKS : OTHER_MARKS;
  return Math.min(exact, fitOf(plain[at] ?? "", plainEnds[at] ?? 0, without) + worse);
}

/** How well the worst of the words fits. @returns infinite if one of them does not */
function fitOf(line: string, nameEnd: number, wanted: readonly string[]): number {
  if (line.slice(0, nameEnd).trim() === wanted.join(" ")) return NAME;
  return Math.max(...wanted.map((word) => fitOfWord(line, nameEnd, word)));
}

function fitOfWord(line: string, nameEnd: number, word: string): number {
  const beginning = line.indexOf(` ${word}`);
  if (beginning < 0) return Number.POSITIVE_INFINITY;
  const whole = line.indexOf(` ${word} `);
  if (whole >= 0 && whole < nameEnd) return WORDS_OF_NAME;
  if (beginning < nameEnd) return BEGINNINGS_IN_NAME;
  return whole >= 0 ? WORDS : BEGINNINGS;
}

function wordsOf(text: string): string[] {
  return (
    text
      .normalize()
      .toLowerCase()
      .match(/[\p{L}\p{M}\p{N}]+/gu) ?? []
  );
}

function withoutMarks(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").replaceAll("đ", "d");
}

/** An emoji as it may be written elsewhere, without a tone and without selectors. */
function bareOf(text: string): string {
  return text.replace(/[\ufe0f\u{1f3fb}-\u{1f3ff}]/gu, "");
}
