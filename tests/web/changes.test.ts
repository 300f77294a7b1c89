/** What the page makes of replies, edits, deletions and reactions, with a server that the test plays. */
import { expect, test } from "bun:test";
import { signal } from "@preact/signals";
import type { Message, OutboxChange, Page } from "../../src/client/index.ts";
import { ChangesStore } from "../../src/web/store/changes.ts";
import { DraftStore } from "../../src/web/store/draft.ts";
import { LogStore } from "../../src/web/store/log.ts";
import { OwnMessages } from "../../src/web/store/own.ts";
import { QuotesStore } from "../../src/web/store/quotes.ts";
import { RoomStore } from "../../src/web/store/room.ts";
import { UnreadStore } from "../../src/web/store/unread.ts";
import type { Failure } from "../../src/web/text/failure.ts";
import {
  BINH,
  Stage as ClientStage,
  changeEvent,
  ME,
  made,
  messageEvent,
  pageReply,
  stored,
  message as wire,
} from "../client/stage.ts";

const settled = () => new Promise((resolve) => setImmediate(resolve));

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

/** A room in which An has written message 1, and Bình message 2. */
function roomStage() {
  const client = new ClientStage({ name: "An" });
  const arrived: [content: string, isMention: boolean][] = [];
  const changed: number[] = [];
  const failed: [type: string, code: string][] = [];
  let resets = 0;
  const room = new RoomStore({
    path: "/",
    storage: storage(),
    now: Date.now,
    open: () => client.chat,
    onMessage: ({ content }, isMention) => void arrived.push([content, isMention]),
    onChange: (of) => void changed.push(of),
    onChangeFailed: ({ type }, { code }) => void failed.push([type, code]),
    onReset: () => void resets++,
  });
  const socket = client.enter("S1", {
    message: [
      { ...wire(1, "An"), by: ME },
      { ...wire(2), by: BINH },
    ],
  });
  const find = (id: number) => {
    const message = room.log.find(id);
    if (!message) throw new Error(`message ${id} is not there`);
    return message;
  };
  const shown = (id: number) => room.changes.shown(find(id));
  return { client, room, socket, arrived, changed, failed, find, shown, resets: () => resets };
}

/** Changes of a chat in a room, with a time that the test moves. */
function changesStage() {
  const client = new ClientStage({ name: "An" });
  const jobs = new Set<() => void>();
  const failed: [type: string, code: string][] = [];
  const changes = new ChangesStore({
    onFailed: ({ type }: Pick<OutboxChange, "type">, { code }: Failure) => void failed.push([type, code]),
    later: (job) => {
      jobs.add(job);
      return () => void jobs.delete(job);
    },
  });
  changes.follow(client.chat);
  const socket = client.enter();
  const pass = () => {
    for (const job of [...jobs]) job();
  };
  return { client, changes, socket, failed, jobs, pass };
}

function message(id: number, more: Partial<Message> = {}): Message {
  return { id, name: "An", content: `message ${id}`, timestamp: "", time: id * 1000, by: ME, ...more };
}

test("changes of others show wherever the message is, and raise neither the unread nor a mention", () => {
  const { room, socket, arrived, changed, find } = roomStage();
  socket.say({ ...messageEvent(3), by: BINH });
  const keys = room.rows.value.map(({ key }) => key);
  const unread = room.unread.count.value;
  socket.say(changeEvent("edit", 3, 4, { content: "hello @An" }));
  socket.say(changeEvent("react", 1, 5, { emoji: "👍", on: true, count: 1, name: "Bình" }));
  socket.say(changeEvent("delete", 2, 6));
  expect(find(3).content).toBe("hello @An");
  expect(find(1).reactions).toEqual([{ emoji: "👍", count: 1, by: [{ by: BINH, name: "Bình" }] }]);
  expect([find(2).content, find(2).deleted]).toEqual(["", true]);
  expect(room.rows.value.map(({ key }) => key)).toEqual(keys);
  expect(arrived).toEqual([["3", false]]);
  expect(room.unread.count.value).toBe(unread);
  // A notification is about a content; a reaction does not change that.
  expect(changed).toEqual([3, 2]);
});

test("an unread message that is deleted need not be read any more", () => {
  const unread = new UnreadStore(storage(), "/");
  unread.setNewestPage([], () => false, true);
  for (const id of [1, 2, 3]) unread.add(message(id), false);
  unread.add(message(4, { deleted: true, content: "" }), false);
  expect(unread.count.value).toBe(3);
  unread.forget(2);
  unread.forget(2);
  expect(unread.count.value).toBe(2);
});

