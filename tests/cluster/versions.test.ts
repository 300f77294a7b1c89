/** Servers of this version beside one of a later version, which does what they do not know. */
import { expect, test } from "bun:test";
import { SQL } from "bun";
import { ChatClient } from "../support/client.ts";
import { Cluster } from "../support/cluster.ts";
import { commitAsLater, type LaterBatch } from "../support/later-server.ts";
import { contents, V3Client } from "../support/v3.ts";

const FLAGS = ["--no-limits", "--grace", "600", "--restart-grace", "600"];

const applause = (id: number) => ["applauded", "x", id, { loud: true, changes: [["sent", "x", 1]] }];
const wave = ["waved", null, "at everybody"];

/** A message, with a field that this version does not know. */
function sent(id: number, withContents: boolean): unknown[] {
  return withContents
    ? ["sent", "x", id, "Later", `later ${id}`, "T", 2_000, null, null, null, { loud: true }]
    : ["sent", "x", id, null, null, null, null, null, null, null, { loud: true }];
}

function inserted(id: number): string {
  return `INSERT INTO chatbox.messages (room, id, name, content, shown_time, sent_at)
    VALUES ('/', ${id}, 'Later', 'later ${id}', 'T', 'epoch'::timestamptz + interval '2 s')`;
}

/** What a later server does. `told` counts the messages among it. */
const BATCHES: readonly (Omit<LaterBatch, "notified"> & { readonly told: readonly number[] })[] = [
  { changes: (id) => [applause(id)], ids: 1, told: [] },
  { changes: () => [wave], ids: 0, told: [] },
  {
    changes: (id, withContents) => [sent(id, withContents), applause(id + 1)],
    ids: 2,
    statement: inserted,
    told: [0],
  },
  {
    changes: (id, withContents) => [wave, applause(id), sent(id + 1, withContents)],
    ids: 2,
    statement: (id) => inserted(id + 1),
    told: [1],
  },
  { changes: (id) => [applause(id), wave, applause(id + 1)], ids: 2, told: [] },
];

/** What the logs of servers say of faults, and of rooms that had to be read anew. @param from the first lines to look at */
function complaints(cluster: Cluster, from: readonly number[] = []): string[] {
  const texts = cluster.servers.flatMap(({ lines }, at) => lines.slice(from[at]).map(({ text }) => text));
  return texts.filter((text) => /"event":"fault"|reads the room anew/.test(text));
}

async function expectMessage(client: ChatClient, content: string): Promise<void> {
  expect(await client.next()).toMatchObject({ datatype: "message", content });
}

for (const notified of ["the changes", "the position", "nothing"] as const) {
  test(`SEND-1 ID-2 DUR-2 of a later version that notifies ${notified}, servers skip what they do not know and count its ids`, async () => {
    await using cluster = await Cluster.start(2, FLAGS);
    using an = await V3Client.registered(cluster.at(0).url(), "An");
    using binh = await ChatClient.registered(cluster.at(1).url(), "Bình");
    await an.next();
    const said: string[] = [];
    for (const [at, { told, ...batch }] of [...BATCHES, ...BATCHES.toReversed()].entries()) {
      const lastId = await commitAsLater(cluster.url, { ...batch, notified });
      const heard = told.map((each) => `later ${lastId - batch.ids + 1 + each}`);
      an.chat.send({ type: "send", content: `message ${at}` });
      for (const content of heard) await expectMessage(an.chat, content);
      expect(await an.next()).toMatchObject({ type: "send", status: true, id: lastId + 1 });
      for (const content of [...heard, `message ${at}`]) await expectMessage(binh, content);
      said.push(...heard, `message ${at}`);
    }
    expect(contents(await an.page())).toEqual(said);
    expect((await binh.get()).messages.map(({ content }) => content)).toEqual(said);
    const lastId = await commitAsLater(cluster.url, {
      changes: (id) => [applause(id)],
      ids: 1,
      notified,
    });
    expect(complaints(cluster)).toEqual([]);
    // A server that is stopped may just have asked the database something, which is a fault then.
    for (const server of cluster.servers) await server.restart();
    const restarted = cluster.servers.map(({ lines }) => lines.length);
    using again = await V3Client.resumed(cluster.at(1).url(), an.session);
    expect(contents(await again.page())).toEqual(said);
    expect(await again.say("after the restart")).toBe(lastId + 1);
    expect(complaints(cluster, restarted)).toEqual([]);
  });
}

