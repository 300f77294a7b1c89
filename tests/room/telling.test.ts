import { expect, test } from "bun:test";
import { MessageRecord } from "../../src/engine/record.ts";
import { Telling } from "../../src/engine/telling.ts";

function message(id: number) {
  return { id, name: "An", content: `message ${id}`, timestamp: "T", time: id };
}

test("ORD-5 what another server stores while a history is being read is in that history, once", async () => {
  const telling = new Telling(1000);
  const read = Promise.withResolvers<MessageRecord[]>();
  const nothing = () => Promise.resolve([]);
  const archive = {
    firstId: 1,
    lastId: 2,
    emptiedTo: 0,
    averageBytes: 50,
    tail: () => read.promise,
    below: nothing,
    above: nothing,
    message: () => Promise.resolve(undefined),
  };
  const reading = telling.lookUp(archive, true, []);
  telling.take(message(3));
  read.resolve([1, 2].map(message).map(MessageRecord.of));
  telling.take(message(4));
  await reading;
  telling.take(message(5));
  const shown: unknown[] = JSON.parse(`[${Buffer.from(telling.view.encoded()).toString()}]`);
  expect(shown).toMatchObject([1, 2, 3, 4, 5].map((id) => ({ content: `message ${id}` })));
});
