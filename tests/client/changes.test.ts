import { expect, test } from "bun:test";
import {
  ChangeError,
  ChatError,
  ContentError,
  type Message,
  NotRegisteredError,
  ResetError,
  StoreError,
  UncertainError,
} from "../../src/client/index.ts";
import {
  BINH,
  changeEvent,
  FakeStorage,
  ME,
  made,
  message,
  messageEvent,
  pageReply,
  REGISTERED,
  Stage,
  stored,
  UNKNOWN_SESSION,
} from "./stage.ts";

const caught = (promise: Promise<unknown>) => promise.catch((error: unknown) => error);
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** The changes that were told so far, as what they are and the message. */
const told = (stage: Stage) =>
  stage.events.flatMap((event) => ("of" in event ? [`${event.type} ${event.of}`] : []));

test("ID-1 BY-1 a message has the author and the message that it replies to, in the event and in the reply", async () => {
  const stage = new Stage({ name: "An" });
  const socket = stage.enter();
  socket.say({ ...messageEvent(1), by: BINH });
  const sent = stage.chat.send("b", { reply: 1 });
  expect(socket.answer({ ...stored("b", 2), by: ME, reply: 1 })).toMatchObject({ type: "send", reply: 1 });
  void stage.chat.send("c", { reply: await sent });
  expect(socket.answer({ ...stored("c", 3), by: ME, reply: 2 })).toMatchObject({ reply: 2 });
  expect(stage.told("message").map(({ message: { id, by, reply }, own }) => [id, by, reply, own])).toEqual([
    [1, BINH, undefined, false],
    [2, ME, 1, true],
    [3, ME, 2, true],
  ]);
  expect(stage.chat.me).toBe(ME);
  expect(stage.chat.isOwn(await sent)).toBe(true);
  expect(stage.told("message").map((event) => stage.chat.isOwn(event.message))).toEqual([false, true, true]);
});

test("BY-2 what has the chat's own public id is its own, also what it never got a reply to", () => {
  const stage = new Stage({ name: "An" });
  stage.enter();
  const data = {
    message: [
      { ...message(1, "An"), by: ME },
      { ...message(2, "An"), by: BINH },
    ],
  };
  stage.comeBack("S2").answer({ ...pageReply([], data), by: ME });
  expect(stage.told("message").map(({ own }) => own)).toEqual([true, false]);
});

test("BY-3 a client that registers anew has the id that the reply gives it", () => {
  const stage = new Stage({ name: "An" });
  expect(stage.chat.me).toBeNull();
  expect(stage.chat.isOwn({ by: undefined })).toBe(false);
  stage.enter();
  const socket = stage.comeBack("S2");
  socket.answer(UNKNOWN_SESSION);
  socket.answer({ ...REGISTERED, by: "another-id-of-An" });
  expect(stage.chat.me).toBe("another-id-of-An");
});

test("a message in a page is as it is now, and what is malformed in it is left out", () => {
  const stage = new Stage({ name: "An" });
  const by = [{ by: BINH, name: "Bình" }];
  stage.enter("S1", {
    message: [
      { ...message(1), by: BINH, reply: 7, edited: 5, reactions: [{ emoji: "👍", count: 1, by }] },
      { ...message(2), content: "", deleted: true },
      { ...message(3), by: 5, reply: "x", edited: null, deleted: "yes", reactions: {} },
      {
        ...message(4),
        reactions: [null, { emoji: 1, count: 1, by }, { emoji: "🎉", count: 2, by: [5, ...by] }],
      },
    ],
    cursor: "nonsense",
    changed: 5,
  });
  expect(stage.told("history")[0]?.messages).toEqual([
    { ...(message(1) as Message), by: BINH, reply: 7, edited: 5, reactions: [{ emoji: "👍", count: 1, by }] },
    { ...(message(2) as Message), content: "", deleted: true },
    message(3) as Message,
    { ...(message(4) as Message), reactions: [{ emoji: "🎉", count: 2, by }] },
  ]);
});

