/** Who people are: keys, the host's login, reserved nicknames, roles. */
import { expect, test } from "bun:test";
import { ChatClient } from "../support/client.ts";
import { CLAIMS, SECRET, signedWithSecret } from "../support/login.ts";
import { type ChatServer, runCommand, startServer } from "../support/server.ts";
import { fileTest } from "../support/store.ts";
import { V3Client } from "../support/v3.ts";

const AN = "an-key-".padEnd(43, "x");
const BINH = "binh-key-".padEnd(43, "y");

/** A client that has said who it is, with its public id. */
async function person(
  server: ChatServer,
  key: string,
  room?: string,
): Promise<{ client: V3Client; by: string }> {
  const client = await V3Client.connect(server.url(room));
  const reply = await client.ask({ type: "identify", key });
  expect(reply).toMatchObject({ type: "identify", status: true, role: "visitor", names: [] });
  return { client, by: String(reply.by) };
}

test("IDENT-1 IDENT-2 IDENT-4 a key means one person in every room, on every connection and after a restart", async () => {
  await using server = await startServer();
  const first = await person(server, AN);
  expect(first.by).toMatch(/^[\w-]{16}$/);
  expect((await person(server, BINH)).by).not.toBe(first.by);
  await first.client.register("An");
  const { id: of } = await first.client.ask({ type: "send", content: "mine" });
  await first.client.chat.close();
  const tea = await person(server, AN, "tea");
  expect(tea.by).toBe(first.by);
  await server.restart();
  const again = await person(server, AN);
  expect(again.by).toBe(first.by);
  expect(await again.client.register("Anh")).toMatchObject({ by: first.by });
  expect(await again.client.ask({ type: "edit", of, content: "still mine" })).toMatchObject({ status: true });
  const other = await person(server, BINH);
  await other.client.register("An");
  expect(await other.client.ask({ type: "delete", of })).toMatchObject({ reason: "NotAllowed" });
});

test("IDENT-4 IDENT-5 a person who says late who it is keeps what it wrote apart, and is nobody else on that connection", async () => {
  await using server = await startServer();
  const client = await V3Client.registered(server.url(), "An");
  const before = await client.ask({ type: "send", content: "before" });
  const { by } = await client.ask({ type: "identify", key: AN });
  const after = await client.ask({ type: "send", content: "after" });
  expect(after.by).toBe(by);
  expect(before.by).not.toBe(by);
  expect(await client.ask({ type: "identify", key: BINH })).toMatchObject({ reason: "AnotherPerson" });
  expect(await client.ask({ type: "identify", key: AN })).toMatchObject({ status: true, by });
});

test("IDENT-1 malformed keys are refused, and no key is in a file or the log", async () => {
  await using server = await startServer(["--log-level", "debug"]);
  const client = await V3Client.connect(server.url());
  for (const wrong of [
    {},
    { key: "short" },
    { key: 7 },
    { key: `${AN}!` },
    { key: AN, token: "x" },
    { token: 7 },
  ])
    expect(await client.ask({ type: "identify", ...wrong })).toMatchObject({
      type: "identify",
      status: false,
      reason: "key" in wrong || "token" in wrong ? "WrongFormatIdentity" : "NotEnoughKey",
    });
  await client.ask({ type: "identify", key: AN });
  await client.register("An");
  await client.say("hello");
  await server.stop();
  for (const text of await server.store.texts()) expect(text).not.toContain(AN);
  expect(JSON.stringify(server.lines)).not.toContain(AN);
});

test("RESERVE-1 RESERVE-2 RESERVE-5 a reserved nickname and its look-alikes are nobody else's, in any version, while the person is away and after a restart", async () => {
  await using server = await startServer();
  const an = await person(server, AN);
  expect(await an.client.ask({ type: "reserve", name: "An" })).toMatchObject({ reason: "NotYourName" });
  await an.client.register("An");
  expect(await an.client.ask({ type: "reserve", name: "An" })).toEqual({
    type: "reserve",
    name: "An",
    on: true,
    status: true,
    names: ["An"],
  });
  await an.client.chat.close();
  await server.restart();
  const stranger = await V3Client.connect(server.url("tea"));
  expect(await stranger.ask({ type: "name", name: "ＡＮ" })).toMatchObject({
    status: false,
    reason: "NameReserved",
  });
  const classic = await ChatClient.connect(server.url());
  expect(await classic.ask({ type: "name", name: "An" })).toBe(
    '{"type":"name","action":"register","name":"An","status":false,"reason":"NameAlreadyUsed"}',
  );
  const back = await V3Client.connect(server.url());
  expect(await back.ask({ type: "identify", key: AN })).toMatchObject({ names: ["An"], by: an.by });
  await back.register("An");
  expect(await back.ask({ type: "reserve", name: "An", on: false })).toMatchObject({ names: [] });
  expect(await stranger.ask({ type: "name", name: "An" })).toMatchObject({ status: true });
});

