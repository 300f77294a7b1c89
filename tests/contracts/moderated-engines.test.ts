/** What engines do about moderation in their rooms. */
import { afterEach, expect, test } from "bun:test";
import { join } from "node:path";
import { Database } from "../../src/engine/postgres/database.ts";
import { findTargets } from "../../src/engine/postgres/targets.ts";
import { DEFAULT_SETTINGS } from "../../src/room/room-settings.ts";
import { overDatabase, overFile } from "../support/engines.ts";
import { administer, createDatabase } from "../support/postgres.ts";
import { TemporaryFolder } from "../support/server.ts";
import type { ChangeStage } from "./message-changes.ts";
import { actionLike } from "./moderation.ts";
import { contentsOf, type Told } from "./suite.ts";

const open = new Set<ChangeStage>();
const folders = new Set<TemporaryFolder>();

afterEach(async () => {
  for (const stage of open) await stage.engine.close();
  for (const folder of folders) folder[Symbol.dispose]();
  open.clear();
  folders.clear();
});

function kept(stage: ChangeStage): ChangeStage {
  open.add(stage);
  return stage;
}

const KINDS: Readonly<Record<string, () => Promise<ChangeStage>>> = {
  local: async () => {
    const folder = new TemporaryFolder();
    folders.add(folder);
    return kept(await overFile(join(folder.path, "data.json")));
  },
  postgres: async () => kept(await overDatabase(await createDatabase())),
};

function enactedOf(told: readonly Told[]): string[] {
  return told.flatMap((each) => (each.kind === "enacted" ? [each.action.id] : []));
}

/** A member with networks of its own. */
function joins(
  stage: ChangeStage,
  connection: string,
  name: string,
  networks: readonly string[],
  room = "/",
): void {
  stage.engine.enter(room);
  const sessionHash = connection.padEnd(43, "_");
  const request = { kind: "name", name } as const;
  stage.engine.submit(room, { kind: "request", connection, request, size: 1, networks, sessionHash });
}

/** @param action null if nothing of it is kept */
function removalOf(of: number, action: string | null = "removal") {
  return { kind: "remove", connection: "action:removal", of, by: "Mo______________", action } as const;
}

function postOf(content: string, key?: string) {
  const message = { name: "Chat", content, by: "chat____________" };
  return { kind: "post", connection: "post:1", message, key } as const;
}

