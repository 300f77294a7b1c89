import { expect, test } from "bun:test";
import { statSync } from "node:fs";
import { ChatClient, type Frame, historyOf, parseMessages } from "../support/client.ts";
import { closeFrame, frame, RawPeer } from "../support/raw.ts";
import { type ChatServer, startServer } from "../support/server.ts";
import { fileTest } from "../support/store.ts";
import { contents, pageOf, V3Client } from "../support/v3.ts";

const UNKNOWN_SESSION = { type: "resume", status: false, reason: "UnknownSession" };
const LONG_GRACE = ["--grace", "600", "--restart-grace", "600"];
const SHORT_GRACE = ["--grace", "0.05"];

/** Resolves when the server has seen the end of a connection of `name`. */
async function ended(server: ChatServer, name: string): Promise<void> {
  await server.waitForLog((line) => line.text.includes(`"name":"${name}","cause"`));
}

test("RES-1 RES-3 GRACE-1 a broken connection is resumed with its nickname and place, and nobody sees anything", async () => {
  await using server = await startServer(LONG_GRACE);
  using classic = await ChatClient.registered(server.url(), "Classic");
  using client = await V3Client.registered(server.url(), "An");
  await client.say("one");
  using witness = await V3Client.registered(server.url(), "Bình");
  await client.vanish();
  await ended(server, "An");
  expect((await witness.page()).online).toEqual(["Classic", "An", "Bình"]);
  expect(await witness.ask({ type: "name", name: "AN" })).toMatchObject({ reason: "NameAlreadyUsed" });
  using newer = await V3Client.connect(server.url());
  const [timestamp, time, by] = [expect.any(String), expect.any(Number), expect.any(String)];
  expect(await newer.resume(client.session, { after: 0, ref: 5 })).toEqual({
    type: "resume",
    status: true,
    name: "An",
    by,
    session: newer.session,
    data: {
      message: [{ name: "An", content: "one", timestamp, id: 1, time, by }],
      online: ["Classic", "An", "Bình"],
      more: false,
      cursor: { id: 1, time },
    },
    ref: 5,
  } as object);
  await newer.say("two");
  expect(await witness.next()).toMatchObject({ datatype: "message", name: "An", content: "two" });
  expect(await classic.next()).toMatchObject({ datatype: "register", name: "An" });
  expect(await classic.next()).toMatchObject({ content: "one" });
  expect(await classic.next()).toMatchObject({ datatype: "register", name: "Bình" });
  expect(await classic.next()).toMatchObject({ content: "two" });
});

test("RES-2 a superseded connection is closed with 4001, gets no more events, and its requests are ignored", async () => {
  await using server = await startServer(LONG_GRACE);
  using witness = await V3Client.registered(server.url(), "Bình");
  using old = await V3Client.registered(server.url(), "An");
  for (let i = 0; i < 20; i++) old.chat.send({ type: "send", content: `before ${i}` });
  for (let i = 0; i < 20; i++) await old.next();
  using newer = await V3Client.resumed(server.url(), old.session, { after: 20 });
  old.chat.send({ type: "send", content: "too late" });
  expect(await old.chat.closed).toEqual({ code: 4001, reason: "Resumed on another connection" });
  await newer.say("after");
  await witness.next();
  for (let i = 0; i < 20; i++) expect(await witness.next()).toMatchObject({ content: `before ${i}` });
  expect(await witness.next()).toMatchObject({ content: "after" });
  await witness.chat.expectNothing();
  await expect(old.next()).rejects.toThrow("4001");
});

test("RES-3 a session is void once it was resumed: of several at once one gets it, and so on down the chain", async () => {
  await using server = await startServer(["--no-limits", ...LONG_GRACE]);
  const client = await V3Client.registered(server.url(), "An");
  await client.vanish();
  let { session } = client;
  for (let round = 0; round < 5; round++) {
    const claimants = await Promise.all(Array.from({ length: 8 }, () => V3Client.connect(server.url())));
    const replies = await Promise.all(claimants.map((claimant) => claimant.resume(session)));
    expect(replies.filter((reply) => reply.status === true)).toHaveLength(1);
    expect(replies.filter((reply) => reply.reason === "UnknownSession")).toHaveLength(7);
    const winner = claimants[replies.findIndex((reply) => reply.status === true)];
    expect(await winner?.page()).toMatchObject({ online: ["An"] });
    using late = await V3Client.connect(server.url());
    expect(await late.resume(session)).toEqual(UNKNOWN_SESSION);
    session = winner?.session ?? "";
    for (const claimant of claimants) await claimant.vanish();
  }
});

