import type { Reactor } from "../protocol/extension.ts";
import { REACTORS_SHOWN } from "../protocol/limits.ts";
import type { Message, MessageChange, Reaction } from "./frame.ts";

/** Any event that says what has become of a message. */
export type AnyChange =
  | MessageChange
  | { readonly type: "changed"; readonly of: number; readonly message: Message };

/**
 * The message as it is after a change. A change that it already shows makes no difference, as when a page of the history was
 * newer than the event.
 *
 * @returns the same object if the change is one of another message
 */
export function applyChange(message: Message, change: AnyChange): Message {
  if (change.of !== message.id) return message;
  if (change.type === "changed") return change.message;
  // A page may have shown the deletion before the changes that preceded it are reported.
  if (message.deleted && !(change.type === "edited" && change.restored)) return message;
  switch (change.type) {
    case "edited":
      return { ...message, content: change.content, edited: change.time, deleted: undefined };
    case "deleted":
      return { ...message, content: "", edited: undefined, deleted: true, reactions: undefined };
    case "reacted":
      return { ...message, reactions: reactionsAfter(message.reactions ?? [], change) };
  }
}

function reactionsAfter(
  reactions: readonly Reaction[],
  { emoji, on, count, by, name }: Extract<MessageChange, { type: "reacted" }>,
): readonly Reaction[] | undefined {
  const isIt = (each: Reaction) => each.emoji === emoji;
  const all = reactions.some(isIt) ? reactions : [...reactions, { emoji, count, by: [] }];
  const left = all
    .map((each) => (isIt(each) ? { emoji, count, by: reactorsAfter(each.by, on, { by, name }) } : each))
    .filter((each) => each.count > 0);
  return left.length > 0 ? left : undefined;
}

function reactorsAfter(reactors: Reaction["by"], on: boolean, reactor: Reactor): Reaction["by"] {
  const isIt = ({ by }: Reactor) => by === reactor.by;
  if (!on) return reactors.filter((each) => !isIt(each));
  return reactors.some(isIt) ? reactors : [...reactors, reactor].slice(0, REACTORS_SHOWN);
}
