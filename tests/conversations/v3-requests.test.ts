import { expect, test } from "bun:test";
import { ChatClient, parseFrame } from "../support/client.ts";
import { startServer } from "../support/server.ts";
import { contents, V3Client } from "../support/v3.ts";

const V3 = "classic-chatbox.v3";

test("V3-1 EP-5 a client that offers version 3 among others speaks it, and one that offers only unknown ones speaks version 2", async () => {
  await using server = await startServer();
  for (const protocols of [[V3], ["soap", V3], [V3, "classic-chatbox.v4"]]) {
    using client = await ChatClient.connect(server.url(), { protocols });
    expect(client.protocol).toBe(V3);
    expect(await client.next()).toMatchObject({ type: "welcome", version: 3 });
  }
  for (const protocols of [["soap"], ["soap", "classic-chatbox.v4"], ["soap", "classic-chatbox.v33"]]) {
    using client = await ChatClient.connect(server.url(), { protocols });
    expect(client.protocol).toBe("soap");
    await client.expectNothing();
  }
});

test("V3-4 WEL-1 the welcome comes first, with the room, the limits and a secret of its own", async () => {
  await using server = await startServer(["--frame-size", "32KiB", "--requests-per-second", "7"]);
  using main = await V3Client.connect(server.url());
  using tea = await V3Client.connect(server.url("tea"));
  expect(main.welcome).toEqual({
    type: "welcome",
    version: 3,
    room: "/",
    session: expect.stringMatching(/^[\w-]{43}$/),
    limits: {
      name: 100,
      content: 4000,
      frame: 32 * 1024,
      requests: { perSecond: 7, burst: 150 },
      sends: { perSecond: 5, burst: 50 },
    },
    ping: 5,
    retry: 1,
    login: "none",
    settings: {
      title: "",
      topic: "",
      rules: "",
      listed: false,
      entry: "everyone",
      password: false,
      writers: "everyone",
      knownMinutes: 10,
      slowSeconds: 0,
      links: "everyone",
      heldMessages: 0,
      keepDays: null,
    },
    announcements: [],
    raid: false,
    keeps: { days: null, messages: null, logsAddresses: false },
  } as object);
  expect(tea.welcome).toMatchObject({ room: "tea" });
  expect(tea.session).not.toBe(main.session);
});

test("WEL-1 without limits the welcome says so", async () => {
  await using server = await startServer(["--no-limits"]);
  using client = await V3Client.connect(server.url());
  expect(client.welcome).toMatchObject({ limits: { requests: null } });
});

test("V3-2 ID-1 ID-3 replies and events have what version 2 has, and ids and times", async () => {
  await using server = await startServer();
  using witness = await V3Client.registered(server.url(), "Bình");
  using client = await V3Client.connect(server.url());
  const T = expect.stringMatching(/^\d\d\/\d\d\/\d{4} \d\d:\d\d:\d\d$/);
  const time = expect.any(Number);
  const by = expect.stringMatching(/^[\w-]{16}$/);
  const ask = async (request: object) => [await client.ask(request), await witness.next()];
  expect(await ask({ type: "name", name: "An" })).toEqual([
    { type: "name", action: "register", name: "An", status: true, timestamp: T, by },
    { type: "receive", datatype: "register", name: "An", timestamp: T, time },
  ] as object[]);
  expect(await ask({ type: "send", content: "xin chào" })).toEqual([
    { type: "send", name: "An", content: "xin chào", status: true, timestamp: T, id: 1, time, by },
    { type: "receive", datatype: "message", name: "An", content: "xin chào", timestamp: T, id: 1, time, by },
  ] as object[]);
  expect(await ask({ type: "name", name: "Ân" })).toEqual([
    { type: "name", action: "change", oldname: "An", newname: "Ân", status: true, timestamp: T },
    { type: "receive", datatype: "change", oldname: "An", newname: "Ân", timestamp: T, time },
  ]);
  const page = await client.page();
  expect(page).toMatchObject({ online: ["Bình", "Ân"], more: false });
  const shown: unknown[] = page.messages;
  expect(shown).toEqual([{ name: "An", content: "xin chào", timestamp: T, id: 1, time, by }]);
  await client.chat.close();
  expect(await witness.next()).toEqual({
    type: "receive",
    datatype: "leave",
    name: "Ân",
    timestamp: T,
    time,
  });
});

