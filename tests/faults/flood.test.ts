/** Clients that ask for more than their share. */
import { expect, test } from "bun:test";
import { ChatClient, type Frame, parseFrame, upgradeStatus } from "../support/client.ts";
import { countsOf } from "../support/counts.ts";
import { RawPeer } from "../support/raw.ts";
import { type ChatServer, startServer } from "../support/server.ts";

/**
 * Resolves when the server has as many connections as are given, and is answerable for no memory of any request or reply. It
 * never does where something that was charged is not released.
 */
async function untilAtRest(server: ChatServer, connections: number): Promise<Map<string, number>> {
  for (;;) {
    const counts = await countsOf(server);
    const held = ["chatbox_pending_bytes", "chatbox_get_memory_bytes"].map((name) => counts.get(name));
    expect(held).not.toContain(undefined);
    if (held.every((bytes) => bytes === 0) && counts.get("chatbox_connections") === connections)
      return counts;
    // Requests over HTTP have a rate as well: 100 a second.
    await Bun.sleep(50);
  }
}

/** Sends a request over and over until the connection ends. Gives its close code, and all that came before it. */
async function flood(
  url: string,
  name: string,
  request: string,
): Promise<{ code: number | null; replies: Frame[] }> {
  using peer = await RawPeer.connect(url);
  await peer.register(name);
  const replies: Frame[] = [];
  let open = true;
  const closed = peer.closed.finally(() => {
    open = false;
  });
  while (open) {
    for (let i = 0; i < 20; i++) peer.sendText(request);
    await peer.until(() => peer.waiting > 0 || !open).catch(() => {});
    while (peer.waiting > 0) replies.push(parseFrame(await peer.next()));
  }
  return { code: (await closed).code, replies };
}

/** What is sent over and over, and the reply to it within the rates. */
const floods: Record<string, [request: string, reply: object]> = {
  sends: ['{"type":"send","content":"flood"}', { type: "send", content: "flood", status: true }],
  names: ['{"type":"name","name":""}', { type: "name", status: false, reason: "WrongFormatName" }],
  gets: ['{"type":"get"}', { type: "get", status: true }],
  nonsense: ["no JSON", { status: false, reason: "WrongFormatJSON" }],
};

for (const [kind, [request, reply]] of Object.entries(floods)) {
  test(`LIM-7 CLOSE-4 a flood of ${kind} is refused, then closed with 1008, and others are served all the while`, async () => {
    // So seldom that it is a flood on a slow machine, too.
    await using server = await startServer(["--requests-per-second", "1"]);
    using bystander = await ChatClient.registered(server.url("tea"), "bystander");
    using witness = await ChatClient.registered(server.url(), "witness");
    const flooded = flood(server.url(), "flooder", request);
    for (let i = 0; i < 40; i++) await bystander.say(`served ${i}`);
    const { code, replies } = await flooded;
    expect(code).toBe(1008);
    const isRefusal = ({ reason }: Frame) => reason === "TooManyRequests";
    const served = replies.filter((each) => !isRefusal(each));
    for (const each of served) expect(each).toMatchObject(reply);
    expect(served.length).toBeGreaterThan(0);
    expect(replies.length).toBeGreaterThan(served.length);
    // What was refused is told to nobody, and stored nowhere.
    const messages = kind === "sends" ? served.length : 0;
    const seen = { type: "receive", name: "flooder" };
    expect(await witness.next()).toMatchObject({ ...seen, datatype: "register" });
    for (let i = 0; i < messages; i++)
      expect(await witness.next()).toMatchObject({ ...seen, datatype: "message", content: "flood" });
    expect(await witness.next()).toMatchObject({ ...seen, datatype: "leave" });
    await witness.expectNothing();
    expect((await witness.get()).messages).toHaveLength(messages);
    const counts = await untilAtRest(server, 2);
    expect(counts.get('chatbox_disconnects_total{cause="flood"}')).toBe(1);
    expect(counts.get("chatbox_messages_total")).toBe(messages + 40);
  });
}

