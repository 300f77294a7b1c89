import { expect, test } from "bun:test";
import { ChatClient, type Frame, UpgradeRefused, upgradeStatus } from "../support/client.ts";
import { frame, OPCODE, RawPeer } from "../support/raw.ts";
import { startServer } from "../support/server.ts";

/** Sends requests without waiting, and gives the replies. */
async function burst(client: ChatClient, requests: readonly unknown[]): Promise<string[]> {
  for (const request of requests) client.send(request);
  const replies: string[] = [];
  for (const _ of requests) replies.push(await client.nextText());
  return replies;
}

/** A rate at which nothing more is allowed while a test runs, however slow the machine is. */
const SELDOM = "0.001";

/** At that rate the next one takes a thousand seconds, less those that have passed since the burst began at the earliest. */
function expectSeldom(seconds: number, beganAt: number): void {
  expect(seconds).toBeLessThanOrEqual(1000);
  expect(seconds).toBeGreaterThanOrEqual(Math.floor(1000 - (performance.now() - beganAt) / 1000));
}

const repeated = (request: unknown, times: number) => Array.from({ length: times }, () => request);

/** Splits replies into those that are served and those that are not, and checks that these have the exact form. */
function splitByRefusal(
  replies: readonly string[],
  type: string | null,
): { served: string[]; refused: string[]; retry: number } {
  const served = replies.filter((reply) => !reply.includes("TooManyRequests"));
  const refused = replies.filter((reply) => reply.includes("TooManyRequests"));
  expect(refused.length).toBeGreaterThan(0);
  let retry = 0;
  for (const reply of refused) {
    const parsed: Frame = JSON.parse(reply);
    retry = Number(parsed.retry);
    expect(retry).toBeInteger();
    expect(retry).toBeGreaterThanOrEqual(1);
    expect(reply).toBe(JSON.stringify({ type, status: false, reason: "TooManyRequests", retry }));
  }
  return { served, refused, retry };
}

/** The same where nothing is served any more once something was not. */
function splitAtRefusal(
  replies: readonly string[],
  type: string | null,
): { served: string[]; retry: number } {
  const { served, refused, retry } = splitByRefusal(replies, type);
  expect(replies).toEqual([...served, ...refused]);
  return { served, retry };
}

test("LIM-1 a message as large as the frame size is read, whole and in fragments", async () => {
  await using server = await startServer(["--frame-size", "1KiB"]);
  using peer = await RawPeer.connect(server.url());
  const text = '{"type":"get"}'.padEnd(1024);
  const reply = '{"type":"get","status":false,"reason":"UnknownRegister"}';
  peer.send(frame(text));
  expect(await peer.next()).toBe(reply);
  peer.send(frame(text.slice(0, 500), { fin: false }));
  peer.send(frame(text.slice(500), { opcode: OPCODE.continuation }));
  expect(await peer.next()).toBe(reply);
});

test("LIM-1 a message larger than the frame size that was set closes with 1009", async () => {
  await using server = await startServer(["--frame-size", "1KiB"]);
  using peer = await RawPeer.connect(server.url());
  peer.send(frame('{"type":"get"}'.padEnd(1025)));
  expect(await peer.closed).toEqual({ code: 1009 });
});

test("LIM-2 LIM-5 requests over the rate are refused by their kind, and the burst before is served", async () => {
  await using server = await startServer(["--requests-per-second", SELDOM, "--requests-burst", "10"]);
  const beganAt = performance.now();
  const kinds = {
    send: { type: "send", content: "x" },
    name: { data: "name", name: "" },
    get: { type: "get" },
  };
  for (const [kind, request] of Object.entries(kinds)) {
    using client = await ChatClient.connect(server.url());
    const { served, retry } = splitAtRefusal(await burst(client, repeated(request, 14)), kind);
    expect(served).toHaveLength(10);
    expectSeldom(retry, beganAt);
  }
  for (const request of [{ type: "shout" }, [], "text", {}]) {
    using client = await ChatClient.connect(server.url());
    const { served } = splitAtRefusal(await burst(client, repeated(request, 14)), null);
    expect(served).toHaveLength(10);
  }
});

