import { afterEach, expect, spyOn, test } from "bun:test";
import fs, {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Journal, type JournalOptions } from "../../src/engine/local/journal.ts";
import type { Message } from "../../src/room/operation.ts";
import {
  awkwardMessages,
  historyText,
  message,
  messagesOf,
  QUICK,
  toRecords,
  withHistory,
  withOpened,
} from "./journal-fixture.ts";

const DURABLE: JournalOptions = { ...QUICK, fsync: "always" };
const BATCHED: JournalOptions = { ...QUICK, fsync: "batch" };
const LATE: JournalOptions = { ...QUICK, create: false };

/** What every file handle does its work with, so that a test can watch the disk and make it fail. */
const disk: FileHandle = await open("/dev/null").then(async (handle) => {
  await handle.close();
  return Object.getPrototypeOf(handle);
});
const spies: { mockRestore(): void }[] = [];

afterEach(() => {
  for (const spy of spies.splice(0)) spy.mockRestore();
});

function watch<Operation extends "write" | "truncate" | "datasync">(operation: Operation) {
  const spy = spyOn(disk, operation);
  spies.push(spy);
  return spy;
}

function watchAppends() {
  const spy = spyOn(fs, "writeSync");
  spies.push(spy);
  return spy;
}

/** Makes the next calls of an operation fail as a broken disk does; `append` is the write of an append. */
function failNext(operation: "append" | "write" | "truncate" | "datasync", times = 1): void {
  const broken = () => Object.assign(new Error("broken"), { code: "EIO" });
  for (let time = 0; time < times; time++) {
    if (operation === "append") {
      watchAppends().mockImplementationOnce(() => {
        throw broken();
      });
    } else {
      watch(operation).mockImplementationOnce(() => Promise.reject(broken()));
    }
  }
}

function append(journal: Journal, ...messages: Message[]): Promise<void> {
  return journal.append(toRecords(messages));
}

/** What a promise is rejected with. */
function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

const BROKEN = { code: "EIO", message: "broken" };

test("a new file is an empty array, and grows by whole records", async () => {
  await withHistory(async (path) => {
    const journal = await Journal.open(path, QUICK);
    expect(readFileSync(path, "utf8")).toBe("[\n]\n");
    const messages = awkwardMessages(5);
    await append(journal, ...messages.slice(0, 1));
    expect(readFileSync(path, "utf8")).toBe(historyText(messages.slice(0, 1)));
    await append(journal);
    await append(journal, ...messages.slice(1));
    expect(readFileSync(path, "utf8")).toBe(historyText(messages));
    expect([journal.count, journal.lastId, journal.path]).toEqual([5, 13, path]);
    await journal.close();
  });
});

test("an append writes the new records and the bracket, and nothing else", async () => {
  await withHistory(async (path) => {
    const messages = awkwardMessages(500);
    const before = historyText(messages.slice(0, 499));
    await withOpened(path, before, async (journal) => {
      const write = watchAppends();
      await append(journal, ...messages.slice(499));
      const added = Buffer.from(historyText(messages)).subarray(Buffer.byteLength(before) - "\n]\n".length);
      expect(write.mock.calls.map(([, bytes]) => String(bytes))).toEqual([added.toString()]);
    });
  });
});

test("a short write is carried on", async () => {
  await withHistory(async (path) => {
    const journal = await Journal.open(path, QUICK);
    const { writeSync } = fs;
    watchAppends().mockImplementation((...[fd, bytes, from, length, at]: unknown[]) =>
      Reflect.apply(writeSync, fs, [fd, bytes, from, Math.min(Number(length), 7), at]),
    );
    await append(journal, ...awkwardMessages(40));
    expect(readFileSync(path, "utf8")).toBe(historyText(awkwardMessages(40)));
    await journal.close();
  });
});

test("overlapping appends, ids that do not grow, and appends after close are refused", async () => {
  await withHistory(async (path) => {
    const journal = await Journal.open(path, QUICK);
    const first = append(journal, message(1));
    expect(String(await failure(append(journal, message(2))))).toContain("overlap");
    await first;
    expect(String(await failure(append(journal, message(1))))).toContain("does not follow");
    expect(String(await failure(append(journal, message(2), message(2))))).toContain("does not follow");
    await append(journal, message(3));
    await journal.close();
    await journal.close();
    expect(String(await failure(append(journal, message(4))))).toContain("closed");
    expect(readFileSync(path, "utf8")).toBe(historyText([message(1), message(3)]));
  });
});

test("close waits for the append that is running", async () => {
  await withHistory(async (path) => {
    const journal = await Journal.open(path, DURABLE);
    const called = Promise.withResolvers<void>();
    const synced = Promise.withResolvers<void>();
    const datasync = watch("datasync").mockImplementationOnce(() => {
      called.resolve();
      return synced.promise;
    });
    const appended = append(journal, message(1));
    await called.promise;
    const closed = journal.close();
    await new Promise(setImmediate);
    expect(datasync.mock.calls.length).toBe(1);
    synced.resolve();
    await Promise.all([appended, closed]);
    expect(readFileSync(path, "utf8")).toBe(historyText([message(1)]));
  });
});

