/**
 * The conversations in which the engine has a say, once more with servers that use a database. `CHAT_ENGINE=postgres` runs
 * any of them so.
 */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { createDatabase } from "../support/postgres.ts";

const FOLDER = join(import.meta.dir, "../conversations");
const ABOUT = [
  "classic",
  "durability",
  "events",
  "history",
  "message-changes",
  "names",
  "order",
  "sends",
  "v3-requests",
  "v3-sessions",
  "webhooks",
];

for (const name of ABOUT) {
  test(`the conversations of ${name} hold with a database`, async () => {
    const child = Bun.spawn([process.execPath, "test", "--timeout=240000", join(FOLDER, `${name}.test.ts`)], {
      cwd: join(import.meta.dir, "../.."),
      // The databases are made where this one is.
      env: { ...process.env, CHAT_ENGINE: "postgres", DATABASE_URL: await createDatabase() },
      stdin: "ignore",
      stdout: "ignore",
      stderr: "pipe",
    });
    const output = await new Response(child.stderr).text();
    expect({ exitCode: await child.exited, output }).toMatchObject({ exitCode: 0 });
    expect(output).toMatch(/^ *[1-9]\d* pass$/m);
  });
}
