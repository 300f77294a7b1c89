import type { CommandNote, Completion } from "../store/draft.ts";

/** How many commands are offered at once: all of moderators, or as many of programs. */
const OFFERED_MOST = 12;

/**
 * Completes the word of a command.
 *
 * @param before the text before the caret, which begins with a slash
 * @param notes what is said of each command, by its word with the slash
 */
export function completeWord(
  before: string,
  notes: ReadonlyMap<string, CommandNote>,
): Required<Omit<Completion, "isEmoji">> {
  const written = before.toLowerCase();
  // One that is written in full is not changed into a longer one.
  const options = notes.has(written) ? [] : [...notes.keys()].filter((word) => word.startsWith(written));
  return { index: 0, text: before, options: options.slice(0, OFFERED_MOST), notes };
}
