import { expect, test } from "bun:test";
import {
  ClosedError,
  ContentError,
  OutboxFullError,
  StoreError,
  UncertainError,
} from "../../src/client/index.ts";
import { FakeStorage, messageEvent, pageReply, Stage, stored, UNKNOWN_SESSION } from "./stage.ts";

const caught = (promise: Promise<unknown>) => promise.catch((error: unknown) => error);

test("SEND-1 a send is fulfilled by its reply, and reported as an own message", async () => {
  const stage = new Stage({ name: "An" });
  const sent = stage.chat.send("hello");
  const socket = stage.enter();
  expect(stage.chat.outbox).toMatchObject([{ content: "hello" }]);
  const request = socket.answer(stored("hello", 5));
  expect(request).toEqual({ type: "send", content: "hello", key: stage.told("outbox")[0]?.entries[0]?.key });
  const message = { name: "An", content: "hello", timestamp: "T", id: 5, time: 5 };
  expect(await sent).toEqual(message);
  expect(stage.told("message")).toEqual([{ type: "message", message, own: true }]);
  expect(stage.told("outbox").at(-1)).toEqual({ type: "outbox", entries: [] });
});

test("random keys differ and are within KEY-1", () => {
  const stage = new Stage({ name: "An" });
  for (let i = 0; i < 100; i++) stage.chat.send("x").catch(() => {});
  const keys = stage.chat.outbox.map(({ key }) => key);
  expect(new Set(keys).size).toBe(100);
  for (const key of keys) expect(key).toMatch(/^\d{1,10}-\d{1,10}-\d{1,10}-\d+$/);
  void stage.chat.close();
});

test("KEY-2 unconfirmed messages go out again in order with the same keys, before newer ones", () => {
  const stage = new Stage({ name: "An" });
  const socket = stage.enter();
  for (const content of ["a", "b", "c"]) void stage.chat.send(content, { key: content });
  socket.answer(stored("a", 1));
  const next = stage.comeBack("S2");
  void stage.chat.send("d", { key: "d" });
  expect(next.requests.length).toBe(1);
  next.answer({ ...pageReply([]), data: { message: [{ ...stored("b", 2) }], online: ["An"], more: false } });
  expect(next.requests.map(({ key }) => key)).toEqual(["b", "c"]);
  // The server had it already: its reply is the first one's.
  next.answer(stored("b", 2));
  next.answer(stored("c", 3));
  expect(next.requests.map(({ key }) => key)).toEqual(["d"]);
  expect(stage.contents).toEqual(["a", "b", "c"]);
});

test("KEY-2 the server's answer tells whether a missed message is an own one, before it is reported", () => {
  const stage = new Stage({ name: "An" });
  stage.enter();
  for (const content of ["b", "c"]) void stage.chat.send(content, { key: content });
  const missed = (ids: readonly number[]) => ({
    // Both are An's by the nickname, and only one of them by the key.
    message: ids.map((id) => stored(id === 3 ? "b" : "x", id)),
    online: ["An"],
    more: ids.includes(2),
  });
  const first = stage.comeBack("S2");
  first.answer({ ...pageReply([]), data: missed([2]) });
  first.say({ type: "receive", datatype: "register", name: "Chi", timestamp: "T", time: 1 });
  first.answer(stored("b", 3));
  expect(stage.told("message")).toEqual([]);
  // This connection breaks before the second answer: the first one is not forgotten.
  const socket = stage.comeBack("S3");
  socket.answer({ ...pageReply([]), data: missed([2]) });
  expect(socket.requests.map(({ key }) => key)).toEqual(["c"]);
  socket.say({ type: "receive", datatype: "register", name: "Chi", timestamp: "T", time: 1 });
  socket.say(messageEvent(4)).answer(stored("c", 5));
  socket.answer({ ...pageReply([]), data: missed([3]) });
  expect(stage.told("message").map(({ message, own }) => [message.id, own])).toEqual([
    [2, false],
    [3, true],
    [4, false],
    [5, true],
  ]);
  expect(stage.chat.online).toEqual(["An", "Chi"]);
  expect(stage.told("sent").map(({ key, message }) => [key, message.id])).toEqual([
    ["b", 3],
    ["c", 5],
  ]);
});

