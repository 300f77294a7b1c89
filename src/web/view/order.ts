import type { ChatError } from "../../client/errors.ts";
import { type Moderation, moderate, type Order } from "../../client/moderation.ts";
import { errorOf } from "../text/failure.ts";
import { MODERATOR_WORDS, type ModeratorWords } from "../words/moderator.ts";
import { type Stores, useStores } from "./stores.ts";

export function useModeratorWords(): ModeratorWords {
  return MODERATOR_WORDS[useStores().settings.words.value.locale];
}

type Needed = Pick<Stores, "person" | "settings" | "announcer" | "moderation">;

/**
 * Has something done, and says so together with what undoes it.
 *
 * @param said what is to be said of it
 * @returns what went wrong, or null
 */
export async function give(
  stores: Needed,
  order: Order,
  said: (done: Moderation, words: ModeratorWords) => string,
): Promise<string | null> {
  const { person, settings, announcer, moderation } = stores;
  const words = MODERATOR_WORDS[settings.words.peek().locale];
  if (!person.chat) return words.faults.closed;
  const asked = moderate(person.chat, order);
  const error = await errorOf(asked);
  if (error) return faultWords(error, words);
  const done = await asked;
  moderation.done.value++;
  const { action } = done;
  const undo = () => void takeBack(stores, action ?? "");
  const isUndoable = action !== undefined && UNDOABLE.includes(order.kind);
  announcer.showToast(said(done, words), isUndoable ? { label: words.undo, run: undo } : undefined);
  return null;
}

/** What can be taken back. */
const UNDOABLE: readonly string[] = ["mute", "kick", "ban", "remove", "announce"];

/** Ends an action. @returns what went wrong, or null */
export async function takeBack(stores: Needed, action: string): Promise<string | null> {
  const fault = await give(stores, { kind: "undo", id: action }, (_, words) => words.undone);
  if (fault !== null) stores.announcer.showToast(fault);
  return fault;
}

/** Explains to a moderator why something failed. */
export function faultWords({ code }: ChatError, { faults }: ModeratorWords): string {
  switch (code) {
    case "NotAllowed":
      return faults.forbidden;
    case "UnknownTarget":
      return faults.nobody;
    case "UnknownAction":
      return faults.over;
    case "TooManyActions":
    case "TooManyRooms":
      return faults.many;
    case "TooManyRequests":
      return faults.rate;
    case "UnknownType":
      return faults.old;
    case "Uncertain":
      return faults.uncertain;
    case "Closed":
    case "Refused":
      return faults.closed;
    default:
      return code.startsWith("WrongFormat") ? faults.format : faults.unknown;
  }
}
