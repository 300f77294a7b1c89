import type { Message } from "../../room/operation.ts";
import { integerOf, type Row, textOf, textOrNull } from "./rows.ts";

/** The columns of a message, with its time in Unix milliseconds. */
export const MESSAGE_COLUMNS =
  "id::float8 AS id, name, content, shown_time, round(extract(epoch FROM sent_at) * 1000)::float8 AS time, key, exact";

/** A message as a row is made of it, for `json_to_recordset`. */
export function rowOf({ id, name, content, timestamp, time, digest }: Message): Row {
  const texts = [name, content, timestamp];
  const exact = texts.some(isNoText) ? JSON.stringify(texts) : null;
  const [shownName, shownContent, shownTime] = exact === null ? texts : texts.map(asText);
  return {
    id,
    name: shownName,
    content: shownContent,
    shown_time: shownTime,
    time,
    key: digest ?? null,
    exact,
  };
}

export function messageOf(row: Row): Message {
  const [name, content, timestamp] = textsOf(row);
  const message = { name, content, timestamp, id: integerOf(row.id), time: integerOf(row.time) };
  const digest = textOrNull(row.key);
  return digest === null ? message : { ...message, digest };
}

function textsOf(row: Row): [string, string, string] {
  const exact = textOrNull(row.exact);
  if (exact === null) return [textOf(row.name), textOf(row.content), textOf(row.shown_time)];
  const texts: unknown = JSON.parse(exact);
  if (!Array.isArray(texts)) throw new TypeError("The exact texts of a message are a list.");
  return [textOf(texts[0]), textOf(texts[1]), textOf(texts[2])];
}

/** PostgreSQL's text is UTF-8 without the character NUL. */
function isNoText(text: string): boolean {
  return text.includes("\0") || !text.isWellFormed();
}

function asText(text: string): string {
  return text.toWellFormed().replaceAll("\0", "\uFFFD");
}
