/** Old messages of rooms that nobody is in, and a clock that says that all messages are old. */
import { expect, spyOn, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { ClockWatch } from "../../src/engine/clock-watch.ts";
import { LocalEngine, type LocalEngineOptions } from "../../src/engine/local/local.ts";
import type { Retention } from "../../src/engine/retention.ts";
import { EngineStage } from "../contracts/suite.ts";
import { TemporaryFolder } from "../support/server.ts";
import { historyText, message, readHistory } from "./journal-fixture.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const NINETY_DAYS: Retention = { keepMs: 90 * DAY_MS, keepMessages: null, keepBytes: null, everyMs: 60_000 };
const NOW = 1_900_000_000_000;

const messages = (count: number, time: number) =>
  Array.from({ length: count }, (_, at) => ({ ...message(at + 1), time: time + at }));
const ids = (path: string) => (readHistory(path) as { id: number }[]).map(({ id }) => id);

/** A server's files, and what its engine says. */
class Site implements Disposable {
  readonly folder = new TemporaryFolder();
  readonly dataFile = join(this.folder.path, "data.json");
  readonly rooms = join(this.folder.path, "data.rooms");
  readonly said: string[] = [];
  readonly faults: string[] = [];
  now = NOW;

  constructor() {
    mkdirSync(this.rooms);
  }

  room(name: string): string {
    return join(this.rooms, `${name}.json`);
  }

  open(retention: Retention, options: Partial<LocalEngineOptions> = {}): Promise<LocalEngine> {
    return LocalEngine.open({
      dataFile: this.dataFile,
      fsync: "off",
      getBudgetBytes: 1024 * 1024,
      historyMemoryBytes: 1024 * 1024,
      maxRooms: 10,
      graceMs: 0,
      restartGraceMs: 0,
      sendKeys: 1000,
      pastSessions: 10,
      retention,
      now: () => ({ time: this.now, timestamp: "T" }),
      timeOf: () => undefined,
      deliver: () => {},
      observer: {
        notice: (_room, sentence) => void this.said.push(sentence),
        fault: (room, error) => void this.faults.push(`${room}: ${error}`),
        stored: () => {},
      },
      ...options,
    });
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await Bun.sleep(5);
  }

  [Symbol.dispose](): void {
    this.folder[Symbol.dispose]();
  }
}

test("PAGE-5 rooms that nobody enters are pruned at the start, and the remains of a crash are removed", async () => {
  using site = new Site();
  const old = messages(20, NOW - 100 * DAY_MS);
  writeFileSync(site.dataFile, historyText(messages(3, NOW - DAY_MS)));
  for (let i = 0; i < 30; i++) writeFileSync(site.room(`r${i}`), historyText(old));
  writeFileSync(site.room("young"), historyText(messages(5, NOW - DAY_MS)));
  writeFileSync(site.room("foreign"), JSON.stringify(old));
  writeFileSync(site.room("damaged"), '{"not":"a history"}');
  for (const draft of [
    `${site.room("young")}.pruned`,
    `${site.room("gone")}.taking-in`,
    `${site.dataFile}.pruned`,
  ])
    writeFileSync(draft, historyText(old));
  // One that was being written in its place, and one whose writing had not begun.
  const young = historyText(messages(5, NOW - DAY_MS));
  writeFileSync(site.room("unfinished"), `!${young.slice(1, 100)}`);
  writeFileSync(site.room("whole"), young);
  for (const room of ["unfinished", "whole"]) writeFileSync(`${site.room(room)}.replacing`, young);
  const engine = await site.open(NINETY_DAYS);
  await site.until(() => [...Array(30).keys()].every((i) => ids(site.room(`r${i}`)).length === 1));
  await site.until(() => ids(site.room("foreign")).length === 1 && site.faults.length > 0);
  await site.until(() => !readdirSync(site.rooms).some((name) => /pruned|taking-in|replacing/.test(name)));
  for (const room of ["unfinished", "whole"]) expect(readFileSync(site.room(room), "utf8")).toBe(young);
  expect(ids(site.room("r7"))).toEqual([20]);
  expect(ids(site.room("young"))).toEqual([1, 2, 3, 4, 5]);
  expect(existsSync(`${site.dataFile}.pruned`)).toBe(false);
  expect(site.faults).toEqual([expect.stringContaining("damaged.json is not a history")]);
  expect(engine.rooms).toBe(1);
  await engine.close();
});

test("PAGE-5 when expired messages cannot be dropped, the log says so and names the file in the way", async () => {
  using site = new Site();
  writeFileSync(site.dataFile, historyText(messages(20, NOW - 100 * DAY_MS)));
  mkdirSync(join(`${site.dataFile}.pruned`, "folder"), { recursive: true });
  const engine = await site.open({ ...NINETY_DAYS, keepMs: null, keepMessages: 4 });
  expect(site.faults).toEqual([
    expect.stringMatching(/^\/: JournalError: Expired messages cannot be dropped from .*: .*\.pruned\)\.$/),
  ]);
  expect(ids(site.dataFile)).toHaveLength(20);
  await engine.close();
});

