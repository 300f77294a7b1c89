/** What becomes of changes that a later version has written, in the hands of this one, which does not know their kinds. */
import { expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { HistoryIndex } from "../../src/engine/local/history-index.ts";
import { Journal } from "../../src/engine/local/journal.ts";
import { newestTime } from "../../src/engine/local/newest-time.ts";
import { Sweep } from "../../src/engine/local/sweep.ts";
import { ChatClient } from "../support/client.ts";
import { runCommand, startServer, TemporaryFolder } from "../support/server.ts";
import { fileTest } from "../support/store.ts";
import { V3Client } from "../support/v3.ts";
import {
  besides,
  changeLine,
  fileText,
  lineOf,
  message,
  messagesAbove,
  messagesOf,
  QUICK,
  toRecords,
  withHistory,
  withOpened,
} from "./journal-fixture.ts";
import { setReplaceable } from "./unreplaceable.ts";

setReplaceable(true);

const CLOSING = "\n]\n";
/** Long after all messages of these tests. */
const NOW = 2_000_000_000_000;

/** Messages with the ids given as numbers, and between them the lines of changes. */
function linesOf(...events: readonly (number | string)[]): string[] {
  return events.map((event) => (typeof event === "number" ? lineOf(message(event)) : event));
}

const idsOf = async (journal: Journal) => (await messagesOf(journal)).map(({ id }) => id);
const elementsOf = (text: string): { id: number }[] => JSON.parse(text);

/** Where changes may stand. */
const PLACES: Record<string, string[]> = {
  "at the beginning": linesOf(changeLine(1), 2, 3),
  "in the middle": linesOf(1, changeLine(2, "delete", { target: 1 }), 3),
  "at the end": linesOf(1, 2, changeLine(3, "react", { target: 1, with: "🍜", by: ["a", { b: [] }] })),
  "several in a row": linesOf(1, changeLine(2), changeLine(5, "x-2", {}), changeLine(9), 10, changeLine(11)),
  "and nothing else": linesOf(changeLine(4), changeLine(5)),
  "with the texts of messages in them": linesOf(1, changeLine(2, "note", { content: lineOf(message(9)) }), 3),
};

for (const [where, lines] of Object.entries(PLACES)) {
  const all = elementsOf(fileText(lines));
  const messages = all.filter((each) => "name" in each);

  test(`changes ${where} are not shown and not counted, and the file stays as it is`, async () => {
    await withHistory(async (path) => {
      await withOpened(path, fileText(lines), async (journal) => {
        const ids = messages.map(({ id }) => id);
        expect(journal.notices).toEqual([]);
        expect(await idsOf(journal)).toEqual(ids);
        expect([journal.count, journal.firstId, journal.lastId]).toEqual([
          messages.length,
          ids[0] ?? 0,
          ids.at(-1) ?? 0,
        ]);
        for (let id = 0; id <= 12; id++) {
          const below = await journal.below(id, 2);
          expect(below.map((each) => each.id)).toEqual(ids.filter((each) => each < id).slice(-2));
          const above = await messagesAbove(journal, id, 2);
          expect(above.map((each) => each.id)).toEqual(ids.filter((each) => each > id).slice(0, 2));
          expect((await journal.message(id))?.id).toEqual(ids.find((each) => each === id));
        }
      });
      expect(readFileSync(path, "utf8")).toBe(fileText(lines));
      expect(readdirSync(dirname(path))).toEqual(["data.json"]);
    });
  });

  test(`the ids of changes ${where} are not used again, not even after a restart`, async () => {
    await withHistory(async (path) => {
      const last = all.at(-1)?.id ?? 0;
      const added = [message(last + 1), message(last + 2)];
      for (const [at, each] of added.entries()) {
        const bytes = fileText([...lines, ...added.slice(0, at).map(lineOf)]);
        await withOpened(path, bytes, async (journal) => {
          expect(journal.lastEventId).toBe(last + at);
          expect(journal.append(toRecords([message(last + at)]))).rejects.toThrow("does not follow");
          await journal.append(toRecords([each]));
          expect(journal.isReplaced).toBe(false);
        });
        expect(readFileSync(path, "utf8")).toBe(fileText([...lines, ...added.slice(0, at + 1).map(lineOf)]));
      }
    });
  });
}

test("a budget of bytes is for messages alone", async () => {
  await withHistory(async (path) => {
    const plain = [1, 2, 3, 4].map((id) => lineOf(message(id * 10)));
    const changed = plain.flatMap((line, at) => [line, changeLine(at * 10 + 15), changeLine(at * 10 + 16)]);
    const tails: number[][][] = [];
    for (const lines of [plain, changed]) {
      await withOpened(path, fileText(lines), async (journal) => {
        const ids: number[][] = [];
        for (let budget = 0; budget < 400; budget++) {
          for (const found of [await journal.tail(budget), await journal.below(99, 9, budget)])
            ids.push(found.map(({ id }) => id));
        }
        ids.push([journal.averageBytes]);
        tails.push(ids);
      });
    }
    expect(tails[1]).toEqual(tails[0] ?? []);
  });
});

for (const [where, lines] of [
  ["last one", linesOf(1, 2, changeLine(3, "edit", { target: 1, content: 'ấ🍜\\" ]\n', n: [-1.5, null] }))],
  ["first one", linesOf(changeLine(3))],
] as const) {
  test(`a change torn at any byte is cut off and kept when it is the ${where}`, async () => {
    const whole = lines.slice(0, -1);
    const full = Buffer.from(fileText(lines));
    const end = Buffer.byteLength(fileText(whole)) - CLOSING.length;
    await withHistory(async (path) => {
      for (let at = end; at < full.length - CLOSING.length; at++) {
        for (const nul of [0, 5]) {
          const bytes = Buffer.concat([full.subarray(0, at), Buffer.alloc(nul)]);
          await withOpened(path, bytes, async (journal) => {
            expect({ at, ids: await idsOf(journal) }).toEqual({ at, ids: whole.map((_, i) => i + 1) });
            expect(readFileSync(path, "utf8")).toBe(fileText(whole));
            expect(journal.lastEventId).toBe(whole.length);
          });
          const torn = bytes.subarray(end);
          const kept = besides(path, "torn-").map((each) => readFileSync(each).toString("hex"));
          expect(kept).toEqual(/^[,\n]*$/.test(torn.toString()) ? [] : [torn.toString("hex")]);
          for (const each of besides(path, "torn-")) rmSync(each);
        }
      }
    });
  });
}

test("what a power loss leaves after a change is cut off and kept, even whole lines from earlier", async () => {
  await withHistory(async (path) => {
    const end = fileText([changeLine(3)]).slice(0, -CLOSING.length);
    const lost = `,\n\0\0\0\n${lineOf(message(9))}${CLOSING}`;
    await withOpened(path, end + lost, (journal) => expect(journal.lastEventId).toBe(3));
    expect(readFileSync(path, "utf8")).toBe(fileText([changeLine(3)]));
    expect(besides(path, "torn-").map((each) => readFileSync(each, "utf8"))).toEqual([lost]);
  });
});

test("a file that ends with a whole change and lost its bracket is closed, and the change stays", async () => {
  await withHistory(async (path) => {
    const text = fileText(linesOf(1, changeLine(2)));
    for (const missing of ["", "\n", ",\n", ",\n]\n"]) {
      await withOpened(path, text.slice(0, -CLOSING.length) + missing, (journal) => {
        expect(journal.notices).toEqual([expect.stringContaining("closing bracket")]);
      });
      expect(readFileSync(path, "utf8")).toBe(text);
    }
  });
});

const DAMAGED: Record<string, (line: string) => string> = {
  "is not JSON": (line) => line.replace('"target":1', '"target":oops'),
  "has an open bracket": (line) => line.replace('"target":1', '"target":[1'),
  "has no end": (line) => line.slice(0, -1),
  "has a kind that is not a word": (line) => line.replace('"edit"', '"Edit!"'),
  "has no kind": (line) => line.replace('"kind":"edit",', ""),
  "has an id that does not grow": (line) => line.replace('"id":2', '"id":1'),
  "has no id": (line) => line.replace('"id":2,', ""),
};

for (const [what, damage] of Object.entries(DAMAGED)) {
  test(`a file with a change that ${what} before whole messages is refused, and not touched`, async () => {
    await withHistory(async (path) => {
      const text = fileText(linesOf(1, damage(changeLine(2)), 3));
      writeFileSync(path, text);
      expect(Journal.open(path, QUICK)).rejects.toThrow("is not a history and was left as it is: entry 2 ");
      await Journal.open(path, QUICK).catch(() => undefined);
      expect(readFileSync(path, "utf8")).toBe(text);
      expect(readdirSync(dirname(path))).toEqual(["data.json"]);
    });
  });
}

/** What people and their editors do to a file, without changing what it says. */
const EDITED: Record<string, (lines: readonly string[]) => string> = {
  "with indentation": (lines) => JSON.stringify(JSON.parse(fileText(lines)), null, 2),
  "on one line": (lines) => JSON.stringify(JSON.parse(fileText(lines))),
  "with spaces": (lines) => fileText(lines).replaceAll('":', '" : ').replaceAll(',"', ', "'),
  "with the keys in another order": (lines) =>
    JSON.stringify(
      JSON.parse(fileText(lines)).map((each: object) => Object.fromEntries(Object.entries(each).reverse())),
    ),
  "with other escapes": (lines) => fileText(lines).replaceAll("e", "\\u0065").replaceAll("/", "\\/"),
  "with Windows line ends": (lines) => fileText(lines).replaceAll("\n", "\r\n"),
  "with a message of another form behind it": (lines) =>
    fileText(lines).replace(/\n\]\n$/, ',\n{"name": "An", "content": "", "timestamp": ""}\n]\n'),
};

