import type { Word } from "../store/announcer.ts";

/**
 * A word for those who hear the page. Each gets an element of its own: the same text once more would change nothing in the
 * document, and nobody would hear it.
 */
export function Heard({ word }: { readonly word: Word }) {
  return word.text === "" ? null : <span key={word}>{word.text}</span>;
}
