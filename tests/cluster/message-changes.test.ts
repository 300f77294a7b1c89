/** Messages are changed at one server of several, and of several versions. */
import { expect, test } from "bun:test";
import { ChatClient } from "../support/client.ts";
import { Cluster } from "../support/cluster.ts";
import { commitAsLater } from "../support/later-server.ts";
import { administer, PostgresServer } from "../support/postgres.ts";
import { V3Client } from "../support/v3.ts";

const FLAGS = ["--no-limits", "--grace", "600", "--restart-grace", "600"];
const BY = "0123456789abcdef";

test("CHANGE-1 EDIT-1 DELETE-1 REACT-1 what is changed at one server is told at the others, and their pages show it", async () => {
  await using cluster = await Cluster.start(2, FLAGS);
  using an = await V3Client.registered(cluster.at(0).url(), "An");
  using binh = await V3Client.registered(cluster.at(1).url(), "Bình");
  using classic = await ChatClient.registered(cluster.at(1).url(), "Classic");
  for (const name of ["Bình", "Classic"])
    expect(await an.next()).toMatchObject({ datatype: "register", name });
  expect(await binh.next()).toMatchObject({ datatype: "register", name: "Classic" });
  const [one, two] = [await an.say("one"), await an.say("two")];
  for (const id of [one, two]) expect(await binh.next()).toMatchObject({ datatype: "message", id });
  await binh.page();
  const edited = await an.ask({ type: "edit", of: one, content: "edited" });
  expect(edited).toMatchObject({ type: "edit", status: true, of: one });
  expect(await binh.next()).toMatchObject({ datatype: "edit", of: one, content: "edited", id: edited.id });
  const reacted = await binh.ask({ type: "react", of: one, emoji: "👍" });
  expect(reacted).toMatchObject({ status: true, count: 1 });
  expect(await an.next()).toMatchObject({ datatype: "react", of: one, name: "Bình", count: 1 });
  expect(await an.ask({ type: "delete", of: two })).toMatchObject({ status: true });
  expect(await binh.next()).toMatchObject({ datatype: "delete", of: two });
  expect(await binh.ask({ type: "edit", of: one, content: "mine" })).toMatchObject({ reason: "NotAllowed" });
  const pages = [await an.page(), await binh.page()];
  expect(pages[0]?.messages).toMatchObject([
    { id: one, content: "edited", reactions: [{ emoji: "👍", count: 1 }] },
    { id: two, content: "", deleted: true },
  ]);
  expect(pages[1]?.messages).toEqual(pages[0]?.messages ?? []);
  for (const content of ["one", "two"])
    expect(await classic.next()).toMatchObject({ datatype: "message", content });
  await classic.expectNothing();
  expect((await classic.get()).messages).toMatchObject([{ content: "edited" }]);
});

for (const notified of ["the changes", "the position", "nothing"] as const) {
  test(`CHANGE-1 PAGE-7 PAGE-8 changes by a server that notifies ${notified} are told in order, and the next page shows them`, async () => {
    await using cluster = await Cluster.start(1, FLAGS);
    using an = await V3Client.registered(cluster.at(0).url(), "An");
    using reader = await V3Client.registered(cluster.at(0).url(), "Reader");
    await an.next();
    const ids = [await an.say("one"), await an.say("two")];
    const [one = 0, two = 0] = ids;
    for (const id of ids) expect(await reader.next()).toMatchObject({ id });
    await reader.page();
    const last = await commitAsLater(cluster.url, {
      changes: (id, withContents) => [
        ["edited", "x", id, one, 5_000, BY, withContents ? "edited" : null, null],
        ["reacted", "x", id + 1, one, 5_001, BY, "Xuân", "🎉", true, 1],
        ["deleted", "x", id + 2, two, 5_002, BY],
      ],
      ids: 3,
      statement: (id) => `
        UPDATE chatbox.messages SET content = 'edited', edited_at = 'epoch'::timestamptz + interval '5 s'
          WHERE id = ${one};
        UPDATE chatbox.messages SET content = '', is_deleted = true WHERE id = ${two};
        INSERT INTO chatbox.reactions VALUES ('/', ${one}, '🎉', '${BY}', 'Xuân', ${id + 1});
        INSERT INTO chatbox.changes (room, id, of, kind, sent_at, author, name, emoji, is_on) VALUES
          ('/', ${id}, ${one}, 'edit', 'epoch'::timestamptz + interval '5 s', '${BY}', NULL, NULL, NULL),
          ('/', ${id + 1}, ${one}, 'react', 'epoch'::timestamptz + interval '5.001 s', '${BY}', 'Xuân', '🎉', true),
          ('/', ${id + 2}, ${two}, 'delete', 'epoch'::timestamptz + interval '5.002 s', '${BY}', NULL, NULL, NULL)`,
      notified,
    });
    an.chat.send({ type: "send", content: "three" });
    expect(await reader.next()).toMatchObject({ datatype: "edit", of: one, content: "edited", by: BY });
    expect(await reader.next()).toMatchObject({ datatype: "react", of: one, name: "Xuân", id: last - 1 });
    expect(await reader.next()).toMatchObject({ datatype: "delete", of: two, id: last });
    expect(await reader.next()).toMatchObject({ datatype: "message", id: last + 1 });
    const shown = [
      { id: one, content: "edited", edited: 5_000, reactions: [{ emoji: "🎉", count: 1 }] },
      { id: two, content: "", deleted: true },
      { id: last + 1, content: "three" },
    ];
    expect(await reader.page()).toMatchObject({ messages: shown, more: false });
    reader.chat.send({ type: "get", after: last - 1, time: 5_001 });
    expect(await reader.next()).toMatchObject({
      data: { message: [{ id: last + 1 }], changed: [{ id: two, deleted: true }], cursor: { id: last + 1 } },
    });
    await cluster.at(0).restart();
    using again = await V3Client.resumed(cluster.at(0).url(), reader.session);
    expect(await again.page()).toMatchObject({ messages: shown, more: false });
  });
}

