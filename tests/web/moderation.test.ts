/** What the page makes of moderation: whom one ignores, what moderators write, and what keeps one from writing. */
import { expect, test } from "bun:test";
import { signal } from "@preact/signals";
import { NotPermittedError } from "../../src/client/errors.ts";
import type { RoomSettings } from "../../src/client/moderation.ts";
import { BotCommands } from "../../src/web/store/bot-commands.ts";
import { DraftStore } from "../../src/web/store/draft.ts";
import { IgnoredStore } from "../../src/web/store/ignored.ts";
import type { Item } from "../../src/web/store/item.ts";
import { ModerationStore } from "../../src/web/store/moderation.ts";
import { RoomStore } from "../../src/web/store/room.ts";
import { readRoomForm } from "../../src/web/store/room-form.ts";
import { completeCommand, parseCommand } from "../../src/web/text/commands.ts";
import { durationIn } from "../../src/web/text/duration.ts";
import {
  BINH,
  Stage as ClientStage,
  ME,
  messageEvent,
  notPermitted,
  pageReply,
  settled,
} from "../client/stage.ts";

function storage() {
  const items = new Map<string, string>();
  return {
    items,
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
    keys: () => [...items.keys()],
  };
}

/** A moderation store that follows a chat, with a time that the test moves. */
function moderationStage(role = "visitor") {
  const client = new ClientStage({ name: "An" });
  const kept = storage();
  let time = 1_000_000;
  let jobs: { readonly at: number; readonly job: () => void }[] = [];
  const moderation = new ModerationStore({
    storage: kept,
    now: () => time,
    role: () => role,
    later: (job, ms) => {
      const entry = { at: time + ms, job };
      jobs.push(entry);
      return () => {
        jobs = jobs.filter((each) => each !== entry);
      };
    },
  });
  moderation.follow(client.chat);
  const pass = (ms: number) => {
    const end = time + ms;
    for (;;) {
      const next = jobs.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      jobs = jobs.filter((each) => each !== next);
      time = next.at;
      next.job();
    }
    time = end;
  };
  return { client, moderation, kept, pass };
}

/** The event that a moderator has done something. */
function done(kind: string, action: string, more: object = {}): object {
  return {
    type: "receive",
    datatype: "moderate",
    kind,
    action,
    id: 9,
    time: 5_000,
    moderator: "Minh",
    ...more,
  };
}

test("somebody ignored is so under every nickname, in all tabs, until one stops; the oldest of too many are forgotten", () => {
  const kept = storage();
  const here = new IgnoredStore(kept);
  const there = new IgnoredStore(kept);
  here.add(BINH, "Bình");
  there.add("other-other-oth1", "Other");
  here.syncTabs();
  expect([...here.people.value.values()]).toEqual(["Bình", "Other"]);
  expect([here.has(BINH), here.has(ME), here.has(undefined)]).toEqual([true, false, false]);
  there.remove(BINH);
  here.syncTabs();
  expect(here.has(BINH)).toBe(false);
  for (let at = 0; at < 501; at++) here.add(`id-${at}`, `Guest ${at}`);
  expect(new IgnoredStore(kept).people.value.size).toBe(500);
  expect([here.has("id-0"), here.has("id-500")]).toEqual([false, true]);
  kept.setItem("classic-chatbox.ignored", '[["x"],7,["a","b"]]');
  expect([...new IgnoredStore(kept).people.value]).toEqual([["a", "b"]]);
});

test("a run of messages of ignored people is one line, which can be opened", () => {
  const ignored = new IgnoredStore(storage());
  const item = (id: number, by: string): Item => ({
    kind: "message",
    key: `m${id}`,
    message: { id, name: "N", content: "c", timestamp: "", time: id, by },
    own: by === ME,
    isNewHolder: false,
  });
  const items = [item(1, ME), item(2, BINH), item(3, BINH), item(4, ME), item(5, BINH)];
  expect(ignored.fold(items, new Set())).toBe(items);
  ignored.add(BINH, "Bình");
  ignored.add(ME, "myself");
  const folded = ignored.fold(items, new Set(["im5"]));
  expect(folded.map(({ key }) => key)).toEqual(["m1", "im2", "m4", "im5", "m5"]);
  expect(folded[1]).toMatchObject({ kind: "ignored", messages: [{ key: "m2" }, { key: "m3" }] });
});