test("what others change is told in order, with what the message has then", () => {
  const stage = new Stage({ name: "An" });
  const socket = stage.enter("S1", { message: [message(1)] });
  const reaction = { emoji: "👍", on: true, count: 1, name: "Bình" };
  socket.say([
    changeEvent("edit", 1, 2, { content: "new" }),
    messageEvent(3),
    changeEvent("react", 3, 4, reaction),
    changeEvent("delete", 1, 5),
  ]);
  expect(stage.events.slice(-4)).toEqual([
    { type: "edited", of: 1, content: "new", by: BINH, id: 2, time: 2 },
    { type: "message", message: message(3) as Message, own: false },
    { type: "reacted", of: 3, ...reaction, by: BINH, id: 4, time: 4 },
    { type: "deleted", of: 1, by: BINH, id: 5, time: 5 },
  ]);
  expect(stage.chat.position).toEqual({ id: 5, time: 5 });
});

test.each([
  changeEvent("edit", 1, 2),
  changeEvent("edit", 1, 2, { content: "x", by: null }),
  { ...changeEvent("delete", 1, 2), of: "1" },
  { ...changeEvent("delete", 1, 2), id: 2.5 },
  { ...changeEvent("delete", 1, 2), time: undefined },
  changeEvent("react", 1, 2, { emoji: "👍", on: true, count: "1", name: "Bình" }),
])("GROW-2 an event that is not whole is ignored: %j", (event) => {
  const stage = new Stage({ name: "An" });
  stage.enter("S1", { message: [message(1)] }).say(event);
  expect(told(stage)).toEqual([]);
  expect(stage.chat.position).toEqual({ id: 1, time: 1 });
});

test("CHANGE-1 own changes are fulfilled by their replies, and told like those of others", async () => {
  const stage = new Stage({ name: "An" });
  const socket = stage.enter("S1", { message: [message(1), message(2)] });
  const [target] = stage.told("history")[0]?.messages ?? [];
  if (!target) throw new Error();
  const edited = stage.chat.edit(target, "new", { key: "k" });
  const reacted = stage.chat.react(2, "👍");
  const deleted = stage.chat.delete({ id: 2 });
  expect(stage.chat.outbox.map(({ type }) => type)).toEqual(["edit", "react", "delete"]);
  expect(socket.answer(made({ of: 1, content: "new" }, 3))).toEqual({
    type: "edit",
    of: 1,
    content: "new",
    key: "k",
  });
  expect(socket.answer(made({ of: 2, emoji: "👍", on: true }, 4))).toMatchObject({
    type: "react",
    emoji: "👍",
    on: true,
  });
  expect(socket.answer(made({ of: 2 }, 5))).toMatchObject({ type: "delete", of: 2 });
  expect(await Promise.all([edited, reacted, deleted])).toEqual([undefined, undefined, undefined]);
  expect(stage.events.filter((event) => "of" in event)).toEqual([
    { type: "edited", of: 1, content: "new", by: ME, id: 3, time: 3 },
    { type: "reacted", of: 2, emoji: "👍", on: true, count: 1, by: ME, name: "An", id: 4, time: 4 },
    { type: "deleted", of: 2, by: ME, id: 5, time: 5 },
  ]);
  expect(stage.chat.position).toEqual({ id: 5, time: 5 });
  expect(stage.chat.outbox).toEqual([]);
});

test("REACT-3 a reaction that changes nothing is fulfilled, and there is no event", async () => {
  const stage = new Stage({ name: "An" });
  const socket = stage.enter("S1", { message: [message(1)] });
  const reacted = stage.chat.react(1, "👍", false);
  expect(socket.answer({ of: 1, emoji: "👍", on: false, count: 0, status: true })).toMatchObject({
    on: false,
  });
  await reacted;
  expect(told(stage)).toEqual([]);
});

test.each([
  ["UnknownMessage", ChangeError],
  ["NotAllowed", ChangeError],
  ["TooManyEdits", ChangeError],
  ["TooManyReactions", ChangeError],
  ["WrongFormatEmoji", ContentError],
  ["WrongFormatOf", ContentError],
  ["ErrorWhenReact", StoreError],
  ["UnknownType", ChatError],
] as const)(
  "CHANGE-5 a change that is refused as %s rejects with its error, and is told",
  async (reason, Class) => {
    const stage = new Stage({ name: "An" });
    const socket = stage.enter("S1", { message: [message(1)] });
    const reacted = stage.chat.react(1, "👍");
    const next = stage.chat.react(2, "👍");
    socket.answer({ of: 1, status: false, reason });
    const error = await caught(reacted);
    expect(error).toBeInstanceOf(Class);
    expect(error).toMatchObject({ code: reason });
    expect(stage.told("change-failed")).toMatchObject([
      { change: { type: "react", of: 1 }, error: { code: reason } },
    ]);
    socket.answer(made({ of: 2, emoji: "👍", on: true }, 3));
    await next;
  },
);

