import { expect, test } from "bun:test";
import type { Action } from "../../src/room/action.ts";
import type { Decision } from "../../src/room/decision.ts";
import type { Operation, Person, Standing } from "../../src/room/operation.ts";
import {
  NEWCOMER_SENDS,
  NEWCOMER_SENDS_MS,
  RAID_REACHES_BACK_MS,
  RAID_SENDS,
  RAID_SENDS_MS,
} from "../../src/room/permission.ts";
import type { Role } from "../../src/room/roles.ts";
import { DEFAULT_SETTINGS, type RoomSettings } from "../../src/room/room-settings.ts";
import type { Who } from "../../src/room/state.ts";
import { emptyRoom, operationOf } from "../support/room.ts";

const ACTION: Action = {
  id: "action-in-16-chr",
  kind: "mute",
  room: "/",
  person: null,
  name: null,
  networks: [],
  reason: "",
  by: null,
  byName: "",
  at: 0,
  until: null,
  of: null,
  count: null,
  settings: null,
  undone: null,
};

interface At {
  readonly person?: string;
  readonly role?: Role;
  readonly networks?: readonly string[];
  readonly standing?: Partial<Standing>;
}

/** A room with moderators' actions, without sockets, disk or clock. */
class Stage {
  now = 10_000_000;
  settings: RoomSettings = DEFAULT_SETTINGS;
  raid: Action | undefined;
  readonly sanctions: Action[] = [];
  readonly room = emptyRoom({
    moderation: {
      sanctionOf: (kind, who, now) =>
        this.sanctions.find((each) => each.kind === kind && hits(each, who, now)),
      settings: () => this.settings,
      raid: () => this.raid,
      pacesNewcomers: true,
    },
  });

  play(
    connection: string,
    frame: unknown,
    { person, role = "visitor", networks, standing }: At = {},
  ): Decision {
    const stranger: Standing = { admittedBy: null, isProven: false, knownSince: null };
    const who: Person | undefined = person === undefined ? undefined : { id: person, role };
    const operation: Operation = {
      ...(operationOf(connection, frame) as Extract<Operation, { kind: "request" }>),
      person: who,
      networks,
      standing: { ...stranger, ...standing },
    };
    return this.room.decide(operation, { time: this.now, timestamp: "T" });
  }

  sanction(action: Partial<Action>): void {
    this.sanctions.push({ ...ACTION, ...action });
  }
}

function hits({ person, networks, until }: Action, who: Who, now: number): boolean {
  const isMeant = person === who.person || networks.some((network) => who.networks.includes(network));
  return isMeant && (until === null || until > now);
}

const name = (value: string) => ({ type: "name", name: value });
const send = (content: string, key?: string) => ({ type: "send", content, key });
const refusal = (reason: string) => ({ kind: "not-permitted", reason });

test("PERM-1 whoever is muted neither writes, edits, reacts, types nor takes another nickname, but reads and deletes", () => {
  const stage = new Stage();
  const an = { person: "an" };
  stage.play("a", name("An"), an);
  stage.play("a", send("before"), an);
  stage.sanction({ kind: "mute", person: "an", until: stage.now + 60_000, reason: "shouting" });
  const frames = [
    send("x"),
    { type: "edit", of: 1, content: "y" },
    { type: "react", of: 1, emoji: "👍" },
    { type: "typing" },
    name("Anh"),
  ];
  for (const frame of frames)
    expect(stage.play("a", frame, an)).toMatchObject({ ...refusal("Muted"), until: stage.now + 60_000 });
  expect(stage.play("a", send("x"), an)).toMatchObject({
    error: "You may not write in this room now: shouting",
  });
  expect(stage.play("a", { type: "get" }, an)).toMatchObject({ kind: "page" });
  expect(stage.play("a", { type: "delete", of: 1 }, an)).toMatchObject({ kind: "change-refused" });
  stage.now += 60_000;
  expect(stage.play("a", send("after"), an)).toMatchObject({ kind: "sent" });
});

