import type { FrameText, HistoryFrame } from "../protocol/encode.ts";
import { type Ref, withRef } from "../protocol/extension.ts";
import type { Version } from "../protocol/version.ts";
import type { EventFrame, ReplyFrame } from "../protocol/wire.ts";
import { textFrame, textFrameHead } from "./websocket-frame.ts";

export type EventText = FrameText<EventFrame>;

/** A reply, which may have history in it. */
export type ReplyText = FrameText<ReplyFrame> | HistoryFrame<ReplyFrame>;

/** From this size on, copying a piece costs more than a write of its own. */
const SHARE_FROM_BYTES = 64 * 1024;

/**
 * How the texts of one version are written as bytes. Events and replies become units, which can be put together in runs;
 * frames are made of runs of units.
 */
export interface Dialect {
  readonly version: Version;
  /** The unit of an event. */
  event(text: EventText): Uint8Array;
  /** The unit of a reply, in pieces. @param ref of its request */
  reply(text: ReplyText, ref: Ref | undefined): Uint8Array[];
  /** @param units how many there are in `runs` */
  frames(runs: Uint8Array[], units: number): Uint8Array[];
}

/** Version 2: each event is a frame, so that a run of units is sent as it is. */
const classicDialect: Dialect = {
  version: 2,
  event: textFrame,
  reply(text) {
    if (typeof text === "string") return [textFrame(text)];
    const pieces = piecesOf(text);
    return [textFrameHead(lengthOf(pieces)), ...pieces];
  },
  frames: (runs) => joined(runs),
};

const NOTHING = new Uint8Array(0);
const COMMA = Buffer.from(",");
const OPENING = Buffer.from("[");
const CLOSING = Buffer.from("]");

/** Version 3: a frame is one object, or an array of several. A unit is an object and a comma. */
const batchDialect: Dialect = {
  version: 3,
  event: (text) => Buffer.from(`${text},`),
  reply(text, ref) {
    const marked = withRef(text, ref);
    return typeof marked === "string" ? [Buffer.from(`${marked},`)] : [...piecesOf(marked), COMMA];
  },
  frames(runs, units) {
    const last = runs.pop();
    if (last === undefined) return [];
    runs.push(last.subarray(0, last.length - COMMA.length));
    if (units > 1) {
      runs.unshift(OPENING);
      runs.push(CLOSING);
    }
    runs.unshift(textFrameHead(lengthOf(runs)));
    return joined(runs);
  },
};

/**
 * For a recipient that makes one request and hears nothing else: the text of its reply, as version 3 has it, and nothing around
 * it.
 */
export const REPLY_DIALECT: Dialect = {
  version: 3,
  event: () => NOTHING,
  reply: (text) => (typeof text === "string" ? [Buffer.from(text)] : piecesOf(text)),
  frames: joined,
};

/** How each version is written on a WebSocket. */
export const DIALECTS: Readonly<Record<Version, Dialect>> = { 2: classicDialect, 3: batchDialect };

function piecesOf({ head, messages, tail }: HistoryFrame): Uint8Array[] {
  return [Buffer.from(head), messages, Buffer.from(tail)];
}

/** Small pieces as one, so that they are one write; large ones as they are, so that clients share them. */
function joined(pieces: Uint8Array[]): Uint8Array[] {
  if (pieces.length < 2) return pieces;
  const bytes = lengthOf(pieces);
  return bytes / pieces.length > SHARE_FROM_BYTES ? pieces : [Buffer.concat(pieces, bytes)];
}

function lengthOf(pieces: readonly Uint8Array[]): number {
  let bytes = 0;
  for (const piece of pieces) bytes += piece.length;
  return bytes;
}