test("PAGE-5 rooms that nobody is in are pruned again and again, and of each as many messages are kept", async () => {
  using site = new Site();
  writeFileSync(site.room("tea"), historyText(messages(2, NOW - DAY_MS)));
  const engine = await site.open({ keepMs: null, keepMessages: 4, keepBytes: null, everyMs: 5 });
  writeFileSync(site.room("tea"), historyText(messages(20, NOW - DAY_MS)));
  await site.until(() => ids(site.room("tea")).length === 4);
  await engine.close();
  expect(ids(site.room("tea"))).toEqual([17, 18, 19, 20]);
});

test("a room that is entered while its file is pruned has its history, and its new messages stay", async () => {
  using site = new Site();
  const count = 30_000;
  writeFileSync(site.room("tea"), historyText(messages(count, NOW - 100 * DAY_MS)));
  for (let round = 0; round < 10; round++) {
    const stage = new EngineStage();
    const engine = await site.open(
      { keepMs: null, keepMessages: count - 100 * round, keepBytes: null, everyMs: 60_000 },
      {
        deliver: stage.deliver,
      },
    );
    stage.engine = engine;
    // At any moment of the sweep.
    await Bun.sleep(round * 3);
    expect(engine.enter("tea")).toBe(true);
    stage.name("1", "An", "tea");
    stage.send("1", `said ${round}`, "tea");
    await stage.until(2);
    expect(stage.kinds()).toEqual(["registered", "sent"]);
    await engine.close();
  }
  const stored = readHistory(site.room("tea")) as { content: string; id: number }[];
  const said = stored.filter(({ content }) => content.startsWith("said "));
  expect(said.map(({ content }) => content)).toEqual([...Array(10).keys()].map((i) => `said ${i}`));
  expect(said.map(({ id }) => id)).toEqual([...Array(10).keys()].map((i) => count + 1 + i));
  expect(site.faults).toEqual([]);
});

test("files that were kept aside are named once they are older than --keep-days, and left alone", async () => {
  using site = new Site();
  const aside = [`${site.dataFile}.bak`, `${site.room("tea")}.torn-20260101T000000Z`];
  for (const path of [...aside, `${site.dataFile}.bak-2`]) writeFileSync(path, historyText(messages(2, NOW)));
  for (const path of aside) utimesSync(path, (NOW - 91 * DAY_MS) / 1000, (NOW - 91 * DAY_MS) / 1000);
  utimesSync(`${site.dataFile}.bak-2`, (NOW - DAY_MS) / 1000, (NOW - DAY_MS) / 1000);
  const engine = await site.open(NINETY_DAYS);
  await site.until(() => site.said.some((sentence) => sentence.includes("kept aside")));
  await engine.close();
  const told = site.said.filter((sentence) => sentence.includes("kept aside"));
  expect(told).toEqual([expect.stringContaining("are older than --keep-days and are left alone: ")]);
  for (const path of aside) expect([told[0]?.includes(path), existsSync(path)]).toEqual([true, true]);
  expect(told[0]).not.toContain(".bak-2");
});

