/** Which rooms there are, and which of them are listed. */
import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { roomFile } from "../../src/engine/local/room-file.ts";
import type { ListedRoom, RoomList } from "../../src/protocol/room-list.ts";
import { SUBPROTOCOL_V3 } from "../../src/protocol/version.ts";
import { upgradeStatus } from "../support/client.ts";
import { RawPeer, upgradeRequest } from "../support/raw.ts";
import { type ChatServer, startServer } from "../support/server.ts";
import { fileTest } from "../support/store.ts";
import { KEY, moderated, storeFlags, Visitor } from "../support/visitors.ts";

const BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8";
const VERSIONS: readonly string[][] = [[], [SUBPROTOCOL_V3]];

async function listOf(server: ChatServer, base = ""): Promise<readonly ListedRoom[]> {
  const response = await fetch(server.http(`${base}/rooms.json`));
  expect(response.status).toBe(200);
  const { rooms }: { rooms: ListedRoom[] } = await response.json();
  return rooms;
}

/** The list, and what is new after some ids. */
async function newsAfter(server: ChatServer, after: string): Promise<RoomList> {
  const response = await fetch(server.http(`/rooms.json?after=${after}`));
  expect(response.status).toBe(200);
  return await response.json();
}

/** The list once something holds of it. It is as it was up to two seconds before. */
async function listWith(
  server: ChatServer,
  isWanted: (rooms: readonly ListedRoom[]) => boolean,
): Promise<readonly ListedRoom[]> {
  for (;;) {
    const rooms = await listOf(server);
    if (isWanted(rooms)) return rooms;
    await Bun.sleep(100);
  }
}

async function set(by: Visitor, room: string, settings: object): Promise<void> {
  expect(await by.ask({ type: "room", room, set: settings })).toMatchObject({ type: "room", status: true });
}

/** The status of the page of a room, and of a handshake in each version. */
async function statusesOf(server: ChatServer, room: string): Promise<number[]> {
  const page = await fetch(server.http(`/rooms/${room}`));
  const reading = await fetch(server.http(`/rooms/${room}?read`));
  const upgrades = VERSIONS.map((protocols) => upgradeStatus(server.url(room), { protocols }));
  return [page.status, reading.status, ...(await Promise.all(upgrades))];
}

const THERE = [200, 200, 101, 101];
const MISSING = [404, 404, 404, 404];

test("EP-10 the listed rooms are listed, those with the most people first, then by title", async () => {
  const { server, minh } = await moderated();
  await using _server = server;
  expect(await listOf(server)).toEqual([]);
  await set(minh, "tea", { title: "Tea & <b>cake</b>", topic: 'What "we" drink', listed: true });
  await set(minh, "ants", { title: "Ants", listed: true });
  await set(minh, "room-10", { listed: true });
  await set(minh, "room-9", { listed: true, entry: "members" });
  await set(minh, "hidden", { title: "Hidden" });
  using an = await Visitor.named(server, "An", { room: "tea" });
  using _binh = await Visitor.named(server, "Bình", { room: "tea", version: 2 });
  using _chi = await Visitor.named(server, "Chi", { room: "room-10" });
  const { id } = await an.say("hello");
  const rooms = await listWith(server, ([first]) => first?.online === 2 && first.lastId !== undefined);
  const plain = { title: "", topic: "", online: 0, entry: "everyone" };
  expect(rooms).toEqual([
    {
      room: "tea",
      path: "/rooms/tea",
      title: "Tea & <b>cake</b>",
      topic: 'What "we" drink',
      online: 2,
      entry: "everyone",
      lastId: Number(id),
    },
    { ...plain, room: "room-10", path: "/rooms/room-10", online: 1 } as ListedRoom,
    { ...plain, room: "ants", path: "/rooms/ants", title: "Ants" } as ListedRoom,
    { ...plain, room: "room-9", path: "/rooms/room-9", entry: "members" } as ListedRoom,
  ]);
  await set(minh, "/", { listed: true });
  const [main] = (await listWith(server, ({ length }) => length === 5)).filter(({ room }) => room === "/");
  expect(main).toMatchObject({ path: "/", online: 1 });
  await set(minh, "tea", { listed: false });
  await listWith(server, ({ length }) => length === 4);
});

