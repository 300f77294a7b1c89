/** Pages and histories out of memory and the archive, whatever is stored meanwhile, against a model that has everything. */
import { expect, test } from "bun:test";
import type { Archive } from "../../src/engine/archive.ts";
import { HistoryCache, type HistoryRead, type HistoryRequest } from "../../src/engine/history-cache.ts";
import { MessageRecord } from "../../src/engine/record.ts";
import fc from "../support/chance.ts";

const BUDGET = 2_000;
/** The smallest has room for no message at all. */
const BUDGETS = [20, 200, BUDGET] as const;

function record(id: number, content = `message ${id}`): MessageRecord {
  return MessageRecord.of({ id, name: "An", content, timestamp: "T", time: 10 * id });
}

/** A store in memory, whose reads see what was stored when they began and end when they are let. */
class Store implements Archive {
  records: MessageRecord[] = [];
  emptiedTo = 0;
  averageBytes = 50;
  readonly #ends: (() => void)[] = [];

  get firstId(): number {
    return this.records[0]?.id ?? 0;
  }

  get lastId(): number {
    return this.records.at(-1)?.id ?? 0;
  }

  endReads(): void {
    for (const end of this.#ends.splice(0)) end();
  }

  tail(budget: number): Promise<MessageRecord[]> {
    const { records } = this;
    return this.#read(records.slice(records.length - within(records.toReversed(), budget, 0)));
  }

  below(before: number, count: number, budget: number): Promise<MessageRecord[]> {
    const found = this.records.filter(({ id }) => id < before).slice(-count);
    return this.#read(found.slice(found.length - within(found.toReversed(), budget, 1)));
  }

  above(after: number, count: number, budget: number): Promise<MessageRecord[]> {
    const found = this.records.filter(({ id }) => id > after).slice(0, count);
    return this.#read(found.slice(0, within(found, budget, 1)));
  }

  message(id: number): Promise<MessageRecord | undefined> {
    return Promise.resolve(this.records.find((each) => each.id === id));
  }

  #read(found: MessageRecord[]): Promise<MessageRecord[]> {
    const { promise, resolve } = Promise.withResolvers<MessageRecord[]>();
    this.#ends.push(() => resolve(found));
    return promise;
  }
}

/** How many of the first records fit into a budget, and at least so many. */
function within(records: readonly MessageRecord[], budget: number, least: number): number {
  let bytes = 0;
  const excess = records.findIndex((each) => {
    bytes += each.classicBytes + 1;
    return bytes > budget;
  });
  return excess < 0 ? records.length : Math.max(least, excess);
}

const contentsOf = (bytes: Uint8Array) =>
  (JSON.parse(`[${Buffer.from(bytes).toString()}]`) as { content: string }[]).map(({ content }) => content);

/** What a request must show, by all messages up to an id. */
function expected(
  request: HistoryRequest,
  all: readonly MessageRecord[],
  upTo: number,
  budget: number,
): string[] {
  const known = all.filter(({ id }) => id <= upTo);
  const shown = (records: readonly MessageRecord[]) => records.map(({ message }) => message.content);
  if (request === null) return shown(known.slice(known.length - within(known.toReversed(), budget, 0)));
  const { limit, before, after, time } = request;
  const place = known.find(({ id }) => id === after);
  const isForeign =
    after !== null && after > 0 && (after > upTo || (time !== undefined && place?.time !== time));
  if (after === null || isForeign)
    return shown(known.filter(({ id }) => id < (before ?? Infinity)).slice(-limit));
  return shown(known.filter(({ id }) => id > after).slice(0, limit));
}

const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ act: fc.constant<"store">("store"), length: fc.nat({ max: 300 }) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constantFrom(...(["trim", "end"] as const)) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      act: fc.constant<"ask">("ask"),
      kind: fc.constantFrom("whole", "newest", "before", "after", "position", "foreign"),
      limit: fc.integer({ min: 1, max: 12 }),
      at: fc.nat({ max: 40 }),
    }),
  },
);

function requestOf(kind: string, limit: number, at: number): HistoryRequest {
  switch (kind) {
    case "whole":
      return null;
    case "before":
      return { limit, before: at, after: null };
    case "after":
      return { limit, before: null, after: at };
    case "position":
      return { limit, before: null, after: at, time: 10 * at };
    case "foreign":
      return { limit, before: null, after: at, time: 10 * at + 1 };
    default:
      return { limit, before: null, after: null };
  }
}

