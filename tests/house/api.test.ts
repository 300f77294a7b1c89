/** The examples of docs/api.md, docs/bots.md and docs/webhooks.md, and the programs in `examples` that use the API, do what they say. */
import { expect, test } from "bun:test";
import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { codeIn } from "../support/document.ts";
import { freePort } from "../support/port.ts";
import { createToken, Program } from "../support/program.ts";
import { type ChatServer, startServer, TemporaryFolder } from "../support/server.ts";
import { V3Client } from "../support/v3.ts";
import { Visitor } from "../support/visitors.ts";
import { createWebhook } from "../support/webhook.ts";

const blocks = (language: string) =>
  ["docs/api.md", "docs/bots.md"].flatMap((page) => codeIn(page, language));

async function environmentOf(server: ChatServer): Promise<Record<string, string | undefined>> {
  const hook = await createToken(server, "CI", "--hook");
  return {
    ...process.env,
    CHAT: server.http(""),
    TOKEN: await createToken(server, "Bot", "--scope", "read,post"),
    HOOK: server.http(new URL(hook).pathname),
  };
}

test("every example with curl succeeds", async () => {
  await using server = await startServer();
  const env = await environmentOf(server);
  const examples = blocks("sh").filter((code) => code.includes("curl"));
  expect(examples.length).toBeGreaterThan(4);
  for (const example of examples) {
    const script = example.replaceAll("http://localhost:5000", server.http(""));
    const child = Bun.spawn(["sh", "-ec", script], { env, stdout: "pipe", stderr: "pipe" });
    const [stdout, stderr, exitCode] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    expect([example, stderr, exitCode]).toEqual([example, stderr, 0]);
    if (example.includes("/events")) expect(stdout).toStartWith("retry: 2000\n\nevent: page\nid: ");
    if (example.includes("HOOK")) expect(stdout).toBe("okokok");
  }
  const reader = await Program.of(server, "Reader");
  const { body } = await reader.call("GET", "/rooms/-/messages");
  expect(body.message.map(({ name }: { name: string }) => name)).toEqual([
    "Bot",
    "Bot",
    "CI (main)",
    "CI",
    "CI",
  ]);
});

test("the program for Node answers", async () => {
  await using server = await startServer();
  const env = await environmentOf(server);
  using folder = new TemporaryFolder();
  writeFileSync(join(folder.path, "bot.mjs"), blocks("js")[0] ?? "");
  using an = await V3Client.registered(server.url(), "An");
  await using _bot = Bun.spawn(["node", "bot.mjs"], { cwd: folder.path, env, stderr: "inherit" });
  const answered = an.chat.nextWhere(({ name }) => name === "Bot");
  // Until it listens.
  for (let isDone = false; !isDone; ) {
    an.chat.send({ type: "send", content: "!time" });
    isDone = await Promise.race([answered.then(() => true), Bun.sleep(300).then(() => false)]);
  }
  expect(await answered).toMatchObject({
    datatype: "message",
    content: expect.stringMatching(/^An, it is 2/),
  });
});

test.skipIf(Bun.which("python3") === null)("the program for Python prints what is said", async () => {
  await using server = await startServer();
  const env = await environmentOf(server);
  using folder = new TemporaryFolder();
  writeFileSync(join(folder.path, "read.py"), blocks("python")[0] ?? "");
  await using child = Bun.spawn(["python3", "read.py"], {
    cwd: folder.path,
    env,
    stdout: "pipe",
    stderr: "inherit",
  });
  using an = await V3Client.registered(server.url(), "An");
  let printed = "";
  const reader = child.stdout.getReader();
  const reading = (async () => {
    while (!printed.includes("An: hello"))
      printed += Buffer.from((await reader.read()).value ?? []).toString();
  })();
  for (let isDone = false; !isDone; ) {
    await an.say("hello");
    isDone = await Promise.race([reading.then(() => true), Bun.sleep(100).then(() => false)]);
  }
});

const EXAMPLES = join(import.meta.dir, "../../examples");

