import { expect, test } from "bun:test";
import { readFileSync, rmSync } from "node:fs";
import { Journal } from "../../src/engine/local/journal.ts";
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

const CLOSING = "\n]\n";

/** Where each record ends in the file's bytes. */
function recordEnds(messages: readonly Message[]): number[] {
  return messages.map(
    (_, at) => Buffer.byteLength(historyText(messages.slice(0, at + 1))) - Buffer.byteLength(CLOSING),
  );
}

test("a file cut at any byte of its last three records gives back every whole record", async () => {
  const messages = awkwardMessages(6);
  const full = Buffer.from(historyText(messages));
  const ends = recordEnds(messages);
  await withHistory(async (path) => {
    for (let cut = ends[2] ?? 0; cut <= full.length; cut++) {
      const whole = messages.filter((_, at) => (ends[at] ?? 0) <= cut);
      const wholeEnd = ends[whole.length - 1] ?? 0;
      const added = message(1_000, `after the cut at ${cut}`);
      await withOpened(path, full.subarray(0, cut), async (journal) => {
        expect({ cut, messages: await messagesOf(journal) }).toEqual({ cut, messages: whole });
        expect([journal.count, journal.lastId]).toEqual([whole.length, whole.at(-1)?.id ?? 0]);
        expect(readFileSync(path, "utf8")).toBe(historyText(whole));
        await journal.append(toRecords([added]));
        expect(readHistory(path)).toEqual([...whole, added]);
      });
      checkKept(path, full.subarray(wholeEnd, cut));
    }
  });
});

/** Cut bytes that hold text are kept in one file beside the history; mere punctuation is not. */
function checkKept(path: string, cut: Buffer): void {
  const kept = besides(path, "torn-");
  const expected = /^[,\]\n]*$/.test(cut.toString()) ? [] : [cut.toString("hex")];
  expect(kept.map((each) => readFileSync(each).toString("hex"))).toEqual(expected);
  for (const each of kept) rmSync(each);
}

test("the first record torn leaves an empty history", async () => {
  const full = Buffer.from(historyText(awkwardMessages(1)));
  await withHistory(async (path) => {
    for (let cut = 0; cut < full.length - Buffer.byteLength(CLOSING); cut++) {
      await withOpened(path, full.subarray(0, cut), (journal) => {
        expect(journal.count).toBe(0);
        expect(readFileSync(path, "utf8")).toBe("[\n]\n");
      });
      checkKept(path, full.subarray(1, cut));
    }
  });
});

const three = awkwardMessages(3);
const open = historyText(three).slice(0, -CLOSING.length);
const later = historyText([message(100), message(101), message(102)]).slice(2);
const nul = (count: number) => "\0".repeat(count);

const POWER_LOSSES: Readonly<Record<string, string>> = {
  "NUL bytes in the place of the closing bracket": open + nul(5_000),
  "NUL bytes behind the old closing bracket": open + CLOSING + nul(4_096),
  "NUL bytes in a torn record": `${open},\n{"name":"An","content":"x${nul(700)}`,
  "NUL bytes between a torn record and later records": `${open},\n{"name":"A${nul(512)}":"x"},\n${later}`,
  "the old bracket, NUL bytes and later records": `${open}${CLOSING}${nul(1_000)}nt":"x"},\n${later}`,
  "half of the old bracket and NUL bytes": `${open}\n]${nul(4)}`,
  "a comma, half of the old bracket and NUL bytes": `${open},]\n${nul(4)}`,
};

for (const [what, text] of Object.entries(POWER_LOSSES)) {
  test(`after a power loss with ${what} the whole records are kept`, async () => {
    await withHistory(async (path) => {
      await withOpened(path, text, async (journal) => {
        expect(await messagesOf(journal)).toEqual(three);
        expect(readFileSync(path, "utf8")).toBe(historyText(three));
        const kept = besides(path, "torn-");
        expect(kept.map((each) => readFileSync(each, "utf8"))).toEqual([text.slice(open.length)]);
        const bytes = Buffer.byteLength(text) - Buffer.byteLength(open);
        expect(journal.notices).toEqual([
          `The history file ${path} ended in a torn record: everything after its 3 whole records (${bytes} bytes) ` +
            `was cut off and is kept in ${kept[0]}.`,
        ]);
      });
    });
  });
}

