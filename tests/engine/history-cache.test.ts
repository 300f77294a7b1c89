/** Pages and histories out of memory and the archive, whatever is stored meanwhile, against a model that has everything. */
import { expect, test } from "bun:test";
import type { Archive, EventPlace, EventRun } from "../../src/engine/archive.ts";
import { HistoryCache, type HistoryRead, type HistoryRequest } from "../../src/engine/history-cache.ts";
import type { Taken } from "../../src/engine/recent-changes.ts";
import { amended, MessageRecord } from "../../src/engine/record.ts";
import type { Page } from "../../src/protocol/page.ts";
import type { Reactions } from "../../src/room/state.ts";
import fc from "../support/chance.ts";

const BUDGET = 2_000;
/** The smallest has room for no message at all. */
const BUDGETS = [20, 200, BUDGET] as const;

function record(id: number, content = `message ${id}`): MessageRecord {
  return MessageRecord.of({ id, name: "An", content, timestamp: "T", time: 10 * id });
}

/** What takes in a message. */
function taken(...records: readonly MessageRecord[]): Taken[] {
  return records.map((each) => ({ place: { id: each.id, time: each.time, of: null }, record: each }));
}

/** A store in memory, whose reads see what was stored when they began and end when they are let. */
class Store implements Archive {
  readonly places: EventPlace[] = [];
  /** By id, as they are now. */
  readonly messages = new Map<number, MessageRecord>();
  emptiedTo = 0;
  averageBytes = 50;
  /** By the ids of the messages. */
  readonly #reactions = new Map<number, Reactions>();
  readonly #ends: (() => void)[] = [];

  constructor(...ids: readonly number[]) {
    for (const id of ids) this.add(record(id));
  }

  add(added: MessageRecord): Taken {
    const place = { id: added.id, time: added.time, of: null };
    this.places.push(place);
    this.messages.set(added.id, added);
    return { place, record: added };
  }

  /** @param change the new content, null to delete the message; or all reactions to it */
  change(of: number, change: string | null | Reactions): Taken {
    const id = this.lastEventId + 1;
    const place = { id, time: 10 * id, of };
    const before = this.messages.get(of) ?? record(of);
    const isEdit = typeof change === "string";
    if (change !== null && !isEdit) this.#reactions.set(of, change);
    const after = amended(before, {
      edit: isEdit ? { content: change, time: place.time } : null,
      isDeleted: change === null,
      reactions: this.#reactions.get(of) ?? [],
    });
    this.places.push(place);
    this.messages.set(of, after);
    return { place, record: after };
  }

  /** Oldest first. */
  get records(): MessageRecord[] {
    return [...this.messages.values()];
  }

  get firstId(): number {
    return this.records[0]?.id ?? 0;
  }

  get lastId(): number {
    return this.records.at(-1)?.id ?? 0;
  }

  get lastEventId(): number {
    return this.places.at(-1)?.id ?? 0;
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

  message(id: number): Promise<MessageRecord | undefined> {
    return Promise.resolve(this.messages.get(id));
  }

  firstSince(time: number): Promise<number | null> {
    return this.#read(this.records.find((each) => each.time >= time)?.id ?? null);
  }

  events(from: number, count: number, budget: number): Promise<EventRun> {
    const found = this.places.filter(({ id }) => id >= from).slice(0, count);
    const shown = found.map(({ id, of }) => this.messages.get(of ?? id) ?? record(id));
    const events = found.slice(0, within(shown, budget, 1));
    const messages = new Map(shown.slice(0, events.length).map((each) => [each.id, each]));
    return this.#read({ events, messages });
  }

  #read<T>(found: T): Promise<T> {
    const { promise, resolve } = Promise.withResolvers<T>();
    this.#ends.push(() => resolve(found));
    return promise;
  }
}

/** How many of the first records fit into a budget, and at least so many. */
function within(records: readonly MessageRecord[], budget: number, least: number): number {
  let bytes = 0;
  const excess = records.findIndex((each) => {
    bytes += each.isDeleted ? 0 : Buffer.byteLength(each.classic) + 1;
    return bytes > budget;
  });
  return excess < 0 ? records.length : Math.max(least, excess);
}

