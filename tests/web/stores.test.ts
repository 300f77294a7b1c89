import { expect, test } from "bun:test";
import { signal } from "@preact/signals";
import type { HistoryOptions, Message, Page } from "../../src/client/index.ts";
import { Announcer } from "../../src/web/store/announcer.ts";
import { withMemoryFallback } from "../../src/web/store/browser-storage.ts";
import { COLOURS, Colours } from "../../src/web/store/colours.ts";
import { DraftStore } from "../../src/web/store/draft.ts";
import { bringBackLines, keepLines } from "../../src/web/store/kept-lines.ts";
import { LogStore } from "../../src/web/store/log.ts";
import { PictureStore, type Place } from "../../src/web/store/pictures.ts";
import { RosterChanges } from "../../src/web/store/roster-changes.ts";
import { SettingsStore } from "../../src/web/store/settings.ts";
import { Throttle } from "../../src/web/store/throttle.ts";
import { loadWholeRoom } from "../../src/web/store/transcript.ts";
import { UnreadStore } from "../../src/web/store/unread.ts";
import { chooseLanguage } from "../../src/web/words/languages.ts";
import { LOAD_WORDS } from "../../src/web/words/load.ts";

function storage(kept: Record<string, string> = {}) {
  const items = new Map(Object.entries(kept));
  return {
    items,
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
    keys: () => [...items.keys()],
  };
}

function message(id: number, name = "An"): Message {
  return { id, name, content: `message ${id}`, timestamp: "", time: id * 1000 };
}

function range(from: number, to: number): Message[] {
  return Array.from({ length: to - from + 1 }, (_, at) => message(from + at));
}

/** A history of `count` messages, of which pages are given as a server does. */
function source(count: number) {
  const asked: HistoryOptions[] = [];
  const history = async (options: HistoryOptions): Promise<Page> => {
    asked.push(options);
    const { before, limit = 100 } = options;
    const after = typeof options.after === "object" ? options.after.id : options.after;
    const all = range(1, count).filter(
      ({ id }) => (id ?? 0) < (before ?? Infinity) && (id ?? 0) > (after ?? 0),
    );
    const messages = after === undefined ? all.slice(-limit) : all.slice(0, limit);
    return { messages, more: messages.length < all.length };
  };
  return { asked, history };
}

/** The rows: the ids of messages, and what is between them. */
function rows(log: LogStore): unknown[] {
  return log.items.value.map((item) =>
    item.kind === "message"
      ? item.message.id
      : item.kind === "people"
        ? Object.values(item.changes.summary()).flat().join()
        : item.kind,
  );
}

function ids(log: LogStore): (number | null)[] {
  return log.items.value.flatMap((item) => (item.kind === "message" ? [item.message.id] : []));
}

test("who came and went stays in its place when the messages are loaded again, in the same page or after a reload", async () => {
  const kept = storage();
  const log = new LogStore(source(6));
  log.replace([], false);
  log.addChange({ kind: "joined", name: "early", time: 1 });
  for (const each of range(1, 3)) log.add(each, false);
  log.addChange({ kind: "left", name: "Chi", time: 3000 });
  log.addChange({ kind: "joined", name: "Dung", time: 3000 });
  log.add(message(4), false);
  log.addAction({
    ...{ type: "moderated", kind: "kick", action: "a1", undoes: undefined, name: "Em", person: undefined },
    ...{
      reason: "spam",
      until: undefined,
      everywhere: false,
      moderator: "An",
      settings: undefined,
      time: 4000,
    },
  });
  for (const each of range(5, 6)) log.add(each, false);
  log.addChange({ kind: "left", name: "Dung", time: 6000 });
  const all = ["early", 1, 2, 3, "Dung,Chi", 4, "action", 5, 6, "Dung"];
  expect(rows(log)).toEqual(all);
  await log.show(5);
  log.replace(range(1, 6), false);
  expect(rows(log)).toEqual(all);
  // What comes next belongs to the last line no more than to any other.
  log.addChange({ kind: "joined", name: "Giang", time: 6000 });
  expect(rows(log)).toEqual([...all, "Giang"]);

  keepLines(log, kept, "/");
  const later = new LogStore(source(6));
  later.replace(range(5, 6), true);
  bringBackLines(later, kept, "/");
  expect(rows(later)).toEqual([5, 6, "Dung", "Giang"]);
  await later.loadOlder();
  expect(rows(later)).toEqual([...all, "Giang"]);
  const action = later.items.value.find(({ kind }) => kind === "action");
  expect(action).toMatchObject({ action: { kind: "kick", name: "Em", reason: "spam", moderator: "An" } });
  // In a history that was replaced, other messages have these ids.
  later.replace(range(5, 6), false, true);
  expect(rows(later)).toEqual([5, 6]);
});