test("RES-5 nonsense, one's own session, and those of another room, of a registered client or of one that has left cannot be resumed", async () => {
  await using server = await startServer(LONG_GRACE);
  using client = await V3Client.registered(server.url(), "An");
  using unnamed = await V3Client.connect(server.url());
  using other = await V3Client.connect(server.url());
  for (const session of [
    "",
    "x",
    client.session.slice(1),
    `${client.session}x`,
    unnamed.session,
    other.session,
  ]) {
    expect(await other.resume(session)).toEqual(UNKNOWN_SESSION);
  }
  for (const session of [null, 5, {}, [client.session]]) {
    expect(await other.ask({ type: "resume", session })).toEqual(UNKNOWN_SESSION);
  }
  expect(await other.ask({ type: "resume" })).toEqual({
    type: "resume",
    status: false,
    reason: "NotEnoughKey",
    need: "session",
  });
  using elsewhere = await V3Client.connect(server.url("tea"));
  expect(await elsewhere.resume(client.session)).toEqual(UNKNOWN_SESSION);
  expect(await client.resume(client.session)).toEqual(UNKNOWN_SESSION);
  using registered = await V3Client.registered(server.url(), "Bình");
  expect(await registered.resume(client.session)).toEqual(UNKNOWN_SESSION);
  await client.chat.nextWhere((each) => each.datatype === "register");
  await client.say("still here");
  await client.chat.close();
  expect(await other.resume(client.session)).toEqual(UNKNOWN_SESSION);
  expect(await other.register("An")).toMatchObject({ status: true });
});

test("RES-8 resumes have the rate of nicknames", async () => {
  await using server = await startServer(["--names-burst", "2", "--names-per-second", "0.001"]);
  using client = await V3Client.connect(server.url());
  await client.resume("x");
  await client.resume("x");
  expect(await client.resume("x")).toMatchObject({ type: "resume", reason: "TooManyRequests" });
});

test("RES-4 every message after the last one seen comes once and in order, by pages and then by events, while others talk", async () => {
  await using server = await startServer(["--no-limits", ...LONG_GRACE]);
  using speaker = await V3Client.registered(server.url(), "speaker");
  const client = await V3Client.registered(server.url(), "An");
  let said = 0;
  const talk = (count: number) => {
    for (let i = 0; i < count; i++) speaker.chat.send({ type: "send", content: String(++said) });
  };
  talk(10);
  const seen: number[] = [];
  const see = (id: unknown) => void seen.push(Number(id));
  for (let i = 0; i < 10; i++) see((await client.next()).id);
  let { session } = client;
  let holder = client;
  for (let round = 0; round < 6; round++) {
    await holder.vanish();
    talk(round * 90);
    holder = await V3Client.connect(server.url());
    talk(40);
    holder.chat.send({ type: "resume", session, after: seen.at(-1), limit: 70 });
    session = holder.session;
    talk(40);
    const first = pageOf(await holder.next());
    for (const { id } of first.messages) see(id);
    const live: number[] = [];
    for (let { more } = first; more; ) {
      holder.chat.send({ type: "get", after: seen.at(-1), limit: 70 });
      for (;;) {
        const next = await holder.next();
        if (next.type !== "get") {
          live.push(Number(next.id));
          continue;
        }
        const page = pageOf(next);
        for (const { id } of page.messages) see(id);
        more = page.more;
        break;
      }
    }
    for (const id of live) if (id > Number(seen.at(-1))) see(id);
    while (Number(seen.at(-1)) < said) see((await holder.next()).id);
  }
  expect(seen).toEqual(Array.from({ length: said }, (_, i) => i + 1));
  holder.chat.terminate();
});

