/** The queue of a room, over a store in memory. */
import { expect, test } from "bun:test";
import type { Archive } from "../../src/engine/archive.ts";
import type { RoomOptions } from "../../src/engine/engine.ts";
import { HistoryMemory } from "../../src/engine/history-memory.ts";
import { historyRequestOf } from "../../src/engine/history-reads.ts";
import { MessageRecord } from "../../src/engine/record.ts";
import { RemovedTexts } from "../../src/engine/removed-texts.ts";
import { OWN_AT_ONCE, RoomQueue } from "../../src/engine/room-queue.ts";
import { CHANGE_LIMITS } from "../../src/room/change-limits.ts";
import type { Operation } from "../../src/room/operation.ts";
import fc from "../support/chance.ts";
import { UNMODERATED } from "../support/moderation.ts";

const STORED = 20;
const TYPING: Operation = { kind: "request", connection: "b", request: { kind: "typing" }, size: 1 };

const options = (historyMemoryBytes: number, idle = () => {}): RoomOptions => ({
  name: "/",
  isFreeFor: () => true,
  moderation: UNMODERATED,
  changeLimits: CHANGE_LIMITS,
  memory: new HistoryMemory(historyMemoryBytes),
  keyMemory: { count: 0, most: 10 },
  removed: new RemovedTexts(() => 0),
  hold: async (messages) => messages.map(() => "held" as const),
  idle,
  deliver: () => undefined,
  observer: { notice: () => undefined, stored: () => undefined, fault: () => undefined },
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
    lastEventId: count,
    events: async (from: number, most: number) => {
      const found = await read(records.filter(({ id }) => id >= from).slice(0, most));
      const messages = new Map(found.map((each) => [each.id, each]));
      return { events: found.map(({ id, time }) => ({ id, time, of: null })), messages };
    },
    firstSince: () => Promise.resolve(null),
    message: () => Promise.resolve(undefined),
  };
  return store;
}