test("LIM-2 a frame that is not JSON counts too", async () => {
  await using server = await startServer(["--requests-per-second", SELDOM, "--requests-burst", "10"]);
  using client = await ChatClient.connect(server.url());
  const replies: string[] = [];
  for (let i = 0; i < 14; i++) client.sendText("no JSON");
  for (let i = 0; i < 14; i++) replies.push(await client.nextText());
  const { served } = splitAtRefusal(replies, null);
  expect(served).toHaveLength(10);
});

test("LIM-3 name requests have a rate of their own", async () => {
  await using server = await startServer(["--names-per-second", SELDOM, "--names-burst", "4"]);
  const beganAt = performance.now();
  using client = await ChatClient.connect(server.url());
  const requests = Array.from({ length: 7 }, (_, i) => ({ type: "name", name: `An ${i}` }));
  const { served, retry } = splitAtRefusal(await burst(client, requests), "name");
  expect(served).toHaveLength(4);
  expectSeldom(retry, beganAt);
  await client.say("sends go on");
  expect((await client.get()).online).toEqual(["An 3"]);
});

test("LIM-4 get requests have a rate of their own", async () => {
  await using server = await startServer(["--gets-per-second", SELDOM, "--gets-burst", "3"]);
  const beganAt = performance.now();
  using client = await ChatClient.registered(server.url(), "An");
  const { served, retry } = splitAtRefusal(await burst(client, repeated({ type: "get" }, 6)), "get");
  expect(served).toHaveLength(3);
  expectSeldom(retry, beganAt);
  await client.say("sends go on");
});

test("LIM-5 refusals for a rate keep their place among the replies", async () => {
  await using server = await startServer(["--gets-per-second", SELDOM, "--gets-burst", "1"]);
  using client = await ChatClient.registered(server.url(), "An");
  const requests = Array.from({ length: 10 }, (_, i) =>
    i % 2 ? { type: "get" } : { type: "send", content: `${i}` },
  );
  const replies = await burst(client, requests);
  const isServed = (at: number) => at % 2 === 0 || at === 1;
  expect(replies.map((reply) => JSON.parse(reply))).toMatchObject(
    requests.map((request, at) =>
      isServed(at) ? { ...request, status: true } : { ...request, status: false, reason: "TooManyRequests" },
    ),
  );
});

test("LIM-6 a request over the rate changes nothing, and after the seconds named it is served", async () => {
  await using server = await startServer(["--requests-per-second", "0.2", "--requests-burst", "5"]);
  using witness = await ChatClient.registered(server.url(), "witness");
  using client = await ChatClient.registered(server.url(), "An");
  await witness.next();
  const contents = Array.from({ length: 8 }, (_, i) => `message ${i}`);
  const replies = await burst(
    client,
    contents.map((content) => ({ type: "send", content })),
  );
  const { served, retry } = splitByRefusal(replies, "send");
  expect(served.length).toBeGreaterThan(0);
  // Nothing tells a client that its time has come: the seconds are all it is given.
  await Bun.sleep(retry * 1000);
  await client.say("in time");
  for (const reply of served) expect((await witness.next()).content).toBe(JSON.parse(reply).content);
  expect(await witness.next()).toMatchObject({ content: "in time" });
});

test("LIM-2 a rate holds for one connection and not for another", async () => {
  await using server = await startServer(["--requests-per-second", SELDOM, "--requests-burst", "5"]);
  using first = await ChatClient.connect(server.url());
  using second = await ChatClient.connect(server.url());
  const { served } = splitAtRefusal(await burst(first, repeated({ type: "get" }, 7)), "get");
  expect(served).toHaveLength(5);
  await second.register("An");
});

test("LIM-9 connections of one address have a limit, and a place is free again after an end", async () => {
  await using server = await startServer(["--connections-per-address", "3"]);
  const clients = await Promise.all([1, 2, 3].map(() => ChatClient.connect(server.url())));
  expect(await upgradeStatus(server.url())).toBe(429);
  expect(await upgradeStatus(server.url("tea"))).toBe(429);
  expect((await fetch(server.http("/"))).status).toBe(200);
  await clients[0]?.close();
  using again = await ChatClient.connect(server.url());
  await again.register("An");
  for (const client of clients) client.terminate();
});

