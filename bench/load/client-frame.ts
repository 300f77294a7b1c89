/** Frames to the server, RFC 6455, section 5. All are masked with the same key: random keys would cost the generator time. */

const KEY = [0x37, 0xfa, 0x21, 0x3d] as const;
const FIN = 0x80;
const RSV1 = 0x40;
const MASKED = 0x80;

export const OPCODE = { continuation: 0, text: 1, close: 8, ping: 9, pong: 10 } as const;

export interface FrameForm {
  /** False for all fragments of a message except the last. */
  readonly isFinal?: boolean;
  /** Whether the payload is compressed (RFC 7692). */
  readonly isDeflated?: boolean;
}

/** One unfragmented text frame. */
export function textFrame(text: string): Buffer {
  return clientFrame(OPCODE.text, Buffer.from(text));
}

/** One frame with a masked payload. */
export function clientFrame(
  opcode: number,
  payload: Uint8Array,
  { isFinal = true, isDeflated = false }: FrameForm = {},
): Buffer {
  const first = (isFinal ? FIN : 0) | (isDeflated ? RSV1 : 0) | opcode;
  const head = headOf(first, payload.length);
  const frame = Buffer.concat([head, Buffer.from(KEY), payload]);
  for (let at = 0; at < payload.length; at++) {
    const place = head.length + KEY.length + at;
    frame[place] = (frame[place] ?? 0) ^ (KEY[at % KEY.length] ?? 0);
  }
  return frame;
}

function headOf(first: number, length: number): Buffer {
  if (length < 126) return Buffer.from([first, MASKED | length]);
  if (length > 0xffff)
    throw new RangeError("Clients of the benchmark do not send frames of more than 64 KiB.");
  return Buffer.from([first, MASKED | 126, length >> 8, length & 0xff]);
}
