import { Database } from "bun:sqlite";
import { afterAll, afterEach, expect, mock, spyOn, test } from "bun:test";
import fs, {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { type FileHandle, open as openFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Deliver } from "../../src/engine/engine.ts";
import { Journal } from "../../src/engine/local/journal.ts";
import { LocalEngine, type LocalEngineOptions } from "../../src/engine/local/local.ts";
import { fileNameOf, roomOfFileName } from "../../src/engine/local/room-file.ts";
import { failureContract } from "./failures.ts";
import { ChangeStage, changeContract } from "./message-changes.ts";
import { slowReadContract } from "./slow-reads.ts";
import {
  contentsOf,
  type EngineKind,
  EngineStage,
  type EngineTimes,
  engineContract,
  shownBy,
  withRetention,
} from "./suite.ts";

const folder = mkdtempSync(join(tmpdir(), "chatbox-contract-"));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
const fileOf = new WeakMap<Deliver, string>();

function open(deliver: Deliver, options: Partial<LocalEngineOptions> = {}): Promise<LocalEngine> {
  const dataFile = options.dataFile ?? join(folder, `${++files}.json`);
  fileOf.set(deliver, dataFile);
  return LocalEngine.open({
    dataFile,
    fsync: "always",
    getBudgetBytes: 1024 * 1024,
    historyMemoryBytes: 1024 * 1024,
    maxRooms: 10,
    graceMs: 15_000,
    restartGraceMs: 30_000,
    sendKeys: 1000,
    pastSessions: 10,
    retention: { keepMs: null, keepMessages: null, keepBytes: null, everyMs: 60_000 },
    now: () => ({ time: 1_000, timestamp: "01/01/2030 00:00:01" }),
    timeOf: () => undefined,
    deliver,
    observer: { notice: () => {}, fault: () => {}, stored: () => {} },
    ...options,
  });
}

const LOCAL: EngineKind = {
  name: "local",
  open: (deliver, previous, times) => {
    const dataFile = previous && fileOf.get(previous.deliver);
    const time = times?.retention === undefined ? 1_000 : 1_000 + 24 * 60 * 60 * 1000;
    const now = () => ({ time, timestamp: "01/01/2030 00:00:01" });
    return open(deliver, { ...(dataFile ? { dataFile } : {}), now, ...withRetention(times) });
  },
  // What a kill leaves is what lies there at that moment. The process that holds it is this one, so the files are moved
  // away from under it.
  abandon: async (stage) => {
    const dataFile = fileOf.get(stage.deliver) ?? "";
    const copy = join(folder, `${++files}.json`);
    for (const suffix of ["", ".sessions", ".sessions-wal"]) {
      if (existsSync(dataFile + suffix)) cpSync(dataFile + suffix, copy + suffix);
    }
    fileOf.set(stage.deliver, copy);
  },
  renameStored: async (stage, from, to) => {
    const sessions = new Database(`${fileOf.get(stage.deliver)}.sessions`);
    sessions.query("UPDATE sessions SET name = ? WHERE name = ?").run(to, from);
    sessions.close();
  },
  backUp: async (stage, what) => {
    const dataFile = fileOf.get(stage.deliver) ?? "";
    const suffixes = what === "messages" ? [""] : ["", ".sessions"];
    const copy = join(folder, `${++files}.backup`);
    for (const suffix of suffixes) cpSync(dataFile + suffix, copy + suffix);
    return async () => {
      for (const suffix of suffixes) cpSync(copy + suffix, dataFile + suffix);
    };
  },
  takeOut: async (stage, ids) => {
    const dataFile = fileOf.get(stage.deliver) ?? "";
    if (ids === undefined) {
      rmSync(dataFile);
      return;
    }
    const history: { id: number }[] = JSON.parse(readFileSync(dataFile, "utf8"));
    await Bun.write(dataFile, JSON.stringify(history.filter(({ id }) => !ids.includes(id))));
  },
};

engineContract(LOCAL);
changeContract(LOCAL);
slowReadContract(LOCAL, Journal.prototype);

test("REACT-6 as many reactions stand in a room as may: those taken back, deleted and expired do not count, also after a restart", async () => {
  const changes = { edits: 100, reactionsMade: 100, roomReactions: 3 };
  const refused = { kind: "change-refused", reason: "TooManyReactions" };
  const stages = async (previous?: ChangeStage, times: EngineTimes = {}) => {
    const stage = new ChangeStage();
    stage.engine = await LOCAL.open(stage.deliver, previous, { ...times, changes });
    return stage;
  };
  const stage = await stages();
  await stage.join(["a", "An"]);
  for (const content of ["one", "two", "three"]) stage.send("a", content);
  for (const of of [1, 2, 3]) stage.react("a", of, "👍");
  stage.react("a", 3, "🎉");
  stage.react("a", 3, "👍", false);
  stage.react("a", 3, "🎉");
  stage.react("a", 3, "😂");
  stage.remove("a", 1);
  stage.react("a", 3, "😂");
  stage.react("a", 3, "👍");
  expect((await stage.next(13)).slice(3)).toMatchObject([
    ...[{ kind: "reacted" }, { kind: "reacted" }, { kind: "reacted" }, refused],
    ...[{ kind: "reacted", on: false }, { kind: "reacted" }, refused],
    ...[{ kind: "deleted" }, { kind: "reacted" }, refused],
  ]);
  stage.react("a", 2, "🎉");
  stage.react("a", 2, "👍");
  expect(await stage.next(2)).toMatchObject([refused, { kind: "react-unchanged" }]);
  await stage.engine.close();
  const again = await stages(stage);
  await again.join(["b", "Bình"]);
  again.react("b", 3, "👍");
  expect(await again.next(1)).toMatchObject([refused]);
  again.send("b", "four");
  await again.next(1);
  await again.engine.close();
  // The second message expires with its reaction.
  const retention = { keepMs: null, keepMessages: 2, keepBytes: null };
  const pruned = await stages(again, { retention });
  await pruned.join(["c", "Chi"]);
  pruned.react("c", 3, "👍");
  pruned.react("c", 3, "🎉");
  expect(await pruned.next(2)).toMatchObject([{ kind: "reacted" }, refused]);
  await pruned.engine.close();
});

/** What every file handle does its work with, so that a test can make the disk fail. */
const disk: FileHandle = await openFile("/dev/null").then(async (handle) => {
  await handle.close();
  return Object.getPrototypeOf(handle);
});

// A test that fails must not leave the disk broken to the next.
afterEach(() => mock.restore());

function failing(code: string): Error {
  return Object.assign(new Error(`failed with ${code}`), { code });
}

/** Half of what is appended still fits. */
async function fillDisk(): Promise<() => Promise<void>> {
  const { writeSync } = fs;
  const spy = spyOn(fs, "writeSync").mockImplementation((...[fd, bytes, from, length, at]: unknown[]) => {
    Reflect.apply(writeSync, fs, [fd, bytes, from, Math.floor(Number(length) / 2), at]);
    throw failing("ENOSPC");
  });
  return async () => spy.mockRestore();
}

/** What is appended is written, and does not come to the disk. */
async function refuseSync(): Promise<() => Promise<void>> {
  const refuse = () => {
    throw failing("EIO");
  };
  const spies = [
    spyOn(fs, "fdatasyncSync").mockImplementation(refuse),
    spyOn(disk, "datasync").mockImplementation(async () => refuse()),
  ];
  return async () => {
    for (const spy of spies) spy.mockRestore();
  };
}

failureContract(
  LOCAL,
  [
    { title: "the disk is full", begin: fillDisk, sends: "send-failed" },
    { title: "the disk does not confirm what is written", begin: refuseSync, sends: "send-failed" },
  ],
  {
    reason: "nicknames are in memory and sessions in a file of their own, and neither needs the history",
    register: "registered",
    rename: "renamed",
    resume: "resumed",
    repeat: "repeated",
    leave: "at once",
  },
);

test("local: after every close the file is a JSON array with one record per line", async () => {
  const stage = new EngineStage();
  stage.engine = await open(stage.deliver);
  stage.engine.enter("/");
  stage.name("1", "An");
  stage.send("1", 'quotes " and \\ and\nlines');
  stage.send("1", "second");
  const [an] = await stage.until(3);
  const by = an?.kind === "registered" ? an.by : "";
  await stage.engine.close();
  const text = readFileSync(fileOf.get(stage.deliver) ?? "", "utf8");
  expect(text).toBe(
    `[\n{"name":"An","content":"quotes \\" and \\\\ and\\nlines","timestamp":"01/01/2030 00:00:01","id":1,"time":1000,"by":"${by}"},\n` +
      `{"name":"An","content":"second","timestamp":"01/01/2030 00:00:01","id":2,"time":1000,"by":"${by}"}\n]\n`,
  );
});

test("local: EP-1 LIM-10 a room without messages leaves no file, and the number of rooms in memory is limited", async () => {
  const stage = new EngineStage();
  const engine = await open(stage.deliver, { maxRooms: 2 });
  stage.engine = engine;
  expect(engine.enter("a")).toBe(true);
  expect(engine.enter("b")).toBe(false);
  expect(engine.enter("a")).toBe(true);
  stage.leave("1", "a");
  stage.leave("2", "a");
  await stage.until(2);
  while (engine.rooms > 1) await Bun.sleep(1);
  expect(engine.enter("b")).toBe(true);
  const rooms = (fileOf.get(stage.deliver) ?? "").replace(/\.json$/, ".rooms");
  expect(await Bun.file(join(rooms, "a.json")).exists()).toBe(false);
  stage.leave("1", "b");
  await engine.close();
});

test("local: histories in memory stay within their budget, and a dropped one is read again", async () => {
  const stage = new EngineStage();
  const engine = await open(stage.deliver, { historyMemoryBytes: 5000 });
  stage.engine = engine;
  let expected = 0;
  for (const room of ["a", "b", "c"]) {
    engine.enter(room);
    stage.name("1", "An", room);
    for (let i = 0; i < 40; i++) stage.send("1", `message ${i} in room ${room}`, room);
    stage.get("1", room);
    expected += 42;
    await stage.until(expected);
  }
  for (const room of ["a", "b", "c", "a"]) {
    stage.get("1", room);
    const told = await stage.until(++expected);
    const last = told.at(-1);
    expect(contentsOf(last).filter((content) => content.endsWith(`in room ${room}`))).toHaveLength(40);
  }
  await engine.close();
});

test("local: NAME-1 in a room whose file is not a history, nobody can register, programs are to try again, and the others go on", async () => {
  const stage = new EngineStage();
  const dataFile = join(folder, "broken.json");
  await Bun.write(join(folder, "broken.rooms", "a.json"), '{"not":"a history"}');
  stage.engine = await open(stage.deliver, { dataFile });
  stage.engine.enter("a");
  stage.engine.enter("/");
  stage.name("1", "An", "a");
  stage.name("1", "An");
  await stage.until(2);
  expect(stage.kinds().toSorted()).toEqual(["name-failed", "registered"]);
  stage.guest("bot", "a");
  stage.guest("bot", "a", { kind: "send", content: "one", key: null, reply: null });
  stage.guest("bot", "a", { kind: "delete", of: 1 });
  const [page, sent, deleted] = (await stage.until(5)).slice(2);
  expect([page, sent, deleted]).toMatchObject([
    { kind: "get-failed", name: "Bot" },
    { kind: "send-failed", name: "Bot" },
    { kind: "change-failed", request: "delete", of: 1 },
  ]);
  expect(await Bun.file(join(folder, "broken.rooms", "a.json")).text()).toBe('{"not":"a history"}');
  stage.leave("1", "a");
  await stage.engine.close();
});

test("local: PAGE-5 ORD-1 expired messages are dropped while people talk, and nothing else changes", async () => {
  const stage = new EngineStage();
  let time = 1_000;
  stage.engine = await open(stage.deliver, {
    now: () => ({ time, timestamp: "T" }),
    retention: { keepMs: null, keepMessages: 3, keepBytes: null, everyMs: 1 },
  });
  stage.engine.enter("/");
  stage.name("a", "An");
  for (let i = 1; i <= 10; i++) stage.send("a", `m${i}`);
  await stage.until(11);
  time += 24 * 60 * 60 * 1000;
  let count = 11;
  for (;;) {
    stage.page("a", { after: 0 });
    const page = (await stage.until(++count)).at(-1);
    if (page?.kind === "page" && page.page.gap !== null) break;
  }
  stage.send("a", "next");
  stage.get("a");
  const told = await stage.until(count + 2);
  expect(told.at(-2)).toMatchObject({ kind: "sent", message: { id: 11 } });
  expect(told.at(-1)).toMatchObject({ kind: "history", online: ["An"] });
  expect(contentsOf(told.at(-1))).toEqual(["m8", "m9", "m10", "next"]);
  await stage.engine.close();
});

for (const [how, replace] of [
  ["another file is put in its place", (path: string, backup: string) => renameSync(backup, path)],
  ["another one is copied over it", (path: string, backup: string) => cpSync(backup, path)],
  [
    "one of the same size is written over it",
    (path: string, backup: string) =>
      writeFileSync(path, readFileSync(backup, "utf8").padEnd(statSync(path).size, "\n")),
  ],
  ["it is deleted", (path: string) => rmSync(path)],
] as const) {
  test(`local: ID-5 PAGE-6 DUR-1 when a history file is in use and ${how}, clients see nothing untrue and no message is lost in the old file`, async () => {
    const stage = new EngineStage();
    stage.engine = await open(stage.deliver);
    const dataFile = fileOf.get(stage.deliver) ?? "";
    for (let i = 0; i < 4; i++) stage.engine.enter("/");
    stage.name("a", "An");
    stage.name("2", "Bình");
    stage.send("a", "one", "/", "j");
    stage.guest("bot");
    await stage.until(4);
    cpSync(dataFile, `${dataFile}.backup`);
    stage.send("a", "two", "/", "k");
    stage.send("2", "three");
    await stage.until(6);
    replace(dataFile, `${dataFile}.backup`);
    stage.send("2", "in vain");
    const { length } = await stage.until(10);
    expect(stage.told.slice(6)).toMatchObject([
      { kind: "store-lost", connection: "a" },
      { kind: "store-lost", connection: "2" },
      { kind: "store-lost", connection: "bot" },
      { kind: "unregistered", connection: "2" },
    ]);
    for (const connection of ["a", "2"]) stage.vanish(connection);
    stage.resume("c", "a", { after: 3, time: 1_000 });
    stage.send("c", "two", "/", "k");
    const told = await stage.until(length + 4);
    const left = how === "it is deleted" ? [] : ["one"];
    expect(shownBy(told[length + 2])).toEqual({ contents: left, reset: true, online: ["An"] });
    expect(told[length + 3]).toMatchObject({ kind: "sent", message: { content: "two", id: 4 } });
    await stage.engine.close();
    const stored: { content: string }[] = JSON.parse(readFileSync(dataFile, "utf8"));
    expect(stored.map(({ content }) => content)).toEqual([...left, "two"]);
  });
}

test("local: PAGE-6 readers and new members see that a history file was created or deleted", async () => {
  const stage = new EngineStage();
  stage.engine = await open(stage.deliver);
  const file = join((fileOf.get(stage.deliver) ?? "").replace(/\.json$/, ".rooms"), "tea.json");
  const contents = async () => (await stage.engine.recent("tea"))?.map(({ content }) => content);
  stage.engine.enter("tea");
  stage.name("1", "An", "tea");
  stage.page("1", {}, "tea");
  await stage.until(2);
  const record = { name: "Bình", content: "put back", timestamp: "T", id: 7, time: 5 };
  await Bun.write(file, `[\n${JSON.stringify(record)}\n]\n`);
  expect(await contents()).toEqual(["put back"]);
  expect((await stage.until(3))[2]).toMatchObject({ kind: "store-lost", connection: "1" });
  stage.name("1", "An", "tea");
  stage.send("1", "next", "tea");
  expect((await stage.until(5))[4]).toMatchObject({ kind: "sent", message: { id: 8 } });
  rmSync(file);
  expect(await contents()).toEqual([]);
  await stage.engine.close();
});

test("the file of a room has the room's name, unless that is a device on Windows", () => {
  const devices = ["con", "prn", "aux", "nul", "com1", "com9", "lpt1", "con.tea", "nul.json", "lpt9.a.b"];
  const others = ["tea", "conn", "con-a", "com", "com10", "lpt", "console", "tea.con", "a.nul", "0"];
  for (const platform of ["linux", "win32"]) {
    const files = [...devices, ...others].map((room) => fileNameOf(room, platform));
    expect(new Set(files).size).toBe(files.length);
    expect(files.map((file) => roomOfFileName(file, platform))).toEqual([...devices, ...others]);
  }
  for (const room of [...devices, ...others]) expect(fileNameOf(room, "linux")).toBe(`${room}.json`);
  for (const room of devices) expect(fileNameOf(room, "win32")).toBe(`_${room}.json`);
  for (const room of others) expect(fileNameOf(room, "win32")).toBe(`${room}.json`);
  for (const file of ["_tea.json", "Tea.json", "tea", "tea.jsonx", ".json", "tea.json.torn-1"])
    for (const platform of ["linux", "win32"]) expect(roomOfFileName(file, platform)).toBeUndefined();
});
