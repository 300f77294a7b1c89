/** Who spoils a room is stopped: what moderators do, and all ways around it. */
import { expect, test } from "bun:test";
import type { Frame } from "../support/client.ts";
import type { ChatServer } from "../support/server.ts";
import { anyAddress, KEY, moderated, Visitor } from "../support/visitors.ts";

/** A way in which somebody who was muted or banned may try to be somebody else, from the same address. */
const WAYS: Readonly<Record<string, (server: ChatServer, an: Visitor) => Promise<Visitor>>> = {
  "another connection": (server, { address }) => Visitor.connect(server, { address }),
  "the same key": (server, { address }) => Visitor.connect(server, { address, key: KEY.an }),
  "another key": (server, { address }) => Visitor.connect(server, { address, key: KEY.chi }),
  "version 2": (server, { address }) => Visitor.connect(server, { address, version: 2 }),
  "the same key at another address": (server) => Visitor.connect(server, { key: KEY.an }),
  "the same address written as IPv6": (server, { address }) =>
    Visitor.connect(server, { address: `::ffff:${address}` }),
  "another room first": async (server, { address }) => {
    using _other = await Visitor.named(server, `Other ${anyAddress()}`, { address, room: "tea" });
    return await Visitor.connect(server, { address });
  },
};

/** Nicknames of before a restart are kept for the grace. */
const nameBy = (way: string, isRestarted: boolean) =>
  `${isRestarted ? "Again" : "An"} by ${way}`.slice(0, 40);

const anAt = (server: ChatServer) => Visitor.named(server, "An", { key: KEY.an });

/** More of anything than somebody does in a second. */
const MANY = [
  "--requests-per-second",
  "1000",
  "--names-per-second",
  "1000",
  "--address-people-per-second",
  "1000",
];

test("MOD-1 MOD-2 whoever is muted cannot write, and no other key, tab, version or restart gets around that", async () => {
  const { server, minh } = await moderated();
  await using _server = server;
  const an = await anAt(server);
  await an.say("before");
  const { action } = await minh.ordered({ kind: "mute", name: "An", minutes: 10, reason: "shouting" });
  expect(await an.hears("moderate")).toMatchObject({
    kind: "mute",
    action,
    name: "An",
    person: an.by,
    reason: "shouting",
    moderator: "Minh",
    until: expect.any(Number),
  });
  expect(await an.say("x")).toMatchObject({ status: false, reason: "Muted", until: expect.any(Number) });
  expect(await an.name("Anh")).toMatchObject({ status: false, reason: "Muted" });
  for (const restarted of [false, true]) {
    if (restarted) await server.restart();
    for (const [way, come] of Object.entries(WAYS)) {
      using other = await come(server, an);
      await other.name(nameBy(way, restarted));
      const reply = await other.say("around it");
      // Or it does not even come in: whoever is muted takes no other nickname.
      const refusals =
        other.welcome === null ? ["ErrorWhenSend", "UnknownRegister"] : ["Muted", "UnknownRegister"];
      expect([way, restarted, reply.status]).toEqual([way, restarted, false]);
      expect(refusals).toContain(String(reply.reason));
    }
  }
  using neighbour = await Visitor.named(server, "Neighbour", { address: anyAddress() });
  expect(await neighbour.say("hello")).toMatchObject({ status: true });
  expect(await neighbour.contents()).toEqual(["before", "hello"]);
});

test("MOD-1 a mute is undone, and nothing of it is left", async () => {
  const { server, minh } = await moderated();
  await using _server = server;
  const an = await anAt(server);
  const { action } = await minh.ordered({ kind: "mute", name: "An" });
  expect(await an.say("x")).toMatchObject({ reason: "Muted" });
  await minh.ordered({ kind: "undo", id: action });
  expect(await an.say("y")).toMatchObject({ status: true });
  expect(await minh.order({ kind: "undo", id: action })).toMatchObject({ reason: "UnknownAction" });
});

