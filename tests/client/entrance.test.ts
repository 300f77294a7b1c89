/** What a room or the server asks for before the nickname: the password, a proof of work; and who is kept out. */
import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { type ChatOptions, NotPermittedError, RefusedError } from "../../src/client/index.ts";
import { solve } from "../../src/client/solve.ts";
import {
  caught,
  FakeStorage,
  ME,
  notPermitted,
  pageReply,
  REGISTERED,
  Stage,
  settled,
  stored,
  UNKNOWN_SESSION,
} from "./stage.ts";

const ENTERED = { status: true };
const CHALLENGE = { algorithm: "SHA-256", challenge: "c", maxnumber: 9, salt: "s", signature: "x" };
const KEY = "an-key-".padEnd(43, "x");

/** A chat that a room with a password keeps out. */
function keptOut(options: ChatOptions = {}): Stage {
  const stage = new Stage({ name: "An", ...options });
  stage.socket.open(3).welcome("S1").answer(notPermitted("PasswordRequired"));
  return stage;
}

test("ENTER-1 a room with a password keeps the chat out until it has said the password", async () => {
  const stage = keptOut();
  const { socket, chat } = stage;
  expect(stage.told("kept-out")).toMatchObject([{ error: { code: "PasswordRequired" } }]);
  expect(stage.told("nickname-lost")).toEqual([]);
  expect(await caught(chat.ready())).toBeInstanceOf(NotPermittedError);
  const wrong = caught(chat.enter("tee"));
  await settled();
  socket.answer({ status: false, reason: "WrongPassword", error: "No." });
  expect(await wrong).toMatchObject({ name: "NotPermittedError", code: "WrongPassword" });
  expect(socket.requests).toEqual([]);
  const right = chat.enter("tea");
  await settled();
  expect(socket.answer(ENTERED)).toEqual({ type: "enter", password: "tea" });
  await right;
  expect(socket.answer(REGISTERED)).toEqual({ type: "name", name: "An" });
  socket.answer(pageReply([]));
  await chat.ready();
});

test("ENTER-1 the nickname of a call is asked for again after the password", async () => {
  const stage = new Stage();
  const { socket, chat } = stage;
  socket.open(3).welcome("S1");
  const named = caught(chat.register("An"));
  await settled();
  socket.answer(notPermitted("PasswordRequired"));
  expect(await named).toMatchObject({ code: "PasswordRequired" });
  void chat.enter("tea");
  await settled();
  socket.answer(ENTERED);
  expect(socket.answer(REGISTERED)).toEqual({ type: "name", name: "An" });
  expect(chat.name).toBe("An");
});

test("another nickname counts instead, and one that is taken is lost", async () => {
  const stage = new Stage();
  const { socket, chat } = stage;
  socket.open(3).welcome("S1");
  for (const name of ["An", "Bình"]) {
    void caught(chat.register(name));
    await settled();
    expect(socket.answer(notPermitted("PasswordRequired"))).toMatchObject({ name });
  }
  void chat.enter("tea");
  await settled();
  socket.answer(ENTERED);
  expect(socket.answer({ action: "register", status: false, reason: "NameAlreadyUsed" })).toMatchObject({
    name: "Bình",
  });
  expect(stage.told("nickname-lost")).toMatchObject([{ name: "Bình", error: { code: "NameAlreadyUsed" } }]);
  void caught(chat.register("Chi"));
  await settled();
  expect(socket.take()).toMatchObject({ name: "Chi" });
});

test("ENTER-2 the last good password goes out first on each connection, and is in no storage", async () => {
  const storage = new FakeStorage();
  const stage = keptOut({ storage, key: KEY });
  // The first request was to identify.
  stage.socket.answer(notPermitted("PasswordRequired"));
  void stage.chat.enter("tea");
  await settled();
  stage.socket.answer(ENTERED);
  stage.socket.answer({ ...REGISTERED, by: ME });
  stage.socket.answer(pageReply([]));
  await settled();
  expect([...storage.items.values()].join()).not.toContain("tea");
  stage.comeBack("S2");
  expect(stage.socket.requests.map(({ type }) => type)).toEqual(["enter", "identify", "resume"]);
  // The room has another password by now.
  stage.socket.answer({ status: false, reason: "WrongPassword", error: "No." });
  stage.comeBack("S3");
  expect(stage.socket.requests.map(({ type }) => type)).toEqual(["identify", "resume"]);
});

