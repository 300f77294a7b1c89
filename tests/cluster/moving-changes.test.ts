/** Histories with edits, deletions and reactions, moved between files and databases and back. */
import { expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseHistories } from "../../src/engine/moving/database-histories.ts";
import { FileSource, FileTarget } from "../../src/engine/moving/file-histories.ts";
import {
  type HistorySource,
  type HistoryTarget,
  type Moved,
  move,
  type Portion,
} from "../../src/engine/moving/move.ts";
import { ReplacedTexts } from "../../src/engine/moving/replaced-texts.ts";
import { deleteRecord, editRecord, MessageRecord, type StoredEvent } from "../../src/engine/record.ts";
import { act, type ChangeStage, idsIn } from "../contracts/message-changes.ts";
import type { Told } from "../contracts/suite.ts";
import { overDatabase, overFile } from "../support/engines.ts";
import { administer, createDatabase } from "../support/postgres.ts";
import { Random } from "../support/random.ts";
import { SEED } from "../support/seed.ts";
import { TemporaryFolder } from "../support/server.ts";

const timeOf = () => undefined;

function database(url: string) {
  return { url, poolSize: 2, statementTimeoutMs: 4000, connectTimeoutMs: 3000 };
}

async function between(source: HistorySource, target: HistoryTarget): Promise<Moved> {
  try {
    return await move(source, target, () => {});
  } finally {
    await source.close();
    await target.close();
  }
}

async function imported(file: string, url: string): Promise<Moved> {
  return await between(new FileSource(file, timeOf), await DatabaseHistories.open(database(url)));
}

async function exported(url: string, file: string): Promise<Moved> {
  return await between(await DatabaseHistories.snapshot(database(url)), new FileTarget(file, timeOf));
}

/** People talk and change things over an engine, which is closed then. @param told before; what is told is added to it */
async function talk(stage: ChangeStage, random: Random, told: Told[], round: number): Promise<void> {
  const people = ["a", "b", "c"].map((each) => `${each}${round}`);
  await stage.join(...people.map((each) => [each, each] as const));
  const before = told.length;
  for (let burst = 0; burst < 4; burst++) {
    const ids = idsIn([...told.slice(0, before), ...stage.told]);
    const count = random.integer(1, 80);
    for (let i = 0; i < count; i++) act(stage, random, people[random.integer(0, 2)] ?? "", ids.slice(-20));
    await stage.next(count);
  }
  await stage.engine.close();
  told.push(...stage.told);
}

/** Expects that an engine shows what was told. */
async function expectShown(stage: ChangeStage, told: readonly Told[]): Promise<void> {
  await stage.join(["reader", "Reader"]);
  await stage.expectPages("reader", told);
  await stage.engine.close();
}

/** Expects that no text is left that an edit has replaced or that was deleted. */
function expectGone(text: string, told: readonly Told[]): void {
  const newest = new Map<number, string>();
  const gone = new Set<string>();
  const put = (id: number, content: string) => {
    const before = newest.get(id);
    if (before !== undefined) gone.add(before);
    newest.set(id, content);
  };
  for (const each of told) {
    if (each.kind === "sent") put(each.message.id, each.message.content);
    if (each.kind === "edited") put(each.of, each.content);
    if (each.kind === "deleted") put(each.of, "");
  }
  const kept = new Set(newest.values());
  const marks = [...gone].flatMap((each) => (kept.has(each) ? [] : (/\w+ \d+/.exec(each) ?? [])));
  expect(marks.length).toBeGreaterThan(0);
  for (const mark of marks) expect(text).not.toContain(`"${mark}`);
}

async function rowsOf(url: string): Promise<string> {
  return JSON.stringify(await administer(url, "SELECT content, exact FROM chatbox.messages"));
}

for (const seed of [SEED, SEED + 1]) {
  test(`PAGE-6 PAGE-8 DELETE-2 whatever people did (seed ${seed}), a history is the same after it was moved from file to database, and back, and again`, async () => {
    const random = new Random(seed);
    using folder = new TemporaryFolder();
    const file = join(folder.path, "data.json");
    const [url, other] = [await createDatabase(), await createDatabase()];
    const told: Told[] = [];
    await talk(await overFile(file), random, told, 0);
    const first = await imported(file, url);
    expect(first).toMatchObject({ rooms: 1, messages: idsIn(told).length, added: idsIn(told).length });
    expectGone(await rowsOf(url), told);
    await expectShown(await overDatabase(url), told);
    // The history goes on at its source, with changes to what was moved already.
    await talk(await overFile(file), random, told, 1);
    await imported(file, url);
    expectGone(await rowsOf(url), told);
    await expectShown(await overDatabase(url), told);
    await talk(await overDatabase(url), random, told, 2);
    const back = join(folder.path, "back.json");
    const out = await exported(url, back);
    expectGone(readFileSync(back, "utf8"), told);
    await expectShown(await overFile(back), told);
    const again = await imported(back, other);
    await expectShown(await overDatabase(other), told);
    const last = await exported(other, join(folder.path, "last.json"));
    expect([again.checksum, last.checksum]).toEqual([out.checksum, out.checksum]);
    expect(readFileSync(join(folder.path, "last.json"), "utf8")).toBe(
      readFileSync(back, "utf8").replaceAll(/,"key":"[\w-]{16}"/g, ""),
    );
    expect(await imported(back, other)).toEqual({ ...again, added: 0 });
  });
}

/** A target that stops after so many events. */
class Interrupted implements HistoryTarget {
  constructor(
    readonly target: HistoryTarget,
    private left: number,
  ) {}