test("RESERVE-1 RESERVE-3 who has no key reserves nothing, and nobody reserves many", async () => {
  await using server = await startServer(["--nicknames-per-person", "2"]);
  const nobody = await V3Client.registered(server.url(), "Chi");
  expect(await nobody.ask({ type: "reserve", name: "Chi" })).toMatchObject({ reason: "UnknownPerson" });
  const { client } = await person(server, AN);
  for (const name of ["An", "Anh"]) {
    await client.ask({ type: "name", name });
    expect(await client.ask({ type: "reserve", name })).toMatchObject({ status: true });
  }
  await client.ask({ type: "name", name: "Ánh" });
  expect(await client.ask({ type: "reserve", name: "Ánh" })).toMatchObject({ reason: "TooManyNames" });
});

test("LIM-16 an address reserves, gives up and claims only so often, and others are not held up", async () => {
  await using server = await startServer([
    "--address-people-per-second",
    "0.001",
    "--address-people-burst",
    "3",
  ]);
  const { client } = await person(server, AN);
  await client.register("An");
  for (const on of [true, false])
    expect(await client.ask({ type: "reserve", name: "An", on })).toMatchObject({ status: true });
  const other = await person(server, BINH);
  expect(await other.client.ask({ type: "claim", code: "wrong" })).toMatchObject({ reason: "UnknownCode" });
  expect(await client.ask({ type: "reserve", name: "An" })).toMatchObject({
    type: "reserve",
    reason: "TooManyRequests",
  });
  expect(await other.client.ask({ type: "claim", code: "wrong" })).toMatchObject({
    reason: "TooManyRequests",
  });
  // Who somebody is, and what they are called, is not stored.
  expect(await client.ask({ type: "identify", key: AN })).toMatchObject({ status: true, names: [] });
  await other.client.register("Bình");
});

fileTest(
  "CLAIM-1 IDENT-10 the owner's link makes one person an owner once, and roles that are granted hold at once",
  async () => {
    await using server = await startServer();
    const data = ["--data", server.dataFile];
    const { stdout } = await runCommand(["owner-link", ...data]);
    const [, code = ""] = /#owner=([\w-]+)/.exec(stdout) ?? [];
    const an = await person(server, AN);
    expect(await an.client.ask({ type: "claim", code: "wrong" })).toMatchObject({ reason: "UnknownCode" });
    const nobody = await V3Client.connect(server.url());
    expect(await nobody.ask({ type: "claim", code })).toMatchObject({ reason: "UnknownPerson" });
    expect(await an.client.ask({ type: "claim", code })).toEqual({
      type: "claim",
      status: true,
      role: "owner",
    });
    const binh = await person(server, BINH);
    expect(await binh.client.ask({ type: "claim", code })).toMatchObject({ reason: "UnknownCode" });
    await an.client.register("An");
    await binh.client.register("Bình");
    await an.client.next();
    const { id } = await an.client.ask({ type: "send", content: "an owner's words" });
    await binh.client.next();
    expect(await binh.client.ask({ type: "delete", of: id })).toMatchObject({ reason: "NotAllowed" });
    expect((await runCommand(["grant", binh.by, "moderator", ...data])).exitCode).toBe(0);
    // The server hears of it within about a second.
    let reply = await binh.client.ask({ type: "delete", of: id });
    while (reply.status === false) {
      await Bun.sleep(100);
      reply = await binh.client.ask({ type: "delete", of: id });
    }
    expect(reply).toMatchObject({ status: true });
    // Nobody puts words into another's mouth, not even an owner.
    const { id: of } = await binh.client.ask({ type: "send", content: "a moderator's words" });
    await an.client.chat.nextWhere(({ datatype }) => datatype === "message");
    expect(await an.client.ask({ type: "edit", of, content: "other words" })).toMatchObject({
      reason: "NotAllowed",
    });
    expect(await an.client.ask({ type: "delete", of })).toMatchObject({ status: true });
  },
);

