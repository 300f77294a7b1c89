/** The API for programs, over real HTTP. */
import { expect, test } from "bun:test";
import { createToken, Program, revokeToken } from "../support/program.ts";
import { runCommand, startServer } from "../support/server.ts";
import { V3Client } from "../support/v3.ts";
import { KEY, moderated, storeFlags, Visitor } from "../support/visitors.ts";

const ALL = "read,post,edit,moderate,rooms";

test("a program reads, writes, edits, reacts and deletes, and the others in the room see all of it", async () => {
  await using server = await startServer();
  const program = await Program.of(server, "Deploy", "--bot", "Deploybot", "--scope", "read,post,edit");
  using an = await V3Client.registered(server.url(), "An");
  const posted = await program.post("v1 is out");
  expect(posted.status).toBe(201);
  expect(posted.body).toEqual({
    name: "Deploybot",
    content: "v1 is out",
    timestamp: expect.any(String),
    id: 1,
    time: expect.any(Number),
    by: expect.stringMatching(/^[\w-]{16}$/),
  });
  expect(await an.next()).toMatchObject({
    datatype: "message",
    id: 1,
    name: "Deploybot",
    content: "v1 is out",
  });
  const { by } = posted.body;
  const edited = await program.call("PATCH", "/rooms/-/messages/1", { content: "v2 is out" });
  expect([edited.status, edited.body]).toEqual([
    200,
    { of: 1, content: "v2 is out", id: 2, time: expect.any(Number) },
  ]);
  expect(await an.next()).toMatchObject({ datatype: "edit", of: 1, content: "v2 is out", by });
  const thumb = `/rooms/-/messages/1/reactions/${encodeURIComponent("👍")}`;
  const reacted = await program.call("PUT", thumb);
  expect([reacted.status, reacted.body]).toMatchObject([
    200,
    { of: 1, emoji: "👍", on: true, count: 1, id: 3 },
  ]);
  expect((await program.call("PUT", thumb)).body).toEqual({ of: 1, emoji: "👍", on: true, count: 1 });
  expect((await program.call("DELETE", thumb)).body).toMatchObject({ on: false, count: 0, id: 4 });
  const reply = await program.call("POST", "/rooms/-/messages", { content: "indeed", reply: 1 });
  expect(reply.body).toMatchObject({ id: 5, reply: 1 });
  const page = await program.call("GET", "/rooms/-/messages?limit=1");
  expect(page.body).toMatchObject({ message: [{ id: 5, content: "indeed" }], online: ["An"], more: true });
  const before = await program.call("GET", "/rooms/-/messages?before=5");
  expect(before.body.message).toMatchObject([{ id: 1, content: "v2 is out", edited: expect.any(Number) }]);
  const after = await program.call("GET", `/rooms/-/messages?after=1&time=${posted.body.time}`);
  expect(after.body).toMatchObject({ message: [{ id: 5 }], changed: [{ id: 1 }], cursor: { id: 5 } });
  const elsewhere = await program.call("GET", "/rooms/-/messages?after=1&time=7");
  expect(elsewhere.body).toMatchObject({ reset: true });
  const since = await program.call("GET", `/rooms/-/messages?limit=1&since=${posted.body.time}`);
  expect(since.body).toMatchObject({ message: [{ id: 1 }], cursor: { id: 1 }, more: true });
  const later = await program.call("GET", "/rooms/-/messages?since=9000000000000000");
  expect(later.body).toMatchObject({ message: [], more: false });
  const deleted = await program.call("DELETE", "/rooms/-/messages/1");
  expect([deleted.status, deleted.body]).toMatchObject([200, { of: 1, id: 6 }]);
  expect((await program.call("GET", "/rooms/-/people")).body).toMatchObject({ online: ["An"] });
  // Nobody has come or gone.
  for (let event = await an.next(); event.datatype !== "delete"; event = await an.next())
    expect(["react", "message"]).toContain(String(event.datatype));
});

