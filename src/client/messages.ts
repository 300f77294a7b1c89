import { CONTENT_MAX, KEY_MAX, NICKNAME_MAX, PAGE_MAX } from "../protocol/limits.ts";
import { MESSAGES } from "./errors.ts";

Object.assign(MESSAGES, {
  NameAlreadyUsed: "This nickname is in use. Choose another one.",
  WrongFormatName: `A nickname has 1 to ${NICKNAME_MAX} characters, at least one of them visible.`,
  WrongFormatContent: `A message has 1 to ${CONTENT_MAX} characters.`,
  WrongFormatKey: `A key has 1 to ${KEY_MAX} characters.`,
  WrongFormatPage: `A page has a limit of 1 to ${PAGE_MAX}, and comes before an id or after a position.`,
  WrongFormatReply: "There is no message with this id to reply to.",
  WrongFormatOf: "The id of a message is an integer of at least 1.",
  WrongFormatEmoji: "A reaction is one emoji that Unicode recommends, written in full.",
  UnknownMessage: "There is no such message, or it was deleted.",
  NotAllowed: "Only its author may change this message.",
  TooManyReactions: "This message has all the reactions that it may have.",
  UnknownType: "This server does not know such a request.",
  Withdrawn: "The message was withdrawn before it was sent.",
  UnknownRegister: "There is no nickname yet. Set the option name, or call register() first.",
  Closed: "The chat was closed.",
  Uncertain: "The message may or may not have been stored.",
  OutboxFull: "Too many messages are waiting. Await send(), or raise outboxMost.",
  SlowConsumer: "Too many events are waiting. Consume them faster, or raise eventsMost.",
  NoWebSocket:
    "This platform does not have a WebSocket. Install the package ws, or set the option WebSocket.",
  NoRoom: "A room name has 1 to 64 of the characters a-z 0-9 - _ . and begins with a letter or digit.",
  Reset: "The history was replaced. Use ids of the new one.",
  "no-room": "There is no chat at this address (HTTP 404).",
  forbidden: "The server does not accept this origin or host (HTTP 403). Its operator must allow it.",
  Timeout: "The call took longer than timeoutMs.",
});
