import { expect, test } from "bun:test";
import { join } from "node:path";
import { ChatClient, type Message, untimed } from "../support/client.ts";
import { startServer, TemporaryFolder } from "../support/server.ts";
import { fileTest } from "../support/store.ts";
import { V3Client } from "../support/v3.ts";

const UNREGISTERED = '{"type":"get","status":false,"reason":"UnknownRegister"}';

test("GET-1 a get gives the messages, oldest first, with the roster and one's own nickname", async () => {
  await using server = await startServer();
  using an = await ChatClient.registered(server.url(), "An");
  using binh = await ChatClient.registered(server.url(), "Bình");
  await an.next();
  for (let i = 0; i < 5; i++) {
    await an.say(`an ${i}`);
    await binh.next();
    await binh.say(`bình ${i}`);
    await an.next();
  }
  const messages = Array.from({ length: 5 }, (_, i) => [
    { name: "An", content: `an ${i}`, timestamp: "T" },
    { name: "Bình", content: `bình ${i}`, timestamp: "T" },
  ]).flat();
  expect(untimed(await binh.ask({ type: "get" }))).toBe(
    JSON.stringify({
      type: "get",
      status: true,
      name: "Bình",
      timestamp: "T",
      data: { message: messages, online: ["An", "Bình"] },
    }),
  );
});

test("GET-1 an empty room gives empty arrays but for oneself", async () => {
  await using server = await startServer();
  using client = await ChatClient.registered(server.url(), "An");
  expect(untimed(await client.ask({ type: "get" }))).toBe(
    '{"type":"get","status":true,"name":"An","timestamp":"T","data":{"message":[],"online":["An"]}}',
  );
});

test("GET-1 a get tells nobody", async () => {
  await using server = await startServer();
  using client = await ChatClient.registered(server.url(), "An");
  using witness = await ChatClient.registered(server.url(), "Bình");
  await client.next();
  await client.get();
  await witness.expectNothing();
});

test("GET-2 a client without a nickname gets no history", async () => {
  await using server = await startServer();
  using speaker = await ChatClient.registered(server.url(), "An");
  await speaker.say("secret");
  using client = await ChatClient.connect(server.url());
  expect(await client.ask({ type: "get" })).toBe(UNREGISTERED);
  await client.ask({ type: "name", name: "" });
  expect(await client.ask({ type: "get" })).toBe(UNREGISTERED);
});

test("GET-3 the roster is in the order of registration, not of connection, and a change keeps the place", async () => {
  await using server = await startServer();
  using a = await ChatClient.connect(server.url());
  using b = await ChatClient.connect(server.url());
  using c = await ChatClient.connect(server.url());
  await c.register("Chi");
  await a.register("An");
  await b.register("Bình");
  expect((await b.get()).online).toEqual(["Chi", "An", "Bình"]);
  await b.ask({ type: "name", name: "Zed" });
  expect(await c.nextWhere((frame) => frame.datatype === "change")).toMatchObject({ newname: "Zed" });
  await c.ask({ type: "name", name: "Ánh" });
  expect((await b.nextWhere((frame) => frame.datatype === "change")).newname).toBe("Ánh");
  expect((await b.get()).online).toEqual(["Ánh", "An", "Zed"]);
  await c.close();
  expect(await b.next()).toMatchObject({ datatype: "leave", name: "Ánh" });
  using again = await ChatClient.registered(server.url(), "Ánh");
  expect((await again.get()).online).toEqual(["An", "Zed", "Ánh"]);
});

test("GET-4 a message keeps the nickname and the timestamp that it was sent with", async () => {
  await using server = await startServer();
  using an = await ChatClient.registered(server.url(), "An");
  const sent = await an.say("as An");
  await an.ask({ type: "name", name: "Bình" });
  const sentAgain = await an.say("as Bình");
  const expected = [
    { name: "An", content: "as An", timestamp: String(sent.timestamp) },
    { name: "Bình", content: "as Bình", timestamp: String(sentAgain.timestamp) },
  ];
  expect((await an.get()).messages).toEqual(expected);
  await server.restart();
  using reader = await ChatClient.registered(server.url(), "Chi");
  expect((await reader.get()).messages).toEqual(expected);
});

