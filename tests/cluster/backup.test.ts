/** Backups of a chat that goes on meanwhile, and what a restore makes of them, with both engines. */
import { expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { create, extract } from "tar";
import { BackupSchedule } from "../../src/cli/backup-schedule.ts";
import { backUp, type ChatPlace } from "../../src/engine/backup/backup.ts";
import { restoreDatabase } from "../../src/engine/backup/restore-database.ts";
import { restoreFiles } from "../../src/engine/backup/restore-files.ts";
import { HistoryCopy } from "../../src/engine/local/history-copy.ts";
import { openPeopleFileBeside, PEOPLE_FORM, readPeopleFile } from "../../src/engine/local/people-file.ts";
import { finishPlacing, type Placing } from "../../src/engine/local/placing.ts";
import { freezeSharedFile } from "../../src/engine/local/shared-file.ts";
import { readWebhookFile, writeWebhookFile } from "../../src/engine/local/webhook-file.ts";
import { FileSource } from "../../src/engine/moving/file-histories.ts";
import { PEOPLE_LIMITS } from "../../src/engine/people.ts";
import { MODERATION, type Webhook } from "../../src/engine/webhook.ts";
import type { WebhookCopy } from "../../src/engine/webhook-view.ts";
import { MAIN_ROOM } from "../../src/protocol/room-name.ts";
import { historyText, message } from "../faults/journal-fixture.ts";
import type { Frame } from "../support/client.ts";
import { createDatabase } from "../support/postgres.ts";
import { Random } from "../support/random.ts";
import { SEED } from "../support/seed.ts";
import { type ChatServer, runCommand, startServer, TemporaryFolder } from "../support/server.ts";
import { fileTest } from "../support/store.ts";
import { V3Client } from "../support/v3.ts";

const PERSON = "AAAAAAAAAAAAAAAA";
const FREE = ["--no-limits"];

/** Somebody who writes, edits and deletes until the server is gone. */
class Writer {
  readonly room: string | undefined;
  /** What is stored, as the server said: contents by the ids of their messages, null for one that was deleted. */
  readonly told = new Map<number, string | null>();
  readonly ended: Promise<void>;
  /** Whether the server is gone. */
  isOver = false;

  private constructor(client: V3Client, room: string | undefined) {
    this.room = room;
    this.ended = this.#write(client).catch((error) => {
      if (!this.isOver) throw error;
    });
  }

  static async in(server: ChatServer, room?: string): Promise<Writer> {
    return new Writer(await V3Client.registered(server.url(room), "An"), room);
  }

  /** Ends with the connection. */
  async #write(client: V3Client): Promise<void> {
    for (let number = 1; ; number++) {
      const content = `message ${number}`;
      const id = Number((await ask(client, { type: "send", content })).id);
      this.told.set(id, content);
      if (number % 3 === 0) {
        await ask(client, { type: "edit", of: id, content: `${content}!` });
        this.told.set(id, `${content}!`);
      }
      if (number % 5 === 0) {
        await ask(client, { type: "delete", of: id });
        this.told.set(id, null);
      }
      // The commands need the machine as well.
      await Bun.sleep(10);
    }
  }
}

/** Sends a request that must succeed. Rejects if the connection is gone. */
async function ask(client: V3Client, request: object): Promise<Frame> {
  client.chat.send(request);
  const reply = await client.chat.nextWhere(({ type }) => type !== "receive");
  if (reply.status !== true) throw new Error(JSON.stringify(reply));
  return reply;
}

async function until(fact: () => boolean): Promise<void> {
  while (!fact()) await Bun.sleep(5);
}

const succeeds = async (...command: string[]) => {
  const { exitCode, stdout, stderr } = await runCommand(command);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  return stdout;
};

/** The contents of all messages of a room. */
async function allOf(client: V3Client): Promise<Map<number, string>> {
  const found = new Map<number, string>();
  for (let after = 0, more = true; more; ) {
    const page = await client.page({ after, limit: 1000 });
    for (const each of page.messages) found.set(each.id, each.content);
    after = page.messages.at(-1)?.id ?? after;
    ({ more } = page);
  }
  return found;
}

