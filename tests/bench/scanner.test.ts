/** What the benchmark counts is what a server has sent, however the network cuts it. */
import { expect, test } from "bun:test";
import { constants, deflateRawSync } from "node:zlib";
import { FrameScanner, type Hearer } from "../../bench/load/scanner.ts";
import { textFrame } from "../../src/server/websocket-frame.ts";

const message = '{"type":"receive","datatype":"message","name":"An","content":"hello","timestamp":"T"}';
const register = '{"type":"receive","datatype":"register","name":"An","timestamp":"T"}';
const leave = '{"type":"receive","datatype":"leave","name":"An","timestamp":"T"}';
const edit =
  '{"type":"receive","datatype":"edit","of":1,"content":"hello","by":"0123456789abcdef","id":2,"time":3}';
const deletion = '{"type":"receive","datatype":"delete","of":1,"by":"0123456789abcdef","id":2,"time":3}';
const reaction =
  '{"type":"receive","datatype":"react","of":1,"emoji":"x","on":true,"count":1,"by":"0123456789abcdef","name":"An","id":2,"time":3}';
const edited = '{"type":"edit","of":1,"content":"hello","status":true,"id":2,"time":3}';
const reacted = '{"type":"react","of":1,"emoji":"x","on":true,"count":1,"status":true}';
const notDeleted = '{"type":"delete","of":1,"status":false,"reason":"NotAllowed"}';
const change = '{"type":"receive","datatype":"change","oldname":"A","newname":"B","timestamp":"T"}';
const ping = '{"type":"ping","timeout":5}';
const sent = '{"type":"send","name":"An","content":"hello","status":true,"timestamp":"T"}';
const refused = '{"type":"send","username":"An","content":"","status":false,"reason":"WrongFormatContent"}';
/** A content that looks like an event. */
const sly = `{"type":"receive","datatype":"message","name":"An","content":${JSON.stringify(message)},"timestamp":"T"}`;

/** Everything that a scanner has told, in one object. */
class Heard implements Hearer {
  readonly counts = { messages: 0, registers: 0, leaves: 0, changes: 0 };
  readonly replies: string[] = [];
  readonly controls: string[] = [];

  heard(messages: number, registers: number, leaves: number, changes: number): void {
    this.counts.messages += messages;
    this.counts.registers += registers;
    this.counts.leaves += leaves;
    this.counts.changes += changes;
  }

  replied(kind: string, isAccepted: boolean): void {
    this.replies.push(`${kind} ${isAccepted}`);
  }

  control(opcode: number, payload: Buffer): void {
    this.controls.push(`${opcode} ${payload}`);
  }
}

function heardOf(bytes: Buffer, chunkBytes: number, prefix = 0): Heard {
  const heard = new Heard();
  const scanner = new FrameScanner(heard, prefix);
  for (let at = 0; at < bytes.length; at += chunkBytes) scanner.scan(bytes.subarray(at, at + chunkBytes));
  return heard;
}

/** A frame as RFC 7692 has it: compressed, without its last four bytes, and with the first reserved bit. */
function compressedFrame(text: string): Buffer {
  const payload = deflateRawSync(text, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
  const frame = textFrame("x".repeat(payload.length));
  frame.set(payload, frame.length - payload.length);
  frame[0] = (frame[0] ?? 0) | 0x40;
  return frame;
}

const counts = { messages: 3, registers: 1, leaves: 1, changes: 4 };
const replies = ["send true", "change true", "send false", "change true", "change false"];
const all = [
  ...[message, edit, ping, sent, edited, register, sly, change, reaction, refused],
  ...[reacted, deletion, notDeleted, leave, edit, message],
];

test.each([1, 2, 3, 7, 100, 1_000_000])(
  "events and replies are counted in chunks of %d bytes",
  (chunkBytes) => {
    const bytes = Buffer.concat([
      ...all.map(textFrame),
      textFrame(`"${"x".repeat(70_000)}"`),
      textFrame(message),
    ]);
    const heard = heardOf(bytes, chunkBytes);
    expect(heard.counts).toEqual({ ...counts, messages: counts.messages + 1 });
    expect(heard.replies).toEqual(replies);
  },
);

test.each([1, 100, 1_000_000])(
  "a batch, compressed or not, is counted in chunks of %d bytes",
  (chunkBytes) => {
    const batch = `[${all.join(",")}]`;
    for (const frame of [textFrame(batch), compressedFrame(batch)]) {
      const heard = heardOf(Buffer.concat([frame, frame]), chunkBytes);
      expect(heard.counts).toEqual({ messages: 6, registers: 2, leaves: 2, changes: 8 });
      expect(heard.replies).toEqual([...replies, ...replies]);
    }
  },
);

test("text before the JSON is skipped, and frames without JSON are reported unchanged", () => {
  const inSocketIo = (json: string) => textFrame(`42["message",${json}]`);
  const bytes = Buffer.concat([textFrame("2"), ...all.map(inSocketIo), Buffer.from([0x89, 1, 0x41])]);
  const heard = heardOf(bytes, 1_000_000, '42["message",'.length);
  expect(heard.counts).toEqual(counts);
  expect(heard.replies).toEqual(replies);
  expect(heard.controls).toEqual(["1 2", "9 A"]);
});
