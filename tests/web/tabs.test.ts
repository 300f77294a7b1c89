/** What tabs of one browser keep beside each other. */
import { expect, setSystemTime, test } from "bun:test";
import { signal } from "@preact/signals";
import type { Message } from "../../src/client/index.ts";
import { keepNewest, withMemoryFallback } from "../../src/web/store/browser-storage.ts";
import { DraftStore } from "../../src/web/store/draft.ts";
import { PictureStore, type Place } from "../../src/web/store/pictures.ts";
import { SettingsStore } from "../../src/web/store/settings.ts";
import { READ_KEY, UnreadStore } from "../../src/web/store/unread.ts";
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

/** A browser whose tabs are opened, reloaded, duplicated and closed, and told what the others keep. */
function browser(kept: Record<string, string> = {}) {
  const shared = storage(kept);
  const tabs = new Map<object, DraftStore>();
  const told: [tab: object, key: string, value: string | null][] = [];
  const settle = () => {
    for (let next = told.shift(); next; next = told.shift()) {
      const [by, key, value] = next;
      for (const [tab, draft] of tabs) if (tab !== by) draft.syncTabs(key, value);
    }
  };
  const open = (room = "/", own = storage()) => {
    const tab = {};
    const tabStorage = {
      ...shared,
      setItem: (key: string, value: string) => {
        told.push([tab, key, value]);
        shared.setItem(key, value);
      },
      removeItem: (key: string) => {
        if (shared.getItem(key) !== null) told.push([tab, key, null]);
        shared.removeItem(key);
      },
    };
    const draft = new DraftStore(tabStorage, own, room, signal([]));
    tabs.set(tab, draft);
    settle();
    const close = () => void tabs.delete(tab);
    return {
      close,
      text: () => draft.text.value,
      write: (text: string) => {
        draft.write(text, text.length);
        settle();
      },
      reload: () => {
        close();
        return open(room, own);
      },
      duplicate: () => open(room, storage(Object.fromEntries(own.items))),
    };
  };
  return { shared, open };
}

function message(id: number, time = id * 1000): Message {
  return { id, name: "An", content: `message ${id}`, timestamp: "", time };
}

function range(from: number, to: number): Message[] {
  return Array.from({ length: to - from + 1 }, (_, at) => message(from + at));
}

const nobody = () => false;

test("sending a message in one tab leaves the drafts of others alone, reloaded or not", () => {
  const { open } = browser();
  const [one, two] = [open(), open()];
  one.write("a draft");
  two.write("said");
  two.write("");
  expect(one.reload().text()).toBe("a draft");
  expect(two.reload().text()).toBe("");
});

test("each tab keeps its own draft over a reload, and no draft of a closed tab is lost: the newest comes first", () => {
  setSystemTime(1_800_000_000_000);
  const { open } = browser();
  const [one, two] = [open(), open()];
  two.write("two");
  setSystemTime(1_800_000_000_001);
  one.write("one");
  setSystemTime();
  const reloaded = [one.reload(), two.reload()];
  expect(reloaded.map((tab) => tab.text())).toEqual(["one", "two"]);
  for (const tab of reloaded) tab.close();
  const next = open();
  expect(next.text()).toBe("one");
  next.write("");
  const last = open();
  expect(last.text()).toBe("two");
  last.write("");
  expect(open().text()).toBe("");
});

test("a tab that is opened beside another one leaves that one's draft alone", () => {
  const { open } = browser();
  const one = open();
  one.write("a draft");
  const two = open();
  expect(two.text()).toBe("");
  two.write("said");
  two.write("");
  one.close();
  expect(open().text()).toBe("a draft");
});

test("a new tab takes over the draft of a closed one, though drafts of open tabs are newer", () => {
  const { open } = browser();
  const beside = [open(), open()];
  const closed = open();
  setSystemTime(1_800_000_000_000);
  closed.write("left");
  closed.close();
  for (const [at, tab] of beside.entries()) {
    setSystemTime(1_800_000_000_001 + at);
    tab.write(`written later ${at}`);
  }
  setSystemTime();
  expect(open().text()).toBe("left");
  expect(beside.map((tab) => tab.reload().text())).toEqual(["written later 0", "written later 1"]);
  expect(open().text()).toBe("");
});

test("a tab that cannot show that it is still open loses nothing, and brings back nothing that was sent", () => {
  const { open } = browser();
  const frozen = open();
  frozen.write("a draft");
  frozen.close();
  const next = open();
  next.write("a draft, and more");
  next.write("");
  const again = frozen.reload();
  expect(again.text()).toBe("a draft");
  again.close();
  expect(open().text()).toBe("");
  again.write("another draft");
  expect(open().text()).toBe("another draft");
});

test("a duplicated tab writes a draft of its own", () => {
  const { open } = browser();
  const one = open();
  one.write("both");
  const two = one.duplicate();
  expect(two.text()).toBe("both");
  two.write("the copy");
  one.write("the first");
  two.write("");
  expect(one.reload().text()).toBe("the first");
});

