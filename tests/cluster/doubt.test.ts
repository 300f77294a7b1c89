/** Commits of which the answer is lost: nobody can say at first whether they stand. */
import { expect, test } from "bun:test";
import { SQL } from "bun";
import { ChatClient } from "../support/client.ts";
import { Cluster } from "../support/cluster.ts";
import { overDatabase } from "../support/engines.ts";
import { administer, createDatabase, PostgresServer } from "../support/postgres.ts";
import { contents, V3Client } from "../support/v3.ts";

const FLAGS = ["--no-limits", "--grace", "600"];

/** Commits are stored, and their answers wait for a standby that never comes. */
function holdAnswers(url: string): Promise<unknown> {
  return administer(url, "ALTER SYSTEM SET synchronous_standby_names = 'nobody'", "SELECT pg_reload_conf()");
}

function giveAnswers(url: string): Promise<unknown> {
  return administer(url, "ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()");
}

/** Resolves when a batch is committed but for its answer. */
async function untilCommitting(url: string): Promise<void> {
  const sql = new SQL(url, { max: 1 });
  const waiting = () => sql`SELECT 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND query = 'COMMIT'`;
  try {
    while ((await waiting()).length === 0);
  } finally {
    await sql.close({ timeout: 0 });
  }
}

/** A function that ends the connection which commits, the first time. */
const CUT_AT_COMMIT = `
  CREATE SEQUENCE public.commits;
  CREATE FUNCTION public.cut() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF nextval('public.commits') = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;
      RETURN NULL;
    END $$;
  CREATE CONSTRAINT TRIGGER cut AFTER INSERT ON chatbox.messages
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.cut();
`;

test("DUR-1 SEND-1 a commit that succeeded although its answer was lost is announced once, with its usual reply", async () => {
  await using postgres = await PostgresServer.start();
  await using cluster = await Cluster.start(2, FLAGS, postgres);
  using an = await V3Client.registered(cluster.at(0).url(), "An");
  using binh = await ChatClient.registered(cluster.at(1).url(), "Bình");
  await an.next();
  await holdAnswers(cluster.url);
  an.chat.send({ type: "send", content: "in doubt", key: "k", ref: 1 });
  await cluster.at(0).waitForLog(({ text }) => text.includes("InDoubt"));
  await giveAnswers(cluster.url);
  const reply = await an.next();
  expect(reply).toMatchObject({ status: true, content: "in doubt", ref: 1 });
  expect(await binh.next()).toMatchObject({ datatype: "message", content: "in doubt" });
  expect(await an.ask({ type: "send", content: "again", key: "k" })).toMatchObject({ id: reply.id });
  await an.say("next");
  expect(await binh.next()).toMatchObject({ content: "next" });
  expect(contents(await an.page())).toEqual(["in doubt", "next"]);
});

test("DUR-1 SEND-1 a commit that failed and whose answer was lost is repeated", async () => {
  await using postgres = await PostgresServer.start();
  await using cluster = await Cluster.start(2, FLAGS, postgres);
  using an = await V3Client.registered(cluster.at(0).url(), "An");
  using binh = await ChatClient.registered(cluster.at(1).url(), "Bình");
  await an.next();
  await administer(cluster.url, CUT_AT_COMMIT);
  await an.say("cut off", "k");
  expect(cluster.at(0).lines.some(({ text }) => text.includes("InDoubt"))).toBe(true);
  expect(await binh.next()).toMatchObject({ datatype: "message", content: "cut off" });
  await binh.expectNothing();
  expect(contents(await an.page())).toEqual(["cut off"]);
});

