/** `edit`: a message gets another content. */
import type { RoomRequest } from "../operation.ts";
import { may } from "../roles.ts";
import type { Member } from "../roster.ts";
import { type Asker, authorOf, type RoomState, type RoomView, roleOf } from "../state.ts";
import type { Decided } from "./decided.ts";
import { type ChangeFailed, type ChangeRefused, type ChangesMessage, targetOf } from "./message-change.ts";
import { applyId, applyKey, noteSender } from "./send.ts";

/** A message has another content. */
export interface Edited extends ChangesMessage {
  readonly kind: "edited";
  readonly content: string;
  /** Identifies a repeated edit. It is stored and never shown. */
  readonly digest?: string | undefined;
  /** The message was removed before, and has its content again. */
  readonly isRestored?: true | undefined;
}

/** An edit repeats an earlier one, which has this id. */
export interface EditRepeats extends Decided {
  readonly kind: "edit-repeated";
  readonly of: number;
  readonly content: string;
  readonly id: number;
}

type EditRequest = Extract<RoomRequest, { kind: "edit" }>;

export function decideEdit(
  room: RoomView,
  request: EditRequest,
  member: Member,
  asker: Asker,
): Edited | EditRepeats | ChangeRefused | ChangeFailed {
  const { of, content, key } = request;
  const { connection, session } = member;
  const by = authorOf(asker, member);
  const { time } = asker.now;
  const digest = key === null || session === null ? undefined : room.digest(session.identity, key);
  const repeated = digest === undefined ? undefined : room.keys.idOf(digest);
  if (repeated !== undefined) return { kind: "edit-repeated", connection, of, content, id: repeated };
  const target = targetOf(room, request, member, (each) =>
    may(roleOf(asker), each.by === by ? "edit-own" : "edit-other"),
  );
  if ("kind" in target) return target;
  if (target.edits >= room.changeLimits.edits)
    return { kind: "change-refused", connection, request: "edit", of, reason: "TooManyEdits" };
  return { kind: "edited", connection, of, content, by, id: room.lastId + 1, time, digest };
}

export function applyEdited(
  state: RoomState,
  { of, id, time, digest, by, isRestored }: Edited,
  member: Member | undefined,
): void {
  const { targets, undo, isDeciding } = state;
  if (!isRestored) noteSender(state, time, by, member, false);
  applyId(state, id);
  applyKey(state, digest, { id, time });
  const target = targets.get(of);
  if (isDeciding && target && !("error" in target))
    undo.put(targets, of, { ...target, isDeleted: false, edits: target.edits + 1 });
}