test("what ignored people write alerts nobody, does not count as unread, and they are not seen typing", () => {
  const client = new ClientStage({ name: "An" });
  const ignored = new IgnoredStore(storage());
  const arrived: string[] = [];
  const room = new RoomStore({
    path: "/",
    storage: storage(),
    ignored,
    now: Date.now,
    open: () => client.chat,
    onMessage: ({ content }) => void arrived.push(content),
  });
  const socket = client.enter();
  const typing = { type: "receive", datatype: "typing", name: "Bình" };
  socket.say({ ...messageEvent(1), by: BINH });
  expect(room.authorOf("Bình")).toBe(BINH);
  ignored.add(BINH, "Bình");
  socket.say({ ...messageEvent(2), by: BINH });
  socket.say(typing);
  expect([arrived, room.unread.count.value, room.typing.names.value]).toEqual([["1"], 1, []]);
  expect(room.rows.value.map(({ kind }) => kind)).toEqual(["ignored"]);
  ignored.remove(BINH);
  socket.say(typing);
  expect(room.typing.names.value).toEqual(["Bình"]);
  // Whoever takes the nickname later is somebody else.
  socket.say({ type: "receive", datatype: "leave", name: "Bình", timestamp: "T", id: 8, time: 8 });
  expect(room.authorOf("Bình")).toBeUndefined();
});

test("a mute ends by itself, by the time that it had left, whatever the clocks say", () => {
  const { client, moderation, pass } = moderationStage();
  const socket = client.enter();
  socket.say(done("mute", "A1", { person: BINH, name: "Bình", until: 605_000 }));
  expect(moderation.muted.value).toBeNull();
  socket.say(done("mute", "A2", { person: ME, name: "An", until: 605_000, reason: "shouting" }));
  expect(moderation.muted.value).toEqual({
    kind: "mute",
    action: "A2",
    reason: "shouting",
    endsAt: 1_600_000,
  });
  pass(599_999);
  expect(moderation.muted.value).not.toBeNull();
  pass(1);
  expect(moderation.muted.value).toBeNull();
});

test("a mute for longer than any timer ends when it should, and one for good when it is undone", () => {
  const { client, moderation, pass } = moderationStage();
  const socket = client.enter();
  const daysMs = 60 * 24 * 3_600_000;
  socket.say(done("mute", "A1", { person: ME, until: 5_000 + daysMs }));
  pass(daysMs - 1);
  expect(moderation.muted.value).not.toBeNull();
  pass(1);
  expect(moderation.muted.value).toBeNull();
  socket.say(done("mute", "A2", { person: ME }));
  socket.say(done("undo", "A3", { undoes: "A1", person: ME }));
  pass(10 * daysMs);
  expect(moderation.muted.value?.endsAt).toBeNull();
  socket.say(done("undo", "A4", { undoes: "A2", person: ME }));
  expect(moderation.muted.value).toBeNull();
});

test("a refusal tells of a mute that nobody has told of; its text is given back", async () => {
  const { client, moderation } = moderationStage();
  const given: [string, number | undefined, string][] = [];
  const room = new RoomStore({
    path: "/",
    storage: storage(),
    now: Date.now,
    open: () => client.chat,
    onMessage: () => {},
    onRefused: ({ content, reply }, error) => {
      given.push([content, reply, error.code]);
      return moderation.refused(error);
    },
  });
  const socket = client.enter();
  room.send("hello", 7);
  await settled();
  socket.answer(notPermitted("Muted", { until: 2_000_000 }));
  await settled();
  expect(given).toEqual([["hello", 7, "Muted"]]);
  expect(room.sends.value).toEqual([]);
  expect(moderation.muted.value).toMatchObject({ kind: "mute", endsAt: 2_000_000 });
  room.send("see evil.example", undefined);
  await settled();
  socket.answer(notPermitted("LinksNotAllowed"));
  await settled();
  expect(given.at(-1)).toEqual(["see evil.example", undefined, "LinksNotAllowed"]);
});