test("GRACE-1 RES-5 after the grace the others see the leave, the nickname is free, and the session is over", async () => {
  await using server = await startServer(SHORT_GRACE);
  using witness = await V3Client.registered(server.url(), "Bình");
  const client = await V3Client.registered(server.url(), "An");
  await client.say("last words");
  await client.vanish();
  expect(await witness.next()).toMatchObject({ datatype: "register" });
  expect(await witness.next()).toMatchObject({ content: "last words" });
  expect(await witness.next()).toMatchObject({ datatype: "leave", name: "An" });
  expect((await witness.page()).online).toEqual(["Bình"]);
  using late = await V3Client.connect(server.url());
  expect(await late.resume(client.session)).toEqual(UNKNOWN_SESSION);
  await late.register("an");
  await witness.next();
  await witness.chat.expectNothing();
});

test("GRACE-2 GRACE-3 a client that closes or is closed cleanly leaves at once, and a page that reloads does not", async () => {
  await using server = await startServer([...LONG_GRACE, "--requests-burst", "20"]);
  using witness = await ChatClient.registered(server.url(), "Bình");
  const leaves: Record<string, (peer: RawPeer) => void> = {
    1000: (peer) => peer.send(closeFrame(1000)),
    "no code": (peer) => peer.send(frame("", { opcode: 8 })),
    4999: (peer) => peer.send(closeFrame(4999)),
    "1002 broken framing": (peer) => peer.send(frame("x", { masked: false })),
    "1007 no UTF-8": (peer) => peer.send(frame(Buffer.from([0xff]))),
    "1009 too large": (peer) => peer.send(frame("x".repeat(70_000))),
    "1008 flood": (peer) => {
      for (let i = 0; i < 100; i++) peer.sendText("{}");
    },
  };
  const stays: Record<string, (peer: RawPeer) => void> = {
    1001: (peer) => peer.send(closeFrame(1001)),
    4000: (peer) => peer.send(closeFrame(4000)),
    "no close frame": (peer) => peer.end(),
    "a reset": (peer) => peer.destroy(),
  };
  const connect = async (name: string) => {
    const peer = await RawPeer.connect(server.url(), {
      headers: { "Sec-WebSocket-Protocol": "classic-chatbox.v3" },
    });
    await peer.next();
    await peer.register(name);
    return peer;
  };
  for (const [name, leave] of Object.entries(leaves)) {
    const peer = await connect(name);
    leave(peer);
    expect(await witness.next()).toMatchObject({ datatype: "register", name });
    expect(await witness.next()).toMatchObject({ datatype: "leave", name });
    peer.destroy();
  }
  for (const [name, stay] of Object.entries(stays)) {
    const peer = await connect(name);
    stay(peer);
    await ended(server, name);
    expect(await witness.next()).toMatchObject({ datatype: "register", name });
    peer.destroy();
  }
  expect((await witness.get()).online).toEqual(["Bình", ...Object.keys(stays)]);
});

test("GRACE-5 clients of version 2 have no grace", async () => {
  await using server = await startServer(LONG_GRACE);
  using witness = await V3Client.registered(server.url(), "Bình");
  using client = await ChatClient.registered(server.url(), "An");
  client.terminate();
  expect(await witness.next()).toMatchObject({ datatype: "register" });
  expect(await witness.next()).toMatchObject({ datatype: "leave", name: "An" });
});

test("GRACE-1 with a grace of 0, a member leaves at once", async () => {
  await using server = await startServer(["--grace", "0"]);
  using witness = await V3Client.registered(server.url(), "Bình");
  const client = await V3Client.registered(server.url(), "An");
  await client.vanish();
  await witness.next();
  expect(await witness.next()).toMatchObject({ datatype: "leave", name: "An" });
});

test("KEY-2 REF-1 a repeated key stores and tells once, and has the first reply with the repeat's ref", async () => {
  await using server = await startServer();
  using witness = await V3Client.registered(server.url(), "Bình");
  using client = await V3Client.registered(server.url(), "An");
  const first = await client.ask({ type: "send", content: "once", key: "k", ref: 1 });
  await client.ask({ type: "name", name: "Ân" });
  const { ref: _, ...reply } = first;
  expect(await client.ask({ type: "send", content: "once", key: "k", ref: 2 })).toEqual({ ...reply, ref: 2 });
  expect(await client.ask({ type: "send", content: "something else", key: "k" })).toEqual(reply);
  client.chat.send({ type: "send", content: "twice", key: "l" });
  client.chat.send({ type: "send", content: "twice", key: "l" });
  expect(await client.next()).toEqual(await client.next());
  await client.say("once");
  await witness.next();
  const seen = [];
  for (let i = 0; i < 4; i++) seen.push((await witness.next()).content);
  expect(seen).toEqual(["once", undefined, "twice", "once"]);
  await witness.chat.expectNothing();
  expect(contents(await client.page())).toEqual(["once", "twice", "once"]);
});

