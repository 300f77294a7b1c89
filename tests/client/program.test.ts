import { expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Chat } from "../../src/client/index.ts";
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
    expect(String(stderr)).toContain("NoWebSocketError: There is no WebSocket here: install the package ws");
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
    run([node, tsc, "--ignoreConfig", "--noEmit", "--strict", "--target", "esnext", ...options, ...files], consumer);
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

test("the example's bot answers each roll once, and leaves in good order", async () => {
  await using server = await startServer();
  await using bot = Bun.spawn([process.execPath, join(root, "examples/bot.ts"), server.url(), "Croupier"], {
    stdout: "pipe",
    stderr: "inherit",
  });
  const chat = new Chat(server.url(), { name: "An" });
  const events = chat[Symbol.asyncIterator]();
  const until = async (isIt: (event: Awaited<ReturnType<typeof events.next>>["value"]) => boolean) => {
    for (;;) {
      const { value, done } = await events.next();
      if (done) throw new Error("the chat has ended");
      if (isIt(value)) return value;
    }
  };
  // Only what is said after the bot has its page comes to it as something new.
  await bot.stdout.getReader().read();
  await until(() => chat.online.includes("An") && chat.online.includes("Croupier"));
  await chat.send("!roll 3d1");
  await chat.send("not a roll");
  await chat.send("!roll 1d1");
  const answers: string[] = [];
  while (answers.length < 2) {
    const event = await until((each) => each?.type === "message" && each.message.name === "Croupier");
    if (event?.type === "message") answers.push(event.message.content);
  }
  expect(answers).toEqual(["1 + 1 + 1 = 3", "1 = 1"]);
  bot.kill("SIGTERM");
  await until((event) => event?.type === "leave" && event.name === "Croupier");
  expect(await bot.exited).toBe(0);
  await chat.close();
});

test("a chat comes back to a server that restarts, and what was said meanwhile is sent", async () => {
  await using server = await startServer();
  const { port } = server;
  // The same port again, as an operator's server has.
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