test("REPLY-2 a reply to a message that there is not is refused", async () => {
  const stage = new Stage({ name: "An" });
  const socket = stage.enter();
  const sent = stage.chat.send("a", { reply: 99 });
  socket.answer({ username: "An", content: "a", status: false, reason: "WrongFormatReply" });
  expect(await caught(sent)).toMatchObject({ name: "ContentError", code: "WrongFormatReply" });
});

test("without a nickname, with a bad content or an unknown key, a change is refused at once", async () => {
  expect(await caught(new Stage().chat.delete(1))).toBeInstanceOf(NotRegisteredError);
  const { chat } = new Stage({ name: "An" });
  expect(await caught(chat.edit(1, ""))).toBeInstanceOf(ContentError);
  expect(await caught(chat.edit(1, "x", { key: "" }))).toBeInstanceOf(ContentError);
  expect(await caught(chat.delete({ key: "nobody's" }))).toMatchObject({ code: "UnknownMessage" });
  expect(chat.outbox).toEqual([]);
});

test("CHANGE-7 changes count as sends towards the rate", () => {
  const stage = new Stage({ name: "An" });
  const sends = { perSecond: 1, burst: 8 };
  stage.socket.open(3).welcome("S1", { limits: { requests: { perSecond: 1000, burst: 1000 }, sends } });
  stage.socket.answer(REGISTERED);
  stage.socket.answer(pageReply([]));
  for (let of = 1; of < 20; of++) stage.chat.delete(of).catch(() => {});
  expect(stage.socket.requests.length).toBe(4);
  void stage.chat.close();
});

test("a change waits for the reply to an earlier one of the same message, which it might otherwise overtake", () => {
  const stage = new Stage({ name: "An" });
  const socket = stage.enter("S1", { message: [message(1)] });
  for (const on of [true, false]) void stage.chat.react(1, "👍", on);
  void stage.chat.react(2, "👍");
  expect(socket.requests).toMatchObject([{ of: 1, on: true }]);
  socket.answer({ status: false, reason: "TooManyRequests", retry: 1 });
  expect(socket.requests).toEqual([]);
  stage.environment.pass(1000);
  socket.answer(made({ of: 1, emoji: "👍", on: true }, 2));
  expect(socket.requests).toMatchObject([{ of: 1, on: false }]);
  socket.answer(made({ of: 1, emoji: "👍", on: false }, 3));
  expect(socket.requests).toMatchObject([{ of: 2 }]);
});

test("a message that has not gone out is sent with its edited content, and withdrawn by its deletion", async () => {
  const stage = new Stage({ name: "An" });
  const sent = stage.chat.send("a", { key: "a" });
  const withdrawn = stage.chat.send("b", { key: "b" });
  const reacted = stage.chat.react({ key: "b" }, "👍");
  const edited = stage.chat.edit({ key: "a" }, "A");
  await stage.chat.delete({ key: "b" });
  expect(await caught(withdrawn)).toMatchObject({ name: "ChatError", code: "Withdrawn" });
  expect(await caught(reacted)).toMatchObject({ code: "Withdrawn" });
  expect(stage.chat.outbox).toMatchObject([{ type: "send", key: "a", content: "A" }]);
  const socket = stage.enter();
  expect(socket.answer(stored("A", 1))).toEqual({ type: "send", content: "A", key: "a" });
  expect(await sent).toMatchObject({ content: "A", id: 1 });
  await edited;
  expect(socket.requests).toEqual([]);
  expect(told(stage)).toEqual([]);
});

