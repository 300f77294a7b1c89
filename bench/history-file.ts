import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { CLOSING, deleteRecord, editRecord, MessageRecord, reactRecord } from "../src/engine/record.ts";

const LINES_A_WRITE = 10_000;
const FIRST_TIME_MS = 1_795_400_000_000;
const PEOPLE = 50;
const EMOJI = ["👍", "😂", "🎉"] as const;
/** Of ten changes, what they are. */
const KINDS = [
  "edit",
  "react",
  "delete",
  "edit",
  "react",
  "edit",
  "edit",
  "react",
  "delete",
  "edit",
] as const;
/** Steps from one changed message to the next: no message of a history comes twice before all have come. */
const STRIDE = 7919;

/** A change of a message. `of` is the number of the message; it comes behind the message with the number `after`. */
interface Change {
  readonly kind: (typeof KINDS)[number];
  readonly of: number;
  readonly after: number;
}

/**
 * Writes a history as the server itself would.
 *
 * @param texts the contents, used in turn
 * @param changes how many changes there are of messages, spread over the whole history. What they have replaced is erased
 */
export function writeHistory(path: string, messages: number, texts: readonly string[], changes = 0): void {
  const file = openSync(path, "w");
  const planned = plan(messages, changes);
  const blank = new Set(planned.filter(({ kind }) => kind !== "react").map(({ of }) => of));
  const ids = new Uint32Array(messages + 1);
  let id = 0;
  let next = 0;
  let lines: string[] = [];
  let lead = "[\n";
  const flush = () => {
    writeSync(file, `${lead}${lines.join(",\n")}`);
    lead = ",\n";
    lines = [];
  };
  for (let number = 1; number <= messages; number++) {
    ids[number] = ++id;
    const text = texts[number % texts.length] ?? "";
    // An erased content has as many bytes as the JSON of what it was.
    const content = blank.has(number) ? " ".repeat(Buffer.byteLength(JSON.stringify(text)) - 2) : text;
    lines.push(messageLine(number, id, content));
    for (let change = planned[next]; change?.after === number; change = planned[++next])
      lines.push(changeLine(change, ++id, ids[change.of] ?? 0, texts));
    if (lines.length >= LINES_A_WRITE) flush();
  }
  if (lines.length > 0) flush();
  writeSync(file, CLOSING);
  fsyncSync(file);
  closeSync(file);
}

function plan(messages: number, changes: number): Change[] {
  return Array.from({ length: changes }, (_, at): Change => {
    const after = Math.floor(((at + 1) * messages) / changes);
    // A change comes behind its message, and no message has two.
    const of = 1 + ((at * STRIDE) % messages);
    return {
      kind: KINDS[at % KINDS.length] ?? "edit",
      of: Math.min(of, messages),
      after: Math.max(after, of),
    };
  }).toSorted((one, other) => one.after - other.after);
}

function messageLine(number: number, id: number, content: string): string {
  return MessageRecord.of({
    name: `u${number % PEOPLE}`,
    content,
    timestamp: "23/11/2026 10:10:10",
    id,
    time: FIRST_TIME_MS + id,
    by: personOf(number),
  }).text;
}

function changeLine({ kind, of: number }: Change, id: number, of: number, texts: readonly string[]): string {
  const change = { connection: "", of, id, time: FIRST_TIME_MS + id };
  const by = personOf(number);
  if (kind === "edit")
    return editRecord({ ...change, kind: "edited", by, content: texts[id % texts.length] ?? "" }).text;
  if (kind === "delete") return deleteRecord({ ...change, kind: "deleted", by }).text;
  const emoji = EMOJI[number % EMOJI.length] ?? EMOJI[0];
  return reactRecord({ ...change, by: personOf(id), name: `u${id % PEOPLE}`, emoji, on: true, count: 1 })
    .text;
}

/** The public id of one of the people. */
function personOf(number: number): string {
  return `person-${String(number % PEOPLE).padStart(9, "0")}`;
}
