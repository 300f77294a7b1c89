/** What one address does to the others: nothing. A trusted proxy tells the addresses apart, which all are of this machine. */
import { expect, test } from "bun:test";
import { statSync } from "node:fs";
import { SUBPROTOCOL_V3 } from "../../src/protocol/version.ts";
import { ChatClient, type ClientOptions, UpgradeRefused } from "../support/client.ts";
import { countsOf } from "../support/counts.ts";
import { compressed, frame, OPCODE, RawPeer, RSV1, upgradeRequest } from "../support/raw.ts";
import { startServer } from "../support/server.ts";
import { IS_ON_DATABASE } from "../support/store.ts";

const BEHIND_PROXY = ["--trust-proxy", "127.0.0.1"];
const STRANGER = "203.0.113.66";

const from = (address: string): ClientOptions => ({ headers: { "X-Forwarded-For": address } });
const v3From = (address: string): ClientOptions => ({ ...from(address), protocols: [SUBPROTOCOL_V3] });

/** Why a connection did not come about. */
async function refusalOf(url: string, address: string): Promise<number | null> {
  try {
    using _client = await ChatClient.connect(url, from(address));
    return null;
  } catch (error) {
    if (error instanceof UpgradeRefused) return error.status;
    throw error;
  }
}

/** Takes a nickname in version 3 and is gone without a close frame. @returns the reply */
async function leaveAbsent(url: string, address: string, name: string): Promise<string> {
  const headers = { "X-Forwarded-For": address, "Sec-WebSocket-Protocol": SUBPROTOCOL_V3 };
  const peer = await RawPeer.connect(url, { headers });
  await peer.next();
  peer.sendText(JSON.stringify({ type: "name", name }));
  const reply = await peer.next();
  peer.destroy();
  return reply;
}

test("LIM-12 LIM-7 large frames that are cheap to send cost nobody but their sender the connection", async () => {
  await using server = await startServer(BEHIND_PROXY);
  using innocent = await ChatClient.registered(server.url(), "innocent", from("198.51.100.1"));
  const list = JSON.stringify({ type: "send", content: Array.from({ length: 32_700 }, () => 1) });
  const deflated = frame(compressed(list), { reserved: RSV1 });
  const codes: (number | null)[] = [];
  for (let round = 0; round < 10; round++) {
    using peer = await RawPeer.connect(server.url("den"), {
      headers: {
        "X-Forwarded-For": STRANGER,
        "Sec-WebSocket-Protocol": SUBPROTOCOL_V3,
        "Sec-WebSocket-Extensions": "permessage-deflate",
      },
    });
    peer.sendText(JSON.stringify({ type: "name", name: `stranger ${round}` }));
    for (let i = 0; i < 40; i++) peer.send(deflated);
    codes.push((await peer.closed).code);
    await innocent.say(`still here ${round}`);
  }
  // A client that goes on sending may lose the connection before it has read the close frame.
  for (const code of codes) expect([1008, 1013, null]).toContain(code);
  const counts = await countsOf(server);
  const endedBy = (cause: string) => counts.get(`chatbox_disconnects_total{cause="${cause}"}`) ?? 0;
  expect([endedBy("flood") + endedBy("overload"), counts.get("chatbox_connections")]).toEqual([10, 1]);
});

test("LIM-2 LIM-7 a flood of unsolicited pongs is closed with 1008", async () => {
  await using server = await startServer();
  using peer = await RawPeer.connect(server.url(), { answersPings: false });
  for (let i = 0; i < 400; i++) peer.send(frame("", { opcode: OPCODE.pong }));
  expect((await peer.closed).code).toBe(1008);
});

test("LIM-9 one address has no more nicknames than it may have connections, resets them as it may, and others come in", async () => {
  await using server = await startServer([
    ...BEHIND_PROXY,
    "--connections-per-address",
    "5",
    "--grace",
    "600",
  ]);
  const replies: string[] = [];
  for (let i = 0; i < 12; i++) replies.push(await leaveAbsent(server.url(), STRANGER, `absent ${i}`));
  expect(replies.filter((reply) => reply.includes('"status":true'))).toHaveLength(5);
  expect(replies[11]).toContain('"reason":"TooManyRequests"');
  using other = await ChatClient.registered(server.url(), "An", from("198.51.100.1"));
  expect((await other.get()).online).toHaveLength(6);
});

test("LIM-10 a nickname that is requested and not granted yet counts, too", async () => {
  const flags = [
    ...BEHIND_PROXY,
    "--rooms-per-address",
    "4",
    "--connections-per-address",
    "6",
    "--grace",
    "600",
  ];
  await using server = await startServer(flags);
  const name = frame(JSON.stringify({ type: "name", name: "absent" }));
  for (let i = 0; i < 20; i++) {
    const { pathname } = new URL(server.url(`new-${i}`));
    const peer = await RawPeer.open(server.port);
    const headers = { "X-Forwarded-For": STRANGER, "Sec-WebSocket-Protocol": SUBPROTOCOL_V3 };
    peer.send(Buffer.concat([Buffer.from(upgradeRequest(pathname, server.port, headers)), name]));
    peer.end();
    await peer.closed;
  }
  let absent = 0;
  while (absent !== 4) {
    absent = (await countsOf(server)).get("chatbox_absent") ?? 0;
    expect(absent).toBeLessThanOrEqual(4);
    await Bun.sleep(20);
  }
});