test("CLOSE-7 KEY-2 a client is closed with 1013 if nobody knows in time whether its send was stored, and a repeat with the key tells", async () => {
  await using postgres = await PostgresServer.start();
  await using cluster = await Cluster.start(2, FLAGS, postgres);
  using an = await V3Client.registered(cluster.at(0).url(), "An");
  using binh = await ChatClient.registered(cluster.at(1).url(), "Bình");
  await an.next();
  await holdAnswers(cluster.url);
  an.chat.send({ type: "send", content: "in doubt", key: "k" });
  await untilCommitting(cluster.url);
  postgres.pause();
  an.chat.send({ type: "send", content: "behind it", key: "l" });
  expect((await an.chat.closed).code).toBe(1013);
  postgres.resume();
  await giveAnswers(cluster.url);
  using again = await V3Client.connect(cluster.at(1).url());
  let reply = await again.resume(an.session);
  while (reply.status !== true) reply = await again.resume(an.session);
  await again.say("in doubt", "k");
  await again.say("behind it", "l");
  expect(contents(await again.page())).toEqual(["in doubt", "behind it"]);
  expect(await binh.next()).toMatchObject({ content: "in doubt" });
  expect(await binh.next()).toMatchObject({ content: "behind it" });
  await binh.expectNothing();
});

/** A function that ends every connection which commits a message that says `lost`. */
const CUT_WHAT_IS_LOST = `
  CREATE FUNCTION public.cut() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM pg_terminate_backend(pg_backend_pid());
      RETURN NULL;
    END $$;
  CREATE CONSTRAINT TRIGGER cut AFTER INSERT ON chatbox.messages
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.content = 'lost') EXECUTE FUNCTION public.cut();
`;

test("DUR-2 CLOSE-7 a message sent after one in doubt stays after it when both are sent again", async () => {
  await using cluster = await Cluster.start(1, FLAGS);
  using an = await V3Client.registered(cluster.at(0).url(), "An");
  await administer(cluster.url, CUT_WHAT_IS_LOST);
  let round = 0;
  for (; ; round++) {
    const from = cluster.at(0).lines.length;
    an.chat.send({ type: "send", content: "lost", key: "k" });
    await cluster.at(0).waitForLog(({ text }) => text.includes("InDoubt"), from);
    an.chat.send({ type: "send", content: "behind it", key: `l ${round}` });
    // The time may be over just when it is known that nothing stands. Then both are answered, and it is tried once more.
    const answers = await Promise.all([an.next(), an.next()]).catch(() => null);
    if (answers === null) break;
    expect(answers).toMatchObject([{ reason: "ErrorWhenSend" }, { content: "behind it" }]);
  }
  expect((await an.chat.closed).code).toBe(1013);
  await administer(cluster.url, "DROP TRIGGER cut ON chatbox.messages");
  using again = await V3Client.resumed(cluster.at(0).url(), an.session);
  await again.say("lost", "k");
  await again.say("behind it", `l ${round}`);
  expect(contents(await again.page()).slice(-2)).toEqual(["lost", "behind it"]);
});

test("DUR-1 MOD-6 a removal that was committed although its answer was lost can be undone", async () => {
  await using postgres = await PostgresServer.start();
  const url = await createDatabase(postgres);
  const doubted = Promise.withResolvers<void>();
  const fault = (_: string, error: unknown) => {
    if (error instanceof Error && error.name === "InDoubt") doubted.resolve();
  };
  const stage = await overDatabase(url, { observer: { notice: () => {}, stored: () => {}, fault } });
  const [by = ""] = await stage.join(["a", "An"]);
  stage.send("a", "one");
  await stage.next(1);
  await holdAnswers(url);
  const remove = { kind: "remove", connection: "removal", of: 1, by, action: "removal" } as const;
  const removing = stage.engine.perform("/", [remove]);
  await doubted.promise;
  await giveAnswers(url);
  expect(await removing).toMatchObject({ decisions: [{ kind: "deleted", of: 1 }], isComplete: true });
  expect(await stage.engine.restore("/", "removal", by)).toEqual({ count: 1, isComplete: true });
  expect(await stage.next(2)).toMatchObject([{ kind: "deleted" }, { kind: "edited", of: 1, content: "one" }]);
  await stage.engine.close();
});
