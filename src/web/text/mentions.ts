import { NICKNAME_MAX } from "../../protocol/limits.ts";
import { keysFrom, nicknameKey } from "./nickname-key.ts";

/** A mention in a text: the position of its `@`, its end, and the nickname in its known spelling. */
export interface Mention {
  readonly index: number;
  readonly end: number;
  readonly name: string;
}

/** How many more `@` of a content may be looked up. */
export interface Lookups {
  left: number;
}

/** The nicknames that can be mentioned at the moment. Contents without an `@` do not ask for them. */
export interface Known {
  readonly value: Mentions;
}

/**
 * Whether a content mentions a nickname. `content.ts` fills this: contents are read only in a room, with which it is loaded.
 */
export const CONTENTS = {
  isMentioned: (_nickname: string | null, _content: string, _mentions: Known): boolean => false,
};

/** An `@`, or the full-width one that is written between Chinese or Japanese characters. */
const AT = /[@＠]/g;

/**
 * Scripts that write words without spaces or attach endings to them, so that a nickname may directly adjoin other
 * letters.
 */
const SPACELESS = String.raw`\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Bopo}\p{scx=Hang}\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}`;
/** What is a letter of a word, for a regular expression. */
export const WORD = String.raw`[[\p{L}\p{M}\p{N}_]--[${SPACELESS}]]`;
/** Matches after a word, where an `@` is not a mention but perhaps part of an address. */
export const BEHIND_WORD = new RegExp(`(?<=${WORD})`, "vy");
/** Matches in the middle of a word, where a nickname cannot end. */
const IN_WORD = new RegExp(String.raw`(?<![${SPACELESS}])(?=${WORD})|(?=[\p{N}_])`, "vy");

const GRAPHEMES = new Intl.Segmenter();
const LINE_END = /[\n\r\u2028\u2029]|$/;
const SPACE_FIRST = /^\s/;

/**
 * A hostile content may consist of `@` alone; a person mentions a few people. Each `@` costs as many lookups as there
 * are lengths of nicknames.
 */
const LOOKUPS_MAX = 50;

/** In code units. A nickname is shorter, unless it has many characters that are drawn as nothing. */
export const WRITTEN_MAX = 4 * NICKNAME_MAX;

export function newLookups(): Lookups {
  return { left: LOOKUPS_MAX };
}

/**
 * The nicknames that can be mentioned. They may contain spaces, so a mention can be recognised only by comparing it
 * with known nicknames: those in the roster, and those of the authors whose messages are shown.
 */
export class Mentions {
  readonly #names = new Map<string, string>();
  /** For each first character of the keys: the lengths of those keys, and the greatest length. */
  readonly #lengths = new Map<string, { readonly all: Set<number>; max: number }>();

  /** @param names if two are the same nickname, the spelling of the later one is used */
  constructor(names: Iterable<string> = []) {
    for (const name of names) {
      const key = nicknameKey(name);
      this.#names.set(key, name);
      const lengths = this.#lengths.get(key.charAt(0)) ?? { all: new Set(), max: 0 };
      this.#lengths.set(key.charAt(0), lengths);
      lengths.all.add(key.length);
      lengths.max = Math.max(lengths.max, key.length);
    }
  }

  /**
   * Finds the mentions in a text, in order.
   *
   * @param lookups the lookups left for the content that the text is a part of
   */
  find(text: string, lookups = newLookups()): Mention[] {
    const found: Mention[] = [];
    let from = 0;
    for (const { index } of text.matchAll(AT)) {
      if (lookups.left <= 0) break;
      if (index < from || isAt(BEHIND_WORD, text, index)) continue;
      lookups.left--;
      const mention = this.at(text, index);
      if (mention) found.push(mention);
      from = mention?.end ?? from;
    }
    return found;
  }

  /**
   * The mention whose `@` is at an index. It is of the longest nickname that matches, since `@An Bình` mentions An
   * Bình and not An.
   */
  at(text: string, index: number): Mention | undefined {
    const rest = text.slice(index + 1, index + 1 + WRITTEN_MAX);
    const to = index + 1 + rest.search(LINE_END);
    const found: Mention[] = [];
    for (const { key, end } of SPACE_FIRST.test(rest) ? [] : keysFrom(text, index + 1, to)) {
      const lengths = this.#lengths.get(key.charAt(0));
      if (key !== "" && key.length > (lengths?.max ?? 0)) break;
      if (!lengths?.all.has(key.length) || isAt(IN_WORD, text, end)) continue;
      const name = this.#names.get(key);
      if (name !== undefined) found.push({ index, end, name });
    }
    return found.findLast(({ end }) => isWhole(text, index, end));
  }
}

/** Whether a part of a text ends at the end of a grapheme: the emoji of a family consists of those of its members. */
function isWhole(text: string, from: number, to: number): boolean {
  const { segment = "", index = 0 } =
    GRAPHEMES.segment(text.slice(from, to + 99)).containing(to - from - 1) ?? {};
  return index + segment.length === to - from;
}

/** Whether a sticky pattern matches at an index. */
export function isAt(pattern: RegExp, text: string, index: number): boolean {
  pattern.lastIndex = index;
  return pattern.test(text);
}