test("sends that were unanswered before a reload are settled before the page of the history is reported", async () => {
  const storage = new FakeStorage();
  const before = new Stage({ name: "An", storage });
  before.enter();
  void before.chat.send("a", { key: "k" });
  await new Promise((resolve) => setImmediate(resolve));
  const after = new Stage({ storage }, before.environment);
  const socket = after.socket.open(3).welcome("S2");
  socket.answer({ ...pageReply([]), data: { message: [stored("a", 1)], online: ["An"], more: false } });
  expect(after.told("history")).toEqual([]);
  await new Promise((resolve) => setImmediate(resolve));
  socket.answer(stored("a", 1));
  const told = after.events.flatMap(({ type }) =>
    ["sent", "history", "message"].includes(type) ? [type] : [],
  );
  expect(told).toEqual(["sent", "history"]);
});

test("a send on the way back into the room requests no page twice, and waits until the page has arrived", () => {
  const stage = new Stage({ name: "An" });
  stage.enter();
  void stage.chat.send("a");
  const socket = stage.comeBack("S2");
  socket.answer(UNKNOWN_SESSION);
  socket.answer({ action: "register", name: "An", status: true });
  socket.answer(stored("a", 1));
  void stage.chat.send("b");
  expect(socket.requests.map(({ type }) => type)).toEqual(["get"]);
  socket.answer(pageReply([1]));
  expect(socket.requests.map(({ content }) => content)).toEqual(["b"]);
});

test("KEY-5 after the session is over the keys are the same, too", () => {
  const stage = new Stage({ name: "An" });
  stage.enter();
  void stage.chat.send("a", { key: "k" });
  const socket = stage.comeBack("S2");
  socket.answer(UNKNOWN_SESSION);
  socket.answer({ action: "register", name: "An", status: true });
  expect(socket.take()).toEqual({ type: "send", content: "a", key: "k" });
});

test("KEY-2 a send is given up when the server may have forgotten its key", async () => {
  const stage = new Stage({ name: "An" });
  stage.enter();
  const sent = stage.chat.send("in doubt");
  stage.socket.end();
  const later = stage.chat.send("never sent");
  stage.environment.online = false;
  stage.environment.change("offline");
  stage.environment.pass(10 * 60_000);
  stage.chat.retryNow();
  const socket = stage.socket.open(3).welcome("S2");
  socket.answer(pageReply([]));
  expect(await caught(sent)).toBeInstanceOf(UncertainError);
  expect(stage.told("send-failed")).toMatchObject([{ content: "in doubt", error: { code: "Uncertain" } }]);
  expect(socket.answer(stored("never sent", 1))).toMatchObject({ content: "never sent" });
  await later;
});

test.each([-3_600_000, -300_000, 3_600_000])(
  "KEY-2 a send is not repeated after its time, though the clock was set by %p ms",
  async (setBy) => {
    const stage = new Stage({ name: "An" });
    stage.enter();
    const sent = stage.chat.send("in doubt");
    stage.environment.setBy = setBy;
    stage.socket.end();
    stage.environment.online = false;
    stage.environment.change("offline");
    stage.environment.pass(11 * 60_000);
    stage.chat.retryNow();
    stage.socket.open(3).welcome("S2").answer(pageReply([]));
    expect(await caught(sent)).toBeInstanceOf(UncertainError);
  },
);

test("KEY-2 a send is given up by the time when it first went out, not when it last did", async () => {
  const stage = new Stage({ name: "An" });
  stage.enter();
  const sent = stage.chat.send("a");
  for (const session of ["S2", "S3"]) {
    stage.socket.end();
    stage.environment.change("offline");
    stage.environment.pass(5 * 60_000);
    stage.environment.change("online");
    stage.socket.open(3).welcome(session).answer(pageReply([]));
  }
  expect(await caught(sent)).toBeInstanceOf(UncertainError);
});

