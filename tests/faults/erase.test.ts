/** DELETE-2: texts that were replaced or deleted are erased from every file, whatever happens meanwhile. */
import { expect, test } from "bun:test";
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Eraser } from "../../src/engine/local/eraser.ts";
import { Journal } from "../../src/engine/local/journal.ts";
import {
  deleteRecord,
  editRecord,
  MessageRecord,
  readEvent,
  type StoredEvent,
} from "../../src/engine/record.ts";
import fc from "../support/chance.ts";
import { startServer } from "../support/server.ts";
import { fileTest } from "../support/store.ts";
import { contents, V3Client } from "../support/v3.ts";
import { AWKWARD_TEXTS, fileText, lineOf, message, QUICK, withHistory } from "./journal-fixture.ts";

const BY = "-_abcdefghij0129";

/** All bytes of all files in a folder, each with its path. */
function filesIn(folder: string): { path: string; bytes: Buffer }[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .map((path) => ({ path, bytes: readFileSync(path) }));
}

/** The files in which one of the texts is, as itself or as JSON has it. */
function filesWith(folder: string, ...texts: readonly string[]): string[] {
  const forms = texts.flatMap((text) =>
    [text, JSON.stringify(text).slice(1, -1)].map((form) => Buffer.from(form)),
  );
  return filesIn(folder).flatMap(({ path, bytes }) =>
    forms.some((form) => bytes.includes(form)) ? [path] : [],
  );
}

/** Resolves once none of the texts is in any file of a folder. */
async function areGone(folder: string, ...texts: readonly string[]): Promise<void> {
  while (filesWith(folder, ...texts).length > 0) await Bun.sleep(10);
}

/** A content that is nowhere else in a file, and awkward to look at byte by byte. */
function secret(number: number, length: number): string {
  const awkward = AWKWARD_TEXTS[number % AWKWARD_TEXTS.length] ?? "";
  return `secret-${number}-${awkward}${"é".repeat(length)}`;
}

/** What happens to a message: an edit with a text of this length, or its deletion. */
const fate = fc.record({ of: fc.nat({ max: 30 }), length: fc.oneof(fc.nat({ max: 40 }), fc.constant(null)) });

/** A history with changes, and the texts that must be gone, and that must be there. */
function story(count: number, fates: readonly { of: number; length: number | null }[]) {
  const events: StoredEvent[] = [];
  const current = new Map<number, string | null>();
  const gone: string[] = [];
  let id = 0;
  const time = (of: number) => message(of).time;
  for (let at = 0; at < count; at++) {
    const content = secret(++id, at);
    events.push(MessageRecord.of({ ...message(id, content), by: BY }));
    current.set(id, content);
  }
  for (const { of: which, length } of fates) {
    const of = 1 + (which % Math.max(1, count));
    const before = current.get(of);
    if (before === undefined || before === null) continue;
    id++;
    gone.push(before);
    const change = { connection: "", of, by: BY, id, time: time(id) };
    const content = length === null ? null : secret(id, length);
    events.push(
      content === null
        ? deleteRecord({ kind: "deleted", ...change })
        : editRecord({ kind: "edited", ...change, content }),
    );
    current.set(of, content);
  }
  const kept = [...current.values()].filter((content) => content !== null);
  return { events, current, gone, kept };
}

/** Looks at a history file that is in order: what it shows, and what is in its bytes. */
async function check(path: string, { current, gone, kept }: ReturnType<typeof story>): Promise<void> {
  const journal = await Journal.open(path, QUICK);
  await journal.erase();
  const shown = await journal.below(Number.POSITIVE_INFINITY, 1_000);
  expect(shown.map(({ message: { id, content } }) => [id, content])).toEqual(
    [...current].map(([id, content]) => [id, content ?? ""]),
  );
  expect(shown.map(({ isDeleted }) => isDeleted)).toEqual([...current.values()].map((each) => each === null));
  await journal.close();
  for (const text of gone) expect(filesWith(dirname(path), text)).toEqual([]);
  for (const text of kept) expect(filesWith(dirname(path), text)).toEqual([path]);
  expect(() => JSON.parse(readFileSync(path, "utf8"))).not.toThrow();
}

