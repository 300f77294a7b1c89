/** Old messages are dropped from a history while people send, and the process is killed in the middle of it. */
import { expect, test } from "bun:test";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Journal } from "../../src/engine/local/journal.ts";
import { editRecord } from "../../src/engine/record.ts";
import type { Message } from "../../src/room/operation.ts";
import { Random } from "../support/random.ts";
import { SEED } from "../support/seed.ts";
import {
  historyText,
  message,
  messagesOf,
  QUICK,
  readHistory,
  toRecords,
  withHistory,
  withOpened,
} from "./journal-fixture.ts";

const { CHAT_ROUNDS = "15" } = process.env;
const KEPT = 20_000;
const RETENTION = { keepMs: null, keepMessages: KEPT, keepBytes: null, everyMs: 1 };
/** Long after all messages of these tests. */
const NOW = 2_000_000_000_000;
const BY = "-_abcdefghij0129";
const LONG = "x".repeat(4_000);

const messages = (from: number, to: number): Message[] =>
  Array.from({ length: to - from + 1 }, (_, at) => ({ ...message(from + at), digest: "-_abcdefghij0129" }));

/** Lets the room talk and drop, and kills it. @returns what was told: ids, and how long the messages were */
async function killed(
  path: string,
  afterMs: number,
  flags: readonly string[],
): Promise<[id: number, length: number][]> {
  const command = [process.execPath, ...flags, join(import.meta.dir, "prune-writer.ts"), path, String(KEPT)];
  const child = Bun.spawn(command, { stdout: "pipe", stderr: "inherit" });
  let output = "";
  for await (const bytes of child.stdout) {
    if (output === "") setTimeout(() => child.kill("SIGKILL"), afterMs);
    output += Buffer.from(bytes).toString();
  }
  await child.exited;
  expect(child.signalCode).toBe("SIGKILL");
  // What was not told whole was not told.
  return output
    .split("\n")
    .slice(0, -1)
    .map((line) => [Number(line.split(" ")[0]), Number(line.split(" ")[1])]);
}

/** How the file is written anew: what the writer is run with. */
const ways: [way: string, flags: string[]][] = [
  ["drops what is old", []],
  ["drops what is old in the file's own place", [`--preload=${join(import.meta.dir, "unreplaceable.ts")}`]],
];

test.each(ways)(
  `DUR-2 PAGE-5 killed while it %s, a room keeps all that is to be kept: seed ${SEED}`,
  async (_way, flags) => {
    await withHistory(async (path) => {
      const random = new Random(SEED);
      writeFileSync(path, historyText(messages(1, 2 * KEPT)));
      let told = 2 * KEPT;
      let inTheMiddle = 0;
      for (let round = 0; round < Number(CHAT_ROUNDS); round++) {
        const lines = await killed(path, random.integer(0, 120), flags);
        if (existsSync(`${path}.pruned`) || existsSync(`${path}.replacing`)) inTheMiddle++;
        const journal = await Journal.open(path, QUICK);
        const stored = await messagesOf(journal);
        await journal.close();
        const first = stored[0]?.id ?? 0;
        expect(stored.map(({ id }) => id)).toEqual(stored.map((_, at) => first + at));
        expect(stored.length).toBeGreaterThanOrEqual(KEPT);
        expect(lines.map(([id]) => id)).toEqual(lines.map((_, at) => told + 1 + at));
        // A quick machine tells more than is to be kept.
        for (const [id, length] of lines) {
          if (id >= first) expect(stored[id - first]?.content.length).toBe(length);
        }
        // What was stored and not told before the end stays, too.
        told = first + stored.length - 1;
        expect(told).toBeGreaterThanOrEqual(lines.at(-1)?.[0] ?? 0);
        expect(first).toBeGreaterThan(1);
      }
      expect(inTheMiddle).toBeGreaterThan(0);
    });
  },
);

test("PAGE-5 appends and reads go on while a history is rewritten", async () => {
  await withHistory(async (path) => {
    const kept = (all: readonly Message[]) => all.slice(2 * KEPT - 3);
    await withOpened(path, historyText(messages(1, 2 * KEPT)), async (journal) => {
      const retention = { ...RETENTION, keepMessages: 3, keepBytes: null };
      const said = messages(2 * KEPT + 1, 2 * KEPT + 300);
      let next = 0;
      const talk = async () => {
        for (const until = next + 100; next < until; next++) {
          await journal.append(toRecords(said.slice(next, next + 1)));
          expect((await journal.message(said[next]?.id ?? 0))?.message).toEqual(said[next]);
        }
      };
      let talking = Promise.resolve();
      const reader = journal.keyedSince(0);
      const pruning = journal.prune(retention, NOW, async (end) => {
        await talking;
        expect((await reader.next()).value).toMatchObject({ id: 1 });
        await end();
        await talk();
      });
      talking = talk();
      expect(await pruning).toBe(2 * KEPT - 3);
      // Who began to read before has what was there then.
      const read = (await Array.fromAsync(reader)).map(({ id }) => id);
      expect(read).toEqual(messages(2, 2 * KEPT + 100).map(({ id }) => id));
      await talk();
      const all = kept([...messages(1, 2 * KEPT), ...said]);
      expect(await messagesOf(journal)).toEqual(all);
      expect(readHistory(path)).toEqual(all);
      for (const count of [1, 64, 100, 200]) {
        const below = await journal.below(all[250]?.id ?? 0, count);
        expect(below.map((record) => record.message)).toEqual(all.slice(250 - count, 250));
      }
      expect([journal.firstId, journal.count]).toEqual([2 * KEPT - 2, all.length]);
    });
  });
});

