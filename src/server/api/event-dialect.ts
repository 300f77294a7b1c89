import type { PositionKeys } from "../../protocol/extension.ts";
import type { PageData } from "../../protocol/page.ts";
import type { Unverified } from "../../protocol/wire.ts";
import type { Dialect } from "../dialect.ts";

/** What is read of an event to name it. */
type Named = Unverified<PositionKeys & { datatype: string }>;

/** A place in a history; without a time only the beginning is meant. */
export interface Place {
  readonly after: number;
  readonly time: number | undefined;
}

/** A place as the id of an event, by which a client goes on: `812-1893460088000`. */
function eventIdOf({ after, time }: Place): string {
  return time === undefined ? String(after) : `${after}-${time}`;
}

/** What an event begins with. @param place its id; null for none */
export function headOf(name: string, place: Place | null): string {
  return `event: ${name}\n${place === null ? "" : idLineOf(place)}`;
}

const EVENT_ID = /^(\d{1,16})(?:-(\d{1,16}))?$/;

/** Null if it is malformed. */
export function readEventId(text: string): Place | null {
  const [, id, time] = EVENT_ID.exec(text) ?? [];
  const [after, at] = [Number(id), time === undefined ? undefined : Number(time)];
  return id === undefined || !Number.isSafeInteger(after) || !Number.isSafeInteger(at ?? 0)
    ? null
    : { after, time: at };
}

/**
 * Server-sent events. An event of the protocol is one of the stream, named by its `datatype`; what is stored has its place in the
 * history as id. A page is one event too, so that a client has all of it or nothing, and its id is the place that it reaches to. The
 * stream writes the {@link headOf head} of it, because it alone knows where an empty page is.
 */
export const EVENT_DIALECT: Dialect = {
  version: 3,
  event(text) {
    const { datatype, id, time }: Named = JSON.parse(text);
    const isStored = typeof id === "number" && typeof time === "number";
    const head = headOf(String(datatype), isStored ? { after: id, time } : null);
    return Buffer.from(`${head}${dataOf(text)}`);
  },
  reply(text) {
    if (typeof text === "string") return [];
    const whole = `${text.head}${Buffer.from(text.messages).toString()}${text.tail}`;
    const { data }: { data: PageData } = JSON.parse(whole);
    return [Buffer.from(`${reachOf(data)}${dataOf(JSON.stringify(data))}`)];
  },
  frames: (runs) => [Buffer.concat(runs)],
};

/** How far a page reaches, unless it is empty. */
function reachOf({ cursor, message }: PageData): string {
  const { id, time } = cursor ?? message.at(-1) ?? {};
  return id === undefined ? "" : idLineOf({ after: id, time });
}

function idLineOf(place: Place): string {
  return `id: ${eventIdOf(place)}\n`;
}

/** @param json has no line breaks */
function dataOf(json: string): string {
  return `data: ${json}\n\n`;
}
