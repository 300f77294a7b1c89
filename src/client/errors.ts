import type { Reply } from "./frame.ts";

/**
 * What a person is told, by the code, or by the cause of a refusal. `messages.ts` fills it; the page goes without, as it has
 * words of its own. A server's own sentence takes its place.
 */
export const MESSAGES: Record<string, string> = {};

/**
 * What can fail, one class each. Each has a `code` that a program can tell by; the message is for a person and may
 * change.
 */
export class ChatError extends Error {
  override readonly name: string = "ChatError";
  readonly code: string;

  constructor(code: string, message = MESSAGES[code] ?? code) {
    super(message);
    this.code = code;
  }
}

/** A nickname was refused: `NameAlreadyUsed` by somebody in the room, or `WrongFormatName`. */
export class NicknameError extends ChatError {
  override readonly name = "NicknameError";
}

/** A content that is no legal message (`WrongFormatContent`), or a key that is no legal one (`WrongFormatKey`). */
export class ContentError extends ChatError {
  override readonly name = "ContentError";
}

/** `TooManyRequests`: the same may be tried again after {@link retryS} seconds. */
export class RateError extends ChatError {
  override readonly name = "RateError";
  readonly retryS: number;

  constructor(code: string, message: string | undefined, retryS: number) {
    super(code, message);
    this.retryS = retryS;
  }
}

/** A fault of the server: `ErrorWhenSend`, `ErrorWhenGet`, `ErrorWhenRegister` or `ErrorWhenChange`. */
export class StoreError extends ChatError {
  override readonly name = "StoreError";
}

/** `UnknownRegister`: that needs a nickname, and none is held or asked for. */
export class NotRegisteredError extends ChatError {
  override readonly name = "NotRegisteredError";
}

/** `Closed`: the chat was closed by `close()`. A send that it cuts off may be stored or not. */
export class ClosedError extends ChatError {
  override readonly name = "ClosedError";
}

/** `Refused`: the server ended the connection, or took none, for good. */
export class RefusedError extends ChatError {
  override readonly name = "RefusedError";
  /** The WebSocket close code, such as 4001 when another connection took the nickname over, or the HTTP status. */
  readonly status: number;

  constructor(status: number, message?: string) {
    super("Refused", message);
    this.status = status;
  }
}

/** `Uncertain`: the message may be stored or not, and sending it again could double it. */
export class UncertainError extends ChatError {
  override readonly name = "UncertainError";
}

/** `Timeout`: it took longer than `timeoutMs`. */
export class TimeoutError extends ChatError {
  override readonly name = "TimeoutError";
}

/** `OutboxFull`: as many messages as `outboxMost` wait already. */
export class OutboxFullError extends ChatError {
  override readonly name = "OutboxFullError";
}

/** `Reset`: the history that the ids are of was replaced by another one. Ask by those of the new one. */
export class ResetError extends ChatError {
  override readonly name = "ResetError";
}

/** `SlowConsumer`: more events than `eventsMost` waited in one iterator. */
export class SlowConsumerError extends ChatError {
  override readonly name = "SlowConsumerError";
}

/** `NoWebSocket`: this platform has no global WebSocket, and none was given. */
export class NoWebSocketError extends ChatError {
  override readonly name = "NoWebSocketError";
}

/** `NoRoom`: the address has no legal name of a room. */
export class NoRoomError extends ChatError {
  override readonly name = "NoRoomError";
}

const CLASSES: Readonly<
  Record<string, new (code: string, message: string | undefined, retryS: number) => ChatError>
> = {
  NameAlreadyUsed: NicknameError,
  WrongFormatName: NicknameError,
  WrongFormatContent: ContentError,
  WrongFormatKey: ContentError,
  TooManyRequests: RateError,
  UnknownRegister: NotRegisteredError,
};

/** The error that a reply stands for which is not the one hoped for; `Malformed` when it could not be read. */
export function errorOf(reply: Reply): ChatError {
  if (reply.kind !== "refused") return new ChatError("Malformed");
  const { reason, error, retryS } = reply;
  const Class = CLASSES[reason] ?? (reason.startsWith("ErrorWhen") ? StoreError : ChatError);
  return new Class(reason, error, retryS);
}
