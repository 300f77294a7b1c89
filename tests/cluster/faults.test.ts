/** Servers that are killed, and a database that is restarted, killed, paused, or ends connections, under load. */
import { expect, test } from "bun:test";
import { SQL } from "bun";
import { ChatClient, type Frame } from "../support/client.ts";
import { Cluster } from "../support/cluster.ts";
import { Link } from "../support/link.ts";
import { administer, PostgresServer } from "../support/postgres.ts";
import { startServer } from "../support/server.ts";
import { contents, pageOf, V3Client, type V3Message } from "../support/v3.ts";
import { Writer } from "../support/writer.ts";

const FLAGS = ["--no-limits", "--grace", "600", "--restart-grace", "600"];

test("EV-7 LIVE-3 each surviving server announces once that the members of a killed one left, except those that resume", async () => {
  await using cluster = await Cluster.start(3, ["--restart-grace", "600"]);
  const survivors = [
    await ChatClient.registered(cluster.at(0).url(), "survivor 0"),
    await ChatClient.registered(cluster.at(1).url(), "survivor 1"),
  ];
  const classics = await Promise.all(
    ["c1", "c2"].map((name) => ChatClient.registered(cluster.at(2).url(), name)),
  );
  using modern = await V3Client.registered(cluster.at(2).url(), "modern");
  const [first] = survivors;
  while ((await first?.next())?.name !== "modern");
  await cluster.at(2).kill();
  for (const survivor of survivors) {
    const names = new Set<unknown>();
    while (names.size < 2) {
      const frame = await survivor.nextWhere(({ datatype }) => datatype === "leave");
      expect(names.has(frame.name)).toBe(false);
      names.add(frame.name);
    }
    expect(names).toEqual(new Set(["c1", "c2"]));
  }
  using again = await V3Client.resumed(cluster.at(0).url(), modern.session);
  expect((await again.page()).online).toEqual(["survivor 0", "survivor 1", "modern"]);
  for (const survivor of survivors) await survivor.expectNothing();
  for (const survivor of survivors) survivor[Symbol.dispose]();
  expect(classics.length).toBe(2);
});

test("DUR-1 DUR-2 DUR-3 KEY-3 a database that is restarted, killed, paused and cut off under load loses and doubles nothing", async () => {
  await using postgres = await PostgresServer.start();
  await using cluster = await Cluster.start(3, FLAGS, postgres);
  using witness = await V3Client.registered(cluster.at(0).url("w"), "witness");
  const faults: [string, () => Promise<void>][] = [
    ["restart", () => postgres.restart()],
    [
      "kill -9",
      async () => {
        await postgres.stop("SIGKILL");
        await postgres.restart();
      },
    ],
    ["connections ended by an administrator", () => endConnections(cluster.url)],
    [
      "pause",
      async () => {
        postgres.pause();
        await Bun.sleep(2_000);
        postgres.resume();
      },
    ],
    [
      "long pause",
      async () => {
        postgres.pause();
        await Bun.sleep(6_500);
        postgres.resume();
      },
    ],
    [
      "connections ended again and again",
      async () => {
        for (let i = 0; i < 10; i++) {
          await endConnections(cluster.url);
          await Bun.sleep(30);
        }
      },
    ],
  ];
  const urls = () => cluster.servers.map((server) => server.url());
  const writers = Array.from({ length: 6 }, (_, at) => new Writer(`w${at}`, urls, at));
  for (const writer of writers) await writer.start();
  for (const [, fault] of faults) {
    await Promise.all(writers.map((writer) => writer.more(20)));
    await fault();
  }
  await Promise.all(writers.map((writer) => writer.more(20)));
  await finishAndCheck(cluster, writers);
  await witness.say("the connection has outlived it all");
});

test("SEND-7 NAME-14 GET-6 a send and a nickname fail within 5 s while the database is away, get goes on, and all works again", async () => {
  await using postgres = await PostgresServer.start();
  await using cluster = await Cluster.start(1, FLAGS, postgres);
  using an = await ChatClient.registered(cluster.at(0).url(), "An");
  using binh = await ChatClient.registered(cluster.at(0).url(), "Bình");
  await an.next();
  await an.say("before");
  await binh.next();
  await binh.get();
  using chi = await V3Client.registered(cluster.at(0).url(), "Chi");
  for (const client of [an, binh]) await client.next();
  await postgres.stop("SIGKILL");
  // All at once: a server that is cut off for 15 s gives up its people.
  const failed = an.ask({ type: "send", content: "lost" });
  expect(await binh.get()).toMatchObject({
    online: ["An", "Bình", "Chi"],
    messages: [{ content: "before" }],
  });
  expect(contents(await chi.page())).toEqual(["before"]);
  expect(JSON.parse(await binh.ask({ type: "name", name: "Dung" }))).toMatchObject({
    status: false,
    reason: "ErrorWhenChange",
  });
  expect(JSON.parse(await failed)).toMatchObject({
    status: false,
    username: "An",
    reason: "ErrorWhenSend",
  });
  await postgres.restart();
  let reply: Frame;
  do reply = JSON.parse(await an.ask({ type: "send", content: "after" }));
  while (reply.status !== true);
  expect(await binh.next()).toMatchObject({ datatype: "message", content: "after" });
  expect((await binh.get()).messages.map(({ content }) => content)).toEqual(["before", "after"]);
  // The runtime's own messages about its connection are lines of the log.
  const { lines, stderr } = cluster.at(0);
  expect(lines.filter(({ event }) => event === "runtime").map(({ text }) => text)).toContainEqual(
    expect.stringContaining("LISTEN"),
  );
  expect([stderr, lines.filter(({ text }) => !text.startsWith("{"))]).toEqual(["", []]);
});

