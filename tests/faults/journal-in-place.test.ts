/** A history file that can be written and not be replaced by another one, as where it is mounted by itself. */
import { afterAll, beforeAll, expect, spyOn, test } from "bun:test";
import { existsSync, linkSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { Journal, JournalError } from "../../src/engine/local/journal.ts";
import { prepareInPlace } from "../../src/engine/local/replace.ts";
import { ChatClient } from "../support/client.ts";
import { Random } from "../support/random.ts";
import { SEED } from "../support/seed.ts";
import { runCommand, startServer, TemporaryFolder } from "../support/server.ts";
import { fileTest } from "../support/store.ts";
import {
  besides,
  historyText,
  message,
  messagesOf,
  QUICK,
  readHistory,
  toRecords,
  withHistory,
  withOpened,
} from "./journal-fixture.ts";
import { setReplaceable } from "./unreplaceable.ts";

beforeAll(() => setReplaceable(false));
afterAll(() => setReplaceable(true));

const { CHAT_ROUNDS = "8" } = process.env;
/** Long after all messages of these tests. */
const NOW = 2_000_000_000_000;
const messages = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, at) => message(from + at));
const keep = (keepMessages: number) => ({ keepMs: null, keepMessages, keepBytes: null, everyMs: 1 });
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

test("a foreign file is taken in where it lies, once, and the original is kept once", async () => {
  await withHistory(async (path) => {
    // One that becomes shorter, and one that becomes longer.
    for (const text of [
      JSON.stringify(messages(1, 50), null, 9),
      '[{"name":"An","content":"x","timestamp":""}]',
    ]) {
      await withOpened(path, text, async (journal) => {
        const { ino } = statSync(path);
        const there = await messagesOf(journal);
        expect(readFileSync(path, "utf8")).toBe(historyText(there));
        expect(journal.notices).toEqual([
          expect.stringContaining("was rewritten"),
          expect.stringContaining("Mount its folder"),
        ]);
        await journal.append(toRecords([message(60)]));
        expect(readHistory(path)).toEqual([...there, message(60)]);
        expect(statSync(path).ino).toBe(ino);
      });
      expect(besides(path, "").some((each) => readFileSync(each, "utf8") === text)).toBe(true);
      const journal = await Journal.open(path, QUICK);
      expect(journal.notices).toEqual([]);
      await journal.close();
    }
    expect(besides(path, "")).toEqual([`${path}.bak`, `${path}.bak-2`]);
  });
});

test("PAGE-5 expired messages are dropped in place, and reads that are in progress return what was there", async () => {
  await withHistory(async (path) => {
    await withOpened(path, historyText(messages(1, 3000)), async (journal) => {
      const { ino } = statSync(path);
      for (let kept = 2000; kept > 0; kept -= 500) {
        const before = await messagesOf(journal);
        const reading = Array.fromAsync(journal.keyedSince(0)).then(() => messagesOf(journal));
        const pruning = journal.prune(keep(kept), NOW, (end) => end());
        expect([before, before.slice(-kept)]).toContainEqual(await reading);
        expect(await pruning).toBe(before.length - kept);
        const more = messages(journal.lastId + 1, journal.lastId + 3);
        await journal.append(toRecords(more));
        expect(readHistory(path)).toEqual([...before.slice(-kept), ...more]);
        expect(await messagesOf(journal)).toEqual([...before.slice(-kept), ...more]);
      }
      expect(statSync(path).ino).toBe(ino);
      expect(besides(path, "")).toEqual([]);
      expect(journal.notices).toEqual([expect.stringContaining("Mount its folder")]);
    });
  });
});

test(`wherever a crash stops the writing, the next start finishes it: seed ${SEED}`, async () => {
  const before = Buffer.from(historyText(messages(301, 390)));
  const random = new Random(SEED);
  for (const kept of [1, 30, 89, 200]) {
    const after = Buffer.from(historyText(messages(391 - kept, 390)));
    const longest = Math.max(before.length, after.length);
    for (let round = 0; round < 20; round++) {
      await withHistory(async (path) => {
        const torn = Buffer.alloc(longest, "\n");
        before.copy(torn);
        // The blocks that had reached the disk, in any order.
        for (let at = 0; at < after.length; at += 512) {
          if (random.integer(0, 2) > 0) after.copy(torn, at, at, at + 512);
        }
        torn.write("!");
        writeFileSync(path, torn);
        writeFileSync(`${path}.replacing`, after);
        const journal = await Journal.open(path, QUICK);
        expect(journal.notices).toEqual([expect.stringContaining("the file is complete now")]);
        await journal.close();
        expect(readFileSync(path)).toEqual(after);
        expect(besides(path, "")).toEqual([]);
      });
    }
  }
});

