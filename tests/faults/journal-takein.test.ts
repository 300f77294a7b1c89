import { expect, test } from "bun:test";
import { chmodSync, linkSync, lstatSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Journal, type JournalOptions } from "../../src/engine/local/journal.ts";
import type { Message } from "../../src/room/operation.ts";
import {
  awkwardMessages,
  besides,
  historyText,
  message,
  messagesOf,
  QUICK,
  readHistory,
  toRecords,
  withHistory,
  withOpened,
} from "./journal-fixture.ts";

/** Reads timestamps of the form `t=NUMBER`. */
const TIMED: JournalOptions = {
  ...QUICK,
  timeOf: (timestamp) => (timestamp.startsWith("t=") ? Number(timestamp.slice(2)) : undefined),
};

/** As Python's `json.dumps` writes: one line, `", "` and `": "`, everything beyond ASCII escaped. */
function pythonText(values: readonly object[]): string {
  const one = (value: object) =>
    `{${Object.entries(value)
      .map(([key, each]) => `${JSON.stringify(key)}: ${JSON.stringify(each)}`)
      .join(", ")}}`;
  return `[${values.map(one).join(", ")}]`.replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

async function takenIn(text: string | Uint8Array, check: (messages: Message[]) => void): Promise<void> {
  await withHistory(async (path) => {
    await withOpened(
      path,
      text,
      async (journal) => {
        const messages = await messagesOf(journal);
        check(messages);
        expect(readFileSync(path, "utf8")).toBe(historyText(messages));
        expect([journal.count, journal.lastId]).toEqual([messages.length, messages.at(-1)?.id ?? 0]);
        expect(journal.notices.length).toBe(1);
        const added = message(journal.lastId + 1);
        await journal.append(toRecords([added]));
        expect(readHistory(path)).toEqual([...messages, added]);
      },
      TIMED,
    );
    expect(besides(path, "").length).toBe(1);
    expect(readFileSync(`${path}.bak`)).toEqual(Buffer.from(text));
  });
}

test("a file of the Python server's form is taken in, and the original is kept", async () => {
  const texts = ["Chào", "ổn 🍜", 'a "b" \\ c', "}, {", "\ud83d alone"];
  const foreign = texts.map((content) => ({ name: "Ân", content, timestamp: "23/11/2026, 10:10:10" }));
  await takenIn(pythonText(foreign), (messages) =>
    expect(messages).toEqual(foreign.map((each, at) => ({ ...each, id: at + 1, time: 0 }))),
  );
});

test("100,000 messages of the Python server's form are taken in", async () => {
  const foreign = Array.from({ length: 100_000 }, (_, at) => ({
    name: `Ân ${at % 50}`,
    content: `tin nhắn số ${at}`,
    timestamp: "23/11/2026, 10:10:10",
  }));
  await takenIn(pythonText(foreign), (messages) => {
    expect(messages.length).toBe(foreign.length);
    expect(
      messages.every(({ name, content, id }, at) => same({ name, content }, foreign[at]) && id === at + 1),
    ).toBe(true);
  });
});

function same(left: { name: string; content: string }, right?: { name: string; content: string }): boolean {
  return left.name === right?.name && left.content === right.content;
}

test("any spacing, key order and escapes are read", async () => {
  const text =
    '\r\n[\r\n\t{ "timestamp" : "t=5" ,\n"content":"\\/\\u0041\\ud83d\\ude00", "name":"An" } , {"time":7,"name":"B","id":4,"content":"","timestamp":""}\r\n ]\r\n\r\n';
  await takenIn(text, (messages) =>
    expect(messages).toEqual([
      { name: "An", content: "/A😀", timestamp: "t=5", id: 1, time: 5 },
      { name: "B", content: "", timestamp: "", id: 4, time: 7 },
    ]),
  );
});

test("a byte order mark is accepted", async () => {
  await takenIn(`\ufeff${historyText([message(1)])}`, (messages) => expect(messages).toEqual([message(1)]));
});

test("ids that grow are kept, and others are replaced", async () => {
  const ids = [undefined, 5, 5, 2, "9", 7.5, 2 ** 52 + 2, 20, null, -1, 0];
  const foreign = ids.map((id) => ({ name: "An", content: "x", timestamp: "", id }));
  await takenIn(JSON.stringify(foreign), (messages) =>
    expect(messages.map(({ id }) => id)).toEqual([1, 5, 6, 7, 8, 9, 10, 20, 21, 22, 23]),
  );
});

test("a time is kept, or read from the timestamp, or the time of the message before", async () => {
  const parts = [
    { timestamp: "?" },
    { timestamp: "t=50" },
    { timestamp: "?" },
    { timestamp: "t=50", time: -3 },
    { timestamp: "?", time: 1.5 },
    { timestamp: "t=NaN", time: "8" },
    { timestamp: "t=9", time: 2 ** 53 },
  ];
  const foreign = parts.map((part) => ({ name: "An", content: "x", ...part }));
  await takenIn(JSON.stringify(foreign), (messages) =>
    expect(messages.map(({ time }) => time)).toEqual([0, 50, 50, -3, -3, -3, 9]),
  );
});

test("records edited by hand are taken in where the canonical ones end", async () => {
  const messages = awkwardMessages(4);
  const changes: ((line: string) => string)[] = [
    (line) => line.replace('{"name"', '{ "name"'),
    (line) => line.replace('"time":', '"time": '),
    (line) => line.replace("\\n", "\\u000a"),
    (line) => line.replace(/"id":\d+/, '"id":1'),
    (line) => line.replace(/,$/, " ,"),
    (line) => line.replace("},", "}, \r"),
  ];
  for (const change of changes) {
    const lines = historyText(messages).split("\n");
    const edited = change(lines[2] ?? "");
    expect(edited).not.toBe(lines[2] ?? "");
    await takenIn(lines.with(2, edited).join("\n"), (taken) =>
      expect(taken.map(withoutId)).toEqual(messages.map(withoutId)),
    );
  }
});

function withoutId({ name, content, timestamp, time }: Message) {
  return { name, content, timestamp, time };
}

test("lone surrogates keep their meaning, whatever the case of their escapes", async () => {
  const text = '[{"name":"\\uD83D","content":"\\uDE00\\ud83d","timestamp":""}]';
  await takenIn(text, (messages) =>
    expect(messages).toEqual([{ name: "\ud83d", content: "\ude00\ud83d", timestamp: "", id: 1, time: 0 }]),
  );
});

test("messages longer than a chunk and cut by its end are read whole", async () => {
  const contents = [200_000, 1_000_000, 10, 300_000].map((length) => 'ấ\\"'.repeat(length / 5));
  await takenIn(pythonText(contents.map((content) => ({ name: "An", content, timestamp: "" }))), (messages) =>
    expect(messages.map(({ content }) => content.length)).toEqual(contents.map((content) => content.length)),
  );
});

test("the notice says what was taken in, what was left out, and where the original is", async () => {
  const foreign = [
    { name: "An", content: "x", timestamp: "", ip: "10.0.0.1", __proto__x: 1 },
    { name: "An", content: "x", timestamp: "", id: "7", "a\n": { deep: [1] } },
  ];
  await withHistory(async (path) => {
    await withOpened(path, JSON.stringify(foreign), (journal) =>
      expect(journal.notices).toEqual([
        `The history file ${path} was not in this server's format and was rewritten with its 2 messages; ` +
          `the original is kept as ${path}.bak. Message ids replaced because they did not grow: 1. ` +
          'Keys left out: "ip", "__proto__x", "a\\n".',
      ]),
    );
  });
});

test("an existing .bak is never written over", async () => {
  await withHistory(async (path) => {
    const texts = [1, 2, 3].map((id) => JSON.stringify([message(id)]));
    writeFileSync(`${path}.bak`, "mine");
    for (const text of texts) await withOpened(path, text, () => undefined);
    expect(["", "-2", "-3", "-4"].map((end) => readFileSync(`${path}.bak${end}`, "utf8"))).toEqual([
      "mine",
      ...texts,
    ]);
  });
});

test("a file taken in keeps its permissions", async () => {
  await withHistory(async (path) => {
    writeFileSync(path, JSON.stringify([message(1)]));
    chmodSync(path, 0o640);
    const journal = await Journal.open(path, QUICK);
    await journal.close();
    expect(readFileSync(path, "utf8")).toBe(historyText([message(1)]));
    expect(statSync(path).mode & 0o777).toBe(0o640);
  });
});

test("through a symbolic link the file that it leads to is taken in, and the link stays", async () => {
  await withHistory(async (path) => {
    const target = join(dirname(path), "target.json");
    writeFileSync(target, JSON.stringify([message(1)]));
    symlinkSync("target.json", path);
    const journal = await Journal.open(path, QUICK);
    await journal.append(toRecords([message(2)]));
    await journal.close();
    expect(lstatSync(path).isSymbolicLink()).toBe(true);
    expect(readFileSync(target, "utf8")).toBe(historyText([message(1), message(2)]));
    expect(besides(target, "bak").length).toBe(1);
  });
});

test("remains of an interrupted take-in do not hinder the next one", async () => {
  await withHistory(async (path) => {
    writeFileSync(`${path}.taking-in`, "half a draft that is longer than the file will be".repeat(100));
    writeFileSync(path, JSON.stringify([message(1)]));
    linkSync(path, `${path}.bak`);
    const journal = await Journal.open(path, QUICK);
    await journal.close();
    expect(readFileSync(path, "utf8")).toBe(historyText([message(1)]));
    expect(besides(path, "taking-in")).toEqual([]);
  });
});

test("KEY-3 the keys of messages are taken in as well, if they are keys", async () => {
  const key = "-_abcdefghij0129";
  const values = [{ ...message(1), key }, { ...message(2), key: "mine" }, message(3)];
  await takenIn(JSON.stringify(values, null, 2), (messages) => {
    expect(messages).toEqual([{ ...message(1), digest: key }, message(2), message(3)]);
  });
});