test("BY-1 REACT-1 CHANGE-4 beside a server of the version before, its members have authors, and its messages none", async () => {
  await using cluster = await Cluster.start(2, FLAGS);
  using an = await V3Client.registered(cluster.at(0).url(), "An");
  const id = await commitAsLater(cluster.url, {
    changes: (id, withContents) => [
      ["registered", "old", "Older", 1_000, "hash", "identity"],
      withContents ? ["sent", "old", id, "Older", "from before", "T", 2_000, null] : ["sent", "old", id],
    ],
    ids: 1,
    statement: (id) => `
      INSERT INTO chatbox.messages (room, id, name, content, shown_time, sent_at)
        VALUES ('/', ${id}, 'Older', 'from before', 'T', 'epoch'::timestamptz + interval '2 s');
      INSERT INTO chatbox.nicknames (room, lookalike, session, name, place, server, is_absent, proof, person)
        SELECT '/', 'old', 'old', 'Older', 100, id, false, 'hash', 'identity' FROM chatbox.servers LIMIT 1`,
    notified: "the changes",
  });
  expect(await an.next()).toMatchObject({ datatype: "register", name: "Older" });
  const message = await an.next();
  expect(message).toMatchObject({ datatype: "message", id, content: "from before" });
  expect(message).not.toHaveProperty("by");
  expect(await an.ask({ type: "react", of: id, emoji: "👍" })).toMatchObject({ status: true, count: 1 });
  for (const request of [{ type: "edit", content: "mine" }, { type: "delete" }])
    expect(await an.ask({ ...request, of: id })).toMatchObject({ status: false, reason: "NotAllowed" });
  // Another server reads the room as it is stored.
  using binh = await V3Client.registered(cluster.at(1).url(), "Bình");
  const page = await binh.page();
  expect(page).toMatchObject({
    online: expect.arrayContaining(["An", "Older", "Bình"]),
    messages: [{ id, content: "from before", reactions: [{ emoji: "👍", count: 1 }] }],
  });
  expect(page.messages[0]).not.toHaveProperty("by");
});

test("DUR-1 CHANGE-1 changes whose commit succeeded although its answer was lost are told once, and shown as they are", async () => {
  await using postgres = await PostgresServer.start();
  await using cluster = await Cluster.start(2, FLAGS, postgres);
  using an = await V3Client.registered(cluster.at(0).url(), "An");
  using binh = await V3Client.registered(cluster.at(1).url(), "Bình");
  await an.next();
  const one = await an.say("one");
  expect(await binh.next()).toMatchObject({ datatype: "message", id: one });
  for (const client of [an, binh]) await client.page();
  // Commits are stored, and their answers wait for a standby that never comes.
  await administer(
    cluster.url,
    "ALTER SYSTEM SET synchronous_standby_names = 'nobody'",
    "SELECT pg_reload_conf()",
  );
  an.chat.send({ type: "edit", of: one, content: "edited", key: "k" });
  an.chat.send({ type: "react", of: one, emoji: "👍" });
  await cluster.at(0).waitForLog(({ text }) => text.includes("InDoubt"));
  await administer(cluster.url, "ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()");
  expect(await an.next()).toMatchObject({ type: "edit", status: true, id: one + 1 });
  expect(await an.next()).toMatchObject({ type: "react", status: true, id: one + 2 });
  expect(await binh.next()).toMatchObject({ datatype: "edit", of: one, id: one + 1 });
  expect(await binh.next()).toMatchObject({ datatype: "react", of: one, id: one + 2 });
  const again = { type: "edit", of: one, content: "again", key: "k" };
  expect(await an.ask(again)).toMatchObject({ status: true, id: one + 1 });
  for (const client of [an, binh])
    expect((await client.page()).messages).toMatchObject([
      { id: one, content: "edited", reactions: [{ emoji: "👍", count: 1 }] },
    ]);
  expect(await an.say("next")).toBe(one + 3);
  expect(await binh.next()).toMatchObject({ datatype: "message", id: one + 3 });
});