test("a reply to an own message counts as a mention, and one to somebody else's does not", () => {
  const { room, socket, arrived, find } = roomStage();
  socket.say({ ...messageEvent(3), by: BINH, reply: 1 });
  socket.say({ ...messageEvent(4), by: BINH, reply: 2 });
  expect(arrived).toEqual([
    ["3", true],
    ["4", false],
  ]);
  expect([room.isForMe(find(3)), room.isForMe(find(4))]).toEqual([true, false]);
});

test("a reply carries the message that it replies to, also when it is sent again", async () => {
  const { room, socket } = roomStage();
  room.send("yes", 2, "k");
  expect(room.sends.value.map(({ reply }) => reply)).toEqual([2]);
  expect(socket.answer({ status: false, reason: "ErrorWhenSend", error: "full" })).toMatchObject({
    reply: 2,
  });
  await settled();
  room.retry("k");
  expect(socket.answer({ ...stored("yes", 3), by: ME, reply: 2 })).toMatchObject({ reply: 2, key: "k" });
  expect(room.log.find(3)?.reply).toBe(2);
});

test("an own edit shows at once, and a refused one keeps its text and says why", async () => {
  const { room, socket, failed, find, shown } = roomStage();
  room.changes.edit(1, "better");
  expect([shown(1).content, find(1).content]).toEqual(["better", "1"]);
  socket.answer({ of: 1, status: false, reason: "UnknownMessage" });
  await settled();
  expect(shown(1).content).toBe("1");
  expect(failed).toEqual([["edit", "UnknownMessage"]]);
  expect(room.changes.failed.value.get(1)?.content).toBe("better");
  room.changes.edit(1, "best");
  expect(room.changes.failed.value.size).toBe(0);
  socket.answer(made({ of: 1, content: "best" }, 3));
  expect([find(1).content, room.changes.pending.value]).toEqual(["best", []]);
});

test("a text that is no content is refused before it is sent, and is kept as well", async () => {
  const { room, socket, failed } = roomStage();
  room.changes.edit(1, "x".repeat(4001));
  await settled();
  expect(failed).toEqual([["edit", "WrongFormatContent"]]);
  expect(room.changes.failed.value.get(1)?.content).toHaveLength(4001);
  expect(socket.requests).toEqual([]);
});

test("own messages may be edited and deleted, those of others only deleted by a moderator", () => {
  const { client, changes } = changesStage();
  const [own, other] = [message(1), message(2, { by: BINH })];
  const may = () => [
    changes.mayEdit(own),
    changes.mayDelete(own),
    changes.mayEdit(other),
    changes.mayDelete(other),
  ];
  expect(may()).toEqual([true, true, false, false]);
  for (const [role, mayDelete] of [
    ["visitor", false],
    ["member", false],
    ["moderator", true],
    ["owner", true],
  ] as const) {
    Object.defineProperty(client.chat, "role", { value: role, configurable: true });
    expect(may()).toEqual([true, true, false, mayDelete]);
  }
  const gone = message(3, { deleted: true });
  expect([changes.mayEdit(gone), changes.mayDelete(gone)]).toEqual([false, false]);
  // Of a history that is older than authors.
  expect(changes.mayEdit(message(4, { by: undefined }))).toBe(false);
});

test("a deletion is sent when the time to undo it is over, and one that was undone never", () => {
  const { changes, socket, jobs, pass } = changesStage();
  for (const id of [1, 2, 3]) changes.delete(id);
  changes.delete(1);
  expect([...changes.undoable.value.keys()]).toEqual([1, 2, 3]);
  changes.undo(2);
  expect(socket.requests).toEqual([]);
  pass();
  expect(socket.requests.map(({ type, of }) => [type, of])).toEqual([
    ["delete", 1],
    ["delete", 3],
  ]);
  expect([changes.undoable.value.size, jobs.size]).toEqual([0, 0]);
  expect(changes.shown(message(1)).deleted).toBe(true);
});

test("a page that is hidden deletes at once what could still be undone, and once", () => {
  const { changes, socket, pass } = changesStage();
  changes.delete(1);
  changes.delete(2);
  expect(changes.deleteNow()).toBe(true);
  expect(changes.deleteNow()).toBe(false);
  pass();
  expect(socket.requests.map(({ of }) => of)).toEqual([1, 2]);
});