test("a program lists rooms, sets something in one and keeps order, as its scopes allow", async () => {
  await using server = await startServer(["--rooms", "listed"]);
  const program = await Program.of(server, "Keeper", "--scope", ALL);
  // Nobody else can make a room here.
  expect((await program.call("GET", "/rooms/tea")).status).toBe(404);
  const set = await program.call("PATCH", "/rooms/tea/settings", { title: "Tea", listed: true });
  expect([set.status, set.body]).toMatchObject([200, { settings: { title: "Tea", listed: true } }]);
  using an = await V3Client.registered(server.url("tea"), "An");
  const id = await an.say("spam");
  expect((await program.call("GET", "/rooms/tea/settings")).body).toMatchObject({
    settings: { title: "Tea" },
  });
  expect((await program.call("GET", "/rooms/tea")).body).toMatchObject({
    room: "tea",
    path: "/rooms/tea",
    online: 1,
    settings: { title: "Tea", words: [] },
  });
  // The list may be two seconds old.
  let listed = await program.call("GET", "/rooms");
  for (; listed.body.rooms.length === 0; await Bun.sleep(100)) listed = await program.call("GET", "/rooms");
  expect(listed.body).toMatchObject({ rooms: [{ room: "tea", title: "Tea" }] });
  const removed = await program.call("POST", "/rooms/tea/moderation", { kind: "remove", of: id });
  expect([removed.status, removed.body]).toMatchObject([200, { kind: "remove", count: 1 }]);
  const muted = await program.call("POST", "/rooms/tea/moderation", {
    kind: "mute",
    name: "An",
    reach: "person",
    minutes: 5,
  });
  expect(muted.body).toMatchObject({ kind: "mute", hits: ["An"], hitCount: 1 });
  const told = await an.chat.nextWhere(({ datatype, name }) => datatype === "moderate" && name === "An");
  expect(told).toMatchObject({ datatype: "moderate", name: "An", moderator: "Keeper" });
  using binh = await V3Client.registered(server.url("tea"), "Bình");
  const other = await binh.say("a");
  expect((await program.call("DELETE", `/rooms/tea/messages/${other}`)).status).toBe(200);
});

test("a bot has a mark, and its nickname is nobody else's", async () => {
  await using server = await startServer();
  using an = await V3Client.registered(server.url("tea"), "An");
  const program = await Program.of(server, "Deploybot", "--room", "tea");
  const { body } = await program.post("out", "tea");
  const mark = { by: body.by, role: "member", reserved: true, bot: true };
  expect(await an.next()).toMatchObject({ datatype: "message", name: "Deploybot", mark });
  expect(await an.ask({ type: "get" })).toMatchObject({
    data: { online: ["An"], marks: { Deploybot: mark } },
  });
  // Also where there is no JavaScript.
  const read = await (await fetch(server.http("/rooms/tea?read"))).text();
  expect(read).toContain('Deploybot</bdi> <span class="muted">(bot)</span>');
  using elsewhere = await V3Client.registered(server.url(), "An");
  expect((await elsewhere.ask({ type: "get" })).data).not.toHaveProperty("marks");
  using other = await V3Client.connect(server.url());
  expect(await other.ask({ type: "name", name: "DeployBot" })).toMatchObject({ reason: "NameReserved" });
});

