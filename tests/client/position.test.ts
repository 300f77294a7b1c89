import { expect, test } from "bun:test";
import type { ChatOptions, Message } from "../../src/client/index.ts";
import { FakeStorage, message, messageEvent, pageReply, REGISTERED, Stage, stored } from "./stage.ts";

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Runs that follow each other with one storage, each until it ends without a word. */
class Runs {
  readonly storage = new FakeStorage();
  #environment = new Stage().environment;

  start(options: ChatOptions = {}): Stage {
    const { storage } = this;
    return new Stage({ storage, name: "An", after: "kept", ...options }, this.#environment);
  }

  /** What the storage has when the program is killed at this moment. */
  async kill(): Promise<void> {
    await settled();
    const items = [...this.storage.items];
    // What the dead program would write goes elsewhere.
    Object.assign(this.storage, { items: new Map(items) });
  }
}

test("the option after reports what followed a position as messages, from all pages", () => {
  const stage = new Stage({ name: "An", after: { id: 10, time: 10 } });
  expect(stage.chat.position).toEqual({ id: 10, time: 10 });
  const socket = stage.socket.open(3).welcome("S1");
  socket.answer(REGISTERED);
  expect(socket.answer(pageReply([11, 12], { more: true }))).toEqual({
    type: "get",
    after: 10,
    time: 10,
    limit: 1000,
  });
  socket.say(messageEvent(13));
  expect(socket.answer(pageReply([13]))).toMatchObject({ after: 12, time: 12 });
  expect(stage.contents).toEqual(["11", "12", "13"]);
  expect(stage.told("history")).toEqual([]);
  expect(stage.chat.position).toEqual({ id: 13, time: 13 });
});

test("PAGE-5 messages after a position that are gone are reported as a gap, and another history as history", () => {
  const stage = new Stage({ name: "An", after: { id: 10, time: 10 } });
  stage.enter("S1", { message: [message(21)], gap: { from: 11, to: 20 } });
  expect(stage.told("gap")).toEqual([{ type: "gap", from: 11, to: 20 }]);
  expect(stage.contents).toEqual(["21"]);
  const other = new Stage({ name: "An", after: { id: 10, time: 10 } });
  other.enter("S1", { message: [message(3)], reset: true });
  expect(other.told("history")).toMatchObject([{ messages: [{ id: 3 }], reset: true }]);
  expect(other.chat.position).toEqual({ id: 3, time: 3 });
});

test("after a run that was killed, the next run gets what it missed, once", async () => {
  const runs = new Runs();
  const first = runs.start();
  first.enter("S1", { message: [message(1)] }).say(messageEvent(2));
  expect(first.told("history")).toMatchObject([{ messages: [{ id: 1 }] }]);
  await runs.kill();
  const second = runs.start();
  const socket = second.socket.open(3).welcome("S2");
  expect(socket.answer(pageReply([3, 4]))).toEqual({
    type: "resume",
    session: "S1",
    after: 2,
    time: 2,
    limit: 1000,
  });
  expect(second.contents).toEqual(["3", "4"]);
  expect(second.told("history")).toEqual([]);
  await runs.kill();
  expect(runs.start().socket.open(3).welcome("S3").take()).toMatchObject({ session: "S2", after: 4 });
});

test("without the option, a reloaded page shows the newest page, and keeps no position", async () => {
  const storage = new FakeStorage();
  const before = new Stage({ storage, name: "An" });
  before.enter("S1").say(messageEvent(5));
  await settled();
  expect([...storage.items.values()].join()).toContain('"position":null');
  const after = new Stage({ storage, name: "An" });
  const socket = after.socket.open(3).welcome("S2");
  const asked = socket.answer(pageReply([4, 5]));
  expect(asked).toMatchObject({ type: "resume", session: "S1" });
  expect(asked).not.toHaveProperty("after");
  expect(after.told("history")).toMatchObject([{ messages: [{ id: 4 }, { id: 5 }] }]);
  expect(after.contents).toEqual([]);
});

test("a message and a listener's answer to it are stored in one write", async () => {
  const runs = new Runs();
  const first = runs.start();
  const kept: { position: { id: number } | null; outbox: unknown[] }[] = [];
  const { storage } = runs;
  const setItem = storage.setItem.bind(storage);
  storage.setItem = (key, value) => {
    kept.push(JSON.parse(value));
    setItem(key, value);
  };
  first.chat.on("message", ({ message: { content } }) => {
    first.chat.send(`You said: ${content}`).catch(() => {});
  });
  const socket = first.enter();
  await settled();
  socket.say(messageEvent(1));
  await settled();
  for (const { position, outbox } of kept) expect(outbox.length).toBe(position?.id === 1 ? 1 : 0);
  expect(kept.at(-1)?.position?.id).toBe(1);
});

test("a message counts as finished once all loops have asked for the next event", async () => {
  const runs = new Runs();
  const first = runs.start();
  const quick = first.chat[Symbol.asyncIterator]();
  const slow = first.chat[Symbol.asyncIterator]();
  const nextMessage = async (loop: typeof slow) => {
    for (;;) {
      const { value } = await loop.next();
      if (value?.type === "message") return value.message.id;
    }
  };
  first.enter().say([messageEvent(1), messageEvent(2), messageEvent(3)]);
  expect(await nextMessage(quick)).toBe(1);
  expect(await nextMessage(quick)).toBe(2);
  // The other one is not even done with the first page.
  expect(first.chat.position).toBeNull();
  expect(await nextMessage(slow)).toBe(1);
  expect(first.chat.position).toEqual({ id: 0, time: 0 });
  expect(await nextMessage(slow)).toBe(2);
  expect(first.chat.position).toEqual({ id: 1, time: 1 });
  await runs.kill();
  const second = runs.start();
  second.socket
    .open(3)
    .welcome("S2")
    .answer(pageReply([2, 3]));
  expect(second.contents).toEqual(["2", "3"]);
  // A loop that is left holds nothing back any more.
  await slow.return?.(undefined);
  await quick.return?.(undefined);
  expect(first.chat.position).toEqual({ id: 3, time: 3 });
});

test("own messages that a loop had not reached are recognised as own in the next run, too", async () => {
  const runs = new Runs();
  const first = runs.start();
  const loop = first.chat[Symbol.asyncIterator]();
  const socket = first.enter();
  void first.chat.send("a");
  await new Promise((resolve) => setImmediate(resolve));
  socket.answer(stored("a", 1));
  socket.say(messageEvent(2));
  for (;;) if ((await loop.next()).value?.type === "message") break;
  expect(first.chat.position).toEqual({ id: 0, time: 0 });
  await runs.kill();
  const second = runs.start();
  const data = { message: [stored("a", 1), message(2)], online: ["An"], more: false };
  second.socket
    .open(3)
    .welcome("S2")
    .answer({ ...pageReply([]), data });
  expect(second.told("message").map(({ message: { id }, own }) => [id, own])).toEqual([
    [1, true],
    [2, false],
  ]);
});

test("close gives the nickname up and keeps the position, including messages that loops finish afterwards", async () => {
  const runs = new Runs();
  const first = runs.start();
  const seen: Message[] = [];
  const loop = (async () => {
    for await (const event of first.chat) {
      if (event.type !== "message") continue;
      seen.push(event.message);
      void first.chat.close();
    }
  })();
  first.enter().say([messageEvent(1), messageEvent(2)]);
  await loop;
  expect(seen.map(({ id }) => id)).toEqual([1, 2]);
  await runs.kill();
  const second = runs.start();
  const socket = second.socket.open(3).welcome("S2");
  expect(socket.answer(REGISTERED)).toMatchObject({ type: "name", name: "An" });
  expect(socket.take()).toMatchObject({ type: "get", after: 2, time: 2 });
});

test.each([
  { after: { id: "5", time: 5 } },
  { after: { id: 5 } },
  { historyLimit: 0 },
  { historyLimit: 1001 },
])("PAGE-4 the options %j are refused at once: the server would always refuse them", (options) => {
  // What JavaScript may give.
  const attempt = () => new Stage(options as ChatOptions);
  expect(attempt).toThrow("A page has a limit of 1 to 1000");
});

test("a server of version 2 has no positions: after is ignored", () => {
  const stage = new Stage({ name: "An", version: 2, after: { id: 5, time: 5 } });
  const socket = stage.socket.open(2);
  socket.answer(REGISTERED);
  socket.answer({
    status: true,
    name: "An",
    data: { message: [{ name: "B", content: "x", timestamp: "T" }], online: ["An"] },
  });
  expect(stage.told("history").length).toBe(1);
  expect(stage.chat.position).toBeNull();
});
