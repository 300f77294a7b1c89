import { expect, test } from "bun:test";
import type { ListableStorage } from "../../src/web/store/browser-storage.ts";
import { readRooms } from "../../src/web/store/room-list.ts";
import { forgetVisit, visitsIn } from "../../src/web/store/visits.ts";

function storageWith(items: Readonly<Record<string, string>>): ListableStorage {
  const values = new Map(Object.entries(items));
  return {
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => void values.set(key, value),
    removeItem: (key) => void values.delete(key),
    keys: () => [...values.keys()],
  };
}

test("the rooms that were joined last are known by their nicknames, with what was read there", () => {
  const storage = storageWith({
    "classic-chatbox.nickname": "An",
    "classic-chatbox.nickname:/rooms/tea": "1000 An",
    "classic-chatbox.nickname:/": "3000 An",
    "classic-chatbox.nickname:/rooms/old": "2000 An Bình",
    "classic-chatbox.nickname:/nothing": "4000 An",
    "classic-chatbox.read:/rooms/tea": "900 17",
    "classic-chatbox.read:/rooms/old": "12",
    "classic-chatbox.read:/rooms/only-seen": "5000 3",
  });
  expect(visitsIn(storage)).toEqual([
    { path: "/", readId: 0 },
    { path: "/rooms/old", readId: 12 },
    { path: "/rooms/tea", readId: 17 },
  ]);
  forgetVisit(storage, "/rooms/tea");
  expect(visitsIn(storage).map(({ path }) => path)).toEqual(["/", "/rooms/old"]);
  expect(storage.keys().filter((key) => key.endsWith("tea"))).toEqual([]);
});

test("at most 20 rooms are shown as visited, the newest", () => {
  const items = Array.from({ length: 50 }, (_, i) => [`classic-chatbox.nickname:/rooms/r${i}`, `${i} An`]);
  const visits = visitsIn(storageWith(Object.fromEntries(items)));
  expect(visits).toHaveLength(20);
  expect(visits[0]?.path).toBe("/rooms/r49");
});

test("a list of rooms is read as the server writes it, and nothing else passes for one", () => {
  const tea = {
    room: "tea",
    path: "/rooms/tea",
    title: "",
    topic: "",
    online: 2,
    entry: "everyone",
  };
  const rooms = [
    { ...tea, lastId: 7 },
    { ...tea, entry: "by-ticket" },
  ];
  expect<unknown>(readRooms({ rooms })).toEqual({
    listed: [tea, { ...tea, entry: "members" }],
    unread: new Map(),
  });
  expect(readRooms({ rooms: [], unread: { tea: 3, "/": 100, milk: 0 } }).unread).toEqual(
    new Map([
      ["/rooms/tea", 3],
      ["/", 100],
      ["/rooms/milk", 0],
    ]),
  );
  for (const wrong of [
    null,
    {},
    { rooms: "tea" },
    { rooms: [{ ...tea, path: "javascript:alert(1)" }] },
    { rooms: [{ ...tea, title: { text: "Tea" } }] },
    { rooms: [], unread: 3 },
  ])
    expect(() => readRooms(wrong)).toThrow(TypeError);
});
