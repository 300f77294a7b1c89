/** Edits, deletions, reactions and replies over real sockets, in both versions. */
import { expect, test } from "bun:test";
import { ChatClient, type Frame } from "../support/client.ts";
import { type ChatServer, startServer } from "../support/server.ts";
import { pageOf, V3Client } from "../support/v3.ts";

const KEPT = ["--grace", "600", "--restart-grace", "600"];

/** A room with An and Bình, who speak version 3, and Chi, who speaks version 2. */
async function threePeople(server: ChatServer): Promise<[V3Client, V3Client, ChatClient]> {
  const an = await V3Client.registered(server.url(), "An");
  const binh = await V3Client.registered(server.url(), "Bình");
  const chi = await ChatClient.registered(server.url(), "Chi");
  for (const client of [an, binh]) await client.chat.nextWhere(({ name }) => name === "Chi");
  return [an, binh, chi];
}

function ids(frame: Frame): { id: number; time: number } {
  return { id: Number(frame.id), time: Number(frame.time) };
}

test("CHANGE-1 EDIT-1 EDIT-3 an edit is stored, and all but version 2 clients hear of it; every page shows the new content", async () => {
  await using server = await startServer();
  const [an, binh, chi] = await threePeople(server);
  const sent = await an.ask({ type: "send", content: "teh tea" });
  await binh.next();
  await chi.next();
  const reply = await an.ask({ type: "edit", of: sent.id, content: "the tea", ref: 1 });
  expect(Object.keys(reply)).toEqual(["type", "of", "content", "status", "id", "time", "ref"]);
  expect(reply).toMatchObject({ type: "edit", of: sent.id, content: "the tea", status: true });
  expect(Number(reply.id)).toBe(Number(sent.id) + 1);
  const event = await binh.next();
  expect(event).toEqual({
    type: "receive",
    datatype: "edit",
    of: sent.id,
    content: "the tea",
    by: sent.by,
    ...ids(reply),
  });
  const [message] = (await binh.page()).messages;
  expect(message).toEqual({
    name: "An",
    content: "the tea",
    timestamp: String(sent.timestamp),
    ...ids(sent),
    by: String(sent.by),
    edited: Number(reply.time),
  } as never);
  // The next that Chi gets is the reply: version 2 has no event of an edit.
  expect((await chi.get()).messages).toEqual([
    { name: "An", content: "the tea", timestamp: String(sent.timestamp) },
  ]);
});

test("DELETE-1 PAGE-9 a deleted message is empty in version 3, and is not there in version 2", async () => {
  await using server = await startServer();
  const [an, binh, chi] = await threePeople(server);
  const first = await an.ask({ type: "send", content: "secret" });
  await an.say("stays");
  await chi.next();
  await chi.next();
  await an.ask({ type: "react", of: first.id, emoji: "👍" });
  const reply = await an.ask({ type: "delete", of: first.id });
  expect(reply).toEqual({ type: "delete", of: first.id, status: true, ...ids(reply) });
  const event = await binh.chat.nextWhere(({ datatype }) => datatype === "delete");
  expect(event).toEqual({ type: "receive", datatype: "delete", of: first.id, by: first.by, ...ids(reply) });
  const [message] = (await binh.page()).messages;
  expect(message).toEqual({
    name: "An",
    content: "",
    timestamp: String(first.timestamp),
    ...ids(first),
    by: first.by,
    deleted: true,
  } as never);
  expect((await chi.get()).messages.map(({ content }) => content)).toEqual(["stays"]);
  for (const change of [
    { type: "edit", of: first.id, content: "x" },
    { type: "delete", of: first.id },
    { type: "react", of: first.id, emoji: "👍" },
  ])
    expect(await an.ask(change)).toEqual({
      type: change.type,
      of: first.id,
      status: false,
      reason: "UnknownMessage",
    });
});

