/** What a release gives to people: one file that runs by itself. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmodSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Subprocess } from "bun";
import { executableHere, makeExecutable, prebuiltPage } from "../../scripts/executable.ts";
import { softwareBill } from "../../scripts/statements.ts";
import { TemporaryFolder } from "../support/server.ts";
import { contents, V3Client } from "../support/v3.ts";

const project = join(import.meta.dir, "../..");
const folder = new TemporaryFolder();
const executable = join(folder.path, "classic-chatbox");
/** Nobody in particular, if the tests run as root. */
const OWNER = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

beforeAll(async () => {
  await makeExecutable(executableHere(executable), await prebuiltPage());
  chmodSync(folder.path, 0o755);
});
afterAll(() => folder[Symbol.dispose]());

/** An empty folder in which anybody may write. */
function emptyFolder(name: string): string {
  const path = join(folder.path, name);
  mkdirSync(path);
  chmodSync(path, 0o777);
  return path;
}

interface Started {
  readonly port: number;
  readonly child: Subprocess<"ignore", "pipe", "inherit">;
}

/** Starts a server without any of the variables of this process. */
async function start(command: string[], cwd: string): Promise<Started> {
  const child = Bun.spawn([...command, "--port", "0", "--log-format", "json"], {
    cwd,
    env: {},
    ...OWNER,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  });
  let log = "";
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    log += chunk;
    const [, port] = /"event":"listening","port":(\d+)/.exec(log) ?? [];
    if (port !== undefined) return { port: Number(port), child };
  }
  throw new Error(`the server ended: ${log}`);
}

/** Runs a command of the executable, and resolves to what it printed. */
async function run(cwd: string, ...args: string[]): Promise<string> {
  const child = Bun.spawn([executable, ...args], { cwd, env: {}, ...OWNER, stdout: "pipe", stderr: "pipe" });
  const [out, err] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  expect({ code: child.exitCode, err }).toEqual({ code: 0, err: "" });
  return out;
}

test("the executable is all that is needed: it serves the page, chats, and backs itself up", async () => {
  const cwd = emptyFolder("empty");
  const { port, child } = await start([executable, "--backup-every", "24"], cwd);
  const page = await (await fetch(`http://127.0.0.1:${port}/`)).text();
  const [, script = ""] = /<script [^>]*src="([^"]+\.js)"/.exec(page) ?? [];
  const [, solver = ""] = / data-worker="([^"]+)"/.exec(page) ?? [];
  for (const path of [script, solver, "icons/icon-192.png", "embed.js"]) {
    const response = await fetch(new URL(path, `http://127.0.0.1:${port}/`));
    expect({ path, status: response.status }).toEqual({ path, status: 200 });
    expect((await response.bytes()).length).toBeGreaterThan(100);
  }
  using an = await V3Client.registered(`ws://127.0.0.1:${port}/`, "An");
  await an.say("hello from nothing");
  expect(await run(cwd, "tail", `http://127.0.0.1:${port}/`, "--once")).toContain("hello from nothing");
  expect(await run(cwd, "backup", "chat.tgz")).toContain("1 message in 1 room");
  expect(contents(await an.page())).toEqual(["hello from nothing"]);
  // The one that the server makes by itself, with the program that it is.
  while (
    !readdirSync(join(cwd, "data.backups"), { recursive: true }).some((name) =>
      String(name).endsWith("Z.tgz"),
    )
  )
    await Bun.sleep(50);
  child.kill("SIGTERM");
  expect(await child.exited).toBe(0);
});

test("the executable reads nothing from the folder in which it is started", async () => {
  const cwd = emptyFolder("foreign");
  await Bun.write(join(cwd, ".env"), "CHATBOX_PORT=foreign\n");
  await Bun.write(join(cwd, "bunfig.toml"), 'preload = ["./preload.ts"]\n');
  await Bun.write(join(cwd, "preload.ts"), 'console.log("a foreign preload");');
  expect(await run(cwd, "--version")).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test("two builds of the executable are equal", async () => {
  const again = join(emptyFolder("again"), "classic-chatbox");
  await makeExecutable(executableHere(again), await prebuiltPage());
  expect(readFileSync(again).equals(readFileSync(executable))).toBe(true);
});

test("the bill of materials names what a server needs, and nothing that differs from one time to the next", async () => {
  const bill = await softwareBill(project);
  expect(bill).not.toMatch(/timestamp|serialNumber/);
  const { bomFormat, metadata, components } = JSON.parse(bill);
  expect([bomFormat, metadata.component.name]).toEqual(["CycloneDX", "classic-chatbox"]);
  const names = components.map(({ name }: { name: string }) => name);
  const needed = Object.keys(JSON.parse(readFileSync(join(project, "package.json"), "utf8")).dependencies);
  expect(names).toEqual(expect.arrayContaining(needed));
});