test("a file of nothing but NUL bytes, or of those behind the opening bracket or in the first record, is an empty history", async () => {
  await withHistory(async (path) => {
    const record = '\n{"name":"An","con';
    // A first record may be torn at any byte.
    const torn = Array.from(record, (_, at) => `[${record.slice(0, at)}${nul(9)}`);
    for (const text of [nul(9), `[\n]\n${nul(9)}`, ...torn]) {
      await withOpened(path, text, (journal) => {
        expect(journal.count).toBe(0);
        expect(readFileSync(path, "utf8")).toBe("[\n]\n");
      });
      expect(besides(path, "torn-").length).toBe(1);
      for (const each of besides(path, "torn-")) rmSync(each);
    }
  });
});

test("a last line that is not a record is cut off and kept", async () => {
  const lines = ['{"name":"An","content":"x","timesta§', "{oops}", "£", '{"name":"An","content":"x","id":}'];
  const texts = lines.map((line) => `${open},\n${line}${CLOSING}`);
  texts.push(`${open}${CLOSING}oops`, `${open},\n{"name":"A\\u00e`, `${open},\n{"name":"\\x`);
  await withHistory(async (path) => {
    for (const text of texts) {
      await withOpened(path, text, async (journal) => {
        expect(await messagesOf(journal)).toEqual(three);
        expect(readFileSync(path, "utf8")).toBe(historyText(three));
      });
      const kept = besides(path, "torn-");
      expect(kept.map((each) => readFileSync(each, "utf8"))).toEqual([text.slice(open.length)]);
      for (const each of kept) rmSync(each);
    }
  });
});

test("a file that only lacks its closing bracket is closed, and the notice says so", async () => {
  await withHistory(async (path) => {
    for (const missing of ["", "\n", ",", ",\n", ",\n]\n"]) {
      await withOpened(path, open + missing, (journal) => {
        expect(readFileSync(path, "utf8")).toBe(historyText(three));
        expect(journal.notices).toEqual([
          `The history file ${path} had lost its closing bracket, which was put back.`,
        ]);
      });
    }
    await withOpened(path, `${open}\n]`, (journal) => {
      expect(readFileSync(path, "utf8")).toBe(historyText(three));
      expect(journal.notices).toEqual([]);
    });
    expect(besides(path, "").length).toBe(0);
  });
});

test("an empty file, a lone bracket and an empty array are an empty history", async () => {
  await withHistory(async (path) => {
    for (const text of ["", "\n", "[", "[\n", "[\n]", "[\n]\n", "[]", "[ ]\r\n"]) {
      await withOpened(path, text, async (journal) => {
        expect([journal.count, journal.lastId, journal.notices]).toEqual([0, 0, []]);
        await journal.append(toRecords([message(1)]));
        expect(readFileSync(path, "utf8")).toBe(historyText([message(1)]));
      });
    }
    expect(besides(path, "").length).toBe(0);
  });
});

test("bytes that were kept once are never written over", async () => {
  await withHistory(async (path) => {
    const tails = [",\n{first", ",\n{second", ",\n{third"];
    for (const tail of tails) await withOpened(path, open + tail, () => undefined);
    const kept = besides(path, "torn-").map((each) => readFileSync(each, "utf8"));
    expect(kept.toSorted()).toEqual(tails);
  });
});

test("a repaired file needs no second repair", async () => {
  await withHistory(async (path) => {
    await withOpened(path, `${open},\n{"name":"A`, () => undefined);
    const again = await Journal.open(path, QUICK);
    expect(again.notices).toEqual([]);
    await again.close();
  });
});

test("a probe of whether something can be stored leaves nothing in the file, and a crash during it leaves nothing to repair", async () => {
  await withHistory(async (path) => {
    const text = historyText([message(1), message(2)]);
    for (const bytes of [1, 5_000, 200_000]) {
      await withOpened(path, text + "\n".repeat(bytes), async (journal) => {
        expect(journal.notices).toEqual([]);
        expect(readFileSync(path, "utf8")).toBe(text);
        await journal.probe(bytes);
        expect(readFileSync(path, "utf8")).toBe(text);
        await journal.append(toRecords([message(3)]));
        expect(readFileSync(path, "utf8")).toBe(historyText([message(1), message(2), message(3)]));
      });
    }
  });
});