test("REACT-1 REACT-3 reactions are counted by emoji and person, and taken back; a request that changes nothing is no event", async () => {
  await using server = await startServer();
  const [an, binh] = await threePeople(server);
  const { id: of } = await an.ask({ type: "send", content: "tea?" });
  await binh.next();
  const reply = await binh.ask({ type: "react", of, emoji: "👍" });
  expect(reply).toEqual({ type: "react", of, emoji: "👍", on: true, count: 1, status: true, ...ids(reply) });
  const event = await an.next();
  expect(event).toMatchObject({ datatype: "react", of, emoji: "👍", on: true, count: 1, name: "Bình" });
  expect(await binh.ask({ type: "react", of, emoji: "👍" })).toEqual({
    type: "react",
    of,
    emoji: "👍",
    on: true,
    count: 1,
    status: true,
  });
  expect(await an.ask({ type: "react", of, emoji: "👍" })).toMatchObject({ count: 2 });
  await an.ask({ type: "react", of, emoji: "❤️" });
  const [message] = (await an.page()).messages;
  expect(message).toMatchObject({
    reactions: [
      { emoji: "👍", count: 2, by: [{ by: event.by, name: "Bình" }, { name: "An" }] },
      { emoji: "❤️", count: 1, by: [{ name: "An" }] },
    ],
  });
  expect(await an.ask({ type: "react", of, emoji: "👍", on: false })).toMatchObject({ on: false, count: 1 });
  expect((await an.page()).messages[0]).toMatchObject({
    reactions: [
      { emoji: "👍", count: 1, by: [{ name: "Bình" }] },
      { emoji: "❤️", count: 1 },
    ],
  });
});

test("REACT-2 REACT-4 only one emoji, written in full, is a reaction, and a message has twenty different ones", async () => {
  await using server = await startServer(["--no-limits"]);
  const [an] = await threePeople(server);
  const { id: of } = await an.ask({ type: "send", content: "tea?" });
  for (const emoji of ["", "a", "👍👍", "❤", "👍 ", "1", 7, null, "👨‍👩‍", ["👍"]])
    expect(await an.ask({ type: "react", of, emoji })).toEqual({
      type: "react",
      status: false,
      reason: "WrongFormatEmoji",
    });
  const all = [..."😀😃😄😁😆😅😂🤣😊😇🙂🙃😉😌😍🥰😘😗😙😚"];
  expect(all.length).toBe(20);
  for (const emoji of all) expect(await an.ask({ type: "react", of, emoji })).toMatchObject({ status: true });
  expect(await an.ask({ type: "react", of, emoji: "👍" })).toEqual({
    type: "react",
    of,
    status: false,
    reason: "TooManyReactions",
  });
  expect(await an.ask({ type: "react", of, emoji: "😀", on: false })).toMatchObject({ count: 0 });
  expect(await an.ask({ type: "react", of, emoji: "👍" })).toMatchObject({ count: 1 });
});

test("EDIT-4 REACT-5 REACT-6 LIM-17 the operator says how often a message is edited and reacted to, and how many reactions a room has", async () => {
  const flags = ["--max-edits=2", "--max-message-reactions=3", "--max-reactions=4"];
  await using server = await startServer(["--no-limits", ...flags]);
  const [an] = await threePeople(server);
  const { id: of } = await an.ask({ type: "send", content: "tea?" });
  const { id: next } = await an.ask({ type: "send", content: "or coffee?" });
  for (const content of ["tea", "Tea"])
    expect(await an.ask({ type: "edit", of, content })).toMatchObject({ status: true });
  expect(await an.ask({ type: "edit", of, content: "TEA" })).toEqual({
    type: "edit",
    of,
    status: false,
    reason: "TooManyEdits",
  });
  const full = { type: "react", status: false, reason: "TooManyReactions" };
  for (const emoji of ["😀", "😃", "😄"])
    expect(await an.ask({ type: "react", of, emoji })).toMatchObject({ status: true });
  expect(await an.ask({ type: "react", of, emoji: "😁" })).toEqual({ ...full, of });
  expect(await an.ask({ type: "react", of: next, emoji: "😀" })).toMatchObject({ status: true });
  // With a database, no limit on a room is needed.
  if (process.env.CHAT_ENGINE !== "postgres")
    expect(await an.ask({ type: "react", of: next, emoji: "😃" })).toEqual({ ...full, of: next });
  expect(await an.ask({ type: "react", of, emoji: "😀", on: false })).toMatchObject({ count: 0 });
  expect(await an.ask({ type: "react", of, emoji: "😀" })).toEqual({ ...full, of });
  expect(await an.ask({ type: "react", of: next, emoji: "😃" })).toMatchObject({ status: true });
  expect(await an.ask({ type: "delete", of })).toMatchObject({ status: true });
});