test("a held message waits in its row, is not kept to be sent again, and gives way to the approved one", async () => {
  const client = new ClientStage({ name: "An" });
  let unsent: readonly unknown[] = [];
  const keepUnsent = (all: readonly unknown[]) => {
    unsent = all;
  };
  const room = new RoomStore({
    path: "/",
    storage: storage(),
    now: Date.now,
    open: () => client.chat,
    onMessage: () => {},
    tab: { kept: null, unsent: [], keepUnsent },
  });
  const socket = client.enter();
  room.send("buy this");
  await settled();
  socket.answer(notPermitted("Held"));
  await settled();
  expect(room.sends.value).toMatchObject([{ content: "buy this", failure: { code: "Held" } }]);
  expect(unsent).toEqual([]);
  socket.say({ ...messageEvent(3), name: "An", content: "buy this", by: ME });
  expect(room.sends.value).toEqual([]);
  expect(room.rows.value.map(({ kind }) => kind)).toEqual(["message"]);
});

test("announcements are there until they end, are undone or dismissed; the rest of the room follows its events", () => {
  const { client, moderation, kept, pass } = moderationStage();
  client.socket.open(3).welcome("S1", {
    announcements: [
      { action: "A1", text: "for a while", until: 1_060_000 },
      { action: "A2", text: "stays" },
    ],
    raid: true,
    keeps: { days: 7, messages: null, logsAddresses: true },
  });
  client.socket.answer({ action: "register", name: "An", status: true, timestamp: "T", by: ME });
  client.socket.answer(pageReply([]));
  const texts = () => moderation.announcements.value.map(({ text }) => text);
  expect(texts()).toEqual(["for a while", "stays"]);
  pass(60_000);
  expect(texts()).toEqual(["stays"]);
  moderation.dismiss("A2");
  expect(texts()).toEqual([]);
  expect(kept.getItem("classic-chatbox.dismissed")).toBe('["A2"]');
  client.socket.say(done("announce", "A3", { reason: "new", until: 15_000 }));
  expect(texts()).toEqual(["new"]);
  client.socket.say(done("undo", "A4", { undoes: "A3" }));
  expect([texts(), moderation.isRaid.value, moderation.keeps.value?.days]).toEqual([[], true, 7]);
  client.socket.say(done("calm", "A5"));
  expect(moderation.isRaid.value).toBe(false);
});

test("who may write, and who may enter, follows from the settings and the role", () => {
  const settings = { entry: "members", writers: "members", slowSeconds: 5 };
  for (const [role, isReadOnly, isKeptOut] of [
    ["visitor", true, true],
    ["member", false, false],
    ["moderator", false, false],
  ] as const) {
    const { client, moderation } = moderationStage(role);
    client.socket.open(3).welcome("S1", { settings });
    expect([moderation.isReadOnly, moderation.needsMembership]).toEqual([isReadOnly, isKeptOut]);
  }
});

test("a ban or a kick bars the one whom it concerns", () => {
  const { client, moderation } = moderationStage();
  const socket = client.enter();
  socket.say(done("kick", "A1", { person: BINH }));
  expect(moderation.barred.value).toBeNull();
  socket.say(done("ban", "A2", { person: ME, reason: "spam" }));
  expect(moderation.barred.value).toMatchObject({ kind: "ban", reason: "spam", endsAt: null });
  moderation.comeBack();
  // By an address that somebody else has, one hears only that the connection ends.
  socket.end(4404, "Kicked");
  expect(moderation.barred.value).toMatchObject({ kind: "kick", endsAt: undefined });
  moderation.refused(
    new NotPermittedError("Banned", "You may not be in this room: spam: lots", 1, 7_000_000),
  );
  expect(moderation.barred.value).toMatchObject({ kind: "kick", reason: "spam: lots", endsAt: 7_000_000 });
});