test("the lines that are kept over a reload are bounded, and what is not one of them is left out", () => {
  const kept = storage({ "classic-chatbox.lines:/": '1 [null, {"after": "1.1"}, 7]' });
  const log = new LogStore(source(1));
  bringBackLines(log, kept, "/");
  expect(log.lines).toEqual([]);
  log.replace([], false);
  for (let id = 1; id <= 1000; id++) {
    log.addChange({ kind: "joined", name: `${id} ${"x".repeat(90)}`, time: id });
    log.add(message(id), false);
  }
  expect(log.lines.length).toBe(200);
  keepLines(log, kept, "/");
  expect(kept.items.get("classic-chatbox.lines:/")?.length).toBeLessThan(20_100);
  const later = new LogStore(source(1));
  bringBackLines(later, kept, "/");
  expect(later.lines.at(-1)?.item).toMatchObject({ kind: "people", time: 1000 });
});

test("the log pages upwards until the beginning, and asks once for a page", async () => {
  const server = source(450);
  const log = new LogStore(server);
  log.replace(range(351, 450), true);
  await Promise.all([log.loadOlder(), log.loadOlder()]);
  expect(server.asked).toEqual([{ before: 351, limit: 200 }]);
  await log.loadOlder();
  await log.loadOlder();
  expect(ids(log)).toEqual(range(1, 450).map(({ id }) => id));
  expect(log.hasOlder.value).toBe(false);
});

test("a run around an old message grows to the newest one, including later messages, each once", async () => {
  const log = new LogStore(source(1000));
  log.replace(range(901, 1000), true);
  expect(await log.show(300)).toBe(true);
  expect([ids(log)[0], ids(log).at(-1), log.hasNewer.value]).toEqual([241, 360, true]);
  log.add(message(1001), false);
  while (log.hasNewer.value) await log.loadNewer();
  log.add(message(1002), false);
  expect(ids(log)).toEqual(range(241, 1002).map(({ id }) => id));
  expect(await log.show(5000)).toBe(false);
});

test("a page that could not be loaded can be requested again", async () => {
  let isBroken = true;
  const { history } = source(10);
  const log = new LogStore({
    history: (options) => (isBroken ? Promise.reject(new Error()) : history(options)),
  });
  log.replace(range(6, 10), true);
  await log.loadOlder();
  expect(log.older.value).toBe("failed");
  isBroken = false;
  await log.loadOlder();
  expect(ids(log)).toHaveLength(10);
});

test("a page of a history that was replaced meanwhile is not put before the new one", async () => {
  const asked = Promise.withResolvers<Page>();
  const log = new LogStore({ history: () => asked.promise });
  log.replace(range(101, 200), true);
  const loaded = log.loadOlder();
  log.replace(range(1, 3), false);
  asked.resolve({ messages: range(1, 100), more: false });
  await loaded;
  expect([ids(log), log.hasOlder.value, log.older.value]).toEqual([[1, 2, 3], false, "idle"]);
});

