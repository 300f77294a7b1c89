/** What may not be in a message, where moderators have set that. */
import { NOTHING } from "../protocol/characters.ts";
import { lookalikeKey } from "./lookalike.ts";

/** Top-level domains by which a domain without a scheme is taken for a link. Others need a scheme, `www.` or a path. */
const DOMAINS =
  "app|biz|cc|club|co|com|de|dev|edu|eu|fr|gg|gov|info|io|ly|me|net|online|org|ru|shop|site|store|to|top|tv|uk|vn|xyz";
const LINK = new RegExp(
  `[a-z][a-z0-9+.-]{1,20}://\\S|\\bwww\\.\\S|\\b[a-z0-9-]{1,63}\\.(?:[a-z]{2,24}/\\S|(?:${DOMAINS})\\b)`,
  "i",
);

const ASCII = /^[\0-\x7f]*$/;
/** What can stand in a run of marks: the half-width ones of Japanese, too, and what is drawn as nothing between them. */
const IN_RUN = `(?:[\\p{M}\\uFF9E\\uFF9F]|${NOTHING.source})`;
/** More marks than any language puts on a letter. */
const LONG_RUN = new RegExp(`(${IN_RUN}{30})${IN_RUN}+`, "gu");

/** Whether a content has something that people can follow as a link. */
export function hasLink(content: string): boolean {
  if (LINK.test(content)) return true;
  // Full-width letters and the like are links to those who read them.
  return !ASCII.test(content) && LINK.test(withShortRuns(content).normalize("NFKC"));
}

/**
 * A content to search in, with at most 30 marks in a row, as in the stream-safe texts of UAX #15. Normal forms have the marks of
 * a run sorted, in a time that grows with the square of its length.
 */
function withShortRuns(content: string): string {
  return content.replace(LONG_RUN, "$1");
}

/** A list of words in the form in which contents are searched for them. */
export class WordList {
  readonly #words: readonly string[];

  constructor(words: readonly string[]) {
    this.#words = words.filter(isSearchable).map(folded);
  }

  /** Whether a content has one of the words, as a whole word. It does not matter how it is written: see `lookalikeKey`. */
  isIn(content: string): boolean {
    if (this.#words.length === 0) return false;
    const text = folded(content);
    return this.#words.some((word) => text.includes(word));
  }
}

/** Whether a listed word has something to be found by: `$$$` has not. */
export function isSearchable(word: string): boolean {
  return folded(word).trim() !== "";
}

/** The words of a text between spaces, each as its look-alikes are: spaces at both ends make whole words recognisable. */
function folded(text: string): string {
  return ` ${lookalikeKey(withShortRuns(text))
    .replace(/[^\p{L}\p{N}\p{M}]+/gu, " ")
    .trim()} `;
}
