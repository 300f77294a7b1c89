/** The file of moderation, when something is wrong with it or with its disk. */
import { Database } from "bun:sqlite";
import { expect, spyOn, test } from "bun:test";
import {
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { openModerationFile } from "../../src/engine/local/moderation-file.ts";
import { MODERATION_LIMITS } from "../../src/engine/moderation.ts";
import { Database as PostgresDatabase } from "../../src/engine/postgres/database.ts";
import { CommitInDoubt } from "../../src/engine/postgres/fault.ts";
import { openModerationTable } from "../../src/engine/postgres/moderation-table.ts";
import { migrate } from "../../src/engine/postgres/schema.ts";
import { DEFAULT_SETTINGS } from "../../src/room/room-settings.ts";
import { actionLike } from "../contracts/moderation.ts";
import { createDatabase } from "../support/postgres.ts";
import { runCommand, startServer, TemporaryFolder } from "../support/server.ts";
import { fileTest } from "../support/store.ts";
import { KEY, moderated, Visitor } from "../support/visitors.ts";

class Stage implements Disposable {
  readonly folder = new TemporaryFolder();
  readonly dataFile = join(this.folder.path, "data.json");
  readonly file = `${this.dataFile}.moderation`;
  readonly notices: string[] = [];

  open(patienceMs?: number) {
    const notice = (sentence: string) => void this.notices.push(sentence);
    const options = { dataFile: this.dataFile, limits: MODERATION_LIMITS, now: Date.now, notice };
    return openModerationFile({ ...options, patienceMs });
  }

  [Symbol.dispose](): void {
    this.folder[Symbol.dispose]();
  }
}

function change(file: string, statement: string): void {
  const database = new Database(file);
  database.run(statement);
  database.close();
}

const DAMAGE: Readonly<Record<string, (file: string) => void>> = {
  "that is no such file": (file) =>
    writeFileSync(file, "no database at all, but long enough to look like one\n".repeat(20)),
  "that is empty": (file) => truncateSync(file, 0),
  "that was cut off": (file) => truncateSync(file, 5_000),
  "without its state": (file) => change(file, "DELETE FROM moderation"),
  "with a ban that cannot be read": (file) => change(file, "UPDATE actions SET action = '{'"),
  "with a ban that lacks something": (file) =>
    change(file, "UPDATE actions SET action = json_remove(action, '$.networks')"),
  "with settings that make no sense": (file) =>
    change(file, "UPDATE rooms SET settings = json_set(settings, '$.words', 1)"),
};

for (const [what, damage] of Object.entries(DAMAGE)) {
  fileTest(
    `a file of moderation ${what} stops the start with one sentence, and is left as it is`,
    async () => {
      using stage = new Stage();
      const moderation = stage.open();
      await moderation.act(actionLike({ kind: "ban" }));
      const settings = { ...DEFAULT_SETTINGS, topic: "tea" };
      await moderation.act(actionLike({ kind: "settings", settings }));
      await moderation.close();
      writeFileSync(stage.dataFile, "[\n]\n");
      damage(stage.file);
      const before = readFileSync(stage.file);
      const end = await runCommand(["--port", "0", "--data", stage.dataFile]);
      expect(end).toMatchObject({ exitCode: 1, stdout: "" });
      expect(end.stderr.trim().split("\n")).toHaveLength(1);
      expect(end.stderr).toContain(`The file ${stage.file} cannot be used: it is damaged; restore it`);
      expect(readFileSync(stage.file)).toEqual(before);
    },
  );
}

fileTest("only the server's user can read the file, and what is over is gone from it", async () => {
  using stage = new Stage();
  const moderation = stage.open();
  const { id } = await moderation.act(actionLike({ networks: ["the hash of a network"] }));
  expect(statSync(stage.file).mode & 0o777).toBe(0o600);
  expect(readdirSync(stage.folder.path)).toEqual(["data.json.moderation"]);
  expect(readFileSync(stage.file).includes("the hash of a network")).toBe(true);
  await moderation.act(actionLike({ kind: "undo", of: id }));
  await moderation.close();
  expect(readFileSync(stage.file).includes("the hash of a network")).toBe(false);
});

fileTest("a file of a later version stops the start", async () => {
  using stage = new Stage();
  await stage.open().close();
  change(stage.file, "PRAGMA user_version = 99");
  expect(() => stage.open()).toThrow(/is of a later version \(99; this program knows 1\)/);
});

fileTest("a file that is deleted while the server runs takes no changes that would be lost", async () => {
  using stage = new Stage();
  const moderation = stage.open();
  const mute = await moderation.act(actionLike());
  rmSync(stage.file);
  const replaced = { code: "not-stored", cause: { message: expect.stringContaining("was replaced") } };
  await expect(moderation.act(actionLike())).rejects.toMatchObject(replaced);
  await expect(moderation.reports("tea")).rejects.toMatchObject(replaced);
  expect(moderation.inForce(null, 0)).toEqual([mute]);
  await moderation.close();
});

fileTest("a change is refused if somebody else writes for too long, and works afterwards", async () => {
  using stage = new Stage();
  const moderation = stage.open(1);
  const other = new Database(stage.file);
  other.run("BEGIN IMMEDIATE");
  await expect(moderation.act(actionLike())).rejects.toMatchObject({ code: "not-stored" });
  other.run("ROLLBACK");
  other.close();
  await moderation.act(actionLike());
  expect(moderation.inForce(null, 0)).toHaveLength(1);
  await moderation.close();
});

for (const isCommitted of [true, false]) {
  test(`a commit in doubt that did ${isCommitted ? "" : "not "}succeed acts once`, async () => {
    const url = await createDatabase();
    const database = new PostgresDatabase({
      url,
      poolSize: 2,
      statementTimeoutMs: 4000,
      connectTimeoutMs: 3000,
    });
    await migrate(database, url);
    const options = { database, limits: MODERATION_LIMITS, now: Date.now };
    const { moderation } = await openModerationTable(options);
    const real = PostgresDatabase.prototype.transaction;
    const spy = spyOn(PostgresDatabase.prototype, "transaction").mockImplementationOnce(async function (
      this: PostgresDatabase,
      timeoutMs,
      work,
    ) {
      await real
        .call(this, timeoutMs, async (sql) => {
          await work(sql);
          if (!isCommitted) throw new Error("cut off");
        })
        .catch(() => {});
      throw new CommitInDoubt("The connection was lost during a commit.");
    });
    const done = await moderation.act(actionLike()).finally(() => spy.mockRestore());
    expect(await moderation.actions(null, { person: null, before: null, limit: 9 })).toEqual([done]);
    expect(moderation.inForce(null, 0)).toEqual([done]);
    await database.close();
  });
}

fileTest("a server on a full disk starts, and says that moderators can do nothing", async () => {
  if (Bun.which("prlimit") === null) return;
  using folder = new TemporaryFolder();
  const dataFile = join(folder.path, "data.json");
  const full = ["sh", "-c", 'trap "" XFSZ; ulimit -S -f 0; exec "$0" "$@"'];
  await using server = await startServer([], { dataFile, wrap: (command) => [...full, ...command] });
  await server.waitForLog(({ text }) => text.includes("data.json.moderation cannot be created"));
  expect(Bun.spawnSync(["prlimit", "--pid", String(server.pid), "--fsize=unlimited:"]).exitCode).toBe(0);
  await server.waitForLog(({ text }) => text.includes("data.json.moderation could be created"));
  expect(existsSync(`${dataFile}.moderation`)).toBe(true);
});

fileTest(
  "on a full disk nothing is approved, removed, restored or deleted, which moderators are told",
  async () => {
    if (Bun.which("prlimit") === null) return;
    const ignoring = ["sh", "-c", 'trap "" XFSZ; exec "$0" "$@"'];
    const { server, minh } = await moderated({
      flags: ["--no-limits"],
      wrap: (command) => [...ignoring, ...command],
    });
    await using _server = server;
    const limit = (bytes: string | number) => {
      const { exitCode } = Bun.spawnSync(["prlimit", "--pid", String(server.pid), `--fsize=${bytes}:`]);
      expect(exitCode).toBe(0);
    };
    await minh.say("to be removed");
    await minh.say("to be restored");
    const { action: removal } = await minh.ordered({ kind: "remove", of: 2 });
    await minh.ask({ type: "room", set: { heldMessages: 1 } });
    using an = await Visitor.named(server, "An", { key: KEY.an });
    expect(await an.say("waits")).toMatchObject({ reason: "Held" });
    const { list } = await minh.ask({ type: "review", what: "held" });
    const [{ id }] = list as [{ id: string }];
    // The history is larger than every other file, so that it alone is at the limit.
    for (let at = 0; at < 40; at++) await minh.say("z".repeat(4_000));
    limit(statSync(server.dataFile).size);
    const orders = [
      { kind: "approve", id },
      { kind: "remove", of: 1 },
      { kind: "undo", id: removal },
      { kind: "announce", reason: "hello", post: true },
    ];
    for (const order of orders)
      expect([order.kind, await minh.order(order)]).toMatchObject([
        order.kind,
        { status: false, reason: "ErrorWhenModerate" },
      ]);
    expect(await minh.ask({ type: "mine", do: "delete" })).toMatchObject({ reason: "ErrorWhenMine" });
    expect(await minh.ask({ type: "review", what: "held" })).toMatchObject({ list: [{ id }] });
    const { list: log } = await minh.ask({ type: "review", what: "log" });
    const [unfinished] = log as object[];
    expect(unfinished).toMatchObject({ kind: "remove" });
    expect(unfinished).not.toHaveProperty("count");
    limit("unlimited");
    for (const order of orders) await minh.ordered(order);
    const contents = await minh.contents();
    expect(contents.filter((each) => !each.startsWith("z"))).toEqual(["to be restored", "waits", "hello"]);
  },
  30_000,
);
