import type { Decision, Operation } from "../room/operation.ts";
import type { Moment } from "../room/room.ts";

/** What comes of an operation in a room whose history cannot be opened: nobody can register in it. */
export function withoutRoom(
  operation: Operation,
  now: Moment,
): Exclude<Decision, { kind: "page" | "resumed" | "repeated" }> {
  const { connection } = operation;
  switch (operation.kind) {
    case "refuse":
      return { kind: "refused", connection, refusal: operation.refusal };
    case "end":
      return { kind: "ended", connection };
    case "leave":
    case "expire":
      return { kind: "left", connection, name: null, time: now.time, session: null };
    case "request":
      switch (operation.request.kind) {
        case "name":
          return {
            kind: "name-failed",
            connection,
            oldName: null,
            name: operation.request.name,
            error: "This room's history cannot be opened.",
          };
        case "malformed-name":
          return {
            kind: "name-refused",
            connection,
            oldName: null,
            name: operation.request.name,
            reason: "WrongFormatName",
          };
        case "resume":
          return { kind: "resume-refused", connection };
        case "get":
        case "typing":
          return { kind: "unregistered", connection, request: operation.request.kind };
        case "send":
        case "malformed-send":
          return { kind: "unregistered", connection, request: "send" };
      }
  }
}