for (const [what, prepare] of [
  ["as a server noted it that ran before", async (site: Site) => (await site.open(NINETY_DAYS)).close()],
  ["of which only messages tell", async () => {}],
] as const) {
  test(`a start with a clock that is far ahead of the one ${what} drops nothing, and says so`, async () => {
    using site = new Site();
    writeFileSync(site.dataFile, historyText(messages(20, NOW - DAY_MS)));
    writeFileSync(site.room("tea"), historyText(messages(20, NOW - DAY_MS)));
    await prepare(site);
    site.now += 100 * DAY_MS;
    for (let start = 0; start < 3; start++) {
      const engine = await site.open({ ...NINETY_DAYS, everyMs: 1 });
      await Bun.sleep(20);
      await engine.close();
    }
    expect([ids(site.dataFile).length, ids(site.room("tea")).length]).toEqual([20, 20]);
    expect(site.said.filter((sentence) => sentence.includes("--trust-clock"))).toHaveLength(3);
    const engine = await site.open({ ...NINETY_DAYS, everyMs: 1 }, { trustClock: true });
    await site.until(() => ids(site.dataFile).length === 1 && ids(site.room("tea")).length === 1);
    await engine.close();
  });
}

test("without a noted time, the newest message in any room shows that the clock is ahead, and young messages stay", async () => {
  using site = new Site();
  writeFileSync(site.room("tea"), historyText(messages(20, NOW)));
  writeFileSync(site.room("milk"), historyText(messages(20, NOW - 200 * DAY_MS)));
  site.now += 100 * DAY_MS;
  const engine = await site.open({ ...NINETY_DAYS, everyMs: 1 });
  await site.until(() => ids(site.room("milk")).length === 1);
  await Bun.sleep(20);
  await engine.close();
  expect(ids(site.room("tea"))).toHaveLength(20);
});

test("a clock that jumps while the server runs drops nothing, and one that is set right again does drop messages", async () => {
  using site = new Site();
  writeFileSync(
    site.dataFile,
    historyText([...messages(10, NOW - 91 * DAY_MS), { ...message(11), time: NOW }]),
  );
  const engine = await site.open({ ...NINETY_DAYS, everyMs: 1 });
  expect(ids(site.dataFile)).toEqual([11]);
  writeFileSync(site.room("tea"), historyText(messages(10, NOW - DAY_MS)));
  site.now += 100 * DAY_MS;
  await site.until(() => site.said.some((sentence) => sentence.includes("The clock is 100 days ahead")));
  await Bun.sleep(20);
  expect(ids(site.room("tea"))).toHaveLength(10);
  site.now -= 100 * DAY_MS;
  writeFileSync(site.room("milk"), historyText(messages(10, NOW - 100 * DAY_MS)));
  await site.until(() => ids(site.room("milk")).length === 1);
  await engine.close();
});

test("a clock is believed if it is within a day of the expected time, if the server has run with it for a day, or if it is behind", () => {
  const HOUR_MS = 60 * 60 * 1000;
  const after = (seenAt: number, heldMs = 0) => new ClockWatch({ seenAt, heldMs }, NOW, 0);
  expect(new ClockWatch(null, NOW, 0).aheadMs).toBe(0);
  expect(after(NOW - DAY_MS).aheadMs).toBe(0);
  expect(after(NOW + 100 * DAY_MS).aheadMs).toBe(0);
  const watch = after(NOW - 100 * DAY_MS);
  expect(watch.aheadMs).toBe(100 * DAY_MS);
  expect(watch.retention(NINETY_DAYS).keepMs).toBe(190 * DAY_MS);
  watch.look(NOW + 23 * HOUR_MS, 23 * HOUR_MS);
  expect([watch.aheadMs, watch.note]).toEqual([
    100 * DAY_MS,
    { seenAt: NOW - 100 * DAY_MS + 23 * HOUR_MS, heldMs: 23 * HOUR_MS },
  ]);
  // A restart goes on where it was, and the time without the server counts for nothing.
  const next = new ClockWatch(watch.note, NOW + 40 * HOUR_MS, 5);
  expect(next.aheadMs).toBeGreaterThan(100 * DAY_MS);
  next.look(NOW + 41 * HOUR_MS, 5 + HOUR_MS);
  expect([next.aheadMs, next.note]).toEqual([0, { seenAt: NOW + 41 * HOUR_MS, heldMs: 0 }]);
  next.look(NOW + 441 * HOUR_MS, 5 + HOUR_MS);
  expect(next.aheadMs).toBe(400 * HOUR_MS);
  next.look(NOW + 42 * HOUR_MS, 5 + HOUR_MS);
  expect(next.aheadMs).toBe(0);
});

