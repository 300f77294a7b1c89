import { afterEach, expect, spyOn, test } from "bun:test";
import { isUtf8 } from "node:buffer";
import fs, { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Journal, JournalError } from "../../src/engine/local/journal.ts";
import { EventMatcher } from "../../src/engine/local/matcher.ts";
import {
  decodeRecord,
  encodeChange,
  isChangeLine,
  MAX_ID,
  MessageRecord,
  readEvent,
} from "../../src/engine/record.ts";
import type { Message } from "../../src/room/operation.ts";
import {
  AWKWARD_TEXTS,
  besides,
  fileText,
  historyText,
  lineOf,
  messagesOf,
  QUICK,
  toRecords,
  withHistory,
} from "../faults/journal-fixture.ts";
import fc from "../support/chance.ts";

const CLOSING_BYTES = 3;

/** Any text at all, lone surrogates and control characters included. */
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }),
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 6 })
    .map((units) => String.fromCharCode(...units)),
  fc
    .array(fc.constantFrom("\ud83d", "\ude00", "\\", '"', "\n", "\u001f", "a", "\\u00e0", "\\ud83d"), {
      maxLength: 8,
    })
    .map((parts) => parts.join("")),
  fc.constantFrom(...AWKWARD_TEXTS),
);
const draft = fc.record({ name: text, content: text, timestamp: text, time: fc.maxSafeInteger() });
type Draft = Omit<Message, "id">;
/** As a message that was sent with a key is stored, or without one. */
const keyed = fc
  .tuple(draft, fc.option(fc.stringMatching(/^[A-Za-z0-9_-]{16}$/), { nil: null }))
  .map(([each, digest]): Draft => (digest === null ? each : { ...each, digest }));
const stored = fc.tuple(keyed, fc.integer({ min: 1, max: MAX_ID })).map(([each, id]) => ({ ...each, id }));

function matched(line: Uint8Array): boolean {
  return new EventMatcher().match(Buffer.concat([line, Buffer.from([0])]), 0) === line.length;
}

/** Everything that a record gives, as `JSON.stringify` has it. */
function expectShapes(record: MessageRecord, message: Message): void {
  const { name, content, timestamp, id, time, digest } = message;
  const classic = JSON.stringify({ name, content, timestamp });
  const shown = JSON.stringify({ name, content, timestamp, id, time });
  expect(record.text).toBe(lineOf(message));
  expect([record.id, record.time, record.digest]).toEqual([id, time, digest]);
  expect([record.classic, record.shown]).toEqual([classic, shown]);
  expect([record.classicBytes, record.shownBytes, record.bytes]).toEqual(
    [classic, shown, lineOf(message)].map((each) => Buffer.byteLength(each)),
  );
  expect(record.pieces).toEqual({
    name: JSON.stringify(name),
    content: JSON.stringify(content),
    timestamp: JSON.stringify(timestamp),
  });
  expect(record.message).toEqual(message);
  expect(record.readable).toEqual({ name, content, timestamp, id, time });
}

test("a record has the same values, shapes and sizes when it is made and when its line is read", () => {
  fc.assert(
    fc.property(stored, (message) => {
      const line = lineOf(message);
      expect(matched(Buffer.from(line))).toBe(true);
      expectShapes(MessageRecord.of(message), message);
      expectShapes(MessageRecord.read(line), message);
      expectShapes(MessageRecord.of(message).compact(), message);
      expect(decodeRecord(line)).toEqual(message);
    }),
    { numRuns: 3_000 },
  );
});

/** A change to a line: at a place in it, so many bytes are replaced by others. */
const edit = fc.record({
  place: fc.double({ min: 0, max: 1, noNaN: true }),
  removed: fc.integer({ min: 0, max: 3 }),
  inserted: fc.oneof(
    fc.uint8Array({ maxLength: 2 }),
    fc
      .constantFrom(
        "\\u0041",
        "\\ud83d",
        "\\ude00",
        "\\/",
        "\\u000A",
        "\\u001f",
        "0",
        "-",
        "1e3",
        ".5",
        " ",
        '"',
        "\\",
      )
      .map((each) => Buffer.from(each)),
  ),
});

function edited(
  bytes: Uint8Array,
  { place, removed, inserted }: { place: number; removed: number; inserted: Uint8Array },
) {
  const at = Math.floor(place * bytes.length);
  return Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at + removed)]);
}

/** What a later version may say in a change, beside what every change has. */
const others = fc.dictionary(
  fc.oneof(text, fc.constantFrom("target", "content", "0", "__proto__", "Name", "key")),
  fc.jsonValue({ maxDepth: 2 }),
  { maxKeys: 4 },
);
const kind = fc.stringMatching(/^[a-z0-9-]{1,32}$/);
const laterChange = fc
  .tuple(others, kind, fc.maxSafeInteger(), fc.integer({ min: 1, max: MAX_ID }))
  // A negative zero is not a time that JSON can show.
  .map(([{ name: _, ...more }, kind, time, id]) => ({ ...more, id, time: time + 0, kind }));

