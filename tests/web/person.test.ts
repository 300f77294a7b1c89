/** The person at the page: the key, the secrets of links, the tokens of a host page, and forgetting. */
import { expect, test } from "bun:test";
import { secretOf } from "../../src/web/page/secret.ts";
import { type Frame, HostTokens } from "../../src/web/page/token.ts";
import { PERSON_KEY, PersonStore } from "../../src/web/store/person.ts";
import { FakeStorage, ME, pageReply, REGISTERED, Stage } from "../client/stage.ts";

const KEY = "an-key-".padEnd(43, "x");
const settled = async () => {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
};

test("the secrets of links are told from the links to messages", () => {
  expect(secretOf(`#key=${KEY}`)).toEqual({ kind: "key", value: KEY });
  expect(secretOf("#owner=code")).toEqual({ kind: "owner", value: "code" });
  expect(secretOf("#token=a.b.c")).toEqual({ kind: "token", value: "a.b.c" });
  for (const other of ["", "#12", "#12.k0f", "#key=", "#keys=x", "#password=x", "#x#key=y"])
    expect(secretOf(other)).toBeNull();
});

/** A chat of a store, in the room. */
function follow(storage = new FakeStorage(), tokens: HostTokens | null = null) {
  let begun = 0;
  const person = new PersonStore(storage, tokens, () => begun++);
  const stage = new Stage({ name: "An", storage: new FakeStorage(), ...person.options });
  person.follow(stage.chat);
  return { person, stage, storage, begun: () => begun };
}

test("a key is made for the first message, goes out before it, and is kept", async () => {
  const { person, stage, storage } = follow();
  const socket = stage.enter();
  expect([person.key, storage.items.size]).toEqual([null, 0]);
  void stage.chat.send("hello");
  await settled();
  const [identify, send] = socket.requests;
  expect(send).toMatchObject({ type: "send" });
  expect(identify).toMatchObject({ type: "identify", key: person.key });
  expect(person.key).toMatch(/^[\w-]{43}$/);
  expect(storage.items.get(PERSON_KEY)).toBe(person.key ?? "");
  socket.take();
  void stage.chat.send("again");
  await settled();
  expect(socket.requests.filter(({ type }) => type === "identify")).toEqual([]);
  expect(follow().person.key).not.toBe(person.key);
});

test("a kept key goes out with each connection, and one that is damaged counts as none", () => {
  const storage = new FakeStorage();
  storage.setItem(PERSON_KEY, KEY);
  expect(follow(storage).person.options.key).toBe(KEY);
  storage.setItem(PERSON_KEY, "damaged!");
  expect(follow(storage).person.options.key).toBeUndefined();
});

test("since when the server knows a key is kept with it, for later visits, and forgotten with another key", () => {
  const storage = new FakeStorage();
  storage.setItem(PERSON_KEY, KEY);
  const { stage } = follow(storage);
  stage.socket
    .open(3)
    .welcome("S1")
    .answer({ status: true, by: ME, role: "visitor", names: [], since: "signed" });
  const later = follow(storage);
  expect(later.person.options).toMatchObject({ key: KEY, since: "signed" });
  later.person.setKey("other-".padEnd(43, "y"));
  expect(follow(storage).person.options.since).toBeUndefined();
});

test("IDENT-5 with another key the page begins anew, because the connection stays what it was", async () => {
  const storage = new FakeStorage();
  storage.setItem(PERSON_KEY, KEY);
  const { person, stage, begun } = follow(storage);
  const identity = { status: true, by: ME, role: "visitor", names: [] };
  stage.socket.open(3).welcome("S1").answer(identity);
  expect(person.identity.value?.by).toBe(ME);
  person.setKey("other-".padEnd(43, "y"));
  stage.socket.take();
  stage.socket.answer({ status: false, reason: "AnotherPerson", error: "No." });
  await settled();
  expect(begun()).toBe(1);
});

test("a page with a token of the host makes no key, and asks for no nickname that the token gives", async () => {
  const tokens = new HostTokens("t1", frameOf().frame, () => {});
  const { person, stage } = follow(new FakeStorage(), tokens);
  expect(person.needsLogin).toBe(true);
  stage.socket.open(3).welcome("S1", { login: "required" });
  await settled();
  stage.socket.answer({
    status: true,
    by: ME,
    role: "visitor",
    names: [],
    expires: stage.environment.time + 1e6,
  });
  expect(person.needsLogin).toBe(false);
  stage.socket.answer(REGISTERED);
  stage.socket.answer(pageReply([]));
  void stage.chat.send("hello");
  await settled();
  expect(person.key).toBeNull();
});