test("KEY-1 a malformed key is refused, after everything else was checked", async () => {
  await using server = await startServer();
  using client = await V3Client.connect(server.url());
  expect(await client.ask({ type: "send", content: "x", key: "" })).toMatchObject({
    reason: "UnknownRegister",
  });
  await client.register("An");
  expect(await client.ask({ type: "send", content: "", key: "" })).toMatchObject({
    reason: "WrongFormatContent",
  });
  for (const key of ["", "x".repeat(65), 5, null, {}, "\ud800"]) {
    expect(await client.ask({ type: "send", content: "x", key })).toEqual({
      type: "send",
      username: "An",
      content: "x",
      status: false,
      reason: "WrongFormatKey",
    });
  }
  await client.say("x", "😀".repeat(64));
  expect(contents(await client.page())).toEqual(["x"]);
});

test("KEY-5 the keys of different people and rooms have nothing to do with each other", async () => {
  await using server = await startServer();
  using an = await V3Client.registered(server.url(), "An");
  using binh = await V3Client.registered(server.url(), "Bình");
  using elsewhere = await V3Client.registered(server.url("tea"), "An");
  await an.next();
  await an.say("An's", "k");
  await binh.next();
  await binh.say("Bình's", "k");
  await elsewhere.say("elsewhere", "k");
  using classic = await ChatClient.registered(server.url(), "Classic");
  for (let i = 0; i < 2; i++) classic.send({ type: "send", content: "classic", key: "k" });
  for (let i = 0; i < 2; i++) await classic.next();
  expect((await classic.get()).messages.map((message) => message.content)).toEqual([
    "An's",
    "Bình's",
    "classic",
    "classic",
  ]);
  // A nickname is no person: who takes a free one has keys of its own.
  await an.chat.close();
  using another = await V3Client.registered(server.url(), "An");
  await another.say("another An's", "k");
});

test("KEY-3 KEY-5 RES-6 a key holds across a resume, a lost session and kill -9", async () => {
  await using server = await startServer([...SHORT_GRACE, "--restart-grace", "0.05", "--no-limits"]);
  const first = await V3Client.registered(server.url(), "An");
  const id = await first.say("once", "k");
  const second = await V3Client.connect(server.url());
  await second.resume(first.session);
  expect(await second.say("once", "k")).toBe(id);
  using witness = await V3Client.registered(server.url(), "Bình");
  await second.vanish();
  expect(await witness.next()).toMatchObject({ datatype: "leave", name: "An" });
  const third = await V3Client.connect(server.url());
  expect(await third.resume(second.session)).toEqual(UNKNOWN_SESSION);
  await third.register("An again");
  expect(await third.say("once", "k")).toBe(id);
  for (const end of ["kill", "stop"] as const) {
    await server[end]();
    await server.restart();
    using observer = await V3Client.registered(server.url(), `observer of ${end}`);
    while ((await observer.page()).online.length > 1);
    // Not even the session before the last one is forgotten, nor the one that was resumed.
    for (const [at, { session }] of [first, second].entries()) {
      // It stays to the end, so that the other one sees no leave.
      const late = await V3Client.connect(server.url());
      expect(await late.resume(session)).toEqual(UNKNOWN_SESSION);
      await late.register(`An ${at} after ${end}`);
      expect(await late.say("once", "k")).toBe(id);
      if (at === 0) await late.say(`more after ${end}`, `k ${end}`);
    }
  }
  const stored = parseMessages(JSON.parse(await server.store.history()));
  expect(stored.map((message) => message.content)).toEqual(["once", "more after kill", "more after stop"]);
});