test("a change encodes to a line that the matcher accepts and that says what it said", () => {
  fc.assert(
    fc.property(laterChange, (value) => {
      const line = encodeChange(value);
      expect(matched(Buffer.from(line))).toBe(true);
      expect(JSON.parse(line)).toEqual(JSON.parse(JSON.stringify(value)));
      const { id, time, kind } = value;
      expect(readEvent(line)).toEqual({ kind: "unknown", id, time, writtenKind: kind, text: line });
    }),
    { numRuns: 3_000 },
  );
});

test("a damaged change is accepted only if it is still a change in canonical form", () => {
  let accepted = 0;
  fc.assert(
    fc.property(laterChange, edit, (value, change) => {
      const line = edited(Buffer.from(encodeChange(value)), change);
      if (!matched(line) || !isUtf8(line)) return;
      accepted++;
      expect(encodeChange(JSON.parse(line.toString()))).toBe(line.toString());
    }),
    { numRuns: 20_000 },
  );
  expect(accepted).toBeGreaterThan(0);
});

test("a damaged line is accepted only if it is exactly what the message in it encodes to", () => {
  let accepted = 0;
  fc.assert(
    fc.property(stored, edit, (message, change) => {
      const line = edited(Buffer.from(lineOf(message)), change);
      if (!matched(line) || !isUtf8(line)) return;
      accepted++;
      expect(lineOf(decodeRecord(line.toString()))).toBe(line.toString());
    }),
    { numRuns: 20_000 },
  );
  expect(accepted).toBeGreaterThan(0);
});

test("any beginning of an event matches as far as it goes", () => {
  const lines = fc.oneof(
    stored.map(lineOf),
    laterChange.map((value) => encodeChange(value)),
  );
  fc.assert(
    fc.property(lines, fc.nat(), (text, place) => {
      const line = Buffer.from(text);
      const length = place % line.length;
      const matcher = new EventMatcher();
      // What lies behind the closing 0 is left over from earlier, and must not be looked at.
      const bytes = Buffer.concat([line.subarray(0, length), Buffer.from([0]), line.subarray(length)]);
      expect([matcher.match(bytes, 0), matcher.stop]).toEqual([-1, length]);
    }),
    { numRuns: 3_000 },
  );
});

type Later = Parameters<typeof encodeChange>[0];
type Step =
  | { kind: "append"; drafts: Draft[]; gap: number }
  | { kind: "fail"; drafts: Draft[]; written: number }
  | { kind: "tail"; share: number; nudge: number }
  | { kind: "reopen" }
  | { kind: "change"; values: Later[]; gap: number; edited: boolean }
  | { kind: "prune"; share: number }
  | { kind: "crash"; drafts: Draft[]; cut: number; power: boolean };

const share = fc.double({ min: 0, max: 1, noNaN: true });
const drafts = fc.array(keyed, { minLength: 1, maxLength: 90 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("append" as const), drafts, gap: fc.integer({ min: 1, max: 1_000 }) }),
  fc.record({ kind: fc.constant("fail" as const), drafts, written: share }),
  fc.record({ kind: fc.constant("tail" as const), share, nudge: fc.integer({ min: -1, max: 1 }) }),
  fc.record({ kind: fc.constant("reopen" as const) }),
  fc.record({
    kind: fc.constant("change" as const),
    values: fc.array(laterChange, { minLength: 1, maxLength: 4 }),
    gap: fc.integer({ min: 1, max: 1_000 }),
    edited: fc.boolean(),
  }),
  fc.record({ kind: fc.constant("prune" as const), share }),
  fc.record({ kind: fc.constant("crash" as const), drafts, cut: share, power: fc.boolean() }),
);

const spies: { mockRestore(): void }[] = [];
afterEach(() => {
  for (const spy of spies.splice(0)) spy.mockRestore();
});

/** A journal and what must be in it: messages, and the lines of changes. */
class Modelled {
  events: (Message | string)[] = [];

  private constructor(
    readonly path: string,
    public journal: Journal,
  ) {}

  static async open(path: string): Promise<Modelled> {
    return new Modelled(path, await Journal.open(path, QUICK));
  }

  get messages(): Message[] {
    return this.events.filter((event) => typeof event !== "string");
  }

  get lastId(): number {
    const last = this.events.at(-1);
    return (typeof last === "string" ? readEvent(last).id : last?.id) ?? 0;
  }

