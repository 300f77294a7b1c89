import { afterAll, beforeAll, expect, test } from "bun:test";
import { effect, signal } from "@preact/signals";
import { Chat, type Message } from "../../src/client/index.ts";
import { RoomStore } from "../../src/web/store/room.ts";
import type { Joins } from "../../src/web/store/settings.ts";
// It reads contents, and is loaded with the views of a room.
import "../../src/web/text/content.ts";
import {
  Stage as ClientStage,
  messageEvent,
  pageReply,
  REGISTERED,
  stored,
  UNKNOWN_SESSION,
} from "../client/stage.ts";
import { type ChatServer, startServer } from "../support/server.ts";

let server: ChatServer;
let rooms = 0;
const stays: Chat[] = [];

beforeAll(async () => {
  server = await startServer();
});

afterAll(async () => {
  await Promise.all(stays.map((chat) => chat.close()));
  await server[Symbol.asyncDispose]();
});

/** A person in a room, as the page would show it. @param items what the browser keeps @param joins the setting */
function stage(path: string, items = new Map<string, string>(), joins = signal<Joins>("shown")) {
  const arrived: [Message, boolean][] = [];
  const room = new RoomStore({
    path,
    storage: {
      getItem: (key) => items.get(key) ?? null,
      setItem: (key, value) => void items.set(key, value),
    },
    now: Date.now,
    joins,
    open: (name) => {
      const chat = new Chat(server.url(path.slice("/rooms/".length)), name === undefined ? {} : { name });
      stays.push(chat);
      return chat;
    },
    onMessage: (message, isMention) => void arrived.push([message, isMention]),
  });
  const until = (isSo: () => boolean) =>
    new Promise<void>((resolve) => {
      let stop = () => {};
      let isDone = false;
      stop = effect(() => {
        if (isDone || !isSo()) return;
        isDone = true;
        queueMicrotask(() => stop());
        resolve();
      });
    });
  const join = async (name: string) => {
    expect(await room.register(name)).toBeUndefined();
    await until(() => room.hasEntered.value && room.log.isLoaded.value);
  };
  const contents = () =>
    room.rows.value.flatMap((row) =>
      row.kind === "message" ? [row.message.content] : row.kind === "sending" ? [`(${row.content})`] : [],
    );
  const own = () => room.log.items.value.flatMap((item) => (item.kind === "message" ? [item.own] : []));
  return { room, arrived, until, join, contents, own };
}

function newRoom(): string {
  return `/rooms/store-${++rooms}`;
}

test("a message is shown at once as sending and then as stored, in one row with one key", async () => {
  const an = stage(newRoom());
  await an.join("An");
  an.room.send("hello");
  expect(an.contents()).toEqual(["(hello)"]);
  const [sending] = an.room.sends.value;
  const shown: string[][] = [];
  const stop = effect(() => void shown.push(an.contents()));
  await an.until(() => an.room.sends.value.length === 0);
  stop();
  expect(shown.filter(({ length }) => length !== 1)).toEqual([]);
  expect(an.room.rows.value.map(({ key }) => key)).toEqual([`s${sending?.key}`]);
});

test("others, their changes, their typing and their mentions are shown", async () => {
  const path = newRoom();
  const an = stage(path);
  const binh = stage(path);
  await an.join("An");
  await binh.join("Bình");
  await an.until(() => an.room.online.value.length === 2);
  binh.room.sendTyping();
  await an.until(() => an.room.typing.names.value.includes("Bình"));
  binh.room.send("hello @An");
  await an.until(() => an.contents().includes("hello @An"));
  expect(an.room.typing.names.value).toEqual([]);
  expect(an.arrived.map(([{ content }, isMention]) => [content, isMention])).toEqual([["hello @An", true]]);
  expect(an.room.unread.count.value).toBe(1);
  expect(await binh.room.register("Bé")).toBeUndefined();
  await an.until(() => an.room.online.value.includes("Bé"));
  expect(an.room.others.value).toEqual(["Bé"]);
  expect(binh.room.suggestedNickname).toBe("Bé");
});

