/** The commands about people, with and without a running server. */
import { afterAll, expect, test } from "bun:test";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ownerLink } from "../../src/cli/people.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { LocalEngine } from "../../src/engine/local/local.ts";
import { PostgresEngine } from "../../src/engine/postgres/postgres.ts";
import { createDatabase } from "../support/postgres.ts";
import { COMMAND, environment, runCommand, startServer, TemporaryFolder } from "../support/server.ts";
import { fileTest } from "../support/store.ts";

const AN = "An______________";
const BINH = "Binh____________";

const folder = new TemporaryFolder();
const engines = new Set<Engine>();
afterAll(async () => {
  for (const engine of engines) await engine.close();
  folder[Symbol.dispose]();
});

const OPTIONS = {
  getBudgetBytes: 1024,
  historyMemoryBytes: 1024,
  maxRooms: 1,
  graceMs: 0,
  restartGraceMs: 0,
  sendKeys: 1,
  pastSessions: 1,
  retention: { keepMs: null, keepMessages: null, keepBytes: null, everyMs: 60_000 },
  now: () => ({ time: Date.now(), timestamp: "T" }),
  deliver: () => {},
  observer: { notice: () => {}, fault: () => {}, stored: () => {} },
};

let files = 0;

/** A chat of each engine: the flags that name it, and how its server is started. */
const CHATS = {
  files: async () => {
    const dataFile = join(folder.path, `${++files}.json`);
    writeFileSync(dataFile, "[\n]\n");
    const start = () => LocalEngine.open({ ...OPTIONS, dataFile, fsync: "off", timeOf: () => undefined });
    return { flags: ["--data", dataFile], start };
  },
  database: async () => {
    const url = await createDatabase();
    const database = { url, poolSize: 2, statementTimeoutMs: 4000, connectTimeoutMs: 3000 };
    const start = () => PostgresEngine.open({ ...OPTIONS, database, lost: () => {} });
    return { flags: ["--database-url", url], start };
  },
};

/** Resolves when something holds that an engine learns of. */
async function until(engine: Engine, holds: () => boolean): Promise<void> {
  while (!holds()) {
    await new Promise<void>((resolve) => {
      const end = engine.people.subscribe(() => {
        end();
        resolve();
      });
    });
  }
}

