import { expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { Journal, JournalError } from "../../src/engine/local/journal.ts";
import { awkwardMessages, historyText, message, QUICK, withHistory } from "./journal-fixture.ts";

const lines = historyText(awkwardMessages(4)).split("\n");
const changed = (at: number, change: (line: string) => string) =>
  lines.map((line, each) => (each === at ? change(line) : line)).join("\n");

const REFUSED: Readonly<Record<string, [text: string | Uint8Array, why: string]>> = {
  "plain text": ["hello\n", "a JSON array of messages was expected here (line 1, column 1)"],
  "an object": ['\n {"messages":[]}', "a JSON array of messages was expected here (line 2, column 2)"],
  "a number": ["7", "a JSON array of messages was expected here (line 1, column 1)"],
  "an array of numbers": ["[\n  1,\n  2\n]\n", "entry 1 is not a JSON object (line 2, column 3)"],
  "an array of arrays": ["[[]]", "entry 1 is not a JSON object (line 1, column 2)"],
  "an array with other objects": ['[{"a":1}]', 'entry 1 has no text "name" (line 1, column 2)'],
  "a message without content": [
    `[{"name": "An", "content": "x", "timestamp": ""}, {"name": "An", "timestamp": ""}]`,
    'entry 2 has no text "content" (line 1, column 51)',
  ],
  "a timestamp that is a number": [
    '[{"name":"An","content":"","timestamp":5}]',
    'entry 1 has no text "timestamp" (line 1, column 2)',
  ],
  "messages and then a number": [changed(4, () => "5"), "entry 4 is not a JSON object (line 5, column 1)"],
  "no comma between messages": [
    '[{"name":"Ân","content":"","timestamp":""} {"name":"An"}]',
    "entry 1 is followed by neither a comma nor the closing bracket (line 1, column 44)",
  ],
  "a comma behind the last message of another form": [
    '[{"name": "An","content":"","timestamp":""},]',
    "entry 2 is not a JSON object (line 1, column 45)",
  ],
  "text behind the array": [
    '[{"name": "An","content":"","timestamp":""}]\n;',
    "something follows the array of messages (line 2, column 1)",
  ],
  "two histories in one file": [
    `${historyText([message(1)])}${historyText([message(2)])}`,
    "something follows the array of messages (line 4, column 1)",
  ],
  "a cut file of the Python server's form": [
    '[{"name": "An", "content": "x", "timestamp": ""}, {"name": "A',
    "the file ends before its array does (line 1, column 51)",
  ],
  "a cut file of indented JSON": [
    '[\n  {\n    "name": "An",\n    "conte',
    "the file ends before its array does (line 2, column 3)",
  ],
  "broken JSON in an indented file": [
    '[\n  {\n    "name": "An",\n    "content" "x"\n  }\n]',
    "entry 1 is not valid JSON (line 2, column 3)",
  ],
  "a damaged line before whole ones": [
    changed(2, (line) => line.replace('"content"', '"content')),
    "entry 2 is not valid JSON (line 3, column 1)",
  ],
  "a line cut short before whole ones": [
    changed(2, (line) => line.slice(0, 12)),
    "entry 2 has a line break or control character inside a text (line 3, column 13)",
  ],
  "a lost line end before whole ones": [
    changed(2, (line) => line.slice(0, -2)),
    "entry 2 is not valid JSON (line 3, column 1)",
  ],
  "a damaged line before a whole last one without a bracket": [
    lines.slice(0, 3).join("\n") +
      '\n{"name":"An}\n{"name":"An","content":"","timestamp":"","id":50,"time":0}',
    "entry 3 has a line break",
  ],
  "a whole message of another form at the end and no bracket": [
    `${lines.slice(0, 3).join("\n")}\n{"name": "An", "content": "", "timestamp": ""}`,
    "the file ends before its array does (line 4, column 47)",
  ],
  "a whole message of another form and half of one at the end": [
    `${lines.slice(0, 3).join("\n")}\n{"name": "An", "content": "", "timestamp": ""}, {"name": "A`,
    "the file ends before its array does (line 4, column 49)",
  ],
  "a file of the Python server's form that ends in NUL bytes": [
    '[{"name": "An", "content": "x", "timestamp": ""}, {"name": "A\0\0\0',
    "entry 2 has a line break or control character inside a text (line 1, column 62)",
  ],
  "records without an opening bracket": [
    historyText([message(1)]).slice(1),
    "a JSON array of messages was expected here (line 2, column 1)",
  ],
  "a message without end": [
    `[\n{"name":"An","content":"${"x".repeat(17 * 1024 * 1024)}`,
    "entry 1 is longer than 16777216 bytes (line 2, column 1)",
  ],
  "a middle line that is not UTF-8": [
    Buffer.concat([
      Buffer.from('[\n{"name":"'),
      Buffer.from([0xc3]),
      Buffer.from(
        '","content":"","timestamp":"","id":1,"time":0},\n{"name":"A","content":"","timestamp":"","id":2,"time":0}\n]\n',
      ),
    ]),
    "entry 1 is not UTF-8 text (line 2, column 1)",
  ],
  "a last line that is whole but not UTF-8": [
    Buffer.concat([
      Buffer.from(`${lines.slice(0, 3).join("\n")}\n{"name":"`),
      Buffer.from([0xe2, 0x82]),
      Buffer.from('","content":"","timestamp":"","id":50,"time":0}\n]\n'),
    ]),
    "entry 3 is not UTF-8 text (line 4, column 1)",
  ],
  "UTF-16": [
    Buffer.from('\ufeff[{"name":"An"}]', "utf16le"),
    "a JSON array of messages was expected here (line 1, column 1)",
  ],
  "a binary file that begins with NUL": [
    Buffer.from([0, 0, 0, 7, 9]),
    "a JSON array of messages was expected here",
  ],
  "nesting without end": [`[${'{"a":'.repeat(200_000)}1${"}".repeat(200_000)}]`, "entry 1 "],
};

for (const [what, [text, why]] of Object.entries(REFUSED)) {
  test(`${what}: refused, and not touched`, async () => {
    await withHistory(async (path) => {
      writeFileSync(path, text);
      const error = await refusal(path);
      expect(error).toStartWith(`The history file ${path} is not a history and was left as it is: ${why}`);
      expect(error).toEndWith(").");
      expect(readFileSync(path)).toEqual(Buffer.from(text));
      expect(readdirSync(dirname(path))).toEqual(["data.json"]);
    });
  });
}

async function refusal(path: string, options = QUICK): Promise<string> {
  try {
    const journal = await Journal.open(path, options);
    await journal.close();
  } catch (error) {
    expect(error).toBeInstanceOf(JournalError);
    return error instanceof JournalError ? error.message : "";
  }
  throw new Error("The file was opened.");
}

test("a folder is refused", async () => {
  await withHistory(async (path) => {
    mkdirSync(path);
    expect(await refusal(path)).toBe(`The history file ${path} is a directory.`);
  });
});

test("a file that is not a regular file is refused", async () => {
  expect(await refusal("/dev/null")).toBe("The history file /dev/null is not a regular file.");
});

test("a missing folder is named, and not made", async () => {
  await withHistory(async (path) => {
    const folder = join(dirname(path), "none");
    const inside = join(folder, "data.json");
    expect(await refusal(inside)).toBe(
      `The history file ${inside} cannot be created: the folder ${folder} does not exist.`,
    );
    expect(existsSync(folder)).toBe(false);
  });
});

test("a path through a file is refused", async () => {
  await withHistory(async (path) => {
    writeFileSync(path, "[]");
    expect(await refusal(`${path}/x`)).toContain("a part of its path is not a folder");
  });
});

test("links that lead in a circle are refused", async () => {
  await withHistory(async (path) => {
    symlinkSync("data.json", path);
    expect(await refusal(path)).toContain("symbolic links lead in a circle");
  });
});

// The superuser may write what is read-only.
test.skipIf(process.getuid?.() === 0)("a file without permission to write is refused", async () => {
  await withHistory(async (path) => {
    writeFileSync(path, "[\n]\n");
    chmodSync(path, 0o444);
    expect(await refusal(path)).toBe(
      `The history file ${path} cannot be opened for writing: permission denied.`,
    );
    const closed = join(dirname(path), "closed");
    mkdirSync(closed, { mode: 0o555 });
    expect(await refusal(join(closed, "x.json"))).toContain("cannot be created: permission denied.");
  });
});