test("GROW-3 a client of version 2 in the same room sees exactly version 2, and cannot use requests of version 3", async () => {
  await using server = await startServer(["--grace", "0.05"]);
  using classic = await ChatClient.registered(server.url(), "Classic");
  using client = await V3Client.connect(server.url());
  await client.ask({ type: "name", name: "An", ref: "r" });
  client.chat.send({ type: "typing" });
  await client.ask({ type: "send", content: "one", key: "k", ref: 7 });
  await client.ask({ type: "send", content: "one", key: "k", ref: 8 });
  await client.ask({ type: "name", name: "Ân" });
  using newer = await V3Client.resumed(server.url(), client.session);
  await newer.vanish();
  const seen = [];
  for (let i = 0; i < 4; i++) seen.push(await classic.nextText());
  expect(seen.map((text) => text.replace(/"timestamp":"[^"]*"/, '"timestamp":"T"'))).toEqual([
    '{"type":"receive","datatype":"register","name":"An","timestamp":"T"}',
    '{"type":"receive","datatype":"message","name":"An","content":"one","timestamp":"T"}',
    '{"type":"receive","datatype":"change","oldname":"An","newname":"Ân","timestamp":"T"}',
    '{"type":"receive","datatype":"leave","name":"Ân","timestamp":"T"}',
  ]);
  const later = [{ type: "commands" }, { type: "tokens", do: "list" }];
  for (const request of [{ type: "typing" }, { type: "resume", session: client.session }, ...later]) {
    expect(await classic.ask(request)).toBe('{"type":null,"status":false,"reason":"UnknownType"}');
  }
  expect(parseFrame(await classic.ask({ type: "send", content: "x", key: "", ref: 1 }))).toMatchObject({
    status: true,
  });
  const { messages } = await classic.get();
  expect(messages.map((message) => Object.keys(message).join())).toEqual([
    "name,content,timestamp",
    "name,content,timestamp",
  ]);
});

test("REF-1 REF-2 every reply carries its request's ref as the last key, refusals too, and other values are ignored", async () => {
  await using server = await startServer(["--names-burst", "3", "--names-per-second", "0.001"]);
  using client = await V3Client.connect(server.url());
  const requests: object[] = [
    { type: "get" },
    { type: "send", content: "x" },
    { type: "typing" },
    { type: "send" },
    { type: "nonsense" },
    { type: "resume", session: "nobody's" },
    { type: "resume" },
    { type: "get", limit: 0 },
    { type: "name", name: "" },
    { type: "name", name: "An" },
    { type: "name", name: "An" },
    { type: "send", content: "" },
    { type: "send", content: "x" },
    { type: "get" },
  ];
  for (const [i, request] of requests.entries()) {
    const ref = i % 2 ? i : `r${i}`;
    const text = await client.chat.ask({ ...request, ref });
    expect(text.endsWith(`,"ref":${JSON.stringify(ref)}}`)).toBe(true);
  }
  expect(await client.ask({ type: "name", name: "x", ref: "" })).toMatchObject({
    reason: "TooManyRequests",
    ref: "",
  });
  const longest = "😀".repeat(64);
  expect(await client.ask({ type: "nonsense", ref: longest })).toHaveProperty("ref", longest);
  for (const ref of [`${longest}x`, null, true, {}, [], "\ud800"]) {
    expect(await client.ask({ type: "nonsense", ref })).not.toHaveProperty("ref");
  }
  client.chat.sendText('{"type":"nonsense","ref":1e999}');
  expect(await client.next()).not.toHaveProperty("ref");
  client.chat.sendText('{"ref":1');
  expect(await client.next()).toEqual({ status: false, reason: "WrongFormatJSON" });
  client.chat.sendText('[{"type":"get"}]');
  expect(await client.next()).toMatchObject({ reason: "UnknownType" });
});

test("V3-3 a client of version 3 gets its part of a batch as one frame, in order", async () => {
  await using server = await startServer(["--no-limits"]);
  using listener = await V3Client.registered(server.url(), "Bình");
  using client = await V3Client.registered(server.url(), "An");
  expect(await listener.next()).toMatchObject({ datatype: "register" });
  for (let i = 0; i < 200; i++) client.chat.send({ type: "send", content: String(i) });
  for (let i = 0; i < 200; i++) {
    expect(await listener.next()).toMatchObject({ datatype: "message", content: String(i), id: i + 1 });
    expect(await client.next()).toMatchObject({ type: "send", content: String(i), id: i + 1 });
  }
  expect(listener.chat.batches).toBeGreaterThan(0);
  expect(client.chat.batches).toBeGreaterThan(0);
});

