import { expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PLATFORM } from "../../src/client/environment.ts";
import { Chat } from "../../src/client/index.ts";
import { ws } from "../support/client.ts";
import { freePort } from "../support/port.ts";
import { startServer, TemporaryFolder } from "../support/server.ts";

const root = join(import.meta.dir, "..", "..");
const node = Bun.which("node") ?? "node";

function run(command: readonly string[], cwd: string): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync([...command], { cwd });
  if (exitCode !== 0) throw new Error(`${command.join(" ")}: ${stdout}${stderr}`);
  return String(stdout);
}

/** Builds the client's package, packs it, and installs it where nothing else is, without a network. */
function makeConsumer(folder: string): string {
  const source = join(folder, "package");
  const consumer = join(folder, "consumer");
  run([node, join(root, "scripts/build.mjs"), source], root);
  run(["npm", "pack", "--ignore-scripts", "--pack-destination", folder], source);
  mkdirSync(consumer);
  writeFileSync(join(consumer, "package.json"), '{"private":true}');
  const [tarball = ""] = readdirSync(folder).filter((name) => name.endsWith(".tgz"));
  run(["npm", "install", "--offline", "--no-audit", "--no-fund", join(folder, tarball)], consumer);
  return consumer;
}

const BODY = `
const chat = new Chat(String(process.argv[2]), { name: "An" });
if (!isNickname("An")) throw new Error();
fileStorage("chat.json");
async function main() {
  for await (const event of chat) {
    if (event.type !== "entered") continue;
    const { content } = await chat.send("x".repeat(CONTENT_MAX));
    const error: unknown = await chat.register("").catch((reason: unknown) => reason);
    console.log(content.length, error instanceof NicknameError && error.name);
    await chat.close();
  }
}
void main();
`;

const IMPORTS = `
import { Chat, NicknameError } from "classic-chatbox-client";
import { fileStorage } from "classic-chatbox-client/node";
import { CONTENT_MAX, isNickname } from "classic-chatbox-client/protocol";
`;

const REQUIRES = `
const { Chat, NicknameError } = require("classic-chatbox-client");
const { fileStorage } = require("classic-chatbox-client/node");
const { CONTENT_MAX, isNickname } = require("classic-chatbox-client/protocol");
`;

test("the client's package installs nothing else, and runs in Node and Bun, imported or required", async () => {
  await using server = await startServer();
  using folder = new TemporaryFolder();
  const consumer = makeConsumer(folder.path);
  expect(readdirSync(join(consumer, "node_modules")).filter((name) => !name.startsWith("."))).toEqual([
    "classic-chatbox-client",
  ]);
  const installed = join(consumer, "node_modules", "classic-chatbox-client");
  expect(readdirSync(installed).sort()).toEqual(["LICENSE", "README.md", "cjs", "esm", "package.json"]);
  // No path of the machine that it was built on is in it.
  for (const name of readdirSync(installed, { recursive: true, encoding: "utf8" })) {
    if (/\.(js|ts)$/.test(name)) expect(readFileSync(join(installed, name), "utf8")).not.toContain(root);
  }

  const transpiler = new Bun.Transpiler({ loader: "ts" });
  for (const [name, imports] of [
    ["program.mjs", IMPORTS],
    ["program.cjs", REQUIRES],
  ] as const) {
    writeFileSync(join(consumer, name), imports + transpiler.transformSync(BODY));
  }
  const platform = run([node, "-p", "typeof WebSocket"], consumer).trim();
  if (platform === "undefined") {
    // Without the package ws, it is said what to do.
    const { stderr } = Bun.spawnSync([node, "program.mjs", server.url()], { cwd: consumer });
    expect(String(stderr)).toContain(
      "NoWebSocketError: This platform does not have a WebSocket. Install the package ws",
    );
  }
  for (const name of ["ws", "@types"]) {
    symlinkSync(join(root, "node_modules", name), join(consumer, "node_modules", name));
  }
  for (const program of [node, process.execPath]) {
    for (const name of ["program.mjs", "program.cjs"]) {
      await using child = Bun.spawn([program, name, server.url()], {
        cwd: consumer,
        stdout: "pipe",
        stderr: "inherit",
      });
      expect(await new Response(child.stdout).text()).toBe("4000 NicknameError\n");
      expect(await child.exited).toBe(0);
    }
  }

  // Its types are found by those who resolve modules as Node does, and as bundlers do.
  writeFileSync(join(consumer, "program.mts"), IMPORTS + BODY);
  writeFileSync(join(consumer, "program.cts"), IMPORTS + BODY);
  for (const [module, resolution] of [
    ["node16", "node16"],
    ["nodenext", "nodenext"],
    ["preserve", "bundler"],
  ] as const) {
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const options = ["--module", module, "--moduleResolution", resolution, "--types", "node"];
    const files = ["--lib", "esnext,dom", "program.mts", "program.cts"];
    run(
      [node, tsc, "--ignoreConfig", "--noEmit", "--strict", "--target", "esnext", ...options, ...files],
      consumer,
    );
  }
});

test("the package has what older ways of resolving modules look for, and the version of the project", () => {
  const read = (path: string) => JSON.parse(readFileSync(join(root, path), "utf8"));
  const { version, main, types, typesVersions, exports } = read("packages/client/package.json");
  expect(version).toBe(read("package.json").version);
  expect(main).toBe(exports["."].require.default);
  expect(types).toBe(exports["."].require.types);
  for (const entry of ["node", "protocol"]) {
    expect(typesVersions["*"][entry]).toEqual([exports[`./${entry}`].require.types]);
  }
});