test("a deletion without a connection shows, waits, and is sent once when there is one", async () => {
  const { client, room, shown } = roomStage();
  client.socket.end();
  room.changes.delete(1);
  room.changes.deleteNow();
  expect(shown(1).deleted).toBe(true);
  const socket = client.comeBack("S2");
  socket.answer(pageReply([]));
  expect(socket.answer(made({ of: 1 }, 3))).toMatchObject({ type: "delete", of: 1 });
  await settled();
  expect([room.log.find(1)?.deleted, room.changes.pending.value.length]).toEqual([true, 0]);
  expect(socket.requests).toEqual([]);
});

test("leaving the room sends what was about to be deleted before it closes", async () => {
  const { client, room, socket } = roomStage();
  room.changes.delete(1);
  await room.leave();
  expect(socket.requests.map(({ type, of }) => [type, of])).toEqual([["delete", 1]]);
  expect(client.chat.state.kind).toBe("closed");
});

test("a refused deletion shows the message again and says why", async () => {
  const { changes, socket, failed, pass } = changesStage();
  changes.delete(1);
  pass();
  socket.answer({ of: 1, status: false, reason: "NotAllowed" });
  await settled();
  expect(changes.shown(message(1)).deleted).toBeUndefined();
  expect(failed).toEqual([["delete", "NotAllowed"]]);
});

test("a reaction shows at once, is taken back by the second tap, and a refusal says why", async () => {
  const { room, socket, failed, find, shown } = roomStage();
  const counts = (id: number) => shown(id).reactions?.map(({ emoji, count }) => `${emoji} ${count}`);
  room.changes.react(find(2), "👍");
  expect(counts(2)).toEqual(["👍 1"]);
  expect(room.changes.hasReacted(shown(2), "👍")).toBe(true);
  room.changes.react(find(2), "👍");
  expect(counts(2)).toBeUndefined();
  expect(socket.answer(made({ of: 2, emoji: "👍", on: true }, 3))).toMatchObject({
    on: true,
  });
  expect(socket.answer({ ...made({ of: 2, emoji: "👍", on: false }, 4), count: 0 })).toMatchObject({
    on: false,
  });
  expect(find(2).reactions).toBeUndefined();
  room.changes.react(find(2), "🎉");
  socket.answer({ of: 2, status: false, reason: "TooManyReactions" });
  await settled();
  expect(counts(2)).toBeUndefined();
  expect(failed).toEqual([["react", "TooManyReactions"]]);
});

test("an own reaction is known although the server shows only the first of many", () => {
  const { room, socket, find, shown } = roomStage();
  const others = Array.from({ length: 20 }, (_, at) => ({
    by: `other-${at}-`.padEnd(16, "x"),
    name: `${at}`,
  }));
  const reactions = [{ emoji: "👍", count: 20, by: others }];
  socket.say({ ...messageEvent(3), by: BINH, reactions });
  room.changes.react(find(3), "👍");
  socket.answer({ ...made({ of: 3, emoji: "👍", on: true }, 4), count: 21 });
  expect(room.changes.hasReacted(shown(3), "👍")).toBe(true);
  room.changes.react(find(3), "👍");
  expect(socket.take()).toMatchObject({ on: false });
});

test("in another history the ids mean other messages: nothing is deleted there, and no text is lost", async () => {
  const { client, room, resets } = roomStage();
  room.changes.delete(1);
  client.socket.end();
  room.changes.edit(2, "text");
  await settled();
  const socket = client.comeBack("S2");
  socket.answer(pageReply([1], { reset: true }));
  await settled();
  expect([room.changes.undoable.value.size, resets()]).toEqual([0, 1]);
  room.changes.deleteNow();
  expect(socket.requests).toEqual([]);
});

test("an edit takes the place of the draft for a while, and is not stored as one", () => {
  const shared = storage();
  const draft = new DraftStore(shared, storage(), "/", signal([]));
  draft.write("a draft", 7);
  const kept = () => [...shared.items.values()].map((value) => value.replace(/^\d+ /, ""));
  draft.edit(1, "my message");
  expect([draft.text.value, draft.caret.value]).toEqual(["my message", 10]);
  draft.write("my better message", 3);
  expect(kept()).toEqual(["a draft"]);
  draft.edit(2, "another one");
  draft.stopEditing();
  expect([draft.text.value, draft.editing.value]).toEqual(["a draft", null]);
  draft.edit(1, "my message", "refused");
  expect([draft.text.value, draft.editing.value?.content]).toEqual(["refused", "my message"]);
  draft.replyTo(3);
  expect([draft.text.value, draft.editing.value, draft.reply.value]).toEqual(["a draft", null, 3]);
  draft.edit(1, "my message");
  draft.reset();
  expect([draft.text.value, draft.editing.value, draft.reply.value]).toEqual([
    "a draft\nmy message",
    null,
    null,
  ]);
  expect(kept()).toEqual(["a draft\nmy message"]);
});