test("MOD-3 whoever is banned is put out, and stays out", async () => {
  const { server, minh } = await moderated();
  await using _server = server;
  const an = await anAt(server);
  const session = String(an.welcome?.session);
  using old = await Visitor.named(server, "Old", { version: 2, address: an.address });
  expect(await minh.ordered({ kind: "ban", name: "An", preview: true })).toMatchObject({
    hits: ["An", "Old"],
    hitCount: 2,
  });
  expect(await minh.ordered({ kind: "ban", name: "An" })).toMatchObject({ hitCount: 2 });
  expect(await an.chat.closed).toMatchObject({ code: 4403 });
  await old.chat.closed;
  expect(await minh.hears("leave")).toMatchObject({ datatype: "leave" });
  for (const restarted of [false, true]) {
    if (restarted) await server.restart();
    for (const [way, come] of Object.entries(WAYS)) {
      using other = await come(server, an);
      const reply = await other.name(nameBy(way, restarted));
      const refusal = other.welcome === null ? { reason: "ErrorWhenRegister" } : { reason: "Banned" };
      expect([way, restarted, reply]).toMatchObject([way, restarted, { status: false, ...refusal }]);
    }
    using resuming = await Visitor.connect(server, { address: an.address });
    expect(await resuming.ask({ type: "resume", session })).toMatchObject({ reason: "Banned" });
  }
});

test("MOD-3 a kick puts somebody out for a moment, and says so", async () => {
  const { server, minh } = await moderated();
  await using _server = server;
  const an = await anAt(server);
  await minh.ordered({ kind: "kick", name: "An" });
  expect(await an.chat.closed).toMatchObject({ code: 4404 });
  using again = await Visitor.connect(server, { key: KEY.an });
  expect(await again.name("An")).toMatchObject({ reason: "Banned", until: expect.any(Number) });
});

test("MOD-4 an action reaches as far as was asked for, and never a moderator", async () => {
  const { server, minh } = await moderated();
  await using _server = server;
  const an = await Visitor.named(server, "An", { address: "198.51.100.7" });
  using near = await Visitor.named(server, "Near", { address: "198.51.100.99" });
  using far = await Visitor.named(server, "Far", { address: "198.51.7.7" });
  const preview = async (reach: string) =>
    (await minh.ordered({ kind: "mute", name: "An", reach, preview: true })).hits;
  expect(await preview("person")).toEqual(["An"]);
  expect(await preview("address")).toEqual(["An"]);
  expect(await preview("network")).toEqual(["An", "Near"]);
  expect(await preview("wide")).toEqual(["An", "Near", "Far"]);
  await minh.ordered({ kind: "mute", name: "An", reach: "network" });
  expect(await near.say("x")).toMatchObject({ reason: "Muted" });
  expect(await far.say("x")).toMatchObject({ status: true });
  expect(await minh.order({ kind: "ban", name: "Minh" })).toMatchObject({ reason: "NotAllowed" });
  using _an = an;
});

test("MOD-4 an IPv6 address counts as its /64", async () => {
  const { server, minh } = await moderated();
  await using _server = server;
  using an = await Visitor.named(server, "An", { address: "2001:db8:1:2::7" });
  using same = await Visitor.named(server, "Same", { address: "2001:db8:1:2:ffff::1" });
  await minh.ordered({ kind: "mute", name: "An" });
  using other = await Visitor.named(server, "Other", { address: "2001:db8:1:3::7" });
  expect(await an.say("x")).toMatchObject({ reason: "Muted" });
  expect(await same.say("x")).toMatchObject({ reason: "Muted" });
  expect(await other.say("x")).toMatchObject({ status: true });
});

