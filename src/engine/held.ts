/** What a batch leaves for moderators, besides what is in the history. */
import type { Decision } from "../room/decision.ts";
import type { Operation } from "../room/operation.ts";
import type { NotPermitted } from "../room/permission.ts";
import type { RoomOptions } from "./engine.ts";
import { sentenceFor } from "./failure.ts";
import type { FinalDecision } from "./outcome.ts";
import type { MessageRecord } from "./record.ts";

const FULL = "Too many messages wait for a moderator here. Try again later.";

type Surroundings = Pick<RoomOptions, "name" | "hold" | "removed" | "now" | "observer">;

/**
 * Stores the messages of a batch that wait for a moderator, before their senders are told that they wait. Resolves to the batch in
 * which those that could not be stored are refused.
 */
export async function withHeld(
  surroundings: Surroundings,
  decisions: readonly FinalDecision[],
): Promise<readonly FinalDecision[]> {
  if (!decisions.some(isHeld)) return decisions;
  const settled: FinalDecision[] = [];
  for (const decision of decisions)
    settled.push(isHeld(decision) ? await held(surroundings, decision) : decision);
  return settled;
}

type Held = NotPermitted & { readonly held: NonNullable<NotPermitted["held"]> };

function isHeld(decision: FinalDecision): decision is Held {
  return decision.kind === "not-permitted" && decision.held !== null;
}

async function held(
  { name: room, hold, now, observer }: Surroundings,
  decision: Held,
): Promise<FinalDecision> {
  const { connection, ref } = decision;
  const { name, content } = decision.held;
  const failed = (error: string) => ({ kind: "send-failed", connection, ref, name, content, error }) as const;
  try {
    const result = await hold({ ...decision.held, room, at: now().time });
    return result === "held" ? decision : failed(FULL);
  } catch (error) {
    observer.fault(room, error);
    return failed(sentenceFor(error));
  }
}

/**
 * Notes what moderators have removed, so that it can be restored.
 *
 * @param messages as they were before the batch, by id
 */
export function noteRemoved(
  { name: room, removed }: Surroundings,
  operations: readonly Operation[],
  decisions: readonly Decision[],
  messages: ReadonlyMap<number, MessageRecord>,
): void {
  for (const [at, operation] of operations.entries()) {
    if (operation.kind !== "remove" || operation.action === null || decisions[at]?.kind !== "deleted")
      continue;
    const message = messages.get(operation.of)?.message;
    if (message !== undefined)
      removed.note(operation.action, { room, id: message.id, content: message.content });
  }
}
