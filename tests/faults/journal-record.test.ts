import { expect, test } from "bun:test";
import { EventMatcher } from "../../src/engine/local/matcher.ts";
import { decodeRecord, encodeChange, MAX_ID, MessageRecord, readEvent } from "../../src/engine/record.ts";
import { lineOf, message } from "./journal-fixture.ts";

function matched(line: string, lastId = 0): boolean {
  const matcher = new EventMatcher();
  matcher.lastId = lastId;
  return matcher.match(Buffer.from(`${line}\0`), 0) === Buffer.byteLength(line);
}

const CANONICAL = [
  '{"name":"","content":"","timestamp":"","id":1,"time":0}',
  `{"name":"","content":"","timestamp":"","id":${MAX_ID},"time":${Number.MAX_SAFE_INTEGER}}`,
  `{"name":"","content":"","timestamp":"","id":10,"time":${Number.MIN_SAFE_INTEGER}}`,
  '{"name":"\\"\\\\\\b\\f\\n\\r\\t","content":"\\u0000\\u001f\\u000b","timestamp":"/\u007f","id":1,"time":-1}',
  '{"name":"\\ud83d","content":"\\ude00\\ud83d","timestamp":"\\ud83d😀","id":1,"time":1}',
  '{"name":"","content":",\\"key\\":\\"","timestamp":"","id":1,"time":0,"key":"abcdefghijklm-_9"}',
  '{"name":"\\ud83d\\ud83d","content":"\\ud83d\\n","timestamp":"\\udfff\\udbff","id":1,"time":1}',
];

for (const line of CANONICAL) {
  test(`canonical, and encoded to itself: ${line}`, () => {
    expect(matched(line)).toBe(true);
    expect(MessageRecord.of(decodeRecord(line)).text).toBe(line);
  });
}

const WITH_TEXT = (text: string) => `{"name":"${text}","content":"","timestamp":"","id":1,"time":0}`;
const WITH_NUMBERS = (id: string, time = "0") =>
  `{"name":"","content":"","timestamp":"","id":${id},"time":${time}}`;

const NOT_CANONICAL = [
  ...["\\/", "\\u0041", "\\u0008", "\\u0009", "\\u000a", "\\u000c", "\\u000d", "\\u000B", "\\u001F"].map(
    WITH_TEXT,
  ),
  ...[
    "\\uD83D",
    "\\udE00",
    "\\ud83d\\ude00",
    "\\u00e0",
    "\\ue000",
    "\\ud7ff",
    "\\u12",
    "\\x41",
    "\t",
    "\n",
  ].map(WITH_TEXT),
  ...["0", "-1", "01", "1.0", "1e3", "", "+1", '"1"', "null", `${MAX_ID + 1}`, "10000000000000000"].map(
    (id) => WITH_NUMBERS(id),
  ),
  ...["-0", "00", "01", "-01", "--1", "1.5", "1e3", "", "-", "9007199254740992", "9007199254740993"].map(
    (time) => WITH_NUMBERS("1", time),
  ),
  '{"content":"","name":"","timestamp":"","id":1,"time":0}',
  '{"name":"","content":"","timestamp":"","time":0,"id":1}',
  '{"name":"","content":"","timestamp":"","id":1,"time":0,"x":0}',
  '{"name":"","content":"","timestamp":"","id":1,"time":0 }',
  ...["", "abcdefghijklmno", "abcdefghijklmnopq", "abcdefghijklmno+", "abcdefghijklmn\\n"].map(
    (key) => `{"name":"","content":"","timestamp":"","id":1,"time":0,"key":"${key}"}`,
  ),
  '{"name":"","content":"","timestamp":"","id":1,"time":0,"key":null}',
  '{"name":"","content":"","timestamp":"","id":1,"time":0,"key":"abcdefghijklmnop","x":0}',
  '{"name":"","content":"","timestamp":"","id":1}',
  '{"name":null,"content":"","timestamp":"","id":1,"time":0}',
  '{"name":"","content":"","timestamp":"","id":1,"time":0}}',
];

for (const line of NOT_CANONICAL) {
  test(`not canonical: ${JSON.stringify(line)}`, () => expect(matched(line)).toBe(false));
}

const CHANGES = [
  '{"id":1,"time":0,"kind":"x"}',
  `{"id":${MAX_ID},"time":${Number.MIN_SAFE_INTEGER},"kind":"edit-2","target":1}`,
  '{"id":10,"time":-1,"kind":"react","with":"\\ud83d\\n\\"","n":[-0.5,1e+21,null,{"name":{}}]}',
  `{"id":1,"time":0,"kind":"${"k".repeat(32)}","kinds":"]},{["}`,
];

for (const line of CHANGES) {
  test(`a change, and encoded to itself: ${line}`, () => {
    expect(matched(line)).toBe(true);
    expect(encodeChange(JSON.parse(line))).toBe(line);
    const { id, time, kind } = JSON.parse(line);
    expect(readEvent(line)).toEqual({ kind: "unknown", id, time, writtenKind: kind, text: line });
  });
}

const NO_CHANGES = [
  ...["0", "-1", "01", "1.0", "1e3", '"1"', `${MAX_ID + 1}`].map((id) => `{"id":${id},"time":0,"kind":"x"}`),
  ...["-0", "00", "1.5", "", "null", "9007199254740992"].map((time) => `{"id":1,"time":${time},"kind":"x"}`),
  ...["", "X", "a b", "a_b", "é", "k".repeat(33)].map((kind) => `{"id":1,"time":0,"kind":"${kind}"}`),
  ...[
    ',"name":"An"',
    ',"id":2',
    ',"kind":"y"',
    ',"a":1,"a":1',
    ',"a":1.0',
    ',"a": 1',
    ',"a":"\\u0041"',
    ',"a":"\\/"',
    ',"a":01',
    ',"a":[}',
    ',"a":',
    ",",
    " ",
    '"',
  ].map((more) => `{"id":1,"time":0,"kind":"x"${more}}`),
  '{"id":1,"time":0,"kind":null}',
  '{"id":1,"kind":"x","time":0}',
  '{"id":1,"time":0}',
  '{"id":1,"time":0,"kind":"x","a":{}',
];

for (const line of NO_CHANGES) {
  test(`not a canonical change: ${line}`, () => expect(matched(line)).toBe(false));
}

test("a record whose id is not above the last one is not canonical", () => {
  const line = lineOf(message(7));
  expect([5, 6, 7, 8].map((lastId) => matched(line, lastId))).toEqual([true, true, false, false]);
});

test("a line that is not a message with an id and a time does not decode", () => {
  const lines = [
    "",
    "{",
    "[]",
    "null",
    "7",
    WITH_NUMBERS("0"),
    WITH_NUMBERS("1.5"),
    WITH_NUMBERS("1", "0.5"),
    WITH_NUMBERS("1", '"0"'),
  ];
  for (const line of [
    ...lines,
    '{"name":"","content":"","id":1,"time":0}',
    WITH_TEXT("").replace('""', "5"),
  ]) {
    expect(() => decodeRecord(line)).toThrow();
  }
});
