import type { Completer } from "../store/draft.ts";
import { completeWord } from "../text/command-word.ts";
import { nicknameRefusal } from "../text/failure.ts";
import { nicknameFault } from "../text/nickname.ts";
import type { Stores } from "./stores.ts";

/** The command, as it is written. */
export const NICK = "/nick";
const ASKED = /^\/nick\s+(\S.*?)\s*$/i;

/** The nickname that somebody asks for by `/nick NAME`, as in other chats; undefined if it is something else that was written. */
export function askedNickname(content: string): string | undefined {
  return ASKED.exec(content)?.[1];
}

/** Takes a nickname. @returns why not, or null if it was taken */
export async function takeNickname(
  name: string,
  { room, settings }: Pick<Stores, "room" | "settings">,
): Promise<string | null> {
  const words = settings.words.peek();
  const fault = nicknameFault(name, words);
  if (fault !== undefined) return fault;
  const error = await room.register(name);
  return error ? nicknameRefusal(error, words) : null;
}

/**
 * Completes `/nick` beside other commands of the page.
 *
 * @param about what is said of it
 * @param isTaken whether it is a command of a program
 */
export function withNick(others: Completer | null, about: string, isTaken: () => boolean): Completer {
  return (before, names) => {
    const other = others?.(before, names) ?? null;
    return /\s/.test(before) || isTaken()
      ? other
      : completeWord(before, new Map([...(other?.notes ?? []), [NICK, { about }]]));
  };
}
