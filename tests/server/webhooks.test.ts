/** Webhooks without a chat: where they may go, how they are sent, and when they are tried again. */
import { expect, mock, test } from "bun:test";
import { createServer } from "node:net";
import { waitAfter } from "../../src/server/webhooks/backoff.ts";
import { bodyOf, eventIdOf } from "../../src/server/webhooks/event.ts";
import { Poster } from "../../src/server/webhooks/post.ts";
import { PresenceQueue } from "../../src/server/webhooks/presence.ts";
import { isPublic, problemOfUrl } from "../../src/server/webhooks/target.ts";
import { Receiver } from "../support/webhook.ts";

const NOT_PUBLIC = [
  "0.0.0.0",
  "10.1.2.3",
  "100.64.0.1",
  "127.0.0.1",
  "127.8.8.8",
  "169.254.169.254",
  "172.16.0.1",
  "172.31.255.255",
  "192.0.0.1",
  "192.0.2.1",
  "192.168.1.1",
  "198.18.0.1",
  "198.51.100.1",
  "203.0.113.1",
  "224.0.0.1",
  "240.0.0.1",
  "255.255.255.255",
  "::",
  "::1",
  "::127.0.0.1",
  "::ffff:127.0.0.1",
  "::ffff:10.0.0.1",
  "::ffff:0:127.0.0.1",
  "64:ff9b::7f00:1",
  "64:ff9b::a00:1",
  "64:ff9b:1::1",
  "100::1",
  "2001::1",
  "2001:db8::1",
  "2002:7f00:1::",
  "fc00::1",
  "fd00:ec2::254",
  "fe80::1",
  "fe80::1%eth0",
  "fec0::1",
  "ff02::1",
  "localhost",
  "",
];
const PUBLIC = [
  "1.1.1.1",
  "93.184.216.34",
  "172.32.0.1",
  "::ffff:1.1.1.1",
  "2606:4700::1111",
  "64:ff9b::101:101",
];

test("only addresses of the public Internet are public", () => {
  expect(NOT_PUBLIC.filter(isPublic)).toEqual([]);
  expect(PUBLIC.filter((address) => !isPublic(address))).toEqual([]);
});

test("a webhook has a URL of http or https without a password", () => {
  const wrong = [
    "ftp://example.org/",
    "example.org",
    "javascript:0",
    "https://an:pass@example.org/",
    "https://a@b.c/",
  ];
  expect(wrong.filter((url) => problemOfUrl(url) === null)).toEqual([]);
  expect(problemOfUrl(`https://example.org/${"a".repeat(2048)}`)).not.toBeNull();
  expect(problemOfUrl("http://[2606:4700::1111]:8080/path?key=value")).toBeNull();
});

test("waits grow to their limit, and what a receiver asks for is granted within it", () => {
  const retry = { firstMs: 5_000, mostMs: 14_400_000 };
  const waits = [1, 2, 3, 4, 9, 1_000].map((attempts) => waitAfter(attempts, null, retry, 0));
  expect(waits).toEqual([5_000, 15_000, 45_000, 135_000, 14_400_000, 14_400_000]);
  expect(waitAfter(2, null, retry, 1)).toBe(12_000);
  expect(waitAfter(1, 60_000, retry, 0)).toBe(60_000);
  expect(waitAfter(3, 1_000, retry, 0)).toBe(45_000);
  expect(waitAfter(1, 10 ** 12, retry, 0)).toBe(14_400_000);
});

test("an event has the same id whoever makes it, and another one in another room, history or webhook", () => {
  const id = eventIdOf("a", "message.created", "/", { id: 7, time: 1_000 });
  expect(eventIdOf("a", "message.created", "/", { id: 7, time: 1_000 })).toBe(id);
  const others = [
    eventIdOf("b", "message.created", "/", { id: 7, time: 1_000 }),
    eventIdOf("a", "message.created", "tea", { id: 7, time: 1_000 }),
    eventIdOf("a", "message.changed", "/", { id: 7, time: 1_000 }),
    eventIdOf("a", "message.created", "/", { id: 7, time: 1_001 }),
  ];
  expect(new Set([id, ...others]).size).toBe(5);
  expect(bodyOf({ type: "person.left", time: 0, data: {} })).toBe(
    '{"type":"person.left","timestamp":"1970-01-01T00:00:00.000Z","data":{}}',
  );
});

test("who comes and goes is told between the messages between which it happened", () => {
  const queue = new PresenceQueue();
  const event = (name: string, time: number) =>
    ({ id: name, type: "person.joined", time, data: { name } }) as const;
  const step = (id: number, time: number) => ({ events: [], place: { id, time } });
  const [before, after] = [event("before", 100), event("after", 100)];
  queue.add({ event: before, after: null });
  queue.add({ event: after, after: 7 });
  expect(queue.before(step(6, 99))).toBeUndefined();
  expect(queue.before(step(7, 100))).toBe(before);
  queue.remove(before);
  expect(queue.before(step(7, 100))).toBeUndefined();
  expect(queue.before(step(8, 100))).toBe(after);
  expect(queue.before(null)).toBe(after);
  queue.remove(after);
  expect(queue.before(null)).toBeUndefined();
});

test("a connection is used again, and when it was closed in the meantime another one is made", async () => {
  using receiver = new Receiver();
  const posted = { isDone: true, status: 200 } as const;
  const poster = new Poster({ timeoutMs: 600_000, isPrivateAllowed: true });
  let cuts = 0;
  // Answers one request on each connection, and cuts it at the next.
  const rude = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
      socket.once("data", () => {
        cuts++;
        socket.destroy();
      });
    });
  });
  await new Promise<void>((resolve) => rude.listen(0, "127.0.0.1", resolve));
  const address = rude.address();
  const port = typeof address === "object" ? address?.port : 0;
  for (let count = 0; count < 3; count++)
    expect(await poster.post(`http://127.0.0.1:${port}/`, {}, "{}")).toEqual(posted);
  expect(cuts).toBeGreaterThan(0);
  expect(await poster.post(receiver.url("/", "localhost"), {}, "{}")).toEqual(posted);
  rude.close();
  poster.close();
  expect(await poster.post(`http://127.0.0.1:${port}/`, {}, "{}")).toMatchObject({
    isDone: false,
    problem: "it does not accept connections",
  });
  expect(await poster.post("http://nowhere.invalid/", {}, "{}")).toMatchObject({ isDone: false });
});

// The last one, since the lookup stays replaced.
test("what is connected to is the address that was checked, and a name that leads to this machine is refused", async () => {
  // No other lookup knows this name, and each one costs one of these answers.
  const answers = [["127.0.0.1"], ["127.0.0.1", "::1"]];
  await mock.module("node:dns/promises", () => ({
    lookup: async () => (answers.shift() ?? []).map((address) => ({ address })),
  }));
  using receiver = new Receiver();
  const url = receiver.url("/", "moving.invalid");
  const open = new Poster({ timeoutMs: 600_000, isPrivateAllowed: true });
  expect(await open.post(url, {}, "{}")).toEqual({ isDone: true, status: 200 });
  expect(receiver.received[0]?.headers.get("host")).toBe(`moving.invalid:${receiver.port}`);
  const strict = new Poster({ timeoutMs: 600_000, isPrivateAllowed: false });
  expect(await strict.post(url, {}, "{}")).toMatchObject({
    isDone: false,
    problem: expect.stringContaining("not of the public Internet"),
  });
  expect([answers, receiver.received.length]).toEqual([[], 1]);
  for (const poster of [open, strict]) poster.close();
});
