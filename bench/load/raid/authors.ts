/** Who has written a message, which its content tells. */
export type Author = "regular" | "newcomer" | "raider";

const AUTHORS: readonly Author[] = ["regular", "newcomer", "raider"];

/** A content that tells of its author. */
export function contentOf(author: Author, text: string): string {
  return `${author}: ${text}`;
}

/** Null for a content that nobody of the benchmark has written, or that was deleted. */
export function authorOf(content: unknown): Author | null {
  if (typeof content !== "string") return null;
  return AUTHORS.find((author) => content.startsWith(contentOf(author, ""))) ?? null;
}
