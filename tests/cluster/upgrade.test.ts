/**
 * From the form that a release stores to a later one and back, with everything that was stored meanwhile. A chat in files goes
 * that way in docs/operating/upgrading.md, whose commands tests/house/operating.test.ts runs.
 */
import { Database as SQLite } from "bun:sqlite";
import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { restoreDatabase } from "../../src/engine/backup/restore-database.ts";
import { restoreFiles } from "../../src/engine/backup/restore-files.ts";
import { goBack, rehearseUpgrade } from "../../src/engine/backup/upgrade.ts";
import { openPeopleFileBeside, PEOPLE_FORM, readPeopleFile } from "../../src/engine/local/people-file.ts";
import { PEOPLE_LIMITS } from "../../src/engine/people.ts";
import { Database } from "../../src/engine/postgres/database.ts";
import { migrate, pendingSteps, rehearseSteps, STEPS, undoSteps } from "../../src/engine/postgres/schema.ts";
import { Cluster } from "../support/cluster.ts";
import { createDatabase } from "../support/postgres.ts";
import { runCommand, startServer, TemporaryFolder } from "../support/server.ts";
import { contents, V3Client } from "../support/v3.ts";

/** A chat as version 0.1.0 stores it: messages with an edit, a deletion and a reaction, an owner, a token, a ban, settings. */
const RELEASED = join(import.meta.dir, "../fixtures/released-0.1.0.tgz");
/** The version of its schema. */
const RELEASED_SCHEMA = 9;
/** Of the steps of the schema that have been released, which never change. */
const RELEASED_STEPS = "306b2930c55244da0e0c5ef4a3bee9cf949745cc3c0ac5b6448eb3d53271a2f8";
const RESTORE = { replaces: false, timeOf: () => undefined, now: 0, progress: () => {} };
const OWNER = "AAAAAAAAAAAAAAAA";
const CONNECTION = { poolSize: 2, statementTimeoutMs: 60_000, connectTimeoutMs: 60_000 };

const versionOf = (file: string) => {
  using database = new SQLite(file, { readonly: true });
  return database.query<{ user_version: number }, []>("PRAGMA user_version").get()?.user_version;
};

async function expectReleasedChat(url: string): Promise<void> {
  using reader = await V3Client.registered(url, "reader");
  expect(contents(await reader.page())).toEqual(["one, edited", "", "three"]);
}

test("the files of people go back by a version, keep what was added, and find it again", async () => {
  using folder = new TemporaryFolder();
  const dataFile = join(folder.path, "data.json");
  await restoreFiles(RELEASED, dataFile, RESTORE);
  const file = `${dataFile}.people`;
  {
    using database = new SQLite(file);
    database.run("DROP TABLE tokens");
    database.run("PRAGMA user_version = 1");
  }
  const place = { dataFile, database: null, timeOf: () => undefined };
  const { changes } = await rehearseUpgrade(place);
  expect(changes).toEqual([{ file, from: 1, to: PEOPLE_FORM.version }]);
  expect(versionOf(file)).toBe(1);
  const people = openPeopleFileBeside({ dataFile, limits: PEOPLE_LIMITS, now: Date.now, notice: () => {} });
  const rooms = null;
  await people.createToken({
    label: "B",
    nickname: "Bot",
    scopes: ["read"],
    rooms,
    isHook: false,
    expiresAt: null,
  });
  await people.close();
  expect(await goBack(place)).toEqual([{ file, from: PEOPLE_FORM.version, to: 1 }]);
  expect(await goBack(place)).toEqual([]);
  expect(versionOf(file)).toBe(1);
  expect(readPeopleFile(dataFile)?.reading).toMatchObject({
    grants: [{ person: OWNER, role: "owner" }],
    tokens: [{ label: "B" }],
  });
});

test("steps of the schema that have been released stay as they are", () => {
  const released = STEPS.slice(0, RELEASED_SCHEMA).join("\0");
  expect(createHash("sha256").update(released).digest("hex")).toBe(RELEASED_STEPS);
});

/** A step that a later version takes: a table with contents, and a column. */
const LATER = [
  ...STEPS,
  `CREATE TABLE chatbox.later (id bigint PRIMARY KEY);
   INSERT INTO chatbox.later SELECT id FROM chatbox.messages WHERE room = '/';
   ALTER TABLE chatbox.messages ADD COLUMN loud boolean NOT NULL DEFAULT false;
   CREATE INDEX messages_by_loudness ON chatbox.messages (loud);`,
];

test("with a database, servers of the released version go on beside a later one, and start again after going back", async () => {
  await using cluster = await Cluster.start(1);
  const { url } = cluster;
  const server = cluster.at(0);
  const database = new Database({ url, ...CONNECTION });
  const run = <T>(work: Parameters<typeof database.query<T>>[1]) => database.query(60_000, work);
  using an = await V3Client.registered(server.url(), "An");
  await an.say("before");
  const pending = await run((sql) => pendingSteps(sql, url, LATER));
  expect(pending).toEqual({ from: STEPS.length, to: LATER.length });
  const [bytes, after] = await run(async (sql) => {
    await sql`BEGIN`;
    const sizes = await rehearseSteps(sql, pending ?? { from: 0, to: 0 }, LATER);
    await sql`ROLLBACK`;
    return sizes;
  });
  expect(bytes).toBeGreaterThan(0);
  expect(after).toBeGreaterThan(bytes);
  const schemas = await run((sql) => sql`SELECT nspname FROM pg_namespace WHERE nspname LIKE 'chatbox%'`);
  expect(schemas.map(({ nspname }: { nspname: string }) => nspname)).toEqual(["chatbox"]);
  await migrate(database, url, LATER);
  // The server of the version before goes on, until it is started again.
  await an.say("beside");
  await server.stop();
  expect(server.restart()).rejects.toThrow("schema of a later version");
  await server[Symbol.asyncDispose]();
  expect((await runCommand(["upgrade"])).exitCode).toBe(2);
  const checked = await runCommand(["upgrade", "--check", "--database-url", url]);
  expect([checked.exitCode, checked.stderr]).toEqual([
    1,
    expect.stringContaining("schema of a later version"),
  ]);
  expect(await run((sql) => undoSteps(sql))).toEqual({ from: LATER.length, to: STEPS.length });
  {
    await using again = await startServer([], { env: { DATABASE_URL: url } });
    using binh = await V3Client.registered(again.url(), "Bình");
    await binh.say("back");
    expect(contents(await binh.page())).toEqual(["before", "beside", "back"]);
  }
  // The step is not taken a second time.
  await migrate(database, url, LATER);
  const [kept] = await run((sql) => sql`SELECT count(*)::int AS rows FROM chatbox.later`);
  expect(kept).toEqual({ rows: 1 });
  await database.close();
});

test("a released chat moves into a database of this version", async () => {
  const url = await createDatabase();
  await restoreDatabase(RELEASED, { url, ...CONNECTION }, RESTORE);
  await using server = await startServer([], { env: { DATABASE_URL: url } });
  await expectReleasedChat(server.url());
});