  async run(step: Step): Promise<void> {
    switch (step.kind) {
      case "append":
        return await this.#append(this.#numbered(step.drafts, step.gap));
      case "fail":
        return await this.#fail(this.#numbered(step.drafts, 1), step.written);
      case "tail":
        return await this.#tail(step.share, step.nudge);
      case "reopen":
        await this.journal.close();
        return await this.#open();
      case "change":
        return await this.#change(this.#numbered(step.values, step.gap), step.edited);
      case "prune":
        return await this.#prune(step.share);
      case "crash":
        return await this.#crash(this.#numbered(step.drafts, 1), step.cut, step.power);
    }
  }

  async check(): Promise<void> {
    expect(readFileSync(this.path, "utf8")).toBe(this.#text);
    expect(await messagesOf(this.journal)).toEqual(this.messages);
    expect([this.journal.count, this.journal.lastId, this.journal.lastEventId]).toEqual([
      this.messages.length,
      this.messages.at(-1)?.id ?? 0,
      this.lastId,
    ]);
  }

  get #text(): string {
    return fileText(this.events.map((event) => (typeof event === "string" ? event : lineOf(event))));
  }

  #numbered<T extends object>(values: readonly T[], gap: number): (T & { id: number })[] {
    const { lastId } = this;
    return values.map((each, at) => ({ ...each, id: lastId + (at + 1) * gap }));
  }

  async #append(batch: Message[]): Promise<void> {
    await this.journal.append(toRecords(batch));
    this.events.push(...batch);
  }

  /** A later version runs for a while, and somebody may format the file then. */
  async #change(values: Later[], isEdited: boolean): Promise<void> {
    await this.journal.close();
    this.events.push(...values.map((value) => encodeChange(value)));
    writeFileSync(this.path, isEdited ? this.#text.replaceAll("\n", "\r\n ") : this.#text);
    await this.#open();
    for (const kept of besides(this.path, "bak")) rmSync(kept);
  }

  async #prune(share: number): Promise<void> {
    const { messages } = this;
    const keepMessages = Math.max(1, Math.floor(messages.length * share));
    const retention = { keepMs: null, keepMessages, keepBytes: null, everyMs: 1 };
    await this.journal.prune(retention, Number.MAX_SAFE_INTEGER, (end) => end());
    const first = messages.at(-keepMessages);
    if (first !== undefined && messages.length > keepMessages)
      this.events.splice(0, this.events.indexOf(first));
  }

  /** The disk takes a part of the batch and then no more. */
  async #fail(batch: Message[], written: number): Promise<void> {
    const { writeSync } = fs;
    const spy = spyOn(fs, "writeSync");
    spies.push(spy);
    spy.mockImplementationOnce((...[fd, bytes, from, length, at]: unknown[]) =>
      Reflect.apply(writeSync, fs, [fd, bytes, from, Math.floor(Number(length) * written * 0.99) || 1, at]),
    );
    spy.mockImplementationOnce(() => {
      throw new Error("full");
    });
    const error = await this.journal.append(toRecords(batch)).catch((reason: unknown) => reason);
    spy.mockRestore();
    expect(String(error)).toContain("full");
  }

  async #tail(share: number, nudge: number): Promise<void> {
    const { messages } = this;
    const at = Math.floor(messages.length * share);
    const size = ({ name, content, timestamp }: Message) =>
      Buffer.byteLength(JSON.stringify({ name, content, timestamp })) + 1;
    const budget = messages.slice(at).reduce((sum, each) => sum + size(each), 0) + nudge;
    let first = messages.length;
    for (let left = budget; first > 0; first--) {
      const next = messages[first - 1];
      if (next === undefined || size(next) > left) break;
      left -= size(next);
    }
    expect((await this.journal.tail(budget)).map(({ message }) => message)).toEqual(messages.slice(first));
  }

  /** Ends while a batch is being written; the records of it that are whole stay, and that is allowed. */
  async #crash(batch: Message[], cut: number, power: boolean): Promise<void> {
    const before = readFileSync(this.path).length - CLOSING_BYTES;
    await this.#append(batch);
    await this.journal.close();
    const bytes = readFileSync(this.path);
    const at = before + Math.floor((bytes.length - before) * cut);
    writeFileSync(this.path, power ? Buffer.from(bytes).fill(0, at) : bytes.subarray(0, at));
    while (Buffer.byteLength(this.#text) - CLOSING_BYTES > at && this.events.length > 0) this.events.pop();
    await this.#open();
    for (const kept of besides(this.path, "torn-")) rmSync(kept);
  }

  async #open(): Promise<void> {
    this.journal = await Journal.open(this.path, QUICK);
  }
}

test("after appends, failures, crashes, prunes, reopenings and changes of a later version in any order, the file holds what was stored", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), (steps) =>
      withHistory(async (path) => {
        const modelled = await Modelled.open(path);
        for (const each of steps) {
          await modelled.run(each);
          await modelled.check();
        }
        await modelled.journal.close();
      }),
    ),
    { numRuns: 60 },
  );
});

