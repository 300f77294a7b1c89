/** Erases texts in the files that are kept beside a history when it is repaired or taken in: `.bak` and `.torn-…`. */
import { type FileHandle, open, readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { REMEMBERED_MS } from "../../protocol/limits.ts";
import { isObject } from "../record.ts";
import { writeAll } from "./disk-file.ts";
import { FileChunks } from "./file-chunks.ts";

/** A content that is to be erased, and by which its record is found. */
export interface ErasedText {
  /** The nickname with the message; null for an edit. */
  readonly name: string | null;
  readonly content: string;
  /** Unix ms. */
  readonly time: number;
}

const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;
/** A content whose end is missing, at the end of a torn file. */
const CUT_CONTENT = /"content"\s*:\s*"((?:[^"\\]|\\.)*)\\?$/;

/** What is behind the name of the history and a dot. The operator's own copies have other names, or the year in them. */
const SUFFIX = /^(?:bak|torn-\d{8}T\d{6}Z)(?:-\d{1,3})?$/;

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
 * Those of some texts that a copy may have: what is kept there was sent before the file was last written, or sent again within
 * the time in which a key is remembered.
 */
export async function mayHave(path: string, texts: readonly ErasedText[]): Promise<readonly ErasedText[]> {
  // The operator may delete it at any time.
  const found = await stat(path).catch(() => null);
  return found === null ? [] : texts.filter(({ time }) => time <= found.mtimeMs + REMEMBERED_MS);
}

/** Overwrites texts in a copy with spaces, durably, wherever a record has the same content, and nickname if it has one. */
export async function eraseInCopy(path: string, texts: readonly ErasedText[]): Promise<void> {
  const file = await open(path, "r+");
  try {
    const chunks = new FileChunks(file);
    while (await chunks.fill()) {
      const done = await eraseObjects(file, chunks, texts);
      chunks.drop(done);
    }
    await eraseCut(file, chunks, texts);
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** @returns how many bytes need not be looked at any more */
async function eraseObjects(
  file: FileHandle,
  { bytes, limit, start }: FileChunks,
  texts: readonly ErasedText[],
): Promise<number> {
  let at = 0;
  for (;;) {
    const from = bytes.indexOf(OPENING_BRACE, at);
    if (from < 0 || from >= limit) return limit;
    const to = endOfValue(bytes, from, limit);
    if (to < 0) return from;
    const object = bytes.subarray(from, to);
    const range = contentToErase(object, texts);
    if (range !== null)
      await writeAll(file, Buffer.alloc(range.to - range.from, SPACE), start + from + range.from);
    at = to;
  }
}

function contentToErase(
  object: Buffer,
  texts: readonly ErasedText[],
): { readonly from: number; readonly to: number } | null {
  const value = parsed(object.toString());
  if (!isObject(value) || typeof value.content !== "string") return null;
  const { name, content } = value;
  const isMeant = texts.some((text) => text.content === content && (text.name ?? name) === name);
  return isMeant ? stringOf(object, "content") : null;
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

/** Erases the beginning of a text at the end of a file, whose rest was never written. */
async function eraseCut(
  file: FileHandle,
  { bytes, limit, start }: FileChunks,
  texts: readonly ErasedText[],
): Promise<void> {
  const rest = bytes.toString("latin1", 0, limit);
  const found = CUT_CONTENT.exec(rest);
  const [, inner = ""] = found ?? [];
  if (found === null || inner === "") return;
  const from = found.index + found[0].lastIndexOf(inner);
  const begun = String(parsed(`"${bytes.toString("utf8", from, from + inner.length)}"`) ?? "");
  // The last character may be cut, too.
  const isMeant = texts.some(
    ({ content }) => begun !== "" && content.startsWith(begun.replace(/\uFFFD+$/, "")),
  );
  if (isMeant) await writeAll(file, Buffer.alloc(limit - from, SPACE), start + from);
}