for (const [name, stageOf] of Object.entries(KINDS)) {
  test(`${name}: an action is enacted in its room, or in all rooms in memory, and brings none into memory`, async () => {
    const stage = await stageOf();
    const { engine } = stage;
    engine.enter("/");
    stage.name("1", "An");
    engine.enter("tea");
    stage.name("2", "Binh", "tea");
    await stage.until(2);
    const { rooms } = engine;
    const here = await engine.moderation.act(actionLike({ room: "tea", networks: ["n1"], reason: "why" }));
    await engine.moderation.act(actionLike({ room: "milk" }));
    const everywhere = await engine.moderation.act(actionLike({ room: null }));
    const told = (await stage.until(5)).slice(2);
    expect(enactedOf(told).sort()).toEqual([here.id, everywhere.id, everywhere.id].sort());
    const [first] = told;
    expect(first).toMatchObject({
      kind: "enacted",
      connection: `action:${here.id}`,
      action: { reason: "why" },
    });
    expect(JSON.stringify(first)).not.toContain("n1");
    expect(engine.rooms).toBe(rooms);
  });

  test(`${name}: somebody is found by a message, a nickname or as a person, also just after leaving`, async () => {
    const stage = await stageOf();
    const { engine } = stage;
    joins(stage, "a", "Ân", ["n1", "n2"]);
    joins(stage, "b", "Bình", []);
    stage.send("a", "hi");
    const [joined] = await stage.until(3);
    const an = joined?.kind === "registered" ? joined.by : "";
    const found = { person: an, name: "Ân", networks: ["n1", "n2"] };
    const whom = [{ of: 1 }, { name: "ân" }, { person: an }] as const;
    for (const each of whom)
      expect(await engine.find("/", each)).toEqual("of" in each ? { ...found, content: "hi" } : found);
    expect(engine.present("/")).toMatchObject([
      { name: "Ân", by: an, networks: ["n1", "n2"], joinedAt: 1_000 },
      { name: "Bình", networks: [], joinedAt: 1_000 },
    ]);
    stage.leave("a");
    await stage.until(4);
    const afterwards = await Promise.all(whom.map((each) => engine.find("/", each)));
    expect(afterwards).toEqual([{ ...found, content: "hi" }, null, found]);
    expect(engine.present("/").map((each) => each.name)).toEqual(["Bình"]);
    expect(engine.arrivals("/").map((each) => each.name)).toEqual(["Bình", "Ân"]);
    const nobody = [{ of: 7 }, { name: "Chi" }, { person: "Chi_____________" }] as const;
    for (const each of nobody) expect(await engine.find("/", each)).toBeNull();
    expect(await engine.find("milk", { person: an })).toBeNull();
    expect(engine.present("milk")).toEqual([]);
  });

  test(`${name}: messages of authors are found from the newest on, and those that were deleted are not`, async () => {
    const stage = await stageOf();
    const { engine } = stage;
    joins(stage, "a", "An", []);
    joins(stage, "b", "Bình", []);
    for (let i = 0; i < 1_200; i++) stage.send(i % 3 === 0 ? "b" : "a", `message ${i}`);
    stage.remove("a", 1_199);
    const told = await stage.until(1_203);
    const people = told.flatMap((each) => (each.kind === "registered" ? [each.by] : []));
    const [an = "", binh = ""] = people;
    expect(await engine.messagesBy("/", new Set([an]), 0, 3)).toEqual([1_200, 1_197, 1_196]);
    const all = Array.from({ length: 400 }, (_, i) => 1_198 - 3 * i);
    expect(await engine.messagesBy("/", new Set([binh]), 0, 10_000)).toEqual(all);
    expect(await engine.messagesBy("/", new Set(people), 1_000, 10_000)).toHaveLength(1_199);
    expect(await engine.messagesBy("/", new Set(people), 1_001, 10)).toEqual([]);
    expect(await engine.messagesBy("milk", new Set(people), 0, 10)).toEqual([]);
  });

  test(`${name}: messages are posted and removed although nobody has a nickname, and version 2 does not show what was removed`, async () => {
    const stage = await stageOf();
    const { engine } = stage;
    engine.enter("/");
    const performed = await engine.perform("/", [
      postOf("stays"),
      postOf("goes"),
      removalOf(2),
      removalOf(2),
    ]);
    expect(performed).toMatchObject({ isComplete: true, decisions: { length: 4 } });
    expect((await stage.until(4)).map(({ kind }) => kind)).toEqual(["sent", "sent", "deleted", "gone"]);
    stage.name("1", "An");
    stage.get("1");
    const history = (await stage.until(6)).at(-1);
    expect(history?.kind === "history" ? contentsOf(history) : null).toEqual(["stays"]);
  });

  test(`${name}: what was removed can be restored once, with its content, where it was`, async () => {
    const stage = await stageOf();
    const { engine } = stage;
    joins(stage, "a", "An", []);
    for (const content of ["one", "two", "three"]) stage.send("a", content);
    await stage.until(4);
    await engine.perform("/", [removalOf(1), removalOf(3)]);
    const restore = (action: string) => engine.restore("/", action, "Mo______________");
    expect(await restore("another")).toEqual({ count: 0, isComplete: true });
    expect(await restore("removal")).toEqual({ count: 2, isComplete: true });
    expect((await stage.until(8)).slice(6)).toMatchObject([
      { kind: "edited", of: 1, content: "one", isRestored: true },
      { kind: "edited", of: 3, content: "three", isRestored: true },
    ]);
    expect(await restore("removal")).toEqual({ count: 0, isComplete: true });
    stage.name("1", "Bình");
    stage.get("1");
    const history = (await stage.until(10)).at(-1);
    expect(history?.kind === "history" ? contentsOf(history) : null).toEqual(["one", "two", "three"]);
    const [joined] = stage.told;
    const an = joined?.kind === "registered" ? joined.by : "";
    const written = async (before: number | null, limit: number) =>
      (await engine.writtenBy("/", an, before, limit)).map(({ content }) => content);
    expect(await written(null, 2)).toEqual(["three", "two"]);
    expect(await written(2, 10)).toEqual(["one"]);
  });

  test(`${name}: what is deleted for good cannot be restored`, async () => {
    const stage = await stageOf();
    const { engine } = stage;
    await engine.perform("/", [postOf("one"), postOf("two")]);
    await engine.perform("/", [removalOf(1, null), removalOf(2)]);
    expect(await engine.restore("/", "removal", "Mo______________")).toEqual({ count: 1, isComplete: true });
    expect(stage.told.at(-1)).toMatchObject({ kind: "edited", of: 2, content: "two" });
  });

  test(`${name}: what the server posts with a key is posted once`, async () => {
    const { engine } = await stageOf();
    const [first, second] = await Promise.all([
      engine.perform("/", [postOf("one", "held:1")]),
      engine.perform("/", [postOf("one", "held:1"), postOf("two", "held:2")]),
    ]);
    expect(first.decisions).toMatchObject([{ kind: "sent", message: { id: 1 } }]);
    expect(second.decisions).toMatchObject([
      { kind: "repeated", id: 1 },
      { kind: "sent", message: { id: 2 } },
    ]);
  });

  test(`${name}: a large removal goes by steps, and hardly anybody waits for it`, async () => {
    const stage = await stageOf();
    const { engine } = stage;
    joins(stage, "a", "An", []);
    const ids = Array.from({ length: 1_000 }, (_, at) => at + 1);
    await engine.perform(
      "/",
      ids.map((id) => postOf(`message ${id}`)),
    );
    const before = stage.told.length;
    const removed = engine.perform(
      "/",
      ids.map((id) => removalOf(id)),
    );
    stage.send("a", "meanwhile");
    expect(await removed).toMatchObject({ isComplete: true, decisions: { length: 1_000 } });
    const told = stage.told.slice(before);
    expect(told).toHaveLength(1_001);
    expect(told.findIndex(({ kind }) => kind === "sent")).toBeLessThanOrEqual(100);
  });

  test(`${name}: when the engine ends, a removal under way says that it has not finished`, async () => {
    const stage = await stageOf();
    const { engine } = stage;
    joins(stage, "a", "An", []);
    const ids = Array.from({ length: 1_000 }, (_, at) => at + 1);
    await engine.perform(
      "/",
      ids.map((id) => postOf(`message ${id}`)),
    );
    const removed = engine.perform(
      "/",
      ids.map((id) => removalOf(id)),
    );
    await engine.close();
    open.delete(stage);
    const { decisions, isComplete } = await removed;
    expect([isComplete, decisions.length]).toEqual([false, 100]);
  });

  test(`${name}: a message that waits is stored before its sender is told so, and one that cannot be stored is refused`, async () => {
    const stage = await stageOf();
    const { engine } = stage;
    const settings = { ...DEFAULT_SETTINGS, heldMessages: 1 };
    joins(stage, "a", "An", ["n1"]);
    await stage.until(1);
    await engine.moderation.act(actionLike({ kind: "settings", room: "/", settings }));
    for (let at = 0; at < 6; at++) stage.send("a", `held ${at}`);
    const outcomes = (await stage.until(8)).filter(({ kind }) => kind !== "enacted");
    const kinds = outcomes
      .slice(1)
      .map((each): string => (each.kind === "not-permitted" ? each.reason : each.kind));
    expect(kinds).toEqual([...Array<string>(5).fill("Held"), "send-failed"]);
    expect((await engine.moderation.held("/")).map(({ content }) => content)).toEqual(
      [0, 1, 2, 3, 4].map((at) => `held ${at}`),
    );
  });

  test(`${name}: MOD-6 an undo gives back what the batch of the removal had written`, async () => {
    const { engine } = await stageOf();
    await engine.perform("/", [postOf("said"), removalOf(1)]);
    expect(await engine.restore("/", "removal", "Mo______________")).toEqual({ count: 1, isComplete: true });
    expect((await engine.find("/", { of: 1 }))?.content).toBe("said");
  });
}