test("CHANGE-4 BY-1 BY-3 nobody edits or deletes what another person wrote, whatever the nickname, and a stranger is told no more", async () => {
  await using server = await startServer();
  const [an, binh, chi] = await threePeople(server);
  const { id: of, by } = await an.ask({ type: "send", content: "mine" });
  expect(by).toMatch(/^[\w-]{16}$/);
  await binh.next();
  const refused = (type: string) => ({ type, of, status: false, reason: "NotAllowed" });
  expect(await binh.ask({ type: "edit", of, content: "yours" })).toEqual(refused("edit"));
  expect(await binh.ask({ type: "delete", of })).toEqual(refused("delete"));
  // The author leaves, and another person takes the nickname.
  await an.chat.close();
  await binh.next();
  const other = await V3Client.registered(server.url(), "An");
  expect(await other.ask({ type: "edit", of, content: "yours", by })).toEqual(refused("edit"));
  expect(await other.ask({ type: "delete", of, by, name: "An" })).toEqual(refused("delete"));
  // Version 2 has no such requests.
  for (let event = 0; event < 3; event++) await chi.next();
  expect(JSON.parse(await chi.ask({ type: "delete", of }))).toMatchObject({
    type: null,
    reason: "UnknownType",
  });
  expect((await other.page()).messages).toMatchObject([{ content: "mine", by }]);
});

test("BY-2 BY-3 an author stays the same through a change of nickname, a resume and a restart", async () => {
  await using server = await startServer(KEPT);
  const an = await V3Client.connect(server.url());
  const { by } = await an.register("An");
  const { id: of } = await an.ask({ type: "send", content: "one" });
  await an.ask({ type: "name", name: "Anh" });
  await server.restart();
  const back = await V3Client.connect(server.url());
  const resumed = await back.resume(an.session);
  expect(resumed).toMatchObject({ status: true, name: "Anh", by });
  expect(pageOf(resumed).messages).toMatchObject([{ name: "An", by }]);
  expect(await back.ask({ type: "send", content: "two" })).toMatchObject({ by });
  expect(await back.ask({ type: "edit", of, content: "ONE" })).toMatchObject({ status: true });
});

test("REPLY-1 REPLY-2 a message carries what it replies to, and only what may have been there can be replied to", async () => {
  await using server = await startServer();
  const [an, binh, chi] = await threePeople(server);
  const { id } = await an.ask({ type: "send", content: "tea?" });
  await binh.next();
  const reply = await an.ask({ type: "send", content: "yes", reply: id });
  expect(Object.keys(reply)).toEqual([
    "type",
    "name",
    "content",
    "status",
    "timestamp",
    "id",
    "time",
    "by",
    "reply",
  ]);
  expect(await binh.next()).toMatchObject({ datatype: "message", content: "yes", reply: id });
  expect((await binh.page()).messages).toMatchObject([{ content: "tea?" }, { content: "yes", reply: id }]);
  await chi.next();
  expect(Object.keys(await chi.next())).toEqual(["type", "datatype", "name", "content", "timestamp"]);
  for (const wrong of [0, -1, 1.5, "1", {}, Number(id) + 2, 2 ** 53])
    expect(await an.ask({ type: "send", content: "no", reply: wrong })).toEqual({
      type: "send",
      username: "An",
      content: "no",
      status: false,
      reason: "WrongFormatReply",
    });
  expect(await an.ask({ type: "send", content: "none", reply: null })).toMatchObject({ status: true });
});

