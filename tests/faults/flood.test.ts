/** Clients that ask for more than their share. */
import { expect, test } from "bun:test";
import { ChatClient, upgradeStatus } from "../support/client.ts";
import { RawPeer } from "../support/raw.ts";
import { startServer } from "../support/server.ts";

/** Sends a request over and over until the connection ends. Gives its close code, and the refusals before it. */
async function flood(
  url: string,
  name: string,
  request: string,
): Promise<{ code: number | null; refused: number }> {
  using peer = await RawPeer.connect(url);
  await peer.register(name);
  let refused = 0;
  let open = true;
  const closed = peer.closed.finally(() => {
    open = false;
  });
  while (open) {
    for (let i = 0; i < 20; i++) peer.sendText(request);
    await peer.until(() => peer.waiting > 0 || !open).catch(() => {});
    while (peer.waiting > 0) if ((await peer.next()).includes('"TooManyRequests"')) refused++;
  }
  return { code: (await closed).code, refused };
}

const floods: Record<string, string> = {
  sends: '{"type":"send","content":"flood"}',
  names: '{"type":"name","name":""}',
  gets: '{"type":"get"}',
  nonsense: "no JSON",
};

for (const [kind, request] of Object.entries(floods)) {
  test(`LIM-7 CLOSE-4 a flood of ${kind} is refused, then closed with 1008, and others are served all the while`, async () => {
    // So seldom that it is a flood on a slow machine, too.
    await using server = await startServer(["--requests-per-second", "1"]);
    using bystander = await ChatClient.registered(server.url("tea"), "bystander");
    using witness = await ChatClient.registered(server.url(), "witness");
    const flooded = flood(server.url(), "flooder", request);
    for (let i = 0; i < 40; i++) await bystander.say(`served ${i}`);
    const { code, refused } = await flooded;
    expect(code).toBe(1008);
    expect(refused).toBeGreaterThan(0);
    expect(await witness.nextWhere((frame) => frame.datatype !== "message")).toMatchObject({
      datatype: "register",
    });
    expect(await witness.nextWhere((frame) => frame.datatype !== "message")).toMatchObject({
      datatype: "leave",
    });
    await witness.expectNothing();
  });
}

test("LIM-7 a client that is refused now and then, and no more, is not closed", async () => {
  await using server = await startServer(["--gets-per-second", "1", "--gets-burst", "1"]);
  using client = await ChatClient.registered(server.url(), "An");
  for (let i = 0; i < 60; i++) client.send({ type: "get" });
  for (let i = 0; i < 60; i++) expect((await client.next()).type).toBe("get");
  await client.say("still here");
});

test("LIM-9 a flood of connections is answered with 429, and those who are there are served", async () => {
  await using server = await startServer(["--connection-rate", "0.001", "--connection-burst", "30"]);
  using member = await ChatClient.registered(server.url(), "member");
  const statuses = await Promise.all(Array.from({ length: 120 }, () => upgradeStatus(server.url())));
  expect(new Set(statuses)).toEqual(new Set([101, 429]));
  expect(statuses.filter((status) => status === 101)).toHaveLength(29);
  await member.say("served");
  expect((await fetch(server.http("/healthz"))).status).toBe(200);
});

test("REQ-3 a burst of the deepest values that fit a frame does not hold the others up", async () => {
  await using server = await startServer();
  using bystander = await ChatClient.registered(server.url(), "bystander");
  using peer = await RawPeer.connect(server.url());
  await peer.register("deep");
  const deep = "[".repeat(32_000) + "]".repeat(32_000);
  for (let i = 0; i < 100; i++) peer.sendText(`{"type":"send","content":${deep}}`);
  // The others would wait for minutes if the cost of a value grew with the square of its depth.
  for (let i = 0; i < 10; i++) await bystander.ask({ type: "send", content: `served ${i}` });
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