test("COMMANDS-1 COMMANDS-2 a program declares commands, which clients of its rooms learn, also after a restart", async () => {
  await using server = await startServer();
  const program = await Program.of(server, "Reminder", "--room", "tea");
  const hook = await createToken(server, "CI", "--hook");
  const commands = [{ name: "remind", about: "Nhắc: reminds you, as in /remind 10m tea" }];
  const declared = await program.call("PUT", "/commands", { commands, unknown: 1 });
  const bot = { name: "Reminder", by: expect.stringMatching(/^[\w-]{16}$/), commands };
  expect([declared.status, declared.body]).toEqual([200, bot]);
  expect((await program.call("GET", "/commands")).body).toEqual(bot);
  using an = await V3Client.connect(server.url("tea"));
  expect(await an.ask({ type: "commands" })).toMatchObject({ status: false, reason: "UnknownRegister" });
  await an.register("An");
  const known = { type: "commands", status: true, commands: [{ ...commands[0], bot: "Reminder" }] };
  expect(await an.ask({ type: "commands" })).toEqual(known);
  using elsewhere = await V3Client.registered(server.url(), "An");
  expect(await elsewhere.ask({ type: "commands" })).toEqual({ ...known, commands: [] });
  const one = (name: unknown, about: unknown) => ({ commands: [{ name, about }] });
  const roll = { name: "roll", about: "Rolls" };
  const cases: [unknown, number, string][] = [
    [{}, 400, "WrongFormatCommands"],
    [{ commands: {} }, 400, "WrongFormatCommands"],
    [{ commands: [null] }, 400, "WrongFormatCommands"],
    [one("Roll", "x"), 400, "WrongFormatCommands"],
    [one("/roll", "x"), 400, "WrongFormatCommands"],
    [one("r\u043ell", "x"), 400, "WrongFormatCommands"],
    [one("r".repeat(33), "x"), 400, "WrongFormatCommands"],
    [one("roll", "a\nb"), 400, "WrongFormatCommands"],
    [one("roll", "a\u202eb"), 400, "WrongFormatCommands"],
    [one("roll", "\u200b"), 400, "WrongFormatCommands"],
    [one("roll", "x".repeat(101)), 400, "WrongFormatCommands"],
    [{ commands: [roll, roll] }, 400, "WrongFormatCommands"],
    [
      { commands: Array.from({ length: 21 }, (_, at) => ({ ...roll, name: `r${at}` })) },
      400,
      "WrongFormatCommands",
    ],
    [one("rnute", "mutes everybody"), 409, "CommandTaken"],
  ];
  for (const [body, status, reason] of cases) {
    const answer = await program.call("PUT", "/commands", body);
    expect([body, answer.status, answer.body.reason]).toEqual([body, status, reason]);
  }
  const secret = hook.slice(hook.lastIndexOf("/") + 1);
  expect((await new Program(server, secret).call("GET", "/commands")).status).toBe(401);
  await server.stop();
  await server.restart();
  using binh = await V3Client.registered(server.url("tea"), "Bình");
  expect(await binh.ask({ type: "commands" })).toEqual(known);
  // It is an ordinary message, which the program reads.
  using events = await program.listen("tea");
  await events.nextOf("page");
  await binh.say("/remind 10m tea");
  expect((await events.nextOf("message")).data).toMatchObject({ name: "Bình", content: "/remind 10m tea" });
  // A moderator who silences a program silences what it says about its commands.
  const moderator = await Program.of(server, "Keeper", "--scope", "moderate");
  const { id } = (await program.post("buy tea", "tea")).body;
  expect(await binh.next()).toMatchObject({ content: "buy tea" });
  await moderator.call("POST", "/rooms/tea/moderation", { kind: "mute", of: id });
  expect(await binh.next()).toMatchObject({ datatype: "moderate", kind: "mute" });
  expect(await binh.ask({ type: "commands" })).toEqual({ ...known, commands: [] });
});