test(`DUR-2 a server that is killed while it takes in a foreign file leaves the original or the complete copy: seed ${SEED}`, async () => {
  const random = new Random(SEED);
  const foreign = JSON.stringify(messages(1, 5_000));
  const command = [
    process.execPath,
    `--preload=${join(import.meta.dir, "unreplaceable.ts")}`,
    join(import.meta.dir, "journal-writer.ts"),
  ];
  for (let round = 0; round < Number(CHAT_ROUNDS); round++) {
    await withHistory(async (path) => {
      writeFileSync(path, foreign);
      const child = Bun.spawn([...command, path], { stdin: "pipe", stdout: "ignore" });
      // What is written beside the file tells that it has begun.
      while (besides(path, "").length === 0 && child.exitCode === null) await Bun.sleep(1);
      await Bun.sleep(random.integer(0, 40));
      child.kill("SIGKILL");
      await child.exited;
      const journal = await Journal.open(path, QUICK);
      expect(await messagesOf(journal)).toEqual(messages(1, 5_000));
      await journal.close();
      expect(readFileSync(path, "utf8")).toBe(historyText(messages(1, 5_000)));
      expect(besides(path, "bak").some((each) => readFileSync(each, "utf8") === foreign)).toBe(true);
    });
  }
});

test("a crash before the first byte was written, or another file put there since, leaves the file as it is", async () => {
  await withHistory(async (path) => {
    writeFileSync(`${path}.replacing`, historyText(messages(5, 9)));
    // Room was made for what is longer.
    await withOpened(path, `${historyText(messages(1, 9))}${"\n".repeat(5000)}`, async (journal) => {
      expect(await messagesOf(journal)).toEqual(messages(1, 9));
      expect(journal.notices).toEqual([]);
      expect(besides(path, "")).toEqual([]);
    });
  });
});

test("an incomplete file without its copy is refused with a sentence and left as it is", async () => {
  await withHistory(async (path) => {
    const text = `!${historyText(messages(1, 9)).slice(1)}`;
    writeFileSync(path, text);
    const error = await failure(Journal.open(path, QUICK));
    expect(error).toBeInstanceOf(JournalError);
    expect(String(error)).toContain(`${path}.replacing`);
    expect(readFileSync(path, "utf8")).toBe(text);
  });
});

/** The prototype of all file handles, so that a test can make the disk fail. */
const disk: FileHandle = await open("/dev/null").then(async (handle) => {
  await handle.close();
  return Object.getPrototypeOf(handle);
});

test("a disk that fails in the middle costs nothing: reads go on, and the next append finishes it first", async () => {
  await withHistory(async (path) => {
    await withOpened(path, historyText(messages(1, 200)), async (journal) => {
      // The writing in place is the only thing here that shortens a file.
      const broken = Object.assign(new Error("broken"), { code: "EIO" });
      const spy = spyOn(disk, "truncate").mockRejectedValueOnce(broken).mockRejectedValueOnce(broken);
      try {
        expect(await failure(journal.prune(keep(10), NOW, (end) => end()))).toBe(broken);
        expect(await messagesOf(journal)).toEqual(messages(191, 200));
        expect(await failure(journal.append(toRecords([message(201)])))).toBe(broken);
        expect(journal.isInOrder).toBe(false);
        await journal.append(toRecords([message(201)]));
      } finally {
        spy.mockRestore();
      }
      expect(await messagesOf(journal)).toEqual(messages(191, 201));
      expect(readHistory(path)).toEqual(messages(191, 201));
      expect(besides(path, "")).toEqual([]);
    });
  });
});

test("a journal that is closed before the writing could be finished is finished by the next start", async () => {
  await withHistory(async (path) => {
    writeFileSync(path, historyText(messages(1, 200)));
    const first = await Journal.open(path, QUICK);
    const spy = spyOn(disk, "truncate").mockRejectedValueOnce(new Error("broken"));
    expect(await failure(first.prune(keep(10), NOW, (end) => end()))).toBeInstanceOf(Error);
    spy.mockRestore();
    await first.close();
    const second = await Journal.open(path, QUICK);
    expect(await messagesOf(second)).toEqual(messages(191, 200));
    await second.close();
    expect(readHistory(path)).toEqual(messages(191, 200));
  });
});

