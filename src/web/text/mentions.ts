import { NICKNAME_MAX } from "../../protocol/limits.ts";
import { keysFrom, nicknameKey, plain } from "./nickname-key.ts";

/** A mention in a text: where its `@` stands, where it ends, and the nickname as it is known. */
export interface Mention {
  readonly index: number;
  readonly end: number;
  readonly name: string;
}

/** How many more `@` of a content are looked up. */
export interface Tries {
  left: number;
}

/** An `@`, also as it is written between Chinese or Japanese characters. */
const AT = /[@＠]/g;

/** Letters of scripts whose words stand without spaces, or take endings of another kind: a nickname may be beside them. */
const SPACELESS = String.raw`\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Bopo}\p{scx=Hang}\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}`;
const WORD = String.raw`[[\p{L}\p{M}\p{N}_]--[${SPACELESS}]]`;
/** Looks back from an `@`: not in the middle of a word, as in an address. */
const BEHIND_WORD = new RegExp(`(?<=${WORD})`, "vy");
/** Looks round the end of a nickname. */
const IN_WORD = new RegExp(String.raw`(?<![${SPACELESS}])(?=${WORD})|(?=[\p{N}_])`, "vy");

const GRAPHEMES = new Intl.Segmenter();
const LINE_END = /[\n\r\u2028\u2029]|$/;
const SPACE_FIRST = /^\s/;

/** A hostile content is all `@`; a person mentions a few. Each costs as many look-ups as names have lengths. */
const TRIES_MOST = 50;

/** In code units. A nickname has fewer, but for what is drawn as nothing. */
const WRITTEN_MOST = 4 * NICKNAME_MAX;

export function newTries(): Tries {
  return { left: TRIES_MOST };
}

/**
 * The nicknames that can be mentioned. They may hold spaces, so that a mention can only be told by who is known: those
 * in the roster, and those whose messages are shown.
 */
export class Mentions {
  readonly #names = new Map<string, string>();
  /** For each first character of their keys, what lengths the keys have, and the greatest of them. */
  readonly #lengths = new Map<string, { readonly all: Set<number>; most: number }>();

  /** @param names of two that are the same the later one is known */
  constructor(names: Iterable<string> = []) {
    for (const name of names) {
      const key = nicknameKey(name);
      this.#names.set(key, name);
      const lengths = this.#lengths.get(key.charAt(0)) ?? { all: new Set(), most: 0 };
      this.#lengths.set(key.charAt(0), lengths);
      lengths.all.add(key.length);
      lengths.most = Math.max(lengths.most, key.length);
    }
  }

  /** The mentions in a text, in order. @param tries what is left of those of the content that the text is a part of */
  find(text: string, tries = newTries()): Mention[] {
    const found: Mention[] = [];
    let from = 0;
    for (const { index } of text.matchAll(AT)) {
      if (tries.left <= 0) break;
      if (index < from || isAt(BEHIND_WORD, text, index)) continue;
      tries.left--;
      const mention = this.at(text, index);
      if (mention) found.push(mention);
      from = mention?.end ?? from;
    }
    return found;
  }

  /**
   * The mention whose `@` stands at an index: of the longest nickname that is written there, for `@An Bình` is Bình's
   * cousin, and not An.
   */
  at(text: string, index: number): Mention | undefined {
    const rest = text.slice(index + 1, index + 1 + WRITTEN_MOST);
    const to = index + 1 + rest.search(LINE_END);
    const found: Mention[] = [];
    for (const { key, end } of SPACE_FIRST.test(rest) ? [] : keysFrom(text, index + 1, to)) {
      const lengths = this.#lengths.get(key.charAt(0));
      if (key !== "" && key.length > (lengths?.most ?? 0)) break;
      if (!lengths?.all.has(key.length) || isAt(IN_WORD, text, end)) continue;
      const name = this.#names.get(key);
      if (name !== undefined) found.push({ index, end, name });
    }
    return found.findLast(({ end }) => isWhole(text, index, end));
  }
}

/** Whether a part of a text ends where a character does, as readers see one: a family is made of its members. */
function isWhole(text: string, from: number, to: number): boolean {
  const { segment = "", index = 0 } =
    GRAPHEMES.segment(text.slice(from, to + 99)).containing(to - from - 1) ?? {};
  return index + segment.length === to - from;
}

function isAt(pattern: RegExp, text: string, index: number): boolean {
  pattern.lastIndex = index;
  return pattern.test(text);
}

/** What is before the caret, when a nickname is being written there after an `@`. */
export interface Query {
  /** Where the `@` stands. */
  readonly index: number;
  readonly text: string;
}

/** The mention that is being written at the caret. */
export function queryAt(text: string, caret: number): Query | null {
  const before = text.slice(Math.max(0, caret - WRITTEN_MOST), caret);
  const at = Math.max(before.lastIndexOf("@"), before.lastIndexOf("＠"));
  const index = caret - before.length + at;
  if (at < 0 || isAt(BEHIND_WORD, text, index)) return null;
  const written = before.slice(at + 1);
  return written.includes("\n") ? null : { index, text: written };
}

/** The nicknames that go on as what is written, at most `most`. Marks over letters need not be written. */
export function complete(written: string, names: readonly string[], most: number): string[] {
  const start = plain(written);
  const found: string[] = [];
  for (const name of names) {
    if (found.length === most) break;
    if (plain(name).trimStart().startsWith(start)) found.push(name);
  }
  return found;
}
