import { expect, test } from "bun:test";
import { ResetError } from "../../src/client/index.ts";
import { FakeStorage, message, messageEvent, pageReply, Stage, stored, UNKNOWN_SESSION } from "./stage.ts";

const caught = (promise: Promise<unknown>) => promise.catch((error: unknown) => error);

/** Messages of a history that has other ones under the same ids: at other times. */
const other = (ids: readonly number[], more: object = {}) => {
  const messages = ids.map((id) => ({ ...message(id), time: 1000 + id }));
  return { ...pageReply([]), data: { message: messages, online: ["An"], more: false, ...more } };
};

test("a request names the last message by its id and time", () => {
  const stage = new Stage({ name: "An" });
  stage.enter().say({ ...messageEvent(10), time: 77 });
  const socket = stage.comeBack("S2");
  expect(socket.answer(pageReply([11], { more: true }))).toEqual({
    type: "resume",
    session: "S1",
    after: 10,
    time: 77,
    limit: 1000,
  });
  expect(socket.take()).toEqual({ type: "get", after: 11, time: 11, limit: 1000 });
});

test("after a gap, and before the first message, only the id is known", () => {
  const stage = new Stage({ name: "An" });
  stage.enter();
  const socket = stage.comeBack("S2");
  expect(socket.answer(pageReply([], { gap: { from: 1, to: 40 } }))).toEqual({
    type: "resume",
    session: "S1",
    after: 0,
    limit: 1000,
  });
  expect(stage.comeBack("S3").take()).toEqual({ type: "resume", session: "S2", after: 40, limit: 1000 });
});

test.each(["resume", "get"])("a replaced history is reported as a whole, by the reply to %s", (type) => {
  const stage = new Stage({ name: "An", historyLimit: 2 });
  stage.enter().say(messageEvent(10));
  const socket = stage.comeBack("S2");
  if (type === "get") {
    socket.answer(UNKNOWN_SESSION);
    socket.answer({ action: "register", name: "An", status: true });
  }
  socket.say(messageEvent(6));
  expect(socket.answer(other([3, 4, 5], { reset: true }))).toMatchObject({ type, after: 10, time: 10 });
  expect(socket.requests).toEqual([]);
  expect(stage.told("history").slice(1)).toMatchObject([
    { messages: [{ id: 4 }, { id: 5 }], more: true, reset: true },
  ]);
  expect(stage.contents).toEqual(["10", "6"]);
  expect(stage.told("entered").length).toBe(2);
  // From here on the new history counts.
  expect(stage.comeBack("S3").take()).toMatchObject({ after: 6, time: 6 });
});

test("a history that was replaced by an empty one is reported as empty, and then its new messages", () => {
  const stage = new Stage({ name: "An" });
  stage.enter().say(messageEvent(10));
  stage.comeBack("S2").answer(other([], { reset: true }));
  expect(stage.told("history").at(-1)).toEqual({ type: "history", messages: [], more: false, reset: true });
  const socket = stage.comeBack("S3");
  expect(socket.answer(other([1]))).toMatchObject({ after: 0 });
  expect(stage.contents).toEqual(["10", "1"]);
});

test("RES-4 if a server that is short of memory reports a reset without a page, the page is requested again", () => {
  const stage = new Stage({ name: "An" });
  stage.enter().say(messageEvent(10));
  const socket = stage.comeBack("S2");
  socket.answer(other([], { reset: true, more: true }));
  stage.environment.pass(2000);
  expect(socket.answer(other([1], { reset: true }))).toMatchObject({ type: "get", after: 10, time: 10 });
  expect(stage.told("history").slice(1)).toMatchObject([{ messages: [{ id: 1 }], reset: true }]);
});

test("an own message that is confirmed before a reset is reported once: after the page, or in it", () => {
  for (const inPage of [false, true]) {
    const stage = new Stage({ name: "An" });
    stage.enter().say(messageEvent(100));
    void stage.chat.send("a", { key: "a" });
    const socket = stage.comeBack("S2");
    // The ids of the history that was put back are below the ones known here.
    socket.answer(other(inPage ? [5, 6] : [5], { reset: true }));
    socket.answer({ ...stored("a", 6), time: 1006 });
    const [, reset] = stage.told("history");
    expect(reset?.messages.map(({ id }) => id)).toEqual(inPage ? [5, 6] : [5]);
    expect(stage.told("message").slice(1)).toMatchObject(inPage ? [] : [{ message: { id: 6 }, own: true }]);
    expect(stage.told("sent")).toMatchObject([{ key: "a", message: { id: 6 } }]);
  }
});

test("ids confirmed in the previous history do not make messages of the new one own messages", () => {
  const stage = new Stage({ name: "An" });
  stage.enter();
  for (const key of ["a", "b"]) void stage.chat.send(key, { key });
  const first = stage.comeBack("S2");
  first.answer(pageReply([]));
  // The connection breaks before all is settled, and then the history is replaced.
  first.answer(stored("a", 7));
  const socket = stage.comeBack("S3");
  socket.answer(other([1], { reset: true }));
  socket.answer({ ...stored("b", 2), time: 1002 });
  socket.say({ ...messageEvent(7), time: 1007 });
  expect(stage.told("message").map(({ message: { id }, own }) => [id, own])).toEqual([
    [2, true],
    [7, false],
  ]);
});

test("after a reset, pages requested by ids alone are refused, and others come from the new history", async () => {
  const stage = new Stage({ name: "An" });
  const before = stage.enter();
  const pages = [{ before: 5 }, { after: 5 }, { after: { id: 5, time: 5 }, limit: 3 }, { limit: 2 }].map(
    (options) => caught(stage.chat.history(options)),
  );
  const renamed = stage.chat.register("Ân");
  expect(before.take()).toMatchObject({ before: 5 });
  const socket = stage.comeBack("S2");
  socket.answer(other([1], { reset: true }));
  expect(socket.answer(other([1], { reset: true }))).toEqual({ type: "get", after: 5, time: 5, limit: 3 });
  expect(socket.answer(other([1]))).toEqual({ type: "get", limit: 2 });
  socket.answer({ action: "change", oldname: "An", newname: "Ân", status: true });
  const [first, second, third, last] = await Promise.all(pages);
  expect(first).toBeInstanceOf(ResetError);
  expect(second).toBeInstanceOf(ResetError);
  expect(third).toMatchObject({ messages: [{ id: 1 }], reset: true });
  expect(last).toMatchObject({ messages: [{ id: 1 }], reset: false });
  expect(await renamed).toBe("Ân");
});

test("with a server that does not know positions, the id alone is used", () => {
  const stage = new Stage({ name: "An", storage: new FakeStorage() });
  stage.enter().say(messageEvent(10));
  stage.comeBack("S2").answer(pageReply([11]));
  expect(stage.told("history").length).toBe(1);
  expect(stage.contents).toEqual(["10", "11"]);
});
