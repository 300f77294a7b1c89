import { expect, test } from "bun:test";
import { signal } from "@preact/signals";
import type { HistoryOptions, Message, Page } from "../../src/client/index.ts";
import { DraftStore } from "../../src/web/store/draft.ts";
import { Handover } from "../../src/web/store/handover.ts";
import { summarise } from "../../src/web/store/item.ts";
import { keeperOver } from "../../src/web/store/keeper.ts";
import { LogStore } from "../../src/web/store/log.ts";
import { PictureStore, type Place } from "../../src/web/store/pictures.ts";
import { SettingsStore } from "../../src/web/store/settings.ts";
import { TabStorage } from "../../src/web/store/tab-storage.ts";
import { UnreadStore } from "../../src/web/store/unread.ts";
import { chooseLanguage } from "../../src/web/words/languages.ts";

function keeper(kept: Record<string, string> = {}) {
  const items = new Map(Object.entries(kept));
  return {
    items,
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
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
    const { before, after, limit = 100 } = options;
    const all = range(1, count).filter(
      ({ id }) => (id ?? 0) < (before ?? Infinity) && (id ?? 0) > (after ?? 0),
    );
    const messages = after === undefined ? all.slice(-limit) : all.slice(0, limit);
    return { messages, more: messages.length < all.length };
  };
  return { asked, history };
}

function ids(log: LogStore): (number | null)[] {
  return log.items.value.flatMap((item) => (item.kind === "message" ? [item.message.id] : []));
}

test("the log pages upwards until the beginning, and asks once for a page", async () => {
  const server = source(450);
  const log = new LogStore(server);
  log.replace(range(351, 450), true, "An");
  await Promise.all([log.loadOlder(null), log.loadOlder(null)]);
  expect(server.asked).toEqual([{ before: 351, limit: 200 }]);
  await log.loadOlder(null);
  await log.loadOlder(null);
  expect(ids(log)).toEqual(range(1, 450).map(({ id }) => id));
  expect(log.hasOlder.value).toBe(false);
});

test("a run round an old message grows to the newest one, with what came meanwhile, once", async () => {
  const log = new LogStore(source(1000));
  log.replace(range(901, 1000), true, null);
  expect(await log.show(300, null)).toBe(true);
  expect([ids(log)[0], ids(log).at(-1), log.hasNewer.value]).toEqual([241, 360, true]);
  log.add(message(1001), false);
  while (log.hasNewer.value) await log.loadNewer(null);
  log.add(message(1002), false);
  expect(ids(log)).toEqual(range(241, 1002).map(({ id }) => id));
  expect(await log.show(5000, null)).toBe(false);
});

test("a page that cannot be had can be asked for again", async () => {
  let isBroken = true;
  const { history } = source(10);
  const log = new LogStore({
    history: (options) => (isBroken ? Promise.reject(new Error()) : history(options)),
  });
  log.replace(range(6, 10), true, null);
  await log.loadOlder(null);
  expect(log.older.value).toBe("failed");
  isBroken = false;
  await log.loadOlder(null);
  expect(ids(log)).toHaveLength(10);
});

test("what people do between two messages is one line", () => {
  const log = new LogStore(source(0));
  log.addChange({ kind: "joined", name: "An", time: 1 });
  log.addChange({ kind: "left", name: "An", time: 2 });
  log.add(message(1), false);
  log.addChange({ kind: "joined", name: "Bình", time: 3 });
  expect(log.items.value.map(({ kind }) => kind)).toEqual(["people", "message", "people"]);
});

test("a line about people says how each of them ended up", () => {
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
  expect(summarise(changes)).toEqual({
    joined: ["An"],
    left: ["Em"],
    passed: ["Chi"],
    returned: ["Bình"],
    renamed: [{ from: "An", to: "Anh" }],
  });
});

test("what comes while nobody reads is counted and marked; what was read is kept for the next visit", () => {
  const kept = keeper();
  const unread = new UnreadStore(kept, "/");
  unread.entered(range(1, 3), null);
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
  again.entered(range(1, 9), "me");
  expect(again.firstId.value).toBe(8);
});

test("a draft is kept for its room, counts near its end, and completes mentions", () => {
  const kept = keeper();
  const draft = new DraftStore(kept, "/", signal(["Bình", "Bích"]));
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
  expect(new DraftStore(kept, "/", signal([])).text.value).toBe("kept");
  expect(new DraftStore(kept, "/rooms/tea", signal([])).text.value).toBe("");
});

test("settings are kept, and rubbish in their place is no harm", () => {
  const kept = keeper();
  const settings = new SettingsStore(kept, ["fr", "vi-VN"]);
  expect([settings.theme.value, settings.words.value.locale]).toEqual(["system", "vi"]);
  settings.theme.value = "classic";
  settings.language.value = "en";
  const again = new SettingsStore(kept, ["vi"]);
  expect([again.theme.value, again.words.value.locale]).toEqual(["classic", "en"]);
  for (const rubbish of ["null", "[]", '{"theme":"pink","language":"xx","sound":1}', "{"]) {
    const other = new SettingsStore(keeper({ "classic-chatbox.settings": rubbish }), []);
    expect([other.theme.value, other.language.value, other.sound.value]).toEqual(["system", null, false]);
  }
  expect(chooseLanguage(["toString", "__proto__"])).toBe("en");
});

test("a browser that forbids its storage is used without it", () => {
  const kept = keeperOver(() => {
    throw new Error("forbidden");
  });
  kept.setItem("a", "1");
  expect([kept.getItem("a"), kept.getItem("b")]).toEqual(["1", null]);
});

test("a stay goes over to the tab that asks for it, and only within its room and nickname", async () => {
  const listeners: ((event: { readonly data: unknown }) => void)[] = [];
  const channel = () => {
    const own: typeof listeners = [];
    return {
      postMessage: (data: unknown) => {
        for (const each of listeners) if (!own.includes(each)) each({ data });
      },
      addEventListener: (_type: "message", listener: (event: { readonly data: unknown }) => void) => {
        own.push(listener);
        listeners.push(listener);
      },
    };
  };
  const tab = () => {
    const items = new Map<string, string>();
    const storage = {
      getItem: (key: string) => items.get(key) ?? null,
      setItem: (key: string, value: string) => void items.set(key, value),
      removeItem: (key: string) => void items.delete(key),
    };
    return new TabStorage(() => storage);
  };
  const [holder, asker, stranger] = [tab(), tab(), tab()];
  holder.setItem("key", "secret");
  stranger.setItem("key", "another secret");
  new Handover(channel(), "/", holder, () => "An");
  new Handover(channel(), "/rooms/tea", stranger, () => "An");
  new Handover(channel(), "/", stranger, () => "Bình");
  await new Handover(channel(), "/", asker, () => null).ask("An");
  expect(asker.kept).toEqual(["key", "secret"]);
  for (const data of [null, 1, {}, { kind: "give", room: "/", key: 1 }])
    for (const each of listeners) each({ data });
  expect(asker.kept).toEqual(["key", "secret"]);
});

test("pictures are kept as files or as addresses, one for each place", async () => {
  const files = new Map<Place, Blob>();
  const vault = {
    get: async (place: Place) => files.get(place),
    put: async (place: Place, file: Blob) => void files.set(place, file),
    remove: async (place: Place) => void files.delete(place),
  };
  const kept = keeper();
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