test("the history beside a running append is the one before it", async () => {
  await withHistory(async (path) => {
    const journal = await Journal.open(path, DURABLE);
    await append(journal, message(1));
    const appended = append(journal, message(2));
    expect(await messagesOf(journal)).toEqual([message(1)]);
    await appended;
    expect(await messagesOf(journal)).toEqual([message(1), message(2)]);
    await journal.close();
  });
});

test("the file of a room is made with its folders by the first append", async () => {
  await withHistory(async (path) => {
    const room = join(dirname(path), "data.rooms", "deep", "tea.json");
    const journal = await Journal.open(room, LATE);
    expect([journal.count, await journal.tail(100), readdirSync(dirname(path))]).toEqual([0, [], []]);
    await append(journal, message(1));
    expect(readFileSync(room, "utf8")).toBe(historyText([message(1)]));
    for (const folder of [dirname(room), dirname(dirname(room))]) {
      expect(statSync(folder).mode & 0o777).toBe(0o700);
    }
    await append(journal, message(2));
    expect(await messagesOf(journal)).toEqual([message(1), message(2)]);
    await journal.close();
  });
});

test("a room that nobody wrote in leaves no file", async () => {
  await withHistory(async (path) => {
    const journal = await Journal.open(path, LATE);
    await append(journal);
    await journal.close();
    expect(existsSync(path)).toBe(false);
  });
});

test("a room's file that cannot be made is made by the next append that can", async () => {
  await withHistory(async (path) => {
    const folder = join(dirname(path), "data.rooms");
    const room = join(folder, "tea.json");
    const journal = await Journal.open(room, LATE);
    writeFileSync(folder, "in the way");
    expect(await failure(append(journal, message(1)))).toMatchObject({ syscall: "mkdir" });
    rmSync(folder);
    failNext("write");
    expect(await failure(append(journal, message(1)))).toMatchObject(BROKEN);
    expect([readdirSync(folder), journal.count]).toEqual([[], 0]);
    await append(journal, message(1));
    expect(readFileSync(room, "utf8")).toBe(historyText([message(1)]));
    await journal.close();
  });
});

test("through a dangling link the file that it names is made", async () => {
  await withHistory(async (path) => {
    mkdirSync(join(dirname(path), "far"));
    symlinkSync("far/target.json", path);
    const journal = await Journal.open(path, QUICK);
    await append(journal, message(1));
    await journal.close();
    expect(readFileSync(join(dirname(path), "far", "target.json"), "utf8")).toBe(historyText([message(1)]));
  });
});

for (const operation of ["append", "datasync"] as const) {
  test(`after a failed ${operation} nothing of the batch is in the file, and the next append works`, async () => {
    await withHistory(async (path) => {
      const journal = await Journal.open(path, DURABLE);
      for (const before of [[], [message(1)]]) {
        await append(journal, ...before);
        failNext(operation);
        expect(await failure(append(journal, message(2), message(3)))).toMatchObject(BROKEN);
        expect(readFileSync(path, "utf8")).toBe(historyText(before));
        expect([journal.count, journal.lastId]).toEqual([before.length, before.length]);
      }
      await append(journal, message(4));
      expect(readFileSync(path, "utf8")).toBe(historyText([message(1), message(4)]));
      expect(await messagesOf(journal)).toEqual([message(1), message(4)]);
      await journal.close();
    });
  });
}

for (const operation of ["truncate", "datasync"] as const) {
  test(`a file that cannot be put in order because of ${operation} is put in order before the next append`, async () => {
    await withHistory(async (path) => {
      const journal = await Journal.open(path, DURABLE);
      await append(journal, message(1));
      // The append's own datasync fails, then what would put the file in order, then that once more.
      failNext("datasync", operation === "datasync" ? 3 : 1);
      if (operation === "truncate") failNext("truncate", 2);
      expect(await failure(append(journal, message(2)))).toMatchObject(BROKEN);
      expect(await failure(append(journal, message(2)))).toMatchObject(BROKEN);
      expect(await messagesOf(journal)).toEqual([message(1)]);
      await append(journal, message(3));
      expect(readFileSync(path, "utf8")).toBe(historyText([message(1), message(3)]));
      await journal.close();
    });
  });
}

test("a file that could not be put in order is put in order by close", async () => {
  await withHistory(async (path) => {
    const journal = await Journal.open(path, DURABLE);
    failNext("datasync");
    failNext("truncate");
    expect(await failure(append(journal, message(1)))).toMatchObject(BROKEN);
    await journal.close();
    expect(readFileSync(path, "utf8")).toBe("[\n]\n");
  });
});