test("CLOSE-7 a server that is cut off for too long closes its clients with 1013, and they go on when the database is back", async () => {
  await using postgres = await PostgresServer.start();
  await using cluster = await Cluster.start(1, FLAGS, postgres);
  using an = await V3Client.registered(cluster.at(0).url(), "An");
  using classic = await ChatClient.registered(cluster.at(0).url(), "Classic");
  await postgres.stop("SIGINT");
  expect((await an.chat.closed).code).toBe(1013);
  expect((await classic.closed).code).toBe(1013);
  await postgres.restart();
  const again = await resumeSoon(cluster.at(0).url(), an.session);
  again.chat.send({ type: "send", content: "here again" });
  expect(await again.chat.nextWhere(({ type }) => type === "send")).toMatchObject({ status: true });
  // Who cannot resume leaves when the server looks for those that it left behind itself.
  while ((await again.page()).online.length > 1);
  expect((await again.page()).online).toEqual(["An"]);
  again[Symbol.dispose]();
});

test("DUR-2 KEY-3 servers that are killed at random under load lose and double nothing", async () => {
  await using cluster = await Cluster.start(3, FLAGS);
  let away = -1;
  const urls = () => cluster.servers.filter((_, at) => at !== away).map((server) => server.url());
  const writers = Array.from({ length: 6 }, (_, at) => new Writer(`w${at}`, urls, at));
  for (const writer of writers) await writer.start();
  for (let round = 0; round < 6; round++) {
    away = round % 3;
    await cluster.at(away).kill();
    await Promise.all(writers.map((writer) => writer.more(30)));
    await cluster.at(away).restart();
    away = -1;
    await Promise.all(writers.map((writer) => writer.more(10)));
  }
  await finishAndCheck(cluster, writers);
  expect(writers.map(({ refusals }) => refusals)).toEqual(writers.map(() => 0));
});

test("RES-7 CLOSE-6 a rolling restart under load: nothing is lost or doubled, and nobody is seen to leave", async () => {
  await using cluster = await Cluster.start(3, FLAGS);
  let away = -1;
  const urls = () => cluster.servers.filter((_, at) => at !== away).map((server) => server.url());
  const writers = Array.from({ length: 6 }, (_, at) => new Writer(`w${at}`, urls, at));
  for (const writer of writers) await writer.start();
  for (let round = 0; round < 2; round++) {
    for (const at of cluster.servers.keys()) {
      await Promise.all(writers.map((writer) => writer.more(20)));
      away = at;
      expect(await cluster.at(at).stop()).toBe(0);
      await cluster.at(at).restart();
      away = -1;
    }
  }
  await Promise.all(writers.map((writer) => writer.more(20)));
  for (const writer of writers) {
    expect(writer.comings.filter(({ datatype }) => datatype === "leave")).toEqual([]);
    expect(writer.returns).toBeGreaterThan(0);
    expect(writer.refusals).toBe(0);
  }
  await finishAndCheck(cluster, writers);
});

test("EV-7 CLOSE-7 a server that was paused and declared dead has no effect any more, and its clients are closed with 1013", async () => {
  await using cluster = await Cluster.start(2, FLAGS);
  const paused = cluster.at(0);
  using survivor = await ChatClient.registered(cluster.at(1).url(), "survivor");
  using modern = await V3Client.registered(paused.url(), "modern");
  using classic = await ChatClient.registered(paused.url(), "classic");
  process.kill(paused.pid, "SIGSTOP");
  modern.chat.send({ type: "send", content: "too late", key: "k" });
  classic.send({ type: "send", content: "too late as well" });
  expect(await survivor.nextWhere(({ datatype }) => datatype === "leave")).toMatchObject({ name: "classic" });
  await survivor.say("meanwhile");
  process.kill(paused.pid, "SIGCONT");
  const codes = await Promise.all([modern.chat.closed, classic.closed]);
  for (const { code } of codes) expect(code).toBe(1013);
  await survivor.expectNothing();
  using again = await V3Client.resumed(cluster.at(1).url(), modern.session);
  await again.say("too late", "k");
  expect(contents(await again.page())).toEqual(["meanwhile", "too late"]);
  // The server has joined again, under another id.
  const joined = await resumeSoon(paused.url(), again.session);
  expect((await joined.page()).online).toEqual(["survivor", "modern"]);
  joined[Symbol.dispose]();
});

