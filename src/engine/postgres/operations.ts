import type { Decision, Operation, SessionId } from "../../room/operation.ts";
import type { Room } from "../../room/room.ts";

/** Whether an operation may change the room, so that it must be decided under the lock. */
export function needsLog(operation: Operation, room: Room, batch: readonly Operation[]): boolean {
  switch (operation.kind) {
    case "leave":
    case "expire":
      return isHere(operation.session, room, batch);
    case "request":
      switch (operation.request.kind) {
        case "name":
        case "resume":
          return true;
        case "send":
          return isHere(operation.session, room, batch);
        default:
          return false;
      }
    default:
      return false;
  }
}

/** Whether a session has a nickname, or may have one within its batch. */
function isHere(session: SessionId, room: Room, batch: readonly Operation[]): boolean {
  return (
    room.member(session) !== undefined ||
    batch.some(
      (each) =>
        each.session === session &&
        each.kind === "request" &&
        (each.request.kind === "name" || each.request.kind === "resume"),
    )
  );
}

/** The refusal of an operation that could not be committed; null where the protocol has none. */
export function failureOf(operation: Operation, room: Room, error: string): Decision | null {
  if (operation.kind !== "request") return null;
  const { session, request } = operation;
  const member = room.member(session);
  switch (request.kind) {
    case "name":
      return { kind: "name-failed", session, oldName: member?.name ?? null, name: request.name, error };
    case "send":
      return member === undefined
        ? { kind: "unregistered", session, request: "send" }
        : { kind: "send-failed", session, name: member.name, content: request.content, error };
    default:
      return null;
  }
}

/** Whether nobody waits for an operation, and it must be done all the same, later if it cannot be done now. */
export function isRedone({ kind }: Operation): boolean {
  return kind === "leave" || kind === "expire";
}
