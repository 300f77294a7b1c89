/** The file of people, when something is wrong with it or with its disk. */
import { Database } from "bun:sqlite";
import { expect, spyOn, test } from "bun:test";
import {
  chownSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { lockFile } from "../../src/engine/local/lock.ts";
import { openPeopleFile, openPeopleFileBeside } from "../../src/engine/local/people-file.ts";
import { PEOPLE_LIMITS } from "../../src/engine/people.ts";
import { Database as PostgresDatabase } from "../../src/engine/postgres/database.ts";
import { CommitInDoubt } from "../../src/engine/postgres/fault.ts";
import { openDatabasePeople } from "../../src/engine/postgres/people-table.ts";
import { createDatabase } from "../support/postgres.ts";
import { runCommand, startServer, TemporaryFolder } from "../support/server.ts";
import { fileTest } from "../support/store.ts";

const AN = "An______________";
const BINH = "Binh____________";

class Stage implements Disposable {
  readonly folder = new TemporaryFolder();
  readonly dataFile = join(this.folder.path, "data.json");
  readonly file = `${this.dataFile}.people`;
  readonly notices: string[] = [];
  readonly options = {
    dataFile: this.dataFile,
    limits: PEOPLE_LIMITS,
    now: Date.now,
    notice: (sentence: string) => void this.notices.push(sentence),
  };

  open() {
    return openPeopleFile(this.options);
  }

  [Symbol.dispose](): void {
    this.folder[Symbol.dispose]();
  }
}

const DAMAGE: Readonly<Record<string, (file: string) => void>> = {
  "that is no such file": (file) =>
    writeFileSync(file, "no database at all, but long enough to look like one\n".repeat(20)),
  "that is empty": (file) => truncateSync(file, 0),
  "that was cut off": (file) => truncateSync(file, 5_000),
  "with a damaged page": (file) => {
    const bytes = readFileSync(file);
    bytes.fill(0xa5, 4_096);
    writeFileSync(file, bytes);
  },
  "without its secret": (file) => change(file, "UPDATE chat SET secret = x'00'"),
  "without its state": (file) => change(file, "DELETE FROM chat"),
  "with a role that there is not": (file) => change(file, "UPDATE grants SET role = 'king'"),
  "with somebody who has no id": (file) => change(file, "UPDATE grants SET person = ''"),
};

function change(file: string, statement: string): void {
  const database = new Database(file);
  database.run(statement);
  database.close();
}

for (const [what, damage] of Object.entries(DAMAGE)) {
  fileTest(`a file of people ${what} stops the start with one sentence, and is left as it is`, async () => {
    using stage = new Stage();
    const people = stage.open();
    await people.grant(AN, "owner", null);
    await people.close();
    writeFileSync(stage.dataFile, "[\n]\n");
    damage(stage.file);
    const before = readFileSync(stage.file);
    for (const flags of [["--port", "0"], ["roles"]]) {
      const end = await runCommand([...flags, "--data", stage.dataFile]);
      expect(end).toMatchObject({ exitCode: 1, stdout: "" });
      expect(end.stderr.trim().split("\n")).toHaveLength(1);
      expect(end.stderr).toContain(`The file ${stage.file} cannot be used: it is damaged; restore it`);
      expect(readFileSync(stage.file)).toEqual(before);
    }
  });
}

fileTest(
  "a file of people of a later version stops the start, and so does a folder in its place",
  async () => {
    using stage = new Stage();
    await stage.open().close();
    change(stage.file, "PRAGMA user_version = 99");
    expect(() => stage.open()).toThrow(/is of a later version \(99; this program knows 3\)/);
    rmSync(stage.file);
    mkdirSync(stage.file);
    expect(() => stage.open()).toThrow(/cannot be used: it is not a regular file/);
  },
);

fileTest("only the server's user can read the file, and there is one file", async () => {
  using stage = new Stage();
  const people = stage.open();
  await people.grant(AN, "owner", null);
  await people.reserve("Bình", AN, null);
  expect(statSync(stage.file).mode & 0o777).toBe(0o600);
  expect(readdirSync(stage.folder.path)).toEqual(["data.json.people"]);
  copyFileSync(stage.file, join(stage.folder.path, "copy.json.people"));
  const copy = openPeopleFile({ ...stage.options, dataFile: join(stage.folder.path, "copy.json") });
  expect([copy.idOfKey("k"), copy.grants(), copy.reservedBy(AN)]).toEqual([
    people.idOfKey("k"),
    people.grants(),
    ["Bình"],
  ]);
  await copy.close();
  await people.close();
});

fileTest("what was released is gone from the file", async () => {
  using stage = new Stage();
  const people = stage.open();
  await people.reserve("a nickname to forget", AN, "the hash of an address");
  await people.close();
  for (const text of ["a nickname to forget", "the hash of an address"]) {
    expect(readFileSync(stage.file).includes(text)).toBe(true);
  }
  const again = stage.open();
  await again.release("a nickname to forget", AN);
  await again.close();
  for (const text of ["a nickname to forget", "the hash of an address"]) {
    expect(readFileSync(stage.file).includes(text)).toBe(false);
  }
});

fileTest("what a half-made file has left is cleared away", async () => {
  using stage = new Stage();
  writeFileSync(`${stage.file}.new`, "half");
  writeFileSync(`${stage.file}.new-journal`, "half");
  await stage.open().close();
  expect(readdirSync(stage.folder.path)).toEqual(["data.json.people"]);
});

const REPLACED = { code: "not-stored", cause: { message: expect.stringContaining("was replaced") } };

fileTest(
  "a file that is replaced or deleted while the server runs takes no changes that would be lost",
  async () => {
    using stage = new Stage();
    const people = stage.open();
    await people.grant(AN, "owner", null);
    cpSync(stage.file, `${stage.file}.backup`);
    rmSync(stage.file);
    await expect(people.grant(BINH, "member", null)).rejects.toMatchObject(REPLACED);
    cpSync(`${stage.file}.backup`, stage.file);
    await expect(people.grant(BINH, "member", null)).rejects.toMatchObject(REPLACED);
    expect(people.roleOf(AN, "/")).toBe("owner");
    while (stage.notices.length === 0) await Bun.sleep(20);
    expect(stage.notices).toEqual([expect.stringContaining("was replaced or deleted")]);
    await people.close();
  },
);

const WRITER = join(import.meta.dir, "people-writer.ts");

async function* linesOf(child: Bun.Subprocess<"pipe", "pipe", "inherit">): AsyncGenerator<string> {
  let text = "";
  for await (const chunk of child.stdout) {
    const lines = (text + Buffer.from(chunk).toString()).split("\n");
    text = lines.pop() ?? "";
    yield* lines;
  }
}

function spawnWriter(args: readonly string[], wrap: readonly string[] = []) {
  return Bun.spawn([...wrap, process.execPath, WRITER, ...args], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "inherit",
  });
}

