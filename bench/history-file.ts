import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { CLOSING, MessageRecord } from "../src/engine/record.ts";

const LINES_A_WRITE = 10_000;
const FIRST_TIME_MS = 1_795_400_000_000;

/** Writes a history as the server itself would. @param texts the contents, used in turn */
export function writeHistory(path: string, messages: number, texts: readonly string[]): void {
  const file = openSync(path, "w");
  let lines = ["["];
  for (let id = 1; id <= messages; id++) {
    const record = MessageRecord.of({
      name: `u${id % 50}`,
      content: texts[id % texts.length] ?? "",
      timestamp: "23/11/2026 10:10:10",
      id,
      time: FIRST_TIME_MS + id,
    }).text;
    lines.push(id === messages ? record : `${record},`);
    if (lines.length < LINES_A_WRITE && id < messages) continue;
    writeSync(file, id === messages ? lines.join("\n") : `${lines.join("\n")}\n`);
    lines = [];
  }
  writeSync(file, CLOSING);
  fsyncSync(file);
  closeSync(file);
}