test(`PAGE-5 repeated pruning, of any number of messages, leaves the remaining ones intact: seed ${SEED}`, async () => {
  await withHistory(async (path) => {
    const random = new Random(SEED);
    await withOpened(path, historyText(messages(1, 500)), async (journal) => {
      let all = messages(1, 500);
      for (let round = 0; round < 60; round++) {
        const keepMessages = Math.max(1, all.length - random.integer(0, 150));
        await journal.prune({ ...RETENTION, keepMessages }, NOW, (end) => end());
        all = all.slice(-keepMessages);
        const more = messages(journal.lastId + 1, journal.lastId + random.integer(0, 150));
        await journal.append(toRecords(more));
        all.push(...more);
        const at = random.integer(0, all.length - 1);
        expect((await journal.message(all[at]?.id ?? 0))?.message).toEqual(all[at]);
        const below = await journal.below(all[at]?.id ?? 0, 70);
        expect(below.map((record) => record.message)).toEqual(all.slice(Math.max(0, at - 70), at));
        expect([journal.firstId, journal.lastId, journal.count]).toEqual([
          all[0]?.id ?? 0,
          all.at(-1)?.id ?? 0,
          all.length,
        ]);
        const budget = random.integer(0, 20_000);
        const tail = (await journal.tail(budget)).map(({ text }) => text);
        const reopened = await Journal.open(path, QUICK);
        expect((await reopened.tail(budget)).map(({ text }) => text)).toEqual(tail);
        await reopened.close();
      }
      expect(await messagesOf(journal)).toEqual(all);
    });
  });
});

test("PAGE-5 a history that cannot be rewritten stays as it is, and goes on", async () => {
  await withHistory(async (path) => {
    await withOpened(path, historyText(messages(1, 100)), async (journal) => {
      const prune = () =>
        journal.prune({ ...RETENTION, keepMessages: 10, keepBytes: null }, NOW, (end) => end());
      mkdirSync(`${path}.pruned`);
      const failing = expect(prune()).rejects.toThrow(/EISDIR|EEXIST/);
      await journal.append(toRecords(messages(101, 101)));
      await failing;
      expect(await messagesOf(journal)).toEqual(messages(1, 101));
      rmSync(`${path}.pruned`, { recursive: true });
      expect(await prune()).toBe(91);
      expect(readHistory(path)).toEqual(messages(92, 101));
    });
  });
});

test("a journal that is closed while it is pruned stays whole, and leaves nothing beside it", async () => {
  await withHistory(async (path) => {
    await withOpened(path, historyText(messages(1, KEPT)), async (journal) => {
      const pruning = journal.prune({ ...RETENTION, keepMessages: KEPT - 1, keepBytes: null }, NOW, (end) =>
        end(),
      );
      await Bun.sleep(1);
      await journal.close();
      expect(await pruning).toBe(0);
      expect(existsSync(`${path}.pruned`)).toBe(false);
      expect(readHistory(path)).toEqual(messages(1, KEPT));
    });
  });
});

test("PAGE-5 the lines of changes count towards the size of a history, and those before the first message that is kept are dropped", async () => {
  await withHistory(async (path) => {
    await withOpened(path, historyText(messages(1, 10)), async (journal) => {
      const keepBytes = 100_000;
      const retention = { keepMs: null, keepMessages: null, keepBytes, everyMs: 1 };
      let id = 10;
      // Each message is edited behind the newest one.
      for (let round = 0; round < 10; round++)
        for (let of = 1; of <= 10; of++)
          await journal.append([
            editRecord({ kind: "edited", connection: "", id: ++id, time: id, of, by: BY, content: LONG }),
          ]);
      const { size } = journal;
      expect(size).toBeGreaterThan(4 * keepBytes);
      // All changes are behind the newest message, which stays.
      expect(await journal.prune(retention, NOW, (end) => end())).toBe(9);
      expect((await messagesOf(journal)).map((each) => each.id)).toEqual([10]);
      expect(journal.historyOf(10).edits).toBe(10);
      await journal.append(toRecords(messages(id + 1, id + 1)));
      expect(await journal.prune(retention, NOW, (end) => end())).toBe(1);
      expect(journal.size).toBeLessThan(1_000);
      expect((await messagesOf(journal)).map((each) => each.id)).toEqual([id + 1]);
    });
  });
});
