/** What an attacker sends in WebSocket frames, prepared once: to make it must cost the attacker nothing. */
import { constants, deflateRawSync } from "node:zlib";
import { CONTENT_MAX, NESTING_MAX, NICKNAME_MAX } from "../../../src/protocol/limits.ts";
import { clientFrame, OPCODE, textFrame } from "../client-frame.ts";

/** Nearly the most that a frame may have: 64 KiB. */
const LARGE_BYTES = 65_525;
/** A server reads so many fragments of one message at most. */
const FRAGMENTS = 1024;
const FLOOD_BYTES = 64 * 1024;
const MIB = 1024 * 1024;
/** What is flushed like this ends with a whole byte, and can stand behind another. */
const DEFLATE = { level: 9, finishFlush: constants.Z_SYNC_FLUSH };
const TAIL_OF_DEFLATED_BYTES = 4;
const KEPT_SHORT = 20;
/** As many levels as may be carried back, with the array around them. */
const TOWER = NESTING_MAX - 1;
/** The character that takes most bytes in a frame, and one that takes the most in JSON: `\u0001`. */
const FOUR_BYTES = "🂡";
const ESCAPED = "\u0001";
/** NFKC makes 18 characters of it. */
const EXPANDING = "\ufdfa";

/** Requests of nearly 64 KiB that are no good, or have much in them that nobody wants. */
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

/** One frame of text, compressed as well as can be (RFC 7692). */
export function deflatedFrame(text: string): Buffer {
  return clientFrame(OPCODE.text, deflatedPayload(Buffer.from(text)), { isDeflated: true });
}

/** A send of 4,000 letters. */
export function letters(): Buffer {
  return deflatedFrame(JSON.stringify({ type: "send", content: "x".repeat(CONTENT_MAX) }));
}

/** A send as long as can be, of characters of four bytes each: 16 KB. */
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

/** A message that is refused for its key, and whose content is carried back all the same. */
export function badKeySend(): Buffer {
  return deflatedFrame(
    JSON.stringify({ type: "send", content: ESCAPED.repeat(CONTENT_MAX), key: "k".repeat(100) }),
  );
}

export function nameRequest(name: string): Buffer {
  return request({ type: "name", name });
}

/** A nickname of the most bytes there can be, unlike others by a number. */
export function longName(number: number): string {
  const end = ` ${number}`;
  return FOUR_BYTES.repeat(NICKNAME_MAX - end.length) + end;
}

/** A nickname that grows 18 times when it is normalised, unlike others by a number. */
export function expandingName(number: number): string {
  const end = ` ${number}`;
  return EXPANDING.repeat(NICKNAME_MAX - end.length) + end;
}

/** Nothing but control frames without a payload, one behind the other. */
export function controlFlood(opcode: number): Buffer {
  return repeated(clientFrame(opcode, Buffer.alloc(0)), FLOOD_BYTES);
}

/** A message that begins and never ends, in fragments without a payload. */
export function fragmentFlood(): Buffer {
  const first = clientFrame(OPCODE.text, Buffer.alloc(0), { isFinal: false });
  const next = clientFrame(OPCODE.continuation, Buffer.alloc(0), { isFinal: false });
  return Buffer.concat([first, repeated(next, FLOOD_BYTES)]);
}

/** One whole message, in as many fragments as are taken, each with a byte. */
export function fragmentedMessage(): Buffer {
  const byte = Buffer.from("1");
  return Buffer.concat([
    clientFrame(OPCODE.text, byte, { isFinal: false }),
    ...Array<Buffer>(FRAGMENTS - 2).fill(clientFrame(OPCODE.continuation, byte, { isFinal: false })),
    clientFrame(OPCODE.continuation, byte),
  ]);
}

/** A frame of 64 KiB that is more than 60 MiB when it is inflated. */
export function bomb(): Buffer {
  const mebibyte = deflateRawSync(Buffer.alloc(MIB, " "), DEFLATE);
  const payload = repeated(mebibyte, LARGE_BYTES).subarray(0, -TAIL_OF_DEFLATED_BYTES);
  return clientFrame(OPCODE.text, payload, { isDeflated: true });
}

/** A frame of 64 KiB of compressed blocks that have nothing in them. */
export function emptyBlocks(): Buffer {
  // A stored block without contents, RFC 1951, section 3.2.4.
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

/** A text of nearly `LARGE_BYTES`, with as many units in its middle as there is room for. */
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

/** Of opening brackets as many, but nested: each is closed. */
function balanced(brackets: string): string {
  const levels = Math.floor(brackets.length / 2);
  return "[".repeat(levels) + "]".repeat(levels);
}
