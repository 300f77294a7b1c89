import { BEHIND_WORD, isAt, WORD } from "./mentions.ts";

/** How a part of a content is shown: `**bold**`, `*italic*`, or in a line that quotes, which begins with `> `. */
export interface Style {
  readonly bold?: boolean;
  readonly italic?: boolean;
  readonly quote?: boolean;
}

/** A stretch of a content, from `from` up to but not including `to`. */
interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** What a content is formatted with. */
export interface Format {
  /** The marks, which are not shown. */
  readonly marks: readonly Stretch[];
  readonly styled: readonly (Stretch & { readonly style: Style })[];
}

/** Each becomes an element. Anything beyond this number stays as it is written. */
const STYLES_MAX = 100;

/** Matches before a word. */
const BEFORE_WORD = new RegExp(`(?=${WORD})`, "vy");

/** What a line, and so its emphasis, ends with; or asterisks. */
const TOKEN = /\n|\*+/g;
const QUOTE = /^>(?: |$)/gm;
const SPACE = /\s|^$/;

/** What one, two and three asterisks mean. */
const STYLES: readonly Style[] = [{}, { italic: true }, { bold: true }, { bold: true, italic: true }];

/**
 * Finds what is formatted in a content. Emphasis begins and ends at words and within a line, so that `2 * 3 * 4`, `f(*args)` and
 * `2**3**4` stay as they are. Takes time in proportion to the content.
 *
 * @param text the content, with letters in the place of code and links
 */
export function formatOf(text: string): Format {
  const marks: Stretch[] = [];
  const styled: (Stretch & { style: Style })[] = [];
  for (const { index, 0: mark } of text.matchAll(QUOTE)) {
    if (styled.length >= STYLES_MAX) break;
    const end = text.indexOf("\n", index) + 1;
    marks.push({ from: index, to: index + mark.length });
    styled.push({ from: index, to: end === 0 ? text.length : end, style: { quote: true } });
  }
  /** Where emphasis of one, two and three asterisks may have begun in this line. */
  let begun: (number | undefined)[] = [];
  for (const { index, 0: token } of text.matchAll(TOKEN)) {
    if (styled.length >= STYLES_MAX) break;
    const { length } = token;
    const from = begun[length];
    const style = STYLES[length];
    if (token === "\n" || !style) begun = token === "\n" ? [] : begun;
    else if (from !== undefined && endsAt(text, index, length)) {
      marks.push({ from, to: from + length }, { from: index, to: index + length });
      styled.push({ from, to: index + length, style });
      begun[length] = undefined;
    } else if (beginsAt(text, index, length)) begun[length] = index;
  }
  return { marks, styled };
}

function beginsAt(text: string, index: number, length: number): boolean {
  return !SPACE.test(text.charAt(index + length)) && !isAt(BEHIND_WORD, text, index);
}

function endsAt(text: string, index: number, length: number): boolean {
  return !SPACE.test(text.charAt(index - 1)) && !isAt(BEFORE_WORD, text, index + length);
}

/** What somebody does, written as `/me waves`; null for what somebody says. */
export function deedOf(content: string): string | null {
  return /^\/me\s+(\S.*)$/s.exec(content)?.[1] ?? null;
}
