/** Who the person at a chat is: keys, tokens of the host's login, reserved nicknames, the owner's code. */
import { expect, test } from "bun:test";
import { ClaimError, IdentityError, NicknameError, ReservationError } from "../../src/client/index.ts";
import {
  BINH,
  caught,
  FakeStorage,
  ME,
  message,
  pageReply,
  REGISTERED,
  Stage,
  settled,
  stored,
} from "./stage.ts";

const KEY = "an-key-".padEnd(43, "x");
const OTHER = "binh-key-".padEnd(43, "y");
const PERSON = { status: true, by: ME, role: "visitor", names: [] };
const LOGIN = { login: "optional" };

/** Lets time pass on an open connection. */
function pass(stage: Stage, ms: number): void {
  for (let left = ms; left > 0; left -= 5000) {
    stage.environment.pass(Math.min(left, 5000));
    stage.socket.say({ type: "ping", timeout: 5 });
  }
}

/** Tokens that end `leftMs` after they were given, in order: t1, t2, … */
function tokens(leftMs = 600_000) {
  let count = 0;
  const given = () => `t${++count}`;
  const reply = (stage: Stage, more: object = {}) => ({
    ...PERSON,
    expires: stage.environment.time + leftMs,
    ...more,
  });
  return { given, reply };
}

test("IDENT-5 a key goes out on each connection, before the nickname or the session, without waiting for its reply", async () => {
  const stage = new Stage({ name: "An", key: KEY });
  stage.socket.open(3).welcome("S1", LOGIN);
  expect(stage.socket.requests.map(({ type }) => type)).toEqual(["identify", "name"]);
  expect(stage.chat.login).toBe("optional");
  expect(stage.socket.answer({ ...PERSON, role: "member", names: ["An"] })).toEqual({
    type: "identify",
    key: KEY,
  });
  expect(stage.told("identified")).toEqual([
    { type: "identified", by: ME, role: "member", names: ["An"], name: null },
  ]);
  expect([stage.chat.me, stage.chat.role, stage.chat.reservedNames]).toEqual([ME, "member", ["An"]]);
  stage.socket.answer({ ...REGISTERED, by: ME });
  stage.socket.answer(pageReply([]));
  stage.comeBack("S2");
  expect(stage.socket.requests.map(({ type }) => type)).toEqual(["identify", "resume"]);
});

test("a key that is made later goes out before the message that follows it, and is not said to version 2", async () => {
  const stage = new Stage({ name: "An", storage: new FakeStorage() });
  const socket = stage.enter();
  const identified = stage.chat.identify({ key: KEY });
  const sent = stage.chat.send("mine");
  await settled();
  expect(socket.requests.map(({ type }) => type)).toEqual(["identify", "send"]);
  socket.answer({ ...PERSON, by: BINH });
  await identified;
  socket.answer({ ...stored("mine", 1), by: BINH });
  expect(stage.chat.isOwn(await sent)).toBe(true);
  expect(stage.chat.me).toBe(BINH);

  const old = new Stage({ name: "An", version: 2, key: KEY });
  old.socket.open(2);
  expect(old.socket.requests.map(({ type }) => type)).toEqual(["name"]);
  expect(await caught(old.chat.identify({ key: KEY }))).toMatchObject({ code: "UnknownType" });
  expect(await caught(old.chat.claim("code"))).toMatchObject({ code: "UnknownType" });
});

test("a key that is given without a connection goes out on the next one", async () => {
  const stage = new Stage({ name: "An" });
  const identified = stage.chat.identify({ key: KEY });
  stage.socket.open(3).welcome("S1");
  expect(stage.socket.answer(PERSON)).toEqual({ type: "identify", key: KEY });
  await identified;
});

