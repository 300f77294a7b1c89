import type { Connection } from "./connection.ts";
import { inflate } from "./permessage-deflate.ts";
import { decodeUtf8, type MessageForm, WebSocketReader } from "./websocket-reader.ts";

/** What a client's frames make its socket do. */
export interface SocketActions {
  pong(payload: Uint8Array): void;
  /** The client closes. `code` is undefined when its close frame is empty. */
  close(code: number | undefined): void;
  /** The client has broken the protocol of WebSockets. */
  fail(code: number, reason: string): void;
}

/**
 * A reader that hands the messages of a WebSocket to its connection, inflated and decoded.
 *
 * @param frameBytes the largest message, in bytes
 * @param deflates whether compressed messages were agreed on
 */
export function readerOf(
  connection: Connection,
  frameBytes: number,
  deflates: boolean,
  socket: SocketActions,
): WebSocketReader {
  // A chunk can hold thousands of frames, and of a flood that is about to be closed no more are read.
  const stopUnlessReading = () => {
    if (!connection.isReading) reader.stop();
  };
  const reader = new WebSocketReader(frameBytes, deflates, {
    message: (bytes, form) => {
      if (form.isDeflated) readDeflated(connection, bytes, form, socket);
      else readMessage(connection, bytes, form, 0, socket);
      stopUnlessReading();
    },
    ping: (payload) => {
      if (connection.pinged()) socket.pong(payload);
      stopUnlessReading();
    },
    pong: () => {
      connection.ponged();
      stopUnlessReading();
    },
    close: (code) => socket.close(code),
    fault: (code, reason) => socket.fail(code, reason),
  });
  return reader;
}

function readDeflated(
  connection: Connection,
  payload: Uint8Array,
  form: MessageForm,
  socket: SocketActions,
): void {
  const { fragments } = form;
  const limit = connection.inflateLimit;
  const bytes = inflate(payload, limit);
  if (bytes === "too big" && connection.skipped(limit, { fragments, deflatedBytes: payload.length })) return;
  if (bytes === "too big") socket.fail(1009, "Message too big");
  else if (bytes === "broken") socket.fail(1007, "Compression is broken");
  else readMessage(connection, bytes, form, payload.length, socket);
}

function readMessage(
  connection: Connection,
  bytes: Uint8Array,
  { isText, fragments }: MessageForm,
  deflatedBytes: number,
  socket: SocketActions,
): void {
  const text = decodeUtf8(bytes);
  if (text === null && isText) socket.fail(1007, "Text is not UTF-8");
  else connection.frame(text, bytes.length, { fragments, deflatedBytes });
}