const now = () => Math.floor(Date.now() / 1000);
const withLogin = (...flags: string[]) => startServer(flags, { env: { CHATBOX_AUTH_SECRET: SECRET } });
const tokenOf = (claims: object = {}) =>
  signedWithSecret({ ...CLAIMS, iat: now(), exp: now() + 600, ...claims });

test("IDENT-3 IDENT-7 a person of the host's login has the nickname of the token, and nobody else has it", async () => {
  await using server = await withLogin();
  const client = await V3Client.connect(server.url());
  expect(client.welcome).toMatchObject({ login: "optional" });
  const reply = await client.ask({ type: "identify", token: await tokenOf({ sub: "7", name: "Dung" }) });
  expect(reply).toMatchObject({ status: true, role: "visitor", name: "Dung", names: ["Dung"] });
  expect(Number(reply.expires)).toBeGreaterThan(Date.now());
  expect(await client.ask({ type: "name", name: "Boss" })).toEqual({
    type: "name",
    status: false,
    reason: "NameFromLogin",
  });
  const stranger = await V3Client.connect(server.url("tea"));
  expect(await stranger.ask({ type: "name", name: "DUNG" })).toMatchObject({ reason: "NameReserved" });
  expect(await client.register("Dung")).toMatchObject({ by: reply.by });
  // The same subject is the same person, under another nickname.
  const renamed = await V3Client.connect(server.url("tea"));
  const second = await renamed.ask({ type: "identify", token: await tokenOf({ sub: "7", name: "Dũng" }) });
  expect(second).toMatchObject({ by: reply.by, names: ["Dũng"] });
  expect(await stranger.ask({ type: "name", name: "Dung" })).toMatchObject({ status: true });
});

test("IDENT-5 BY-3 a session takes the nickname along, but not the person: its rights end with its key or its token", async () => {
  await using server = await withLogin();
  const an = await person(server, AN);
  await an.client.register("An");
  const { id: of } = await an.client.ask({ type: "send", content: "mine" });
  const stranger = await V3Client.connect(server.url());
  const resumed = await stranger.resume(an.client.session);
  expect(resumed).toMatchObject({ status: true, name: "An" });
  expect(resumed.by).not.toBe(an.by);
  expect(await stranger.ask({ type: "edit", of, content: "not mine" })).toMatchObject({
    reason: "NotAllowed",
  });
  expect(await stranger.ask({ type: "send", content: "after" })).toMatchObject({ by: resumed.by });
  const back = await person(server, AN);
  expect(await back.client.resume(stranger.session)).toMatchObject({ status: true, name: "An", by: an.by });
  expect(await back.client.ask({ type: "edit", of, content: "mine again" })).toMatchObject({ status: true });
});

test("IDENT-7 RESERVE-6 a nickname that the token gives is the person's, though somebody with a key has reserved it", async () => {
  await using server = await withLogin();
  const { client: stranger } = await person(server, AN);
  await stranger.register("Lan Anh");
  expect(await stranger.ask({ type: "reserve", name: "Lan Anh" })).toMatchObject({ status: true });
  await stranger.chat.close();
  const lan = await V3Client.connect(server.url("tea"));
  const token = await tokenOf({ sub: "7", name: "Lan Anh" });
  expect(await lan.ask({ type: "identify", token })).toMatchObject({ status: true, names: ["Lan Anh"] });
  await lan.register("Lan Anh");
  const back = await V3Client.connect(server.url());
  expect(await back.ask({ type: "identify", key: AN })).toMatchObject({ names: [] });
  expect(await back.ask({ type: "name", name: "lan anh" })).toMatchObject({ reason: "NameReserved" });
  // Of two people with one name, the first one has it.
  const second = await V3Client.connect(server.url());
  const reply = await second.ask({ type: "identify", token: await tokenOf({ sub: "8", name: "Lan Anh" }) });
  expect(reply).toMatchObject({ status: true, names: [] });
  expect(await second.ask({ type: "name", name: "Lan Anh" })).toMatchObject({ reason: "NameReserved" });
});