fileTest(
  "a kill in the middle of a change loses nothing that was stored, and leaves nothing half",
  async () => {
    using stage = new Stage();
    let id: string | null = null;
    let next = 0;
    for (let round = 0; round < 6; round++) {
      await using child = spawnWriter([stage.dataFile, "write", String(next)]);
      const done = new Set<string>();
      const wanted = 5 + round * 3;
      for await (const line of linesOf(child)) {
        done.add(line);
        // The next change has begun, and ends at some point before or after the kill.
        if (done.size === wanted) child.kill("SIGKILL");
      }
      const people = stage.open();
      const { length } = people.grants();
      for (let i = next; i < length; i++) {
        const person = `P${i}`.padEnd(16, "_");
        expect(people.grants()[i]).toEqual({ person, role: "member", room: i % 2 === 0 ? null : "tea" });
        if (done.has(`reserve ${i}`)) expect(people.holderOf(`nickname ${i}`)).toBe(person);
        // Each is one transaction, in its order: only the last one may be without its nickname.
        else if (i < length - 1) expect(people.holderOf(`nickname ${i}`)).toBe(person);
      }
      const told = [...done].filter((line) => line.startsWith("grant ")).length;
      expect([told, told + 1]).toContain(length - next);
      id ??= people.idOfKey("k");
      expect(people.idOfKey("k")).toBe(id);
      next = length;
      await people.close();
    }
  },
);

