import { counted } from "./count.ts";

const BAR_CHARACTERS = 30;

/** Shown on a terminal only: it would fill a log. */
export function showProgress(room: string, messages: number, fraction: number): void {
  if (!process.stderr.isTTY) return;
  const done = Math.round(fraction * BAR_CHARACTERS);
  const bar = "#".repeat(done) + ".".repeat(BAR_CHARACTERS - done);
  process.stderr.write(
    `\r[${bar}] ${Math.round(fraction * 100)} %  ${counted(messages, "message")} in ${room}  `,
  );
  if (fraction >= 1) process.stderr.write("\n");
}
