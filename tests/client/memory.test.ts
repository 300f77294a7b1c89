import { expect, test } from "bun:test";
import { UncertainError } from "../../src/client/index.ts";
import {
  FakeStorage,
  IN_USE,
  message,
  messageEvent,
  pageReply,
  REGISTERED,
  Stage,
  stored,
  UNKNOWN_SESSION,
} from "./stage.ts";

const KEY = "chat:ws://chat.test/";
const settled = () => new Promise((resolve) => setImmediate(resolve));

test("a reloaded page resumes, shows the newest page, and sends what was unsent", async () => {
  const storage = new FakeStorage();
  const before = new Stage({ storage, name: "An" });
  before.enter("S1").say(messageEvent(5));
  void before.chat.send("a", { key: "k" });
  await settled();
  const after = new Stage({ storage, name: "Somebody" }, before.environment);
  expect(after.chat).toMatchObject({ name: "An", outbox: [{ key: "k", content: "a" }] });
  const socket = after.socket.open(3).welcome("S2");
  expect(socket.answer(pageReply([5]))).toEqual({ type: "resume", session: "S1", limit: 100 });
  expect(after.told("named")).toEqual([{ type: "named", name: "An" }]);
  await settled();
  socket.answer(stored("a", 6));
  expect(after.told("history")).toMatchObject([{ messages: [{ id: 5 }] }]);
  expect(after.contents).toEqual(["a"]);
  expect(after.chat.outbox).toEqual([]);
});

test("a session is kept before its request is on the wire", () => {
  const storage = new FakeStorage();
  const before = new Stage({ storage, name: "An" });
  before.socket.open(3).welcome("S1");
  const after = new Stage({ storage }, before.environment);
  expect(after.socket.open(3).welcome("S2").take()).toEqual({ type: "resume", session: "S1", limit: 100 });
});

test("a message is sent only after the storage notes that it may have been stored", async () => {
  const storage = new FakeStorage();
  const stage = new Stage({ storage, name: "An" });
  const socket = stage.enter("S1");
  await settled();
  let kept = "";
  storage.setItem = (_, value) => {
    if (socket.requests.length === 0) kept = value;
  };
  void stage.chat.send("a", { key: "k" });
  expect(socket.requests).toEqual([]);
  await settled();
  expect(socket.take()).toEqual({ type: "send", content: "a", key: "k" });
  expect(JSON.parse(kept).outbox).toMatchObject([{ key: "k", sentAt: stage.environment.time }]);
});

test("changes in one task are written once", async () => {
  const storage = new FakeStorage();
  const stage = new Stage({ storage, name: "An" });
  stage.enter();
  await settled();
  let writes = 0;
  storage.setItem = () => void writes++;
  for (const content of ["a", "b", "c"]) void stage.chat.send(content);
  await settled();
  expect(writes).toBe(1);
});

test("CLOSE-9 a connection whose nickname another one has resumed leaves nothing in the storage", async () => {
  const storage = new FakeStorage();
  const stage = new Stage({ storage, name: "An" });
  const socket = stage.enter();
  await settled();
  expect(storage.items.has(KEY)).toBe(true);
  socket.end(4001);
  await settled();
  expect(storage.items.size).toBe(0);
});

test("close leaves nothing in the storage", async () => {
  const storage = new FakeStorage();
  const stage = new Stage({ storage, name: "An" });
  stage.enter();
  stage.chat.send("a").catch(() => {});
  await settled();
  expect(storage.items.has(KEY)).toBe(true);
  void stage.chat.close();
  await settled();
  expect(storage.items.size).toBe(0);
});

test.each([
  "",
  "{",
  "[]",
  "null",
  '{"name":5,"sessions":[],"outbox":[],"v3":true}',
  '{"name":null,"sessions":[1],"outbox":[],"v3":true}',
  '{"name":null,"sessions":[],"outbox":[{"key":"k"}],"v3":true}',
])("an item %p that is not ours is ignored", (text) => {
  const storage = new FakeStorage();
  storage.setItem(KEY, text);
  const { chat, socket } = new Stage({ storage });
  expect(chat).toMatchObject({ name: null, outbox: [] });
  expect(socket.offer).toEqual(["classic-chatbox.v3"]);
});

test("a storage that throws is ignored", async () => {
  const fail = () => {
    throw new Error("forbidden");
  };
  const stage = new Stage({ storage: { getItem: fail, setItem: fail, removeItem: fail }, name: "An" });
  stage.enter();
  await settled();
  expect(stage.chat.name).toBe("An");
  void stage.chat.close();
});

const V2_PAGE = { status: true, name: "An", timestamp: "T", data: { message: [], online: ["An"] } };

function enterV2(stage: Stage): typeof stage.socket {
  if (stage.socket.offer.length > 0) stage.socket.end();
  const socket = stage.socket.open(2);
  socket.answer(REGISTERED);
  socket.answer(V2_PAGE);
  return socket;
}

test("version 2: the nickname is registered and the history is reported each time it connects", () => {
  const stage = new Stage({ name: "An" });
  const socket = enterV2(stage);
  const event = { type: "receive", datatype: "message", name: "Bình", content: "x", timestamp: "T" };
  socket.say(event);
  expect(stage.told("message")).toEqual([
    {
      type: "message",
      message: { name: "Bình", content: "x", timestamp: "T", id: null, time: null },
      own: false,
    },
  ]);
  socket.end();
  stage.chat.retryNow();
  stage.socket.end();
  const next = stage.socket.open(2);
  next.answer(REGISTERED);
  // What comes before the reply is in it (ORD-5).
  next.say(event).answer({ ...V2_PAGE, data: { message: [message(0)], online: ["An"] } });
  expect(stage.told("entered")).toMatchObject([
    { version: 2, resumed: false },
    { version: 2, resumed: false },
  ]);
  expect(stage.told("history").length).toBe(2);
  expect(stage.told("message").length).toBe(1);
});