test("a change of a message that is on its way waits for the message's id, and what comes after it waits, too", async () => {
  const stage = new Stage({ name: "An" });
  const socket = stage.enter();
  void stage.chat.send("a", { key: "a" });
  const edited = stage.chat.edit({ key: "a" }, "A");
  const deleted = stage.chat.delete({ key: "a" });
  void stage.chat.send("b", { key: "b" });
  expect(socket.requests.map(({ type }) => type)).toEqual(["send"]);
  expect(stage.chat.outbox).toMatchObject([
    { key: "a" },
    { type: "edit", of: "a" },
    { type: "delete", of: "a" },
    {},
  ]);
  socket.answer(stored("a", 7));
  expect(socket.requests).toMatchObject([{ type: "edit", of: 7, content: "A" }]);
  socket.answer(made({ of: 7, content: "A" }, 8));
  socket.answer(made({ of: 7 }, 9));
  await Promise.all([edited, deleted]);
  expect(socket.answer(stored("b", 10))).toMatchObject({ type: "send", key: "b" });
  expect(told(stage)).toEqual(["edited 7", "deleted 7"]);
});

test("the changes of a message that fails fail with it", async () => {
  const stage = new Stage({ name: "An" });
  const socket = stage.enter();
  const sent = stage.chat.send("a", { key: "a" });
  const reacted = stage.chat.react({ key: "a" }, "👍");
  socket.answer({ status: false, username: "An", reason: "ErrorWhenSend", error: "The disk is full." });
  for (const promise of [sent, reacted]) expect(await caught(promise)).toBeInstanceOf(StoreError);
  expect(stage.chat.outbox).toEqual([]);
});

test("EDIT-2 after a reconnect changes in doubt go out again, in order, once the chat is in the room", async () => {
  const stage = new Stage({ name: "An" });
  const socket = stage.enter("S1", { message: [message(1), message(2), message(3)] });
  const edited = stage.chat.edit(1, "new", { key: "k" });
  const deleted = stage.chat.delete(2);
  const reacted = stage.chat.react(3, "👍");
  expect(socket.requests.length).toBe(3);
  const next = stage.comeBack("S2");
  expect(next.requests.length).toBe(1);
  // All three had been stored.
  const changed = [
    { ...message(1), content: "new", edited: 4 },
    { ...message(2), content: "", deleted: true },
  ];
  next.answer({ ...pageReply([], { changed, cursor: { id: 6, time: 6 } }), by: ME });
  expect(next.requests).toMatchObject([
    { type: "edit", of: 1, content: "new", key: "k" },
    { type: "delete", of: 2 },
    { type: "react", of: 3 },
  ]);
  next.answer({ of: 1, content: "new", status: true, id: 4 });
  next.answer({ of: 2, status: false, reason: "UnknownMessage" });
  next.answer({ of: 3, emoji: "👍", on: true, count: 1, status: true });
  await Promise.all([edited, deleted, reacted]);
  expect(told(stage)).toEqual(["changed 1", "changed 2"]);
  expect(stage.chat.position).toEqual({ id: 6, time: 6 });
});

test("CHANGE-3 a first deletion of a message that there is not rejects", async () => {
  const stage = new Stage({ name: "An" });
  const socket = stage.enter();
  const deleted = stage.chat.delete(5);
  socket.answer({ of: 5, status: false, reason: "UnknownMessage" });
  expect(await caught(deleted)).toBeInstanceOf(ChangeError);
});

test("EDIT-2 an edit is given up when the server may have forgotten its key, and deletions and reactions are not", async () => {
  const stage = new Stage({ name: "An" });
  stage.enter();
  const edited = stage.chat.edit(1, "x");
  void stage.chat.delete(2);
  void stage.chat.react(3, "👍");
  stage.socket.end();
  stage.environment.change("offline");
  stage.environment.pass(10 * 60_000);
  stage.environment.change("online");
  const socket = stage.socket.open(3).welcome("S2").welcome("S2");
  socket.answer(pageReply([]));
  expect(await caught(edited)).toBeInstanceOf(UncertainError);
  expect(socket.requests.map(({ type }) => type)).toEqual(["delete", "react"]);
});

test("an edit that took too long on the way into the room is given up, too", async () => {
  const stage = new Stage({ name: "An" });
  stage.enter("S1", { message: [message(1)] });
  const edited = stage.chat.edit(1, "x");
  const socket = stage.comeBack("S2");
  socket.answer(pageReply([], { more: true }));
  for (let ms = 0; ms < 10 * 60_000; ms += 2000) {
    stage.environment.pass(2000);
    socket.say({ type: "ping", timeout: 5 });
    if (socket.requests.length > 0) socket.answer(pageReply([], { more: ms < 9.5 * 60_000 }));
  }
  expect(await caught(edited)).toBeInstanceOf(UncertainError);
});