test("IDENT-5 a chat that is somebody already stays that person", async () => {
  const stage = new Stage({ name: "An", key: KEY });
  stage.socket.open(3).welcome("S1").answer(PERSON);
  const refused = caught(stage.chat.identify({ key: OTHER }));
  stage.socket.take();
  stage.socket.answer({ status: false, reason: "AnotherPerson", error: "No." });
  expect(await refused).toBeInstanceOf(IdentityError);
  expect(stage.told("identity-refused")).toMatchObject([
    { error: { code: "AnotherPerson", message: "No." } },
  ]);
  stage.comeBack("S2");
  expect(stage.socket.take()).toEqual({ type: "identify", key: KEY });
});

test("a server of version 3 that knows no persons is used without", async () => {
  const stage = new Stage({ name: "An", key: KEY });
  const identified = caught(stage.chat.identify({ key: KEY }));
  const { socket } = stage;
  socket.open(3).welcome("S1");
  socket.answer({ type: null, status: false, reason: "UnknownType" });
  expect(await identified).toMatchObject({ code: "UnknownType" });
  socket.answer({ ...REGISTERED, by: ME });
  socket.answer(pageReply([]));
  expect(stage.told("entered")).toHaveLength(1);
  expect([stage.chat.me, stage.chat.login]).toEqual([ME, "none"]);
});

test("keys that no server would accept are refused at once", async () => {
  expect(() => new Stage({ key: "short" })).toThrow(IdentityError);
  const stage = new Stage({ name: "An" });
  expect(await caught(stage.chat.identify({ key: `${KEY}!` }))).toMatchObject({
    code: "WrongFormatIdentity",
  });
  expect(await caught(stage.chat.identify())).toMatchObject({ code: "UnknownPerson" });
});

test("IDENT-6 a token is asked for on each connection, and renewed a minute before its end", async () => {
  const { given, reply } = tokens();
  const stage = new Stage({ name: "An", token: given });
  stage.socket.open(3).welcome("S1", LOGIN);
  await settled();
  expect(stage.socket.answer(reply(stage))).toEqual({ type: "identify", token: "t1" });
  stage.socket.answer({ ...REGISTERED, by: ME });
  stage.socket.answer(pageReply([]));
  pass(stage, 539_999);
  await settled();
  expect(stage.socket.requests).toEqual([]);
  pass(stage, 1);
  await settled();
  expect(stage.socket.answer(reply(stage))).toEqual({ type: "identify", token: "t2" });
  stage.comeBack("S2");
  await settled();
  expect(stage.socket.take()).toEqual({ type: "identify", token: "t3" });
  expect(stage.socket.take()).toMatchObject({ type: "resume" });
});

test("IDENT-6 a token that ends soon is renewed after half of its time, but not faster than every 5 s", async () => {
  const { given, reply } = tokens(30_000);
  const stage = new Stage({ name: "An", token: given });
  stage.socket.open(3).welcome("S1");
  await settled();
  stage.socket.answer(reply(stage));
  stage.socket.answer({ ...REGISTERED, by: ME });
  stage.socket.answer(pageReply([]));
  pass(stage, 15_000);
  await settled();
  // The server's clock is ahead by far.
  expect(stage.socket.answer(reply(stage, { expires: 1 }))).toMatchObject({ token: "t2" });
  pass(stage, 4_999);
  await settled();
  expect(stage.socket.requests).toEqual([]);
  pass(stage, 1);
  await settled();
  expect(stage.socket.requests).toMatchObject([{ token: "t3" }]);
});