const contentsOf = (bytes: Uint8Array) =>
  (JSON.parse(`[${Buffer.from(bytes).toString()}]`) as { content: string }[]).map(({ content }) => content);

/** Whether a request names a place that the history does not have. */
function isForeign(request: HistoryRequest, places: readonly EventPlace[]): boolean {
  if (request === null || request.after === null || request.after === 0) return false;
  const { after, time } = request;
  const place = places.find(({ id }) => id === after);
  return after > (places.at(-1)?.id ?? 0) || (time !== undefined && place?.time !== time);
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
    weight: 3,
    arbitrary: fc.record({
      act: fc.constant<"change">("change"),
      which: fc.nat({ max: 50 }),
      length: fc.oneof(fc.nat({ max: 300 }), fc.constant(null)),
      isKnown: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      act: fc.constant<"react">("react"),
      which: fc.nat({ max: 50 }),
      people: fc.array(fc.constantFrom("An", "Zoë", "名前名前", "🐈‍⬛"), { maxLength: 6 }),
      isKnown: fc.boolean(),
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
      kind: fc.constantFrom("whole", "newest", "before", "after", "position", "foreign", "since"),
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
    case "since":
      return { limit, before: null, after: null, since: 10 * at - 5 };
    default:
      return { limit, before: null, after: null };
  }
}

/** A cache over a store, as in a room: messages are stored first and then taken in, and reads go on meanwhile. */
class Stage {
  readonly #store = new Store();
  readonly #budget: number;
  #cache: HistoryCache;
  /** What is stored and not taken in yet; nothing is decided in between. */
  #stored: Taken[] = [];
  #asked: { request: HistoryRequest; cache: HistoryCache; reading: Promise<HistoryRead> }[] = [];

  constructor(count: number, budget: number) {
    for (let id = 1; id <= count; id++) this.#store.add(record(id));
    this.#budget = budget;
    this.#cache = new HistoryCache(this.#store, budget);
  }

  store(length: number): void {
    this.#stored.push(this.#store.add(record(this.#store.lastEventId + 1, "x".repeat(length))));
  }

  /** @param isKnown whether the message is known as it was changed; another server's changes may not be */
  change(which: number, length: number | null, isKnown: boolean): void {
    const text = `${this.#store.lastEventId} ${"y".repeat(length ?? 0)}`;
    this.#change(which, length === null ? null : text, isKnown);
  }

  /** @param people the nicknames of all who react to the message then */
  react(which: number, people: readonly string[], isKnown: boolean): void {
    const reactions = people.map((name, at) => ({
      emoji: at % 2 === 0 ? "👍" : "😀",
      by: `person ${at}`,
      name,
    }));
    this.#change(which, reactions, isKnown);
  }

  #change(which: number, change: string | null | Reactions, isKnown: boolean): void {
    const messages = this.#store.records.filter(({ isDeleted }) => !isDeleted);
    const message = messages[which % Math.max(1, messages.length)];
    if (message === undefined) return;
    const { place, record: after } = this.#store.change(message.id, change);
    this.#stored.push({ place, record: isKnown ? after : null });
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
      if (!cache.needsRead(request)) check(cache, request, this.#store, undefined, this.#budget);
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
      check(this.#cache, request, this.#store, read, this.#budget);
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

test("GET-5 PAGE-1 PAGE-2 PAGE-7 PAGE-8 a request shows the right messages at any place in the order, whatever is stored while it is read", async () => {
  const steps = fc.array(step, { maxLength: 40, size: "max" });
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: 30 }), fc.constantFrom(...BUDGETS), steps, async (count, budget, acts) => {
      const stage = new Stage(count, budget);
      for (const each of acts) {
        if (each.act === "store") stage.store(each.length);
        else if (each.act === "change") stage.change(each.which, each.length, each.isKnown);
        else if (each.act === "react") stage.react(each.which, each.people, each.isKnown);
        else if (each.act === "ask") stage.ask(requestOf(each.kind, each.limit, each.at));
        else await stage[each.act]();
      }
      await stage.answer();
    }),
    { numRuns: 2000 },
  );
});