for (const [how, edited] of Object.entries(EDITED)) {
  test(`a change in a file that was edited by hand is kept with all of its keys, ${how}`, async () => {
    const more = { target: 1, content: "a/b 🍜", deep: { name: "x", id: [1, { kind: null }] } };
    for (const lines of [
      linesOf(1, changeLine(2, "edit", more), 3),
      linesOf(1, 3, changeLine(4, "edit", more)),
      linesOf(changeLine(4, "edit", more), changeLine(5, "edit", {})),
    ]) {
      const text = edited(lines);
      await withHistory(async (path) => {
        await withOpened(path, text, (journal) => {
          expect(journal.notices).toEqual([expect.stringMatching(/ and \d changes? of a later version; /)]);
        });
        const now = readFileSync(path, "utf8");
        expect(elementsOf(now).slice(0, lines.length)).toEqual(elementsOf(fileText(lines)));
        const starts = now.split("\n").filter((line) => line.startsWith('{"id":'));
        expect(starts).toHaveLength(lines.filter((line) => line.startsWith('{"id":')).length);
        expect(readFileSync(`${path}.bak`, "utf8")).toBe(text);
        // It is canonical from now on.
        await withOpened(path, now, (journal) => expect(journal.notices).toEqual([]));
        expect(readFileSync(path, "utf8")).toBe(now);
      });
    }
  });
}