for (const end of ["kill", "stop"] as const) {
  test(`RES-7 GRACE-4 DUR-4 sessions outlive the process that ended with ${end}, in every room, and nobody sees anything`, async () => {
    await using server = await startServer(LONG_GRACE);
    const rooms = [undefined, "tea"];
    const clients: V3Client[] = [];
    for (const room of rooms) {
      for (const name of ["An", "Bình", "Chi"])
        clients.push(await V3Client.registered(server.url(room), name));
      await ChatClient.registered(server.url(room), "Classic");
    }
    const [an, binh] = clients;
    await an?.chat.nextWhere((each) => each.name === "Classic");
    await an?.ask({ type: "name", name: "Ân" });
    await binh?.chat.nextWhere((each) => each.datatype === "change");
    await an?.say("before", "k");
    await server[end]();
    await server.restart();
    using stranger = await V3Client.connect(server.url());
    expect(await stranger.ask({ type: "name", name: "ân" })).toMatchObject({ reason: "NameAlreadyUsed" });
    for (const [i, room] of rooms.entries()) {
      const own = clients.slice(3 * i, 3 * i + 3);
      const names = [i === 0 ? "Ân" : "An", "Bình", "Chi"];
      for (const [at, client] of own.entries()) {
        const newer = await V3Client.connect(server.url(room));
        expect(await newer.resume(client.session, { after: 0 })).toMatchObject({
          status: true,
          name: names[at],
          data: { online: names, message: i === 0 ? [{ content: "before" }] : [] },
        });
        await newer.chat.expectNothing();
        // The next restart finds what this one has left.
        clients[3 * i + at] = newer;
      }
    }
    for (const client of clients) await client.chat.expectNothing();
    await server[end]();
    await server.restart();
    using again = await V3Client.connect(server.url());
    expect(await again.resume(clients[0]?.session ?? "")).toMatchObject({ status: true, name: "Ân" });
  });
}

/** Kills a server with people in it, and gives what a witness then sees of An: nothing, when it came after the grace. */
async function leaveAfterRestart(server: ChatServer): Promise<Frame | undefined> {
  await V3Client.registered(server.url(), "An");
  await V3Client.registered(server.url("tea"), "Bình");
  await server.kill();
  await server.restart();
  using witness = await ChatClient.registered(server.url(), "witness");
  witness.send({ type: "get" });
  const first = await witness.next();
  if (first.type !== "get") return first;
  return historyOf(first).online.includes("An") ? await witness.next() : undefined;
}

test("GRACE-4 the leave of a member that does not come back after a restart is announced, and an empty room leaves memory", async () => {
  let graceS = 0.3;
  await using server = await startServer([], {
    wrap: (command) => [...command, "--restart-grace", String(graceS)],
  });
  let leave: Frame | undefined;
  for (; leave === undefined; graceS *= 2) leave = await leaveAfterRestart(server);
  expect(leave).toMatchObject({ datatype: "leave", name: "An" });
  for (;;) {
    const metrics = await (await fetch(server.http("/metrics"))).text();
    if (/^chatbox_absent 0$/m.test(metrics) && /^chatbox_rooms 1$/m.test(metrics)) break;
  }
  await server.restart();
  using late = await ChatClient.registered(server.url(), "An");
  expect((await late.get()).online).toEqual(["An"]);
});

test("WEL-1 the log and the stored data contain no secret", async () => {
  await using server = await startServer(["--log-level", "debug", "--log-contents", "--log-addresses"]);
  const first = await V3Client.registered(server.url(), "An");
  const second = await V3Client.resumed(server.url(), first.session);
  using stranger = await V3Client.connect(server.url());
  await stranger.resume(`${second.session}x`);
  await second.chat.close();
  await stranger.resume(second.session);
  await server.waitForLog((line) => line.text.includes("UnknownSession"));
  const texts = await server.store.texts();
  expect(texts).not.toEqual([]);
  await server.stop();
  texts.push(...(await server.store.texts()), ...server.lines.map((line) => line.text), server.stderr);
  for (const { session } of [first, second, stranger]) {
    expect(texts.filter((text) => text.includes(session))).toEqual([]);
  }
});

fileTest("WEL-1 only the owner can read the stored sessions", async () => {
  await using server = await startServer();
  await V3Client.registered(server.url(), "An");
  expect(statSync(`${server.dataFile}.sessions`).mode & 0o777).toBe(0o600);
});