test("ID-4 changes of a history that was replaced are given up: their ids may mean other messages", async () => {
  const stage = new Stage({ name: "An" });
  const socket = stage.enter("S1", { message: [message(1), message(2)] });
  const sent = stage.chat.send("a", { key: "a" });
  const [edited, deleted] = [stage.chat.edit(1, "x"), stage.chat.delete(2)];
  expect(socket.requests.length).toBe(3);
  socket.end();
  const later = stage.chat.send("b", { key: "b", reply: 2 });
  stage.chat.retryNow();
  const next = stage.socket.open(3).welcome("S2");
  next.answer(UNKNOWN_SESSION);
  next.answer(REGISTERED);
  // What is in doubt is asked for before the page says that the history is another one.
  expect(next.answer(stored("a", 1))).toMatchObject({ type: "send", key: "a" });
  next.answer(pageReply([1], { reset: true }));
  expect(await caught(edited)).toBeInstanceOf(ResetError);
  expect(await caught(deleted)).toBeInstanceOf(ResetError);
  expect(next.answer(stored("b", 2))).toEqual({ type: "send", content: "b", key: "b" });
  await Promise.all([sent, later]);
});

test.each([true, false])(
  "ID-4 what an earlier page left to be changed is asked about first: the history may have been replaced meanwhile (%p)",
  async (isReplaced) => {
    const storage = new FakeStorage();
    const earlier = new Stage({ storage, name: "An" });
    earlier.enter("S1", { message: [message(1), message(2)] });
    earlier.socket.end();
    void caught(earlier.chat.edit(1, "x", { key: "e" }));
    void caught(earlier.chat.send("a", { key: "a", reply: 2 }));
    await settled();
    const stage = new Stage({ storage }, earlier.environment);
    const socket = stage.socket.open(3).welcome("S2");
    socket.answer({ ...pageReply([1]), by: ME });
    expect(socket.requests).toMatchObject([{ type: "get", after: 2, time: 2, limit: 1 }]);
    // Until that is known, it stays in the storage with its position.
    await settled();
    expect(JSON.parse([...storage.items.values()][0] ?? "")).toMatchObject({ asOf: { id: 2, time: 2 } });
    socket.answer(pageReply([1], isReplaced ? { reset: true } : {}));
    const kept = [
      { type: "send", key: "a", reply: 2 },
      { type: "edit", key: "e", of: 1 },
    ];
    await settled();
    expect(socket.requests).toMatchObject(isReplaced ? [{ type: "send", key: "a" }] : kept);
    if (isReplaced) expect(socket.requests[0]).not.toHaveProperty("reply");
    expect(stage.told("change-failed").map(({ error }) => error.code)).toEqual(isReplaced ? ["Reset"] : []);
  },
);

test("a change that is given up before it went out is not sent, and after that it is uncertain", async () => {
  const stage = new Stage({ name: "An" });
  const controller = new AbortController();
  const early = stage.chat.delete(1, { signal: controller.signal });
  controller.abort(new Error("enough"));
  expect(await caught(early)).toMatchObject({ message: "enough" });
  const socket = stage.enter();
  expect(socket.requests).toEqual([]);
  const late = stage.chat.edit(1, "x", { timeoutMs: 5 });
  expect(socket.requests.length).toBe(1);
  stage.environment.pass(5);
  expect(await caught(late)).toBeInstanceOf(UncertainError);
});