test("a change keeps keys that look like indices, or that have the names of object members", async () => {
  await withHistory(async (path) => {
    const change =
      '{"7": "seven", "__proto__": {"a": 1}, "id": 2, "constructor": [], "time": 5, "kind": "x"}';
    const text = `[${lineOf(message(1))}, ${change}]`;
    await withOpened(path, text, () => {});
    expect(readFileSync(path, "utf8")).toBe(
      fileText([
        lineOf(message(1)),
        '{"id":2,"time":5,"kind":"x","7":"seven","__proto__":{"a":1},"constructor":[]}',
      ]),
    );
  });
});

test("an event with a name is a message, and loses its kind", async () => {
  await withHistory(async (path) => {
    const text = fileText([changeLine(1, "edit", { name: "An", content: "x", timestamp: "" })]);
    await withOpened(path, text, async (journal) => {
      expect(await messagesOf(journal)).toMatchObject([{ name: "An", content: "x", id: 1 }]);
      expect(journal.notices).toEqual([expect.stringContaining('Keys left out: "kind".')]);
    });
  });
});

test("a file whose changes would refer to other messages, since ids do not grow, is refused", async () => {
  await withHistory(async (path) => {
    for (const lines of [
      linesOf(1, 5, 3, changeLine(9)),
      linesOf(1, 2, changeLine(3), 2),
      linesOf(changeLine(1), 2, 2),
    ]) {
      const text = fileText(lines);
      writeFileSync(path, text);
      expect(Journal.open(path, QUICK)).rejects.toThrow("and it has changes that refer to them");
      await Journal.open(path, QUICK).catch(() => undefined);
      expect(readFileSync(path, "utf8")).toBe(text);
      expect(readdirSync(dirname(path))).toEqual(["data.json"]);
    }
  });
});

