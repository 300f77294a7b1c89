import type { Reply } from "./frame.ts";

/**
 * Sentences for people, by the error's code or the cause of a refusal. `messages.ts` fills this; the page leaves it empty,
 * since it has its own words. A sentence from the server takes precedence.
 */
export const MESSAGES: Record<string, string> = {};

/**
 * Everything that can fail, with a class for each kind of failure. Programs can go by the `code`; the message is for people
 * and may change.
 */
export class ChatError extends Error {
  override readonly name: string = "ChatError";
  readonly code: string;

  constructor(code: string, message = MESSAGES[code] ?? code) {
    super(message);
    this.code = code;
  }
}

/**
 * The server refused a nickname: somebody in the room has it (`NameAlreadyUsed`), somebody else has reserved it
 * (`NameReserved`), the host's login gives the person another one (`NameFromLogin`), or it is not valid (`WrongFormatName`).
 */
export class NicknameError extends ChatError {
  override readonly name = "NicknameError";
}

/**
 * What was to be sent is not valid: the content (`WrongFormatContent`), the key (`WrongFormatKey`), the message that it
 * replies to (`WrongFormatReply`) or that it is to change (`WrongFormatOf`), or the emoji (`WrongFormatEmoji`).
 */
export class ContentError extends ChatError {
  override readonly name = "ContentError";
}

/**
 * The server refused to change a message: the room has no such message or it was deleted (`UnknownMessage`), this client may
 * not do that (`NotAllowed`), the message was edited as often as it may be (`TooManyEdits`), or it or its room has all the
 * reactions that it may have (`TooManyReactions`).
 */
export class ChangeError extends ChatError {
  override readonly name = "ChangeError";
}

/** `TooManyRequests`: the request can be repeated after {@link retryS} seconds. */
export class RateError extends ChatError {
  override readonly name = "RateError";
  readonly retryS: number;

  constructor(code: string, message: string | undefined, retryS: number) {
    super(code, message);
    this.retryS = retryS;
  }
}

/**
 * The room, or a moderator, does not let the person do this: `Banned`, `Muted`, `PasswordRequired`, `WrongPassword`,
 * `MembersOnly`, `WritersOnly`, `KnownOnly`, `SlowMode`, `LinksNotAllowed`, `WordNotAllowed`, or `ProofRequired` if no proof
 * could be made. With `Held` the server has the message, and shows it once a moderator has approved it.
 */
export class NotPermittedError extends ChatError {
  override readonly name = "NotPermittedError";
  /** For `SlowMode`: after so many seconds one may write again. */
  readonly retryS: number | undefined;
  /** When it ends by itself, in Unix milliseconds; undefined if it does not, or if that is not known. */
  readonly until: number | undefined;

  constructor(code: string, message?: string, retryS?: number, until?: number) {
    super(code, message);
    this.retryS = code === "SlowMode" ? retryS : undefined;
    this.until = until;
  }
}

/** A fault of the server: `ErrorWhen` and what it could not do, such as `ErrorWhenSend`. */
export class StoreError extends ChatError {
  override readonly name = "StoreError";
}

/** `UnknownRegister`: this needs a nickname, and the chat neither has nor requested one. */
export class NotRegisteredError extends ChatError {
  override readonly name = "NotRegisteredError";
}

/** `Closed`: the program called `close()`. A message that was on its way may have been stored. */
export class ClosedError extends ChatError {
  override readonly name = "ClosedError";
}

/** `Refused`: the server ended the connection for good, or does not accept one. */
export class RefusedError extends ChatError {
  override readonly name = "RefusedError";
  /** The WebSocket close code, such as 4001 when another connection took the nickname over, or the HTTP status. */
  readonly status: number;

  constructor(status: number, message?: string) {
    super("Refused", message);
    this.status = status;
  }
}

/** `Uncertain`: it may have been done, as a message may have been stored, and asking again could do it twice. */
export class UncertainError extends ChatError {
  override readonly name = "UncertainError";
}

/** `Timeout`: it took longer than `timeoutMs`. */
export class TimeoutError extends ChatError {
  override readonly name = "TimeoutError";
}

/** `OutboxFull`: `outboxMost` messages are waiting already. */
export class OutboxFullError extends ChatError {
  override readonly name = "OutboxFullError";
}

/** `Reset`: the history was replaced, and the ids of the request belong to the old one. */
export class ResetError extends ChatError {
  override readonly name = "ResetError";
}

/** `SlowConsumer`: more than `eventsMost` events were waiting in one iterator. */
export class SlowConsumerError extends ChatError {
  override readonly name = "SlowConsumerError";
}

/** `NoWebSocket`: the platform does not have a global WebSocket, and the options do not give one. */
export class NoWebSocketError extends ChatError {
  override readonly name = "NoWebSocketError";
}

/** `NoRoom`: the address does not name a valid room. */
export class NoRoomError extends ChatError {
  override readonly name = "NoRoomError";
}

/** The classes of the server's refusals, by their codes. `person-errors.ts` adds some, which the page can do without. */
export const CLASSES: Record<
  string,
  new (
    code: string,
    message: string | undefined,
    retryS: number,
    until?: number,
  ) => ChatError
> = {
  NameAlreadyUsed: NicknameError,
  WrongFormatName: NicknameError,
  NameReserved: NicknameError,
  NameFromLogin: NicknameError,
  WrongFormatContent: ContentError,
  WrongFormatKey: ContentError,
  WrongFormatReply: ContentError,
  WrongFormatOf: ContentError,
  WrongFormatEmoji: ContentError,
  UnknownMessage: ChangeError,
  NotAllowed: ChangeError,
  TooManyEdits: ChangeError,
  TooManyReactions: ChangeError,
  TooManyRequests: RateError,
  UnknownRegister: NotRegisteredError,
};

for (const code of [
  "Banned",
  "Muted",
  "PasswordRequired",
  "WrongPassword",
  "MembersOnly",
  "WritersOnly",
  "KnownOnly",
  "SlowMode",
  "LinksNotAllowed",
  "WordNotAllowed",
  "Held",
  "ProofRequired",
])
  CLASSES[code] = NotPermittedError;

/** The error for a reply that is not the expected one; its code is `Malformed` if the reply could not be read. */
export function errorOf(reply: Reply): ChatError {
  if (reply.kind !== "refused") return new ChatError("Malformed");
  return errorWith(reply.reason, reply.error, reply.retryS, reply.until);
}

/** The error with a code. */
export function errorWith(code: string, message?: string, retryS = 1, until?: number): ChatError {
  const Class = CLASSES[code] ?? (code.startsWith("ErrorWhen") ? StoreError : ChatError);
  return new Class(code, message, retryS, until);
}
