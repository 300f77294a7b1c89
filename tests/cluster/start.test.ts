/** What an operator reads when the database cannot be used. */
import { expect, test } from "bun:test";
import { SQL } from "bun";
import { PostgresServer } from "../support/postgres.ts";
import { runCommand } from "../support/server.ts";

/** What a start that fails says. */
async function refusal(url: string): Promise<string> {
  const { exitCode, stderr } = await runCommand(["--port", "0", "--database-url", url]);
  expect(exitCode).toBe(1);
  expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  return stderr;
}

test("a wrong password, a missing right and a missing database end the start with one sentence, and no password is in it", async () => {
  await using server = await PostgresServer.start();
  await using sql = new SQL(server.url());
  await sql`CREATE ROLE chat LOGIN PASSWORD 'right'`;
  await sql`CREATE DATABASE closed`;
  const [setting] = await sql`SHOW hba_file`;
  const lines = ["host all postgres 127.0.0.1/32 trust", "host all all 127.0.0.1/32 scram-sha-256"];
  const rows = lines.map((line) => `('${line}')`).join(", ");
  await sql.unsafe(`COPY (SELECT line FROM (VALUES ${rows}) AS v (line)) TO '${setting.hba_file}'`);
  await sql`SELECT pg_reload_conf()`;
  const at = (password: string, database: string) =>
    `postgres://chat:${password}@127.0.0.1:${server.port}/${database}`;
  const wrong = await refusal(at("wr0ng-secret", "closed"));
  expect(wrong).toContain("refuses the password");
  expect(wrong).not.toContain("wr0ng-secret");
  const right = await refusal(at("right", "closed"));
  expect(right).toContain("lacks a privilege");
  expect(right).not.toContain(":right");
  expect(await refusal(at("right", "nowhere"))).toContain("no such database");

  // The doctor finds the same, and what there is besides. There is no server at the address.
  const doctor = async (url: string) =>
    (await runCommand(["doctor", "http://127.0.0.1:1/", "--database-url", url])).stdout;
  const well = await doctor(server.url());
  expect(well).toMatch(/^ok +database: 127\.0\.0\.1:\d+\S* is PostgreSQL \d+$/m);
  expect(well).toMatch(/^\w+ +database time: a question is answered after/m);
  expect(well).toMatch(/^ok +clock: that of the database/m);
  expect(well).not.toContain("may not create");
  expect(await doctor(at("right", "closed"))).toMatch(/^fault +database: the user may not create tables$/m);
  const refused = await doctor(at("wr0ng-secret", "closed"));
  expect(refused).toContain("fault    database: The database at");
  expect(refused).not.toContain("wr0ng-secret");
});

test("a database that cannot be reached ends the start with one sentence", async () => {
  expect(await refusal("postgres://chat:s3cret@127.0.0.1:1/chat")).toMatch(/cannot be reached[^\n]*\n$/);
});
