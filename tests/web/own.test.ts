import { expect, test } from "bun:test";
import type { Message } from "../../src/client/index.ts";
import { withMemoryFallback } from "../../src/web/store/browser-storage.ts";
import { OWN_KEY, OwnMessages } from "../../src/web/store/own.ts";

/** What one browser keeps, as its tabs see it. */
function browser() {
  const items = new Map<string, string>();
  const storage = {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
  };
  return { items, storage, tab: (room = "/") => new OwnMessages(storage, room) };
}

function message(
  id: number | null,
  name = "An",
  time: number | null = 1_800_000_000_000 + (id ?? 0),
): Message {
  return { id, name, content: "hello", timestamp: "", time };
}

test("later tabs of the same room know what this browser sent, under whatever nickname", () => {
  const { tab } = browser();
  tab().add(message(1, "An"));
  tab().add(message(3, "Ân"));
  const later = tab();
  expect([1, 2, 3].map((id) => later.has(message(id, "Bình")))).toEqual([true, false, true]);
  expect(tab("/rooms/tea").has(message(1))).toBe(false);
  expect(browser().tab().has(message(1))).toBe(false);
});

test("an id that a history uses again, after it was replaced, is another message", () => {
  const { tab } = browser();
  tab().add(message(1));
  expect(tab().has(message(1, "An", 1_900_000_000_000))).toBe(false);
});

test("after a history was replaced, its low ids are remembered in preference to those of the old one", () => {
  const { tab } = browser();
  const own = tab();
  for (let id = 5000; id < 6001; id++) own.add(message(id));
  own.add(message(1, "An", 1_900_000_000_000));
  expect(tab().has(message(1, "An", 1_900_000_000_000))).toBe(true);
  expect([5001, 5002].map((id) => tab().has(message(id)))).toEqual([false, true]);
});

test("messages without an id are never one's own: version 2 cannot tell them apart", () => {
  const { tab, items } = browser();
  tab().add(message(null, "An", null));
  expect(tab().has(message(null, "An", null))).toBe(false);
  expect(items.size).toBe(0);
});

test("tabs that write in turn keep what the others wrote", () => {
  const { tab } = browser();
  const [one, two, other] = [tab(), tab(), tab("/rooms/tea")];
  for (const id of [1, 4, 7]) {
    one.add(message(id));
    two.add(message(id + 1));
    other.add(message(id + 2));
  }
  const later = tab();
  expect([1, 2, 4, 5, 7, 8].every((id) => later.has(message(id)))).toBe(true);
  expect([3, 6, 9].map((id) => tab("/rooms/tea").has(message(id)))).toEqual([true, true, true]);
});

test("two tabs that write at once lose nothing, and stop writing then", () => {
  const { tab, items, storage } = browser();
  const one = tab();
  const before = items.get(OWN_KEY) ?? "";
  one.add(message(1));
  items.set(OWN_KEY, before);
  const two = tab();
  two.add(message(2));
  // The browser tells each tab what the other has written.
  one.syncTabs();
  two.syncTabs();
  expect([1, 2].map((id) => tab().has(message(id)))).toEqual([true, true]);
  let writes = 0;
  const counted = { ...storage, setItem: () => void writes++ };
  for (let i = 0; i < 5; i++) for (const each of [counted, counted]) new OwnMessages(each, "/").syncTabs();
  expect(writes).toBe(0);
});

test("the stored list is finite: the newest messages, and the rooms last written to", () => {
  const { tab, items } = browser();
  for (let room = 0; room < 30; room++) {
    // As a browser has it that kept as much as it may, and the last one adds more.
    const marks = Array.from({ length: 1500 }, (_, at) => `${at + 10}.${(1e12 + at).toString(36)}`);
    const kept: unknown = JSON.parse(items.get(OWN_KEY) ?? "[]");
    const rooms = Array.isArray(kept) ? kept : [];
    items.set(OWN_KEY, JSON.stringify([[`/rooms/${room}`, marks.join(" ")], ...rooms]));
    tab(`/rooms/${room}`).add(message(2e9));
  }
  expect(items.get(OWN_KEY)?.length).toBeLessThan(350_000);
  const last = tab("/rooms/29");
  expect(last.has(message(2e9))).toBe(true);
  expect(last.has(message(Number.parseInt("1509", 36), "An", 1e12 + 1499))).toBe(true);
  expect(last.has(message(Number.parseInt("10", 36), "An", 1e12))).toBe(false);
  expect(tab("/rooms/0").has(message(2e9))).toBe(false);
});

test("tabs of too many rooms do not drive each other out for ever", () => {
  const { tab, items } = browser();
  const tabs = Array.from({ length: 30 }, (_, room) => tab(`/rooms/${room}`));
  for (const each of tabs) each.add(message(1));
  const kept = items.get(OWN_KEY);
  for (const each of tabs) each.syncTabs();
  expect(items.get(OWN_KEY)).toBe(kept ?? "");
});

test("without browser storage, own messages are known as long as the page lives", () => {
  const storage = withMemoryFallback(() => {
    throw new Error("forbidden");
  });
  const own = new OwnMessages(storage, "/");
  own.add(message(1));
  own.syncTabs();
  expect([own.has(message(1)), own.has(message(2))]).toEqual([true, false]);
});

test.each(["", "{", "null", "5", '{"a":1}', '[1,[2],["/"],["/",5],["/","x y. .z"]]', '[["/","<b>"]]'])(
  "rubbish in its place is as nothing: %p",
  (rubbish) => {
    const { tab, items } = browser();
    items.set(OWN_KEY, rubbish);
    const own = tab();
    own.add(message(1));
    expect(tab().has(message(1))).toBe(true);
  },
);

test("a tab sees what another one has stored, and remembers what the browser has no room for", () => {
  const items = new Map<string, string>();
  let isFull = false;
  const tab = () =>
    withMemoryFallback(() => ({
      getItem: (key) => items.get(key) ?? null,
      setItem: (key, value) => {
        if (isFull) throw new Error("QuotaExceededError");
        items.set(key, value);
      },
      removeItem: (key) => void items.delete(key),
      keys: () => [...items.keys()],
    }));
  const [one, two] = [tab(), tab()];
  one.setItem("a", "1");
  two.setItem("a", "2");
  expect(one.getItem("a")).toBe("2");
  isFull = true;
  one.setItem("a", "3");
  expect([one.getItem("a"), two.getItem("a")]).toEqual(["3", "2"]);
});