test("DELETE-2 whatever was edited and deleted, only the current texts are in the file, also after it is opened again", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 20 }),
      fc.array(fate, { maxLength: 30 }),
      async (count, fates) => {
        await withHistory(async (path) => {
          const told = story(count, fates);
          const journal = await Journal.open(path, QUICK);
          for (const event of told.events) {
            await journal.append([event]);
            if (event.id % 3 === 0) await journal.erase();
          }
          await journal.close();
          await check(path, told);
          await check(path, told);
        });
      },
    ),
    { numRuns: 60 },
  );
});

test("DELETE-2 DUR-2 contents that were erased in part, in any part, are erased by the next start", async () => {
  const tear = fc.oneof(
    // The beginning is erased, as when a process is killed in the middle of a write.
    fc.record({ kind: fc.constant<"cut">("cut"), at: fc.double({ min: 0, max: 1, noNaN: true }) }),
    // Some blocks are erased and others are not, as after a power loss.
    fc.record({
      kind: fc.constant<"blocks">("blocks"),
      size: fc.integer({ min: 1, max: 64 }),
      seed: fc.nat(),
    }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 12 }),
      fc.array(fate, { minLength: 1, maxLength: 12 }),
      tear,
      async (count, fates, torn) => {
        await withHistory(async (path) => {
          const told = story(count, fates);
          const journal = await Journal.open(path, QUICK);
          await journal.append(told.events);
          const before = readFileSync(path);
          await journal.erase();
          await journal.close();
          const after = readFileSync(path);
          expect(after.length).toBe(before.length);
          writeFileSync(path, tornBetween(before, after, torn));
          await check(path, told);
        });
      },
    ),
    { numRuns: 200 },
  );
});

/** A file of which the bytes that differ are partly those of before and partly those of after. */
function tornBetween(
  before: Buffer,
  after: Buffer,
  torn: { kind: "cut"; at: number } | { kind: "blocks"; size: number; seed: number },
): Buffer {
  const isDone = (at: number) =>
    torn.kind === "cut"
      ? at < torn.at * before.length
      : Bun.hash.crc32(`${torn.seed} ${Math.floor(at / torn.size)}`) % 2 === 0;
  return Buffer.from(before.map((byte, at) => (isDone(at) ? (after[at] ?? 0) : byte)));
}

test("DELETE-2 what is erased while a prune copies the file is erased in the copy as well", async () => {
  await withHistory(async (path) => {
    const told = story(12, []);
    const journal = await Journal.open(path, QUICK);
    await journal.append(told.events);
    const keep = { keepMs: null, keepMessages: 6, keepBytes: null, everyMs: 1 };
    await journal.prune(keep, Number.MAX_SAFE_INTEGER, async (end) => {
      const change = { connection: "", by: BY, time: 1 };
      await journal.append([
        editRecord({ kind: "edited", ...change, of: 9, id: 13, content: "new words" }),
        deleteRecord({ kind: "deleted", ...change, of: 10, id: 14 }),
      ]);
      await journal.erase();
      await end();
    });
    await journal.erase();
    for (const id of [1, 6, 9, 10]) expect(filesWith(dirname(path), told.current.get(id) ?? "")).toEqual([]);
    for (const text of [told.current.get(8) ?? "", "new words"])
      expect(filesWith(dirname(path), text)).toEqual([path]);
    const [ninth, tenth] = [await journal.message(9), await journal.message(10)];
    expect([ninth?.message.content, tenth?.isDeleted]).toEqual(["new words", true]);
    await journal.close();
  });
});

