import { expect, test } from "bun:test";
import { existsSync, mkdirSync, statSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { JournalError } from "../../src/engine/local/journal.ts";
import { lockFile } from "../../src/engine/local/lock.ts";
import { withHistory } from "./journal-fixture.ts";

const HOLDER = join(import.meta.dir, "journal-lock-holder.ts");

/** Another process that asks for the lock; resolves when it has said what came of it. */
async function otherProcess(path: string) {
  const child = Bun.spawn([process.execPath, HOLDER, path], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "inherit",
  });
  const { value } = await child.stdout.getReader().read();
  return { said: new TextDecoder().decode(value).trim(), child };
}

function inUse(path: string): string {
  return `The history file ${path} is in use by another server.`;
}

function refusal(path: string): string {
  try {
    lockFile(path).release();
  } catch (error) {
    expect(error).toBeInstanceOf(JournalError);
    return error instanceof JournalError ? error.message : "";
  }
  throw new Error("The lock was given.");
}

test("while a process holds the lock no other gets it, and after kill -9 the next one does", async () => {
  await withHistory(async (path) => {
    const { said, child } = await otherProcess(path);
    expect(said).toBe("held");
    expect(refusal(path)).toBe(inUse(path));
    child.kill("SIGKILL");
    await child.exited;
    const lock = lockFile(path);
    expect((await otherProcess(path)).said).toBe(inUse(path));
    lock.release();
    const next = await otherProcess(path);
    expect(next.said).toBe("held");
    next.child.stdin.end();
    await next.child.exited;
  });
});

test("a process gets the lock only once", async () => {
  await withHistory(async (path) => {
    const first = lockFile(path);
    expect(refusal(path)).toBe(inUse(path));
    expect((await otherProcess(path)).said).toBe(inUse(path));
    first.release();
    const second = lockFile(path);
    // A second release of the first lock must not free the second.
    first.release();
    expect(refusal(path)).toBe(inUse(path));
    second.release();
  });
});

test("two names of one file share the lock, whether the file exists or not", async () => {
  await withHistory(async (path) => {
    const folder = dirname(path);
    symlinkSync("data.json", join(folder, "link.json"));
    mkdirSync(join(folder, "real"));
    symlinkSync("real", join(folder, "linked"));
    const first = lockFile(path);
    const second = lockFile(join(folder, "real", "x.json"));
    for (const name of [
      join(folder, "link.json"),
      join(folder, "linked", "x.json"),
      join(folder, "real/../data.json"),
    ]) {
      expect(refusal(name)).toBe(inUse(name));
    }
    first.release();
    second.release();
  });
});

test("the lock is an empty file, and says nothing about the history", async () => {
  await withHistory(async (path) => {
    const lock = lockFile(path);
    expect(statSync(`${path}.lock`).size).toBe(0);
    lock.release();
    expect(statSync(`${path}.lock`).size).toBe(0);
  });
});

test("a lock that cannot be created says why", async () => {
  await withHistory(async (path) => {
    const folder = join(dirname(path), "none");
    const inside = join(folder, "data.json");
    expect(refusal(inside)).toBe(
      `The history file ${inside} cannot be locked: the folder ${folder} does not exist.`,
    );
    mkdirSync(`${path}.lock`);
    expect(refusal(dirname(path))).toBe(`The history file ${dirname(path)} is a directory.`);
    expect(existsSync(`${dirname(path)}.lock`)).toBe(false);
    expect(refusal(path)).toBe(
      `The history file ${path} cannot be locked: ${path}.lock cannot be opened for writing.`,
    );
  });
});