test("LIM-9 new connections of one address have a rate, and the refusal says when to try again", async () => {
  await using server = await startServer(["--connection-rate", SELDOM, "--connection-burst", "3"]);
  const beganAt = performance.now();
  for (let i = 0; i < 3; i++) expect(await upgradeStatus(server.url())).toBe(101);
  const response = await fetch(server.http("/"), {
    headers: {
      Upgrade: "websocket",
      Connection: "Upgrade",
      "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
      "Sec-WebSocket-Version": "13",
    },
  });
  expect(response.status).toBe(429);
  expectSeldom(Number(response.headers.get("retry-after")), beganAt);
});

test("LIM-9 an upgrade that comes to nothing gives its place back", async () => {
  await using server = await startServer(["--connections-per-address", "2", "--max-rooms", "3"]);
  for (let i = 0; i < 5; i++) {
    // No key: the request asks for an upgrade, but it is no WebSocket handshake.
    const headers = { Upgrade: "websocket", Connection: "Upgrade" };
    expect((await fetch(server.http(`/rooms/r${i}`), { headers })).status).toBe(400);
  }
  using _first = await ChatClient.connect(server.url("a"));
  using _second = await ChatClient.connect(server.url("b"));
});

test("LIM-9 an address in X-Forwarded-For counts only from a trusted proxy", async () => {
  const from = (address: string) => ({ headers: { "X-Forwarded-For": address } });
  {
    await using server = await startServer(["--connections-per-address", "1"]);
    using _client = await ChatClient.connect(server.url(), from("203.0.113.1"));
    expect(await upgradeStatus(server.url(), from("203.0.113.2"))).toBe(429);
  }
  await using server = await startServer(["--connections-per-address", "1", "--trust-proxy", "127.0.0.1"]);
  using _client = await ChatClient.connect(server.url(), from("203.0.113.1"));
  using _other = await ChatClient.connect(server.url(), from("203.0.113.2"));
  expect(await upgradeStatus(server.url(), from("203.0.113.1"))).toBe(429);
  // What the client itself wrote stands to the left of what the proxy added.
  expect(await upgradeStatus(server.url(), from("198.51.100.9, 203.0.113.1"))).toBe(429);
});

test("LIM-9 people behind a trusted proxy count each for themselves, though it writes ports", async () => {
  await using server = await startServer(["--connections-per-address", "1", "--trust-proxy", "127.0.0.1"]);
  const from = (address: string) => ({ headers: { "X-Forwarded-For": address } });
  for (const host of ["203.0.113.1", "203.0.113.2", "[2001:db8::7]", "[2001:db8:0:1::7]"]) {
    using _client = await ChatClient.connect(server.url(), from(`${host}:4711`));
    expect(await upgradeStatus(server.url(), from(`${host}:4712`))).toBe(429);
  }
});

test("LIM-10 connections in all have a limit, and a place is free again after an end", async () => {
  await using server = await startServer(["--max-connections", "3"]);
  const [an, binh] = await Promise.all(
    ["An", "Bình"].map((name) => ChatClient.registered(server.url(), name)),
  );
  expect(await upgradeStatus(server.url())).toBe(503);
  expect((await fetch(server.http("/healthz"))).status).toBe(200);
  await an?.close();
  using _chi = await ChatClient.registered(server.url(), "Chi");
  binh?.terminate();
});

test("LIM-11 when connections run short, the oldest that is not a WebSocket is closed", async () => {
  await using server = await startServer(["--max-connections", "6", "--handshake-timeout", "600"]);
  using member = await ChatClient.registered(server.url(), "An");
  const silent = await Promise.all(Array.from({ length: 5 }, () => RawPeer.open(server.port)));
  using late = await ChatClient.registered(server.url(), "Bình");
  // At least one had to go for the newcomer, and those who chat are not asked to.
  expect(await Promise.race(silent.map((peer) => peer.closed))).toEqual({ code: null });
  await member.nextWhere((frame) => frame.datatype === "register");
  await late.say("in");
  expect(await member.next()).toMatchObject({ content: "in" });
  for (const peer of silent) peer.destroy();
});

test("LIM-10 rooms in use have a limit, and one that everybody left makes way", async () => {
  // The main room is always one of them.
  await using server = await startServer(["--max-rooms", "3", "--no-limits"]);
  const first = await ChatClient.registered(server.url("a"), "An");
  using second = await ChatClient.registered(server.url("b"), "An");
  expect(await upgradeStatus(server.url("c"))).toBe(503);
  using _inFull = await ChatClient.registered(server.url("b"), "Bình");
  await second.next();
  await first.say("kept");
  await first.close();
  let third: ChatClient | undefined;
  // The room is left when the server has seen the end, of which nothing tells a client outside.
  while (!third) {
    third = await ChatClient.connect(server.url("c")).catch((error: unknown) => {
      if (error instanceof UpgradeRefused && error.status === 503) return undefined;
      throw error;
    });
  }
  await third.register("An");
  expect(await upgradeStatus(server.url("a"))).toBe(503);
  await third.close();
});

