import { type FileHandle, rm } from "node:fs/promises";
import { CLOSING, EVENT_STARTS, isChangeLine, isObject, readEvent, type StoredEvent } from "../record.ts";
import { numbered, saveCopy, writeAll } from "./disk-file.ts";
import { contentRange, isErased, spaces } from "./erase.ts";
import { type TimeOf, Unreadable } from "./event-reader.ts";
import { errorReason, isFull, JournalError } from "./fault.ts";
import { FileChunks, readLines } from "./file-chunks.ts";
import { EventMatcher } from "./matcher.ts";
import { PRUNED_SUFFIX } from "./prune.ts";
import { IN_PLACE_NOTICE, resumeInPlace } from "./replace.ts";
import { type Scan, scan } from "./scan.ts";
import { type CanonicalFile, TAKING_IN_SUFFIX, takeIn } from "./takein.ts";

/** A history file that is canonical to its end, and what had to be done to make it so. */
export interface Recovered {
  readonly file: FileHandle;
  readonly scanned: Scan;
  readonly notices: readonly string[];
  /**
   * A repair that found no room on the disk. It must be done before anything is written to the file, and may be tried
   * again and again. @returns sentences about it, once it is done
   */
  readonly owed?: () => Promise<readonly string[]>;
}

/** What follows the canonical part of a file, as far as is needed to tell what it is. */
interface Rest {
  /** Its first bytes, each as one character. */
  readonly head: string;
  /** Whether `head` is all of it. */
  readonly isHeadAll: boolean;
  /** Whether it consists of commas, brackets and white space, so that no text can be lost. */
  readonly isPunctuation: boolean;
  /** Whether it has a NUL byte: a power loss leaves these where a block was given to the file and never written. */
  readonly hasNul: boolean;
}

/** How the names of files end that are written beside a history to take its place. */
export const DRAFT_SUFFIXES: readonly string[] = [PRUNED_SUFFIX, TAKING_IN_SUFFIX];

const HEAD_BYTES = 4096;
/** No line of an event that this server writes is longer: a content and a nickname with all of their characters escaped. */
const MOST_LINE_BYTES = 64 * 1024;
/** How the first event may begin, behind the opening bracket. */
const FIRST_STARTS = EVENT_STARTS.map((start) => `\n${start}`);

/**
 * Makes a history file canonical: closes a file that a crash left open, truncates a torn tail and keeps its bytes beside
 * the file, or takes in the file of another program. Any other file is not touched.
 *
 * @param path the file's real path
 * @param shownAs the path as the operator knows it
 * @throws JournalError when the file is not a history, or the reason of `stop`
 */
export async function recover(
  file: FileHandle,
  path: string,
  shownAs: string,
  timeOf: TimeOf,
  stop?: AbortSignal,
): Promise<Recovered> {
  const isResumed = await resumeInPlace(file, path, shownAs);
  await dropDrafts(path);
  let scanned = await scan(file, stop);
  while (scanned.rest !== "closing" && (await finishErasing(file, scanned))) scanned = await scan(file, stop);
  if (scanned.rest === "closing")
    return { file, scanned, notices: isResumed ? [resumedNotice(shownAs)] : [] };
  const rest = await readRest(file, scanned.end);
  if (isUnclosed(scanned, rest)) return await putBracketBack(file, scanned, rest, shownAs);
  if (isTorn(scanned, rest)) return await truncateTail(file, path, scanned, shownAs);
  try {
    const canonical = await takeIn(file, path, scanned, timeOf);
    const isInPlace = canonical.file === file;
    if (!isInPlace) await file.close();
    const notices = [takeInNotice(shownAs, canonical), ...(isInPlace ? [IN_PLACE_NOTICE] : [])];
    return { file: canonical.file, scanned: canonical.scanned, notices };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    if (await isDamagedTail(file, scanned, rest, error))
      return await truncateTail(file, path, scanned, shownAs);
    throw await refusal(file, shownAs, error);
  }
}

/**
 * A crash may have left a content that was being erased erased in part, so that its line is not valid any more. That it was
 * to be erased is told by a later change; then the rest is erased as well.
 *
 * @returns false if this is not what is wrong behind the canonical part of the file
 */
async function finishErasing(file: FileHandle, { end, index }: Scan): Promise<boolean> {
  if (await finishErasingAt(file, end + (index.isEmpty ? "\n".length : ",\n".length))) return true;
  // What is left of a content may look like the end of its line.
  const start = await lineStart(file, end);
  return start !== null && (await finishErasingAt(file, start));
}

