import { afterAll, beforeAll, expect, test } from "bun:test";
import { effect } from "@preact/signals";
import { Chat, type Message } from "../../src/client/index.ts";
import { RoomStore } from "../../src/web/store/room.ts";
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

/** A person in a room, as the page would show it. */
function stage(path: string) {
  const items = new Map<string, string>();
  const arrived: [Message, boolean][] = [];
  const room = new RoomStore({
    path,
    keeper: { getItem: (key) => items.get(key) ?? null, setItem: (key, value) => void items.set(key, value) },
    now: Date.now,
    open: (name) => {
      const chat = new Chat(server.url(path.slice("/rooms/".length)), name === undefined ? {} : { name });
      stays.push(chat);
      return chat;
    },
    arrived: (message, isMention) => void arrived.push([message, isMention]),
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
    await until(() => room.isIn.value && room.log.isLoaded.value);
  };
  const contents = () =>
    room.rows.value.flatMap((row) =>
      row.kind === "message" ? [row.message.content] : row.kind === "sending" ? [`(${row.content})`] : [],
    );
  return { room, arrived, until, join, contents };
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
  binh.room.writes();
  await an.until(() => an.room.typing.names.value.includes("Bình"));
  binh.room.send("hello @An");
  await an.until(() => an.contents().includes("hello @An"));
  expect(an.room.typing.names.value).toEqual([]);
  expect(an.arrived.map(([{ content }, isMention]) => [content, isMention])).toEqual([["hello @An", true]]);
  expect(an.room.unread.count.value).toBe(1);
  expect(await binh.room.register("Bé")).toBeUndefined();
  await an.until(() => an.room.online.value.includes("Bé"));
  expect(an.room.others.value).toEqual(["Bé"]);
  expect(binh.room.remembered).toBe("Bé");
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

test("what was not sent when one leaves says so, and can be sent by the next stay", async () => {
  const an = stage(newRoom());
  await an.join("An");
  an.room.leave();
  expect(an.room.nickname.value).toBeNull();
  an.room.send("x".repeat(4001));
  await an.until(() => an.room.sends.value[0]?.failure?.code === "WrongFormatContent");
  an.room.remove(an.room.sends.value[0]?.key ?? "");
  an.room.send("from the next stay");
  await an.join("An");
  await an.until(() => an.room.sends.value.length === 0);
  expect(an.contents()).toEqual(["from the next stay"]);
});

test("a link leads to its message, and one to nowhere says so", async () => {
  const path = newRoom();
  const an = stage(path);
  await an.join("An");
  an.room.send("first");
  await an.until(() => an.contents().includes("first"));
  const row = an.room.rows.value.find(({ kind }) => kind === "message");
  const id = row?.kind === "message" ? (row.message.id ?? 0) : 0;
  const binh = stage(path);
  binh.room.visit(id, () => {});
  await binh.join("Bình");
  await binh.until(() => binh.room.goal.value === id);
  await new Promise<void>((resolve) => binh.room.visit(9_999_999, resolve));
});
