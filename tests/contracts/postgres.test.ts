import { afterAll, expect, test } from "bun:test";
import { SQL } from "bun";
import type { Deliver } from "../../src/engine/engine.ts";
import { PostgresEngine, type PostgresEngineOptions } from "../../src/engine/postgres/postgres.ts";
import { rowsOf } from "../../src/engine/postgres/rows.ts";
import { createDatabase } from "../support/postgres.ts";
import { EngineStage, engineContract, withRetention } from "./suite.ts";

const urlOf = new WeakMap<Deliver, string>();
const engines = new Set<PostgresEngine>();
afterAll(() => Promise.all([...engines].map((engine) => engine.close())));

async function open(deliver: Deliver, options: Partial<PostgresEngineOptions> & { url?: string } = {}) {
  const url = options.url ?? (await createDatabase());
  urlOf.set(deliver, url);
  const engine = await PostgresEngine.open({
    database: { url, poolSize: 4, statementTimeoutMs: 4000, connectTimeoutMs: 3000 },
    getBudgetBytes: 1024 * 1024,
    historyMemoryBytes: 1024 * 1024,
    maxRooms: 10,
    graceMs: 15_000,
    restartGraceMs: 30_000,
    sendKeys: 1000,
    pastSessions: 10,
    retention: { keepMs: null, keepMessages: null, everyMs: 60_000 },
    now: () => ({ time: 1_000, timestamp: "01/01/2030 00:00:01" }),
    deliver,
    observer: { notice: () => {}, fault: () => {}, stored: () => {} },
    lost: () => {},
    ...options,
  });
  engines.add(engine);
  return engine;
}

/** Runs statements on the database of a stage, as an administrator would. */
async function administer(stage: EngineStage, statement: string): Promise<unknown> {
  const sql = new SQL(urlOf.get(stage.deliver) ?? "", { max: 1 });
  try {
    return await sql.unsafe(statement);
  } finally {
    await sql.close({ timeout: 0 });
  }
}

engineContract({
  name: "postgres",
  open: (deliver, previous, times) => {
    const url = previous && urlOf.get(previous.deliver);
    return open(deliver, { ...(url ? { url } : {}), ...withRetention(times) });
  },
  // The others take a server that is silent for dead, and that is all that a kill is to them.
  abandon: async (stage) => {
    await administer(stage, "DELETE FROM chatbox.servers");
  },
});

test("postgres: KEY-2 a key is known by the index when memory has no room for it", async () => {
  const stage = new EngineStage();
  const engine = await open(stage.deliver, { sendKeys: 1 });
  stage.engine = engine;
  engine.enter("/");
  stage.name("a", "An");
  for (const key of ["k", "l", "m", "n"]) stage.send("a", `first ${key}`, "/", key);
  await stage.until(5);
  stage.send("a", "again", "/", "k");
  expect((await stage.until(6))[5]).toMatchObject({ kind: "repeated", message: { content: "first k" } });
});

test("postgres: DUR-3 a batch that cannot be stored fails and is forgotten, nicknames too, and the engine goes on", async () => {
  const stage = new EngineStage();
  stage.engine = await open(stage.deliver);
  for (let i = 0; i < 2; i++) stage.engine.enter("/");
  stage.name("1", "An");
  stage.send("1", "before");
  stage.get("1");
  await stage.until(3);
  await administer(stage, "ALTER TABLE chatbox.messages ADD CONSTRAINT full_disk CHECK (content <> 'lost')");
  stage.send("1", "lost");
  stage.name("1", "Renamed");
  stage.name("2", "Bình");
  stage.get("1");
  const told = await stage.until(7);
  expect(stage.kinds().slice(3)).toEqual(["send-failed", "name-failed", "name-failed", "got"]);
  expect(told[6]).toMatchObject({ online: ["An"] });
  expect(stage.engine.healthy).toBe(false);
  await administer(stage, "ALTER TABLE chatbox.messages DROP CONSTRAINT full_disk");
  stage.name("2", "Bình");
  stage.send("1", "after");
  const after = await stage.until(9);
  expect(after[8]).toMatchObject({ kind: "sent", message: { content: "after", id: 2 } });
  expect(stage.engine.healthy).toBe(true);
});