test("TOKENS-1 TOKENS-2 TOKENS-3 an owner creates, sees and revokes tokens, and nobody else does", async () => {
  const { server, minh } = await moderated({ flags: ["--no-limits"] });
  await using _ = server;
  const { by } = await Visitor.connect(server, { key: KEY.an });
  await runCommand(["grant", by, "owner", ...storeFlags(server)]);
  using owner = await Visitor.named(server, "An", { key: KEY.an });
  // A running server learns of it within a second.
  for (let role: unknown; role !== "owner"; await Bun.sleep(100))
    ({ role } = await owner.ask({ type: "identify", key: KEY.an }));
  const order = {
    type: "tokens",
    do: "create",
    name: "Deploy",
    bot: "Deploybot",
    rooms: ["tea", "/"],
    days: 7,
  };
  using stranger = await Visitor.named(server, "Bình");
  const refusal = { type: "tokens", status: false, reason: "NotAllowed" };
  for (const what of [order, { type: "tokens", do: "list" }, { type: "tokens", do: "revoke", id: "x" }]) {
    expect(await minh.ask(what)).toMatchObject(refusal);
    expect(await stranger.ask(what)).toMatchObject(refusal);
  }
  const created = await owner.ask(order);
  const secret = String(created.secret);
  const token = {
    id: expect.stringMatching(/^[0-9a-f]{12}$/),
    name: "Deploy",
    bot: "Deploybot",
    person: expect.any(String),
    scopes: ["read", "post"],
    rooms: ["tea", "/"],
    created: expect.any(Number),
    expires: expect.any(Number),
  };
  expect(created).toMatchObject({ status: true, secret: expect.stringMatching(/^cbt_/), tokens: [token] });
  const program = new Program(server, secret);
  expect((await program.post("out")).body).toMatchObject({ name: "Deploybot", content: "out" });
  const listed = await owner.ask({ type: "tokens", do: "list" });
  expect(listed).toEqual({ type: "tokens", status: true, tokens: [token], ref: expect.anything() });
  const hook = await owner.ask({ type: "tokens", do: "create", name: "CI", rooms: ["tea"], hook: true });
  const hookSecret = String(hook.secret);
  expect(hook).toMatchObject({ tokens: [token, { name: "CI", bot: "CI", scopes: ["post"], hook: true }] });
  const posted = await fetch(server.http(`/api/v1/hooks/${hookSecret}`), { method: "POST", body: "built" });
  expect(await posted.text()).toBe("ok");
  const wrong = [
    [{ do: "create", name: "X", bot: "DeployBot" }, "NameAlreadyUsed"],
    [{ do: "create" }, "WrongFormatTokens"],
    [{ do: "create", name: "a\u202eb" }, "WrongFormatTokens"],
    [{ do: "create", name: "X", rooms: ["Tea"] }, "WrongFormatTokens"],
    [{ do: "create", name: "X", rooms: [] }, "WrongFormatTokens"],
    [{ do: "create", name: "X", scopes: ["own"] }, "WrongFormatTokens"],
    [{ do: "create", name: "X", days: 0 }, "WrongFormatTokens"],
    [{ do: "create", name: "X", hook: true }, "WrongFormatTokens"],
    [{ do: "burn" }, "WrongFormatTokens"],
    [{ do: "revoke", id: "0123456789ab" }, "UnknownToken"],
  ] as const;
  for (const [what, reason] of wrong)
    expect([what, await owner.ask({ type: "tokens", ...what })]).toMatchObject([what, { reason }]);
  const { tokens: all } = await owner.ask({ type: "tokens", do: "list" });
  const [{ id }] = all as [{ id: string }];
  const left = await owner.ask({ type: "tokens", do: "revoke", id });
  expect(left).toMatchObject({ status: true, tokens: [{ name: "CI" }] });
  expect((await program.post("more")).status).toBe(401);
  const log = await minh.ask({ type: "review", what: "log" });
  expect(log.list).toMatchObject([
    { kind: "revoke", name: "Deploybot", moderator: "An", everywhere: true },
    { kind: "token", name: "CI", moderator: "An" },
    { kind: "token", name: "Deploybot", moderator: "An" },
  ]);
  await server.stop();
  for (const each of [secret, hookSecret]) expect(JSON.stringify(server.lines)).not.toContain(each.slice(4));
});