test("MOD-5 visitors moderate nothing, and moderators of one room nothing elsewhere", async () => {
  const { server, minh } = await moderated({ flags: MANY });
  await using _server = server;
  using an = await anAt(server);
  using binh = await Visitor.named(server, "Bình", { key: KEY.binh });
  const { action } = await minh.ordered({ kind: "mute", name: "Bình" });
  for (const order of [
    { kind: "mute", name: "Bình" },
    { kind: "ban", person: minh.by },
    { kind: "undo", id: action },
    { kind: "raid" },
    { kind: "sweep" },
    { kind: "announce", reason: "x" },
    { kind: "remove", of: 1 },
    { kind: "mute", name: "Bình", everywhere: true, preview: true },
  ])
    expect(await an.order(order)).toMatchObject({ status: false, reason: "NotAllowed" });
  expect(await an.ask({ type: "room", set: { title: "Mine" } })).toMatchObject({ reason: "NotAllowed" });
  for (const what of ["reports", "held", "force", "log", "people"])
    expect(await an.ask({ type: "review", what })).toMatchObject({ reason: "NotAllowed" });
  for (const wrong of [
    {},
    { kind: "hug", name: "An" },
    { kind: "mute" },
    { kind: "mute", name: 7 },
    { kind: "mute", name: "An", minutes: 0 },
    { kind: "mute", name: "An", minutes: 1.5 },
    { kind: "mute", name: "An", reason: "x".repeat(501) },
    { kind: "mute", name: "An", reach: "planet" },
    { kind: "mute", of: 0 },
    { kind: "undo" },
    { kind: "announce", reason: " " },
  ])
    expect(await minh.order(wrong)).toMatchObject({ status: false, reason: "WrongFormatModerate" });
  expect(await minh.order({ kind: "mute", name: "Nobody" })).toMatchObject({ reason: "UnknownTarget" });
  expect(await minh.order({ kind: "remove", of: 99 })).toMatchObject({ reason: "UnknownTarget" });
  expect(await minh.order({ kind: "mute", name: "An", everywhere: true })).toMatchObject({ status: true });
  using _binh = binh;
});

test("MOD-6 a message is removed from every view, for both versions, and comes back where it was when that is undone", async () => {
  const { server, minh } = await moderated();
  await using _server = server;
  using an = await anAt(server);
  using old = await Visitor.named(server, "Old", { version: 2 });
  await an.say("one");
  const { id: of } = await an.say("two");
  await an.say("three");
  const { action } = await minh.ordered({ kind: "remove", of });
  expect(await minh.hears("delete")).toMatchObject({ of, by: minh.by });
  expect(await minh.contents()).toEqual(["one", "three"]);
  const classic = await old.chat.nextWhere((frame) => frame.datatype === "message");
  expect(classic).toMatchObject({ content: "one" });
  await minh.ordered({ kind: "undo", id: action });
  expect(await minh.hears("edit")).toMatchObject({ of, content: "two", restored: true });
  expect(await minh.contents()).toEqual(["one", "two", "three"]);
  await server.restart();
  using later = await Visitor.named(server, "Later");
  expect(await later.contents()).toEqual(["one", "two", "three"]);
});

test("MOD-6 all that somebody wrote from an address is removed, under whichever nickname and key", async () => {
  const { server, minh } = await moderated();
  await using _server = server;
  const address = anyAddress();
  for (const [at, version] of ([3, 2, 3] as const).entries()) {
    using one = await Visitor.named(server, `Spam ${at}`, { address, version });
    await one.say(`spam ${at}`);
  }
  using an = await anAt(server);
  await an.say("kept");
  using spam = await Visitor.named(server, "Spam", { address });
  await spam.say("spam again");
  const { action, count } = await minh.ordered({ kind: "remove", name: "Spam", all: true });
  expect(count).toBe(4);
  for (let seen = 0; seen < 4; seen++) await minh.hears("delete");
  expect(await minh.contents()).toEqual(["kept"]);
  await minh.ordered({ kind: "undo", id: action });
  for (let seen = 0; seen < 4; seen++) await minh.hears("edit");
  expect(await minh.contents()).toEqual(["spam 0", "spam 1", "spam 2", "kept", "spam again"]);
});