/** What is in a file of two hundred messages, of which every second one is edited right away, and all in a row. */
const EDITS = [
  changeLine(1),
  ...Array.from({ length: 200 }, (_, at) => {
    const id = at * 3 + 2;
    return at % 2 === 0 ? linesOf(id, changeLine(id + 1)) : linesOf(id);
  }).flat(),
  changeLine(1000),
  changeLine(1001),
];

/** The lines that stay when so many messages are kept. */
function kept(count: number): string[] {
  const messages = EDITS.flatMap((line, at) => (line.startsWith('{"name"') ? [at] : []));
  return EDITS.slice(messages.at(-count));
}

for (const isReplaceable of [true, false]) {
  test(`a prune counts messages only, and keeps the changes behind the first one kept: ${isReplaceable ? "by another file" : "in place"}`, async () => {
    setReplaceable(isReplaceable);
    try {
      for (const count of [1, 2, 63, 64, 65, 130, 199, 200]) {
        await withHistory(async (path) => {
          await withOpened(path, fileText(EDITS), async (journal) => {
            const retention = { keepMs: null, keepMessages: count, keepBytes: null, everyMs: 1 };
            expect(await journal.prune(retention, NOW, (end) => end())).toBe(200 - count);
            const lines = count === 200 ? EDITS : kept(count);
            expect(readFileSync(path, "utf8")).toBe(fileText(lines));
            const ids = elementsOf(fileText(lines)).flatMap((each) => ("name" in each ? [each.id] : []));
            expect(await idsOf(journal)).toEqual(ids);
            expect([journal.count, journal.firstId, journal.lastEventId]).toEqual([count, ids[0] ?? 0, 1001]);
            for (const before of [ids[0] ?? 0, 300, 400, 600, 2000]) {
              const found = await journal.below(before, 70);
              expect(found.map(({ id }) => id)).toEqual(ids.filter((id) => id < before).slice(-70));
            }
            await journal.append(toRecords([message(1002)]));
            expect(readFileSync(path, "utf8")).toBe(fileText([...lines, lineOf(message(1002))]));
            expect(await idsOf(journal)).toEqual([...ids, 1002]);
          });
        });
      }
    } finally {
      setReplaceable(true);
    }
  });

  test(`a hand-edited file with changes is taken in ${isReplaceable ? "by another file" : "in place"}`, async () => {
    setReplaceable(isReplaceable);
    try {
      await withHistory(async (path) => {
        const text = JSON.stringify(elementsOf(fileText(EDITS)), null, 1);
        await withOpened(path, text, (journal) => expect(journal.count).toBe(200));
        expect(readFileSync(path, "utf8")).toBe(fileText(EDITS));
        expect(readFileSync(`${path}.bak`, "utf8")).toBe(text);
      });
    } finally {
      setReplaceable(true);
    }
  });
}

