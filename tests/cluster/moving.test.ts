/** Histories moved between files and the database, by the real command. */
import { expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MessageRecord } from "../../src/engine/record.ts";
import { Cluster } from "../support/cluster.ts";
import { createDatabase } from "../support/postgres.ts";
import { COMMAND, runCommand, startServer, TemporaryFolder } from "../support/server.ts";
import { V3Client } from "../support/v3.ts";

/** A history file as the server writes it. */
function historyOf(count: number, mark = ""): string {
  const records = Array.from({ length: count }, (_, i) =>
    MessageRecord.of({
      name: `Ân ${i % 7}`,
      content: i % 11 === 0 ? `\0 "\\\n\u2028 ${i}${mark}` : `message ${i}${mark} 😀`,
      timestamp: "01/02/2030 09:08:07",
      id: i * 3 + 1,
      time: 1_893_460_087_000 + i * 1001,
    }),
  );
  return `[\n${records.map(({ text }) => text).join(",\n")}\n]\n`;
}

function move(kind: "import" | "export", file: string, ...flags: string[]) {
  return runCommand([kind, file, ...flags]);
}

test("a history and its rooms leave the database byte for byte as they were imported, and a second run changes nothing", async () => {
  using folder = new TemporaryFolder();
  const url = await createDatabase();
  const [from, to] = [join(folder.path, "data.json"), join(folder.path, "copy.json")];
  mkdirSync(join(folder.path, "data.rooms"));
  writeFileSync(from, historyOf(5000));
  writeFileSync(join(folder.path, "data.rooms", "lobby.json"), historyOf(3, "lobby"));
  const first = await move("import", from, "--database-url", url);
  expect(first).toMatchObject({ exitCode: 0, stderr: "" });
  expect(first.stdout).toContain("Imported: 5003 messages in 2 rooms, 5003 of them new.");
  const again = await move("import", from, "--database-url", url);
  expect(again.stdout).toContain("0 of them new");
  const out = await move("export", to, "--database-url", url);
  expect(out).toMatchObject({ exitCode: 0, stderr: "" });
  const checksums = [first, again, out].map(({ stdout }) => /sha256 (\w{64})/.exec(stdout)?.[1]);
  expect(new Set(checksums).size).toBe(1);
  expect(readFileSync(to, "utf8")).toBe(readFileSync(from, "utf8"));
  expect(readFileSync(join(folder.path, "copy.rooms", "lobby.json"), "utf8")).toBe(historyOf(3, "lobby"));
});

test("an import that was killed at any moment is finished by the next one", async () => {
  using folder = new TemporaryFolder();
  const url = await createDatabase();
  const [from, to] = [join(folder.path, "data.json"), join(folder.path, "copy.json")];
  writeFileSync(from, historyOf(40_000));
  for (const afterMs of [300, 500, 700]) {
    const child = Bun.spawn([...COMMAND, "import", from, "--database-url", url], {
      stdout: "ignore",
      stderr: "ignore",
    });
    // A random moment of the work, which the machine decides.
    await Promise.race([Bun.sleep(afterMs), child.exited]);
    child.kill("SIGKILL");
    await child.exited;
  }
  expect(await move("import", from, "--database-url", url)).toMatchObject({ exitCode: 0 });
  expect(await move("export", to, "--database-url", url)).toMatchObject({ exitCode: 0 });
  expect(readFileSync(to, "utf8")).toBe(readFileSync(from, "utf8"));
});

test("a room that has other messages already is left alone, and so is a database that servers use", async () => {
  using folder = new TemporaryFolder();
  await using cluster = await Cluster.start(1);
  using an = await V3Client.registered(cluster.at(0).url(), "An");
  await an.say("was here before");
  const from = join(folder.path, "data.json");
  writeFileSync(from, historyOf(10));
  const busy = await move("import", from, "--database-url", cluster.url);
  expect(busy.exitCode).toBe(1);
  expect(busy.stderr).toContain("stop them for an import");
  await cluster.at(0).stop();
  const refused = await move("import", from, "--database-url", cluster.url);
  expect(refused.exitCode).toBe(1);
  expect(refused.stderr).toContain("The room / has other messages already; nothing was written to it.");
  const to = join(folder.path, "copy.json");
  expect((await move("export", to, "--database-url", cluster.url)).stdout).toContain("1 message in 1 room");
});

test("a file of another program is imported with ids and times, and left untouched", async () => {
  using folder = new TemporaryFolder();
  const from = join(folder.path, "old.json");
  const text =
    '[{"name":"An","content":"xin ch\\u00e0o","timestamp":"01/02/2030 09:08:07"},{"name":"B","content":"2","timestamp":"?"}]';
  writeFileSync(from, text);
  const url = await createDatabase();
  expect(await move("import", from, "--database-url", url)).toMatchObject({ exitCode: 0 });
  expect(readFileSync(from, "utf8")).toBe(text);
  await using server = await startServer([], { env: { DATABASE_URL: url } });
  using an = await V3Client.registered(server.url(), "reader");
  expect((await an.page()).messages).toMatchObject([
    { name: "An", content: "xin chào", timestamp: "01/02/2030 09:08:07", id: 1 },
    { name: "B", content: "2", timestamp: "?", id: 2 },
  ]);
  expect(await an.say("next")).toBe(3);
});

test("histories are moved between files too", async () => {
  using folder = new TemporaryFolder();
  const [from, data, to] = ["from.json", "data.json", "to.json"].map((name) => join(folder.path, name));
  writeFileSync(from ?? "", historyOf(100));
  expect(await move("import", from ?? "", "--data", data ?? "")).toMatchObject({ exitCode: 0 });
  expect(await move("export", to ?? "", "--data", data ?? "")).toMatchObject({ exitCode: 0 });
  expect(readFileSync(data ?? "", "utf8")).toBe(historyOf(100));
  expect(readFileSync(to ?? "", "utf8")).toBe(historyOf(100));
  const missing = await move("import", join(folder.path, "nothing.json"), "--data", data ?? "");
  expect(missing).toMatchObject({ exitCode: 1 });
  expect(missing.stderr).toContain("There is no file");
});