test("drafts of other rooms stay where they are", () => {
  const { open } = browser();
  for (const room of ["/rooms/tea", "/rooms/tea-2"]) {
    const tab = open(room);
    tab.write(room);
    tab.close();
  }
  expect(open("/").text()).toBe("");
  expect(open("/rooms/tea").text()).toBe("/rooms/tea");
});

test("a draft that an earlier version of the page kept is taken over", () => {
  const { open, shared } = browser({
    "classic-chatbox.draft:/": "12 apples",
    "classic-chatbox.draft:/rooms/a": "",
  });
  const one = open();
  expect([one.text(), open("/rooms/a").text()]).toEqual(["12 apples", ""]);
  one.close();
  expect(open().text()).toBe("12 apples");
  expect([...shared.items.keys()].filter((key) => !key.includes("#"))).toEqual([]);
});

test("drafts are finite: so many, and so much of each", () => {
  const { open, shared } = browser();
  for (let i = 0; i < 100; i++) {
    const tab = open(`/rooms/r${i}`);
    tab.write("x".repeat(1_000_000));
    tab.close();
  }
  open();
  const bytes = [...shared.items.values()].reduce((sum, { length }) => sum + length, 0);
  expect(shared.items.size).toBe(20);
  expect(bytes).toBeLessThan(500_000);
});

test("tabs change different settings, and none reverts what another one has changed", async () => {
  const kept = storage();
  const [one, two] = [
    await SettingsStore.open(kept, [], LOAD_WORDS),
    await SettingsStore.open(kept, [], LOAD_WORDS),
  ];
  one.theme.value = "dark";
  two.sound.value = true;
  two.language.value = "vi";
  const later = await SettingsStore.open(kept, [], LOAD_WORDS);
  expect([later.theme.value, later.sound.value, later.language.value]).toEqual(["dark", true, "vi"]);
  one.syncTabs();
  two.syncTabs();
  await Bun.sleep(0);
  expect([one.language.value, one.words.value.locale, two.theme.value]).toEqual(["vi", "vi", "dark"]);
  two.language.value = null;
  one.syncTabs();
  expect(one.language.value).toBeNull();
});

test("tabs that take over a setting from each other do not write it", async () => {
  const kept = storage();
  const tabs = [
    await SettingsStore.open(kept, [], LOAD_WORDS),
    await SettingsStore.open(kept, [], LOAD_WORDS),
  ];
  let writes = 0;
  kept.setItem = () => void writes++;
  kept.items.set("classic-chatbox.settings.theme", '"light"');
  for (const tab of tabs) tab.syncTabs();
  expect([tabs.map(({ theme }) => theme.value), writes]).toEqual([["light", "light"], 0]);
});

test("settings that an earlier version of the page kept are taken over", async () => {
  const kept = storage({
    "classic-chatbox.settings": '{"theme":"dark","language":"vi","sound":true,"notify":true}',
  });
  const settings = await SettingsStore.open(kept, [], LOAD_WORDS);
  settings.language.value = null;
  const again = await SettingsStore.open(kept, [], LOAD_WORDS);
  expect([again.theme.value, again.language.value, again.sound.value]).toEqual(["dark", null, true]);
});

test("a read mark only moves forward, whichever tab reads, and what one tab reads is read in all", () => {
  const kept = storage();
  const [one, two] = [new UnreadStore(kept, "/"), new UnreadStore(kept, "/")];
  for (const tab of [one, two]) tab.setNewestPage(range(1, 3), nobody, true);
  one.setReading(true);
  for (const tab of [two, one]) tab.add(message(4), false);
  expect(two.count.value).toBe(1);
  two.syncTabs();
  expect(two.count.value).toBe(0);
  // The mark of the first tab may be there before the message is.
  for (const tab of [one, two]) for (const each of range(5, 9)) tab.add(each, false);
  expect(two.count.value).toBe(0);
  // A third one is a little behind.
  const three = new UnreadStore(kept, "/");
  three.setNewestPage(range(1, 7), nobody, true);
  three.setReading(true);
  const later = new UnreadStore(kept, "/");
  later.setNewestPage(range(1, 9), nobody, true);
  expect(later.firstId.value).toBeNull();
});

test("messages that another tab has read no longer count as unread, and the rest stay", () => {
  const kept = storage();
  const unread = new UnreadStore(kept, "/");
  unread.setNewestPage(range(1, 3), nobody, true);
  for (const each of range(4, 9)) unread.add(each, false);
  kept.setItem(`${READ_KEY}/`, "7000 7");
  unread.syncTabs();
  expect(unread.count.value).toBe(2);
});

test("a mark of another history is not too high: the times tell which messages of the new one were read", () => {
  const kept = storage({ [`${READ_KEY}/`]: "9000 9" });
  const unread = new UnreadStore(kept, "/");
  // A backup of the first three messages was put back, and others were said since.
  unread.setNewestPage([...range(1, 3), message(4, 20_000), message(5, 21_000)], nobody, false);
  expect([unread.firstId.value, unread.count.value]).toEqual([4, 2]);
  unread.add(message(6, 22_000), false);
  expect(unread.count.value).toBe(3);
  unread.setReading(true);
  const later = new UnreadStore(kept, "/");
  later.setNewestPage([message(6, 22_000), message(7, 23_000)], nobody, true);
  expect(later.firstId.value).toBe(7);
});

