/** Frames from the server, RFC 6455, section 5. They are not masked. */

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

const FIN = 0x80;
/** Marks a message that is compressed (RFC 7692, section 6). */
const RSV1 = 0x40;

/** One unfragmented text frame. */
export function textFrame(text: string): Buffer<ArrayBuffer> {
  const length = Buffer.byteLength(text);
  const head = headLength(length);
  const frame = Buffer.allocUnsafe(head + length);
  writeHead(frame, FIN | OPCODE.text, length);
  frame.write(text, head);
  return frame;
}

/** The head of one unfragmented text frame. @param length of the payload, in bytes */
export function textFrameHead(length: number, isDeflated = false): Buffer<ArrayBuffer> {
  const head = Buffer.allocUnsafe(headLength(length));
  writeHead(head, FIN | (isDeflated ? RSV1 : 0) | OPCODE.text, length);
  return head;
}

/** The payload of a whole frame from the server. */
export function payloadOf(frame: Buffer): Buffer {
  const short = frame[1] ?? 0;
  return frame.subarray(short === 126 ? 4 : short === 127 ? 10 : 2);
}

/** A control frame; its payload is at most 125 bytes. */
export function controlFrame(opcode: number, payload: Uint8Array): Buffer<ArrayBuffer> {
  const frame = Buffer.allocUnsafe(2 + payload.length);
  writeHead(frame, FIN | opcode, payload.length);
  frame.set(payload, 2);
  return frame;
}

/** A close frame. Without a code it is empty, which answers an empty one. */
export function closeFrame(code?: number, reason = ""): Buffer<ArrayBuffer> {
  const payload = Buffer.alloc(code === undefined ? 0 : 2 + Buffer.byteLength(reason));
  if (code !== undefined) {
    payload.writeUInt16BE(code);
    payload.write(reason, 2);
  }
  return controlFrame(OPCODE.close, payload);
}

function headLength(payload: number): number {
  return payload < 126 ? 2 : payload < 65_536 ? 4 : 10;
}

function writeHead(frame: Buffer, first: number, payload: number): void {
  frame[0] = first;
  if (payload < 126) {
    frame[1] = payload;
  } else if (payload < 65_536) {
    frame[1] = 126;
    frame.writeUInt16BE(payload, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(payload), 2);
  }
}