test("moderators write commands", () => {
  const names = ["An", "An Bình", "Đào"];
  const parse = (text: string) => parseCommand(text, names);
  expect(parse("/mute An Bình 10m shouting at all")).toEqual({
    kind: "mute",
    name: "An Bình",
    minutes: 10,
    reason: "shouting at all",
  });
  expect(parse("/mute @an 2h")).toEqual({ kind: "mute", name: "An", minutes: 120, reason: "" });
  expect(parse("/BAN dao 1d  spam")).toEqual({ kind: "ban", name: "dao", minutes: 1440, reason: "spam" });
  expect(parse("/ban Ghost")).toEqual({ kind: "ban", name: "Ghost", minutes: undefined, reason: "" });
  expect(parse("/kick An 10 times")).toEqual({ kind: "kick", name: "An", reason: "10 times" });
  expect(parse("/unmute An Bình")).toEqual({ kind: "unmute", name: "An Bình" });
  expect(parse("/unban Long Gone")).toEqual({ kind: "unban", name: "Long Gone" });
  expect(parse("/remove An 10m")).toEqual({ kind: "remove", name: "An", minutes: 10 });
  expect(parse("/remove An")).toEqual({ kind: "remove", name: "An", minutes: undefined });
  expect(parse("/slow 10")).toEqual({ kind: "slow", seconds: 10 });
  expect(parse("/slow off")).toEqual({ kind: "slow", seconds: 0 });
  expect(parse("/topic ")).toEqual({ kind: "topic", text: "" });
  expect(parse("/topic Tea\nand more")).toEqual({ kind: "topic", text: "Tea\nand more" });
  expect(parse("/announce Back at nine")).toEqual({ kind: "announce", text: "Back at nine" });
  expect([parse("/raid on"), parse("/raid OFF")]).toEqual([
    { kind: "raid", isOn: true },
    { kind: "raid", isOn: false },
  ]);
  expect([parse("/sweep"), parse("/help")]).toEqual([{ kind: "sweep" }, { kind: "help" }]);
});

test("what is not understood is named", () => {
  for (const [text, kind] of [
    ["/mute", "mute"],
    ["/mute An 0m", "mute"],
    ["/kick ", "kick"],
    ["/unban", "unban"],
    ["/remove An ten", "remove"],
    ["/slow fast", "slow"],
    ["/slow 3601", "slow"],
    ["/slow -1", "slow"],
    ["/announce", "announce"],
    ["/raid", "raid"],
    ["/sweep now", "sweep"],
  ] as const)
    expect(parseCommand(text, ["An"])).toEqual({ fault: "usage", kind });
  expect(parseCommand("/shrug me", [])).toEqual({ fault: "unknown", word: "/shrug" });
  expect(parseCommand("/", [])).toEqual({ fault: "unknown", word: "/" });
  expect(parseCommand("/constructor", [])).toEqual({ fault: "unknown", word: "/constructor" });
});

test("commands and the nicknames after them are completed", () => {
  const names = ["An", "An Bình", "Đào"];
  expect(completeCommand("/un", names)?.options).toEqual(["/unmute", "/unban"]);
  expect(completeCommand("/mute", names)?.options).toEqual([]);
  expect(completeCommand("/mute d", names)).toEqual({ index: 6, text: "d", options: ["Đào"] });
  expect(completeCommand("/mute An", names)?.options).toEqual(["An Bình"]);
  expect(completeCommand("/topic An", names)).toBeNull();
  const draft = new DraftStore(storage(), storage(), "/", signal(names));
  draft.write("/mu", 3);
  expect(draft.suggestions.value).toEqual([]);
  draft.setCompleter(completeCommand);
  expect(draft.suggestions.value).toEqual(["/mute"]);
  draft.accept();
  expect(draft.text.value).toBe("/mute ");
  draft.choose(1);
  draft.accept();
  expect(draft.text.value).toBe("/mute An Bình ");
});

