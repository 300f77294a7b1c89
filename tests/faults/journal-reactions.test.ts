/** Messages with very many reactions, as a history file gives them back. */
import { expect, spyOn, test } from "bun:test";
import { ChangeIndex } from "../../src/engine/local/change-index.ts";
import { Journal } from "../../src/engine/local/journal.ts";
import { type MessageRecord, reactRecord } from "../../src/engine/record.ts";
import { message, QUICK, toRecords, withHistory } from "./journal-fixture.ts";

const MESSAGES = 200;
const PEOPLE = 20;
/** How many messages may be made of their reactions before others get their turn. */
const AT_ONCE = 16;

/** Gives a journal of messages to which many people with long nicknames have reacted. */
async function withReactions(check: (journal: Journal) => Promise<void>): Promise<void> {
  await withHistory(async (path) => {
    const journal = await Journal.open(path, QUICK);
    const ids = Array.from({ length: MESSAGES }, (_, at) => at + 1);
    await journal.append(toRecords(ids.map((id) => message(id))));
    const reactions = ids.flatMap((of) => Array.from({ length: PEOPLE }, (_, person) => ({ of, person })));
    await journal.append(
      reactions.map(({ of, person }, at) => {
        const id = MESSAGES + at + 1;
        const by = `person${person}`.padEnd(16, "-");
        const reacted = { id, time: message(id).time, of, by, name: `名前${person}`, emoji: "😀", on: true };
        return reactRecord({ ...reacted, connection: "", count: person + 1 });
      }),
    );
    await check(journal);
    await journal.close();
  });
}

/** Counts the messages that are made of their reactions while something is read, and the most of them in one piece. */
async function countingMade<T>(read: () => Promise<T>): Promise<{ found: T; made: number; most: number }> {
  let made = 0;
  let most = 0;
  let inPiece = 0;
  const reactionsTo = ChangeIndex.prototype.reactionsTo;
  const spy = spyOn(ChangeIndex.prototype, "reactionsTo").mockImplementation(function (
    this: ChangeIndex,
    id,
  ) {
    made++;
    most = Math.max(most, ++inPiece);
    return reactionsTo.call(this, id);
  });
  const turn = () => {
    inPiece = 0;
    next = setImmediate(turn);
  };
  let next = setImmediate(turn);
  try {
    return { found: await read(), made, most };
  } finally {
    clearImmediate(next);
    spy.mockRestore();
  }
}

const idsOf = (records: Iterable<MessageRecord>) => Array.from(records, ({ id }) => id);
const newest = (count: number) => Array.from({ length: count }, (_, at) => MESSAGES - count + 1 + at);

test("PAGE-2 a page of messages with many reactions has as many as fit with them, and no others are made", async () => {
  await withReactions(async (journal) => {
    const [first] = await journal.below(2, 1);
    const size = (first?.shownBytes ?? 0) + 1;
    for (const count of [1, 15, 16, 17, 40]) {
      // Messages with higher ids are a little longer.
      const budget = count * (size + 10);
      const { found, made } = await countingMade(() => journal.below(MESSAGES + 1, MESSAGES, budget));
      expect(idsOf(found)).toEqual(newest(count));
      expect(made).toBeLessThanOrEqual(count + AT_ONCE);
      const after = await countingMade(() => journal.events(1, MESSAGES, budget));
      expect(after.found.events.map(({ id }) => id)).toEqual(
        Array.from({ length: count }, (_, at) => at + 1),
      );
      expect(after.made).toBeLessThanOrEqual(count + AT_ONCE);
    }
  });
});

test("GET-5 a whole history of messages with many reactions is read once, in pieces between which others get their turn", async () => {
  await withReactions(async (journal) => {
    const all = await journal.tail(Number.POSITIVE_INFINITY);
    expect(idsOf(all)).toEqual(newest(MESSAGES));
    const size = Math.max(...all.map(({ replyBytes }) => replyBytes));
    for (const count of [1, 16, 40, MESSAGES]) {
      const { found, made, most } = await countingMade(() => journal.tail(count * size));
      expect(idsOf(found)).toEqual(newest(found.length));
      expect(found.length).toBeGreaterThanOrEqual(count);
      expect(made).toBeLessThanOrEqual(found.length + AT_ONCE);
      expect(most).toBeLessThanOrEqual(AT_ONCE);
    }
  });
});
