import { LinkifyIt } from "linkify-it";
import { type Mentions, newTries, type Tries } from "./mentions.ts";
import { remembered } from "./remembered.ts";

/** A piece of a message's content. All of them together are the content, but for the marks round code. */
export type Part =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "link"; readonly text: string; readonly href: string }
  | { readonly kind: "mention"; readonly text: string; readonly name: string }
  | { readonly kind: "code"; readonly text: string }
  | { readonly kind: "block"; readonly text: string };

/** A block may name its language on the first line; nothing is made of that. */
const CODE = /```(?:[\w+#.-]*\n)?([\s\S]+?)\n?```|`([^`\n]+)`/g;

/** Each becomes an element of the page: a hostile content has thousands. What is beyond stays text. */
const CODES_MOST = 100;
const LINKS_MOST = 100;

/** Whatever a link's text says, it leads to a page or a mailbox: never to a script, a file or a program. */
const SAFE = /^(?:https?:\/\/|mailto:)/i;

const LINKS = new LinkifyIt({ fuzzyLink: true });

/** What a link is looked for in: it ends where these pieces do. */
const PIECE = /[^\p{Z}\p{Cc}]+/gu;

/** Nobody's address is longer, and to look for one in so long a piece may take long. */
const PIECE_MOST = 2048;

/** Characters that turn the direction of a text, and such as are drawn as nothing: by these an address seems another. */
const DISGUISE = /[\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\u2800\uFFF9-\uFFFC]/u;

/** The host as it is written in a link. It ends where it seems to: nothing in it looks like a slash, or hides a letter. */
const HOST = /^(?:https?:\/\/)?([^/?#]+)/i;
const PLAIN_HOST = /^(?:[\p{L}\p{N}.:[\]-]|(?<![\p{ASCII}\p{Script=Latin}])\p{M})+$/u;

const ONLY_EMOJI = /^(?:\p{RGI_Emoji}|\s){1,24}$/v;
const SPACE_ONLY = /^\s*$/;
const LARGE_MOST = 6;

/** Contents whose parts are remembered, 4 to 16 kB each: those on the screen, and a few screens more. */
const CONTENTS_REMEMBERED = 400;

/** The parts but for mentions: these change with the people. */
const split = remembered((content) => [...splitCode(content)], CONTENTS_REMEMBERED);

const readers = new WeakMap<Mentions, (content: string) => readonly Part[]>();

/**
 * Reads a content. Nothing of it becomes markup here: the parts are texts. The same content with the same mentions is
 * read once.
 */
export function parseContent(content: string, mentions: Mentions): readonly Part[] {
  const read =
    readers.get(mentions) ?? remembered((each) => withMentions(each, mentions), CONTENTS_REMEMBERED);
  readers.set(mentions, read);
  return read(content);
}

/** Whether somebody is mentioned in a content. */
export function isMentioned(nickname: string | null, content: string, mentions: Mentions): boolean {
  return parseContent(content, mentions).some((part) => part.kind === "mention" && part.name === nickname);
}

/** Whether a content is a few emoji and nothing else. */
export function isOnlyEmoji(content: string): boolean {
  if (content.length > 96 || SPACE_ONLY.test(content) || !ONLY_EMOJI.test(content)) return false;
  const graphemes = [...new Intl.Segmenter().segment(content)].filter(
    ({ segment }) => !SPACE_ONLY.test(segment),
  );
  return graphemes.length <= LARGE_MOST;
}

function withMentions(content: string, mentions: Mentions): Part[] {
  const tries = newTries();
  return split(content).flatMap((part) =>
    part.kind === "text" ? [...splitMentions(part.text, mentions, tries)] : [part],
  );
}

function* splitCode(content: string): Generator<Part> {
  const links = { left: LINKS_MOST };
  let codes = 0;
  let from = 0;
  for (const match of content.matchAll(CODE)) {
    if (++codes > CODES_MOST) break;
    yield* splitLinks(content.slice(from, match.index), links);
    const [whole, block, span = ""] = match;
    yield block === undefined ? { kind: "code", text: span } : { kind: "block", text: block };
    from = match.index + whole.length;
  }
  yield* splitLinks(content.slice(from), links);
}

function* splitLinks(text: string, links: { left: number }): Generator<Part> {
  let from = 0;
  for (const { index, lastIndex, raw, url } of findLinks(text)) {
    if (!SAFE.test(url) || !showsItsHost(raw, url)) continue;
    if (links.left-- <= 0) break;
    if (index > from) yield { kind: "text", text: text.slice(from, index) };
    yield { kind: "link", text: raw, href: url };
    from = lastIndex;
  }
  if (from < text.length) yield { kind: "text", text: text.slice(from) };
}

/** What looks like a link in a text, but in pieces that are not fit for one. */
function* findLinks(text: string) {
  let from = 0;
  for (const { 0: piece, index } of [...text.matchAll(PIECE), { 0: null, index: text.length }]) {
    if (piece !== null && piece.length <= PIECE_MOST && !DISGUISE.test(piece)) continue;
    for (const found of LINKS.match(text.slice(from, index)) ?? []) {
      yield { ...found, index: from + found.index, lastIndex: from + found.lastIndex };
    }
    from = index + (piece?.length ?? 0);
  }
}

/** Whether the host of a link, or the domain of a mailbox, is what a reader takes it for. */
function showsItsHost(link: string, url: string): boolean {
  const from = /^mailto:/i.test(url) ? link.lastIndexOf("@") + 1 : 0;
  const [, host = ""] = HOST.exec(link.slice(from)) ?? [];
  return PLAIN_HOST.test(host.normalize("NFC"));
}

function* splitMentions(text: string, mentions: Mentions, tries: Tries): Generator<Part> {
  let from = 0;
  for (const { index, name } of mentions.find(text, tries)) {
    if (index > from) yield { kind: "text", text: text.slice(from, index) };
    from = index + 1 + name.length;
    yield { kind: "mention", text: text.slice(index, from), name };
  }
  if (from < text.length) yield { kind: "text", text: text.slice(from) };
}
