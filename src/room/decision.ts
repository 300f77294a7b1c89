import type { Became, Ignored } from "./kinds/become.ts";
import type { Deleted } from "./kinds/delete.ts";
import type { Edited, EditRepeats } from "./kinds/edit.ts";
import type { Ended, Refused, Skipped, Unregistered } from "./kinds/general.ts";
import type { GetFailed, ShowsHistory, ShowsPage } from "./kinds/get.ts";
import type { Absent, Gone, Leaves, Left } from "./kinds/leave.ts";
import type { ChangeFailed, ChangeRefused } from "./kinds/message-change.ts";
import type { Enacted } from "./kinds/moderation.ts";
import type { NameFailed, NameRefused, Registered, Renamed } from "./kinds/name.ts";
import type {
  Answered,
  Claimed,
  ClaimRefused,
  Identified,
  IdentifyRefused,
  Reserved,
  ReserveRefused,
} from "./kinds/person.ts";
import type { Reacted, ReactUnchanged } from "./kinds/react.ts";
import type { Resumed, ResumeRefused, Resumes } from "./kinds/resume.ts";
import type { Repeats, SendFailed, SendRefused, Sent } from "./kinds/send.ts";
import type { Typing } from "./kinds/typing.ts";
import type { Session } from "./operation.ts";
import type { NotPermitted } from "./permission.ts";

/** A change to a room, wherever it was decided. Servers that share a room send each other these. */
export type Change =
  | Registered
  | Renamed
  | Sent
  | Edited
  | Deleted
  | Reacted
  | Resumed
  | Absent
  | Left
  | Enacted
  | Became
  | Skipped;

/**
 * What a room decides about an operation: a change, with details that only the deciding server knows; an answer to
 * show; or a refusal. A decision holds no messages of the history to show: the engine adds them.
 */
export type Decision =
  | Registered
  | (Renamed & { readonly session: Session | null })
  | NameRefused
  | NameFailed
  | Sent
  | Repeats
  | SendRefused
  | SendFailed
  | Edited
  | EditRepeats
  | Deleted
  | Reacted
  | ReactUnchanged
  | ChangeRefused
  | ChangeFailed
  | Answered
  | Identified
  | IdentifyRefused
  | Reserved
  | ReserveRefused
  | Claimed
  | ClaimRefused
  | ShowsHistory
  | ShowsPage
  | GetFailed
  | Resumes
  | ResumeRefused
  | Typing
  | Absent
  | Leaves
  | Gone
  | Enacted
  | Became
  | Ignored
  | Unregistered
  | NotPermitted
  | Refused
  | Ended;

/** A decision that changes the room for everybody. */
export type DecidedChange = Extract<Decision, { kind: Change["kind"] }>;

/** Which kinds of decisions are changes. The type keeps the table consistent with {@link Change}. */
const CHANGES: { readonly [K in Decision["kind"]]: K extends Change["kind"] ? true : false } = {
  registered: true,
  renamed: true,
  "name-refused": false,
  "name-failed": false,
  sent: true,
  repeated: false,
  "send-refused": false,
  "send-failed": false,
  edited: true,
  "edit-repeated": false,
  deleted: true,
  reacted: true,
  "react-unchanged": false,
  "change-refused": false,
  "change-failed": false,
  answered: false,
  identified: false,
  "identify-refused": false,
  reserved: false,
  "reserve-refused": false,
  claimed: false,
  "claim-refused": false,
  history: false,
  page: false,
  "get-failed": false,
  resumed: true,
  "resume-refused": false,
  typing: false,
  absent: true,
  left: true,
  gone: false,
  enacted: true,
  became: true,
  ignored: false,
  unregistered: false,
  "not-permitted": false,
  refused: false,
  ended: false,
};

/** Whether a decision changes the room for everybody. */
export function isChange(decision: Decision): decision is DecidedChange {
  // A kind missing from the table, which the types rule out, counts as a change: it is stored and delivered in order.
  return CHANGES[decision.kind] ?? true;
}