test("PAGE-1 PAGE-2 PAGE-3 pages lead through the whole history, both ways, from memory and from the file", async () => {
  await using server = await startServer(["--no-limits", "--fsync", "off"]);
  const all = Array.from({ length: 2500 }, (_, i) => `m${i}`);
  {
    using writer = await V3Client.registered(server.url(), "An");
    for (const content of all.slice(0, 2450)) writer.chat.send({ type: "send", content });
    for (let i = 0; i < 2450; i++) await writer.next();
  }
  for (const restart of [false, true]) {
    if (restart) await server.restart();
    using client = await V3Client.registered(server.url(), `reader ${restart}`);
    if (!restart) for (const content of all.slice(2450)) await client.say(content);
    expect(contents(await client.page())).toEqual(all.slice(-100));
    for (const limit of [1, 7, 100, 1000]) {
      const newest = await client.page({ limit });
      expect(contents(newest)).toEqual(all.slice(-limit));
      expect(newest.more).toBe(true);
    }
    for (const limit of [170, 1000]) {
      const backwards: string[] = [];
      for (let before = 2501, more = true; more; ) {
        const page = await client.page({ before, limit });
        backwards.unshift(...contents(page));
        before = page.messages[0]?.id ?? 0;
        more = page.more;
        expect(more).toBe(backwards.length < all.length);
      }
      expect(backwards).toEqual(all);
      const forwards: string[] = [];
      for (let after = 0, more = true; more; ) {
        const page = await client.page({ after, limit });
        forwards.push(...contents(page));
        after = page.messages.at(-1)?.id ?? 0;
        more = page.more;
        expect(more).toBe(forwards.length < all.length);
      }
      expect(forwards).toEqual(all);
    }
    expect(await client.page({ after: 2500 })).toMatchObject({ messages: [], more: false });
    const ahead = await client.page({ after: 9999, limit: 2 });
    expect([contents(ahead), ahead.more, ahead.reset]).toEqual([["m2498", "m2499"], true, true]);
    expect(contents(await client.page({ before: 9999, limit: 2 }))).toEqual(["m2498", "m2499"]);
    expect(await client.page({ before: 0 })).toMatchObject({ messages: [], more: false });
    expect(await client.page({ before: 1 })).toMatchObject({ messages: [], more: false });
    expect(contents(await client.page({ before: 3 }))).toEqual(["m0", "m1"]);
  }
});

test("ORD-5 PAGE-2 a page is the history at its place in the order, sends before it in one batch included", async () => {
  await using server = await startServer(["--no-limits"]);
  using client = await V3Client.registered(server.url(), "An");
  for (let i = 1; i <= 150; i++) {
    client.chat.send({ type: "send", content: String(i) });
    client.chat.send({ type: "get", limit: 1 + (i % 5) });
    client.chat.send({ type: "get", after: i - 3 < 0 ? 0 : i - 3 });
  }
  for (let i = 1; i <= 150; i++) {
    await client.next();
    for (const count of [1 + (i % 5), 3]) {
      const { data } = await client.next();
      const from = Math.max(1, i - count + 1);
      const expected = Array.from({ length: i - from + 1 }, (_, at) => ({ content: String(from + at) }));
      expect(data).toMatchObject({ message: expected });
    }
  }
  await client.chat.expectNothing();
});

test("PAGE-3 a page keeps to the budget, and has one message at least", async () => {
  await using server = await startServer(["--get-budget", "1000"]);
  using client = await V3Client.registered(server.url(), "An");
  for (let i = 0; i < 6; i++) await client.say(`${i}${"x".repeat(300)}`);
  await client.say("y".repeat(3000));
  await client.say("z");
  const first = (page: { messages: { content: string }[] }) =>
    page.messages.map((message) => message.content[0]).join("");
  const newest = await client.page();
  expect([first(newest), newest.more]).toEqual(["z", true]);
  const before = await client.page({ before: 8 });
  expect([first(before), before.more]).toEqual(["y", true]);
  expect(first(await client.page({ before: 7 }))).toBe("45");
  const after = await client.page({ after: 0 });
  expect([first(after), after.more]).toEqual(["01", true]);
  expect(first(await client.page({ after: 5 }))).toBe("5");
  const last = await client.page({ after: 7 });
  expect([first(last), last.more]).toEqual(["z", false]);
});

test("PAGE-4 a malformed page is refused, and null counts as not given", async () => {
  await using server = await startServer(["--no-limits"]);
  using client = await V3Client.registered(server.url(), "An");
  const wrong = [
    ...[0, 1001, -1, 1.5, "5", null, true, [], {}].map((limit) => ({ limit })),
    ...[-1, 0.5, "5", null, 2 ** 60].flatMap((id) => [{ before: id }, { after: id }]),
    { before: 1, after: 1 },
    { before: 1, after: null },
    ...["5", null, 1.5, 2 ** 60, [], true].map((time) => ({ after: 1, time })),
    { time: 5 },
    { before: 1, time: 5 },
    ...["5", null, 1.5, 2 ** 60, [], true].map((since) => ({ since })),
    ...[{ before: 1 }, { after: 0 }, { after: 1, time: 5 }, { time: 5 }, { before: null }].map((each) => ({
      since: 5,
      ...each,
    })),
  ];
  for (const page of wrong) {
    expect(await client.ask({ type: "get", ...page })).toEqual({
      type: "get",
      status: false,
      reason: "WrongFormatPage",
    });
    expect(await client.ask({ type: "resume", session: "x", ...page })).toEqual({
      type: "resume",
      status: false,
      reason: "WrongFormatPage",
    });
  }
});