test("PAGE-7 what was changed while the chat was away is told before later messages, and the cursor is kept", () => {
  const stage = new Stage({ name: "An" });
  stage.enter("S1", { message: [message(1)] }).say(messageEvent(2));
  const socket = stage.comeBack("S2");
  const changed = [{ ...message(1), content: "new", edited: 4 }];
  expect(socket.answer(pageReply([3], { changed, cursor: { id: 5, time: 55 }, more: true }))).toMatchObject({
    type: "resume",
    after: 2,
    time: 2,
  });
  // A page may have neither.
  expect(socket.answer(pageReply([], { cursor: { id: 9, time: 99 }, more: true }))).toMatchObject({
    type: "get",
    after: 5,
    time: 55,
  });
  socket.say([changeEvent("edit", 1, 10, { content: "newer" }), changeEvent("delete", 3, 12)]);
  expect(socket.answer(pageReply([], { changed, cursor: { id: 11, time: 11 } }))).toMatchObject({
    after: 9,
    time: 99,
  });
  expect(
    stage.events.flatMap((event) => ("of" in event || event.type === "message" ? [event.type] : [])),
  ).toEqual(["message", "changed", "message", "changed", "deleted"]);
  expect(stage.comeBack("S3").take()).toMatchObject({ after: 12, time: 12 });
});

test("changes before the first page are in it, and those after it are told", () => {
  const stage = new Stage({ name: "An" });
  const socket = stage.socket.open(3).welcome("S1");
  socket.answer(REGISTERED);
  // Of a message that the page does not reach, and of one of the page.
  socket.say([messageEvent(7), changeEvent("delete", 1, 8)]);
  const [get] = socket.takeAll();
  socket.say(changeEvent("edit", 7, 9, { content: "new" }));
  get?.answer(pageReply([6, 7]));
  socket.say(changeEvent("delete", 7, 10));
  expect(told(stage)).toEqual(["deleted 1", "edited 7", "deleted 7"]);
  expect(stage.contents).toEqual([]);
  expect(stage.comeBack("S2").take()).toMatchObject({ after: 10 });
});

test("a cursor that is behind the last message, or malformed, is ignored", () => {
  for (const cursor of [{ id: 2, time: 2 }, { id: "x", time: 2 }, 7, null]) {
    const stage = new Stage({ name: "An" });
    stage.enter().say(messageEvent(1));
    stage.comeBack("S2").answer(pageReply([2, 3], { cursor }));
    expect(stage.comeBack("S3").take()).toMatchObject({ after: 3, time: 3 });
  }
});

test("a run that was killed in the middle of a page gets its changes again, and the rest of its messages", async () => {
  const storage = new FakeStorage();
  const first = new Stage({ storage, name: "An", after: "kept" });
  first.enter("S1", { message: [message(1)] });
  await settled();
  const loop = first.chat[Symbol.asyncIterator]();
  const changed = [{ ...message(1), content: "new" }];
  first.comeBack("S2").answer(pageReply([2, 3], { changed, cursor: { id: 6, time: 66 } }));
  const until = async (type: string) => {
    for (;;) if ((await loop.next()).value?.type === type) return;
  };
  await until("changed");
  expect(first.chat.position).toEqual({ id: 1, time: 1 });
  await until("message");
  await until("message");
  expect(first.chat.position).toEqual({ id: 2, time: 2 });
  await until("entered");
  void loop.next();
  await settled();
  expect(first.chat.position).toEqual({ id: 6, time: 66 });
  const second = new Stage({ storage, after: "kept" }, first.environment);
  expect(second.socket.open(3).welcome("S3").take()).toMatchObject({ session: "S2", after: 6, time: 66 });
});

test("a page of the history has what was changed before the program gets it", async () => {
  const stage = new Stage({ name: "An" });
  const socket = stage.enter();
  const page = stage.chat.history({ after: { id: 4, time: 4 } });
  const [get] = socket.takeAll();
  socket.say(changeEvent("edit", 5, 8, { content: "before" }));
  const changed = [message(3)];
  get?.answer(pageReply([5, 6], { changed, cursor: { id: 8, time: 8 } }));
  // These come in the same moment as the reply.
  socket.say([
    changeEvent("edit", 5, 9, { content: "after" }),
    changeEvent("delete", 3, 10),
    messageEvent(11),
  ]);
  expect(await page).toMatchObject({
    messages: [
      { id: 5, content: "after", edited: 9 },
      { id: 6, content: "6" },
    ],
    changed: [{ id: 3, content: "", deleted: true }],
    cursor: { id: 8, time: 8 },
  });
  expect(told(stage)).toEqual(["edited 5", "edited 5", "deleted 3"]);
});