test("a session that the room keeps out is resumed after the password", async () => {
  const stage = new Stage({ name: "An" });
  stage.enter();
  const socket = stage.comeBack("S2");
  socket.answer(notPermitted("PasswordRequired"));
  expect(socket.requests).toEqual([]);
  expect(stage.chat.name).toBe("An");
  void stage.chat.enter("tea");
  await settled();
  socket.answer(ENTERED);
  expect(socket.take()).toMatchObject({ type: "resume", session: "S1" });
});

test("who is kept out tries again as a person", async () => {
  const stage = new Stage({ name: "An" });
  const { socket } = stage;
  socket.open(3).welcome("S1").answer(notPermitted("MembersOnly"));
  void stage.chat.identify({ key: KEY });
  await settled();
  socket.answer({ status: true, by: ME, role: "member", names: [] });
  expect(socket.take()).toMatchObject({ type: "name", name: "An" });
});

test("PERM-2 a banned chat stops trying, and says until when", async () => {
  for (const reply of ["name", "resume"]) {
    const stage = new Stage({ name: "An" });
    if (reply === "resume") {
      stage.enter();
      stage.comeBack("S2");
    } else stage.socket.open(3).welcome("S1");
    const ready = caught(stage.chat.ready());
    await settled();
    stage.socket.answer(notPermitted("Banned", { until: 5 }));
    expect(await ready).toMatchObject({ code: "Banned", until: 5 });
    expect(stage.told("kept-out")).toMatchObject([{ error: { code: "Banned", until: 5 } }]);
    expect(stage.chat.state).toEqual({ kind: "refused", cause: "closed", code: 4403, reason: "No: Banned." });
    expect(await caught(stage.chat.ready())).toBeInstanceOf(RefusedError);
    expect(stage.environment.waiting).toBe(0);
  }
});

test("CLOSE-11 CLOSE-12 a chat that is put out stops trying", () => {
  for (const code of [4403, 4404]) {
    const stage = new Stage({ name: "An" });
    stage.enter().end(code, "Out");
    expect(stage.chat.state).toEqual({ kind: "refused", cause: "closed", code, reason: "Out" });
  }
});

test("ENTER-4 a proof is made for the nickname, and the chat goes on", async () => {
  const stage = new Stage({ name: "An", solve: async ({ challenge }) => `proof of ${challenge}` });
  const { socket } = stage;
  socket.open(3).welcome("S1").answer(notPermitted("ProofRequired"));
  expect(stage.told("proving")).toEqual([{ type: "proving", state: "started" }]);
  expect(socket.answer({ status: true, challenge: CHALLENGE })).toEqual({ type: "enter" });
  await settled();
  expect(socket.answer(ENTERED)).toEqual({ type: "enter", proof: "proof of c" });
  expect(stage.told("proving").map(({ state }) => state)).toEqual(["started", "done"]);
  expect(socket.answer(REGISTERED)).toEqual({ type: "name", name: "An" });
  expect(stage.told("kept-out")).toEqual([]);
});

test("ENTER-4 one proof is made for all messages that wait for it", async () => {
  const stage = new Stage({ name: "An", solve: async () => "proof" });
  const socket = stage.enter();
  const sent = [stage.chat.send("one"), stage.chat.send("two")];
  await settled();
  socket.answer(notPermitted("ProofRequired"));
  socket.answer(notPermitted("ProofRequired"));
  socket.answer({ status: true, challenge: CHALLENGE });
  await settled();
  socket.answer(ENTERED);
  socket.answer(stored("one", 1));
  socket.answer(stored("two", 2));
  await Promise.all(sent);
  expect(stage.told("proving")).toHaveLength(2);
});

/** Lets time pass on a connection that lives. */
function pass({ environment, socket }: Stage, ms: number): void {
  for (let left = ms; left > 0; left -= 5000) {
    environment.pass(Math.min(left, 5000));
    socket.say({ type: "ping" });
  }
}

const RAID = { type: "receive", datatype: "moderate", kind: "raid", action: "r", time: 1 };

test("RAID-1 who came less than two minutes before raid mode gives a proof before anything is refused", async () => {
  const stage = new Stage({ name: "An", solve: async () => "proof" });
  const socket = stage.enter();
  pass(stage, 120_000);
  socket.say(RAID);
  socket.answer({ status: true, challenge: CHALLENGE });
  await settled();
  expect(socket.answer(ENTERED)).toEqual({ type: "enter", proof: "proof" });
  expect(socket.requests).toEqual([]);
  expect(stage.told("proving").map(({ state }) => state)).toEqual(["started", "done"]);
});

