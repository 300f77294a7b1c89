import type { PositionKeys } from "../../protocol/extension.ts";
import type { PageData } from "../../protocol/page.ts";
import type { Unverified } from "../../protocol/wire.ts";
import type { Dialect } from "../dialect.ts";

/** What is read of an event to name it. */
type Named = Unverified<PositionKeys & { datatype: string }>;

/** A place in a history as the id of an event, by which a client goes on: `812-1893460088000`. */
export function eventIdOf({ id, time }: PositionKeys): string {
  return `${id}-${time}`;
}

/** The beginning of every history, of which an empty one has nothing else. */
export const BEGINNING = "0";

const EVENT_ID = /^(\d{1,16})(?:-(\d{1,16}))?$/;

/** Null if it is malformed. */
export function readEventId(text: string): { after: number; time: number | undefined } | null {
  const [, id, time] = EVENT_ID.exec(text) ?? [];
  const [after, at] = [Number(id), time === undefined ? undefined : Number(time)];
  return id === undefined || !Number.isSafeInteger(after) || !Number.isSafeInteger(at ?? 0)
    ? null
    : { after, time: at };
}

/**
 * Server-sent events. An event of the protocol is one of the stream, named by its `datatype`; what is stored has its place in the
 * history as id. A page is one event too, so that a client has all of it or nothing, and its id is the place that it reaches to.
 */
export const EVENT_DIALECT: Dialect = {
  version: 3,
  event(text) {
    const { datatype, id, time }: Named = JSON.parse(text);
    const isStored = typeof id === "number" && typeof time === "number";
    return eventOf(String(datatype), isStored ? eventIdOf({ id, time }) : null, text);
  },
  reply(text) {
    if (typeof text === "string") return [];
    const whole = `${text.head}${Buffer.from(text.messages).toString()}${text.tail}`;
    const { data }: { data: PageData } = JSON.parse(whole);
    return [eventOf("page", reachOf(data), JSON.stringify(data))];
  },
  frames: (runs) => [Buffer.concat(runs)],
};

/** How far a page reaches. */
function reachOf({ cursor, message }: PageData): string {
  const { id, time } = cursor ?? message.at(-1) ?? {};
  return id === undefined || time === undefined ? BEGINNING : eventIdOf({ id, time });
}

/** @param data JSON, which has no line breaks */
function eventOf(name: string, id: string | null, data: string): Buffer {
  const place = id === null ? "" : `id: ${id}\n`;
  return Buffer.from(`event: ${name}\n${place}data: ${data}\n\n`);
}