test("the log pages downwards from an old message, requests each page once, and none past the end", async () => {
  const server = source(1000);
  const log = new LogStore(server);
  await log.loadOlder();
  await log.loadNewer();
  log.replace(range(901, 1000), false);
  await log.loadOlder();
  await log.loadNewer();
  expect(server.asked).toEqual([]);
  expect(await log.show(300)).toBe(true);
  server.asked.length = 0;
  await Promise.all([log.loadNewer(), log.loadNewer()]);
  expect(server.asked).toEqual([{ after: 360, limit: 200 }]);
  expect(ids(log)).toEqual(range(241, 560).map(({ id }) => id));
});

test("from an old message one leads back to the newest page, but not to that of a history that was replaced meanwhile", async () => {
  const server = source(1000);
  const pages: (Promise<Page> | null)[] = [];
  const log = new LogStore({ history: (options) => pages.shift() ?? server.history(options) });
  log.replace(range(901, 1000), true);
  await log.show(300);
  await log.showNewest();
  expect([ids(log), log.hasNewer.value, log.hasOlder.value]).toEqual([
    range(801, 1000).map(({ id }) => id),
    false,
    true,
  ]);
  await log.show(300);
  const asked = Promise.withResolvers<Page>();
  pages.push(asked.promise);
  const shown = log.showNewest();
  log.replace(range(1, 3), false);
  asked.resolve({ messages: range(801, 1000), more: true });
  await shown;
  expect(ids(log)).toEqual([1, 2, 3]);
});

test("nothing goes from a run while the page before it is on its way", async () => {
  const asked = Promise.withResolvers<Page>();
  const log = new LogStore({ history: () => asked.promise });
  log.replace(range(10_001, 30_000), true);
  const loaded = log.loadOlder();
  log.trim(true);
  asked.resolve({ messages: range(9_801, 10_000), more: true });
  await loaded;
  expect(ids(log)).toEqual(range(9_801, 30_000).map(({ id }) => id));
  log.trim(true);
  expect(ids(log).length).toBeLessThan(20_200);
});

test("a link leads to the message with its id and its time, and not to one of another time", async () => {
  const log = new LogStore(source(1000));
  log.replace(range(901, 1000), true);
  expect([await log.show(950, 1), await log.show(300, 1)]).toEqual([false, false]);
  expect(ids(log)[0]).toBe(901);
  expect([await log.show(950, 950_000), await log.show(300, 300_000)]).toEqual([true, true]);
});

test("joins and leaves between two messages are one line", () => {
  const log = new LogStore(source(0));
  log.addChange({ kind: "joined", name: "An", time: 1 });
  log.addChange({ kind: "left", name: "An", time: 2 });
  log.add(message(1), false);
  log.addChange({ kind: "joined", name: "Bình", time: 3 });
  expect(log.items.value.map(({ kind }) => kind)).toEqual(["people", "message", "people"]);
});

test("a line about joins and leaves says how each member ended up", () => {
  const changes = [
    { kind: "joined", name: "An", time: 0 },
    { kind: "renamed", name: "An", newname: "Anh", time: 0 },
    { kind: "left", name: "Bình", time: 0 },
    { kind: "joined", name: "Bình", time: 0 },
    { kind: "joined", name: "Chi", time: 0 },
    { kind: "left", name: "Chi", time: 0 },
    { kind: "renamed", name: "Dũng", newname: "D", time: 0 },
    { kind: "renamed", name: "D", newname: "Dũng", time: 0 },
    { kind: "left", name: "Em", time: 0 },
  ] as const;
  expect(new RosterChanges(changes).summary()).toEqual({
    joined: ["An"],
    left: ["Em"],
    cameAndWent: ["Chi"],
    retaken: ["Bình"],
    renamed: [{ from: "An", to: "Anh" }],
  });
});

