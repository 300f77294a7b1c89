import { type FileHandle, rm } from "node:fs/promises";
import { CLOSING, isObject } from "../record.ts";
import { numbered, saveCopy, writeAll } from "./disk-file.ts";
import { errorReason, isFull, JournalError } from "./fault.ts";
import { FileChunks, readLines } from "./file-chunks.ts";
import { PRUNED_SUFFIX } from "./prune.ts";
import { IN_PLACE_NOTICE, resumeInPlace } from "./replace.ts";
import { type Scan, scan } from "./scan.ts";
import { type Successor, TAKING_IN_SUFFIX, type TimeOf, takeIn, Unreadable } from "./takein.ts";

/** A history file that is canonical to its end, and what had to be done for that. */
export interface Recovered {
  readonly file: FileHandle;
  readonly scanned: Scan;
  readonly notices: readonly string[];
  /**
   * What is still to be done before anything may be written to the file: there was no room on the disk. It may be tried
   * again and again. @returns sentences about it, once it is done
   */
  readonly owed?: () => Promise<readonly string[]>;
}

/** As much of the rest of a file as tells what it is. */
interface Rest {
  /** Its first bytes, one character each. */
  readonly head: string;
  /** `head` is all of it. */
  readonly whole: boolean;
  /** Nothing but commas, brackets and white space is in it, so that no text can be lost. */
  readonly isPunctuation: boolean;
  /** A NUL byte is in it: what a power loss leaves where a block was given to the file and never written. */
  readonly holdsNul: boolean;
}

/** Names of files that are written beside a history, to take its place. */
export const DRAFT_SUFFIXES: readonly string[] = [PRUNED_SUFFIX, TAKING_IN_SUFFIX];

const HEAD_BYTES = 4096;
const FIRST_RECORD = '\n{"name":"';

/**
 * Makes a history file canonical: closes a file that a crash left open, cuts a torn tail and keeps the cut bytes beside
 * the file, takes in the file of another program. A file that is none of these is not touched.
 *
 * @param path the file's real path
 * @param shownAs the path as the operator knows it
 * @throws JournalError when the file is no history, or the reason of `stop`
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
  const scanned = await scan(file, stop);
  if (scanned.rest === "closing")
    return { file, scanned, notices: isResumed ? [resumedNotice(shownAs)] : [] };
  const rest = await readRest(file, scanned.end);
  if (isUnclosed(scanned, rest)) return await putBracketBack(file, scanned, rest, shownAs);
  if (isTorn(scanned, rest)) return await cutTail(file, path, scanned, shownAs);
  try {
    const successor = await takeIn(file, path, scanned, timeOf);
    const isInPlace = successor.file === file;
    if (!isInPlace) await file.close();
    const notices = [takeInNotice(shownAs, successor), ...(isInPlace ? [IN_PLACE_NOTICE] : [])];
    return { file: successor.file, scanned: successor.scanned, notices };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    if (await isDamagedTail(file, scanned, rest, error)) return await cutTail(file, path, scanned, shownAs);
    throw await refusal(file, shownAs, error);
  }
}

/** A crash may have left files that were to take this one's place. What people said must not stay in them. */
async function dropDrafts(path: string): Promise<void> {
  for (const suffix of DRAFT_SUFFIXES) await rm(`${path}${suffix}`, { force: true }).catch(() => undefined);
}

async function readRest(file: FileHandle, end: number): Promise<Rest> {
  const chunks = new FileChunks(file, end);
  await chunks.fill();
  const head = chunks.bytes.toString("latin1", 0, Math.min(chunks.limit, HEAD_BYTES));
  let length = 0;
  let holdsNul = false;
  let isPunctuation = true;
  do {
    isPunctuation &&= /^[ \t\r\n,\]]*$/.test(chunks.bytes.toString("latin1", 0, chunks.limit));
    holdsNul ||= chunks.bytes.subarray(0, chunks.limit).includes(0);
    length += chunks.limit;
    chunks.drop(chunks.limit);
  } while (await chunks.fill());
  return { head, whole: length === head.length, isPunctuation, holdsNul };
}

