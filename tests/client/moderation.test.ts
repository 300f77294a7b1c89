/** What the people of a room, and its moderators, do about the room itself: questions, their replies, and what everybody hears. */
import { expect, test } from "bun:test";
import {
  deleteMine,
  ModerationError,
  mine,
  moderate,
  NotPermittedError,
  report,
  review,
  roomSettings,
  setRoom,
  UncertainError,
} from "../../src/client/index.ts";
import { BINH, caught, ME, notPermitted, pageReply, REGISTERED, Stage, settled, stored } from "./stage.ts";

const SETTINGS = {
  title: "Trà",
  topic: "",
  rules: "Be kind.",
  listed: true,
  entry: "everyone",
  password: false,
  writers: "known",
  knownMinutes: 10,
  slowSeconds: 5,
  links: "nobody",
  heldMessages: 1,
  keepDays: 30,
} as const;
const NO_SETTINGS = {
  title: "",
  topic: "",
  rules: "",
  listed: false,
  entry: "everyone",
  password: false,
  writers: "everyone",
  knownMinutes: 0,
  slowSeconds: 0,
  links: "everyone",
  heldMessages: 0,
  keepDays: null,
};
const muted = {
  type: "receive",
  datatype: "moderate",
  kind: "mute",
  action: "a1",
  name: "Bình",
  person: BINH,
  until: 5,
  moderator: "An",
  time: 1,
};

test("MOD-1 an action goes out as it was ordered, and its reply says what was done", async () => {
  const stage = new Stage({ name: "An" });
  const socket = stage.enter();
  const done = moderate(stage.chat, { kind: "mute", of: 7, minutes: 10, reason: "spam", reach: "person" });
  await settled();
  const reply = { status: true, kind: "mute", action: "a1", hits: ["Bình"], hitCount: 1 };
  expect(socket.answer(reply)).toEqual({
    type: "moderate",
    kind: "mute",
    of: 7,
    minutes: 10,
    reason: "spam",
    reach: "person",
  });
  expect(await done).toEqual({ action: "a1", hits: ["Bình"], hitCount: 1, count: 0 });

  const removed = moderate(stage.chat, { kind: "remove", person: BINH, all: true });
  await settled();
  socket.answer({ status: true, kind: "remove", count: 12 });
  expect(await removed).toEqual({ action: undefined, hits: [], hitCount: 0, count: 12 });
});

test("MOD-5 a refused action says why", async () => {
  const stage = new Stage({ name: "An" });
  const socket = stage.enter();
  for (const reason of ["NotAllowed", "UnknownTarget", "UnknownAction", "TooManyActions"]) {
    const refused = caught(moderate(stage.chat, { kind: "ban", name: "Bình" }));
    await settled();
    socket.answer({ status: false, reason, error: "Not him." });
    const error = await refused;
    expect(error).toBeInstanceOf(ModerationError);
    expect(error).toMatchObject({ name: "ModerationError", code: reason, message: "Not him." });
  }
});

test("a reply that cannot be read is an error", async () => {
  const stage = new Stage({ name: "An" });
  const socket = stage.enter();
  const malformed = caught(review(stage.chat, "log"));
  await settled();
  socket.answer({ status: true, what: "log", list: "none" });
  expect(await malformed).toMatchObject({ code: "Malformed" });
});

test("questions need no nickname, and wait for a connection", async () => {
  const stage = new Stage();
  const done = roomSettings(stage.chat);
  await settled();
  const { socket } = stage;
  socket.open(3).welcome("S1");
  const words = { words: ["trà"], wordRule: "hold" };
  expect(socket.answer({ status: true, settings: { ...SETTINGS, ...words } })).toEqual({ type: "room" });
  expect(await done).toEqual({ ...SETTINGS, words: ["trà"], wordRule: "hold" });

  const set = setRoom(stage.chat, { title: "Trà", password: null });
  await settled();
  expect(socket.answer({ status: true, settings: SETTINGS })).toEqual({
    type: "room",
    set: { title: "Trà", password: null },
  });
  expect(await set).toEqual({ ...SETTINGS, words: undefined, wordRule: undefined });
});

test("REPORT-1 a report waits until the chat is in the room", async () => {
  const nobody = new Stage();
  expect(await caught(report(nobody.chat, { of: 7 }))).toMatchObject({ code: "UnknownRegister" });

  const stage = new Stage({ name: "An" });
  const reported = report(stage.chat, { of: 7, reason: "rude" });
  await settled();
  const { socket } = stage;
  socket.open(3).welcome("S1");
  expect(socket.requests.map(({ type }) => type)).toEqual(["name"]);
  socket.answer(REGISTERED);
  socket.answer(pageReply([]));
  expect(socket.answer({ status: true })).toEqual({ type: "report", of: 7, reason: "rude" });
  await reported;
});

