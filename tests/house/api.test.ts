/** The examples of docs/api.md and docs/webhooks.md do what they say. */
import { expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../support/port.ts";
import { createToken, Program } from "../support/program.ts";
import { type ChatServer, startServer, TemporaryFolder } from "../support/server.ts";
import { V3Client } from "../support/v3.ts";
import { createWebhook } from "../support/webhook.ts";

function blocks(language: string, page = "api"): string[] {
  const text = readFileSync(join(import.meta.dir, `../../docs/${page}.md`), "utf8");
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"))].map(
    ([, code = ""]) => code,
  );
}

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
      writeFileSync(join(folder.path, file), blocks(language, "webhooks")[0] ?? "");
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
