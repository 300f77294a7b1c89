import { expect, test } from "bun:test";
import { withHeld } from "../../src/engine/held.ts";
import type { NewHeld } from "../../src/engine/moderation.ts";
import type { FinalDecision } from "../../src/engine/outcome.ts";

const held = (content: string): FinalDecision => ({
  kind: "not-permitted",
  connection: "1",
  request: "send",
  reason: "Held",
  error: "",
  name: "An",
  asked: content,
  held: { name: "An", by: "An", content, reply: null, networks: ["n1"], why: "newcomer" },
});
const left: FinalDecision = { kind: "gone", connection: "2" } as FinalDecision;

/** What becomes of a batch, and the contents that were stored together. */
async function settled(batch: readonly FinalDecision[], results: readonly ("held" | "full")[] | Error) {
  const stored: string[][] = [];
  const hold = async (messages: readonly NewHeld[]) => {
    stored.push(messages.map(({ content }) => content));
    if (results instanceof Error) throw results;
    return results;
  };
  const observer = { fault: () => {}, notice: () => {} };
  const surroundings = { name: "tea", hold, now: () => ({ time: 7, timestamp: "" }), observer };
  const decisions = await withHeld(surroundings as unknown as Parameters<typeof withHeld>[0], batch);
  return { kinds: decisions.map(({ kind }) => kind), stored };
}

test("the messages of a batch that wait are stored in one change, and those that are not held are refused", async () => {
  const batch = [held("one"), left, held("two"), held("three")];
  expect(await settled(batch, ["held", "full", "held"])).toEqual({
    kinds: ["not-permitted", "gone", "send-failed", "not-permitted"],
    stored: [["one", "two", "three"]],
  });
  expect(await settled(batch, new Error("disk"))).toMatchObject({
    kinds: ["send-failed", "gone", "send-failed", "send-failed"],
  });
  expect((await settled([left], [])).stored).toEqual([]);
});
