import { expect, test } from "bun:test";
import { NicknameError, NotRegisteredError, StoreError } from "../../src/client/index.ts";
import {
  IN_USE,
  message,
  messageEvent,
  pageReply,
  REGISTERED,
  Stage,
  stored,
  UNKNOWN_SESSION,
} from "./stage.ts";

test("V3-4 nothing is requested before the welcome", () => {
  const stage = new Stage({ name: "An" });
  stage.socket.open(3);
  expect(stage.socket.requests).toEqual([]);
  stage.socket.welcome("S1");
  expect(stage.socket.take()).toEqual({ type: "name", name: "An" });
});

test("entering a room reports the nickname, the roster, the newest page, what came meanwhile, and then that it is complete", () => {
  const stage = new Stage({ name: "An", historyLimit: 2 });
  stage.socket.open(3).welcome("S1");
  stage.socket.answer(REGISTERED);
  stage.socket.say({ type: "receive", datatype: "register", name: "Chi", timestamp: "T", time: 1 });
  stage.socket.say(messageEvent(7));
  expect(stage.socket.answer(pageReply([6, 7], { more: true, online: ["An", "Chi"] }))).toEqual({
    type: "get",
    limit: 2,
  });
  stage.socket.say(messageEvent(8));
  expect(stage.events.map(({ type }) => type)).toEqual([
    "state",
    "welcome",
    "named",
    "roster",
    "history",
    "entered",
    "message",
  ]);
  expect(stage.told("history")).toMatchObject([{ messages: [{ id: 6 }, { id: 7 }], more: true }]);
  expect(stage.told("entered")).toEqual([
    { type: "entered", name: "An", version: 3, resumed: false, online: ["An", "Chi"] },
  ]);
  expect(stage.contents).toEqual(["8"]);
  expect(stage.chat).toMatchObject({ name: "An", room: "/", version: 3, online: ["An", "Chi"] });
});

test("V3-3 an array of frames is read as its frames, one by one", () => {
  const stage = new Stage({ name: "An" });
  const socket = stage.enter();
  socket.say([messageEvent(1), { type: "nonsense" }, 5, messageEvent(2)]);
  expect(stage.contents).toEqual(["1", "2"]);
});

test("the roster follows the events", () => {
  const stage = new Stage({ name: "An" });
  const socket = stage.enter();
  const event = (datatype: string, more: object) =>
    socket.say({ type: "receive", datatype, timestamp: "T", time: 1, ...more });
  event("register", { name: "Chi" });
  event("change", { oldname: "Bình", newname: "Binh" });
  expect(stage.chat.online).toEqual(["Binh", "An", "Chi"]);
  event("leave", { name: "Binh" });
  expect(stage.chat.online).toEqual(["An", "Chi"]);
  expect(stage.events.at(-1)).toEqual({ type: "leave", name: "Binh", timestamp: "T", time: 1 });
});

test("RES-4 after a reconnect the stream goes on after the last message, over pages and events, each once", () => {
  const stage = new Stage({ name: "An" });
  stage.enter().say(messageEvent(10));
  const socket = stage.comeBack("S2");
  const ids = [11, 12];
  expect(socket.answer(pageReply(ids, { more: true, online: ["An"] }))).toEqual({
    type: "resume",
    session: "S1",
    after: 10,
    time: 10,
    limit: 1000,
  });
  socket.say([messageEvent(14), messageEvent(15)]);
  expect(socket.answer(pageReply([13, 14], { more: true }))).toEqual({
    type: "get",
    after: 12,
    time: 12,
    limit: 1000,
  });
  expect(stage.contents).toEqual(["10", "11", "12", "13", "14"]);
  socket.say(messageEvent(16));
  expect(socket.answer(pageReply([15]))).toEqual({ type: "get", after: 14, time: 14, limit: 1000 });
  socket.say(messageEvent(17));
  expect(stage.contents).toEqual(["10", "11", "12", "13", "14", "15", "16", "17"]);
  expect(stage.told("entered").map(({ resumed }) => resumed)).toEqual([false, true]);
  expect(stage.told("history").length).toBe(1);
});

test("RES-4 an empty page with more to come is requested again", () => {
  const stage = new Stage({ name: "An" });
  stage.enter().say(messageEvent(10));
  const socket = stage.comeBack("S2");
  socket.answer(pageReply([], { more: true }));
  expect(socket.requests).toEqual([]);
  stage.environment.pass(2000);
  expect(socket.answer(pageReply([11]))).toEqual({ type: "get", after: 10, time: 10, limit: 1000 });
  expect(stage.contents).toEqual(["10", "11"]);
});

