/** Sessions and keys hold at every server. */
import { expect, test } from "bun:test";
import { ChatClient } from "../support/client.ts";
import { Cluster } from "../support/cluster.ts";
import { contents, pageOf, V3Client } from "../support/v3.ts";

const LONG_GRACE = ["--grace", "600", "--restart-grace", "600"];

test("RES-1 RES-4 GRACE-1 a client that resumes at another server misses nothing, and the others notice nothing", async () => {
  await using cluster = await Cluster.start(3, LONG_GRACE);
  using an = await V3Client.registered(cluster.at(0).url(), "An");
  using binh = await ChatClient.registered(cluster.at(1).url(), "Bình");
  expect(await an.next()).toMatchObject({ datatype: "register", name: "Bình" });
  const last = await an.say("before");
  expect(await binh.next()).toMatchObject({ content: "before" });
  await an.vanish();
  await binh.say("missed");
  using again = await V3Client.connect(cluster.at(2).url());
  const page = pageOf(await again.resume(an.session, { after: last }));
  expect(contents(page)).toEqual(["missed"]);
  expect(page.online).toEqual(["An", "Bình"]);
  await binh.expectNothing();
  await again.say("after");
  expect(await binh.next()).toMatchObject({ name: "An", content: "after" });
});

test("RES-2 CLOSE-9 a superseded connection at another server is closed with 4001, gets no more events, and its requests are ignored", async () => {
  await using cluster = await Cluster.start(2, LONG_GRACE);
  using old = await V3Client.registered(cluster.at(0).url(), "An");
  using binh = await ChatClient.registered(cluster.at(0).url(), "Bình");
  await old.next();
  using again = await V3Client.resumed(cluster.at(1).url(), old.session);
  expect((await old.chat.closed).code).toBe(4001);
  await again.say("here");
  expect(await binh.next()).toMatchObject({ name: "An", content: "here" });
  await binh.expectNothing();
});

test("RES-3 of many resumes with one secret at different servers at once one succeeds", async () => {
  await using cluster = await Cluster.start(3, ["--no-limits", ...LONG_GRACE]);
  let client = await V3Client.registered(cluster.at(0).url(), "An");
  for (let round = 0; round < 30; round++) {
    const rivals = await Promise.all([0, 1, 2].map((at) => V3Client.connect(cluster.at(at).url())));
    const replies = await Promise.all(rivals.map((rival) => rival.resume(client.session)));
    const winners = rivals.filter((_, at) => replies[at]?.status === true);
    expect(winners.length).toBe(1);
    for (const rival of rivals) if (!winners.includes(rival)) rival[Symbol.dispose]();
    client = winners[0] ?? client;
  }
  expect((await client.page()).online).toEqual(["An"]);
  client[Symbol.dispose]();
});

test("GRACE-1 a member that does not come back leaves once, at every server", async () => {
  await using cluster = await Cluster.start(3, ["--grace", "0.3"]);
  using an = await V3Client.registered(cluster.at(0).url(), "An");
  const others = await Promise.all(
    [0, 1, 2].map((at) => ChatClient.registered(cluster.at(at).url(), `other ${at}`)),
  );
  await an.vanish();
  for (const other of others) {
    expect(await other.nextWhere((frame) => frame.datatype === "leave")).toMatchObject({ name: "An" });
  }
  for (const other of others) await other.expectNothing();
  using again = await V3Client.connect(cluster.at(1).url());
  expect(await again.resume(an.session)).toMatchObject({ status: false, reason: "UnknownSession" });
  for (const other of others) other[Symbol.dispose]();
});

test("KEY-2 KEY-3 KEY-5 a key is stored once, whichever server it comes to, also after a late resume", async () => {
  await using cluster = await Cluster.start(3, ["--grace", "0.2"]);
  using an = await V3Client.registered(cluster.at(0).url(), "An");
  using binh = await ChatClient.registered(cluster.at(1).url(), "Bình");
  expect(await an.next()).toMatchObject({ datatype: "register", name: "Bình" });
  const id = await an.say("once", "k");
  expect(await binh.next()).toMatchObject({ content: "once" });
  await an.vanish();
  expect(await binh.next()).toMatchObject({ datatype: "leave", name: "An" });
  using late = await V3Client.connect(cluster.at(2).url());
  expect(await late.resume(an.session)).toMatchObject({ status: false });
  await late.register("An");
  expect(await binh.next()).toMatchObject({ datatype: "register", name: "An" });
  expect(await late.ask({ type: "send", content: "once", key: "k" })).toMatchObject({ status: true, id });
  await binh.expectNothing();
});

test("RES-7 GRACE-4 after a stop of all servers everybody resumes, and those of version 2 have left", async () => {
  await using cluster = await Cluster.start(2, LONG_GRACE);
  using an = await V3Client.registered(cluster.at(0).url(), "An");
  using _classic = await ChatClient.registered(cluster.at(1).url(), "Classic");
  expect(await Promise.all(cluster.servers.map((server) => server.stop()))).toEqual([0, 0]);
  expect((await an.chat.closed).code).toBe(1012);
  await cluster.at(1).restart();
  using again = await V3Client.connect(cluster.at(1).url());
  expect(pageOf(await again.resume(an.session)).online).toEqual(["An"]);
});
