import { expect, test } from "bun:test";
import { DEFAULT_SETTINGS, type RoomSettings } from "../../src/room/room-settings.ts";
import { ROOM_MODES, RoomDirectory, type RoomMode } from "../../src/server/room-directory.ts";
import { moderationInMemory } from "../support/moderation.ts";

/** A directory over an engine that counts how often its store is asked. */
function staged(mode: RoomMode, rooms: ReadonlyMap<string, Partial<RoomSettings>> = new Map()) {
  const asked: string[] = [];
  const clock = { now: 0 };
  const people = new Map<string, number>();
  const store = { fails: false };
  const answer = async <T>(question: string, value: T): Promise<T> => {
    asked.push(question);
    if (store.fails) throw new Error("The store is away.");
    return value;
  };
  const settings = new Map(
    Array.from(rooms, ([room, set]) => [room, { ...DEFAULT_SETTINGS, isListed: true, ...set }] as const),
  );
  const moderation = Object.assign(moderationInMemory(), {
    settingsOf: (room: string) => settings.get(room) ?? DEFAULT_SETTINGS,
    rooms: () => settings.entries(),
  });
  const engine = {
    moderation,
    hasHistory: (room: string) => answer(room, room.startsWith("old")),
    headcounts: () => answer("headcounts", people),
    newestIds: (rooms: readonly string[]) =>
      answer(`newest of ${rooms.length}`, new Map(rooms.map((room) => [room, 7]))),
    countsAfter: (ids: ReadonlyMap<string, number>, most: number) =>
      answer(`counts of ${[...ids.keys()]}`, new Map(Array.from(ids, ([room]) => [room, most]))),
  };
  return { directory: new RoomDirectory(mode, engine, () => clock.now), asked, clock, people, store };
}

test("EP-10 whoever asks for the list all day costs the store one look in two seconds", async () => {
  const { directory, asked, clock, people, store } = staged("open", new Map([["tea", {}]]));
  const first = await directory.list();
  people.set("tea", 3);
  for (clock.now = 0; clock.now < 2_000; clock.now += 10) expect(await directory.list()).toBe(first);
  expect(asked).toEqual(["headcounts", "newest of 1"]);
  expect(await directory.list()).toMatchObject([{ room: "tea", online: 3 }]);
  store.fails = true;
  clock.now += 2_000;
  for (let i = 0; i < 10; i++) expect(directory.list()).rejects.toThrow("away");
  expect(asked.slice(4)).toEqual(["headcounts"]);
  store.fails = false;
  clock.now += 2_000;
  expect(await directory.list()).toHaveLength(1);
});

test("EP-10 at most 200 rooms are listed, those with the most people", async () => {
  const names = Array.from({ length: 500 }, (_, i) => `room-${i}`);
  const { directory, people, asked } = staged("open", new Map(names.map((name) => [name, {}])));
  people.set("room-499", 2);
  people.set("room-7", 1);
  const rooms = (await directory.list()).map(({ room }) => room);
  expect(rooms).toHaveLength(200);
  expect(rooms.slice(0, 5)).toEqual(["room-499", "room-7", "room-0", "room-1", "room-2"]);
  expect(asked).toEqual(["headcounts", "newest of 200"]);
});

test("EP-10 messages are counted in all rooms at once, and not where not everybody may read", async () => {
  const rooms = new Map([
    ["tea", { isListed: false }],
    ["library", { entry: "password" }],
    ["attic", { entry: "members" }],
  ] as const);
  const { directory, asked } = staged("fixed", rooms);
  const ids = new Map(["library", "tea", "attic", "unknown"].map((room) => [room, 7]));
  expect(await directory.unread(ids)).toEqual(
    new Map([
      ["tea", 100],
      ["unknown", 100],
    ]),
  );
  expect((await directory.unread(new Map([["attic", 0]]))).size).toBe(0);
  expect(asked).toEqual(["counts of tea,unknown"]);
});

test("EP-11 whether a room exists is remembered for some seconds, of so many rooms", async () => {
  const { directory, asked, clock } = staged("fixed", new Map([["tea", {}]]));
  for (let i = 0; i < 5; i++)
    for (const [room, exists] of [
      ["/", true],
      ["tea", true],
      ["old", true],
      ["new", false],
    ] as const)
      expect([room, await directory.has(room)]).toEqual([room, exists]);
  expect(asked).toEqual(["old", "new"]);
  clock.now += 5_000;
  await directory.has("new");
  expect(asked).toEqual(["old", "new", "new"]);
  for (let i = 0; i < 10_000; i++) await directory.has(`any-${i}`);
  await directory.has("any-9999");
  expect(asked).toHaveLength(10_003);
  await directory.has("new");
  expect(asked).toHaveLength(10_004);
});

test("EP-11 who may make a room by setting something in it depends on the mode", async () => {
  for (const [mode, may] of [
    ["open", true],
    ["listed", true],
    ["fixed", false],
  ] as const)
    expect([mode, await staged(mode).directory.mayMake("new")]).toEqual([mode, may]);
  expect(await staged("fixed").directory.mayMake("old")).toBe(true);
  const known = ROOM_MODES.map((mode) => staged(mode).directory.isKnown("new"));
  expect(known).toEqual([true, false, false]);
});