test("a line about joins and leaves grows with the members, and not with how often one comes and goes", () => {
  const changes = new RosterChanges();
  for (let i = 0; i < 20_000; i++) {
    changes.add({ kind: "joined", name: `guest ${i}`, time: 0 });
    changes.add({ kind: "left", name: `guest ${i}`, time: 0 });
    changes.add({ kind: "renamed", name: i === 0 ? "An" : `An ${i - 1}`, newname: `An ${i}`, time: 0 });
  }
  const { joined, left, cameAndWent, retaken, renamed } = changes.summary();
  expect([joined, left, retaken, renamed]).toEqual([[], [], [], [{ from: "An", to: "An 19999" }]]);
  expect(cameAndWent.length).toBeLessThan(1000);
  expect(cameAndWent.length + changes.cameAndWentUnnamed).toBe(20_000);
});

test("a message under a nickname that was given up and taken says so once, unless the owner has it back", () => {
  const log = new LogStore(source(0));
  const newHolders = () =>
    log.items.value.flatMap((item) => (item.kind === "message" ? [item.isNewHolder] : []));
  log.add(message(1, "An"), false);
  log.addChange({ kind: "left", name: "An", time: 0 });
  log.addChange({ kind: "joined", name: "An", time: 0 });
  log.add(message(2, "An"), false);
  log.add(message(3, "An"), false);
  expect(newHolders()).toEqual([false, true, false]);
  // Bình is away for a moment, and has the nickname back.
  log.addChange({ kind: "renamed", name: "Bình", newname: "Bình (away)", time: 0 });
  log.addChange({ kind: "renamed", name: "Bình (away)", newname: "Bình (far away)", time: 0 });
  log.addChange({ kind: "renamed", name: "Bình (far away)", newname: "Bình", time: 0 });
  log.add(message(4, "Bình"), false);
  // Chi gives it up, and Dũng takes it.
  log.addChange({ kind: "renamed", name: "Chi", newname: "Chí", time: 0 });
  log.addChange({ kind: "renamed", name: "Dũng", newname: "Chi", time: 0 });
  log.add(message(5, "Chi"), false);
  // One's own nickname needs no such word.
  log.addChange({ kind: "left", name: "Em", time: 0 });
  log.addChange({ kind: "joined", name: "Em", time: 0 });
  log.add(message(6, "Em"), true);
  expect(newHolders().slice(3)).toEqual([false, true, false]);
});

test("lines about people that came while one read elsewhere are there when the run meets the newest message", async () => {
  const log = new LogStore(source(1000));
  log.replace(range(901, 1000), true);
  await log.show(300);
  log.add(message(1001), false);
  log.addChange({ kind: "left", name: "An", time: 0 });
  log.addChange({ kind: "joined", name: "An", time: 0 });
  log.add(message(1002), false);
  while (log.hasNewer.value) await log.loadNewer();
  expect(log.items.value.slice(-4).map(({ kind }) => kind)).toEqual([
    "message",
    "message",
    "people",
    "message",
  ]);
});

test("a run does not grow for ever: at its end the older half goes, elsewhere it stops following", async () => {
  const log = new LogStore(source(30_000));
  log.replace(range(1, 100), false);
  let most = 0;
  for (let id = 101; id <= 30_000; id++) {
    log.add(message(id), false);
    log.trim(true);
    most = Math.max(most, log.items.value.length);
  }
  expect(most).toBeLessThanOrEqual(10_001);
  expect([ids(log).at(-1), log.hasOlder.value, log.hasNewer.value]).toEqual([30_000, true, false]);
  const first = ids(log)[0] ?? 0;
  await log.loadOlder();
  expect(ids(log).slice(0, 201)).toEqual(range(first - 200, first).map(({ id }) => id));

  for (let id = 30_001; id <= 60_000; id++) {
    log.add(message(id), false);
    log.trim(false);
  }
  expect(log.items.value.length).toBeLessThan(10_500);
  expect([log.hasNewer.value, ids(log)[0]]).toEqual([true, first - 200]);
});