/** Where the line begins in which an offset is; null if it is too far away for that to be the line of an event. */
async function lineStart(file: FileHandle, offset: number): Promise<number | null> {
  const from = Math.max(0, offset - MOST_LINE_BYTES);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(offset - from), 0, offset - from, from);
  const at = buffer.subarray(0, bytesRead).lastIndexOf(0x0a);
  return at < 0 ? null : from + at + 1;
}

/** @param start where a line begins that may have such a content */
async function finishErasingAt(file: FileHandle, start: number): Promise<boolean> {
  const chunks = new FileChunks(file, start);
  let lineEnd = -1;
  while (lineEnd < 0 && (await chunks.fill())) lineEnd = chunks.bytes.subarray(0, chunks.limit).indexOf(0x0a);
  if (lineEnd < 0) return false;
  const isJoined = chunks.bytes[lineEnd - 1] === 0x2c;
  const line = Buffer.from(chunks.bytes.subarray(0, isJoined ? lineEnd - 1 : lineEnd));
  const range = contentRange(line);
  if (range === null || isErased(line, range)) return false;
  line.fill(" ", range.from, range.to);
  const matcher = new EventMatcher();
  if (matcher.match(Buffer.concat([line, Buffer.alloc(1)]), 0) !== line.length) return false;
  const message = matcher.kind === "message" ? matcher.lastId : matcher.of;
  if (!(await isReplacedBehind(file, start + lineEnd, message))) return false;
  await writeAll(file, spaces(range), start + range.from);
  await file.datasync();
  return true;
}

/** Whether a file has, behind an offset, another edit of a message, or its deletion. */
async function isReplacedBehind(file: FileHandle, offset: number, message: number): Promise<boolean> {
  for await (const lines of readLines(new FileChunks(file, offset))) {
    for (const line of lines) {
      const event = changeIn(line);
      if (event === null) continue;
      if ((event.kind === "edit" || event.kind === "delete") && event.of === message) return true;
    }
  }
  return false;
}

/** The change in a line; null if there is none, or one whose content is erased in part as well. */
function changeIn(line: string): StoredEvent | null {
  try {
    return isChangeLine(line) ? readEvent(line) : null;
  } catch {
    return null;
  }
}

/** A crash may have left files that were to take the place of this one. What people said must not stay in them. */
async function dropDrafts(path: string): Promise<void> {
  for (const suffix of DRAFT_SUFFIXES) await rm(`${path}${suffix}`, { force: true }).catch(() => undefined);
}

async function readRest(file: FileHandle, end: number): Promise<Rest> {
  const chunks = new FileChunks(file, end);
  await chunks.fill();
  const head = chunks.bytes.toString("latin1", 0, Math.min(chunks.limit, HEAD_BYTES));
  let length = 0;
  let hasNul = false;
  let isPunctuation = true;
  do {
    isPunctuation &&= /^[ \t\r\n,\]]*$/.test(chunks.bytes.toString("latin1", 0, chunks.limit));
    hasNul ||= chunks.bytes.subarray(0, chunks.limit).includes(0);
    length += chunks.limit;
    chunks.drop(chunks.limit);
  } while (await chunks.fill());
  return { head, isHeadAll: length === head.length, isPunctuation, hasNul };
}

/** Whether the file is canonical except for its end, or empty. */
function isUnclosed({ end }: Scan, { head, isHeadAll, isPunctuation }: Rest): boolean {
  return end === 0 ? isHeadAll && /^[ \t\r\n]*$/.test(head) : isPunctuation;
}

/**
 * Whether a crash left what follows the last whole event: the start of another one; after a power loss also blocks of
 * NUL bytes, with older or later pieces between them. JSON never contains NUL.
 */
function isTorn(scanned: Scan, { head, isHeadAll, hasNul }: Rest): boolean {
  if (scanned.rest === "torn event") return true;
  if (!hasNul) return false;
  if (scanned.end === 0) return isHeadAll && !/[^\0]/.test(head);
  return !scanned.index.isEmpty || head.startsWith("\n]") || beginsAsEvent(head);
}

/** Whether the start of the first event follows the opening bracket, as far as it goes before a NUL. */
function beginsAsEvent(head: string): boolean {
  const [begun = ""] = head.split("\0", 1);
  return FIRST_STARTS.some((start) => begun.startsWith(start) || start.startsWith(begun));
}

/**
 * Whether the last line is not JSON and can only be damage. With a whole event behind the fault it is not the tail that
 * is damaged, and truncating there would lose what was acknowledged.
 */
async function isDamagedTail(
  file: FileHandle,
  scanned: Scan,
  rest: Rest,
  fault: Unreadable,
): Promise<boolean> {
  if (fault.isDeliberate || fault.eventsRead > 0) return false;
  const { head } = rest;
  const isOwnLine = scanned.index.isEmpty
    ? ["\n]", ...FIRST_STARTS].some((start) => head.startsWith(start))
    : /^,?\n/.test(head);
  if (!isOwnLine) return false;
  for await (const lines of readLines(new FileChunks(file, scanned.end))) {
    if (lines.some(isWholeObject)) return false;
  }
  return true;
}