test("PAGE-5 a gap is reported, and not requested again", () => {
  const stage = new Stage({ name: "An" });
  stage.enter().say(messageEvent(10));
  stage.comeBack("S2").answer(pageReply([], { gap: { from: 11, to: 40 } }));
  expect(stage.told("gap")).toEqual([{ type: "gap", from: 11, to: 40 }]);
  expect(stage.comeBack("S3").take()).toMatchObject({ type: "resume", session: "S2", after: 40 });
});

test("RES-5 when a session is over, the nickname is registered again, and nothing is missed", () => {
  const stage = new Stage({ name: "An" });
  stage.enter().say(messageEvent(10));
  const socket = stage.comeBack("S2");
  socket.answer(UNKNOWN_SESSION);
  expect(socket.answer(REGISTERED)).toEqual({ type: "name", name: "An" });
  socket.say(messageEvent(12));
  expect(socket.answer(pageReply([11, 12]))).toEqual({ type: "get", after: 10, time: 10, limit: 1000 });
  expect(stage.contents).toEqual(["10", "11", "12"]);
  expect(stage.told("entered").map(({ resumed }) => resumed)).toEqual([false, false]);
  expect(stage.told("named")).toEqual([{ type: "named", name: "An" }]);
});

test("RES-3 sessions that may hold the nickname are tried oldest first, until one does", () => {
  const stage = new Stage({ name: "An" });
  stage.enter("S1");
  for (const session of ["S2", "S3"]) {
    expect(stage.comeBack(session).take()).toMatchObject({ type: "resume", session: "S1" });
  }
  const socket = stage.comeBack("S4");
  expect(socket.answer(UNKNOWN_SESSION)).toMatchObject({ session: "S1" });
  expect(socket.answer(UNKNOWN_SESSION)).toMatchObject({ session: "S2" });
  expect(socket.answer(pageReply([]))).toMatchObject({ session: "S3" });
  expect(stage.comeBack("S5").take()).toMatchObject({ type: "resume", session: "S4" });
});

test("RES-3 a registration without a reply leaves a session to be tried", () => {
  const stage = new Stage({ name: "An" });
  stage.socket.open(3).welcome("S1").take();
  const socket = stage.comeBack("S2");
  expect(socket.answer(pageReply([5]))).toEqual({ type: "resume", session: "S1", limit: 100 });
  expect(stage.chat.name).toBe("An");
  expect(stage.told("history")).toMatchObject([{ messages: [{ id: 5 }] }]);
});

test("RES-6 the session that held is tried first however often the connection breaks", () => {
  const stage = new Stage({ name: "An" });
  stage.enter("S1");
  for (let i = 2; i < 20; i++) expect(stage.comeBack(`S${i}`).take()).toMatchObject({ session: "S1" });
  const socket = stage.comeBack("S20");
  const tried = [];
  while (socket.requests[0]?.type === "resume") tried.push(socket.answer(UNKNOWN_SESSION).session);
  expect(tried).toEqual(["S1", "S2", "S3", "S4", "S16", "S17", "S18", "S19"]);
});

test("NAME-8 a nickname that our own late request registered is resumed by its session", () => {
  const stage = new Stage({ name: "An" });
  stage.socket.open(3).welcome("S1").take();
  const socket = stage.comeBack("S2");
  socket.answer(UNKNOWN_SESSION);
  // Now the server reads the first connection's request.
  socket.answer(IN_USE);
  stage.environment.pass(2000);
  expect(socket.answer(UNKNOWN_SESSION)).toMatchObject({ type: "resume", session: "S1" });
  // Its own session cannot hold what it asks for.
  expect(socket.answer(IN_USE)).toMatchObject({ type: "name" });
  stage.environment.pass(2000);
  expect(socket.answer(pageReply([]))).toMatchObject({ type: "resume", session: "S1" });
  expect(stage.told("entered").length).toBe(1);
  expect(stage.told("nickname-lost")).toEqual([]);
});

test("a nickname that someone took meanwhile is lost, and unsent messages wait for the next one", async () => {
  const stage = new Stage({ name: "An" });
  stage.enter();
  stage.socket.end();
  const sent = stage.chat.send("hello");
  stage.chat.retryNow();
  const socket = stage.socket.open(3).welcome("S2");
  socket.answer(UNKNOWN_SESSION);
  socket.answer(IN_USE);
  expect(stage.told("nickname-lost")).toMatchObject([{ name: "An", error: { code: "NameAlreadyUsed" } }]);
  expect(stage.told("named").at(-1)).toEqual({ type: "named", name: null });
  expect(stage.chat.outbox).toMatchObject([{ content: "hello" }]);
  const registered = stage.chat.register("Ân");
  socket.answer({ ...REGISTERED, name: "Ân" });
  expect(await registered).toBe("Ân");
  socket.answer(pageReply([], { online: ["Ân"] }));
  socket.answer({ status: true, name: "Ân", content: "hello", timestamp: "T", id: 1, time: 1 });
  expect(await sent).toMatchObject({ content: "hello", id: 1 });
});