test("every refusal is a problem with the protocol's reason", async () => {
  await using server = await startServer();
  const [reader, writer, keeper] = [
    await Program.of(server, "Reader", "--scope", "read", "--room", "tea"),
    await Program.of(server, "Writer", "--scope", "read,post,edit"),
    await Program.of(server, "Keeper", "--scope", ALL),
  ];
  await createToken(server, "Hook", "--hook");
  using an = await V3Client.registered(server.url(), "An");
  const id = await an.say("hello");
  const none = new Program(server, "cbt_nothing");
  const messages = "/rooms/-/messages";
  const cases: [Program, string, string, unknown, number, string][] = [
    [none, "GET", "/rooms", undefined, 401, "TokenRefused"],
    [reader, "POST", "/rooms/tea/messages", { content: "a" }, 403, "ScopeMissing"],
    [reader, "GET", messages, undefined, 403, "RoomNotAllowed"],
    [writer, "GET", "/rooms/No/messages", undefined, 404, "UnknownRoom"],
    [writer, "GET", "/nothing", undefined, 404, "UnknownPath"],
    [writer, "GET", "/rooms/-/messages/", undefined, 404, "UnknownPath"],
    [writer, "PUT", messages, undefined, 405, "WrongMethod"],
    [writer, "POST", messages, "no json", 400, "WrongFormatJSON"],
    [writer, "POST", messages, "[]", 400, "WrongFormatJSON"],
    [writer, "POST", messages, {}, 400, "NotEnoughKey"],
    [writer, "POST", messages, { content: "" }, 400, "WrongFormatContent"],
    [writer, "POST", messages, { content: "a", reply: 99 }, 400, "WrongFormatReply"],
    [writer, "GET", `${messages}?limit=0`, undefined, 400, "WrongFormatPage"],
    [writer, "GET", `${messages}?after=x`, undefined, 400, "WrongFormatPage"],
    [writer, "GET", `${messages}?since=today`, undefined, 400, "WrongFormatPage"],
    [writer, "GET", `${messages}?since=1&before=5`, undefined, 400, "WrongFormatPage"],
    [writer, "PATCH", `${messages}/${id}`, { content: "mine" }, 403, "NotAllowed"],
    [writer, "DELETE", `${messages}/${id}`, undefined, 403, "NotAllowed"],
    [writer, "DELETE", `${messages}/77`, undefined, 404, "UnknownMessage"],
    [writer, "DELETE", `${messages}/x`, undefined, 404, "UnknownMessage"],
    [writer, "PUT", `${messages}/${id}/reactions/a`, undefined, 400, "WrongFormatEmoji"],
    [keeper, "POST", "/rooms/-/moderation", { kind: "mute" }, 400, "WrongFormatModerate"],
    [keeper, "POST", "/rooms/-/moderation", { kind: "mute", name: "Chi" }, 404, "UnknownTarget"],
    [keeper, "POST", "/rooms/-/moderation", { kind: "undo", id: "x" }, 404, "UnknownAction"],
    [keeper, "PATCH", "/rooms/-/settings", { slowSeconds: -1 }, 400, "WrongFormatSettings"],
    [writer, "POST", messages, { content: "x".repeat(70_000) }, 413, "TooLarge"],
  ];
  for (const [program, method, path, body, status, reason] of cases) {
    const answer = await program.call(method, path, body);
    expect([method, path, answer.status, answer.body]).toMatchObject([
      method,
      path,
      status,
      { status, reason },
    ]);
    expect(answer.headers.get("Content-Type")).toBe("application/problem+json");
    expect(answer.body.detail).toMatch(/^[A-Z].*\.$/);
  }
  const long = await writer.post("a", "-", "k".repeat(65));
  expect([long.status, long.body]).toMatchObject([400, { reason: "WrongFormatKey" }]);
  expect((await writer.call("PUT", messages)).headers.get("Allow")).toBe("GET, POST");
  expect((await none.call("GET", "/rooms")).headers.get("WWW-Authenticate")).toStartWith("Bearer");
  await keeper.call("PATCH", "/rooms/-/settings", { writers: "moderators", words: ["spam"] });
  const silent = await writer.post("a");
  expect([silent.status, silent.body]).toMatchObject([403, { reason: "WritersOnly" }]);
  await keeper.call("PATCH", "/rooms/-/settings", { writers: "everyone", wordRule: "hold" });
  const held = await writer.post("some spam");
  expect([held.status, held.body]).toMatchObject([202, { reason: "Held" }]);
  await keeper.call("PATCH", "/rooms/-/settings", { slowSeconds: 600 });
  expect((await writer.post("b")).status).toBe(201);
  const slow = await writer.post("c");
  expect([slow.status, slow.body.reason]).toEqual([429, "SlowMode"]);
  expect(slow.headers.get("Retry-After")).toBe(String(slow.body.retry));
});

