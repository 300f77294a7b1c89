/**
 * All frames that travel, in both directions and both versions, as types: the server writes by them and the SDK reads
 * by them. What is optional here is of version 3 only. A new kind of request does not compile before its frames are
 * here.
 */

import type { AuthorKeys, MarkKeys, MessageKeys, RefKeys, TimeKeys } from "./extension.ts";
import type { ClaimedReply, ClaimRefusedReply, ClaimRequest } from "./kinds/claim.ts";
import type { CommandsRefusedReply, CommandsReply, CommandsRequest } from "./kinds/commands.ts";
import type { DeletedReply, DeleteEvent, DeleteRequest } from "./kinds/delete.ts";
import type { EditEvent, EditedReply, EditRequest } from "./kinds/edit.ts";
import type { EnteredReply, EnterRefusedReply, EnterRequest } from "./kinds/enter.ts";
import type { GetFailedReply, GetRequest, HistoryReply, PageReply } from "./kinds/get.ts";
import type { HealthRefusedReply, HealthReply, HealthRequest } from "./kinds/health.ts";
import type { IdentifiedReply, IdentifyRefusedReply, IdentifyRequest } from "./kinds/identify.ts";
import type { LeaveEvent } from "./kinds/leave.ts";
import type { ChangeFailedReply, ChangeRefusedReply } from "./kinds/message-change.ts";
import type { MineRefusedReply, MineReply, MineRequest } from "./kinds/mine.ts";
import type { ModeratedReply, ModerateRefusedReply, ModerateRequest } from "./kinds/moderate.ts";
import type { ModerateEvent } from "./kinds/moderation-event.ts";
import type { ChangeEvent, ChangeReply, NameRequest, RegisterEvent, RegisterReply } from "./kinds/name.ts";
import type { NotPermittedReply } from "./kinds/permission.ts";
import type { ReactEvent, ReactedReply, ReactRequest } from "./kinds/react.ts";
import type { ReportedReply, ReportRefusedReply, ReportRequest } from "./kinds/report.ts";
import type { ReservedReply, ReserveRefusedReply, ReserveRequest } from "./kinds/reserve.ts";
import type { ResumedReply, ResumeRefusedReply, ResumeRequest } from "./kinds/resume.ts";
import type { ReviewRefusedReply, ReviewReply, ReviewRequest, WaitingEvent } from "./kinds/review.ts";
import type { RoomRefusedReply, RoomReply, RoomRequest } from "./kinds/room.ts";
import type { MessageEvent, SendReply, SendRequest } from "./kinds/send.ts";
import type { TokensRefusedReply, TokensReply, TokensRequest } from "./kinds/tokens.ts";
import type { TypingEvent, TypingRequest } from "./kinds/typing.ts";
import type { Ping } from "./ping.ts";
import type { RefusedReply } from "./refusal.ts";
import type { RequestKind } from "./request-kind.ts";
import type { Welcome } from "./welcome.ts";

interface RequestByKind {
  name: NameRequest;
  get: GetRequest;
  send: SendRequest;
  resume: ResumeRequest;
  typing: TypingRequest;
  edit: EditRequest;
  delete: DeleteRequest;
  react: ReactRequest;
  identify: IdentifyRequest;
  reserve: ReserveRequest;
  claim: ClaimRequest;
  moderate: ModerateRequest;
  room: RoomRequest;
  report: ReportRequest;
  review: ReviewRequest;
  enter: EnterRequest;
  mine: MineRequest;
  commands: CommandsRequest;
  tokens: TokensRequest;
  health: HealthRequest;
}

type ChangeFaultReply = ChangeRefusedReply | ChangeFailedReply;

/** The replies that only this kind of request gets, besides those that are the same for all. */
interface ReplyByKind {
  name: (RegisterReply | ChangeReply) & Partial<AuthorKeys>;
  get: HistoryReply | PageReply | GetFailedReply;
  send: SendReply & Partial<MessageKeys>;
  resume: ResumedReply | ResumeRefusedReply;
  typing: never;
  edit: EditedReply | ChangeFaultReply;
  delete: DeletedReply | ChangeFaultReply;
  react: ReactedReply | ChangeFaultReply;
  identify: IdentifiedReply | IdentifyRefusedReply;
  reserve: ReservedReply | ReserveRefusedReply;
  claim: ClaimedReply | ClaimRefusedReply;
  moderate: ModeratedReply | ModerateRefusedReply;
  room: RoomReply | RoomRefusedReply;
  report: ReportedReply | ReportRefusedReply;
  review: ReviewReply | ReviewRefusedReply;
  enter: EnteredReply | EnterRefusedReply;
  mine: MineReply | MineRefusedReply;
  commands: CommandsReply | CommandsRefusedReply;
  tokens: TokensReply | TokensRefusedReply;
  health: HealthReply | HealthRefusedReply;
}

/** Client to server. */
export type ClientFrame = RequestByKind[RequestKind] & Partial<RefKeys>;

/** Server to the client that made the request. */
export type ReplyFrame = (ReplyByKind[RequestKind] | RefusedReply | NotPermittedReply) & Partial<RefKeys>;

/** The replies to requests of moderation, and to what else the desk answers, which are made as they travel. */
export type ModerationReply = ReplyByKind[
  | "moderate"
  | "room"
  | "report"
  | "review"
  | "enter"
  | "mine"
  | "commands"
  | "tokens"
  | "health"];

/** Server to the other clients of a room. */
export type EventFrame =
  | ((RegisterEvent | ChangeEvent) & Partial<TimeKeys & MarkKeys>)
  | (LeaveEvent & Partial<TimeKeys>)
  | (MessageEvent & Partial<MessageKeys & MarkKeys>)
  | TypingEvent
  | EditEvent
  | DeleteEvent
  | ReactEvent
  | ModerateEvent
  | WaitingEvent;

/** Server to client. */
export type ServerFrame = Welcome | Ping | EventFrame | ReplyFrame;

type KeysOf<F> = F extends unknown ? keyof F : never;

/**
 * A value from outside that may be one of these frames: any key that one of them has may be present, with any value.
 */
export type Unverified<F> = { readonly [K in KeysOf<F>]?: unknown };