test("GET-5 all the messages come while they fit the budget", async () => {
  await using server = await startServer(["--no-limits"]);
  using client = await ChatClient.registered(server.url(), "An");
  const contents = Array.from({ length: 2000 }, (_, i) => `message ${i}`);
  for (const content of contents) client.send({ type: "send", content });
  for (const content of contents) expect((await client.next()).content).toBe(content);
  expect((await client.get()).messages.map((message) => message.content)).toEqual(contents);
});

/** The reply has the newest of `contents`, as many as fit 2 KiB of JSON. */
function expectNewestThatFit(messages: readonly Message[], contents: readonly string[]): void {
  expect(messages.map((message) => message.content)).toEqual(contents.slice(-messages.length));
  expect(Buffer.byteLength(JSON.stringify(messages))).toBeLessThanOrEqual(2048);
  const [oldest] = messages;
  const before = contents.at(-messages.length - 1);
  if (!oldest || before === undefined) return;
  expect(Buffer.byteLength(JSON.stringify([{ ...oldest, content: before }, ...messages]))).toBeGreaterThan(
    2048,
  );
}

test("GET-5 past the budget the newest that fit come, before a restart and after it", async () => {
  await using server = await startServer(["--get-budget", "2KiB", "--no-limits"]);
  using writer = await ChatClient.registered(server.url(), "An");
  // The size of a message's JSON is counted in bytes and not in characters.
  const contents = Array.from({ length: 30 }, (_, i) => `${i} ${"ệ".repeat(50 + i)}`);
  for (const [i, content] of contents.entries()) {
    await writer.say(content);
    expectNewestThatFit((await writer.get()).messages, contents.slice(0, i + 1));
  }
  await server.restart();
  using reader = await ChatClient.registered(server.url(), "Bình");
  expectNewestThatFit((await reader.get()).messages, contents);
});

test("GET-5 a message larger than the budget leaves no room for older ones, and all are kept", async () => {
  await using server = await startServer(["--get-budget", "2KiB"]);
  using writer = await ChatClient.registered(server.url(), "An");
  await writer.say("old");
  await writer.say("x".repeat(4000));
  expect((await writer.get()).messages).toEqual([]);
  await writer.say("new");
  expect((await writer.get()).messages.map((message) => message.content)).toEqual(["new"]);
  const stored: unknown = JSON.parse(await server.store.history());
  expect(stored).toMatchObject([{ content: "old" }, { content: "x".repeat(4000) }, { content: "new" }]);
});

fileTest(
  "GET-1 PAGE-10 a history that the Python server wrote is served, goes on, and is found by its times",
  async () => {
    using folder = new TemporaryFolder();
    const dataFile = join(folder.path, "data.json");
    await Bun.write(
      dataFile,
      '[{"name": "An", "content": "Xin ch\\u00e0o \\ud83d\\ude00", "timestamp": "01/02/2023, 03:04:05"}, {"name": "An", "content": "?", "timestamp": "?"}, {"name": "B\\u00ecnh", "content": "ch\\u00e0o", "timestamp": "01/02/2023, 03:04:06"}]',
    );
    await using server = await startServer(["--timezone", "Asia/Ho_Chi_Minh"], { dataFile });
    using client = await ChatClient.registered(server.url(), "Chi");
    await client.say("mới");
    const shown = (await client.get()).messages.map(({ name, content }) => ({ name, content }));
    expect(shown).toEqual([
      { name: "An", content: "Xin chào 😀" },
      { name: "An", content: "?" },
      { name: "Bình", content: "chào" },
      { name: "Chi", content: "mới" },
    ]);
    using newer = await V3Client.registered(server.url(), "Dung");
    const since = async (moment: string) => (await newer.page({ since: Date.parse(moment) })).messages;
    // What has no readable time has that of the message before.
    for (const [moment, first] of [
      ["1970-01-01T00:00Z", 0],
      ["2023-02-01T03:04:05+07:00", 0],
      ["2023-02-01T03:04:05.001+07:00", 2],
      ["2024-01-01T00:00Z", 3],
    ] as const)
      expect((await since(moment)).map(({ content }) => content)).toEqual(
        shown.slice(first).map(({ content }) => content),
      );
  },
);