test("ROOM-1 ROOM-2 what is set holds for everybody from its place on, is told, and outlives a restart", async () => {
  const { server, minh } = await moderated();
  await using _server = server;
  using an = await anAt(server);
  using old = await Visitor.named(server, "Old", { version: 2 });
  const set = {
    title: "Tea",
    topic: "Green or black?",
    rules: "Be kind.",
    slowSeconds: 60,
    links: "nobody",
    words: ["darn"],
  };
  expect(await minh.ask({ type: "room", set })).toMatchObject({ status: true, settings: set });
  const { settings } = await an.hears("moderate");
  expect(settings).toMatchObject({ title: "Tea", slowSeconds: 60 });
  expect(settings).not.toHaveProperty("words");
  expect(await an.say("https://example.org")).toMatchObject({ reason: "LinksNotAllowed" });
  expect(await an.say("darn")).toMatchObject({ reason: "WordNotAllowed" });
  expect(await old.say("darn")).toMatchObject({
    reason: "ErrorWhenSend",
    error: expect.stringContaining("word"),
  });
  expect(await an.say("first")).toMatchObject({ status: true });
  expect(await an.say("second")).toMatchObject({ reason: "SlowMode", retry: expect.any(Number) });
  await server.restart();
  using later = await Visitor.named(server, "Later");
  expect(later.welcome?.settings).toMatchObject({ title: "Tea", rules: "Be kind." });
  for (const wrong of [
    { title: "x".repeat(101) },
    { slowSeconds: -1 },
    { slowSeconds: 0.5 },
    { writers: "cats" },
    { words: "darn" },
    { words: [""] },
    { words: ["darn", "$$$"] },
    { keepDays: 0 },
    { entry: "password" },
    { password: "abc" },
    { listed: 1 },
  ]) {
    using again = await Visitor.connect(server, { key: KEY.minh });
    expect([wrong, await again.ask({ type: "room", set: wrong })]).toMatchObject([
      wrong,
      { reason: "WrongFormatSettings" },
    ]);
  }
  using again = await Visitor.connect(server, { key: KEY.minh });
  expect(await again.ask({ type: "room", set: { title: "Milk", keepDays: 1 } })).toMatchObject({
    reason: "NotAllowed",
  });
  expect(await again.ask({ type: "room" })).toMatchObject({ settings: { title: "Tea", keepDays: null } });
});

test("ENTER-1 a room with a password is closed to those who do not know it, in both versions and for readers", async () => {
  const { server, minh } = await moderated();
  await using _server = server;
  await minh.say("inside");
  await minh.ask({ type: "room", set: { entry: "password", password: "open sesame" } });
  using an = await Visitor.connect(server);
  expect(await an.name("An")).toMatchObject({ reason: "PasswordRequired" });
  expect(await an.ask({ type: "enter", password: "wrong" })).toMatchObject({ reason: "WrongPassword" });
  expect(await an.name("An")).toMatchObject({ reason: "PasswordRequired" });
  expect(await an.ask({ type: "enter", password: "open sesame" })).toMatchObject({ status: true });
  expect(await an.name("An")).toMatchObject({ status: true });
  using old = await Visitor.connect(server, { version: 2 });
  expect(await old.name("Old")).toMatchObject({ reason: "ErrorWhenRegister" });
  expect((await fetch(server.http("/?read"))).status).toBe(403);
  for (const text of await server.store.texts()) expect(text).not.toContain("open sesame");
  expect(JSON.stringify(server.lines)).not.toContain("open sesame");
});

test("REPORT-1 REVIEW-1 a report reaches the moderators, who see what was said and close it", async () => {
  const { server, minh } = await moderated();
  await using _server = server;
  using an = await anAt(server);
  using binh = await Visitor.named(server, "Bình", { key: KEY.binh });
  const { id: of } = await an.say("rude");
  expect(await binh.ask({ type: "report", of, reason: "rude" })).toMatchObject({ status: true });
  expect(await minh.hears("waiting")).toMatchObject({ reports: 1, held: 0 });
  const { list } = await minh.ask({ type: "review", what: "reports" });
  expect(list).toMatchObject([
    { of, content: "rude", person: an.by, name: "An", reason: "rude", reporter: "Bình", by: binh.by },
  ]);
  const [{ id }] = list as [{ id: string }];
  await minh.ordered({ kind: "dismiss", id });
  expect(await minh.hears("waiting")).toMatchObject({ reports: 0 });
  expect(await minh.order({ kind: "dismiss", id })).toMatchObject({ reason: "UnknownAction" });
});

