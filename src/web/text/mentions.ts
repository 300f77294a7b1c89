import { remembered } from "./remembered.ts";

/** A mention in a text: where its `@` stands, and the nickname as it is known. */
export interface Mention {
  readonly index: number;
  readonly name: string;
}

/** How many more `@` of a content are looked up. */
export interface Tries {
  left: number;
}

const WORD = /[\p{L}\p{N}_]/u;

/** A hostile content is all `@`; a person mentions a few. Each costs as many look-ups as names have lengths. */
const TRIES_MOST = 50;

/** Nicknames whose form for comparison is remembered: a full room, and who was there before. */
const NAMES_REMEMBERED = 5_000;

export function newTries(): Tries {
  return { left: TRIES_MOST };
}

/**
 * The nicknames that can be mentioned. They may hold spaces, so that a mention can only be told by who is known: those
 * in the roster, and those whose messages are shown.
 */
export class Mentions {
  readonly #names = new Map<string, string>();
  /**
   * For each first character the lengths of the names that begin with it, longest first: `@An Bình` is Bình's cousin,
   * and not An.
   */
  readonly #lengths = new Map<string, number[]>();

  constructor(names: Iterable<string> = []) {
    const lengths = new Map<string, Set<number>>();
    for (const name of names) {
      const folded = fold(name);
      this.#names.set(folded, name);
      const first = folded.charAt(0);
      const known = lengths.get(first);
      if (known) known.add(folded.length);
      else lengths.set(first, new Set([folded.length]));
    }
    for (const [first, known] of lengths)
      this.#lengths.set(
        first,
        [...known].sort((a, b) => b - a),
      );
  }

  /** The mentions in a text, in order. @param tries what is left of those of the content that the text is a part of */
  find(text: string, tries = newTries()): Mention[] {
    const found: Mention[] = [];
    const folded = text.includes("@") ? fold(text) : "";
    for (let at = folded.indexOf("@"); at >= 0 && tries.left > 0; at = folded.indexOf("@", at + 1)) {
      if (at > 0 && WORD.test(text.charAt(at - 1))) continue;
      tries.left--;
      const name = this.#nameAt(folded, at + 1);
      if (name !== undefined) found.push({ index: at, name });
    }
    return found;
  }

  #nameAt(folded: string, at: number): string | undefined {
    for (const length of this.#lengths.get(folded.charAt(at)) ?? []) {
      const end = at + length;
      if (end > folded.length || WORD.test(folded.charAt(end))) continue;
      const name = this.#names.get(folded.slice(at, end));
      if (name !== undefined) return name;
    }
    return undefined;
  }
}

/** What is before the caret, when a nickname is being written there after an `@`. */
export interface Query {
  /** Where the `@` stands. */
  readonly index: number;
  readonly text: string;
}

/** The mention that is being written at the caret. */
export function queryAt(text: string, caret: number): Query | null {
  const index = text.lastIndexOf("@", caret - 1);
  if (index < 0 || (index > 0 && WORD.test(text.charAt(index - 1)))) return null;
  const written = text.slice(index + 1, caret);
  return written.includes("\n") || written.length > 100 ? null : { index, text: written };
}

/** The nicknames that go on as what is written, at most `most`. Marks over letters need not be written. */
export function complete(written: string, names: readonly string[], most: number): string[] {
  const start = plain(written);
  const found: string[] = [];
  for (const name of names) {
    if (found.length === most) break;
    if (plain(name).startsWith(start)) found.push(name);
  }
  return found;
}

/** Without case, and as long as it was: `İ`, which would become longer, stays. `Σ` is another letter at a word's end. */
function fold(text: string): string {
  const lower = text.toLowerCase();
  const folded = lower.length === text.length ? lower : Array.from(text, lowerAlone).join("");
  return folded.replaceAll("ς", "σ");
}

function lowerAlone(character: string): string {
  const lower = character.toLowerCase();
  return lower.length === character.length ? lower : character;
}

/** Without case and marks, so that `binh` finds `Bình`. */
export const plain = remembered(
  (name) => name.normalize("NFD").replace(/\p{M}/gu, "").replace(/đ/gi, "d").toLowerCase(),
  NAMES_REMEMBERED,
);
