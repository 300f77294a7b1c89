/** The client of the classic chat protocol, for browsers, Bun and Node. See docs/sdk.md. */
import "./messages.ts";
import "./tokens.ts";
import { SOLVER } from "./entrance.ts";
import { solve } from "./solve.ts";

export type { Question } from "./calls.ts";
export { Chat, type Target } from "./chat.ts";
export { commands, type RoomCommand } from "./commands.ts";
export type { Cause, ConnectionState } from "./connection.ts";
export type { Environment } from "./environment.ts";
export {
  ChangeError,
  ChatError,
  ClosedError,
  ContentError,
  NicknameError,
  NoRoomError,
  NotPermittedError,
  NotRegisteredError,
  NoWebSocketError,
  OutboxFullError,
  RateError,
  RefusedError,
  ResetError,
  SlowConsumerError,
  StoreError,
  TimeoutError,
  UncertainError,
} from "./errors.ts";
export type { ChatEvent, EventOf } from "./events.ts";
export type {
  Announced,
  Answer,
  Gap,
  Identity,
  Login,
  Mark,
  Message,
  MessageChange,
  Moderated,
  Page,
  Position,
  Reaction,
  RoomTerms,
  Waiting,
} from "./frame.ts";
export type { HistoryOptions } from "./history.ts";
export type { IdentifyOptions } from "./identification.ts";
export type { OutboxChange, OutboxEntry, OutboxSend } from "./memory.ts";
export { type AnyChange, applyChange } from "./message-change.ts";
export {
  deleteMine,
  type Mine,
  type MineOptions,
  type Moderation,
  ModerationError,
  mine,
  moderate,
  type Order,
  type ReportInput,
  type Review,
  type Reviewed,
  type ReviewOptions,
  type RoomSettings,
  report,
  review,
  roomSettings,
  type SetRoomOptions,
  setRoom,
} from "./moderation.ts";
export type { EditOptions, SendOptions } from "./outbox.ts";
export { ClaimError, IdentityError, ReservationError } from "./person-errors.ts";
export type { ChatOptions, ChatStorage, Solve } from "./settings.ts";
export type { Socket, WebSocketConstructor } from "./socket.ts";
export type { WaitOptions } from "./wait.ts";

SOLVER.solve = solve;
