import { expect, test } from "bun:test";
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { Message } from "../../src/room/operation.ts";
import { historyText, lineOf, message, withHistory } from "./journal-fixture.ts";

const WRITER = join(import.meta.dir, "journal-writer.ts");
/** 16 or 32 KiB, by what the shell counts in. */
const LIMIT_BLOCKS = 32;

/** A process with a journal that may not let its file grow past the limit: that disk is full for it. */
class LimitedWriter {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #exited: Promise<unknown[]>;
  readonly #answers: AsyncIterator<string, undefined>;
  readonly #path: string;
  readonly stored: Message[] = [];
  #lastId = 0;

  private constructor(path: string) {
    this.#path = path;
    const script = `ulimit -S -f ${LIMIT_BLOCKS} && exec "$@"`;
    this.#child = spawn("sh", ["-c", script, "sh", process.execPath, WRITER, path], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#exited = once(this.#child, "exit");
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  static async start(path: string): Promise<LimitedWriter> {
    const writer = new LimitedWriter(path);
    expect(await writer.#answer()).toBe("open");
    return writer;
  }

  /** Takes the limit away, as when an operator has made room. */
  makeRoom(): void {
    const command = ["prlimit", "--pid", String(this.#child.pid), "--fsize=unlimited"];
    expect(Bun.spawnSync(command).exitCode).toBe(0);
  }

  /** Appends a batch of `count` messages; afterwards the file holds what was acknowledged, and nothing else. */
  async append(count: number, contentLength: number): Promise<string> {
    const batch = Array.from({ length: count }, (_, at) =>
      message(this.#lastId + at + 1, "ấ".repeat(contentLength / 3)),
    );
    this.#child.stdin.write(`${JSON.stringify(batch.map(lineOf))}\n`);
    const answer = await this.#answer();
    if (answer === "stored") this.stored.push(...batch);
    this.#lastId += count;
    expect(readFileSync(this.#path, "utf8")).toBe(historyText(this.stored));
    return answer;
  }

  /** Appends until the limit is reached; how many batches were stored before. */
  async fill(count: number, contentLength: number): Promise<number> {
    for (let batches = 0; ; batches++) {
      const answer = await this.append(count, contentLength);
      if (answer === "stored") continue;
      expect(answer).toBe("EFBIG");
      return batches;
    }
  }

  /** Ends the process; it must have lived until now, and end in order. */
  async end(): Promise<void> {
    this.#child.stdin.end();
    expect(await this.#exited).toEqual([0, null]);
  }

  async #answer(): Promise<string> {
    const { value } = await this.#answers.next();
    return value ?? "the process ended";
  }
}

test("on a full disk appends fail whole, the file stays valid, and smaller ones that fit still work", async () => {
  await withHistory(async (path) => {
    const writer = await LimitedWriter.start(path);
    expect(await writer.fill(4, 1_200)).toBeGreaterThan(0);
    expect(await writer.fill(1, 300)).toBeGreaterThan(0);
    await writer.fill(1, 3);
    for (let time = 0; time < 5; time++) expect(await writer.append(2, 600)).toBe("EFBIG");
    await writer.end();
    expect(readFileSync(path, "utf8")).toBe(historyText(writer.stored));
  });
});

test.skipIf(Bun.which("prlimit") === null)(
  "when there is room again appends work without reopening",
  async () => {
    await withHistory(async (path) => {
      const writer = await LimitedWriter.start(path);
      await writer.fill(3, 900);
      writer.makeRoom();
      for (let time = 0; time < 10; time++) expect(await writer.append(10, 3_000)).toBe("stored");
      await writer.end();
    });
  },
);
