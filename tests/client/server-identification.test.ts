/** Persons of the SDK at the server itself: keys, tokens, reserved nicknames, the owner's link. */
import { expect, test } from "bun:test";
import { Chat, type ChatOptions } from "../../src/client/index.ts";
import { CLAIMS, SECRET, signedWithSecret } from "../support/login.ts";
import { runCommand, startServer } from "../support/server.ts";
import { fileTest } from "../support/store.ts";

const KEY = "an-key-".padEnd(43, "x");
const OTHER = "binh-key-".padEnd(43, "y");

const caught = (promise: Promise<unknown>) => promise.catch((error: unknown) => error);

/** A chat that ends with its test. */
function open(url: string, options: ChatOptions): Chat & Disposable {
  const chat = new Chat(url, { nicknameWaitMs: 0, ...options });
  return Object.assign(chat, { [Symbol.dispose]: () => void chat.close() });
}

const withLogin = (...flags: string[]) => startServer(flags, { env: { CHATBOX_AUTH_SECRET: SECRET } });
const tokenOf = (claims: object, seconds = 600) =>
  signedWithSecret({ ...CLAIMS, exp: Math.floor(Date.now() / 1000) + seconds, ...claims });

test("IDENT-2 IDENT-4 with its key a person edits on another device what it wrote on the first, and nobody else does", async () => {
  await using server = await startServer();
  using phone = open(server.url(), { name: "An", key: KEY });
  const message = await phone.send("mine");
  await phone.close();
  using laptop = open(server.url(), { name: "Anh", key: KEY });
  await laptop.ready();
  expect(laptop.isOwn(message)).toBe(true);
  await laptop.edit(message, "still mine");
  using stranger = open(server.url(), { name: "An", key: OTHER });
  await stranger.ready();
  expect(await caught(stranger.delete(message))).toMatchObject({ code: "NotAllowed" });
});

test("a key that comes after the nickname covers what is written from then on", async () => {
  await using server = await startServer();
  using an = open(server.url(), { name: "An" });
  await an.ready();
  const before = an.me;
  void an.identify({ key: KEY });
  const message = await an.send("mine");
  expect(an.me).not.toBe(before);
  expect(message.by).toBe(an.me ?? "");
  an.suspend();
  an.wake();
  await an.edit(message, "after a reconnect");
});

test("RESERVE-1 RESERVE-2 a nickname is reserved, refused to others, and given up", async () => {
  await using server = await startServer();
  using an = open(server.url(), { name: "An", key: KEY });
  expect(await an.reserve("An")).toEqual(["An"]);
  expect(await caught(an.reserve("Boss"))).toMatchObject({ name: "ReservationError", code: "NotYourName" });
  await an.close();
  using stranger = open(server.url("tea"), { key: OTHER });
  expect(await caught(stranger.register("ＡＮ"))).toMatchObject({
    name: "NicknameError",
    code: "NameReserved",
  });
  using back = open(server.url(), { name: "An", key: KEY });
  await back.ready();
  expect(back.reservedNames).toEqual(["An"]);
  expect(await back.release("An")).toEqual([]);
  expect(await stranger.register("An")).toBe("An");
  using nobody = open(server.url(), { name: "Chi" });
  expect(await caught(nobody.reserve("Chi"))).toMatchObject({ name: "IdentityError", code: "UnknownPerson" });
});

fileTest("CLAIM-1 the owner's code makes the person an owner, once", async () => {
  await using server = await startServer();
  const { stdout } = await runCommand(["owner-link", "--data", server.dataFile, "--url", server.http("/")]);
  const code = /#owner=(\S+)/.exec(stdout)?.[1] ?? "";
  using an = open(server.url(), { key: KEY });
  await an.claim(code);
  expect(an.role).toBe("owner");
  using binh = open(server.url(), { key: OTHER });
  expect(await caught(binh.claim(code))).toMatchObject({ name: "ClaimError", code: "UnknownCode" });
  using nobody = open(server.url(), {});
  expect(await caught(nobody.claim(code))).toMatchObject({ code: "UnknownPerson" });
});

test("IDENT-3 IDENT-7 IDENT-8 with a required login a chat takes the nickname of its token, and nobody comes without", async () => {
  await using server = await withLogin("--auth", "required");
  using dung = open(server.url(), { token: async () => tokenOf({ sub: "7", name: "Dung" }) });
  await dung.ready();
  expect([dung.name, dung.login, dung.reservedNames]).toEqual(["Dung", "required", ["Dung"]]);
  expect(await caught(dung.register("Boss"))).toMatchObject({ code: "NameFromLogin" });
  using nobody = open(server.url(), { name: "An" });
  expect(await caught(nobody.ready())).toMatchObject({ code: "IdentityRequired" });
  using liar = open(server.url(), { name: "An", token: () => "no token" });
  expect(await caught(liar.ready())).toMatchObject({ name: "IdentityError", code: "TokenRefused" });
});

test("IDENT-6 a chat whose tokens end soon renews them on the open connection, and loses no message", async () => {
  await using server = await withLogin("--auth", "required", "--auth-clock-skew", "0");
  let count = 0;
  const token = () => {
    count++;
    return tokenOf({ sub: "7" }, 2);
  };
  using an = open(server.url(), { name: "An", token });
  await an.ready();
  const states: string[] = [];
  an.on("state", ({ state }) => states.push(state.kind));
  let sent = 0;
  // Some of them come while the token is over.
  while (count < 2) await an.send(`message ${sent++}`);
  const { messages } = await an.history();
  expect(messages.map(({ content }) => content)).toEqual(
    Array.from({ length: sent }, (_, at) => `message ${at}`),
  );
  expect(states).toEqual([]);
});

test("IDENT-3 a chat goes on without the host's login where that is optional", async () => {
  await using server = await withLogin();
  using an = open(server.url(), { name: "An", key: KEY, token: () => null });
  await an.ready();
  expect([an.login, an.role]).toEqual(["optional", "visitor"]);
  const { me } = an;
  await an.send("hello");
  expect(an.me).toBe(me);
});