/** Looks at what a request shows at the newest place in the order: everything as it is now. */
function check(
  cache: HistoryCache,
  request: HistoryRequest,
  { places, records, messages: all }: Store,
  read: HistoryRead | undefined,
  budget: number,
): void {
  const upTo = places.at(-1)?.id ?? 0;
  if (request === null) {
    const { bytes, encoded } = cache.history(upTo, read);
    const shown = contentsOf(encoded());
    const most = within(records.toReversed(), budget, 0);
    const wanted = records
      .toReversed()
      .slice(0, most)
      .filter(({ isDeleted }) => !isDeleted);
    expect(shown).toEqual(wanted.map(({ message }) => message.content).reverse());
    expect(bytes).toBe(shown.length === 0 ? 0 : encoded().length + 1);
    expect(bytes).toBeLessThanOrEqual(budget);
    return;
  }
  const page = cache.page(request, upTo, read);
  expect(page.reset).toBe(isForeign(request, places));
  if (request.since !== undefined) {
    const { since } = request;
    const start = records.find(({ time }) => time >= since)?.id ?? upTo + 1;
    checkAfter(page, start - 1, request.limit, places, all);
    return;
  }
  if (request.after !== null && !page.reset) {
    checkAfter(page, request.after, request.limit, places, all);
    return;
  }
  const before = page.reset ? Number.POSITIVE_INFINITY : (request.before ?? Number.POSITIVE_INFINITY);
  const wanted = records.filter(({ id }) => id < before).reverse();
  const shown = shownIn(page.messages).reverse();
  // A page may be shorter where its messages are long, but has one at least, and leaves nothing out.
  expect(shown).toEqual(wanted.slice(0, shown.length).map((each) => each.shown));
  expect(shown.length).toBeGreaterThanOrEqual(Math.min(1, wanted.length));
  expect(shown.length).toBeLessThanOrEqual(request.limit);
  expect(page.more).toBe(shown.length < wanted.length);
}

/** Looks at a page that goes on after a place. */
function checkAfter(
  { messages, changed, cursor, more }: Page,
  after: number,
  limit: number,
  places: readonly EventPlace[],
  all: ReadonlyMap<number, MessageRecord>,
): void {
  const wanted = places.filter(({ id }) => id > after);
  const covered = wanted.filter(({ id }) => id <= (cursor?.id ?? 0));
  const viewOf = (id: number) => all.get(id)?.shown;
  expect(shownIn(messages)).toEqual(covered.filter(({ of }) => of === null).map(({ id }) => viewOf(id)));
  const targets = new Set(covered.flatMap(({ of }) => (of === null || of > after ? [] : [of])));
  expect(shownIn(Buffer.from(changed))).toEqual([...targets].map(viewOf));
  expect(covered.length).toBeGreaterThanOrEqual(Math.min(1, wanted.length));
  expect(covered.length).toBeLessThanOrEqual(limit);
  expect(cursor?.time).toBe(covered.at(-1)?.time);
  expect(more).toBe(covered.length < wanted.length);
}

/** Messages in a page, each as its text. */
function shownIn(bytes: Uint8Array): (string | undefined)[] {
  const list: unknown = JSON.parse(`[${Buffer.from(bytes).toString()}]`);
  return Array.isArray(list) ? list.map((each) => JSON.stringify(each)) : [];
}

test("ORD-5 messages that another server stores while a history is being read are in that history, once", async () => {
  const store = new Store(1, 2);
  const cache = new HistoryCache(store, BUDGET);
  const reading = cache.read(null);
  cache.take(taken(record(3)));
  store.endReads();
  cache.take(taken(record(4)));
  const read = await reading;
  cache.take(taken(record(5)));
  expect(contentsOf(cache.history(5, read).encoded())).toEqual([1, 2, 3, 4, 5].map((id) => `message ${id}`));
  expect(contentsOf(cache.history(3, read).encoded())).toEqual([1, 2, 3].map((id) => `message ${id}`));
});