test("CHANGE-2 CHANGE-3 CHANGE-5 malformed changes and unknown messages are refused, in order", async () => {
  await using server = await startServer();
  const stranger = await V3Client.connect(server.url());
  expect(await stranger.ask({ type: "delete", of: 1 })).toEqual({
    type: "delete",
    status: false,
    reason: "UnknownRegister",
  });
  expect(await stranger.ask({ type: "delete" })).toEqual({
    type: "delete",
    status: false,
    reason: "NotEnoughKey",
    need: "of",
  });
  const [an] = await threePeople(server);
  const refusals: [object, object][] = [
    [
      { type: "edit", of: 1 },
      { reason: "NotEnoughKey", need: "content" },
    ],
    [
      { type: "react", of: 1 },
      { reason: "NotEnoughKey", need: "emoji" },
    ],
    [{ type: "edit", of: "1", content: "x" }, { reason: "WrongFormatOf" }],
    [{ type: "delete", of: 0 }, { reason: "WrongFormatOf" }],
    [{ type: "delete", of: null }, { reason: "WrongFormatOf" }],
    [{ type: "edit", of: 1, content: "" }, { reason: "WrongFormatContent" }],
    [{ type: "edit", of: 1, content: ["x"] }, { reason: "WrongFormatContent" }],
    [{ type: "edit", of: 1, content: "x".repeat(4001) }, { reason: "WrongFormatContent" }],
    [{ type: "edit", of: 1, content: "x", key: 7 }, { reason: "WrongFormatKey" }],
    [
      { type: "edit", of: 1, content: "x" },
      { of: 1, reason: "UnknownMessage" },
    ],
    [
      { type: "delete", of: 2 ** 53 - 1 },
      { of: 2 ** 53 - 1, reason: "UnknownMessage" },
    ],
    [
      { type: "react", of: 1, emoji: "👍" },
      { of: 1, reason: "UnknownMessage" },
    ],
  ];
  for (const [request, refusal] of refusals)
    expect(await an.ask(request)).toMatchObject({ status: false, ...refusal });
  // A change is no message.
  const { id } = await an.ask({ type: "send", content: "x" });
  const { id: change } = await an.ask({ type: "react", of: id, emoji: "👍" });
  expect(await an.ask({ type: "delete", of: change })).toMatchObject({ reason: "UnknownMessage" });
});

test("EDIT-2 KEY-3 an edit with a key happens once, also over a restart", async () => {
  await using server = await startServer(KEPT);
  const an = await V3Client.registered(server.url(), "An");
  const { id: of } = await an.ask({ type: "send", content: "one", key: "k1" });
  const first = await an.ask({ type: "edit", of, content: "two", key: "k2" });
  await an.ask({ type: "edit", of, content: "three" });
  const repeat = { type: "edit", of, content: "two", status: true, id: first.id };
  expect(await an.ask({ type: "edit", of, content: "two", key: "k2" })).toEqual(repeat);
  await server.restart();
  const back = await V3Client.resumed(server.url(), an.session);
  expect(await back.ask({ type: "edit", of, content: "two", key: "k2" })).toEqual(repeat);
  expect((await back.page()).messages).toMatchObject([{ content: "three" }]);
  // The reply to a repeated send shows the message as it is now.
  expect(await back.ask({ type: "send", content: "one", key: "k1" })).toMatchObject({
    id: of,
    content: "three",
  });
});

