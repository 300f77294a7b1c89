import { expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileStorage } from "../../src/node/file-storage.ts";
import { TemporaryFolder } from "../support/server.ts";

const SOURCE = join(import.meta.dir, "../../src/node/file-storage.ts");

/** A process of its own that runs a program with `storage` in it. */
function start(path: string, program: string) {
  const head = `import { fileStorage } from ${JSON.stringify(SOURCE)}; const storage = fileStorage(${JSON.stringify(path)});`;
  return Bun.spawn([process.execPath, "-e", `${head} ${program}`], { stdout: "pipe", stderr: "pipe" });
}

const HOLD = 'console.log("has it"); setInterval(() => {}, 1000);';
const words = (stream: ReadableStream) => new Response(stream).text();

test("what a file keeps is there in the next process, and only the owner can read the file", async () => {
  using folder = new TemporaryFolder();
  const path = join(folder.path, "bot.json");
  writeFileSync(path, "{}", { mode: 0o644 });
  const first = start(path, 'storage.setItem("a", "1"); storage.setItem("b", "2"); storage.removeItem("a");');
  expect(await first.exited).toBe(0);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(existsSync(`${path}.lock`)).toBe(false);
  const second = start(path, 'console.log(storage.getItem("a"), storage.getItem("b"));');
  expect(await words(second.stdout)).toBe("null 2\n");
});

test("only one process can use a file at a time, the next one gets an error, and a killed one holds nothing", async () => {
  using folder = new TemporaryFolder();
  const path = join(folder.path, "bot.json");
  const first = start(path, HOLD);
  await first.stdout.getReader().read();
  const second = start(path, "");
  expect(await second.exited).toBe(1);
  expect(await words(second.stderr)).toContain(
    `The storage ${path} cannot be opened: process ${first.pid} is using it. If that is another program, remove ${path}.lock.`,
  );
  first.kill("SIGKILL");
  await first.exited;
  expect(existsSync(`${path}.lock`)).toBe(true);
  expect(await start(path, "").exited).toBe(0);
});

test("one of several processes that want the file of a killed one gets it", async () => {
  using folder = new TemporaryFolder();
  const path = join(folder.path, "bot.json");
  writeFileSync(`${path}.lock`, "999999999 1");
  const many = Array.from({ length: 6 }, () => start(path, HOLD));
  const first = await Promise.race(
    many.map(async (each) => {
      // Those that are refused say nothing.
      const { done } = await each.stdout.getReader().read();
      return done ? new Promise<typeof each>(() => {}) : each;
    }),
  );
  for (const each of many) if (each !== first) expect(await each.exited).toBe(1);
  first.kill("SIGKILL");
  await first.exited;
});

test("a process that was killed while it took a lock over is in nobody's way", async () => {
  using folder = new TemporaryFolder();
  const path = join(folder.path, "bot.json");
  for (const name of ["lock", "lock.next", "lock.next.next"]) writeFileSync(`${path}.${name}`, "999999999 1");
  const first = start(path, HOLD);
  await first.stdout.getReader().read();
  expect(await start(path, "").exited).toBe(1);
  expect(readdirSync(folder.path).sort()).toEqual(["bot.json", "bot.json.lock"]);
  first.kill("SIGKILL");
  await first.exited;
});

test.each([
  // The number of a process that is used again, as in a container.
  ["of this process's number", `${process.pid} 1`],
  ["of nobody", "999999999 1"],
  ["of rubbish", "x"],
])("a lock %s is taken over", (_, text) => {
  using folder = new TemporaryFolder();
  const path = join(folder.path, "bot.json");
  writeFileSync(`${path}.lock`, text);
  if (process.platform === "linux") expect(fileStorage(path).getItem("a")).toBeNull();
});

test("two chats of a process share a file", () => {
  using folder = new TemporaryFolder();
  const path = join(folder.path, "bot.json");
  fileStorage(path).setItem("a", "1");
  expect(fileStorage(join(folder.path, ".", "bot.json")).getItem("a")).toBe("1");
});

test.each(["", "[]", "{", "5", "null"])(
  "a file with %p in it is left alone, and said to be no storage",
  (text) => {
    using folder = new TemporaryFolder();
    const path = join(folder.path, "notes.txt");
    writeFileSync(path, text);
    expect(() => fileStorage(path)).toThrow(
      "the file holds something else. Name another file, or move this one away.",
    );
    expect(readFileSync(path, "utf8")).toBe(text);
    expect(existsSync(`${path}.lock`)).toBe(false);
  },
);

test("a folder that is missing or not writable is an error at the start", () => {
  using folder = new TemporaryFolder();
  expect(() => fileStorage(join(folder.path, "no/bot.json"))).toThrow("ENOENT");
  mkdirSync(join(folder.path, "bot.json"));
  expect(() => fileStorage(join(folder.path, "bot.json"))).toThrow("EISDIR");
});

test("a link stays a link, and its target is written", () => {
  using folder = new TemporaryFolder();
  const file = join(folder.path, "file.json");
  writeFileSync(file, "{}");
  symlinkSync(file, join(folder.path, "link.json"));
  fileStorage(join(folder.path, "link.json")).setItem("a", "1");
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({ a: "1" });
});

test("a file that can no longer be written causes a warning, and keeps its contents", async () => {
  using folder = new TemporaryFolder();
  const path = join(folder.path, "bot.json");
  mkdirSync(`${path}.d`);
  const inside = join(`${path}.d`, "bot.json");
  const child = start(
    inside,
    `storage.setItem("a", "1"); (await import("node:fs")).renameSync(${JSON.stringify(`${path}.d`)}, ${JSON.stringify(`${path}.e`)});
     storage.setItem("a", "2"); console.log(storage.getItem("a"));`,
  );
  expect(await words(child.stdout)).toBe("2\n");
  expect(await words(child.stderr)).toContain(`${inside} could not be written: ENOENT`);
  expect(JSON.parse(readFileSync(join(`${path}.e`, "bot.json"), "utf8"))).toEqual({ a: "1" });
  chmodSync(`${path}.e`, 0o700);
});

test("the file stays whole on a file system that accepts only a part of a write", async () => {
  using folder = new TemporaryFolder();
  const path = join(folder.path, "bot.json");
  // A limit on the size of files is met as the end of a disk is: first a part is written, then nothing.
  const program = `process.on("SIGXFSZ", () => {}); storage.setItem("small", "1"); storage.setItem("large", "x".repeat(100_000));`;
  const head = `import { fileStorage } from ${JSON.stringify(SOURCE)}; const storage = fileStorage(${JSON.stringify(path)});`;
  const command = ["sh", "-c", 'ulimit -f 64; exec "$0" -e "$1"', process.execPath, head + program];
  const limited = Bun.spawn(command, { stdout: "pipe", stderr: "pipe" });
  expect(await words(limited.stderr)).toContain("could not be written");
  expect(await limited.exited).toBe(0);
  expect(readdirSync(folder.path)).toEqual(["bot.json"]);
  expect(JSON.parse(readFileSync(path, "utf8"))).toEqual({ small: "1" });
});
