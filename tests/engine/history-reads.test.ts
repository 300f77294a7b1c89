/** Which operations wait while history is read beside a room's queue, and in what order they come back. */
import { expect, test } from "bun:test";
import type { HistoryCache, HistoryRead } from "../../src/engine/history-cache.ts";
import { HistoryReads } from "../../src/engine/history-reads.ts";
import type { Operation } from "../../src/room/operation.ts";

const PAGE = { limit: 1, before: 2, after: null };

/** A room in which nothing is in memory: every operation that shows history needs a read, which ends when it is let. */
class Reads {
  readonly #ends: ((read: HistoryRead) => void)[] = [];
  readonly cache: Pick<HistoryCache, "needsRead" | "read"> = {
    needsRead: (_, read) => read === undefined,
    read: () => new Promise((resolve) => this.#ends.push(resolve)),
  };
  /** What has come back, for the next batch. */
  gathering: Operation[] = [];
  readonly decided: Operation[] = [];
  readonly reads = new HistoryReads({
    cache: () => this.cache as HistoryCache,
    mayShow: () => true,
    putBack: (operations) => this.gathering.unshift(...operations),
    failed: () => undefined,
  });

  /** Lets the read that runs end. */
  async end(): Promise<void> {
    this.#ends.shift()?.({ records: [], upTo: 0, asOf: 0, isWhole: true });
    await Bun.sleep(0);
  }

  /** Decides what gathers. */
  decide(batch = this.gathering.splice(0)): void {
    const ready = this.reads.admit(batch);
    this.decided.push(...ready);
    this.reads.done(ready);
  }

  /** Ends reads and decides until nothing waits; for so long, at most. */
  async finish(turns = 20): Promise<readonly Operation[]> {
    for (let turn = 0; turn < turns && this.reads.isBusy; turn++) {
      await this.end();
      this.decide();
    }
    return this.decided;
  }
}

const get = (ref?: number): Operation => {
  return { kind: "request", connection: "a", request: { kind: "get", page: PAGE }, size: 1, ref };
};
const send = (content: string): Operation => {
  return {
    kind: "request",
    connection: "a",
    request: { kind: "send", content, key: null, reply: null },
    size: 1,
  };
};

test("REQ-7 an operation whose batch is being prepared when a read ends still waits behind the get before it", async () => {
  const room = new Reads();
  const [asked, later, last] = [get(), send("later"), send("last")];
  room.decide([asked]);
  // Taken for the next batch, and not decided yet, when the read ends.
  const prepared = [later];
  await room.end();
  room.decide(prepared);
  expect(room.decided).toEqual([]);
  room.gathering.push(last);
  room.decide();
  expect(room.decided).toEqual([asked, later, last]);
  expect(room.reads.isBusy).toBe(false);
});

test("REQ-7 REF-3 pages with a ref do not wait behind a later get without one, so that all are answered", async () => {
  const room = new Reads();
  const pages = [1, 2, 3, 4, 5, 6].map(get);
  const [whole, later] = [get(), send("later")];
  room.decide([...pages, whole, later]);
  expect(await room.finish()).toEqual([...pages, whole, later]);
  expect(room.reads.isBusy).toBe(false);
});

test("REQ-7 LIM-7 a connection that is ended has its replies first, also those that later ones may overtake", async () => {
  const room = new Reads();
  const pages = [1, 2].map(get);
  const later = send("later");
  const end: Operation = { kind: "end", connection: "a" };
  const other: Operation = { kind: "end", connection: "b" };
  const leave: Operation = { kind: "leave", connection: "a", resumable: false };
  room.decide([...pages, later, end, other]);
  expect(room.decided).toEqual([later, other]);
  room.decide([leave]);
  expect(await room.finish()).toEqual([later, other, ...pages, end, leave]);
});

test("an operation that must be read for again keeps what waits behind it, and one that is given up lets it go", async () => {
  const room = new Reads();
  const [asked, later] = [get(), send("later")];
  room.decide([asked, later]);
  await room.end();
  room.reads.forget();
  room.decide();
  expect(room.decided).toEqual([]);
  await room.end();
  expect(room.reads.abandon(room.gathering.splice(0))).toEqual([asked, later]);
  expect(room.reads.isBusy).toBe(false);
  const last = send("last");
  room.decide([last]);
  expect(room.decided).toEqual([last]);
});

test("a read that fails of a history that the room has left is no fault, and is done again", async () => {
  const faults: unknown[] = [];
  const gathering: Operation[] = [];
  const opened = { needsRead: () => true, read: () => Promise.reject(new Error("closed")) };
  let cache = opened;
  const reads = new HistoryReads({
    cache: () => cache as unknown as HistoryCache,
    mayShow: () => true,
    putBack: (operations) => gathering.push(...operations),
    failed: (error) => faults.push(error),
  });
  const asked = get();
  expect(reads.admit([asked])).toEqual([]);
  cache = { ...opened };
  await Bun.sleep(0);
  expect(faults).toEqual([]);
  expect(reads.admit(gathering.splice(0))).toEqual([]);
  await Bun.sleep(0);
  expect(faults).toHaveLength(1);
  expect(reads.admit(gathering)).toEqual([asked]);
});

test("GET-6 all that wait fail along with the read that fails, so that a store out of reach holds up nobody for long", async () => {
  let started = 0;
  const gathering: Operation[] = [];
  const cache = {
    needsRead: () => true,
    read: () => {
      started++;
      return Promise.reject(new Error("out of reach"));
    },
  };
  const reads = new HistoryReads({
    cache: () => cache as unknown as HistoryCache,
    mayShow: () => true,
    putBack: (operations) => gathering.push(...operations),
    failed: () => undefined,
  });
  const pages = [1, 2, 3, 4, 5, 6].map(get);
  expect(reads.admit(pages)).toEqual([]);
  await Bun.sleep(0);
  expect(reads.admit(gathering)).toEqual(pages);
  expect(started).toBe(1);
  expect(new Set(reads.resultsOf(pages).map((result) => result?.kind))).toEqual(new Set(["failed"]));
});

test("what leaves memory again and again before it is shown counts as unreadable in the end", async () => {
  const room = new Reads();
  const asked = get();
  room.decide([asked]);
  for (let turn = 0; turn < 3; turn++) {
    expect(room.decided).toEqual([]);
    await room.end();
    room.reads.forget();
    room.gathering.length = 0;
    const ready = room.reads.admit([asked]);
    if (turn < 2) expect(ready).toEqual([]);
    else expect([ready, room.reads.resultsOf([asked])]).toMatchObject([[asked], [{ kind: "failed" }]]);
  }
  expect(room.reads.isBusy).toBe(false);
});