test("EP-10 how much is said in a room that is not open to everybody is not listed", async () => {
  const { server, minh } = await moderated({ room: "tea" });
  await using _server = server;
  await minh.say("hello");
  await set(minh, "tea", { listed: true });
  await listWith(server, ([tea]) => tea?.lastId !== undefined);
  await set(minh, "tea", { listed: true, entry: "password", password: "leaves" });
  const [tea] = await listWith(server, ([tea]) => tea?.entry === "password");
  expect(Object.keys(tea ?? {}).sort()).toEqual(["entry", "online", "path", "room", "title", "topic"]);
  expect((await fetch(server.http("/rooms/tea?glance"))).status).toBe(403);
});

test("EP-10 the list is a page without JavaScript, in the language of the browser, and texts are texts", async () => {
  const { server, minh } = await moderated();
  await using _server = server;
  await set(minh, "tea", { title: "Tea & <b>cake</b>", topic: '<i onclick="x">', listed: true });
  await set(minh, "quiet", { listed: true, entry: "members" });
  using _an = await Visitor.named(server, "An", { room: "tea" });
  await listWith(server, ([first]) => first?.online === 1);
  for (const [language, lang, ...parts] of [
    ["en", "en", "<h1>Rooms</h1>", "1 person here", "Room quiet", "nobody here now · members only"],
    [
      "vi-VN,vi;q=0.9",
      "vi",
      "<h1>Danh sách phòng</h1>",
      "1 người đang ở đây",
      "Phòng quiet",
      "hiện không có ai",
    ],
  ] as const) {
    const headers = { Accept: BROWSER, "Accept-Language": language };
    const response = await fetch(server.http("/rooms"), { headers });
    expect(response.status).toBe(200);
    expect(response.headers.get("Content-Type")).toBe("text/html;charset=utf-8");
    expect(response.headers.get("Cache-Control")).toBe("public, max-age=2");
    expect(response.headers.get("Vary")).toBe("Accept-Language");
    expect(response.headers.get("Content-Security-Policy")).toContain("default-src 'none'");
    const html = await response.text();
    for (const part of [`<html lang="${lang}">`, ...parts]) expect(html).toContain(part);
    expect(html).toContain('<a href="./rooms/tea"><bdi>Tea &amp; &lt;b&gt;cake&lt;/b&gt;</bdi></a>');
    expect(html).toContain("&lt;i onclick=&quot;x&quot;&gt;");
    expect(html).not.toMatch(/<script|<b>|<i /);
  }
  const head = await fetch(server.http("/rooms"), { method: "HEAD" });
  expect([head.status, await head.text()]).toEqual([200, ""]);
  expect((await fetch(server.http("/rooms"), { method: "POST" })).status).toBe(405);
});

test("EP-9 EP-10 the list is below the base path as well", async () => {
  const { server, minh } = await moderated({ flags: ["--base-path", "/team/chat"] });
  await using _server = server;
  await set(minh, "tea", { listed: true });
  await listWith(server, ({ length }) => length === 1);
  for (const base of ["", "/team/chat"]) {
    expect(await listOf(server, base)).toMatchObject([{ room: "tea", path: "/rooms/tea" }]);
    const html = await (await fetch(server.http(`${base}/rooms`))).text();
    expect(html).toContain('<a href="/team/chat/rooms/tea">');
  }
});

