import type { Message } from "../../client/index.ts";
import type { HistorySource } from "./log.ts";

const PAGE = 500;
/** A transcript has at most this many messages and characters, the newest: all of it is in memory at once. */
const MESSAGES_MAX = 200_000;
const CHARACTERS_MAX = 50_000_000;

/** The messages of a room, as far as they are kept and fit. */
export interface WholeRoom {
  /** The oldest first, without those that were deleted. */
  readonly messages: readonly Message[];
  /** Whether there are earlier ones. */
  readonly more: boolean;
}

/**
 * Loads the messages of a room from the newest to the first, page by page.
 *
 * @param progress told after each page how many there are by now; what it throws ends the loading
 * @param max the number of messages after which it ends
 * @throws ChatError when a page cannot be loaded
 */
export async function loadWholeRoom(
  source: HistorySource,
  progress: (count: number) => void,
  max = MESSAGES_MAX,
): Promise<WholeRoom> {
  const pages: Message[][] = [];
  let count = 0;
  let characters = 0;
  let before: number | undefined;
  for (;;) {
    const page = await source.history({
      limit: Math.min(PAGE, max - count),
      ...(before === undefined ? {} : { before }),
    });
    const kept = page.messages.filter(({ deleted }) => !deleted);
    pages.push(kept);
    count += kept.length;
    characters += kept.reduce((sum, { content }) => sum + content.length, 0);
    before = page.messages[0]?.id ?? undefined;
    progress(count);
    const isFull = count >= max || characters > CHARACTERS_MAX;
    if (isFull || !page.more || before === undefined)
      return { messages: pages.reverse().flat(), more: page.more };
  }
}
