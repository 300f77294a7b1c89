/** What the engine with a database promises about edits, deletions and reactions besides the contract of all engines. */
import { expect, test } from "bun:test";
import type { PageRequest } from "../../src/protocol/page.ts";
import { Chronicle, pageSeen } from "../support/chronicle.ts";
import { overDatabase } from "../support/engines.ts";
import { commitAsLater } from "../support/later-server.ts";
import { administer, createDatabase } from "../support/postgres.ts";
import { Random } from "../support/random.ts";
import { SEED } from "../support/seed.ts";
import { act, type ChangeStage, idsIn } from "./message-changes.ts";
import type { Told } from "./suite.ts";

/** What is asked for meanwhile. */
const ASKED: readonly [Partial<PageRequest>, ...Partial<PageRequest>[]] = [
  {},
  { after: 0 },
  { limit: 5 },
  { after: 3, limit: 4 },
];

const LONG = "x".repeat(3_900);
/** The author of what another server commits. */
const BY = "0123456789abcdef";

/** What was stored, as it was told. */
function stored(told: readonly Told[]): Told[] {
  return told.filter(({ kind }) => ["sent", "edited", "deleted", "reacted"].includes(kind));
}

/** The ids of what was stored. */
function idOf(told: Told): number {
  if (told.kind === "sent") return told.message.id;
  return "id" in told ? told.id : 0;
}

/**
 * The kinds and ids of what was stored, in order, without edits of messages that were deleted: a server that reads these from the log
 * does not find their texts any more.
 */
function eventsOf(told: readonly Told[]): unknown[] {
  const gone = new Set(told.flatMap((each) => (each.kind === "deleted" ? [each.of] : [])));
  return stored(told).flatMap((each) => {
    return each.kind === "edited" && gone.has(each.of) ? [] : [[each.kind, each.connection, idOf(each)]];
  });
}

/** What each of some servers has decided, in one order. @param own the connections at each */
function together(stages: readonly ChangeStage[], own: readonly (readonly string[])[]): Told[] {
  const decided = stages.flatMap(({ told }, at) =>
    stored(told).filter(({ connection }) => own[at]?.includes(connection)),
  );
  return decided.sort((a, b) => idOf(a) - idOf(b));
}

/** Resolves when everything that was told to one stage was told to the others as well. */
async function untilEven(...stages: readonly ChangeStage[]): Promise<void> {
  const newest = () => stages.map(({ told }) => Math.max(0, ...stored(told).map(idOf)));
  while (new Set(newest()).size > 1) await Bun.sleep(1);
}

/** The connections at the two servers. */
const OWN = [["a", "b"] as const, ["c", "d"] as const] as const;

for (const seed of [SEED, SEED + 1, SEED + 2]) {
  test(`postgres: ORD-1 CHANGE-1 PAGE-8 whatever people do at two servers (seed ${seed}), both tell it in one order and show the same`, async () => {
    const random = new Random(seed);
    const url = await createDatabase();
    const stages = [await overDatabase(url), await overDatabase(url)] as const;
    for (const [at, stage] of stages.entries())
      for (const each of OWN[at] ?? []) {
        stage.engine.enter("/");
        stage.name(each, each);
      }
    for (let burst = 0; burst < 12; burst++) {
      const ids = idsIn(stages[0].told).slice(-8);
      // A page now and then, so that the histories are in memory, and their state when changes arrive varies.
      const replies = stages.map(({ told }) => told.filter(({ kind }) => kind === "page").length);
      for (const [at, stage] of stages.entries()) {
        for (let i = random.integer(0, 40); i > 0; i--)
          act(stage, random, random.pick(OWN[at] ?? ["a"]), ids);
        stage.page(at === 0 ? "a" : "c", random.pick(ASKED));
      }
      for (const [at, { told }] of stages.entries())
        while (told.filter(({ kind }) => kind === "page").length <= (replies[at] ?? 0)) await Bun.sleep(1);
      await untilEven(...stages);
      if (random.chance(0.5)) await expectSame(stages);
    }
    await expectSame(stages);
    expect(eventsOf(stages[1].told)).toEqual(eventsOf(stages[0].told));
    const third = await overDatabase(url);
    await third.join(["q", "Reader"]);
    await third.expectPages("q", together(stages, OWN));
    for (const { engine } of [...stages, third]) await engine.close();
  });
}

async function expectSame(stages: readonly [ChangeStage, ChangeStage]): Promise<void> {
  const told = together(stages, OWN);
  for (const [at, stage] of stages.entries()) {
    stage.passOver();
    await stage.expectPages(at === 0 ? "a" : "c", told);
  }
}