test("a repeat with the same key gives the same message, also after the server was killed", async () => {
  await using server = await startServer();
  const program = await Program.of(server, "Bot");
  const first = await program.post("once", "-", "k1");
  expect(await program.post("once", "-", "k1")).toMatchObject({ status: 201, body: first.body });
  await server.kill();
  await server.restart();
  expect(await program.post("once", "-", "k1")).toMatchObject({ status: 201, body: first.body });
  const other = await Program.of(server, "Other");
  expect((await other.post("another's", "-", "k1")).body).toMatchObject({ id: 2 });
  expect((await program.call("GET", "/rooms/-/messages")).body.message).toHaveLength(2);
});

test("events follow each other from where the program stopped, over a restart, and nothing comes twice", async () => {
  await using server = await startServer();
  const program = await Program.of(server, "Bot", "--scope", "read,post,edit");
  await program.post("before");
  const reacted = await program.call("PUT", "/rooms/-/messages/1/reactions/👍");
  let lastId = "";
  // A program that was sent nothing is where it was.
  for (const from of [undefined, `2-${reacted.body.time}`]) {
    using stream = await program.listen("-", from);
    const { id, data } = await stream.nextOf("page");
    expect([id, data]).toMatchObject([`2-${reacted.body.time}`, { message: [], more: false }]);
    expect(data.changed).toBeUndefined();
  }
  {
    using stream = await program.listen();
    await stream.nextOf("page");
    const { body } = await program.post("one");
    const event = await stream.next();
    expect(event).toMatchObject({ event: "message", data: { id: 3, content: "one" } });
    expect(event?.id).toBe(`3-${body.time}`);
    using an = await V3Client.registered(server.url(), "An");
    expect(await stream.next()).toMatchObject({ event: "register", id: undefined, data: { name: "An" } });
    await an.say("two");
    lastId = (await stream.nextOf("message")).id ?? "";
  }
  await program.call("PATCH", "/rooms/-/messages/3", { content: "one!" });
  await program.post("three");
  await server.kill();
  await server.restart();
  using stream = await program.listen("-", lastId);
  const missed = await stream.next();
  expect(missed).toMatchObject({
    event: "page",
    data: { message: [{ id: 6, content: "three" }], changed: [{ id: 3, content: "one!" }], more: false },
  });
  const { body } = await program.post("four");
  expect(await stream.nextOf("message")).toMatchObject({ id: `7-${body.time}`, data: { content: "four" } });
  using again = await program.listen("-", missed?.id);
  expect(await again.next()).toMatchObject({ event: "page", data: { message: [{ id: 7 }] } });
  using other = await program.listen("-", "7-1");
  expect(await other.next()).toMatchObject({ event: "page", data: { reset: true, message: { length: 5 } } });
  const wrong = await program.call("GET", "/rooms/-/events", undefined, { "Last-Event-ID": "x" });
  expect([wrong.status, wrong.body]).toMatchObject([400, { reason: "WrongFormatPage" }]);
});