for (const engine of ["files", "a database"]) {
  const run = engine === "files" ? fileTest : test;
  run(
    `with ${engine}, everything acknowledged before a backup is there after a restore, and clients notice it (seed ${SEED})`,
    async () => {
      const url = engine === "files" ? null : await createDatabase();
      const random = new Random(SEED);
      using folder = new TemporaryFolder();
      const backup = join(folder.path, "chat.tgz");
      await using server = await startServer(FREE, url === null ? {} : { database: url });
      const place = url === null ? ["--data", server.dataFile] : ["--database-url", url];
      await succeeds("grant", PERSON, "owner", ...place);
      await succeeds("room", "tea", "--set", "title=Tea", ...place);
      const writers = await Promise.all([Writer.in(server), Writer.in(server, "tea")]);
      const some = random.integer(20, 60);
      await until(() => writers.every(({ told }) => told.size > some));
      const before = writers.map(({ told }) => new Map(told));
      await succeeds("backup", backup, ...place);
      const more = random.integer(5, 40);
      const later = writers.map(({ told }) => told.size + more);
      await until(() => writers.every(({ told }, at) => told.size > (later[at] ?? 0)));
      for (const writer of writers) writer.isOver = true;
      await server.kill();
      await Promise.all(writers.map(({ ended }) => ended));
      // What was done after the backup is undone by it.
      await succeeds("grant", "BBBBBBBBBBBBBBBB", "owner", ...place);
      expect(await succeeds("restore", backup, "--replace", ...place)).toContain(
        "What was there before is kept",
      );
      expect(await succeeds("roles", ...place)).toBe(`${PERSON}  owner      in all rooms\n`);
      expect(await succeeds("room", "tea", ...place)).toContain("title=Tea\n");
      await server.restart();
      for (const [at, { room, told }] of writers.entries()) {
        using reader = await V3Client.registered(server.url(room), "reader");
        const found = await allOf(reader);
        const isKept = ([id, content]: [number, string | null]) =>
          (content !== null && found.get(id)?.startsWith(content)) ||
          (told.get(id) === null && !found.get(id));
        expect([...(before[at] ?? [])].filter((each) => !isKept(each))).toEqual([]);
        const newest = Math.max(...told.keys());
        expect(found.has(newest)).toBe(false);
        expect((await reader.page({ after: newest, time: Date.now() })).reset).toBe(true);
        expect(await reader.say("anew")).toBeGreaterThan(Math.max(...found.keys()));
      }
    },
  );
}

test("the copy of a history follows what is appended, and begins anew when the file is another one", async () => {
  using folder = new TemporaryFolder();
  const [path, target] = [join(folder.path, "a.json"), join(folder.path, "copy.json")];
  const copy = new HistoryCopy(path, target);
  const follows = async () => {
    const bytes = await copy.catchUp();
    expect(readFileSync(target, "utf8")).toBe(readFileSync(path, "utf8"));
    return bytes;
  };
  const many = Array.from({ length: 50 }, (_, at) => message(at + 1));
  writeFileSync(path, historyText(many.slice(0, 20)));
  await follows();
  expect(await follows()).toBe(0);
  // In the same file, as an append does it: only what is new is read.
  writeFileSync(path, historyText(many.slice(0, 22)));
  expect(await follows()).toBeLessThan(historyText(many.slice(0, 3)).length);
  // Rewritten in place, as a prune does it where it must, and longer than before.
  writeFileSync(path, historyText(many.slice(10)));
  await follows();
  // Shorter than before.
  writeFileSync(path, historyText(many.slice(30)));
  await follows();
  // Another file with the name, as a prune leaves it.
  writeFileSync(`${path}.pruned`, historyText(many.slice(29)));
  renameSync(`${path}.pruned`, path);
  await follows();
  rmSync(path);
  expect(await copy.catchUp()).toBe(0);
  expect(existsSync(target)).toBe(false);
  // Nobody waits for the other end of a pipe.
  expect(Bun.spawnSync(["mkfifo", path]).exitCode).toBe(0);
  expect(copy.catchUp()).rejects.toThrow("is not a regular file");
});

const timeOf = () => undefined;
const noProgress = () => {};
const CONNECTION = { poolSize: 2, statementTimeoutMs: 60_000, connectTimeoutMs: 60_000 };
const RESTORE = { replaces: false, timeOf, now: Date.UTC(2030, 0, 1) };
const BACKUP = { version: "1", now: Date.UTC(2030, 0, 1), progress: noProgress };

const WEBHOOK: Webhook = {
  id: "0123456789ab",
  label: "Hook",
  url: "https://hook.example.org/",
  secret: `whsec_${Buffer.alloc(32).toString("base64")}`,
  previous: null,
  topics: ["messages", "reports"],
  rooms: null,
  createdAt: 1_800_000_000_000,
  enabledAt: 1_800_000_000_000,
  disabled: null,
};