test("postgres: REACT-4 of people at two servers who react at one moment, as many succeed as a message may have emoji", async () => {
  const url = await createDatabase();
  const [first, second] = [await overDatabase(url), await overDatabase(url)];
  await first.join(["a", "An"]);
  await second.join(["b", "Bình"]);
  first.send("a", "one");
  while (stored(second.told).length < 1) await Bun.sleep(1);
  const emoji = Array.from({ length: 30 }, (_, at) => String.fromCodePoint(0x1f600 + at));
  for (const each of emoji.slice(0, 18)) first.react("a", 1, each);
  for (const each of emoji.slice(12)) second.react("b", 1, each);
  const answers = ({ told }: ChangeStage, connection: string) =>
    told.filter((each) => each.connection === connection && /react|change/.test(each.kind));
  while (answers(first, "a").length < 18 || answers(second, "b").length < 18) await Bun.sleep(1);
  await untilEven(first, second);
  const made = first.told.flatMap((each) => (each.kind === "reacted" ? [each] : []));
  expect(new Set(made.map((each) => each.emoji)).size).toBe(20);
  expect(eventsOf(second.told)).toEqual(eventsOf(first.told));
  for (const stage of [first, second]) await stage.engine.close();
});

test("postgres: EDIT-1 DELETE-1 DELETE-3 ORD-1 a server that reads the log is told of all messages and of no text that is gone, and shows what the others show", async () => {
  const url = await createDatabase();
  const [first, second] = [await overDatabase(url), await overDatabase(url)];
  await first.join(["a", "An"]);
  await second.join(["b", "Bình"]);
  const from = second.told.length;
  // Together too long for a notification.
  first.send("a", `one ${LONG}`);
  first.send("a", `secret ${LONG}`);
  first.edit("a", 1, "secret edit");
  first.edit("a", 1, "newest");
  first.react("a", 1, "👍");
  first.send("a", `three ${LONG}`);
  first.remove("a", 2);
  first.edit("a", 6, "secret, and deleted");
  first.remove("a", 6);
  await first.next(9);
  await untilEven(first, second);
  const told = stored(second.told.slice(from));
  expect(JSON.stringify(told.map((each) => ("message" in each ? each.message : each)))).not.toContain(
    "secret",
  );
  expect(told).toMatchObject([
    { kind: "sent", message: { id: 1, content: "newest" } },
    { kind: "sent", message: { id: 2, content: "", deleted: true } },
    { kind: "edited", of: 1, id: 3, content: "newest" },
    { kind: "edited", of: 1, id: 4, content: "newest" },
    { kind: "reacted", of: 1, id: 5 },
    { kind: "sent", message: { id: 6, content: "", deleted: true } },
    { kind: "deleted", of: 2, id: 7 },
    { kind: "deleted", of: 6, id: 9 },
  ]);
  second.passOver();
  await second.expectPages("b", first.told);
  for (const stage of [first, second]) await stage.engine.close();
});

test("postgres: PAGE-7 RES-4 a page shows the changes that its server learns of only when it decides, also to messages that are not in memory", async () => {
  const url = await createDatabase();
  const stage = await overDatabase(url, { getBudgetBytes: 2_000 });
  await stage.join(["a", "An"], ["b", "Bình"]);
  await stage.pages("a", {});
  for (let i = 0; i < 20; i++) stage.send("a", `${i} ${"x".repeat(400)}`);
  await stage.next(20);
  // As another server commits it, whose notification is still on its way.
  await commitAsLater(url, {
    changes: (id) => [
      ["deleted", "x", id, 1, 1_000, BY],
      ["reacted", "x", id + 1, 2, 1_000, BY, "Xuân", "🎉", true, 1],
    ],
    ids: 2,
    statement: (id) => `
      UPDATE chatbox.messages SET content = '', is_deleted = true WHERE id = 1;
      INSERT INTO chatbox.reactions VALUES ('/', 2, '🎉', '${BY}', 'Xuân', ${id + 1});
      INSERT INTO chatbox.changes (room, id, of, kind, sent_at, author, name, emoji, is_on) VALUES
        ('/', ${id}, 1, 'delete', 'epoch'::timestamptz + interval '1 s', '${BY}', NULL, NULL, NULL),
        ('/', ${id + 1}, 2, 'react', 'epoch'::timestamptz + interval '1 s', '${BY}', 'Xuân', '🎉', true)`,
    notified: "nothing",
  });
  stage.vanish("a");
  stage.resume("c", "a", { after: 20, time: 1_000 });
  stage.page("b", { after: 20, limit: 1 });
  const told = await stage.next(5);
  expect(told.slice(0, 3).map(({ kind }) => kind)).toEqual(["deleted", "reacted", "absent"]);
  const pages = told.slice(3).flatMap((each) => {
    const page = each.kind === "resumed" ? each.shown?.page : each.kind === "page" ? each.page : undefined;
    return page === undefined ? [] : [pageSeen(page)];
  });
  const deleted = { id: 1, content: "", deleted: true };
  expect(pages).toMatchObject([
    { messages: [], changed: [deleted, { id: 2, reactions: [{ emoji: "🎉" }] }], cursor: { id: 22 } },
    { messages: [], changed: [deleted], cursor: { id: 21 }, more: true },
  ]);
  await stage.engine.close();
});