test("IDENT-3 IDENT-6 IDENT-8 with a required login nobody talks without a token, or after it is over", async () => {
  await using server = await withLogin("--auth", "required", "--auth-clock-skew", "0");
  const nobody = await V3Client.connect(server.url());
  expect(nobody.welcome).toMatchObject({ login: "required" });
  expect(await nobody.ask({ type: "name", name: "An" })).toEqual({
    type: "name",
    status: false,
    reason: "IdentityRequired",
  });
  await nobody.ask({ type: "identify", key: AN });
  expect(await nobody.ask({ type: "name", name: "An" })).toMatchObject({ reason: "IdentityRequired" });
  const classic = await ChatClient.connect(server.url());
  expect(JSON.parse(await classic.ask({ type: "name", name: "An" }))).toMatchObject({
    action: "register",
    name: "An",
    status: false,
    reason: "ErrorWhenRegister",
  });
  for (const request of [{ type: "send", content: "hi" }, { type: "get" }])
    expect(JSON.parse(await classic.ask(request))).toMatchObject({ reason: "UnknownRegister" });
  const an = await V3Client.connect(server.url());
  expect(await an.ask({ type: "identify", token: await tokenOf({ exp: now() - 1 }) })).toMatchObject({
    reason: "TokenRefused",
  });
  await an.ask({ type: "identify", token: await tokenOf({ sub: "1", exp: now() + 2 }) });
  await an.register("An");
  let reply = await an.ask({ type: "send", content: "now" });
  expect(reply).toMatchObject({ status: true });
  while (reply.status === true) {
    await Bun.sleep(200);
    reply = await an.ask({ type: "send", content: "still" });
  }
  expect(reply).toEqual({ type: "send", status: false, reason: "IdentityExpired" });
  expect(await an.ask({ type: "identify", token: await tokenOf({ sub: "2" }) })).toMatchObject({
    reason: "AnotherPerson",
  });
  expect(await an.ask({ type: "identify", token: await tokenOf({ sub: "1" }) })).toMatchObject({
    status: true,
  });
  expect(await an.ask({ type: "send", content: "again" })).toMatchObject({ status: true });
});

test("IDENT-3 IDENT-10 a token gives a role in its rooms, and is valid in no other", async () => {
  await using server = await withLogin();
  const token = await tokenOf({ sub: "1", role: "moderator", rooms: ["tea"] });
  const tea = await V3Client.connect(server.url("tea"));
  expect(await tea.ask({ type: "identify", token })).toMatchObject({ role: "moderator" });
  const main = await V3Client.connect(server.url());
  expect(await main.ask({ type: "identify", token })).toMatchObject({ reason: "TokenRefused" });
  expect(await main.ask({ type: "identify", token: `${token.slice(0, -2)}xx` })).toMatchObject({
    reason: "TokenRefused",
  });
});

test("RESERVE-5 nobody gives up another's nickname, except a moderator of all rooms, by a grant or by a token", async () => {
  await using server = await withLogin();
  const an = await person(server, AN);
  await an.client.register("An");
  await an.client.ask({ type: "reserve", name: "An" });
  const release = { type: "reserve", name: "An", on: false };
  const moderatorOf = async (sub: string, rooms?: string[]) => {
    const client = await V3Client.connect(server.url());
    const token = await tokenOf({ sub, role: "moderator", rooms });
    expect(await client.ask({ type: "identify", token })).toMatchObject({ role: "moderator" });
    return client;
  };
  const stranger = await person(server, BINH);
  for (const client of [stranger.client, await moderatorOf("1", ["/"])]) {
    expect(await client.ask(release)).toEqual({
      type: "reserve",
      name: "An",
      status: false,
      reason: "NotYourName",
      error: "Somebody else has reserved this nickname.",
    });
  }
  expect(JSON.stringify(server.lines)).not.toContain("is not reserved any more");
  const moderator = await moderatorOf("2");
  for (let i = 0; i < 2; i++) expect(await moderator.ask(release)).toMatchObject({ on: false, status: true });
  expect(await stranger.client.ask(release)).toMatchObject({ status: true, names: [] });
  expect(await an.client.ask({ type: "identify", key: AN })).toMatchObject({ names: [] });
});

test("IDENT-9 REQ-7 requests behind one that waits for a token keep their order, and its answers theirs", async () => {
  await using server = await withLogin();
  const an = await V3Client.connect(server.url());
  const token = await tokenOf({ sub: "1", name: "An" });
  for (const [ref, request] of [
    { type: "identify", token },
    { type: "name", name: "An" },
    { type: "send", content: "one" },
    { type: "identify", token },
    { type: "send", content: "two" },
    { type: "get" },
  ].entries())
    an.chat.send({ ...request, ref });
  const replies = [];
  while (replies.length < 6) replies.push(await an.next());
  expect(replies.map(({ ref, status }) => [ref, status])).toEqual(
    [0, 1, 2, 3, 4, 5].map((ref) => [ref, true]),
  );
  const [first, , , second] = replies;
  expect(second?.by).toBe(first?.by);
});