test("a nickname that is taken is refused with its reason, and the old one stays", async () => {
  const path = newRoom();
  const an = stage(path);
  const binh = stage(path);
  await an.join("An");
  expect((await binh.room.register("AN"))?.code).toBe("NameAlreadyUsed");
  expect(binh.room.nickname.value).toBeNull();
  await binh.join("Bình");
  expect((await binh.room.register("An"))?.code).toBe("NameAlreadyUsed");
  expect(binh.room.nickname.value).toBe("Bình");
});

test("messages that were unsent when one leaves say so, and can be sent in the next stay", async () => {
  const an = stage(newRoom());
  await an.join("An");
  an.room.leave();
  expect(an.room.nickname.value).toBeNull();
  an.room.send("from the next stay");
  await an.until(() => an.room.sends.value[0]?.failure?.code === "UnknownRegister");
  await an.join("An");
  an.room.send("x".repeat(4001));
  await an.until(() => an.room.sends.value[1]?.failure?.code === "WrongFormatContent");
  an.room.remove(an.room.sends.value[1]?.key ?? "");
  an.room.retry(an.room.sends.value[0]?.key ?? "");
  await an.until(() => an.room.sends.value.length === 0);
  expect(an.contents()).toEqual(["from the next stay"]);
});

test("a link leads to its message, and the page says so if there is none", async () => {
  const path = newRoom();
  const an = stage(path);
  await an.join("An");
  an.room.send("first");
  await an.until(() => an.contents().includes("first"));
  const row = an.room.rows.value.find(({ kind }) => kind === "message");
  const id = row?.kind === "message" ? (row.message.id ?? 0) : 0;
  const binh = stage(path);
  binh.room.goToMessage(id, () => {});
  await binh.join("Bình");
  await binh.until(() => binh.room.scrollTarget.value === id);
  await new Promise<void>((resolve) => binh.room.goToMessage(9_999_999, resolve));
});

test("messages of someone who takes a nickname that was given up are not shown as the owner's", async () => {
  const path = newRoom();
  const items = new Map<string, string>();
  const an = stage(path, items);
  await an.join("An");
  an.room.send("mine");
  await an.until(() => an.contents().includes("mine"));
  an.room.leave();
  const other = stage(path);
  await other.join("An");
  other.room.send("not hers");
  await other.until(() => other.contents().includes("not hers"));
  expect(other.own()).toEqual([false, true]);
  other.room.leave();
  const back = stage(path, items);
  await back.join("An");
  expect(back.contents()).toEqual(["mine", "not hers"]);
  expect(back.own()).toEqual([true, false]);
  // Nor does another nickname take anything away.
  expect(await back.room.register("Ân")).toBeUndefined();
  const renamed = stage(path, items);
  await renamed.join("Bình");
  expect(renamed.own()).toEqual([true, false]);
});

test("messages that someone sent under one's nickname meanwhile are unread and reported", () => {
  const { room, arrived, client } = fakeStage();
  const socket = client.enter();
  socket.say(messageEvent(1));
  room.setAtEnd(false);
  const next = client.comeBack("S2");
  next.answer(UNKNOWN_SESSION);
  next.answer(REGISTERED);
  next.answer({ ...pageReply([]), data: { message: [stored("not hers", 2)], online: ["An"], more: false } });
  expect(arrived).toEqual(["1", "not hers"]);
  expect(room.unread.count.value).toBe(2);
  expect(room.log.items.value.map((item) => item.kind === "message" && item.own)).toEqual([false, false]);
});

