/** `delete`: the content of a message is removed for good. */
import type { RoomRequest } from "../operation.ts";
import type { Member } from "../roster.ts";
import type { Asker, RoomState, RoomView } from "../state.ts";
import { type ChangeFailed, type ChangeRefused, type ChangesMessage, targetOf } from "./message-change.ts";
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
  { now: { time } }: Asker,
): Deleted | ChangeRefused | ChangeFailed {
  const { connection, by } = member;
  const target = targetOf(room, request, member, (each) => each.by === by);
  if ("kind" in target) return target;
  return { kind: "deleted", connection, of: request.of, by, id: room.lastId + 1, time };
}

export function applyDeleted(state: RoomState, { of, id }: Deleted): void {
  const { targets, undo, isDeciding } = state;
  applyId(state, id);
  if (isDeciding) undo.put(targets, of, { by: null, isDeleted: true, reactions: [] });
}
