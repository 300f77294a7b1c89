import { LinkifyIt } from "linkify-it";
import type { Mentions } from "./mentions.ts";

/** A piece of a message's content. All of them together are the content, but for the marks round code. */
export type Part =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "link"; readonly text: string; readonly href: string }
  | { readonly kind: "mention"; readonly text: string; readonly name: string }
  | { readonly kind: "code"; readonly text: string }
  | { readonly kind: "block"; readonly text: string };

/** A block may name its language on the first line; nothing is made of that. */
const CODE = /```(?:[\w+#.-]*\n)?([\s\S]+?)\n?```|`([^`\n]+)`/g;

/** Whatever a link's text says, it leads to a page or a mailbox: never to a script, a file or a program. */
const SAFE = /^(?:https?:\/\/|mailto:)/i;

const LINKS = new LinkifyIt({ fuzzyLink: true });

const ONLY_EMOJI = /^(?:\p{RGI_Emoji}|\s){1,24}$/v;
const SPACE_ONLY = /^\s*$/;
const LARGE_MOST = 6;

/** Reads a content. Nothing of it becomes markup here: the parts are texts. */
export function parseContent(content: string, mentions: Mentions): Part[] {
  const parts: Part[] = [];
  let from = 0;
  for (const match of content.matchAll(CODE)) {
    parts.push(...parseLinks(content.slice(from, match.index), mentions));
    const [whole, block, span = ""] = match;
    parts.push(block === undefined ? { kind: "code", text: span } : { kind: "block", text: block });
    from = match.index + whole.length;
  }
  return [...parts, ...parseLinks(content.slice(from), mentions)];
}

/** Whether a content is a few emoji and nothing else. */
export function isOnlyEmoji(content: string): boolean {
  if (content.length > 96 || SPACE_ONLY.test(content) || !ONLY_EMOJI.test(content)) return false;
  const graphemes = [...new Intl.Segmenter().segment(content)].filter(
    ({ segment }) => !SPACE_ONLY.test(segment),
  );
  return graphemes.length <= LARGE_MOST;
}

function parseLinks(text: string, mentions: Mentions): Part[] {
  const parts: Part[] = [];
  let from = 0;
  for (const { index, lastIndex, raw, url } of LINKS.match(text) ?? []) {
    if (!SAFE.test(url)) continue;
    parts.push(...parseMentions(text.slice(from, index), mentions), { kind: "link", text: raw, href: url });
    from = lastIndex;
  }
  return [...parts, ...parseMentions(text.slice(from), mentions)];
}

function parseMentions(text: string, mentions: Mentions): Part[] {
  const parts: Part[] = [];
  let from = 0;
  for (const { index, name } of mentions.find(text)) {
    if (index > from) parts.push({ kind: "text", text: text.slice(from, index) });
    from = index + 1 + name.length;
    parts.push({ kind: "mention", text: text.slice(index, from), name });
  }
  if (from < text.length) parts.push({ kind: "text", text: text.slice(from) });
  return parts;
}