test("RAID-1 who came earlier gives no proof, also after a lost connection, until the session is a new one", () => {
  const stage = new Stage({ name: "An", solve: async () => "proof" });
  const first = stage.enter();
  pass(stage, 120_001);
  first.say(RAID);
  expect(first.requests).toEqual([]);
  const resumed = stage.comeBack("S2");
  resumed.answer(pageReply([]));
  resumed.say(RAID).say({ ...RAID, kind: "mute" });
  expect(resumed.requests).toEqual([]);
  const anew = stage.comeBack("S3");
  anew.answer(UNKNOWN_SESSION);
  anew.answer(REGISTERED);
  anew.answer(pageReply([]));
  anew.say({ ...RAID, kind: "calm" });
  expect(anew.requests).toEqual([]);
  anew.say(RAID);
  expect(anew.take()).toEqual({ type: "enter" });
});

test("RAID-1 who is about to come in when raid mode begins gives a proof, and so does a page that has just been loaded", () => {
  const storage = new FakeStorage();
  const stage = new Stage({ name: "An", storage, solve: async () => "proof" });
  stage.socket.open(3).welcome("S1");
  stage.socket.answer(REGISTERED);
  stage.socket.say(RAID);
  stage.socket.answer(pageReply([]));
  expect(stage.socket.take()).toEqual({ type: "enter" });
  const next = new Stage({ storage, solve: async () => "proof" });
  next.socket.open(3).welcome("S2").answer(pageReply([]));
  next.socket.say(RAID);
  expect(next.socket.take()).toEqual({ type: "enter" });
});

test("what needs a proof fails if none can be made, and a new connection tries anew", async () => {
  let solved = 0;
  const stage = new Stage({ name: "An", solve: () => Promise.reject(new Error(`${++solved}`)) });
  const { socket } = stage;
  socket.open(3).welcome("S1").answer(notPermitted("ProofRequired"));
  for (let tries = 0; tries < 3; tries++) {
    socket.answer({ status: true, challenge: CHALLENGE });
    await settled();
  }
  expect(solved).toBe(3);
  expect(stage.told("proving").map(({ state }) => state)).toEqual(["started", "done"]);
  socket.answer(notPermitted("ProofRequired"));
  expect(stage.told("kept-out")).toMatchObject([{ error: { code: "ProofRequired" } }]);
  const next = stage.comeBack("S2");
  next.answer(UNKNOWN_SESSION);
  next.answer(notPermitted("ProofRequired"));
  expect(next.take()).toEqual({ type: "enter" });
});

test("a proof is given up with the connection", async () => {
  let signal: AbortSignal | undefined;
  const stage = new Stage({
    name: "An",
    solve: (_, given) => {
      signal = given;
      return new Promise(() => {});
    },
  });
  const { socket } = stage;
  socket.open(3).welcome("S1").answer(notPermitted("ProofRequired"));
  socket.answer({ status: true, challenge: CHALLENGE });
  socket.end();
  expect(signal?.aborted).toBe(true);
  expect(stage.told("proving").map(({ state }) => state)).toEqual(["started", "done"]);
});

test("ENTER-3 the default solver finds the number, whatever the length of the salt", async () => {
  for (const length of [0, 1, 38, 55, 56, 63, 64, 119, 120]) {
    const salt = "s".repeat(length);
    const challenge = createHash("sha256").update(`${salt}4321`).digest("hex");
    const proof = await solve(
      { algorithm: "SHA-256", challenge, maxnumber: 4321, salt, signature: "x" },
      new AbortController().signal,
    );
    expect(JSON.parse(atob(proof))).toEqual({
      algorithm: "SHA-256",
      challenge,
      number: 4321,
      salt,
      signature: "x",
    });
  }
});

test("the default solver says when there is no solution, and stops when nobody needs one", async () => {
  const { signal } = new AbortController();
  expect(await caught(solve(CHALLENGE, signal))).toMatchObject({
    message: "No number solves the challenge.",
  });
  expect(await caught(solve({ ...CHALLENGE, algorithm: "SHA-1" }, signal))).toBeInstanceOf(Error);
  const stop = new AbortController();
  const endless = caught(solve({ ...CHALLENGE, maxnumber: 2 ** 40 }, stop.signal));
  // The event loop is not held up meanwhile.
  setTimeout(() => stop.abort("enough"));
  expect(await endless).toBe("enough");
});
