/** `react`: a person reacts to a message with an emoji, or takes that back. */
import { REACTION_KINDS_MAX, REACTIONS_MAX } from "../../protocol/limits.ts";
import type { RoomRequest } from "../operation.ts";
import { may } from "../roles.ts";
import type { Member } from "../roster.ts";
import {
  type Asker,
  authorOf,
  type Reactions,
  type RoomState,
  type RoomView,
  roleOf,
  type Target,
} from "../state.ts";
import type { Decided } from "./decided.ts";
import {
  addStanding,
  type ChangeFailed,
  type ChangeRefused,
  type ChangesMessage,
  targetOf,
} from "./message-change.ts";
import { applyId } from "./send.ts";

/** How a message stands with one emoji after a request. */
interface Stands {
  readonly of: number;
  readonly emoji: string;
  /** Whether the person reacts with it. */
  readonly on: boolean;
  /** How many people do. */
  readonly count: number;
}

/** A person reacts to a message, or does not any more. */
export interface Reacted extends ChangesMessage, Stands {
  readonly kind: "reacted";
  /** The nickname of the person. */
  readonly name: string;
}

/** The person had this reaction already, or did not have it. */
export interface ReactUnchanged extends Decided, Stands {
  readonly kind: "react-unchanged";
}

type ReactRequest = Extract<RoomRequest, { kind: "react" }>;

export function decideReact(
  room: RoomView,
  request: ReactRequest,
  member: Member,
  asker: Asker,
): Reacted | ReactUnchanged | ChangeRefused | ChangeFailed {
  const { of, emoji, on } = request;
  const { connection, name } = member;
  const { time } = asker.now;
  const by = authorOf(asker, member);
  const target = targetOf(room, request, member, () => may(roleOf(asker), "react"));
  if ("kind" in target) return target;
  const reactors = target.reactions.filter((each) => each.emoji === emoji);
  const { length: count } = reactors;
  if (reactors.some((each) => each.by === by) === on)
    return { kind: "react-unchanged", connection, of, emoji, on, count };
  if (on && isFull(room, target, emoji))
    return { kind: "change-refused", connection, request: "react", of, reason: "TooManyReactions" };
  const id = room.lastId + 1;
  return { kind: "reacted", connection, of, emoji, on, count: count + (on ? 1 : -1), by, name, id, time };
}

function isFull(
  { changeLimits, standing }: RoomView,
  { reactions, reactionsMade }: Target,
  emoji: string,
): boolean {
  if (standing !== null && standing >= changeLimits.roomReactions) return true;
  if (reactions.length >= REACTIONS_MAX || reactionsMade >= changeLimits.reactionsMade) return true;
  const kinds = new Set(reactions.map((each) => each.emoji));
  return !kinds.has(emoji) && kinds.size >= REACTION_KINDS_MAX;
}

export function applyReacted(state: RoomState, reacted: Reacted): void {
  const { targets, undo, isDeciding } = state;
  const { of, id, on } = reacted;
  applyId(state, id);
  const target = targets.get(of);
  if (!isDeciding || !target || "error" in target) return;
  addStanding(state, on ? 1 : -1);
  undo.put(targets, of, {
    ...target,
    reactions: afterReaction(target.reactions, reacted),
    reactionsMade: target.reactionsMade + (on ? 1 : 0),
  });
}

/** The reactions to a message after another one, or after one was taken back. */
export function afterReaction(
  reactions: Reactions,
  { emoji, on, by, name }: Pick<Reacted, "emoji" | "on" | "by" | "name">,
): Reactions {
  const others = reactions.filter((each) => each.emoji !== emoji || each.by !== by);
  return on ? [...others, { emoji, by, name }] : others;
}
