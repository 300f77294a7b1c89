/** A page's files come from whichever server of a database it reaches, while their versions are changed one by one. */
import { expect, test } from "bun:test";
import { SQL } from "bun";
import { loadFile, loadPage, otherVersion } from "../support/build.ts";
import { createDatabase } from "../support/postgres.ts";
import { startServer, TemporaryFolder } from "../support/server.ts";

test("servers of two versions give out each other's files, with the same headers", async () => {
  using folder = new TemporaryFolder();
  const database = await createDatabase();
  await using first = await startServer([], { database });
  // It has looked for files before the other one came.
  await loadFile(first.http(`/assets/page-${"0".repeat(32)}.js`));
  await using second = await startServer([], { database, ...otherVersion(folder.path) });
  const [old, fresh] = await Promise.all([first, second].map((server) => loadPage(server.http("/"))));
  for (const [path, file] of fresh ?? []) expect(await loadFile(first.http(path))).toEqual(file);
  for (const [path, file] of old ?? []) expect(await loadFile(second.http(path))).toEqual(file);
  const shared = [...(fresh?.keys() ?? [])].filter((path) => old?.has(path));
  // What does not import anything that differs.
  const names = shared.map((path) => path.replace(/.*\/|-[0-9a-f]{32}/g, ""));
  expect(names).toEqual(expect.arrayContaining(["en.js", "icon.svg", "vi.js", "vietnamese.js", "worker.js"]));
  await second.stop();
  for (const [path, file] of fresh ?? []) expect(await loadFile(first.http(path))).toEqual(file);
});

test("a database that stores no files does not stop a start, and the log says so once", async () => {
  const database = await createDatabase();
  await using first = await startServer([], { database });
  await first.stop();
  await using sql = new SQL(database, { max: 1 });
  await sql`DROP TABLE chatbox.assets`;
  await first.restart();
  for (const { status } of (await loadPage(first.http("/"))).values()) expect(status).toBe(200);
  expect(first.lines.filter(({ event }) => event === "assets")).toHaveLength(1);
});
