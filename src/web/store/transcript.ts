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

/** A time: from `from` up to but not including `until`, in Unix milliseconds. */
export interface Period {
  readonly from: number;
  readonly until: number;
}

const EVER: Period = { from: Number.NEGATIVE_INFINITY, until: Number.POSITIVE_INFINITY };

/**
 * Loads the messages of a room from the newest to the first, page by page.
 *
 * @param progress told after each page how many were loaded by now; what it throws ends the loading
 * @param max the number of messages after which it ends
 * @param period when the messages must have been sent
 * @throws ChatError when a page cannot be loaded
 */
export async function loadWholeRoom(
  source: HistorySource,
  progress: (count: number) => void,
  max = MESSAGES_MAX,
  { from, until }: Period = EVER,
): Promise<WholeRoom> {
  const pages: Message[][] = [];
  let count = 0;
  let loaded = 0;
  let characters = 0;
  let before: number | undefined;
  for (;;) {
    const page = await source.history({
      limit: Math.min(PAGE, max - count),
      ...(before === undefined ? {} : { before }),
    });
    const isIn = ({ time }: Message) => time === null || (time >= from && time < until);
    const kept = page.messages.filter((message) => !message.deleted && isIn(message));
    pages.push(kept);
    count += kept.length;
    characters += kept.reduce((sum, { content }) => sum + content.length, 0);
    before = page.messages[0]?.id ?? undefined;
    loaded += page.messages.length;
    progress(loaded);
    const isFull = count >= max || characters > CHARACTERS_MAX;
    // The clock of a server may have been set back a little.
    const isBefore = page.messages.every(({ time }) => time !== null && time < from);
    if (isFull || isBefore || !page.more || before === undefined)
      return { messages: pages.reverse().flat(), more: page.more && !isBefore };
  }
}