/** Webhooks that have come to a place in the main room and among reports. */
function webhooksAt(id: number): WebhookCopy {
  const place = { webhook: WEBHOOK.id, id, time: 1_900_000_000_000 + id, readAt: 0, failure: null };
  const cursors = [MODERATION, MAIN_ROOM].map((room) => ({ ...place, room }));
  return { revision: id, webhooks: [WEBHOOK], cursors };
}

/** How far the webhooks of a chat in files have come, by rooms. */
function reachedIn(dataFile: string): Record<string, number> {
  const { webhooks, cursors } = readWebhookFile(dataFile) ?? { webhooks: [], cursors: [] };
  expect(webhooks).toEqual([WEBHOOK]);
  return Object.fromEntries(cursors.map(({ room, id }) => [room, id]));
}

/** A chat in files, without a server. */
async function makeChat(folder: string): Promise<string> {
  const dataFile = join(folder, "data.json");
  const edit = { id: 3, time: 1_900_000_000_003, kind: "edit", of: 1, by: PERSON, content: "new" };
  writeFileSync(
    dataFile,
    historyText([message(1), message(2)]).replace("\n]", `,\n${JSON.stringify(edit)}\n]`),
  );
  mkdirSync(join(folder, "data.rooms"));
  writeFileSync(join(folder, "data.rooms", "tea.json"), historyText([message(1)]));
  const people = openPeopleFileBeside({ dataFile, limits: PEOPLE_LIMITS, now: Date.now, notice: () => {} });
  await people.grant(PERSON, "owner", null);
  await people.close();
  writeWebhookFile(dataFile, webhooksAt(2));
  return dataFile;
}

async function eventsIn(dataFile: string): Promise<string[]> {
  const source = new FileSource(dataFile, timeOf);
  const texts: string[] = [];
  for (const room of (await source.rooms()).toSorted())
    for await (const { events } of source.events(room))
      texts.push(...events.map(({ text }) => `${room} ${text}`));
  return texts;
}

test("a backup of files becomes a chat in a database, and the reverse", async () => {
  using folder = new TemporaryFolder();
  const dataFile = await makeChat(folder.path);
  const database = { url: await createDatabase(), ...CONNECTION };
  const [first, second] = [join(folder.path, "first.tgz"), join(folder.path, "second.tgz")];
  await backUp({ dataFile, database: null, timeOf }, first, BACKUP);
  const restored = await restoreDatabase(first, database, { ...RESTORE, progress: noProgress });
  expect(restored).toMatchObject({ kept: null, backup: { rooms: 2, messages: 3, engine: "files" } });
  await backUp({ dataFile, database, timeOf }, second, BACKUP);
  const other = join(folder.path, "other.json");
  // A server that was killed has left it. It must not be taken for one of the file that is restored.
  writeFileSync(`${other}.people-journal`, "left");
  const { kept } = await restoreFiles(second, other, { ...RESTORE, replaces: true });
  expect(readdirSync(kept ?? "")).toEqual(["data.json.people-journal"]);
  expect(await eventsIn(other)).toEqual(await eventsIn(dataFile));
  expect(readPeopleFile(other)).toEqual(readPeopleFile(dataFile));
  expect(readWebhookFile(other)).toEqual(webhooksAt(2));
  for (const path of [first, other, join(folder.path, "other.rooms/tea.json")])
    expect(statSync(path).mode & 0o777).toBe(0o600);
  // Nobody is asked twice by mistake.
  expect(restoreDatabase(first, database, { ...RESTORE, progress: noProgress })).rejects.toThrow("--replace");
  expect(restoreFiles(first, other, RESTORE)).rejects.toThrow("--replace");
  const replaced = await restoreDatabase(first, database, {
    ...RESTORE,
    replaces: true,
    progress: noProgress,
  });
  expect(replaced.kept).toBe("chatbox_before_restore_20300101000000");
});

