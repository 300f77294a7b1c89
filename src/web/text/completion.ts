import { BEHIND_WORD, isAt, WRITTEN_MAX } from "./mentions.ts";
import { searchForm } from "./nickname-key.ts";

/** A nickname being written after an `@`, up to the caret. */
export interface Query {
  /** The position of the `@`. */
  readonly index: number;
  readonly text: string;
}

/** Finds the mention that is being written at the caret. */
export function queryAt(text: string, caret: number): Query | null {
  const before = text.slice(Math.max(0, caret - WRITTEN_MAX), caret);
  const at = Math.max(before.lastIndexOf("@"), before.lastIndexOf("＠"));
  const index = caret - before.length + at;
  if (at < 0 || isAt(BEHIND_WORD, text, index)) return null;
  const written = before.slice(at + 1);
  return written.includes("\n") ? null : { index, text: written };
}

/** The nicknames that begin with what is written, at most `max` of them. Diacritics need not be written. */
export function complete(written: string, names: readonly string[], max: number): string[] {
  const start = searchForm(written);
  const found: string[] = [];
  for (const name of names) {
    if (found.length === max) break;
    if (searchForm(name).trimStart().startsWith(start)) found.push(name);
  }
  return found;
}