test("PAGE-5 messages that are no longer kept are reported as a gap", async () => {
  await using server = await startServer();
  const one = await V3Client.registered(server.url(), "An");
  for (let i = 1; i <= 10; i++) await one.say(String(i));
  await server.stop();
  await server.store.dropOldest(4);
  await server.restart();
  using client = await V3Client.connect(server.url());
  const resumed = await client.resume(one.session, { after: 2 });
  expect(resumed).toMatchObject({ status: true, data: { gap: { from: 3, to: 4 } } });
  expect(await client.page({ after: 0 })).toMatchObject({ gap: { from: 1, to: 4 } });
  expect(contents(await client.page({ after: 3 }))).toEqual(["5", "6", "7", "8", "9", "10"]);
  expect(await client.page({ after: 4 })).not.toHaveProperty("gap");
  expect(await client.page({ before: 7 })).toMatchObject({ more: false });
  expect(await client.page({})).not.toHaveProperty("gap");
});

test("PAGE-6 RES-4 KEY-4 a client that knows more than a restored backup is shown the backup, and a repeat is stored if its message is gone", async () => {
  await using server = await startServer();
  const one = await V3Client.registered(server.url(), "An");
  await one.say("kept", "k");
  const { messages } = await one.page();
  await server.stop();
  const putBack = await server.store.backUp();
  await server.restart();
  const two = await V3Client.resumed(server.url(), one.session);
  await two.say("lost", "l");
  const [, lost] = (await two.page()).messages;
  await server.stop();
  await putBack();
  await server.restart();
  using client = await V3Client.connect(server.url());
  const place = { after: lost?.id, time: lost?.time };
  const resumed = await client.resume(two.session, place);
  expect(resumed).toMatchObject({ status: true, data: { message: messages, more: false, reset: true } });
  expect(await client.page({ after: 1, time: messages[0]?.time })).toEqual({
    messages: [],
    online: ["An"],
    more: false,
  });
  expect(await client.ask({ type: "send", content: "kept", key: "k" })).toMatchObject({ id: 1 });
  const again = await client.ask({ type: "send", content: "lost", key: "l" });
  expect(again).toMatchObject({ status: true, content: "lost" });
  expect(again.time).not.toBe(lost?.time);
  const reset = await client.page(place);
  expect(contents(reset)).toEqual(["kept", "lost"]);
  expect(reset).toHaveProperty("reset", true);
});

test("GET-6 LIM-13 histories that are not read have the same memory by pages, and a resume goes through all the same", async () => {
  await using server = await startServer(["--get-memory", "2000"]);
  using client = await V3Client.registered(server.url(), "An");
  for (let i = 0; i < 10; i++) await client.say("x".repeat(300));
  expect(await client.ask({ type: "get" })).toMatchObject({ reason: "ErrorWhenGet" });
  expect((await client.page({ limit: 3 })).messages).toHaveLength(3);
  using newer = await V3Client.connect(server.url());
  expect(await newer.resume(client.session, { after: 0 })).toMatchObject({
    status: true,
    name: "An",
    data: { message: [], online: ["An"], more: true },
  });
});

test("TYPE-1 TYPE-2 TYPE-3 typing is announced to the other clients of version 3, at a limited rate", async () => {
  await using server = await startServer();
  using witness = await V3Client.registered(server.url(), "Bình");
  using classic = await ChatClient.registered(server.url(), "Classic");
  using client = await V3Client.connect(server.url());
  expect(await client.ask({ type: "typing" })).toEqual({
    type: "typing",
    status: false,
    reason: "UnknownRegister",
  });
  using writer = await V3Client.registered(server.url(), "An");
  for (let i = 0; i < 5; i++) writer.chat.send({ type: "typing" });
  await writer.chat.expectNothing();
  expect(await witness.next()).toMatchObject({ datatype: "register", name: "Classic" });
  expect(await witness.next()).toMatchObject({ datatype: "register", name: "An" });
  expect(await witness.next()).toEqual({ type: "receive", datatype: "typing", name: "An" } as object);
  await witness.chat.expectNothing();
  expect(await classic.next()).toMatchObject({ datatype: "register", name: "An" });
  await classic.expectNothing();
});
