import { expect, test } from "bun:test";
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Chat } from "../../src/client/index.ts";
import { freePort } from "../support/port.ts";
import { startServer, TemporaryFolder } from "../support/server.ts";

const root = join(import.meta.dir, "..", "..");
const node = Bun.which("node") ?? "node";

/** A project that has the package installed, as it is published. */
function makeConsumer(folder: string): void {
  const installed = join(folder, "node_modules", "classic-chatbox");
  mkdirSync(installed, { recursive: true });
  cpSync(join(root, "package.json"), join(installed, "package.json"));
  const { exitCode, stderr } = Bun.spawnSync([
    node,
    join(root, "scripts/build.mjs"),
    join(installed, "dist"),
  ]);
  if (exitCode !== 0) throw new Error(String(stderr));
  for (const name of ["ws", "@types"]) {
    symlinkSync(join(root, "node_modules", name), join(folder, "node_modules", name));
  }
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
}

const PROGRAM = `
import { WebSocket } from "ws";
import { Chat, NicknameError } from "classic-chatbox/client";
import { CONTENT_MAX, isNickname } from "classic-chatbox/protocol";

const chat = new Chat(String(process.argv[2]), { WebSocket, name: "An" });
if (!isNickname("An")) throw new Error();
for await (const event of chat) {
  if (event.type === "entered") {
    const { content } = await chat.send("x".repeat(CONTENT_MAX));
    const error: unknown = await chat.register("").catch((reason: unknown) => reason);
    console.log(content.length, error instanceof NicknameError && error.code);
    await chat.close();
  }
}
`;

test("the compiled client runs in Node, with ws, against a real server", async () => {
  await using server = await startServer();
  using folder = new TemporaryFolder();
  makeConsumer(folder.path);
  const program = join(folder.path, "program.mjs");
  writeFileSync(program, new Bun.Transpiler({ loader: "ts" }).transformSync(PROGRAM));
  await using child = Bun.spawn([node, program, server.url()], { stdout: "pipe", stderr: "inherit" });
  expect(await new Response(child.stdout).text()).toBe("4000 WrongFormatName\n");
  expect(await child.exited).toBe(0);

  // Its types are found by those who resolve modules as Node does, and as bundlers do.
  writeFileSync(join(folder.path, "program.ts"), PROGRAM);
  for (const [module, resolution] of [
    ["nodenext", "nodenext"],
    ["preserve", "bundler"],
  ] as const) {
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const options = [
      "--module",
      module,
      "--moduleResolution",
      resolution,
      "--types",
      "node",
      "--lib",
      "esnext,dom",
    ];
    const check = [
      node,
      tsc,
      "--ignoreConfig",
      "--noEmit",
      "--strict",
      "--target",
      "esnext",
      ...options,
      "program.ts",
    ];
    const { stdout } = Bun.spawnSync(check, { cwd: folder.path });
    expect(String(stdout)).toBe("");
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