test("REVIEW-1 each subject is read by its own keys", async () => {
  const stage = new Stage({ name: "An" });
  const socket = stage.enter();
  const ask = async <T>(asked: Promise<T>, what: string, list: readonly object[], more = false) => {
    await settled();
    const request = socket.answer({ status: true, what, list, more });
    return [request, await asked] as const;
  };
  const reported = { id: "r1", name: "Bình", reason: "", by: ME, reporter: "An", at: 1, of: 7, content: "x" };
  expect(await ask(review(stage.chat, "reports"), "reports", [reported, { id: 1 }], true)).toEqual([
    { type: "review", what: "reports" },
    { list: [reported], more: true },
  ]);
  const held = { id: "h1", name: "Bình", person: BINH, content: "x", why: "newcomer", at: 1 } as const;
  expect((await ask(review(stage.chat, "held"), "held", [held]))[1]).toEqual({ list: [held], more: false });
  const action = {
    action: "a1",
    kind: "ban",
    everywhere: true,
    moderator: "An",
    at: 1,
    undoable: true,
  } as const;
  expect((await ask(review(stage.chat, "force"), "force", [action]))[1].list).toEqual([action]);
  const log = review(stage.chat, "log", { person: BINH, before: "a2" });
  expect(await ask(log, "log", [{ ...action, until: 5, over: true, count: 2 }])).toEqual([
    { type: "review", what: "log", person: BINH, before: "a2" },
    { list: [{ ...action, until: 5, over: true, count: 2 }], more: false },
  ]);
  const person = { name: "Bình", person: BINH, role: "visitor", joined: 1, sharing: 2, muted: true } as const;
  expect((await ask(review(stage.chat, "people"), "people", [person]))[1].list).toEqual([person]);
});

test("MINE-1 MINE-2 a person gets and deletes what it wrote", async () => {
  const stage = new Stage({ name: "An" });
  const socket = stage.enter();
  const page = mine(stage.chat, { before: 9 });
  await settled();
  const messages = [{ id: 8, name: "An", content: "x", time: 1 }];
  expect(socket.answer({ status: true, messages, more: true })).toEqual({
    type: "mine",
    do: "get",
    before: 9,
  });
  expect(await page).toEqual({ messages, more: true });
  const count = deleteMine(stage.chat);
  await settled();
  expect(socket.answer({ status: true, count: 3 })).toEqual({ type: "mine", do: "delete" });
  expect(await count).toBe(3);
});

test("after a lost connection only what does nothing twice is asked again", async () => {
  const stage = new Stage({ name: "An" });
  stage.enter();
  const { chat } = stage;
  const done = [
    moderate(chat, { kind: "calm" }),
    setRoom(chat, {}),
    report(chat, { of: 1 }),
    deleteMine(chat),
  ];
  const asked = [review(chat, "log"), roomSettings(chat), mine(chat)];
  const preview = moderate(chat, { kind: "ban", name: "Bình", preview: true });
  await settled();
  stage.comeBack("S2");
  for (const each of done) expect(await caught(each)).toBeInstanceOf(UncertainError);
  const again = stage.socket.takeAll();
  expect(again.map(({ request }) => request.type)).toEqual(["review", "room", "mine", "moderate", "resume"]);
  again[0]?.answer({ status: true, list: [] });
  again[1]?.answer({ status: true, settings: SETTINGS });
  again[2]?.answer({ status: true, messages: [] });
  again[3]?.answer({ status: true, kind: "ban", hits: [], hitCount: 0 });
  await Promise.all([...asked, preview]);
});

test("a call that is not waited for any more says whether it may have been done", async () => {
  const stage = new Stage({ name: "An" });
  const early = caught(moderate(stage.chat, { kind: "calm" }, { timeoutMs: 1000 }));
  await settled();
  stage.environment.pass(1000);
  expect(await early).toMatchObject({ code: "Timeout" });
  stage.enter();
  const stop = new AbortController();
  const act = caught(moderate(stage.chat, { kind: "calm" }, stop));
  const look = caught(review(stage.chat, "log", stop));
  await settled();
  expect(stage.socket.requests.map(({ type }) => type)).toEqual(["moderate", "review"]);
  stop.abort("enough");
  expect(await act).toBeInstanceOf(UncertainError);
  expect(await look).toBe("enough");
});