test("PERM-1 an address carries an action over to another key, another connection, version 2 and a new nickname", () => {
  const stage = new Stage();
  const home = ["h32", "h24", "h16"];
  stage.sanction({ kind: "mute", person: "an", networks: ["h32"] });
  for (const [connection, at] of [
    ["b", { person: "another", networks: home }],
    ["c", { networks: home }],
    ["3", { networks: home }],
  ] as const) {
    // Nobody who was here had this address: the first nickname is free, and from then on it is the only one.
    expect(stage.play(connection, name("An"), at)).toMatchObject({ kind: "registered" });
    expect(stage.play(connection, send("x"), at)).toMatchObject(refusal("Muted"));
    expect(stage.play(`${connection}9`, name("MinhIsAnIdiot"), at)).toMatchObject(refusal("Muted"));
    stage.room.decide({ kind: "leave", connection, resumable: false }, { time: stage.now, timestamp: "T" });
    expect(stage.play(`${connection}8`, name("Another"), at)).toMatchObject(refusal("Muted"));
    stage.now += 60_000;
  }
  stage.play("d", name("Neighbour"), { networks: ["other32", "h24", "h16"] });
  expect(stage.play("d", send("x"), { networks: ["other32", "h24", "h16"] })).toMatchObject({ kind: "sent" });
  stage.sanction({ kind: "mute", networks: ["h24"] });
  expect(stage.play("d", send("y"), { networks: ["other32", "h24", "h16"] })).toMatchObject(refusal("Muted"));
});

test("PERM-2 whoever is banned neither registers, resumes, reads nor writes", () => {
  const stage = new Stage();
  stage.play("a", name("An"), { person: "an" });
  stage.sanction({ kind: "ban", person: "an", networks: ["h32"] });
  for (const frame of [send("x"), { type: "get" }, { type: "delete", of: 1 }, name("B")])
    expect(stage.play("a", frame, { person: "an" })).toMatchObject(refusal("Banned"));
  expect(stage.play("b", name("B"), { networks: ["h32"] })).toMatchObject(refusal("Banned"));
  expect(stage.play("b", { type: "resume", session: "a" }, { networks: ["h32"] })).toMatchObject(
    refusal("Banned"),
  );
  expect(stage.play("c", name("C"), { networks: ["other"] })).toMatchObject({ kind: "registered" });
});

test("PERM-2 whoever was banned while absent does not resume, from wherever it comes back", () => {
  const stage = new Stage();
  stage.play("a", name("An"), { person: "an", networks: ["h32"] });
  stage.room.decide({ kind: "leave", connection: "a", resumable: true }, { time: stage.now, timestamp: "T" });
  stage.sanction({ kind: "ban", person: "an" });
  const resume = { type: "resume", session: "a" };
  expect(stage.play("b", resume, { networks: ["other"] })).toMatchObject(refusal("Banned"));
});

test("MOD-2 an action holds for somebody who says only afterwards, or only after taking a nickname, who it is", () => {
  const stage = new Stage();
  stage.play("a", name("An"));
  const stay = stage.room.member("a")?.by ?? "";
  stage.sanction({ kind: "mute", person: stay });
  const late = { person: "key" };
  expect(stage.play("a", send("x"), late)).toMatchObject(refusal("Muted"));
  const moment = { time: stage.now, timestamp: "T" };
  const become = { kind: "become", connection: "a", by: "key", isProven: false } as const;
  expect(stage.room.decide(become, moment)).toMatchObject({ kind: "became", by: "key" });
  expect(stage.room.decide(become, moment)).toMatchObject({ kind: "ignored" });
  expect(stage.room.named("An")).toMatchObject({ person: "key" });
  expect(stage.play("a", send("x"), late)).toMatchObject(refusal("Muted"));
  expect(stage.room.decide({ ...become, connection: "z" }, moment)).toMatchObject({ kind: "ignored" });
});

