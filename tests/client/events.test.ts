import { expect, test } from "bun:test";
import { Chat, type ChatEvent, NoWebSocketError, SlowConsumerError } from "../../src/client/index.ts";
import { messageEvent, pageReply, Stage } from "./stage.ts";

test("an iterator gives all events in order, and ends after close", async () => {
  const stage = new Stage({ name: "An" });
  const loop = (async () => {
    const types: string[] = [];
    for await (const event of stage.chat) types.push(event.type);
    return types;
  })();
  stage.enter();
  await Promise.resolve();
  void stage.chat.close();
  expect(await loop).toEqual(["state", "welcome", "named", "roster", "history", "entered", "state"]);
  for await (const _ of stage.chat) throw new Error("there are no more events");
});

test("an iterator that was left gets no more events, and others go on", async () => {
  const stage = new Stage({ name: "An" });
  const other = stage.chat[Symbol.asyncIterator]();
  const loop = (async () => {
    for await (const event of stage.chat) if (event.type === "entered") break;
  })();
  stage.enter();
  await loop;
  stage.socket.say(messageEvent(1));
  const seen: ChatEvent["type"][] = [];
  while (seen.at(-1) !== "message") seen.push((await other.next()).value?.type ?? "state");
  expect(seen).toEqual(["state", "welcome", "named", "roster", "history", "entered", "message"]);
});

test("a loop that is too slow throws", async () => {
  const stage = new Stage({ name: "An", eventsMost: 5 });
  const slow = stage.chat[Symbol.asyncIterator]();
  const socket = stage.enter();
  socket.say(messageEvent(1));
  const error = await slow.next().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(SlowConsumerError);
});

test("an iterator ends when the chat is refused", async () => {
  const stage = new Stage();
  const iterator = stage.chat[Symbol.asyncIterator]();
  stage.socket.open(3).end(4001);
  const types = [];
  for await (const event of iterator) types.push(event.type);
  expect(types).toEqual(["state", "state"]);
});

test("all listeners get each event before the next one, even if a listener causes that one", () => {
  const stage = new Stage({ name: "An" });
  const told: string[] = [];
  stage.chat.on("message", ({ message }) => {
    told.push(`1: ${message.content}`);
    stage.chat.send("answer").catch(() => {});
  });
  stage.chat.on("message", ({ message }) => told.push(`2: ${message.content}`));
  stage.chat.on("outbox", () => told.push("outbox"));
  stage.enter().say(messageEvent(1));
  expect(told).toEqual(["1: 1", "2: 1", "outbox"]);
});

test("after a listener closes the chat in the middle of a page, no listener gets another event", () => {
  const stage = new Stage({ name: "An" });
  stage.enter();
  stage.chat.on("message", () => void stage.chat.close());
  stage.comeBack("S2").answer(pageReply([1, 2]));
  expect(stage.contents).toEqual(["1"]);
  expect(stage.events.at(-1)).toEqual({ type: "state", state: { kind: "closed" } });
});

test("a listener can be removed", () => {
  const stage = new Stage({ name: "An" });
  let count = 0;
  const remove = stage.chat.on("message", () => void count++);
  const socket = stage.enter().say(messageEvent(1));
  remove();
  socket.say(messageEvent(2));
  expect(count).toBe(1);
});

test("a listener that throws does not affect the others, and is reported", async () => {
  const reported: unknown[] = [];
  const { queueMicrotask } = globalThis;
  // The platform would end the test: what is given to it is called here instead.
  globalThis.queueMicrotask = (run) => {
    try {
      run();
    } catch (error) {
      reported.push(error);
    }
  };
  try {
    const stage = new Stage({ name: "An" });
    const fault = new Error("a listener's own");
    stage.chat.on("message", () => {
      throw fault;
    });
    stage.chat.on("message", () => void reported.push("heard"));
    stage.enter().say(messageEvent(1));
    expect(reported).toEqual([fault, "heard"]);
  } finally {
    globalThis.queueMicrotask = queueMicrotask;
  }
});

test("without a WebSocket there is an error of its own", () => {
  const { WebSocket } = globalThis;
  Reflect.deleteProperty(globalThis, "WebSocket");
  try {
    expect(() => new Chat("ws://chat.test/")).toThrow(NoWebSocketError);
  } finally {
    globalThis.WebSocket = WebSocket;
  }
});
