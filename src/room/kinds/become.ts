/** The person at a connection has said who it is, or given a proof of work, and may have a nickname already. */
import type { Operation } from "../operation.ts";
import type { Member } from "../roster.ts";
import type { Asker, RoomState } from "../state.ts";
import type { Decided } from "./decided.ts";

/** A member has another public id from here on, or has given a proof of work. No event announces it. */
export interface Became extends Decided {
  readonly kind: "became";
  readonly by: string;
  readonly isProven: boolean;
}

/** An operation of the server's own has changed nothing. */
export interface Ignored extends Decided {
  readonly kind: "ignored";
}

export function decideBecome(
  { connection, by, isProven }: Extract<Operation, { kind: "become" }>,
  { member }: Asker,
): Became | Ignored {
  if (member === undefined) return { kind: "ignored", connection };
  const after = { by: by ?? member.by, isProven: isProven || member.isProven };
  const isNews = after.by !== member.by || after.isProven !== member.isProven;
  return isNews ? { kind: "became", connection, ...after } : { kind: "ignored", connection };
}

export function applyBecame({ roster }: RoomState, change: Became, member: Member | undefined): void {
  const { by, isProven } = change;
  if (member !== undefined) roster.replace(member, { ...member, by, isProven });
}