test("in a history that begins anew everything is unread, though its ids were read before", () => {
  const kept = storage({ [`${READ_KEY}/`]: "9000 9" });
  const unread = new UnreadStore(kept, "/");
  unread.setNewestPage([], nobody, true);
  for (let id = 1; id <= 12; id++) unread.add(message(id, 50_000 + id), false);
  expect([unread.count.value, unread.firstId.value]).toEqual([12, 1]);
  const later = new UnreadStore(kept, "/");
  later.setNewestPage(
    range(1, 12).map(({ id }) => message(id ?? 0, 50_000 + (id ?? 0))),
    nobody,
    false,
  );
  expect(later.count.value).toBe(12);
});

test("a tab that still shows the old history marks nothing as read in the new one", () => {
  const kept = storage();
  const [one, two] = [new UnreadStore(kept, "/"), new UnreadStore(kept, "/")];
  for (const tab of [one, two]) tab.setNewestPage(range(1, 9), nobody, true);
  one.setNewestPage(range(1, 3), nobody, true);
  two.setReading(true);
  one.syncTabs();
  one.add(message(4, 20_000), false);
  expect(one.count.value).toBe(1);
  one.setReading(true);
  expect(kept.getItem(`${READ_KEY}/`)).toBe("20000 4");
});

test("a mark without a time, of an earlier version of the page, counts by its id, and not when it is too high", () => {
  const firstId = (mark: string, messages: readonly Message[]) => {
    const unread = new UnreadStore(storage({ [`${READ_KEY}/`]: mark }), "/");
    unread.setNewestPage(messages, nobody, true);
    return unread.firstId.value;
  };
  expect(firstId("5", range(1, 9))).toBe(6);
  expect(firstId("5", range(7, 9))).toBe(7);
  expect(firstId("50", range(1, 9))).toBeNull();
  for (const rubbish of ["", "x", "x y", "-1 -1", "1 x"]) expect(firstId(rubbish, range(1, 9))).toBeNull();
});

test("a message of tomorrow, of a clock that was wrong, is read once it was read", () => {
  const kept = storage();
  const unread = new UnreadStore(kept, "/");
  const messages = [message(1), message(2, 90_000_000), message(3)];
  unread.setNewestPage(messages, nobody, true);
  unread.setReading(true);
  const later = new UnreadStore(kept, "/");
  later.setNewestPage([...messages, message(4)], nobody, false);
  expect([later.firstId.value, later.count.value]).toEqual([4, 1]);
});

test("without browser storage, drafts, marks and settings last as long as the page", async () => {
  const kept = withMemoryFallback(() => {
    throw new Error("forbidden");
  });
  const draft = new DraftStore(kept, kept, "/", signal([]));
  draft.write("hello", 5);
  const unread = new UnreadStore(kept, "/");
  unread.setNewestPage(range(1, 3), nobody, true);
  unread.setReading(true);
  const settings = await SettingsStore.open(kept, [], LOAD_WORDS);
  settings.theme.value = "dark";
  settings.syncTabs();
  unread.syncTabs();
  expect([draft.text.value, unread.count.value, settings.theme.value]).toEqual(["hello", 0, "dark"]);
  draft.write("", 0);
  expect(kept.keys().filter((key) => key.includes("#"))).toEqual([]);
});

test("of the entries stored for rooms the oldest is dropped first, and one without a time before it", () => {
  const kept = storage({ "read:legacy": "x", other: "1 1" });
  for (let i = 0; i < 30; i++) kept.setItem(`read:${i}`, `${1000 + i} 5`);
  keepNewest(kept, "read:", 20);
  expect(kept.keys().filter((key) => key.startsWith("read:"))).toHaveLength(20);
  expect(["read:legacy", "read:9", "read:10", "other"].map((key) => kept.getItem(key))).toEqual([
    null,
    null,
    "1010 5",
    "1 1",
  ]);
});

test("a picture that one tab has chosen is shown in the others, and leaves the pictures of other places alone", async () => {
  const files = new Map<Place, Blob>();
  const vault = {
    get: async (place: Place) => files.get(place),
    put: async (place: Place, file: Blob) => void files.set(place, file),
    remove: async (place: Place) => void files.delete(place),
  };
  const kept = storage();
  const [one, two] = [new PictureStore(vault, kept), new PictureStore(vault, kept)];
  const before = kept.getItem("classic-chatbox.pictures");
  await one.choose("chat", new Blob(["picture"]));
  // The browser tells other tabs only of items that have changed.
  expect(kept.getItem("classic-chatbox.pictures")).not.toBe(before);
  await two.chooseAddress("page", "https://a.example/x");
  await two.load();
  expect(Object.keys(two.urls.value).toSorted()).toEqual(["chat", "page"]);
  await one.clear("chat");
  await two.load();
  expect(two.urls.value).toEqual({ page: "https://a.example/x" });
  expect(new PictureStore(vault, kept).urls.value).toEqual({ page: "https://a.example/x" });
});
