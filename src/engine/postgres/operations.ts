import type { ConnectionId, Decision, Operation } from "../../room/operation.ts";
import type { Room } from "../../room/room.ts";

/** Whether an operation may change the room, so that it must be decided under the lock. */
export function needsLog(operation: Operation, room: Room, batch: readonly Operation[]): boolean {
  switch (operation.kind) {
    case "leave":
    case "expire":
      return isHere(operation.connection, room, batch);
    case "request":
      switch (operation.request.kind) {
        case "name":
        case "resume":
          return true;
        case "send":
          return isHere(operation.connection, room, batch);
        default:
          return false;
      }
    default:
      return false;
  }
}

/** Whether a connection has a nickname, or may have one within its batch. */
function isHere(connection: ConnectionId, room: Room, batch: readonly Operation[]): boolean {
  return (
    room.member(connection) !== undefined ||
    batch.some(
      (each) =>
        each.connection === connection &&
        each.kind === "request" &&
        (each.request.kind === "name" || each.request.kind === "resume"),
    )
  );
}

/** The refusal of an operation that could not be committed; null where the protocol has none. */
export function failureOf(operation: Operation, room: Room, error: string): Decision | null {
  if (operation.kind !== "request") return null;
  const { connection, request } = operation;
  const member = room.member(connection);
  switch (request.kind) {
    case "name":
      return { kind: "name-failed", connection, oldName: member?.name ?? null, name: request.name, error };
    case "send":
      return member === undefined
        ? { kind: "unregistered", connection, request: "send" }
        : { kind: "send-failed", connection, name: member.name, content: request.content, error };
    default:
      return null;
  }
}

/** Whether nobody waits for an operation, and it must be done all the same, later if it cannot be done now. */
export function isRedone({ kind }: Operation): boolean {
  return kind === "leave" || kind === "expire";
}
