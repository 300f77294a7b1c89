import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { Journal } from "../../src/engine/local/journal.ts";
import { historyText, message, QUICK, withHistory } from "./journal-fixture.ts";

const keyed = (id: number) => ({ ...message(id), key: `k${id}`.padEnd(16, "_") });

/** The ids of the keys that a server that starts over a history of so many messages remembers. */
async function keysOf(count: number, since: number): Promise<number[]> {
  const found: number[] = [];
  await withHistory(async (path) => {
    writeFileSync(path, historyText(Array.from({ length: count }, (_, at) => keyed(at + 1))));
    const journal = await Journal.open(path, QUICK);
    for await (const { id } of journal.keyedSince(message(since).time)) found.push(id);
    await journal.close();
  });
  return found;
}

// A history is looked into at every 64th message. When the last of these places is the last message, nothing but its
// line is read there, and it has no line break: its keys were all that was found.
test("KEY-3 a start finds the keys since a time, wherever in the history that is", async () => {
  for (const count of [1, 2, 63, 64, 65, 66, 128, 129, 130, 193, 257, 321]) {
    for (const since of [1, 2, 60, 64, 65, 66, 128, 129]) {
      const expected = Array.from({ length: Math.max(0, count - since + 1) }, (_, at) => since + at);
      expect(await keysOf(count, since)).toEqual(expected);
    }
  }
});