for (const notified of ["the changes", "the position"] as const) {
  test(`PAGE-3 GET-3 a message that a later version has changed or deleted, notifying ${notified}, is shown as it is stored, and nobody is cut off`, async () => {
    await using cluster = await Cluster.start(2, FLAGS);
    using an = await V3Client.registered(cluster.at(0).url(), "An");
    using classic = await ChatClient.registered(cluster.at(0).url(), "Classic");
    await an.next();
    const ids: number[] = [];
    for (const content of ["one", "two", "three"]) ids.push(await an.say(content));
    for (const content of ["one", "two", "three"]) await expectMessage(classic, content);
    const [first = 0, second = 0, third = 0] = ids;
    expect(contents(await an.page())).toEqual(["one", "two", "three"]);
    await classic.get();
    await commitAsLater(cluster.url, {
      changes: (id) => [
        ["rewritten", "x", id, first],
        ["withdrawn", "x", id + 1, third],
      ],
      ids: 2,
      statement: () => `UPDATE chatbox.messages SET content = 'edited' WHERE id = ${first};
      DELETE FROM chatbox.messages WHERE id = ${third}`,
      notified,
    });
    while (contents(await an.page()).length > 2);
    expect(await an.page()).toMatchObject({
      messages: [{ content: "edited" }, { content: "two" }],
      more: false,
    });
    expect(await an.page({ after: first })).toMatchObject({ messages: [{ content: "two" }], more: false });
    expect(await an.page({ after: second })).toMatchObject({ messages: [], more: false });
    expect((await classic.get()).messages).toMatchObject([{ content: "edited" }, { content: "two" }]);
    // A request for more than the server knows makes it compare itself with the database.
    await an.page({ after: 1_000_000 });
    expect(await an.say("four")).toBe(third + 3);
    expect(complaints(cluster)).toEqual([]);
  });
}

test("EV-4 a server that missed entries of the log reads the messages that they point at, and no others", async () => {
  await using cluster = await Cluster.start(1, FLAGS);
  using an = await V3Client.registered(cluster.at(0).url(), "An");
  const unreadable = (id: number) => `INSERT INTO chatbox.messages
    (room, id, name, content, shown_time, sent_at, exact) VALUES ('/', ${id}, '', '', '', now(), 'unreadable')`;
  const lastId = await commitAsLater(cluster.url, {
    changes: (id, withContents) => [sent(id, withContents), applause(id + 1), sent(id + 2, withContents)],
    ids: 3,
    statement: (id) => [inserted(id), unreadable(id + 1), inserted(id + 2)].join(";"),
    notified: "nothing",
  });
  an.chat.send({ type: "send", content: "next" });
  for (const id of [lastId - 2, lastId]) await expectMessage(an.chat, `later ${id}`);
  expect(await an.next()).toMatchObject({ type: "send", id: lastId + 1 });
  expect(complaints(cluster)).toEqual([]);
});

test("a notification of a kind that only a later version knows is ignored", async () => {
  await using cluster = await Cluster.start(2, FLAGS);
  using an = await V3Client.registered(cluster.at(0).url(), "An");
  using binh = await ChatClient.registered(cluster.at(1).url(), "Bình");
  await an.next();
  const sql = new SQL(cluster.url, { max: 1 });
  for (const payload of [
    { kind: "moved", room: "/", changes: [["sent"]] },
    { kind: "toString" },
    { kind: 7, data: { changes: [] } },
  ])
    await sql`SELECT pg_notify('chatbox', ${JSON.stringify(payload)})`;
  await sql.close({ timeout: 0 });
  await an.say("behind them");
  await expectMessage(binh, "behind them");
  expect(complaints(cluster)).toEqual([]);
});