test("LIM-12 a client whose requests wait past the memory for them is closed with 1013", async () => {
  const flags = ["--pending-memory", "256KiB", "--no-limits"];
  await using server = await startServer(flags);
  using witness = await ChatClient.registered(server.url(), "witness");
  using client = await ChatClient.registered(server.url(), "An");
  await witness.next();
  for (let i = 0; i < 400; i++) client.send({ type: "send", content: `${i} ${"x".repeat(3900)}` });
  expect((await client.closed).code).toBe(1013);
  let told = 0;
  for (;;) {
    const event = await witness.next();
    if (event.datatype === "leave") break;
    expect(event.content).toStartWith(`${told++} `);
  }
  expect(told).toBeLessThan(400);
  await witness.say("the others go on");
  expect((await witness.get()).messages).toHaveLength(told + 1);
});

test("LIM-13 GET-6 past the memory for replies to get, a get fails and all else goes on", async () => {
  await using server = await startServer(["--get-memory", "20KiB"]);
  using client = await ChatClient.registered(server.url(), "An");
  for (let i = 0; i < 5; i++) await client.say("x".repeat(3900));
  expect((await client.get()).messages).toHaveLength(5);
  await client.say("x".repeat(3900));
  const reply = await client.ask({ type: "get" });
  expect(reply).toStartWith('{"type":"get","name":"An","status":false,"reason":"ErrorWhenGet","error":"');
  expect(Object.keys(JSON.parse(reply))).toEqual(["type", "name", "status", "reason", "error"]);
  await client.say("and on");
});

test("--no-limits lifts the rates and the connections of an address", async () => {
  const rates = [
    "--requests-per-second",
    "1",
    "--requests-burst",
    "1",
    "--names-burst",
    "1",
    "--gets-burst",
    "1",
  ];
  await using server = await startServer(["--no-limits", ...rates, "--connections-per-address", "1"]);
  using client = await ChatClient.registered(server.url(), "An");
  using _other = await ChatClient.connect(server.url());
  const replies = await burst(client, repeated({ type: "get" }, 50));
  expect(replies.filter((reply) => reply.includes('"status":true'))).toHaveLength(50);
});

test("LIM-11 a connection that does not finish its request is closed, even if it sends on, and others are not", async () => {
  await using server = await startServer(["--handshake-timeout", "4"]);
  using member = await ChatClient.registered(server.url(), "An");
  const half = async (slowly: boolean) => {
    const closed = Promise.withResolvers<void>();
    const socket = await Bun.connect({
      hostname: "127.0.0.1",
      port: server.port,
      socket: { data: () => {}, close: () => closed.resolve() },
    });
    socket.write("GET / HT");
    const trickle = setInterval(() => slowly && socket.write("T"), 100);
    await closed.promise;
    clearInterval(trickle);
  };
  await Promise.all([half(false), half(true)]);
  await member.say("still here");
});

test("LIM-9 connections that never become a chat have the limit of their address, too", async () => {
  await using server = await startServer(["--connections-per-address", "4"]);
  using member = await ChatClient.registered(server.url(), "An");
  const closed = Array.from({ length: 6 }, () => Promise.withResolvers<number>());
  const sockets = await Promise.all(
    closed.map((each, i) =>
      Bun.connect({
        hostname: "127.0.0.1",
        port: server.port,
        socket: { data: () => {}, close: () => each.resolve(i) },
        // One may be cut before it knows that it is connected.
      }).catch(() => void each.resolve(i)),
    ),
  );
  // Two are one too many and are cut; then there is room for as many as are gone.
  const cut = await Promise.any(closed.map((each) => each.promise));
  await Promise.any(closed.filter((_, i) => i !== cut).map((each) => each.promise));
  await member.say("still here");
  for (const socket of sockets) socket?.end();
  await Promise.all(closed.map((each) => each.promise));
  using _late = await ChatClient.registered(server.url(), "Bình");
});
