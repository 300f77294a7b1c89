/** `delete`: the content of a message is removed for good. */
import type { RoomRequest } from "../operation.ts";
import { may } from "../roles.ts";
import type { Member } from "../roster.ts";
import { type Asker, authorOf, type RoomState, type RoomView, roleOf, UNCHANGED } from "../state.ts";
import {
  addStanding,
  type ChangeFailed,
  type ChangeRefused,
  type ChangesMessage,
  targetOf,
} from "./message-change.ts";
import { applyId } from "./send.ts";

/** The content of a message is gone. */
export interface Deleted extends ChangesMessage {
  readonly kind: "deleted";
}

type DeleteRequest = Extract<RoomRequest, { kind: "delete" }>;

export function decideDelete(
  room: RoomView,
  request: DeleteRequest,
  member: Member,
  asker: Asker,
): Deleted | ChangeRefused | ChangeFailed {
  const { connection } = member;
  const { time } = asker.now;
  const by = authorOf(asker, member);
  const target = targetOf(room, request, member, (each) =>
    may(roleOf(asker), each.by === by ? "delete-own" : "delete-other"),
  );
  if ("kind" in target) return target;
  return { kind: "deleted", connection, of: request.of, by, id: room.lastId + 1, time };
}

export function applyDeleted(state: RoomState, { of, id }: Deleted): void {
  const { targets, undo, isDeciding } = state;
  applyId(state, id);
  if (!isDeciding) return;
  const target = targets.get(of);
  if (target && !("error" in target)) addStanding(state, -target.reactions.length);
  undo.put(targets, of, { ...UNCHANGED, by: null, isDeleted: true });
}