test("EDIT-1 KEY-2 a send that is repeated right behind an edit or a deletion of its message is not told the earlier text", async () => {
  await using server = await startServer(["--no-limits"]);
  const an = await V3Client.registered(server.url(), "An");
  let newest = await an.say("first");
  for (let round = 0; round < 10; round++) {
    const send = { type: "send", content: `teh tea ${round}`, key: `k${round}` };
    const of = newest + 1;
    newest += 2;
    const isEdited = round % 2 === 0;
    for (const request of [
      send,
      isEdited ? { type: "edit", of, content: "the tea" } : { type: "delete", of },
      send,
    ])
      an.chat.send(request);
    expect(await an.next()).toMatchObject({ type: "send", id: of, content: send.content });
    expect(await an.next()).toMatchObject({ type: isEdited ? "edit" : "delete", of, status: true });
    const repeat = await an.next();
    expect(repeat).toMatchObject({ type: "send", status: true, id: of, content: isEdited ? "the tea" : "" });
  }
});

test("PAGE-6 PAGE-7 PAGE-8 a client that was away gets new messages and changed ones, page by page, from whatever it saw last", async () => {
  await using server = await startServer([...KEPT, "--no-limits"]);
  const an = await V3Client.registered(server.url(), "An");
  const one = await an.ask({ type: "send", content: "one" });
  const two = await an.ask({ type: "send", content: "two" });
  const seen = await an.ask({ type: "react", of: one.id, emoji: "👍" });
  await an.ask({ type: "edit", of: one.id, content: "ONE" });
  await an.ask({ type: "send", content: "three" });
  await an.ask({ type: "react", of: one.id, emoji: "❤️" });
  const last = await an.ask({ type: "delete", of: two.id });
  const binh = await V3Client.registered(server.url(), "Bình");
  const after = (frame: Frame, limit = 100) => ({ after: frame.id, time: frame.time, limit });
  const whole = await binh.ask({ type: "get", ...after(seen) });
  expect(whole.data).toMatchObject({
    message: [{ content: "three" }],
    changed: [
      { content: "ONE", reactions: [{ emoji: "👍" }, { emoji: "❤️" }] },
      { content: "", deleted: true },
    ],
    cursor: ids(last),
    more: false,
  });
  // Page by page, by one event each.
  const covered: unknown[] = [];
  for (let place = ids(seen), more = true; more; ) {
    const { data } = (await binh.ask({
      type: "get",
      after: place.id,
      time: place.time,
      limit: 1,
    })) as never as {
      data: { message: unknown[]; changed?: unknown[]; cursor: typeof place; more: boolean };
    };
    expect(data.message.length + (data.changed?.length ?? 0)).toBe(1);
    covered.push(...data.message, ...(data.changed ?? []));
    place = data.cursor;
    ({ more } = data);
  }
  expect(covered).toMatchObject([
    { content: "ONE" },
    { content: "three" },
    { content: "ONE" },
    { deleted: true },
  ]);
  expect((await binh.ask({ type: "get", ...after(last) })).data).toMatchObject({ message: [], more: false });
  // A position of another history.
  const foreign = await binh.ask({ type: "get", after: seen.id, time: Number(seen.time) + 1 });
  expect(foreign.data).toMatchObject({ reset: true });
  expect((await binh.ask({ type: "get", after: Number(last.id) + 1 })).data).toMatchObject({ reset: true });
});

test("DUR-2 changes survive a server that is killed, and the pages after it show them", async () => {
  await using server = await startServer([...KEPT, "--no-limits"]);
  const an = await V3Client.registered(server.url(), "An");
  const ids: number[] = [];
  for (let i = 0; i < 200; i++) ids.push(await an.say(`message ${i}`));
  for (const [i, of] of ids.entries()) {
    if (i % 3 === 0) await an.ask({ type: "edit", of, content: `edited ${i} ${"x".repeat(i)}` });
    if (i % 7 === 0) await an.ask({ type: "delete", of });
    if (i % 5 === 0 && i % 7 !== 0) await an.ask({ type: "react", of, emoji: "👍" });
  }
  const before = await an.page({ limit: 200 });
  await server.kill();
  await server.restart();
  const back = await V3Client.resumed(server.url(), an.session, { limit: 1 });
  expect(await back.page({ limit: 200 })).toEqual(before);
});
