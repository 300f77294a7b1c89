import { afterAll, expect, test } from "bun:test";
import type { Deliver } from "../../src/engine/engine.ts";
import { Database } from "../../src/engine/postgres/database.ts";
import { PostgresEngine, type PostgresEngineOptions } from "../../src/engine/postgres/postgres.ts";
import { rowsOf } from "../../src/engine/postgres/rows.ts";
import { StoredMessages } from "../../src/engine/postgres/stored-messages.ts";
import type { PageRequest } from "../../src/protocol/page.ts";
import { administer as administerUrl, backupOf, createDatabase } from "../support/postgres.ts";
import { BESIDE_A_FAILURE, databaseFailures } from "./broken-database.ts";
import { failureContract } from "./failures.ts";
import { changeContract } from "./message-changes.ts";
import { slowReadContract } from "./slow-reads.ts";
import { contentsOf, type EngineKind, EngineStage, engineContract, shownBy, withRetention } from "./suite.ts";

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
    retention: { keepMs: null, keepMessages: null, keepBytes: null, everyMs: 60_000 },
    now: () => ({ time: 1_000, timestamp: "01/01/2030 00:00:01" }),
    deliver,
    observer: { notice: () => {}, fault: () => {}, stored: () => {} },
    lost: () => {},
    ...options,
  });
  engines.add(engine);
  return engine;
}

function urlFor(stage: EngineStage): string {
  return urlOf.get(stage.deliver) ?? "";
}

/** Runs a statement on the database of a stage, as an administrator would. */
function administer(stage: EngineStage, statement: string): Promise<unknown> {
  return administerUrl(urlFor(stage), statement);
}

const TABLES = ["rooms", "messages", "changes", "reactions", "nicknames", "past_sessions", "servers", "log"];

const POSTGRES: EngineKind = {
  name: "postgres",
  open: (deliver, previous, times) => {
    const url = previous && urlOf.get(previous.deliver);
    return open(deliver, { ...(url ? { url } : {}), ...withRetention(times) });
  },
  // The others take a server that is silent for dead, and that is all that a kill is to them.
  abandon: async (stage) => {
    await administer(stage, "DELETE FROM chatbox.servers");
  },
  renameStored: async (stage, from, to) => {
    await administer(stage, `UPDATE chatbox.nicknames SET name = '${to}' WHERE name = '${from}'`);
  },
  backUp: async (stage, what) => {
    const { save, putBack } = backupOf(what === "messages" ? ["messages"] : TABLES);
    await administer(stage, save);
    return async () => {
      await administer(stage, putBack);
    };
  },
  takeOut: async (stage, ids) => {
    const which = ids === undefined ? "true" : `id IN (${ids.join()})`;
    await administer(stage, `DELETE FROM chatbox.messages WHERE room = '/' AND ${which}`);
  },
};

