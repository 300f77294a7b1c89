/** What the desk of moderation makes of the outcomes of what it has done, with an engine that is told what to answer. */
import { expect, test } from "bun:test";
import type { Engine } from "../../src/engine/engine.ts";
import type { Performed } from "../../src/engine/outcome.ts";
import { STRANGER } from "../../src/room/operation.ts";
import { type DeskRequest, ModerationDesk } from "../../src/server/moderation/desk.ts";
import type { Visitor } from "../../src/server/moderation/visitor.ts";

const WRITTEN = 2_500;
const DELETE: DeskRequest = { kind: "mine", order: { do: "delete", before: null } };

/** @param done how many operations are performed before one fails */
function stageOf(done: number) {
  const charged: number[] = [];
  const engine = {
    people: { idOfStay: (text: string) => text },
    moderation: { forget: async () => {} },
    messagesBy: async () => Array.from({ length: WRITTEN }, (_, at) => at + 1),
    perform: async (_room: string, operations: readonly { of: number; connection: string }[]) => {
      const decisions = operations.slice(0, done).map(({ of, connection }) => {
        return { kind: "deleted", connection, of, by: "an", id: WRITTEN + of, time: 0 } as const;
      });
      return { decisions, isComplete: done >= operations.length } satisfies Performed;
    },
  };
  const desk = new ModerationDesk({
    // The desk needs no more of it for this.
    engine: engine as unknown as Engine,
    rooms: { mayMake: async () => true },
    now: () => 0,
    chatName: "Chat",
    keepersOf: () => new Set(),
    health: { now: () => Promise.reject(new Error("Nobody asks for that here.")) },
    fault: (error) => {
      throw error;
    },
  });
  const an: Visitor = {
    connection: "a",
    room: "/",
    name: "An",
    person: { id: "an", role: "visitor" },
    roleEverywhere: "visitor",
    networks: [],
    standing: STRANGER,
    charge: (cost) => void charged.push(cost),
  };
  return { answer: () => desk.answer(DELETE, an), charged };
}

test("MINE-2 LIM-16 the deletion of many own messages is charged for how many they are", async () => {
  const { answer, charged } = stageOf(WRITTEN);
  expect(await answer()).toEqual({ type: "mine", status: true, count: WRITTEN });
  expect(charged).toEqual([WRITTEN / 1_000]);
});

test("MINE-2 a deletion that could not be finished says how far it came", async () => {
  expect(await stageOf(300).answer()).toMatchObject({
    status: false,
    reason: "ErrorWhenMine",
    error: expect.stringContaining(`300 of ${WRITTEN} messages`),
  });
});