test("a stream of an empty room has an id to go on from, and long absences come page by page", async () => {
  await using server = await startServer(["--no-limits", "--get-budget", "2KiB"]);
  const program = await Program.of(server, "Bot");
  let lastId = "";
  {
    using stream = await program.listen();
    lastId = (await stream.nextOf("page")).id ?? "";
    expect(lastId).toBe("0");
  }
  for (let i = 0; i < 30; i++) await program.post(`${i} ${"x".repeat(200)}`);
  using stream = await program.listen("-", lastId);
  const ids: number[] = [];
  let pages = 0;
  for (let isMore = true; isMore; pages++) {
    const { data } = await stream.nextOf("page");
    ids.push(...data.message.map((each: { id: number }) => each.id));
    isMore = data.more;
  }
  expect(ids).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
  expect(pages).toBeGreaterThan(2);
  const { body } = await program.post("now");
  expect((await stream.next())?.id).toBe(`31-${body.time}`);
});

test("a revoked token is refused, its open streams end, and its nickname is free", async () => {
  await using server = await startServer();
  const program = await Program.of(server, "Bot");
  using stream = await program.listen();
  await stream.nextOf("page");
  await revokeToken(server, "Bot");
  await stream.ended();
  const answer = await program.call("GET", "/rooms");
  expect([answer.status, answer.body]).toMatchObject([401, { reason: "TokenRefused" }]);
  using an = await V3Client.registered(server.url(), "Bot");
  expect(await an.say("mine now")).toBe(1);
});

test("a banned program hears and says nothing more", async () => {
  await using server = await startServer();
  const [program, keeper] = [
    await Program.of(server, "Bot"),
    await Program.of(server, "Keeper", "--scope", ALL),
  ];
  using stream = await program.listen();
  const { body } = await program.post("spam");
  await keeper.call("POST", "/rooms/-/moderation", { kind: "ban", of: body.id, reach: "person" });
  await stream.ended();
  for (const answer of [await program.post("more"), await program.call("GET", "/rooms/-/messages")])
    expect([answer.status, answer.body]).toMatchObject([403, { reason: "Banned" }]);
});

test("each token has a rate, and so have all the tokens of an address", async () => {
  await using server = await startServer([
    "--token-requests-burst",
    "2",
    "--token-requests-per-second",
    "0.001",
  ]);
  const [one, two] = [await Program.of(server, "One"), await Program.of(server, "Two")];
  // It begins with full rates.
  await server.restart();
  for (let i = 0; i < 2; i++) expect((await one.call("GET", "/rooms")).status).toBe(200);
  const answer = await one.call("GET", "/rooms");
  expect([answer.status, answer.body]).toMatchObject([429, { reason: "TooManyRequests" }]);
  expect(Number(answer.headers.get("Retry-After"))).toBeGreaterThan(100);
  expect((await two.call("GET", "/rooms")).status).toBe(200);
  await using few = await startServer([
    "--http-burst",
    "3",
    "--http-per-second",
    "0.001",
    "--address-sends-burst",
    "1",
    "--address-sends-per-second",
    "0.001",
  ]);
  const three = await Program.of(few, "Three");
  await few.restart();
  expect((await three.post("a")).status).toBe(201);
  expect((await three.post("b")).body).toMatchObject({ reason: "TooManyRequests" });
  await three.call("GET", "/rooms");
  const last = await three.call("GET", "/rooms");
  expect([last.status, last.body]).toMatchObject([429, { reason: "TooManyRequests" }]);
});

test("pages of allowed origins may use the API, and no others", async () => {
  await using server = await startServer(["--allow-origin", "https://a.example"]);
  const program = await Program.of(server, "Bot");
  const preflight = { Origin: "https://a.example", "Access-Control-Request-Method": "POST" };
  const asked = await program.call("OPTIONS", "/rooms/-/messages", undefined, preflight);
  expect(asked.status).toBe(204);
  expect(asked.headers.get("Access-Control-Allow-Origin")).toBe("https://a.example");
  expect(asked.headers.get("Access-Control-Allow-Headers")).toContain("Idempotency-Key");
  const read = await program.call("GET", "/rooms", undefined, { Origin: "https://a.example" });
  expect(read.headers.get("Access-Control-Allow-Origin")).toBe("https://a.example");
  const other = await program.call("GET", "/rooms", undefined, { Origin: "https://b.example" });
  expect([other.status, other.body]).toMatchObject([403, { reason: "OriginRefused" }]);
  expect(other.headers.get("Access-Control-Allow-Origin")).toBeNull();
});