fileTest(
  "several processes at once: one becomes the owner, each nickname has one holder, and nobody is refused",
  async () => {
    using stage = new Stage();
    const people = stage.open();
    const code = await people.createOwnerCode(600_000);
    const children = Array.from({ length: 4 }, (_, i) =>
      spawnWriter([stage.dataFile, "race", `P${i}`, code]),
    );
    const outputs = children.map(linesOf);
    for (const output of outputs) expect((await output.next()).value).toBe("ready");
    for (const { stdin } of children) {
      stdin.write("go\n");
      stdin.flush();
    }
    const lines = (await Promise.all(outputs.map((output) => Array.fromAsync(output)))).flat();
    expect(lines.filter((line) => line === "owner true")).toHaveLength(1);
    expect(lines.filter((line) => line === "owner false")).toHaveLength(3);
    for (let i = 0; i < 20; i++) {
      const results = lines.filter((line) => line.startsWith(`${i} `)).sort();
      expect(results).toEqual([`${i} reserved`, `${i} taken`, `${i} taken`, `${i} taken`]);
    }
    await people.close();
    const again = stage.open();
    expect(again.grants()).toHaveLength(1);
    for (let i = 0; i < 20; i++) expect(again.holderOf(`nickname ${i}`)).toBeDefined();
    await again.close();
  },
);

const limitedTest = Bun.which("prlimit") === null ? test.skip : fileTest;
const FULL = ["sh", "-c", 'trap "" XFSZ; ulimit -S -f 0; exec "$0" "$@"'];

function setRoom(pid: number, size: "0" | "unlimited"): void {
  expect(Bun.spawnSync(["prlimit", "--pid", String(pid), `--fsize=${size}:`]).exitCode).toBe(0);
}

limitedTest(
  "on a full disk without a file people have ids, which stay when the file can be created",
  async () => {
    using stage = new Stage();
    await using child = spawnWriter([stage.dataFile, "tell"], FULL);
    const lines = linesOf(child);
    const next = async () => (await lines.next()).value;
    expect(await next()).toContain("cannot be created");
    const id = await next();
    expect([await next(), await next()]).toEqual(["grants 0", "not-stored"]);
    expect(readdirSync(stage.folder.path)).toEqual([]);
    setRoom(child.pid, "unlimited");
    expect(await next()).toContain("could be created");
    child.stdin.write("\n");
    child.stdin.flush();
    expect(await next()).toBe("granted");
    child.kill("SIGKILL");
    await child.exited;
    const people = stage.open();
    expect(`id ${people.idOfKey("k")}`).toBe(`${id}`);
    expect(people.grants()).toEqual([{ person: AN, role: "moderator", room: null }]);
    await people.close();
  },
);

limitedTest(
  "on a full disk with a file everybody has what was granted, and changes wait for room",
  async () => {
    using stage = new Stage();
    const before = stage.open();
    await before.grant(BINH, "owner", null);
    const id = before.idOfKey("k");
    await before.close();
    const bytes = readFileSync(stage.file);
    await using child = spawnWriter([stage.dataFile, "tell"], FULL);
    const lines = linesOf(child);
    const next = async () => (await lines.next()).value;
    expect([await next(), await next(), await next()]).toEqual([`id ${id}`, "grants 1", "not-stored"]);
    expect(readFileSync(stage.file)).toEqual(bytes);
    setRoom(child.pid, "unlimited");
    child.stdin.write("\n");
    child.stdin.flush();
    expect(await next()).toBe("granted");
    setRoom(child.pid, "0");
    child.stdin.write("\n");
    child.stdin.flush();
    // Nothing is to be changed.
    expect(await next()).toBe("granted");
    child.kill("SIGKILL");
    await child.exited;
    const people = stage.open();
    expect(people.grants().map(({ person }) => person)).toEqual([BINH, AN]);
    await people.close();
  },
);

fileTest(
  "a command creates no file beside a running server that has none: the server has ids of its own",
  async () => {
    using stage = new Stage();
    writeFileSync(stage.dataFile, "[\n]\n");
    const lock = lockFile(stage.dataFile);
    expect(() => openPeopleFileBeside(stage.options)).toThrow(/has no file .*\.people yet/);
    lock.release();
    expect(existsSync(stage.file)).toBe(false);
    await openPeopleFileBeside(stage.options).close();
    expect(existsSync(stage.file)).toBe(true);
  },
);

fileTest("a change waits while somebody else writes, and holds up nothing else", async () => {
  using stage = new Stage();
  const people = openPeopleFile({ ...stage.options, patienceMs: 600_000 });
  const other = new Database(stage.file);
  other.run("BEGIN IMMEDIATE");
  const granted = people.grant(AN, "owner", null).then(() => "granted");
  expect(await Promise.race([granted, Bun.sleep(1).then(() => "waiting")])).toBe("waiting");
  other.run("COMMIT");
  expect(await granted).toBe("granted");
  expect(people.hasOwner).toBe(true);
  other.close();
  await people.close();
});

