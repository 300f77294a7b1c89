import { expect, test } from "bun:test";
import { ChatClient, parseMessages } from "../support/client.ts";
import { type ChatServer, startServer } from "../support/server.ts";

/** The contents of what a server has stored, which must be one JSON array where it is a file. */
async function storedBy({ store }: ChatServer): Promise<string[]> {
  return parseMessages(JSON.parse(await store.history())).map((message) => message.content);
}

test("DUR-1 a message is stored when its acknowledgement arrives", async () => {
  await using server = await startServer();
  using client = await ChatClient.registered(server.url(), "An");
  const sent: string[] = [];
  for (let i = 0; i < 50; i++) {
    sent.push(`message ${i}`);
    await client.say(`message ${i}`);
    expect(await storedBy(server)).toEqual(sent);
  }
});

test("DUR-1 a message is stored before another client sees it", async () => {
  await using server = await startServer(["--no-limits"]);
  using sender = await ChatClient.registered(server.url(), "An");
  using witness = await ChatClient.registered(server.url(), "Bình");
  for (let i = 0; i < 200; i++) sender.send({ type: "send", content: `message ${i}` });
  for (let i = 0; i < 200; i++) {
    expect(await witness.next()).toMatchObject({ content: `message ${i}` });
    // The next batch may be half written at this moment, so a file is not read as a whole.
    expect(await server.store.history()).toContain(`{"name":"An","content":"message ${i}",`);
  }
});

test("DUR-2 the history of every room outlives a restart", async () => {
  await using server = await startServer();
  for (const room of [undefined, "tea", "a.b"]) {
    using client = await ChatClient.registered(server.url(room), "An");
    for (let i = 0; i < 3; i++) await client.say(`${room} ${i}`);
  }
  for (const stop of ["stop", "kill"] as const) {
    await server[stop]();
    await server.restart();
    for (const room of [undefined, "tea", "a.b"]) {
      using client = await ChatClient.registered(server.url(room), "An");
      const contents = (await client.get()).messages.map((message) => message.content);
      expect(contents).toEqual([0, 1, 2].map((i) => `${room} ${i}`));
    }
  }
});

test("DUR-2 a room that everybody left keeps its history", async () => {
  await using server = await startServer();
  const first = await ChatClient.registered(server.url("tea"), "An");
  await first.say("before");
  await first.close();
  using second = await ChatClient.registered(server.url("tea"), "An");
  await second.say("after");
  expect((await second.get()).messages.map((message) => message.content)).toEqual(["before", "after"]);
});

test("DUR-2 CLOSE-6 a stop lets every message that was stored be acknowledged first", async () => {
  await using server = await startServer(["--no-limits"]);
  using client = await ChatClient.registered(server.url(), "An");
  for (let i = 0; i < 500; i++) client.send({ type: "send", content: String(i) });
  const acknowledged: string[] = [];
  acknowledged.push(String((await client.next()).content));
  const stopped = server.stop();
  for (;;) {
    const frame = await client.next().catch(() => undefined);
    if (!frame) break;
    expect(frame.status).toBe(true);
    acknowledged.push(String(frame.content));
  }
  expect((await client.closed).code).toBe(1012);
  expect(await stopped).toBe(0);
  expect(await storedBy(server)).toEqual(acknowledged);
});

test("DUR-4 nicknames are free after a restart", async () => {
  await using server = await startServer();
  using _before = await ChatClient.registered(server.url(), "An");
  await server.kill();
  await server.restart();
  using after = await ChatClient.registered(server.url(), "An");
  expect((await after.get()).online).toEqual(["An"]);
});
