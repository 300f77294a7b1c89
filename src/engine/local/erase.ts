/**
 * Erases contents in a history file: a content is overwritten with as many spaces, so that nothing moves and the line stays
 * what it is, a message or an edit in canonical form. Why its content is gone is told by a later change, which was stored
 * before: until all contents that it names are blank, each start erases them again.
 */
import { BEFORE, BEFORE_IN_CHANGE, isChangeLine } from "../record.ts";

const BEFORE_CONTENT = Buffer.from(`${BEFORE.content}"`);
const BEHIND_CONTENT = Buffer.from(`"${BEFORE.timestamp}"`);
/** What follows the content of an edit. */
const END_OF_EDIT = new RegExp(`"(?:${BEFORE_IN_CHANGE.key}"[\\w-]+")?\\}$`);
const EDIT_END_BYTES = 64;
const SPACE = 0x20;

/** Where the content is in the line of a message or an edit, without its quotes; null if there is none. */
export interface ContentRange {
  readonly from: number;
  readonly to: number;
}

/**
 * Finds the content in a line. A crash may have left it erased in part, so its own bytes are not looked at: only what comes
 * before and behind it.
 */
export function contentRange(line: Buffer): ContentRange | null {
  const before = line.indexOf(BEFORE_CONTENT);
  if (before < 0) return null;
  const from = before + BEFORE_CONTENT.length;
  const to = isChangeLine(line.toString("latin1", 0, EDIT_END_BYTES))
    ? endInEdit(line)
    : line.lastIndexOf(BEHIND_CONTENT);
  return to < from ? null : { from, to };
}

function endInEdit(line: Buffer): number {
  const start = Math.max(0, line.length - EDIT_END_BYTES);
  const found = END_OF_EDIT.exec(line.toString("latin1", start));
  return found === null ? -1 : start + found.index;
}

/** Whether a content is erased. */
export function isErased(line: Buffer, { from, to }: ContentRange): boolean {
  for (let at = from; at < to; at++) if (line[at] !== SPACE) return false;
  return true;
}

/** What a content is overwritten with. */
export function spaces({ from, to }: ContentRange): Buffer {
  return Buffer.alloc(to - from, SPACE);
}
