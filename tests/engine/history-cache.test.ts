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
    return this.#read(this.records.slice(this.records.length - within(this.records.toReversed(), budget, 0)));
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

/** The contents that a request could show if there were no limits, by all messages up to an id; those it begins with first. */
function candidates(request: HistoryRequest, all: readonly MessageRecord[], upTo: number): string[] {
  const known = all.filter(({ id }) => id <= upTo);
  const shown = (records: readonly MessageRecord[]) => records.map(({ message }) => message.content);
  if (request === null) return shown(known).reverse();
  const { before, after, time } = request;
  const place = known.find(({ id }) => id === after);
  const isForeign =
    after !== null && after > 0 && (after > upTo || (time !== undefined && place?.time !== time));
  if (after === null || isForeign)
    return shown(known.filter(({ id }) => id < (before ?? Infinity))).reverse();
  return shown(known.filter(({ id }) => id > after));
}

const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      act: fc.constant<"store">("store"),
      length: fc.oneof(fc.nat({ max: 300 }), fc.constant(BUDGET + 1)),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ act: fc.constantFrom(...(["take", "take", "trim", "answer", "drop"] as const)) }),
  },
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

/** A cache over a store, as in a room: messages are stored first and then taken in, and reads go on meanwhile. */
class Stage {
  readonly #store = new Store();
  readonly #budget: number;
  #cache: HistoryCache;
  /** Messages that are stored and not taken in yet; nothing is decided in between. */
  #stored: MessageRecord[] = [];
  #asked: { request: HistoryRequest; cache: HistoryCache; reading: Promise<HistoryRead> }[] = [];

  constructor(count: number, budget: number) {
    for (let id = 1; id <= count; id++) this.#store.records.push(record(id));
    this.#budget = budget;
    this.#cache = new HistoryCache(this.#store, budget);
  }

  store(length: number): void {
    const added = record(this.#store.lastId + 1, "x".repeat(length));
    this.#store.records.push(added);
    this.#stored.push(added);
  }

  take(): void {
    this.#cache.take(this.#stored.splice(0));
  }

  trim(): void {
    this.#cache.trim();
  }

  drop(): void {
    this.#cache = new HistoryCache(this.#store, this.#budget);
  }

  ask(request: HistoryRequest): void {
    const cache = this.#cache;
    if (cache.needsRead(request)) this.#asked.push({ request, cache, reading: cache.read(request) });
    else {
      this.take();
      if (!cache.needsRead(request)) check(cache, request, this.#store.records, undefined, this.#budget);
    }
  }

  /** Lets the reads end, and looks at what they show. */
  async answer(): Promise<void> {
    this.take();
    for (const { request, cache, reading } of this.#asked.splice(0)) {
      const first = await this.#ended(reading);
      // What was read for a cache that was dropped is of no use.
      let read = cache === this.#cache ? first : undefined;
      for (let attempt = 0; this.#cache.needsRead(request, read); attempt++) {
        expect(attempt).toBeLessThan(2);
        read = await this.#ended(this.#cache.read(request));
      }
      check(this.#cache, request, this.#store.records, read, this.#budget);
    }
  }

  /** A read for a position of another history has up to three parts. */
  async #ended(reading: Promise<HistoryRead>): Promise<HistoryRead> {
    for (let part = 0; part < 4; part++) {
      this.#store.endReads();
      await Bun.sleep(0);
    }
    return reading;
  }
}

test("GET-5 PAGE-1 PAGE-2 a request shows the right messages at any place in the order, whatever is stored while it is read", async () => {
  const steps = fc.array(step, { maxLength: 40, size: "max" });
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: 30 }), fc.constantFrom(...BUDGETS), steps, async (count, budget, acts) => {
      const stage = new Stage(count, budget);
      for (const each of acts) {
        if (each.act === "store") stage.store(each.length);
        else if (each.act === "ask") stage.ask(requestOf(each.kind, each.limit, each.at));
        else await stage[each.act]();
      }
      await stage.answer();
    }),
    { numRuns: 1000 },
  );
});

/** Looks at what a request shows at the newest place in the order. */
function check(
  cache: HistoryCache,
  request: HistoryRequest,
  all: readonly MessageRecord[],
  read: HistoryRead | undefined,
  budget: number,
): void {
  const upTo = all.at(-1)?.id ?? 0;
  const wanted = candidates(request, all, upTo);
  if (request === null) {
    const { bytes, encoded } = cache.history(upTo, read);
    const shown = contentsOf(encoded());
    const most = within(all.toReversed(), budget, 0);
    expect(shown).toEqual(wanted.slice(0, most).reverse());
    expect(bytes).toBe(shown.length === 0 ? 0 : encoded().length + 1);
    expect(bytes).toBeLessThanOrEqual(budget);
    return;
  }
  const { messages, more, reset } = cache.page(request, upTo, read);
  const isForward = request.after !== null && !reset;
  const inOrder = contentsOf(messages);
  const shown = isForward ? inOrder : inOrder.reverse();
  // A page may be shorter where its messages are long, but has one at least, and leaves nothing out.
  expect(shown).toEqual(wanted.slice(0, shown.length));
  expect(shown.length).toBeGreaterThanOrEqual(Math.min(1, wanted.length));
  expect(shown.length).toBeLessThanOrEqual(request.limit);
  expect(more).toBe(shown.length < wanted.length);
}

test("ORD-5 messages that another server stores while a history is being read are in that history, once", async () => {
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
