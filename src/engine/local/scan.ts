import { isUtf8 } from "node:buffer";
import type { FileHandle } from "node:fs/promises";
import { CLOSING } from "../record.ts";
import { FileChunks } from "./file-chunks.ts";
import { HistoryIndex } from "./history-index.ts";
import { EventMatcher } from "./matcher.ts";

const OPENING_BRACKET = 0x5b;
const BEFORE_FIRST = Buffer.from("\n");
const BEFORE_NEXT = Buffer.from(",\n");
const CLOSING_BYTES = Buffer.from(CLOSING);

/** How much of a file is canonical, and what follows. */
export interface Scan {
  readonly index: HistoryIndex;
  /** The time of the last event, Unix ms; 0 when there is none. */
  readonly lastTime: number;
  /** Where the last whole event ends; 1 when there is an opening bracket and no event, 0 without the bracket. */
  readonly end: number;
  /**
   * What follows `end`: exactly the closing bracket; an event that is right as far as it goes and ends with the
   * file; or anything else.
   */
  readonly rest: "closing" | "torn event" | "other";
}

/**
 * Reads a history file from its start as far as it is canonical. The event loop runs on between chunks of 1 MiB.
 *
 * @param stop looked at between two chunks
 * @throws the reason of `stop`
 */
export async function scan(file: FileHandle, stop?: AbortSignal): Promise<Scan> {
  const index = new HistoryIndex();
  const chunks = new FileChunks(file);
  await chunks.fill();
  if (chunks.bytes[0] !== OPENING_BRACKET) return { index, lastTime: 0, end: 0, rest: "other" };
  chunks.drop(1);
  const matcher = new EventMatcher();
  let intact = true;
  do {
    stop?.throwIfAborted();
    intact = scanChunk(chunks, matcher, index);
  } while (intact && (await chunks.fill()));
  while (chunks.limit <= CLOSING_BYTES.length && (await chunks.fill()));
  return { index, lastTime: matcher.lastTime, end: chunks.start, rest: restOf(chunks, intact) };
}

/** Notes the events that are whole in the chunk. @returns false at the first byte that is wrong */
function scanChunk(chunks: FileChunks, matcher: EventMatcher, index: HistoryIndex): boolean {
  const { bytes, limit, start } = chunks;
  const valid = isUtf8(bytes.subarray(0, lastCharacter(bytes, limit)));
  let at = 0;
  let intact = true;
  for (;;) {
    const eventAt = matcher.literal(bytes, at, index.isEmpty ? BEFORE_FIRST : BEFORE_NEXT);
    const end = eventAt < 0 ? -1 : matcher.match(bytes, eventAt);
    if (end < 0) intact = matcher.stop >= limit;
    else if (!valid && !isUtf8(bytes.subarray(eventAt, end))) intact = false;
    if (end < 0 || !intact) break;
    addTo(index, matcher, start + eventAt, end - eventAt);
    at = end;
  }
  chunks.drop(at);
  return intact;
}

function addTo(index: HistoryIndex, matcher: EventMatcher, offset: number, bytes: number): void {
  switch (matcher.kind) {
    case "message":
      index.add(offset, matcher.lastId, bytes - matcher.idBytes + 1);
      break;
    case "unknown":
      index.skip(matcher.lastId);
      break;
    default:
      matcher.kind satisfies never;
  }
}

/** Where the last character begins, which the end of the chunk may have split. It is never followed by a brace. */
function lastCharacter(bytes: Uint8Array, limit: number): number {
  let at = limit - 1;
  while (at > 0 && ((bytes[at] ?? 0) & 0xc0) === 0x80) at--;
  return Math.max(at, 0);
}

function restOf(chunks: FileChunks, intact: boolean): Scan["rest"] {
  if (chunks.bytes.subarray(0, chunks.limit).equals(CLOSING_BYTES)) return "closing";
  return intact && !chunks.full ? "torn event" : "other";
}
