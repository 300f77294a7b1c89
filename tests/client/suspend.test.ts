import { expect, test } from "bun:test";
import { UncertainError } from "../../src/client/index.ts";
import { FakeStorage, messageEvent, pageReply, Stage, stored } from "./stage.ts";

const KEY = "chat:ws://chat.test/";
const settled = () => new Promise((resolve) => setImmediate(resolve));

test("GRACE-2 a suspended chat gives its connection up without leaving, and does not reconnect until it wakes", async () => {
  const stage = new Stage({ storage: new FakeStorage(), name: "An" });
  const socket = stage.enter("S1").say(messageEvent(5));
  await settled();
  stage.chat.suspend();
  stage.chat.suspend();
  expect(socket.closedWith).toBe(4000);
  expect(stage.chat.state).toMatchObject({ kind: "waiting", retryAt: null, attempt: 1 });
  stage.chat.retryNow();
  stage.environment.pass(3_600_000);
  expect(stage.sockets).toHaveLength(1);
  stage.chat.wake();
  stage.chat.wake();
  expect(stage.sockets).toHaveLength(2);
  expect(stage.socket.open(3).welcome("S2").take()).toEqual({
    type: "resume",
    session: "S1",
    after: 5,
    time: 5,
    limit: 1000,
  });
});

test("GRACE-2 a page that cannot come back leaves at once", () => {
  const stage = new Stage({ name: "An" });
  const socket = stage.enter("S1");
  stage.chat.suspend(true);
  expect(socket.closedWith).toBe(1000);
});

test("a chat that wakes continues as another page of the tab did meanwhile, and sends nothing that this page has sent", async () => {
  const storage = new FakeStorage();
  const older = new Stage({ storage, name: "An" });
  older.enter("S1").say(messageEvent(5));
  const sent = older.chat.send("sent by the younger page", { key: "k1" });
  older.chat.send("waits in both", { key: "k2" }).catch(() => {});
  await settled();
  older.chat.suspend();
  await settled();

  const younger = new Stage({ storage }, older.environment);
  const between = younger.socket.open(3).welcome("S2");
  expect(between.answer(pageReply([5]))).toMatchObject({ session: "S1" });
  await settled();
  between.answer(stored("sent by the younger page", 6));
  await settled();
  younger.chat.suspend();
  await settled();

  older.chat.wake();
  expect(older.chat.outbox.map(({ key }) => key)).toEqual(["k2"]);
  await expect(sent).rejects.toThrow(UncertainError);
  const socket = older.socket.open(3).welcome("S3");
  expect(socket.answer(pageReply([6]))).toMatchObject({ session: "S2", after: 5 });
  await settled();
  expect(socket.take()).toMatchObject({ type: "send", key: "k2" });
});

test("a chat that wakes after another page of the tab has left has no nickname", async () => {
  const storage = new FakeStorage();
  const stage = new Stage({ storage, name: "An" });
  stage.enter("S1");
  await settled();
  stage.chat.suspend();
  storage.items.delete(KEY);
  stage.chat.wake();
  expect(stage.chat.name).toBeNull();
  expect(stage.socket.open(3).welcome("S2").requests).toEqual([]);
});

test.each([
  ["none", undefined],
  ["that is full", { getItem: () => null, setItem: fail, removeItem: () => {} }],
  ["that is forbidden", { getItem: fail, setItem: fail, removeItem: fail }],
  ["with rubbish in it", { getItem: () => "{", setItem: () => {}, removeItem: () => {} }],
])("with a storage %s, a chat that wakes keeps its nickname", async (_, storage) => {
  const stage = new Stage({ name: "An", ...(storage ? { storage } : {}) });
  stage.enter("S1");
  await settled();
  stage.chat.suspend();
  stage.chat.wake();
  expect(stage.chat.name).toBe("An");
  expect(stage.socket.open(3).welcome("S2").take()).toMatchObject({ type: "resume", session: "S1" });
});

function fail(): never {
  throw new Error("forbidden");
}
