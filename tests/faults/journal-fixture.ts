import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { Journal, type JournalOptions } from "../../src/engine/local/journal.ts";
import { MessageRecord } from "../../src/engine/record.ts";
import type { Message } from "../../src/room/operation.ts";

/** The settings of most tests: durability is not what they look at, and disks differ in how long it takes. */
export const QUICK: JournalOptions = { fsync: "off", create: true, timeOf: () => undefined };

/** Runs `use` with a history path in a folder of its own, which is removed afterwards. */
export async function withHistory(use: (path: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "journal-"));
  try {
    await use(join(folder, "data.json"));
  } finally {
    await rm(folder, { recursive: true });
  }
}

export function message(id: number, content = `message ${id}`, name = "An"): Message {
  return { name, content, timestamp: "23/11/2026 10:10:10", id, time: 1_795_400_000_000 + id };
}

/** Texts that look like the file's own punctuation, and ones that JSON and UTF-8 treat specially. */
export const AWKWARD_TEXTS: readonly string[] = [
  '"},\n{"name":"',
  '\\" ] } ,\n]\n',
  "Chào Ân, đi ăn phở không? 🍜",
  "\ud83d alone \ude00",
  "\u0000\b\t\n\f\r\u001f\u007f\u2028",
  ',"id":9,"time":9}',
];

export function awkwardMessages(count: number): Message[] {
  return Array.from({ length: count }, (_, at) => {
    const text = (offset: number) => AWKWARD_TEXTS[(at + offset) % AWKWARD_TEXTS.length] ?? "";
    return {
      ...message(at * 3 + 1, text(0), text(1)),
      timestamp: at % 2 === 0 ? "23/11/2026 10:10:10" : text(2),
      ...(at % 3 === 1 ? { digest: "-_abcdefghij0129" } : {}),
    };
  });
}

/** The line of a message in a history file, without what stands between two lines. */
export function lineOf({ name, content, timestamp, id, time, digest }: Message): string {
  return JSON.stringify({ name, content, timestamp, id, time, key: digest });
}

/** The line of a change that a later version wrote. */
export function changeLine(id: number, kind = "edit", more: object = { target: 1, content: "new" }): string {
  return JSON.stringify({ id, time: 1_795_400_000_000 + id, kind, ...more });
}

/** A history file with these lines. */
export function fileText(lines: readonly string[]): string {
  return lines.length === 0 ? "[\n]\n" : `[\n${lines.join(",\n")}\n]\n`;
}

export function historyText(messages: readonly Message[]): string {
  return fileText(messages.map(lineOf));
}

export function toRecords(messages: readonly Message[]): MessageRecord[] {
  return messages.map(MessageRecord.of);
}

/** The file's messages as any JSON reader sees them. */
export function readHistory(path: string): unknown {
  const records: (Record<string, unknown> & { key?: string })[] = JSON.parse(readFileSync(path, "utf8"));
  return records.map(({ key: digest, ...message }) =>
    digest === undefined ? message : { ...message, digest },
  );
}

/** Everything that a journal gives back of its file. */
export async function messagesOf(journal: Journal): Promise<Message[]> {
  return (await journal.tail(Number.POSITIVE_INFINITY)).map(({ message }) => message);
}

/** What stands beside a history file under a name that begins with its own. */
export function besides(path: string, suffix: string): string[] {
  const start = `${basename(path)}.${suffix}`;
  return readdirSync(dirname(path))
    .filter((name) => name.startsWith(start))
    .sort()
    .map((name) => join(dirname(path), name));
}

/** Opens a file with these bytes, and closes it again when `use` is done. */
export async function withOpened(
  path: string,
  bytes: string | Uint8Array,
  use: (journal: Journal) => Promise<void> | void,
  options: JournalOptions = QUICK,
): Promise<void> {
  writeFileSync(path, bytes);
  const journal = await Journal.open(path, options);
  try {
    await use(journal);
  } finally {
    await journal.close();
  }
}

/** The oldest messages with ids above one. */
export async function messagesAbove(
  journal: Journal,
  after: number,
  count: number,
): Promise<MessageRecord[]> {
  const { events, messages } = await journal.events(after + 1, Number.MAX_SAFE_INTEGER);
  return events.flatMap(({ id, of }) => (of === null ? (messages.get(id) ?? []) : [])).slice(0, count);
}