// First, because the engines of all tests stay open until the end.
test("postgres: PAGE-2 a page counts no reactions but those to the messages that fit, and a few", async () => {
  const stage = new EngineStage();
  stage.engine = await open(stage.deliver);
  await stage.engine.close();
  const url = urlFor(stage);
  // The sequence counts the reactions that are read.
  for (const statement of [
    `INSERT INTO chatbox.messages (room, id, name, content, shown_time, sent_at)
      SELECT '/', id, 'An', 'x', 'T', now() FROM generate_series(1, 100) AS id`,
    `INSERT INTO chatbox.reactions (room, message, emoji, author, name, id)
      SELECT '/', message, '😀', 'author-' || person, '名前', 100 + 10 * message + person
      FROM generate_series(1, 100) AS message, generate_series(1, 10) AS person`,
    "CREATE SEQUENCE chatbox.read",
    "ALTER TABLE chatbox.reactions RENAME TO all_reactions",
    "CREATE VIEW chatbox.reactions AS SELECT * FROM chatbox.all_reactions WHERE nextval('chatbox.read') > 0",
  ])
    await administerUrl(url, statement);
  const database = new Database({ url, poolSize: 2, statementTimeoutMs: 4000, connectTimeoutMs: 3000 });
  try {
    const bounds = { firstId: 1, lastId: 100, lastEventId: 1_200, emptiedTo: 0 };
    const archive = new StoredMessages(database, "/", bounds);
    const all = await archive.below(101, 100, Number.MAX_SAFE_INTEGER);
    expect(all.map(({ id }) => id)).toEqual(Array.from({ length: 100 }, (_, at) => at + 1));
    expect(all.map(({ message }) => message.reactions?.[0]?.count)).toEqual(Array(100).fill(10));
    await administerUrl(url, "ALTER SEQUENCE chatbox.read RESTART");
    const found = await archive.below(101, 100, 5 * (all[0]?.shownBytes ?? 0));
    expect(found.map(({ id }) => id)).toEqual(all.slice(-found.length).map(({ id }) => id));
    expect(found.length).toBeGreaterThan(1);
    expect(found.length).toBeLessThan(10);
    const [row] = rowsOf(
      await database.query(4000, (sql) => sql`SELECT nextval('chatbox.read')::float8 AS read`),
    );
    expect(row?.read).toBeLessThanOrEqual(10 * (found.length + 1) + 1);
  } finally {
    await database.close();
  }
});

test("postgres: PAGE-10 among a hundred thousand messages, those since a moment are found by looking at a few", async () => {
  const stage = new EngineStage();
  stage.engine = await open(stage.deliver);
  await stage.engine.close();
  const url = urlFor(stage);
  // The sequence counts the messages that are read.
  for (const statement of [
    `INSERT INTO chatbox.messages (room, id, name, content, shown_time, sent_at)
      SELECT '/', 3 * at + 1, 'An', 'x', 'T', 'epoch'::timestamptz + at * interval '1 second' FROM generate_series(0, 99999) AS at`,
    "CREATE SEQUENCE chatbox.read",
    "ALTER TABLE chatbox.messages RENAME TO all_messages",
    "CREATE VIEW chatbox.messages AS SELECT * FROM chatbox.all_messages WHERE nextval('chatbox.read') > 0",
  ])
    await administerUrl(url, statement);
  const database = new Database({ url, poolSize: 2, statementTimeoutMs: 4000, connectTimeoutMs: 3000 });
  try {
    const archive = new StoredMessages(database, "/", {
      firstId: 1,
      lastId: 299_998,
      lastEventId: 2 ** 53 - 1,
      emptiedTo: 0,
    });
    for (const at of [0, 1, 4_711, 50_000, 99_998, 99_999, 100_000]) {
      await administerUrl(url, "ALTER SEQUENCE chatbox.read RESTART");
      expect(await archive.firstSince(at * 1_000)).toBe(at === 100_000 ? null : 3 * at + 1);
      const [row] = rowsOf(
        await database.query(4000, (sql) => sql`SELECT nextval('chatbox.read')::float8 AS read`),
      );
      expect(row?.read).toBeLessThan(40);
    }
  } finally {
    await database.close();
  }
});

engineContract(POSTGRES);
changeContract(POSTGRES);
slowReadContract(POSTGRES, StoredMessages.prototype);

failureContract(POSTGRES, databaseFailures(urlFor), BESIDE_A_FAILURE);

