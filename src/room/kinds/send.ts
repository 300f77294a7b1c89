/** `send`: a message to the room. */
import type { SendRefusalReason } from "../../protocol/kinds/send.ts";
import type { Message, RoomRequest } from "../operation.ts";
import { isDuringRaid, isOfRaid } from "../permission.ts";
import { arrivalOf, type Member } from "../roster.ts";
import { type Asker, authorOf, type RoomState, type RoomView, UNCHANGED } from "../state.ts";
import type { Decided } from "./decided.ts";

/** A message is part of the history. */
export interface Sent extends Decided {
  readonly kind: "sent";
  readonly message: Message;
}

/** A send repeats an earlier one, whose message has this id. */
export interface Repeats extends Decided {
  readonly kind: "repeated";
  readonly id: number;
  /** The sender and the content, for a refusal when the message cannot be read. */
  readonly name: string;
  readonly content: string;
}

/** A content or a key is malformed. */
export interface SendRefused extends Decided {
  readonly kind: "send-refused";
  readonly name: string;
  readonly content: unknown;
  readonly reason: SendRefusalReason;
}

/** A message could not be stored. `error` is a sentence for a person. */
export interface SendFailed extends Decided {
  readonly kind: "send-failed";
  readonly name: string;
  readonly content: string;
  readonly error: string;
}

type SendRequest = Extract<RoomRequest, { kind: "send" }>;
type MalformedSendRequest = Extract<RoomRequest, { kind: "malformed-send" }>;

export function decideSend(
  { keys, digest, lastId }: RoomView,
  { content, key, reply }: SendRequest,
  member: Member,
  asker: Asker,
): Sent | Repeats | SendRefused {
  const { connection, name, session } = member;
  const { now } = asker;
  const by = authorOf(asker, member);
  const stored = key === null || session === null ? undefined : digest(session.identity, key);
  const repeated = stored === undefined ? undefined : keys.idOf(stored);
  if (repeated !== undefined) return { kind: "repeated", connection, id: repeated, name, content };
  if (reply !== null && reply > lastId)
    return { kind: "send-refused", connection, name, content, reason: "WrongFormatReply" };
  const { time, timestamp } = now;
  const message = { name, content, id: lastId + 1, time, timestamp, by, reply: reply ?? undefined };
  return {
    kind: "sent",
    connection,
    message: stored === undefined ? message : { ...message, digest: stored },
  };
}

export function refuseSend(
  { content, reason }: MalformedSendRequest,
  { connection, name }: Member,
): SendRefused {
  return { kind: "send-refused", connection, name, content, reason };
}

export function applySent(
  state: RoomState,
  { message: { id, digest, time, by } }: Sent,
  member: Member | undefined,
): void {
  const { targets, undo, isDeciding } = state;
  noteSender(state, time, by, member, true);
  applyId(state, id);
  applyKey(state, digest, { id, time });
  if (isDeciding) undo.put(targets, id, { ...UNCHANGED, by: by ?? null, isDeleted: false });
}

/** Remembers who has sent, or shown something else, as far as moderation asks for that. @param isMessage see {@link Sends.note} */
export function noteSender(
  { moderation, sends, roster, pastMembers, undo }: RoomState,
  time: number,
  by: string | undefined,
  member: Member | undefined,
  isMessage: boolean,
): void {
  if (by === undefined) return;
  const raid = moderation.raid(time);
  const isNewcomer = raid !== undefined && member !== undefined && isOfRaid(member, raid.at);
  const { slowSeconds, heldMessages } = moderation.settings();
  const isFresh = member !== undefined && isOfRaid(member, time);
  if (slowSeconds > 0 || heldMessages > 0 || raid !== undefined || isFresh)
    sends.note({ person: by, networks: member?.networks ?? [] }, time, isNewcomer, isMessage);
  if (member === undefined) return;
  // Otherwise it would have been refused.
  if (isNewcomer && !member.isProven && isDuringRaid(moderation, time))
    roster.replace(member, { ...member, isProven: true });
  // The person has said only after taking the nickname who it is.
  if (by !== member.by) undo.note(pastMembers.add({ ...arrivalOf(member), by, leftAt: time }));
}

/** Remembers the key with which something was sent. @param digest undefined for none */
export function applyKey(
  { keys, undo }: RoomState,
  digest: string | undefined,
  { id, time }: { readonly id: number; readonly time: number },
): void {
  if (digest === undefined) return;
  keys.add(digest, id, time);
  undo.note(() => keys.delete(digest));
}

/** An id of the history is used up, for good. {@link Room.begin} notes the previous one. */
export function applyId(state: RoomState, id: number): void {
  if (id > state.lastId) state.lastId = id;
}