test("a prune by age or size looks at messages, whatever the age of changes", async () => {
  const old = (id: number) => ({ ...message(id), time: id });
  const young = { ...message(9), time: NOW - 60_000 };
  const lines = [
    ...[1, 2].map((id) => lineOf(old(id))),
    changeLine(3),
    lineOf(old(4)),
    changeLine(5),
    lineOf(young),
  ];
  for (const retention of [
    { keepMs: 1_000_000_000, keepMessages: null, keepBytes: null, everyMs: 1 },
    { keepMs: null, keepMessages: null, keepBytes: 10, everyMs: 1 },
  ]) {
    await withHistory(async (path) => {
      await withOpened(path, fileText(lines), async (journal) => {
        expect(await journal.prune(retention, NOW, (end) => end())).toBe(3);
      });
      expect(readFileSync(path, "utf8")).toBe(fileText(lines.slice(-1)));
    });
  }
});

fileTest(
  "a server with changes of a later version shows the messages, and gives ids above all of them",
  async () => {
    using folder = new TemporaryFolder();
    const dataFile = join(folder.path, "data.json");
    const lines = linesOf(1, changeLine(2), 3, changeLine(4), changeLine(7));
    const text = fileText(lines);
    mkdirSync(join(folder.path, "data.rooms"));
    for (const path of [dataFile, join(folder.path, "data.rooms", "tea.json")]) writeFileSync(path, text);
    await using server = await startServer([], { dataFile });
    for (const [start, room] of [undefined, "tea"].entries()) {
      if (start > 0) await server.restart();
      using client = await V3Client.registered(server.url(room), "An");
      using classic = await ChatClient.registered(server.url(room), "Bình");
      const page = (request: object) =>
        client
          .page(request)
          .then(({ messages, ...page }) => ({ ids: messages.map(({ id }) => id), ...page }));
      expect(await page({ limit: 1 })).toMatchObject({ ids: [3], more: true });
      expect(await page({ limit: 2 })).toMatchObject({ ids: [1, 3], more: false });
      expect(await page({ limit: 5, before: 3 })).toMatchObject({ ids: [1], more: false });
      expect(await page({ limit: 5, after: 1 })).toMatchObject({ ids: [3], more: false });
      expect(await page({ limit: 5, after: 3, time: message(3).time })).toMatchObject({
        ids: [],
        more: false,
      });
      expect((await classic.get()).messages.map(({ content }) => content)).toEqual([
        "message 1",
        "message 3",
      ]);
      expect(await client.say("new")).toBe(8);
      expect(await classic.next()).toMatchObject({ datatype: "message", content: "new" });
      expect((await classic.get()).messages).toHaveLength(3);
      expect(await page({ limit: 5, after: 3 })).toMatchObject({ ids: [8], more: false });
    }
    await server.stop();
    for (const path of [dataFile, join(folder.path, "data.rooms", "tea.json")])
      expect(readFileSync(path, "utf8")).toStartWith(text.slice(0, -CLOSING.length));
  },
);

fileTest(
  "rooms that nobody is in are pruned by their messages when their files begin or end with changes",
  async () => {
    using folder = new TemporaryFolder();
    const rooms = join(folder.path, "data.rooms");
    mkdirSync(rooms);
    const due = linesOf(changeLine(1), 2, 3, changeLine(4), 5, changeLine(6));
    const single = linesOf(changeLine(1), 2, changeLine(3));
    for (const [room, lines] of Object.entries({ due, single, none: [changeLine(1)] }))
      writeFileSync(join(rooms, `${room}.json`), fileText(lines));
    await using server = await startServer(["--keep-days", "1", "--trust-clock"], {
      dataFile: join(folder.path, "data.json"),
    });
    const isDone = () => readFileSync(join(rooms, "due.json"), "utf8") === fileText(due.slice(-2));
    while (!isDone()) await Bun.sleep(5);
    await server.stop();
    expect(readFileSync(join(rooms, "single.json"), "utf8")).toBe(fileText(single));
    expect(readFileSync(join(rooms, "none.json"), "utf8")).toBe(fileText([changeLine(1)]));
    expect(server.lines.filter(({ text }) => text.includes('"stack"'))).toEqual([]);
  },
);

