import { expect, test } from "bun:test";
import { ChatClient, untimed } from "../support/client.ts";
import { RawPeer } from "../support/raw.ts";
import { startServer } from "../support/server.ts";

test("EV-1 EV-5 EV-6 events go to every other registered client and to no one else", async () => {
  await using server = await startServer();
  using stranger = await ChatClient.connect(server.url());
  using refused = await ChatClient.connect(server.url());
  await refused.ask({ type: "name", name: "" });
  using an = await ChatClient.registered(server.url(), "An");
  using binh = await ChatClient.registered(server.url(), "Bình");
  using chi = await ChatClient.registered(server.url(), "Chi");
  expect(await an.next()).toMatchObject({ datatype: "register", name: "Bình" });
  expect(await an.next()).toMatchObject({ datatype: "register", name: "Chi" });
  expect(await binh.next()).toMatchObject({ datatype: "register", name: "Chi" });
  await chi.say("hello");
  for (const other of [an, binh]) {
    expect(untimed(await other.nextText())).toBe(
      '{"type":"receive","datatype":"message","name":"Chi","content":"hello","timestamp":"T"}',
    );
  }
  expect(await chi.ask({ type: "name", name: "Chí" })).toContain('"status":true');
  for (const other of [an, binh]) {
    expect(untimed(await other.nextText())).toBe(
      '{"type":"receive","datatype":"change","oldname":"Chi","newname":"Chí","timestamp":"T"}',
    );
  }
  await chi.close();
  for (const other of [an, binh]) {
    expect(untimed(await other.nextText())).toBe(
      '{"type":"receive","datatype":"leave","name":"Chí","timestamp":"T"}',
    );
  }
  for (const client of [stranger, refused, an, binh]) await client.expectNothing();
});

test("EV-2 an event has the timestamp of the reply that its cause got", async () => {
  await using server = await startServer();
  using witness = await ChatClient.registered(server.url(), "Chi");
  using client = await ChatClient.connect(server.url());
  const replies = [await client.register("An"), await client.say("hello")];
  client.send({ type: "name", name: "Ân" });
  replies.push(await client.next());
  for (const reply of replies) expect((await witness.next()).timestamp).toBe(reply.timestamp);
  const stored = (await client.get()).messages.map((message) => message.timestamp);
  expect(stored).toEqual([String(replies[1]?.timestamp)]);
});

test("EV-3 a refused request causes no event", async () => {
  await using server = await startServer();
  using witness = await ChatClient.registered(server.url(), "Chi");
  using stranger = await ChatClient.connect(server.url());
  using member = await ChatClient.registered(server.url(), "An");
  await witness.next();
  const refused = [
    { type: "name", name: "chi" },
    { type: "name", name: "" },
    { type: "name" },
    { type: "send" },
    [],
  ];
  for (const request of [...refused, { type: "send", content: "" }]) {
    for (const client of [stranger, member]) expect(await client.ask(request)).toContain('"status":false');
  }
  await witness.expectNothing();
});

test("EV-7 a client that closes leaves", async () => {
  await using server = await startServer();
  using witness = await ChatClient.registered(server.url(), "Chi");
  for (const code of [1000, 1001, 4000]) {
    using leaver = await ChatClient.registered(server.url(), "An");
    await witness.next();
    await leaver.close(code);
    expect(untimed(await witness.nextText())).toBe(
      '{"type":"receive","datatype":"leave","name":"An","timestamp":"T"}',
    );
  }
});

test("EV-7 a client whose connection is reset or ended without a close frame leaves", async () => {
  await using server = await startServer();
  using witness = await ChatClient.registered(server.url(), "Chi");
  for (const end of ["destroy", "end"] as const) {
    using leaver = await RawPeer.connect(server.url());
    await leaver.register("An");
    expect(await witness.next()).toMatchObject({ datatype: "register" });
    leaver[end]();
    expect(await witness.next()).toMatchObject({ datatype: "leave", name: "An" });
  }
});

test("EV-7 a client that never registered leaves without an event", async () => {
  await using server = await startServer();
  using witness = await ChatClient.registered(server.url(), "Chi");
  using stranger = await ChatClient.connect(server.url());
  await stranger.expectNothing();
  await stranger.close();
  using later = await ChatClient.registered(server.url(), "An");
  expect(await witness.next()).toMatchObject({ datatype: "register", name: "An" });
  await later.close();
});

test("EV-7 each of two clients that leave at once gets its own leave", async () => {
  await using server = await startServer();
  using witness = await ChatClient.registered(server.url(), "Chi");
  const leavers = await Promise.all(["An", "Bình"].map((name) => ChatClient.registered(server.url(), name)));
  await witness.next();
  await witness.next();
  for (const leaver of leavers) leaver.terminate();
  const left = [await witness.next(), await witness.next()];
  expect(left.map((frame) => frame.datatype)).toEqual(["leave", "leave"]);
  expect(left.map((frame) => frame.name).sort()).toEqual(["An", "Bình"]);
  await witness.expectNothing();
});