test("a refused first nickname is reported, since no caller waits for it", async () => {
  const stage = new Stage({ name: "An", nicknameWaitMs: 0 });
  stage.socket.open(3).welcome("S1").answer(IN_USE);
  await new Promise((resolve) => setImmediate(resolve));
  expect(stage.told("nickname-lost")).toMatchObject([{ name: "An", error: { code: "NameAlreadyUsed" } }]);
});

test("register waits for a connection, and rejects with the reason", async () => {
  const stage = new Stage();
  const first = stage.chat.register("An");
  const second = stage.chat.register("Bình");
  const socket = stage.socket.open(3).welcome("S1");
  socket.answer({ action: "register", status: false, reason: "WrongFormatName" });
  expect(await first.catch((error: unknown) => error)).toBeInstanceOf(NicknameError);
  socket.answer({ ...REGISTERED, name: "Bình" });
  expect(await second).toBe("Bình");
});

test("NAME-2 changes of nickname are requested one after the other, and requested again after a reconnect", async () => {
  const stage = new Stage({ name: "An" });
  const socket = stage.enter();
  const changes = [stage.chat.register("B"), stage.chat.register("C")];
  expect(socket.answer({ action: "change", oldname: "An", newname: "B", status: true })).toMatchObject({
    name: "B",
  });
  expect(stage.chat.online).toEqual(["Bình", "B"]);
  expect(socket.take()).toMatchObject({ name: "C" });
  const next = stage.comeBack("S2");
  next.answer({ ...pageReply([]), name: "C" });
  next.answer({ action: "change", oldname: "C", newname: "C", status: true });
  expect(await Promise.all(changes)).toEqual(["B", "C"]);
  expect(stage.told("named").map(({ name }) => name)).toEqual(["An", "B", "C"]);
});

test("LIM-6 the SDK's own requests are repeated after the time that the refusal names", () => {
  const stage = new Stage({ name: "An" });
  const socket = stage.socket.open(3).welcome("S1");
  socket.answer({ status: false, reason: "TooManyRequests", retry: 3 });
  expect(stage.told("slowed")).toEqual([{ type: "slowed", retryS: 3 }]);
  stage.environment.pass(2999);
  expect(socket.requests).toEqual([]);
  stage.environment.pass(1);
  expect(socket.take()).toMatchObject({ type: "name" });
});

test("a wait that began on an ended connection requests nothing on the next one", () => {
  const stage = new Stage({ name: "An" });
  stage.socket.open(3).welcome("S1").answer({ status: false, reason: "TooManyRequests", retry: 3 });
  const socket = stage.comeBack("S2");
  stage.environment.pass(3000);
  expect(socket.requests.map(({ type }) => type)).toEqual(["resume"]);
});

test("GET-6 a history that cannot be read now is requested again", () => {
  const stage = new Stage({ name: "An" });
  const socket = stage.socket.open(3).welcome("S1");
  socket.answer(REGISTERED);
  socket.answer({ status: false, name: "An", reason: "ErrorWhenGet", error: "No memory." });
  stage.environment.pass(2000);
  socket.answer(pageReply([1]));
  expect(stage.told("entered").length).toBe(1);
});

test("history gives pages, and rejects without a nickname", async () => {
  const stage = new Stage();
  const early = stage.chat.history();
  stage.socket.open(3).welcome("S1");
  expect(await early.catch((error: unknown) => error)).toBeInstanceOf(NotRegisteredError);
  void stage.chat.register("An");
  stage.socket.answer(REGISTERED);
  const page = stage.chat.history({ before: 5, limit: 2 });
  stage.socket.answer(pageReply([]));
  expect(stage.socket.answer(pageReply([3, 4], { more: true }))).toEqual({
    type: "get",
    before: 5,
    limit: 2,
  });
  expect(await page).toMatchObject({ messages: [{ id: 3 }, { id: 4 }], more: true });
  const failed = stage.chat.history();
  stage.socket.answer({ status: false, name: "An", reason: "ErrorWhenGet", error: "No memory." });
  const error = await failed.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(StoreError);
  expect(error).toMatchObject({ code: "ErrorWhenGet", message: "No memory." });
});