test("EP-10 a page of another site reads the list if it may connect", async () => {
  await using server = await startServer(["--allow-origin", "https://site.example"]);
  const allowedFor = async (Origin: string) => {
    const { headers } = await fetch(server.http("/rooms.json"), { headers: { Origin } });
    expect([headers.get("Vary"), headers.get("Cache-Control")]).toEqual(["Origin", "public, max-age=2"]);
    return headers.get("Access-Control-Allow-Origin");
  };
  expect(await allowedFor("https://site.example")).toBe("https://site.example");
  expect(await allowedFor("https://other.example")).toBeNull();
});

test("EP-10 whoever has read up to an id is told how many messages there are since, listed or not", async () => {
  const { server, minh } = await moderated({ room: "tea", flags: ["--sends-burst", "500"] });
  await using _server = server;
  await set(minh, "milk", { listed: true });
  await set(minh, "library", { listed: true, entry: "password", password: "leaves" });
  await set(minh, "attic", { entry: "members" });
  for (const room of ["library", "attic"]) {
    using visitor = await Visitor.connect(server, { room, key: KEY.minh });
    await visitor.ask({ type: "name", name: "Minh", ...(room === "library" && { password: "leaves" }) });
    await visitor.say("among us");
  }
  using an = await Visitor.named(server, "An", { room: "tea" });
  const ids = [];
  for (const content of ["one", "two", "three"]) ids.push((await an.say(content)).id);
  const [first = 0, second = 0, third = 0] = ids;
  const unread = async (after: string) => (await newsAfter(server, after)).unread;
  expect(await unread(`tea:${first}`)).toEqual({ tea: 2 });
  expect(await an.ask({ type: "react", of: first, emoji: "👍", on: true })).toMatchObject({ status: true });
  expect(await unread(`tea:${first}`)).toEqual({ tea: 2 });
  expect(await an.ask({ type: "delete", of: second })).toMatchObject({ status: true });
  expect(await unread(`tea:${first}`)).toEqual({ tea: 1 });
  expect(await unread(`tea:${third},milk:0,/:0,never-there:5`)).toEqual({
    tea: 0,
    milk: 0,
    "/": 0,
    "never-there": 0,
  });
  expect(await unread("library:0,attic:0,tea:0")).toEqual({ tea: 2 });
  expect(await unread("library:0")).toEqual({});
  for (let i = 0; i < 97; i++) await an.say(`${i}`);
  expect(await unread("tea:0")).toEqual({ tea: 99 });
  for (let i = 0; i < 10; i++) await an.say(`${i}`);
  expect(await unread("tea:0")).toEqual({ tea: 100 });
  // The list itself is the same, and is kept only where nothing was asked.
  const { rooms } = await newsAfter(server, "tea:0");
  expect(rooms.map(({ room }) => room).sort()).toEqual(["library", "milk"]);
  const cached = async (query: string) =>
    (await fetch(server.http(`/rooms.json${query}`))).headers.get("Cache-Control");
  expect([await cached(""), await cached("?after=tea:1")]).toEqual(["public, max-age=2", "no-store"]);
  await server.restart();
  expect(await unread(`tea:${third},milk:0,never-there:5`)).toEqual({
    tea: 100,
    milk: 0,
    "never-there": 0,
  });
});