test("messages of the history are own ones by their ids, and not by the nickname", async () => {
  const log = new LogStore(source(100), ({ id }) => id === 50 || id === 90);
  log.replace(range(81, 100), true);
  await log.loadOlder();
  const own = log.items.value.flatMap((item) =>
    item.kind === "message" && item.own ? [item.message.id] : [],
  );
  expect(own).toEqual([50, 90]);
});

test("those who talk have different colours, and everybody keeps one, also under another nickname", () => {
  const colours = new Colours();
  const names = Array.from({ length: COLOURS }, (_, at) => `Person ${at}`);
  const before = colours.of("Person 7", undefined);
  const given = names.map((name) => colours.ofAuthor(name, `id of ${name}`));
  expect(new Set(given).size).toBe(COLOURS);
  expect(colours.ofAuthor("Renamed", "id of Person 7")).toBe(given[7] ?? -1);
  expect(names.map((name) => colours.of(name, undefined))).toEqual(given);
  // Without others who talk, the colour is the same in every tab.
  expect(new Colours().ofAuthor("Person 7", undefined)).toBe(before);
  // With more people than colours, somebody has the one that was seen least lately.
  expect(colours.ofAuthor("One more", undefined)).toBe(given[0] ?? -1);
});

test("a transcript has the whole room, or the newest messages of it, without those that were deleted", async () => {
  const counts: number[] = [];
  const whole = await loadWholeRoom(source(1200), (count) => counts.push(count));
  expect(whole.messages.map(({ id }) => id)).toEqual(range(1, 1200).map(({ id }) => id));
  expect([whole.more, counts]).toEqual([false, [500, 1000, 1200]]);
  const newest = await loadWholeRoom(source(1200), () => {}, 30);
  expect([newest.more, newest.messages.length, newest.messages.at(-1)?.id]).toEqual([true, 30, 1200]);
  const server = source(3000);
  const some = await loadWholeRoom(server, () => {}, undefined, { from: 1_200_000, until: 1_801_000 });
  expect(some.messages.map(({ id }) => id)).toEqual(range(1200, 1800).map(({ id }) => id));
  // What is before those days is not loaded.
  expect([some.more, server.asked.length]).toEqual([false, 5]);
  const [first, second] = range(1, 2);
  const page = { messages: [first, { ...second, deleted: true }], more: false };
  expect((await loadWholeRoom({ history: async () => page as Page }, () => {})).messages).toEqual([
    first as Message,
  ]);
});

test("a throttled job runs at once, and then only now and then", async () => {
  let done = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  const throttle = new Throttle(1, () => {
    if (++done === 2) resolve();
  });
  for (let i = 0; i < 1000; i++) throttle.request();
  expect(done).toBe(1);
  await promise;
  expect(done).toBe(2);
});

test("a crowd of messages is said in a few of them and a number", async () => {
  const announcer = new Announcer((count) => `and ${count} more`);
  const { promise, resolve } = Promise.withResolvers<string>();
  const stop = announcer.announcement.subscribe(({ text }) => text !== "" && resolve(text));
  for (let i = 0; i < 1000; i++) announcer.announce(`${i} ${"x".repeat(4000)}`);
  const said = await promise;
  stop();
  expect(said).toStartWith("0 xx");
  expect(said).toEndWith("and 997 more");
  expect(said.length).toBeLessThan(1000);
});

test("messages that come while nobody reads are counted and marked; the read mark is stored for the next visit", () => {
  const kept = storage();
  const unread = new UnreadStore(kept, "/");
  unread.setNewestPage(range(1, 3), () => false, true);
  unread.setReading(true);
  unread.add(message(4), false);
  expect([unread.count.value, unread.firstId.value]).toEqual([0, null]);
  unread.setReading(false);
  unread.add(message(5), false);
  unread.add(message(6), false);
  expect([unread.count.value, unread.firstId.value]).toEqual([2, 5]);
  unread.setReading(true);
  expect([unread.count.value, unread.firstId.value]).toEqual([0, 5]);
  unread.add(message(7, "me"), true);
  expect(unread.firstId.value).toBeNull();

  const again = new UnreadStore(kept, "/");
  again.setNewestPage(range(1, 9), ({ id }) => id === 8, true);
  expect(again.firstId.value).toBe(9);
});

