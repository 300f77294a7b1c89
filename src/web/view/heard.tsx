import type { Word } from "../store/announcer.ts";

/**
 * A text for screen readers. Each one gets an element of its own: repeating the same text would change nothing in the
 * document, and would not be announced.
 */
export function Heard({ word }: { readonly word: Word }) {
  return word.text === "" ? null : <span key={word}>{word.text}</span>;
}