test("IDENT-7 the chat takes the nickname of its token, whether it asked for another or for none", async () => {
  const { given, reply } = tokens();
  const nobody = new Stage({ token: given });
  const ready = nobody.chat.ready();
  nobody.socket.open(3).welcome("S1");
  await settled();
  expect(nobody.socket.requests).toHaveLength(1);
  nobody.socket.answer(reply(nobody, { name: "Dung" }));
  expect(nobody.socket.answer({ ...REGISTERED, name: "Dung" })).toEqual({ type: "name", name: "Dung" });
  nobody.socket.answer(pageReply([]));
  await ready;

  const other = new Stage({ name: "An", token: given });
  other.socket.open(3).welcome("S1");
  await settled();
  other.socket.answer(reply(other, { name: "Dung" }));
  other.socket.answer({ status: false, reason: "NameFromLogin" });
  other.socket.answer({ ...REGISTERED, name: "Dung" });
  expect(other.chat.name).toBe("Dung");
  other.socket.answer(pageReply([]));
  expect(other.told("nickname-lost")).toEqual([]);
  const renamed = caught(other.chat.register("Boss"));
  other.socket.answer({ status: false, reason: "NameFromLogin" });
  expect(await renamed).toBeInstanceOf(NicknameError);
  expect(other.chat.name).toBe("Dung");
});

test("IDENT-7 a chat that comes back under an earlier nickname changes it to that of its token", async () => {
  const { given, reply } = tokens();
  const stage = new Stage({ name: "An", token: given });
  stage.socket.open(3).welcome("S1");
  await settled();
  stage.socket.answer(reply(stage));
  stage.socket.answer({ ...REGISTERED, by: ME });
  stage.socket.answer(pageReply([]));
  stage.comeBack("S2");
  await settled();
  stage.socket.answer(reply(stage, { name: "Ánh" }));
  stage.socket.answer(pageReply([]));
  stage.socket.answer({ action: "change", oldname: "An", newname: "Ánh", status: true, timestamp: "T" });
  expect(stage.chat.name).toBe("Ánh");
});

test("a nickname of the token that somebody has is lost once, and not asked for without end", async () => {
  const { given, reply } = tokens();
  const stage = new Stage({ token: given, nicknameWaitMs: 0 });
  stage.socket.open(3).welcome("S1");
  await settled();
  stage.socket.answer(reply(stage, { name: "Dung" }));
  stage.socket.answer({ action: "register", status: false, reason: "NameAlreadyUsed" });
  expect(stage.told("nickname-lost")).toMatchObject([{ name: "Dung", error: { code: "NameAlreadyUsed" } }]);
  expect(stage.socket.requests).toEqual([]);
});

test("null says that nobody is logged in: then the key counts", async () => {
  const stage = new Stage({ name: "An", key: KEY, token: () => null });
  stage.socket.open(3).welcome("S1", LOGIN);
  await settled();
  expect(stage.socket.answer(PERSON)).toEqual({ type: "identify", key: KEY });
  stage.socket.answer({ ...REGISTERED, by: ME });

  const nobody = new Stage({ name: "An", token: async () => null });
  const ready = caught(nobody.chat.ready());
  nobody.socket.open(3).welcome("S1", { login: "required" });
  await settled();
  expect(nobody.socket.answer({ status: false, reason: "IdentityRequired" })).toEqual({
    type: "name",
    name: "An",
  });
  expect(await ready).toMatchObject({ name: "IdentityError", code: "IdentityRequired" });
});

test("a token that cannot be had is an event, and asked for ever more rarely", async () => {
  let calls = 0;
  const token = async () => {
    calls++;
    throw new Error("no network");
  };
  const stage = new Stage({ name: "An", token });
  const ready = caught(stage.chat.ready());
  stage.socket.open(3).welcome("S1", { login: "required" });
  await settled();
  expect(await ready).toMatchObject({ name: "IdentityError", code: "TokenFailed" });
  expect(stage.told("identity-refused")).toMatchObject([{ error: { code: "TokenFailed" } }]);
  stage.socket.answer({ status: false, reason: "IdentityRequired" });
  const times: number[] = [];
  for (let second = 1; second <= 1200; second++) {
    const before = calls;
    stage.environment.pass(1000);
    await settled();
    if (calls > before) times.push(second);
    // The server pings.
    stage.socket.say({ type: "ping", timeout: 5 });
  }
  expect(times).toEqual([5, 15, 35, 75, 155, 315, 615, 915]);
  // A broken connection is no reason to hurry.
  stage.comeBack("S2");
  await settled();
  expect(calls).toBe(9);
  expect(stage.chat.state.kind).toBe("open");
});