test("postgres: PAGE-6 PAGE-8 where an edit is skipped because its message was deleted meanwhile, the very next page has neither the old text nor another history", async () => {
  const url = await createDatabase();
  const stage = await overDatabase(url);
  await stage.join(["a", "An"]);
  stage.send("a", "old");
  await stage.next(1);
  await stage.pages("a", {});
  // The entry of the deletion was not there yet when the log was read.
  await commitAsLater(url, {
    changes: (id) => [["edited", "x", id, 1, 1_000, BY, null, null]],
    ids: 1,
    statement: (id) => `
      UPDATE chatbox.messages SET content = '', is_deleted = true WHERE id = 1;
      INSERT INTO chatbox.changes (room, id, of, kind, sent_at, author) VALUES
        ('/', ${id}, 1, 'edit', 'epoch'::timestamptz + interval '1 s', '${BY}')`,
    notified: "nothing",
  });
  const [after, newest] = await stage.pages("a", { after: 2, time: 1_000 }, {});
  expect(after).toMatchObject({ messages: [], reset: false });
  expect(newest).toMatchObject({ messages: [{ id: 1, content: "", deleted: true }] });
  await stage.engine.close();
});

/** All that the database has in its tables, as text. */
async function allRows(url: string): Promise<string> {
  const tables = await administer(
    url,
    "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'chatbox'",
  );
  if (!Array.isArray(tables) || tables.length < 10) throw new Error("there are tables");
  const texts = tables.map(({ name }) =>
    administer(url, `SELECT coalesce(string_agg(each::text, ' '), '') AS rows FROM chatbox.${name} AS each`),
  );
  return JSON.stringify(await Promise.all(texts));
}

test("postgres: DELETE-2 EDIT-1 what was deleted or replaced by an edit is in no row of any table", async () => {
  const url = await createDatabase();
  const stage = await overDatabase(url);
  await stage.join(["a", "An"]);
  stage.send("a", "secret one");
  stage.send("a", "secret two \0");
  stage.send("a", "secret three \0", "/", "k");
  stage.send("a", "public \0 four");
  const before = await stage.next(4);
  expect(before.map((each) => each.kind)).toEqual(["sent", "sent", "sent", "sent"]);
  expect((await allRows(url)).split("secret").length).toBeGreaterThan(3);
  stage.edit("a", 1, "secret edit", "l");
  stage.edit("a", 2, "secret edit \0", "m");
  expect((await stage.next(2)).map((each) => each.kind)).toEqual(["edited", "edited"]);
  stage.edit("a", 1, "public one \0");
  stage.remove("a", 2);
  stage.remove("a", 3);
  // Within one batch, and too long for a notification.
  stage.send("a", `secret ${LONG}${LONG.slice(100)}`);
  stage.edit("a", 10, "secret edit");
  stage.edit("a", 10, "public five");
  const after = await stage.next(6);
  expect(after.map((each) => each.kind).join()).toBe("edited,deleted,deleted,sent,edited,edited");
  const rows = await allRows(url);
  expect(rows).not.toContain("secret");
  expect(rows).toContain("public five");
  await stage.expectPages("a", stage.told);
  await stage.engine.close();
});

test("postgres: EDIT-2 KEY-2 the index recognises the key of an edit for which memory had no room, and after ten minutes it may be used again", async () => {
  const url = await createDatabase();
  let time = 1_000;
  const now = () => ({ time, timestamp: `T${time}` });
  const stage = await overDatabase(url, { sendKeys: 1, now });
  await stage.join(["a", "An"]);
  stage.send("a", "one");
  for (const key of ["k", "l", "m", "n"]) stage.edit("a", 1, `first ${key}`, key);
  await stage.next(5);
  stage.edit("a", 1, "again", "k");
  stage.send("a", "two", "/", "o");
  expect(await stage.next(2)).toMatchObject([{ kind: "edit-repeated", of: 1, id: 2 }, { kind: "sent" }]);
  stage.vanish("a");
  await stage.next(1);
  await stage.engine.close();
  time += 11 * 60_000;
  const later = await overDatabase(url, { now });
  later.engine.enter("/");
  later.resume("b", "a");
  later.edit("b", 1, "anew", "k");
  later.edit("b", 1, "again", "k");
  expect((await later.next(3)).slice(1)).toMatchObject([
    { kind: "edited", content: "anew", id: 7 },
    { kind: "edit-repeated", id: 7 },
  ]);
  await later.engine.close();
});

test("postgres: DUR-2 a change whose commit was in doubt is told once, with what it has made of the message", async () => {
  const url = await createDatabase();
  const stage = await overDatabase(url);
  await stage.join(["a", "An"]);
  stage.send("a", "one");
  await stage.next(1);
  await stage.pages("a", {});
  const killed = administer(
    url,
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid()`,
  );
  stage.edit("a", 1, "edited");
  stage.react("a", 1, "👍");
  await killed;
  const told = await stage.next(2);
  expect(told).toMatchObject([
    { kind: "edited", id: 2 },
    { kind: "reacted", id: 3 },
  ]);
  await stage.expectPages("a", stage.told);
  const [page] = await stage.pages("a", {});
  expect(page).toEqual(Chronicle.of(stage.told).page({ limit: 100, before: null, after: null }));
  await stage.engine.close();
});