for (const [what, isSameHandle] of [
  ["another file", false],
  ["the same file, rewritten in place,", true],
] as const) {
  test(`DELETE-2 when ${what} takes over in the middle of an erasing, all of it is done again there`, async () => {
    await withHistory(async (path) => {
      const lines = [1, 2].map((id) => lineOf(message(id, `secret ${id}`)));
      const replacement = `${path}.replacement`;
      writeFileSync(path, fileText(lines));
      // It was copied before, without an expired message.
      writeFileSync(replacement, `[\n     ${lines.join(",\n")}\n]\n`);
      const files = [await open(path, "r+"), await open(replacement, "r+")] as const;
      let [current] = files;
      let isTaken = false;
      const eraser = new Eraser({
        path,
        file: () => current,
        find: async (id) => {
          const [text = "", start] = [lines[id - 1], isTaken ? 7 : 2];
          const offset = start + (id === 1 ? 0 : Buffer.byteLength(`${lines[0]},\n`));
          if (id === 2 && !isTaken) {
            isTaken = true;
            if (isSameHandle) writeFileSync(path, readFileSync(replacement));
            else current = files[1];
            eraser.tookOver();
            eraser.ended();
          }
          return { event: readEvent(text), line: { text, offset, bytes: Buffer.byteLength(text) } };
        },
        written: () => undefined,
        notice: () => undefined,
        isSynced: true,
        stop: new AbortController().signal,
      });
      await eraser.begun();
      eraser.add([1, 2]);
      await eraser.run();
      const text = readFileSync(isSameHandle ? path : replacement, "utf8");
      expect(JSON.parse(text)).toMatchObject(
        [1, 2].map((id) => ({ ...message(id), content: " ".repeat(8) })),
      );
      for (const file of files) await file.close();
    });
  });
}

test("DELETE-2 the edited text of a message that has expired is erased, though the edit is younger", async () => {
  await withHistory(async (path) => {
    const told = story(12, [{ of: 0, length: 5 }]);
    const edited = told.current.get(1) ?? "";
    const journal = await Journal.open(path, QUICK);
    await journal.append(told.events);
    const keep = { keepMs: null, keepMessages: 6, keepBytes: null, everyMs: 1 };
    await journal.prune(keep, Number.MAX_SAFE_INTEGER, (end) => end());
    await journal.erase();
    expect(filesWith(dirname(path), edited)).toEqual([]);
    await journal.close();
  });
});

