import type { Outcome } from "../engine/outcome.ts";
import type { FrameText, HistoryFrame } from "../protocol/encode.ts";
import { withId, withTime } from "../protocol/extension.ts";
import { leaveEvent } from "../protocol/kinds/leave.ts";
import { changeEvent, registerEvent } from "../protocol/kinds/name.ts";
import { messageEvent } from "../protocol/kinds/send.ts";
import { typingEvent } from "../protocol/kinds/typing.ts";
import type { Version } from "../protocol/version.ts";
import type { EventFrame } from "../protocol/wire.ts";
import { textFrame, textFrameHead } from "./websocket-frame.ts";

/** An outcome that others hear of. */
export type Announced = Extract<Outcome, { kind: "registered" | "renamed" | "sent" | "left" | "typing" }>;

/** From this size on, copying a piece costs more than a write of its own. */
const SHARE_FROM_BYTES = 64 * 1024;

/**
 * How one version writes what it has to say. Events and replies are made into units, which can be put together in runs;
 * frames are made of runs of units.
 */
export interface Dialect {
  /** An event, and empty where this version knows no such event. @param classic the event as version 2 has it */
  event(outcome: Announced, classic: string): Uint8Array;
  /** A reply, in pieces. @param frame its JSON, or that of one with history in it */
  reply(frame: string | HistoryFrame): Uint8Array[];
  /** @param units how many there are in `runs` */
  frames(runs: Uint8Array[], units: number): Uint8Array[];
}

const NOTHING = new Uint8Array(0);

/** Version 2: each event is a frame, so that a run of units is sent as it is. */
const classicDialect: Dialect = {
  event: (outcome, classic) => (outcome.kind === "typing" ? NOTHING : textFrame(classic)),
  reply(frame) {
    if (typeof frame === "string") return [textFrame(frame)];
    const pieces = piecesOf(frame);
    return [textFrameHead(lengthOf(pieces)), ...pieces];
  },
  frames: (runs) => joined(runs),
};

const COMMA = Buffer.from(",");
const OPENING = Buffer.from("[");
const CLOSING = Buffer.from("]");

/** Version 3: a frame is one object, or an array of all there is to say. A unit is an object and a comma. */
const batchDialect: Dialect = {
  event: (outcome, classic) => Buffer.from(`${extended(outcome, classic)},`),
  reply: (frame) => (typeof frame === "string" ? [Buffer.from(`${frame},`)] : [...piecesOf(frame), COMMA]),
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

export const DIALECTS: Readonly<Record<Version, Dialect>> = { 2: classicDialect, 3: batchDialect };

function piecesOf({ head, messages, tail }: HistoryFrame): Uint8Array[] {
  return [Buffer.from(head), messages, Buffer.from(tail)];
}

function extended(outcome: Announced, classic: string): string {
  switch (outcome.kind) {
    case "sent":
      return withId(classic, outcome.record.id, outcome.record.time);
    case "typing":
      return classic;
    default:
      return withTime(classic, outcome.time);
  }
}

/** An event as version 2 has it, or, where only version 3 has it, as that does. */
export function classicEvent(
  outcome: Announced,
  timestampOf: (time: number) => string,
): FrameText<EventFrame> {
  switch (outcome.kind) {
    case "registered":
      return registerEvent(outcome.name, timestampOf(outcome.time));
    case "renamed":
      return changeEvent(outcome.oldName, outcome.name, timestampOf(outcome.time));
    case "sent":
      return messageEvent(
        outcome.record.message.name,
        outcome.record.message.content,
        outcome.record.message.timestamp,
      );
    case "left":
      return leaveEvent(outcome.name, timestampOf(outcome.time));
    case "typing":
      return typingEvent(outcome.name);
  }
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