test("EP-10 a hostile query is answered like any other, and 20 rooms are counted at most", async () => {
  await using server = await startServer();
  using an = await Visitor.named(server, "An", { room: "tea" });
  await an.say("hello");
  const unread = async (after: string) => (await newsAfter(server, after)).unread;
  for (const malformed of [
    "",
    ",,,",
    ":",
    "tea",
    "tea:",
    ":1",
    "tea:-1",
    "tea:NaN",
    "tea:Infinity",
    "tea:1e3",
    "tea:0x1",
    "tea:1.5",
    "tea: 1",
    "tea:1:1",
    `tea:${"9".repeat(4_000)}`,
    "tea:9007199254740993",
    "Tea:1",
    "../tea:1",
    "/rooms/tea:1",
    "//:1",
    "tea%00:1",
    `${"a".repeat(65)}:1`,
  ])
    expect([malformed, await unread(malformed)]).toEqual([malformed, {}]);
  expect(await unread("NaN:NaN,tea:0,tea:-1")).toEqual({ tea: 1 });
  expect(await unread(`tea:${Number.MAX_SAFE_INTEGER}`)).toEqual({ tea: 0 });
  expect(await unread("constructor:0,tostring:0")).toEqual({ constructor: 0, tostring: 0 });
  expect(await unread(Array(1_000).fill("tea:0").join())).toEqual({ tea: 1 });
  const names = Array.from({ length: 1_500 }, (_, i) => `r${i}`);
  const counted = await unread(names.map((name) => `${name}:1`).join());
  expect(Object.keys(counted ?? {})).toEqual(names.slice(0, 20));
  const tooLong = Array.from({ length: 10_000 }, (_, i) => `r${i}:1`).join();
  expect((await fetch(server.http(`/rooms.json?after=${tooLong}`))).status).toBe(400);
  expect(await unread("tea:0")).toEqual({ tea: 1 });
});

fileTest(
  "EP-10 no history is read where nothing is new, and one that cannot be read leaves the list",
  async () => {
    const { server, minh } = await moderated({ room: "tea" });
    await using _server = server;
    await set(minh, "milk", { listed: true });
    const { id } = await minh.say("hello");
    const store = await over(server);
    writeFileSync(roomFile(store.dataFile ?? "", "tea"), "no history");
    await using again = await startServer([], store);
    expect((await newsAfter(again, `tea:${id}`)).unread).toEqual({ tea: 0 });
    const { rooms, unread } = await newsAfter(again, "tea:0,milk:0");
    expect([rooms.map(({ room }) => room), unread]).toEqual([["milk"], undefined]);
  },
);

test("EP-10 LIM-2 what is counted is paid from the history rate of the address", async () => {
  const flags = ["--address-requests-burst", "100", "--address-requests-per-second", "0.001"];
  for (const [after, most] of [
    [null, 100],
    ["tea:1", 50],
    [Array.from({ length: 20 }, (_, i) => `r${i}:0`).join(), 5],
    ["tea:0", 10],
  ] as const) {
    await using server = await startServer(flags);
    using an = await Visitor.named(server, "An", { room: "tea" });
    await an.say("hello");
    let answered = 0;
    while ((await fetch(server.http(`/rooms.json${after === null ? "" : `?after=${after}`}`))).ok) answered++;
    expect([after, answered]).toEqual([after, most]);
  }
});

test("EP-11 by default a room is there as soon as somebody connects", async () => {
  await using server = await startServer();
  expect(await statusesOf(server, "tea")).toEqual(THERE);
});

test("EP-11 with --rooms listed a room is there once it is made, or because it has a history", async () => {
  const { server, minh } = await moderated({ flags: ["--rooms", "open"] });
  await using _server = server;
  using an = await Visitor.named(server, "An", { room: "old", key: KEY.an });
  await an.say("hello");
  await using listed = await startServer(
    ["--rooms", "listed", "--trust-proxy", "127.0.0.1"],
    await over(server),
  );
  expect(await statusesOf(listed, "tea")).toEqual(MISSING);
  expect(await statusesOf(listed, "old")).toEqual(THERE);
  using main = await Visitor.connect(listed, { key: KEY.minh });
  // Whoever moderates one room only, or none, makes no others.
  using other = await Visitor.named(listed, "Bình", { key: KEY.binh });
  for (const request of [{ set: { title: "Tea" } }, {}])
    expect(await other.ask({ type: "room", room: "tea", ...request })).toMatchObject({
      status: false,
      reason: "NotAllowed",
    });
  for (const room of ["Tea", "a b", "", 7, null, "../x"])
    expect(await main.ask({ type: "room", room, set: {} })).toMatchObject({
      status: false,
      reason: "WrongFormatSettings",
    });
  expect(await statusesOf(listed, "tea")).toEqual(MISSING);
  expect(await main.ask({ type: "room", room: "tea", set: { title: "Tea" } })).toMatchObject({
    status: true,
    settings: { title: "Tea" },
  });
  expect(await statusesOf(listed, "tea")).toEqual(THERE);
  expect(await main.ask({ type: "room", room: "tea" })).toMatchObject({ settings: { title: "Tea" } });
  expect(await main.ask({ type: "room" })).toMatchObject({ settings: { title: "" } });
  await listed.restart();
  expect(await statusesOf(listed, "tea")).toEqual(THERE);
  expect(await statusesOf(listed, "milk")).toEqual(MISSING);
  expect(minh.by).toBe(main.by);
});

