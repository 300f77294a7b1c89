import { isUtf8 } from "node:buffer";
import type { FileHandle } from "node:fs/promises";
import { CLOSING, parsedString } from "../record.ts";
import { ChangeIndex } from "./change-index.ts";
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
  readonly changes: ChangeIndex;
  /** The ids of messages and edits whose texts have been replaced or deleted, and are still there. */
  readonly toErase: readonly number[];
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
  const found = new Found();
  const chunks = new FileChunks(file);
  await chunks.fill();
  if (chunks.bytes[0] !== OPENING_BRACKET) return { ...found.result, lastTime: 0, end: 0, rest: "other" };
  chunks.drop(1);
  const matcher = new EventMatcher();
  let intact = true;
  do {
    stop?.throwIfAborted();
    intact = scanChunk(chunks, matcher, found);
  } while (intact && (await chunks.fill()));
  while (chunks.limit <= CLOSING_BYTES.length && (await chunks.fill()));
  return { ...found.result, lastTime: matcher.lastTime, end: chunks.start, rest: restOf(chunks, intact) };
}

/** The result of a scan for a file about which nothing is known. */
export function nothingScanned(): Scan {
  return { ...new Found().result, lastTime: 0, end: 0, rest: "other" };
}

/** Notes the events that are whole in the chunk. @returns false at the first byte that is wrong */
function scanChunk(chunks: FileChunks, matcher: EventMatcher, found: Found): boolean {
  const { bytes, limit, start } = chunks;
  const valid = isUtf8(bytes.subarray(0, lastCharacter(bytes, limit)));
  let at = 0;
  let intact = true;
  const { index } = found;
  for (;;) {
    const eventAt = matcher.literal(bytes, at, index.isEmpty ? BEFORE_FIRST : BEFORE_NEXT);
    const end = eventAt < 0 ? -1 : matcher.match(bytes, eventAt);
    if (end < 0) intact = matcher.stop >= limit;
    else if (!valid && !isUtf8(bytes.subarray(eventAt, end))) intact = false;
    if (end < 0 || !intact) break;
    found.add(matcher, bytes, eventAt, end, start);
    at = end;
  }
  chunks.drop(at);
  return intact;
}

/** What a scan has found. */
class Found {
  readonly index = new HistoryIndex();
  readonly #changes = new ChangeIndex();
  /** Messages and edits whose contents are blank, in ascending order. */
  readonly #blank: number[] = [];
  /** Edits that others have replaced. */
  readonly #replacedEdits: number[] = [];

  /** Takes in the event that was matched last. @param start where in the file `bytes` begins */
  add(matcher: EventMatcher, bytes: Buffer, at: number, end: number, start: number): void {
    const { kind, lastId: id, of } = matcher;
    const place = { offset: start + at, bytes: end - at };
    if (matcher.isBlank) this.#blank.push(id);
    switch (kind) {
      case "message":
        this.index.add(place.offset, id, place.bytes - matcher.idBytes + 1);
        return;
      case "edit":
      case "delete": {
        const replaced = this.#changes.edited(of, kind === "edit" ? { id, ...place } : null);
        if (replaced !== of) this.#replacedEdits.push(replaced);
        break;
      }
      case "react":
        this.#changes.reacted(reactionIn(matcher, bytes));
        break;
      case "unknown":
        break;
      default:
        kind satisfies never;
    }
    if (kind !== "unknown") this.#changes.concerns(id, of);
    this.index.addChange(place.offset, id);
  }

  get result(): Pick<Scan, "index" | "changes" | "toErase"> {
    const { index } = this;
    // Messages may have expired whose changes are still in the file.
    const changes = this.#changes;
    const orphans = changes.expire(index.firstId, 0);
    const replaced = [...orphans, ...this.#replacedEdits, ...changes.replaced()];
    return { index, changes, toErase: replaced.filter((id) => !isAmong(this.#blank, id)) };
  }
}

/** The reaction that was matched last. */
function reactionIn({ of, reaction }: EventMatcher, bytes: Buffer) {
  const { isOn: on, byAt, byEnd, emojiAt, emojiEnd, nameAt, nameEnd } = reaction;
  return {
    of,
    on,
    by: bytes.toString("latin1", byAt, byEnd),
    emoji: parsedString(bytes.toString("utf8", emojiAt, emojiEnd)),
    name: parsedString(bytes.toString("utf8", nameAt, nameEnd)),
  };
}

/** @param ids in ascending order */
function isAmong(ids: readonly number[], id: number): boolean {
  let low = 0;
  let high = ids.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ids[middle] ?? 0) < id) low = middle + 1;
    else high = middle;
  }
  return ids[low] === id;
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