test("postgres: two servers enact an action once, and what is decided after it is decided with it", async () => {
  const url = await createDatabase();
  const [one, two] = [kept(await overDatabase(url)), kept(await overDatabase(url))];
  for (const stage of [one, two]) stage.engine.enter("/");
  one.name("1", "An");
  two.name("2", "Bình");
  for (const stage of [one, two]) await stage.until(1);
  const ids: string[] = [];
  for (let round = 0; round < 10; round++) {
    const { id } = await one.engine.moderation.act(actionLike({ room: "/" }));
    ids.push(id);
    const before = two.told.length;
    two.send("2", `after ${round}`);
    while (!two.told.slice(before).some(({ kind }) => kind === "sent")) await two.until(two.told.length + 1);
    expect(two.engine.moderation.inForce("/", 0).map((each) => each.id)).toContain(id);
  }
  for (const stage of [one, two])
    while (enactedOf(stage.told).length < ids.length) await stage.until(stage.told.length + 1);
  await Bun.sleep(300);
  expect([enactedOf(one.told), enactedOf(two.told)]).toEqual([ids, ids]);
  const order = (stage: ChangeStage) =>
    stage.told.flatMap((each) =>
      each.kind === "enacted" ? [each.action.id] : each.kind === "sent" ? [each.message.content] : [],
    );
  expect(order(one)).toEqual(order(two));
});

