import { CONTENT_MAX, KEY_MAX, NICKNAME_MAX, PAGE_MAX } from "../protocol/limits.ts";
import { MESSAGES } from "./errors.ts";

Object.assign(MESSAGES, {
  NameAlreadyUsed: "This nickname is in use: choose another.",
  WrongFormatName: `A nickname has 1 to ${NICKNAME_MAX} characters, some of them visible.`,
  WrongFormatContent: `A message has 1 to ${CONTENT_MAX} characters.`,
  WrongFormatKey: `A key has 1 to ${KEY_MAX} characters.`,
  WrongFormatPage: `A page has a limit of 1 to ${PAGE_MAX}, and is before an id or after a position.`,
  UnknownRegister: "There is no nickname: set the option name, or call register() first.",
  Closed: "The chat was closed.",
  Uncertain: "The message may be stored or not.",
  OutboxFull: "Too many messages wait: await send(), or raise outboxMost.",
  SlowConsumer: "Too many events wait: take them faster, or raise eventsMost.",
  NoWebSocket: "There is no WebSocket here: install the package ws, or set the option WebSocket.",
  NoRoom: "A room's name is 1 to 64 of a-z 0-9 - _ . and begins with a letter or digit.",
  Reset: "The history was replaced: ask by ids of the new one.",
  "no-room": "There is no chat at this address (HTTP 404).",
  forbidden: "The server does not take this origin, or this host (HTTP 403): its operator must name it.",
  Timeout: "It took longer than timeoutMs.",
});
