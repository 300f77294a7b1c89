import { expect, test } from "bun:test";
import { PLATFORM } from "../../src/client/environment.ts";
import {
  ClosedError,
  NicknameError,
  NotRegisteredError,
  RefusedError,
  TimeoutError,
  UncertainError,
} from "../../src/client/index.ts";
import { FakeEnvironment, IN_USE, messageEvent, pageReply, REGISTERED, Stage, stored } from "./stage.ts";

const caught = (promise: Promise<unknown>) => promise.catch((error: unknown) => error);
const CHANGED = { action: "change", oldname: "An", newname: "B", status: true };

test("ready waits for the room, now or the next time", async () => {
  const stage = new Stage({ name: "An" });
  const ready = stage.chat.ready();
  stage.enter();
  await ready;
  await stage.chat.ready();
  stage.socket.end();
  let isBack = false;
  const again = stage.chat.ready().then(() => (isBack = true));
  await Promise.resolve();
  expect(isBack).toBe(false);
  stage.chat.retryNow();
  stage.socket.open(3).welcome("S2").answer(pageReply([]));
  expect(await again).toBe(true);
});

test("ready rejects if the nickname is refused, none was requested, or the chat is over", async () => {
  const stage = new Stage({ name: "An", nicknameWaitMs: 0 });
  const lost = caught(stage.chat.ready());
  stage.socket.open(3).welcome("S1").answer(IN_USE);
  expect(await lost).toBeInstanceOf(NicknameError);
  expect(await caught(new Stage().chat.ready())).toBeInstanceOf(NotRegisteredError);
  const refused = new Stage({ name: "An" });
  const ended = caught(refused.chat.ready());
  refused.socket.open(3).end(4001, "Resumed on another connection");
  expect(await ended).toBeInstanceOf(RefusedError);
  expect(await caught(refused.chat.ready())).toBeInstanceOf(RefusedError);
});

test("ready also rejects later, and after a register whose nickname is refused, until another one is requested", async () => {
  const stage = new Stage({ name: "An", nicknameWaitMs: 0 });
  const { socket } = stage;
  socket.open(3).welcome("S1").answer(IN_USE);
  expect(await caught(stage.chat.ready())).toBeInstanceOf(NicknameError);
  const asked = caught(stage.chat.register("B"));
  const ready = caught(stage.chat.ready());
  socket.answer(IN_USE);
  expect(await asked).toBeInstanceOf(NicknameError);
  expect(await ready).toBeInstanceOf(NicknameError);
  void stage.chat.register("C");
  const inside = stage.chat.ready();
  socket.answer(REGISTERED);
  socket.answer(pageReply([]));
  await inside;
});

test("a wait without a time limit does not end at once", async () => {
  const { promise: hasFired, resolve } = Promise.withResolvers<string>();
  const stops = [Number.POSITIVE_INFINITY, 1e12].map((each) =>
    PLATFORM.setTimer(() => resolve("fired"), each),
  );
  expect(await Promise.race([hasFired, Bun.sleep(50).then(() => "waits")])).toBe("waits");
  for (const stop of stops) stop();
});

test("once gives the next event of a type, and rejects if there will not be one", async () => {
  const stage = new Stage({ name: "An" });
  const message = stage.chat.once("message");
  const typing = caught(stage.chat.once("typing"));
  const state = stage.chat.once("state");
  stage.enter().say([messageEvent(1), messageEvent(2)]);
  expect(await message).toMatchObject({ type: "message", message: { id: 1 } });
  expect(await state).toMatchObject({ state: { kind: "open" } });
  const closed = stage.chat.once("state");
  void stage.chat.close();
  expect(await typing).toBeInstanceOf(ClosedError);
  expect(await closed).toMatchObject({ state: { kind: "closed" } });
});

test("a call whose signal is aborted already begins nothing", async () => {
  const stage = new Stage({ name: "An" });
  const socket = stage.enter();
  const signal = AbortSignal.abort(new Error("no more"));
  const { chat } = stage;
  for (const promise of [
    chat.send("a", { signal }),
    chat.register("B", { signal }),
    chat.history({ signal }),
    chat.once("message", { signal }),
  ]) {
    expect(await caught(promise)).toMatchObject({ message: "no more" });
  }
  expect(socket.requests).toEqual([]);
  expect(chat.outbox).toEqual([]);
});

test("a send that is given up before it went out leaves the outbox", async () => {
  const stage = new Stage({ name: "An" });
  const stop = new AbortController();
  const aborted = caught(stage.chat.send("a", { signal: stop.signal }));
  const late = caught(stage.chat.send("b", { timeoutMs: 1000 }));
  void stage.chat.send("c");
  stop.abort();
  expect(await aborted).toMatchObject({ name: "AbortError" });
  expect(stage.chat.outbox).toMatchObject([{ content: "b" }, { content: "c" }]);
  stage.environment.pass(1000);
  expect(await late).toBeInstanceOf(TimeoutError);
  expect(stage.told("send-failed")).toMatchObject([{ content: "b", error: { code: "Timeout" } }]);
  expect(stage.enter().requests).toMatchObject([{ content: "c" }]);
});

