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
 * Stores the messages of a batch that wait for a moderator, all in one change, before their senders are told that they wait. Resolves to the batch in
 * which those that could not be stored are refused.
 */
export async function withHeld(
  surroundings: Surroundings,
  decisions: readonly FinalDecision[],
): Promise<readonly FinalDecision[]> {
  const held = decisions.filter(isHeld);
  if (held.length === 0) return decisions;
  const failed = await hold(surroundings, held);
  return decisions.map((decision) => failed.get(decision) ?? decision);
}

type Held = NotPermitted & { readonly held: NonNullable<NotPermitted["held"]> };

function isHeld(decision: FinalDecision): decision is Held {
  return decision.kind === "not-permitted" && decision.held !== null;
}

/** Resolves to the refusals of those that are not held. */
async function hold(
  { name: room, hold, now, observer }: Surroundings,
  decisions: readonly Held[],
): Promise<ReadonlyMap<FinalDecision, FinalDecision>> {
  const at = now().time;
  try {
    const results = await hold(decisions.map((each) => ({ ...each.held, room, at })));
    const refused = decisions.filter((_, place) => results[place] === "full");
    return new Map(refused.map((each) => [each, failed(each, FULL)]));
  } catch (error) {
    observer.fault(room, error);
    return new Map(decisions.map((each) => [each, failed(each, sentenceFor(error))]));
  }
}

function failed({ connection, ref, held: { name, content } }: Held, error: string): FinalDecision {
  return { kind: "send-failed", connection, ref, name, content, error };
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
  /** What the batch itself has written before. */
  const contents = new Map<number, string>();
  for (const [at, operation] of operations.entries()) {
    const decision = decisions[at];
    if (decision?.kind === "sent") contents.set(decision.message.id, decision.message.content);
    else if (decision?.kind === "edited") contents.set(decision.of, decision.content);
    if (operation.kind !== "remove" || operation.action === null || decision?.kind !== "deleted") continue;
    const { of: id, action } = operation;
    const content = contents.get(id) ?? messages.get(id)?.message.content;
    if (content !== undefined) removed.note(action, { room, id, content });
  }
}