test("REF-1 in version 3 a reply belongs to the request with its ref, in whatever order the replies come", async () => {
  const stage = new Stage({ name: "An" });
  const socket = stage.enter();
  const pages = [{ before: 5 }, { before: 9 }].map((options) => stage.chat.history(options));
  const renamed = stage.chat.register("B");
  const sent = stage.chat.send("hello");
  const [older, newer, change, send] = socket.takeAll();
  socket.say({ type: "get", ...pageReply([1]), ref: 999 });
  send?.answer(stored("hello", 10));
  expect(await sent).toMatchObject({ id: 10 });
  change?.answer({ action: "change", oldname: "An", newname: "B", status: true });
  expect(await renamed).toBe("B");
  newer?.answer(pageReply([8]));
  expect(await pages[1]).toMatchObject({ messages: [{ id: 8 }] });
  older?.answer({ status: false, name: "B", reason: "ErrorWhenGet", error: "No memory." });
  expect(pages[0]).rejects.toBeInstanceOf(StoreError);
  expect([older, newer, change, send].map((each) => each?.request.type)).toEqual([
    "get",
    "get",
    "name",
    "send",
  ]);
});

test("a history that is on its way delays neither a nickname nor a send, and at most four are requested at a time", async () => {
  const stage = new Stage({ name: "An" });
  const socket = stage.enter();
  const pages = [1, 2, 3, 4, 5, 6].map((limit) => stage.chat.history({ limit }));
  const asked = socket.takeAll();
  expect(asked.map(({ request: { limit } }) => limit)).toEqual([1, 2, 3, 4]);
  const renamed = stage.chat.register("B");
  socket.answer({ action: "change", oldname: "An", newname: "B", status: true });
  expect(await renamed).toBe("B");
  const sent = stage.chat.send("hello");
  socket.answer(stored("hello", 1));
  await sent;
  asked[2]?.answer(pageReply([3]));
  expect(await pages[2]).toMatchObject({ messages: [{ id: 3 }] });
  expect(socket.takeAll().map(({ request: { limit } }) => limit)).toEqual([5]);
  // What had no reply is asked for again on the next connection.
  const next = stage.comeBack("S2");
  next.answer({ ...pageReply([]), name: "B" });
  expect(next.takeAll().map(({ request: { limit } }) => limit)).toEqual([1, 2, 4, 5]);
});

test("REQ-7 in version 2 requests go out one after the other, since only the order tells which one a reply answers", async () => {
  const stage = new Stage({ name: "An", version: 2 });
  const socket = stage.socket.open(2);
  socket.answer(REGISTERED);
  socket.answer(pageReply([]));
  const page = stage.chat.history();
  const renamed = stage.chat.register("B");
  const [get, ...others] = socket.takeAll();
  expect(others).toEqual([]);
  get?.answer({ status: true, name: "An", timestamp: "T", data: { message: [], online: ["An"] } });
  expect(await page).toMatchObject({ messages: [] });
  socket.answer({ action: "change", oldname: "An", newname: "B", status: true });
  expect(await renamed).toBe("B");
});

test("TYPE-2 typing goes out once in 2 s, and only in the room", () => {
  const stage = new Stage({ name: "An" });
  stage.chat.typing();
  const socket = stage.enter();
  stage.chat.typing();
  stage.chat.typing();
  expect(socket.requests).toEqual([{ type: "typing" }]);
  stage.environment.pass(2000);
  stage.chat.typing();
  expect(socket.requests.length).toBe(2);
  socket.say({ type: "receive", datatype: "typing", name: "Bình" });
  expect(stage.told("typing")).toEqual([{ type: "typing", name: "Bình" }]);
});

test.each([-3_600_000, 86_400_000])(
  "TYPE-2 typing is announced even if the clock was set by %p ms",
  (setBy) => {
    const stage = new Stage({ name: "An" });
    const socket = stage.enter();
    stage.chat.typing();
    stage.environment.setBy = setBy;
    stage.chat.typing();
    expect(socket.requests.length).toBe(1);
    stage.environment.pass(2000);
    stage.chat.typing();
    expect(socket.requests.length).toBe(2);
  },
);

test("a missed message under one's own nickname belongs to someone else, who had the nickname while the session was over", () => {
  const stage = new Stage({ name: "An" });
  stage.enter();
  const socket = stage.comeBack("S2");
  socket.answer(UNKNOWN_SESSION);
  socket.answer(REGISTERED);
  const data = { message: [message(1, "An"), message(2)], online: ["An"], more: false };
  socket.answer({ ...pageReply([]), data });
  expect(stage.told("message").map(({ own }) => own)).toEqual([false, false]);
});