test("GET-6 a history that was read is shown, though there is no memory to keep it and batches go on meanwhile", async () => {
  const store = storeOf(STORED);
  const { promise: shown, resolve } = Promise.withResolvers<number>();
  let isShown = false;
  const queue = new RoomQueue(options(0), {
    room: () => null,
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

/** What a client asks for. */
const asked = fc.record({
  connection: fc.constantFrom("a", "b"),
  what: fc.constantFrom("page", "whole", "resume", "typing"),
  hasRef: fc.boolean(),
  before: fc.integer({ min: 1, max: STORED }),
});
const step = fc.oneof(
  { weight: 6, arbitrary: asked },
  { weight: 2, arbitrary: fc.constantFrom("turn", "forget", "store fails") },
  { weight: 1, arbitrary: fc.constantFrom("prepare fails", "work fails") },
);

function operationOf(
  { connection, what, hasRef, before }: typeof asked extends fc.Arbitrary<infer T> ? T : never,
  release: () => void,
): Operation {
  const page = { limit: 3, before, after: null };
  const request = {
    page: { kind: "get", page },
    whole: { kind: "get", page: null },
    resume: { kind: "resume", hash: "hash", page },
    typing: { kind: "typing" },
  } as const;
  const ref = hasRef ? 1 : undefined;
  return { kind: "request", connection, request: request[what], ref, size: 1, payer: { release } };
}

/** Whether the reply to an operation may come after those to later ones. */
function mayBeLate(operation: Operation): boolean {
  return operation.kind === "request" && operation.request.kind === "get" && operation.ref !== undefined;
}

test("REQ-7 LIM-12 every operation is decided once and in its order, and its memory given back once, whatever is read or fails meanwhile", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(0, 500, 1e6),
      fc.array(step, { maxLength: 60, size: "max" }),
      async (memory, steps) => {
        const store = storeOf(STORED);
        const failing = { prepare: 0, work: 0, read: 0 };
        const fails = (what: keyof typeof failing) => {
          if (failing[what] === 0) return false;
          failing[what]--;
          return true;
        };
        const below = store.below;
        const archive = {
          ...store,
          below: (before: number, most: number, budget: number) =>
            fails("read") ? Promise.reject(new Error("no disk")) : below(before, most, budget),
        };
        const submitted: Operation[] = [];
        const decided: Operation[] = [];
        const released = new Map<Operation, number>();
        const lost = new Set<Operation>();
        let idle = Promise.withResolvers<void>();
        const queue = new RoomQueue(
          options(memory, () => idle.resolve()),
          {
            room: () => null,
            archive: () => archive,
            hasOtherWork: () => false,
            prepare: async (batch) => {
              await Bun.sleep(0);
              if (!fails("prepare")) return;
              for (const operation of batch) lost.add(operation);
              throw new Error("a defect");
            },
            work: async (batch) => {
              await Bun.sleep(0);
              decided.push(...batch);
              if (fails("work")) throw new Error("a defect");
            },
            recover: () => queue.dropHistory(),
          },
        );
        queue.occupancy.enter();
        const submit = (operation: Operation) => {
          submitted.push(operation);
          queue.submit(operation);
        };
        for (const each of steps) {
          if (typeof each === "object") {
            const operation = operationOf(each, () => {
              released.set(operation, (released.get(operation) ?? 0) + 1);
            });
            submit(operation);
          } else if (each === "turn") await Bun.sleep(0);
          else if (each === "forget") queue.dropHistory();
          else if (each === "store fails") failing.read++;
          else if (each === "prepare fails") failing.prepare++;
          else failing.work++;
        }
        for (const connection of ["a", "b"]) submit({ kind: "end", connection });
        while (queue.isBusy) {
          idle = Promise.withResolvers();
          await idle.promise;
        }
        expect(new Set(decided).size).toBe(decided.length);
        const charged = submitted.filter((operation) => "size" in operation);
        expect(charged.map((operation) => released.get(operation))).toEqual(charged.map(() => 1));
        for (const connection of ["a", "b"]) {
          const of = (all: readonly Operation[]) => all.filter((each) => each.connection === connection);
          const inOrder = of(decided).filter((each) => !mayBeLate(each));
          const isKept = new Set(decided);
          expect(inOrder).toEqual(of(submitted).filter((each) => isKept.has(each) && !mayBeLate(each)));
          // The end of the connection comes behind everything.
          if (of(decided).some(({ kind }) => kind === "end")) expect(of(decided).at(-1)?.kind).toBe("end");
        }
        if (lost.size === 0) expect(new Set(decided)).toEqual(new Set(submitted));
      },
    ),
    { numRuns: 200 },
  );
});

test("the server's own operations make batches of their own, which are small, and take turns with those of clients", async () => {
  const batches: Operation[][] = [];
  const queue = new RoomQueue(options(1000), {
    room: () => null,
    archive: () => null,
    hasOtherWork: () => false,
    prepare: async () => {},
    work: async (batch) => {
      batches.push([...batch]);
      if (batches.length < 10) queue.submit(TYPING);
      for (const operation of batch)
        if (operation.kind === "remove" && operation.of !== 7)
          queue.settle(operation, { kind: "gone", connection: operation.connection });
    },
    recover: () => {},
  });
  const removals = Array.from({ length: 5 * OWN_AT_ONCE }, (_, of) => {
    return { kind: "remove", connection: "own", of, by: "minh", action: null } as const;
  });
  queue.submit(TYPING);
  const decisions = await queue.perform(removals);
  expect(decisions.map(({ kind }) => kind)).toEqual(
    removals.map(({ of }) => (of === 7 ? "store-lost" : "gone")),
  );
  const kinds = batches.map((batch) => [...new Set(batch.map(({ kind }) => kind))]);
  expect(kinds.slice(0, 10)).toEqual(
    Array.from({ length: 10 }, (_, at) => [at % 2 === 0 ? "request" : "remove"]),
  );
  for (const batch of batches) expect(batch.length).toBeLessThanOrEqual(OWN_AT_ONCE);
});