test("a message whose reply was lost keeps its row, and is there once at any moment", () => {
  const { room, arrived, client } = fakeStage();
  client.enter();
  room.send("once", undefined, "k");
  const shown: string[] = [];
  const stop = effect(() => {
    shown.push(room.rows.value.map((row) => `${row.kind} ${row.key}`).join());
  });
  const socket = client.comeBack("S2");
  socket.answer({ ...pageReply([]), data: { message: [stored("once", 5)], online: ["An"], more: false } });
  socket.answer(stored("once", 5));
  stop();
  expect([...new Set(shown)]).toEqual(["sending k", "message sk"]);
  expect(arrived).toEqual([]);
  expect(room.own.has({ id: 5, time: 5, name: "An", content: "once", timestamp: "T" })).toBe(true);
});

test("a message that was stored and is no longer kept does not wait forever", () => {
  const { room, client } = fakeStage();
  client.enter();
  room.send("pruned", undefined, "k");
  const socket = client.comeBack("S2");
  socket.answer(pageReply([], { gap: { from: 1, to: 9 } }));
  socket.answer(stored("pruned", 5));
  expect(room.rows.value.map(({ kind }) => kind)).toEqual(["gap"]);
});

test("hundreds of joins, leaves and renames are shown together, before the message that followed them", () => {
  const { room, client } = fakeStage();
  const socket = client.enter();
  let shown = 0;
  const stop = effect(() => {
    room.online.value;
    room.log.items.value;
    shown++;
  });
  const event = (datatype: string, more: object) => ({
    type: "receive",
    datatype,
    timestamp: "T",
    time: 1,
    ...more,
  });
  for (let i = 0; i < 900; i += 3) {
    socket.say(event("register", { name: `guest ${i}` }));
    socket.say(event("change", { oldname: `guest ${i}`, newname: `${i} guest` }));
    socket.say(event("register", { name: `newcomer ${i}` }));
  }
  // The first is shown at once.
  expect(shown).toBeLessThanOrEqual(3);
  socket.say(messageEvent(1));
  stop();
  expect(room.online.value.length).toBe(602);
  expect(room.log.items.value.map(({ kind }) => kind)).toEqual(["people", "message"]);
});

test("members who wrote and have left can be mentioned, but only the last ones", () => {
  const { room, client } = fakeStage();
  const data = {
    message: Array.from({ length: 1000 }, (_, at) => ({ ...stored("x", at + 1), name: `author ${at}` })),
  };
  client.socket.open(3).welcome("S1");
  client.socket.answer(REGISTERED);
  client.socket.answer({ ...pageReply([]), data: { ...data, online: ["An"], more: false } });
  const found = (name: string) => room.mentions.value.find(`@${name}!`).map((each) => each.name);
  expect([found("author 999"), found("author 600"), found("author 1")]).toEqual([
    ["author 999"],
    ["author 600"],
    [],
  ]);
});

/** A room whose server is played by the test. */
function fakeStage() {
  const client = new ClientStage({ name: "An" });
  const arrived: string[] = [];
  const items = new Map<string, string>();
  const room = new RoomStore({
    path: "/",
    storage: {
      getItem: (key) => items.get(key) ?? null,
      setItem: (key, value) => void items.set(key, value),
    },
    now: Date.now,
    open: () => client.chat,
    onMessage: ({ content }) => void arrived.push(content),
  });
  return { client, room, arrived };
}

test("joins and leaves can be hidden, a new nickname never is", async () => {
  const path = newRoom();
  const joins = signal<Joins>("hidden");
  const an = stage(path, new Map(), joins);
  await an.join("An");
  const binh = stage(path);
  await binh.join("Bình");
  await an.until(() => an.room.log.items.value.some(({ kind }) => kind === "people"));
  const kinds = () => an.room.rows.value.map(({ kind }) => kind);
  expect(kinds()).toEqual([]);
  joins.value = "condensed";
  expect(kinds()).toEqual(["people"]);
  joins.value = "hidden";
  await binh.room.register("Bin");
  await an.until(() => kinds().includes("people"));
});
