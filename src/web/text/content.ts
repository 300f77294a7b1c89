import { findLinks } from "./links.ts";
import { memoize } from "./memoize.ts";
import { CONTENTS, type Lookups, type Mentions, newLookups } from "./mentions.ts";
import { isSameNickname } from "./nickname-key.ts";

/** A piece of a message's content. The pieces together are the content, except for the backticks around code. */
export type Part =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "link"; readonly text: string; readonly href: string }
  | { readonly kind: "mention"; readonly text: string; readonly name: string }
  | { readonly kind: "code"; readonly text: string }
  | { readonly kind: "block"; readonly text: string };

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
const split = memoize((content) => [...splitCode(content)], CONTENTS_REMEMBERED);

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

/** Whether a content mentions a nickname. */
export function isMentioned(nickname: string | null, content: string, mentions: Mentions): boolean {
  if (nickname === null) return false;
  return parseContent(content, mentions).some(
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

function withMentions(content: string, mentions: Mentions): Part[] {
  const lookups = newLookups();
  return split(content).flatMap((part) =>
    part.kind === "text" ? [...splitMentions(part.text, mentions, lookups)] : [part],
  );
}

function* splitCode(content: string): Generator<Part> {
  const links = { left: LINKS_MAX };
  let codes = 0;
  let from = 0;
  for (const match of content.matchAll(CODE)) {
    if (++codes > CODES_MAX) break;
    yield* splitLinks(content.slice(from, match.index), links);
    const [whole, block, span = ""] = match;
    yield block === undefined ? { kind: "code", text: span } : { kind: "block", text: block };
    from = match.index + whole.length;
  }
  yield* splitLinks(content.slice(from), links);
}

function* splitLinks(text: string, links: { left: number }): Generator<Part> {
  let from = 0;
  for (const { index, end, href } of findLinks(text)) {
    if (links.left-- <= 0) break;
    if (index > from) yield { kind: "text", text: text.slice(from, index) };
    yield { kind: "link", text: text.slice(index, end), href };
    from = end;
  }
  if (from < text.length) yield { kind: "text", text: text.slice(from) };
}

function* splitMentions(text: string, mentions: Mentions, lookups: Lookups): Generator<Part> {
  let from = 0;
  for (const { index, end, name } of mentions.find(text, lookups)) {
    if (index > from) yield { kind: "text", text: text.slice(from, index) };
    from = end;
    yield { kind: "mention", text: text.slice(index, from), name };
  }
  if (from < text.length) yield { kind: "text", text: text.slice(from) };
}
