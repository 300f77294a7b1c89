/** Erases texts in the files that are kept beside a history when it is repaired or taken in: `.bak` and `.torn-…`. */
import { type FileHandle, open, readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { REMEMBERED_MS } from "../../protocol/limits.ts";
import type { Message } from "../../room/operation.ts";
import { type EditRecord, isObject, isTime } from "../record.ts";
import { writeAll } from "./disk-file.ts";
import { FileChunks } from "./file-chunks.ts";

/** A content that is to be erased, and by what its record is recognised. */
export type ErasedText =
  | ({ readonly kind: "message" } & Pick<Message, "name" | "content" | "timestamp" | "time" | "by">)
  | Pick<EditRecord, "kind" | "content" | "time" | "of" | "by">;

const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;
/** The content of a record whose end is missing, at the end of a torn file; its own end, and a last escape, may be cut off. */
const CUT_CONTENT = /"content"\s*:\s*"((?:[^"\\]|\\u[\da-fA-F]{4}|\\[^u])*)("|(?:\\(?:u[\da-fA-F]{0,3})?)?$)/;

/** What is behind the name of the history and a dot. The operator's own copies have other names, or the year in them. */
const SUFFIX = /^(?:bak|torn-\d{8}T\d{6}Z)(?:-\d{1,3})?$/;
/** The time in the name of what was cut off a file. */
const TORN = /\.torn-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z(?:-\d{1,3})?$/;
const SECOND_MS = 1000;

/** The files that the server has kept beside a history. */
export async function copiesOf(path: string): Promise<string[]> {
  const start = `${basename(path)}.`;
  const isCopy = (name: string) => name.startsWith(start) && SUFFIX.test(name.slice(start.length));
  const entries = await readdir(dirname(path), { withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && isCopy(entry.name))
    .map(({ name }) => join(dirname(path), name));
}

/**
 * Those of some texts that a copy may have: what is kept there was sent before the copy was made, or sent again within the time
 * in which a key is remembered.
 */
export async function mayHave(path: string, texts: readonly ErasedText[]): Promise<readonly ErasedText[]> {
  // The operator may delete it at any time.
  const found = await stat(path).catch(() => null);
  if (found === null) return [];
  const last = (tornAt(path) ?? found.mtimeMs) + REMEMBERED_MS;
  return texts.filter(({ time }) => time <= last);
}

/** The end of the second in which the end of a history was cut off, Unix ms; null if the copy is another one. */
function tornAt(path: string): number | null {
  const [, year, month, day, hours, minutes, seconds] = TORN.exec(path) ?? [];
  if (year === undefined) return null;
  return Date.parse(`${year}-${month}-${day}T${hours}:${minutes}:${seconds}Z`) + SECOND_MS;
}

/**
 * Overwrites texts in a copy with spaces, durably, wherever their records are. The file keeps its time, which tells what it may
 * have.
 */
export async function eraseInCopy(path: string, texts: readonly ErasedText[]): Promise<void> {
  const file = await open(path, "r+");
  try {
    const before = await file.stat();
    const isTorn = tornAt(path) !== null;
    const isMeant: Filter = (record, fits) =>
      texts.some((text) => fits(text.content) && isRecordOf(record, text, isTorn));
    const chunks = new FileChunks(file);
    while (await chunks.fill()) {
      const done = await eraseObjects(file, chunks, isMeant);
      chunks.drop(done);
    }
    await eraseCut(file, chunks, isMeant);
    await file.datasync();
    // Only its owner may do that; then it is searched more often than necessary.
    const { mtimeMs } = await file.stat();
    if (mtimeMs !== before.mtimeMs) await file.utimes(before.atime, before.mtime).catch(() => undefined);
  } finally {
    await file.close();
  }
}

/** Whether a record is one that is to be erased, if its content fits. */
type Filter = (record: Record<string, unknown>, fits: (content: string) => boolean) => boolean;

/** Whether a record is that of a text, apart from its content. @param isTorn whether it was never acknowledged */
function isRecordOf(record: Record<string, unknown>, text: ErasedText, isTorn: boolean): boolean {
  const { kind, of, name, by, time, timestamp } = record;
  if (text.kind === "edit") return kind === "edit" && of === text.of && by === text.by;
  const isSameAuthor = by === undefined || text.by === undefined || by === text.by;
  if (name !== text.name || !isSameAuthor) return false;
  // The author has sent it again, and then it got another id and time.
  if (isTorn) return true;
  return isTime(time) ? time === text.time : timestamp === text.timestamp;
}

/** @returns how many bytes need not be looked at any more */
async function eraseObjects(
  file: FileHandle,
  { bytes, limit, start }: FileChunks,
  isMeant: Filter,
): Promise<number> {
  let at = 0;
  for (;;) {
    const from = bytes.indexOf(OPENING_BRACE, at);
    if (from < 0 || from >= limit) return limit;
    const to = endOfValue(bytes, from, limit);
    if (to < 0) return from;
    const object = bytes.subarray(from, to);
    const range = contentToErase(object, isMeant);
    if (range !== null)
      await writeAll(file, Buffer.alloc(range.to - range.from, SPACE), start + from + range.from);
    at = to;
  }
}

function contentToErase(
  object: Buffer,
  isMeant: Filter,
): { readonly from: number; readonly to: number } | null {
  const record = parsed(object.toString());
  if (!isObject(record)) return null;
  return isMeant(record, (content) => content === record.content) ? stringOf(object, "content") : null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Where the string under a key of an object is, without its quotes. */
function stringOf(object: Buffer, key: string): { readonly from: number; readonly to: number } | null {
  for (let at = 1; at > 0 && at < object.length; at++) {
    if (object[at] !== QUOTE) continue;
    const keyEnd = endOfValue(object, at, object.length);
    const isKey = parsed(object.toString("utf8", at, keyEnd)) === key;
    const valueAt = startOfValue(object, keyEnd);
    const valueEnd = endOfValue(object, valueAt, object.length);
    if (isKey && object[valueAt] === QUOTE) return { from: valueAt + 1, to: valueEnd - 1 };
    at = valueEnd - 1;
  }
  return null;
}

/** Where the value behind a key begins. */
function startOfValue(bytes: Buffer, keyEnd: number): number {
  let at = keyEnd;
  while (at < bytes.length && (bytes[at] === COLON || (bytes[at] ?? 0) <= SPACE)) at++;
  return at;
}

/** Where a JSON value ends that begins at `at`, -1 if it does not end before `limit`. */
function endOfValue(bytes: Uint8Array, at: number, limit: number): number {
  let depth = 0;
  let inString = false;
  for (let i = at; i < limit; i++) {
    const byte = bytes[i];
    if (inString) {
      if (byte === BACKSLASH) i++;
      else if (byte === QUOTE) inString = false;
      if (inString || depth > 0) continue;
      return i + 1;
    }
    if (byte === QUOTE) inString = true;
    else if (byte === OPENING_BRACE || byte === OPENING_BRACKET) depth++;
    else if (byte === CLOSING_BRACE || byte === CLOSING_BRACKET) {
      if (depth <= 1) return depth === 0 ? i : i + 1;
      depth--;
    } else if (byte === COMMA && depth === 0) return i;
  }
  return -1;
}

/** Erases a text in a record at the end of a file whose rest was never written. */
async function eraseCut(
  file: FileHandle,
  { bytes, limit, start }: FileChunks,
  isMeant: Filter,
): Promise<void> {
  const found = CUT_CONTENT.exec(bytes.toString("latin1", 0, limit));
  const [whole = "", inner = "", end] = found ?? [];
  if (found === null || inner === "") return;
  // What comes before the content tells whose it is.
  const record = parsed(`${bytes.toString("utf8", 0, found.index)}"content":""}`);
  if (!isObject(record)) return;
  const from = found.index + whole.lastIndexOf(inner);
  const isWhole = end === '"';
  const to = isWhole ? from + inner.length : limit;
  // The last character may be cut, too.
  const begun = String(parsed(`"${bytes.toString("utf8", from, from + inner.length)}"`)).replace(
    /\uFFFD+$/,
    "",
  );
  const fits = (content: string) => (isWhole ? content === begun : content.startsWith(begun));
  if (isMeant(record, fits)) await writeAll(file, Buffer.alloc(to - from, SPACE), start + from);
}
