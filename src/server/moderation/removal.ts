import type { Engine, Restored } from "../../engine/engine.ts";
import type { OwnOperation } from "../../room/operation.ts";

type Remove = Extract<OwnOperation, { kind: "remove" }>;

/** Removes messages. Resolves once that is stored, to how many were there to be removed, and whether that is all. */
export async function remove(
  engine: Pick<Engine, "perform">,
  room: string,
  ids: readonly number[],
  removal: Pick<Remove, "connection" | "by" | "action">,
): Promise<Restored> {
  const operations = ids.map((of): Remove => ({ kind: "remove", of, ...removal }));
  const { decisions, isComplete } = await engine.perform(room, operations);
  return { count: decisions.filter(({ kind }) => kind === "deleted").length, isComplete };
}

/** For people: how far a removal came, and what now. */
export function unfinished(count: number, wanted: number): string {
  return `The server could remove only ${count} of ${wanted} messages. Try again later.`;
}