test("the API is also below the base path, and a secret is in no log", async () => {
  await using server = await startServer(["--base-path", "/chat", "--log-level", "debug", "--log-addresses"]);
  const secret = await createToken(server, "Bot");
  const hook = new URL(await createToken(server, "Hook", "--hook", "--base-path", "/chat")).pathname;
  expect(hook).toStartWith("/chat/api/v1/hooks/cbt_");
  const program = new Program(server, secret, "/chat/api/v1");
  expect((await program.post("a")).status).toBe(201);
  expect((await program.call("GET", "/openapi.json")).body).toMatchObject({
    servers: [{ url: "/chat/api/v1" }],
  });
  for (const method of ["GET", "POST", "PUT", "DELETE", "TRACE"])
    await fetch(server.http(hook), { method }).catch(() => {});
  await fetch(server.http(hook), {
    headers: {
      Upgrade: "websocket",
      Connection: "Upgrade",
      "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
      "Sec-WebSocket-Version": "13",
    },
  });
  await fetch(server.http(`${hook}x`), { method: "POST", body: "a" });
  await server.stop();
  for (const { text } of server.lines) {
    expect(text).not.toContain(secret);
    expect(text).not.toContain(hook.slice(-43));
  }
});

test("a hook takes what Slack, Mattermost and curl post, and is good for nothing else", async () => {
  await using server = await startServer();
  const address = await createToken(server, "CI", "--hook", "--room", "tea");
  using an = await V3Client.registered(server.url("tea"), "An");
  const url = server.http(new URL(address).pathname);
  const post = async (body: string, type: string) => {
    const answer = await fetch(url, { method: "POST", body, headers: { "Content-Type": type } });
    return [answer.status, await answer.text()];
  };
  const form = "application/x-www-form-urlencoded";
  const slack = JSON.stringify({ text: "built", username: "main" });
  for (const [body, type, name, content] of [
    [slack, "application/json", "CI (main)", "built"],
    [`payload=${encodeURIComponent(slack)}`, form, "CI (main)", "built"],
    ["plain & simple", form, "CI", "plain & simple"],
    ["plain", "text/plain", "CI", "plain"],
    [JSON.stringify({ text: "b", username: "\u202e" }), "application/json", "CI", "b"],
    [slack, "Application/JSON", "CI (main)", "built"],
    [slack, form, "CI (main)", "built"],
    [
      JSON.stringify({ attachments: [{ fallback: "down" }, null, { title: "since ten" }] }),
      "application/json",
      "CI",
      "down\nsince ten",
    ],
  ] as const) {
    expect(await post(body, type)).toEqual([200, "ok"]);
    expect(await an.next()).toMatchObject({ datatype: "message", name, content });
  }
  for (const [body, type] of [
    ["{", "application/json"],
    ["{}", "application/json"],
    ["payload=x", form],
    ["", "text/plain"],
  ] as const)
    expect(await post(body, type)).toMatchObject([400, expect.stringContaining("WrongFormat")]);
  const secret = address.slice(address.lastIndexOf("/") + 1);
  expect((await new Program(server, secret).call("GET", "/rooms")).status).toBe(401);
  const token = await createToken(server, "Bot");
  expect((await fetch(server.http(`/api/v1/hooks/${token}`), { method: "POST", body: "a" })).status).toBe(
    404,
  );
  await revokeToken(server, "CI");
  for (let status = 200; status !== 404; ) [status] = (await post("a", "text/plain")) as [number];
});