test("PERM-3 moderators are kept from nothing", () => {
  const stage = new Stage();
  const minh = { person: "minh", role: "moderator", networks: ["h32"] } as const;
  stage.sanction({ kind: "ban", networks: ["h32"] });
  stage.sanction({ kind: "mute", person: "minh" });
  stage.settings = {
    ...DEFAULT_SETTINGS,
    writers: "moderators",
    entry: "members",
    slowSeconds: 60,
    links: "nobody",
  };
  stage.raid = { ...ACTION, kind: "raid", at: stage.now };
  expect(stage.play("a", name("Minh"), minh)).toMatchObject({ kind: "registered" });
  expect(stage.play("a", send("https://example.org"), minh)).toMatchObject({ kind: "sent" });
  expect(stage.play("a", send("at once"), minh)).toMatchObject({ kind: "sent" });
});

test("PERM-4 a repeat of a send that was stored is answered as before, whatever has happened since", () => {
  const stage = new Stage();
  stage.play("a", name("An"), { person: "an" });
  stage.play("a", send("x", "k"), { person: "an" });
  stage.sanction({ kind: "mute", person: "an" });
  expect(stage.play("a", send("x", "k"), { person: "an" })).toMatchObject({ kind: "repeated", id: 1 });
  expect(stage.play("a", send("x", "other"), { person: "an" })).toMatchObject(refusal("Muted"));
});

test("PERM-5 a room is entered with its password, or by members", () => {
  const stage = new Stage();
  stage.settings = { ...DEFAULT_SETTINGS, entry: "password", passwordHash: "hash" };
  expect(stage.play("a", name("An"))).toMatchObject(refusal("PasswordRequired"));
  expect(stage.play("1", name("An"))).toMatchObject(refusal("PasswordRequired"));
  expect(stage.play("a", name("An"), { standing: { admittedBy: "hash" } })).toMatchObject({
    kind: "registered",
  });
  expect(stage.play("b", name("Bình"), { person: "b", role: "member" })).toMatchObject({
    kind: "registered",
  });
  stage.settings = { ...DEFAULT_SETTINGS, entry: "password", passwordHash: "another" };
  expect(stage.play("e", name("Em"), { standing: { admittedBy: "hash" } })).toMatchObject(
    refusal("PasswordRequired"),
  );
  stage.settings = { ...DEFAULT_SETTINGS, entry: "members" };
  expect(stage.play("c", name("Chi"), { standing: { admittedBy: "hash" } })).toMatchObject(
    refusal("MembersOnly"),
  );
  expect(stage.play("d", name("Dung"), { person: "d", role: "member" })).toMatchObject({
    kind: "registered",
  });
});

test("PERM-6 who may write, post links, and which words, follows the settings", () => {
  const stage = new Stage();
  const old = { person: "old", standing: { knownSince: stage.now - 10 * 60_000 } };
  const young = { person: "young", standing: { knownSince: stage.now - 10 * 60_000 + 1 } };
  stage.play("a", name("Old"), old);
  stage.play("b", name("Young"), young);
  stage.settings = { ...DEFAULT_SETTINGS, writers: "known" };
  expect(stage.play("a", send("x"), old)).toMatchObject({ kind: "sent" });
  expect(stage.play("b", send("x"), young)).toMatchObject(refusal("KnownOnly"));
  stage.settings = { ...DEFAULT_SETTINGS, writers: "members" };
  expect(stage.play("a", send("x"), old)).toMatchObject(refusal("WritersOnly"));
  stage.settings = { ...DEFAULT_SETTINGS, links: "known" };
  for (const link of [
    "see https://example.org",
    "www.example.org",
    "example.com",
    "ｅxample.com/x",
    "t.me/abc",
  ])
    expect([link, stage.play("b", send(link), young)]).toMatchObject([link, refusal("LinksNotAllowed")]);
  for (const text of ["3.14", "end.Next sentence", "e.g. this", "a:b", "What?No.", "file.txt"])
    expect([text, stage.play("b", send(text), young)]).toMatchObject([text, { kind: "sent" }]);
  expect(stage.play("a", send("https://example.org"), old)).toMatchObject({ kind: "sent" });
  stage.settings = { ...DEFAULT_SETTINGS, words: ["darn", "two words"] };
  for (const text of ["Darn!", "oh dаrn", "d4rn? DARN", "two  words"])
    expect([text, stage.play("b", send(text), young)]).toMatchObject([text, refusal("WordNotAllowed")]);
  for (const text of ["darning", "two other words"])
    expect([text, stage.play("b", send(text), young)]).toMatchObject([text, { kind: "sent" }]);
  expect(stage.play("b", { type: "edit", of: 7, content: "darn" }, young)).toMatchObject(
    refusal("WordNotAllowed"),
  );
});

