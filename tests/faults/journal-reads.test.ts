/** How a history file is read for a page in which messages were changed. */
import { expect, spyOn, test } from "bun:test";
import { type FileHandle, open } from "node:fs/promises";
import { setImmediate as nextTurn } from "node:timers/promises";
import { ChangeIndex } from "../../src/engine/local/change-index.ts";
import { Journal } from "../../src/engine/local/journal.ts";
import { deleteRecord, editRecord, reactRecord, type StoredEvent } from "../../src/engine/record.ts";
import { fileText, lineOf, message, QUICK, toRecords, withHistory } from "./journal-fixture.ts";

const BY = "person-000000001";
const messages = (first: number, last: number) =>
  toRecords(Array.from({ length: last - first + 1 }, (_, at) => message(first + at)));
const change = (id: number, of: number) => ({ connection: "", id, time: message(id).time, of, by: BY });
const edit = (id: number, of: number) =>
  editRecord({ ...change(id, of), kind: "edited", content: `edit ${id}`, digest: undefined });

/** Changes of messages from all over the file, and edits far behind the messages. */
const EVENTS: readonly StoredEvent[] = [
  ...messages(1, 300),
  edit(301, 10),
  reactRecord({ ...change(302, 20), name: "An", emoji: "👍", on: true, count: 1 }),
  deleteRecord({ ...change(303, 30), kind: "deleted" }),
  edit(304, 40),
  ...messages(305, 400),
  edit(401, 320),
  edit(402, 40),
  ...messages(403, 500),
];

async function withChanges(use: (journal: Journal) => Promise<void>): Promise<void> {
  await withHistory(async (path) => {
    for (const events of [EVENTS, []]) {
      const journal = await Journal.open(path, QUICK);
      await journal.append(events);
      await use(journal);
      await journal.close();
    }
  });
}

/** Lets a read of a file end only when no others begin. @returns how often the file was waited for, and how many reads there were */
async function waits(read: () => Promise<unknown>): Promise<{ waits: number; reads: number }> {
  const handle = await open("/dev/null");
  const disk: FileHandle = Object.getPrototypeOf(handle);
  await handle.close();
  const original = disk.read;
  let count = 0;
  let reads = 0;
  let ends: Promise<void> | null = null;
  const quiet = async () => {
    for (let before = -1; before < reads; ) {
      before = reads;
      for (let turn = 0; turn < 5; turn++) await nextTurn();
    }
    ends = null;
  };
  const spy = spyOn(disk, "read").mockImplementation(async function (this: FileHandle, ...args: unknown[]) {
    reads++;
    if (ends === null) count++;
    ends ??= quiet();
    await ends;
    return Reflect.apply(original, this, args);
  });
  try {
    await read();
    return { waits: count, reads };
  } finally {
    spy.mockRestore();
  }
}

test("PAGE-7 what a page shows is as it is now, wherever in the file that is", async () => {
  await withChanges(async (journal) => {
    const { events, messages: shown } = await journal.events(301, 50);
    expect(events.map(({ id }) => id)).toEqual(Array.from({ length: 50 }, (_, at) => 301 + at));
    const contents = [10, 20, 30, 40, 320, 321].map((id) => shown.get(id)?.message.content);
    expect(contents).toEqual(["edit 301", "message 20", "", "edit 402", "edit 401", "message 321"]);
    expect(shown.get(20)?.message.reactions?.map(({ emoji }) => emoji)).toEqual(["👍"]);
    expect(shown.get(30)?.isDeleted).toBe(true);
    const below = await journal.below(340, 50);
    expect(below.map(({ id }) => id).at(0)).toBe(286);
    expect(below.find(({ id }) => id === 320)?.message.content).toBe("edit 401");
  });
});

test("a page is waited for once: its messages, what its changes concern and edits elsewhere are read at the same time", async () => {
  await withChanges(async (journal) => {
    // The events, four messages that they concern, and two edits that are not among them.
    expect(await waits(() => journal.events(301, 50))).toEqual({ waits: 1, reads: 7 });
    expect(await waits(() => journal.below(340, 50))).toEqual({ waits: 1, reads: 2 });
    // The edit is right behind the messages.
    expect(await waits(() => journal.below(403, 90))).toEqual({ waits: 1, reads: 1 });
    expect(await waits(() => journal.message(40))).toEqual({ waits: 1, reads: 2 });
  });
});

test("an index knows which messages changes concern, and forgets those that are gone", () => {
  const changes = new ChangeIndex();
  for (let id = 2; id <= 200; id += 2) changes.concerns(id, id - 1);
  const concerned = (from: number, below: number) => [...changes.concernedBy(from, below)];
  expect(concerned(1, 8)).toEqual([1, 3, 5]);
  expect(concerned(6, 6)).toEqual([]);
  expect(concerned(197, 999)).toEqual([197, 199]);
  changes.expire(101, 0);
  expect(concerned(1, 106)).toEqual([101, 103]);
  changes.concerns(202, 150);
  expect(concerned(200, 999)).toEqual([199, 150]);
});

test("PAGE-10 among a hundred thousand messages, those since a moment are found with a few reads of a few lines", async () => {
  await withHistory(async (path) => {
    const count = 100_000;
    const messages = Array.from({ length: count }, (_, at) => message(at + 1, "x".repeat(at % 50)));
    await Bun.write(path, fileText(messages.map(lineOf)));
    const journal = await Journal.open(path, QUICK);
    const { time: oldest } = message(1);
    for (const at of [0, 1, 15, 16, 4_711, 50_000, 99_998, 99_999, 100_000]) {
      let found: unknown;
      const { reads } = await waits(async () => {
        found = await journal.firstSince(oldest + at);
      });
      expect(found).toBe(at === count ? null : at + 1);
      expect(reads).toBeLessThan(40);
    }
    await journal.close();
  });
});