test("postgres: SEND-3 what a text of PostgreSQL cannot hold comes back as it was sent, after a restart too", async () => {
  const stage = new EngineStage();
  stage.engine = await open(stage.deliver);
  stage.engine.enter("/");
  stage.name("1", "An");
  const contents = ["\0", "a\0b", "\u{1F600}", "\u2028", '"\\', "\uFFFD"];
  for (const content of contents) stage.send("1", content);
  await stage.until(1 + contents.length);
  await stage.engine.close();
  const again = new EngineStage();
  again.engine = await open(again.deliver, { url: urlOf.get(stage.deliver) ?? "" });
  again.engine.enter("/");
  again.name("1", "An");
  again.get("1");
  const [, got] = await again.until(2);
  const messages: { content: string }[] = JSON.parse(`[${got?.shown ?? ""}]`);
  expect(messages.map(({ content }) => content)).toEqual(contents);
});

for (const [title, statement, sentence] of [
  ["a schema of a later version", "UPDATE chatbox.schema SET version = 1000", "later version (1000"],
  [
    "a user without a right",
    "DROP SCHEMA chatbox CASCADE; REVOKE CREATE ON DATABASE current FROM PUBLIC",
    "lacks a right",
  ],
] as const) {
  test(`postgres: ${title} stops the start with one sentence`, async () => {
    const stage = new EngineStage();
    const engine = await open(stage.deliver);
    await engine.close();
    const url = new URL(urlOf.get(stage.deliver) ?? "");
    await administer(stage, statement.replace("current", url.pathname.slice(1)));
    await administer(
      stage,
      "DO $$ BEGIN CREATE ROLE chatbox_plain LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
    );
    url.username = "chatbox_plain";
    const opened = open(new EngineStage().deliver, {
      url: title.startsWith("a user") ? url.href : (urlOf.get(stage.deliver) ?? ""),
    });
    await expect(opened).rejects.toThrow(sentence);
  });
}

test("postgres: DUR-1 under the id of a server that was taken for dead nothing is committed", async () => {
  const stage = new EngineStage();
  let isLost = false;
  const lost = () => {
    isLost = true;
  };
  stage.engine = await open(stage.deliver, { lost });
  stage.engine.enter("/");
  stage.name("1", "An");
  await stage.until(1);
  await administer(stage, "DELETE FROM chatbox.servers");
  stage.send("1", "too late");
  expect((await stage.until(2))[1]).toMatchObject({ kind: "cut", session: "1" });
  expect(isLost).toBe(true);
  expect(stage.engine.enter("/")).toBe(false);
  const [row] = rowsOf(await administer(stage, "SELECT count(*)::int AS count FROM chatbox.messages"));
  expect(row).toEqual({ count: 0 });
});

test("postgres: EV-7 a server hears that its people were told as left, and cuts them off", async () => {
  const stage = new EngineStage();
  stage.engine = await open(stage.deliver);
  for (let i = 0; i < 2; i++) stage.engine.enter("/");
  stage.name("1", "An");
  stage.name("a", "Bình");
  await stage.until(2);
  await administer(stage, "DELETE FROM chatbox.servers");
  const other = new EngineStage();
  other.engine = await open(other.deliver, { url: urlOf.get(stage.deliver) ?? "" });
  const told = await stage.until(6);
  expect(told.slice(2)).toMatchObject([
    { kind: "left", session: "1", name: "An" },
    { kind: "cut", session: "1" },
    { kind: "absent", session: "a", name: "Bình" },
    { kind: "cut", session: "a" },
  ]);
});