test("without room in the file, it stays as it was, and nothing is left beside it", async () => {
  await withHistory(async (path) => {
    const text = historyText(messages(1, 9));
    writeFileSync(path, text);
    writeFileSync(`${path}.draft`, historyText(messages(1, 5000)));
    await using file = await open(path, "r+");
    await using draft = await open(`${path}.draft`, "r");
    let written = 0;
    const spy = spyOn(file, "write").mockImplementation(() => {
      writeFileSync(path, "\n".repeat(100), { flag: "a" });
      const full = Object.assign(new Error("full"), { code: "ENOSPC" });
      return written++ > 0 ? Promise.reject(full) : Promise.resolve({ bytesWritten: 100, buffer: "" });
    });
    expect(await failure(prepareInPlace(draft, `${path}.draft`, file, path))).toMatchObject({
      code: "ENOSPC",
    });
    spy.mockRestore();
    expect(readFileSync(path, "utf8")).toBe(text);
    expect(besides(path, "")).toEqual([]);
  });
});

test("a file that cannot be taken in leaves no copy of the original at each start", async () => {
  await withHistory(async (path) => {
    writeFileSync(path, JSON.stringify(messages(1, 9)));
    for (let start = 0; start < 3; start++) {
      const spy = spyOn(disk, "truncate").mockImplementation(() => Promise.reject(new Error("broken")));
      expect(await failure(Journal.open(path, QUICK))).toBeInstanceOf(JournalError);
      spy.mockRestore();
    }
    expect(besides(path, "bak")).toHaveLength(1);
    const journal = await Journal.open(path, QUICK);
    expect(await messagesOf(journal)).toEqual(messages(1, 9));
    await journal.close();
    expect(besides(path, "")).toEqual([`${path}.bak`]);
  });
});

/** Whether this process may mount, in a name space of its own. */
const canMount =
  process.platform === "linux" &&
  Bun.spawnSync(["unshare", "-rm", "true"], { stdout: "ignore", stderr: "ignore" }).exitCode === 0;

/** Runs a command where a file of another folder is mounted as `dataFile`, and nothing else. */
function mounted(source: string): (command: readonly string[], dataFile: string) => string[] {
  const script = 'touch "$2" && mount --bind "$1" "$2" && shift 2 && exec "$@"';
  return (command, dataFile) => ["unshare", "-rm", "sh", "-c", script, "sh", source, dataFile, ...command];
}

(canMount ? fileTest : test.skip)(
  "a server with a single mounted file takes it in, drops what is old, and starts again and again",
  async () => {
    using folder = new TemporaryFolder();
    const source = join(folder.path, "host.json");
    writeFileSync(source, JSON.stringify(messages(1, 100)));
    linkSync(source, join(folder.path, "link.json"));
    await using server = await startServer(["--keep-messages", "40"], { wrap: mounted(source) });
    using client = await ChatClient.registered(server.url(), "An");
    await client.say("hello");
    for (let start = 0; start < 2; start++) await server.restart();
    await server.stop();
    expect(readHistory(source)).toMatchObject(
      [...messages(61, 100), { id: 101, content: "hello" }].slice(-40),
    );
    expect(readFileSync(join(folder.path, "link.json"))).toEqual(readFileSync(source));
    expect(besides(server.dataFile, "bak")).toEqual([`${server.dataFile}.bak`]);
    expect(existsSync(`${server.dataFile}.replacing`)).toBe(false);
    expect(server.lines.filter(({ text }) => text.includes("Mount its folder"))).not.toEqual([]);
    expect(server.lines.some(({ text }) => text.includes('"stack"'))).toBe(false);
  },
);

(canMount ? fileTest : test.skip)("a history is imported into a single mounted file", async () => {
  using folder = new TemporaryFolder();
  const source = join(folder.path, "host.json");
  const data = join(folder.path, "data.json");
  const other = join(folder.path, "other.json");
  writeFileSync(source, JSON.stringify(messages(1, 3)));
  writeFileSync(other, JSON.stringify(messages(1, 9)));
  const end = await runCommand(["import", other, "--data", data], { wrap: mounted(source), dataFile: data });
  expect(end).toMatchObject({ exitCode: 0, stderr: "" });
  expect(readHistory(source)).toEqual(messages(1, 9));
});