test("webhooks go on from where they were when the chat was replaced, and report anew what the backup has", async () => {
  using folder = new TemporaryFolder();
  const dataFile = await makeChat(folder.path);
  const database = { url: await createDatabase(), ...CONNECTION };
  const [early, late, last] = [1, 2, 3].map((number) => join(folder.path, `${number}.tgz`)) as [
    string,
    string,
    string,
  ];
  const inFiles: ChatPlace = { dataFile, database: null, timeOf };
  const replace = { ...RESTORE, replaces: true, progress: noProgress };
  await backUp(inFiles, early, BACKUP);
  writeWebhookFile(dataFile, webhooksAt(9));
  await backUp(inFiles, late, BACKUP);
  await restoreFiles(early, dataFile, replace);
  expect(reachedIn(dataFile)).toEqual({ [MAIN_ROOM]: 9, [MODERATION]: 2 });
  for (const each of [late, early]) await restoreDatabase(each, database, replace);
  await backUp({ ...inFiles, database }, last, BACKUP);
  await restoreFiles(last, join(folder.path, "other.json"), RESTORE);
  expect(reachedIn(join(folder.path, "other.json"))).toEqual({ [MAIN_ROOM]: 9, [MODERATION]: 2 });
  // One that is damaged does not keep a backup from being restored.
  writeFileSync(`${dataFile}.webhooks`, "damaged");
  await restoreFiles(early, dataFile, { ...replace, now: RESTORE.now + 60_000 });
  expect(reachedIn(dataFile)).toEqual({ [MAIN_ROOM]: 2, [MODERATION]: 2 });
});

test("a backup that is not whole is not restored, and nothing is touched", async () => {
  using folder = new TemporaryFolder();
  const dataFile = await makeChat(folder.path);
  const backup = join(folder.path, "chat.tgz");
  await backUp({ dataFile, database: null, timeOf }, backup, BACKUP);
  const whole = readFileSync(backup);
  const unpacked = join(folder.path, "unpacked");
  const packedAgain = async (change: () => void) => {
    writeFileSync(backup, whole);
    rmSync(unpacked, { recursive: true, force: true });
    mkdirSync(unpacked);
    await extract({ file: backup, cwd: unpacked });
    change();
    await create({ file: backup, cwd: unpacked, gzip: true, follow: false }, readdirSync(unpacked));
  };
  const damages: Record<string, () => unknown> = {
    "a flipped bit": () =>
      writeFileSync(backup, whole.with(whole.length >> 1, (whole[whole.length >> 1] ?? 0) ^ 4)),
    "a torn file": () => writeFileSync(backup, whole.subarray(0, -30)),
    "something else": () => writeFileSync(backup, "hello"),
    "a changed history": () =>
      packedAgain(() => writeFileSync(join(unpacked, "data.json"), historyText([message(1)]))),
    "a missing room": () => packedAgain(() => rmSync(join(unpacked, "data.rooms"), { recursive: true })),
    "a link": () =>
      packedAgain(() => {
        // What it leads to has the right checksum.
        renameSync(join(unpacked, "data.json.people"), join(folder.path, "elsewhere"));
        symlinkSync(join(folder.path, "elsewhere"), join(unpacked, "data.json.people"));
      }),
  };
  const target = join(folder.path, "target");
  mkdirSync(target);
  for (const [what, damage] of Object.entries(damages)) {
    await damage();
    const error = await restoreFiles(backup, join(target, "data.json"), RESTORE).catch((reason) => reason);
    expect({ what, error: String(error) }).toEqual({
      what,
      error: expect.stringMatching(/^BackupError: .*(damaged|no backup)/),
    });
    expect(readdirSync(target)).toEqual(["data.json.lock"]);
  }
});

test("a restore that was interrupted at any step is finished by the next start", async () => {
  const names = ["data.json", "data.rooms", "data.json.people", "data.json.webhooks"];
  const moves = names.length * 2;
  for (let done = 0; done <= moves; done++) {
    using folder = new TemporaryFolder();
    const path = join(folder.path, "data.json");
    const kept = join(folder.path, "kept");
    const parts = names.map((name) => ({ name, path: join(folder.path, name) }));
    const isPlacing = done > names.length;
    const staged = `${path}${isPlacing ? ".placing" : ".clearing"}`;
    for (const each of [kept, staged]) mkdirSync(each);
    writeFileSync(join(staged, "plan.json"), JSON.stringify({ parts, kept } satisfies Placing));
    for (const [at, name] of names.entries()) {
      // Each part in the order in which it is moved: the old one away, then the new one to its place.
      writeFileSync(join(done > at ? kept : folder.path, name), "old");
      writeFileSync(join(done > names.length + at ? folder.path : staged, name), "new");
    }
    expect(await finishPlacing(path)).toBe(true);
    expect(await finishPlacing(path)).toBe(false);
    for (const name of names) {
      expect(readFileSync(join(folder.path, name), "utf8")).toBe("new");
      expect(readFileSync(join(kept, name), "utf8")).toBe("old");
    }
    expect(readdirSync(folder.path).toSorted()).toEqual([...names, "kept"].toSorted());
  }
});