test("version 2: one send at a time, and the one in doubt is not sent again", async () => {
  const stage = new Stage({ name: "An" });
  const socket = enterV2(stage);
  const first = stage.chat.send("a");
  void stage.chat.send("b");
  expect(socket.requests.map((request) => request.content)).toEqual(["a"]);
  socket.end();
  expect(await first.catch((error: unknown) => error)).toBeInstanceOf(UncertainError);
  stage.chat.retryNow();
  const next = enterV2(stage);
  expect(next.take()).toMatchObject({ content: "b" });
});

test("version 2: a send in doubt is not sent again by the next page, either", async () => {
  const storage = new FakeStorage();
  const before = new Stage({ storage, name: "An" });
  void before.chat.send("a");
  await settled();
  enterV2(before);
  await settled();
  const after = new Stage({ storage }, before.environment);
  const socket = enterV2(after);
  expect(socket.requests).toEqual([]);
  expect(after.told("send-failed")).toMatchObject([{ content: "a", error: { code: "Uncertain" } }]);
});

test("version 2: a nickname that our lost connection still holds is requested until the server has noticed", () => {
  const stage = new Stage({ name: "An" });
  enterV2(stage).end();
  stage.chat.retryNow();
  stage.socket.end();
  const socket = stage.socket.open(2);
  for (let i = 0; i < 5; i++) {
    socket.answer(IN_USE);
    stage.environment.pass(2000);
    socket.say({ type: "ping", timeout: 5 });
  }
  socket.answer(REGISTERED);
  socket.answer(V2_PAGE);
  expect(stage.told("entered").length).toBe(2);
  expect(stage.told("nickname-lost")).toEqual([]);
});

for (const [how, goOn] of [
  [
    "a page that is loaded anew",
    (before: Stage, storage: FakeStorage) => new Stage({ storage }, before.environment),
  ],
  [
    "a page that was suspended",
    (before: Stage) => {
      before.chat.suspend();
      before.chat.wake();
      return before;
    },
  ],
] as const) {
  test(`version 2: ${how} requests its nickname until the server has noticed that the earlier connection is gone`, async () => {
    const storage = new FakeStorage();
    const before = new Stage({ storage, name: "An" });
    enterV2(before);
    await settled();
    const after = goOn(before, storage);
    const { length } = after.told("entered");
    if (after.socket.offer.length > 0) after.socket.end();
    const socket = after.socket.open(2);
    for (let i = 0; i < 5; i++) {
      socket.answer(IN_USE);
      after.environment.pass(2000);
      socket.say({ type: "ping", timeout: 5 });
    }
    socket.answer(REGISTERED);
    socket.answer(V2_PAGE);
    expect(after.told("entered").length).toBe(length + 1);
    expect(after.told("nickname-lost")).toEqual([]);
  });
}

test("a reloaded page loses its nickname at once if its session is over and someone has taken it", async () => {
  const storage = new FakeStorage();
  const before = new Stage({ storage, name: "An" });
  before.enter("S1");
  await settled();
  const after = new Stage({ storage }, before.environment);
  const socket = after.socket.open(3).welcome("S2");
  socket.answer(UNKNOWN_SESSION);
  socket.answer(IN_USE);
  expect(after.told("nickname-lost")).toMatchObject([{ name: "An" }]);
  expect(socket.requests).toEqual([]);
});

test.each([
  ["over its rate", { status: false, reason: "TooManyRequests", retry: 1 }],
  ["without a nickname", { status: false, reason: "UnknownRegister" }],
])("version 2: a send that was refused as %s was not stored, and goes out again", (_, refusal) => {
  const stage = new Stage({ name: "An" });
  const socket = enterV2(stage);
  void stage.chat.send("a");
  socket.answer(refusal);
  socket.end();
  stage.chat.retryNow();
  expect(enterV2(stage).take()).toMatchObject({ content: "a" });
  expect(stage.told("send-failed")).toEqual([]);
});

test("version 2: after 20 s the nickname is lost", () => {
  const stage = new Stage({ name: "An" });
  enterV2(stage).end();
  stage.chat.retryNow();
  stage.socket.end();
  const socket = stage.socket.open(2);
  for (let i = 0; socket.requests.length > 0; i++) {
    expect(i).toBeLessThan(20);
    socket.answer(IN_USE);
    stage.environment.pass(2000);
    socket.say({ type: "ping", timeout: 5 });
  }
  expect(stage.told("nickname-lost")).toMatchObject([{ name: "An" }]);
});

test("version 2: history gives all, and typing does nothing", async () => {
  const stage = new Stage({ name: "An" });
  const socket = enterV2(stage);
  stage.chat.typing();
  const page = stage.chat.history({ limit: 1 });
  socket.answer({ ...V2_PAGE, data: { message: [message(0), message(0)], online: ["An"] } });
  expect(await page).toMatchObject({ messages: [{}, {}], more: false });
  expect(socket.requests).toEqual([]);
});