test("postgres: a room keeps its messages for as long as is set there, and the newest in any case", async () => {
  const url = await createDatabase();
  const stage = kept(await overDatabase(url));
  for (const room of ["tea", "milk"]) {
    joins(stage, `a ${room}`, "An", [], room);
    for (const content of ["old", "older", "new"]) stage.send(`a ${room}`, content, room);
  }
  await stage.until(8);
  const settings = { ...DEFAULT_SETTINGS, keepDays: 2 };
  await stage.engine.moderation.act(actionLike({ kind: "settings", room: "tea", settings }));
  await stage.engine.close();
  open.delete(stage);
  await administer(url, "UPDATE chatbox.messages SET sent_at = now() - interval '3 days' WHERE id < 3");
  await administer(url, "UPDATE chatbox.messages SET sent_at = now() WHERE id = 3");
  // As if it had been set a day before.
  const early = `'{"keptBefore":null}'::jsonb`;
  await administer(url, `UPDATE chatbox.room_settings SET settings = (settings::jsonb || ${early})::text`);
  const later = kept(await overDatabase(url, { trustClock: true }));
  for (const room of ["milk", "tea"]) later.engine.enter(room);
  const left = async () =>
    JSON.stringify(
      await administer(url, "SELECT room, id::int AS id FROM chatbox.messages ORDER BY room, id"),
    );
  const milk = [1, 2, 3].map((id) => ({ room: "milk", id }));
  // It is pruned at the start, beside everything else.
  while ((await left()) !== JSON.stringify([...milk, { room: "tea", id: 3 }])) await Bun.sleep(50);
});

test("postgres: thousands of messages are found at once in a table that was never analysed", async () => {
  const url = await createDatabase();
  const { engine } = kept(await overDatabase(url));
  await engine.perform("/", [postOf("x")]);
  await administer(
    url,
    `INSERT INTO chatbox.messages SELECT (jsonb_populate_record(m, jsonb_build_object('id', g))).*
       FROM chatbox.messages m, generate_series(2, 20000) g WHERE m.id = 1`,
  );
  const database = new Database({ url, poolSize: 3, statementTimeoutMs: 4000, connectTimeoutMs: 3000 });
  const ids = Array.from({ length: 5_000 }, (_, at) => 4 * at + 1);
  const { targets } = await database.query(4000, (sql) => findTargets(sql, "/", ids));
  expect(targets.size).toBe(5_000);
  await database.close();
});

test("postgres: a removal that cannot be stored fails alone, is given up, and what it has not done can be told", async () => {
  const url = await createDatabase();
  const stage = kept(await overDatabase(url));
  const { engine } = stage;
  joins(stage, "a", "An", []);
  const ids = Array.from({ length: 300 }, (_, at) => at + 1);
  await engine.perform(
    "/",
    ids.map((id) => postOf(`message ${id}`)),
  );
  await administer(
    url,
    `CREATE FUNCTION public.broken() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN RAISE EXCEPTION USING ERRCODE = '53100', MESSAGE = 'disk full'; END $$;
     CREATE TRIGGER broken BEFORE INSERT ON chatbox.changes FOR EACH ROW WHEN (NEW.of > 150)
       EXECUTE FUNCTION public.broken()`,
  );
  const removed = engine.perform(
    "/",
    ids.map((id) => removalOf(id)),
  );
  stage.send("a", "first");
  const { decisions, isComplete } = await removed;
  expect([isComplete, decisions.length]).toEqual([false, 200]);
  expect(decisions.slice(100).map(({ kind }) => kind)).toEqual(Array(100).fill("change-failed"));
  stage.send("a", "second");
  while (!stage.told.some((each) => each.kind === "sent" && each.record.id === 402)) await Bun.sleep(5);
  expect(stage.told.filter(({ kind }) => kind === "send-failed" || kind === "store-lost")).toEqual([]);
  await administer(url, "DROP FUNCTION public.broken CASCADE");
  expect(await engine.restore("/", "removal", "Mo______________")).toEqual({ count: 100, isComplete: true });
});
