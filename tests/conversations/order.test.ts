import { expect, test } from "bun:test";
import { ChatClient, type Frame, historyOf, type Message } from "../support/client.ts";
import { startServer } from "../support/server.ts";

/** A fact of the room, however a client learns it: by an event, or by its own reply. */
type Fact =
  | { kind: "register" | "leave"; name: string; timestamp: string }
  | { kind: "change"; oldname: string; newname: string; timestamp: string }
  | { kind: "message"; name: string; content: string; timestamp: string };

type View = { facts: Fact[]; gets: { factsBefore: number; reply: Frame }[] };

function factOf(frame: Frame): Fact | undefined {
  const kind = frame.type === "receive" ? frame.datatype : frame.type === "send" ? "message" : frame.action;
  if (frame.type === "get" || (frame.type !== "receive" && frame.status !== true)) return undefined;
  const timestamp = String(frame.timestamp);
  switch (kind) {
    case "register":
    case "leave":
      return { kind, name: String(frame.name), timestamp };
    case "change":
      return { kind, oldname: String(frame.oldname), newname: String(frame.newname), timestamp };
    case "message":
      return { kind, name: String(frame.name), content: String(frame.content), timestamp };
    default:
      throw new Error(`a frame of no known kind: ${JSON.stringify(frame)}`);
  }
}

/** Reads a client's frames until it has seen the last word of each of `writers`. */
async function viewOf(client: ChatClient, writers: number, see = (_fact: Fact) => {}): Promise<View> {
  const view: View = { facts: [], gets: [] };
  let ended = 0;
  while (ended < writers) {
    const frame = await client.next();
    if (frame.type === "get" && frame.status === true) {
      view.gets.push({ factsBefore: view.facts.length, reply: frame });
    }
    const fact = factOf(frame);
    if (!fact) continue;
    view.facts.push(fact);
    see(fact);
    if (fact.kind === "message" && fact.content.startsWith("last word")) ended++;
  }
  return view;
}

/** Requests of one client, all to be sent without waiting for a reply. */
function pipeline(writer: number): unknown[] {
  const requests: unknown[] = [{ type: "name", name: `w${writer}` }];
  for (let i = 0; i < 60; i++) {
    requests.push({ type: "send", content: `${writer}/${i}` });
    // The nicknames of all writers collide, so that some changes are refused, and which ones depends on the order.
    if (i % 7 === writer) requests.push({ type: "name", name: `shared${i % 4}` });
    if (i % 13 === writer) requests.push({ type: "get" });
    if (i % 11 === writer) requests.push({ type: "send", content: "" }, { type: "send" }, "no object");
  }
  return requests;
}

/** The roster after some facts, in the order of registration. */
function rosterAfter(facts: readonly Fact[]): string[] {
  const roster: string[] = [];
  for (const fact of facts) {
    if (fact.kind === "register") roster.push(fact.name);
    if (fact.kind === "change") roster[roster.indexOf(fact.oldname)] = fact.newname;
    if (fact.kind === "leave") roster.splice(roster.indexOf(fact.name), 1);
  }
  return roster;
}

function messagesOf(facts: readonly Fact[]): Message[] {
  return facts.flatMap((fact) =>
    fact.kind === "message" ? [{ name: fact.name, content: fact.content, timestamp: fact.timestamp }] : [],
  );
}

async function conversation(url: string, writers: number): Promise<{ whole: Fact[]; views: View[] }> {
  const observer = await ChatClient.connect(url);
  const first = factOf(await observer.register("observer"));
  const clients = await Promise.all(Array.from({ length: writers }, () => ChatClient.connect(url)));
  for (const [writer, client] of clients.entries())
    for (const request of pipeline(writer)) client.send(request);
  let registered = 0;
  const { facts } = await viewOf(observer, writers, (fact) => {
    // The last words come when all are there to hear them.
    if (fact.kind !== "register" || ++registered < writers) return;
    for (const [writer, client] of clients.entries()) {
      client.send({ type: "send", content: `last word of ${writer}` });
    }
  });
  const views = await Promise.all(clients.map((client) => viewOf(client, writers)));
  for (const client of [observer, ...clients]) client.terminate();
  return { whole: first ? [first, ...facts] : facts, views };
}

test("ORD-1 ORD-2 all events and a client's own replies make one sequence, the same for everybody", async () => {
  await using server = await startServer(["--no-limits"]);
  const { whole, views } = await conversation(server.url(), 6);
  expect(messagesOf(whole)).toHaveLength(6 * 61);
  for (const [writer, view] of views.entries()) {
    const from = whole.findIndex((fact) => fact.kind === "register" && fact.name === `w${writer}`);
    expect(view.facts).toEqual(whole.slice(from));
  }
});

