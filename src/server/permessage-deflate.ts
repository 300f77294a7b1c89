/** Compressed messages: the extension `permessage-deflate` (RFC 7692), without a window shared between messages. */
import { constants, deflateRawSync, inflateRawSync } from "node:zlib";
import { payloadOf, textFrameHead } from "./websocket-frame.ts";

/** The header that confirms the extension. Each message is compressed by itself, in both directions. */
export const DEFLATE_ANSWER = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

const NAME = "permessage-deflate";
/** A quoted value must be a token too (RFC 6455, section 9.1), and so contains neither a comma nor a semicolon. */
const PARAMETER = /^([a-z_]+)(?:[\t ]*=[\t ]*(?:(\d+)|"(\d+)"))?$/;
const WINDOW_BITS = ["8", "9", "10", "11", "12", "13", "14", "15"];
/** A higher level takes more time and saves next to nothing: see docs/decisions/0013. */
const LEVEL = 2;
/** A sender leaves out the end of the empty block that a flush writes (section 7.2.1). */
const LEFT_OUT_BYTES = 4;
/** The same, and a last block behind it, without which a truncated message would pass for a whole one. */
const END = Buffer.from([0x00, 0x00, 0xff, 0xff, 0x03, 0x00]);

/**
 * Whether one of the offers in a `Sec-WebSocket-Extensions` header can be accepted by {@link DEFLATE_ANSWER}. An offer
 * that limits the server's window cannot: all clients are sent the same bytes.
 */
export function acceptsDeflate(header: string | null): boolean {
  return (header ?? "").split(",").some((offer) => {
    const [name, ...parameters] = offer.split(";").map((part) => part.trim());
    const keys = parameters.map((parameter) => PARAMETER.exec(parameter)?.[1]);
    return name === NAME && new Set(keys).size === keys.length && parameters.every(isAcceptable);
  });
}

function isAcceptable(parameter: string): boolean {
  const [, key, token, quoted] = PARAMETER.exec(parameter) ?? [];
  const value = token ?? quoted;
  switch (key) {
    case "server_no_context_takeover":
    case "client_no_context_takeover":
      return value === undefined;
    case "client_max_window_bits":
      return value === undefined || WINDOW_BITS.includes(value);
    default:
      return false;
  }
}

/**
 * The message in a compressed payload. What follows a final block is not read. Takes little more memory than `maxBytes`,
 * whatever the payload claims to hold.
 */
export function inflate(payload: Uint8Array, maxBytes: number): Uint8Array | "broken" | "too big" {
  try {
    return inflateRawSync(Buffer.concat([payload, END]), { maxOutputLength: maxBytes });
  } catch (error) {
    const isTooBig = error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE";
    return isTooBig ? "too big" : "broken";
  }
}

/**
 * A text frame with its payload compressed; the frame itself when its payload is smaller than `fromBytes`, or is not
 * made smaller by compression.
 *
 * @param pieces of one frame
 */
export function deflated(pieces: readonly Uint8Array[], fromBytes: number): readonly Uint8Array[] {
  const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
  // Most batches of a quiet room are too small: they are not copied.
  if (bytes < fromBytes) return pieces;
  const payload = payloadOf(Buffer.concat(pieces, bytes));
  if (payload.length < fromBytes) return pieces;
  const stream = deflateRawSync(payload, { level: LEVEL, finishFlush: constants.Z_SYNC_FLUSH });
  const compressed = stream.subarray(0, stream.length - LEFT_OUT_BYTES);
  if (compressed.length >= payload.length) return pieces;
  return [Buffer.concat([textFrameHead(compressed.length, true), compressed])];
}