test("IDENT-5 when the host hands over somebody else's token, the page begins anew with that one", async () => {
  const { frame, asked } = frameOf();
  const tokens = new HostTokens(tokenUntil(600), frame, () => {});
  const { person, stage, begun } = follow(new FakeStorage(), tokens);
  stage.socket.open(3).welcome("S1");
  await settled();
  const expires = stage.environment.time + 1e6;
  stage.socket.answer({ status: true, by: ME, role: "visitor", names: [], name: "An", expires });
  stage.socket.take();
  tokens.give(tokenUntil(700));
  person.askLogin();
  await settled();
  const refusal = { status: false, reason: "AnotherPerson", error: "No." };
  expect(stage.socket.answer(refusal)).toEqual({ type: "identify", token: tokenUntil(700) });
  await settled();
  expect(begun()).toBe(1);
  expect(await tokens.next()).toBe(tokenUntil(700));
  expect(asked).toEqual([]);
});

test("without a token a required login is said to be so", () => {
  const { person, stage } = follow();
  expect(person.needsLogin).toBe(false);
  stage.socket.open(3).welcome("S1", { login: "required" });
  expect(person.needsLogin).toBe(true);
});

/** A frame in another page, whose clock stands at 0. */
function frameOf(parent: unknown = "the page around it") {
  const asked: string[] = [];
  const timers: (() => void)[] = [];
  const frame: Frame = {
    parent,
    origin: "https://chat.example",
    ask: ({ type }) => asked.push(type),
    now: () => 0,
    wait: (run) => timers.push(run),
  };
  return { frame, asked, timers };
}

const tokenUntil = (seconds: number) => `x.${btoa(JSON.stringify({ exp: seconds })).replaceAll("=", "")}.y`;
const messageOf = (token: unknown, more: object = {}) => ({
  source: "the page around it",
  origin: "https://site.example",
  data: { type: "classic-chatbox:token", token },
  ...more,
});

test("a token is used again as long as it holds, and then the page around the frame is asked for another", async () => {
  const { frame, asked, timers } = frameOf();
  let gave = 0;
  const tokens = new HostTokens(tokenUntil(600), frame, () => gave++);
  expect(await tokens.next()).toBe(tokenUntil(600));
  expect(await tokens.next()).toBe(tokenUntil(600));
  tokens.receive(messageOf(tokenUntil(60)));
  expect(gave).toBe(1);
  expect(await tokens.next()).toBe(tokenUntil(60));
  const next = tokens.next();
  expect(asked).toEqual(["classic-chatbox:token-wanted"]);
  tokens.receive(messageOf("fresh"));
  expect(await next).toBe("fresh");
  // A page that does not answer: the server says what it thinks of the old one.
  const late = tokens.next();
  for (const run of timers) run();
  expect(await late).toBe("fresh");
});

test("a refused token is not used again, although it holds by the clock of this machine", async () => {
  const { frame, asked } = frameOf();
  const tokens = new HostTokens(tokenUntil(600), frame, () => {});
  await tokens.next();
  tokens.refused();
  const next = tokens.next();
  expect(asked).toHaveLength(1);
  tokens.give(tokenUntil(700));
  expect(await next).toBe(tokenUntil(700));
  expect(await tokens.next()).toBe(tokenUntil(700));
});

test("without a page around it the last token is all there is", async () => {
  const { frame, asked } = frameOf(null);
  const tokens = new HostTokens(tokenUntil(1), frame, () => {});
  expect(await tokens.next()).toBe(tokenUntil(1));
  expect(await tokens.next()).toBe(tokenUntil(1));
  tokens.receive(messageOf("forged", { source: null }));
  expect(await tokens.next()).toBe(tokenUntil(1));
  expect(asked).toEqual([]);
});

test("tokens are taken from the page around the frame only, and only if it opened the frame with one or is of this origin", async () => {
  const given = async (first: string | null, message: Parameters<HostTokens["receive"]>[0]) => {
    const tokens = new HostTokens(first, frameOf().frame, () => {});
    tokens.receive(message);
    return tokens.next();
  };
  expect(await given(null, messageOf("t2"))).toBeNull();
  expect(await given(null, messageOf("t2", { origin: "https://chat.example" }))).toBe("t2");
  expect(await given("t1", messageOf("t2"))).toBe("t2");
  expect(await given("t1", messageOf("t2", { source: "another window" }))).toBe("t1");
  for (const data of [
    null,
    "t2",
    { type: "other", token: "t2" },
    { type: "classic-chatbox:token", token: 7 },
  ])
    expect(await given("t1", messageOf("", { data }))).toBe("t1");
});