/** An example that runs, and may be killed and started again with what it remembers. */
class Example {
  readonly #command: readonly string[];
  readonly #env: Record<string, string>;
  readonly file: string;
  #child: Bun.Subprocess | undefined;

  constructor(file: string, command: readonly string[], env: Record<string, string>) {
    this.file = file;
    this.#command = command;
    this.#env = env;
  }

  start(): void {
    const env = { ...process.env, ...this.#env };
    this.#child = Bun.spawn([...this.#command], { cwd: EXAMPLES, env, stderr: "ignore" });
  }

  async kill(): Promise<void> {
    this.#child?.kill("SIGKILL");
    await this.#child?.exited;
  }

  /** As if it had been killed before it recorded what it has done since. */
  async forget(): Promise<void> {
    await this.kill();
    copyFileSync(`${this.file}.old`, this.file);
    this.start();
  }
}

/** What is in a room: the nickname, the content, and whether it is a reply or edited. */
async function saidIn(reader: Program, room: string): Promise<string[]> {
  const { body } = await reader.call("GET", `/rooms/${room}/messages`);
  return body.message
    .filter(({ deleted }: { deleted?: true }) => !deleted)
    .map(({ name, content, reply, edited }: Record<string, unknown>) =>
      [name, content, ...(reply ? ["reply"] : []), ...(edited ? ["edited"] : [])].join("|"),
    );
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await Bun.sleep(50);
}

test("the examples remind, echo and bridge, each thing once, whatever is killed", async () => {
  await using server = await startServer([
    "--no-limits",
    ...["--token-requests-per-second", "1000", "--port", String(await freePort())],
  ]);
  using folder = new TemporaryFolder();
  const python = Bun.which("python3");
  const chat = server.http("");
  const path = (name: string) => join(folder.path, name);
  const reader = await Program.of(server, "Reader", "--scope", "read");
  const token = (name: string, scope: string) => createToken(server, name, "--scope", scope);
  const bridge = await token("Bridge", "read,post,edit");
  const examples = [
    new Example(path("reminder"), ["node", "reminder.mjs", chat, "-", path("reminder")], {
      TOKEN: await token("Reminder", "read,post"),
    }),
    new Example(
      path("bridge"),
      [process.execPath, "bridge.mjs", path("bridge"), chat, "tea", chat, "coffee"],
      {
        TOKEN_A: bridge,
        TOKEN_B: bridge,
      },
    ),
    ...(python === null
      ? []
      : [
          new Example(path("echo"), [python, "echo.py", chat, "-", path("echo")], {
            TOKEN: await token("Echo", "read,post"),
          }),
        ]),
  ];
  const killAll = () => Promise.all(examples.map((each) => each.kill()));
  try {
    for (const each of examples) each.start();
    // Each has begun to listen.
    await until(() => examples.every(({ file }) => existsSync(file)));
    await until(() =>
      JSON.parse(readFileSync(path("bridge"), "utf8")).every((side: object) => "lastId" in side),
    );
    using an = await Visitor.named(server, "An");
    using tea = await Visitor.named(server, "An", { room: "tea" });
    using coffee = await Visitor.named(server, "Bình", { room: "coffee" });
    const { commands } = (await an.ask({ type: "commands" })) as { commands: { name: string }[] };
    expect(commands.map(({ name }) => name)).toEqual(python === null ? ["remind"] : ["remind", "echo"]);
    const heard = (room: string, line: string) =>
      until(async () => (await saidIn(reader, room)).includes(line));

    await an.say("/remind 1s drink");
    await heard("-", "Reminder|An, drink|reply");
    if (python) await an.say("/echo hello");
    if (python) await heard("-", "Echo|hello|reply");
    const { id: first } = await tea.say("first");
    const { id: gone } = await tea.say("gone");
    await heard("coffee", "Bridge|An: gone");
    const { message } = (await reader.call("GET", "/rooms/coffee/messages")).body;
    const copy = message.find(({ content }: { content: string }) => content === "An: first").id;
    await coffee.ask({ type: "send", content: "answer", reply: copy });
    await heard("tea", "Bridge|Bình: answer|reply");

    // What happens while all of them are away, they do when they are back; and the server was away as well.
    await killAll();
    for (const { file } of examples) copyFileSync(file, `${file}.old`);
    await an.say("/remind 1s eat");
    await an.say("/echo missed");
    await tea.ask({ type: "edit", of: first, content: "first, edited" });
    await tea.ask({ type: "delete", of: gone });
    await tea.say("away");
    await server.stop();
    for (const each of examples) each.start();
    await server.restart();
    const home = [
      "An|/remind 1s drink",
      "Reminder|An, drink|reply",
      ...(python ? ["An|/echo hello", "Echo|hello|reply"] : []),
      "An|/remind 1s eat",
      "An|/echo missed",
      ...(python ? ["Echo|missed|reply"] : []),
      "Reminder|An, eat|reply",
    ];
    const rooms = {
      "-": home,
      tea: ["An|first, edited|edited", "Bridge|Bình: answer|reply", "An|away"],
      coffee: ["Bridge|An: first, edited|edited", "Bình|answer|reply", "Bridge|An: away"],
    };
    const isDone = async () => {
      for (const [room, lines] of Object.entries(rooms))
        for (const line of lines) if (!(await saidIn(reader, room)).includes(line)) return false;
      return (await saidIn(reader, "coffee")).every((line) => !line.includes("gone"));
    };
    await until(isDone);

    // They have done all of that, and recorded nothing of it.
    for (const each of examples) await each.forget();
    using back = await Visitor.named(server, "Chi");
    using there = await Visitor.named(server, "Chi", { room: "tea" });
    await there.say("the end");
    await heard("coffee", "Bridge|Chi: the end");
    await back.say("/remind 1s end");
    await heard("-", "Reminder|Chi, end|reply");
    if (python) await back.say("/echo end");
    if (python) await heard("-", "Echo|end|reply");
    expect((await saidIn(reader, "coffee")).sort()).toEqual([...rooms.coffee, "Bridge|Chi: the end"].sort());
    expect((await saidIn(reader, "tea")).sort()).toEqual([...rooms.tea, "Chi|the end"].sort());
    const end = ["Chi|/remind 1s end", "Reminder|Chi, end|reply"];
    const echo = python ? ["Chi|/echo end", "Echo|end|reply"] : [];
    expect((await saidIn(reader, "-")).sort()).toEqual([...home, ...end, ...echo].sort());
  } finally {
    await killAll();
  }
});

const RECEIVERS = [
  ["Node", "js", "node", "receive.mjs"],
  ["Python", "python", "python3", "receive.py"],
] as const;

for (const [name, language, command, file] of RECEIVERS) {
  test.skipIf(Bun.which(command) === null)(
    `the receiver for ${name} takes what is genuine, once, and nothing else`,
    async () => {
      await using server = await startServer(["--webhook-private", "--webhook-retry", "0.05"]);
      using folder = new TemporaryFolder();
      writeFileSync(join(folder.path, file), codeIn("docs/webhooks.md", language)[0] ?? "");
      const port = await freePort();
      const url = `http://127.0.0.1:${port}/`;
      const { secret } = await createWebhook(server, url);
      await using child = Bun.spawn([command, file], {
        cwd: folder.path,
        env: { ...process.env, WEBHOOK_SECRET: secret, PORT: String(port) },
        stdout: "pipe",
        stderr: "inherit",
      });
      using an = await V3Client.registered(server.url(), "An");
      for (const content of ["hello", "bye"]) await an.say(content);
      let printed = "";
      const reader = child.stdout.getReader();
      while (!printed.includes("bye")) printed += Buffer.from((await reader.read()).value ?? []).toString();
      expect(printed.trim()).toBe("/ An: hello\n/ An: bye");
      const headers = {
        "webhook-id": "evt_1",
        "webhook-timestamp": String(Math.floor(Date.now() / 1000)),
        "webhook-signature": `v1,${Buffer.alloc(32).toString("base64")}`,
      };
      expect((await fetch(url, { method: "POST", body: "{}", headers })).status).toBe(401);
      expect((await fetch(url, { method: "POST", body: "{}" })).status).toBe(401);
    },
  );
}