test("ORD-5 the reply to a get is the room as it was at that place in the order", async () => {
  await using server = await startServer(["--no-limits"]);
  const { whole, views } = await conversation(server.url("tea"), 5);
  expect(views.flatMap((view) => view.gets).length).toBeGreaterThan(10);
  for (const [writer, view] of views.entries()) {
    const from = whole.findIndex((fact) => fact.kind === "register" && fact.name === `w${writer}`);
    for (const { factsBefore, reply } of view.gets) {
      const before = whole.slice(0, from + factsBefore);
      expect(historyOf(reply)).toEqual({ messages: messagesOf(before), online: rosterAfter(before) });
    }
  }
});

test("ORD-1 the history is in the order in which the messages were announced", async () => {
  await using server = await startServer(["--no-limits"]);
  const { whole } = await conversation(server.url(), 4);
  await server.restart();
  using reader = await ChatClient.registered(server.url(), "reader");
  expect((await reader.get()).messages).toEqual(messagesOf(whole));
});

test("ORD-3 a client gets every event after its own registration and none from before", async () => {
  await using server = await startServer(["--no-limits"]);
  using speaker = await ChatClient.registered(server.url(), "speaker");
  using listener = await ChatClient.connect(server.url());
  for (let i = 0; i < 50; i++) speaker.send({ type: "send", content: String(i) });
  listener.send({ type: "name", name: "listener" });
  listener.send({ type: "get" });
  for (let i = 50; i < 100; i++) speaker.send({ type: "send", content: String(i) });
  // The speaker sees at which place among the messages the registration is.
  const heard: Frame[] = [];
  while (heard.length < 101) heard.push(await speaker.next());
  const first = heard.findIndex(({ datatype }) => datatype === "register");
  const all = Array.from({ length: 100 }, (_, i) => String(i));
  expect(heard.toSpliced(first, 1).map(({ content }) => content)).toEqual(all);
  expect(await listener.next()).toMatchObject({ action: "register", status: true });
  const told: string[] = [];
  let stored: string[] | null = null;
  let toldBefore = 0;
  while (stored === null || told.length < 100 - first) {
    const frame = await listener.next();
    if (frame.type === "get") {
      stored = historyOf(frame).messages.map((message) => message.content);
      toldBefore = told.length;
    } else told.push(String(frame.content));
  }
  expect(told).toEqual(all.slice(first));
  expect(stored).toEqual(all.slice(0, first + toldBefore));
  await listener.expectNothing();
});

for (const end of ["close", "terminate"] as const) {
  test(`ORD-4 a leave comes after the messages of the member that leaves with ${end}`, async () => {
    await using server = await startServer(["--no-limits"]);
    using witness = await ChatClient.registered(server.url(), "witness");
    for (let round = 0; round < 5; round++) {
      const leaver = await ChatClient.registered(server.url(), "leaver");
      for (let i = 0; i < 40; i++) leaver.send({ type: "send", content: String(i) });
      // Once the first is acknowledged the others are on their way.
      await leaver.next();
      await leaver[end]();
      expect(await witness.next()).toMatchObject({ datatype: "register" });
      const told: string[] = [];
      for (;;) {
        const frame = await witness.next();
        if (frame.datatype === "leave") break;
        expect(frame).toMatchObject({ datatype: "message", name: "leaver" });
        told.push(String(frame.content));
      }
      const sent = Array.from({ length: 40 }, (_, i) => String(i));
      // A close frame comes after all that was sent before it; a reset may cut some of it off, but not what was acknowledged.
      expect(told.length).toBeGreaterThan(0);
      expect(told).toEqual(end === "close" ? sent : sent.slice(0, told.length));
      await witness.expectNothing();
    }
  });
}

test("ORD-4 a client that sends and closes at once is heard", async () => {
  await using server = await startServer();
  using witness = await ChatClient.registered(server.url(), "witness");
  const leaver = await ChatClient.connect(server.url());
  leaver.send({ type: "name", name: "leaver" });
  leaver.send({ type: "send", content: "goodbye" });
  await leaver.close();
  expect(await witness.next()).toMatchObject({ datatype: "register", name: "leaver" });
  expect(await witness.next()).toMatchObject({ datatype: "message", content: "goodbye" });
  expect(await witness.next()).toMatchObject({ datatype: "leave", name: "leaver" });
});

test("NAME-8 of several clients that request one nickname at once, one gets it", async () => {
  await using server = await startServer();
  const spellings = ["An", "AN", "an", "Ａn", " An", "A\u200bn", "an ", "aN"];
  const clients = await Promise.all(spellings.map(() => ChatClient.connect(server.url())));
  for (const [i, client] of clients.entries()) client.send({ type: "name", name: spellings[i] });
  const replies = await Promise.all(
    clients.map((client) => client.nextWhere((frame) => frame.type === "name")),
  );
  expect(replies.filter((reply) => reply.status === true)).toHaveLength(1);
  expect(replies.filter((reply) => reply.reason === "NameAlreadyUsed")).toHaveLength(spellings.length - 1);
  const winner = replies.findIndex((reply) => reply.status === true);
  expect((await clients[winner]?.get())?.online).toEqual([String(spellings[winner])]);
  for (const client of clients) client.terminate();
});