test("PERM-7 in slow mode a person writes once in a while, also under another key at the same address", () => {
  const stage = new Stage();
  const home = { networks: ["h32"] };
  stage.settings = { ...DEFAULT_SETTINGS, slowSeconds: 30 };
  stage.play("a", name("An"), home);
  expect(stage.play("a", send("1"), home)).toMatchObject({ kind: "sent" });
  stage.now += 10_000;
  expect(stage.play("a", send("2"), home)).toMatchObject({ ...refusal("SlowMode"), retry: 20 });
  stage.play("b", name("Bình"), { person: "new", ...home });
  expect(stage.play("b", send("2"), { person: "new", ...home })).toMatchObject(refusal("SlowMode"));
  stage.now += 20_000;
  expect(stage.play("a", send("2"), home)).toMatchObject({ kind: "sent" });
});

test("PERM-7 PERM-8 an edit and a nickname show something new, too", () => {
  const stage = new Stage();
  stage.settings = { ...DEFAULT_SETTINGS, slowSeconds: 30 };
  stage.play("a", name("An"));
  stage.play("a", send("1"));
  const edit = { type: "edit", of: 1, content: "2" };
  expect(stage.play("a", edit)).toMatchObject(refusal("SlowMode"));
  expect(stage.play("a", name("Anh"))).toMatchObject(refusal("SlowMode"));
  stage.settings = { ...DEFAULT_SETTINGS, heldMessages: 3 };
  expect(stage.play("a", edit)).toMatchObject(refusal("KnownOnly"));
  stage.settings = { ...DEFAULT_SETTINGS, links: "nobody", words: ["darn"], writers: "members" };
  expect(stage.play("b", name("example.com"))).toMatchObject(refusal("LinksNotAllowed"));
  expect(stage.play("5", name("Darn"))).toMatchObject(refusal("WordNotAllowed"));
  expect(stage.play("a", name("Anh"))).toMatchObject(refusal("WritersOnly"));
});

test("PERM-8 words and newcomers' first messages can wait for a moderator", () => {
  const stage = new Stage();
  stage.settings = { ...DEFAULT_SETTINGS, heldMessages: 1, words: ["darn"], wordRule: "hold" };
  stage.play("a", name("An"));
  const held = { name: "An", content: "hello", reply: null, networks: [], why: "newcomer" };
  expect(stage.play("a", send("hello"))).toMatchObject({ ...refusal("Held"), held });
  const by = stage.room.member("a")?.by ?? "";
  const post = {
    kind: "post",
    connection: "action:1",
    message: { name: "An", content: "hello", by },
  } as const;
  expect(stage.room.decide(post, { time: stage.now, timestamp: "T" })).toMatchObject({
    kind: "sent",
    message: { id: 1, name: "An", by },
  });
  expect(stage.play("a", send("again"))).toMatchObject({ kind: "sent" });
  expect(stage.play("a", send("darn"))).toMatchObject({ ...refusal("Held"), held: { why: "word" } });
});

