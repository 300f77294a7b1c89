import { formatOf, type Style } from "./format.ts";
import { findLinks } from "./links.ts";
import { memoize } from "./memoize.ts";
import { CONTENTS, type Known, type Lookups, Mentions, newLookups } from "./mentions.ts";
import { isSameNickname } from "./nickname-key.ts";

/** A piece of a message's content. The pieces together are the content, except for the marks around code and emphasis. */
export type Part = Style &
  (
    | { readonly kind: "text"; readonly text: string }
    | { readonly kind: "link"; readonly text: string; readonly href: string }
    | { readonly kind: "mention"; readonly text: string; readonly name: string }
    | { readonly kind: "code"; readonly text: string }
    | { readonly kind: "block"; readonly text: string }
  );

/** A part, and where it stands in the content: from `from` up to but not including `to`. */
interface Placed {
  readonly part: Part;
  readonly from: number;
  readonly to: number;
}

/**
 * Matches code. A block may name its language on its first line, which is ignored. The line break after a block
 * belongs to the block.
 */
const CODE = /```(?:[\w+#.-]*\n)?([\s\S]+?)\n?```\n?|`([^`\n]+)`/g;

/**
 * Each code and link becomes an element, and a hostile content may have thousands. Anything beyond these numbers
 * stays text.
 */
const CODES_MAX = 100;
const LINKS_MAX = 100;
/** The same for lines of different directions. The last element holds all further lines. */
export const LINES_MAX = 100;

/** Characters that are written from right to left, and format characters that make others so. */
const RIGHT_TO_LEFT =
  /[\u0590-\u08FF\u200F\u202B\u202E\u2067\uFB1D-\uFDFF\uFE70-\uFEFC\u{10800}-\u{10FFF}\u{1E800}-\u{1EFFF}]/u;

const ONLY_EMOJI = /^(?:\p{RGI_Emoji}|\s){1,24}$/v;
const SPACE_ONLY = /^\s*$/;
const LARGE_MAX = 6;

/** How many contents are cached, at 4 to 16 kB each: those on the screen and a few screens more. */
const CONTENTS_REMEMBERED = 400;

/** The parts of a content except mentions, which change with the people in the room. */
const split = memoize((content) => formatted(content, [...splitCode(content)]), CONTENTS_REMEMBERED);

const NOBODY = new Mentions();

const readers = new WeakMap<Mentions, (content: string) => readonly Part[]>();

/**
 * Parses a content into parts. They are texts; nothing becomes markup here. The same content with the same mentions
 * is parsed once.
 */
export function parseContent(content: string, mentions: Mentions): readonly Part[] {
  const read = readers.get(mentions) ?? memoize((each) => withMentions(each, mentions), CONTENTS_REMEMBERED);
  readers.set(mentions, read);
  return read(content);
}

/** Reads a content with the nicknames that it may mention, as {@link parseContent} does. */
export function readContent(content: string, known: Known): readonly Part[] {
  return parseContent(content, /[@＠]/.test(content) ? known.value : NOBODY);
}

/** Whether a content mentions a nickname. */
export function isMentioned(nickname: string | null, content: string, known: Known): boolean {
  if (nickname === null) return false;
  return readContent(content, known).some(
    (part) => part.kind === "mention" && isSameNickname(part.name, nickname),
  );
}

CONTENTS.isMentioned = isMentioned;

/** Whether a content consists of a few emoji and nothing else. */
export function isOnlyEmoji(content: string): boolean {
  if (content.length > 96 || SPACE_ONLY.test(content) || !ONLY_EMOJI.test(content)) return false;
  const graphemes = [...new Intl.Segmenter().segment(content)].filter(
    ({ segment }) => !SPACE_ONLY.test(segment),
  );
  return graphemes.length <= LARGE_MAX;
}

/**
 * Splits the parts into lines if lines may have different directions; otherwise returns them as one line. A style
 * alone cannot do this: within one element, browsers align a line by whatever comes first in it, even a link or a
 * nickname.
 */
export function linesOf(parts: readonly Part[]): readonly (readonly Part[])[] {
  if (!parts.some(({ text }) => RIGHT_TO_LEFT.test(text))) return [parts];
  const lines: Part[][] = [[]];
  for (const part of parts) {
    for (const text of part.kind === "text" ? part.text.split(/(?<=\n)/) : [part.text]) {
      lines.at(-1)?.push({ ...part, text });
      if (lines.length <= LINES_MAX && (part.kind === "block" || text.endsWith("\n"))) lines.push([]);
    }
  }
  return lines.filter(({ length }) => length > 0);
}

/** Lines that are shown together: those of a quotation, or others. */
export interface Block {
  readonly isQuote: boolean;
  readonly lines: readonly (readonly Part[])[];
}

/** Puts quotations and what is around them into blocks of their own. */
export function blocksOf(parts: readonly Part[]): readonly Block[] {
  const blocks: { readonly isQuote: boolean; readonly parts: Part[] }[] = [];
  for (const part of parts) {
    const isQuote = part.quote === true;
    const last = blocks.at(-1);
    if (last?.isQuote === isQuote) last.parts.push(part);
    else blocks.push({ isQuote, parts: [part] });
  }
  return blocks.map((block) => ({ isQuote: block.isQuote, lines: linesOf(block.parts) }));
}

function withMentions(content: string, mentions: Mentions): Part[] {
  const lookups = newLookups();
  return split(content).flatMap((part) =>
    part.kind === "text" ? [...splitMentions(part, mentions, lookups)] : [part],
  );
}

/** Leaves out the marks of emphasis and quotations, and notes on each part how it is shown. */
function formatted(content: string, placed: readonly Placed[]): Part[] {
  let masked = "";
  for (const { part, from, to } of placed)
    masked += part.kind === "text" ? part.text : content.slice(from, to).replace(/[^\n]/g, "x");
  const { marks, styled } = formatOf(masked);
  const cuts = [...marks, ...styled].flatMap(({ from, to }) => [from, to]).sort((a, b) => a - b);
  return placed.flatMap(({ part, from, to }) => {
    const within = part.kind === "text" ? cuts.filter((cut) => cut > from && cut < to) : [];
    const ends = [from, ...within, to];
    return ends.slice(1).flatMap((end, at): Part | [] => {
      const begin = ends[at] ?? from;
      const isIn = (stretch: { readonly from: number; readonly to: number }) =>
        stretch.from <= begin && begin < stretch.to;
      if (begin === end || (part.kind === "text" && marks.some(isIn))) return [];
      const text = part.kind === "text" ? content.slice(begin, end) : part.text;
      return Object.assign({ ...part, text }, ...styled.filter(isIn).map(({ style }) => style));
    });
  });
}

function* splitCode(content: string): Generator<Placed> {
  const links = { left: LINKS_MAX };
  let codes = 0;
  let from = 0;
  for (const match of content.matchAll(CODE)) {
    if (++codes > CODES_MAX) break;
    yield* splitLinks(content, from, match.index, links);
    const [whole, block, span = ""] = match;
    from = match.index + whole.length;
    const part: Part = block === undefined ? { kind: "code", text: span } : { kind: "block", text: block };
    yield { part, from: match.index, to: from };
  }
  yield* splitLinks(content, from, content.length, links);
}

function* splitLinks(content: string, start: number, to: number, links: { left: number }): Generator<Placed> {
  const text = (from: number, end: number): Placed => {
    return { part: { kind: "text", text: content.slice(from, end) }, from, to: end };
  };
  let from = start;
  for (const { index, end, href } of findLinks(content.slice(start, to))) {
    if (links.left-- <= 0) break;
    if (start + index > from) yield text(from, start + index);
    from = start + end;
    yield {
      part: { kind: "link", text: content.slice(start + index, from), href },
      from: start + index,
      to: from,
    };
  }
  if (from < to) yield text(from, to);
}

function* splitMentions(part: Part, mentions: Mentions, lookups: Lookups): Generator<Part> {
  const { text } = part;
  let from = 0;
  for (const { index, end, name } of mentions.find(text, lookups)) {
    if (index > from) yield { ...part, text: text.slice(from, index) };
    from = end;
    yield { ...part, kind: "mention", text: text.slice(index, from), name };
  }
  if (from < text.length) yield { ...part, text: text.slice(from) };
}
