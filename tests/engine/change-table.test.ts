import { expect, test } from "bun:test";
import { effectsOf } from "../../src/engine/postgres/change-table.ts";
import { deleteRecord, editRecord, MessageRecord, reactRecord } from "../../src/engine/record.ts";

const AN = "An______________";
const MESSAGE = MessageRecord.of({ name: "An", content: "said", timestamp: "now", id: 1, time: 1, by: AN });
const reaction = (id: number, emoji: string) =>
  reactRecord({ connection: "a", of: 1, by: AN, name: "An", emoji, on: true, count: 1, id, time: id });
const removal = deleteRecord({ kind: "deleted", connection: "b", of: 1, by: AN, id: 3, time: 3 });
const undo = editRecord({ kind: "edited", connection: "b", of: 1, by: AN, content: "said", id: 4, time: 4 });

test("postgres: MOD-6 of a removed message that is back only the reactions since then are kept", () => {
  const { messages, deleted, reactions } = effectsOf(
    [MESSAGE, reaction(2, "👍"), removal, undo, reaction(5, "🎉")],
    () => undefined,
  );
  expect(messages).toMatchObject([{ content: "said", edited: 4 }]);
  expect([deleted, reactions.map(({ emoji }) => emoji)]).toEqual([[1], ["🎉"]]);
});
