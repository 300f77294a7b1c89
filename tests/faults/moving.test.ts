/** Moves from files that cannot be read, and to files that cannot be written. */
import { expect } from "bun:test";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runCommand, TemporaryFolder } from "../support/server.ts";
import { fileTest } from "../support/store.ts";
import { historyText, message } from "./journal-fixture.ts";

const HISTORY = historyText([message(1), message(2)]);

function makeFifo(path: string): void {
  expect(Bun.spawnSync(["mkfifo", path]).exitCode).toBe(0);
}

for (const [what, make, sentence] of [
  [
    "a folder",
    (folder: string) => mkdirSync(join(folder, "copy.json")),
    "copy.json cannot be read: it is a directory.",
  ],
  [
    "a pipe",
    (folder: string) => makeFifo(join(folder, "copy.json")),
    "copy.json cannot be read: it is not a regular file.",
  ],
  ["nothing", () => {}, "copy.json."],
  [
    "a file whose rooms are a folder each",
    (folder: string) => {
      writeFileSync(join(folder, "copy.json"), HISTORY);
      mkdirSync(join(folder, "copy.rooms", "tea.json"), { recursive: true });
    },
    "tea.json cannot be read: it is a directory.",
  ],
  [
    "a file whose rooms are pipes",
    (folder: string) => {
      writeFileSync(join(folder, "copy.json"), HISTORY);
      mkdirSync(join(folder, "copy.rooms"));
      makeFifo(join(folder, "copy.rooms", "tea.json"));
    },
    "tea.json cannot be read: it is not a regular file.",
  ],
  [
    "a file whose rooms are no folder",
    (folder: string) => {
      writeFileSync(join(folder, "copy.json"), HISTORY);
      writeFileSync(join(folder, "copy.rooms"), "");
    },
    "copy.rooms cannot be read: a part of its path is not a folder.",
  ],
] as const) {
  fileTest(`an import of ${what} ends with one sentence`, async () => {
    using folder = new TemporaryFolder();
    make(folder.path);
    const copy = join(folder.path, "copy.json");
    const { exitCode, stderr } = await runCommand(["import", "--data", join(folder.path, "data.json"), copy]);
    expect(stderr.trimEnd().split("\n")).toEqual([expect.stringContaining(sentence)]);
    expect(stderr).toContain(folder.path);
    expect(exitCode).toBe(1);
  });
}

fileTest("an import or export without a file is a wrong command", async () => {
  for (const kind of ["import", "export"]) {
    const { exitCode, stderr } = await runCommand([kind]);
    expect([exitCode, stderr]).toEqual([2, "error: missing required argument 'file'\n"]);
  }
});

fileTest("an export to a folder or a pipe ends with one sentence", async () => {
  using folder = new TemporaryFolder();
  const dataFile = join(folder.path, "data.json");
  writeFileSync(dataFile, HISTORY);
  mkdirSync(join(folder.path, "folder.json"));
  makeFifo(join(folder.path, "pipe.json"));
  for (const [name, sentence] of [
    ["folder.json", "is a directory."],
    ["pipe.json", "is not a regular file."],
  ] as const) {
    const path = join(folder.path, name);
    const { exitCode, stderr } = await runCommand(["export", "--data", dataFile, path]);
    expect([exitCode, stderr]).toEqual([1, `The history file ${path} ${sentence}\n`]);
  }
  const { exitCode } = await runCommand(["export", "--data", dataFile, join(folder.path, "copy.json")]);
  expect(exitCode).toBe(0);
  expect(readFileSync(join(folder.path, "copy.json"), "utf8")).toBe(HISTORY);
  expect(existsSync(join(folder.path, "copy.rooms"))).toBe(false);
});

fileTest("a server whose lock is a pipe does not wait for its other end", async () => {
  using folder = new TemporaryFolder();
  const dataFile = join(folder.path, "data.json");
  makeFifo(`${dataFile}.lock`);
  const { exitCode, stderr } = await runCommand(["--port", "0", "--data", dataFile]);
  expect([exitCode, stderr]).toEqual([
    1,
    `The history file ${dataFile} cannot be locked: ${dataFile}.lock cannot be opened for writing.\n`,
  ]);
});