test("COMMANDS-3 commands of bots stand beside those of the page, which win, and are asked for once a minute", async () => {
  const client = new ClientStage({ name: "An" });
  const socket = client.enter("s");
  let now = 0;
  const bots = new BotCommands(() => now);
  const asked = bots.refresh(client.chat);
  const list = [
    { name: "remind", about: "Reminds", bot: "R" },
    { name: "remind", about: "Reminds, too", bot: "S" },
    // An older server did not know that the page has it.
    { name: "mute", about: "Unmutes", bot: "R" },
    { name: "rem", about: "Short", bot: "S" },
  ];
  expect(socket.answer({ status: true, commands: list })).toMatchObject({ type: "commands" });
  await asked;
  await bots.refresh(client.chat);
  const asks = ["/remind 10m", "/REM", "/reminder", "/mute An", "remind", "/"].map((text) => bots.has(text));
  expect(asks).toEqual([true, true, false, false, false, false]);
  expect(bots.completer(null)("/", [])?.options).toEqual(["/rem", "/remind"]);
  expect(bots.completer(null)("/rem", [])?.options).toEqual([]);
  expect(bots.completer(null)("/remind @A", ["An"])).toBeNull();
  const both = bots.completer(completeCommand);
  expect(both("/rem", [])?.options).toEqual([]);
  expect(both("/re", [])?.options).toEqual(["/rem", "/remind", "/remove"]);
  expect(both("/re", [])?.notes?.get("/remind")).toEqual({ about: "Reminds", bot: "R" });
  expect(both("/mut", [])?.notes?.get("/mute")).not.toHaveProperty("bot");
  expect(both("/mute A", ["An"])?.options).toEqual(["An"]);
  now = 60_000;
  const again = bots.refresh(client.chat);
  socket.answer({ status: true, commands: [] });
  await again;
  expect(bots.has("/remind")).toBe(false);
});

test("a text that was refused comes back before what was written since, and with its reply", () => {
  const draft = new DraftStore(storage(), storage(), "/", signal([]));
  draft.giveBack("first", 7, { code: "LinksNotAllowed" });
  expect([draft.text.value, draft.reply.value, draft.refusal.value?.code]).toEqual([
    "first",
    7,
    "LinksNotAllowed",
  ]);
  draft.edit(3, "old");
  draft.giveBack("second", undefined, { code: "Muted" });
  expect(draft.text.value).toBe("old");
  draft.stopEditing();
  expect(draft.text.value).toBe("second\nfirst");
});

test("the room's settings are checked before they are sent", () => {
  const before: RoomSettings = {
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
  };
  const read = (fields: Record<string, string>, was: RoomSettings = before) => {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.set(name, value);
    return readRoomForm(form, was);
  };
  expect(
    read({ title: " Tea ", words: "a\n\n b \n", keepDays: "30", slowSeconds: "5", listed: "on" }),
  ).toMatchObject({
    title: "Tea",
    words: ["a", "b"],
    keepDays: 30,
    slowSeconds: 5,
    listed: true,
  });
  expect(read({ knownMinutes: "10" }, { ...before, words: [], wordRule: "refuse" })).toEqual({});
  expect(
    read({ keepDays: "", knownMinutes: "10" }, { ...before, words: [], wordRule: "refuse", keepDays: 3 }),
  ).toEqual({
    keepDays: null,
  });
  expect(read({ entry: "password" })).toEqual({ field: "password", fault: "missing" });
  expect(read({ entry: "password" }, { ...before, password: true })).not.toHaveProperty("fault");
  expect(read({ title: "x".repeat(101) })).toEqual({ field: "title", fault: "long", most: 100 });
  expect(read({ slowSeconds: "1.5" })).toMatchObject({ field: "slowSeconds", fault: "number" });
  expect(read({ keepDays: "0" })).toMatchObject({ field: "keepDays", least: 1 });
  expect(read({ words: "x".repeat(51) })).toMatchObject({ field: "words", fault: "long" });
});

test("durations have at most two units", () => {
  const [english, vietnamese] = [durationIn("en"), durationIn("vi")];
  expect([english(0), english(59), english(600), english(3_725), english(90_061)]).toEqual([
    "0 seconds",
    "59 seconds",
    "10 minutes",
    "1 hour 2 minutes",
    "1 day 1 hour",
  ]);
  expect(vietnamese(552)).toBe("9 phút 12 giây");
});
