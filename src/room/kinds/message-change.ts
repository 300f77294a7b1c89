/** What `edit`, `delete` and `react` have in common. */
import type { ChangeRefusalReason } from "../../protocol/kinds/message-change.ts";
import type { MessageChangeKind } from "../../protocol/refusal.ts";
import type { RoomRequest } from "../operation.ts";
import type { Member } from "../roster.ts";
import type { RoomState, RoomView, Target } from "../state.ts";
import type { Decided } from "./decided.ts";

/** A stored change to a message. */
export interface ChangesMessage extends Decided {
  /** The id of the message. */
  readonly of: number;
  /** The position of the change itself. */
  readonly id: number;
  /** Unix milliseconds. */
  readonly time: number;
  /** The public id of the person who has made it. */
  readonly by: string;
}

/** A message cannot be changed like that. */
export interface ChangeRefused extends Decided {
  readonly kind: "change-refused";
  readonly request: MessageChangeKind;
  readonly of: number;
  readonly reason: ChangeRefusalReason;
}

/** A change to a message could not be stored. `error` is a sentence for a person. */
export interface ChangeFailed extends Decided {
  readonly kind: "change-failed";
  readonly request: MessageChangeKind;
  readonly of: number;
  readonly error: string;
}

type ChangeRequest = Extract<RoomRequest, { kind: MessageChangeKind }>;

/** The message that a request names, or the decision if there is none to change, or the member may not change it. */
export function targetOf(
  { targets }: RoomView,
  { kind: request, of }: ChangeRequest,
  { connection }: Member,
  mayChange: (target: Target) => boolean,
): Target | ChangeRefused | ChangeFailed {
  const found = targets.get(of) ?? null;
  const refused = (reason: ChangeRefusalReason) =>
    ({ kind: "change-refused", connection, request, of, reason }) as const;
  if (found === null) return refused("UnknownMessage");
  if ("error" in found) return { kind: "change-failed", connection, request, of, error: found.error };
  if (found.isDeleted) return refused("UnknownMessage");
  return mayChange(found) ? found : refused("NotAllowed");
}

/** Counts reactions that stand in the room from now on, or do not any more. {@link Room.begin} notes how many there were. */
export function addStanding(state: RoomState, count: number): void {
  if (state.standing !== null) state.standing += count;
}

/** The message that a request names; undefined if it names none. */
export function changedBy(request: RoomRequest): number | undefined {
  return "of" in request ? request.of : undefined;
}
