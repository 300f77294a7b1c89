import { expect, test } from "bun:test";
import { Journal } from "../../src/engine/local/journal.ts";
import type { Message } from "../../src/room/operation.ts";
import { awkwardMessages, message, messagesAbove, QUICK, toRecords, withHistory } from "./journal-fixture.ts";

/** Runs `check` with a journal of some messages, and again after it was opened anew. */
async function withJournal(
  messages: readonly Message[],
  check: (journal: Journal) => Promise<void>,
): Promise<void> {
  await withHistory(async (path) => {
    const journal = await Journal.open(path, QUICK);
    for (let at = 0; at < messages.length; at += 50) {
      await journal.append(toRecords(messages.slice(at, at + 50)));
    }
    await check(journal);
    await journal.close();
    const again = await Journal.open(path, QUICK);
    await check(again);
    await again.close();
  });
}

for (const count of [0, 1, 15, 16, 17, 32, 1000]) {
  test(`PAGE-2 in ${count} messages, those below and above any id are found`, async () => {
    // Their ids are 1, 4, 7 and so on.
    const messages = awkwardMessages(count);
    await withJournal(messages, async (journal) => {
      expect(journal.firstId).toBe(count === 0 ? 0 : 1);
      const bounds = [0, 1, 2, 3, 4, 5, 46, 47, 48, 49, 50, 3 * count - 2, 3 * count, 2 ** 53 - 1];
      for (const bound of bounds) {
        for (const most of [1, 2, 16, 17, 500]) {
          const below = (await journal.below(bound, most)).map(({ message }) => message);
          expect(below).toEqual(messages.filter(({ id }) => id < bound).slice(-most));
          const above = (await messagesAbove(journal, bound, most)).map(({ message }) => message);
          expect(above).toEqual(messages.filter(({ id }) => id > bound).slice(0, most));
          const { events } = await journal.events(bound + 1, most);
          expect(events.map(({ id }) => id)).toEqual(above.map(({ id }) => id));
        }
        expect((await journal.message(bound))?.message).toEqual(messages.find(({ id }) => id === bound));
      }
    });
  });
}

test("KEY-3 the keys since a time are found, however much stands before it", async () => {
  for (const count of [0, 1, 64, 65, 66, 129, 700]) {
    const messages = Array.from({ length: count }, (_, at) => ({
      ...message(at + 1),
      time: 1000 * at,
      ...(at % 3 === 0 ? { digest: `key${String(at).padStart(13, "0")}` } : {}),
    }));
    await withJournal(messages, async (journal) => {
      for (const since of [0, 1, 1000, 63_000, 64_000, 65_000, 699_000, 700_000]) {
        const found = [];
        for await (const each of journal.keyedSince(since)) found.push(each);
        const expected = messages.filter(({ time, digest }) => digest !== undefined && time >= since);
        expect(found).toEqual(expected.map(({ digest = "", id, time }) => ({ digest, id, time })));
      }
    });
  }
});

test("DUR-1 a read that has begun ends well, though the journal is closed meanwhile", async () => {
  await withHistory(async (path) => {
    // More than one chunk of the file, and one more after the first.
    const messages = Array.from({ length: 3_000 }, (_, at) => message(at + 1, "x".repeat(200)));
    const journal = await Journal.open(path, QUICK);
    await journal.append(toRecords(messages));
    const reading = messagesAbove(journal, 0, messages.length);
    const closing = journal.close();
    expect((await reading).map(({ id }) => id)).toEqual(messages.map(({ id }) => id));
    await closing;
  });
});
