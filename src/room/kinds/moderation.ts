/** What the server does in a room for moderators. */
import type { Enactment } from "../action.ts";
import type { ConnectionId, Operation } from "../operation.ts";
import type { Asker, RoomState, RoomView } from "../state.ts";
import type { Decided } from "./decided.ts";
import type { Deleted } from "./delete.ts";
import type { Edited } from "./edit.ts";
import type { Gone } from "./leave.ts";
import type { ChangeFailed } from "./message-change.ts";
import type { Repeats, Sent } from "./send.ts";

/** Whose keys those of posts are. No session has this identity. */
export const POSTS = "posts";

/** How many of the actions that were enacted last a room remembers. */
const REMEMBERED = 1_000;

/** An action has its place in the order. */
export interface Enacted extends Decided {
  readonly kind: "enacted";
  readonly action: Enactment;
}

type OperationOf<K extends Operation["kind"]> = Extract<Operation, { kind: K }>;

/** Servers that share a room all ask for it: the first one in the order enacts it. */
export function decideEnact(room: RoomView, { connection, action }: OperationOf<"enact">): Enacted | Gone {
  if (room.enacted.has(action.id)) return { kind: "gone", connection };
  return { kind: "enacted", connection, action };
}

export function applyEnacted({ enacted, undo }: RoomState, { action: { id } }: Enacted): void {
  if (enacted.has(id)) return;
  enacted.add(id);
  undo.note(() => enacted.delete(id));
  for (const oldest of enacted) {
    if (enacted.size <= REMEMBERED) break;
    enacted.delete(oldest);
  }
}

export function decideRemove(
  { targets, lastId }: RoomView,
  { connection, of, by }: OperationOf<"remove">,
  { now: { time } }: Asker,
): Deleted | Gone | ChangeFailed {
  const target = targets.get(of) ?? null;
  if (target === null) return gone(connection);
  if ("error" in target)
    return { kind: "change-failed", connection, request: "delete", of, error: target.error };
  if (target.isDeleted) return gone(connection);
  return { kind: "deleted", connection, of, by, id: lastId + 1, time };
}

/** A removed message has its content again. Its reactions are gone. */
export function decideRestore(
  { targets, lastId }: RoomView,
  { connection, of, content, by }: OperationOf<"restore">,
  { now: { time } }: Asker,
): Edited | Gone | ChangeFailed {
  const target = targets.get(of) ?? null;
  if (target === null) return gone(connection);
  if ("error" in target)
    return { kind: "change-failed", connection, request: "edit", of, error: target.error };
  if (!target.isDeleted) return gone(connection);
  return { kind: "edited", connection, of, content, by, id: lastId + 1, time, isRestored: true };
}

export function decidePost(
  { lastId, keys, digest: digestOf }: RoomView,
  { connection, message: posted, key }: OperationOf<"post">,
  { now: { time, timestamp } }: Asker,
): Sent | Repeats {
  const { name, content } = posted;
  const digest = key === undefined ? undefined : digestOf(POSTS, key);
  const repeated = digest === undefined ? undefined : keys.idOf(digest);
  if (repeated !== undefined) return { kind: "repeated", connection, id: repeated, name, content };
  return { kind: "sent", connection, message: { ...posted, id: lastId + 1, time, timestamp, digest } };
}

function gone(connection: ConnectionId): Gone {
  return { kind: "gone", connection };
}