test.each([
  ["over its rate", { status: false, reason: "TooManyRequests", retry: 1 }],
  ["without a nickname", { status: false, reason: "UnknownRegister" }],
])(
  "KEY-2 a send in doubt that is then refused as %s still counts from when it first went out",
  async (_, refusal) => {
    const stage = new Stage({ name: "An" });
    stage.enter();
    const sent = stage.chat.send("a");
    const comeBackAfter = (ms: number, session: string) => {
      stage.socket.end();
      stage.environment.change("offline");
      stage.environment.pass(ms);
      stage.environment.change("online");
      stage.socket.open(3).welcome(session).answer(pageReply([]));
    };
    comeBackAfter(6 * 60_000, "S2");
    expect(stage.socket.answer(refusal)).toMatchObject({ type: "send", content: "a" });
    comeBackAfter(5 * 60_000, "S3");
    expect(await caught(sent)).toBeInstanceOf(UncertainError);
  },
);

test("REF-1 a reply belongs to the request whose ref it carries, in whatever order replies come", async () => {
  const stage = new Stage({ name: "An" });
  const socket = stage.enter();
  const [first, second] = [stage.chat.send("a"), stage.chat.send("b")];
  const [a, b] = socket.requests.splice(0);
  socket.say({ type: "send", ...stored("nobody's", 1), ref: 999 });
  socket.say({ type: "send", ...stored("b", 2), ref: b?.ref });
  socket.say({ type: "send", ...stored("a", 3), ref: a?.ref });
  expect(await Promise.all([first, second])).toMatchObject([
    { id: 3, content: "a" },
    { id: 2, content: "b" },
  ]);
});

test.each([
  [null, 16],
  [{ perSecond: 1000, burst: 1000 }, 16],
  // Half of the burst, of which the nickname and the page have taken two.
  [{ perSecond: 1, burst: 20 }, 8],
  [{ perSecond: 1, burst: 1 }, 0],
])("with the rate %j, %i sends go out before the first reply", (requests, count) => {
  const stage = new Stage({ name: "An" });
  stage.socket.open(3).welcome("S1", { limits: { requests } });
  stage.socket.answer({ action: "register", name: "An", status: true });
  stage.socket.answer(pageReply([]));
  for (let i = 0; i < 40; i++) void stage.chat.send(String(i));
  expect(stage.socket.requests.length).toBe(count);
});

test("LIM-14 sends stay below the rate that the server has for them, and large ones below that of all by their bytes", () => {
  const rate = { perSecond: 1000, burst: 1000 };
  const flying = (limits: object, content: string) => {
    const stage = new Stage({ name: "An" });
    stage.socket.open(3).welcome("S1", { limits });
    stage.socket.answer({ action: "register", name: "An", status: true });
    stage.socket.answer(pageReply([]));
    for (let i = 0; i < 40; i++) void stage.chat.send(content);
    return stage.socket.requests.length;
  };
  expect(flying({ requests: rate, sends: { perSecond: 1, burst: 8 } }, "x")).toBe(4);
  // Half of the burst, of which the nickname and the page have taken two; each of these costs four, or twelve.
  expect(flying({ requests: { perSecond: 1, burst: 52 } }, "x".repeat(4000))).toBe(6);
  expect(flying({ requests: { perSecond: 1, burst: 52 } }, "ế".repeat(4000))).toBe(2);
});

test("LIM-5 sends stay below the server's rate, by a bucket that counts as the server's does", () => {
  const rate = { perSecond: 10, burst: 20 };
  const stage = new Stage({ name: "An" });
  stage.socket.open(3).welcome("S1", { limits: { requests: rate } });
  stage.socket.answer({ action: "register", name: "An", status: true });
  stage.socket.answer(pageReply([]));
  let tokens = rate.burst - 2;
  let id = 0;
  for (let i = 0; i < 200; i++) void stage.chat.send(String(i));
  for (let ms = 0; ms < 30_000; ms += 10) {
    stage.environment.pass(10);
    tokens = Math.min(rate.burst, tokens + 0.1);
    while (stage.socket.requests.length > 0) {
      tokens--;
      expect(tokens).toBeGreaterThanOrEqual(0);
      expect(stage.socket.answer(stored(String(id), ++id))).toMatchObject({ content: String(id - 1) });
    }
  }
  expect(id).toBe(200);
});