test("only files with an old message that may go are opened to drop it, wherever changes stand", async () => {
  using folder = new TemporaryFolder();
  const files = {
    due: linesOf(changeLine(1), 2, 3, changeLine(4)),
    young: [changeLine(1), lineOf({ ...message(2), time: NOW }), lineOf({ ...message(3), time: NOW })],
    single: linesOf(changeLine(1), 2, changeLine(3)),
    none: [changeLine(1), changeLine(2)],
  };
  for (const [room, lines] of Object.entries(files))
    writeFileSync(join(folder.path, `${room}.json`), fileText(lines));
  const opened: string[] = [];
  // Asked for with each file, and once more at the end.
  const asked = { times: 0 };
  const sweep = new Sweep({
    dataFile: join(folder.path, "data.json"),
    roomsFolder: folder.path,
    retention: () => {
      asked.times++;
      return { keepMs: 1000, keepMessages: null, keepBytes: null, everyMs: 1 };
    },
    now: () => NOW,
    isOpen: () => false,
    open: (room) => {
      opened.push(room);
      return Journal.open(join(folder.path, `${room}.json`), QUICK);
    },
    prune: async () => {},
    notice: () => {},
    fault: (_room, error) => expect(error).toBeUndefined(),
  });
  sweep.start();
  while (asked.times <= Object.keys(files).length) await Bun.sleep(1);
  await sweep.close();
  expect(opened).toEqual(["due"]);
});

test("the newest message is found in a room whose file ends with changes", async () => {
  using folder = new TemporaryFolder();
  const dataFile = join(folder.path, "data.json");
  writeFileSync(dataFile, fileText([changeLine(1)]));
  const rooms = join(folder.path, "data.rooms");
  mkdirSync(rooms);
  writeFileSync(join(rooms, "tea.json"), fileText(linesOf(1, 2, changeLine(3), changeLine(4))));
  const main = await Journal.open(dataFile, QUICK);
  expect(await newestTime(main, rooms)).toBe(message(2).time);
  await main.close();
});

test("an index forgets expired changes along with the messages", () => {
  const index = new HistoryIndex();
  index.add(2, 1, 10);
  index.addChange(30, 2);
  index.add(60, 3, 10);
  index.addChange(90, 4);
  index.expire({ count: 1, changes: 1, bytes: 58, replyBytes: 10, firstId: 3 });
  expect([index.count, index.changes, index.firstId, index.lastEventId]).toEqual([1, 1, 3, 4]);
});

for (const kind of ["import", "export"] as const) {
  fileTest(
    `an ${kind} of changes that this version does not know is refused, and nothing is written`,
    async () => {
      for (const broken of ["main", "tea"]) {
        using folder = new TemporaryFolder();
        const source = join(folder.path, "source.json");
        const target = join(folder.path, "target.json");
        const tea = join(folder.path, "source.rooms", "tea.json");
        mkdirSync(join(folder.path, "source.rooms"));
        writeFileSync(
          source,
          fileText(broken === "main" ? linesOf(1, changeLine(2, "react"), 3) : linesOf(1)),
        );
        writeFileSync(tea, fileText(broken === "tea" ? linesOf(1, changeLine(2, "react"), 3) : linesOf(1)));
        const files = kind === "import" ? [source, "--data", target] : [target, "--data", source];
        const { exitCode, stderr } = await runCommand([kind, ...files]);
        expect([exitCode, stderr]).toEqual([
          1,
          `The file ${broken === "main" ? source : tea} has a change of the kind "react" (id 2), which this version does not know: use the version that wrote it.\n`,
        ]);
        expect(existsSync(target)).toBe(false);
        expect(existsSync(join(folder.path, "target.rooms"))).toBe(false);
      }
    },
  );
}

fileTest("a file with changes that this version does not know is not added to", async () => {
  using folder = new TemporaryFolder();
  const [source, target] = [join(folder.path, "source.json"), join(folder.path, "target.json")];
  const text = fileText(linesOf(1, changeLine(2)));
  writeFileSync(source, fileText(linesOf(1, 3)));
  writeFileSync(target, text);
  const { exitCode, stderr } = await runCommand(["import", source, "--data", target]);
  expect([exitCode, stderr]).toEqual([
    1,
    expect.stringContaining(`The file ${target} has a change of the kind "edit"`),
  ]);
  expect(readFileSync(target, "utf8")).toBe(text);
});
