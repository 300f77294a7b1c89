import type { Decision, Operation } from "../room/operation.ts";
import type { Moment } from "../room/room.ts";

/** What comes of an operation in a room whose history cannot be opened: nobody can register in it. */
export function withoutRoom(
  operation: Operation,
  now: Moment,
): Exclude<Decision, { kind: "paged" | "resumed" | "repeated" }> {
  const { session } = operation;
  switch (operation.kind) {
    case "refuse":
      return { kind: "refused", session, refusal: operation.refusal };
    case "end":
      return { kind: "ended", session };
    case "leave":
    case "expire":
      return { kind: "left", session, name: null, time: now.time, lease: null };
    case "request":
      switch (operation.request.kind) {
        case "name":
          return {
            kind: "name-failed",
            session,
            oldName: null,
            name: operation.request.name,
            error: "This room's history cannot be opened.",
          };
        case "malformed-name":
          return {
            kind: "name-refused",
            session,
            oldName: null,
            name: operation.request.name,
            reason: "WrongFormatName",
          };
        case "resume":
          return { kind: "resume-refused", session };
        case "get":
        case "typing":
          return { kind: "unregistered", session, request: operation.request.kind };
        case "send":
        case "malformed-send":
          return { kind: "unregistered", session, request: "send" };
      }
  }
}
