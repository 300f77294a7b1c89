import type { Reply } from "./frame.ts";

/**
 * What can fail, one class each. Each has a `code` that a program can tell by; the message is for a person and may
 * change.
 */
export class ChatError extends Error {
  override readonly name = "ChatError";
  readonly code: string;

  constructor(code: string, message = code) {
    super(message);
    this.code = code;
  }
}

/** A nickname was refused: `NameAlreadyUsed` by somebody in the room, or `WrongFormatName`. */
export class NicknameError extends ChatError {}

/** A content that is no legal message (`WrongFormatContent`), or a key that is no legal one (`WrongFormatKey`). */
export class ContentError extends ChatError {}

/** `TooManyRequests`: the same may be tried again after {@link retryS} seconds. */
export class RateError extends ChatError {
  readonly retryS: number;

  constructor(code: string, message: string, retryS: number) {
    super(code, message);
    this.retryS = retryS;
  }
}

/** A fault of the server: `ErrorWhenSend`, `ErrorWhenGet`, `ErrorWhenRegister` or `ErrorWhenChange`. */
export class StoreError extends ChatError {}

/** `UnknownRegister`: that needs a nickname, and none is held or asked for. */
export class NotRegisteredError extends ChatError {
  constructor() {
    super("UnknownRegister");
  }
}

/** `Closed`: the chat was closed by `close()`. A send that it cuts off may be stored or not. */
export class ClosedError extends ChatError {
  constructor() {
    super("Closed");
  }
}

/** `Refused`: the server ended the connection for good. */
export class RefusedError extends ChatError {
  /** The WebSocket close code, such as 4001 when another connection took the nickname over. */
  readonly closeCode: number;

  constructor(closeCode: number, reason: string) {
    super("Refused", reason);
    this.closeCode = closeCode;
  }
}

/** `Uncertain`: the message may be stored or not, and sending it again could double it. */
export class UncertainError extends ChatError {
  constructor() {
    super("Uncertain");
  }
}

/** `OutboxFull`: as many messages as `outboxMost` wait already. */
export class OutboxFullError extends ChatError {
  constructor() {
    super("OutboxFull");
  }
}

/** `Reset`: the history that the ids are of was replaced by another one. Ask by those of the new one. */
export class ResetError extends ChatError {
  constructor() {
    super("Reset", "The history was replaced: ask with ids of the new one.");
  }
}

/** `SlowConsumer`: more events than `eventsMost` waited in one iterator. */
export class SlowConsumerError extends ChatError {
  constructor() {
    super("SlowConsumer");
  }
}

/** `NoWebSocket`: this platform has no global WebSocket, and none was given. */
export class NoWebSocketError extends ChatError {
  constructor() {
    super("NoWebSocket");
  }
}

const CLASSES = new Map<string, new (code: string, message: string, retryS: number) => ChatError>([
  ["NameAlreadyUsed", NicknameError],
  ["WrongFormatName", NicknameError],
  ["WrongFormatContent", ContentError],
  ["WrongFormatKey", ContentError],
  ["TooManyRequests", RateError],
  ["UnknownRegister", NotRegisteredError],
]);

/** The error that a reply stands for which is not the one hoped for; `Malformed` when it could not be read. */
export function errorOf(reply: Reply): ChatError {
  if (reply.kind !== "refused") return new ChatError("Malformed");
  const { reason, error, retryS } = reply;
  const Class = CLASSES.get(reason) ?? (reason.startsWith("ErrorWhen") ? StoreError : ChatError);
  return new Class(reason, error, retryS);
}