test("changes survive a reload of the page, and items without any are read as before", async () => {
  const storage = new FakeStorage();
  const before = new Stage({ storage, name: "An" });
  before.enter("S1");
  await settled();
  before.socket.end();
  before.chat.send("a", { key: "a", reply: 1 }).catch(() => {});
  before.chat.react({ key: "a" }, "👍").catch(() => {});
  before.chat.edit(1, "x", { key: "k" }).catch(() => {});
  before.chat.delete(2).catch(() => {});
  await settled();
  const after = new Stage({ storage }, before.environment);
  expect(after.chat.outbox).toEqual(before.chat.outbox);
  const socket = after.socket.open(3).welcome("S2");
  socket.answer(pageReply([]));
  await settled();
  expect(socket.answer(stored("a", 5))).toEqual({ type: "send", content: "a", key: "a", reply: 1 });
  await settled();
  expect(socket.requests).toMatchObject([
    { type: "react", of: 5, emoji: "👍", on: true },
    { type: "edit", of: 1, content: "x", key: "k" },
    { type: "delete", of: 2 },
  ]);
});

test("an item has the changes beside the messages, and an earlier one has none", async () => {
  const storage = new FakeStorage();
  const stage = new Stage({ storage, name: "An" });
  stage.chat.delete(2).catch(() => {});
  await settled();
  const [[key, text] = ["", ""]] = storage.items;
  const { changes, ...earlier } = JSON.parse(text);
  expect(changes).toMatchObject([{ type: "delete", of: 2, sentAt: null }]);
  expect(earlier.outbox).toEqual([]);
  earlier.outbox = [{ key: "k", content: "a", sentAt: null }];
  storage.items.set(key, JSON.stringify(earlier));
  expect(new Stage({ storage }).chat.outbox).toEqual([{ type: "send", key: "k", content: "a" }]);
  storage.items.set(
    key,
    JSON.stringify({ ...earlier, changes: [...changes, { type: "pin", key: "p", of: 1 }, 5] }),
  );
  expect(new Stage({ storage }).chat.outbox).toMatchObject([{ type: "send" }, { type: "delete", of: 2 }]);
});

test("a change of a message that is no longer in the outbox is refused by the server, and holds nothing up", async () => {
  const storage = new FakeStorage();
  const changes = [{ type: "delete", key: "d", of: "5", sentAt: null }];
  const outbox = [{ key: "k", content: "a", sentAt: null }];
  storage.setItem(
    "chat:ws://chat.test/",
    JSON.stringify({ name: "An", sessions: [], outbox, changes, v3: true }),
  );
  const stage = new Stage({ storage });
  const socket = stage.enter();
  await settled();
  socket.answer(stored("a", 1));
  expect(socket.answer({ status: false, reason: "WrongFormatOf" })).toMatchObject({ type: "delete", of: 0 });
  expect(stage.told("change-failed")).toMatchObject([{ error: { code: "WrongFormatOf" } }]);
});

test("a server of version 2 does not know changes, and a queued message can still be edited", async () => {
  const stage = new Stage({ name: "An", version: 2 });
  const sent = stage.chat.send("a", { key: "a" });
  const edited = stage.chat.edit({ key: "a" }, "A");
  const socket = stage.socket.open(2);
  socket.answer(REGISTERED);
  const data = { message: [{ name: "B", content: "x", timestamp: "T" }], online: ["An"] };
  socket.answer({ status: true, name: "An", data });
  expect(socket.answer({ name: "An", content: "A", status: true, timestamp: "T" })).toMatchObject({
    content: "A",
  });
  await Promise.all([sent, edited]);
  const [shown] = stage.told("history")[0]?.messages ?? [];
  if (!shown) throw new Error();
  expect(stage.chat.isOwn(shown)).toBe(false);
  const reacted = stage.chat.react(shown, "👍");
  socket.answer({ type: null, status: false, reason: "UnknownType" });
  expect(await caught(reacted)).toMatchObject({ code: "UnknownType" });
});

test("close rejects what is unsent", async () => {
  const stage = new Stage({ name: "An" });
  const deleted = stage.chat.delete(1);
  void stage.chat.close();
  expect(await caught(deleted)).toMatchObject({ code: "Closed" });
  expect(await caught(stage.chat.delete(1))).toMatchObject({ code: "Closed" });
});