test("REVIEW-2 a held message appears when a moderator approves it, in the name of its author", async () => {
  const { server, minh } = await moderated();
  await using _server = server;
  await minh.ask({ type: "room", set: { heldMessages: 1 } });
  using an = await anAt(server);
  expect(await an.say("hello")).toMatchObject({ reason: "Held" });
  using old = await Visitor.named(server, "Old", { version: 2 });
  expect(await old.say("rubbish")).toMatchObject({ reason: "ErrorWhenSend" });
  await server.restart();
  using again = await Visitor.connect(server, { key: KEY.minh });
  expect(await again.name("Minh again")).toMatchObject({ status: true });
  const { list } = await again.ask({ type: "review", what: "held" });
  const [hello, rubbish] = list as { id: string }[];
  expect(list).toMatchObject([
    { name: "An", person: an.by, content: "hello", why: "newcomer" },
    { name: "Old", content: "rubbish" },
  ]);
  await again.ordered({ kind: "approve", id: hello?.id });
  expect(await again.hears("message")).toMatchObject({ name: "An", content: "hello", by: an.by });
  await again.ordered({ kind: "reject", id: rubbish?.id });
  expect(await again.contents()).toEqual(["hello"]);
  expect(await again.order({ kind: "approve", id: hello?.id })).toMatchObject({ reason: "UnknownAction" });
});

test("REVIEW-2 of two moderators who approve a held message at once one is too late, and it appears once", async () => {
  const { server, minh } = await moderated();
  await using _server = server;
  await minh.ask({ type: "room", set: { heldMessages: 1 } });
  using an = await anAt(server);
  await an.say("hello");
  using other = await Visitor.connect(server, { key: KEY.minh });
  const { list } = await minh.ask({ type: "review", what: "held" });
  const [{ id }] = list as [{ id: string }];
  const replies = await Promise.all([minh, other].map((each) => each.order({ kind: "approve", id })));
  expect(replies.map(({ reason }) => reason).sort()).toEqual(["UnknownAction", undefined]);
  expect(await minh.contents()).toEqual(["hello"]);
});

test("MOD-6 REVIEW-2 what is acknowledged is stored, even if the server is killed at once", async () => {
  const { server, minh } = await moderated();
  await using _server = server;
  await minh.say("removed");
  await minh.ask({ type: "room", set: { heldMessages: 1 } });
  using an = await anAt(server);
  await an.say("approved");
  const { list } = await minh.ask({ type: "review", what: "held" });
  const [{ id }] = list as [{ id: string }];
  await minh.ordered({ kind: "approve", id });
  expect(await minh.ordered({ kind: "remove", of: 1 })).toMatchObject({ count: 1 });
  await server.kill();
  await server.restart();
  using again = await Visitor.connect(server, { key: KEY.minh });
  await again.name("Minh again");
  expect(await again.contents()).toEqual(["approved"]);
  expect(await again.ask({ type: "review", what: "held" })).toMatchObject({ list: [] });
  const { list: log } = await again.ask({ type: "review", what: "log" });
  expect(log).toMatchObject([{ kind: "remove", count: 1 }, { kind: "approve" }, { kind: "settings" }]);
});

test("MOD-7 what is announced is told to those who are there, and to those who come", async () => {
  const { server, minh } = await moderated();
  await using _server = server;
  using an = await anAt(server);
  const { action } = await minh.ordered({ kind: "announce", reason: "We close at nine.", minutes: 60 });
  expect(await an.hears("moderate")).toMatchObject({ kind: "announce", reason: "We close at nine." });
  using later = await Visitor.connect(server);
  expect(later.welcome?.announcements).toMatchObject([{ action, text: "We close at nine." }]);
  await minh.ordered({ kind: "undo", id: action });
  using last = await Visitor.connect(server);
  expect(last.welcome?.announcements).toEqual([]);
  await minh.ordered({ kind: "announce", reason: "Good evening", post: true });
  expect(await an.hears("message")).toMatchObject({ name: "Chat", content: "Good evening" });
  expect(await minh.order({ kind: "announce", reason: "x", everywhere: true })).toMatchObject({
    reason: "NotAllowed",
  });
});

test("MINE-1 a person gets all that the person wrote, and deletes it", async () => {
  const { server, minh } = await moderated();
  await using _server = server;
  using an = await anAt(server);
  for (let at = 0; at < 5; at++) await an.say(`mine ${at}`);
  await minh.say("not mine");
  const { messages, more } = await an.ask({ type: "mine", do: "get" });
  expect((messages as { content: string }[]).map(({ content }) => content)).toEqual(
    [4, 3, 2, 1, 0].map((at) => `mine ${at}`),
  );
  expect(more).toBe(false);
  expect(await an.ask({ type: "mine", do: "delete" })).toMatchObject({ status: true, count: 5 });
  for (let seen = 0; seen < 5; seen++) await minh.hears("delete");
  expect(await minh.contents()).toEqual(["not mine"]);
  using stranger = await Visitor.named(server, "Stranger");
  expect(await stranger.ask({ type: "mine", do: "get" })).toMatchObject({ reason: "UnknownPerson" });
});