test("ID-2 the id of a message that was removed from the file by hand is not used again", async () => {
  using site = new Site();
  const keepAll: Retention = { keepMs: null, keepMessages: null, keepBytes: null, everyMs: 60_000 };
  const say = async (content: string) => {
    const stage = new EngineStage();
    stage.engine = await site.open(keepAll, { deliver: stage.deliver });
    for (const room of ["/", "tea"]) {
      stage.engine.enter(room);
      stage.name("1", "An", room);
      stage.send("1", content, room);
    }
    await stage.until(4);
    await stage.engine.close();
  };
  for (const content of ["first", "second", "third"]) await say(content);
  for (const path of [site.dataFile, site.room("tea")]) {
    const [first, second] = readHistory(path) as ReturnType<typeof message>[];
    writeFileSync(path, historyText([first, second].filter((each) => each !== undefined)));
  }
  rmSync(`${site.dataFile}.lock`);
  await say("fourth");
  expect([ids(site.dataFile), ids(site.room("tea"))]).toEqual([
    [1, 2, 4],
    [1, 2, 4],
  ]);
});

test("--max-history drops the oldest of a room that nobody is in, and of one in use without waiting for the hour", async () => {
  using site = new Site();
  const hourly: Retention = { keepMs: null, keepMessages: null, keepBytes: 20_000, everyMs: 60 * 60 * 1000 };
  writeFileSync(site.room("tea"), historyText(messages(400, NOW - DAY_MS)));
  writeFileSync(site.room("small"), historyText(messages(20, NOW - DAY_MS)));
  const before = readFileSync(site.room("small"), "utf8");
  const stage = new EngineStage();
  const engine = await site.open(hourly, { deliver: stage.deliver });
  stage.engine = engine;
  await untilSmaller(site.room("tea"), 20_000);
  expect(ids(site.room("tea")).at(-1)).toBe(400);
  expect(statSync(site.room("tea")).size).toBeGreaterThan(17_000);
  expect(readFileSync(site.room("small"), "utf8")).toBe(before);
  engine.enter("/");
  stage.name("a", "An");
  site.now = NOW - DAY_MS;
  for (let i = 0; i < 100; i++) stage.send("a", `old ${i}`.padEnd(300, "."));
  await stage.until(101);
  // Nothing of it is old enough to go; from now on all of it is, and a message more shows that there is too much.
  expect(statSync(site.dataFile).size).toBeGreaterThan(30_000);
  site.now = NOW;
  let uptimeMs = performance.now();
  using _clock = spyOn(performance, "now").mockImplementation(() => uptimeMs);
  // The first look may still be under way, and the next ones are a minute apart.
  for (let sent = 101; statSync(site.dataFile).size > 20_000; sent++) {
    uptimeMs += 61_000;
    stage.send("a", "new");
    await stage.until(sent + 1);
    await Bun.sleep(5);
  }
  expect(ids(site.dataFile)[0]).toBeGreaterThan(40);
  expect(site.faults).toEqual([]);
  await engine.close();
});

async function untilSmaller(path: string, bytes: number): Promise<void> {
  while (statSync(path).size > bytes) await Bun.sleep(5);
}
