import type { Message } from "../../client/index.ts";
import { dayOf, isOneGroup, type Times } from "./times.ts";

/**
 * Writes messages as a text: `[01:10] An: Hello`, with a line for each day.
 *
 * @param indent what the further lines of a message begin with. Without any, somebody could write a message that looks like
 *   one of somebody else's
 * @param withDay whether the first message needs the line of its day
 */
export function transcriptText(
  messages: readonly Message[],
  times: Times,
  indent: string,
  withDay = true,
): string {
  const lines: string[] = [];
  for (const [at, { name, time, timestamp, content }] of messages.entries()) {
    const before = messages[at - 1];
    const isNewDay =
      time !== null && (before?.time == null ? !before && withDay : dayOf(time) !== dayOf(before.time));
    if (isNewDay) lines.push(...(lines.length > 0 ? [""] : []), times.date(time), "");
    const clock = time === null ? timestamp : times.clock(time);
    lines.push(`[${clock}] ${name}: ${content.replaceAll("\n", `\n${indent}`)}`);
  }
  return lines.join("\n");
}

/** Writes messages as a list in JSON. Times are in ISO 8601, or as the classic server wrote them. */
export function transcriptJson(messages: readonly Message[]): string {
  const written = messages.map(({ id, name, by, time, timestamp, content, reply, edited }) => ({
    id,
    time: time === null ? timestamp : new Date(time).toISOString(),
    name,
    by,
    content,
    reply,
    edited: edited === undefined ? undefined : new Date(edited).toISOString(),
  }));
  return JSON.stringify(written, null, 1);
}

/** Whether a message goes on where the one before it in a transcript has ended, so that nobody has to be named again. */
export function goesOn(message: Message, before: Message | undefined): boolean {
  return before?.name === message.name && before.by === message.by && isOneGroup(before.time, message.time);
}