for (const [what, create] of Object.entries(CHATS)) {
  test(`${what}: a running server learns at once what commands grant and revoke`, async () => {
    const { flags, start } = await create();
    const engine = await start();
    engines.add(engine);
    const told: unknown[] = [];
    engine.people.subscribe((changed) => void told.push(changed && [...changed]));
    expect(await runCommand(["grant", AN, "moderator", "--room", "tea", ...flags])).toEqual({
      exitCode: 0,
      stdout: `${AN} is moderator in the room tea.\n`,
      stderr: "",
    });
    await until(engine, () => engine.people.roleOf(AN, "tea") === "moderator");
    expect(engine.people.roleOf(AN, "/")).toBe("visitor");
    expect(told).toEqual([[AN]]);
    await engine.people.reserve("Bình", BINH, null);
    await runCommand(["revoke", AN, "--room", "tea", ...flags]);
    await until(engine, () => engine.people.grants().length === 0);
    const { stdout } = await runCommand(["owner-link", ...flags]);
    const code = new URL(stdout.trim()).hash.replace("#owner=", "");
    expect(await engine.people.redeemOwnerCode(code, BINH)).toBe(true);
    expect((await runCommand(["roles", ...flags])).stdout).toBe(`${BINH}  owner      in all rooms\n`);
  });

  test(`${what}: commands work without a server, and the next one knows what they did`, async () => {
    const { flags, start } = await create();
    expect(await runCommand(["roles", ...flags])).toEqual({
      exitCode: 0,
      stdout: "Nobody has a role.\n",
      stderr: "",
    });
    const link = await runCommand(["owner-link", "--url", "https://chat.example.org/a", ...flags]);
    expect(link.stdout).toMatch(/^https:\/\/chat\.example\.org\/a#owner=[\w-]{32}\n$/);
    await runCommand(["grant", AN, "owner", ...flags]);
    await runCommand(["grant", AN, "owner", ...flags]);
    await runCommand(["grant", BINH, "member", "--room", "/", ...flags]);
    expect(await runCommand(["revoke", AN, ...flags])).toEqual({
      exitCode: 1,
      stdout: "",
      stderr: "This is the last owner: make somebody else an owner first.\n",
    });
    expect(await runCommand(["revoke", BINH, ...flags])).toEqual({
      exitCode: 1,
      stdout: "",
      stderr: `${BINH} had not been given a role in all rooms.\n`,
    });
    const engine = await start();
    engines.add(engine);
    expect(engine.people.grants()).toEqual([
      { person: AN, role: "owner", room: null },
      { person: BINH, role: "member", room: "/" },
    ]);
    expect(await engine.people.takeFirstStart()).toBe(false);
  });
}

for (const [what, create] of Object.entries(CHATS)) {
  test(`${what}: a running server learns at once of tokens that commands create and revoke`, async () => {
    const { flags, start } = await create();
    const engine = await start();
    engines.add(engine);
    const args = ["token", "create", "Deploy", "--room", "tea", "--room", "/", "--scope", "edit,read"];
    const created = await runCommand([...args, "--bot", "Deploybot", "--days", "2", ...flags]);
    expect(created.stdout).toMatch(/^cbt_[\w-]{43}\n$/);
    expect(created.stderr).toContain("Deploy (Deploybot)  read,edit  tea,/  person ");
    await until(engine, () => engine.people.tokens().length === 1);
    const [token] = engine.people.tokens();
    expect(engine.people.tokenOf(created.stdout.trim())).toEqual(token);
    const hook = ["token", "create", "CI", "--hook", "--url", "https://chat.example.org/a/"];
    const { stdout } = await runCommand([...hook, ...flags]);
    expect(stdout).toMatch(/^https:\/\/chat\.example\.org\/a\/api\/v1\/hooks\/cbt_[\w-]{43}\n$/);
    const list = await runCommand(["token", "list", ...flags]);
    expect(list.stderr).toBe("");
    expect(list.stdout.split("\n")).toEqual([
      expect.stringMatching(
        /^[0-9a-f]{12} {2}Deploy \(Deploybot\) {2}read,edit {2}tea,\/ {2}person .{16} {2}until 20/,
      ),
      expect.stringMatching(/^[0-9a-f]{12} {2}CI {2}hook {2}\/ {2}person .{16}$/),
      "",
    ]);
    expect(await runCommand(["token", "create", "Deploybot", ...flags])).toMatchObject({
      exitCode: 1,
      stdout: "",
      stderr: "Somebody has reserved this nickname, or one that looks like it: choose another with --bot.\n",
    });
    const id = token?.id ?? "";
    expect((await runCommand(["token", "revoke", id, ...flags])).stdout).toBe(
      `The token ${id} is revoked.\n`,
    );
    await until(engine, () => engine.people.token(id) === undefined);
    expect(await runCommand(["token", "revoke", id, ...flags])).toEqual({
      exitCode: 1,
      stdout: "",
      stderr: `There is no token ${id}.\n`,
    });
  });
}

const WRONG: [args: string[], says: string][] = [
  [["grant", "short", "owner"], "It must be the id of a person"],
  [["grant", "-n______________", "owner"], "unknown option"],
  [["grant", AN, "king"], "Allowed choices are member, moderator, owner"],
  [["grant", AN], "missing required argument 'role'"],
  [["grant", AN, "member", "--room", "No Room"], "It must be the name of a room"],
  [["revoke", AN, "--room", "../x"], "It must be the name of a room"],
  [["owner-link", "--url", "javascript:0"], "It must be the address of the page"],
  [["roles", "all"], "too many arguments"],
  [["token", "create", "B", "--scope", "write"], "It must be some of read,post,edit,moderate,rooms,diagnose"],
  [["token", "create", " "], "It must be 1 to 100 characters"],
  [["token", "create", "B", "--hook", "--room", "a", "--room", "b"], "A hook posts to one room"],
  [["token", "revoke", "B"], "It must be the id of a token"],
];

for (const [args, says] of WRONG) {
  test(`the command is refused with one sentence: ${args.join(" ")}`, async () => {
    const end = await runCommand([...args, "--data", join(folder.path, "nowhere.json")]);
    expect(end).toMatchObject({ exitCode: 2, stdout: "" });
    expect(end.stderr).toContain(says);
    expect(end.stderr.trim().split("\n")).toHaveLength(1);
  });
}

fileTest("a command about a history that is not there says so, and makes nothing", async () => {
  using empty = new TemporaryFolder();
  const dataFile = join(empty.path, "nowhere.json");
  for (const args of [["roles"], ["owner-link"], ["grant", AN, "owner"], ["revoke", AN]]) {
    const end = await runCommand([...args, "--data", dataFile]);
    expect(end).toEqual({ exitCode: 1, stdout: "", stderr: `There is no history file ${dataFile}.\n` });
  }
  expect(readdirSync(empty.path)).toEqual([]);
});

test("the owner link has the code where no server or proxy sees it", () => {
  expect(ownerLink("https://example.org", "abc")).toBe("https://example.org/#owner=abc");
  expect(ownerLink("https://example.org/chat/rooms/tea?x=1#old", "abc")).toBe(
    "https://example.org/chat/rooms/tea?x=1#owner=abc",
  );
});

test("a log says once how to own the chat, and never contains a code", async () => {
  await using server = await startServer([]);
  const isNotice = ({ event }: { event?: unknown }) => event === "owner";
  const { text } = await server.waitForLog(isNotice);
  expect(text).toContain("owner-link` prints a link");
  await server.stop();
  await server.restart();
  await server.stop();
  expect(server.lines.filter(isNotice)).toHaveLength(1);
  for (const line of server.lines) expect(line.text).not.toContain("owner=");
});

const OWNER_LINK = /http:\/\/localhost:\d+\/#owner=([\w-]{32})\s/;

/** Runs the server on a terminal until a text is shown, then stops it. Resolves to all that was shown. */
async function shownOnTerminal(dataFile: string): Promise<string> {
  let shown = "";
  let isStopping = false;
  const command = [...COMMAND, "--port", "0", "--data", dataFile];
  const child = Bun.spawn(command, {
    env: environment(),
    terminal: {
      cols: 200,
      data: (_terminal, bytes) => {
        shown += Buffer.from(bytes).toString();
        if (isStopping || !shown.includes("Press Ctrl+C")) return;
        isStopping = true;
        child.kill("SIGTERM");
      },
    },
  });
  await child.exited;
  return shown;
}

fileTest("a terminal shows a link at the first start only, which makes one person an owner", async () => {
  using own = new TemporaryFolder();
  const dataFile = join(own.path, "data.json");
  const first = await shownOnTerminal(dataFile);
  expect(first).toMatch(OWNER_LINK);
  const code = OWNER_LINK.exec(first)?.[1] ?? "";
  expect(await shownOnTerminal(dataFile)).not.toContain("owner");
  const engine = await LocalEngine.open({ ...OPTIONS, dataFile, fsync: "off", timeOf: () => undefined });
  expect(await engine.people.redeemOwnerCode(code, AN)).toBe(true);
  expect(existsSync(`${dataFile}.people`)).toBe(true);
  await engine.close();
});
