/**
 * Clients that want to change what is not theirs, or to make changes cost others something. What they get past the rules is
 * counted in what is stored and in what others are told.
 */
import { expect, test } from "bun:test";
import type { Frame } from "../support/client.ts";
import { ChatClient } from "../support/client.ts";
import { startServer } from "../support/server.ts";
import { fileTest } from "../support/store.ts";
import { V3Client } from "../support/v3.ts";

const KEPT = ["--no-limits", "--grace", "600", "--restart-grace", "600"];

/** What somebody claims to be, in every key that could be believed. */
const FORGED = (victim: Frame) => ({
  by: victim.by,
  name: "An",
  author: victim.by,
  moderator: true,
  role: "owner",
  force: true,
  id: 1,
  time: victim.time,
  status: true,
});

test("CHANGE-4 REQ-6 nobody changes another's message by what the request claims, by another's key, or in another room", async () => {
  await using server = await startServer(KEPT);
  const an = await V3Client.registered(server.url(), "An");
  const sent = await an.ask({ type: "send", content: "mine", key: "an's key" });
  const edited = await an.ask({ type: "edit", of: sent.id, content: "still mine", key: "an's edit" });
  const mallory = await V3Client.registered(server.url(), "Mallory");
  const attempts = [
    { type: "edit", of: sent.id, content: "stolen" },
    { type: "edit", of: sent.id, content: "stolen", key: "an's key" },
    { type: "edit", of: sent.id, content: "stolen", key: "an's edit" },
    { type: "delete", of: sent.id },
    { type: "edit", of: sent.id, content: "stolen", session: an.session },
  ];
  for (const attempt of attempts) {
    for (const request of [attempt, { ...FORGED(sent), ...attempt }])
      expect(await mallory.ask(request)).toMatchObject({ status: false, reason: "NotAllowed" });
  }
  // The change has an id, too, and is no message.
  for (const kind of ["edit", "delete", "react"]) {
    const request = { type: kind, of: edited.id, content: "stolen", emoji: "👍" };
    expect(await mallory.ask(request)).toMatchObject({ status: false, reason: "UnknownMessage" });
  }
  // In another room, the id is that of another message, or of none.
  const inTea = await V3Client.registered(server.url("tea"), "Mallory");
  expect(await inTea.ask({ type: "delete", of: sent.id })).toMatchObject({ reason: "UnknownMessage" });
  const own = await inTea.say("own");
  expect(await inTea.ask({ type: "delete", of: own })).toMatchObject({ status: true });
  expect((await an.page()).messages).toMatchObject([{ id: sent.id, content: "still mine" }]);
  expect(await an.ask({ type: "delete", of: sent.id })).toMatchObject({ status: true });
});

test("CHANGE-2 nothing but the id of a message names one", async () => {
  await using server = await startServer(KEPT);
  const an = await V3Client.registered(server.url(), "An");
  const id = await an.say("mine");
  const noIds = [0, -1, -id, id + 0.5, 1e300, "1", String(id), null, [id], { id }, true, "", "constructor"];
  for (const of of noIds) {
    for (const type of ["edit", "delete", "react"])
      expect(await an.ask({ type, of, content: "x", emoji: "👍" })).toMatchObject({
        status: false,
        reason: "WrongFormatOf",
      });
  }
  for (const of of [id + 1, 2 ** 32 + id, Number.MAX_SAFE_INTEGER])
    expect(await an.ask({ type: "delete", of })).toMatchObject({ of, reason: "UnknownMessage" });
  expect((await an.page()).messages).toMatchObject([{ id, content: "mine" }]);
});

test("GROW-3 a client of version 2 has no changes", async () => {
  await using server = await startServer(KEPT);
  using an = await ChatClient.registered(server.url(), "An");
  await an.ask({ type: "send", content: "mine" });
  for (const type of ["edit", "delete", "react"])
    expect(JSON.parse(await an.ask({ type, of: 1, content: "x", emoji: "👍", key: "k" }))).toEqual({
      type: null,
      status: false,
      reason: "UnknownType",
    });
  expect((await an.get()).messages).toMatchObject([{ content: "mine" }]);
});