test("LIM-7 a client that is refused now and then, and no more, is not closed", async () => {
  await using server = await startServer(["--gets-per-second", "1", "--gets-burst", "1"]);
  using client = await ChatClient.registered(server.url(), "An");
  for (let i = 0; i < 60; i++) client.send({ type: "get" });
  const replies: Frame[] = [];
  while (replies.length < 60) replies.push(await client.next());
  expect(replies[0]).toMatchObject({ type: "get", status: true });
  const refused = replies.filter(({ reason }) => reason === "TooManyRequests");
  expect(refused.length).toBeGreaterThan(0);
  for (const each of replies) {
    if (each.status !== true)
      expect(each).toMatchObject({ type: "get", status: false, reason: "TooManyRequests" });
  }
  await client.say("still here");
});

test("LIM-9 a flood of connections is answered with 429, and those that are open are served", async () => {
  await using server = await startServer(["--connection-rate", "0.001", "--connection-burst", "30"]);
  using member = await ChatClient.registered(server.url(), "member");
  const statuses = await Promise.all(Array.from({ length: 120 }, () => upgradeStatus(server.url())));
  expect(new Set(statuses)).toEqual(new Set([101, 429]));
  expect(statuses.filter((status) => status === 101)).toHaveLength(29);
  await member.say("served");
  expect((await fetch(server.http("/healthz"))).status).toBe(200);
  const counts = await untilAtRest(server, 1);
  expect(counts.get("chatbox_connects_total")).toBe(30);
});

test("REQ-3 LIM-7 a burst of the deepest values that fit a frame is refused and ended, and does not hold the others up", async () => {
  await using server = await startServer(["--requests-per-second", "1"]);
  using bystander = await ChatClient.registered(server.url(), "bystander");
  using peer = await RawPeer.connect(server.url());
  await peer.register("deep");
  expect(await bystander.next()).toMatchObject({ datatype: "register", name: "deep" });
  const deep = "[".repeat(32_000) + "]".repeat(32_000);
  for (let i = 0; i < 100; i++) peer.sendText(`{"type":"send","content":${deep}}`);
  // The others would wait for minutes if the cost of a value grew with the square of its depth.
  const contents = Array.from({ length: 10 }, (_, i) => `served ${i}`);
  for (const content of contents) bystander.send({ type: "send", content });
  const heard: Frame[] = [];
  while (heard.length < contents.length + 1) heard.push(await bystander.next());
  const replies = heard.filter(({ type }) => type === "send");
  expect(replies).toMatchObject(contents.map((content) => ({ name: "bystander", content, status: true })));
  expect(heard.find(({ type }) => type !== "send")).toMatchObject({ datatype: "leave", name: "deep" });
  // A client that goes on sending may lose the connection before it has read the close frame.
  expect([1008, 1013, null]).toContain((await peer.closed).code);
  const refusals: unknown[] = [];
  while (peer.waiting > 0) {
    const { type, reason } = parseFrame(await peer.next());
    if (type !== "receive") refusals.push(reason);
  }
  const wrong = refusals.filter((reason) => reason === "WrongFormatJSON").length;
  expect(wrong).toBeGreaterThan(0);
  const expected = [
    ...Array(wrong).fill("WrongFormatJSON"),
    ...Array(refusals.length - wrong).fill("TooManyRequests"),
  ];
  expect(refusals).toEqual(expected);
  const counts = await untilAtRest(server, 1);
  const ended = ["flood", "overload"].map(
    (cause) => counts.get(`chatbox_disconnects_total{cause="${cause}"}`) ?? 0,
  );
  expect(ended.toSorted()).toEqual([0, 1]);
  await bystander.expectNothing();
  expect((await bystander.get()).messages.map(({ content }) => content)).toEqual(contents);
  expect((await fetch(server.http("/healthz"))).status).toBe(200);
});

test.skipIf(process.platform !== "linux")(
  "LIM-11 half-open connections without end take neither the descriptors nor the way in",
  async () => {
    await using server = await startServer(
      ["--connections-per-address", "1000", "--handshake-timeout", "600"],
      {
        wrap: (command) => ["bash", "-c", 'ulimit -n 256; exec "$@"', "bash", ...command],
      },
    );
    using member = await ChatClient.registered(server.url(), "member");
    const silent = await Promise.all(
      Array.from({ length: 380 }, () => RawPeer.open(server.port).catch(() => null)),
    );
    expect((await fetch(server.http("/healthz"))).status).toBe(200);
    using _newcomer = await ChatClient.registered(server.url(), "newcomer");
    expect(await member.next()).toMatchObject({ datatype: "register", name: "newcomer" });
    for (const peer of silent) peer?.destroy();
  },
);