test("while a backup copies the people, a change of them waits, and is not in it", async () => {
  using folder = new TemporaryFolder();
  const dataFile = await makeChat(folder.path);
  const copy = join(folder.path, "copy.json");
  const frozen = await freezeSharedFile(dataFile, PEOPLE_FORM);
  const people = openPeopleFileBeside({ dataFile, limits: PEOPLE_LIMITS, now: Date.now, notice: () => {} });
  let isGranted = false;
  const granted = people.grant("BBBBBBBBBBBBBBBB", "owner", null).then(() => {
    isGranted = true;
  });
  frozen?.copyTo(`${copy}.people`);
  writeFileSync(copy, "[\n]\n");
  expect(isGranted).toBe(false);
  frozen?.letGo();
  await granted;
  await people.close();
  expect(readPeopleFile(copy)?.reading.grants.map(({ person }) => person)).toEqual([PERSON]);
  expect(readPeopleFile(dataFile)?.reading.grants).toHaveLength(2);
});

fileTest("a backup for which there is no room leaves the one before, and says why", async () => {
  using folder = new TemporaryFolder();
  const dataFile = await makeChat(folder.path);
  const backup = join(folder.path, "chat.tgz");
  writeFileSync(dataFile, historyText(Array.from({ length: 3000 }, (_, at) => message(at + 1))));
  writeFileSync(backup, "the one before");
  const limited = ["sh", "-c", 'trap "" XFSZ; ulimit -f 100; exec "$0" "$@"'];
  const { exitCode, stderr } = await runCommand(["backup", backup, "--data", dataFile], {
    wrap: (command) => [...limited, ...command],
  });
  expect(stderr).toContain("There is too little room in");
  expect(exitCode).toBe(1);
  expect(readFileSync(backup, "utf8")).toBe("the one before");
  expect(readdirSync(folder.path).filter((name) => name.includes("tmp"))).toEqual([]);
});

fileTest("a server makes backups by itself, keeps the newest, and says when it cannot", async () => {
  using folder = new TemporaryFolder();
  const backups = join(folder.path, "backups");
  mkdirSync(backups);
  // What is not a backup of the server is not touched.
  for (const name of ["mine.tgz", "chat-2020-01-01T00-00-00Z.tgz", "chat-2020-01-02T00-00-00Z.tgz"])
    writeFileSync(join(backups, name), "");
  // A run that was killed has left it. No process has this number.
  mkdirSync(join(backups, "chat-2020-01-03T00-00-00Z.tgz.tmp-999999999"));
  await using server = await startServer([
    "--backup-every",
    "24",
    "--backup-folder",
    backups,
    "--backup-keep",
    "2",
  ]);
  await server.waitForLog(
    ({ event, text }) => event === "backup" && text.includes("Backed up: 0 messages in 1 room"),
  );
  const [made = "", ...rest] = readdirSync(backups)
    .toSorted()
    .reverse()
    .filter((name) => name !== "mine.tgz");
  expect(made).toMatch(/^chat-20[2-9]\d-/);
  expect(rest).toEqual(["chat-2020-01-02T00-00-00Z.tgz"]);
  expect(existsSync(join(backups, "mine.tgz"))).toBe(true);
  await server.stop();
  // From now on no backup can be made.
  rmSync(backups, { recursive: true });
  writeFileSync(backups, "not a folder");
  await server.restart();
  const { text } = await server.waitForLog(
    ({ event, text }) => event === "backup" && text.includes("No backup"),
  );
  expect(JSON.parse(text)).toMatchObject({ level: 50, category: "server" });
  expect(await (await fetch(server.http("/metrics"))).text()).toContain('chatbox_notices{kind="backup"} 1');
});

test("a backup that hangs is given up, and one that ends without a word has a reason", async () => {
  using folder = new TemporaryFolder();
  const backups = { everyMs: 24 * 60 * 60 * 1000, folder: join(folder.path, "backups"), keep: 7 };
  for (const [script, longestMs, reason] of [
    ["exec sleep 600", 1, "SIGKILL"],
    ["exit 3", backups.everyMs, "the code 3"],
  ] as const) {
    const { promise, resolve } = Promise.withResolvers<string>();
    const events = { found: () => {}, made: () => resolve("made"), failed: resolve };
    const schedule = new BackupSchedule(backups, ["sh", "-c", script], events, longestMs);
    schedule.start();
    expect(await promise).toContain(reason);
    schedule.stop();
  }
});
