/** Who may read the files that a server makes, and what the operator's word on it is worth. */
import { expect } from "bun:test";
import { chmodSync, chownSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Journal } from "../../src/engine/local/journal.ts";
import { ChatClient } from "../support/client.ts";
import { startServer, TemporaryFolder } from "../support/server.ts";
import { fileTest } from "../support/store.ts";
import { historyText, message, QUICK, withHistory } from "./journal-fixture.ts";

const rightsOf = (path: string) => statSync(path).mode & 0o777;

for (const mask of ["000", "022", "077", "277"]) {
  fileTest(`with the mask ${mask} new files are for the server's user alone`, async () => {
    await using server = await startServer([], {
      wrap: (command) => ["sh", "-c", `umask ${mask}; exec "$@"`, "sh", ...command],
    });
    using client = await ChatClient.registered(server.url("tea"), "An");
    await client.say("hello");
    const folder = dirname(server.dataFile);
    const rooms = join(folder, "data.rooms");
    for (const name of readdirSync(folder)) {
      const isFolder = name === "data.rooms" || name === "data.assets";
      expect([name, rightsOf(join(folder, name))]).toEqual([name, isFolder ? 0o700 : 0o600]);
    }
    expect(readdirSync(folder)).toContain("data.json.sessions");
    expect(readdirSync(rooms).map((name) => [name, rightsOf(join(rooms, name))])).toEqual([
      ["tea.json", 0o600],
    ]);
    await server.stop();
    expect(rightsOf(server.dataFile)).toBe(0o600);
  });
}

fileTest("files that are there keep their rights over starts", async () => {
  using folder = new TemporaryFolder();
  const dataFile = join(folder.path, "data.json");
  const rooms = join(folder.path, "data.rooms");
  writeFileSync(dataFile, historyText([message(1)]));
  writeFileSync(`${dataFile}.lock`, "");
  mkdirSync(rooms);
  chmodSync(dataFile, 0o664);
  chmodSync(`${dataFile}.lock`, 0o644);
  chmodSync(rooms, 0o755);
  await using server = await startServer([], { dataFile });
  using client = await ChatClient.registered(server.url("tea"), "An");
  await client.say("hello");
  await server.stop();
  expect([dataFile, `${dataFile}.lock`, rooms, join(rooms, "tea.json")].map(rightsOf)).toEqual([
    0o664, 0o644, 0o755, 0o600,
  ]);
});

for (const [what, text, rewrite] of [
  ["pruned", historyText([1, 2, 3].map((id) => message(id))), true],
  ["taken in", JSON.stringify([message(1)]), false],
  ["torn", historyText([message(1), message(2)]).slice(0, -9), false],
] as const) {
  fileTest(
    `a history that is ${what} has the rights and the owner that it had, and so has what is kept of it`,
    async () => {
      const mask = process.umask(0o077);
      try {
        await withHistory(async (path) => {
          writeFileSync(path, text);
          chmodSync(path, 0o664);
          const isRoot = process.getuid?.() === 0;
          if (isRoot) chownSync(path, 1234, 4321);
          const journal = await Journal.open(path, QUICK);
          if (rewrite) {
            const retention = { keepMs: null, keepMessages: 1, keepBytes: null, everyMs: 1 };
            expect(await journal.prune(retention, 2_000_000_000_000, (end) => end())).toBe(2);
          }
          await journal.close();
          const names = readdirSync(dirname(path));
          expect(names.length).toBe(what === "pruned" ? 1 : 2);
          for (const name of names) {
            const { mode, uid, gid } = statSync(join(dirname(path), name));
            expect([name, mode & 0o777]).toEqual([name, 0o664]);
            if (isRoot) expect([uid, gid]).toEqual([1234, 4321]);
          }
        });
      } finally {
        process.umask(mask);
      }
    },
  );
}
