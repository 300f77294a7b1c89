/** The queue of a room, over a store in memory. */
import { expect, test } from "bun:test";
import type { Archive } from "../../src/engine/archive.ts";
import type { RoomOptions } from "../../src/engine/engine.ts";
import { HistoryMemory } from "../../src/engine/history-memory.ts";
import { historyRequestOf } from "../../src/engine/history-reads.ts";
import { MessageRecord } from "../../src/engine/record.ts";
import { RoomQueue } from "../../src/engine/room-queue.ts";
import type { Operation } from "../../src/room/operation.ts";

const STORED = 20;
const TYPING: Operation = { kind: "request", connection: "b", request: { kind: "typing" }, size: 1 };

const options = (historyMemoryBytes: number): RoomOptions => ({
  name: "/",
  memory: new HistoryMemory(historyMemoryBytes),
  keyMemory: { count: 0, most: 10 },
  idle: () => undefined,
  deliver: () => undefined,
  observer: {
    notice: () => undefined,
    stored: () => undefined,
    fault: (_, error) => {
      throw error;
    },
  },
  getBudgetBytes: 10_000,
  now: () => ({ time: 0, timestamp: "T" }),
  graceMs: 1_000,
  restartGraceMs: 1_000,
  pastSessions: 10,
});

/** A store whose reads are counted, and take a moment. */
function storeOf(count: number): Archive & { reads: number } {
  const records = Array.from({ length: count }, (_, at) =>
    MessageRecord.of({ id: at + 1, name: "An", content: `m${at + 1}`, timestamp: "T", time: at }),
  );
  const read = async (found: MessageRecord[]) => {
    store.reads++;
    await Bun.sleep(0);
    return found;
  };
  const store = {
    reads: 0,
    firstId: 1,
    lastId: count,
    emptiedTo: 0,
    averageBytes: 50,
    tail: () => read(records),
    below: (before: number, most: number) => read(records.filter(({ id }) => id < before).slice(-most)),
    above: (after: number, most: number) => read(records.filter(({ id }) => id > after).slice(0, most)),
    message: () => Promise.resolve(undefined),
  };
  return store;
}

test("GET-6 a history that was read is shown, though there is no memory to keep it and batches go on meanwhile", async () => {
  const store = storeOf(STORED);
  const { promise: shown, resolve } = Promise.withResolvers<number>();
  let isShown = false;
  const queue = new RoomQueue(options(0), {
    archive: () => store,
    hasOtherWork: () => false,
    prepare: () => Promise.resolve(),
    work: async (batch) => {
      // The next batch is there before this one ends, and every read ends within one.
      if (!isShown) queue.submit(TYPING);
      for (let turn = 0; turn < 5; turn++) await Bun.sleep(0);
      const at = batch.findIndex((operation) => historyRequestOf(operation) !== undefined);
      const read = queue.readsOf(batch)[at];
      if (at < 0) return;
      isShown = true;
      resolve(read?.kind === "read" ? read.read.records.length : -1);
    },
    recover: () => undefined,
  });
  queue.occupancy.enter();
  queue.submit({ kind: "request", connection: "a", request: { kind: "get", page: null }, size: 1 });
  expect(await shown).toBe(STORED);
  expect(store.reads).toBe(1);
});