test("CLOSE-7 RES-4 clients whose server missed more than the log still has are closed with 1013 and resume without a gap", async () => {
  await using cluster = await Cluster.start(2, FLAGS);
  using an = await V3Client.registered(cluster.at(0).url(), "An");
  using binh = await V3Client.registered(cluster.at(1).url(), "Bình");
  const last = await an.chat.nextWhere(({ datatype }) => datatype === "register").then(() => an.say("heard"));
  await binh.next();
  process.kill(cluster.at(1).pid, "SIGSTOP");
  await endConnections(cluster.url);
  for (const content of ["missed 1", "missed 2"]) await an.say(content);
  await administer(cluster.url, "DELETE FROM chatbox.log");
  process.kill(cluster.at(1).pid, "SIGCONT");
  expect((await binh.chat.closed).code).toBe(1013);
  using again = await V3Client.connect(cluster.at(1).url());
  let reply = await again.resume(binh.session, { after: last });
  while (reply.status !== true) reply = await again.resume(binh.session, { after: last });
  expect(contents(pageOf(reply))).toEqual(["missed 1", "missed 2"]);
  await an.chat.expectNothing();
});

test("CLOSE-7 EV-7 SEND-7 a server that alone is cut off from the database gives up its members, and comes back", async () => {
  await using cluster = await Cluster.start(1, FLAGS);
  const database = new URL(cluster.url);
  using link = new Link(Number(database.port || 5432));
  database.port = String(link.port);
  await using lonely = await startServer(FLAGS, { env: { DATABASE_URL: database.href } });
  using survivor = await ChatClient.registered(cluster.at(0).url(), "survivor");
  using modern = await V3Client.registered(lonely.url(), "modern");
  using classic = await ChatClient.registered(lonely.url(), "classic");
  await modern.next();
  for (const name of ["modern", "classic"]) expect(await survivor.next()).toMatchObject({ name });
  link.cut();
  modern.chat.send({ type: "send", content: "in vain", key: "k" });
  expect(await modern.next()).toMatchObject({ status: false, reason: "ErrorWhenSend" });
  await survivor.say("meanwhile");
  const codes = await Promise.all([modern.chat.closed, classic.closed]);
  for (const { code } of codes) expect(code).toBe(1013);
  expect(await survivor.nextWhere(({ datatype }) => datatype === "leave")).toMatchObject({ name: "classic" });
  using again = await V3Client.resumed(cluster.at(0).url(), modern.session);
  await again.say("in vain", "k");
  expect(await survivor.next()).toMatchObject({ datatype: "message", content: "in vain" });
  link.mend();
  const back = await resumeSoon(lonely.url(), again.session);
  expect(contents(await back.page())).toEqual(["meanwhile", "in vain"]);
  await survivor.say("all is well");
  expect(await back.next()).toMatchObject({ content: "all is well" });
  back[Symbol.dispose]();
});

/**
 * Every acknowledged message is there, once, under its id, and nothing else; and each writer's are in the order in which it
 * sent them, but for one that had to repeat what the store refused, while what it had sent behind that was stored.
 */
async function finishAndCheck(cluster: Cluster, writers: readonly Writer[]): Promise<void> {
  await Promise.all(writers.map((writer) => writer.finish()));
  const stored = await history(cluster.at(0).url());
  const byContent = new Map(stored.map((message) => [message.content, message]));
  expect(byContent.size).toBe(stored.length);
  for (const { name, acknowledged, refusals } of writers) {
    expect(acknowledged.size).toBeGreaterThan(0);
    for (const [content, id] of acknowledged) expect(byContent.get(content)?.id).toBe(id);
    const own = stored.filter((message) => message.name === name);
    expect(own.length).toBe(acknowledged.size);
    const sent = Array.from(own, (_, number) => `${name} ${number}`);
    if (refusals === 0) expect(own.map(({ content }) => content)).toEqual(sent);
    else expect(new Set(own.map(({ content }) => content))).toEqual(new Set(sent));
  }
}

let readers = 0;

async function history(url: string): Promise<V3Message[]> {
  using reader = await V3Client.registered(url, `reader ${++readers}`);
  const all: V3Message[] = [];
  for (;;) {
    const { messages, more } = await reader.page({ after: all.at(-1)?.id ?? 0, limit: 1000 });
    all.push(...messages);
    if (!more) return all;
  }
}

async function endConnections(url: string): Promise<void> {
  const sql = new SQL(url, { max: 1 });
  try {
    await sql`
      SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE application_name = 'classic-chatbox' AND datname = current_database()`;
  } finally {
    await sql.close({ timeout: 0 });
  }
}

/** Connects and resumes, as often as it takes until the server lets. */
async function resumeSoon(url: string, session: string): Promise<V3Client> {
  for (;;) {
    const client = await V3Client.connect(url).catch(() => null);
    if (client !== null) {
      const reply = await client.resume(session).catch(() => null);
      if (reply?.status === true) return client;
      client[Symbol.dispose]();
    }
    await Bun.sleep(50);
  }
}