test("a draft is kept for its room, counts near its end, and completes mentions", () => {
  const kept = storage();
  const draft = new DraftStore(kept, storage(), "/", signal(["Bình", "Bích"]));
  draft.write("hi @b", 5);
  expect(draft.suggestions.value).toEqual(["Bình", "Bích"]);
  draft.choose(-1);
  draft.accept();
  expect([draft.text.value, draft.caret.value]).toEqual(["hi @Bích ", 9]);
  draft.write("hi @b", 5);
  draft.dismiss();
  expect(draft.suggestions.value).toEqual([]);
  draft.write("x".repeat(4001), 0);
  expect([draft.left.value, draft.fault]).toEqual([-1, { kind: "long", length: 4001 }]);
  draft.write("\ud83d", 0);
  expect([draft.left.value, draft.fault]).toEqual([null, { kind: "broken" }]);
  draft.write("kept", 4);
  expect(new DraftStore(kept, storage(), "/rooms/tea", signal([])).text.value).toBe("");
  expect(new DraftStore(kept, storage(), "/", signal([])).text.value).toBe("kept");
});

test("settings are stored, and invalid ones do no harm", async () => {
  const kept = storage();
  const settings = await SettingsStore.open(kept, ["fr", "vi-VN"], LOAD_WORDS);
  expect([settings.theme.value, settings.words.value.locale]).toEqual(["system", "vi"]);
  settings.theme.value = "classic";
  settings.language.value = "en";
  const again = await SettingsStore.open(kept, ["vi"], LOAD_WORDS);
  expect([again.theme.value, again.words.value.locale]).toEqual(["classic", "en"]);
  for (const rubbish of ["null", "[]", '{"theme":"pink","language":"xx","sound":1}', "{"]) {
    const other = await SettingsStore.open(storage({ "classic-chatbox.settings": rubbish }), [], LOAD_WORDS);
    expect([other.theme.value, other.language.value, other.sound.value]).toEqual(["system", null, false]);
  }
  expect(chooseLanguage(["toString", "__proto__"])).toBe("en");
});

test("a browser that forbids its storage is used without it", () => {
  const kept = withMemoryFallback(() => {
    throw new Error("forbidden");
  });
  kept.setItem("a", "1");
  expect([kept.getItem("a"), kept.getItem("b")]).toEqual(["1", null]);
});

test("pictures are kept as files or as addresses, one for each place", async () => {
  const files = new Map<Place, Blob>();
  const vault = {
    get: async (place: Place) => files.get(place),
    put: async (place: Place, file: Blob) => void files.set(place, file),
    remove: async (place: Place) => void files.delete(place),
  };
  const kept = storage();
  const pictures = new PictureStore(vault, kept);
  await pictures.choose("chat", new Blob(["picture"]));
  expect(pictures.urls.value.chat).toStartWith("blob:");
  expect(await pictures.chooseAddress("chat", "http://a.example/")).toBe(false);
  expect(await pictures.chooseAddress("chat", 'https://a.example/"x')).toBe(true);
  expect(files.size).toBe(0);
  expect(pictures.urls.value).toEqual({ chat: "https://a.example/%22x" });
  const again = new PictureStore(vault, kept);
  expect([again.urls.value, again.hasAddresses]).toEqual([{ chat: "https://a.example/%22x" }, true]);
  await again.clear("chat");
  expect([again.urls.value, again.hasAddresses]).toEqual([{}, false]);
});