/** The example's bot, in a process of its own. */
function startBot(url: string, file: string) {
  const bot = Bun.spawn([process.execPath, join(root, "examples/bot.ts"), url, "Croupier", file], {
    stdout: "pipe",
    stderr: "inherit",
  });
  // It says when it is in the room. Before its first page, nothing comes to it as something new.
  const entered = bot.stdout.getReader().read();
  return { bot, entered };
}

/** What a nickname says in a room, from now on. */
function listenTo(chat: Chat, name: string): () => Promise<string> {
  const events = chat[Symbol.asyncIterator]();
  return async () => {
    for (;;) {
      const { value, done } = await events.next();
      if (done) throw new Error("the chat has ended");
      if (value.type === "message" && value.message.name === name) return value.message.content;
    }
  };
}

test("the example's bot answers each roll once, and leaves in good order", async () => {
  await using server = await startServer();
  using folder = new TemporaryFolder();
  const { bot, entered } = startBot(server.url(), join(folder.path, "bot.json"));
  await entered;
  const chat = new Chat(server.url(), { name: "An" });
  const answer = listenTo(chat, "Croupier");
  for (const content of ["!roll 3d1", "not a roll", "!roll 1d1"]) void chat.send(content);
  expect(await answer()).toBe("1 + 1 + 1 = 3");
  expect(await answer()).toBe("1 = 1");
  const left = chat.once("leave");
  bot.kill("SIGINT");
  expect((await left).name).toBe("Croupier");
  expect(await bot.exited).toBe(0);
  await chat.close();
});

test("the example's bot answers each roll once, however often it is killed", async () => {
  await using server = await startServer();
  using folder = new TemporaryFolder();
  const file = join(folder.path, "bot.json");
  const chat = new Chat(server.url(), { name: "An" });
  const answer = listenTo(chat, "Croupier");
  const heard: number[] = [];
  const hear = async () => heard.push(Number((await answer()).split(" = ")[1]));
  let asked = 0;
  // Each question has an answer that no other one has.
  const ask = async (count: number) => {
    for (let i = 0; i < count; i++) await chat.send(`!roll ${++asked}d1`);
  };
  let { bot, entered } = startBot(server.url(), file);
  await entered;
  // With the second answer it has kept where it was after the first page.
  for (let i = 0; i < 2; i++) {
    await ask(1);
    await hear();
  }
  for (let round = 0; round < 4; round++) {
    // In the midst of its answers, and of what it missed.
    await ask(5);
    while (heard.length < round * 4) await hear();
    bot.kill("SIGKILL");
    await bot.exited;
    await ask(3);
    ({ bot, entered } = startBot(server.url(), file));
    if (round % 2 === 0) await entered;
  }
  await entered;
  await ask(1);
  while (heard.length < asked) await hear();
  // One more answer would be here before that to a later question.
  await ask(1);
  await hear();
  expect(heard.toSorted((a, b) => a - b)).toEqual(Array.from({ length: asked }, (_, at) => at + 1));
  bot.kill("SIGKILL");
  await bot.exited;
  await chat.close();
});

test("EP-2 EP-6 a refusal of the server is reported, and is final", async () => {
  await using server = await startServer();
  const { port } = server;
  class FromElsewhere extends ws.WebSocket {
    constructor(url: string, protocols: string | string[] = []) {
      super(url, protocols, { origin: "http://elsewhere.example" });
    }
  }
  for (const [path, WebSocket, cause, code] of [
    ["nothing", globalThis.WebSocket, "no-room", 404],
    ["nothing", ws.WebSocket, "no-room", 404],
    ["", FromElsewhere, "forbidden", 403],
  ] as const) {
    const options = { name: "An", WebSocket, refusalsMost: 2, retryFirstMs: 1 };
    const chat = new Chat(`ws://127.0.0.1:${port}/${path}`, options);
    expect(await chat.once("state")).toMatchObject({ state: { kind: "waiting", cause, code } });
    expect(await chat.ready().catch((error: unknown) => error)).toMatchObject({
      name: "RefusedError",
      status: code,
    });
    expect(chat.state).toMatchObject({ kind: "refused", cause, code });
  }
});

test("an address that is found out by asking for it is one of HTTP", async () => {
  await using server = await startServer();
  const { probe } = PLATFORM;
  expect(await probe?.(`http://127.0.0.1:${server.port}/`)).toBe(200);
  expect(await probe?.(`http://127.0.0.1:${server.port}/nothing`)).toBe(404);
});

test("a chat comes back to a server that restarts, and sends what waited meanwhile", async () => {
  // The same port again, as an operator's server has.
  const port = await freePort();
  await using server = await startServer(["--port", String(port)]);
  const url = `ws://127.0.0.1:${port}/`;
  const chat = new Chat(url, { name: "An", retryFirstMs: 50, retryMostMs: 50 });
  const first = await chat.send("before");
  expect(first.content).toBe("before");
  await server.stop();
  const sent = chat.send("after");
  await using again = await startServer(["--port", String(port)], { dataFile: server.dataFile });
  expect(again.port).toBe(port);
  expect((await sent).content).toBe("after");
  const { messages } = await chat.history();
  expect(messages.map(({ content }) => content)).toEqual(["before", "after"]);
  await chat.close();
});