test("RAID-1 RAID-3 raid mode asks newcomers for a proof, which counts once and from one network", async () => {
  const { server, minh } = await moderated();
  await using _server = server;
  await minh.ordered({ kind: "raid", minutes: 10 });
  using an = await Visitor.connect(server);
  expect(an.welcome).toMatchObject({ raid: true });
  expect(await an.name("An")).toMatchObject({ reason: "ProofRequired" });
  const { challenge } = await an.ask({ type: "enter" });
  const proof = await solved(challenge as Challenge);
  using other = await Visitor.connect(server);
  expect(await other.ask({ type: "enter", proof })).toMatchObject({ reason: "WrongProof" });
  expect(await an.ask({ type: "enter", proof })).toMatchObject({ status: true });
  expect(await an.name("An")).toMatchObject({ status: true });
  using again = await Visitor.connect(server, { address: an.address });
  expect(await again.ask({ type: "enter", proof })).toMatchObject({ reason: "WrongProof" });
  await minh.ordered({ kind: "calm" });
  expect(await other.name("Other")).toMatchObject({ status: true });
});

interface Challenge {
  readonly algorithm: string;
  readonly challenge: string;
  readonly salt: string;
  readonly signature: string;
  readonly maxnumber: number;
}

async function solved({ algorithm, challenge, salt, signature, maxnumber }: Challenge): Promise<string> {
  for (let number = 0; number <= maxnumber; number++) {
    const hash = new Bun.CryptoHasher("sha256").update(`${salt}${number}`).digest("hex");
    if (hash === challenge)
      return Buffer.from(JSON.stringify({ algorithm, challenge, number, salt, signature })).toString(
        "base64",
      );
  }
  throw new Error("The challenge has no solution.");
}

test("MOD-3 a ban drops what the person has left to moderators, and all held messages of a person are rejected at once", async () => {
  const { server, minh } = await moderated();
  await using _server = server;
  await minh.ask({ type: "room", set: { heldMessages: 5 } });
  const waiting = async () => {
    const [held, reports] = [await review(minh, "held"), await review(minh, "reports")];
    return [held.map(({ content }) => content), reports.map(({ name }) => name)];
  };
  using an = await Visitor.named(server, "An", { key: KEY.an });
  using binh = await Visitor.named(server, "Bình", { key: KEY.binh });
  for (const content of ["one", "two"]) await an.say(content);
  for (const content of ["three", "four"]) await binh.say(content);
  await an.ask({ type: "report", name: "Bình" });
  await binh.ask({ type: "report", name: "An" });
  expect(await waiting()).toEqual([
    ["one", "two", "three", "four"],
    ["Bình", "An"],
  ]);
  const last = (await review(minh, "held")).at(-1);
  expect(await minh.order({ kind: "reject", id: last?.id, all: true })).toMatchObject({ count: 2 });
  expect(await minh.order({ kind: "reject", id: last?.id, all: true })).toMatchObject({
    reason: "UnknownAction",
  });
  await minh.ordered({ kind: "ban", name: "An" });
  expect(await waiting()).toEqual([[], ["An"]]);
  expect(await minh.contents()).toEqual([]);
});

test("MOD-11 MOD-15 announcements are few, and have no control characters", async () => {
  const { server, minh } = await moderated();
  await using _server = server;
  using an = await Visitor.named(server, "An");
  await minh.ordered({ kind: "announce", reason: "one\r\ntwo\u0000three\u001b[31m" });
  expect(await an.hears("moderate")).toMatchObject({ reason: "one\ntwo three [31m" });
  for (let at = 1; at < 5; at++) await minh.ordered({ kind: "announce", reason: "more" });
  expect(await minh.order({ kind: "announce", reason: "too many" })).toMatchObject({
    reason: "TooManyActions",
    error: expect.stringContaining("announcements"),
  });
});

async function review(by: Visitor, what: string): Promise<Frame[]> {
  return (await by.ask({ type: "review", what })).list as Frame[];
}