test("LIM-9 RES-1 an absent member can resume, even if its address has as many nicknames as it may", async () => {
  await using server = await startServer([
    ...BEHIND_PROXY,
    "--connections-per-address",
    "2",
    "--grace",
    "600",
  ]);
  const first = await ChatClient.connect(server.url(), v3From(STRANGER));
  const { session } = await first.next();
  expect(await first.ask({ type: "name", name: "An" })).toContain('"status":true');
  expect(await leaveAbsent(server.url(), STRANGER, "absent")).toContain('"status":true');
  await first.close(4000);
  expect(await leaveAbsent(server.url(), STRANGER, "one more")).toContain('"reason":"TooManyRequests"');
  using again = await ChatClient.connect(server.url(), v3From(STRANGER));
  await again.next();
  expect(await again.ask({ type: "resume", session })).toContain('"status":true');
});

test("LIM-10 one address is in so many rooms, by nicknames that are kept too, and others get into the rest", async () => {
  const flags = [...BEHIND_PROXY, "--rooms-per-address", "3", "--max-rooms", "8", "--grace", "600"];
  await using server = await startServer(flags);
  for (const room of ["a", "b", "c"]) await leaveAbsent(server.url(room), STRANGER, "absent");
  expect(await refusalOf(server.url("d"), STRANGER)).toBe(429);
  expect(await refusalOf(server.url("a"), STRANGER)).toBeNull();
  for (const room of ["d", "e", "f"]) expect(await refusalOf(server.url(room), "198.51.100.1")).toBeNull();
});

test("LIM-14 when one address may send no more, others still may, and an exempt one always", async () => {
  const address = ["--address-sends-per-second", "0.001", "--address-sends-burst", "10"];
  const rates = [...address, "--sends-per-second", "0.001", "--sends-burst", "7"];
  await using server = await startServer([...BEHIND_PROXY, ...rates, "--exempt-address", "192.0.2.0/24"]);
  const accepted = async (name: string, address: string, count: number) => {
    using client = await ChatClient.registered(server.url(name), name, from(address));
    for (let i = 0; i < count; i++) client.send({ type: "send", content: `${i}` });
    let stored = 0;
    for (let i = 0; i < count; i++) if ((await client.next()).status === true) stored++;
    return stored;
  };
  expect(await accepted("one", STRANGER, 20)).toBe(7);
  expect(await accepted("two", STRANGER, 20)).toBe(3);
  expect(await accepted("three", STRANGER, 20)).toBe(0);
  expect(await accepted("four", "198.51.100.1", 20)).toBe(7);
  expect(await accepted("five", "192.0.2.7", 200)).toBe(200);
});

test.skipIf(IS_ON_DATABASE)("LIM-14 one address makes the files grow by so much and no more", async () => {
  const size = 256 * 1024;
  const flags = ["--address-send-size", "1MiB", "--sends-burst", "1000", "--address-sends-burst", "1000"];
  await using server = await startServer([
    ...BEHIND_PROXY,
    ...flags,
    "--requests-burst",
    "100000",
    "--address-requests-burst",
    "100000",
  ]);
  const content = "\u0001".repeat(4000);
  const startedAt = performance.now();
  for (let round = 0; round < 4; round++) {
    using client = await ChatClient.connect(server.url(), from(STRANGER));
    await client.register(`An ${round}`);
    for (let i = 0; i < 10; i++) client.send({ type: "send", content });
    for (let i = 0; i < 10; i++) await client.next();
  }
  // A burst of a quarter of a minute's, one message beyond it, and what has become allowed since.
  const since = (1024 * 1024 * (performance.now() - startedAt)) / 60_000;
  const grown = statSync(server.dataFile).size;
  expect(grown).toBeLessThan(size + since + 32 * 1024);
  expect(grown).toBeGreaterThan(size - 32 * 1024);
  using other = await ChatClient.registered(server.url(), "other", from("198.51.100.1"));
  await other.say("still here");
});

test("the page without JavaScript is made once for all, until there is a new message", async () => {
  await using server = await startServer();
  const read = async (language = "en") =>
    (await fetch(server.http("/?read"), { headers: { "Accept-Language": language } })).text();
  using client = await ChatClient.registered(server.url(), "An");
  await client.say("<first> & only");
  const pages = await Promise.all([read(), read(), read("vi")]);
  expect(pages[0]).toContain("&lt;first&gt; &amp; only");
  expect(pages[1]).toBe(pages[0]);
  expect(pages[2]).toContain('lang="vi"');
  await client.say("second");
  expect(await read()).toContain("second");
});

test("LIM-9 plain requests of an address have a rate, and those of another go on", async () => {
  await using server = await startServer([
    ...BEHIND_PROXY,
    "--http-per-second",
    "0.001",
    "--http-burst",
    "5",
  ]);
  const status = async (address: string) =>
    (await fetch(server.http("/healthz"), { headers: { "X-Forwarded-For": address } })).status;
  const statuses: number[] = [];
  for (let i = 0; i < 7; i++) statuses.push(await status(STRANGER));
  expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429]);
  expect(await status("198.51.100.1")).toBe(200);
});