function isWholeObject(line: string): boolean {
  const text = line.trim().replace(/,$/, "");
  if (!text.startsWith("{") || !text.endsWith("}")) return false;
  try {
    return isObject(JSON.parse(text));
  } catch {
    return false;
  }
}

async function putBracketBack(
  file: FileHandle,
  scanned: Scan,
  rest: Rest,
  shownAs: string,
): Promise<Recovered> {
  const wasClosed = /^[ \t\r\n]*\][ \t\r\n]*$/.test(rest.head);
  const notices =
    scanned.index.isEmpty || wasClosed
      ? []
      : [`The history file ${shownAs} had lost its closing bracket, which was put back.`];
  return await nowOrLater(file, scanned, shownAs, async () => {
    await closeAt(file, scanned.end);
    return notices;
  });
}

async function truncateTail(
  file: FileHandle,
  path: string,
  scanned: Scan,
  shownAs: string,
): Promise<Recovered> {
  const { size } = await file.stat();
  let kept: string | undefined;
  return await nowOrLater(file, scanned, shownAs, async () => {
    kept ??= await saveCopy(file, scanned.end, numbered(`${path}.torn-${compactUtc(new Date())}`));
    await closeAt(file, scanned.end);
    const { count, changes } = scanned.index;
    const torn = amount(size - scanned.end, "byte");
    return [
      `The history file ${shownAs} ended in a torn record: everything after its ${amount(count + changes, "whole record")} (${torn}) was cut off and is kept in ${kept}.`,
    ];
  });
}

/** Does a repair, or leaves it owed when the disk is full: the undamaged part of the file can be read all the same. */
async function nowOrLater(
  file: FileHandle,
  scanned: Scan,
  shownAs: string,
  repair: () => Promise<readonly string[]>,
): Promise<Recovered> {
  const mended: Scan = { ...scanned, end: Math.max(scanned.end, 1), rest: "closing" };
  try {
    return { file, scanned: mended, notices: await repair() };
  } catch (error) {
    if (!isFull(error)) throw error;
    const notice = `The history file ${shownAs} cannot be repaired (${errorReason(error)}): its undamaged part is read, and nothing is stored until there is room.`;
    return { file, scanned: mended, notices: [notice], owed: repair };
  }
}

/** Ends the file behind its last whole event. A crash between the steps leaves a file that is merely not closed. */
async function closeAt(file: FileHandle, end: number): Promise<void> {
  await file.truncate(end);
  await writeAll(file, Buffer.from(end === 0 ? `[${CLOSING}` : CLOSING), end);
  await file.sync();
}

function compactUtc(date: Date): string {
  return date.toISOString().replace(/[-:]|\.\d+/g, "");
}

function resumedNotice(shownAs: string): string {
  return `The server ended while it was rewriting the history file ${shownAs} in place; the file is complete now.`;
}

function takeInNotice(shownAs: string, { taken, original }: CanonicalFile): string {
  const { count, changes, droppedKeys, replacedIds } = taken;
  const others = changes === 0 ? "" : ` and ${amount(changes, "change")} of a later version`;
  const parts = [
    `The history file ${shownAs} was not in this server's format and was rewritten with its ${amount(count, "message")}${others}; the original is kept as ${original}.`,
  ];
  if (replacedIds > 0) parts.push(`Message ids replaced because they did not grow: ${replacedIds}.`);
  if (droppedKeys.length > 0)
    parts.push(`Keys left out: ${droppedKeys.map((key) => JSON.stringify(key)).join(", ")}.`);
  return parts.join(" ");
}

function amount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

async function refusal(file: FileHandle, shownAs: string, fault: Unreadable): Promise<JournalError> {
  const { line, column } = await placeOf(file, fault.offset);
  return new JournalError(
    `The history file ${shownAs} is not a history and was left as it is: ${fault.message} (line ${line}, column ${column}).`,
  );
}

/** The line and the column of a byte of the file, both from 1, the column in characters. */
async function placeOf(file: FileHandle, offset: number): Promise<{ line: number; column: number }> {
  const chunks = new FileChunks(file, 0, offset);
  let line = 1;
  let column = 1;
  while (await chunks.fill()) {
    for (const byte of chunks.bytes.subarray(0, chunks.limit)) {
      if (byte === 0x0a) {
        line++;
        column = 1;
      } else if ((byte & 0xc0) !== 0x80) column++;
    }
    chunks.drop(chunks.limit);
  }
  return { line, column };
}