test("a chat whose token comes late keeps its nickname, and goes in then", async () => {
  let answer: string | undefined;
  const token = () => {
    if (answer === undefined) throw new Error("not yet");
    return answer;
  };
  const stage = new Stage({ name: "An", token });
  stage.socket.open(3).welcome("S1", { login: "required" });
  await settled();
  stage.socket.answer({ status: false, reason: "IdentityRequired" });
  answer = "late";
  const identified = stage.chat.identify();
  await settled();
  expect(stage.socket.answer({ ...PERSON, expires: stage.environment.time + 600_000 })).toMatchObject({
    token: "late",
  });
  await identified;
  expect(stage.socket.answer({ ...REGISTERED, by: ME })).toEqual({ type: "name", name: "An" });
  expect(stage.told("nickname-lost")).toEqual([]);
});

test("IDENT-6 messages that a token did not cover any more are sent again with the next one, once and in order", async () => {
  const { given, reply } = tokens();
  const stage = new Stage({ name: "An", token: given });
  stage.socket.open(3).welcome("S1");
  await settled();
  stage.socket.answer(reply(stage));
  stage.socket.answer({ ...REGISTERED, by: ME });
  stage.socket.answer(pageReply([]));
  // The machine slept, and its timers with it.
  stage.environment.time += 3_600_000;
  const sends = ["one", "two"].map((content) => stage.chat.send(content));
  const renamed = stage.chat.register("Anh");
  for (let request = 0; request < 3; request++)
    stage.socket.answer({ status: false, reason: "IdentityExpired" });
  await settled();
  expect(stage.socket.answer(reply(stage))).toEqual({ type: "identify", token: "t2" });
  const repeated = stage.socket.takeAll();
  expect(repeated.map(({ request }) => request.content ?? request.name)).toEqual(["one", "two", "Anh"]);
  repeated[0]?.answer(stored("one", 1));
  repeated[1]?.answer(stored("two", 2));
  repeated[2]?.answer({ action: "change", oldname: "An", newname: "Anh", status: true, timestamp: "T" });
  expect((await Promise.all(sends)).map(({ id }) => id)).toEqual([1, 2]);
  expect(await renamed).toBe("Anh");
  expect(stage.told("send-failed")).toEqual([]);
});

test("a refused token is an event with the server's words, and the messages wait for a better one", async () => {
  const { given, reply } = tokens();
  const stage = new Stage({ name: "An", token: given });
  stage.socket.open(3).welcome("S1");
  await settled();
  stage.socket.answer(reply(stage));
  stage.socket.answer({ ...REGISTERED, by: ME });
  stage.socket.answer(pageReply([]));
  stage.environment.time += 3_600_000;
  const sent = stage.chat.send("one");
  stage.socket.answer({ status: false, reason: "IdentityExpired" });
  await settled();
  stage.socket.answer({ status: false, reason: "TokenRefused", error: "The token has expired." });
  expect(stage.told("identity-refused")).toMatchObject([
    { error: { name: "IdentityError", code: "TokenRefused", message: "The token has expired." } },
  ]);
  expect(stage.chat.outbox).toHaveLength(1);
  pass(stage, 5000);
  await settled();
  stage.socket.answer(reply(stage));
  stage.socket.answer(stored("one", 1));
  expect(await sent).toMatchObject({ id: 1 });
});