  rooms = () => this.target.rooms();
  events = (room: string): AsyncIterable<Portion> => this.target.events(room);
  lastId = (room: string) => this.target.lastId(room);
  close = () => this.target.close();

  async append(room: string, events: readonly StoredEvent[]): Promise<void> {
    await this.target.append(room, events.slice(0, this.left));
    this.left -= events.length;
    if (this.left <= 0) throw new Error("interrupted");
  }
}

test("a move that was interrupted at any event is finished by the next one, into files and databases", async () => {
  const random = new Random(SEED);
  using folder = new TemporaryFolder();
  const file = join(folder.path, "data.json");
  const told: Told[] = [];
  await talk(await overFile(file), random, told, 0);
  const { checksum } = await imported(file, await createDatabase());
  const [url, copy] = [await createDatabase(), join(folder.path, "copy.json")];
  for (const targetOf of [
    () => DatabaseHistories.open(database(url)),
    async () => new FileTarget(copy, timeOf),
  ]) {
    for (const left of [1, 2, 3, 5, 8, 13, 21]) {
      const moving = between(new FileSource(file, timeOf), new Interrupted(await targetOf(), left));
      await expect(moving).rejects.toThrow("interrupted");
    }
    expect(await between(new FileSource(file, timeOf), await targetOf())).toMatchObject({ checksum });
  }
  await expectShown(await overDatabase(url), told);
  await expectShown(await overFile(copy), told);
  // What counts towards the limits is neither lost nor counted twice.
  const wrong = await administer(
    url,
    `SELECT m.id FROM chatbox.messages AS m
      LEFT JOIN chatbox.changes AS c ON c.room = m.room AND c.of = m.id
      GROUP BY m.room, m.id
      HAVING m.edits <> count(*) FILTER (WHERE c.kind = 'edit')
        OR m.reactions_made <> count(*) FILTER (WHERE c.kind = 'react' AND c.is_on)`,
  );
  expect(wrong).toHaveLength(0);
  const most = await administer(url, "SELECT id FROM chatbox.messages WHERE edits + reactions_made > 1");
  expect(most).not.toHaveLength(0);
});

test("MOD-6 a message that was removed and is back is moved with its text", () => {
  const by = { connection: "a", of: 1, by: "An______________" };
  const events = [
    MessageRecord.of({ name: "An", content: "said", timestamp: "now", id: 1, time: 1, by: by.by }),
    deleteRecord({ kind: "deleted", ...by, id: 2, time: 2 }),
    editRecord({ kind: "edited", ...by, content: "said", id: 3, time: 3 }),
  ];
  const replaced = new ReplacedTexts();
  for (const each of events) replaced.note(each);
  expect(events.map((each) => replaced.clean(each))).toMatchObject([
    {},
    {},
    { kind: "edit", content: "said" },
  ]);
});

test("an export shows one moment, while messages are edited", async () => {
  const random = new Random(SEED);
  using folder = new TemporaryFolder();
  const url = await createDatabase();
  const told: Told[] = [];
  await talk(await overDatabase(url), random, told, 0);
  const source = await DatabaseHistories.snapshot(database(url));
  await source.rooms();
  const file = join(folder.path, "data.json");
  await talk(await overDatabase(url), random, [...told], 1);
  await between(source, new FileTarget(file, timeOf));
  await expectShown(await overFile(file), told);
});

test("changes to messages that are not there any more are moved as places, without their texts", async () => {
  using folder = new TemporaryFolder();
  const file = join(folder.path, "data.json");
  const by = "0123456789abcdef";
  const lines = [
    { name: "An", content: "kept", timestamp: "T", id: 5, time: 1, by },
    { id: 6, time: 2, kind: "edit", of: 1, by, content: "of an expired one" },
    { id: 7, time: 3, kind: "react", of: 2, by, emoji: "👍", on: true, as: "An" },
    { id: 8, time: 4, kind: "delete", of: 3, by },
    { id: 9, time: 5, kind: "react", of: 5, by, emoji: "👍", on: true, as: "An" },
    { id: 10, time: 6, kind: "react", of: 5, by, emoji: "👍", on: true, as: "Ân" },
  ];
  writeFileSync(file, `[\n${lines.map((line) => JSON.stringify(line)).join(",\n")}\n]\n`);
  const url = await createDatabase();
  const { checksum } = await imported(file, url);
  const copy = join(folder.path, "copy.json");
  expect(await exported(url, copy)).toMatchObject({ checksum, messages: 1 });
  expect(existsSync(copy)).toBe(true);
  expect(readFileSync(copy, "utf8")).not.toContain("expired");
  for (const stage of [await overDatabase(url), await overFile(copy)]) {
    await stage.join(["reader", "Reader"]);
    const [page, behind] = await stage.pages("reader", { after: 0 }, { after: 7, time: 3 });
    expect(page).toMatchObject({
      messages: [{ id: 5, content: "kept", reactions: [{ count: 1, by: [{ by, name: "Ân" }] }] }],
      cursor: { id: 10, time: 6 },
    });
    expect(behind).toMatchObject({ changed: [{ id: 5 }], reset: false });
    await stage.engine.close();
  }
});

test("a change of an unknown kind is not moved, and then nothing is", async () => {
  using folder = new TemporaryFolder();
  const file = join(folder.path, "data.json");
  writeFileSync(
    file,
    '[\n{"name":"An","content":"one","timestamp":"T","id":1,"time":1},\n{"id":2,"time":2,"kind":"pin","of":1}\n]\n',
  );
  const url = await createDatabase();
  await expect(imported(file, url)).rejects.toThrow('a change of the kind "pin" (id 2)');
  expect(await rowsOf(url)).toBe("[]");
});
