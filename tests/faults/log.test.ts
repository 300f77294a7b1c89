/** A log that cannot be written: the disk is full, nobody reads, the reader is gone. The chat does not notice. */
import { expect, test } from "bun:test";
import {
  closeSync,
  constants,
  existsSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { Subprocess } from "bun";
import { ChatClient } from "../support/client.ts";
import { freePort } from "../support/port.ts";
import { COMMAND, environment, runCommand, TemporaryFolder } from "../support/server.ts";

/** More lines than a pipe and the server keep. */
const MANY = 1_500;
const LITTLE_MEMORY = ["--log-memory", "16KiB"];

/** A server of whose log nothing can be known: it is asked over HTTP whether it runs. */
class MuteServer implements AsyncDisposable {
  readonly #folder: TemporaryFolder;
  readonly #child: Subprocess;
  readonly port: number;

  private constructor(folder: TemporaryFolder, child: Subprocess, port: number) {
    this.#folder = folder;
    this.#child = child;
    this.port = port;
  }

  /** @param redirection of the shell, in which `$0` is the server's folder */
  static async start(redirection: string, flags: readonly string[], wrap: readonly string[] = []) {
    const folder = new TemporaryFolder();
    const port = await freePort();
    const dataFile = join(folder.path, "data.json");
    const command = [...COMMAND, "--port", String(port), "--data", dataFile, "--no-limits", ...flags];
    const child = Bun.spawn([...wrap, "sh", "-c", redirection, folder.path, ...command], {
      env: environment(),
      stdin: "ignore",
      stdout: "ignore",
      stderr: "ignore",
    });
    const server = new MuteServer(folder, child, port);
    while ((await server.#get("/healthz")) === null) await Bun.sleep(20);
    return server;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}/`;
  }

  get pid(): number {
    return this.#child.pid;
  }

  get folder(): string {
    return this.#folder.path;
  }

  async health(): Promise<string | null> {
    return await this.#get("/healthz");
  }

  /** Lines of the log that were lost so far. */
  async lost(): Promise<number> {
    return Number(/^chatbox_log_lost_total (\d+)$/m.exec((await this.#get("/metrics")) ?? "")?.[1]);
  }

  async stop(): Promise<number> {
    this.#child.kill("SIGTERM");
    return await this.#child.exited;
  }

  async #get(path: string): Promise<string | null> {
    const response = await fetch(`http://127.0.0.1:${this.port}${path}`).catch(() => null);
    return response === null ? null : await response.text();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
    this.#folder[Symbol.dispose]();
  }
}

/** Says so many things, each of which is acknowledged. */
async function talk(server: MuteServer, count: number): Promise<void> {
  using client = await ChatClient.registered(server.url, "An");
  for (let i = 0; i < count; i++) client.send({ type: "send", content: `${i}` });
  for (let i = 0; i < count; i++) expect(await client.next()).toMatchObject({ type: "send", status: true });
  await client.close();
}

/** A fifo in which this process holds both ends, so that nobody need read for it to be open. */
class Fifo implements Disposable {
  readonly #folder = new TemporaryFolder();
  readonly path = join(this.#folder.path, "log");
  readonly #fd: number;
  #isOpen = true;

  constructor() {
    expect(Bun.spawnSync(["mkfifo", this.path]).exitCode).toBe(0);
    this.#fd = openSync(this.path, constants.O_RDWR | constants.O_NONBLOCK);
  }

  /** What is in it at this moment. */
  read(): string {
    const buffer = Buffer.alloc(1024 * 1024);
    let text = "";
    for (;;) {
      try {
        text += buffer.toString("utf8", 0, readSync(this.#fd, buffer));
      } catch {
        return text;
      }
    }
  }

  /** Reads until `done` says that it is enough. */
  async readUntil(done: (text: string) => boolean): Promise<string> {
    let text = "";
    while (!done(text)) {
      await Bun.sleep(10);
      text += this.read();
    }
    return text;
  }

  closeReader(): void {
    if (this.#isOpen) closeSync(this.#fd);
    this.#isOpen = false;
  }

  [Symbol.dispose](): void {
    this.closeReader();
    this.#folder[Symbol.dispose]();
  }
}

/** The lines of a log, each of which must be whole. */
function linesOf(log: string): Record<string, unknown>[] {
  return log
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

/** What the log says is lost, over all lines that say so. */
function lostIn(lines: readonly Record<string, unknown>[]): number {
  return lines.reduce((sum, line) => sum + (line.event === "log" ? Number(line.lost) : 0), 0);
}

for (const format of ["json", "pretty"]) {
  const flags = ["--log-format", format, ...LITTLE_MEMORY];

  test.skipIf(!existsSync("/dev/full"))(
    `with a ${format} log on a full disk everything is said and the server ends in order`,
    async () => {
      await using server = await MuteServer.start('exec "$@" > /dev/full', flags);
      await talk(server, MANY);
      expect(await server.health()).toBe('{"status":"ok"}');
      expect(await server.lost()).toBeGreaterThan(0);
      expect(await server.stop()).toBe(0);
    },
  );

  test(`with a ${format} log that nobody reads any more everything is said and the server ends in order`, async () => {
    using fifo = new Fifo();
    await using server = await MuteServer.start(`exec "$@" > ${fifo.path} 2>&1`, flags);
    await talk(server, MANY);
    expect(await server.health()).toBe('{"status":"ok"}');
    expect(await server.lost()).toBeGreaterThan(0);
    expect(await server.stop()).toBe(0);
  });

  test(`with a ${format} log whose reader is gone everything is said and the server ends in order`, async () => {
    using fifo = new Fifo();
    await using server = await MuteServer.start(`exec "$@" > ${fifo.path} 2>&1`, flags);
    fifo.closeReader();
    await talk(server, MANY);
    expect(await server.health()).toBe('{"status":"ok"}');
    expect(await server.stop()).toBe(0);
  });
}

test("a log whose reader comes back goes on with whole lines, and says how many were lost", async () => {
  using fifo = new Fifo();
  await using server = await MuteServer.start(`exec "$@" > ${fifo.path}`, [
    "--log-format",
    "json",
    ...LITTLE_MEMORY,
  ]);
  await talk(server, MANY);
  const lost = await server.lost();
  expect(lost).toBeGreaterThan(0);
  const before = await fifo.readUntil(
    (text) => lostIn(linesOf(text.slice(0, text.lastIndexOf("\n")) || "{}")) >= lost,
  );
  await talk(server, 3);
  expect(await server.stop()).toBe(0);
  const lines = linesOf(before + fifo.read());
  expect(lostIn(lines)).toBe(lost);
  expect(lines.filter(({ category }) => category === "send").slice(-3)).toMatchObject([
    { id: MANY + 1 },
    { id: MANY + 2 },
    { id: MANY + 3 },
  ]);
  expect(lines.at(-1)).toMatchObject({ event: "stopped", clean: true });
});

const OWN_MOUNTS = process.getuid?.() === 0 ? ["unshare", "-m"] : ["unshare", "-Urm"];
const MOUNT = 'mount -t tmpfs -o size=64k none "$0"';
const canMount =
  Bun.which("unshare") !== null && Bun.spawnSync([...OWN_MOUNTS, "sh", "-c", MOUNT, "/tmp"]).exitCode === 0;

test.skipIf(!canMount)("a log whose disk has room again goes on in the middle of the line", async () => {
  using data = new TemporaryFolder();
  const script = `${MOUNT} && exec "$@" > "$0/log"`;
  const dataFile = join(data.path, "data.json");
  await using server = await MuteServer.start(
    script,
    ["--log-format", "json", ...LITTLE_MEMORY, "--data", dataFile],
    OWN_MOUNTS,
  );
  const seen = `/proc/${server.pid}/root${server.folder}`;
  const log = () => Bun.file(join(seen, "log")).text();
  const ballast = join(seen, "ballast");
  const piece = Buffer.alloc(4096);
  expect(() => {
    for (;;) writeFileSync(ballast, piece, { flag: "a" });
  }).toThrow("ENOSPC");
  await talk(server, 200);
  expect(await server.health()).toBe('{"status":"ok"}');
  const lost = await server.lost();
  expect(lost).toBeGreaterThan(0);
  expect(readdirSync(dirname(ballast)).toSorted()).toEqual(["ballast", "log"]);
  rmSync(ballast);
  while (!(await log()).includes('"event":"log"')) await Bun.sleep(20);
  expect(lostIn(linesOf(await log()))).toBe(lost);
  expect(await server.stop()).toBe(0);
});

test("in a log for people everything of a client's is printable", async () => {
  using fifo = new Fifo();
  await using server = await MuteServer.start(`exec "$@" > ${fifo.path} 2>&1`, [
    "--log-format",
    "pretty",
    "--log-contents",
  ]);
  using client = await ChatClient.registered(server.url, "An");
  await client.say("a\u009bb\u0090c\u007fd\u202ee\u2028f\u001b]0;g\u0007\nh\u0085");
  const log = await fifo.readUntil((text) => text.includes('content: "a'));
  expect(log).toContain("a\\u009bb\\u0090c\\u007fd\\u202ee\\u2028f\\u001b]0;g\\u0007\\u000ah\\u0085");
  // The colours of the log's own words are not among it: standard output is no terminal.
  expect(log).not.toMatch(/[^\P{Cc}\n]|[\p{Zl}\p{Zp}\u202a-\u202e]/u);
});

test("the log says what was done to a history even if the server then cannot start", async () => {
  using folder = new TemporaryFolder();
  await using other = await MuteServer.start('exec "$@" > /dev/null', []);
  const dataFile = join(folder.path, "data.json");
  writeFileSync(dataFile, '[{"name":"An","content":"hello","timestamp":"T"}]');
  const { exitCode, stdout, stderr } = await runCommand(["--port", String(other.port), "--data", dataFile]);
  expect(exitCode).toBe(1);
  expect(stderr).toContain("already in use");
  expect(stdout).toContain("the original is kept as");
});