test("nicknames are reserved and given up, and each refusal has a class", async () => {
  const stage = new Stage({ name: "An", key: KEY });
  stage.socket.open(3).welcome("S1").answer(PERSON);
  stage.socket.answer({ ...REGISTERED, by: ME });
  const reserved = stage.chat.reserve("An");
  stage.socket.answer(pageReply([]));
  expect(stage.socket.answer({ name: "An", on: true, status: true, names: ["An"] })).toEqual({
    type: "reserve",
    name: "An",
    on: true,
  });
  expect(await reserved).toEqual(["An"]);
  expect(stage.chat.reservedNames).toEqual(["An"]);
  expect(stage.told("identified").at(-1)).toMatchObject({ names: ["An"] });
  const released = stage.chat.release("An");
  stage.socket.answer({ name: "An", on: false, status: true, names: [] });
  expect(await released).toEqual([]);
  for (const [reason, Class] of [
    ["NotYourName", ReservationError],
    ["TooManyNames", ReservationError],
    ["UnknownPerson", IdentityError],
    ["NameAlreadyUsed", NicknameError],
  ] as const) {
    const refused = caught(stage.chat.reserve("Boss"));
    stage.socket.answer({ name: "Boss", status: false, reason, error: "In words." });
    expect(await refused).toBeInstanceOf(Class);
    expect(await refused).toMatchObject({ code: reason, message: "In words." });
  }
});

test("NameReserved is an error of the nickname", async () => {
  const stage = new Stage();
  const refused = caught(stage.chat.register("An"));
  stage.socket.open(3).welcome("S1").answer({ status: false, reason: "NameReserved" });
  expect(await refused).toBeInstanceOf(NicknameError);
});

test("CLAIM-1 a claim follows the key, needs no nickname, and is not lost with a reply", async () => {
  const stage = new Stage({ key: KEY });
  const claimed = stage.chat.claim("code");
  stage.socket.open(3).welcome("S1").answer(PERSON);
  expect(stage.socket.take()).toEqual({ type: "claim", code: "code" });
  stage.comeBack("S2").answer({ ...PERSON, role: "owner" });
  stage.socket.answer({ status: false, reason: "UnknownCode", error: "Used." });
  await claimed;
  expect(stage.chat.role).toBe("owner");
  const again = caught(stage.chat.claim("code"));
  stage.socket.answer({ status: false, reason: "UnknownCode", error: "Used." });
  expect(await again).toBeInstanceOf(ClaimError);
  const other = stage.chat.claim("other");
  stage.socket.answer({ status: true, role: "owner" });
  await other;
});

test("calls that wait end with the chat", async () => {
  const stage = new Stage({ name: "An" });
  const calls = [stage.chat.identify({ key: KEY }), stage.chat.claim("code"), stage.chat.reserve("An")].map(
    caught,
  );
  void stage.chat.close();
  expect(await Promise.all(calls)).toMatchObject([
    { code: "Closed" },
    { code: "Closed" },
    { code: "Closed" },
  ]);
  expect(stage.environment.waiting).toBe(0);
});

test("what was written before keeps its author", async () => {
  const stage = new Stage({ name: "An" });
  const socket = stage.enter();
  const before = { ...message(1, "An"), by: ME };
  void stage.chat.identify({ key: KEY });
  socket.answer({ ...PERSON, by: BINH });
  expect(stage.chat.isOwn(before)).toBe(false);
});

test("IDENT-11 since when the chat knows the person is told, kept, and brought along", async () => {
  const storage = new FakeStorage();
  const stage = new Stage({ name: "An", key: KEY, since: "then", storage });
  stage.socket.open(3).welcome("S1");
  expect(stage.socket.answer({ ...PERSON, since: "now" })).toEqual({
    type: "identify",
    key: KEY,
    since: "then",
  });
  expect(stage.told("identified")).toMatchObject([{ since: "now" }]);
  await settled();
  stage.comeBack("S2");
  expect(stage.socket.take()).toMatchObject({ key: KEY, since: "now" });
  const next = new Stage({ name: "An", key: KEY, storage });
  next.socket.open(3).welcome("S3");
  expect(next.socket.take()).toMatchObject({ key: KEY, since: "now" });

  const byToken = new Stage({ name: "An", token: () => "t1", since: "then" });
  byToken.socket.open(3).welcome("S1", LOGIN);
  await settled();
  expect(byToken.socket.take()).toEqual({ type: "identify", token: "t1", since: "then" });
});