test("LIM-6 a send that is refused for the rate goes out again after the wait, and then one at a time", () => {
  const stage = new Stage({ name: "An" });
  const socket = stage.enter();
  for (const content of ["a", "b", "c", "d"]) void stage.chat.send(content);
  for (let i = 0; i < 4; i++) socket.answer({ status: false, reason: "TooManyRequests", retry: 2 });
  void stage.chat.send("e");
  expect(socket.requests).toEqual([]);
  expect(stage.told("slowed")).toEqual(Array(4).fill({ type: "slowed", retryS: 2 }));
  stage.environment.pass(2000);
  for (const [at, content] of ["a", "b", "c", "d", "e"].entries()) {
    expect(socket.requests.map((request) => request.content)).toEqual([content]);
    socket.answer(stored(content, at + 1));
  }
});

test("a send from a listener does not overtake the one that is being reported", () => {
  const stage = new Stage({ name: "An" });
  const socket = stage.enter();
  stage.chat.on("outbox", ({ entries }) => {
    if (entries.length === 1 && entries[0]?.type === "send" && entries[0].content === "a")
      void stage.chat.send("b");
  });
  void stage.chat.send("a");
  expect(socket.requests.map((request) => request.content)).toEqual(["a", "b"]);
});

test("SEND-7 a send that fails is rejected alone", async () => {
  const stage = new Stage({ name: "An" });
  const socket = stage.enter();
  const [first, second] = [stage.chat.send("a"), stage.chat.send("b")];
  socket.answer({ status: false, username: "An", reason: "ErrorWhenSend", error: "The disk is full." });
  socket.answer(stored("b", 1));
  const error = await caught(first);
  expect(error).toBeInstanceOf(StoreError);
  expect(error).toMatchObject({ code: "ErrorWhenSend", message: "The disk is full." });
  expect(await second).toMatchObject({ id: 1 });
});

test("SEND-2 the chat registers again if the server no longer knows its nickname, and nothing is lost", () => {
  const stage = new Stage({ name: "An" });
  const socket = stage.enter();
  void stage.chat.send("a");
  socket.answer({ status: false, reason: "UnknownRegister" });
  expect(stage.chat.state.kind).toBe("waiting");
  expect(stage.chat.outbox).toMatchObject([{ content: "a" }]);
});

test("SEND-3 KEY-1 a content that the server would refuse is refused at once", async () => {
  const stage = new Stage({ name: "An" });
  for (const send of [
    stage.chat.send(""),
    stage.chat.send("x".repeat(4001)),
    stage.chat.send("\ud800"),
    stage.chat.send("x", { key: "" }),
    stage.chat.send("x", { key: "k".repeat(65) }),
  ]) {
    expect(await caught(send)).toBeInstanceOf(ContentError);
  }
  expect(stage.chat.outbox).toEqual([]);
});

test("a full outbox accepts no more", async () => {
  const stage = new Stage({ outboxMost: 1, name: "An" });
  const first = stage.chat.send("a");
  expect(await caught(stage.chat.send("b"))).toBeInstanceOf(OutboxFullError);
  void stage.chat.close();
  expect(await caught(first)).toBeInstanceOf(ClosedError);
  expect(await caught(stage.chat.send("c"))).toBeInstanceOf(ClosedError);
});

test("an own message that comes between events keeps its place", () => {
  const stage = new Stage({ name: "An" });
  const socket = stage.enter();
  void stage.chat.send("2");
  socket.say(messageEvent(1)).answer(stored("2", 2));
  socket.say(messageEvent(3));
  expect(stage.contents).toEqual(["1", "2", "3"]);
});