test("messages that others reply to are loaded one after another, and follow their changes", async () => {
  const asked: unknown[] = [];
  const loaded: ((page: Page) => void)[] = [];
  const known = message(1);
  const quotes = new QuotesStore(
    {
      history: (options) => {
        asked.push(options);
        return new Promise((resolve) => loaded.push(resolve));
      },
    },
    (id) => (id === 1 ? known : undefined),
  );
  expect(quotes.get(1).value).toBe(known);
  const [two, three] = [quotes.get(2), quotes.get(3)];
  expect([quotes.get(2) === two, two.value, quotes.peek(2)]).toEqual([true, "loading", undefined]);
  await settled();
  expect(asked).toEqual([{ before: 3, limit: 1 }]);
  loaded[0]?.({ messages: [message(2)], more: true });
  await settled();
  expect(asked).toEqual([
    { before: 3, limit: 1 },
    { before: 4, limit: 1 },
  ]);
  // There is no message with this id, but one before it.
  loaded[1]?.({ messages: [message(2)], more: true });
  await settled();
  expect(three.value).toBe("missing");
  quotes.apply({ type: "deleted", of: 2, by: BINH, id: 9, time: 9 });
  expect(quotes.peek(2)?.deleted).toBe(true);
  quotes.clear();
  expect(quotes.get(2)).not.toBe(two);
});

test("a page that has changes alone is followed by the next one, from where it ends", async () => {
  const asked: unknown[] = [];
  const cursor = (id: number) => ({ id, time: id });
  const pages: Page[] = [
    { messages: [message(3)], more: true, cursor: cursor(40) },
    { messages: [], more: true, cursor: cursor(80), changed: [message(1)] },
    { messages: [message(90)], more: false, cursor: cursor(90) },
  ];
  const log = new LogStore({
    history: async (options) => {
      if (options.before !== undefined) return { messages: [message(1), message(2)], more: false };
      asked.push(options.after);
      return pages.shift() ?? { messages: [], more: false };
    },
  });
  await log.show(2);
  await log.loadNewer();
  expect(asked).toEqual([2, cursor(40), cursor(80)]);
  expect(log.items.value.map(({ key }) => key)).toEqual(["m1", "m2", "m3", "m90"]);
  expect(log.hasNewer.value).toBe(false);
});

test("what changes while two pages are on their way is not shown as it was", async () => {
  const newer = Promise.withResolvers<Page>();
  const log = new LogStore({
    history: ({ before }) =>
      before === undefined ? newer.promise : Promise.resolve({ messages: [message(1)], more: false }),
  });
  const shown = log.show(1);
  await settled();
  log.apply({ type: "edited", of: 1, content: "new", by: ME, id: 9, time: 9 });
  newer.resolve({ messages: [], more: false });
  await shown;
  expect(log.find(1)?.content).toBe("new");
});

test("rows that the run does not reach yet change as well", async () => {
  const log = new LogStore({
    history: async ({ before }) =>
      before === undefined
        ? { messages: [], more: true, cursor: { id: 1, time: 1 } }
        : { messages: [message(1)], more: false },
  });
  await log.show(1);
  expect(log.hasNewer.value).toBe(true);
  log.add(message(5), false);
  log.apply({ type: "deleted", of: 5, by: ME, id: 9, time: 9 });
  expect(log.find(5)?.deleted).toBe(true);
});

test("a browser knows as its own what any of its tabs wrote, by the author", () => {
  const shared = storage();
  new OwnMessages(shared, "/").add(message(1));
  new OwnMessages(shared, "/").add(message(7, { by: undefined }));
  const later = new OwnMessages(shared, "/");
  expect(later.has(message(99))).toBe(true);
  expect(later.has(message(1, { by: BINH }))).toBe(false);
  // By its place, if it has no author.
  expect([later.has(message(7, { by: undefined })), later.has(message(8, { by: undefined }))]).toEqual([
    true,
    false,
  ]);
});
