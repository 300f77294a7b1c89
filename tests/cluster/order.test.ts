/** Three servers with one database are one chat: one order for all, and one roster. */
import { expect, test } from "bun:test";
import { ChatClient, type Frame } from "../support/client.ts";
import { Cluster } from "../support/cluster.ts";
import { countsOf } from "../support/counts.ts";
import { contents, V3Client } from "../support/v3.ts";

test("ORD-1 ORD-2 SEND-1 clients of all servers see everything in one order, replies among events", async () => {
  await using cluster = await Cluster.start(3, ["--no-limits"]);
  const each = 60;
  const clients = await Promise.all(
    Array.from({ length: 6 }, (_, i) => V3Client.registered(cluster.at(i % 3).url(), `n${i}`)),
  );
  for (let i = 0; i < each; i++) {
    for (const [at, client] of clients.entries()) {
      const content = `${at} ${i} ${"x".repeat((i * 97) % 1500)}`;
      client.chat.send({ type: "send", content });
    }
    // So that there are many batches of each server.
    if (i % 5 === 0) await Bun.sleep(0);
  }
  const seen = await Promise.all(clients.map((client) => messagesOf(client, each * clients.length)));
  const [first] = seen;
  for (const other of seen) expect(other).toEqual(first ?? []);
  expect(new Set(first?.map(({ id }) => id)).size).toBe(each * clients.length);
  for (const at of clients.keys()) {
    const own = first
      ?.filter(({ content }) => content.startsWith(`${at} `))
      .map(({ content }) => content.split(" ")[1]);
    expect(own).toEqual(Array.from({ length: each }, (_, i) => String(i)));
  }
});

async function messagesOf(client: V3Client, count: number): Promise<{ id: number; content: string }[]> {
  const seen: { id: number; content: string }[] = [];
  while (seen.length < count) {
    const frame = await client.next();
    const isMessage = frame.type === "send" || frame.datatype === "message";
    if (isMessage) seen.push({ id: Number(frame.id), content: String(frame.content) });
  }
  return seen;
}

test("GET-3 EV-4 EV-5 EV-6 EV-7 roster, history and events are the same at every server", async () => {
  await using cluster = await Cluster.start(3);
  using an = await V3Client.registered(cluster.at(0).url(), "An");
  using binh = await ChatClient.registered(cluster.at(1).url(), "Bình");
  expect(await an.next()).toMatchObject({ datatype: "register", name: "Bình" });
  using chi = await ChatClient.registered(cluster.at(2).url(), "Chi");
  expect(await binh.next()).toMatchObject({ datatype: "register", name: "Chi" });
  expect(await an.next()).toMatchObject({ datatype: "register", name: "Chi" });
  const text = 'all of it: "\\ \n \0 \u{1F600} é';
  await chi.say(text);
  expect(await binh.next()).toMatchObject({ datatype: "message", name: "Chi", content: text });
  expect(await an.next()).toMatchObject({ datatype: "message", name: "Chi", content: text });
  binh.send({ type: "name", name: "Bình 2" });
  expect(await chi.next()).toMatchObject({ datatype: "change", oldname: "Bình", newname: "Bình 2" });
  expect(await an.next()).toMatchObject({ datatype: "change" });
  const page = await an.page();
  expect(page.online).toEqual(["An", "Bình 2", "Chi"]);
  expect(contents(page)).toEqual([text]);
  expect(await chi.get()).toMatchObject({ online: page.online, messages: [{ content: text }] });
  await binh.close();
  expect(await chi.next()).toMatchObject({ datatype: "leave", name: "Bình 2" });
  expect(await an.next()).toMatchObject({ datatype: "leave", name: "Bình 2" });
  // The metrics tell how late others' messages come, and how large the database is, of whose disk nothing is known.
  const [there, here] = await Promise.all([0, 2].map((at) => countsOf(cluster.at(at))));
  expect(there?.get("chatbox_cluster_lag_seconds_count")).toBe(1);
  expect(here?.get("chatbox_cluster_lag_seconds_count")).toBe(0);
  expect(here?.get("chatbox_data_bytes")).toBeGreaterThan(0);
  expect(here?.has("chatbox_disk_free_bytes")).toBe(false);
});

test("EP-4 rooms are separate at every server, and a later member finds the room's history", async () => {
  await using cluster = await Cluster.start(2);
  using an = await ChatClient.registered(cluster.at(0).url("a"), "An");
  using other = await ChatClient.registered(cluster.at(1).url("b"), "An");
  await an.say("in a");
  await other.expectNothing();
  using late = await ChatClient.registered(cluster.at(1).url("a"), "Late");
  expect(await late.get()).toMatchObject({ online: ["An", "Late"], messages: [{ content: "in a" }] });
});

test("TYPE-1 typing is announced once at every server, to clients of version 3", async () => {
  await using cluster = await Cluster.start(2);
  using an = await V3Client.registered(cluster.at(0).url(), "An");
  using chi = await V3Client.registered(cluster.at(0).url(), "Chi");
  using binh = await V3Client.registered(cluster.at(1).url(), "Bình");
  expect(await chi.next()).toMatchObject({ datatype: "register", name: "Bình" });
  an.chat.send({ type: "typing" });
  const event: Frame = { type: "receive", datatype: "typing", name: "An" };
  expect(await binh.next()).toEqual(event);
  // What the writer's server hears of itself comes before this.
  await binh.say("behind it");
  expect(await chi.next()).toEqual(event);
  expect(await chi.next()).toMatchObject({ datatype: "message", content: "behind it" });
});
