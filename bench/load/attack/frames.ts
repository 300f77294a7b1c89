/** An attacker's WebSocket frames, prepared once: making them must not cost the attacker anything. */
import { constants, deflateRawSync } from "node:zlib";
import { CONTENT_MAX, NESTING_MAX, NICKNAME_MAX } from "../../../src/protocol/limits.ts";
import { clientFrame, OPCODE, textFrame } from "../client-frame.ts";

/** Nearly the maximum size of a frame: 64 KiB. */
const LARGE_BYTES = 65_525;
/** The most fragments of one message that a server reads. */
const FRAGMENTS = 1024;
const FLOOD_BYTES = 64 * 1024;
const MIB = 1024 * 1024;
/** Output that is flushed like this ends at a byte boundary, so pieces can be joined. */
const DEFLATE = { level: 9, finishFlush: constants.Z_SYNC_FLUSH };
const TAIL_OF_DEFLATED_BYTES = 4;
const KEPT_SHORT = 20;
/** As many levels as a reply may carry back, including the array around them. */
const TOWER = NESTING_MAX - 1;
/** The character that takes the most bytes in a frame, and the one that takes the most in JSON: `\u0001`. */
const FOUR_BYTES = "🂡";
const ESCAPED = "\u0001";
/** NFKC turns it into 18 characters. */
const EXPANDING = "\ufdfa";