test("questions end with the chat, and a server of version 2 knows none", async () => {
  const stage = new Stage({ name: "An" });
  const waiting = caught(review(stage.chat, "held"));
  await settled();
  void stage.chat.close();
  expect(await waiting).toMatchObject({ code: "Closed" });

  const old = new Stage({ version: 2 });
  const early = caught(roomSettings(old.chat));
  await settled();
  old.socket.open(2);
  expect(await early).toMatchObject({ code: "UnknownType" });
  expect(await caught(roomSettings(old.chat))).toMatchObject({ code: "UnknownType" });
});

test("the welcome says what is set and announced; older servers say nothing of it", () => {
  const stage = new Stage();
  const announcements = [{ action: "a1", text: "Tea at five", until: 5 }, { text: "malformed" }];
  const keeps = { days: 30, messages: null, logsAddresses: true };
  stage.socket.open(3).welcome("S1", { settings: SETTINGS, announcements, raid: true, keeps });
  stage.comeBack("S2");
  const [first, second] = stage.told("welcome");
  expect(first).toMatchObject({ settings: SETTINGS, announcements: [announcements[0]], raid: true, keeps });
  expect(second).toMatchObject({
    settings: NO_SETTINGS,
    announcements: [],
    raid: false,
    keeps: { days: null, messages: null, logsAddresses: false },
  });
});

test("MOD-1 an action that comes while the chat enters the room is told once it is there", () => {
  const stage = new Stage({ name: "An" });
  const { socket } = stage;
  socket.open(3).welcome("S1").answer(REGISTERED);
  socket.say(muted).say({ type: "receive", datatype: "waiting", reports: 2, held: 1 });
  expect(stage.told("waiting")).toEqual([{ type: "waiting", reports: 2, held: 1 }]);
  expect(stage.told("moderated")).toEqual([]);
  socket.answer(pageReply([]));
  expect(stage.told("moderated")).toMatchObject([{ kind: "mute", action: "a1", person: BINH, until: 5 }]);
  expect(stage.told("moderated")).toHaveLength(1);
});

test("PERM-9 what is not permitted fails with the reason, and the rest goes on", async () => {
  const stage = new Stage({ name: "An" });
  const socket = stage.enter();
  const reasons = ["Muted", "Banned", "WritersOnly", "LinksNotAllowed", "WordNotAllowed", "KnownOnly"];
  for (const reason of reasons) {
    const refused = caught(stage.chat.send(reason));
    const next = stage.chat.send("next");
    await settled();
    socket.answer(notPermitted(reason, { until: 5 }));
    const error = await refused;
    expect(error).toBeInstanceOf(NotPermittedError);
    expect(error).toMatchObject({ code: reason, message: `No: ${reason}.`, until: 5 });
    socket.answer(stored("next", 1));
    await next;
  }
  expect(stage.told("send-failed").map(({ error }) => error.code)).toEqual(reasons);
  expect(stage.chat.outbox).toEqual([]);
});

test("PERM-8 a held message is done with, and what was to become of it fails", async () => {
  const stage = new Stage({ name: "An" });
  const socket = stage.enter();
  const held = caught(stage.chat.send("wait", { key: "k1" }));
  const edited = caught(stage.chat.react({ key: "k1" }, "👍"));
  await settled();
  socket.answer(notPermitted("Held"));
  expect(await held).toMatchObject({ name: "NotPermittedError", code: "Held" });
  expect(await edited).toMatchObject({ code: "Held" });
  expect(stage.told("held")).toMatchObject([{ key: "k1", content: "wait", error: { code: "Held" } }]);
  expect(stage.told("send-failed")).toEqual([]);
  expect(stage.chat.outbox).toEqual([]);
});

test("PERM-7 in slow mode messages wait for their turn, and everything else does not", async () => {
  const stage = new Stage({ name: "An" });
  const socket = stage.enter();
  const sent = stage.chat.send("slow", { key: "k1" });
  await settled();
  socket.answer(notPermitted("SlowMode", { retry: 4 }));
  expect(stage.told("slowed")).toMatchObject([{ retryS: 4 }]);
  const later = stage.chat.send("later", { key: "k2" });
  const edited = stage.chat.edit({ key: "k1" }, "slower");
  const reacted = stage.chat.react(7, "👍");
  await settled();
  expect(socket.answer({ of: 7, emoji: "👍", on: true, count: 1, status: true })).toMatchObject({
    type: "react",
  });
  await reacted;
  expect(socket.requests).toEqual([]);
  stage.environment.pass(4000);
  expect(socket.answer(stored("slower", 1))).toEqual({ type: "send", key: "k1", content: "slower" });
  await Promise.all([sent, edited]);
  expect(socket.answer(stored("later", 2))).toMatchObject({ key: "k2" });
  await later;
});