fileTest("a change is refused if somebody else writes for too long, and works afterwards", async () => {
  using stage = new Stage();
  const people = openPeopleFile({ ...stage.options, patienceMs: 1 });
  const other = new Database(stage.file);
  other.run("BEGIN IMMEDIATE");
  await expect(people.grant(AN, "owner", null)).rejects.toMatchObject({ code: "not-stored" });
  expect(people.hasOwner).toBe(false);
  other.run("ROLLBACK");
  other.close();
  await people.grant(AN, "owner", null);
  expect(people.hasOwner).toBe(true);
  await people.close();
});

const rootTest = process.getuid?.() === 0 ? fileTest : test.skip;

rootTest("a file that root creates with a command belongs to the one who owns the history", async () => {
  using stage = new Stage();
  writeFileSync(stage.dataFile, "[\n]\n");
  chownSync(stage.dataFile, 65_534, 65_534);
  expect((await runCommand(["grant", AN, "owner", "--data", stage.dataFile])).exitCode).toBe(0);
  for (const name of readdirSync(stage.folder.path)) {
    const { uid, gid } = statSync(join(stage.folder.path, name));
    expect([name, uid, gid]).toEqual([name, 65_534, 65_534]);
  }
  expect(readdirSync(stage.folder.path).sort()).toEqual(["data.json", "data.json.lock", "data.json.people"]);
});

for (const isCommitted of [true, false]) {
  test(`a commit in doubt that did ${isCommitted ? "" : "not "}succeed makes one owner, once`, async () => {
    const url = await createDatabase();
    const database = { url, poolSize: 2, statementTimeoutMs: 4000, connectTimeoutMs: 3000 };
    const people = await openDatabasePeople({ database, limits: PEOPLE_LIMITS, now: Date.now });
    const code = await people.createOwnerCode(60_000);
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
    try {
      expect(await people.redeemOwnerCode(code, AN)).toBe(true);
    } finally {
      spy.mockRestore();
    }
    expect(await people.redeemOwnerCode(code, BINH)).toBe(false);
    expect(people.grants()).toEqual([{ person: AN, role: "owner", room: null }]);
    await people.close();
  });
}

fileTest("a server on a full disk starts, and says that nobody can be given a role", async () => {
  if (Bun.which("prlimit") === null) return;
  using folder = new TemporaryFolder();
  const dataFile = join(folder.path, "data.json");
  await using server = await startServer([], { dataFile, wrap: (command) => [...FULL, ...command] });
  await server.waitForLog(({ text }) => text.includes("data.json.people cannot be created"));
  setRoom(server.pid, "unlimited");
  await server.waitForLog(({ text }) => text.includes("data.json.people could be created"));
  expect(existsSync(`${dataFile}.people`)).toBe(true);
});

fileTest("a file of the first version gets the table of tokens, and keeps what it has", async () => {
  const stage = new Stage();
  const before = stage.open();
  await before.grant(AN, "owner", null);
  await before.close();
  change(stage.file, "DROP TABLE tokens; DROP TABLE IF EXISTS upgrade; PRAGMA user_version = 1");
  const after = stage.open();
  expect(after.grants()).toEqual([{ person: AN, role: "owner", room: null }]);
  const order = {
    label: "B",
    nickname: "Bot",
    scopes: ["read"],
    rooms: null,
    isHook: false,
    expiresAt: null,
  } as const;
  const { secret, token } = await after.createToken(order);
  expect(after.tokenOf(secret)?.id).toBe(token.id);
  await after.close();
  // The second version had tokens, but no commands of theirs.
  change(stage.file, "ALTER TABLE tokens DROP COLUMN commands; DROP TABLE upgrade; PRAGMA user_version = 2");
  const last = stage.open();
  expect(last.tokenOf(secret)).toMatchObject({ id: token.id, commands: [] });
  expect(await last.setCommands(token.id, [{ name: "roll", about: "Rolls dice" }])).toBe(true);
  expect(last.commandsIn("/")).toEqual([{ name: "roll", about: "Rolls dice", bot: "Bot" }]);
  await last.close();
});