/** Requests of nearly 64 KiB that are invalid, or contain a lot of useless data. */
export const LARGE = {
  nums: filled('{"type":"send","content":[', "1,", "1]}"),
  arrays: filled('{"type":"send","content":[', "[],", "[]]}"),
  objects: filled('{"type":"send","content":[', "{},", "{}]}"),
  wide: filled('{"type":"send","content":[', "[1,1,1,1],", "[1]]}"),
  keys: numbered('{"type":"send","content":{', (at) => `"${at.toString(36)}":1,`, '"last":1}}'),
  deep: filled('{"type":"send","content":', "[", "}").replace(/\[+/, balanced),
  towers: filled('{"type":"send","content":[', `${balanced("[".repeat(2 * TOWER))},`, "1]}"),
  names: filled('{"type":"name","name":[', "1,", "1]}"),
  unknown: filled('{"type":"x","content":[', "1,", "1]}"),
  typing: filled('{"type":"typing","more":[', "1,", "1]}"),
  junk: filled('{"type":"send","content":"x","more":[', "1,", "1]}"),
  invalid: filled('{"type":"send","content":[', "1,", "1"),
  text: filled('{"type":"send","content":"', "x", '"}'),
} as const;

export type LargeName = keyof typeof LARGE;

/** A request as a frame. */
export function request(value: object): Buffer {
  return textFrame(JSON.stringify(value));
}

/** One text frame, compressed as much as possible (RFC 7692). */
export function deflatedFrame(text: string): Buffer {
  return clientFrame(OPCODE.text, deflatedPayload(Buffer.from(text)), { isDeflated: true });
}

/** A send of 4,000 letters. */
export function letters(): Buffer {
  return deflatedFrame(JSON.stringify({ type: "send", content: "x".repeat(CONTENT_MAX) }));
}

/** A send of the maximum length, of characters of four bytes each: 16 KB. */
export function longSend(isDeflated: boolean): Buffer {
  const text = JSON.stringify({ type: "send", content: FOUR_BYTES.repeat(CONTENT_MAX) });
  return isDeflated ? deflatedFrame(text) : textFrame(text);
}

/** A send that takes 24 KB when it is written as JSON. */
export function escapedSend(): Buffer {
  return deflatedFrame(JSON.stringify({ type: "send", content: ESCAPED.repeat(CONTENT_MAX) }));
}

export function shortSend(key?: string): Buffer {
  return request({ type: "send", content: "spam", ...(key === undefined ? {} : { key }) });
}

/** A message that is refused for its key, and whose content the reply still carries back. */
export function badKeySend(): Buffer {
  return deflatedFrame(
    JSON.stringify({ type: "send", content: ESCAPED.repeat(CONTENT_MAX), key: "k".repeat(100) }),
  );
}

export function nameRequest(name: string): Buffer {
  return request({ type: "name", name });
}

/** A nickname of the maximum number of bytes, made unique by a number. */
export function longName(number: number): string {
  const end = ` ${number}`;
  return FOUR_BYTES.repeat(NICKNAME_MAX - end.length) + end;
}

/** A nickname that normalisation makes 18 times as long, made unique by a number. */
export function expandingName(number: number): string {
  const end = ` ${number}`;
  return EXPANDING.repeat(NICKNAME_MAX - end.length) + end;
}

/** Control frames without a payload, one after another. */
export function controlFlood(opcode: number): Buffer {
  return repeated(clientFrame(opcode, Buffer.alloc(0)), FLOOD_BYTES);
}

/** A message that begins and never ends, in fragments without a payload. */
export function fragmentFlood(): Buffer {
  const first = clientFrame(OPCODE.text, Buffer.alloc(0), { isFinal: false });
  const next = clientFrame(OPCODE.continuation, Buffer.alloc(0), { isFinal: false });
  return Buffer.concat([first, repeated(next, FLOOD_BYTES)]);
}

/** One complete message in the maximum number of fragments, each of one byte. */
export function fragmentedMessage(): Buffer {
  const byte = Buffer.from("1");
  return Buffer.concat([
    clientFrame(OPCODE.text, byte, { isFinal: false }),
    ...Array<Buffer>(FRAGMENTS - 2).fill(clientFrame(OPCODE.continuation, byte, { isFinal: false })),
    clientFrame(OPCODE.continuation, byte),
  ]);
}

/** A frame of 64 KiB that inflates to more than 60 MiB. */
export function bomb(): Buffer {
  const mebibyte = deflateRawSync(Buffer.alloc(MIB, " "), DEFLATE);
  const payload = repeated(mebibyte, LARGE_BYTES).subarray(0, -TAIL_OF_DEFLATED_BYTES);
  return clientFrame(OPCODE.text, payload, { isDeflated: true });
}

/** A frame of 64 KiB of empty compressed blocks. */
export function emptyBlocks(): Buffer {
  // An empty stored block, RFC 1951, section 3.2.4.
  const block = Buffer.from([0, 0, 0, 0xff, 0xff]);
  const payload = repeated(block, LARGE_BYTES).subarray(0, -TAIL_OF_DEFLATED_BYTES);
  return clientFrame(OPCODE.text, payload, { isDeflated: true });
}

export function closeFrame(code = 1000): Buffer {
  return clientFrame(OPCODE.close, Buffer.from([code >> 8, code & 0xff]));
}

function deflatedPayload(bytes: Uint8Array): Buffer {
  return deflateRawSync(bytes, DEFLATE).subarray(0, -TAIL_OF_DEFLATED_BYTES);
}

function repeated(bytes: Buffer, upTo: number): Buffer {
  return Buffer.concat(Array<Buffer>(Math.floor(upTo / bytes.length)).fill(bytes));
}

/** A text of nearly `LARGE_BYTES`, with as many units in its middle as fit. */
function filled(start: string, unit: string, end: string): string {
  const room = LARGE_BYTES - start.length - end.length;
  return start + unit.repeat(Math.floor(room / unit.length)) + end;
}

function numbered(start: string, unit: (at: number) => string, end: string): string {
  const parts: string[] = [];
  let left = LARGE_BYTES - start.length - end.length - KEPT_SHORT;
  for (let at = 0; left > 0; at++) {
    const part = unit(at);
    parts.push(part);
    left -= part.length;
  }
  return start + parts.join("") + end;
}

/** As many opening brackets, but nested, and each is closed. */
function balanced(brackets: string): string {
  const levels = Math.floor(brackets.length / 2);
  return "[".repeat(levels) + "]".repeat(levels);
}
