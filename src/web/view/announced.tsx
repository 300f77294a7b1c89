import type { Announcement } from "../store/announcer.ts";

/**
 * A text for screen readers. Each one gets an element of its own: repeating the same text would change nothing in the
 * document, and would not be announced.
 */
export function Announced({ text: announcement }: { readonly text: Announcement }) {
  const { text } = announcement;
  return text === "" ? null : <span key={announcement}>{text}</span>;
}