test("DELETE-2 a text that is deleted is erased in the files that are kept beside the history", async () => {
  await withHistory(async (path) => {
    const words = ["stays here", 'goes "away" \u{1f35c}', "cut off"];
    const messages = words.map((content, at) => message(at + 1, content));
    writeFileSync(path, fileText(messages.map(lineOf)));
    // As Python wrote it, as a person has edited it, and the torn end of a file.
    const copies = {
      bak: JSON.stringify(messages.map(({ id: _, time: __, ...others }) => others)).replace(
        /[\u0080-\uffff]/g,
        (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
      ),
      "bak-2": JSON.stringify(messages, null, 4),
      "torn-20261126T000000Z": `,\n${messages.map(lineOf).join(",\n")}`.slice(0, -70),
    };
    for (const [suffix, text] of Object.entries(copies)) writeFileSync(`${path}.${suffix}`, text);
    const journal = await Journal.open(path, QUICK);
    await journal.append(
      [2, 3].map((of, at) =>
        deleteRecord({ kind: "deleted", connection: "", of, by: BY, id: 4 + at, time: Date.now() }),
      ),
    );
    await journal.erase();
    await journal.close();
    for (const text of words.slice(1)) {
      expect(filesWith(dirname(path), text)).toEqual([]);
      expect(filesWith(dirname(path), text.slice(0, 6))).toEqual([]);
    }
    expect(filesWith(dirname(path), "\\ud83c\\udf5c")).toEqual([]);
    expect(filesWith(dirname(path), "stays here")).toHaveLength(4);
    for (const suffix of ["bak", "bak-2"])
      expect(JSON.parse(readFileSync(`${path}.${suffix}`, "utf8"))).toMatchObject([
        { content: "stays here" },
        {},
        {},
      ]);
  });
});

test("DELETE-2 a copy that cannot be written to keeps nothing from being erased or pruned, and is tried again", async () => {
  await withHistory(async (path) => {
    const copy = `${path}.bak`;
    writeFileSync(copy, "[]");
    utimesSync(copy, 1, 1);
    const journal = await Journal.open(path, QUICK);
    await journal.append([1, 2, 3].map((id) => MessageRecord.of(message(id, `secret ${id}`))));
    const remove = async (of: number) => {
      const change = { connection: "", of, by: BY, id: journal.lastEventId + 1, time: 1 };
      await journal.append([deleteRecord({ kind: "deleted", ...change })]);
    };
    await remove(1);
    await journal.erase();
    expect(journal.notices).toEqual([]);
    // The file is known by now, and cannot be written to any more.
    rmSync(copy);
    mkdirSync(copy);
    await remove(2);
    await journal.erase();
    expect([journal.hasToErase, filesWith(dirname(path), "secret 2")]).toEqual([false, []]);
    expect(journal.notices).toEqual([expect.stringContaining(copy)]);
    const keep = { keepMs: null, keepMessages: 1, keepBytes: null, everyMs: 1 };
    expect(await journal.prune(keep, Number.MAX_SAFE_INTEGER, (end) => end())).toBe(2);
    rmdirSync(copy);
    writeFileSync(copy, JSON.stringify([message(2, "secret 2"), message(3, "secret 3")]));
    await journal.close();
    expect(filesWith(dirname(path), "secret 2")).toEqual([]);
    expect(filesWith(dirname(path), "secret 3")).toEqual([path, copy]);
    expect(journal.notices).toHaveLength(1);
  });
});

test("nothing is erased in files beside the history that the server has not made", async () => {
  await withHistory(async (path) => {
    const own = ["bak", "bak-2", "torn-20261126T000000Z", "torn-20261126T000000Z-3"];
    const others = ["bak-2025", "bak-old", "backup.gz", "bak.1", "torn-", "torn-20261126T000000Z.old"];
    for (const suffix of [...own, ...others])
      writeFileSync(`${path}.${suffix}`, JSON.stringify([message(1, "secret")]));
    mkdirSync(`${path}.bak-3`);
    const journal = await Journal.open(path, QUICK);
    await journal.append([MessageRecord.of(message(1, "secret"))]);
    await journal.append([deleteRecord({ kind: "deleted", connection: "", of: 1, by: BY, id: 2, time: 1 })]);
    await journal.erase();
    expect([journal.hasToErase, journal.notices]).toEqual([false, []]);
    await journal.close();
    expect(filesWith(dirname(path), "secret").sort()).toEqual(others.map((each) => `${path}.${each}`).sort());
  });
});

/** A copy beside a history, with these records and this name behind that of the history; and what becomes of their contents. */
async function afterErasing(
  suffix: string,
  records: readonly object[],
  erased: readonly StoredEvent[],
): Promise<string[]> {
  let contents: string[] = [];
  await withHistory(async (path) => {
    const copy = `${path}.${suffix}`;
    writeFileSync(copy, JSON.stringify(records));
    const later = message(1_000).time / 1000;
    utimesSync(copy, later, later);
    const journal = await Journal.open(path, QUICK);
    await journal.append(erased);
    let id = journal.lastEventId;
    const of = new Set(erased.map((event) => (event.kind === "edit" ? event.of : event.id)));
    await journal.append(
      [...of].map((each) =>
        deleteRecord({ kind: "deleted", connection: "", of: each, by: BY, id: ++id, time: 1 }),
      ),
    );
    await journal.close();
    contents = JSON.parse(readFileSync(copy, "utf8")).map(({ content }: { content: string }) =>
      content.trim(),
    );
  });
  return contents;
}

const TORN = "torn-20261126T000000Z";
const OTHER = "0000000000000000";

test("DELETE-2 a message is erased in a copy where its own record is, and in no other one", async () => {
  const { name, timestamp, time } = message(7);
  const whole = { ...message(7, "yes"), by: BY };
  const records = [
    { name, content: "yes", timestamp },
    { ...whole, id: 3 },
    whole,
    { ...whole, by: undefined },
    { name, content: "yes", timestamp: "24/11/2026 10:10:10" },
    { ...whole, time: time + 1 },
    { ...whole, by: OTHER },
    { ...whole, name: "Eve" },
    { id: 9, time, kind: "edit", of: 7, by: BY, content: "yes" },
  ];
  const left = await afterErasing("bak", records, [MessageRecord.of(whole)]);
  expect(left).toEqual(["", "", "", "", "yes", "yes", "yes", "yes", "yes"]);
  // Whoever was not told that it is stored may have sent it again.
  const leftTorn = await afterErasing(TORN, records, [MessageRecord.of(whole)]);
  expect(leftTorn).toEqual(["", "", "", "", "", "", "yes", "yes", "yes"]);
});

test("DELETE-2 an edit is erased in a copy where it is itself, and in no other record", async () => {
  const { name, timestamp, time } = message(2);
  const edit = { id: 2, time, kind: "edit", of: 1, by: BY, content: "yes" };
  const records = [
    edit,
    { ...edit, id: 5, key: BY },
    { ...edit, of: 2, id: 3 },
    { ...edit, by: OTHER },
    { name, content: "yes", timestamp },
    { ...message(1, "yes"), by: BY },
  ];
  const erased = [
    MessageRecord.of({ ...message(1, "no"), by: BY }),
    editRecord({ kind: "edited", connection: "", of: 1, by: BY, id: 2, time, content: "yes" }),
  ];
  for (const suffix of ["bak", TORN])
    expect(await afterErasing(suffix, records, erased)).toEqual(["", "", "yes", "yes", "yes", "yes"]);
});

test("a text that is younger than a copy is not erased there together with one that is older", async () => {
  const time = Date.parse("2026-11-26T00:10:01Z");
  const older = { ...message(1, "yes"), time };
  const younger = { ...message(2, "no"), time: time + 1 };
  const left = await afterErasing(TORN, [older, younger], [older, younger].map(MessageRecord.of));
  expect(left).toEqual(["", "no"]);
});

test("a copy keeps its time when something is erased in it", async () => {
  await withHistory(async (path) => {
    const copy = `${path}.bak`;
    const { time } = message(1);
    writeFileSync(copy, JSON.stringify([message(1, "secret")]));
    utimesSync(copy, time / 1000, time / 1000);
    const { mtimeMs } = statSync(copy);
    const journal = await Journal.open(path, QUICK);
    await journal.append([MessageRecord.of(message(1, "secret"))]);
    await journal.append([deleteRecord({ kind: "deleted", connection: "", of: 1, by: BY, id: 2, time: 1 })]);
    await journal.close();
    expect(filesWith(dirname(path), "secret")).toEqual([]);
    expect(Math.abs(statSync(copy).mtimeMs - mtimeMs)).toBeLessThan(2);
  });
});

test("DELETE-2 a record that was cut off anywhere behind the beginning of its content is erased, and only its author's", async () => {
  const own = { ...message(1, 'a "secret" \u0001 \u{1f35c}'), by: BY };
  const line = MessageRecord.of(own).text;
  const start = line.indexOf("a ");
  await withHistory(async (path) => {
    const names = [own.name, "Eve"];
    const cuts = Array.from({ length: Buffer.byteLength(line) - start - 1 }, (_, at) => start + 1 + at);
    const copyOf = (name: string, cut: number) =>
      `${path}.torn-20261126T00${String(names.indexOf(name))}000Z-${cut}`;
    for (const name of names)
      for (const cut of cuts) {
        const bytes = Buffer.from(MessageRecord.of({ ...own, name }).text);
        writeFileSync(copyOf(name, cut), bytes.subarray(0, cut + name.length - own.name.length));
      }
    const journal = await Journal.open(path, QUICK);
    await journal.append([MessageRecord.of(own)]);
    await journal.append([deleteRecord({ kind: "deleted", connection: "", of: 1, by: BY, id: 2, time: 1 })]);
    await journal.close();
    for (const name of names)
      for (const cut of cuts) {
        const [, left = ""] = readFileSync(copyOf(name, cut), "latin1").split('"content":"');
        if (name === own.name) expect(left).toMatch(/^ +("|$)/);
        else expect(left).toStartWith("a");
      }
  });
});

test("a file of a message that is younger than all copies is not looked at", async () => {
  await withHistory(async (path) => {
    writeFileSync(`${path}.bak`, JSON.stringify([{ ...message(1, "the same"), id: undefined }]));
    utimesSync(`${path}.bak`, 1, 1);
    const journal = await Journal.open(path, QUICK);
    await journal.append([MessageRecord.of(message(1, "the same"))]);
    await journal.append([deleteRecord({ kind: "deleted", connection: "", of: 1, by: BY, id: 2, time: 1 })]);
    await journal.erase();
    await journal.close();
    expect(filesWith(dirname(path), "the same")).toEqual([`${path}.bak`]);
  });
});

fileTest(
  "DELETE-2 what people delete and edit is gone from all files of the chat, in every room",
  async () => {
    await using server = await startServer(["--no-limits"]);
    const folder = dirname(server.dataFile);
    for (const room of [undefined, "tea"]) {
      const an = await V3Client.registered(server.url(room), "An");
      const first = await an.say('a secret <b>"1"</b>');
      const second = await an.say("another secret");
      await an.ask({ type: "edit", of: second, content: "an edited secret" });
      await an.ask({ type: "edit", of: second, content: `harmless in ${room}` });
      await an.ask({ type: "delete", of: first });
      await areGone(folder, "a secret <b>", "another secret", "an edited secret");
      expect(filesWith(folder, `harmless in ${room}`)).toHaveLength(1);
    }
  },
);

fileTest(
  "DELETE-2 a server that is killed right after it has acknowledged deletions erases them at its next start, in all rooms",
  async () => {
    await using server = await startServer(["--no-limits"]);
    const folder = dirname(server.dataFile);
    for (let round = 0; round < 6; round++) {
      const texts: string[] = [];
      const rooms = [undefined, "tea", "cake"];
      const asked: Promise<unknown>[] = [];
      for (const room of rooms) {
        const an = await V3Client.registered(server.url(room), `An ${round}`);
        for (let i = 0; i < 30; i++) {
          const text = `secret ${round} ${room ?? "main"} ${i} ${"x".repeat(i * 120)}`;
          const of = await an.say(text);
          texts.push(text);
          asked.push(an.ask(i % 2 === 0 ? { type: "delete", of } : { type: "edit", of, content: "-" }));
          await asked.at(-1);
        }
      }
      await server.kill();
      await server.restart();
      await areGone(folder, ...texts);
    }
  },
);

fileTest(
  "DELETE-2 a copy in the folder of rooms that a killed server has not finished is erased",
  async () => {
    await using server = await startServer(["--no-limits"]);
    const rooms = server.dataFile.replace(/\.json$/, ".rooms");
    await server.stop();
    mkdirSync(rooms, { recursive: true });
    // As a server left it that was killed between the deletion and the erasing.
    const change = deleteRecord({ kind: "deleted", connection: "", of: 1, by: BY, id: 2, time: Date.now() });
    writeFileSync(join(rooms, "tea.json"), fileText([lineOf(message(1, "unfinished secret")), change.text]));
    await server.restart();
    await areGone(dirname(server.dataFile), "unfinished secret");
    const an = await V3Client.registered(server.url("tea"), "An");
    expect(contents(await an.page())).toEqual([""]);
  },
);