test("postgres: KEY-2 the index recognises a key for which memory had no room", async () => {
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

test("postgres: SEND-3 characters that PostgreSQL cannot store as text come back as they were sent, also after a restart", async () => {
  const stage = new EngineStage();
  stage.engine = await open(stage.deliver);
  stage.engine.enter("/");
  stage.name("1", "An");
  const contents = ["\0", "a\0b", "\u{1F600}", "\u2028", '"\\', "\uFFFD"];
  for (const content of contents) stage.send("1", content);
  await stage.until(1 + contents.length);
  await stage.engine.close();
  const again = new EngineStage();
  again.engine = await open(again.deliver, { url: urlFor(stage) });
  again.engine.enter("/");
  again.name("1", "An");
  again.get("1");
  const [, history] = await again.until(2);
  expect(contentsOf(history)).toEqual(contents);
});

for (const [title, statement, sentence] of [
  ["a schema of a later version", "UPDATE chatbox.schema SET version = 1000", "later version (1000"],
  [
    "a user without a right",
    "DROP SCHEMA chatbox CASCADE; REVOKE CREATE ON DATABASE current FROM PUBLIC",
    "lacks a privilege",
  ],
] as const) {
  test(`postgres: ${title} stops the start with one sentence`, async () => {
    const stage = new EngineStage();
    const engine = await open(stage.deliver);
    await engine.close();
    const url = new URL(urlFor(stage));
    await administer(stage, statement.replace("current", url.pathname.slice(1)));
    await administer(
      stage,
      "DO $$ BEGIN CREATE ROLE chatbox_plain LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
    );
    url.username = "chatbox_plain";
    const opened = open(new EngineStage().deliver, {
      url: title.startsWith("a user") ? url.href : urlFor(stage),
    });
    await expect(opened).rejects.toThrow(sentence);
  });
}

test("postgres: DUR-1 nothing is committed under the id of a server that was declared dead", async () => {
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
  expect((await stage.until(2))[1]).toMatchObject({ kind: "store-lost", connection: "1" });
  expect(isLost).toBe(true);
  expect(stage.engine.enter("/")).toBe(false);
  const [row] = rowsOf(await administer(stage, "SELECT count(*)::int AS count FROM chatbox.messages"));
  expect(row).toEqual({ count: 0 });
});

test("postgres: EV-7 a server learns that its members were announced as gone, and ends their connections", async () => {
  const stage = new EngineStage();
  stage.engine = await open(stage.deliver);
  for (let i = 0; i < 2; i++) stage.engine.enter("/");
  stage.name("1", "An");
  stage.name("a", "Bình");
  await stage.until(2);
  await administer(stage, "DELETE FROM chatbox.servers");
  const other = new EngineStage();
  other.engine = await open(other.deliver, { url: urlFor(stage) });
  const told = await stage.until(6);
  expect(told.slice(2)).toMatchObject([
    { kind: "left", connection: "1", name: "An" },
    { kind: "store-lost", connection: "1" },
    { kind: "absent", connection: "a", name: "Bình" },
    { kind: "store-lost", connection: "a" },
  ]);
});

/** Another engine over the database of a stage. */
async function beside(stage: EngineStage, options: Partial<PostgresEngineOptions> = {}) {
  const other = new EngineStage();
  other.engine = await open(other.deliver, { ...options, url: urlFor(stage) });
  return other;
}

async function firstStage(options: Partial<PostgresEngineOptions> = {}): Promise<EngineStage> {
  const stage = new EngineStage();
  stage.engine = await open(stage.deliver, options);
  return stage;
}

test("postgres: KEY-2 a key that is older than ten minutes is stored again, though the index knew it", async () => {
  const stage = await firstStage();
  stage.engine.enter("/");
  stage.name("a", "An");
  stage.send("a", "first", "/", "k");
  stage.vanish("a");
  await stage.until(3);
  await stage.engine.close();
  const time = 1_000 + 11 * 60_000;
  const later = await beside(stage, { now: () => ({ time, timestamp: "01/01/2030 00:11:01" }) });
  later.engine.enter("/");
  later.resume("b", "a");
  for (let i = 0; i < 2; i++) later.send("b", "second", "/", "k");
  expect(await later.until(3)).toMatchObject([
    { kind: "resumed", name: "An" },
    { kind: "sent", message: { id: 2, content: "second" } },
    { kind: "repeated", message: { id: 2 } },
  ]);
});

test("postgres: GRACE-1 only one server runs the grace of an absent member, also when another one reads the room", async () => {
  const stage = await firstStage();
  stage.engine.enter("/");
  stage.name("a", "An");
  stage.vanish("a");
  await stage.until(2);
  const other = await beside(stage);
  for (let i = 0; i < 2; i++) other.engine.enter("/");
  other.name("1", "Bình");
  other.get("1");
  expect((await other.until(2))[1]).toMatchObject({ online: ["An", "Bình"] });
  expect([stage.engine.absent, other.engine.absent]).toEqual([1, 0]);
});

test("postgres: GRACE-4 the members that a server leaves behind are taken over by another one, once, even those that had resumed there", async () => {
  const stage = await firstStage();
  stage.engine.enter("/");
  stage.name("1", "Survivor");
  stage.engine.enter("/");
  stage.name("a", "An");
  await stage.until(2);
  for (const [heir, name] of [
    ["b", "a"],
    ["c", null],
  ] as const) {
    const other = await beside(stage);
    other.engine.enter("/");
    if (name === null) other.name(heir, "Chi");
    else other.resume(heir, name);
    await other.until(1);
    const before = stage.engine.absent;
    await other.engine.close();
    while (stage.engine.absent === before) await Bun.sleep(10);
    expect(stage.engine.absent).toBe(before + 1);
  }
  const entries = rowsOf(await administer(stage, "SELECT entry FROM chatbox.log ORDER BY position"));
  const absences = entries
    .flatMap(({ entry }) => JSON.parse(String(entry)))
    .filter(([kind]) => kind === "absent");
  // First the one that goes says so, then the one that cares.
  expect(absences.map(([, connection]) => connection)).toEqual(["b", "b", "c", "c"]);
});

test("postgres: RES-4 CLOSE-7 a server that cannot read all that it missed ends its connections and reads the room anew", async () => {
  const stage = await firstStage();
  for (let i = 0; i < 4; i++) stage.engine.enter("/");
  stage.name("a", "An");
  stage.name("b", "Bình");
  // One program listens, and another one is gone.
  stage.guest("bot 1");
  stage.guest("bot 2");
  stage.leave("bot 2");
  await stage.until(5);
  await administer(stage, "UPDATE chatbox.rooms SET position = position + 2");
  await administer(
    stage,
    "INSERT INTO chatbox.log (room, position, server, batch, entry) SELECT name, position, '', '', '[]' FROM chatbox.rooms",
  );
  stage.send("a", "over the hole");
  expect((await stage.until(9)).slice(5)).toMatchObject([
    { kind: "store-lost", connection: "a" },
    { kind: "store-lost", connection: "a" },
    { kind: "store-lost", connection: "b" },
    { kind: "store-lost", connection: "bot 1" },
  ]);
  stage.send("b", "on the other side");
  expect((await stage.until(10))[9]).toMatchObject({ kind: "sent", message: { id: 1 } });
});

test("postgres: RES-4 CLOSE-7 a server notices that the database was set back to an earlier moment", async () => {
  const stage = await firstStage();
  stage.engine.enter("/");
  stage.name("a", "An");
  stage.send("a", "undone");
  await stage.until(2);
  await administer(
    stage,
    `DELETE FROM chatbox.messages;
     DELETE FROM chatbox.log WHERE position = (SELECT position FROM chatbox.rooms);
     UPDATE chatbox.rooms SET position = position - 1, last_id = 0;
     SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE application_name = 'classic-chatbox' AND datname = current_database()`,
  );
  expect((await stage.until(3))[2]).toMatchObject({ kind: "store-lost", connection: "a" });
});

const CUT_SERVERS = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE application_name = 'classic-chatbox' AND datname = current_database()`;

/** A room with three messages, of which the database is then to lose some. */
async function talk(): Promise<{ stage: EngineStage; putBack: string; position: number }> {
  const stage = await firstStage();
  for (let i = 0; i < 3; i++) stage.engine.enter("/");
  stage.name("a", "An");
  stage.name("2", "Bình");
  stage.send("a", "one", "/", "j");
  await stage.until(3);
  const { save, putBack } = backupOf(TABLES.filter((table) => table !== "servers"));
  await administer(stage, save);
  stage.send("a", "two", "/", "k");
  stage.send("a", "three");
  await stage.until(5);
  const [room] = rowsOf(await administer(stage, "SELECT position::int AS position FROM chatbox.rooms"));
  return { stage, putBack, position: Number(room?.position) };
}

/**
 * Has a room go on as if another server had decided what follows: up to a position of its log and to the message 3, and from
 * there on with some messages more.
 */
function goneOn(position: number, more: number): string {
  return `
    INSERT INTO chatbox.messages (room, id, name, content, shown_time, sent_at)
    SELECT '/', id, 'Chi', 'other ' || id, '', now() FROM generate_series(2, 3 + ${more}) AS id;
    INSERT INTO chatbox.log (room, position, server, batch, entry)
    SELECT name, at, 'another', 'batch ' || at,
      CASE WHEN at > ${position} THEN format('[["sent","x",%s]]', 3 + at - ${position}) ELSE '[]' END
    FROM chatbox.rooms CROSS JOIN LATERAL generate_series(position + 1, ${position} + ${more}) AS at;
    UPDATE chatbox.rooms SET position = ${position} + ${more}, last_id = 3 + ${more};`;
}

for (const [title, after] of [
  ["has gone back", () => ""],
  ["has gone back and come as far again", (position: number) => goneOn(position, 0)],
  ["has gone back and come further", (position: number) => goneOn(position, 6)],
] as const) {
  for (const notices of ["by a lost connection", "by its next batch"] as const) {
    test(`postgres: RES-4 CLOSE-7 PAGE-6 KEY-4 ${notices} a server notices that the database ${title}, and shows its contents`, async () => {
      const { stage, putBack, position } = await talk();
      const isByBatch = notices === "by its next batch";
      const cutting = isByBatch ? "" : CUT_SERVERS;
      await administer(stage, `BEGIN; ${putBack}; ${after(position)} COMMIT; ${cutting}`);
      if (isByBatch) stage.send("2", "in vain");
      const cut = await stage.until(isByBatch ? 8 : 7);
      expect(cut.slice(5)).toMatchObject(
        [...(isByBatch ? ["2"] : []), "a", "2"].map((connection) => ({ kind: "store-lost", connection })),
      );
      const { length } = cut;
      stage.resume("c", "a", { after: 3, time: 1_000 });
      stage.send("c", "two", "/", "k");
      stage.send("c", "one", "/", "j");
      const told = await stage.until(length + 3);
      const [resumed, sent, repeated] = told.slice(length);
      const rows = rowsOf(
        await administer(stage, "SELECT content FROM chatbox.messages WHERE content <> 'two' ORDER BY id"),
      );
      const contents = rows.map(({ content }) => String(content));
      expect(shownBy(resumed)).toEqual({ contents, reset: true, online: ["An", "Bình"] });
      expect(sent).toMatchObject({ kind: "sent", message: { content: "two", id: contents.length + 1 } });
      expect(repeated).toMatchObject({ kind: "repeated", message: { content: "one", id: 1 } });
    });
  }
}

test("postgres: ORD-1 after the database was restored, another server's entries are not delivered as if they followed", async () => {
  const { stage, putBack } = await talk();
  await administer(stage, `BEGIN; ${putBack}; COMMIT`);
  const other = await beside(stage);
  for (const connection of ["x", "y", "z"]) {
    other.engine.enter("/");
    other.name(connection, connection);
    await other.until(1);
  }
  await other.until(3);
  const told = await stage.until(7);
  expect(told.slice(5)).toMatchObject([
    { kind: "store-lost", connection: "a" },
    { kind: "store-lost", connection: "2" },
  ]);
});

test("postgres: CLOSE-7 PAGE-6 when the database connection was lost, a server notices messages that were changed by hand", async () => {
  const { stage } = await talk();
  await administer(
    stage,
    `DELETE FROM chatbox.messages WHERE id = 3;
     INSERT INTO chatbox.messages (room, id, name, content, shown_time, sent_at) VALUES ('/', 3, 'An', 'other', '', now());
     ${CUT_SERVERS}`,
  );
  expect((await stage.until(7)).slice(5)).toMatchObject([{ kind: "store-lost" }, { kind: "store-lost" }]);
  stage.resume("c", "a", { after: 3, time: 1_000 });
  expect((await stage.until(8))[7]).toMatchObject({ kind: "resumed", shown: { page: { reset: true } } });
});

test("postgres: GRACE-1 EV-7 a member whose leave the database has lost leaves once more, and holds no nickname", async () => {
  const { stage, putBack } = await talk();
  stage.leave("2");
  stage.vanish("a");
  await stage.until(7);
  stage.engine.enter("/");
  stage.name("3", "Chi");
  await stage.until(8);
  await administer(stage, `BEGIN; ${putBack}; COMMIT; ${CUT_SERVERS}`);
  await stage.until(10);
  stage.engine.enter("/");
  stage.name("4", "Dung");
  const told = await stage.until(12);
  expect(told.slice(10).map((each) => [each.kind, each.connection])).toEqual([
    ["registered", "4"],
    ["left", "2"],
  ]);
  stage.get("4");
  expect((await stage.until(13))[12]).toMatchObject({ kind: "history", online: ["An", "Dung"] });
  expect(stage.engine.absent).toBe(1);
});

test("postgres: ID-2 DUR-1 when only the messages of a room were restored, ids go on and sends are stored", async () => {
  const { stage } = await talk();
  await stage.engine.close();
  await administer(
    stage,
    `INSERT INTO chatbox.messages (room, id, name, content, shown_time, sent_at)
     SELECT room, 40, 'An', 'by hand', '', now() FROM unnest(ARRAY['/', 'tea']) AS room`,
  );
  const again = await beside(stage);
  for (const room of ["/", "tea"]) {
    again.engine.enter(room);
    again.name("1", "Chi", room);
    again.send("1", "next", room);
    again.page("1", { after: 39 }, room);
  }
  const told = await again.until(6);
  const sent = told.filter((each) => each.kind === "sent");
  expect(sent).toMatchObject([{ message: { id: 41 } }, { message: { id: 41 } }]);
});

test("postgres: ORD-1 GET-3 when only the messages and rooms were restored, the other tables cause no trouble", async () => {
  const { stage } = await talk();
  await stage.engine.close();
  const { save, putBack } = backupOf(["rooms", "messages"]);
  await administer(stage, save);
  const between = await beside(stage);
  for (let i = 0; i < 2; i++) between.engine.enter("/");
  between.name("c", "Chi");
  between.name("d", "Dung");
  between.send("c", "lost");
  await between.until(3);
  await between.engine.close();
  await administer(stage, putBack);
  const again = await beside(stage);
  again.engine.enter("/");
  again.name("1", "Em");
  again.send("1", "four");
  again.get("1");
  const told = await again.until(3);
  expect(told[1]).toMatchObject({ kind: "sent", message: { id: 4 } });
  expect(told[2]).toMatchObject({ kind: "history", online: ["An", "Chi", "Dung", "Em"] });
});

test("postgres: PAGE-6 a client may continue from a message of another server that this one does not know yet", async () => {
  const { stage } = await talk();
  // As another server commits it, whose notification is still on its way.
  await administer(
    stage,
    `INSERT INTO chatbox.messages (room, id, name, content, shown_time, sent_at)
     VALUES ('/', 4, 'Chi', 'four', '', 'epoch'::timestamptz + interval '2 s');
     INSERT INTO chatbox.log (room, position, server, batch, entry)
     SELECT name, position + 1, 'another', 'batch', '[["sent","x",4]]' FROM chatbox.rooms;
     UPDATE chatbox.rooms SET position = position + 1, last_id = 4`,
  );
  stage.page("2", { after: 4, time: 2_000 });
  const told = await stage.until(7);
  expect(told.slice(5)).toMatchObject([
    { kind: "sent", message: { id: 4 } },
    { kind: "page", page: { reset: false, more: false } },
  ]);
});

test("postgres: PAGE-5 messages that another server has pruned are no longer shown", async () => {
  const stage = await firstStage();
  stage.engine.enter("/");
  stage.name("a", "An");
  for (let i = 1; i <= 5; i++) stage.send("a", `m${i}`);
  stage.page("a", {});
  stage.page("a", { after: 0 });
  await stage.until(8);
  await administer(
    stage,
    `DELETE FROM chatbox.messages WHERE id <= 3; SELECT pg_notify('chatbox', '{"kind":"pruned"}')`,
  );
  const shown = async (page: Partial<PageRequest>) => {
    const { length } = stage.told;
    stage.page("a", page);
    const told = (await stage.until(length + 1))[length];
    if (told?.kind !== "page") throw new Error(`a page was asked for: ${JSON.stringify(told)}`);
    const messages: { id: number }[] = JSON.parse(`[${told.page.messages}]`);
    return { ids: messages.map(({ id }) => id), gap: told.page.gap };
  };
  while ((await shown({ after: 0 })).gap === null) await Bun.sleep(10);
  expect(await shown({ after: 0 })).toEqual({ ids: [4, 5], gap: { from: 1, to: 3 } });
  expect(await shown({})).toEqual({ ids: [4, 5], gap: null });
});

test("postgres: DUR-4 GRACE-3 after a clean stop nicknames are free, except those of members that can resume", async () => {
  const stage = await firstStage();
  for (let i = 0; i < 2; i++) stage.engine.enter("/");
  stage.name("1", "An");
  stage.name("b", "Bình");
  await stage.until(2);
  await stage.engine.close();
  const rows = rowsOf(await administer(stage, "SELECT session, is_absent FROM chatbox.nicknames"));
  expect(rows).toEqual([{ session: "b", is_absent: true }]);
  expect(stage.told).toHaveLength(2);
});

test("postgres: EV-7 a leave that could not be stored is announced when the store works again", async () => {
  const stage = await firstStage();
  for (let i = 0; i < 2; i++) stage.engine.enter("/");
  stage.name("1", "An");
  stage.name("2", "Bình");
  await stage.until(2);
  await administer(
    stage,
    "ALTER TABLE chatbox.log ADD CONSTRAINT full_disk CHECK (entry NOT LIKE '%left%') NOT VALID",
  );
  stage.leave("1");
  while (stage.engine.healthy) await Bun.sleep(5);
  stage.get("2");
  expect((await stage.until(3))[2]).toMatchObject({ kind: "history", online: ["An", "Bình"] });
  await administer(stage, "ALTER TABLE chatbox.log DROP CONSTRAINT full_disk");
  expect((await stage.until(4))[3]).toMatchObject({ kind: "left", connection: "1", name: "An" });
});

test("postgres: GRACE-1 after a server was declared dead, only one other server runs the graces of its absent members", async () => {
  const stage = await firstStage();
  for (const room of ["r", "/"]) stage.engine.enter(room);
  stage.name("a", "An", "r");
  stage.vanish("a", "r");
  stage.name("1", "Bình");
  await stage.until(3);
  await administer(stage, "DELETE FROM chatbox.servers");
  const other = await beside(stage);
  expect(other.engine.absent).toBe(1);
  stage.send("1", "too late");
  while (stage.engine.absent > 0) await Bun.sleep(10);
  expect([stage.engine.absent, other.engine.absent]).toEqual([0, 1]);
});

test("postgres: DUR-3 an engine becomes healthy by itself once its database stores again, even if everybody has left the room", async () => {
  const stage = new EngineStage();
  stage.engine = await open(stage.deliver);
  stage.engine.enter("tea");
  stage.name("1", "An", "tea");
  await stage.until(1);
  await administer(
    stage,
    `CREATE FUNCTION chatbox.refuse() RETURNS trigger LANGUAGE plpgsql
       AS 'BEGIN RAISE EXCEPTION USING ERRCODE = ''53100'', MESSAGE = ''disk full''; END';
     CREATE TRIGGER full_disk BEFORE INSERT ON chatbox.messages FOR EACH ROW EXECUTE FUNCTION chatbox.refuse()`,
  );
  stage.send("1", "lost", "tea");
  expect((await stage.until(2))[1]).toMatchObject({ kind: "send-failed" });
  expect(stage.engine.healthy).toBe(false);
  stage.leave("1", "tea");
  while (stage.engine.rooms > 1) await Bun.sleep(5);
  await administer(stage, "DROP TRIGGER full_disk ON chatbox.messages");
  while (!stage.engine.healthy) await Bun.sleep(20);
  const [row] = rowsOf(await administer(stage, "SELECT count(*)::int AS count FROM chatbox.messages"));
  expect(row?.count).toBe(0);
});

/** Has each of some rooms hold many messages of long ago, and one of a day ago. */
async function fill(stage: EngineStage, rooms: readonly string[], count: number): Promise<void> {
  for (const room of rooms) {
    await administer(
      stage,
      `INSERT INTO chatbox.rooms (name, last_id) VALUES ('${room}', ${count + 1});
       INSERT INTO chatbox.messages (room, id, name, content, shown_time, sent_at)
       SELECT '${room}', id, 'An', 'x', 'T', now() - CASE WHEN id > ${count} THEN 1 ELSE 100 END * interval '1 day'
       FROM generate_series(1, ${count + 1}) AS id`,
    );
  }
}

async function countsOf(stage: EngineStage): Promise<unknown[]> {
  const rows = await administer(
    stage,
    "SELECT room, count(*)::int AS count FROM chatbox.messages GROUP BY room ORDER BY room",
  );
  return rowsOf(rows).map(({ room, count }) => [room, count]);
}

const NINETY_DAYS = {
  keepMs: 90 * 24 * 60 * 60 * 1000,
  keepMessages: null,
  keepBytes: null,
  everyMs: 60_000,
};

test("postgres: PAGE-5 every room is pruned, whether in use or not, however large it is", async () => {
  const stage = await firstStage();
  await fill(stage, ["milk", "tea"], 5_000);
  const url = urlFor(stage);
  await open(new EngineStage().deliver, { url, retention: NINETY_DAYS });
  const left = [
    ["milk", 1],
    ["tea", 1],
  ];
  while (JSON.stringify(await countsOf(stage)) !== JSON.stringify(left)) await Bun.sleep(20);
});

for (const [what, note] of [
  ["noted", "UPDATE chatbox.clock SET seen_at = now() - interval '99 days'"],
  [
    "of which only messages tell",
    "DELETE FROM chatbox.clock; DELETE FROM chatbox.messages WHERE id = 6; UPDATE chatbox.rooms SET last_id = 5",
  ],
] as const) {
  test(`postgres: with a clock far ahead of the one ${what} nothing is dropped, unless it is to be believed`, async () => {
    const stage = await firstStage();
    await stage.engine.close();
    await fill(stage, ["tea"], 5);
    await administer(stage, note);
    const [before] = await countsOf(stage);
    const url = urlFor(stage);
    const said: string[] = [];
    const observer = {
      notice: (_: string, sentence: string) => void said.push(sentence),
      fault: () => {},
      stored: () => {},
    };
    for (let start = 0; start < 2; start++) {
      const engine = await open(new EngineStage().deliver, { url, retention: NINETY_DAYS, observer });
      await engine.close();
    }
    expect(await countsOf(stage)).toEqual([before]);
    expect(said.filter((sentence) => sentence.includes("--trust-clock"))).toHaveLength(2);
    await open(new EngineStage().deliver, { url, retention: NINETY_DAYS, observer, trustClock: true });
    expect(await countsOf(stage)).toEqual([["tea", 1]]);
  });
}