test("EP-11 with --rooms fixed nobody makes rooms while the server runs", async () => {
  const { server, minh } = await moderated();
  await using _server = server;
  await set(minh, "tea", { title: "Tea" });
  await using fixed = await startServer(
    ["--rooms", "fixed", "--trust-proxy", "127.0.0.1"],
    await over(server),
  );
  expect(await statusesOf(fixed, "tea")).toEqual(THERE);
  using main = await Visitor.connect(fixed, { key: KEY.minh });
  expect(await main.ask({ type: "room", room: "milk", set: { title: "Milk" } })).toMatchObject({
    status: false,
    reason: "NotAllowed",
  });
  expect(await statusesOf(fixed, "milk")).toEqual(MISSING);
  await set(main, "tea", { title: "Green tea" });
  for (const room of ["", "?read"]) expect((await fetch(fixed.http(`/${room}`))).status).toBe(200);
});

test("EP-11 a room that is missing is answered in words, and with the way to the list", async () => {
  await using server = await startServer(["--rooms", "fixed"]);
  for (const [language, title, link] of [
    ["en", "No such room", '<a href="../rooms">See the list of rooms</a>'],
    ["vi", "Không có phòng này", '<a href="../rooms">Xem danh sách phòng</a>'],
  ] as const) {
    const headers = { Accept: BROWSER, "Accept-Language": language };
    const response = await fetch(server.http("/rooms/tea"), { headers });
    expect(response.status).toBe(404);
    expect(response.headers.get("Cache-Control")).toBe("no-store");
    const html = await response.text();
    for (const part of [title, link]) expect(html).toContain(part);
  }
  const plain = await fetch(server.http("/rooms/tea"), { headers: { Accept: "*/*" } });
  expect([plain.status, await plain.text()]).toEqual([404, "There is nothing here.\n"]);
  const upgrade = await fetch(server.http("/rooms/tea"), {
    headers: {
      Upgrade: "websocket",
      Connection: "Upgrade",
      "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
      "Sec-WebSocket-Version": "13",
    },
  });
  expect([upgrade.status, await upgrade.text()]).toEqual([
    404,
    "There is no such room. /rooms lists the rooms.\n",
  ]);
});

test("EP-11 a client that does not wait for the answer to its handshake is understood all the same", async () => {
  const { server, minh } = await moderated({ room: "tea" });
  await using _server = server;
  await minh.say("hello");
  await using fixed = await startServer(["--rooms", "fixed"], await over(server));
  using peer = await RawPeer.open(fixed.port);
  peer.send(upgradeRequest("/rooms/tea", fixed.port));
  for (let i = 0; i < 20; i++) peer.sendText(JSON.stringify({ type: "name", name: `An${i}` }));
  await peer.until(() => peer.responseHead !== "");
  expect(peer.responseHead).toStartWith("HTTP/1.1 101 ");
  for (let i = 0; i < 20; i++)
    expect(JSON.parse(await peer.next())).toMatchObject({ type: "name", status: true });
});

/** What another server needs to continue where this one has ended. */
async function over(server: ChatServer) {
  await server.stop();
  const [flag, value = ""] = storeFlags(server);
  return flag === "--data" ? { dataFile: value } : { database: value };
}
