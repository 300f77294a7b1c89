import type { Completer } from "../store/draft.ts";
import { type Catalog, textOf } from "./catalog.ts";
import type { Tone } from "./tones.ts";

const OFFERED_MAX = 8;

/** What is written of an emoji before the caret: a colon that begins a word, and at least two letters. */
const WRITTEN = /(?<![\p{L}\p{N}:])[:：](\p{L}[\p{L}\p{M}\p{N}_+-]+)$/u;

/** Completes `:smile` and `:thumbs_up`. @param tone the skin tone at the moment */
export function emojiCompleter(catalog: Catalog, tone: () => Tone): Completer {
  return (before) => {
    const match = WRITTEN.exec(before);
    const [, text = ""] = match ?? [];
    const found = match ? catalog.search(text).slice(0, OFFERED_MAX) : [];
    if (!match || found.length === 0) return null;
    const notes = new Map(found.map((emoji) => [textOf(emoji, tone()), { about: emoji.name }]));
    return { index: match.index, text, options: [...notes.keys()], notes, isEmoji: true };
  };
}