test("RES-2 RES-3 CHANGE-4 of two connections of one person only one changes messages at a time, and who has lost the session none", async () => {
  await using server = await startServer(KEPT);
  const witness = await V3Client.registered(server.url(), "Witness");
  let an = await V3Client.registered(server.url(), "An");
  const id = await an.say("mine");
  const accepted: unknown[] = [];
  for (let round = 0; round < 20; round++) {
    const next = await V3Client.connect(server.url());
    // The edit and the resume race. What arrives behind the resume must not be stored.
    an.chat.send({ type: "edit", of: id, content: `old ${round}` });
    next.chat.send({ type: "resume", session: an.session, limit: 1 });
    next.chat.send({ type: "edit", of: id, content: `new ${round}` });
    an.chat.send({ type: "edit", of: id, content: `late ${round}` });
    expect(await next.next()).toMatchObject({ type: "resume", status: true });
    expect(await next.chat.nextWhere(({ type }) => type === "edit")).toMatchObject({ status: true });
    await an.chat.closed;
    // The void session opens nothing, and a stranger is not its author.
    const stranger = await V3Client.connect(server.url());
    expect(await stranger.resume(an.session)).toMatchObject({ status: false, reason: "UnknownSession" });
    expect(await stranger.ask({ type: "delete", of: id })).toMatchObject({ reason: "UnknownRegister" });
    await stranger.vanish();
    accepted.push(`new ${round}`);
    an = next;
  }
  await an.ask({ type: "edit", of: id, content: "the end" });
  const told: unknown[] = [];
  for (;;) {
    const { datatype, content } = await witness.next();
    if (datatype !== "edit") continue;
    if (content === "the end") break;
    told.push(content);
  }
  // In each round the new connection is the last.
  for (let round = 0; round < 20; round++) {
    const ofRound = told.filter((content) => String(content).endsWith(` ${round}`));
    expect(ofRound.at(-1)).toBe(`new ${round}`);
  }
  expect(told.filter((content) => String(content).startsWith("new"))).toEqual(accepted);
});

fileTest(
  "LIM-14 CHANGE-7 REACT-3 one address that toggles reactions and edits its message all the time is held to the rate of sends",
  async () => {
    await using server = await startServer(["--sends-per-second", "0.001", "--sends-burst", "40"]);
    const witness = await V3Client.registered(server.url(), "Witness");
    const attackers = await Promise.all(
      Array.from({ length: 4 }, (_, at) => V3Client.registered(server.url(), `Mallory ${at}`)),
    );
    const { id } = await answered(witness, { type: "send", content: "patience" });
    let accepted = 0;
    await Promise.all(
      attackers.map(async (each) => {
        const own = await each.chat.nextWhere(({ datatype }) => datatype === "message");
        expect(own.id).toBe(id);
        for (let at = 0; at < 60; at++) {
          const reply = await answered(each, { type: "react", of: id, emoji: "👍", on: at % 2 === 0 });
          if (reply.status === true) accepted++;
          else expect(reply).toMatchObject({ type: "react", reason: "TooManyRequests" });
          // What is over the rate by far ends the connection, as with sends.
          if (reply.reason === "TooManyRequests") break;
        }
      }),
    );
    expect(accepted).toBe(4 * 40);
    const { messages } = await witness.page();
    // Each has toggled an even number of times, and nothing is left of all that in the message.
    expect(messages).toHaveLength(1);
    expect(messages[0]).not.toHaveProperty("reactions");
    const events: unknown[] = JSON.parse(await server.store.history());
    expect(events).toHaveLength(1 + accepted);
  },
);

fileTest(
  "LIM-14 EDIT-1 a message that is edited with the largest content again and again is one message for everybody else",
  async () => {
    await using server = await startServer(KEPT);
    const an = await V3Client.registered(server.url(), "An");
    const id = await an.say("short");
    const binh = await V3Client.registered(server.url(), "Bình");
    const texts = Array.from({ length: 30 }, (_, at) => `${at} ${"\u1eef".repeat(3990)}`);
    for (const content of texts)
      expect(await answered(an, { type: "edit", of: id, content })).toMatchObject({ status: true });
    const page = await binh.page();
    expect(page.messages.map((message) => message.content)).toEqual([texts.at(-1) ?? ""]);
    const away = await V3Client.registered(server.url(), "Chi");
    // All 30 edits together are one message for who was away, however often it was edited.
    const missed = await away.chat.ask({ type: "get", after: id, limit: 1000 });
    expect(JSON.parse(missed)).toMatchObject({ data: { message: [], more: false } });
    expect(JSON.parse(missed).data.changed).toHaveLength(1);
    expect(missed.length).toBeLessThan(2 * 4000);
  },
);

/** Sends a request, and gives its reply; events that come before it are dropped. */
async function answered(
  client: V3Client,
  request: { readonly type: string; readonly [key: string]: unknown },
): Promise<Frame> {
  client.chat.send(request);
  return await client.chat.nextWhere(({ type }) => type === request.type);
}
