/** Servers whose connections to the database go through a pooler. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { Database } from "../../src/engine/postgres/database.ts";
import { rowsOf } from "../../src/engine/postgres/rows.ts";
import { ChatClient } from "../support/client.ts";
import { Pooler } from "../support/pooler.ts";
import { createDatabase } from "../support/postgres.ts";
import { runCommand, startServer, TemporaryFolder } from "../support/server.ts";

test("behind a pooler in session mode, servers form one chat", async () => {
  using pooler = await Pooler.start(await createDatabase(), "session");
  await using first = await startServer([], { database: pooler.url });
  await using second = await startServer([], { database: pooler.url });
  using an = await ChatClient.registered(first.url(), "An");
  using binh = await ChatClient.registered(second.url(), "Bình");
  await an.next();
  await an.say("from the first");
  expect(await binh.next()).toMatchObject({ datatype: "message", content: "from the first" });
});

test("the database itself keeps the deadlines of each connection, through a pooler too", async () => {
  const url = await createDatabase();
  using pooler = await Pooler.start(url, "session");
  for (const each of [url, pooler.url]) {
    const options = { url: each, poolSize: 1, statementTimeoutMs: 3210, connectTimeoutMs: 5000 };
    const database = new Database(options);
    const deadlines = () =>
      database.query(5000, async (sql) => {
        const names = ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"];
        const rows =
          await sql`SELECT setting FROM pg_settings WHERE name = ANY (${sql.array(names, "TEXT")})`;
        return rowsOf(rows).map(({ setting }) => setting);
      });
    expect(await deadlines()).toEqual(["3210", "3210", "3210"]);
    // Another use, after which the pool has another connection.
    await database.query(5000, (sql) => sql`SELECT 1 / 0`).catch(() => {});
    expect(await deadlines()).toEqual(["3210", "3210", "3210"]);
    await database.close();
  }
});

test("behind a pooler in transaction mode no server starts, and one sentence says what to set", async () => {
  using pooler = await Pooler.start(await createDatabase(), "transaction");
  using folder = new TemporaryFolder();
  const commands = [[], ["export", join(folder.path, "copy.json")]];
  const ends = await Promise.all(
    commands.map((command) => runCommand([...command, "--port", "0", "--database-url", pooler.url])),
  );
  for (const end of ends) {
    expect(end.exitCode).toBe(1);
    expect(end.stderr).toMatch(/^[^\n]*by transaction[^\n]*pool_mode = session[^\n]*\n$/);
  }
});