function foreignText(lines: readonly string[]): string {
  return `[${lines.join(",")}]`.replaceAll('","', '", "').replaceAll('":"', '": "');
}

const history = fc
  .tuple(fc.array(fc.oneof({ weight: 2, arbitrary: draft }, laterChange), { maxLength: 6 }), fc.boolean())
  .map(([events, foreign]) => {
    const lines = events.map((one, at) => {
      const event = { ...one, id: at + 1 };
      return "kind" in event ? encodeChange(event) : lineOf(event);
    });
    return Buffer.from(foreign ? foreignText(lines) : fileText(lines));
  });

test("whatever is done to a file, it is opened without losing a byte, or refused and left untouched", async () => {
  const outcomes = { refused: 0, torn: 0, takenIn: 0, plain: 0 };
  await fc.assert(
    fc.asyncProperty(
      history,
      fc.array(edit, { maxLength: 3 }),
      fc.nat({ max: 40 }),
      (original, edits, nuls) =>
        withHistory(async (path) => {
          let bytes: Buffer = edits.reduce<Buffer>(edited, original);
          if (nuls > 30) bytes = Buffer.concat([bytes, Buffer.alloc(nuls)]);
          writeFileSync(path, bytes);
          outcomes[await opened(path, bytes)]++;
        }),
    ),
    { numRuns: 1_500 },
  );
  expect(Object.values(outcomes).every((count) => count > 0)).toBe(true);
});

async function opened(path: string, bytes: Buffer): Promise<"refused" | "torn" | "takenIn" | "plain"> {
  let journal: Journal;
  try {
    journal = await Journal.open(path, QUICK);
  } catch (error) {
    expect(error).toBeInstanceOf(JournalError);
    expect(readFileSync(path).equals(bytes)).toBe(true);
    expect(readdirSync(dirname(path))).toEqual(["data.json"]);
    return "refused";
  }
  const messages = await messagesOf(journal);
  await journal.close();
  const now = readFileSync(path);
  expect(linesOf(now).filter((line) => !isChangeLine(line))).toEqual(messages.map(lineOf));
  expect(now.toString()).toBe(fileText(linesOf(now)));
  const [kept] = readdirSync(dirname(path)).filter((name) => name !== "data.json");
  if (kept === undefined) return plain(bytes, now);
  const keptBytes = readFileSync(join(dirname(path), kept));
  if (kept.endsWith(".bak")) {
    expect(keptBytes.equals(bytes)).toBe(true);
    const elements: object[] = JSON.parse(bytes.toString().replace(/^\ufeff/, ""));
    expect(linesOf(now).length).toBe(elements.length);
    // Every change is there, with all of its keys.
    const changes = linesOf(now).filter(isChangeLine);
    expect(changes.map((line) => JSON.parse(line))).toEqual(elements.filter((each) => !("name" in each)));
    return "takenIn";
  }
  const whole = bytes.subarray(0, bytes.length - keptBytes.length);
  expect(keptBytes.equals(bytes.subarray(whole.length))).toBe(true);
  expect(now.subarray(0, whole.length).equals(whole)).toBe(true);
  return "torn";
}

/** The lines of the events in a canonical file. */
function linesOf(file: Buffer): string[] {
  const text = file.toString();
  return text === "[\n]\n" ? [] : text.slice("[\n".length, -CLOSING_BYTES).split(",\n");
}

/** Nothing was kept beside the file: then at most punctuation behind the last record is not as it was. */
function plain(bytes: Buffer, now: Buffer): "plain" {
  if (/^\s*$/.test(bytes.toString())) return "plain";
  const records = now.subarray(0, now.length - CLOSING_BYTES);
  expect(bytes.subarray(0, records.length).equals(records)).toBe(true);
  expect(bytes.subarray(records.length).toString()).toMatch(/^[ \t\r\n,\]]*$/);
  return "plain";
}

test("a history of many chunks is read as it was written, wherever the chunks end", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 5_000 }), (shift) =>
      withHistory(async (path) => {
        const messages = Array.from({ length: 9_000 }, (_, at) => ({
          name: AWKWARD_TEXTS[at % AWKWARD_TEXTS.length] ?? "",
          content: `${"ấ🍜\\".repeat(at % 53)}\ud83d${at === 0 ? "x".repeat(shift) : ""}`,
          timestamp: "23/11/2026 10:10:10",
          id: at + 1,
          time: -at,
        }));
        writeFileSync(path, historyText(messages));
        const journal = await Journal.open(path, QUICK);
        expect([journal.count, journal.notices]).toEqual([messages.length, []]);
        const lines = await journal.tail(Number.POSITIVE_INFINITY);
        expect(lines.map(({ text }) => text).join("\n")).toBe(messages.map(lineOf).join("\n"));
        await journal.close();
      }),
    ),
    { numRuns: 12 },
  );
});