test("fsync always: an append resolves after its datasync", async () => {
  await withHistory(async (path) => {
    const journal = await Journal.open(path, DURABLE);
    const called = Promise.withResolvers<void>();
    const synced = Promise.withResolvers<void>();
    watch("datasync").mockImplementationOnce(() => {
      called.resolve();
      return synced.promise;
    });
    let resolved = false;
    const appended = append(journal, message(1)).then(() => {
      resolved = true;
    });
    await called.promise;
    await new Promise(setImmediate);
    expect([resolved, journal.count]).toEqual([false, 0]);
    synced.resolve();
    await appended;
    expect([resolved, journal.count]).toEqual([true, 1]);
    await journal.close();
  });
});

test("fsync batch: appends resolve at once, and one datasync behind them covers them all", async () => {
  await withHistory(async (path) => {
    const journal = await Journal.open(path, BATCHED);
    const datasync = watch("datasync");
    const synced = new Promise<void>((resolve) => {
      datasync.mockImplementationOnce(async () => resolve());
    });
    await append(journal, message(1));
    await append(journal, message(2));
    expect(datasync.mock.calls.length).toBe(0);
    await synced;
    expect(datasync.mock.calls.length).toBe(1);
    await journal.close();
    expect(datasync.mock.calls.length).toBe(2);
  });
});

test("fsync batch: after a datasync that failed behind the appends no append is accepted until one works", async () => {
  await withHistory(async (path) => {
    const journal = await Journal.open(path, BATCHED);
    const failed = Promise.withResolvers<void>();
    const broken = async () => {
      failed.resolve();
      throw Object.assign(new Error("broken"), { code: "EIO" });
    };
    watch("datasync").mockImplementationOnce(broken).mockImplementationOnce(broken);
    await append(journal, message(1));
    await failed.promise;
    await new Promise(setImmediate);
    expect(await failure(append(journal, message(2)))).toMatchObject(BROKEN);
    expect(readFileSync(path, "utf8")).toBe(historyText([message(1)]));
    await append(journal, message(3));
    expect(readFileSync(path, "utf8")).toBe(historyText([message(1), message(3)]));
    await journal.close();
  });
});

test("fsync batch: a datasync that failed is tried again without an append", async () => {
  await withHistory(async (path) => {
    const journal = await Journal.open(path, BATCHED);
    const again = Promise.withResolvers<void>();
    watch("datasync")
      .mockImplementationOnce(() => Promise.reject(new Error("broken")))
      .mockImplementationOnce(async () => again.resolve());
    await append(journal, message(1));
    await again.promise;
    await journal.close();
  });
});

test("the next server makes durable what a killed one left in the file", async () => {
  await withHistory(async (path) => {
    const datasync = watch("datasync");
    for (const [options, syncs] of [
      [DURABLE, 1],
      [BATCHED, 1],
      [QUICK, 0],
    ] as const) {
      datasync.mockClear();
      writeFileSync(path, historyText([message(1)]));
      const journal = await Journal.open(path, options);
      expect(datasync.mock.calls.length).toBe(syncs);
      await journal.close();
    }
  });
});

test("fsync off: nothing is synced, not even at close", async () => {
  await withHistory(async (path) => {
    const journal = await Journal.open(path, QUICK);
    const datasync = watch("datasync");
    await append(journal, message(1));
    await journal.close();
    expect(datasync.mock.calls.length).toBe(0);
  });
});

test("a quick disk is soon synced on the spot, a slow one in the background, and a failure is reported either way", async () => {
  await withHistory(async (path) => {
    const journal = await Journal.open(path, DURABLE);
    let id = 0;
    const clock = spyOn(performance, "now");
    spies.push(clock);
    let now = 0;
    let syncMs = 0.1;
    // Each sync reads the clock before and after.
    clock.mockImplementation(() => {
      now += syncMs / 2;
      return now;
    });
    const inPlace = spyOn(fs, "fdatasyncSync");
    const behind = watch("datasync");
    spies.push(inPlace);
    for (let i = 0; i < 100; i++) await append(journal, message(++id));
    const quick = inPlace.mock.calls.length;
    expect(quick).toBeGreaterThan(50);
    expect(quick + behind.mock.calls.length).toBe(100);
    inPlace.mockImplementationOnce(() => {
      throw Object.assign(new Error("broken"), { code: "EIO" });
    });
    expect(await failure(append(journal, message(id + 1)))).toMatchObject(BROKEN);
    expect(readFileSync(path, "utf8")).toBe(
      historyText(Array.from({ length: id }, (_, i) => message(i + 1))),
    );
    syncMs = 50;
    await append(journal, message(++id));
    inPlace.mockClear();
    for (let i = 0; i < 10; i++) await append(journal, message(++id));
    expect(inPlace.mock.calls.length).toBe(0);
    await journal.close();
  });
});