test("a send that is given up after it went out is uncertain; its late answer is still reported", async () => {
  const stage = new Stage({ name: "An" });
  const socket = stage.enter();
  const sent = caught(stage.chat.send("a", { timeoutMs: 1000 }));
  stage.environment.pass(1000);
  expect(await sent).toBeInstanceOf(UncertainError);
  expect(stage.chat.outbox).toEqual([]);
  socket.answer(stored("a", 1));
  expect(stage.told("message")).toMatchObject([{ message: { id: 1 }, own: true }]);
  const other = caught(stage.chat.send("b", { timeoutMs: 1000 }));
  stage.environment.pass(1000);
  socket.answer({ status: false, username: "An", reason: "ErrorWhenSend", error: "The disk is full." });
  await other;
  expect(stage.told("send-failed").length).toBe(2);
});

test("a send in doubt that is given up on the way back holds nothing up", async () => {
  const stage = new Stage({ name: "An" });
  stage.enter();
  const sent = caught(stage.chat.send("a", { timeoutMs: 1000 }));
  const socket = stage.comeBack("S2");
  socket.answer(pageReply([]));
  expect(stage.told("entered").length).toBe(1);
  stage.environment.pass(1000);
  expect(await sent).toBeInstanceOf(UncertainError);
  expect(stage.told("entered").length).toBe(2);
});

test("a request that is given up before it went out is not made; if it went out, its answer still counts", async () => {
  const stage = new Stage({ name: "An" });
  const stop = new AbortController();
  const { signal } = stop;
  const first = caught(stage.chat.register("B", { timeoutMs: 1000 }));
  const others = [stage.chat.history({ signal }), stage.chat.register("C", { signal })].map(caught);
  const last = stage.chat.history({ limit: 1 });
  stop.abort();
  const socket = stage.enter();
  for (const error of await Promise.all(others)) expect(error).toMatchObject({ name: "AbortError" });
  stage.environment.pass(1000);
  expect(await first).toBeInstanceOf(TimeoutError);
  expect(socket.answer(CHANGED)).toMatchObject({ name: "B" });
  expect(stage.chat.name).toBe("B");
  expect(socket.answer(pageReply([1]))).toEqual({ type: "get", limit: 1 });
  expect(await last).toMatchObject({ messages: [{ id: 1 }] });
  expect(socket.requests).toEqual([]);
});

test("a first nickname may be registered even if the caller stops waiting for it", async () => {
  const stage = new Stage();
  const registered = caught(stage.chat.register("An", { timeoutMs: 1000 }));
  const next = stage.chat.register("B");
  stage.socket.open(3).welcome("S1");
  stage.environment.pass(1000);
  expect(await registered).toBeInstanceOf(TimeoutError);
  stage.socket.answer(REGISTERED);
  stage.socket.answer(pageReply([]));
  stage.socket.answer(CHANGED);
  expect(await next).toBe("B");
  expect(stage.told("named").map(({ name }) => name)).toEqual(["An", "B"]);
});

test("if no nickname was ever requested, a send is refused and does not wait forever", async () => {
  const stage = new Stage();
  const error = await caught(stage.chat.send("a"));
  expect(error).toBeInstanceOf(NotRegisteredError);
  expect(error).toMatchObject({ name: "NotRegisteredError", code: "UnknownRegister" });
  const registered = stage.chat.register("An");
  const sent = stage.chat.send("b");
  stage.enter().answer(stored("b", 1));
  expect(await registered).toBe("An");
  expect(await sent).toMatchObject({ id: 1 });
});

test("GRACE-1 the nickname of the options is requested again for as long as a grace lasts, and then given up", async () => {
  const stage = new Stage({ name: "An", nicknameWaitMs: 4000 });
  const sent = stage.chat.send("a");
  const socket = stage.socket.open(3).welcome("S1");
  socket.answer(IN_USE);
  stage.environment.pass(2000);
  socket.answer(IN_USE);
  stage.environment.pass(2000);
  socket.answer(REGISTERED);
  socket.answer(pageReply([]));
  socket.answer(stored("a", 1));
  expect(await sent).toMatchObject({ id: 1 });
  expect(stage.told("nickname-lost")).toEqual([]);

  const other = new Stage({ name: "An", nicknameWaitMs: 4000 });
  const taken = other.socket.open(3).welcome("S1");
  for (let i = 0; i < 3; i++) {
    taken.answer(IN_USE);
    other.environment.pass(2000);
  }
  await new Promise((resolve) => setImmediate(resolve));
  expect(other.told("nickname-lost")).toMatchObject([{ name: "An", error: { code: "NameAlreadyUsed" } }]);
});

test("a wait that was fulfilled leaves no timer and no listener behind", async () => {
  const environment = new FakeEnvironment();
  const stage = new Stage({ name: "An" }, environment);
  const socket = stage.enter();
  const before = environment.waiting;
  const { signal } = new AbortController();
  let listeners = 0;
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
    listeners++;
    addEventListener.apply(signal, args);
  };
  signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
    listeners--;
    removeEventListener.apply(signal, args);
  };
  const sent = stage.chat.send("a", { signal, timeoutMs: 3_600_000 });
  expect([environment.waiting, listeners]).toEqual([before + 1, 1]);
  socket.answer(stored("a", 1));
  await sent;
  expect([environment.waiting, listeners]).toEqual([before, 0]);
});