test("GET-5 PAGE-1 PAGE-2 what a request shows is right at any place of the order, whatever is stored while it is read", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...BUDGETS),
      fc.nat({ max: 30 }),
      fc.array(step, { maxLength: 40, size: "max" }),
      async (budget, stored, steps) => {
        const store = new Store();
        for (let id = 1; id <= stored; id++) store.records.push(record(id));
        const cache = new HistoryCache(store, budget);
        const asked: { request: HistoryRequest; reading: Promise<HistoryRead> }[] = [];
        /** Lets reads end: a read of another history's place has up to three parts. */
        const ended = async (reading: Promise<HistoryRead>) => {
          for (let part = 0; part < 4; part++) {
            store.endReads();
            await Bun.sleep(0);
          }
          return reading;
        };
        const answer = async () => {
          for (const { request, reading } of asked.splice(0)) {
            let read = await ended(reading);
            for (let attempt = 0; cache.needsRead(request, read); attempt++) {
              expect(attempt).toBeLessThan(2);
              read = await ended(cache.read(request));
            }
            check(cache, request, store.records, read, budget);
          }
        };
        for (const each of steps) {
          if (each.act === "store") {
            const added = record(store.lastId + 1, "x".repeat(each.length));
            store.records.push(added);
            cache.take([added]);
          } else if (each.act === "ask") {
            const request = requestOf(each.kind, each.limit, each.at);
            if (cache.needsRead(request)) asked.push({ request, reading: cache.read(request) });
            else check(cache, request, store.records, undefined, budget);
          } else if (each.act === "trim") cache.trim();
          else await answer();
        }
        await answer();
      },
    ),
    { numRuns: 300 },
  );
});

/** Looks at the newest place in the order, and at the one before. */
function check(
  cache: HistoryCache,
  request: HistoryRequest,
  all: readonly MessageRecord[],
  read: HistoryRead | undefined,
  budget: number,
): void {
  const upTo = all.at(-1)?.id ?? 0;
  const wanted = expected(request, all, upTo, budget);
  if (request === null) {
    const { bytes, encoded } = cache.history(upTo, read);
    expect(contentsOf(encoded())).toEqual(wanted);
    expect(bytes).toBe(wanted.length === 0 ? 0 : encoded().length + 1);
    expect(bytes).toBeLessThanOrEqual(budget);
    return;
  }
  const { messages } = cache.page(request, upTo, read);
  // A page may be shorter where its messages are long, but not by leaving out what comes next.
  const shown = contentsOf(messages);
  const isForward = request.after !== null && shown[0] === wanted[0];
  expect(shown).toEqual(
    isForward ? wanted.slice(0, shown.length) : wanted.slice(wanted.length - shown.length),
  );
  if (wanted.length > 0) expect(shown.length).toBeGreaterThan(0);
}

test("ORD-5 what another server stores while a history is being read is in that history, once", async () => {
  const store = new Store();
  store.records = [1, 2].map((id) => record(id));
  const cache = new HistoryCache(store, BUDGET);
  const reading = cache.read(null);
  cache.take([record(3)]);
  store.endReads();
  cache.take([record(4)]);
  const read = await reading;
  cache.take([record(5)]);
  expect(contentsOf(cache.history(5, read).encoded())).toEqual([1, 2, 3, 4, 5].map((id) => `message ${id}`));
  expect(contentsOf(cache.history(3, read).encoded())).toEqual([1, 2, 3].map((id) => `message ${id}`));
});

test("PAGE-1 a history of which not even the newest message fits is not taken for an empty one", async () => {
  const store = new Store();
  store.records = [1, 2].map((id) => record(id));
  const cache = new HistoryCache(store, 20);
  const reading = cache.read(null);
  store.endReads();
  expect(contentsOf(cache.history(2, await reading).encoded())).toEqual([]);
  const newest: HistoryRequest = { limit: 1, before: null, after: null };
  expect(cache.needsRead(newest)).toBe(true);
  const page = cache.read(newest);
  store.endReads();
  const { messages, more } = cache.page(newest, 2, await page);
  expect([contentsOf(messages), more]).toEqual([["message 2"], true]);
});