/** Whether the file is right but for its end, or empty. */
function isUnclosed({ end }: Scan, { head, whole, isPunctuation }: Rest): boolean {
  return end === 0 ? whole && /^[ \t\r\n]*$/.test(head) : isPunctuation;
}

/**
 * What a crash leaves behind the last whole record: the start of another one; after a power loss also blocks of NUL
 * bytes, with older or later pieces between them. NUL stands in no JSON.
 */
function isTorn(scanned: Scan, { head, whole, holdsNul }: Rest): boolean {
  if (scanned.rest === "cut record") return true;
  if (!holdsNul) return false;
  if (scanned.end === 0) return whole && !/[^\0]/.test(head);
  return scanned.index.count > 0 || head.startsWith("\n]") || beginsAsRecord(head);
}

/** Whether what stands behind the opening bracket is the start of the first record, as far as it goes before a NUL. */
function beginsAsRecord(head: string): boolean {
  const [begun = ""] = head.split("\0", 1);
  return begun.startsWith(FIRST_RECORD) || FIRST_RECORD.startsWith(begun);
}

/**
 * A last line that is no record and no JSON. With a whole record or message behind the fault it is not the tail that is
 * damaged, and cutting there would lose what was acknowledged.
 */
async function isDamagedTail(
  file: FileHandle,
  scanned: Scan,
  rest: Rest,
  fault: Unreadable,
): Promise<boolean> {
  if (fault.deliberate || fault.messagesRead > 0) return false;
  const ownLine = scanned.index.count > 0 ? /^,?\n/ : /^\n(\]|\{"name":")/;
  if (!ownLine.test(rest.head)) return false;
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
  const nothingToTell = scanned.index.count === 0 || wasClosed;
  const notices = nothingToTell
    ? []
    : [`The history file ${shownAs} was not closed; its closing bracket was put back.`];
  return await nowOrLater(file, scanned, shownAs, async () => {
    await closeAt(file, scanned.end);
    return notices;
  });
}

async function cutTail(file: FileHandle, path: string, scanned: Scan, shownAs: string): Promise<Recovered> {
  const { size } = await file.stat();
  let kept: string | undefined;
  return await nowOrLater(file, scanned, shownAs, async () => {
    kept ??= await saveCopy(file, scanned.end, numbered(`${path}.torn-${compactUtc(new Date())}`));
    await closeAt(file, scanned.end);
    const whole = amount(scanned.index.count, "whole message");
    const cut = amount(size - scanned.end, "byte");
    return [
      `The history file ${shownAs} ended in a torn record: what stood behind its ${whole} (${cut}) was cut off and is kept in ${kept}.`,
    ];
  });
}

/** Does a repair. Without room on the disk it is owed: what is whole in the file can be read all the same. */
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
    const notice = `The history file ${shownAs} cannot be put in order (${errorReason(error)}): it is read as far as it is whole, and nothing is stored until there is room.`;
    return { file, scanned: mended, notices: [notice], owed: repair };
  }
}

/** Ends the file behind its last whole record. A crash between the steps leaves a file that is merely not closed. */
async function closeAt(file: FileHandle, end: number): Promise<void> {
  await file.truncate(end);
  await writeAll(file, Buffer.from(end === 0 ? `[${CLOSING}` : CLOSING), end);
  await file.sync();
}

function compactUtc(date: Date): string {
  return date.toISOString().replace(/[-:]|\.\d+/g, "");
}

function resumedNotice(shownAs: string): string {
  return `The history file ${shownAs} was being written anew in its place when the server ended; that was finished now.`;
}

function takeInNotice(shownAs: string, { taken, original }: Successor): string {
  const { count, droppedKeys, replacedIds } = taken;
  const parts = [
    `The history file ${shownAs} was not in this server's form and was written anew with its ${amount(count, "message")}; the original is kept as ${original}.`,
  ];
  if (replacedIds > 0) parts.push(`Ids that did not grow were replaced: ${replacedIds}.`);
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
    `The history file ${shownAs} is no history and was left as it is: ${fault.message} (line ${line}, column ${column}).`,
  );
}

/** Line and column, both from 1 and the column in characters, of a byte of the file. */
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