test("RAID-1 in raid mode newcomers need a proof, and nobody else is asked for anything", () => {
  const stage = new Stage();
  stage.play("a", name("Regular"));
  stage.now += RAID_REACHES_BACK_MS;
  stage.play("b", name("Early raider"));
  stage.now += 1_000;
  stage.raid = { ...ACTION, kind: "raid", at: stage.now };
  expect(stage.play("a", send("still here"))).toMatchObject({ kind: "sent" });
  expect(stage.play("b", send("spam"))).toMatchObject(refusal("ProofRequired"));
  expect(stage.play("c", name("Late raider"))).toMatchObject(refusal("ProofRequired"));
  expect(stage.play("4", name("Classic raider"))).toMatchObject(refusal("ProofRequired"));
  const known = { person: "k", standing: { knownSince: 0 } };
  expect(stage.play("d", name("Known"), known)).toMatchObject({ kind: "registered" });
  expect(stage.play("d", send("hello"), known)).toMatchObject({ kind: "sent" });
  const proven = { standing: { isProven: true } };
  expect(stage.play("e", name("Proven"), proven)).toMatchObject({ kind: "registered" });
  expect(stage.play("e", send("hello"), proven)).toMatchObject({ kind: "sent" });
});

test("RAID-2 in raid mode all newcomers together write slowly", () => {
  const stage = new Stage();
  stage.raid = { ...ACTION, kind: "raid", at: stage.now };
  const proven = { standing: { isProven: true } };
  const people = Array.from({ length: RAID_SENDS + 1 }, (_, at) => `p${at}`);
  for (const each of people) stage.play(each, name(each), proven);
  const outcomes = people.map((each) => stage.play(each, send("x"), proven).kind);
  expect(outcomes).toEqual([...Array<"sent">(RAID_SENDS).fill("sent"), "not-permitted"]);
  stage.now += RAID_SENDS_MS;
  expect(stage.play("p0", send("y"), proven)).toMatchObject({ kind: "sent" });
});

test("RAID-4 whoever has just come to others writes a few messages at once, and then slowly", () => {
  const stage = new Stage();
  const burst = (connection: string) =>
    Array.from({ length: NEWCOMER_SENDS + 1 }, (_, at) => stage.play(connection, send(`${at}`)).kind);
  stage.play("a", name("First"));
  expect(new Set(burst("a"))).toEqual(new Set(["sent"]));
  stage.now += RAID_REACHES_BACK_MS + 1;
  expect(new Set(burst("a"))).toEqual(new Set(["sent"]));
  stage.play("b", name("Newcomer"));
  expect(burst("b")).toEqual([...Array<"sent">(NEWCOMER_SENDS).fill("sent"), "not-permitted"]);
  expect(stage.play("b", send("x"))).toMatchObject({ ...refusal("SlowMode"), retry: 10 });
  stage.now += NEWCOMER_SENDS_MS;
  expect(stage.play("b", send("x"))).toMatchObject({ kind: "sent" });
  stage.now += RAID_REACHES_BACK_MS + 1;
  expect(new Set(burst("b"))).toEqual(new Set(["sent"]));
});

test("a batch that was not stored leaves no trace in what was counted", () => {
  const stage = new Stage();
  stage.settings = { ...DEFAULT_SETTINGS, slowSeconds: 30 };
  stage.play("a", name("An"));
  stage.room.begin();
  expect(stage.play("a", send("lost"))).toMatchObject({ kind: "sent" });
  stage.room.rollback();
  expect(stage.play("a", send("again"))).toMatchObject({ kind: "sent" });
});

test("an action is enacted once, and a message is removed once", () => {
  const stage = new Stage();
  const moment = { time: stage.now, timestamp: "T" };
  const { networks: _n, undone: _u, ...action } = ACTION;
  const enact = { kind: "enact", connection: "action:1", action: { ...action, settings: null } } as const;
  expect(stage.room.decide(enact, moment)).toMatchObject({ kind: "enacted" });
  expect(stage.room.decide(enact, moment)).toMatchObject({ kind: "gone" });
  stage.room.begin(new Map([[1, { by: "x", isDeleted: false, reactions: [], edits: 0, reactionsMade: 0 }]]));
  const remove = { kind: "remove", connection: "action:1", of: 1, by: "minh", action: "1" } as const;
  expect(stage.room.decide(remove, moment)).toMatchObject({ kind: "deleted", of: 1, by: "minh" });
  expect(stage.room.decide(remove, moment)).toMatchObject({ kind: "gone" });
  stage.room.commit();
});
